"""The order book: orders as columns, one place per order.

An order offers energy in one step or several and is accepted by one ratio x, which is 0 or from ratio_min to 1: of
every step of the order the same part. So a step order (ratio_min 0), an order of a longer product (several steps), a
block with a profile, an all-or-none order (ratio_min 1), a linked block (parent), a member of an exclusive group
(group) and a movable block (step_last) are one kind of thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray

BUY, SELL = -1, 1


def _unsaid() -> Any:
    return np.zeros(0)


def _plain(default: Any) -> Callable[[OrderBook], Any]:
    return lambda book: np.broadcast_to(np.array(default), book.id.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """The energies of orders at their first place, in a long table: one entry per order and step. Arrays (entry,)."""

    order: IntArray  # place of the order, rising
    step: IntArray
    energy_mwh: FloatArray  # if the order is fully accepted; of one order they add up to its energy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderBook:
    """Orders to buy or sell up to some energy at a bus, at a price or better. All arrays (order,) but the profiles.

    A column that is not given says nothing special of any order: one step, one price, divisible, fixed in time, alone.
    """

    id: TextArray  # unique
    party: IntArray  # place among the parties of the case
    bus: IntArray  # place among the buses of the case
    step: IntArray  # first step, a place in the horizon
    side: IntArray  # BUY or SELL
    price_eur_per_mwh: FloatArray  # limit: most a buyer pays, least a seller takes, on the mean over its energy
    energy_mwh: FloatArray  # most that may be accepted over all its steps, above zero
    steps: IntArray = field(default_factory=_unsaid)  # how many consecutive steps it takes, at one power
    price_full_eur_per_mwh: FloatArray = field(default_factory=_unsaid)  # limit of its last part; between them a line
    ratio_min: FloatArray = field(default_factory=_unsaid)  # least part that may be accepted, if any is
    step_last: IntArray = field(default_factory=_unsaid)  # latest first step of a block that may move
    parent: IntArray = field(default_factory=_unsaid)  # place of the order without which it may not be; -1 for none
    group: TextArray = field(default_factory=_unsaid)  # exclusive group: ratios of its members add up to 1 at most
    complex_order: TextArray = field(default_factory=_unsaid)  # id of the complex order that it is a part of
    price_group: TextArray = field(default_factory=_unsaid)  # group of buyers that pay one price at all buses
    rank: IntArray = field(default_factory=_unsaid)  # at one price lower ones come first: time stamp or merit order
    profile_order: IntArray = field(default_factory=_unsaid)  # place of an order whose power differs by step, (entry,)
    profile_step: IntArray = field(default_factory=_unsaid)  # steps after its first one, (entry,)
    profile_mwh: FloatArray = field(default_factory=_unsaid)  # its energy there, (entry,)

    def __post_init__(self) -> None:
        """Fill in the columns that are not given."""
        for name, default in _DEFAULTS.items():
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, default(self))
        for name in ("profile_order", "profile_step"):
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, np.zeros(0, dtype=np.int64))

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return self.id.size

    @classmethod
    def empty(cls) -> OrderBook:
        """A book without orders."""
        none, numbers = np.zeros(0, dtype=np.int64), np.zeros(0)
        return cls(
            id=np.zeros(0, dtype=np.str_),
            party=none,
            bus=none,
            step=none,
            side=none,
            price_eur_per_mwh=numbers,
            energy_mwh=numbers,
        )

    def said(self) -> dict[str, Any]:
        """The columns that say something, by name: those of every order, and others where one differs from plain."""
        every = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {n: content for n, content in every if n not in _OPTIONAL or not _as_default(self, n, content)}

    def taken(self, place: IntArray | BoolArray) -> OrderBook:
        """The orders at some places, in that order; links to orders that are not among them are cut."""
        rows = np.flatnonzero(place) if place.dtype == np.bool_ else place
        where = np.full(self.orders + 1, -1, dtype=np.int64)
        where[rows] = np.arange(rows.size)
        columns: dict[str, Any] = {
            name: column[rows] for name, column in self.said().items() if not name.startswith("profile_")
        }
        if "parent" in columns:
            columns["parent"] = where[columns["parent"]]
        kept = np.flatnonzero(where[self.profile_order] >= 0)
        order = where[self.profile_order[kept]]
        return OrderBook(
            **columns, profile_order=order, profile_step=self.profile_step[kept], profile_mwh=self.profile_mwh[kept]
        )

    def moved(self, steps: int) -> OrderBook:
        """The same book, every order so many steps later."""
        last = {"step_last": self.step_last + steps} if self.movable.any() else {}
        columns: dict[str, Any] = {**self.said(), **last, "step": self.step + steps}
        return OrderBook(**columns)

    def lengths(self) -> IntArray:
        """How many steps each order reaches over, from its first."""
        if not self.profile_order.size:
            return self.steps
        last = np.zeros(self.orders, dtype=np.int64)
        np.maximum.at(last, self.profile_order, self.profile_step + 1)
        return np.maximum(self.steps, last)

    def spread(self, hours: FloatArray, first: IntArray | None = None) -> Spread:
        """The energies of all orders by step.

        Args:
            hours: Lengths of the steps of the horizon, (time,): an order without a profile has one power in its steps.
            first: First step of every order; the one that it names when None.
        """
        begin = self.step if first is None else first
        whole = np.arange(self.orders)
        if not self.profile_order.size and (self.steps == 1).all():
            return Spread(order=whole, step=begin, energy_mwh=self.energy_mwh)
        shaped = np.zeros(self.orders, dtype=np.bool_)
        shaped[self.profile_order] = True
        count = np.where(shaped, 0, self.steps)
        order = np.repeat(whole, count)
        step = begin[order] + np.arange(order.size) - np.repeat(np.cumsum(count) - count, count)
        length = hours[step]
        share = length / np.bincount(order, length, self.orders)[order]
        energy = np.where(self.steps[order] == 1, self.energy_mwh[order], self.energy_mwh[order] * share)
        order = np.concatenate([order, self.profile_order])
        step = np.concatenate([step, begin[self.profile_order] + self.profile_step])
        energy = np.concatenate([energy, self.profile_mwh])
        sort = np.lexsort((step, order))
        return Spread(order=order[sort], step=step[sort], energy_mwh=energy[sort])

    @property
    def indivisible(self) -> BoolArray:
        """Orders that are accepted from a least part on, or not at all."""
        return self.ratio_min > 0

    @property
    def movable(self) -> BoolArray:
        """Orders whose first step is for the market to choose."""
        return self.step_last > self.step


#: What a column says of an order of which nothing is said.
_DEFAULTS: Mapping[str, Callable[[OrderBook], Any]] = {
    "steps": _plain(1),
    "price_full_eur_per_mwh": lambda book: book.price_eur_per_mwh,
    "ratio_min": _plain(0.0),
    "step_last": lambda book: book.step,
    "parent": _plain(-1),
    "group": _plain(""),
    "complex_order": _plain(""),
    "price_group": _plain(""),
    "rank": _plain(0),
}
_OPTIONAL: Sequence[str] = (*_DEFAULTS, "profile_order", "profile_step", "profile_mwh")


def _as_default(book: OrderBook, name: str, content: Any) -> bool:
    """Whether a column says nothing special of any order."""
    if name not in _DEFAULTS:
        return content.size == 0
    if content.ndim and content.strides == (0,):
        return True
    plain = _DEFAULTS[name](book)
    return content is plain or (content.shape == plain.shape and bool((content == plain).all()))
