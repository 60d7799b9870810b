"""Continuous trading from the caller's side: events in, executions out, and snapshots of books."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator

import grpc

from c4e.opt.v1 import trading_pb2
from c4e_opt.trading.events import Event, Execution, SelfTrade
from c4e_opt.trading.snapshot import Snapshot
from c4e_server.client.acts import Call, Steps
from c4e_server.client.connection import Awaiting, Blocking
from c4e_server.client.methods import Answers
from c4e_server.convert.trading import (
    event_to_proto,
    executions_from_proto,
    rule_to_proto,
    snapshot_from_proto,
    snapshot_to_proto,
)

_TRADE = "TradingService/Trade"


class TradingMethods:
    """Methods around books, other than trading itself."""

    @Answers
    def book(self, book_id: str) -> Steps[Snapshot]:
        """Everything that a book holds."""
        answer = yield from Call(
            method="TradingService/GetBook",
            request=trading_pb2.GetBookRequest(book_id=book_id),
            answer=trading_pb2.GetBookResponse,
        )
        return snapshot_from_proto(answer.snapshot)

    @Answers
    def restore_book(self, book_id: str, kept: Snapshot) -> Steps[int]:
        """Begin the book of a session with the orders of another one; how many rest in it."""
        answer = yield from Call(
            method="TradingService/RestoreBook",
            request=trading_pb2.RestoreBookRequest(book_id=book_id, snapshot=snapshot_to_proto(kept)),
            answer=trading_pb2.RestoreBookResponse,
        )
        return answer.orders


class Trading(TradingMethods, Blocking):
    """Trading for callers that wait."""

    def trade(
        self,
        book_id: str,
        party: str,
        events: Iterable[Iterable[Event]],
        *,
        self_trade: SelfTrade | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[list[Execution]]:
        """Trade for a party in a book, and be told what touches its orders; a stream that breaks is not repeated.

        Args:
            book_id: The market session with a continuous book.
            party: Whose orders these are; parties and times of the events are not read.
            events: Batches of up to 1000 events; read in a thread of its own while answers come. While it has not
                ended, the party is told of what others do to its orders.
            self_trade: What happens when two orders of the party meet, as the session says; None for whatever it says.
            timeout_s: Deadline of the whole stream.

        Raises:
            C4eError: Whatever the service raises, as it would be raised here.
        """

        def requests() -> Iterator[trading_pb2.TradeRequest]:
            yield _opening(book_id, party, self_trade)
            yield from map(_told, events)

        call = self.wire.exchange(_TRADE, trading_pb2.TradeResponse, requests(), timeout_s)
        try:
            for answer in call:
                yield executions_from_proto(answer.executions)
        except grpc.RpcError as error:
            raise self.wire.failure(error).error() from None
        finally:
            call.cancel()


class AsyncTrading(TradingMethods, Awaiting):
    """Trading for callers that await."""

    async def trade(
        self,
        book_id: str,
        party: str,
        events: AsyncIterable[Iterable[Event]],
        *,
        self_trade: SelfTrade | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[list[Execution]]:
        """Trade for a party in a book, as `Trading.trade` does."""

        async def requests() -> AsyncGenerator[trading_pb2.TradeRequest]:
            yield _opening(book_id, party, self_trade)
            async for batch in events:
                yield _told(batch)

        call = self.wire.exchange(_TRADE, trading_pb2.TradeResponse, requests(), timeout_s)
        try:
            async for answer in call:
                yield executions_from_proto(answer.executions)
        except grpc.RpcError as error:
            raise self.wire.failure(error).error() from None
        finally:
            call.cancel()


def _opening(book_id: str, party: str, self_trade: SelfTrade | None) -> trading_pb2.TradeRequest:
    rule = rule_to_proto(self_trade)
    return trading_pb2.TradeRequest(open=trading_pb2.OpenBook(book_id=book_id, party=party, self_trade=rule))


def _told(batch: Iterable[Event]) -> trading_pb2.TradeRequest:
    return trading_pb2.TradeRequest(events=trading_pb2.OrderEvents(events=map(event_to_proto, batch)))
