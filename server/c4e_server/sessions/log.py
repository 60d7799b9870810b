"""The log of sessions in the one database: what happened, in order, once; every method is one transaction.

Who writes says which revision it knows. Where the session has gone on meanwhile, nothing is written, and the caller
reads on and decides anew: so two processes on one database never both close a gate or both take a request.

Bodies of events, by kind:
    submitted, amended      an OrderBook without the column `party`
    withdrawn               a WithdrawOrdersRequest
    book_restored           a BookSnapshot
    traded                  time in microseconds, 8 bytes little-endian, then OrderEvents
    clearing                the request id of the solve
    failed, cancelled       why, as text
    settled                 id of the batch
    gate_closed             how late, as text, where it is; empty otherwise
    others                  empty
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from c4e_server.database.tables import market_events, market_results, market_sessions, market_statements
from c4e_server.errors import StoreError


class Kind(StrEnum):
    """What happened."""

    OPENED = "opened"
    GATE_OPENED = "gate_opened"
    SUBMITTED = "orders_submitted"
    AMENDED = "orders_amended"
    WITHDRAWN = "orders_withdrawn"
    TRADED = "traded"
    GATE_CLOSED = "gate_closed"
    CLEARING = "clearing"
    CLEARED = "cleared"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SETTLED = "settled"
    RESTORED = "book_restored"


class State(StrEnum):
    """How far a session has come."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    CLEARING = "clearing"
    CLEARED = "cleared"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: State after an event; what is not here changes none.
AFTER = {
    Kind.OPENED: State.SCHEDULED,
    Kind.GATE_OPENED: State.OPEN,
    Kind.GATE_CLOSED: State.CLOSED,
    Kind.CLEARING: State.CLEARING,
    Kind.CLEARED: State.CLEARED,
    Kind.PUBLISHED: State.PUBLISHED,
    Kind.FAILED: State.FAILED,
    Kind.CANCELLED: State.CANCELLED,
}
#: Nothing happens to these by itself, and gates of these are closed for good.
ENDED = (State.PUBLISHED, State.CANCELLED)
RESTING = (*ENDED, State.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event, still without a revision."""

    kind: Kind
    at: float  # seconds since 1970
    party: str = ""
    request_id: str = ""
    content: str = ""  # SHA-256 of the request
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Row:
    """A session as it is kept."""

    place: int
    tenant: str
    id: str
    series: str
    slot: int
    content: str
    message: bytes
    state: State
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A statement of a session."""

    revision: int
    batch_id: str
    posted: bool
    run: bytes  # a MeteringRun; empty of the clearing
    statement: bytes


#: What is done in the transaction of an event.
Also = Callable[[Connection], None]


class Log:
    """Sessions and their events in the database of the service."""

    def __init__(self, transaction: Callable[..., AbstractContextManager[Connection]]) -> None:
        """Work within transactions of this database."""
        self._transaction = transaction

    def open(self, row: Row, at: float) -> Row:
        """Keep a session with its first event, or return the one that has its name."""
        try:
            with self._transaction() as connection:
                insert_session(connection, row, at)
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        found = self.find(row.tenant, row.id)
        if found is None:
            raise StoreError("the database of the service does not keep what it took")
        return found

    def find(self, tenant: str, session_id: str) -> Row | None:
        """A session by its name; None where there is none."""
        here = (market_sessions.c.tenant == tenant, market_sessions.c.id == session_id)
        with self._transaction(write=False) as connection:
            found = connection.execute(select(market_sessions).where(*here)).one_or_none()
        return None if found is None else _row(found)

    def rows(
        self, tenant: str, states: Sequence[str], series: str = "", limit: int = 1000, before: int | None = None
    ) -> list[Row]:
        """Sessions, the latest first.

        Args:
            tenant: Whose.
            states: Only those in one of these states; all when empty.
            series: Only those of this series; all when empty.
            limit: At most so many.
            before: Only those that were made before the one of this place.
        """
        query = select(market_sessions).where(market_sessions.c.tenant == tenant)
        query = query.order_by(market_sessions.c.place.desc()).limit(limit)
        if states:
            query = query.where(market_sessions.c.state.in_(states))
        if series:
            query = query.where(market_sessions.c.series == series)
        if before is not None:
            query = query.where(market_sessions.c.place < before)
        with self._transaction(write=False) as connection:
            return [_row(found) for found in connection.execute(query)]

    def unended(self) -> list[tuple[str, str, int]]:
        """Tenant, name and last revision of everybody's sessions to which something happens by itself, by age."""
        c = market_sessions.c
        query = select(c.tenant, c.id, c.revision).where(
            c.state.in_([state for state in State if state not in RESTING])
        )
        with self._transaction(write=False) as connection:
            return [(row.tenant, row.id, row.revision) for row in connection.execute(query.order_by(c.place))]

    def append(self, place: int, revision: int, state: State, entries: Sequence[Entry], also: Sequence[Also]) -> bool:
        """Write what happened, and whatever belongs to it.

        Args:
            place: Of the session.
            revision: Of its last event, as the caller knows it.
            state: Of the session afterwards.
            entries: What happened.
            also: More to be done in the same transaction.

        Returns:
            Whether it was written; not, where the session has gone on meanwhile.
        """
        here = (market_sessions.c.place == place, market_sessions.c.revision == revision)
        with self._transaction() as connection:
            after = {"revision": revision + len(entries), "state": state}
            if connection.execute(update(market_sessions).where(*here).values(**after)).rowcount != 1:
                return False
            for number, entry in enumerate(entries, start=revision + 1):
                _insert_event(connection, place, number, entry)
            for act in also:
                act(connection)
        return True

    def events(self, place: int, after: int) -> list[tuple[int, Entry]]:
        """What happened in a session after a revision, in order."""
        query = select(market_events).where(market_events.c.session == place, market_events.c.revision > after)
        with self._transaction(write=False) as connection:
            rows = connection.execute(query.order_by(market_events.c.revision)).all()
        return [
            (
                row.revision,
                Entry(
                    kind=Kind(row.kind),
                    at=row.at,
                    party=row.party,
                    request_id=row.request_id or "",
                    content=row.content,
                    body=bytes(row.body),
                ),
            )
            for row in rows
        ]

    def result(self, place: int, kind: str, party: str = "") -> bytes | None:
        """What came of a session; None where there is nothing."""
        c = market_results.c
        query = select(c.body).where(c.session == place, c.kind == kind, c.party == party)
        with self._transaction(write=False) as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def statements(self, place: int) -> list[Settled]:
        """Statements of a session, in the order in which they were made."""
        query = select(market_statements).where(market_statements.c.session == place)
        with self._transaction(write=False) as connection:
            rows = connection.execute(query.order_by(market_statements.c.revision)).all()
        return [
            Settled(
                revision=row.revision,
                batch_id=row.batch_id,
                posted=bool(row.posted),
                run=bytes(row.run),
                statement=bytes(row.statement),
            )
            for row in rows
        ]


def insert_session(connection: Connection, row: Row, at: float) -> None:
    """Write a session and its first event, within the caller's transaction."""
    made = connection.execute(
        insert(market_sessions)
        .values(
            tenant=row.tenant,
            id=row.id,
            series=row.series,
            slot=row.slot,
            content=row.content,
            message=row.message,
            state=State.SCHEDULED,
            revision=1,
        )
        .returning(market_sessions.c.place)
    )
    _insert_event(connection, made.scalar_one(), 1, Entry(kind=Kind.OPENED, at=at))


def insert_result(connection: Connection, place: int, kind: str, party: str, body: bytes) -> None:
    """Write what came of a session, within the caller's transaction."""
    connection.execute(insert(market_results).values(session=place, kind=kind, party=party, body=body))


def insert_statement(connection: Connection, place: int, settled: Settled) -> None:
    """Write a statement, within the caller's transaction."""
    connection.execute(
        insert(market_statements).values(
            session=place,
            revision=settled.revision,
            batch_id=settled.batch_id,
            posted=int(settled.posted),
            run=settled.run,
            statement=settled.statement,
        )
    )


def _insert_event(connection: Connection, place: int, revision: int, entry: Entry) -> None:
    connection.execute(
        insert(market_events).values(
            session=place,
            revision=revision,
            kind=entry.kind,
            party=entry.party,
            request_id=entry.request_id or None,
            content=entry.content,
            body=entry.body,
            at=entry.at,
        )
    )


def _row(found: Any) -> Row:
    return Row(
        place=found.place,
        tenant=found.tenant,
        id=found.id,
        series=found.series,
        slot=found.slot,
        content=found.content,
        message=bytes(found.message),
        state=State(found.state),
        revision=found.revision,
    )
