"""A client of the service: domain objects in and out, errors as they are raised on the other side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc
from google.rpc import status_pb2

from c4e.opt.v1 import delivery_pb2, jobs_pb2, ledger_pb2, settlement_pb2, solve_pb2, trading_pb2
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Asset, Receipt, State, Statement
from c4e_opt.solve import SolveOptions
from c4e_opt.trading.events import Event, Execution, SelfTrade
from c4e_opt.trading.snapshot import Snapshot
from c4e_server.convert.case import case_to_proto
from c4e_server.convert.job import failure_from_proto
from c4e_server.convert.options import options_to_proto
from c4e_server.convert.outcome import outcome_from_proto
from c4e_server.convert.statement import assets_from_proto, statement_from_proto
from c4e_server.convert.trading import (
    event_to_proto,
    executions_from_proto,
    rule_to_proto,
    snapshot_from_proto,
    snapshot_to_proto,
)
from c4e_server.errors import ServiceError, Unreachable
from c4e_server.failures import Failure
from c4e_server.market_client import Markets
from c4e_server.security.access import Access
from c4e_server.services.status import DETAILS_KEY, MOST_ROOM, ROOM_KEY, failure_from_status

_PACKAGE = "c4e.opt.v1"
_ROOM = ((ROOM_KEY, str(MOST_ROOM)),)
_SETTLEMENTS = {
    "none": solve_pb2.SETTLEMENT_NONE,
    "statement": solve_pb2.SETTLEMENT_STATEMENT,
    "post": solve_pb2.SETTLEMENT_POST,
}
ENDED = (jobs_pb2.JOB_STATE_DONE, jobs_pb2.JOB_STATE_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An answer, and its settlement where one was asked for."""

    request_id: str
    outcome: Outcome
    statement: Statement | None


class Client:
    """One connection; may be shared between threads."""

    def __init__(self, address: str, access: Access | None = None) -> None:
        """Prepare to call a service; the first call connects.

        Args:
            address: Host and port, such as 127.0.0.1:50551.
            access: What is shown to the service, and whom it must prove to be; what the environment says when None.

        Raises:
            InvalidConfig: A file of the access cannot be used.
        """
        self.address = address
        self._access = Access.from_environment() if access is None else access
        self._channel = self._access.channel(
            address,
            options=(
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
                ("grpc.max_metadata_size", 2 * MOST_ROOM),
                ("grpc.absolute_max_metadata_size", 2 * MOST_ROOM),
                ("grpc.enable_http_proxy", 0),
            ),
        )

    def __enter__(self) -> Self:
        """Use as a context that closes the connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def solve(
        self,
        case: Case,
        options: SolveOptions | None = None,
        *,
        request_id: str = "",
        settlement: str = "none",
        timeout_s: float | None = None,
    ) -> Solved:
        """Solve a case and wait.

        Args:
            case: The case.
            options: Solver and limits.
            request_id: Makes the call repeatable; empty when the answer need not be kept.
            settlement: "none", "statement" or "post".
            timeout_s: Deadline of the call; it bounds the solve.

        Raises:
            C4eError: Whatever the service raises, as it would be raised here.
        """
        request = solve_pb2.SolveRequest(
            request_id=request_id,
            case=case_to_proto(case),
            options=options_to_proto(options or SolveOptions()),
            settlement=_SETTLEMENTS[settlement],
        )
        answer: solve_pb2.SolveResponse = self._call(
            "OptimisationService/Solve", request, solve_pb2.SolveResponse, timeout_s
        )
        return Solved(
            request_id=answer.request_id,
            outcome=outcome_from_proto(answer.outcome),
            statement=statement_from_proto(answer.statement) if answer.HasField("statement") else None,
        )

    def submit(
        self, case: Case, options: SolveOptions | None = None, *, request_id: str = "", settlement: str = "none"
    ) -> jobs_pb2.Job:
        """Submit a case as a job; the service names it when no request id is given."""
        request = jobs_pb2.SubmitJobRequest(
            request_id=request_id,
            case=case_to_proto(case),
            options=options_to_proto(options or SolveOptions()),
            settlement=_SETTLEMENTS[settlement],
        )
        answer: jobs_pb2.SubmitJobResponse = self._call("JobService/SubmitJob", request, jobs_pb2.SubmitJobResponse)
        return answer.job

    def watch(self, request_id: str, timeout_s: float | None = None) -> Iterator[jobs_pb2.Job]:
        """A job as it stands, and again after every change, until it has ended."""
        method = self._channel.unary_stream(
            f"/{_PACKAGE}.JobService/WatchJob",
            request_serializer=jobs_pb2.WatchJobRequest.SerializeToString,
            response_deserializer=jobs_pb2.WatchJobResponse.FromString,
        )
        try:
            for change in method(
                jobs_pb2.WatchJobRequest(request_id=request_id), timeout=timeout_s, metadata=self._metadata()
            ):
                yield change.job
        except grpc.RpcError as error:
            raise self._error(error) from None

    def get(self, request_id: str) -> tuple[jobs_pb2.Job, Solved | None]:
        """A job as it stands, and its answer once there is one."""
        request = jobs_pb2.GetJobRequest(request_id=request_id)
        answer: jobs_pb2.GetJobResponse = self._call("JobService/GetJob", request, jobs_pb2.GetJobResponse)
        if not answer.HasField("outcome"):
            return answer.job, None
        statement = statement_from_proto(answer.statement) if answer.HasField("statement") else None
        outcome = outcome_from_proto(answer.outcome)
        return answer.job, Solved(request_id=request_id, outcome=outcome, statement=statement)

    def job(self, request_id: str) -> jobs_pb2.Job:
        """A job as it stands, without its answer."""
        request = jobs_pb2.GetJobRequest(request_id=request_id, without_answer=True)
        answer: jobs_pb2.GetJobResponse = self._call("JobService/GetJob", request, jobs_pb2.GetJobResponse)
        return answer.job

    def result(self, request_id: str) -> Solved:
        """The answer of a job that has ended; waits until it has.

        Raises:
            C4eError: Why the job failed.
        """
        for job in self.watch(request_id):
            if job.state == jobs_pb2.JOB_STATE_FAILED:
                raise failure_from_proto(job.failure).error()
        _, solved = self.get(request_id)
        if solved is None:
            raise ServiceError(f"request {request_id!r} has no answer")
        return solved

    def cancel(self, request_id: str) -> jobs_pb2.Job:
        """Ask a job to end."""
        request = jobs_pb2.CancelJobRequest(request_id=request_id)
        answer: jobs_pb2.CancelJobResponse = self._call("JobService/CancelJob", request, jobs_pb2.CancelJobResponse)
        return answer.job

    def jobs(self, limit: int = 100) -> list[jobs_pb2.Job]:
        """Jobs, the latest first."""
        found: list[jobs_pb2.Job] = []
        token = ""
        while len(found) < limit:
            request = jobs_pb2.ListJobsRequest(page_size=min(limit - len(found), 1000), page_token=token)
            page: jobs_pb2.ListJobsResponse = self._call("JobService/ListJobs", request, jobs_pb2.ListJobsResponse)
            found += page.jobs
            token = page.next_page_token
            if not token:
                break
        return found

    def statement(self, request_id: str) -> Statement:
        """The statement of a settled request."""
        request = settlement_pb2.GetStatementRequest(request_id=request_id)
        answer: settlement_pb2.GetStatementResponse = self._call(
            "SettlementService/GetStatement", request, settlement_pb2.GetStatementResponse
        )
        return statement_from_proto(answer.statement)

    def balances(self, asset: str = "") -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, Asset]]:
        """Minor units by account and asset, and the assets by id."""
        request = ledger_pb2.ListBalancesRequest(asset=asset)
        answer: ledger_pb2.ListBalancesResponse = self._call(
            "LedgerService/ListBalances", request, ledger_pb2.ListBalancesResponse
        )
        found: dict[str, dict[str, int]] = {}
        for balance in answer.balances:
            found.setdefault(balance.account, {})[balance.asset] = int(balance.amount)
        return found, {asset.id: asset for asset in assets_from_proto(answer.assets)}

    def batch(self, batch_id: str) -> Receipt:
        """What the ledger knows of a batch."""
        request = ledger_pb2.GetBatchRequest(batch_id=batch_id)
        answer: ledger_pb2.GetBatchResponse = self._call("LedgerService/GetBatch", request, ledger_pb2.GetBatchResponse)
        return Receipt(
            batch_id=answer.batch_id,
            state=State[ledger_pb2.BatchState.Name(answer.state).removeprefix("BATCH_STATE_")],
            digest=answer.digest,
            postings=answer.postings,
            reference=answer.reference,
            reverses=answer.reverses,
            detail=answer.detail,
        )

    def postings(
        self, *, account: str = "", asset: str = "", batch_id: str = "", page_size: int = 0
    ) -> Iterator[ledger_pb2.LedgerPosting]:
        """Postings in the order in which they were booked, page by page."""
        token = ""
        while True:
            request = ledger_pb2.ListPostingsRequest(
                account=account, asset=asset, batch_id=batch_id, page_size=page_size, page_token=token
            )
            page: ledger_pb2.ListPostingsResponse = self._call(
                "LedgerService/ListPostings", request, ledger_pb2.ListPostingsResponse
            )
            yield from page.postings
            token = page.next_page_token
            if not token:
                return

    def deliveries(self, states: Iterable[str] = ()) -> Iterator[delivery_pb2.Delivery]:
        """Batches on their way to the ledger, those in one of these states, in order, page by page."""
        wanted = [f"DELIVERY_STATE_{state.upper()}" for state in states]
        token = ""
        while True:
            request = delivery_pb2.ListDeliveriesRequest(states=wanted, page_token=token)
            page: delivery_pb2.ListDeliveriesResponse = self._call(
                "DeliveryService/ListDeliveries", request, delivery_pb2.ListDeliveriesResponse
            )
            yield from page.deliveries
            token = page.next_page_token
            if not token:
                return

    def replay(self, batch_id: str) -> delivery_pb2.Delivery:
        """Send a dead letter on its way again."""
        request = delivery_pb2.ReplayDeliveryRequest(batch_id=batch_id)
        answer: delivery_pb2.ReplayDeliveryResponse = self._call(
            "DeliveryService/ReplayDelivery", request, delivery_pb2.ReplayDeliveryResponse
        )
        return answer.delivery

    def void(self, batch_id: str, reason: str) -> delivery_pb2.Delivery:
        """Give a dead letter up."""
        request = delivery_pb2.VoidDeliveryRequest(batch_id=batch_id, reason=reason)
        answer: delivery_pb2.VoidDeliveryResponse = self._call(
            "DeliveryService/VoidDelivery", request, delivery_pb2.VoidDeliveryResponse
        )
        return answer.delivery

    def trade(
        self,
        book_id: str,
        party: str,
        events: Iterable[Iterable[Event]],
        *,
        self_trade: SelfTrade | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[list[Execution]]:
        """Trade for a party in a book, and be told what touches its orders.

        Args:
            book_id: The book; made when there is none.
            party: Whose orders these are; parties and times of the events are not read.
            events: Batches of up to 1000 events; read in a thread of its own while answers come. While it has not
                ended, the party is told of what others do to its orders.
            self_trade: What happens when two orders of the party meet; None for what the book does.
            timeout_s: Deadline of the whole stream.

        Raises:
            C4eError: Whatever the service raises, as it would be raised here.
        """
        method = self._channel.stream_stream(
            f"/{_PACKAGE}.TradingService/Trade",
            request_serializer=trading_pb2.TradeRequest.SerializeToString,
            response_deserializer=trading_pb2.TradeResponse.FromString,
        )

        def requests() -> Iterator[trading_pb2.TradeRequest]:
            rule = rule_to_proto(self_trade)
            yield trading_pb2.TradeRequest(open=trading_pb2.OpenBook(book_id=book_id, party=party, self_trade=rule))
            for batch in events:
                yield trading_pb2.TradeRequest(events=trading_pb2.OrderEvents(events=map(event_to_proto, batch)))

        try:
            for answer in method(requests(), timeout=timeout_s, metadata=self._metadata()):
                yield executions_from_proto(answer.executions)
        except grpc.RpcError as error:
            raise self._error(error) from None

    def book(self, book_id: str) -> Snapshot:
        """Everything that a book holds."""
        request = trading_pb2.GetBookRequest(book_id=book_id)
        answer: trading_pb2.GetBookResponse = self._call("TradingService/GetBook", request, trading_pb2.GetBookResponse)
        return snapshot_from_proto(answer.snapshot)

    def restore_book(self, book_id: str, kept: Snapshot) -> int:
        """Make a book from a snapshot; how many orders rest in it."""
        request = trading_pb2.RestoreBookRequest(book_id=book_id, snapshot=snapshot_to_proto(kept))
        answer: trading_pb2.RestoreBookResponse = self._call(
            "TradingService/RestoreBook", request, trading_pb2.RestoreBookResponse
        )
        return answer.orders

    @property
    def markets(self) -> Markets:
        """Market sessions of the service."""
        return Markets(self._call, self._stream)

    def _stream(self, method: str, request: Any, answer: Any, timeout_s: float | None = None) -> Iterator[Any]:
        call: Any = self._channel.unary_stream(
            f"/{_PACKAGE}.{method}",
            request_serializer=request.__class__.SerializeToString,
            response_deserializer=answer.FromString,
        )
        try:
            yield from call(request, timeout=timeout_s, metadata=self._metadata())
        except grpc.RpcError as error:
            raise self._error(error) from None

    def _call(self, method: str, request: Any, answer: Any, timeout_s: float | None = None) -> Any:
        call: Any = self._channel.unary_unary(
            f"/{_PACKAGE}.{method}",
            request_serializer=request.__class__.SerializeToString,
            response_deserializer=answer.FromString,
        )
        try:
            return call(request, timeout=timeout_s, metadata=self._metadata())
        except grpc.RpcError as error:
            raise self._error(error) from None

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return _ROOM + self._access.metadata()

    def _error(self, error: Any) -> Exception:
        """An error of gRPC as the error that the service raised."""
        metadata: dict[str, Any] = dict(error.trailing_metadata() or ())
        details = metadata.get(DETAILS_KEY)
        code: grpc.StatusCode = error.code()
        if details is not None:
            return failure_from_status(status_pb2.Status.FromString(details)).error()
        if code is grpc.StatusCode.UNAVAILABLE:
            return Unreachable(f"no service answers at {self.address}; start one with `c4e-opt serve`")
        reason = {"DEADLINE_EXCEEDED": "DEADLINE", "RESOURCE_EXHAUSTED": "MESSAGE_TOO_LARGE"}.get(code.name, code.name)
        return Failure(code=code.name, reason=reason, message=str(error.details())).error()
