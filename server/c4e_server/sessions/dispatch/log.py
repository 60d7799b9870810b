"""The log of dispatch sessions in the one database: what was asked and answered, in order, once.

Who writes says which revision it knows. Where the session has gone on meanwhile, nothing is written, and the caller
reads on and decides anew. Beside the events there is the last schedule of every session, from which the next dispatch
begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from c4e_server.database.tables import dispatch_events, dispatch_plans, dispatch_sessions
from c4e_server.errors import StoreError

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
class Entry:
    """An event, still without a revision."""

    kind: Kind
    at: float  # seconds since 1970
    request_id: str = ""
    content: str = ""  # SHA-256 of the request
    asked: bytes = b""  # the request
    answered: bytes = b""  # SetPoints of a dispatch, a RecordMeasurementsResponse of measurements


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A session as it is kept."""

    place: int
    tenant: str
    id: str
    content: str
    message: bytes  # an OpenDispatchSessionRequest
    by_itself: bool  # whether its clock or its data may start a dispatch
    state: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The last schedule of a session."""

    revision: int  # of the dispatch that made it
    begin: int  # its first step
    steps: bytes  # a Case: what it looks at
    states: str  # JSON: how components stood before it
    basis: bytes  # where the solver may start the next one; empty for none
    response: bytes  # a SolveResponse


class Log:
    """Dispatch sessions and their events in the database of the service."""

    def __init__(self, transaction: Callable[..., AbstractContextManager[Connection]]) -> None:
        """Work within transactions of this database."""
        self._transaction = transaction

    def open(self, row: Row, at: float) -> Row:
        """Keep a session with its first event, or return the one that has its name."""
        content = {name: getattr(row, name) for name in ("tenant", "id", "content", "message", "state")}
        content |= {"by_itself": int(row.by_itself), "revision": 1}
        try:
            with self._transaction() as connection:
                made = connection.execute(insert(dispatch_sessions).values(**content).returning(_C.place))
                _insert_event(connection, made.scalar_one(), 1, Entry(kind=Kind.OPENED, at=at))
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        found = self.find(row.tenant, row.id)
        if found is None:
            raise StoreError("the database of the service does not keep what it took")
        return found

    def find(self, tenant: str, session_id: str) -> Row | None:
        """A session by its name; None where there is none."""
        with self._transaction(write=False) as connection:
            query = select(dispatch_sessions).where(_C.tenant == tenant, _C.id == session_id)
            found = connection.execute(query).one_or_none()
        return None if found is None else _row(found)

    def rows(self, tenant: str, states: Sequence[str], limit: int, before: int | None = None) -> list[Row]:
        """Sessions of a tenant, the latest first.

        Args:
            tenant: Whose.
            states: Only those in one of these states; all when empty.
            limit: At most so many.
            before: Only those that were made before the one of this place.
        """
        query = select(dispatch_sessions).where(_C.tenant == tenant).order_by(_C.place.desc()).limit(limit)
        if states:
            query = query.where(_C.state.in_(states))
        if before is not None:
            query = query.where(_C.place < before)
        with self._transaction(write=False) as connection:
            return [_row(found) for found in connection.execute(query)]

    def restless(self) -> list[tuple[str, str, int]]:
        """Tenant, name and revision of all open sessions that may dispatch by themselves."""
        query = select(_C.tenant, _C.id, _C.revision).where(_C.state == OPEN, _C.by_itself == 1)
        with self._transaction(write=False) as connection:
            return [(row.tenant, row.id, row.revision) for row in connection.execute(query)]

    def append(self, place: int, revision: int, entry: Entry, plan: Plan | None = None) -> bool:
        """Write what happened, and the schedule that came of it.

        Args:
            place: Of the session.
            revision: Of its last event, as the caller knows it.
            entry: What happened.
            plan: The schedule that takes the place of the last one; None to keep that.

        Returns:
            Whether it was written; not, where the session has gone on meanwhile.
        """
        after: dict[str, Any] = {"revision": revision + 1}
        if entry.kind is Kind.CLOSED:
            after["state"] = CLOSED
        here = (_C.place == place, _C.revision == revision)
        with self._transaction() as connection:
            if connection.execute(update(dispatch_sessions).where(*here).values(**after)).rowcount != 1:
                return False
            _insert_event(connection, place, revision + 1, entry)
            if plan is not None:
                connection.execute(delete(dispatch_plans).where(dispatch_plans.c.session == place))
                content = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
                connection.execute(insert(dispatch_plans).values(session=place, **content))
        return True

    def events(self, place: int, after: int, limit: int = 1000) -> list[tuple[int, Entry]]:
        """What happened in a session after a revision, in order, at most so much."""
        query = select(dispatch_events).where(_E.session == place, _E.revision > after)
        with self._transaction(write=False) as connection:
            rows = connection.execute(query.order_by(_E.revision).limit(limit)).all()
        return [(row.revision, _entry(row)) for row in rows]

    def written(self, place: int, request_id: str) -> tuple[int, Entry] | None:
        """A write by its name; None where there is none."""
        query = select(dispatch_events).where(_E.session == place, _E.request_id == request_id)
        with self._transaction(write=False) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.revision, _entry(row))

    def plan(self, place: int) -> Plan | None:
        """The last schedule of a session; None before the first."""
        with self._transaction(write=False) as connection:
            row = connection.execute(select(dispatch_plans).where(dispatch_plans.c.session == place)).one_or_none()
        if row is None:
            return None
        return Plan(
            revision=row.revision,
            begin=row.begin,
            steps=bytes(row.steps),
            states=row.states,
            basis=bytes(row.basis),
            response=bytes(row.response),
        )


def content_of(request: Any) -> str:
    """SHA-256 of what a caller sent: the same message, and no other, repeats a write."""
    packed = request.SerializeToString(deterministic=True)
    return sha256(request.DESCRIPTOR.name.encode() + b" " + packed).hexdigest()


_C, _E = dispatch_sessions.c, dispatch_events.c


def _insert_event(connection: Connection, place: int, revision: int, entry: Entry) -> None:
    connection.execute(
        insert(dispatch_events).values(
            session=place,
            revision=revision,
            kind=entry.kind,
            request_id=entry.request_id or None,
            content=entry.content,
            asked=entry.asked,
            answered=entry.answered,
            at=entry.at,
        )
    )


def _entry(row: Any) -> Entry:
    return Entry(
        kind=Kind(row.kind),
        at=row.at,
        request_id=row.request_id or "",
        content=row.content,
        asked=bytes(row.asked),
        answered=bytes(row.answered),
    )


def _row(found: Any) -> Row:
    return Row(
        place=found.place,
        tenant=found.tenant,
        id=found.id,
        content=found.content,
        message=bytes(found.message),
        by_itself=bool(found.by_itself),
        state=found.state,
        revision=found.revision,
    )
