"""The outbox: batches on their way to the ledger, each with what is known of it; every method is one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from c4e_server.errors import DeliveryUnderWay, UnknownRequest
from c4e_server.store.tables import outbox


class Delivery(StrEnum):
    """How far a batch is on its way."""

    WAITING = "waiting"
    """Not known to be on the ledger; tried again until it is, or given up."""
    SENT = "sent"
    """The ledger has it and may still lose it."""
    DELIVERED = "delivered"
    """On the ledger for good."""
    DEAD = "dead"
    """Refused, or tried too often: an operator replays or voids it."""
    VOIDING = "voiding"
    """An operator gave it up; should it turn up on the ledger all the same, it is reversed there."""
    VOID = "void"
    """Given up, and not on the ledger."""


#: States that the relay has nothing more to do with.
AT_REST = (Delivery.DELIVERED, Delivery.DEAD, Delivery.VOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A batch on its way to the ledger."""

    place: int
    batch_id: str
    request_id: str
    batch: bytes
    state: Delivery
    attempts: int
    next_try: float  # seconds since 1970
    reference: str
    detail: str
    created: float


class Outbox:
    """Batches on their way, in the database that keeps the answers that they come from."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Work within transactions of this database."""
        self._transaction = transaction

    def put(
        self,
        connection: Connection,
        batch_id: str,
        request_id: str,
        batch: bytes,
        *,
        state: Delivery = Delivery.WAITING,
        detail: str = "",
        reference: str = "",
    ) -> None:
        """Put a batch in, within the transaction that makes it; one settlement is one batch, however often it comes.

        A dead letter that comes again and is not refused this time is on its way again.
        """
        known = connection.execute(select(outbox.c.state).where(outbox.c.batch_id == batch_id)).scalar_one_or_none()
        row = {"state": state, "detail": detail, "reference": reference}
        if known is None:
            row |= {"batch_id": batch_id, "request_id": request_id, "batch": batch}
            connection.execute(insert(outbox).values(**row, created=time.time()))
        elif known == Delivery.DEAD and state != Delivery.DEAD:
            again = update(outbox).where(outbox.c.batch_id == batch_id, outbox.c.state == Delivery.DEAD)
            connection.execute(again.values(**row, attempts=0, next_try=0.0))

    def due(self, now: float, longest_wait_s: float, limit: int) -> list[Parcel]:
        """What is to be tried now: what was tried least first, then in order.

        Args:
            now: Seconds since 1970.
            longest_wait_s: Nothing waits longer; what does, does so because the clock was put back.
            limit: At most so many.
        """
        moment = or_(outbox.c.next_try <= now, outbox.c.next_try > now + longest_wait_s)
        query = select(outbox).where(and_(outbox.c.state.not_in(AT_REST), moment))
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(outbox.c.attempts, outbox.c.place).limit(limit))
            return [_parcel(row) for row in rows]

    def next_try(self) -> float | None:
        """When the next one is due; None when nothing is on its way."""
        query = select(outbox.c.next_try).where(outbox.c.state.not_in(AT_REST)).order_by(outbox.c.next_try).limit(1)
        with self._transaction() as connection:
            return connection.execute(query).scalar_one_or_none()

    def told(self, parcel: Parcel, state: Delivery, next_try: float, detail: str, reference: str = "") -> bool:
        """Keep what became of a parcel, unless somebody else was quicker.

        Returns:
            Whether it was still as the caller had read it.
        """
        same = and_(
            outbox.c.place == parcel.place, outbox.c.state == parcel.state, outbox.c.attempts == parcel.attempts
        )
        words = {"state": state, "next_try": next_try, "detail": detail, "reference": reference or parcel.reference}
        with self._transaction() as connection:
            changed = connection.execute(update(outbox).where(same).values(**words, attempts=parcel.attempts + 1))
            return changed.rowcount == 1

    def parcels(self, states: Sequence[Delivery] = (), after: int = 0, limit: int = 1000) -> list[Parcel]:
        """Parcels in order, those in one of these states; all when empty."""
        query = select(outbox).where(outbox.c.place > after).order_by(outbox.c.place).limit(limit)
        if states:
            query = query.where(outbox.c.state.in_(states))
        with self._transaction() as connection:
            return [_parcel(row) for row in connection.execute(query)]

    def parcel(self, batch_id: str) -> Parcel:
        """One parcel.

        Raises:
            UnknownRequest: There is none of this id.
        """
        with self._transaction() as connection:
            row = connection.execute(select(outbox).where(outbox.c.batch_id == batch_id)).first()
        if row is None:
            raise UnknownRequest(f"the outbox has no batch {batch_id!r}")
        return _parcel(row)

    def raise_dead(self, connection: Connection, batch_id: str, state: Delivery, detail: str) -> Parcel:
        """Give a dead letter another state, within the transaction of the caller.

        Returns:
            The parcel as it was.

        Raises:
            UnknownRequest: There is none of this id.
            DeliveryUnderWay: It is no dead letter.
        """
        row = connection.execute(select(outbox).where(outbox.c.batch_id == batch_id)).first()
        if row is None:
            raise UnknownRequest(f"the outbox has no batch {batch_id!r}")
        dead = and_(outbox.c.batch_id == batch_id, outbox.c.state == Delivery.DEAD)
        words = {"state": state, "attempts": 0, "next_try": 0.0, "detail": detail}
        if connection.execute(update(outbox).where(dead).values(**words)).rowcount != 1:
            raise DeliveryUnderWay(f"batch {batch_id[:12]} is {row.state}; only dead letters are replayed or voided")
        return _parcel(row)


def _parcel(row: Any) -> Parcel:
    return Parcel(
        place=row.place,
        batch_id=row.batch_id,
        request_id=row.request_id or "",
        batch=bytes(row.batch),
        state=Delivery(row.state),
        attempts=row.attempts,
        next_try=row.next_try,
        reference=row.reference,
        detail=row.detail,
        created=row.created,
    )
