"""European auctions by brute force: every choice of indivisible and complex orders, and for each whether prices exist.

Written from the textbook with numpy and scipy alone; nothing of `c4e_opt` is used. For every choice the convex rest is
a linear problem (orders whose price is a line by tangents, until they touch); then a second linear problem asks whether
prices exist at which nobody loses. The best welfare that has prices is the answer.

Source: no paradoxically accepted orders, EUPHEMIA public description (NEMO committee); Madani, Van Vyve (2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

_AT = 1e-7
#: So close to its cost, in the currency, is an order whose price is a line; and so close is its price then.
_TOUCH, _BLUR = 3e-7, 0.02


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One order: energies by step if it is accepted wholly and begins at its first step."""

    id: str
    side: int  # 1 sells, -1 buys
    price: float
    energies: tuple[float, ...]
    bus: int = 0
    first: int = 0
    last: int = -1  # latest begin; its first step when -1
    price_full: float | None = None
    ratio_min: float = 0.0
    parent: str = ""
    group: str = ""
    complex: str = ""

    @property
    def energy(self) -> float:
        return sum(self.energies)


@dataclass(frozen=True, kw_only=True)
class Complex:
    """Conditions over step orders."""

    id: str
    condition: str = "none"
    fixed: float = 0.0
    variable: float = 0.0
    power_min: float = 0.0
    up: float | None = None  # MW from step to step
    down: float | None = None
    stop: int = 0

    @property
    def decided(self) -> bool:
        return self.condition != "none" or self.power_min > 0


@dataclass(frozen=True, kw_only=True)
class Book:
    """An auction; a tie between two buses carries as much either way."""

    offers: Sequence[Offer]
    complexes: Sequence[Complex] = ()
    hours: Sequence[float] = (1.0,)
    buses: int = 1
    ties: Sequence[tuple[int, int, float]] = ()  # from, to, MW


@dataclass
class Answer:
    """The best legal answer."""

    cost: float
    accepted: dict[str, float]  # MWh
    first: dict[str, int]
    low: float  # least sum of all prices
    high: float  # largest
    alone: bool  # whether no other choice is as good
    rejected: bool  # whether a better choice has no prices
    face: Face = field(repr=False)


@dataclass(frozen=True)
class Placed:
    """An order that begins somewhere."""

    offer: Offer
    first: int


class Face:
    """The prices that fit what is accepted: rows over (prices, multipliers)."""

    def __init__(self, book: Book, placed: Sequence[Placed], choice: Sequence[bool], active: dict[str, bool],
                 x: np.ndarray, flows: np.ndarray) -> None:  # fmt: skip
        self.book, self.placed, self.x = book, placed, x
        self.steps = len(book.hours)
        self.count = book.buses * self.steps
        self.curved = any(each.price_full is not None for each in book.offers)
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.names: dict[Any, int] = {}
        self.bounds: list[tuple[float, float]] = [self._limits()] * self.count
        self._orders(choice, active)
        self._ties(flows)
        self._incomes(active)

    def _limits(self) -> tuple[float, float]:
        named = [each.price for each in self.book.offers]
        named += [each.price_full for each in self.book.offers if each.price_full is not None]
        return min(named), max(named)

    def _multiplier(self, name: Any, binds: bool) -> int:
        if name not in self.names:
            self.names[name] = len(self.bounds)
            self.bounds.append((0.0, np.inf if binds else 0.0))
        return self.names[name]

    def _cell(self, bus: int, step: int) -> int:
        return bus * self.steps + step

    def _orders(self, choice: Sequence[bool], active: dict[str, bool]) -> None:
        place = {each.offer.id: n for n, each in enumerate(self.placed)}
        totals: dict[str, float] = {}
        for each, x in zip(self.placed, self.x, strict=True):
            if each.offer.group:
                totals[each.offer.group] = totals.get(each.offer.group, 0.0) + x
        surplus: list[dict[int, float]] = []
        constant: list[float] = []
        for each, x in zip(self.placed, self.x, strict=True):
            offer = each.offer
            row: dict[int, float] = {}
            for after, energy in enumerate(offer.energies):
                row[self._cell(offer.bus, each.first + after)] = offer.side * energy
            full = offer.price if offer.price_full is None else offer.price_full
            surplus.append(row)
            constant.append(-offer.side * offer.energy * (offer.price + (full - offer.price) * x))
        for n, each in enumerate(self.placed):
            offer = each.offer
            if offer.parent:
                above = place[offer.parent]
                column = self._multiplier(("link", n), self.x[n] >= self.x[above] - _AT)
                surplus[n][column] = surplus[n].get(column, 0.0) - 1.0
                surplus[above][column] = surplus[above].get(column, 0.0) + 1.0
            if offer.group:
                column = self._multiplier(("group", offer.group), totals[offer.group] >= 1.0 - _AT)
                surplus[n][column] = -1.0
            if offer.complex:
                self._gradients(each, surplus[n])
        for n, each in enumerate(self.placed):
            if not choice[n] or not may(self.book, each.offer, active):
                continue
            low = -np.inf if self.x[n] <= _AT else 0.0
            high = np.inf if self.x[n] >= 1.0 - _AT else 0.0
            blur = _BLUR * each.offer.energy if self.curved else 0.0
            self.rows.append((surplus[n], low - constant[n] - blur, high - constant[n] + blur))

    def _powers(self, name: str) -> np.ndarray:
        power = np.zeros(self.steps)
        for each, x in zip(self.placed, self.x, strict=True):
            if each.offer.complex == name:
                power[each.first] += each.offer.energy * x / self.book.hours[each.first]
        return power

    def _gradients(self, each: Placed, row: dict[int, float]) -> None:
        """What one more of a member does to the limits of its complex order."""
        record = next(c for c in self.book.complexes if c.id == each.offer.complex)
        power, step = self._powers(record.id), each.first
        mw = each.offer.energy / self.book.hours[step]
        for later in (step, step + 1):  # the change into this step, and out of it
            if not 1 <= later < self.steps:
                continue
            sign = 1.0 if later == step else -1.0
            change = power[later] - power[later - 1]
            for way, rate in ((1.0, record.up), (-1.0, record.down)):
                if rate is not None:
                    binds = way * change >= rate * self.book.hours[later] - _AT
                    row[self._multiplier(("gradient", record.id, later, way), binds)] = -way * sign * mw
        if record.power_min:
            binds = power[step] <= record.power_min + _AT
            row[self._multiplier(("least", record.id, step), binds)] = mw

    def _ties(self, flows: np.ndarray) -> None:
        for tie, (begin, end, most) in enumerate(self.book.ties):
            for step in range(self.steps):
                row = {self._cell(end, step): 1.0, self._cell(begin, step): -1.0}
                low = -np.inf if flows[tie, step] <= -most + _AT else 0.0
                high = np.inf if flows[tie, step] >= most - _AT else 0.0
                self.rows.append((row, low, high))

    def _incomes(self, active: dict[str, bool]) -> None:
        for record in self.book.complexes:
            if record.condition == "none" or not active[record.id]:
                continue
            row: dict[int, float] = {}
            asked = record.fixed
            for each, x in zip(self.placed, self.x, strict=True):
                if each.offer.complex == record.id:
                    cell = self._cell(each.offer.bus, each.first)
                    row[cell] = row.get(cell, 0.0) + each.offer.side * each.offer.energy * x
                    worth = each.offer.price if record.condition == "scalable" else record.variable
                    asked += each.offer.side * worth * each.offer.energy * x
            self.rows.append((row, asked, np.inf))

    def sums(self) -> tuple[float, float] | None:
        """The least and the largest sum of all prices, within limits of orders if they can be; None if none fit."""
        found = self._sums()
        if found is None:
            self.bounds[: self.count] = [(-1e4, 1e4)] * self.count
            found = self._sums()
        return found

    def _sums(self) -> tuple[float, float] | None:
        found: list[float] = []
        for sign in (1.0, -1.0):
            cost = np.zeros(len(self.bounds))
            cost[: self.count] = sign
            answer = self._solved(cost, self.bounds)
            if answer is None:
                return None
            found.append(sign * answer)
        return found[0], found[1]

    def fits(self, prices: np.ndarray, within: float) -> bool:
        """Whether these prices (bus, time) fit."""
        given = [(p - within, p + within) for p in prices.ravel().tolist()]
        return self._solved(np.zeros(len(self.bounds)), [*given, *self.bounds[self.count :]]) is not None

    def _solved(self, cost: np.ndarray, bounds: Sequence[tuple[float, float]]) -> float | None:
        above: list[np.ndarray] = []
        limit: list[float] = []
        for row, low, high in self.rows:
            line = np.zeros(len(bounds))
            for column, amount in row.items():
                line[column] = amount
            for sign, end in ((1.0, high), (-1.0, low)):
                if np.isfinite(end):
                    above.append(sign * line)
                    limit.append(sign * end)
        answer: Any = linprog(cost, np.array(above) if above else None, limit or None, bounds=bounds, method="highs")
        return float(answer.fun) if answer.status == 0 else None


def may(book: Book, offer: Offer, active: dict[str, bool]) -> bool:
    """Whether a member may be accepted: its complex order is active, or it is the best one in a scheduled stop."""
    if not offer.complex or active.get(offer.complex, True):
        return True
    record = next(each for each in book.complexes if each.id == offer.complex)
    rivals = [o for o in book.offers if o.complex == offer.complex and o.first == offer.first]
    return offer.first < record.stop and min(rivals, key=lambda o: o.side * o.price) is offer


def places(book: Book) -> list[Placed]:
    return [Placed(o, at) for o in book.offers for at in range(o.first, max(o.last, o.first) + 1)]


def choices(book: Book, placed: Sequence[Placed]) -> Iterator[tuple[list[bool], dict[str, bool]]]:
    """Every choice that breaks no law by itself."""
    whole = [n for n, each in enumerate(placed) if each.offer.ratio_min > 0]
    decided = [each.id for each in book.complexes if each.decided]
    for bits in product((False, True), repeat=len(whole)):
        choice = [True] * len(placed)
        for n, bit in zip(whole, bits, strict=True):
            choice[n] = bit
        taken = [placed[n].offer for n, bit in zip(whole, bits, strict=True) if bit]
        if len({o.id for o in taken}) < len(taken):  # begins twice
            continue
        names = {o.id for o in taken} | {o.id for o in book.offers if o.ratio_min == 0}
        if any(o.parent and o.parent not in names for o in taken):
            continue
        least: dict[str, float] = {}
        for o in taken:
            least[o.group] = least.get(o.group, 0.0) + (o.ratio_min if o.group else 0.0)
        if any(total > 1.0 + _AT for total in least.values()):
            continue
        for on in product((False, True), repeat=len(decided)):
            yield choice, {each.id: True for each in book.complexes} | dict(zip(decided, on, strict=True))


@dataclass
class Rest:
    """The convex rest of a choice."""

    cost: float
    x: np.ndarray
    flows: np.ndarray


def rest(book: Book, placed: Sequence[Placed], choice: Sequence[bool], active: dict[str, bool]) -> Rest | None:
    """The best acceptance of a choice; columns are ratios, flows, and the curved costs of orders with a line."""
    steps, orders, ties = len(book.hours), len(placed), len(book.ties)
    curved = [n for n, p in enumerate(placed) if p.offer.price_full is not None]
    size = orders + ties * steps + len(curved)
    cost = np.zeros(size)
    bounds: list[tuple[float | None, float | None]] = []
    balance = np.zeros((book.buses * steps, size))
    above: list[np.ndarray] = []
    limit: list[float] = []
    for n, each in enumerate(placed):
        o = each.offer
        cost[n] = o.side * o.price * o.energy
        for after, energy in enumerate(o.energies):
            balance[o.bus * steps + each.first + after, n] += o.side * energy
        on = choice[n] and may(book, o, active)
        bounds.append((o.ratio_min if on else 0.0, 1.0 if on else 0.0))
        if o.parent:
            row = np.zeros(size)
            row[n], row[next(m for m, p in enumerate(placed) if p.offer.id == o.parent)] = 1.0, -1.0
            above.append(row)
            limit.append(0.0)
    for group in {p.offer.group for p in placed} - {""}:
        row = np.zeros(size)
        row[[n for n, p in enumerate(placed) if p.offer.group == group]] = 1.0
        above.append(row)
        limit.append(1.0)
    for tie, (begin, end, most) in enumerate(book.ties):
        for step, hours in enumerate(book.hours):
            column = orders + tie * steps + step
            balance[begin * steps + step, column] -= hours
            balance[end * steps + step, column] += hours
            bounds.append((-most, most))
    bounds += [(0.0, None)] * len(curved)
    cost[size - len(curved) :] = 1.0
    fixed = sum(each.fixed for each in book.complexes if each.condition == "scalable" and active[each.id])
    _complex_rows(book, placed, active, size, above, limit)
    while True:
        answer: Any = linprog(cost, np.array(above) if above else None, limit or None, balance, np.zeros(len(balance)),
                         bounds, method="highs")  # fmt: skip
        if answer.status != 0:
            return None
        touched = True
        for column, n in enumerate(curved, size - len(curved)):
            o, x = placed[n].offer, answer.x[n]
            bend = _bend(o)
            if bend * x * x - answer.x[column] > _TOUCH:
                row = np.zeros(size)
                row[n], row[column] = 2.0 * bend * x, -1.0
                above.append(row)
                limit.append(bend * x * x)
                touched = False
        if touched:
            flows = answer.x[orders : orders + ties * steps].reshape(ties, steps)
            off = sum(_bend(placed[n].offer) * answer.x[n] ** 2 for n in curved) - answer.x[size - len(curved) :].sum()
            return Rest(float(answer.fun) + float(off) + fixed, answer.x[:orders], flows)


def _bend(offer: Offer) -> float:
    """Cost of the square of the part accepted."""
    return 0.0 if offer.price_full is None else offer.side * (offer.price_full - offer.price) * offer.energy / 2.0


def _complex_rows(book: Book, placed: Sequence[Placed], active: dict[str, bool], size: int,
                  above: list[np.ndarray], limit: list[float]) -> None:  # fmt: skip
    steps = len(book.hours)
    for record in book.complexes:
        power = np.zeros((steps, size))
        for n, each in enumerate(placed):
            if each.offer.complex == record.id:
                power[each.first, n] += each.offer.energy / book.hours[each.first]
        for step in range(1, steps):
            change = power[step] - power[step - 1]
            for sign, rate in ((1.0, record.up), (-1.0, record.down)):
                if rate is not None:
                    above.append(sign * change)
                    limit.append(rate * book.hours[step])
        if record.power_min and active[record.id]:
            above += list(-power)
            limit += [-record.power_min] * steps


def solved(book: Book) -> Answer:
    """The best legal answer of a book."""
    placed = places(book)
    found: list[tuple[float, list[bool], dict[str, bool], Rest]] = []
    for choice, active in choices(book, placed):
        answer = rest(book, placed, choice, active)
        if answer is not None:
            found.append((answer.cost, choice, active, answer))
    found.sort(key=lambda each: each[0])
    for n, (cost, choice, active, answer) in enumerate(found):
        face = Face(book, placed, choice, active, answer.x, answer.flows)
        sums = face.sums()
        if sums is None:
            continue
        accepted = {each.id: 0.0 for each in book.offers}
        first = {each.id: each.first for each in book.offers}
        for each, x in zip(placed, answer.x, strict=True):
            accepted[each.offer.id] += float(x) * each.offer.energy
            if x > _AT:
                first[each.offer.id] = each.first
        alone = n + 1 == len(found) or found[n + 1][0] > cost + 1e-6
        return Answer(cost, accepted, first, *sums, alone, cost > found[0][0] + 1e-6, face)
    raise AssertionError("to accept nothing indivisible is always legal")
