"""The search along the ladder of one price group in one step: questions one by one, and what fits.

See `clearing.price_groups`, which answers the questions of all steps at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.market.price_group import Ladder

#: Costs are the same within this part of them; energies within this, in MWh and in parts of what a group wants; prices
#: within this part of them.
_SAME, _NEAR, _CLOSE = 1e-8, 1e-9, 1e-7
#: Steps of a bisection.
_BISECTED = 200


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What it says of one."""

    cost: float
    low: float
    high: float
    price: FloatArray  # of the bus of every order of groups, (entry,)


@dataclass(slots=True, eq=False)
class Walk:
    """The search along the ladder of one cell: questions one by one, and what fits."""

    ladder: Ladder
    cell: int
    bisected: bool  # one energy that fits is enough
    curved: bool  # costs are no lines
    seen: dict[float, Told] = field(default_factory=dict[float, Told])
    _steps: Iterator[float] | None = None
    _found: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def question(self) -> float | None:
        """The next energy to look at; None at the end."""
        if self._steps is None:
            self._steps = self._along()
        return next(self._steps, None)

    def answer(self, taken: float, told: Told) -> None:
        """What was seen there."""
        self.seen[taken] = told

    def fits(self) -> list[tuple[float, float]]:
        """Energies that fit and the welfare there, the best first and of equal ones the larger energy."""
        return sorted(dict(self._found).items(), key=lambda each: (-round(each[1], 7), -each[0]))

    def _along(self) -> Iterator[float]:
        mine = np.flatnonzero(self.ladder.cell == self.cell)
        ends = np.append(self.ladder.before[mine], self.ladder.before[mine[-1]] + self.ladder.energy[mine[-1]]).tolist()
        if not self.bisected:
            yield from ends
            for n, level in enumerate(mine.tolist()):
                yield from self._level(level, ends[n], ends[n + 1])
            for taken in ends:
                self._judge(taken)
            return
        low, high = 0, len(ends) - 1
        for place in (low, high):
            yield ends[place]
            if self._judge(ends[place]) == 0:
                return
        while high - low > 1:
            middle = (low + high) // 2
            yield ends[middle]
            way = self._judge(ends[middle])
            if way == 0:
                return
            low, high = (middle, high) if way < 0 else (low, middle)
        yield from self._narrowed(int(mine[low]), ends[low], ends[high])

    def _level(self, level: int, begin: float, end: float) -> Iterator[float]:
        """All kinks of a level, and what fits between them."""
        near = _NEAR * max(1.0, self._wanted())
        waiting = [(begin, end)]
        while waiting:
            a, b = waiting.pop()
            kink = self._kink(level, a, b)
            if kink is None or min(kink - a, b - kink) <= near:
                yield 0.5 * (a + b)
                self._meets(level, a, b)
                continue
            yield kink
            self._judge(kink)
            told, line = self.seen[kink].cost, self.seen[a].cost + self._slope(level, a) * (kink - a)
            if abs(told - line) > _SAME * max(1.0, abs(told)):
                waiting += [(a, kink), (kink, b)]
                continue
            for part in ((a, kink), (kink, b)):  # the two lines meet there
                yield 0.5 * sum(part)
                self._meets(level, *part)

    def _narrowed(self, level: int, begin: float, end: float) -> Iterator[float]:
        """What fits between an energy that is too little and one that is too much, by bisection."""
        near = _NEAR * max(1.0, self._wanted())
        a, b = begin, end
        m: float | None = None
        for turn in range(_BISECTED):
            if b - a <= near:
                break
            if m is None or min(m - a, b - m) <= near:
                m = self._kink(level, a, b) if turn % 2 == 0 and not self.curved else None
            if m is None or min(m - a, b - m) <= near:
                m = 0.5 * (a + b)
            yield m
            way = self._judge(m)
            if way == 0:
                return
            a, b, last = (m, b, m) if way < 0 else (a, m, m)
            m = self._between(level, last, a, b) if turn % 3 and not self.curved else None

    def _judge(self, taken: float) -> int:
        """0 where an energy fits, -1 where it is too little, 1 where it is too much."""
        told, (low, high) = self.seen[taken], self._limits(taken)
        if told.high < low - _CLOSE * max(1.0, abs(low)):
            return -1
        if told.low > high + _CLOSE * max(1.0, abs(high)):
            return 1
        self._found.append((taken, self._welfare(taken, told.cost)))
        return 0

    def _between(self, level: int, m: float, a: float, b: float) -> float | None:
        """Where between two energies prices of the group meet what a level asks for, if nothing changes but in lines.

        Of several energies that is the one of most welfare, and of those the largest.
        """
        told, price = self.seen[m], float(self.ladder.price[level])
        if not np.isfinite(told.low + told.high) or told.low > told.high:
            return None
        low, high, slope = told.low, told.high, self._slope(level, m)
        if high - low <= _CLOSE * max(1.0, abs(low)):  # one price, and what solvers leave
            low = high = 0.5 * (low + high)
        rises = slope - price  # of what the group pays beyond the price of the level, per MWh
        slack = _CLOSE * max(1.0, abs(price)) * max(m, 1e-3)
        for beyond, sign in (((low - price) * m, 1.0), ((high - price) * m, -1.0)):
            a, b = _below(a, b, sign * (beyond - rises * m), sign * rises, slack)
        if a > b:
            return None
        return b if price >= slope - _CLOSE * max(1.0, abs(price)) else a

    def _meets(self, level: int, a: float, b: float) -> None:
        """Take what fits between two kinks, seen in their middle."""
        m = 0.5 * (a + b)
        best = self._between(level, m, a, b)
        if best is not None:
            cost = self.seen[m].cost + self._slope(level, m) * (best - m)
            self._found.append((best, self._welfare(best, cost)))

    def _kink(self, level: int, a: float, b: float) -> float | None:
        """Where the tangents at two energies meet; None where they are one."""
        first, second = self._slope(level, a), self._slope(level, b)
        if second - first <= _CLOSE * max(1.0, abs(first)):
            return None
        gap = self.seen[b].cost - second * (b - a) - self.seen[a].cost
        return a + gap / (first - second)

    def _slope(self, level: int, taken: float) -> float:
        """What one more MWh of a level costs."""
        mine = self.ladder.level == level
        return float(self.seen[taken].price[mine] @ self.ladder.share[mine])

    def _limits(self, taken: float) -> tuple[float, float]:
        every = np.zeros(self.ladder.cells)
        every[self.cell] = taken
        low, high = self.ladder.limits(every)
        return float(low[self.cell]), float(high[self.cell])

    def _welfare(self, taken: float, cost: float) -> float:
        mine = self.ladder.cell == self.cell
        got = np.clip(taken - self.ladder.before[mine], 0.0, self.ladder.energy[mine])
        return float(got @ self.ladder.price[mine]) - cost

    def _wanted(self) -> float:
        return float(self.ladder.energy[self.ladder.cell == self.cell].sum())


def _below(a: float, b: float, constant: float, slope: float, slack: float) -> tuple[float, float]:
    """The part between two ends at which constant + slope * v is not above 0; ends that cross where there is none."""
    if abs(slope) * max(abs(a), abs(b)) <= slack:
        return (a, b) if constant + slope * a <= slack else (1.0, 0.0)
    root = -constant / slope
    return (a, min(b, root)) if slope > 0 else (max(a, root), b)
