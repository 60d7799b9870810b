"""A continuous double auction: orders meet as they come, by price and then by time.

A book holds the orders of one product. An event is a new limit or market order, a cancellation or a replacement; a new
order first trades against the other side, best price first and at one price in the order of arrival, then what is left
rests. A trade has the price of the order that came first. Prices are whole ticks and quantities whole lots: there is no
fraction anywhere, so nothing is lost in rounding.

Conditions of an order:
    good till cancelled    rests until it is filled or cancelled
    good till date         or until its time `until` has come: it expires before the first event at or after that
    immediate or cancel    trades what it can at once; the rest is cancelled. Market orders do the same at any price
    fill or kill           trades in full at once, or not at all
    all or none            trades in full or rests, and does not stand in the way: others pass it while they cannot fill
                           it. After every event the oldest of them that can now be filled in full is
Iceberg: with `display` only so much shows; once that has traded, the next part joins the end of the queue at its price.
Replacement: a lower quantity at the same price keeps its place; anything else is a new arrival under the old id.
Self-trade: two orders of one party either trade, or the resting one, the incoming one, or both are cancelled.

Laws: after every event the best bid is below the best offer, orders of all or none left aside; what is bought is sold;
an order trades only after all that came before it at its price or have a better one; the same events give the same
executions, from the beginning or from a snapshot.
Greedy by rule: whether an order can be filled in full is asked in the order of the queue, passing orders of all or none
that are larger than what is missing; other combinations are not tried.
Not modelled: implied orders between products, auctions at the opening; see `uniform.py` for a call auction.

Levels are a dictionary with a sorted list of its prices, best last: markets have some thousands of prices at most, and
new ones come near the best, so that a plain list is quicker than any tree. Queues are ordered dictionaries by id.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.events import (
    LARGEST,
    LEAST_DISPLAY,
    SHOWS_TOO_LITTLE,
    Act,
    Condition,
    Event,
    Execution,
    SelfTrade,
    What,
    wrong,
)
from c4e_opt.trading.snapshot import FIELDS, Snapshot, unsound

#: A book holds so many orders of all or none, which are looked at after every event.
MOST_ALL_OR_NONE = 1000
TRADED = What.TRADED  # looked up once


class _Order:
    __slots__ = ("condition", "display", "id", "left", "party", "price", "rank", "shown", "side", "until")

    def __init__(self, event: Event, rank: int) -> None:
        _, _, self.id, self.party, self.side, self.price, self.left, self.condition, self.display, self.until = event
        self.rank = rank
        self.shown = 0

    @property
    def whole(self) -> bool:
        """Whether it trades in full only."""
        return self.condition == 4 or self.condition == 3


class _Level:
    __slots__ = ("queue", "special")

    def __init__(self) -> None:
        self.queue: OrderedDict[str, _Order] = OrderedDict()
        self.special = 0  # how many are icebergs or all or none


class _Half:
    """The resting orders of one side; a key is a price with the sign that makes the best the largest."""

    __slots__ = ("keys", "levels", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def add(self, order: _Order) -> None:
        key = -self.side * order.price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = _Level()
            insort(self.keys, key)
        level.queue[order.id] = order
        level.special += order.display > 0 or order.condition == Condition.ALL_OR_NONE

    def remove(self, order: _Order) -> None:
        key = -self.side * order.price
        level = self.levels[key]
        del level.queue[order.id]
        level.special -= order.display > 0 or order.condition == Condition.ALL_OR_NONE
        if not level.queue:
            del self.levels[key]
            if self.keys[-1] == key:
                self.keys.pop()
            else:
                del self.keys[bisect_left(self.keys, key)]

    def orders(self) -> Iterator[_Order]:
        for key in reversed(self.keys):
            yield from self.levels[key].queue.values()


@dataclass(slots=True)
class _Plan:
    """What an order would do to the other side."""

    fills: list[tuple[_Order, int]]
    cancels: dict[str, _Order]
    missing: int
    stopped: bool  # by an order of the same party


class ContinuousBook:
    """The book of one product."""

    def __init__(self, self_trade: SelfTrade = SelfTrade.CANCEL_RESTING) -> None:
        """Start empty.

        Args:
            self_trade: What happens when two orders of one party meet.
        """
        self.self_trade = SelfTrade(self_trade)
        self.time = -LARGEST
        self._rank = 0
        self._live: dict[str, _Order] = {}
        self._halves = {BUY: _Half(BUY), SELL: _Half(SELL)}
        self._whole: dict[str, _Order] = {}  # resting orders of all or none, oldest first
        self._ends: list[tuple[int, int, str]] = []  # when orders expire
        self._told: list[Execution] = []

    def __len__(self) -> int:
        """How many orders rest."""
        return len(self._live)

    def submit(self, event: Event) -> list[Execution]:
        """Take an event.

        Args:
            event: The event; one that is wrong is rejected with a reason and changes nothing.

        Returns:
            What came of it, in order; expired orders first.
        """
        told = self._told = []
        why = wrong(event, self.time)
        if why:
            self._tell(What.REJECTED, event, why)
            return told
        self.time = event.time
        if self._ends and self._ends[0][0] <= self.time:
            self._expire()
        if event.act <= Act.MARKET:
            self._enter(event)
        elif event.act == Act.CANCEL:
            self._cancel(event)
        else:
            self._replace(event)
        if self._whole:
            self._wake()
        return told

    def expire(self, time: int) -> list[Execution]:
        """Let time pass without an event: orders whose date has come expire."""
        told = self._told = []
        self.time = max(self.time, time)
        self._expire()
        if self._whole:
            self._wake()
        return told

    def best(self, side: int) -> int | None:
        """The best price of a side, orders of all or none left aside; None where nobody is."""
        for order in self._halves[side].orders():
            if order.condition != Condition.ALL_OR_NONE:
                return order.price
        return None

    def depth(self, side: int, levels: int = 10) -> list[tuple[int, int, int]]:
        """Price, quantity that shows and number of orders of the best levels; all or none does not show."""
        half, told = self._halves[side], list[tuple[int, int, int]]()
        for key in reversed(half.keys):
            if len(told) == levels:
                break
            shown = [o.shown for o in half.levels[key].queue.values() if o.condition != Condition.ALL_OR_NONE]
            if shown:
                told.append((-side * key, sum(shown), len(shown)))
        return told

    def snapshot(self) -> Snapshot:
        """Everything that the book holds."""
        orders = (*self._halves[BUY].orders(), *self._halves[SELL].orders())
        rows = tuple(tuple(getattr(order, name) for name in FIELDS) for order in orders)
        return Snapshot(self_trade=int(self.self_trade), time=self.time, rank=self._rank, orders=rows)

    @classmethod
    def restore(cls, kept: Snapshot) -> ContinuousBook:
        """A book that goes on where a snapshot was taken.

        Raises:
            InvalidInput: The snapshot is none of a book.
        """
        issues = list(unsound(kept))
        if issues:
            raise InvalidInput(issues)
        book = cls(SelfTrade(kept.self_trade))
        book.time, book._rank = kept.time, kept.rank
        for row in kept.orders:
            held = dict(zip(FIELDS, row, strict=True))
            told = {name: held[name] for name in ("id", "party", "side", "price", "condition", "display", "until")}
            order = _Order(Event(time=kept.time, act=Act.LIMIT, quantity=held["left"], **told), held["rank"])
            book._rest(order, held["shown"])
        book._whole = dict(sorted(book._whole.items(), key=lambda item: item[1].rank))
        return book

    def _tell(self, what: What, order: Any, reason: str, quantity: int | None = None) -> None:
        left = order.quantity if isinstance(order, Event) else order.left
        amount = left if quantity is None else quantity
        self._told.append(
            Execution(what, self.time, order.id, "", order.side, order.price, amount, reason, order.party, "")
        )

    def _enter(self, event: Event) -> None:
        if event.id in self._live:
            self._tell(What.REJECTED, event, "the id rests in the book already; give it another")
            return
        if event.condition == Condition.ALL_OR_NONE and len(self._whole) >= MOST_ALL_OR_NONE:
            self._tell(What.REJECTED, event, f"the book holds {MOST_ALL_OR_NONE} orders of all or none already")
            return
        self._rank += 1
        at_any_price = event.act == Act.MARKET
        self._take(_Order(event._replace(price=0) if at_any_price else event, self._rank), at_any_price)

    def _take(self, order: _Order, at_any_price: bool = False) -> None:
        """Let an order trade, and rest or go."""
        plan = self._plan(order, at_any_price)
        if plan is None or (plan.missing and order.whole):
            if order.condition == Condition.FILL_OR_KILL:
                self._tell(What.CANCELLED, order, "cannot be filled in full")
                return
        else:
            self._apply(order, plan)
        if not order.left:
            return
        if plan is not None and plan.stopped and not order.whole:
            self._tell(What.CANCELLED, order, "would trade with its own party")
        elif at_any_price or order.condition == Condition.IMMEDIATE_OR_CANCEL:
            self._tell(What.CANCELLED, order, "nothing else to trade with at once")
        else:
            self._rest(order, min(order.display or order.left, order.left))
            self._tell(What.RESTED, order, "")

    def _plan(self, taker: _Order, at_any_price: bool = False) -> _Plan | None:
        """What an order would trade, in order, without doing it; None when there is nothing."""
        other = self._halves[-taker.side]
        floor = taker.side * taker.price
        if not other.keys or (other.keys[-1] < floor and not at_any_price):
            return None
        plan = _Plan([], {}, taker.left, False)
        for key in reversed(other.keys):
            if key < floor and not at_any_price:
                break
            level = other.levels[key]
            queue = _special(level) if level.special else ((order, order.left) for order in level.queue.values())
            self._pass(taker, queue, plan)
            if not plan.missing or plan.stopped:
                break
        return plan

    def _pass(self, taker: _Order, queue: Iterator[tuple[_Order, int]], plan: _Plan) -> None:
        """Go along one level until nothing is missing."""
        allowed = self.self_trade == SelfTrade.ALLOW
        for order, shows in queue:
            if order.party == taker.party and not allowed:
                if self.self_trade != SelfTrade.CANCEL_INCOMING:
                    plan.cancels[order.id] = order
                if self.self_trade != SelfTrade.CANCEL_RESTING:
                    plan.stopped = True
                    return
                continue
            if order.condition == Condition.ALL_OR_NONE and order.left > plan.missing:
                continue
            quantity = min(shows, plan.missing)
            plan.fills.append((order, quantity))
            plan.missing -= quantity
            if not plan.missing:
                return

    def _apply(self, taker: _Order, plan: _Plan) -> None:
        """Trade, and cancel what stands in the way of its own party."""
        told, time, side, by, party = self._told, self.time, taker.side, taker.id, taker.party
        for order, quantity in plan.fills:
            price = order.price if order.rank < taker.rank else taker.price
            told.append(Execution(TRADED, time, by, order.id, side, price, quantity, "", party, order.party))
            taker.left -= quantity
            order.left -= quantity
            order.shown -= quantity
            if not order.left:
                self._drop(order)
            elif not order.shown:
                order.shown = min(order.display, order.left)
                self._halves[order.side].levels[-order.side * order.price].queue.move_to_end(order.id)
        for order in plan.cancels.values():
            self._drop(order)
            self._tell(What.CANCELLED, order, "would trade with its own party")

    def _rest(self, order: _Order, shown: int) -> None:
        order.shown = shown
        self._live[order.id] = order
        self._halves[order.side].add(order)
        if order.condition == Condition.ALL_OR_NONE:
            self._whole[order.id] = order
        elif order.condition == Condition.GOOD_TILL_DATE:
            heapq.heappush(self._ends, (order.until, order.rank, order.id))
            if len(self._ends) > 2 * len(self._live) + 1024:
                live = (o for o in self._live.values() if o.condition == Condition.GOOD_TILL_DATE)
                self._ends = [(o.until, o.rank, o.id) for o in live]
                heapq.heapify(self._ends)

    def _drop(self, order: _Order) -> None:
        del self._live[order.id]
        self._halves[order.side].remove(order)
        self._whole.pop(order.id, None)

    def _expire(self) -> None:
        while self._ends and self._ends[0][0] <= self.time:
            _, rank, name = heapq.heappop(self._ends)
            order = self._live.get(name)
            if order is not None and order.rank == rank:
                self._drop(order)
                self._tell(What.CANCELLED, order, "has expired")

    def _cancel(self, event: Event) -> None:
        order = self._own(event)
        if order is not None:
            self._drop(order)
            self._tell(What.CANCELLED, order, "as asked")

    def _replace(self, event: Event) -> None:
        order = self._own(event)
        if order is None:
            return
        if event.price == order.price and event.quantity <= order.left and not order.whole:
            order.left = event.quantity
            order.shown = min(order.shown, event.quantity)
            self._tell(What.RESTED, order, "")
            return
        if order.display and event.quantity > order.display * LEAST_DISPLAY:
            self._tell(What.REJECTED, event, SHOWS_TOO_LITTLE)
            return
        self._drop(order)
        self._rank += 1
        order.rank, order.price, order.left = self._rank, event.price, event.quantity
        self._take(order)

    def _own(self, event: Event) -> _Order | None:
        """The resting order that an event is about; says so when there is none, or when it is somebody else's."""
        order = self._live.get(event.id)
        if order is None or order.party != event.party:
            self._tell(What.REJECTED, event, "no order of this party rests under the id")
            return None
        return order

    def _wake(self) -> None:
        """Fill orders of all or none that can be filled in full by now, the oldest first."""
        again = True
        while again:
            again = False
            for order in self._whole.values():
                plan = self._plan(order)
                if plan is not None and not plan.missing:
                    self._drop(order)
                    self._apply(order, plan)
                    again = True
                    break


def _special(level: _Level) -> Iterator[tuple[_Order, int]]:
    """The queue of a level with icebergs, each part that shows in its turn."""
    queue = deque((order, order.shown, order.left) for order in level.queue.values())
    while queue:
        order, shows, left = queue.popleft()
        yield order, shows
        if left > shows and order.condition != Condition.ALL_OR_NONE:
            queue.append((order, min(order.display, left - shows), left - shows))
