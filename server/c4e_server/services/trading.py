"""Continuous trading: a stream for every party, and snapshots of books; the books are those of market sessions."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from c4e.opt.v1 import market_session_pb2, trading_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_server.convert.trading import execution_to_proto, rule_from_proto, snapshot_to_proto
from c4e_server.errors import GateClosed, Stopping
from c4e_server.security.identity import caller
from c4e_server.services.answering import Context
from c4e_server.sessions.checks import check_party
from c4e_server.sessions.markets import Markets
from c4e_server.sessions.session import Happened, Session, seen_by


class TradingService:
    """Serves the continuous books of market sessions."""

    def __init__(self, markets: Markets) -> None:
        """Serve the books of these sessions."""
        self._markets = markets

    async def trade(
        self, requests: AsyncIterator[trading_pb2.TradeRequest], context: Context
    ) -> AsyncGenerator[trading_pb2.TradeResponse]:
        """Take events of one party, and tell what touches its orders."""
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("message") != "open":
            raise InvalidInput([Issue("open", "missing_field", "is not the first message; name a book before trading")])
        identity, party = caller(), first.open.party
        identity.check_write(party)
        session, book = await self._markets.continuous(identity.tenant, first.open.book_id)
        check_party(session.case, party)
        _check_rule(first.open, book)
        stream = _Stream(self._markets, identity.tenant, session, party)
        reading = asyncio.create_task(stream.read(requests))
        reading.add_done_callback(lambda _: session.notify())
        try:
            while True:
                changed, over = session.changed, reading.done()
                for answer in stream.news():
                    yield answer
                if over:
                    await reading
                    return
                if session.ended:
                    raise GateClosed(f"the gate of {session.id!r} is closed; what was not told was not taken")
                if self._markets.stopping:
                    raise Stopping("the service is being stopped; trade on when it is back")
                await changed.wait()
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await reading

    async def get_book(self, request: trading_pb2.GetBookRequest, context: Context) -> trading_pb2.GetBookResponse:
        """Return a book as it stands."""
        _, book = await self._markets.continuous(caller().tenant, request.book_id)
        return trading_pb2.GetBookResponse(snapshot=snapshot_to_proto(book.snapshot()))

    async def restore_book(
        self, request: trading_pb2.RestoreBookRequest, context: Context
    ) -> trading_pb2.RestoreBookResponse:
        """Begin a book with the orders of another one."""
        told = await self._markets.restore(caller().tenant, request)
        return trading_pb2.RestoreBookResponse(orders=told.orders)


class _Stream:
    """What one caller says, and what it has not been told yet."""

    def __init__(self, markets: Markets, tenant: str, session: Session, party: str) -> None:
        self._markets = markets
        self._tenant = tenant
        self._session = session
        self._party = party
        self._began = self._after = session.revision
        self._own: set[str] = set()  # request ids of this stream
        self._again: deque[Happened] = deque()  # what was taken before this stream began
        self._taken = 0

    async def read(self, requests: AsyncIterator[trading_pb2.TradeRequest]) -> None:
        """Take what the caller says until it has said all."""
        async for request in requests:
            if request.WhichOneof("message") != "events":
                told = "is missing; a book is named once, then come events"
                raise InvalidInput([Issue("events", "missing_field", told)])
            name = request.request_id or uuid.uuid4().hex
            self._own.add(name)
            write = market_session_pb2.TradeOrdersRequest(
                session_id=self._session.id, request_id=name, party=self._party, events=request.events.events
            )
            happened = await self._markets.trade(self._tenant, self._party, write)
            if happened.revision <= self._began:
                self._again.append(happened)
                self._session.notify()

    def news(self) -> Iterator[trading_pb2.TradeResponse]:
        """What there is to tell, in order."""
        while self._again:
            yield from self._told(self._again.popleft())
        while self._after < self._session.revision:
            happened = self._session.told[self._after]
            self._after += 1
            yield from self._told(happened)

    def _told(self, happened: Happened) -> Iterator[trading_pb2.TradeResponse]:
        if happened.party == self._party and happened.request_id in self._own:
            self._own.discard(happened.request_id)
            self._taken += happened.orders
        executions = seen_by(happened.executions, self._party)
        if executions:
            yield trading_pb2.TradeResponse(
                executions=map(execution_to_proto, executions), taken=self._taken, revision=happened.revision
            )


def _check_rule(told: trading_pb2.OpenBook, book: ContinuousBook) -> None:
    """Refuse a caller that expects another rule of self-trades."""
    rule = rule_from_proto(told.self_trade)
    if rule is not None and rule != book.self_trade:
        words = f"is {rule.name.lower()}; the book {told.book_id!r} has {book.self_trade.name.lower()}: leave it away"
        raise InvalidInput([Issue("open.self_trade", "conflict", words)])
