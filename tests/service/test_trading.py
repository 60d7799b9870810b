"""Continuous trading through a real service: every party is told what touches its orders."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import grpc
import pytest

from c4e.opt.v1 import trading_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.events import Act, Condition, Event, Execution, SelfTrade, What
from c4e_opt.trading.snapshot import Snapshot
from c4e_server import exchange
from c4e_server.client import Client
from c4e_server.errors import QueueFull, UnknownBook
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


@pytest.fixture
def book(request: pytest.FixtureRequest) -> str:
    return request.node.name.replace("[", "-").replace("]", "")


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
    assert mine == other
    assert (mine.id, mine.other, mine.price, mine.quantity) == ("b", "s", 50, 3)
    assert (mine.party, mine.other_party) == ("bob", "ann")
    for party in (ann, bob, eve):
        party.end()
    left = client.book(book)
    assert [(row[0], row[4]) for row in left.orders] == [("e", 1), ("s", 2)]


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
    assert [(each.other, each.quantity) for each in told] == [("ice", 4), ("ice", 4), ("aon", 3), ("", 9)]
    told = once(client, book, "bob", order("fok", BUY, 2, 99, Condition.FILL_OR_KILL))
    assert [each.reason for each in told] == ["cannot be filled in full"]


def test_a_book_goes_on_from_its_snapshot_under_another_name(client: Client, book: str):
    once(client, book, "ann", order("s", SELL, 5, 50), order("t", SELL, 2, 50))
    kept = client.book(book)
    assert client.restore_book(f"{book}-again", kept) == 2
    assert client.book(f"{book}-again") == kept
    told = [
        [each._replace(time=0) for each in once(client, name, "bob", order("b", BUY, 6, 50))]
        for name in (book, f"{book}-again")
    ]
    assert told[0] == told[1]
    with pytest.raises(InvalidInput, match="is a book already"):
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
        ({"id": "b"}, "already the id"),
    ],
)
def test_what_is_no_snapshot_is_refused(client: Client, book: str, change: dict[str, object], said: str):
    fields = ("id", "party", "side", "price", "left", "shown", "display", "condition", "until", "rank")
    bid = ("b", "p", BUY, 20, 5, 5, 0, 0, 0, 1)
    offer = dict(zip(fields, ("s", "q", SELL, 50, 5, 5, 0, 0, 0, 2), strict=True)) | change
    kept = Snapshot(self_trade=0, time=5, rank=2, orders=(bid, tuple(offer.values())))
    with pytest.raises(InvalidInput, match=said):
        client.restore_book("broken", kept)
    with pytest.raises(UnknownBook):
        client.book("broken")


def test_an_unknown_book_is_said(client: Client):
    with pytest.raises(UnknownBook, match="no book 'nowhere'"):
        client.book("nowhere")


def test_a_book_has_one_rule_of_self_trades(client: Client, book: str):
    list(client.trade(book, "ann", [], self_trade=SelfTrade.ALLOW))
    list(client.trade(book, "ann", []))
    with pytest.raises(InvalidInput, match="has allow"):
        list(client.trade(book, "ann", [], self_trade=SelfTrade.CANCEL_BOTH))


def test_a_stream_that_does_not_follow_the_rules_is_refused(service: Local, client: Client, book: str):
    with pytest.raises(InvalidInput, match="open a book before trading"):
        list(raw(service, [trading_pb2.TradeRequest(events=events("a"))]))
    opening = trading_pb2.TradeRequest(open=trading_pb2.OpenBook(book_id=book, party="p"))
    with pytest.raises(InvalidInput, match="opened once"):
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
            raise client._error(error) from None


def test_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchange, "MOST_BOOKS", 1)
    monkeypatch.setattr(exchange, "MOST_ORDERS", 2)
    monkeypatch.setattr(exchange, "MOST_UNREAD", 3)
    trading = exchange.Exchange()
    hall = trading.open("one", None)
    with pytest.raises(QueueFull, match="there are 1 books"):
        trading.open("two", None)
    ann, bob = exchange.Follower("ann"), exchange.Follower("bob")
    hall.followers |= {ann, bob}
    hall.take(
        ann,
        [order("a", SELL, 9, 50)._replace(time=1, party="ann"), order("b", SELL, 9, 50)._replace(time=1, party="ann")],
    )
    with pytest.raises(QueueFull, match="2 orders rest"):
        hall.take(ann, [order("c", SELL, 9, 50)._replace(time=1, party="ann")])
    buying = [order(f"b{i}", BUY, 1, 50, Condition.IMMEDIATE_OR_CANCEL)._replace(time=1, party="bob") for i in range(3)]
    monkeypatch.setattr(exchange, "MOST_ORDERS", 9)
    hall.take(bob, buying)
    assert ann.overrun  # who does not read is cut off, and nobody else
    assert not bob.overrun
    with pytest.raises(QueueFull, match="read them while you write"):
        hall.take(ann, [Event(1, Act.CANCEL, "a", "ann")])
