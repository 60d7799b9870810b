"""What is wrong with an order book: every order that cannot be cleared as it is written, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.axes import Horizon
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import OrderBook
from c4e_opt.units import Units

#: So far from a whole number of ticks or lots, in parts of one, a price or an energy may be.
_TICK = 1e-6
#: Profiles add up to the energy of their order within this part of it.
_SAME = 1e-9
#: Prices in EUR/MWh and energies in MWh beyond which solvers take numbers for no bound at all, with room to add them.
_LARGEST = 1e15
#: Orders listed one by one of a fault that more have.
_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the check of a book may look at beyond its columns."""

    parties: int
    buses: Sequence[str]
    carriers: Sequence[str]  # of the buses
    horizon: Horizon
    complex_orders: Mapping[str, Any]  # by id
    markets: Sequence[Any]
    units: Units
    pricing: str  # rule of prices


@dataclass(frozen=True, slots=True)
class _Rule:
    """Orders that break one rule: the column that shows it, its unit, and what to say after its value."""

    column: str
    unit: str
    rule: str
    wrong: BoolArray
    message: str


def check(path: str, book: OrderBook, around: Around) -> Iterator[Issue]:
    """What is wrong with a book; nothing, when it may be cleared.

    Args:
        path: Where the book stands.
        book: The book.
        around: The case around it.
    """
    lengths = list(_lengths(path, book))
    if lengths:
        yield from lengths
        return
    if not book.orders:
        yield from _complexes(path, book, around)
        return
    for place in _repeated(book.id)[:_MOST]:
        message = f"{str(book.id[place])!r} is used more than once; rename the others"
        yield Issue(f"{path}[{place}].id", "duplicate_id", message)
    broken = False
    for rules in (_plain(book, around), _shapes(book, around), _ties(book, around), _price_groups(book, around)):
        for rule in rules:
            broken = broken or bool(rule.wrong.any())
            yield from _said(path, book, rule, around.units)
        if broken:  # what follows reads the columns that are wrong
            return
    yield from _complexes(path, book, around)
    for rule in _markets(book, around):
        yield from _said(path, book, rule, around.units)


def _repeated(ids: TextArray) -> IntArray:
    """Places of the first of all ids that occur again."""
    mixed = np.sort(_mixed(ids))
    if not (mixed[1:] == mixed[:-1]).any():  # different sums are of different words
        return np.zeros(0, dtype=np.int64)
    _, first, count = np.unique(ids, return_index=True, return_counts=True)
    return np.sort(first[count > 1])


def _mixed(ids: TextArray) -> NDArray[np.uint64]:
    """A sum over the letters of every word that spreads over all 64 bits."""
    letters = max(ids.dtype.itemsize // 4, 1)
    letters += letters % 2
    pairs = np.ascontiguousarray(ids.astype(f"U{letters}")).view(np.uint64).reshape(ids.size, letters // 2)
    total = np.zeros(ids.size, dtype=np.uint64)
    for column in pairs.T:
        total = (total ^ column) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total


def _lengths(path: str, book: OrderBook) -> Iterator[Issue]:
    for name, column in book.said().items():
        of = book.profile_order if name.startswith("profile_") else book.id
        if column.shape != of.shape:
            message = f"has {column.size} entries; there are {of.size} ids; give one entry per order"
            yield Issue(f"{path}.{name}", "length", message)
    nobody = np.flatnonzero((book.profile_order < 0) | (book.profile_order >= book.orders))
    if nobody.size:
        place = int(nobody[0])
        message = f"is {book.profile_order[place]}, which is the place of no order; there are {book.orders}"
        yield Issue(f"{path}.profile_order[{place}]", "unknown_reference", message)


def _said(path: str, book: OrderBook, rule: _Rule, units: Units) -> Iterator[Issue]:
    places = np.flatnonzero(rule.wrong)
    for place in places[:_MOST]:
        content = getattr(book, rule.column)[place]
        shown = repr(str(content)) if isinstance(content, np.str_) else units.say(float(content), rule.unit)
        where = f"{path}[{place}].{units.name(rule.column, rule.unit)}"
        yield Issue(where, rule.rule, f"order {str(book.id[place])!r}: {shown} {rule.message}")
    if places.size > _MOST:
        yield Issue(f"{path}.{rule.column}", rule.rule, f"{places.size - _MOST} more orders have the same fault")


def _plain(book: OrderBook, around: Around) -> Iterator[_Rule]:
    """Single columns."""
    steps, units = around.horizon.steps, around.units
    price, energy = units.declared("EUR/MWh"), units.declared("MWh")
    worth, amount, full = book.price_eur_per_mwh, book.energy_mwh, book.price_full_eur_per_mwh
    nobody, nowhere = "names no party of the case", "names no bus of the case"
    yield _Rule("party", "", "unknown_reference", (book.party < 0) | (book.party >= around.parties), nobody)
    yield _Rule("bus", "", "unknown_reference", (book.bus < 0) | (book.bus >= len(around.buses)), nowhere)
    outside = f"is outside the horizon of {steps} steps"
    yield _Rule("step", "", "horizon", (book.step < 0) | (book.step >= steps), outside)
    yield _Rule("side", "", "choice", np.abs(book.side) != 1, "is neither buy nor sell")
    yield _Rule("price_eur_per_mwh", "EUR/MWh", "finite", ~np.isfinite(worth), f"is no price in {price}")
    yield _Rule("energy_mwh", "MWh", "finite", ~np.isfinite(amount), f"is no energy in {energy}")
    yield _Rule("energy_mwh", "MWh", "range", amount <= 0, "is not above 0; drop the order or give its energy")
    price_beyond, energy_beyond = units.say(_LARGEST, "EUR/MWh"), units.say(_LARGEST, "MWh")
    beyond = f"is beyond {price_beyond}, which nobody can clear"
    yield _Rule("price_eur_per_mwh", "EUR/MWh", "range", _huge(worth), beyond)
    yield _Rule("price_full_eur_per_mwh", "EUR/MWh", "range", _huge(full) & (full != worth), beyond)
    yield _Rule("energy_mwh", "MWh", "range", _huge(amount), f"is beyond {energy_beyond}, which nobody can clear")
    yield _Rule("price_full_eur_per_mwh", "EUR/MWh", "finite", ~np.isfinite(full), f"is no price in {price}")
    least = "is no part; it must be 0 for a divisible order, up to 1 for all or none"
    yield _Rule("ratio_min", "", "range", ~((book.ratio_min >= 0) & (book.ratio_min <= 1)), least)
    yield _Rule("steps", "", "range", book.steps < 1, "is no number of steps; it must be at least 1")
    late = "is before the first step; leave it out, or give the latest step at which the order may begin"
    yield _Rule("step_last", "", "range", book.step_last < book.step, late)


def _huge(column: FloatArray) -> BoolArray:
    return np.isfinite(column) & (np.abs(column) > _LARGEST)


def _shapes(book: OrderBook, around: Around) -> Iterator[_Rule]:
    """Energies over steps, and prices over energy."""
    steps = around.horizon.steps
    beyond = f"is its latest begin, and so it ends after the {steps} steps of the horizon; shorten it or begin earlier"
    yield _Rule("step_last", "", "horizon", book.step_last + book.lengths() > steps, beyond)
    falls = book.side * (book.price_full_eur_per_mwh - book.price_eur_per_mwh) < 0
    turn = "is better for the others than the price of its first part; the price of a seller rises, of a buyer falls"
    yield _Rule("price_full_eur_per_mwh", "EUR/MWh", "range", falls, turn)
    sloped = book.price_full_eur_per_mwh != book.price_eur_per_mwh
    alone = (book.ratio_min == 0) & (book.lengths() == 1) & ~book.movable & (book.parent < 0) & (book.group == "")
    whole = "needs an order that is divisible, of one step, without parent and group; give one price, or split it"
    yield _Rule("price_full_eur_per_mwh", "EUR/MWh", "conflict", sloped & ~alone, whole)
    if not book.profile_order.size:
        return
    shaped = np.zeros(book.orders, dtype=np.bool_)
    bad = np.zeros(book.orders, dtype=np.bool_)
    shaped[book.profile_order] = True
    wrong = (book.profile_step < 0) | ~np.isfinite(book.profile_mwh) | (book.profile_mwh < 0)
    bad[book.profile_order[wrong]] = True
    key = book.profile_order * np.int64(steps + 1) + book.profile_step
    _, back, count = np.unique(key, return_inverse=True, return_counts=True)
    bad[book.profile_order[count[back] > 1]] = True
    profile = "has a profile with an energy below 0, two of them in one step, or one before its first step"
    yield _Rule("energy_mwh", "MWh", "profile", bad, profile)
    total = np.bincount(book.profile_order, book.profile_mwh, book.orders)
    off = shaped & ~bad & (np.abs(total - book.energy_mwh) > _SAME * np.abs(book.energy_mwh))
    yield _Rule("energy_mwh", "MWh", "profile", off, "is not the sum of its profile")
    twice = "is given and a profile as well; leave out one of them"
    yield _Rule("steps", "", "conflict", shaped & (book.steps > 1), twice)


def _ties(book: OrderBook, around: Around) -> Iterator[_Rule]:
    """What orders say of each other."""
    own = np.arange(book.orders)
    nothing = "is not the place of another order"
    yield _Rule("parent", "", "unknown_reference", (book.parent >= book.orders) | (book.parent == own), nothing)
    known = np.isin(book.complex_order, ["", *around.complex_orders])
    unnamed = "is no complex order of the case"
    yield _Rule("complex_order", "", "unknown_reference", ~known, unnamed)
    inside = book.complex_order != ""
    plain = (book.ratio_min == 0) & (book.lengths() == 1) & ~book.movable & (book.parent < 0) & (book.group == "")
    simple = "takes step orders only: divisible, of one step, without parent and group"
    yield _Rule("complex_order", "", "conflict", inside & ~plain, simple)
    movable = book.movable & (book.ratio_min < 1)
    whole = "is below 1, and the order may move; a block that moves is accepted wholly or not at all"
    yield _Rule("ratio_min", "", "conflict", movable, whole)
    tied = book.movable & ((book.parent >= 0) | (book.group != "") | np.isin(own, book.parent))
    free = "may move; an order that moves is neither linked nor in a group"
    yield _Rule("step_last", "", "conflict", tied, free)


def _price_groups(book: OrderBook, around: Around) -> Iterator[_Rule]:
    """Buyers that pay one price at all buses."""
    if "price_group" not in book.said():
        return
    inside = book.price_group != ""
    rule = f"is given, and prices are {around.pricing}; one price for buyers at several buses needs european prices"
    yield _Rule("price_group", "", "conflict", inside & (around.pricing != "european"), rule)
    buyers = "is given for a seller; only buyers pay one price at all buses"
    yield _Rule("price_group", "", "conflict", inside & (book.side > 0), buyers)
    plain = (book.ratio_min == 0) & (book.lengths() == 1) & ~book.movable & (book.parent < 0) & (book.group == "")
    plain &= (book.complex_order == "") & (book.price_full_eur_per_mwh == book.price_eur_per_mwh)
    plain[book.parent[book.parent >= 0]] = False
    simple = "takes step orders only: divisible, of one step and one price, without parent, child, group, complex order"
    yield _Rule("price_group", "", "conflict", inside & ~plain, simple)
    mixed = np.zeros(book.orders, dtype=np.bool_)
    carrier = np.array(around.carriers, dtype=np.str_)[book.bus]
    for name in np.unique(book.price_group[inside]):
        mine = book.price_group == name
        mixed |= mine & (carrier != carrier[np.argmax(mine)])
    yield _Rule("price_group", "", "conflict", mixed, "has buses of several carriers; one price is for one carrier")


def _complexes(path: str, book: OrderBook, around: Around) -> Iterator[Issue]:
    """Complex orders that are of several parties or sides, or have no orders."""
    used = book.complex_order[book.complex_order != ""]
    for place, name in enumerate(around.complex_orders):
        if name not in used:
            message = f"no order names {name!r}; write it into the column complex_order of its orders"
            yield Issue(f"components.complex_order[{place}].id", "empty", message)
            continue
        mine = np.flatnonzero(book.complex_order == name)
        for column, what in (("party", "parties"), ("side", "sides"), ("bus", "buses")):
            if np.unique(getattr(book, column)[mine]).size > 1:
                message = f"orders of the complex order {name!r} are of several {what}; one complex order has one"
                yield Issue(f"{path}[{mine[0]}].complex_order", "conflict", message)


def _markets(book: OrderBook, around: Around) -> Iterator[_Rule]:
    """Limits, ticks and lots of the market of every order."""
    market = market_of(around.markets, around.buses)[book.bus]
    for number, each in enumerate(around.markets):
        mine = market == number
        low, high, word = each.price_min_eur_per_mwh, each.price_max_eur_per_mwh, f"market {each.id!r}"
        for name in ("price_eur_per_mwh", "price_full_eur_per_mwh"):
            price = getattr(book, name)
            if low is not None:
                message = f"is below the least price of {word}, {around.units.say(low, 'EUR/MWh')}"
                yield _Rule(name, "EUR/MWh", "price_limit", mine & (price < low), message)
            if high is not None:
                message = f"is above the largest price of {word}, {around.units.say(high, 'EUR/MWh')}"
                yield _Rule(name, "EUR/MWh", "price_limit", mine & (price > high), message)
            if each.price_tick_eur_per_mwh:
                tick = (
                    f"is no multiple of the tick of {word}, {around.units.say(each.price_tick_eur_per_mwh, 'EUR/MWh')}"
                )
                yield _Rule(name, "EUR/MWh", "tick", mine & _between(price, each.price_tick_eur_per_mwh), tick)
            if book.price_full_eur_per_mwh is book.price_eur_per_mwh:
                break
        if each.lot_mwh:
            lot = f"is no multiple of the lot of {word}, {around.units.say(each.lot_mwh, 'MWh')}"
            yield _Rule("energy_mwh", "MWh", "lot", mine & _between(book.energy_mwh, each.lot_mwh), lot)


def market_of(markets: Sequence[Any], buses: Sequence[str]) -> IntArray:
    """Place of the market of every bus, (bus,); -1 for none."""
    named = {bus: place for place, each in enumerate(markets) for bus in each.buses}
    rest = next((place for place, each in enumerate(markets) if not each.buses), -1)
    return np.array([named.get(bus, rest) for bus in buses], dtype=np.int64)


def market_issues(markets: Sequence[Any]) -> Iterator[Issue]:
    """Buses that belong to two markets, and a second market of all that is left."""
    of: dict[str, str] = {}
    rest = ""
    for place, each in enumerate(markets):
        path = f"components.market[{place}].buses"
        if not each.buses and rest:
            yield Issue(path, "conflict", f"is empty, as that of market {rest!r}; name the buses of one of them")
        rest = rest or ("" if each.buses else each.id)
        for bus in each.buses:
            if bus in of:
                yield Issue(path, "conflict", f"bus {bus!r} is already in market {of[bus]!r}; name it once")
            of[bus] = each.id


def unknown_parent(path: str, name: str, ids: TextArray) -> Issue:
    """A parent that no order is."""
    return unknown(path, "unknown_reference", "order", name, ids.tolist()[:1000])


def _between(amount: FloatArray, unit: float) -> BoolArray:
    parts = amount / unit
    return np.abs(parts - np.rint(parts)) > _TICK
