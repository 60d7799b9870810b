"""Logs of sessions in the one database: what happened, in order, once; every method is one transaction.

Who writes says which revision it knows. Where the session has gone on meanwhile, nothing is written, and the caller
reads on and decides anew: so two processes on one database never both close a gate or both take a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, get_type_hints

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from c4e_server.errors import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A session as it is kept."""

    place: int
    tenant: str
    id: str
    content: str  # SHA-256 of what its caller sent
    message: bytes  # what opened it
    state: str
    revision: int  # of its last event


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, still without a revision."""

    kind: str
    at: float  # seconds since 1970
    request_id: str = ""  # empty where nobody asked for it
    content: str = ""  # SHA-256 of the request


RowT = TypeVar("RowT", bound=Kept)
EntryT = TypeVar("EntryT", bound=Event)
_R = TypeVar("_R")

#: What is done in the transaction of an event.
Also = Callable[[Connection], None]


class EventLog(Generic[RowT, EntryT]):
    """Sessions of one sort and their events; columns of the tables are named as the fields of the records."""

    def __init__(
        self,
        transaction: Callable[..., AbstractContextManager[Connection]],
        tables: tuple[Table, Table],
        records: tuple[type[RowT], type[EntryT]],
    ) -> None:
        """Work within transactions of a database.

        Args:
            transaction: Begins one.
            tables: Of sessions and of events.
            records: What is made of a row of each.
        """
        self._transaction = transaction
        self._sessions, self._events = tables
        self._row, self._entry = records

    def open(self, row: RowT, at: float) -> RowT:
        """Keep a session with its first event, or return the one that has its name."""
        try:
            with self._transaction() as connection:
                self.insert(connection, row, at)
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        found = self.find(row.tenant, row.id)
        if found is None:
            raise StoreError("the database of the service does not keep what it took")
        return found

    def insert(self, connection: Connection, row: RowT, at: float) -> None:
        """Write a session and its first event, within the caller's transaction."""
        values = {name: value for name, value in columns_of(row).items() if name != "place"}
        made = connection.execute(insert(self._sessions).values(values).returning(self._sessions.c.place))
        self._insert_event(connection, made.scalar_one(), 1, self._entry(kind="opened", at=at))

    def find(self, tenant: str, session_id: str) -> RowT | None:
        """A session by its name; None where there is none."""
        found = self._rows(self._sessions.c.tenant == tenant, self._sessions.c.id == session_id)
        return found[0] if found else None

    def rows(
        self, tenant: str, states: Sequence[str], limit: int, before: int | None = None, **same: str
    ) -> list[RowT]:
        """Sessions of a tenant, the latest first.

        Args:
            tenant: Whose.
            states: Only those in one of these states; all when empty.
            limit: At most so many.
            before: Only those that were made before the one of this place.
            same: Only those of which a column says so; all where it is empty.
        """
        c = self._sessions.c
        conditions = [c.tenant == tenant, *(c[name] == value for name, value in same.items() if value)]
        if states:
            conditions.append(c.state.in_(states))
        if before is not None:
            conditions.append(c.place < before)
        return self._rows(*conditions, limit=limit)

    def restless(self) -> list[tuple[str, str, int]]:
        """Tenant, name and last revision of everybody's sessions to which something may happen by itself, by age."""
        c = self._sessions.c
        query = select(c.tenant, c.id, c.revision).where(*self._restless()).order_by(c.place)
        with self._transaction(write=False) as connection:
            return [(row.tenant, row.id, row.revision) for row in connection.execute(query)]

    def append(
        self, place: int, revision: int, state: str, entries: Sequence[EntryT], also: Sequence[Also] = ()
    ) -> bool:
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
        here = (self._sessions.c.place == place, self._sessions.c.revision == revision)
        with self._transaction() as connection:
            after = {"revision": revision + len(entries), "state": state}
            if connection.execute(update(self._sessions).where(*here).values(after)).rowcount != 1:
                return False
            for number, entry in enumerate(entries, start=revision + 1):
                self._insert_event(connection, place, number, entry)
            for act in also:
                act(connection)
        return True

    def events(self, place: int, after: int, limit: int | None = None) -> list[tuple[int, EntryT]]:
        """What happened in a session after a revision, in order, at most so much."""
        return self._read(self._events.c.session == place, self._events.c.revision > after, limit=limit)

    def written(self, place: int, request_id: str) -> tuple[int, EntryT] | None:
        """A write by its name, with its revision; None where there is none."""
        found = self._read(self._events.c.session == place, self._events.c.request_id == request_id)
        return found[0] if found else None

    def _restless(self) -> Sequence[ColumnElement[bool]]:
        """To which sessions something may happen by itself."""
        return ()

    def _rows(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[RowT]:
        query = select(self._sessions).where(*conditions).order_by(self._sessions.c.place.desc()).limit(limit)
        with self._transaction(write=False) as connection:
            return [record_of(self._row, row) for row in connection.execute(query)]

    def _read(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[tuple[int, EntryT]]:
        query = select(self._events).where(*conditions).order_by(self._events.c.revision).limit(limit)
        with self._transaction(write=False) as connection:
            return [(row.revision, record_of(self._entry, row)) for row in connection.execute(query)]

    def _insert_event(self, connection: Connection, place: int, revision: int, entry: EntryT) -> None:
        values = columns_of(entry) | {"session": place, "revision": revision, "request_id": entry.request_id or None}
        connection.execute(insert(self._events).values(values))


@cache
def _kinds(record: type[Any]) -> Mapping[str, type[Any]]:
    """Fields of a record and what they hold."""
    return get_type_hints(record)


def columns_of(record: Any) -> dict[str, Any]:
    """The fields of a record as the columns of its row."""
    values = {name: getattr(record, name) for name in _kinds(record.__class__)}
    return {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}


def record_of(record: type[_R], row: Any) -> _R:
    """A record from the columns of its row; what is not there is empty."""
    found = ((name, kind, getattr(row, name)) for name, kind in _kinds(record).items())
    return record(**{name: kind() if value is None else kind(value) for name, kind, value in found})
