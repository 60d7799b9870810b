"""Price groups: buyers at several buses that pay one price, as the Italian single national price (PUN) makes them.

Definition, for a group and a step, with its orders o at buses n(o), accepted energies q and prices p of the buses:
    price of the group   P = sum of p[n(o)] * q[o] / sum of q[o]; where nothing is accepted, with the energies of the
                         orders that come first in the place of q
    acceptance           an order above P is accepted wholly, one below P is not, whatever the price of its bus
    merit order          dearer orders come first, of one price lower ranks, and equal ranks share in proportion: none
                         is accepted before those that come before it are accepted wholly, at whichever bus they are

So what a group takes together in a step says what each of its orders gets: its ladder. What buyers pay is what their
buses get; nothing is left over.

Source: EUPHEMIA public description (NEMO committee), PUN orders and PUN search; Savelli, Cornelusse, Giannitrapani,
Paoletti, Vicino (2018), A new approach to electricity market clearing with uniform purchase price and curtailable
block orders, arXiv:1711.07731.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray, TextArray
from c4e_opt.market.order_book import OrderBook

#: So close to an end of a level, in MWh and in parts of what the group wants, is at it.
_AT = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ladder:
    """The orders of price groups as they are accepted, one after another.

    A cell is a group in a step; a level is all of its orders of one price and rank.
    """

    group: TextArray  # name (cell,)
    step: IntArray  # (cell,)
    order: IntArray  # places in the book, best first within each cell, (entry,)
    level: IntArray  # (entry,)
    share: FloatArray  # part of the level (entry,)
    cell: IntArray  # (level,)
    price: FloatArray  # (level,)
    before: FloatArray  # energy that comes before, MWh, (level,)
    energy: FloatArray  # (level,)

    @classmethod
    def of(cls, book: OrderBook) -> Ladder | None:
        """The ladders of a book; None without price groups."""
        if "price_group" not in book.said():
            return None
        inside = np.flatnonzero(book.price_group != "")
        inside = inside[np.lexsort((book.rank[inside], -book.price_eur_per_mwh[inside], book.step[inside],
                                    book.price_group[inside]))]  # fmt: skip
        group, step, price = book.price_group[inside], book.step[inside], book.price_eur_per_mwh[inside]
        new_cell = np.ones(inside.size, dtype=np.bool_)
        new_cell[1:] = (group[1:] != group[:-1]) | (step[1:] != step[:-1])
        new_level = new_cell.copy()
        new_level[1:] |= (price[1:] != price[:-1]) | (book.rank[inside][1:] != book.rank[inside][:-1])
        level, begins = np.cumsum(new_level) - 1, np.flatnonzero(new_level)
        cell = (np.cumsum(new_cell) - 1)[begins]
        energy = np.bincount(level, book.energy_mwh[inside]).astype(np.float64, copy=False)
        through = np.cumsum(energy) - energy
        return cls(
            group=group[new_cell], step=step[new_cell], order=inside, level=level,
            share=book.energy_mwh[inside] / energy[level], cell=cell, price=price[begins],
            before=through - through[np.searchsorted(cell, cell)], energy=energy,
        )  # fmt: skip

    @property
    def cells(self) -> int:
        """How many groups and steps there are together."""
        return self.step.size

    def wanted(self) -> FloatArray:
        """All that the orders of each cell want, MWh, (cell,)."""
        return np.bincount(self.cell, self.energy, self.cells).astype(np.float64, copy=False)

    def taken(self, accepted: FloatArray) -> FloatArray:
        """What the orders of each cell get together, MWh, (cell,), of what every order gets, (entry,)."""
        return np.bincount(self.cell[self.level], accepted, self.cells).astype(np.float64, copy=False)

    def accepted(self, taken: FloatArray) -> FloatArray:
        """What every order gets, MWh, (entry,), of what its cell gets, (cell,)."""
        part = np.clip((taken[self.cell] - self.before) / self.energy, 0.0, 1.0)
        near = self._near() / self.energy
        part = np.where(part > 1.0 - near, 1.0, np.where(part < near, 0.0, part))
        return (part * self.energy)[self.level] * self.share

    def limits(self, taken: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The least and the largest price of each cell at which its orders get so much, (cell,) each."""
        low, high = np.full(self.cells, -np.inf), np.full(self.cells, np.inf)
        open_ = taken[self.cell] < self.before + self.energy - self._near()
        begun = taken[self.cell] > self.before + self._near()
        np.maximum.at(low, self.cell[open_], self.price[open_])
        np.minimum.at(high, self.cell[begun], self.price[begun])
        return low, high

    def weights(self, accepted: FloatArray) -> FloatArray:
        """How much the bus of each order counts in the price of its cell, (entry,); those of a cell add up to 1."""
        first = np.zeros(self.cell.size, dtype=np.bool_)
        first[np.searchsorted(self.cell, np.arange(self.cells))] = True
        of, taken = self.cell[self.level], self.taken(accepted)
        none = (taken <= _AT)[of]
        counts = np.where(none, first[self.level] * self.share, accepted)
        return counts / np.bincount(of, counts, self.cells)[of]

    def means(self, accepted: FloatArray, price: FloatArray) -> FloatArray:
        """The price of each cell, (cell,), of the price at the bus of each order, (entry,)."""
        of = self.cell[self.level]
        return np.bincount(of, self.weights(accepted) * price, self.cells).astype(np.float64, copy=False)

    def _near(self) -> FloatArray:
        return np.minimum(_AT * np.maximum(1.0, self.wanted()[self.cell]), 0.25 * self.energy)
