"""The markets of a service: what callers ask of sessions, each taken once.

All methods run in the service's event loop. What a caller is told is on the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from c4e.opt.v1 import market_session_pb2, orders_pb2, trading_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_server.convert.trading import snapshot_from_proto
from c4e_server.desk import Desk
from c4e_server.errors import QueueFull, RequestIdReused, Stopping, StoreError, UnknownSession, WrongState
from c4e_server.sessions.checks import check_events, check_orders, check_party, check_withdrawal, columns_of, frame_of
from c4e_server.sessions.clearing import Clearing
from c4e_server.sessions.continuous import snapshot_issues
from c4e_server.sessions.gates import Gates
from c4e_server.sessions.log import ENDED, Entry, Kind, Log, Row, Settled, State
from c4e_server.sessions.memory import Memory
from c4e_server.sessions.session import Happened, Session, pack_trade
from c4e_server.store.store import Store

#: What a session holds at most: orders of an auction, and orders that rest in a continuous book.
MOST_ORDERS, MOST_RESTING = 2_000_000, 1_000_000
_OPERATOR = ""  # has no name as a party
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
        log = Log(store.transaction)
        self._memory = Memory(log)
        self._clearing = Clearing(desk, store, log, posted)
        self._gates = Gates(self._memory, self._clearing, clock)
        self._clock = clock
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether who watches is to go to the next service."""
        return self._stopping

    def stop(self) -> None:
        """Send who watches to the next service; gates move on until `run` is cancelled."""
        self._stopping = True
        for session in self._memory.sessions:
            session.notify()

    async def run(self) -> None:
        """Take up sessions that have not ended, then open and close gates in time, until cancelled."""
        await self._gates.run()

    async def open(self, tenant: str, request: market_session_pb2.OpenMarketSessionRequest) -> Session:
        """Open a market, once.

        Raises:
            InvalidInput: With everything that is wrong with it.
            RequestIdReused: There is another session of this name.
        """
        content = _digest(request)
        name = f"{request.session_id}.0" if request.HasField("cadence") else request.session_id
        known = await self._memory.keep(self._memory.log.find, tenant, name)
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
            known = await self._memory.keep(self._memory.log.open, row, now)
        if known.content != content:
            raise RequestIdReused(f"session {name!r} was opened by another message; choose a new id, or repeat it")
        session = await self._memory.take(known)
        async with session.lock:
            await self._gates.advance(session)
        self._gates.wake()
        return session

    async def session(self, tenant: str, name: str) -> Session:
        """A session as it stands.

        Raises:
            UnknownSession: There is none of this name.
        """
        session = self._memory.known(tenant, name)
        if session is None:
            row = await self._memory.keep(self._memory.log.find, tenant, name)
            if row is None:
                raise UnknownSession(f"there is no market session {name!r}")
            session = await self._memory.take(row)
        if not session.ended:
            async with session.lock:
                await self._gates.advance(session)
        return session

    async def rows(self, tenant: str, states: Sequence[str], series: str, limit: int, before: int | None) -> list[Row]:
        """Sessions of a tenant, the latest first."""
        rows = partial(self._memory.log.rows, series=series)
        return await self._memory.keep(rows, tenant, states, limit, before)

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
        session, book = await self.continuous(tenant, request.session_id)

        async def prepare(now: float) -> bytes:
            check_events(session.case, party, request.events)
            if len(book) + len(request.events) > MOST_RESTING:
                raise QueueFull(f"{MOST_RESTING} orders rest in a book at most; cancel some")
            return pack_trade(session.trade_time(now), trading_pb2.OrderEvents(events=request.events))

        return await self._write(session, party, request, Kind.TRADED, prepare)

    async def continuous(self, tenant: str, name: str) -> tuple[Session, ContinuousBook]:
        """A session with a continuous book, and the book.

        Raises:
            WrongState: It is an auction.
        """
        session = await self.session(tenant, name)
        if session.book is None:
            raise WrongState(f"session {name!r} is an auction; submit orders to it")
        return session, session.book

    async def restore(self, tenant: str, request: trading_pb2.RestoreBookRequest) -> Happened:
        """Begin a continuous book with the orders of another one, once.

        Raises:
            InvalidInput: With everything that is wrong with them.
            WrongState: Trading has begun.
        """
        session, _ = await self.continuous(tenant, request.book_id)
        parties = [each.id for each in session.case.parties]

        async def prepare(now: float) -> bytes:
            if any(happened.kind is Kind.TRADED for happened in session.told):
                raise WrongState(f"trading in {session.id!r} has begun; orders of another book come before")
            if len(request.snapshot.orders) > MOST_RESTING:
                raise QueueFull(f"{MOST_RESTING} orders rest in a book at most")
            kept = snapshot_from_proto(request.snapshot)
            issues = await asyncio.to_thread(lambda: list(snapshot_issues(kept, parties, int(now * 1e6))))
            if issues:
                raise InvalidInput(issues)
            return request.snapshot.SerializeToString(deterministic=True)

        return await self._write(session, _OPERATOR, request, Kind.RESTORED, prepare, request_id="restore")

    async def orders(self, tenant: str, name: str, party: str) -> tuple[orders_pb2.OrderBook, int]:
        """The orders of a party as they stand, and the revision at which they do."""
        session = await self.session(tenant, name)
        check_party(session.case, party)
        async with session.lock:
            await self._memory.read_on(session)
            return await asyncio.to_thread(session.orders.of, party), session.revision

    async def close_gate(self, tenant: str, name: str) -> Session:
        """Close a gate before its time."""
        session = await self.session(tenant, name)
        async with session.lock:
            if session.state is State.SCHEDULED:
                raise WrongState(f"the gate of {name!r} is not open yet; cancel the session instead")
            await self._memory.repeat(session, lambda: session.state is State.OPEN, lambda: self._gates.close(session))
            await self._gates.advance(session)
        return session

    async def clear(self, tenant: str, name: str) -> Session:
        """Clear a session whose gate is closed; again, where that failed."""
        session = await self.session(tenant, name)
        self._auction(session, "GetMarketResult; its orders have met already")
        async with session.lock:
            if session.state in (State.SCHEDULED, State.OPEN, State.CANCELLED):
                raise WrongState(f"session {name!r} is {session.state}; close its gate first")
            waits = (State.CLOSED, State.FAILED)
            await self._memory.repeat(
                session, lambda: session.state in waits, lambda: self._gates.begin_clearing(session)
            )
            await self._gates.advance(session)
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
            await self._memory.repeat(
                session,
                lambda: session.state not in (State.CLEARED, *ENDED),
                lambda: self._memory.append(session, [entry]),
            )
        self._gates.leave(session)
        await self._clearing.leave(session)
        return session

    async def watch(self, tenant: str, name: str, party: str, after: int) -> AsyncGenerator[tuple[int, Happened]]:
        """What happened after a revision and may be seen by a party, each with the revision of the one before.

        Raises:
            InvalidInput: Nothing has that revision yet.
        """
        session = await self.session(tenant, name)
        if party:
            check_party(session.case, party)
        async with session.lock:
            await self._memory.read_on(session)  # what another process has told has this revision, too
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
        found = await self._memory.keep(self._memory.log.result, session.place, kind, party)
        if found is None:
            raise UnknownSession(f"session {session.id!r} has no such result")
        return found

    async def statements(self, session: Session) -> list[Settled]:
        """Statements of a session, in the order in which they were made."""
        return await self._memory.keep(self._memory.log.statements, session.place)

    async def case_of(self, session: Session) -> Any:
        """The case of a session with all orders, as a message."""
        return await asyncio.to_thread(self._clearing.case_of, session)

    async def settle(
        self, tenant: str, request: market_session_pb2.SubmitReadingsRequest
    ) -> tuple[Happened, Settled, str]:
        """Settle readings: the event, the statement, and the batch whose place it takes."""
        session = await self.session(tenant, request.session_id)
        async with session.lock:
            await self._memory.read_on(session)
            content = _digest(request)
            ack = self._known(session, _OPERATOR, request.request_id, content)
            if ack is None:
                if session.state is not State.PUBLISHED or session.book is not None:
                    raise WrongState(f"session {session.id!r} is {session.state}; readings settle what is published")
                for _ in range(9):
                    entry, also = await asyncio.to_thread(
                        self._clearing.imbalances, session, request, self._clock(), content
                    )
                    if await self._memory.append(session, [entry], also):
                        break
                self._clearing.posted()
                ack = self._known(session, _OPERATOR, request.request_id, content)
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
        request_id: str = "",
    ) -> Happened:
        """Take a write of a party, once; under the id of the request where it has one."""
        request_id = request_id or request.request_id
        content = await asyncio.to_thread(_digest, request) if request.ByteSize() > 10**5 else _digest(request)
        async with session.lock:
            while True:
                known = self._known(session, party, request_id, content)
                if known is not None:
                    return known
                await self._gates.advance(session)
                session.check_gate(self._clock())
                known_until = session.revision
                try:
                    body = await prepare(self._clock())
                except InvalidInput:
                    await self._memory.read_on(session)
                    if session.revision == known_until:
                        raise
                    continue  # another process has written what makes it right, or differently wrong
                now = self._clock()
                session.check_gate(now)
                entry = Entry(kind=kind, at=now, party=party, request_id=request_id, content=content, body=body)
                if await self._memory.append(session, [entry]):
                    return session.told[-1]

    def _known(self, session: Session, party: str, request_id: str, content: str) -> Happened | None:
        known = session.ack(party, request_id)
        if known is not None and known.content != content:
            raise RequestIdReused(
                f"request id {request_id!r} is taken by another message; choose a new id, or repeat the message"
            )
        return known

    def _auction(self, session: Session, other: str) -> None:
        if session.book is not None:
            raise WrongState(f"session {session.id!r} is a continuous book; use {other}")


def _packed(message: Any) -> bytes:
    return message.SerializeToString(deterministic=True)


def _digest(request: Any) -> str:
    """SHA-256 of what a caller sent."""
    return sha256(request.DESCRIPTOR.name.encode() + b" " + _packed(request)).hexdigest()
