"""The log of dispatch sessions: what was asked and answered and, beside it, the last schedule of every session.

From this the next dispatch begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from c4e_server.database.tables import dispatch_events, dispatch_plans, dispatch_sessions
from c4e_server.sessions.event_log import Event, EventLog, Kept, columns_of, record_of

OPEN, CLOSED = "open", "closed"


class Kind(StrEnum):
    """What happened."""

    OPENED = "opened"
    FORECASTS = "forecasts_updated"
    MEASUREMENTS = "measurements_recorded"
    DISPATCHED = "dispatched"
    FELL_BACK = "fell_back"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Event):
    """An event of a site, still without a revision."""

    kind: Kind
    asked: bytes = b""  # the request
    answered: bytes = b""  # SetPoints of a dispatch, a RecordMeasurementsResponse of measurements


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Kept):
    """A dispatch session as it is kept; its message is an OpenDispatchSessionRequest."""

    by_itself: bool  # whether its clock or its data may start a dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The last schedule of a session."""

    revision: int  # of the dispatch that made it
    begin: int  # its first step
    steps: bytes  # a Case: what it looks at
    states: str  # JSON: how components stood before it
    basis: bytes  # where the solver may start the next one; empty for none
    response: bytes  # a SolveResponse


class Log(EventLog[Row, Entry]):
    """Dispatch sessions, their events and last schedules."""

    def __init__(self, transaction: Callable[..., AbstractContextManager[Connection]]) -> None:
        """Work within transactions of this database."""
        super().__init__(transaction, (dispatch_sessions, dispatch_events), (Row, Entry))

    def plan(self, place: int) -> Plan | None:
        """The last schedule of a session; None before the first."""
        with self._transaction(write=False) as connection:
            row = connection.execute(select(dispatch_plans).where(dispatch_plans.c.session == place)).one_or_none()
        return None if row is None else record_of(Plan, row)

    def _restless(self) -> Sequence[ColumnElement[bool]]:
        return (dispatch_sessions.c.state == OPEN, dispatch_sessions.c.by_itself == 1)


def replace_plan(connection: Connection, place: int, plan: Plan) -> None:
    """Write a schedule in the place of the last one, within the caller's transaction."""
    connection.execute(delete(dispatch_plans).where(dispatch_plans.c.session == place))
    connection.execute(insert(dispatch_plans).values(columns_of(plan) | {"session": place}))


def content_of(request: Any) -> str:
    """SHA-256 of what a caller sent: the same message, and no other, repeats a write."""
    packed = request.SerializeToString(deterministic=True)
    return sha256(request.DESCRIPTOR.name.encode() + b" " + packed).hexdigest()
