"""Laws of a continuous book over any events, and a second book written without any thought of speed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_opt.trading.events import Act, Condition, Event, Execution, SelfTrade, What
from c4e_opt.trading.matching import match, trades_of

PLAIN = (Condition.GOOD_TILL_CANCELLED, Condition.IMMEDIATE_OR_CANCEL, Condition.FILL_OR_KILL)


@st.composite
def sessions(draw: st.DrawFn, conditions: tuple[int, ...] = tuple(Condition)) -> list[Event]:
    """Events of a handful of parties at a handful of prices, so that much of it meets."""
    events: list[Event] = []
    time = 0
    for number in range(draw(st.integers(1, 40))):
        time += draw(st.integers(0, 2))
        act = draw(st.sampled_from([Act.LIMIT] * 6 + [Act.MARKET, Act.CANCEL, Act.REPLACE]))
        party = draw(st.sampled_from("abc"))
        name = f"{party}{number}"
        if act >= Act.CANCEL and number:
            name = draw(st.sampled_from([each.id for each in events]))
            party = name[0]
        condition = draw(st.sampled_from(conditions)) if act == Act.LIMIT else 0
        display = draw(st.integers(1, 3)) if act == Act.LIMIT and condition < 2 and number % 2 == 0 else 0
        until = time + draw(st.integers(1, 6)) if condition == Condition.GOOD_TILL_DATE else 0
        side, price = draw(st.sampled_from([BUY, SELL])), draw(st.integers(-1, 1))
        quantity = draw(st.integers(1, 9))
        events.append(Event(time, act, name, party, side, price, quantity, condition, display, until))
    return events


def resting(book: ContinuousBook) -> list[dict[str, Any]]:
    kept = asdict(book.snapshot())["orders"]
    names = ("id", "party", "side", "price", "left", "shown", "display", "condition", "until", "rank")
    return [dict(zip(names, row, strict=True)) for row in kept]


@settings(max_examples=60, deadline=None)
@given(sessions(), st.sampled_from(SelfTrade))
def test_a_book_keeps_its_laws_after_every_event(events: list[Event], rule: SelfTrade):
    book = ContinuousBook(rule)
    limits: dict[str, tuple[int, int]] = {}
    for event in events:
        if event.act in (Act.LIMIT, Act.REPLACE) and (event.act == Act.LIMIT or event.id in limits):
            side = event.side if event.act == Act.LIMIT else limits[event.id][0]
        else:
            side = event.side
        before = {each["id"]: each for each in resting(book)}
        told = book.submit(event)
        if event.act in (Act.LIMIT, Act.REPLACE):
            limits[event.id] = (side, event.price)
        bid, offer = book.best(BUY), book.best(SELL)
        assert bid is None or offer is None or bid < offer
        after = {each["id"]: each for each in resting(book)}
        assert all(0 < each["shown"] <= each["left"] for each in after.values())
        bought, sold, taken = Counter[str](), Counter[str](), 0
        for each in told:
            if each.what != What.TRADED:
                continue
            assert each.quantity > 0
            (bought if each.side == BUY else sold)[each.id] += each.quantity
            (sold if each.side == BUY else bought)[each.other] += each.quantity
            taken += each.quantity
            for name, way in ((each.id, each.side), (each.other, -each.side)):
                if name in before and name != event.id:
                    limit = before[name]["price"]
                    assert each.price <= limit if way == BUY else each.price >= limit
            if rule is not SelfTrade.ALLOW:
                assert each.id[0] != each.other[0]
        assert sum(bought.values()) == sum(sold.values()) == taken
        gone = {each.id for each in told if each.what == What.CANCELLED}
        for name, order in before.items():
            if name != event.id and name not in gone:
                left = after[name]["left"] if name in after else 0
                assert order["left"] - left == bought[name] + sold[name]
                if order["condition"] == Condition.ALL_OR_NONE:
                    assert left in (0, order["left"])


@settings(max_examples=80, deadline=None)
@given(sessions(), st.sampled_from(SelfTrade), st.integers(0, 40))
def test_the_same_events_give_the_same_bytes_also_from_a_snapshot(events: list[Event], rule: SelfTrade, cut: int):
    book = ContinuousBook(rule)
    told = [each for event in events[:cut] for each in book.submit(event)]
    other = ContinuousBook.restore(book.snapshot())
    rest = [each for event in events[cut:] for each in book.submit(event)]
    assert [each for event in events[cut:] for each in other.submit(event)] == rest
    assert other.snapshot() == book.snapshot()
    assert match(events, self_trade=rule).to_bytes() == trades_of(told + rest).to_bytes()


class Slow:
    """The same market as a list that is searched for every trade; no dates and no orders of all or none."""

    def __init__(self, rule: SelfTrade) -> None:
        self.rule = rule
        self.rest: list[dict[str, Any]] = []
        self.arrivals = 0

    def submit(self, event: Event) -> list[tuple[str, str, int, int]]:
        if event.act >= Act.CANCEL:
            mine = [each for each in self.rest if each["id"] == event.id]
            if not mine:
                return []
            if event.act == Act.REPLACE and event.price == mine[0]["price"] and event.quantity <= mine[0]["left"]:
                mine[0]["left"] = event.quantity
                mine[0]["shown"] = min(mine[0]["shown"], event.quantity)
                return []
            self.rest.remove(mine[0])
            if event.act == Act.CANCEL:
                return []
            return self.enter(event._replace(side=mine[0]["side"], display=mine[0]["display"]), 0, False)
        return self.enter(event, event.condition, event.act == Act.MARKET)

    def enter(self, event: Event, condition: int, any_price: bool) -> list[tuple[str, str, int, int]]:
        before = [dict(each) for each in self.rest]
        left, stopped, trades = event.quantity, False, []
        while left and not stopped:
            meets = [
                each
                for each in self.rest
                if each["side"] != event.side and (any_price or (each["price"] - event.price) * event.side >= 0)
            ]
            if not meets:
                break
            each = min(meets, key=lambda each: (-each["price"] * event.side, each["rank"]))
            if each["party"] == event.party and self.rule is not SelfTrade.ALLOW:
                stopped = self.rule is not SelfTrade.CANCEL_RESTING
                if self.rule is not SelfTrade.CANCEL_INCOMING:
                    self.rest.remove(each)
                continue
            quantity = min(left, each["shown"])
            trades.append((event.id, each["id"], each["price"], quantity))
            left -= quantity
            each["left"] -= quantity
            each["shown"] -= quantity
            if not each["left"]:
                self.rest.remove(each)
            elif not each["shown"]:
                each |= {"shown": min(each["display"], each["left"]), "rank": self.next()}
        if left and condition == Condition.FILL_OR_KILL:
            self.rest = before
            return []
        if left and not stopped and not any_price and condition == 0:
            row = dict(id=event.id, party=event.party, side=event.side, price=event.price, left=left)
            shown = min(event.display or left, left)
            self.rest.append(row | {"rank": self.next(), "display": event.display, "shown": shown})
        return trades

    def next(self) -> int:
        self.arrivals += 1
        return self.arrivals


@settings(max_examples=150, deadline=None)
@given(sessions(PLAIN), st.sampled_from(SelfTrade))
def test_the_book_trades_as_a_sorted_list_does(events: list[Event], rule: SelfTrade):
    book, slow = ContinuousBook(rule), Slow(rule)
    for event in events:
        told: list[Execution] = book.submit(event)
        trades = [(e.id, e.other, e.price, e.quantity) for e in told if e.what == What.TRADED]
        assert trades == slow.submit(event)
    assert {(e["id"], e["left"]) for e in resting(book)} == {(e["id"], e["left"]) for e in slow.rest}
