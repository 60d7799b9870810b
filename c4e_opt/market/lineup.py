"""The orders as a problem takes them: alike ones as one, and a block that may move as one order for each place.

Orders far from where the curves of their bus and step meet are decided at once (`market.merit_order`) and are in no
problem. Orders of one bus, side, price and time, of which nothing else is said, differ in nothing that matters to a
clearing: they become one order, and what it gets is handed on by rule: to lower ranks first, and within a rank in
proportion. A block that may move becomes an exclusive group of blocks that do not. The line is in an order of its own,
by what orders say and not by where they stand, so that a book in another order has the same answer.

Source: aggregated curves as every exchange clears them; own composition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.market.merit_order import decide
from c4e_opt.market.order_book import OrderBook


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lineup:
    """The orders of a problem, and which orders of the case they stand for.

    Attributes:
        book: The orders of the problem; a link names a place among these.
        origin: The case's.
        entry: Places in the case's book in the order of the line, (entry,): those of one order of the problem together.
        line: For every entry the place in `book`, rising.
        decided: Orders of the case that are accepted wholly and in no problem, (order,).
    """

    book: OrderBook
    origin: OrderBook
    entry: IntArray
    line: IntArray
    decided: BoolArray

    def handed(self, accepted_mwh: FloatArray) -> tuple[FloatArray, IntArray]:
        """What every order of the case gets (order,), and its first step (order,).

        Args:
            accepted_mwh: What every order of the problem gets.
        """
        got = np.where(self.decided, self.origin.energy_mwh, 0.0)
        first = self.origin.step.copy()
        if self.entry.size == self.book.orders:  # nothing to share out
            np.add.at(got, self.entry, accepted_mwh)  # a block that moves is there at several places
        else:
            np.add.at(got, self.entry, _shares(self, accepted_mwh))
        moved = self.origin.movable[self.entry] & (accepted_mwh[self.line] > 0)
        first[self.entry[moved]] = self.book.step[self.line[moved]]
        return got, first


#: Least and largest power that everything but orders puts into every bus, MW, (bus, time) each.
Range = tuple[FloatArray, FloatArray]


def line_up(book: OrderBook, hours: FloatArray, rest: Range | None = None) -> Lineup:
    """Put the orders of a case into the line of a problem.

    Args:
        book: A checked book.
        hours: Lengths of the steps of the horizon, (time,).
        rest: What else there may be at the buses; nothing is decided before the problem when None.
    """
    single = _plain(book)
    opened, decided = np.ones(book.orders, dtype=np.bool_), np.zeros(book.orders, dtype=np.bool_)
    if rest is not None:
        early = np.flatnonzero(single & (book.steps == 1))
        cell = book.bus[early] * hours.size + book.step[early]
        least, most = _others(book, opened & ~(single & (book.steps == 1)), hours, rest)
        known = decide(book, early, cell, least, most) if early.size else None
        if known is not None:
            opened[early], decided[early] = known.open, known.accepted
    entry, first = _places(book, np.flatnonzero(opened))
    span = np.int64(hours.size + 1)
    cell = ((book.bus[entry] * span + first) * span + book.lengths()[entry]) * 2 + (book.side[entry] > 0)
    plain = single[entry]
    sort = _sort(book, entry, cell, plain)
    entry, first, cell, plain = entry[sort], first[sort], cell[sort], plain[sort]
    price = book.price_eur_per_mwh[entry]
    alike = np.zeros(entry.size, dtype=np.bool_)
    alike[1:] = plain[1:] & plain[:-1] & (cell[1:] == cell[:-1]) & (price[1:] == price[:-1])
    begins = np.flatnonzero(~alike)
    line = np.cumsum(~alike) - 1
    orders = _book(book, entry, first, begins)
    return Lineup(book=orders, origin=book, entry=entry, line=line, decided=decided)


def _others(book: OrderBook, who: BoolArray, hours: FloatArray, rest: Range) -> Range:
    """The energy that some orders and everything but orders may put into every bus and step together, (cell,) each."""
    low, high = ((power * hours).ravel() for power in rest)
    some = np.flatnonzero(who)
    if some.size:
        entry, first = _places(book, some)
        placed = book.taken(entry)
        spread = placed.spread(hours, first)
        amount = spread.energy_mwh * placed.side[spread.order]
        at = placed.bus[spread.order] * hours.size + spread.step
        low = low + np.bincount(at, np.minimum(amount, 0.0), low.size)
        high = high + np.bincount(at, np.maximum(amount, 0.0), high.size)
    return low, high


def _places(book: OrderBook, some: IntArray) -> tuple[IntArray, IntArray]:
    """Some orders once each, one that may move once for each of its first steps; and these steps."""
    if not book.movable[some].any():
        return some, book.step[some]
    count = (book.step_last - book.step + 1)[some]
    entry = np.repeat(some, count)
    return entry, book.step[entry] + np.arange(entry.size) - np.repeat(np.cumsum(count) - count, count)


def _plain(book: OrderBook) -> BoolArray:
    """Orders of which nothing is said but bus, time, side, price, energy and rank, and that clear at their bus."""
    plain = (book.ratio_min == 0) & (book.price_full_eur_per_mwh == book.price_eur_per_mwh)
    said = book.said()
    if "group" in said:
        plain &= book.group == ""
    if "complex_order" in said:
        plain &= book.complex_order == ""
    if "price_group" in said:
        plain &= book.price_group == ""
    if "parent" in said:
        plain &= book.parent < 0
        plain[book.parent[book.parent >= 0]] = False
    plain[book.profile_order] = False
    return plain


def _sort(book: OrderBook, entry: IntArray, cell: IntArray, plain: BoolArray) -> IntArray:
    """The order of the line: by time and place, then from the best price to the worst, then by rank."""
    price = (book.side * book.price_eur_per_mwh)[entry]
    if plain.all() and "rank" not in book.said():
        return np.lexsort((price, cell))
    keys = (book.id, book.ratio_min, book.energy_mwh, book.price_full_eur_per_mwh, book.rank)
    if plain.all():
        return np.lexsort((book.rank[entry], price, cell))
    mixed = np.flatnonzero(~plain)
    some = entry[mixed]
    within = np.lexsort((*(key[some] for key in keys), price[mixed], cell[mixed]))
    rest = np.flatnonzero(plain)
    return np.concatenate([rest[np.lexsort((book.rank[entry[rest]], price[rest], cell[rest]))], mixed[within]])


def _book(book: OrderBook, entry: IntArray, first: IntArray, begins: IntArray) -> OrderBook:
    """The orders of the line, as a book."""
    lead = entry[begins]
    columns = {n: c[lead] for n, c in book.said().items() if not n.startswith("profile_")}
    columns["step"] = first[begins]
    columns["energy_mwh"] = np.add.reduceat(book.energy_mwh[entry], begins) if begins.size else np.zeros(0)
    at = np.full(book.orders + 1, -1, dtype=np.int64)
    at[lead] = np.arange(lead.size)
    if "parent" in columns:
        columns["parent"] = at[columns["parent"]]
    moves = book.movable[lead]
    if moves.any():
        own = np.char.add("@", book.id[lead])
        group = columns.get("group", np.zeros(lead.size, dtype=np.str_))
        columns["group"] = np.where(moves, own, group)
        columns["id"] = np.where(moves, np.char.add(np.char.add(book.id[lead], "@"), first[begins].astype(np.str_)),
                                 book.id[lead])  # fmt: skip
        columns.pop("step_last")
    if book.profile_order.size:
        columns |= _profiles(book, lead)
    return OrderBook(**columns)


def _profiles(book: OrderBook, lead: IntArray) -> dict[str, IntArray | FloatArray]:
    """The profiles of the orders of a line."""
    sort = np.argsort(book.profile_order, kind="stable")
    owner = book.profile_order[sort]
    begin, end = np.searchsorted(owner, lead, "left"), np.searchsorted(owner, lead, "right")
    count = end - begin
    row = sort[np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())]
    return {
        "profile_order": np.repeat(np.arange(lead.size), count),
        "profile_step": book.profile_step[row],
        "profile_mwh": book.profile_mwh[row],
    }


def _shares(lineup: Lineup, accepted_mwh: FloatArray) -> FloatArray:
    """What each entry gets of the order that it is a part of: lower ranks first, in proportion within a rank."""
    energy, rank, line = lineup.origin.energy_mwh[lineup.entry], lineup.origin.rank[lineup.entry], lineup.line
    new = np.ones(line.size, dtype=np.bool_)
    new[1:] = (line[1:] != line[:-1]) | (rank[1:] != rank[:-1])
    begins = np.flatnonzero(new)
    offered = np.add.reduceat(energy, begins) if begins.size else np.zeros(0)
    of = line[begins]
    through = np.cumsum(offered)
    before = through - offered
    before -= before[np.searchsorted(of, of, "left")]  # of the same order of the problem
    got = np.clip(accepted_mwh[of] - before, 0.0, offered)
    full = np.abs(got - offered) <= 1e-12 * np.maximum(1.0, offered)
    ratio = np.where(full, 1.0, got / offered)
    return energy * ratio[np.cumsum(new) - 1]
