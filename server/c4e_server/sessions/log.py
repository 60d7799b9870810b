"""The log of market sessions: their events and, beside them, what came of them.

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

from sqlalchemy import ColumnElement, Connection, insert, select

from c4e_server.database.tables import market_events, market_results, market_sessions, market_statements
from c4e_server.sessions.event_log import Event, EventLog, Kept, columns_of, record_of


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
class Entry(Event):
    """An event of a market, still without a revision."""

    kind: Kind
    party: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Kept):
    """A market session as it is kept."""

    state: State
    series: str = ""  # of a rolling market
    slot: int = 0  # which one of the series


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A statement of a session."""

    revision: int
    batch_id: str
    posted: bool
    run: bytes  # a MeteringRun; empty of the clearing
    statement: bytes


class Log(EventLog[Row, Entry]):
    """Market sessions, their events, results and statements."""

    def __init__(self, transaction: Callable[..., AbstractContextManager[Connection]]) -> None:
        """Work within transactions of this database."""
        super().__init__(transaction, (market_sessions, market_events), (Row, Entry))

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
        return [record_of(Settled, row) for row in rows]

    def _restless(self) -> Sequence[ColumnElement[bool]]:
        return (market_sessions.c.state.not_in(RESTING),)


def insert_result(connection: Connection, place: int, kind: str, party: str, body: bytes) -> None:
    """Write what came of a session, within the caller's transaction."""
    connection.execute(insert(market_results).values(session=place, kind=kind, party=party, body=body))


def insert_statement(connection: Connection, place: int, settled: Settled) -> None:
    """Write a statement, within the caller's transaction."""
    connection.execute(insert(market_statements).values(columns_of(settled) | {"session": place}))
