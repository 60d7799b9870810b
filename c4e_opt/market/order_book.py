"""The order book: step orders as columns, one place per order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.issues import Issue
from c4e_opt.units import Units

BUY, SELL = -1, 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderBook:
    """Step orders: buy or sell up to some energy at a bus in one step, at a price or better. All arrays (order,)."""

    id: TextArray  # unique
    party: IntArray  # place among the parties of the case
    bus: IntArray  # place among the buses of the case
    step: IntArray  # step of the horizon
    side: IntArray  # BUY or SELL
    price_eur_per_mwh: FloatArray  # limit: most a buyer pays, least a seller takes
    energy_mwh: FloatArray  # most that may be accepted, above zero; any part of it may be

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


def check(path: str, book: OrderBook, parties: int, buses: int, steps: int, units: Units) -> Iterator[Issue]:
    """What is wrong with a book; nothing, when it may be cleared.

    Args:
        path: Where the book stands.
        book: The book.
        parties: How many parties the case has.
        buses: How many buses.
        steps: How many steps.
        units: The units in which its writer reads names and numbers.
    """
    columns = ("party", "bus", "step", "side", "price_eur_per_mwh", "energy_mwh")
    for name in columns:
        if getattr(book, name).shape != book.id.shape:
            yield Issue(
                f"{path}.{name}",
                "length",
                f"has {getattr(book, name).size} entries; there are {book.orders} ids; give one entry per order",
            )
            return
    _, first, count = np.unique(book.id, return_index=True, return_counts=True)
    for place in np.sort(first[count > 1]):
        yield Issue(
            f"{path}[{place}].id", "duplicate_id", f"{str(book.id[place])!r} is used more than once; rename the others"
        )
    price, energy = units.declared("EUR/MWh"), units.declared("MWh")
    rules: tuple[tuple[str, str, str, BoolArray, str], ...] = (
        ("party", "", "unknown_reference", (book.party < 0) | (book.party >= parties), "names no party of the case"),
        ("bus", "", "unknown_reference", (book.bus < 0) | (book.bus >= buses), "names no bus of the case"),
        ("step", "", "horizon", (book.step < 0) | (book.step >= steps), f"is outside the horizon of {steps} steps"),
        ("side", "", "choice", np.abs(book.side) != 1, "is neither buy nor sell"),
        ("price_eur_per_mwh", "EUR/MWh", "finite", ~np.isfinite(book.price_eur_per_mwh), f"is no price in {price}"),
        ("energy_mwh", "MWh", "finite", ~np.isfinite(book.energy_mwh), f"is no energy in {energy}"),
        ("energy_mwh", "MWh", "range", book.energy_mwh <= 0, "is not above 0; drop the order or give its energy"),
    )
    for column, unit, rule, wrong, message in rules:
        for place in np.flatnonzero(wrong):
            shown = units.say(float(getattr(book, column)[place]), unit)
            where = f"{path}[{place}].{units.name(column, unit)}"
            yield Issue(where, rule, f"order {str(book.id[place])!r}: {shown} {message}")
