"""The watch: looks every few seconds at what the service stands on, tells who may be called, and sets the gauges."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grpc_health.v1 import health_pb2
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from c4e_opt.errors import LedgerError, LedgerUnreachable
from c4e_opt.settlement import Ledger
from c4e_server.database import tables
from c4e_server.database.engine import transaction
from c4e_server.observability import metrics
from c4e_server.services.health import Health
from c4e_server.store.outbox import Delivery

_log = logging.getLogger("c4e_server.watch")

EVERY_S = 2.0
LEDGER_EVERY_S = 30.0
_PATIENCE_S = 5.0  # who does not answer within this is away

#: What a service stands on, where that is not the database and the workers. Served while all of it is there.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "c4e.opt.v1.SettlementService": ("database",),
    "c4e.opt.v1.DeliveryService": ("database",),
    "c4e.opt.v1.LedgerService": ("database", "ledger"),
    "c4e.opt.v1.TradingService": ("database",),
}
_DEFAULT = ("database", "workers")


class Watch:
    """Looks again and again, and never waits for one that hangs."""

    def __init__(
        self,
        *,
        engine: Engine,
        ledger: Ledger,
        workers: Callable[[], int],
        queue: Callable[[], tuple[int, int]],
        data: Path,
        health: Health,
        services: Sequence[str],
    ) -> None:
        """Say what to look at.

        Args:
            engine: The database.
            ledger: Where settled requests are posted.
            workers: How many workers are alive.
            queue: How many requests wait, and how many run.
            data: The data folder.
            health: Is told.
            services: Full names of the services that are told of.
        """
        self._engine, self._ledger, self._workers, self._queue = engine, ledger, workers, queue
        self._data, self._health, self._services = data, health, services
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._there = {"ledger": True}
        self._ledger_seen = float("-inf")
        self._ready: dict[str, bool] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look once, and tell the health service and the gauges."""
        figures = await self._ask("database", self._figures)
        self._there["database"] = figures is not None
        if time.monotonic() - self._ledger_seen >= LEDGER_EVERY_S:
            self._ledger_seen = time.monotonic()
            self._there["ledger"] = bool(await self._ask("ledger", self._reachable))
        alive = self._workers()
        self._there["workers"] = alive > 0
        metrics.DATABASE.set(self._there["database"])
        metrics.LEDGER.set(self._there["ledger"])
        metrics.WORKERS.set(alive)
        waiting, running = self._queue()
        metrics.REQUESTS.labels("waiting").set(waiting)
        metrics.REQUESTS.labels("running").set(running)
        with contextlib.suppress(OSError):
            metrics.DISK.set(shutil.disk_usage(self._data).free)
        await self._tell()

    async def _tell(self) -> None:
        now = {name: all(self._there[what] for what in NEEDS.get(name, _DEFAULT)) for name in self._services}
        now[""] = all(self._there[what] for what in _DEFAULT)
        for name, ready in now.items():
            metrics.READY.labels(name or "all").set(ready)
            if self._ready.get(name) == ready:
                continue
            state = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
            await self._health.set(name, state)
        if now != self._ready:
            gone = [what for what, there in self._there.items() if not there]
            if gone:
                _log.error("not ready: %s away", " and ".join(gone))
            elif self._ready:
                _log.info("ready again")
        self._ready = now

    async def _ask(self, name: str, act: Callable[[], Any]) -> Any:
        """What an act returns; None when it fails or hangs. One that hangs is asked again once it has come back."""
        asked = self._asked.get(name)
        if asked is None:
            asked = self._asked[name] = asyncio.ensure_future(asyncio.to_thread(act))
        done, _ = await asyncio.wait([asked], timeout=_PATIENCE_S)
        if not done:
            return None
        del self._asked[name]
        return asked.result()

    def _figures(self) -> bool | None:
        """Read what the gauges of the database show."""
        outbox, entries, anchors = tables.outbox.c, tables.entries.c, tables.anchors.c
        states = (Delivery.WAITING, Delivery.SENT, Delivery.VOIDING, Delivery.DEAD)
        lying = select(outbox.state, func.count(), func.min(outbox.created)).where(outbox.state.in_(states))
        try:
            with transaction(self._engine, write=False) as connection:
                found = {row[0]: (row[1], row[2]) for row in connection.execute(lying.group_by(outbox.state))}
                last = connection.execute(select(func.max(entries.place))).scalar_one()
                anchor = connection.execute(
                    select(anchors.entry, anchors.made).order_by(anchors.number.desc()).limit(1)
                ).first()
                begun = connection.execute(select(entries.booked).where(entries.place == 0)).scalar_one_or_none()
        except SQLAlchemyError:
            return None
        now = time.time()
        for state in states:
            metrics.OUTBOX.labels(state).set(found.get(state, (0, 0.0))[0])
        oldest = min((found[state][1] for state in states[:3] if state in found), default=now)
        metrics.OUTBOX_LAG.set(max(now - oldest, 0.0))
        metrics.JOURNAL.set(0 if last is None else last + 1)
        anchored = last is None or (anchor is not None and anchor.entry >= last)
        since = begun if anchor is None else anchor.made  # begun with the genesis
        metrics.UNANCHORED.set(0.0 if anchored else max(now - (since or now), 0.0))
        return True

    def _reachable(self) -> bool:
        """Whether the ledger answers, be it that it knows nothing of what is asked for."""
        try:
            self._ledger.status("0" * 64)
        except LedgerUnreachable:
            return False
        except LedgerError:
            return True
        return True
