"""The service's own database: every method is one transaction, and may be called from any thread."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError

from c4e_server.errors import RequestIdReused, StoreError, UnknownRequest
from c4e_server.failures import Failure
from c4e_server.store.tables import VERSION, answers, metadata, outbox, requests, statements
from c4e_server.workers.messages import Answer

QUEUED, DONE, FAILED = "queued", "done", "failed"
WAITING, DELIVERED, REFUSED = "waiting", "delivered", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it is kept."""

    place: int
    id: str
    state: str
    case_name: str
    reason: str
    failure: Failure | None
    batch_id: str
    posted: bool
    ledger_says: str
    submitted: float
    started: float | None
    ended: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A batch on its way to the ledger."""

    place: int
    batch_id: str
    batch: bytes


class Store:
    """An SQLite database in write-ahead mode; what a method returned from is on the disk."""

    def __init__(self, path: Path) -> None:
        """Open the database, and make it when missing.

        Args:
            path: The file; its folder must exist.

        Raises:
            StoreError: It cannot be opened, or was made by another version.
        """
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30.0})
        event.listen(self._engine, "connect", _durable)
        with self._transaction() as connection:
            version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
            if version not in (0, VERSION):
                raise StoreError(
                    f"{path} was made by another version of the service (tables {version}, here {VERSION})"
                )
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Generator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"the database of the service failed: {type(error).__name__}") from error

    def take(self, request_id: str, content: str, message: bytes) -> tuple[Request, bool]:
        """Take a request, once.

        Args:
            request_id: Its id.
            content: SHA-256 of its message.
            message: A SolveRequest.

        Returns:
            The request as it stands, and whether it is new.

        Raises:
            RequestIdReused: The id is known with another message.
        """
        row = {"id": request_id, "content": content, "message": message, "state": QUEUED, "submitted": time.time()}
        with self._transaction() as connection:
            done = connection.execute(sqlite_insert(requests).values(row).on_conflict_do_nothing())
            if done.rowcount == 0:
                known = connection.execute(select(requests.c.content).where(requests.c.id == request_id)).scalar_one()
                if known != content:
                    raise RequestIdReused(
                        f"request id {request_id!r} is taken by another message; choose a new id, or repeat the message"
                    )
            return self._request(connection, request_id), done.rowcount == 1

    def finish(self, request_id: str, answer: Answer, case_name: str, started: float) -> Request:
        """Keep an answer, its statement and what is to be posted: all of it or nothing."""
        with self._transaction() as connection:
            changed = connection.execute(
                update(requests)
                .where(requests.c.id == request_id, requests.c.state == QUEUED)
                .values(
                    state=DONE,
                    case_name=case_name,
                    reason=answer.reason,
                    batch_id=answer.batch_id,
                    started=started,
                    ended=time.time(),
                )
            )
            if changed.rowcount == 1:
                connection.execute(insert(answers).values(id=request_id, response=answer.response))
                if answer.statement is not None:
                    connection.execute(insert(statements).values(id=request_id, statement=answer.statement))
                if answer.batch is not None:
                    parcel = {
                        "batch_id": answer.batch_id,
                        "request_id": request_id,
                        "batch": answer.batch,
                        "state": WAITING,
                    }
                    # Another request may have settled the very same outcome: one settlement, one batch.
                    connection.execute(sqlite_insert(outbox).values(parcel).on_conflict_do_nothing())
            return self._request(connection, request_id)

    def fail(self, request_id: str, failure: Failure, case_name: str = "", started: float | None = None) -> Request:
        """Keep that a request failed; it stays failed."""
        with self._transaction() as connection:
            connection.execute(
                update(requests)
                .where(requests.c.id == request_id, requests.c.state == QUEUED)
                .values(
                    state=FAILED,
                    failure=failure.to_json(),
                    case_name=case_name,
                    started=started,
                    ended=time.time(),
                )
            )
            return self._request(connection, request_id)

    def request(self, request_id: str) -> Request:
        """A request.

        Raises:
            UnknownRequest: There is none of this id.
        """
        with self._transaction() as connection:
            return self._request(connection, request_id)

    def requests(self, states: Sequence[str], limit: int, before: int | None = None) -> list[Request]:
        """Requests, the latest first.

        Args:
            states: Only those in one of these states; all when empty.
            limit: At most so many.
            before: Only those that arrived before the one of this place.
        """
        query = _REQUESTS.order_by(requests.c.place.desc()).limit(limit)
        if states:
            query = query.where(requests.c.state.in_(states))
        if before is not None:
            query = query.where(requests.c.place < before)
        with self._transaction() as connection:
            return [_request(row) for row in connection.execute(query)]

    def unfinished(self) -> list[str]:
        """Ids of requests without an answer, in order of arrival."""
        with self._transaction() as connection:
            query = select(requests.c.id).where(requests.c.state == QUEUED).order_by(requests.c.place)
            return list(connection.execute(query).scalars())

    def message(self, request_id: str) -> bytes:
        """What the caller sent."""
        return self._blob(requests.c.message, requests.c.id, request_id, "is known")

    def response(self, request_id: str) -> bytes:
        """The answer to a request.

        Raises:
            UnknownRequest: There is none.
        """
        return self._blob(answers.c.response, answers.c.id, request_id, "has an answer")

    def statement(self, request_id: str) -> bytes:
        """The statement of a request.

        Raises:
            UnknownRequest: There is none.
        """
        return self._blob(statements.c.statement, statements.c.id, request_id, "has a statement")

    def _blob(self, column: Any, key: Any, request_id: str, what: str) -> bytes:
        with self._transaction() as connection:
            found = connection.execute(select(column).where(key == request_id)).scalar_one_or_none()
        if found is None:
            raise UnknownRequest(f"no request {request_id!r} {what}")
        return bytes(found)

    def _request(self, connection: Connection, request_id: str) -> Request:
        row = connection.execute(_REQUESTS.where(requests.c.id == request_id)).one_or_none()
        if row is None:
            raise UnknownRequest(f"there is no request {request_id!r}")
        return _request(row)

    def waiting(self, limit: int) -> list[Parcel]:
        """Batches that the ledger has not taken yet: those that were tried least first, then in order."""
        query = select(outbox.c.place, outbox.c.batch_id, outbox.c.batch).where(outbox.c.state == WAITING)
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(outbox.c.attempts, outbox.c.place).limit(limit))
            return [Parcel(place=row.place, batch_id=row.batch_id, batch=bytes(row.batch)) for row in rows]

    def told(self, parcel: Parcel, state: str, detail: str) -> None:
        """Keep what the ledger said of a batch.

        Args:
            parcel: The batch.
            state: WAITING to try again, DELIVERED, or REFUSED for good.
            detail: The ledger's words.
        """
        with self._transaction() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.place == parcel.place)
                .values(state=state, detail=detail, attempts=outbox.c.attempts + 1)
            )


_REQUESTS = select(
    *(column for column in requests.c if column.name not in ("content", "message")),
    outbox.c.state.label("posting"),
    outbox.c.detail,
).outerjoin_from(requests, outbox, outbox.c.batch_id == requests.c.batch_id)


def _request(row: Any) -> Request:
    return Request(
        place=row.place,
        id=row.id,
        state=row.state,
        case_name=row.case_name,
        reason=row.reason,
        failure=None if row.failure is None else Failure.from_json(row.failure),
        batch_id=row.batch_id,
        posted=row.posting == DELIVERED,
        ledger_says="" if row.posting == DELIVERED else row.detail or "",
        submitted=row.submitted,
        started=row.started,
        ended=row.ended,
    )


def _durable(connection: Any, _: Any) -> None:
    """Write ahead, and wait for the disk at every commit."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
