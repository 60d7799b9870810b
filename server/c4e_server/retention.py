"""Retention: what is older than the configuration keeps is deleted, a little at a time, while the service runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from c4e_server.config import Config
from c4e_server.errors import StoreError
from c4e_server.store.store import Store

_log = logging.getLogger("c4e_server.retention")
_EVERY_S = 600.0  # and not at once: what the service left when it ended is taken up first
_AT_ONCE = 100
_DAY_S = 86_400.0
UNFINISHED_DAYS = 1


class Retention:
    """Deletes requests that ended long ago, and datasets that nobody has named for long."""

    def __init__(self, store: Store, config: Config, clock: Callable[[], float] = time.time) -> None:
        """Sweep a store by the days of a configuration; the clock tells seconds since 1970."""
        self._store = store
        self._config = config
        self._clock = clock

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await asyncio.to_thread(self.sweep)
            except StoreError:
                _log.exception("what is old cannot be deleted now")

    def sweep(self) -> tuple[int, int]:
        """Delete what is old; how many requests and datasets that were."""
        now = self._clock()
        requests = datasets = 0
        if days := self._config.keep_days:
            while count := self._store.delete_ended(now - days * _DAY_S, _AT_ONCE):
                requests += count
        days = self._config.dataset_days
        unused = now - days * _DAY_S if days else float("-inf")
        datasets = self._store.datasets.expired(unused, now - UNFINISHED_DAYS * _DAY_S)
        if requests or datasets:
            _log.info("deleted %d old requests and %d old datasets", requests, datasets)
        return requests, datasets
