"""The relay: carries batches from the outbox to the ledger, at least once each; idempotent ids make it exactly once.

What a ledger did is never guessed. A batch that was tried before is asked for before it is sent again; one that the
ledger has is followed until it is there for good, and sent again when a fork of the ledger lost it. A refusal, and the
last of MOST_TRIES, leave a dead letter that an operator replays or voids. What was voided and turns up on the ledger
all the same, because a lost request was only late, is reversed there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from c4e.opt.v1 import statement_pb2
from c4e_opt.errors import C4eError, LedgerError, LedgerUnreachable, Unbalanced
from c4e_opt.settlement import Batch, Ledger, Receipt, State
from c4e_server.convert.statement import batch_from_proto
from c4e_server.store.outbox import AT_REST, Delivery, Outbox, Parcel

#: So many tries, about a day of them, and a batch is a dead letter; and so long is what was voided watched.
MOST_TRIES = 160
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 600.0

_MOST = 50
_MISSES = 5  # so many in a row, and the ledger may as well be away
_LONGEST_NAP_S = 5.0  # a clock that was put back is noticed within this

_log = logging.getLogger("c4e_server.relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What became of a parcel."""

    state: Delivery
    detail: str
    reference: str = ""
    missed: bool = False


class Relay:
    """Delivers in the order in which answers were kept; nothing that is stuck stands in the way of the rest."""

    def __init__(self, outbox: Outbox, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        """Join an outbox, where batches wait, and a ledger, where they go.

        Args:
            outbox: Where they wait.
            ledger: Where they go.
            clock: Seconds since 1970.
        """
        self._outbox = outbox
        self._ledger = ledger
        self._clock = clock
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something to deliver."""
        self._work.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._work.clear()
            try:
                await asyncio.to_thread(self.deliver)
                moment = await asyncio.to_thread(self._outbox.next_try)
                wait = None if moment is None else min(max(moment - self._clock(), 0.01), _LONGEST_NAP_S)
            except C4eError:
                _log.exception("the outbox cannot be read")
                wait = _LONGEST_NAP_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._work.wait(), wait)

    def deliver(self) -> None:
        """Try everything that is due once."""
        missed = 0
        for parcel in self._due():
            verdict = self._carry(parcel)
            wait = 0.0 if verdict.state in AT_REST else wait_s(parcel.attempts)
            self._outbox.told(parcel, verdict.state, self._clock() + wait, verdict.detail, verdict.reference)
            if verdict.state is Delivery.DEAD:
                _log.error("batch %s is a dead letter: %s", parcel.batch_id[:12], verdict.detail)
            missed = missed + 1 if verdict.missed else 0
            if missed == _MISSES:
                _log.warning("the ledger is away: %s", verdict.detail)
                return

    def _due(self) -> list[Parcel]:
        return self._outbox.due(self._clock(), LONGEST_WAIT_S, _MOST)

    def _carry(self, parcel: Parcel) -> _Verdict:
        """Ask for one batch or send it, and what to remember of it."""
        batch = batch_from_proto(statement_pb2.Batch.FromString(parcel.batch))
        try:
            if parcel.state is Delivery.VOIDING:
                return self._watched(parcel, batch)
            return _verdict(parcel, batch, self._asked_or_sent(parcel, batch))
        except LedgerUnreachable as error:
            return _missed(parcel, str(error))
        except (LedgerError, Unbalanced) as error:
            return self._refused(parcel, batch, str(error))

    def _asked_or_sent(self, parcel: Parcel, batch: Batch) -> Receipt:
        """What the ledger says of a batch; one that it does not know is sent."""
        if parcel.attempts or parcel.state is Delivery.SENT:
            receipt = self._ledger.status(batch.id)
            if receipt.state is not State.UNKNOWN:
                return receipt
        return self._ledger.submit(batch)

    def _refused(self, parcel: Parcel, batch: Batch, detail: str) -> _Verdict:
        """A refusal counts unless the ledger has this very batch all the same."""
        try:
            receipt = self._ledger.status(batch.id)
        except LedgerError:
            return _missed(parcel, detail)
        if receipt.state is State.UNKNOWN:
            return _Verdict(state=Delivery.DEAD, detail=detail)
        return _verdict(parcel, batch, receipt)

    def _watched(self, parcel: Parcel, batch: Batch) -> _Verdict:
        """Reverse what was voided and turned up on the ledger all the same."""
        receipt = self._ledger.status(batch.id)
        if receipt.counted and receipt.digest == batch.digest:
            try:
                reversal = self._ledger.reverse(batch.id)
            except LedgerUnreachable:
                raise
            except LedgerError as error:  # it stays there: somebody must look
                return _Verdict(state=Delivery.DEAD, detail=f"voided, and yet on the ledger for good: {error}")
            if reversal.state is State.FINAL:
                return _Verdict(state=Delivery.VOID, detail=f"{parcel.detail}; it turned up and was reversed")
        elif parcel.attempts + 1 >= MOST_TRIES:
            return _Verdict(state=Delivery.VOID, detail=parcel.detail)
        return _Verdict(state=Delivery.VOIDING, detail=parcel.detail)


def wait_s(attempts: int) -> float:
    """How long to wait after so many tries before this one: twice as long each time, up to ten minutes."""
    return min(FIRST_WAIT_S * 2.0 ** min(attempts, 30), LONGEST_WAIT_S)


def _missed(parcel: Parcel, detail: str) -> _Verdict:
    """Nobody knows; try again, unless it was tried too often."""
    if parcel.state is Delivery.VOIDING:
        return _Verdict(state=Delivery.VOIDING, detail=parcel.detail, missed=True)
    if parcel.attempts + 1 < MOST_TRIES:
        return _Verdict(state=parcel.state, detail=detail, missed=True)
    return _Verdict(state=Delivery.DEAD, detail=f"tried {MOST_TRIES} times: {detail}", missed=True)


def _verdict(parcel: Parcel, batch: Batch, receipt: Receipt) -> _Verdict:
    """What a receipt means."""
    if receipt.digest != batch.digest:
        return _Verdict(state=Delivery.DEAD, detail="the ledger has other content under this id")
    if receipt.state is State.FINAL:
        return _Verdict(state=Delivery.DELIVERED, detail=receipt.detail, reference=receipt.reference)
    if receipt.state is State.FAILED:
        return _Verdict(state=Delivery.DEAD, detail=receipt.detail or "the ledger took it and found it impossible")
    said = receipt.detail or f"the ledger says {receipt.state}"
    return _Verdict(state=Delivery.SENT, detail=said, reference=receipt.reference)
