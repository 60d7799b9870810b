"""The clock of the gates: what happens to a session by itself, in time or as soon as it can."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from c4e.opt.v1 import market_session_pb2
from c4e_opt.errors import C4eError
from c4e_server.failures import failure_of
from c4e_server.sessions.clearing import Clearing
from c4e_server.sessions.event_log import Also
from c4e_server.sessions.log import Entry, Kind, Row, State
from c4e_server.sessions.memory import Memory
from c4e_server.sessions.session import Session

_log = logging.getLogger("c4e_server.sessions")
_NAP_S = 1.0  # a clock that was set, and what other processes wrote, is noticed within this
_LATE_S = 5.0  # a gate that closes so much after its time is said to be late


class Gates:
    """Opens and closes the gates of all sessions, and sees their clearings through."""

    def __init__(self, memory: Memory, clearing: Clearing, clock: Callable[[], float]) -> None:
        """Join the parts; the clock says seconds since 1970."""
        self._memory = memory
        self._clearing = clearing
        self._clock = clock
        self._following: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Have a look now: something may be due earlier than it was."""
        self._wake.set()

    def leave(self, session: Session) -> None:
        """See the clearing of a session through no longer."""
        task = self._following.get(session.place)
        if task is not None:
            task.cancel()

    async def run(self) -> None:
        """Take up sessions that have not ended, then open and close gates in time, until cancelled."""
        try:
            while True:
                self._wake.clear()
                moved = await self._look()
                self._memory.forget()
                due = min((self._due(session) for session in self._memory.sessions), default=float("inf"))
                wait = min(max(due - self._clock(), 0.005), _NAP_S) if moved else _NAP_S
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait)
        finally:
            for task in [*self._following.values()]:
                task.cancel()
            await asyncio.gather(*self._following.values(), return_exceptions=True)
            await asyncio.to_thread(self._memory.close)

    async def _look(self) -> bool:
        """Find sessions and let happen what is due; whether all of it did. What fails with one leaves others alone."""
        moved = True
        try:
            await self._memory.find()
        except C4eError:
            moved = False
            _log.exception("sessions cannot be found")
        for session in self._memory.sessions:
            try:
                if self._due(session) <= self._clock():
                    async with session.lock:
                        await self.advance(session)
            except Exception:
                moved = False
                _log.exception("the gate of %s cannot be moved", session.id)
        return moved

    def _due(self, session: Session) -> float:
        """When something happens to a session by itself, seconds since 1970."""
        if session.state is State.SCHEDULED:
            return session.opens
        if session.state is State.OPEN:
            return session.closes
        follows = session.state in (State.CLEARING, State.CLEARED) and session.place not in self._following
        waits = session.state is State.CLOSED and not session.request.clear_on_command
        return 0.0 if follows or waits else float("inf")

    async def advance(self, session: Session) -> None:
        """Let happen to a session what is due; under its lock."""
        while self._due(session) <= self._clock():
            if session.state is State.SCHEDULED:
                await self._opening(session)
            elif session.state is State.OPEN:
                await self.close(session)
            elif session.state is State.CLOSED:
                await self.begin_clearing(session)
            else:
                self._follow(session)

    async def _opening(self, session: Session) -> bool:
        now = self._clock()
        also: list[Also] = []
        following = await self._following_of(session, now)
        if following is not None:
            also.append(lambda connection: self._memory.log.insert(connection, following, now))
        opened = await self._memory.append(session, [Entry(kind=Kind.GATE_OPENED, at=now)], also)
        if opened and following is not None:
            row = await self._memory.keep(self._memory.log.find, following.tenant, following.id)
            if row is not None:
                await self._memory.take(row)
        return opened

    async def close(self, session: Session) -> bool:
        """Close the gate, and end what has nothing to be cleared; whether it was written."""
        now = self._clock()
        entries = [Entry(kind=Kind.GATE_CLOSED, at=now, body=_lateness(session.closes, now))]
        also: list[Also] = []
        if session.book is not None:
            entries.append(Entry(kind=Kind.PUBLISHED, at=now))
            also += await asyncio.to_thread(self._clearing.ended, session, session.revision + len(entries))
        elif not session.orders.count and not any(session.case.components.values()):
            entries.append(Entry(kind=Kind.CANCELLED, at=now, body=b"the gate closed without an order"))
        closed = await self._memory.append(session, entries, also)
        if closed and session.book is not None:
            self._clearing.posted()
        return closed

    async def begin_clearing(self, session: Session) -> bool:
        """Begin to clear a session whose gate is closed; whether it was written."""
        if not session.orders.count and not any(session.case.components.values()):
            reason = b"there is nothing to clear: no order and no component"
            return await self._memory.append(session, [Entry(kind=Kind.CANCELLED, at=self._clock(), body=reason)])
        return await self._memory.append(
            session, [Entry(kind=Kind.CLEARING, at=self._clock(), body=uuid.uuid4().hex.encode())]
        )

    def _follow(self, session: Session) -> None:
        """See a clearing through; one that another process began, too."""
        task = asyncio.create_task(self._cleared(session))
        self._following[session.place] = task

        def done(_: Any) -> None:
            self._following.pop(session.place, None)
            self._wake.set()

        task.add_done_callback(done)

    async def _cleared(self, session: Session) -> None:
        """Have a session solved and publish what comes of it."""
        job = session.job
        try:
            response = await self._clearing.solved(session)
            async with session.lock:
                await self._settle_state(session, job, State.CLEARING, [Entry(kind=Kind.CLEARED, at=self._clock())])
            rows = await self._clearing.published(session, response)
            async with session.lock:
                entry = Entry(kind=Kind.PUBLISHED, at=self._clock())
                await self._settle_state(session, job, State.CLEARED, [entry], rows)
            self._clearing.posted()
        except C4eError as error:
            failure = failure_of(error)
            if failure.reason in ("STORE_ERROR", "STOPPING"):
                _log.warning("the clearing of %s is taken up again: %s", session.id, failure.message)
                await asyncio.sleep(_NAP_S)
                return
            await self._failed(session, job, f"{failure.reason}: {failure.message}")
        except Exception:
            _log.exception("the clearing of %s failed in a way that nobody foresaw", session.id)
            await self._failed(session, job, "the service failed; its log says where")

    async def _failed(self, session: Session, job: str, why: str) -> None:
        async with session.lock:
            for state in (State.CLEARING, State.CLEARED):
                entry = Entry(kind=Kind.FAILED, at=self._clock(), body=why.encode())
                await self._settle_state(session, job, state, [entry])

    async def _settle_state(
        self, session: Session, job: str, state: State, entries: Sequence[Entry], also: Sequence[Also] = ()
    ) -> None:
        """Write what came of a clearing, unless another process has, or the session was cancelled."""
        await self._memory.repeat(
            session,
            lambda: session.state is state and session.job == job,
            lambda: self._memory.append(session, entries, also),
        )

    async def _following_of(self, session: Session, now: float) -> Row | None:
        """The next session of a rolling market; without gates that are over by now, and names that others have."""
        if not session.cadence:
            return None
        ahead = max(1, int((now - session.closes) // session.cadence) + 1)
        while True:
            row = _ahead(session, ahead)
            if await self._memory.keep(self._memory.log.find, row.tenant, row.id) is None:
                return row
            ahead += 1


def _ahead(session: Session, ahead: int) -> Row:
    """The session of a rolling market so many slots after one."""
    request = market_session_pb2.OpenMarketSessionRequest()
    request.CopyFrom(session.request)
    shift = ahead * session.cadence
    for moment in (request.gate_opens, request.gate_closes, request.case.horizon.start):
        moment.seconds += shift
    slot = session.slot + ahead
    name = f"{session.series}.{slot}"
    request.case.name = name
    return Row(
        place=0,
        tenant=session.tenant,
        id=name,
        series=session.series,
        slot=slot,
        content="",
        message=request.SerializeToString(deterministic=True),
        state=State.SCHEDULED,
        revision=1,
    )


def _lateness(closes: float, now: float) -> bytes:
    """What is said of a gate that nobody was there to close in time; nothing of others."""
    return f"closed {now - closes:.0f} s after its time".encode() if now - closes > _LATE_S else b""
