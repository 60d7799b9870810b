"""How often somebody may do something: a bucket of tokens for each, filled at a steady rate."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from c4e_server.errors import RateLimited

_MOST_BUCKETS = 10_000


class Rates:
    """Buckets by name; the one that was touched least lately is forgotten first."""

    def __init__(
        self, per_s: float, burst: int, *, what: str = "calls", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with full buckets.

        Args:
            per_s: How often in a second, in the long run; 0 for no limit.
            burst: How often at once, after a pause.
            what: What is done so often, as the refusal says it.
            clock: Seconds.
        """
        self._per_s = per_s
        self._what = what
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when counted; least recent first

    def take(self, name: str) -> None:
        """Take a token.

        Raises:
            RateLimited: There is none; the error says when there will be.
        """
        self.check(name)
        if self._per_s:
            tokens, counted = self._buckets[name]
            self._buckets[name] = (tokens - 1.0, counted)

    def check(self, name: str) -> None:
        """See to it that there is a token, and leave it.

        Raises:
            RateLimited: There is none; the error says when there will be.
        """
        if not self._per_s:
            return
        now = self._clock()
        tokens, counted = self._buckets.pop(name, (self._burst, now))
        tokens = min(self._burst, tokens + (now - counted) * self._per_s)
        self._buckets[name] = (tokens, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if tokens < 1.0:
            wait = (1.0 - tokens) / self._per_s
            raise RateLimited(
                f"more than {self._per_s:g} {self._what} per second; the next one is taken in {wait:.3g} s",
                retry_s=wait,
            )
