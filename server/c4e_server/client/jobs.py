"""Solves and jobs from the caller's side: cases in, outcomes and statements out."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from c4e.opt.v1 import jobs_pb2, settlement_pb2, solve_pb2
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Statement
from c4e_opt.solve import SolveOptions
from c4e_server.client.acts import Call, Flow, Item, Steps, Stream
from c4e_server.client.datasets import carried
from c4e_server.client.methods import Answers, Streams
from c4e_server.convert.job import failure_from_proto
from c4e_server.convert.options import options_to_proto
from c4e_server.convert.outcome import outcome_from_proto
from c4e_server.convert.statement import statement_from_proto
from c4e_server.errors import AnswerTooLarge, ServiceError, WrongDigest

ENDED = (jobs_pb2.JOB_STATE_DONE, jobs_pb2.JOB_STATE_FAILED)
SETTLEMENTS = {
    "none": solve_pb2.SETTLEMENT_NONE,
    "statement": solve_pb2.SETTLEMENT_STATEMENT,
    "post": solve_pb2.SETTLEMENT_POST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An answer, and its settlement where one was asked for."""

    request_id: str
    outcome: Outcome
    statement: Statement | None


class JobMethods:
    """Methods of the services that solve, keep jobs, and keep statements."""

    @Answers
    def solve(
        self,
        case: Case | str,
        options: SolveOptions | None = None,
        *,
        request_id: str = "",
        settlement: str = "none",
        priority: int = 0,
        timeout_s: float | None = None,
    ) -> Steps[Solved]:
        """Solve a case and wait.

        Args:
            case: The case, or the id of a dataset that holds it; a large case is uploaded as one first.
            options: Solver and limits.
            request_id: Makes the call repeatable by others too; empty when the answer need not be kept.
            settlement: "none", "statement" or "post".
            priority: Which of the tenant's waiting requests goes first: the one of the highest, -100 to 100.
            timeout_s: Deadline of the call with all its tries; it bounds the solve.

        Raises:
            C4eError: Whatever the service raises, as it would be raised here.
        """
        request = solve_pb2.SolveRequest(
            request_id=request_id,
            options=options_to_proto(options or SolveOptions()),
            settlement=SETTLEMENTS[settlement],
            priority=priority,
        )
        answer = yield from carried(case, request, "OptimisationService/Solve", solve_pb2.SolveResponse, timeout_s)
        return _solved(answer.request_id, answer)

    @Answers
    def submit(
        self,
        case: Case | str,
        options: SolveOptions | None = None,
        *,
        request_id: str = "",
        settlement: str = "none",
        priority: int = 0,
    ) -> Steps[jobs_pb2.Job]:
        """Submit a case as a job; it gets a name of its own when no request id is given."""
        request = jobs_pb2.SubmitJobRequest(
            request_id=request_id or uuid.uuid4().hex,  # named here, so that a second try is no second job
            options=options_to_proto(options or SolveOptions()),
            settlement=SETTLEMENTS[settlement],
            priority=priority,
        )
        answer = yield from carried(case, request, "JobService/SubmitJob", jobs_pb2.SubmitJobResponse)
        return answer.job

    @Streams
    def watch(self, request_id: str, timeout_s: float | None = None) -> Flow[jobs_pb2.Job]:
        """A job as it stands, and again after every change, until it has ended."""
        changes = _changes(request_id, timeout_s)
        while (change := (yield from changes)) is not None:
            yield Item(change.job)

    @Answers
    def get(self, request_id: str) -> Steps[tuple[jobs_pb2.Job, Solved | None]]:
        """A job as it stands, and its answer once there is one."""
        answer = yield from _got(request_id)
        return answer.job, _solved(request_id, answer) if answer.HasField("outcome") else None

    @Answers
    def job(self, request_id: str) -> Steps[jobs_pb2.Job]:
        """A job as it stands, without its answer."""
        return (yield from _got(request_id, without_answer=True)).job

    @Answers
    def result(self, request_id: str) -> Steps[Solved]:
        """The answer of a job that has ended; waits until it has.

        Raises:
            C4eError: Why the job failed.
        """
        changes = _changes(request_id, None)
        while (change := (yield from changes)) is not None:
            if change.job.state == jobs_pb2.JOB_STATE_FAILED:
                raise failure_from_proto(change.job.failure).error()
        answer = yield from _got(request_id)
        if not answer.HasField("outcome"):
            raise ServiceError(f"request {request_id!r} has no answer")
        return _solved(request_id, answer)

    @Answers
    def cancel(self, request_id: str) -> Steps[jobs_pb2.Job]:
        """Ask a job to end."""
        request = jobs_pb2.CancelJobRequest(request_id=request_id)
        answer = yield from Call(method="JobService/CancelJob", request=request, answer=jobs_pb2.CancelJobResponse)
        return answer.job

    @Answers
    def delete(self, request_id: str) -> Steps[None]:
        """Delete a job that has ended, with its answer; its id stays taken."""
        request = jobs_pb2.DeleteJobRequest(request_id=request_id)
        yield from Call(method="JobService/DeleteJob", request=request, answer=jobs_pb2.DeleteJobResponse)

    @Answers
    def jobs(
        self,
        limit: int = 100,
        *,
        states: Iterable[str] = (),
        case_name: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Steps[list[jobs_pb2.Job]]:
        """Jobs, the latest first.

        Args:
            limit: At most so many.
            states: Only those in one of these states: "queued", "running", "done", "failed"; all when empty.
            case_name: Only those whose case has this name; all when empty.
            since: Only those submitted then or later.
            until: Only those submitted before.
        """
        wanted = jobs_pb2.ListJobsRequest(
            states=[f"JOB_STATE_{state.upper()}" for state in states],
            case_name=case_name,
            submitted_after=since,
            submitted_before=until,
        )
        found: list[jobs_pb2.Job] = []
        token = ""
        while len(found) < limit:
            request = jobs_pb2.ListJobsRequest(page_size=min(limit - len(found), 1000), page_token=token)
            request.MergeFrom(wanted)
            page = yield from Call(method="JobService/ListJobs", request=request, answer=jobs_pb2.ListJobsResponse)
            found += page.jobs
            token = page.next_page_token
            if not token:
                break
        return found

    @Answers
    def statement(self, request_id: str) -> Steps[Statement]:
        """The statement of a settled request."""
        answer = yield from Call(
            method="SettlementService/GetStatement",
            request=settlement_pb2.GetStatementRequest(request_id=request_id),
            answer=settlement_pb2.GetStatementResponse,
        )
        return statement_from_proto(answer.statement)


def _got(request_id: str, *, without_answer: bool = False) -> Steps[jobs_pb2.GetJobResponse]:
    request = jobs_pb2.GetJobRequest(request_id=request_id, without_answer=without_answer)
    try:
        return (yield from Call(method="JobService/GetJob", request=request, answer=jobs_pb2.GetJobResponse))
    except AnswerTooLarge:
        job = (yield from _got(request_id, without_answer=True)).job
        kept = solve_pb2.SolveResponse.FromString((yield from _read(request_id)))
        statement = kept.statement if kept.HasField("statement") else None
        return jobs_pb2.GetJobResponse(job=job, outcome=kept.outcome, statement=statement)


def _read(request_id: str) -> Steps[bytes]:
    """The bytes of an answer, piece by piece; a stream that breaks goes on where it was.

    Raises:
        WrongDigest: They are not what the service keeps.
    """
    found, digest = bytearray(), ""
    pieces = Stream(
        method="JobService/ReadAnswer",
        request=lambda last: jobs_pb2.ReadAnswerRequest(request_id=request_id, offset_bytes=len(found)),
        answer=jobs_pb2.ReadAnswerResponse,
    )
    while (piece := (yield from pieces)) is not None:
        found += piece.chunk
        digest = piece.sha256 or digest
    if hashlib.sha256(found).hexdigest() != digest:
        raise WrongDigest(f"the answer to {request_id!r} arrived broken; read it again")
    return bytes(found)


def _changes(request_id: str, timeout_s: float | None) -> Stream[jobs_pb2.WatchJobResponse]:
    def request(last: jobs_pb2.WatchJobResponse | None) -> jobs_pb2.WatchJobRequest:
        return jobs_pb2.WatchJobRequest(request_id=request_id, after_revision=0 if last is None else last.job.revision)

    return Stream(
        method="JobService/WatchJob",
        request=request,
        answer=jobs_pb2.WatchJobResponse,
        timeout_s=timeout_s,
    )


def _solved(request_id: str, answer: solve_pb2.SolveResponse | jobs_pb2.GetJobResponse) -> Solved:
    return Solved(
        request_id=request_id,
        outcome=outcome_from_proto(answer.outcome),
        statement=statement_from_proto(answer.statement) if answer.HasField("statement") else None,
    )
