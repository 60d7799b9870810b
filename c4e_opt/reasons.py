"""Why each order is accepted or not, with its number, and what sets each price: from the case and the answer alone.

Codes, and the number of each, in the currency per MWh unless said otherwise:

    accepted            wholly; what it earns per MWh beyond its limit
    at_the_money        in part or not at all at its own limit: shared with others at that price; 0
    out_of_the_money    how much the price lacks of its limit
    congestion          out of the money here, and in the money across a limit that binds, `element`; the price there
    paradoxical         in the money and rejected: with it the price would pass its limit, which is the number
    link                its parent, `element`, is not accepted, or less of it
    group               others of its exclusive group, `element`, are accepted; what it would earn per MWh
    complex_order       its complex order, `element`, is not active; what that misses of its income, in the currency
    complex_limit       a gradient or a least power of its complex order, `element`, decides; what it would earn

Of buyers in a price group the price is that of the group, which is their `element`.

Source: own composition; the words are those of EUPHEMIA's public description.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome

#: Below this, in MWh, nothing of an order is accepted, or all of it; prices within this, per MWh, are the same.
_NOTHING_MWH, _SAME = 1e-5, 1e-4


class Why(StrEnum):
    """What decided an order."""

    ACCEPTED = "accepted"
    AT_THE_MONEY = "at_the_money"
    OUT_OF_THE_MONEY = "out_of_the_money"
    CONGESTION = "congestion"
    PARADOXICAL = "paradoxical"
    LINK = "link"
    GROUP = "group"
    COMPLEX_ORDER = "complex_order"
    COMPLEX_LIMIT = "complex_limit"


CODES = tuple(Why)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reasons:
    """What decided every order. Arrays (order,)."""

    code: IntArray  # a place in `CODES`
    number: FloatArray
    element: TextArray  # parent, group, complex order, price group or limit, kind/id; empty where there is none

    def of(self, place: int) -> tuple[Why, float, str]:
        """Code, number and element of one order."""
        return CODES[int(self.code[place])], float(self.number[place]), str(self.element[place])


def why(case: Case, outcome: Outcome) -> Reasons:
    """What decided every order of a case.

    Args:
        case: The case.
        outcome: Its answer, with a schedule.
    """
    book = case.orders
    accepted = outcome.order_table.values("accepted_mwh")
    earns = book.side * (outcome.order_table.values("cleared_eur_per_mwh") - book.price_eur_per_mwh)
    reached = book.side * (book.price_full_eur_per_mwh - book.price_eur_per_mwh) * accepted / book.energy_mwh
    earns = earns - reached  # of the next MWh
    whole, none = accepted >= book.energy_mwh - _NOTHING_MWH, accepted <= _NOTHING_MWH
    code = np.full(book.orders, CODES.index(Why.AT_THE_MONEY))
    number = np.zeros(book.orders)
    element = np.full(book.orders, "", dtype=_words(case))

    def say(where: BoolArray, what: Why, numbers: FloatArray, elements: Any = "") -> None:
        code[where] = CODES.index(what)
        number[where] = numbers[where]
        element[where] = elements[where] if isinstance(elements, np.ndarray) else elements

    say(~whole & (earns < -_SAME), Why.OUT_OF_THE_MONEY, -earns)
    _congested(case, outcome, none & (earns < -_SAME) & (book.price_group == ""), say)
    missed = ~whole & (earns > _SAME)
    say(missed, Why.PARADOXICAL, book.price_eur_per_mwh)
    grouped = missed & (book.group != "")
    say(grouped, Why.GROUP, earns, book.group)
    linked = ~whole & (book.parent >= 0)
    ratio = accepted / book.energy_mwh
    linked &= ratio >= ratio[book.parent] - 1e-9
    say(linked & (earns > -_SAME), Why.LINK, earns, np.append(book.id, "")[book.parent])
    _complexes(case, outcome, earns, ~whole, say)
    if "price_group" in book.said():
        element = np.where(book.price_group != "", np.char.add("price_group/", book.price_group), element)
    say(whole, Why.ACCEPTED, earns)
    return Reasons(code=code, number=number, element=element)


def setters(case: Case, outcome: Outcome) -> TextArray:
    """What sets every price: an order at its limit (order/id), or the two orders between whose limits it lies.

    Args:
        case: The case.
        outcome: Its answer, with a schedule.

    Returns:
        Words over (bus, time); "order/a .. order/b" between two, empty where no order is near: a component sets it.
    """
    book, price = case.orders, outcome.price_table.values("price_eur_per_mwh")
    area = _areas(case, outcome)
    accepted = outcome.order_table.values("accepted_mwh")
    found = np.full(price.shape, "", dtype=f"<U{2 * (book.id.dtype.itemsize // 4 + 6) + 4}")
    single = np.flatnonzero((book.lengths() == 1) & ~book.movable & (book.price_group == ""))
    limit = book.price_eur_per_mwh + (book.price_full_eur_per_mwh - book.price_eur_per_mwh) * accepted / book.energy_mwh
    for step in range(price.shape[1]):
        here = single[book.step[single] == step]
        for bus in range(price.shape[0]):
            mine = here[area[book.bus[here], step] == area[bus, step]]
            if not mine.size:
                continue
            at = mine[np.abs(limit[mine] - price[bus, step]) <= _SAME]
            if at.size:
                part = (accepted[at] > _NOTHING_MWH) & (accepted[at] < book.energy_mwh[at] - _NOTHING_MWH)
                found[bus, step] = f"order/{book.id[at[np.argmax(part)]]}"
                continue
            below, above = mine[limit[mine] < price[bus, step]], mine[limit[mine] > price[bus, step]]
            if below.size and above.size:
                low, high = below[np.argmax(limit[below])], above[np.argmin(limit[above])]
                found[bus, step] = f"order/{book.id[low]} .. order/{book.id[high]}"
    return found


def _words(case: Case) -> str:
    names = [
        each.id for kind in ("tie", "line", "interface", "complex_order") for each in case.components.get(kind, ())
    ]
    longest = max([len(name) + 40 for name in names], default=1)
    return f"<U{max(longest, case.orders.id.dtype.itemsize // 4, case.orders.group.dtype.itemsize // 4, 1)}"


def _areas(case: Case, outcome: Outcome) -> IntArray:
    """Buses between which nothing binds, by a number each, (bus, time): those that one price holds together."""
    price = outcome.price_table.values("price_eur_per_mwh")
    area: IntArray = np.tile(np.arange(price.shape[0], dtype=np.int64)[:, None], (1, price.shape[1]))
    place = {bus.id: n for n, bus in enumerate(case.buses)}
    pairs = [
        (place[each.from_bus], place[each.to_bus]) for kind in ("tie", "line") for each in case.components.get(kind, ())
    ]
    for _ in range(len(case.buses)):
        before = area.copy()
        for one, other in pairs:
            same = np.abs(price[one] - price[other]) <= _SAME
            least = np.minimum(area[one], area[other])
            area[one], area[other] = np.where(same, least, area[one]), np.where(same, least, area[other])
        if (area == before).all():
            break
    return area


def _congested(case: Case, outcome: Outcome, lost: BoolArray, say: Any) -> None:
    """Orders that would be accepted at a bus across a tie or a line at its limit."""
    book = case.orders
    ways = [(kind, each) for kind in ("tie", "line") for each in case.components.get(kind, ())]
    if not ways or not lost.any():
        return
    price, area = outcome.price_table.values("price_eur_per_mwh"), _areas(case, outcome)
    place = {bus.id: n for n, bus in enumerate(case.buses)}
    best, word = np.zeros(book.orders), np.full(book.orders, "", dtype=_words(case))
    rows = np.flatnonzero(lost & (book.lengths() == 1) & ~book.movable)
    step, own = book.step[rows], area[book.bus[rows], book.step[rows]]
    for kind, way in ways:
        for near, far in ((way.from_bus, way.to_bus), (way.to_bus, way.from_bus)):
            there = price[place[far], step]
            beside = (area[place[near], step] == own) & (area[place[far], step] != own)
            gain = book.side[rows] * (there - book.price_eur_per_mwh[rows])
            better = beside & (gain > _SAME) & ((word[rows] == "") | (gain > best[rows]))
            best[rows[better]], word[rows[better]] = gain[better], f"{kind}/{way.id}"
    across = book.price_eur_per_mwh + book.side * best
    say(word != "", Why.CONGESTION, across, word)


def _complexes(case: Case, outcome: Outcome, earns: FloatArray, open_: BoolArray, say: Any) -> None:
    """Orders of complex orders that are not active, or whose gradients decide."""
    records, book = case.components.get("complex_order", ()), case.orders
    table = outcome.schedule_table
    active = table.values("complex_order_active") if "complex_order_active" in table.quantities else None
    for row, record in enumerate(records):
        mine = (book.complex_order == record.id) & open_
        name = np.full(book.orders, record.id)
        decided = record.condition != "none" or bool(np.any(np.asarray(record.power_min_mw) > 0))
        if decided and active is not None and active[row] < 0.5:
            would = np.maximum(earns, 0.0) * book.energy_mwh * (book.complex_order == record.id)
            missing = np.full(book.orders, record.fixed_eur - would.sum())
            say(mine & (earns > -_SAME), Why.COMPLEX_ORDER, missing, name)
        else:
            say(mine & (earns > _SAME), Why.COMPLEX_LIMIT, earns, name)
