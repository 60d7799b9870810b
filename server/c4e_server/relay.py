"""The relay: carries batches from the outbox to the ledger, at least once each; idempotent ids make it exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from c4e.opt.v1 import statement_pb2
from c4e_opt.errors import C4eError, LedgerError, Unbalanced
from c4e_opt.settlement import Ledger, State
from c4e_server.convert.statement import batch_from_proto
from c4e_server.store.store import DELIVERED, REFUSED, WAITING, Parcel, Store

_MOST = 50
_MISSES = 5  # so many in a row, and the ledger may as well be away
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 60.0

_log = logging.getLogger("c4e_server.relay")


class Relay:
    """Delivers in the order in which answers were kept; what the ledger does not take is tried again for ever."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        """Join a store, where batches wait, and a ledger, where they go."""
        self._store = store
        self._ledger = ledger
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something to deliver."""
        self._work.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        wait = _FIRST_WAIT_S
        while True:
            self._work.clear()
            try:
                left = await asyncio.to_thread(self.deliver)
            except C4eError:
                _log.exception("the outbox cannot be read")
                left = True
            if not left:
                wait = _FIRST_WAIT_S
                await self._work.wait()
                continue
            with contextlib.suppress(TimeoutError):  # new work does not wait for what has to be tried again
                await asyncio.wait_for(self._work.wait(), wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)

    def deliver(self) -> bool:
        """Deliver what waits, what was tried least first, and return whether something has to be tried again later."""
        while parcels := self._store.waiting(_MOST):
            missed = 0
            for parcel in parcels:
                state, detail = self._carry(parcel)
                self._store.told(parcel, state, detail)
                if state == WAITING:
                    _log.warning("batch %s waits: %s", parcel.batch_id[:12], detail)
                    missed += 1
                    if missed == _MISSES:
                        return True
                elif state == REFUSED:
                    _log.error("batch %s is refused for good: %s", parcel.batch_id[:12], detail)
            if missed:
                return True
        return False

    def _carry(self, parcel: Parcel) -> tuple[str, str]:
        """Submit one batch, and what to remember of it."""
        batch = batch_from_proto(statement_pb2.Batch.FromString(parcel.batch))
        try:
            receipt = self._ledger.submit(batch)
        except Unbalanced as error:
            return REFUSED, str(error)
        except LedgerError as error:
            return self._after_error(parcel, str(error), batch.digest)
        if receipt.state is State.FAILED:
            return REFUSED, receipt.detail
        return (DELIVERED, receipt.reference) if receipt.counted else (WAITING, receipt.detail or "the ledger is at it")

    def _after_error(self, parcel: Parcel, detail: str, digest: str) -> tuple[str, str]:
        """The port says "refused" and "unreachable" with one error: give up only where the id itself is spoilt."""
        try:
            receipt = self._ledger.status(parcel.batch_id)
        except LedgerError:
            return WAITING, detail
        spoilt = receipt.state is State.FAILED or (receipt.digest and receipt.digest != digest)
        return (REFUSED if spoilt else WAITING), detail
