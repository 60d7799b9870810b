"""What price groups take, so that their price fits it: a search along the ladder of every group and step.

What the orders of a group take together in a step says what each of them gets (`market.price_group`). So the rest is a
problem in that one number v: its cost C(v) is convex and piecewise linear along a level, and between two kinks all its
duals stay what they are. There the price of the group times v changes in a line, and where that meets what the level
asks for is found exactly. At kinks and between levels prices have ranges, in which the price of the group must lie.

    v is too much    the least price of the group is above what the last order taken asks for
    v is too little  the largest one is below what the next order offers
    v fits           else

Of all v that fit, the one of most welfare is taken. Steps are searched side by side: one problem asks every step its
next question. They are independent where nothing that is not yet decided binds them; what does (storage, gradients,
divisible orders of several steps) is held, and the search goes round until its answer holds without. Long ladders are
bisected, which finds one v that fits. One always does where steps are independent: prices rise without end where
nothing more can be had. So are all where prices of orders are lines, as costs are no lines then.

Source: EUPHEMIA public description (NEMO committee), PUN search; linear problems of which one number changes: Adler,
Monteiro (1992), A geometric view of parametric linear programming, doi:10.1007/BF01758758. Own composition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.clearing import no_loss
from c4e_opt.clearing.ladder_walk import Told, Walk
from c4e_opt.formulate import Formulation
from c4e_opt.market.price_group import Ladder
from c4e_solvers import Matrices, Reason, Solution, with_columns

Ask = Callable[[Matrices], Solution]

#: Levels of a group in a step from which on its ladder is bisected.
_LONG = 24
#: Questions that a step may ask, and rounds in which what binds steps is held.
_QUESTIONS, _ROUNDS = 600, 8
#: Combinations of what fits in single steps that are tried, where conditions over several steps decide between them.
_TRIED = 50
#: Costs are the same within this part of them; energy that nobody has is none within this, in MWh.
_SAME, _NONE = 1e-8, 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """An acceptance at which all groups have prices that fit it."""

    orders: IntArray  # columns of the orders of groups
    accepted: FloatArray  # what they get
    answer: Solution
    prices: no_loss.Uniform

    def held(self, matrices: Matrices) -> Matrices:
        """A problem in which the orders of groups get that."""
        lower, upper = matrices.column_lower.copy(), matrices.column_upper.copy()
        lower[self.orders] = upper[self.orders] = self.accepted
        return matrices.with_bounds(column_lower=lower, column_upper=upper)


def fitting(
    case: Case, formulation: Formulation, fixed: Matrices, answer: Solution, ask: Ask, ask_dual: Ask
) -> tuple[Fitting | None, bool]:
    """What groups take so that their prices fit it, if that was found; and whether nothing has more welfare.

    Args:
        case: The case.
        formulation: Its programme, with orders of price groups.
        fixed: The problem with everything discrete fixed.
        answer: Its answer of most welfare.
        ask: Solves a convex problem under all limits of the network.
        ask_dual: Solves any other convex problem.
    """
    search = _Search(case, formulation, fixed, ask, ask_dual)
    assert answer.primal is not None
    taken = search.ladder.taken(answer.primal[search.orders])
    found = search.tried(taken, answer.objective)
    if found is not None:
        return found, True
    for _ in range(_ROUNDS):
        rows = formulation.program.rows
        search = _Search(case, formulation, fixed, ask, ask_dual)
        lists, proven = search.lists(taken)
        if search.apart:
            found, all_tried = search.best_of(lists)
            if formulation.program.rows == rows and (found is not None or all_tried):
                return found, proven and (found is not None or all_tried)
        taken = np.array([each[0][0] if each else old for each, old in zip(lists, taken.tolist(), strict=True)])
        found = search.tried(taken, None)
        if found is not None:
            return found, False
    return None, False


class _Search:
    """The problem of one choice of everything discrete."""

    def __init__(self, case: Case, formulation: Formulation, fixed: Matrices, ask: Ask, ask_dual: Ask) -> None:
        assert formulation.lineup is not None
        ladder = Ladder.of(formulation.lineup.book)
        assert ladder is not None
        self.case, self.formulation, self.ladder = case, formulation, ladder
        self.fixed, self.ask, self.ask_dual = formulation.program.extended(fixed), ask, ask_dual
        self.orders = formulation.program.variables["order_accepted_mwh"].start + ladder.order
        self.within = no_loss.far_prices(case)
        self.chosen = _chosen(formulation, self.fixed)
        nothing = self.holding(np.zeros(ladder.cells), self.chosen)
        self.held, self.step = _bound(formulation, nothing, case.horizon.steps)

    @property
    def apart(self) -> bool:
        """Whether every cell can be searched by itself: one group in each step, and nothing binds steps."""
        return not self.held.any() and np.unique(self.ladder.step).size == self.ladder.cells

    def holding(self, taken: FloatArray, problem: Matrices) -> Matrices:
        """A problem in which groups take so much."""
        lower, upper = problem.column_lower.copy(), problem.column_upper.copy()
        lower[self.orders] = upper[self.orders] = self.ladder.accepted(taken)
        return problem.with_bounds(column_lower=lower, column_upper=upper)

    def tried(self, taken: FloatArray, known: float | None) -> Fitting | None:
        """The answer in which groups take so much, where prices fit it; with a cost that is known, only at that."""
        fixed = self.holding(taken, self.fixed)
        answer = self.ask(fixed)
        if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None or answer.objective is None:
            return None
        if known is not None and answer.objective > known + _SAME * max(1.0, abs(known)):
            return None
        fixed = self.formulation.program.extended(fixed)
        prices = no_loss.uniform(self.case, self.formulation, fixed, answer.primal, self.ask_dual)
        return None if prices is None else Fitting(self.orders, self.ladder.accepted(taken), answer, prices)

    def best_of(self, lists: list[list[tuple[float, float]]]) -> tuple[Fitting | None, bool]:
        """The best combination of what fits in every step, where there is one; and whether all were tried."""
        for number, place in enumerate(_best_first([[-worth for _, worth in each] for each in lists])):
            taken = np.array([each[n][0] for each, n in zip(lists, place, strict=True)])
            found = self.tried(taken, None)
            if found is not None:
                return found, False
            if number >= _TRIED:
                return None, False
        return None, True

    def lists(self, taken: FloatArray) -> tuple[list[list[tuple[float, float]]], bool]:
        """What fits each cell with its welfare, best first, and whether that is all that does.

        Groups come one after another, the others as they are; what binds steps is held as it is best for what they
        take at the begin.
        """
        found: list[list[tuple[float, float]]] = [[] for _ in range(self.ladder.cells)]
        scarce = _scarce(self.case, self.formulation, self.chosen, self.within[1])
        point = self.ask_dual(self.holding(taken, scarce)).primal
        if point is None:
            return found, False
        own, rest = self.held, np.zeros(scarce.columns - self.held.size, dtype=np.bool_)
        scarce = scarce.with_fixed(np.append(own, rest), point)
        plain = self.chosen.with_fixed(own, point[: own.size])
        curved = self.fixed.quadratic is not None
        bisected = (np.bincount(self.ladder.cell) > _LONG) | curved
        proven, taken = not bisected.any(), taken.copy()
        for name in np.unique(self.ladder.group):
            cells = np.flatnonzero(self.ladder.group == name).tolist()
            walks = [Walk(self.ladder, cell, bool(bisected[cell]), curved) for cell in cells]
            for _ in range(_QUESTIONS):
                asked = [walk.question() for walk in walks]
                if all(each is None for each in asked):
                    break
                for cell, each in zip(cells, asked, strict=True):
                    taken[cell] = taken[cell] if each is None else each
                seen = self._seen(taken, scarce, plain)
                if seen is None:
                    return found, False
                for walk, cell, each in zip(walks, cells, asked, strict=True):
                    if each is not None:
                        walk.answer(each, seen.at(cell))
            proven = proven and all(walk.question() is None for walk in walks)
            for walk, cell in zip(walks, cells, strict=True):
                found[cell] = walk.fits()
                taken[cell] = found[cell][0][0] if found[cell] else taken[cell]
        return found, proven

    def _seen(self, taken: FloatArray, scarce: Matrices, plain: Matrices) -> _Seen | None:
        """Costs and prices of every cell where groups take so much.

        Args:
            taken: Energy of every cell.
            scarce: The problem in which every bus may buy and sell at a price out of sight.
            plain: The problem.
        """
        problem = self.holding(taken, scarce)
        answer = self.ask_dual(problem)
        if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None or answer.row_dual is None:
            return None
        steps, own = self.case.horizon.steps, plain.columns
        cost = problem.cost * answer.primal
        if problem.quadratic is not None:
            cost = cost + 0.5 * answer.primal * np.asarray(problem.quadratic @ answer.primal)
        cells = self.formulation.program.constraints["power_balance"].cells % steps
        of = np.concatenate([self.step, cells, cells])
        total = np.bincount(of[of >= 0], cost[of >= 0], steps).astype(np.float64, copy=False)
        missing = answer.primal[own:].reshape(2, -1)
        short = np.bincount(cells, missing[0] - missing[1], steps)[self.ladder.step]
        primal, holding = answer.primal[:own], self.holding(taken, plain)
        means = no_loss.group_prices(self.case, self.formulation, holding, primal, self.ask_dual, self.within)
        none = np.full(self.ladder.cells, np.inf)
        low, high = (none, -none) if means is None else means
        low = np.where(short > _NONE, np.inf, np.where(short < -_NONE, -np.inf, low))
        high = np.where(short > _NONE, np.inf, np.where(short < -_NONE, -np.inf, high))
        price = -np.asarray(plain.csr().T @ answer.row_dual)[self.orders]
        return _Seen(total[self.ladder.step], low, high, price)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What one problem says of all cells."""

    cost: FloatArray  # of everything but the groups, (cell,)
    low: FloatArray  # least price of the group (cell,)
    high: FloatArray  # largest
    price: FloatArray  # of the bus of every order of groups, (entry,)

    def at(self, cell: int) -> Told:
        return Told(float(self.cost[cell]), float(self.low[cell]), float(self.high[cell]), self.price)


def _best_first(worse: list[list[float]]) -> Iterator[tuple[int, ...]]:
    """Places, one of each list, in the order of the sum of what is there; lists rise."""
    if not all(worse):
        return
    start: tuple[int, ...] = (0,) * len(worse)
    heap: list[tuple[float, tuple[int, ...]]] = [(sum(each[0] for each in worse), start)]
    known: set[tuple[int, ...]] = {start}
    while heap:
        total, place = heappop(heap)
        yield place
        for n, each in enumerate(worse):
            if place[n] + 1 < len(each):
                further = (*place[:n], place[n] + 1, *place[n + 1 :])
                if further not in known:
                    known.add(further)
                    heappush(heap, (total - each[place[n]] + each[place[n] + 1], further))


def _chosen(formulation: Formulation, fixed: Matrices) -> Matrices:
    """A problem with choices fixed, in which indivisible orders are within what their choice leaves them."""
    taken = formulation.program.variables.get("order_taken")
    if taken is None:
        return fixed
    assert formulation.lineup is not None
    book, lower, upper = formulation.lineup.book, fixed.column_lower.copy(), fixed.column_upper.copy()
    column = formulation.program.variables["order_accepted_mwh"].start + taken.cells
    most = book.energy_mwh[taken.cells] * fixed.column_upper[taken.start : taken.stop]
    lower[column], upper[column] = book.ratio_min[taken.cells] * most, most
    return fixed.with_bounds(column_lower=lower, column_upper=upper)


def _scarce(case: Case, formulation: Formulation, fixed: Matrices, price: float) -> Matrices:
    """The problem in which every bus may buy and sell at a price out of sight, so that it always has an answer."""
    balance = formulation.program.constraints["power_balance"]
    rows = np.arange(balance.start, balance.stop, dtype=np.int32)
    cost = np.tile(price * np.tile(case.horizon.cost_hours, formulation.bus.size)[balance.cells], 2)
    value = np.repeat([1.0, -1.0], rows.size)
    start = np.arange(2 * rows.size + 1, dtype=np.int32)
    none, free = np.zeros(2 * rows.size), np.full(2 * rows.size, np.inf)
    return with_columns(replace(fixed, basis=None, start=None), start, np.tile(rows, 2), value, cost, none, free)


def _bound(formulation: Formulation, fixed: Matrices, steps: int) -> tuple[BoolArray, IntArray]:
    """Columns that bind steps to each other, and the step of every other one, -1 where it has none; (column,) each."""
    from scipy.sparse import block_array
    from scipy.sparse.csgraph import connected_components

    balance = formulation.program.constraints["power_balance"]
    rows: Any = abs(fixed.csr()).tocsc()
    free = fixed.column_upper > fixed.column_lower
    others = np.ones(fixed.rows, dtype=np.bool_)
    others[balance.start : balance.stop] = False
    part = rows[:, np.flatnonzero(free)].tocsr()
    laws = part[np.flatnonzero(others)]
    graph = block_array([[None, laws], [laws.T, None]], format="csr")
    count = laws.shape[0]
    label = connected_components(graph, directed=False)[1][count:]
    powers = part[balance.start : balance.stop].tocoo()
    at = balance.cells[powers.row] % steps
    first, last = np.full(label.max(initial=0) + 1, steps), np.full(label.max(initial=0) + 1, -1)
    np.minimum.at(first, label[powers.col], at)
    np.maximum.at(last, label[powers.col], at)
    held, step = np.zeros(fixed.columns, dtype=np.bool_), np.full(fixed.columns, -1)
    held[free] = last[label] > first[label]
    step[free] = np.where(last[label] == first[label], last[label], -1)
    return held, step
