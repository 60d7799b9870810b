"""The request desk: takes requests, has them solved, keeps the answers, and tells who wants to know.

The event loop only passes bytes on. Solving happens in worker processes, the store and the pipes are served by threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from c4e.opt.v1 import solve_pb2
from c4e_server.config import Config
from c4e_server.errors import Cancelled, DeadlineReached, QueueFull, Stopping
from c4e_server.failures import Failure, failure_of
from c4e_server.observability import metrics, tracing
from c4e_server.security.identity import key_of
from c4e_server.store.store import DONE, FAILED, QUEUED, Request, Store
from c4e_server.workers.messages import Answer, CaseRead, Report, Task
from c4e_server.workers.pool import Limits, Pool

_log = logging.getLogger("c4e_server.desk")
_T = TypeVar("_T")
_STOPPING = "the service is being stopped; ask again, with the same request id if there is one"


@dataclass(slots=True, eq=False)
class Live:
    """A request that waits or runs now."""

    id: str  # empty for one that is not kept
    limits: Limits
    seconds: float  # wall time that the solver may take
    message: bytes | None  # None while it waits: the store has it
    case_name: str = ""
    phase: str = ""
    incumbent: float | None = None
    bound: float | None = None
    started: float | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, said: Report | CaseRead) -> None:
        """Take in what the worker said, and wake who watches."""
        if isinstance(said, CaseRead):
            self.case_name = said.name
        else:
            self.phase = said.phase
            self.incumbent = self.incumbent if said.objective is None else said.objective
            self.bound = self.bound if said.bound is None else said.bound
        self.notify()

    def notify(self) -> None:
        """Wake who watches."""
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass(frozen=True, slots=True)
class View:
    """A request as the store has it and, while it waits or runs, as it is now."""

    kept: Request
    live: Live | None


class Desk:
    """Requests of one service; all methods run in its event loop."""

    def __init__(self, config: Config, store: Store, pool: Pool, posted: Callable[[], None]) -> None:
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
        self._slots = asyncio.Semaphore(pool.size)
        self._solvers = ThreadPoolExecutor(pool.size, "solve")
        self._keeper = ThreadPoolExecutor(1, "store")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def recover(self) -> None:
        """Take up the requests that had no answer when the service ended; to solve again gives the same."""
        for request_id in await self._keep(self._store.unfinished):
            live = self._open(request_id, None, self._config.solve_limit_s)
            self._spawn(self._work(live))
        if self._live:
            _log.info("took up %d requests that had no answer", len(self._live))

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
            live.limits.cancelled.set()

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

    async def loose(self, request: solve_pb2.SolveRequest, seconds: float | None) -> bytes:
        """Solve a request that is not kept; it ends with its caller.

        Args:
            request: The request.
            seconds: Until the caller's deadline; None for none.
        """
        self._refuse_when_full()
        live = self._limited("", request, request.SerializeToString(), seconds)
        self._loose.add(live)
        try:
            return (await self._solve(live)).response
        except asyncio.CancelledError:
            live.limits.cancelled.set()
            raise
        except Cancelled:
            if self._stopping:
                raise Stopping(_STOPPING) from None
            raise
        finally:
            live.ended.set()
            self._loose.discard(live)

    async def solve(self, request: solve_pb2.SolveRequest, seconds: float | None, tenant: str = "") -> bytes:
        """Solve a request that is kept, or return what is kept; a caller that goes away does not end it.

        Args:
            request: The request, with an id.
            seconds: Until the caller's deadline; None for none.
            tenant: Whose it is.
        """
        kept = await self.submit(request, seconds, tenant)
        live = self._live.get(kept.id)
        if live is not None:
            try:
                await asyncio.wait_for(live.ended.wait(), seconds)
            except TimeoutError:
                raise DeadlineReached("there was no answer when the time of the call was over") from None
            kept = await self._keep(self._store.request, kept.id)
        if kept.failure is not None:
            raise kept.failure.error()
        if kept.state == QUEUED and self._stopping:
            raise Stopping(_STOPPING)
        return await self.response(kept.id)

    async def submit(
        self, request: solve_pb2.SolveRequest, seconds: float | None = None, tenant: str = ""
    ) -> Request:
        """Take a tenant's request, once, and see to it that it is solved; all other methods name it by its key."""
        key = key_of(tenant, request.request_id)
        message, content = await self._keep(_packed, request)
        if key not in self._live:
            self._refuse_when_full()
        kept, new = await self._keep(self._store.take, key, content, message)
        if new:
            live = self._limited(kept.id, request, None if self._slots.locked() else message, seconds)
            self._spawn(self._work(live))
        return kept

    async def view(self, request_id: str) -> View:
        """A request as it stands."""
        kept = await self._keep(self._store.request, request_id)
        return View(kept, self._live.get(request_id) if kept.state == QUEUED else None)

    async def views(self, states: Sequence[str], limit: int, before: int | None, tenant: str = "") -> list[View]:
        """Requests of a tenant as they stand, the latest first."""
        kept = await self._keep(self._store.requests, states, limit, before, tenant)
        return [View(each, self._live.get(each.id) if each.state == QUEUED else None) for each in kept]

    async def watch(self, request_id: str) -> AsyncGenerator[View]:
        """A request as it stands, and again after every change, until it has ended."""
        while True:
            live = self._live.get(request_id)
            changed = None if live is None else live.changed
            view = await self.view(request_id)
            yield view
            if view.kept.state in (DONE, FAILED):
                return
            if live is not None and live.ended.is_set() and self._stopping:
                raise Stopping(_STOPPING)
            if changed is not None:
                await changed.wait()

    async def cancel(self, request_id: str) -> View:
        """Ask a request to end."""
        view = await self.view(request_id)
        if view.live is not None:
            view.live.limits.cancelled.set()
            if view.live.started is None:
                await self._fail(view.live, failure_of(Cancelled("the request was cancelled before it began")))
                view = await self.view(request_id)
        return view

    async def response(self, request_id: str) -> bytes:
        """The answer to a request, a SolveResponse."""
        return await self._keep(self._store.response, request_id)

    async def statement(self, request_id: str) -> bytes:
        """The statement of a request."""
        return await self._keep(self._store.statement, request_id)

    def _refuse_when_full(self) -> None:
        waiting = len(self._live) + len(self._loose)
        if waiting >= self._config.queue_limit:
            raise QueueFull(f"{waiting} requests wait or run, the most that this service takes; try again later")

    def _limited(
        self, request_id: str, request: solve_pb2.SolveRequest, message: bytes | None, seconds: float | None
    ) -> Live:
        """A request with the earliest of its limits: the caller's deadline, its own time limit, the service's."""
        limit = self._config.solve_limit_s
        if request.options.HasField("time_limit"):
            asked = request.options.time_limit.ToNanoseconds() / 1e9
            limit = min(limit, 1.5 * asked + 5.0)  # the solver has this limit too; it may overshoot, but not for ever
        return self._open(request_id, message, limit if seconds is None else min(limit, seconds))

    def _open(self, request_id: str, message: bytes | None, seconds: float) -> Live:
        limits = Limits(deadline=time.monotonic() + seconds, cancelled=threading.Event())
        live = Live(request_id, limits, seconds, message)
        if request_id:
            self._live[request_id] = live
        return live

    async def _work(self, live: Live) -> None:
        """Solve a kept request and keep what comes of it."""
        try:
            answer = await self._solve(live)
            started = live.started or time.time()
            await self._keep(self._store.finish, live.id, answer, live.case_name, started)
            self._end(live)
            if answer.batch is not None:
                self._posted()
        except Stopping:
            return  # it stays in the store, for the next service
        except Exception as error:
            failure = failure_of(error)
            if failure.reason == "INTERNAL":
                _log.exception("request %s failed in a way that nobody foresaw", live.id)
            await self._fail(live, failure)

    async def _fail(self, live: Live, failure: Failure) -> None:
        try:
            await self._keep(self._store.fail, live.id, failure, live.case_name, live.started)
        finally:
            self._end(live)

    def _end(self, live: Live) -> None:
        if self._live.get(live.id) is live:
            del self._live[live.id]
        live.ended.set()
        live.notify()

    async def _solve(self, live: Live) -> Answer:
        """Wait for a worker, hand the request over, and wait for the answer."""
        left = live.limits.deadline - time.monotonic()
        try:
            await asyncio.wait_for(self._slots.acquire(), left)
        except TimeoutError:
            raise DeadlineReached("the request waited for a worker until its time was over") from None
        try:
            if self._stopping:
                raise Stopping(_STOPPING)
            if live.limits.cancelled.is_set():
                raise Cancelled("the request was cancelled before it began")
            message = live.message or await self._keep(self._store.message, live.id)
            live.started, live.message = time.time(), None
            loop = asyncio.get_running_loop()

            def tell(said: Report | CaseRead) -> None:
                loop.call_soon_threadsafe(live.tell, said)

            # What the solver is told ends early enough for the answer to be verified, settled and sent.
            left = live.limits.deadline - time.monotonic()
            task = Task(request=message, seconds=max(0.9 * left - min(self._config.grace_s, 0.25 * left), 0.05))
            answer = await loop.run_in_executor(self._solvers, self._pool.run, task, tell, live.limits)
            metrics.solved(answer.reason, answer.seconds, answer.gap)
            tracing.solved(live.id, answer.reason, answer.seconds)
            return answer
        finally:
            self._slots.release()

    async def _keep(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """Have the store do something, in its own thread, one thing after another."""
        return await asyncio.get_running_loop().run_in_executor(self._keeper, act, *arguments)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _packed(request: solve_pb2.SolveRequest) -> tuple[bytes, str]:
    """The message as it is kept, and the digest that tells it from others."""
    message = request.SerializeToString(deterministic=True)
    return message, hashlib.sha256(message).hexdigest()
