"""The service's own database: every method is one transaction, and may be called from any thread."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from c4e.opt.v1 import statement_pb2
from c4e_opt.errors import LedgerError, Unbalanced
from c4e_server.answers import LASTING, unnamed
from c4e_server.convert.statement import batch_from_proto
from c4e_server.database.engine import inserting, migrate, open_engine, transaction
from c4e_server.errors import StoreError, UnknownRequest
from c4e_server.failures import Failure
from c4e_server.ledgers.journal import Journal
from c4e_server.progress import Changes, first_revision
from c4e_server.security.identity import name_of, tenant_of
from c4e_server.store import removal
from c4e_server.store.datasets import Datasets, touch
from c4e_server.store.leases import Leases
from c4e_server.store.outbox import Delivery, Outbox
from c4e_server.store.records import DELETED, DONE, FAILED, QUEUED, REQUESTS, Request, is_open, request_of
from c4e_server.store.tables import answers, outbox, requests, statements
from c4e_server.workers.messages import Answer


class Store:
    """Requests, answers and statements in the one database; what a method returned from is on the disk."""

    def __init__(
        self,
        database: Engine | Path,
        journal: Journal | None = None,
        *,
        is_ledger: bool = False,
        owner: str = "",
        lease_s: float = 10.0,
    ) -> None:
        """Join the database, whose tables are brought up to date, and the journal in it.

        Args:
            database: The database, or the file of an SQLite one, made when missing; its folder must exist.
            journal: Books every batch in the transaction that keeps the answer; None where batches are only passed on.
            is_ledger: Whether the journal is the configured ledger, so that nothing is to be passed on.
            owner: Names this service among those that share the database; the same after a restart.
            lease_s: How long a request is this service's own without `renew`, in seconds.

        Raises:
            StoreError: It cannot be opened, or was made by another version.
        """
        self._engine = open_engine(f"sqlite:///{database}") if isinstance(database, Path) else database
        self._journal = journal
        self._is_ledger = is_ledger
        migrate(self._engine)
        self.leases = Leases(self._transaction, owner, lease_s)
        self.outbox = Outbox(self._transaction)
        self.datasets = Datasets(self._transaction)

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def publish(self) -> None:
        """Let the journal tell of what was booked in a transaction that is kept by now."""
        if self._journal is not None:
            self._journal.publish()

    @contextmanager
    def transaction(self, *, write: bool = True) -> Generator[Connection]:
        """A transaction for records of others in the same database."""
        with self._transaction(write=write) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, write: bool = True) -> Generator[Connection]:
        try:
            with transaction(self._engine, write=write) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"the database of the service failed: {type(error).__name__}") from error

    def take(
        self,
        request_id: str,
        content: str,
        message: bytes,
        *,
        asked: str = "",
        priority: int = 0,
        deadline: float | None = None,
        dataset: str = "",
        case_name: str = "",
    ) -> tuple[Request, bool]:
        """Take a request, once.

        Args:
            request_id: Its id.
            content: SHA-256 of its message.
            message: A SolveRequest.
            asked: SHA-256 of what it asks, whatever its id.
            priority: Among the requests of its tenant.
            deadline: Seconds since 1970; None for none.
            dataset: SHA-256 of the tenant's dataset that holds its case; empty where the message does.
            case_name: Name of its case; empty where the dataset is to be read first.

        Returns:
            The request as it stands, and whether it is new.

        Raises:
            RequestIdReused: The id is known with another message.
            RequestDeleted: It is known with this message, and was deleted.
            UnknownDataset: There is no such dataset.
        """
        row: dict[str, Any] = {"id": request_id, "content": content, "message": message, "state": QUEUED}
        # In whole microseconds, as it is told: who lists from the moment of a job on finds that job.
        row |= {"submitted": round(time.time(), 6), "tenant": tenant_of(request_id), "asked": asked}
        row |= {"priority": priority, "deadline": deadline, "owner": self.leases.owner, "dataset": dataset}
        row["case_name"] = case_name
        row |= {"fence": 1, "revision": first_revision(1)}
        with self._transaction() as connection:
            row["leased"] = self.leases.until(connection)
            taking = inserting(connection)(requests).values(row).on_conflict_do_nothing().returning(requests.c.place)
            new = connection.execute(taking).first() is not None
            if not new:
                removal.check_repeated(connection, request_id, content)
            elif dataset:
                touch(connection, row["tenant"], dataset)
            return self._request(connection, request_id), new

    def answered(self, tenant: str, asked: str) -> Answer | None:
        """A lasting answer that the tenant was given to the same question, without its name; None for none."""
        query = (
            select(requests.c.id, requests.c.reason, requests.c.batch_id, answers.c.response, statements.c.statement)
            .add_columns(requests.c.case_name, outbox.c.batch)
            .join_from(requests, answers, answers.c.id == requests.c.id)
            .outerjoin(statements, statements.c.id == requests.c.id)
            .outerjoin(outbox, outbox.c.batch_id == requests.c.batch_id)
            .where(requests.c.tenant == tenant, requests.c.asked == asked, requests.c.state == DONE)
            .where(requests.c.reason == LASTING)
        )
        with self._transaction(write=False) as connection:
            row = connection.execute(query.order_by(requests.c.place).limit(1)).first()
        if row is None or (row.batch_id and row.batch is None):
            return None
        return Answer(
            response=unnamed(bytes(row.response), name_of(row.id)),
            reason=row.reason,
            statement=None if row.statement is None else bytes(row.statement),
            batch=bytes(row.batch) if row.batch_id else None,
            batch_id=row.batch_id,
            case_name=row.case_name,
        )

    def finish(
        self,
        request_id: str,
        answer: Answer,
        case_name: str,
        started: float,
        *,
        fence: int | None = None,
        changes: Changes | None = None,
    ) -> Request:
        """Keep an answer, its statement, its postings and what is to be passed on: all of it or nothing.

        With a fence, nothing when another service has taken the request up since. The changes are those that led to it.
        """
        with self._transaction() as connection:
            changed = connection.execute(
                update(requests)
                .where(is_open(request_id, fence))
                .values(
                    state=DONE,
                    case_name=case_name,
                    reason=answer.reason,
                    batch_id=answer.batch_id,
                    started=started,
                    ended=time.time(),
                    **_told(changes),
                )
            )
            if changed.rowcount == 1:
                connection.execute(insert(answers).values(id=request_id, response=answer.response))
                if answer.statement is not None:
                    connection.execute(insert(statements).values(id=request_id, statement=answer.statement))
                if answer.batch is not None:
                    self.post(connection, request_id, answer.batch_id, answer.batch)
            kept = self._request(connection, request_id)
        if self._journal is not None:
            self._journal.publish()
        return kept

    def post(self, connection: Connection, request_id: str, batch_id: str, packed: bytes, adjusts: str = "") -> None:
        """Book a batch in the journal and put it into the outbox; one that is refused lies there as a dead letter.

        Args:
            connection: Within a transaction of the caller, who calls `publish` once it is kept.
            request_id: The request that made it; empty where none did.
            batch_id: Its id.
            packed: A Batch.
            adjusts: Id of the reversed batch in whose place it stands; empty where it stands for itself.
        """
        put = partial(self.outbox.put, connection, batch_id, request_id, packed)
        if self._journal is None:
            put()
            return
        batch = batch_from_proto(statement_pb2.Batch.FromString(packed))
        try:
            with connection.begin_nested():
                receipt = self._journal.book(connection, batch, adjusts=adjusts)
        except (LedgerError, Unbalanced) as error:
            put(state=Delivery.DEAD, detail=str(error))
            return
        if self._is_ledger:
            put(state=Delivery.DELIVERED, reference=receipt.reference)
        else:
            put()

    def replay(self, batch_id: str) -> None:
        """Send a dead letter on its way again; one that the journal had refused is booked there first.

        Raises:
            UnknownRequest: The outbox has no such batch.
            DeliveryUnderWay: It is no dead letter.
            LedgerError: The journal refuses it still.
        """
        with self._transaction() as connection:
            parcel = self.outbox.raise_dead(connection, batch_id, Delivery.WAITING, "replayed by the operator")
            if self._journal is not None:
                self._journal.book(connection, batch_from_proto(statement_pb2.Batch.FromString(parcel.batch)))
        if self._journal is not None:
            self._journal.publish()

    def void(self, batch_id: str, reason: str) -> None:
        """Give a dead letter up and take it back in the journal; should it turn up on the ledger, it is reversed there.

        Raises:
            UnknownRequest: The outbox has no such batch.
            DeliveryUnderWay: It is no dead letter.
            LedgerError: The journal cannot take it back.
        """
        with self._transaction() as connection:
            self.outbox.raise_dead(connection, batch_id, Delivery.VOIDING, f"voided: {reason}")
            if self._journal is not None:
                self._journal.take_back(connection, batch_id)
        if self._journal is not None:
            self._journal.publish()

    def fail(
        self,
        request_id: str,
        failure: Failure,
        case_name: str = "",
        started: float | None = None,
        *,
        fence: int | None = None,
        changes: Changes | None = None,
    ) -> Request:
        """Keep that a request failed; it stays failed. With a fence, not when another service has taken it up since."""
        with self._transaction() as connection:
            connection.execute(
                update(requests)
                .where(is_open(request_id, fence))
                .values(
                    state=FAILED,
                    failure=failure.to_json(),
                    case_name=case_name,
                    started=started,
                    ended=time.time(),
                    **_told(changes),
                )
            )
            return self._request(connection, request_id)

    def delete(self, request_id: str) -> None:
        """Delete a request that has ended; its id stays taken. One that was deleted stays so.

        Raises:
            UnknownRequest: There is none of this id.
            RequestUnderWay: It has not ended, or its batch is on its way to the ledger.
        """
        with self._transaction() as connection:
            removal.delete_one(connection, request_id)

    def delete_ended(self, before: float, limit: int) -> int:
        """Delete requests that ended before a moment, in seconds since 1970; how many they were, at most so many."""
        with self._transaction() as connection:
            return removal.delete_ended(connection, before, limit)

    def request(self, request_id: str) -> Request:
        """A request.

        Raises:
            UnknownRequest: There is none of this id.
        """
        with self._transaction(write=False) as connection:
            return self._request(connection, request_id)

    def watched(self, request_id: str) -> tuple[Request, Changes]:
        """A request, and what is kept of its changes.

        Raises:
            UnknownRequest: There is none of this id.
        """
        query = REQUESTS.add_columns(requests.c.changes).where(requests.c.id == request_id, _THERE)
        with self._transaction(write=False) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise removal.unknown(request_id)
        return request_of(row), Changes.from_json(row.changes, row.fence)

    def requests(
        self,
        states: Sequence[str],
        limit: int,
        before: int | None = None,
        tenant: str = "",
        *,
        case_name: str = "",
        since: float | None = None,
        until: float | None = None,
    ) -> list[Request]:
        """Requests of one tenant, the latest first.

        Args:
            states: Only those in one of these states; all that were not deleted when empty.
            limit: At most so many.
            before: Only those that arrived before the one of this place.
            tenant: Whose.
            case_name: Only those whose case has this name; all when empty.
            since: Only those submitted then or later, in seconds since 1970.
            until: Only those submitted before.
        """
        query = REQUESTS.where(requests.c.tenant == tenant, _THERE).order_by(requests.c.place.desc()).limit(limit)
        if states:
            query = query.where(requests.c.state.in_(states))
        if before is not None:
            query = query.where(requests.c.place < before)
        if case_name:
            query = query.where(or_(requests.c.case_name == case_name, requests.c.state == QUEUED))
        if since is not None:
            query = query.where(requests.c.submitted >= since)
        if until is not None:
            query = query.where(requests.c.submitted < until)
        with self._transaction(write=False) as connection:
            return [request_of(row) for row in connection.execute(query)]

    def unfinished(self) -> list[str]:
        """Ids of requests without an answer, in order of arrival."""
        with self._transaction(write=False) as connection:
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
        with self._transaction(write=False) as connection:
            found = connection.execute(select(column).where(key == request_id)).scalar_one_or_none()
        if found is None:
            raise UnknownRequest(f"no request {name_of(request_id)!r} {what}")
        return bytes(found)

    def _request(self, connection: Connection, request_id: str) -> Request:
        row = connection.execute(REQUESTS.where(requests.c.id == request_id, _THERE)).one_or_none()
        if row is None:
            raise removal.unknown(request_id)
        return request_of(row)


_THERE = requests.c.state != DELETED


def _told(changes: Changes | None) -> dict[str, Any]:
    """What is kept of the changes that led to an end, which is one more."""
    if changes is None:
        return {"revision": requests.c.revision + 1}
    return {"revision": changes.last.revision + 1, "changes": changes.to_json()}
