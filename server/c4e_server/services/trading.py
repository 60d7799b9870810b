"""Continuous trading: a stream for every party, and snapshots of books."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from c4e.opt.v1 import trading_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.convert.trading import (
    event_from_proto,
    execution_to_proto,
    rule_from_proto,
    snapshot_from_proto,
    snapshot_to_proto,
)
from c4e_server.errors import QueueFull
from c4e_server.exchange import UNREAD, Exchange, Follower, Hall
from c4e_server.security.identity import caller
from c4e_server.services.answering import Context


class TradingService:
    """Serves an exchange to every tenant."""

    def __init__(self, make: Callable[[], Exchange]) -> None:
        """Serve exchanges, made for every tenant that comes."""
        self._exchanges: defaultdict[str, Exchange] = defaultdict(make)

    @property
    def _exchange(self) -> Exchange:
        """The exchange of the caller's tenant."""
        return self._exchanges[caller().tenant]

    async def trade(
        self, requests: AsyncIterator[trading_pb2.TradeRequest], context: Context
    ) -> AsyncGenerator[trading_pb2.TradeResponse]:
        """Take events of one party, and tell what touches its orders."""
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("message") != "open":
            raise InvalidInput([Issue("open", "missing_field", "is not the first message; open a book before trading")])
        caller().act_for(first.open.party)
        hall = self._exchange.open(first.open.book_id, rule_from_proto(first.open.self_trade))
        follower = Follower(first.open.party)
        hall.followers.add(follower)
        reading = asyncio.create_task(_read(requests, hall, follower))
        reading.add_done_callback(lambda _: _end(follower))
        try:
            while (told := await follower.queue.get()) is not None:
                if follower.overrun:
                    raise QueueFull(UNREAD)
                executions, taken = told
                yield trading_pb2.TradeResponse(executions=map(execution_to_proto, executions), taken=taken)
            await reading
        finally:
            hall.followers.discard(follower)
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await reading

    async def get_book(self, request: trading_pb2.GetBookRequest, context: Context) -> trading_pb2.GetBookResponse:
        """Return a book as it stands."""
        return trading_pb2.GetBookResponse(snapshot=snapshot_to_proto(self._exchange.snapshot(request.book_id)))

    async def restore_book(
        self, request: trading_pb2.RestoreBookRequest, context: Context
    ) -> trading_pb2.RestoreBookResponse:
        """Make a book from a snapshot."""
        kept = snapshot_from_proto(request.snapshot)
        return trading_pb2.RestoreBookResponse(orders=self._exchange.restore(request.book_id, kept))


async def _read(requests: AsyncIterator[trading_pb2.TradeRequest], hall: Hall, follower: Follower) -> None:
    """Take what the caller says until it has said all."""
    async for request in requests:
        if request.WhichOneof("message") != "events":
            raise InvalidInput(
                [Issue("events", "missing_field", "is missing; a book is opened once, then come events")]
            )
        now = hall.now()
        hall.take(follower, (event_from_proto(event, follower.party, now) for event in request.events.events))
        await asyncio.sleep(0)  # others have their turn


def _end(follower: Follower) -> None:
    """Tell the stream that nothing more is read; what has been told is sent before."""
    if follower.queue.full():
        follower.queue.get_nowait()
    follower.queue.put_nowait(None)
