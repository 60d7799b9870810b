"""Auctions with one price for buyers at several buses (PUN) by brute force, with numpy and scipy alone.

Nothing of `c4e_opt` is used. Steps are bound by nothing but blocks that are all or none, so for every choice of blocks
every step is a problem in one number: what the buyers of the group take together. All energies at which its answer may
change in kind are written down beforehand: at such a one, within some set of buses and with each tie out of it full one
way or the other, the orders that are better than some price serve just what is wanted there. Between two of them the
prices that fit are the same set; the equation of the group's price is linear over it and the energy, so that a linear
problem finds where it holds. The best welfare over choices, energies and steps whose prices leave no block with a loss
is the answer.

Source: EUPHEMIA public description (NEMO committee), PUN; Savelli et al. (2018), arXiv:1711.07731.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from typing import Any

import numpy as np
from scipy.optimize import linprog

_AT, _FAR = 1e-7, 1e6


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A step order, of the group where `rank` is given."""

    id: str
    side: int  # 1 sells, -1 buys
    price: float
    energy: float
    bus: int
    step: int
    rank: int | None = None


@dataclass(frozen=True, kw_only=True)
class Block:
    """All or none, the same energy in every step."""

    id: str
    side: int
    price: float
    energy: float  # in each step
    bus: int


@dataclass(frozen=True, kw_only=True)
class Book:
    """An auction; a tie carries as much either way."""

    offers: Sequence[Offer]
    blocks: Sequence[Block]
    buses: int
    steps: int
    ties: Sequence[tuple[int, int, float]]


@dataclass(frozen=True)
class Fit:
    """What fits in one step."""

    taken: float
    welfare: float
    rows: np.ndarray  # prices p of the buses fit where rows @ p <= limits
    limits: np.ndarray
    price: tuple[float, float]  # least and largest price of the group


@dataclass(frozen=True)
class Answer:
    """The best legal answer."""

    welfare: float
    taken: list[float]  # by the group, in every step
    price: list[tuple[float, float]]  # of the group, least and largest in every step
    alone: bool  # whether nothing else is as good


class Step:
    """One step, with blocks as they are chosen."""

    def __init__(self, book: Book, step: int, blocks: np.ndarray) -> None:
        self.book, self.blocks = book, blocks
        self.offers = [o for o in book.offers if o.step == step and o.rank is None]
        mine = sorted((o for o in book.offers if o.step == step and o.rank is not None), key=self._key)
        self.levels: list[tuple[float, np.ndarray]] = []  # price, energy by bus
        for key in dict.fromkeys(self._key(o) for o in mine):
            energy = np.zeros(book.buses)
            for o in mine:
                energy[o.bus] += o.energy if self._key(o) == key else 0.0
            self.levels.append((-key[0], energy))
        self.ends = np.cumsum([0.0, *(energy.sum() for _, energy in self.levels)])

    @staticmethod
    def _key(o: Offer) -> tuple[float, int]:
        return -o.price, o.rank or 0

    def wanted(self, taken: float) -> np.ndarray:
        """Energy of the group by bus."""
        total = np.zeros(self.book.buses)
        for (_, energy), begin in zip(self.levels, self.ends, strict=False):
            total += energy * np.clip((taken - begin) / energy.sum(), 0.0, 1.0)
        return total

    def welfare_of_group(self, taken: float) -> float:
        return sum(
            price * float(np.clip(taken - begin, 0.0, energy.sum()))
            for (price, energy), begin in zip(self.levels, self.ends, strict=False)
        )

    def solved(self, taken: float) -> tuple[float, np.ndarray] | None:
        """Cost and columns (orders, flows) of the rest."""
        orders, ties = self.offers, self.book.ties
        cost = np.array([o.side * o.price for o in orders] + [0.0] * len(ties))
        balance = np.zeros((self.book.buses, cost.size))
        for n, o in enumerate(orders):
            balance[o.bus, n] = o.side
        for n, (a, b, _) in enumerate(ties):
            balance[a, len(orders) + n], balance[b, len(orders) + n] = -1.0, 1.0
        bounds = [(0.0, o.energy) for o in orders] + [(-most, most) for _, _, most in ties]
        found: Any = linprog(cost, A_eq=balance, b_eq=self.wanted(taken) - self.blocks, bounds=bounds, method="highs")
        return (float(found.fun), found.x) if found.status == 0 else None

    def face(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prices that fit the rest: rows @ p <= limits."""
        rows: list[np.ndarray] = []
        limits: list[float] = []

        def add(row: np.ndarray, limit: float) -> None:
            rows.append(row)
            limits.append(limit)

        for n, o in enumerate(self.offers):
            unit = np.eye(self.book.buses)[o.bus] * o.side
            if x[n] < o.energy - _AT:  # one more would not earn
                add(unit, o.side * o.price)
            if x[n] > _AT:  # what there is loses nothing
                add(-unit, -o.side * o.price)
        for n, (a, b, most) in enumerate(self.book.ties):
            way = np.eye(self.book.buses)[b] - np.eye(self.book.buses)[a]
            flow = x[len(self.offers) + n]
            if flow < most - _AT:
                add(way, 0.0)
            if flow > -most + _AT:
                add(-way, 0.0)
        return np.array(rows).reshape(-1, self.book.buses), np.array(limits)

    def kinks(self) -> list[float]:
        """All energies of the group at which the answer of the rest may change in kind."""
        found = set(self.ends.tolist())
        every = range(self.book.buses)
        for size in range(1, self.book.buses + 1):
            for inside in combinations(every, size):
                found.update(self._kinks_within(set(inside)))
        return sorted(found)

    def _kinks_within(self, inside: set[int]) -> Iterator[float]:
        out = [most for a, b, most in self.book.ties if (a in inside) != (b in inside)]
        orders = [o for o in self.offers if o.bus in inside]
        serves: set[float] = set()
        for limit in {o.price for o in orders} | {-_FAR, _FAR}:
            for equal in (True, False):  # the orders at the limit are in it or not
                sold = sum(o.energy for o in orders if o.side > 0 and (o.price < limit or (equal and o.price == limit)))
                for also in (True, False):
                    bought = sum(o.energy for o in orders
                                 if o.side < 0 and (o.price > limit or (also and o.price == limit)))  # fmt: skip
                    serves.add(sold - bought + sum(self.blocks[list(inside)]))
        of = list(inside)
        for base in serves:
            for signs in product((1.0, -1.0), repeat=len(out)):
                total = base + float(np.dot(signs, out))
                for (_, energy), begin in zip(self.levels, self.ends, strict=False):
                    rate = energy[of].sum() / energy.sum()
                    there = self.wanted(begin)[of].sum()
                    if rate > 0 and -1e-12 <= (total - there) / rate <= energy.sum() + 1e-12:
                        yield float(begin + (total - there) / rate)

    def fits(self) -> list[Fit]:
        """Everything that fits."""
        if not self.levels:
            answer = self.solved(0.0)
            return [] if answer is None else [Fit(0.0, -answer[0], *self.face(answer[1]), (0.0, 0.0))]
        found: list[Fit] = []
        every = self.kinks()
        kinks = [each for n, each in enumerate(every) if n == 0 or each > every[n - 1] + 1e-9]
        for taken in kinks:
            found += self._at(taken)
        for a, b in pairwise(kinks):
            found += self._between(a, b)
        return found

    def _at(self, taken: float) -> list[Fit]:
        answer = self.solved(taken)
        if answer is None:
            return []
        rows, limits = self.face(answer[1])
        low, high = -np.inf, np.inf
        for (price, energy), begin in zip(self.levels, self.ends, strict=False):
            if taken < begin + energy.sum() - _AT:
                low = max(low, price)
            if taken > begin + _AT:
                high = min(high, price)
        counts = self.wanted(taken) if taken > _AT else self.levels[0][1]
        mean = counts / counts.sum()
        for sign, end in ((1.0, high), (-1.0, low)):
            if np.isfinite(end):
                rows, limits = np.vstack([rows, sign * mean]), np.append(limits, sign * end + 1e-7)
        ends = [_least(sign * mean, rows, limits) for sign in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:
            return []
        welfare = self.welfare_of_group(taken) - answer[0]
        return [Fit(taken, welfare, rows, limits, (ends[0], -ends[1]))]

    def _between(self, a: float, b: float) -> list[Fit]:
        """Where the group pays just the price of its level, between two kinks: both ends of that."""
        middle = 0.5 * (a + b)
        answer = self.solved(middle)
        level = int(np.searchsorted(self.ends, middle, "right")) - 1
        if answer is None or level >= len(self.levels):
            return []
        rows, limits = self.face(answer[1])
        price, energy = self.levels[level]
        more = energy / energy.sum()
        rest = self.wanted(middle) - more * middle
        slope = _least(more, rows, limits)  # the same of all prices that fit
        if slope is None:
            return []
        equation = np.append(rest, slope - price)[None, :]  # prices @ rest + slope * taken = price * taken
        wide = np.hstack([rows, np.zeros((len(rows), 1))])
        found: list[Fit] = []
        for sign in (1.0, -1.0):
            bounds = [(-_FAR, _FAR)] * self.book.buses + [(a, b)]
            end: Any = linprog(np.append(np.zeros(self.book.buses), sign), wide if len(wide) else None,
                               limits if len(wide) else None, equation, [0.0], bounds, method="highs")  # fmt: skip
            if end.status == 0 and end.x[-1] > _AT:  # where it takes nothing the equation says nothing
                taken = float(end.x[-1])
                cost = answer[0] + slope * (taken - middle)
                mean = self.wanted(taken) / taken
                tied = np.vstack([rows, mean, -mean]), np.concatenate([limits, [price + 1e-7, -price + 1e-7]])
                found.append(Fit(taken, self.welfare_of_group(taken) - cost, *tied, (price, price)))
        return found


def _least(cost: np.ndarray, rows: np.ndarray, limits: np.ndarray) -> float | None:
    found: Any = linprog(cost, rows if len(rows) else None, limits if len(rows) else None, bounds=(-_FAR, _FAR),
                         method="highs")  # fmt: skip
    return float(found.fun) if found.status == 0 else None


def solved(book: Book) -> Answer:
    """The best legal answer of a book."""
    best: list[tuple[float, list[Fit]]] = []
    for bits in product((0.0, 1.0), repeat=len(book.blocks)):
        power = np.zeros(book.buses)
        for bit, block in zip(bits, book.blocks, strict=True):
            power[block.bus] += bit * block.side * block.energy
        worth = -sum(bit * b.side * b.price * b.energy * book.steps for bit, b in zip(bits, book.blocks, strict=True))
        taken = [block for bit, block in zip(bits, book.blocks, strict=True) if bit]
        for fits in product(*(Step(book, step, power).fits() for step in range(book.steps))):
            if _no_loss(book, taken, fits):
                best.append((worth + sum(fit.welfare for fit in fits), list(fits)))
    best.sort(key=lambda each: -each[0])
    welfare, fits = best[0]
    rivals = [other for worth, other in best if worth > welfare - 1e-6]
    alone = all(abs(a.taken - b.taken) < 1e-6 for other in rivals for a, b in zip(fits, other, strict=True))
    return Answer(welfare, [fit.taken for fit in fits], [fit.price for fit in fits], alone)


def _no_loss(book: Book, blocks: Sequence[Block], fits: Sequence[Fit]) -> bool:
    """Whether some prices of all steps fit, at which no block that is accepted loses."""
    if not blocks:
        return True
    size = book.buses * book.steps
    rows: list[np.ndarray] = []
    limits: list[float] = []
    for step, fit in enumerate(fits):
        for row, limit in zip(fit.rows, fit.limits, strict=True):
            wide = np.zeros(size)
            wide[step * book.buses : (step + 1) * book.buses] = row
            rows.append(wide)
            limits.append(float(limit))
    for block in blocks:
        wide = np.zeros(size)
        wide[block.bus :: book.buses] = -block.side
        rows.append(wide)
        limits.append(-block.side * block.price * book.steps + 1e-7)
    return _least(np.zeros(size), np.array(rows), np.array(limits)) is not None
