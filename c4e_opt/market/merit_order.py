"""Which orders are decided before any problem is written: those far from where the curves of their bus and step meet.

Of plain orders, of one bus and step, the cheapest sellers and the dearest buyers are accepted first, whatever the rest
of the market does. Seen along rising prices, each order adds its energy to the net supply of the bus: a seller is
accepted from its price on, a buyer is no longer. So with c_k the net supply when the price has passed k orders, and
what the rest may put into the bus between `least` and `most`, the price stands where c = -most at the lowest and
c = -least at the highest. Orders beyond, and one more price on either side, are decided.

In a market of plain orders alone nothing is left but the orders at which the curves meet.

Source: the merit order of every exchange; own composition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.market.order_book import OrderBook

#: What the rest may put in is taken to be wider by this part of it, and by so much in MWh, than it is said to be.
_WIDER = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What is known of plain orders, (plain,)."""

    open: BoolArray  # depends on the rest
    accepted: BoolArray  # wholly, of those that are not open; the others not at all


def decide(book: OrderBook, plain: IntArray, cell: IntArray, least: FloatArray, most: FloatArray) -> Decided:
    """Find the plain orders whose acceptance does not depend on the rest.

    Args:
        book: The orders.
        plain: Places of the plain orders of one step.
        cell: The bus and step of each as one number, (plain,).
        least: Least energy that everything else puts into each cell, MWh, (cell,).
        most: Largest, likewise.
    """
    sort = _by_cell(book.price_eur_per_mwh[plain], cell)
    at, place = cell[sort], plain[sort]
    price, energy, sells = book.price_eur_per_mwh[place], book.energy_mwh[place], book.side[place] > 0
    new = np.ones(at.size, dtype=np.bool_)
    new[1:] = at[1:] != at[:-1]
    begin, of = np.flatnonzero(new), np.cumsum(new) - 1
    bought, offered = np.add.reduceat(np.where(sells, 0.0, energy), begin), np.add.reduceat(energy, begin)
    through = np.cumsum(energy)
    supply = through - (through[begin] - energy[begin] + bought)[of]  # after each order
    wider = _WIDER * (1.0 + offered)
    low, high = (-most[at[begin]] - wider)[of], (-least[at[begin]] + wider)[of]
    new[1:] |= price[1:] != price[:-1]
    level = np.cumsum(new)
    meets = np.zeros(at.size + 2, dtype=np.bool_)
    meets[level[(supply >= low) & (supply - energy <= high)]] = True
    near = meets.copy()
    near[1:] |= meets[:-1]
    near[:-1] |= meets[1:]
    opened, accepted = np.zeros(plain.size, dtype=np.bool_), np.zeros(plain.size, dtype=np.bool_)
    opened[sort] = near[level]
    accepted[sort] = sells == (supply < low)
    return Decided(opened, accepted & ~opened)


def _by_cell(price: FloatArray, cell: IntArray) -> IntArray:
    """Places in the order of the cells and, within each, of rising prices."""
    rising = np.argsort(price)
    small = np.uint16 if cell.size and cell.max() < 2**16 else np.int64  # short numbers are sorted by their digits
    return rising[np.argsort(cell[rising].astype(small), kind="stable")]
