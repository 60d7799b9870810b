"""A continuous book, event by event; what should come of each is worked out by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.continuous_book import MOST_ALL_OR_NONE, ContinuousBook
from c4e_opt.trading.events import Act, Condition, Event, Execution, SelfTrade, What
from c4e_opt.trading.matching import OrderEvents, match, trades_of, whole_units
from c4e_opt.trading.snapshot import Snapshot

GTD, IOC, FOK, AON = (
    Condition.GOOD_TILL_DATE,
    Condition.IMMEDIATE_OR_CANCEL,
    Condition.FILL_OR_KILL,
    Condition.ALL_OR_NONE,
)


class Session:
    """A book and a clock; every order is of a party of its own unless said."""

    def __init__(self, self_trade: SelfTrade = SelfTrade.CANCEL_RESTING) -> None:
        self.book = ContinuousBook(self_trade)
        self.time = 0

    def limit(self, name: str, side: int, quantity: int, price: int, **more: Any) -> list[Execution]:
        return self.event(Act.LIMIT, name, side=side, quantity=quantity, price=price, **more)

    def event(self, act: Act, name: str, *, at: int | None = None, party: str | None = None, **more: Any):
        self.time = self.time + 1 if at is None else at
        return self.book.submit(Event(time=self.time, act=act, id=name, party=party or f"of {name}", **more))


def traded(told: list[Execution]) -> list[tuple[str, int, int]]:
    """Resting order, price and quantity of every trade."""
    return [(each.other, each.price, each.quantity) for each in told if each.what == What.TRADED]


def reasons(told: list[Execution]) -> list[str]:
    return [f"{each.id} {each.reason}" for each in told if each.what in (What.CANCELLED, What.REJECTED)]


def test_price_comes_before_time_and_the_resting_price_holds():
    run = Session()
    run.limit("s1", SELL, 5, 51)
    run.limit("s2", SELL, 5, 50)
    run.limit("s3", SELL, 5, 50)
    told = run.limit("b", BUY, 12, 52)
    assert traded(told) == [("s2", 50, 5), ("s3", 50, 5), ("s1", 51, 2)]
    assert run.book.depth(SELL) == [(51, 3, 1)]
    assert run.book.depth(BUY) == []


def test_what_is_left_rests_and_trades_later():
    run = Session()
    run.limit("s", SELL, 3, 50)
    told = run.limit("b", BUY, 5, 50)
    assert [(each.what, each.quantity) for each in told] == [(What.TRADED, 3), (What.RESTED, 2)]
    assert traded(run.limit("s4", SELL, 5, 40)) == [("b", 50, 2)]
    assert run.book.best(SELL) == 40
    assert run.book.best(BUY) is None


def test_a_market_order_takes_any_price_and_never_rests():
    run = Session()
    run.limit("s", SELL, 3, 900)
    told = run.event(Act.MARKET, "b", side=BUY, quantity=5)
    assert traded(told) == [("s", 900, 3)]
    assert reasons(told) == ["b nothing else to trade with at once"]
    assert len(run.book) == 0


def test_immediate_or_cancel_and_fill_or_kill():
    run = Session()
    run.limit("s", SELL, 3, 50)
    told = run.limit("fok", BUY, 4, 50, condition=FOK)
    assert not traded(told)
    assert reasons(told) == ["fok cannot be filled in full"]
    told = run.limit("ioc", BUY, 2, 50, condition=IOC)
    assert traded(told) == [("s", 50, 2)]
    assert traded(run.limit("fok", BUY, 1, 50, condition=FOK)) == [("s", 50, 1)]
    assert reasons(run.limit("ioc", BUY, 2, 50, condition=IOC)) == ["ioc nothing else to trade with at once"]


def test_an_iceberg_shows_a_part_and_queues_again():
    """10 lots, 4 show. 'behind' comes after it, but before its next part: 4 + 2 + 4 + 2 of the last 2."""
    run = Session()
    run.limit("ice", SELL, 10, 50, display=4)
    run.limit("behind", SELL, 2, 50)
    assert run.book.depth(SELL) == [(50, 6, 2)]
    assert traded(run.limit("b", BUY, 11, 50)) == [("ice", 50, 4), ("behind", 50, 2), ("ice", 50, 4), ("ice", 50, 1)]
    assert run.book.depth(SELL) == [(50, 1, 1)]


def test_the_next_part_of_an_iceberg_stands_behind_what_rests_already():
    run = Session()
    run.limit("ice", SELL, 10, 50, display=4)
    run.limit("behind", SELL, 2, 50)
    assert traded(run.limit("b1", BUY, 4, 50)) == [("ice", 50, 4)]
    assert traded(run.limit("b2", BUY, 3, 50)) == [("behind", 50, 2), ("ice", 50, 1)]


def test_hidden_quantity_counts_for_orders_that_want_all():
    run = Session()
    run.limit("ice", SELL, 10, 50, display=4)
    assert sum(quantity for *_, quantity in traded(run.limit("b", BUY, 10, 50, condition=FOK))) == 10


def test_all_or_none_waits_for_enough_and_is_passed_meanwhile():
    run = Session()
    run.limit("aon", BUY, 8, 50, condition=AON)
    run.limit("later", BUY, 2, 50)
    assert traded(run.limit("s1", SELL, 5, 49)) == [("later", 50, 2)]
    assert run.book.best(SELL) == 49  # 3 lots rest below the bid of 'aon', which cannot fill on them
    assert run.book.best(BUY) is None
    told = run.limit("s2", SELL, 6, 50)  # 3 + 6 are enough: 'aon' came first, so trades have its price
    assert [(each.id, *row) for each, row in zip(told[1:], traded(told), strict=True)] == [
        ("aon", "s1", 50, 3),
        ("aon", "s2", 50, 5),
    ]
    assert run.book.depth(SELL) == [(50, 1, 1)]


def test_an_all_or_none_order_trades_at_once_when_it_can():
    run = Session()
    run.limit("s", SELL, 8, 49)
    assert traded(run.limit("aon", BUY, 8, 50, condition=AON)) == [("s", 49, 8)]
    assert len(run.book) == 0


def test_an_order_expires_before_the_next_event():
    run = Session()
    run.limit("s", SELL, 3, 50, condition=GTD, until=10)
    told = run.limit("b", BUY, 3, 50, at=10)
    assert reasons(told) == ["s has expired"]
    assert not traded(told)
    assert reasons(run.book.expire(99)) == []
    run.limit("t", SELL, 3, 60, condition=GTD, until=200, at=100)
    assert reasons(run.book.expire(200)) == ["t has expired"]


def test_cancelling_and_replacing():
    run = Session()
    run.limit("a", SELL, 5, 50)
    run.limit("b", SELL, 5, 50)
    run.event(Act.REPLACE, "a", quantity=4, price=50)  # less at the same price keeps its place
    assert traded(run.limit("x", BUY, 1, 50)) == [("a", 50, 1)]
    run.event(Act.REPLACE, "a", quantity=6, price=50)  # more goes to the end
    assert traded(run.limit("y", BUY, 6, 50)) == [("b", 50, 5), ("a", 50, 1)]
    run.limit("z", BUY, 2, 45)
    told = run.event(Act.REPLACE, "a", quantity=3, price=44)  # a better price may trade at once
    assert traded(told) == [("z", 45, 2)]
    assert reasons(run.event(Act.CANCEL, "a")) == ["a as asked"]
    assert reasons(run.event(Act.CANCEL, "a")) == ["a no order of this party rests under the id"]


def test_nobody_touches_the_order_of_somebody_else():
    run = Session()
    run.limit("a", SELL, 5, 50)
    for act in (Act.CANCEL, Act.REPLACE):
        told = run.event(act, "a", party="thief", quantity=1, price=1)
        assert reasons(told) == ["a no order of this party rests under the id"]
    assert run.book.depth(SELL) == [(50, 5, 1)]


@pytest.mark.parametrize(
    ("rule", "trades", "left", "said"),
    [
        (SelfTrade.ALLOW, [("mine", 50, 2), ("other", 50, 1)], 0, []),
        (SelfTrade.CANCEL_RESTING, [("other", 50, 2)], 1, ["mine would trade with its own party"]),
        (SelfTrade.CANCEL_INCOMING, [], 2, ["b would trade with its own party"]),
        (SelfTrade.CANCEL_BOTH, [], 1, ["mine would trade with its own party", "b would trade with its own party"]),
    ],
)
def test_self_trades(rule: SelfTrade, trades: list[Any], left: int, said: list[str]):
    run = Session(rule)
    run.limit("mine", SELL, 2, 50, party="p")
    run.limit("other", SELL, 2, 50)
    told = run.limit("b", BUY, 3, 50, party="p", condition=IOC if rule is SelfTrade.CANCEL_RESTING else 0)
    assert traded(told) == trades
    assert [each for each in reasons(told) if "own party" in each] == said
    assert sum(orders for *_, orders in run.book.depth(SELL)) == left + (rule is SelfTrade.ALLOW) - (
        rule is SelfTrade.CANCEL_RESTING
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quantity": 0}, "not within 1 to"),
        ({"side": 0}, "neither buy"),
        ({"id": ""}, "has no id"),
        ({"time": -5}, "before that of the last event"),
        ({"act": 9}, "act 9 is unknown"),
        ({"condition": 9}, "condition 9 is unknown"),
        ({"condition": GTD, "until": 1}, "not after its time"),
        ({"condition": AON, "display": 1}, "can show a part"),
        ({"display": 1, "quantity": 5000}, "show more"),
        ({"act": Act.MARKET, "condition": AON}, "does not rest"),
        ({"price": 2**60}, "ticks of 0"),
        ({"id": "there"}, "rests in the book already"),
    ],
)
def test_a_wrong_event_is_rejected_and_changes_nothing(wrong: dict[str, Any], said: str):
    book = ContinuousBook()
    book.submit(Event(1, Act.LIMIT, "there", "p", SELL, 50, 1))
    before = book.snapshot()
    plain: dict[str, Any] = dict(time=1, act=Act.LIMIT, id="n", party="q", side=BUY, price=50, quantity=1)
    told = book.submit(Event(**plain | wrong))
    assert [each.what for each in told] == [What.REJECTED]
    assert said in told[0].reason
    assert book.snapshot() == before


def test_a_book_holds_only_so_many_orders_of_all_or_none():
    run = Session()
    for number in range(MOST_ALL_OR_NONE):
        run.limit(f"n{number}", BUY, 2, 50, condition=AON)
    assert "already" in run.limit("one more", BUY, 2, 50, condition=AON)[0].reason


def test_a_snapshot_goes_through_json_and_goes_on():
    run = Session()
    run.limit("ice", SELL, 10, 50, display=4)
    run.limit("aon", SELL, 7, 51, condition=AON)
    run.limit("gtd", SELL, 5, 50, condition=GTD, until=6)
    run.limit("x", BUY, 5, 50)
    kept = json.loads(json.dumps(asdict(run.book.snapshot())))
    other = ContinuousBook.restore(Snapshot(**kept))
    assert asdict(other.snapshot()) == asdict(run.book.snapshot())
    for event in (
        Event(5, Act.LIMIT, "y", "q", BUY, 50, 2),
        Event(6, Act.LIMIT, "z", "q", BUY, 51, 11),
    ):
        assert other.submit(event) == run.book.submit(event)
    assert asdict(other.snapshot()) == asdict(run.book.snapshot())


def test_columns_in_and_columns_out():
    events = OrderEvents(
        time=np.array([1, 2, 3]),
        act=np.array([Act.LIMIT] * 3),
        id=np.array(["a", "b", "c"]),
        party=np.array(["p", "q", "r"]),
        side=np.array([SELL, BUY, SELL]),
        price_ticks=np.array([50, 52, 48]),
        quantity_lots=np.array([3, 5, 1]),
    )
    told = match(events)
    assert told.buy.tolist() == ["b", "b"]
    assert told.sell.tolist() == ["a", "c"]
    assert told.price_ticks.tolist() == [50, 52]
    assert told.quantity_lots.tolist() == [3, 1]
    assert told.taker_side.tolist() == [BUY, SELL]
    assert told.to_bytes() == match(events).to_bytes()
    assert trades_of([]).trades == 0


def test_wrong_columns_are_issues():
    plain: dict[str, Any] = dict(time=np.array([1]), act=np.array([1]), id=np.array(["a"]), party=np.array(["p"]))
    with pytest.raises(InvalidInput, match="count ticks and lots"):
        match(OrderEvents(**plain, price_ticks=np.array([1.5])))
    with pytest.raises(InvalidInput, match="one entry per event"):
        match(OrderEvents(**plain, side=np.array([1, 1])))


def test_ticks_and_lots_are_exact():
    assert whole_units([0.3, "1.10", -5], "0.1").tolist() == [3, 11, -50]
    with pytest.raises(InvalidInput, match=r"prices\[1\]: is 0.35; it must be a multiple of 0.1"):
        whole_units([0.3, 0.35], "0.1", "prices")
    with pytest.raises(InvalidInput, match="multiple"):
        whole_units(["nan"], "0.1")
