"""Continuous trading through a real service: every party is told what touches its orders."""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from c4e.opt.v1 import trading_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.events import Act, Condition, Event, Execution, SelfTrade, What
from c4e_opt.trading.snapshot import Snapshot
from c4e_server.client import Client
from c4e_server.convert.trading import event_to_proto
from c4e_server.errors import RequestIdReused, ServiceError, UnknownSession
from c4e_server.failures import failure_of
from c4e_server.local import Local

WAIT_S = 20.0


def order(name: str, side: int, quantity: int, price: int, condition: int = 0, **more: int) -> Event:
    return Event(0, Act.LIMIT, name, "", side, price, quantity, condition, **more)


class Party:
    """A party that trades in a thread of its own."""

    def __init__(self, client: Client, book: str, name: str) -> None:
        self.say: queue.Queue[list[Event] | None] = queue.Queue()
        self.heard: queue.Queue[Execution | Exception | None] = queue.Queue()
        events = iter(self.say.get, None)

        def run() -> None:
            try:
                for told in client.trade(book, name, events, timeout_s=WAIT_S):
                    for each in told:
                        self.heard.put(each)
                self.heard.put(None)
            except Exception as error:
                self.heard.put(error)

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def hears(self) -> Execution | None:
        told = self.heard.get(timeout=WAIT_S)
        if isinstance(told, Exception):
            raise told
        return told

    def end(self) -> None:
        self.say.put(None)
        assert self.hears() is None
        self.thread.join(WAIT_S)


def hour() -> Case:
    """One zone, one hour, four parties."""
    document = {
        "name": "hour",
        "horizon": {"start": "2025-06-15T12:00Z", "step_minutes": 60, "steps": 1},
        "parties": [{"id": party} for party in ("ann", "bob", "eve", "p")],
        "buses": [{"id": "zone"}],
    }
    return Builder(document, {}).case(empty=True)


def opened(client: Client, name: str, **more: Any) -> str:
    """A session with a continuous book."""
    client.markets.open(name, hour(), closes=datetime.now(UTC) + timedelta(hours=1), kind="continuous", **more)
    return name


@pytest.fixture
def book(client: Client) -> str:
    return opened(client, f"b{uuid.uuid4().hex[:10]}")


def once(client: Client, book: str, party: str, *events: Event) -> list[Execution]:
    return [each for told in client.trade(book, party, [list(events)]) for each in told]


def test_both_parties_of_a_trade_are_told_and_nobody_else(client: Client, book: str):
    ann, bob, eve = (Party(client, book, name) for name in ("ann", "bob", "eve"))
    eve.say.put([order("e", BUY, 1, 10)])
    assert eve.hears().what == What.RESTED
    ann.say.put([order("s", SELL, 5, 50)])
    assert ann.hears()[:8] == (What.RESTED, *ann_time(client, book), "s", "", SELL, 50, 5, "")
    bob.say.put([order("b", BUY, 3, 55)])
    mine, other = bob.hears(), ann.hears()
    assert (mine.id, mine.other, mine.price, mine.quantity) == ("b", "", 50, 3)
    assert (mine.party, mine.other_party) == ("bob", "")
    assert other == mine._replace(id="", other="s", party="", other_party="ann")
    for party in (ann, bob, eve):
        party.end()
    left = client.book(book)
    assert [(row[0], row[4]) for row in left.orders] == [("eve/e", 1), ("ann/s", 2)]


def ann_time(client: Client, book: str) -> tuple[int]:
    return (client.book(book).time,)


def test_orders_stay_when_the_stream_ends_and_only_their_party_cancels_them(client: Client, book: str):
    once(client, book, "ann", order("s", SELL, 5, 50))
    cancel = Event(0, Act.CANCEL, "s", "ann")
    assert [each.what for each in once(client, book, "bob", cancel)] == [What.REJECTED]
    assert [each.reason for each in once(client, book, "ann", cancel)] == ["as asked"]
    assert client.book(book).orders == ()


def test_every_kind_of_event_travels(client: Client, book: str):
    told = once(
        client,
        book,
        "ann",
        order("ice", SELL, 10, 50, display=4),
        order("aon", SELL, 3, 49, Condition.ALL_OR_NONE),
        order("gone", SELL, 3, 49, Condition.GOOD_TILL_DATE, until=1),
        Event(0, Act.REPLACE, "ice", "", 0, 48, 8),
    )
    assert [each.what for each in told] == [What.RESTED, What.RESTED, What.REJECTED, What.RESTED]
    assert "not after its time" in told[2].reason
    told = once(client, book, "bob", Event(0, Act.MARKET, "m", "", BUY, 0, 20))
    assert [each.quantity for each in told] == [4, 4, 3, 9]
    told = once(client, book, "bob", order("fok", BUY, 2, 99, Condition.FILL_OR_KILL))
    assert [each.reason for each in told] == ["cannot be filled in full"]


def test_a_book_goes_on_from_its_snapshot_in_another_session(client: Client, book: str):
    once(client, book, "ann", order("s", SELL, 5, 50), order("t", SELL, 2, 50))
    kept, again = client.book(book), opened(client, f"{book}-again")
    assert client.restore_book(again, kept) == 2
    assert client.restore_book(again, kept) == 2
    assert client.book(again) == kept
    told = [
        [each._replace(time=0) for each in once(client, name, "bob", order("b", BUY, 6, 50))] for name in (book, again)
    ]
    assert told[0] == told[1]
    assert client.restore_book(again, kept) == 2  # said again later, it is what it was
    with pytest.raises(RequestIdReused):
        client.restore_book(again, client.book(book))
    with pytest.raises(ServiceError, match="has begun"):
        client.restore_book(book, kept)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"left": 0}, "quantity 0"),
        ({"shown": 9}, "shows 9 of 5"),
        ({"rank": 99}, "has rank 99"),
        ({"condition": 2}, "no order rests"),
        ({"side": 0}, "neither buy"),
        ({"price": 10}, "is not below the best offer"),
        ({"id": "p/b", "party": "p"}, "already the id"),
        ({"party": "q"}, "'q'"),
        ({"id": "s"}, "'bob/<id>'"),
    ],
)
def test_what_is_no_snapshot_is_refused(client: Client, book: str, change: dict[str, object], said: str):
    fields = ("id", "party", "side", "price", "left", "shown", "display", "condition", "until", "rank")
    bid = ("p/b", "p", BUY, 20, 5, 5, 0, 0, 0, 1)
    offer = ("bob/s", "bob", SELL, 50, 5, 5, 0, 0, 0, 2)
    changed = dict(zip(fields, offer, strict=True)) | change
    kept = Snapshot(self_trade=0, time=5, rank=2, orders=(bid, tuple(changed.values())))
    with pytest.raises(InvalidInput, match=said):
        client.restore_book(book, kept)
    assert client.book(book).orders == ()
    assert client.restore_book(book, replace(kept, orders=(offer,))) == 1  # for nothing was written


def test_a_book_that_is_none_is_said(client: Client, book: str):
    with pytest.raises(UnknownSession, match="'nowhere'"):
        client.book("nowhere")
    client.markets.open(f"{book}-auction", hour(), closes=datetime.now(UTC) + timedelta(hours=1))
    for act in (client.book, lambda name: list(client.trade(name, "ann", []))):
        with pytest.raises(ServiceError, match="is an auction"):
            act(f"{book}-auction")
    with pytest.raises(InvalidInput, match="'nobody'"):
        list(client.trade(book, "nobody", []))


def test_a_book_has_one_rule_of_self_trades(client: Client, book: str):
    list(client.trade(book, "ann", [], self_trade=SelfTrade.CANCEL_RESTING))
    list(client.trade(book, "ann", []))
    with pytest.raises(InvalidInput, match="has cancel_resting"):
        list(client.trade(book, "ann", [], self_trade=SelfTrade.CANCEL_BOTH))


def test_a_stream_that_does_not_follow_the_rules_is_refused(service: Local, client: Client, book: str):
    with pytest.raises(InvalidInput, match="name a book before trading"):
        list(raw(service, [trading_pb2.TradeRequest(events=events("a"))]))
    opening = trading_pb2.TradeRequest(open=trading_pb2.OpenBook(book_id=book, party="p"))
    with pytest.raises(InvalidInput, match="named once"):
        list(raw(service, [opening, opening]))
    with pytest.raises(InvalidInput):
        list(client.trade("no such/name", "p", []))
    with pytest.raises(InvalidInput):
        list(client.trade(book, "", []))
    with pytest.raises(InvalidInput, match="1000"):
        once(client, book, "ann", *(order(f"o{i}", BUY, 1, 1) for i in range(1001)))
    assert client.book(book).orders == ()


def test_a_rejection_comes_before_the_error_that_ends_a_stream(service: Local, book: str):
    opening = trading_pb2.TradeRequest(open=trading_pb2.OpenBook(book_id=book, party="p"))
    answers = raw(service, [opening, trading_pb2.TradeRequest(events=events("")), opening])
    first = next(answers)
    assert first.executions[0].kind == trading_pb2.EXECUTION_KIND_REJECTED
    assert first.taken == 1
    with pytest.raises(InvalidInput):
        next(answers)


def events(name: str) -> trading_pb2.OrderEvents:
    return trading_pb2.OrderEvents(events=[trading_pb2.OrderEvent(act="ORDER_ACT_CANCEL", order_id=name)])


def raw(service: Local, requests: list[trading_pb2.TradeRequest]) -> Iterator[trading_pb2.TradeResponse]:
    """A call without the client's care."""
    with Client(service.address) as client, grpc.insecure_channel(service.address) as channel:
        method = channel.stream_stream(
            "/c4e.opt.v1.TradingService/Trade",
            request_serializer=trading_pb2.TradeRequest.SerializeToString,
            response_deserializer=trading_pb2.TradeResponse.FromString,
        )
        try:
            yield from method(iter(requests), timeout=WAIT_S)
        except grpc.RpcError as error:
            raise client.wire.failure(error).error() from None


def test_a_write_that_is_said_again_is_taken_once_and_told_again(service: Local, client: Client, book: str):
    opening = trading_pb2.TradeRequest(open=trading_pb2.OpenBook(book_id=book, party="ann"))
    say = trading_pb2.TradeRequest(events=trading_pb2.OrderEvents(events=[event_to_proto(order("s", SELL, 5, 50))]))
    say.request_id = "one"
    first, again = list(raw(service, [opening, say])), list(raw(service, [opening, say]))
    assert first == again
    assert [(each.taken, each.executions[0].order_id) for each in first] == [(1, "s")]
    assert [each.taken for each in raw(service, [opening, say, say])] == [1, 2]
    say.events.events[0].quantity_lots = 6
    with pytest.raises(RequestIdReused):
        list(raw(service, [opening, say]))
    assert [row[4] for row in client.book(book).orders] == [5]


def test_a_stream_ends_when_the_gate_closes(client: Client, book: str):
    ann = Party(client, book, "ann")
    ann.say.put([order("s", SELL, 5, 50)])
    assert ann.hears() is not None
    client.markets.close_gate(book)
    with pytest.raises(ServiceError, match="what was not told was not taken"):
        ann.hears()
    ann.say.put(None)
    with pytest.raises(ServiceError) as caught:
        once(client, book, "ann", order("t", SELL, 5, 50))
    assert failure_of(caught.value).reason == "GATE_CLOSED"
