"""The request desk: takes requests, has them solved, keeps the answers, and tells who wants to know.

The event loop only passes bytes on. Solving happens in worker processes, the store and the pipes are served by threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from c4e.opt.v1 import jobs_pb2, solve_pb2
from c4e_server.admission import Admission, Ticket
from c4e_server.answers import Answers, dataset_of, named, packed
from c4e_server.config import Config
from c4e_server.errors import Cancelled, DeadlineReached, Stopping, StoreError, UnknownRequest
from c4e_server.failures import Failure, failure_of
from c4e_server.flights import Flight, Live
from c4e_server.observability import metrics, tracing
from c4e_server.security.identity import key_of, name_of, tenant_of
from c4e_server.store.records import QUEUED, Claim, Request
from c4e_server.store.store import Store
from c4e_server.views import STOPPING, View, Views
from c4e_server.workers.executor import Executor
from c4e_server.workers.messages import Answer, CaseRead, Report, Task, Window

_log = logging.getLogger("c4e_server.desk")
_T = TypeVar("_T")
_SMALL = 1 << 16  # bytes of a request that is packed at once; a larger one is by a thread
#: Priority of what nobody can wait for.
FIRST = 100
_POLL_S = 0.5  # how soon it is noticed that another service has ended a request

Asked = solve_pb2.SolveRequest | jobs_pb2.SubmitJobRequest


class Desk:
    """Requests of one service; all methods run in its event loop."""

    def __init__(self, config: Config, store: Store, pool: Executor, posted: Callable[[], None]) -> None:
        """Join the parts.

        Args:
            config: Limits.
            store: Where requests and answers are kept.
            pool: Who solves.
            posted: Called when there may be something to post.
        """
        self._config = config
        self._store = store
        self._pool = pool
        self._posted = posted
        self._live: dict[str, Live] = {}
        self._loose: set[Live] = set()
        self._flights: dict[tuple[str, str], Flight] = {}
        self._answers = Answers(config.cache_mib * 2**20)
        self._admission = Admission(pool.size, config.queue_limit)
        self._solvers = ThreadPoolExecutor(pool.size, "solve")
        self._keeper = ThreadPoolExecutor(1, "store")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False
        #: Requests as others see them.
        self.views = Views(store, self._keep, self._live.get, lambda: self._stopping)

    async def recover(self) -> None:
        """Take up the requests that had no answer when the service ended; to solve again gives the same."""
        count = await self._claim(first=True)
        if count:
            _log.info("took up %d requests that had no answer", count)
        self._spawn(self._hold())

    @property
    def queue(self) -> tuple[int, int]:
        """How many requests wait, and how many run."""
        lives = [*self._live.values(), *self._loose]
        running = sum(live.started is not None for live in lives)
        return len(lives) - running, running

    async def drain(self, seconds: float) -> None:
        """Begin nothing more, wait until what runs has ended, and send who still waits to the next service.

        Args:
            seconds: Most to wait.
        """
        self._stopping = True
        for live in self._live.values():
            if live.started is None:
                self._dismiss(live)
        running = [live for live in (*self._live.values(), *self._loose) if live.started is not None]
        if running:
            ends = [asyncio.ensure_future(live.ended.wait()) for live in running]
            await asyncio.wait(ends, timeout=seconds)
            for end in ends:
                end.cancel()
        for live in [*self._live.values()]:
            self._dismiss(live)
        for live in self._loose:
            live.cancelled.set()

    def _dismiss(self, live: Live) -> None:
        live.ended.set()
        live.notify()

    async def close(self) -> None:
        """Stop; requests without an answer are taken up by the next service on this store."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._pool.close)
        self._solvers.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._keeper.shutdown)

    def room(self, request: Asked, seconds: float | None, tenant: str) -> None:
        """Refuse a request for which there is no room, as whoever takes it would, before more is done for it.

        Args:
            request: The request, which nobody has held to its rules yet.
            seconds: Until the caller's deadline; None for none.
            tenant: Whose it is.

        Raises:
            QueueFull: There is none; says when to try again.
        """
        with contextlib.suppress(UnknownRequest):  # of a name that no request has; its rules say so
            if key_of(tenant, request.request_id) in self._live:
                return
        self._admission.check(tenant, self._deadline(request, seconds))

    async def loose(self, request: solve_pb2.SolveRequest, seconds: float | None, tenant: str = "") -> bytes:
        """Solve a request that is not kept; it ends with its caller.

        Args:
            request: The request.
            seconds: Until the caller's deadline; None for none.
            tenant: Whose it is.
        """
        live = self._open("", tenant, self._admit(request, seconds, tenant))
        try:
            small = request.ByteSize() <= _SMALL
            live.message, _, live.asked = packed(request) if small else await asyncio.to_thread(packed, request)
            live.dataset = dataset_of(request)
            if live.dataset:
                await self._keep(self._store.datasets.use, tenant, live.dataset)
            return (await self._answer(live)).response
        except Cancelled:
            if self._stopping:
                raise Stopping(STOPPING) from None
            raise
        finally:
            self._end(live)

    async def dispatch(self, options: solve_pb2.SolveOptions, window: Window, tenant: str) -> Answer:
        """Have a dispatch solved, before all else that its tenant waits for; nothing of it is kept here.

        Args:
            options: Solver and limits.
            window: The steps that it looks at.
            tenant: Whose it is.
        """
        request = solve_pb2.SolveRequest(options=options, priority=FIRST)
        live = self._open("", tenant, self._admit(request, None, tenant))
        try:
            live.message, live.window, live.asked = request.SerializeToString(), window, uuid.uuid4().hex
            return await self._answer(live)
        except Cancelled:
            if self._stopping:
                raise Stopping(STOPPING) from None
            raise
        finally:
            self._end(live)

    async def solve(self, request: solve_pb2.SolveRequest, seconds: float | None, tenant: str = "") -> bytes:
        """Solve a request that is kept, or return what is kept; a caller that goes away does not end it.

        Args:
            request: The request, with an id.
            seconds: Until the caller's deadline; None for none.
            tenant: Whose it is.
        """
        kept = await self.submit(request, seconds, tenant)
        try:
            async with asyncio.timeout(seconds):
                while kept.state == QUEUED and not self._stopping:
                    await self._change(kept.id, ended=True)
                    kept = await self._keep(self._store.request, kept.id)
        except TimeoutError:
            raise DeadlineReached("there was no answer when the time of the call was over") from None
        if kept.failure is not None:
            raise kept.failure.error()
        if kept.state == QUEUED and self._stopping:
            raise Stopping(STOPPING)
        return await self.response(kept.id)

    async def submit(self, request: solve_pb2.SolveRequest, seconds: float | None = None, tenant: str = "") -> Request:
        """Take a tenant's request, once, and see to it that it is solved; all other methods name it by its key."""
        key = key_of(tenant, request.request_id)
        ticket = None if key in self._live else self._admit(request, seconds, tenant)
        try:
            message, content, asked = await self._keep(packed, request)
            deadline = time.time() + ticket.deadline - time.monotonic() if ticket else None
            take = partial(self._store.take, asked=asked, priority=request.priority, deadline=deadline)
            take = partial(take, dataset=dataset_of(request), case_name=request.case.name)
            kept, new = await self._keep(take, key, content, message)
            if new and (ticket or key not in self._live):
                live = self._open(key, tenant, ticket or self._admit(request, seconds, tenant, sure=True))
                live.asked, live.dataset, ticket = asked, dataset_of(request), None
                live.lease(kept.fence, kept.case_name)
                live.message = None if self._admission.busy else message
                self._spawn(self._work(live))
            return kept
        finally:
            if ticket is not None:
                self._admission.leave(ticket)

    async def cancel(self, request_id: str) -> View:
        """Ask a request to end."""
        live, view = self._live.get(request_id), await self.views.one(request_id)
        if live is not None and view.kept.state == QUEUED:
            live.cancelled.set()
            await live.ended.wait()
            return await self.views.one(request_id)
        if view.kept.state == QUEUED:  # of another service, which hears of it when it renews its lease
            await self._keep(self._store.leases.wish_end, request_id)
        return view

    async def response(self, request_id: str) -> bytes:
        """The answer to a request, a SolveResponse."""
        return await self._keep(self._store.response, request_id)

    async def delete(self, request_id: str) -> None:
        """Delete a request that has ended; its id stays taken."""
        await self._keep(self._store.delete, request_id)

    async def statement(self, request_id: str) -> bytes:
        """The statement of a request."""
        return await self._keep(self._store.statement, request_id)

    def _admit(
        self, request: solve_pb2.SolveRequest, seconds: float | None, tenant: str, *, sure: bool = False
    ) -> Ticket:
        """A ticket."""
        deadline = self._deadline(request, seconds)
        return self._admission.take(tenant, priority=request.priority, deadline=deadline, sure=sure)

    def _deadline(self, request: Asked, seconds: float | None) -> float:
        """The earliest of its limits: the caller's deadline, its own time limit, the service's."""
        limit = self._config.solve_limit_s
        if request.options.HasField("time_limit"):
            asked = request.options.time_limit.seconds + request.options.time_limit.nanos / 1e9
            limit = min(limit, 1.5 * asked + 5.0)  # the solver has this limit too; it may overshoot, but not for ever
        return time.monotonic() + (limit if seconds is None else min(limit, seconds))

    def _open(self, key: str, tenant: str, ticket: Ticket) -> Live:
        live = Live(id=key, tenant=tenant, asked="", deadline=ticket.deadline, ticket=ticket)
        if key:
            self._live[key] = live
        else:
            self._loose.add(live)
        return live

    async def _work(self, live: Live) -> None:
        """Solve a kept request and keep what comes of it."""
        try:
            answer = named(await self._answer(live), name_of(live.id))
            started = live.started or time.time()
            finish = partial(self._store.finish, fence=live.fence, changes=live.changes)
            await self._keep(finish, live.id, answer, live.case_name or answer.case_name, started)
            self._end(live)
            if answer.batch is not None:
                self._posted()
        except Stopping:
            self._end(live)  # it stays in the store, for the next service
        except Exception as error:
            failure = failure_of(error)
            if failure.reason == "INTERNAL":
                _log.exception("request %s failed in a way that nobody foresaw", live.id)
            await self._fail(live, failure)

    async def _fail(self, live: Live, failure: Failure) -> None:
        try:
            fail = partial(self._store.fail, fence=live.fence, changes=live.changes)
            await self._keep(fail, live.id, failure, live.case_name, live.started)
        except StoreError:
            _log.warning("the end of request %s cannot be kept; it is taken up again when its lease is over", live.id)
        finally:
            self._end(live)

    def _end(self, live: Live) -> None:
        if self._live.get(live.id) is live:
            del self._live[live.id]
        self._loose.discard(live)
        if live.ticket is not None:
            self._admission.leave(live.ticket)
            live.ticket = None
        live.ended.set()
        live.notify()

    async def _answer(self, live: Live) -> Answer:
        """An answer: given before, of a solve under way, or of one of its own."""
        key = (live.tenant, live.asked)
        answer = self._answers.get(*key)
        if answer is None and live.id and self._config.cache_mib:
            answer = await self._keep(self._store.answered, *key)
        if answer is not None:
            self._answers.put(*key, answer)
            metrics.CACHE.labels("kept").inc()
            return answer
        while True:
            flight = self._flights.get(key)
            if flight is None or flight.over:
                flight = self._flights[key] = self._depart(live)
            ended = await flight.wait(live)
            if ended is None:
                continue
            if isinstance(ended, Failure):
                raise ended.error()
            metrics.CACHE.labels("solved" if flight.leader is live else "shared").inc()
            return ended

    def _depart(self, leader: Live) -> Flight:
        """Begin a solve, with the ticket of the one that leads it."""
        ticket, leader.ticket = leader.ticket, None
        assert ticket is not None
        flight = Flight(leader)
        flight.task = self._spawn(self._fly(flight, ticket))

        def landed(_: object) -> None:
            self._admission.leave(ticket)
            if self._flights.get((leader.tenant, leader.asked)) is flight:
                del self._flights[leader.tenant, leader.asked]
            flight.end(failure_of(Cancelled("the request was cancelled before it began")))

        flight.task.add_done_callback(landed)
        return flight

    async def _fly(self, flight: Flight, ticket: Ticket) -> None:
        """Wait for a worker, hand the request over, and wait for the answer."""
        leader = flight.leader
        try:
            await self._admission.worker(ticket)
            if self._stopping:
                raise Stopping(STOPPING)
            asker = flight.asker
            message = asker.message or await self._keep(self._store.message, asker.id)
            asker.message = None
            case = b""
            if asker.dataset:
                case = await asyncio.to_thread(self._store.datasets.content, asker.tenant, asker.dataset)
            flight.begin()
            loop = asyncio.get_running_loop()

            def tell(said: Report | CaseRead) -> None:
                loop.call_soon_threadsafe(flight.tell, said)

            # What the solver is told ends early enough for the answer to be verified, settled and sent.
            left = flight.limits.deadline - time.monotonic()
            seconds = max(0.9 * left - min(self._config.grace_s, 0.25 * left), 0.05)
            threads = self._pool.threads
            task = Task(request=message, case=case, window=leader.window, seconds=seconds, threads=threads)
            answer = await loop.run_in_executor(self._solvers, self._pool.run, task, tell, flight.limits)
            metrics.solved(answer.reason, answer.seconds, answer.gap)
            tracing.solved(leader.id, answer.reason, answer.seconds)
            if leader.window is None:
                self._answers.put(leader.tenant, leader.asked, answer)
            flight.end(answer)
        except Exception as error:
            failure = failure_of(error)
            if failure.reason == "INTERNAL":
                _log.exception("a solve failed in a way that nobody foresaw")
            flight.end(failure)

    async def _change(self, request_id: str, *, ended: bool = False) -> None:
        """Wait until a request may have changed, or ended; of one of another service one only hears by asking."""
        live = self._live.get(request_id)
        if live is None:
            await asyncio.sleep(_POLL_S)
        else:
            await (live.ended if ended else live.changed).wait()

    async def _hold(self) -> None:
        """Renew the leases of what is at work here, and take up what others let go."""
        while True:
            await asyncio.sleep(self._config.lease_s / 4)
            with contextlib.suppress(StoreError):  # said where it fails; a lease that is over is another's to take
                await self._renew()
                if not self._stopping:
                    await self._claim()

    async def _renew(self) -> None:
        if not self._live:
            return
        held = await self._keep(self._store.leases.renew, [*self._live])
        for live in list(self._live.values()):
            fence, wish = held.get(live.id, (0, False))
            if self._live.get(live.id) is live and (wish or (live.fence and fence != live.fence)):
                live.cancelled.set()  # where another has taken it, the fence keeps out what this one says of it
            elif live.fence and live.changes.last.revision > live.flushed:
                live.flushed = live.changes.last.revision
                await self._keep(self._store.leases.tell, live.id, live.fence, live.changes.copy())

    async def _claim(self, *, first: bool = False) -> int:
        """Take up requests whose lease is over; at first all that this service may have left itself."""
        room = self._config.queue_limit if first else self._config.queue_limit - len(self._live)
        claims: list[Claim] = [] if room < 1 else await self._keep(self._store.leases.claim, room, first)
        for claim in claims:
            left = float("inf") if claim.deadline is None else claim.deadline - time.time()
            deadline = time.monotonic() + min(left, self._config.solve_limit_s)
            tenant = tenant_of(claim.id)
            ticket = self._admission.take(tenant, priority=claim.priority, deadline=deadline, sure=True)
            live = self._open(claim.id, tenant, ticket)
            live.asked, live.dataset = claim.asked or claim.id, claim.dataset
            live.lease(claim.fence, claim.case_name)
            self._spawn(self._work(live))
        return len(claims)

    async def _keep(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """Have the store do something, in its own thread, one thing after another."""
        return await asyncio.get_running_loop().run_in_executor(self._keeper, act, *arguments)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
