"""Solving and jobs: calls that go to the desk."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
import zlib
from collections.abc import AsyncGenerator
from typing import Any

from c4e.opt.v1 import jobs_pb2, settlement_pb2, solve_pb2, statement_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.answers import unnamed
from c4e_server.convert.statement import part_to_proto
from c4e_server.desk import Desk
from c4e_server.errors import AnswerTooLarge, UnknownRequest
from c4e_server.security.books import Books
from c4e_server.security.identity import caller, key_of
from c4e_server.services.answering import Context
from c4e_server.services.job import STATES, job_to_proto
from c4e_server.store.records import DONE
from c4e_server.views import View

_PAGE = 100
_PIECE = 512 * 2**10  # bytes of an answer


class OptimisationService:
    """Solves while the caller waits."""

    def __init__(self, desk: Desk, books: Books) -> None:
        """Serve a desk whose settlements go to these books."""
        self._desk = desk
        self._books = books

    def room_to_solve(self, request: solve_pb2.SolveRequest, context: Context) -> None:
        """Refuse a case for which there is no room."""
        self._desk.room(request, context.time_remaining(), caller().tenant)

    async def solve(self, request: solve_pb2.SolveRequest, context: Context) -> bytes:
        """Solve a case, or return the stored answer: a SolveResponse."""
        seconds, tenant = context.time_remaining(), caller().tenant
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            self._books.check_post(caller())
        if request.request_id:
            return await self._desk.solve(request, seconds, tenant)
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            message = "is empty; what is posted must be repeatable: name the request"
            raise InvalidInput([Issue("request_id", "missing_field", message)])
        return await self._desk.loose(request, seconds, tenant)


class JobService:
    """Solves without the caller."""

    def __init__(self, desk: Desk, books: Books, most_bytes: int = 2**31 - 1) -> None:
        """Serve a desk.

        Args:
            desk: Solves.
            books: Where its settlements go.
            most_bytes: Largest answer that is sent in one message.
        """
        self._desk = desk
        self._books = books
        self._most_bytes = most_bytes

    def room_to_submit_job(self, request: jobs_pb2.SubmitJobRequest, context: Context) -> None:
        """Refuse a job for which there is no room."""
        self._desk.room(request, None, caller().tenant)

    async def submit_job(self, request: jobs_pb2.SubmitJobRequest, context: Context) -> jobs_pb2.SubmitJobResponse:
        """Take a job."""
        if request.settlement == solve_pb2.SETTLEMENT_POST:
            self._books.check_post(caller())
        wanted = solve_pb2.SolveRequest(
            request_id=request.request_id or uuid.uuid4().hex,
            case=request.case if request.HasField("case") else None,
            dataset=request.dataset,
            options=request.options if request.HasField("options") else None,
            settlement=request.settlement,
            priority=request.priority,
        )
        await self._desk.submit(wanted, tenant=caller().tenant)
        return jobs_pb2.SubmitJobResponse(job=job_to_proto(await self._desk.views.one(_key(wanted.request_id))))

    async def get_job(self, request: jobs_pb2.GetJobRequest, context: Context) -> jobs_pb2.GetJobResponse | bytes:
        """Return a job, with its answer once there is one."""
        key = _key(request.request_id)
        view = await self._desk.views.one(key)
        answer = jobs_pb2.GetJobResponse(job=job_to_proto(view))
        if view.kept.state != DONE or request.without_answer:
            return answer
        # Fields of a message may be joined, and outcome and statement have the numbers of those of a SolveResponse.
        kept = unnamed(await self._desk.response(key), request.request_id)
        return answer.SerializeToString() + self._in_one_message(kept)

    async def read_answer(
        self, request: jobs_pb2.ReadAnswerRequest, context: Context
    ) -> AsyncGenerator[jobs_pb2.ReadAnswerResponse]:
        """Stream an answer in pieces."""
        key = _key(request.request_id)
        view = await self._desk.views.one(key)
        if view.kept.failure is not None:
            raise view.kept.failure.error()
        answer, begin = await self._desk.response(key), request.offset_bytes
        if begin > len(answer):
            message = f"is {begin}; the answer has {len(answer)} bytes: begin anew, it is another answer"
            raise InvalidInput([Issue("offset_bytes", "range", message)])
        digest = (await asyncio.to_thread(hashlib.sha256, answer)).hexdigest()
        head = jobs_pb2.ReadAnswerResponse(size_bytes=len(answer), sha256=digest)
        head.chunk = answer[begin : begin + _PIECE]
        yield head
        for place in range(begin + _PIECE, len(answer), _PIECE):
            yield jobs_pb2.ReadAnswerResponse(chunk=answer[place : place + _PIECE])

    async def watch_job(
        self, request: jobs_pb2.WatchJobRequest, context: Context
    ) -> AsyncGenerator[jobs_pb2.WatchJobResponse]:
        """Stream a job until it has ended."""
        async for view in self._desk.views.watch(_key(request.request_id), request.after_revision):
            yield jobs_pb2.WatchJobResponse(job=job_to_proto(view))

    async def delete_job(self, request: jobs_pb2.DeleteJobRequest, context: Context) -> jobs_pb2.DeleteJobResponse:
        """Delete a job that has ended."""
        await self._desk.delete(_key(request.request_id))
        return jobs_pb2.DeleteJobResponse()

    async def cancel_job(self, request: jobs_pb2.CancelJobRequest, context: Context) -> jobs_pb2.CancelJobResponse:
        """Ask a job to end."""
        return jobs_pb2.CancelJobResponse(job=job_to_proto(await self._desk.cancel(_key(request.request_id))))

    async def list_jobs(self, request: jobs_pb2.ListJobsRequest, context: Context) -> jobs_pb2.ListJobsResponse:
        """List jobs, the latest first."""
        size, wanted = request.page_size or _PAGE, set(request.states)
        states = sorted({STATES[state] for state in wanted if state in STATES})
        filters = _filters_of(request)
        before, more = _place_of(request), bool(states) or not wanted
        views: list[View] = []
        while more and len(views) <= size:
            page = await self._desk.views.many(states, size + 1, before, caller().tenant, **filters)
            more = len(page) == size + 1
            before = page[-1].kept.place if page else before
            views += [view for view in page if _matches(view, wanted, request.case_name)]
        token = f"{views[size - 1].kept.place}.{_mark(request)}" if len(views) > size else ""
        return jobs_pb2.ListJobsResponse(jobs=[job_to_proto(view) for view in views[:size]], next_page_token=token)

    def _in_one_message(self, answer: bytes) -> bytes:
        """The answer, where a message of this service can hold it.

        Raises:
            AnswerTooLarge: It cannot.
        """
        if len(answer) > self._most_bytes:
            raise AnswerTooLarge(
                f"the answer has {len(answer) / 2**20:.3g} MiB, and a message {self._most_bytes / 2**20:.3g} at most; "
                "read it in pieces with ReadAnswer, or ask without_answer"
            )
        return answer


def _filters_of(request: jobs_pb2.ListJobsRequest) -> dict[str, Any]:
    """Filters as the store takes them."""
    filters: dict[str, Any] = {"case_name": request.case_name}
    for field, name in (("submitted_after", "since"), ("submitted_before", "until")):
        if request.HasField(field):
            moment = getattr(request, field)
            filters[name] = moment.seconds + moment.nanos / 1e9
    return filters


def _matches(view: View, wanted: set[jobs_pb2.JobState], case_name: str) -> bool:
    """Whether a request is in one of these states and its case has this name, as far as the store cannot say."""
    return (not wanted or job_to_proto(view).state in wanted) and case_name in ("", view.case_name)


def _mark(request: jobs_pb2.ListJobsRequest) -> str:
    """Tells the filters of a list from others."""
    plain = jobs_pb2.ListJobsRequest()
    plain.CopyFrom(request)
    plain.ClearField("page_size")
    plain.ClearField("page_token")
    return f"{zlib.crc32(plain.SerializeToString(deterministic=True)):08x}"


def _place_of(request: jobs_pb2.ListJobsRequest) -> int | None:
    """Where a page begins.

    Raises:
        InvalidInput: The token is none of ours, or of a list with other filters.
    """
    place, _, mark = request.page_token.partition(".")
    if request.page_token and mark != _mark(request):
        message = "is none of a list with these filters; repeat what the last page gave, with the same filters"
        raise InvalidInput([Issue("page_token", "page_token", message)])
    return page_from_token(place)


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
        if not who.reads_all:
            return await self._own(key, request.request_id, who.party)
        try:
            packed = await self._desk.statement(key)  # that of a posted batch stays when its job is deleted
        except UnknownRequest:
            view = await self._desk.views.one(key)
            if view.kept.failure is not None:
                raise view.kept.failure.error() from None
            if view.kept.state != DONE:
                name = request.request_id
                raise UnknownRequest(f"request {name!r} has no answer yet, and so no statement") from None
            raise
        message = settlement_pb2.GetStatementResponse()
        message.statement.ParseFromString(packed)
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
