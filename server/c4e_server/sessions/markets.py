"""The markets of a service: sessions by name, the clock of their gates, and what callers ask of them.

All methods run in the service's event loop; the log is written by a thread of its own. What a caller is told is on the
disk. A session in memory is only what its log says: where another process has written to it, the log is read on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, TypeVar

from c4e.opt.v1 import market_session_pb2, orders_pb2, trading_pb2
from c4e_opt.errors import C4eError, InvalidInput
from c4e_opt.issues import Issue
from c4e_server.desk import Desk
from c4e_server.errors import QueueFull, RequestIdReused, Stopping, StoreError, UnknownSession, WrongState
from c4e_server.failures import failure_of
from c4e_server.sessions.checks import check_orders, check_party, check_withdrawal, columns_of, frame_of
from c4e_server.sessions.clearing import Clearing
from c4e_server.sessions.log import AFTER, ENDED, RESTING, Also, Entry, Kind, Log, Row, Settled, State, insert_session
from c4e_server.sessions.session import Happened, Session, pack_trade
from c4e_server.store.store import Store

_log = logging.getLogger("c4e_server.sessions")
_T = TypeVar("_T")

#: What a session holds at most, and what is kept in memory of sessions that have ended.
MOST_ORDERS, MOST_REMEMBERED = 2_000_000, 100
_NAP_S = 1.0  # a clock that was set, and what other processes wrote, is noticed within this
_FEW = 100  # so many orders are checked at once; more are checked by a thread

SubmitOrAmend = market_session_pb2.SubmitOrdersRequest | market_session_pb2.AmendOrdersRequest


class Markets:
    """All sessions of a service."""

    def __init__(self, store: Store, desk: Desk, posted: Callable[[], None], clock: Callable[[], float] = time.time):
        """Join the parts.

        Args:
            store: Whose database has the sessions.
            desk: Who clears them.
            posted: Called when there may be something to post.
            clock: Seconds since 1970.
        """
        self._store = store
        self._log = Log(store.transaction)
        self._clearing = Clearing(desk, store, self._log, posted)
        self._clock = clock
        self._sessions: dict[tuple[str, str], Session] = {}
        self._keeper = ThreadPoolExecutor(1, "sessions")
        self._following: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Send who watches to the next service; gates move on until `run` is cancelled."""
        self._stopping = True
        for session in self._sessions.values():
            session.notify()

    async def run(self) -> None:
        """Take up sessions that have not ended, then open and close gates in time, until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._find()
                    for session in [*self._sessions.values()]:
                        if self._due(session) <= self._clock():
                            async with session.lock:
                                await self._advance(session)
                except C4eError:
                    _log.exception("a gate cannot be moved")
                self._forget()
                due = min((self._due(session) for session in self._sessions.values()), default=float("inf"))
                wait = min(max(due - self._clock(), 0.005), _NAP_S)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait)
        finally:
            for task in [*self._following.values()]:
                task.cancel()
            await asyncio.gather(*self._following.values(), return_exceptions=True)
            await asyncio.to_thread(self._keeper.shutdown)

    async def open(self, tenant: str, request: market_session_pb2.OpenMarketSessionRequest) -> Session:
        """Open a market, once.

        Raises:
            InvalidInput: With everything that is wrong with it.
            RequestIdReused: There is another session of this name.
        """
        content = _digest(request)
        name = f"{request.session_id}.0" if request.HasField("cadence") else request.session_id
        known = await self._keep(self._log.find, tenant, name)
        if known is None:
            await asyncio.to_thread(frame_of, request)
            now = self._clock()
            if request.gate_closes.ToNanoseconds() / 1e9 <= now and not request.HasField("cadence"):
                raise InvalidInput([Issue("gate_closes", "range", "is over; close the gate in the future")])
            rolling = request.HasField("cadence")
            kept = market_session_pb2.OpenMarketSessionRequest()
            kept.CopyFrom(request)
            kept.case.name = name
            row = Row(
                place=0,
                tenant=tenant,
                id=name,
                series=request.session_id if rolling else "",
                slot=0,
                content=content,
                message=kept.SerializeToString(deterministic=True),
                state=State.SCHEDULED,
                revision=1,
            )
            known = await self._keep(self._log.open, row, now)
        if known.content != content:
            raise RequestIdReused(f"session {name!r} was opened by another message; choose a new id, or repeat it")
        session = await self._take(known)
        async with session.lock:
            await self._advance(session)
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
                raise UnknownSession(f"there is no market session {name!r}")
            session = await self._take(row)
        if not session.ended:
            async with session.lock:
                await self._advance(session)
        return session

    async def rows(self, tenant: str, states: Sequence[str], series: str, limit: int, before: int | None) -> list[Row]:
        """Sessions of a tenant, the latest first."""
        return await self._keep(self._log.rows, tenant, states, series, limit, before)

    async def put(self, tenant: str, party: str, request: SubmitOrAmend) -> Happened:
        """Take new orders, or others in the place of those that stand.

        Raises:
            InvalidInput: With everything that is wrong with any of them; none is taken.
            GateClosed: The gate is closed, or not open yet.
        """
        session = await self.session(tenant, request.session_id)
        amend = isinstance(request, market_session_pb2.AmendOrdersRequest)
        self._auction(session, "TradeOrders")

        async def prepare(_: float) -> bytes:
            book = columns_of(request.book, request.orders)
            if session.orders.count + len(book.id) > MOST_ORDERS:
                raise QueueFull(f"a session takes {MOST_ORDERS} orders at most; withdraw some")
            if len(book.id) <= _FEW and not session.orders.linked(party):
                check_orders(session.case, session.orders, party, book, amend=amend)
                return book.SerializeToString(deterministic=True)
            await asyncio.to_thread(check_orders, session.case, session.orders, party, book, amend=amend)
            return await asyncio.to_thread(_packed, book)

        kind = Kind.AMENDED if amend else Kind.SUBMITTED
        return await self._write(session, party, request, kind, prepare)

    async def withdraw(self, tenant: str, party: str, request: market_session_pb2.WithdrawOrdersRequest) -> Happened:
        """Take orders out."""
        session = await self.session(tenant, request.session_id)
        self._auction(session, "TradeOrders")

        async def prepare(_: float) -> bytes:
            check_withdrawal(session.case, session.orders, party, request.order_ids)
            return market_session_pb2.WithdrawOrdersRequest(order_ids=request.order_ids).SerializeToString()

        return await self._write(session, party, request, Kind.WITHDRAWN, prepare)

    async def trade(self, tenant: str, party: str, request: market_session_pb2.TradeOrdersRequest) -> Happened:
        """Take events in a continuous book."""
        session = await self.session(tenant, request.session_id)
        if session.book is None:
            raise WrongState(f"session {session.id!r} is an auction; submit orders to it")

        async def prepare(now: float) -> bytes:
            check_party(session.case, party)
            return pack_trade(session.trade_time(now), trading_pb2.OrderEvents(events=request.events))

        return await self._write(session, party, request, Kind.TRADED, prepare)

    async def orders(self, tenant: str, name: str, party: str) -> tuple[orders_pb2.OrderBook, int]:
        """The orders of a party as they stand, and the revision at which they do."""
        session = await self.session(tenant, name)
        check_party(session.case, party)
        async with session.lock:
            return await asyncio.to_thread(session.orders.of, party), session.revision

    async def close_gate(self, tenant: str, name: str) -> Session:
        """Close a gate before its time."""
        session = await self.session(tenant, name)
        async with session.lock:
            if session.state is State.SCHEDULED:
                raise WrongState(f"the gate of {name!r} is not open yet; cancel the session instead")
            await self._repeat(session, lambda: session.state is State.OPEN, lambda: self._closing(session))
            await self._advance(session)
        return session

    async def clear(self, tenant: str, name: str) -> Session:
        """Clear a session whose gate is closed; again, where that failed."""
        session = await self.session(tenant, name)
        if session.book is not None:
            raise WrongState(f"session {name!r} is a continuous book; its orders have met already")
        async with session.lock:
            if session.state in (State.SCHEDULED, State.OPEN, State.CANCELLED):
                raise WrongState(f"session {name!r} is {session.state}; close its gate first")
            waits = (State.CLOSED, State.FAILED)
            await self._repeat(session, lambda: session.state in waits, lambda: self._begin_clearing(session))
            await self._advance(session)
        return session

    async def cancel(self, tenant: str, name: str, reason: str) -> Session:
        """End a session without a result."""
        session = await self.session(tenant, name)
        async with session.lock:
            if session.state is State.CANCELLED:
                return session
            if session.state in (State.CLEARED, State.PUBLISHED):
                raise WrongState(f"session {name!r} is {session.state}; what is published stays")
            entry = Entry(kind=Kind.CANCELLED, at=self._clock(), body=reason.encode())
            await self._repeat(
                session,
                lambda: session.state not in (State.CLEARED, *ENDED),
                lambda: self._append(session, [entry]),
            )
        task = self._following.get(session.place)
        if task is not None:
            task.cancel()
        return session

    async def watch(self, tenant: str, name: str, party: str, after: int) -> AsyncGenerator[tuple[int, Happened]]:
        """What happened after a revision and may be seen by a party, each with the revision of the one before.

        Raises:
            InvalidInput: Nothing has that revision yet.
        """
        session = await self.session(tenant, name)
        if party:
            check_party(session.case, party)
        if after > session.revision:
            told = f"is {after}; the last event of {name!r} has {session.revision}"
            raise InvalidInput([Issue("after_revision", "range", told)])
        before = 0
        for each in session.told[:after]:
            before = each.revision if each.concerns(party) else before
        while True:
            changed = session.changed
            for each in session.told[after:]:
                after = each.revision
                if each.concerns(party):
                    yield before, each
                    before = each.revision
            if session.ended and after == session.revision:
                return
            if self._stopping:
                raise Stopping("the service is being stopped; watch on from the last revision when it is back")
            if after == session.revision:
                await changed.wait()

    async def result(self, session: Session, kind: str, party: str = "") -> bytes:
        """What came of a session.

        Raises:
            WrongState: It is not published.
            UnknownSession: There is nothing for this party.
        """
        if session.state is not State.PUBLISHED:
            raise WrongState(f"session {session.id!r} is {session.state}; its results are not out yet")
        found = await self._keep(self._log.result, session.place, kind, party)
        if found is None:
            raise UnknownSession(f"session {session.id!r} has no such result")
        return found

    async def statements(self, session: Session) -> list[Settled]:
        """Statements of a session, in the order in which they were made."""
        return await self._keep(self._log.statements, session.place)

    async def case_of(self, session: Session) -> Any:
        """The case of a session with all orders, as a message."""
        return await asyncio.to_thread(self._clearing.case_of, session)

    async def settle(
        self, tenant: str, request: market_session_pb2.SubmitReadingsRequest
    ) -> tuple[Happened, Settled, str]:
        """Settle readings: the event, the statement, and the batch whose place it takes."""
        session = await self.session(tenant, request.session_id)
        async with session.lock:
            await self._read_on(session)
            ack = self._known(session, "", request)
            if ack is None:
                if session.state is not State.PUBLISHED or session.book is not None:
                    raise WrongState(f"session {session.id!r} is {session.state}; readings settle what is published")
                for _ in range(9):
                    entry, also = await asyncio.to_thread(
                        self._clearing.imbalances, session, request, self._clock(), _digest(request)
                    )
                    if await self._append(session, [entry], also):
                        break
                self._clearing.posted()
                ack = self._known(session, "", request)
        if ack is None:
            raise StoreError("others write to the session all the time; try again")
        made = await self.statements(session)
        place = next(n for n, each in enumerate(made) if each.revision == ack.revision)
        runs = [each for each in made[:place] if each.run]
        return ack, made[place], runs[-1].batch_id if runs else ""

    # -- writing

    async def _write(
        self,
        session: Session,
        party: str,
        request: Any,
        kind: Kind,
        prepare: Callable[[float], Coroutine[Any, Any, bytes]],
    ) -> Happened:
        """Take a write of a party, once."""
        content = await asyncio.to_thread(_digest, request) if request.ByteSize() > 10**5 else _digest(request)
        async with session.lock:
            while True:
                known = self._known(session, party, request, content)
                if known is not None:
                    return known
                await self._advance(session)
                session.check_gate(self._clock())
                body = await prepare(self._clock())
                now = self._clock()
                session.check_gate(now)
                entry = Entry(kind=kind, at=now, party=party, request_id=request.request_id, content=content, body=body)
                if await self._append(session, [entry]):
                    return session.told[-1]

    def _known(self, session: Session, party: str, request: Any, content: str = "") -> Happened | None:
        known = session.ack(party, request.request_id)
        if known is not None and known.content != (content or _digest(request)):
            raise RequestIdReused(
                f"request id {request.request_id!r} is taken by another message; choose a new id, or repeat the message"
            )
        return known

    def _auction(self, session: Session, other: str) -> None:
        if session.book is not None:
            raise WrongState(f"session {session.id!r} is a continuous book; use {other}")

    async def _append(self, session: Session, entries: Sequence[Entry], also: Sequence[Also] = ()) -> bool:
        """Write events and take them in; where the session has gone on meanwhile, read on instead."""
        state = _state_after(session, entries)
        try:
            written = await self._keep(self._log.append, session.place, session.revision, state, entries, also)
        except StoreError:
            await self._read_on(session)  # it may have been written all the same
            raise
        if not written:
            await self._read_on(session)
            return False
        for entry in entries:
            session.apply(session.revision + 1, entry)
        session.notify()
        return True

    async def _repeat(
        self, session: Session, wanted: Callable[[], bool], act: Callable[[], Coroutine[Any, Any, bool]]
    ) -> None:
        """Do something that others may do at the same time, until it is done or no longer wanted."""
        while wanted():
            if await act():
                return

    async def _read_on(self, session: Session) -> None:
        """Take in what others wrote."""
        for revision, entry in await self._keep(self._log.events, session.place, session.revision):
            if revision == session.revision + 1:
                session.apply(revision, entry)
        session.notify()

    # -- gates

    def _due(self, session: Session) -> float:
        """When something happens to a session by itself, seconds since 1970."""
        if session.state is State.SCHEDULED:
            return session.opens
        if session.state is State.OPEN:
            return session.closes
        follows = session.state in (State.CLEARING, State.CLEARED) and session.place not in self._following
        waits = session.state is State.CLOSED and not session.request.clear_on_command
        return 0.0 if follows or waits else float("inf")

    async def _advance(self, session: Session) -> None:
        """Let happen to a session what is due; under its lock."""
        while self._due(session) <= self._clock():
            if session.state is State.SCHEDULED:
                await self._opening(session)
            elif session.state is State.OPEN:
                await self._closing(session)
            elif session.state is State.CLOSED:
                await self._begin_clearing(session)
            else:
                self._follow(session)

    async def _opening(self, session: Session) -> bool:
        now = self._clock()
        also: list[Also] = []
        following = self._next(session, now)
        if following is not None:
            also.append(lambda connection: insert_session(connection, following, now))
        opened = await self._append(session, [Entry(kind=Kind.GATE_OPENED, at=now)], also)
        if opened and following is not None:
            row = await self._keep(self._log.find, following.tenant, following.id)
            if row is not None:
                await self._take(row)
        return opened

    async def _closing(self, session: Session) -> bool:
        now = self._clock()
        entries = [Entry(kind=Kind.GATE_CLOSED, at=now)]
        also: list[Also] = []
        if session.book is not None:
            entries.append(Entry(kind=Kind.PUBLISHED, at=now))
            also.append(self._clearing.trades_of(session))
        elif not session.orders.count and not any(session.case.components.values()):
            entries.append(Entry(kind=Kind.CANCELLED, at=now, body=b"the gate closed without an order"))
        return await self._append(session, entries, also)

    async def _begin_clearing(self, session: Session) -> bool:
        if not session.orders.count and not any(session.case.components.values()):
            reason = b"there is nothing to clear: no order and no component"
            return await self._append(session, [Entry(kind=Kind.CANCELLED, at=self._clock(), body=reason)])
        return await self._append(
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
        await self._repeat(
            session,
            lambda: session.state is state and session.job == job,
            lambda: self._append(session, entries, also),
        )

    def _next(self, session: Session, now: float) -> Row | None:
        """The next session of a rolling market; gates that are over by now are left out."""
        if not session.cadence:
            return None
        ahead = max(1, int((now - session.closes) // session.cadence) + 1)
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

    # -- memory

    async def _take(self, row: Row) -> Session:
        """A session in memory, as its log tells it."""
        key = (row.tenant, row.id)
        if key not in self._sessions:
            session = await asyncio.to_thread(Session, row)
            events = await self._keep(self._log.events, row.place, 0)
            for revision, entry in events:
                session.apply(revision, entry)
            self._sessions.setdefault(key, session)
        return self._sessions[key]

    async def _find(self) -> None:
        """Take up sessions that others made and that have not ended, and what they wrote."""
        states = [state for state in State if state not in RESTING]
        for row in await self._keep(self._log.rows, None, states):
            known = self._sessions.get((row.tenant, row.id))
            if known is None:
                await self._take(row)
            elif known.revision < row.revision:
                async with known.lock:
                    await self._read_on(known)

    def _forget(self) -> None:
        """Leave ended sessions to their logs."""
        ended = [key for key, session in self._sessions.items() if session.ended and not session.lock.locked()]
        for key in ended[:-MOST_REMEMBERED]:
            del self._sessions[key]

    async def _keep(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """Have the log do something, in its own thread, one thing after another."""
        return await asyncio.get_running_loop().run_in_executor(self._keeper, act, *arguments)


def _state_after(session: Session, entries: Sequence[Entry]) -> State:
    state = session.state
    for entry in entries:
        state = AFTER.get(entry.kind, state)
    return state


def _packed(message: Any) -> bytes:
    return message.SerializeToString(deterministic=True)


def _digest(request: Any) -> str:
    """SHA-256 of what a caller sent."""
    return sha256(request.DESCRIPTOR.name.encode() + b" " + _packed(request)).hexdigest()
