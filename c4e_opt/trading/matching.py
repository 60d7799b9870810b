"""A whole session of a continuous market at once: columns of events in, columns of trades out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_opt.trading.events import LARGEST, Event, Execution, SelfTrade, What


def _unsaid() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderEvents:
    """Events in their order, one place each; all arrays (event,). A column that is not given is 0 everywhere."""

    time: IntArray  # never falling, in any unit
    act: IntArray  # see `events.Act`
    id: TextArray
    party: TextArray
    side: IntArray = field(default_factory=_unsaid)  # BUY or SELL
    price_ticks: IntArray = field(default_factory=_unsaid)
    quantity_lots: IntArray = field(default_factory=_unsaid)
    condition: IntArray = field(default_factory=_unsaid)  # see `events.Condition`
    display_lots: IntArray = field(default_factory=_unsaid)
    until: IntArray = field(default_factory=_unsaid)

    def __iter__(self) -> Iterator[Event]:
        """Every event.

        Raises:
            InvalidInput: Columns differ in length, or hold other than whole numbers.
        """
        columns: list[Iterable[Any]] = []
        issues: list[Issue] = []
        for each in fields(self):
            column = np.asarray(getattr(self, each.name))
            if column.size == 0 and each.name not in _REQUIRED:
                column = np.zeros(self.time.size, dtype=np.int64)
            if column.shape != self.time.shape:
                told = f"has shape {column.shape}; there are {self.time.size} times, give one entry per event"
                issues.append(Issue(each.name, "length", told))
            elif each.name not in ("id", "party") and column.dtype.kind not in "iu" and column.size:
                issues.append(Issue(each.name, "whole", "is not made of whole numbers; count ticks and lots"))
            columns.append(column.tolist())
        if issues:
            raise InvalidInput(issues)
        return (Event(*row) for row in zip(*columns, strict=True))


_REQUIRED = ("time", "act", "id", "party")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """Trades in their order; all arrays (trade,)."""

    time: IntArray
    buy: TextArray  # id of the order that buys
    sell: TextArray  # id of the order that sells
    price_ticks: IntArray
    quantity_lots: IntArray
    taker_side: IntArray  # BUY or SELL: the side of the order that took

    @property
    def trades(self) -> int:
        """How many there are."""
        return self.time.size

    def to_bytes(self) -> bytes:
        """The trades as bytes: the same for the same trades, on any machine."""
        numbers = np.stack([self.time, self.price_ticks, self.quantity_lots, self.taker_side]).astype("<i8")
        words = "\x00".join([*self.buy.tolist(), *self.sell.tolist()])
        return numbers.tobytes() + words.encode()


def match(
    events: Iterable[Event], *, self_trade: SelfTrade = SelfTrade.CANCEL_RESTING, book: ContinuousBook | None = None
) -> Trades:
    """The trades of a session.

    Args:
        events: Columns, or events one by one.
        self_trade: What happens when two orders of one party meet.
        book: The book to go on with, which is changed; a new one when None.

    Raises:
        InvalidInput: Columns differ in length, or hold other than whole numbers. Events that a book does not take are
            no error: they do not trade.
    """
    held = ContinuousBook(self_trade) if book is None else book
    submit = held.submit
    return trades_of([told for event in events for told in submit(event)])


def trades_of(executions: Sequence[Execution]) -> Trades:
    """The trades among executions."""
    traded = [each for each in executions if each.what == What.TRADED]
    columns = list(zip(*traded, strict=True)) if traded else [()] * len(Execution._fields)
    _, time, taker, maker, side, price, quantity, *_ = columns
    number = np.array([time, side, price, quantity], dtype=np.int64).reshape(4, -1)
    buys = number[1] < 0
    first, second = (np.array(names, dtype=np.str_) for names in (taker, maker))
    return Trades(
        time=number[0],
        buy=np.where(buys, first, second),
        sell=np.where(buys, second, first),
        price_ticks=number[2],
        quantity_lots=number[3],
        taker_side=number[1],
    )


def whole_units(amounts: Iterable[object], unit: str, name: str = "amounts") -> IntArray:
    """Amounts as whole multiples of a tick or a lot, exactly; what lies between is an issue, never rounded.

    Args:
        amounts: Numbers or digit strings; a float counts as the shortest decimal that means it.
        unit: The tick or the lot, such as "0.01".
        name: What the amounts are called in issues.

    Raises:
        InvalidInput: An amount is no number or no multiple of the unit.
    """
    step = Decimal(unit)
    whole: list[int] = []
    issues: list[Issue] = []
    for place, amount in enumerate(amounts):
        try:
            units = Decimal(str(amount)) / step
            count = int(units)
        except (InvalidOperation, OverflowError, ValueError):
            units, count = None, 0
        if units is None or units != count or abs(count) > LARGEST:
            issues.append(Issue(f"{name}[{place}]", "multiple", f"is {amount}; it must be a multiple of {unit}"))
        whole.append(count)
    if issues:
        raise InvalidInput(issues)
    return np.array(whole, dtype=np.int64)
