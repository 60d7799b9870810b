"""Solving and jobs: calls that go to the desk."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator

from c4e.opt.v1 import jobs_pb2, settlement_pb2, solve_pb2, statement_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.convert.statement import part_to_proto
from c4e_server.desk import Desk, View
from c4e_server.errors import UnknownRequest
from c4e_server.security.books import Books
from c4e_server.security.identity import caller, key_of
from c4e_server.services.answering import Context
from c4e_server.services.job import STATES, job_to_proto
from c4e_server.store.store import DONE

_PAGE = 100


class OptimisationService:
    """Solves while the caller waits."""

    def __init__(self, desk: Desk, books: Books) -> None:
        """Serve a desk whose settlements go to these books."""
        self._desk = desk
        self._books = books

    async def solve(self, request: solve_pb2.SolveRequest, context: Context) -> solve_pb2.SolveResponse:
        """Solve a case, or return the stored answer."""
        seconds, tenant = context.time_remaining(), caller().tenant
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            self._books.check_post(caller())
        if request.request_id:
            return solve_pb2.SolveResponse.FromString(await self._desk.solve(request, seconds, tenant))
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            message = "is empty; what is posted must be repeatable: name the request"
            raise InvalidInput([Issue("request_id", "missing_field", message)])
        return solve_pb2.SolveResponse.FromString(await self._desk.loose(request, seconds, tenant))


class JobService:
    """Solves without the caller."""

    def __init__(self, desk: Desk, books: Books) -> None:
        """Serve a desk whose settlements go to these books."""
        self._desk = desk
        self._books = books

    async def submit_job(self, request: jobs_pb2.SubmitJobRequest, context: Context) -> jobs_pb2.SubmitJobResponse:
        """Take a job."""
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            self._books.check_post(caller())
        wanted = solve_pb2.SolveRequest(
            request_id=request.request_id or uuid.uuid4().hex,
            case=request.case,
            options=request.options if request.HasField("options") else None,
            settlement=request.settlement,
            priority=request.priority,
        )
        await self._desk.submit(wanted, tenant=caller().tenant)
        return jobs_pb2.SubmitJobResponse(job=job_to_proto(await self._desk.view(_key(wanted.request_id))))

    async def get_job(self, request: jobs_pb2.GetJobRequest, context: Context) -> jobs_pb2.GetJobResponse:
        """Return a job, with its answer once there is one."""
        key = _key(request.request_id)
        view = await self._desk.view(key)
        answer = jobs_pb2.GetJobResponse(job=job_to_proto(view))
        if view.kept.state == DONE and not request.without_answer:
            kept = solve_pb2.SolveResponse.FromString(await self._desk.response(key))
            answer.outcome.CopyFrom(kept.outcome)
            if kept.HasField("statement"):
                answer.statement.CopyFrom(kept.statement)
        return answer

    async def watch_job(
        self, request: jobs_pb2.WatchJobRequest, context: Context
    ) -> AsyncGenerator[jobs_pb2.WatchJobResponse]:
        """Stream a job until it has ended."""
        async for view in self._desk.watch(_key(request.request_id)):
            yield jobs_pb2.WatchJobResponse(job=job_to_proto(view))

    async def cancel_job(self, request: jobs_pb2.CancelJobRequest, context: Context) -> jobs_pb2.CancelJobResponse:
        """Ask a job to end."""
        return jobs_pb2.CancelJobResponse(job=job_to_proto(await self._desk.cancel(_key(request.request_id))))

    async def list_jobs(self, request: jobs_pb2.ListJobsRequest, context: Context) -> jobs_pb2.ListJobsResponse:
        """List jobs, the latest first."""
        size = request.page_size or _PAGE
        wanted = set(request.states)
        views: list[View] = []
        before = page_from_token(request.page_token)
        more = True
        while more and len(views) <= size:
            states = sorted({STATES[state] for state in wanted if state in STATES})
            page = await self._desk.views(states, size + 1, before, caller().tenant)
            more = len(page) == size + 1
            before = page[-1].kept.place if page else before
            views += [view for view in page if not wanted or job_to_proto(view).state in wanted]
        token = str(views[size - 1].kept.place) if len(views) > size else ""
        return jobs_pb2.ListJobsResponse(jobs=[job_to_proto(view) for view in views[:size]], next_page_token=token)


class SettlementService:
    """Serves statements."""

    def __init__(self, desk: Desk) -> None:
        """Serve a desk."""
        self._desk = desk

    async def get_statement(
        self, request: settlement_pb2.GetStatementRequest, context: Context
    ) -> settlement_pb2.GetStatementResponse:
        """Return the statement of a request."""
        key, who = _key(request.request_id), caller()
        view = await self._desk.view(key)
        if who.only_party:
            return await self._own(key, request.request_id, who.party)
        if view.kept.failure is not None:
            raise view.kept.failure.error()
        if view.kept.state != DONE:
            raise UnknownRequest(f"request {request.request_id!r} has no answer yet, and so no statement")
        message = settlement_pb2.GetStatementResponse()
        message.statement.ParseFromString(await self._desk.statement(key))
        return message

    async def _own(self, key: str, name: str, party: str) -> settlement_pb2.GetStatementResponse:
        """A party's own lines; without any there is nothing, for all that it may know."""
        whole = statement_pb2.Statement.FromString(await self._desk.statement(key))
        part = await asyncio.to_thread(part_to_proto, whole, party)
        if not part.positions:
            raise UnknownRequest(f"there is no request {name!r}")
        return settlement_pb2.GetStatementResponse(statement=part)


def _key(name: str) -> str:
    """The key of a request of the caller's tenant."""
    return key_of(caller().tenant, name)


def page_from_token(token: str) -> int | None:
    """Where a page begins.

    Raises:
        InvalidInput: The token is none of ours.
    """
    if not token:
        return None
    if not token.isascii() or not token.isdigit() or len(token) > 18:
        raise InvalidInput([Issue("page_token", "page_token", f"is {token[:20]!r}; repeat what the last page gave")])
    return int(token)
