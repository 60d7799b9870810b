"""How often tenants may call: a bucket of tokens for each, filled at a steady rate."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from c4e_server.errors import RateLimited

_MOST_BUCKETS = 10_000


class Rates:
    """Buckets by tenant; a full one is forgotten first."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets.

        Args:
            per_s: Calls per second that a tenant may make in the long run; 0 for no limit.
            burst: Calls at once, after a pause.
            clock: Seconds.
        """
        self._per_s = per_s
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when counted; least recent first

    def take(self, tenant: str) -> None:
        """Take a token.

        Raises:
            RateLimited: There is none; the error says when there will be.
        """
        if not self._per_s:
            return
        now = self._clock()
        tokens, counted = self._buckets.pop(tenant, (self._burst, now))
        tokens = min(self._burst, tokens + (now - counted) * self._per_s)
        taken = tokens >= 1.0
        self._buckets[tenant] = (tokens - 1.0 if taken else tokens, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if not taken:
            wait = (1.0 - tokens) / self._per_s
            raise RateLimited(
                f"more than {self._per_s:g} calls per second; the next one is taken in {wait:.3g} s", retry_s=wait
            )
