"""The sites that a service dispatches: sessions by name, their clock, and what callers ask of them.

All methods run in the service's event loop; the log is written by a thread of its own, and cases are read and cut by
others. What a caller is told is on the disk. A session in memory is only what its log says: where another process has
written to it, the log is read on. Each dispatch is solved as any other request of its tenant, before all of these.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from c4e.opt.v1 import dispatch_session_pb2
from c4e_opt.coordination import actuals
from c4e_opt.coordination.redispatch import Dispatched
from c4e_opt.errors import C4eError, InvalidInput
from c4e_opt.issues import Issue
from c4e_server.desk import Desk
from c4e_server.errors import QueueFull, RequestIdReused, Stopping, StoreError, UnknownSession, WrongState
from c4e_server.sessions.dispatch.log import CLOSED, OPEN, Entry, Kind, Log, Plan, Row, content_of, replace_plan
from c4e_server.sessions.dispatch.session import Session, issues_to_proto
from c4e_server.sessions.dispatch.solving import Solving
from c4e_server.store.store import Store

_log = logging.getLogger("c4e_server.dispatch")
_T = TypeVar("_T")

#: What a tenant may have open at once, and what is kept in memory of sessions that nothing happens to by itself.
MOST_OPEN, MOST_REMEMBERED = 1000, 100
_NAP_S = 1.0  # a clock that was set, and what other processes wrote, is noticed within this
_PAGE = 1000


class Sites:
    """All dispatch sessions of a service."""

    def __init__(self, store: Store, desk: Desk, clock: Callable[[], float] = time.time) -> None:
        """Join the parts.

        Args:
            store: Whose database has the sessions.
            desk: Who solves.
            clock: Seconds since 1970.
        """
        self._log = Log(store.transaction)
        self._solving = Solving(desk, self._append, self._read_on, clock)
        self._clock = clock
        self._sessions: dict[tuple[str, str], Session] = {}
        self._keeper = ThreadPoolExecutor(1, "dispatch")
        self._running: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Send who watches to the next service, and begin no dispatch by itself any more."""
        self._stopping = True
        for session in self._sessions.values():
            session.notify()

    async def run(self) -> None:
        """Dispatch what is due by its clock or its data, until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._find()
                except C4eError:
                    _log.exception("sessions cannot be looked for")
                due = min(map(self._begin_due, [*self._sessions.values()]), default=float("inf"))
                self._forget()
                wait = min(max(due - self._clock(), 0.005), _NAP_S)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait)
        finally:
            for task in [*self._running.values()]:
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            await asyncio.to_thread(self._keeper.shutdown)

    async def open(self, tenant: str, request: dispatch_session_pb2.OpenDispatchSessionRequest) -> Session:
        """Open a session, once.

        Raises:
            InvalidInput: With everything that is wrong with it.
            UnsupportedProgram: A component of its case cannot be cut into windows.
            RequestIdReused: There is another session of this name.
            QueueFull: The tenant has too many open.
        """
        content = content_of(request)
        row = await self._keep(self._log.find, tenant, request.session_id)
        if row is None:
            row = Row(
                place=0,
                tenant=tenant,
                id=request.session_id,
                content=content,
                message=request.SerializeToString(deterministic=True),
                by_itself=request.dispatch_at_steps or request.dispatch_on_data,
                state=OPEN,
                revision=1,
            )
            await asyncio.to_thread(Session, row)  # refuses what cannot be dispatched
            if len(await self._keep(self._log.rows, tenant, [OPEN], MOST_OPEN)) >= MOST_OPEN:
                raise QueueFull(f"{MOST_OPEN} dispatch sessions are open; close some")
            row = await self._keep(self._log.open, row, self._clock())
        if row.content != content:
            raise RequestIdReused(f"session {row.id!r} was opened by another message; choose a new id, or repeat it")
        session = await self._take(row)
        self._wake.set()
        return session

    async def session(self, tenant: str, name: str) -> Session:
        """A session as it stands.

        Raises:
            UnknownSession: There is none of this name.
        """
        session = self._sessions.get((tenant, name))
        if session is None:
            row = await self._keep(self._log.find, tenant, name)
            if row is None:
                raise UnknownSession(f"there is no dispatch session {name!r}")
            return await self._take(row)
        if session.open:
            async with session.lock:
                await self._read_on(session)
        return session

    async def rows(self, tenant: str, states: Sequence[str], limit: int, before: int | None) -> list[Row]:
        """Sessions of a tenant, the latest first."""
        return await self._keep(self._log.rows, tenant, states, limit, before)

    async def forecast(self, tenant: str, request: dispatch_session_pb2.UpdateForecastsRequest) -> tuple[int, Entry]:
        """Take new forecasts: the revision of the write, and the write.

        Raises:
            InvalidInput: With everything that is wrong with them; none is taken.
        """
        session = await self.session(tenant, request.session_id)

        def check() -> bytes:
            session.forecast(request)
            return b""

        return await self._write(session, request, Kind.FORECASTS, check)

    async def measure(self, tenant: str, request: dispatch_session_pb2.RecordMeasurementsRequest) -> tuple[int, Entry]:
        """Take measurements: the revision of the write, and the write with what is wrong with the states.

        Raises:
            InvalidInput: Components, fields or meters are not known, or are no numbers; none is taken.
        """
        session = await self.session(tenant, request.session_id)

        def check() -> bytes:
            if not request.HasField("states") and not request.meters:
                raise InvalidInput([Issue("states", "empty", "are missing, and so are meters; say what was measured")])
            issues = issues_to_proto(session.judged(request))
            if request.HasField("states") and request.step < session.first:
                issues = [session.late(request.step)]
            return dispatch_session_pb2.RecordMeasurementsResponse(issues=issues).SerializeToString()

        return await self._write(session, request, Kind.MEASUREMENTS, check)

    async def dispatch(
        self, tenant: str, request: dispatch_session_pb2.DispatchRequest
    ) -> dispatch_session_pb2.SetPoints:
        """Dispatch a site from a step on.

        Raises:
            InvalidInput: There is no such step, or it lies before the last dispatch.
            C4eError: The service could not solve; what was valid stays valid.
        """
        session = await self.session(tenant, request.session_id)
        content = content_of(request)
        async with session.solving:
            known = await self._known(session, request.request_id, content)
            if known is not None:
                return dispatch_session_pb2.SetPoints.FromString(known[1].answered)
            step = request.step if request.HasField("step") else session.step_at(self._clock())
            if step is None:
                message = "is missing, and no step of the session runs now; say which one"
                raise InvalidInput([Issue("step", "missing_field", message)])
            name = {"request_id": request.request_id, "content": content}
            return await self._solving.dispatch(session, step, asked=request.SerializeToString(), **name)

    async def plan(self, tenant: str, name: str) -> Plan:
        """The last schedule of a session.

        Raises:
            WrongState: There is none yet.
        """
        session = await self.session(tenant, name)
        found = await self._keep(self._log.plan, session.place)
        if found is None:
            raise WrongState(f"session {name!r} has no schedule yet; dispatch it first")
        return found

    async def compare(
        self, tenant: str, request: dispatch_session_pb2.ComparePlanRequest
    ) -> tuple[Session, actuals.Compared]:
        """Plan and actual.

        Raises:
            InvalidInput: There are no such steps.
        """
        session = await self.session(tenant, request.session_id)
        steps = session.case.horizon.steps
        if request.first_step >= steps:
            message = f"is {request.first_step}; it must lie within [0, {steps - 1}]"
            raise InvalidInput([Issue("first_step", "range", message)])
        last = min(request.first_step + request.steps, steps) - 1 if request.steps else steps - 1
        async with session.lock:
            planned, metered = session.planned_mw, session.metered_mw
            return session, await asyncio.to_thread(
                actuals.compare, session.case, planned, metered, request.first_step, last
            )

    async def close(self, tenant: str, name: str) -> Session:
        """End a session."""
        session = await self.session(tenant, name)
        async with session.lock:
            while session.open:
                if not await self._append(session, Entry(kind=Kind.CLOSED, at=self._clock())):
                    await self._read_on(session)
        return session

    async def watch(self, tenant: str, name: str, after: int) -> AsyncGenerator[tuple[int, Entry]]:
        """What happened after a revision, and whatever happens then, until the session has ended.

        Raises:
            InvalidInput: Nothing has that revision yet.
        """
        session = await self.session(tenant, name)
        if after > session.revision:
            told = f"is {after}; the last event of {name!r} has {session.revision}"
            raise InvalidInput([Issue("after_revision", "range", told)])
        while True:
            changed = session.changed
            for revision, entry in await self._keep(self._log.events, session.place, after, _PAGE):
                yield revision, entry
                after = revision
                if entry.kind is Kind.CLOSED:
                    return
            if after < session.revision:
                continue
            if not session.open:
                return
            if self._stopping:
                raise Stopping("the service is being stopped; watch on from the last revision when it is back")
            with contextlib.suppress(TimeoutError):  # another process may have written
                await asyncio.wait_for(changed.wait(), _NAP_S)

    # -- writing

    async def _write(self, session: Session, request: Any, kind: Kind, check: Callable[[], bytes]) -> tuple[int, Entry]:
        """Take a write, once."""
        content = await asyncio.to_thread(content_of, request)
        async with session.lock:
            while True:
                known = await self._known(session, request.request_id, content)
                if known is not None:
                    return known
                if not session.open:
                    raise WrongState(f"session {session.id!r} is closed; open another one")
                answered = await asyncio.to_thread(check)
                entry = Entry(
                    kind=kind,
                    at=self._clock(),
                    request_id=request.request_id,
                    content=content,
                    asked=request.SerializeToString(deterministic=True),
                    answered=answered,
                )
                if await self._append(session, entry):
                    self._wake.set()
                    return session.revision, entry

    async def _known(self, session: Session, request_id: str, content: str) -> tuple[int, Entry] | None:
        known = await self._keep(self._log.written, session.place, request_id)
        if known is not None and known[1].content != content:
            raise RequestIdReused(
                f"request id {request_id!r} is taken by another message; choose a new id, or repeat the message"
            )
        return known

    async def _append(
        self, session: Session, entry: Entry, plan: Plan | None = None, made: Dispatched | None = None
    ) -> bool:
        """Write an event and take it in; where the session has gone on meanwhile, read on instead. Under its lock."""
        return await _uncut(self._written(session, entry, plan, made))

    async def _read_on(self, session: Session) -> None:
        """Take in what others wrote. Under the session's lock."""
        await _uncut(self._taken_in(session))

    async def _written(self, session: Session, entry: Entry, plan: Plan | None, made: Dispatched | None) -> bool:
        try:
            state = CLOSED if entry.kind is Kind.CLOSED else OPEN
            also = () if plan is None else (partial(replace_plan, place=session.place, plan=plan),)
            written = await self._keep(self._log.append, session.place, session.revision, state, [entry], also)
        except StoreError:
            await self._taken_in(session)  # it may have been written all the same
            raise
        if not written:
            await self._taken_in(session)
            return False
        await asyncio.to_thread(session.apply, session.revision + 1, entry)
        if plan is not None and made is not None:
            session.go_on(made, plan)
        session.notify()
        return True

    async def _taken_in(self, session: Session) -> None:
        plan, revision = None, session.revision
        while plan is None or plan.revision > session.revision:  # written since the events were read
            while events := await self._keep(self._log.events, session.place, session.revision, _PAGE):
                await asyncio.to_thread(session.read, events)
            if session.revision == revision:
                return
            plan = await self._keep(self._log.plan, session.place)
            if plan is None:
                break
        if plan is not None and plan.revision != session.plan_revision:
            await asyncio.to_thread(session.take_up, plan)
        session.notify()

    # -- by itself

    def _begin_due(self, session: Session) -> float:
        """Begin what is due; when something is next, in seconds since 1970."""
        due, step = session.due(self._clock())
        if step is not None and due <= self._clock() and not self._stopping and session.place not in self._running:
            task = asyncio.create_task(self._dispatch_by_itself(session))
            self._running[session.place] = task

            def done(_: Any) -> None:
                self._running.pop(session.place, None)
                self._wake.set()

            task.add_done_callback(done)
        return float("inf") if session.place in self._running else due

    async def _dispatch_by_itself(self, session: Session) -> None:
        try:
            async with session.solving:
                due, step = session.due(self._clock())
                if step is not None and due <= self._clock():
                    await self._solving.dispatch(session, step)
        except C4eError as error:
            _log.warning("session %s could not be dispatched, and is tried again: %s", session.id, error)
            session.waits_until = self._clock() + _NAP_S
        except Exception:
            _log.exception("session %s could not be dispatched in a way that nobody foresaw", session.id)
            session.waits_until = self._clock() + 60 * _NAP_S

    # -- memory

    async def _take(self, row: Row) -> Session:
        """A session in memory, as its log tells it."""
        key = (row.tenant, row.id)
        if key not in self._sessions:
            session = await asyncio.to_thread(Session, row)
            await self._read_on(session)
            self._sessions.setdefault(key, session)
        return self._sessions[key]

    async def _find(self) -> None:
        """Take up sessions that may dispatch by themselves, and what others wrote to them."""
        for tenant, name, revision in await self._keep(self._log.restless):
            known = self._sessions.get((tenant, name))
            if known is None or known.revision < revision:
                await self.session(tenant, name)

    def _forget(self) -> None:
        """Leave sessions to their logs to which nothing happens by itself."""
        idle = [key for key, session in self._sessions.items() if session.idle]
        for key in idle[: max(len(self._sessions) - MOST_REMEMBERED, 0)]:
            del self._sessions[key]

    async def _keep(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """Have the log do something, in its own thread, one thing after another."""
        return await asyncio.get_running_loop().run_in_executor(self._keeper, act, *arguments)


async def _uncut(work: Coroutine[Any, Any, _T]) -> _T:
    """Do something to its end, also where who waits for it is cut off: half of it would be neither old nor new."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
