"""Uniform prices at a given acceptance of orders, at which nobody who is accepted loses: the European rule.

With every binary fixed, the answer is that of a convex problem, and prices are its duals y. This picks those at which
no block that is accepted, and no complex order that is active, is worse off than not being there:

    all y that fit the answer: of a row that does not bind y = 0; with the reduced costs d = c + Q x - A'y, d >= 0 of a
        column at its lower bound, d <= 0 at its upper one, d = 0 between; fixed columns are free
    y = 0 of order_least: what holds an order above its least part must not be paid for by itself
    income of every active complex order at or above what it asks for
    price of every price group within what its orders ask for at what they get (`market.price_group`)

Where they exist, the answer is legal. They are seldom unique: `low` makes the sum of all prices least, `high` largest,
and the price is the middle, which fits as well, as all of this is convex. On a transport network each low price is the
lowest that any choice has, and each high price the highest.

Definition: no paradoxically accepted orders. Properties: uniform per bus and step; orders may be rejected although
they are in the money; no uplift for orders.
Source: EUPHEMIA public description (NEMO committee), price determination; fixing the blocks and asking whether the
relaxed rest has prices: Madani, Van Vyve (2015), doi:10.1016/j.ejor.2014.10.005; the lattice of dual prices of
networks: Murota, Discrete Convex Analysis (2003), chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.formulate import Formulation
from c4e_opt.market import complex_order
from c4e_opt.market.price_group import Ladder
from c4e_solvers import Matrices, Reason, Solution

#: A row or a column is at its bound within this, in parts of the size of its numbers.
_AT = 1e-7
#: Reduced costs may be off by so much, as solvers leave them.
_SLACK = 1e-8
#: Duals from which on they are looked for around those that are known: of 125,000, most are what they are.
MANY = 20_000
#: Where nothing else bounds prices, they are within so many times the largest that an order names.
_FAR = 100.0
_ANYWHERE = (-np.inf, np.inf)
#: The same beside price groups: what is scarce at one bus may have to pay for many that are not.
_FARTHER = 1e4

#: Lowest and highest prices, of all steps or (time,) each.
Within = tuple[float, float] | tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uniform:
    """The duals of all rows whose prices are the lowest and the highest, (row,)."""

    low: FloatArray
    high: FloatArray

    @property
    def middle(self) -> FloatArray:
        """Those of the price that is published."""
        return 0.5 * (self.low + self.high)


def uniform(
    case: Case, formulation: Formulation, fixed: Matrices, primal: FloatArray, ask: Callable[[Matrices], Solution],
    known: FloatArray | None = None,
) -> Uniform | None:  # fmt: skip
    """The duals at which nobody loses; None where there are none, so that the acceptance is not legal.

    Args:
        case: The case.
        formulation: Its programme.
        fixed: The problem with everything discrete fixed.
        primal: Its answer.
        ask: Solves a linear problem.
        known: Duals of the answer (row,), if there are any; somebody may lose at them.
    """
    for within in _ranges(case) if Ladder.of(case.orders) is None else _widening(case, formulation, fixed, primal, ask):
        face = _face(case, formulation, fixed, primal, within)
        if (face.matrices.column_lower > face.matrices.column_upper).any():
            continue
        matrices, begin = face.matrices, np.zeros(face.rows.size)
        if known is not None and begin.size >= MANY:
            matrices, begin = _around(matrices, known[face.rows])
        found = [ask(replace(matrices, cost=cost)) for cost in (face.worth, -face.worth)]
        if within is _ANYWHERE and found[0].termination.reason is Reason.INFEASIBLE:
            return None
        if all(each.termination.reason is Reason.OPTIMAL for each in found):
            duals = np.zeros((2, fixed.rows))
            for whole, answer in zip(duals, found, strict=True):
                assert answer.primal is not None
                whole[face.rows] = begin + answer.primal
            return Uniform(low=duals[0], high=duals[1])
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """The duals that fit an answer, as a problem over those of the rows that bind."""

    matrices: Matrices
    rows: IntArray
    worth: FloatArray  # what one more of each dual adds to the sum of all prices
    means: Any  # prices of price groups, as rows over the duals


def group_prices(
    case: Case, formulation: Formulation, fixed: Matrices, primal: FloatArray, ask: Callable[[Matrices], Solution],
    within: Within,
) -> tuple[FloatArray, FloatArray] | None:  # fmt: skip
    """The least and the largest price of every price group and step, (cell,) each, whatever its orders ask for.

    Args:
        case: The case.
        formulation: Its programme.
        fixed: The problem with everything discrete fixed, and what the orders of price groups get.
        primal: Its answer.
        ask: Solves a linear problem.
        within: Where prices are looked for.
    """
    face = _face(case, formulation, fixed, primal, within, asks=False)
    found: list[FloatArray] = []
    for sign in (1.0, -1.0):
        cost = sign * np.asarray(face.means.sum(axis=0)).ravel()
        answer = ask(replace(face.matrices, cost=cost))
        if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None:
            return None
        found.append(np.asarray(face.means @ answer.primal))
    return found[0], found[1]


def far_prices(case: Case) -> tuple[float, float]:
    """Prices within which all are that price groups may need."""
    low, high = _named(case)
    far = _FARTHER * max(1.0, abs(low), abs(high))
    return -far, far


def _widening(
    case: Case, formulation: Formulation, fixed: Matrices, primal: FloatArray, ask: Callable[[Matrices], Solution]
) -> Iterator[Within]:
    """Ranges of prices beside price groups: wide ones only in steps in which a group finds no price within others."""
    ladder = Ladder.of(formulation.lineup.book) if formulation.lineup is not None else None
    assert ladder is not None
    narrow, wide = _named(case), far_prices(case)
    yield narrow
    found = group_prices(case, formulation, fixed, primal, ask, narrow)
    if found is not None:
        low, high = ladder.limits(ladder.taken(primal[_orders_of(formulation, ladder)]))
        scarce = np.zeros(case.horizon.steps, dtype=np.bool_)
        scarce[ladder.step[(found[1] < low - _AT) | (found[0] > high + _AT)]] = True
        yield np.where(scarce, wide[0], narrow[0]), np.where(scarce, wide[1], narrow[1])
    yield from _ranges(case)
    yield wide


def _orders_of(formulation: Formulation, ladder: Ladder) -> IntArray:
    """Columns of the orders of price groups, (entry,)."""
    return formulation.program.variables["order_accepted_mwh"].start + ladder.order


def _face(
    case: Case, formulation: Formulation, fixed: Matrices, primal: FloatArray, within: Within, *, asks: bool = True
) -> _Face:
    from scipy.sparse import vstack

    rows = fixed.csr()
    activity = np.asarray(rows @ primal)
    size = np.asarray(abs(rows) @ np.abs(primal))
    near = _AT * np.maximum(1.0, size)
    low, high = activity - fixed.row_lower <= near, fixed.row_upper - activity <= near
    least = formulation.program.constraints.get("order_least")
    if least is not None:
        low[least.start : least.stop] = False
    lower, upper = np.where(high, -np.inf, 0.0), np.where(low, np.inf, 0.0)
    _within_limits(case, formulation, within, lower, upper)
    kept = np.flatnonzero((low | high) & (np.diff(fixed.row_start) > 0))  # a bus where nothing happens has no price
    free = np.flatnonzero(fixed.column_upper > fixed.column_lower)
    at = _AT * np.maximum(1.0, np.abs(primal[free]))
    down, up = primal[free] - fixed.column_lower[free] <= at, fixed.column_upper[free] - primal[free] <= at
    cost = fixed.cost + (0.0 if fixed.quadratic is None else np.asarray(fixed.quadratic @ primal))
    slack = _SLACK * np.maximum(1.0, np.abs(cost[free]))
    below = np.where(up, -np.inf, -slack)  # of d
    above = np.where(down, np.inf, slack)
    columns = cast("Any", rows[kept].T.tocsr())
    income, asked = _incomes(case, formulation, columns, kept, primal)
    means, lowest, highest = _means(formulation, columns, kept, primal)
    if not asks:
        asked, lowest, highest = asked - np.inf, lowest - np.inf, highest + np.inf
    own: Any = columns[free]
    least_worth, most_worth = cost[free] - above, cost[free] - below  # of A'y
    several = np.flatnonzero(np.diff(own.indptr) > 1)
    _held(own, least_worth, most_worth, kept, lower, upper)
    matrices = Matrices.build(
        np.zeros(kept.size),
        vstack([own[several], income, means], format="csr"),
        np.concatenate([least_worth[several], asked, lowest]),
        np.concatenate([most_worth[several], np.full(asked.size, np.inf), highest]),
        column_lower=lower[kept],
        column_upper=upper[kept],
    )
    return _Face(matrices, kept, _worth(formulation, case, fixed.rows)[kept], means)


def _around(matrices: Matrices, known: FloatArray) -> tuple[Matrices, FloatArray]:
    """The problem of a face less duals that are in it, and these; as it is, and none, where they are outside.

    What is at a bound there within the slack is there exactly: so equations have no room, and a solver sees at once
    which duals cannot be otherwise.
    """
    activity = np.asarray(matrices.csr() @ known)
    bounds: dict[str, FloatArray] = {}
    for name, value in (("row", activity), ("column", known)):
        lower, upper = getattr(matrices, f"{name}_lower"), getattr(matrices, f"{name}_upper")
        near = 3.0 * _SLACK * np.maximum(1.0, np.abs(value))
        if ((value < lower - near) | (value > upper + near)).any():
            return matrices, np.zeros(known.size)
        bounds[f"{name}_lower"] = np.where(value - lower <= near, 0.0, lower - value)
        bounds[f"{name}_upper"] = np.where(upper - value <= near, 0.0, upper - value)
    return matrices.with_bounds(**bounds), known


def _held(own: Any, least: FloatArray, most: FloatArray, kept: IntArray, lower: FloatArray, upper: FloatArray) -> None:
    """Turn what columns with one coefficient ask of their one dual into bounds of it."""
    alone = np.flatnonzero(np.diff(own.indptr) == 1)
    row, size = kept[own.indices[own.indptr[alone]]], own.data[own.indptr[alone]]
    ends = np.sort([least[alone] / size, most[alone] / size], axis=0)
    np.maximum.at(lower, row, ends[0])
    np.minimum.at(upper, row, ends[1])
    crossed = (lower > upper) & (lower - upper <= 2.0 * _SLACK * np.maximum(1.0, np.abs(upper)))
    middle = 0.5 * (lower[crossed] + upper[crossed])
    lower[crossed] = upper[crossed] = middle


def _ranges(case: Case) -> list[tuple[float, float]]:
    """Ranges of prices to look for them in, one after the other.

    First those that orders name, or their markets: what nothing holds stays there. Orders over several steps, and
    those that are bound to others, may need prices beyond; beside components all prices are fine that something holds.
    """
    book, (low, high) = case.orders, _named(case)
    alone = not case.components.keys() - {"market", "complex_order", "tie", "line", "flow_based_constraint"}
    bound = (book.parent >= 0) | (book.group != "") | (book.complex_order != "")
    simple = alone and bool((book.lengths() == 1).all()) and not bound.any()
    far = _FAR * max(1.0, abs(low), abs(high))
    wide = (min(low, -far), max(high, far))
    if alone:
        return [(low, high)] if simple else [(low, high), wide]
    return [_ANYWHERE, (low, high), wide]


def _named(case: Case) -> tuple[float, float]:
    """The lowest and the highest price that orders or their markets name."""
    book, markets = case.orders, case.components.get("market", ())
    named = (book.price_eur_per_mwh, book.price_full_eur_per_mwh) if book.orders else (np.zeros(1),)
    ends = [each.price_min_eur_per_mwh for each in markets if each.price_min_eur_per_mwh is not None]
    tops = [each.price_max_eur_per_mwh for each in markets if each.price_max_eur_per_mwh is not None]
    low = min([*ends, *(float(each.min()) for each in named)])
    return low, max([*tops, *(float(each.max()) for each in named)])


def _within_limits(case: Case, formulation: Formulation, within: Within, lower: FloatArray, upper: FloatArray) -> None:
    """Keep prices within a range."""
    balance = formulation.program.constraints["power_balance"]
    hours, count = case.horizon.cost_hours, formulation.bus.size
    rows = slice(balance.start, balance.stop)
    lower[rows] = np.maximum(lower[rows], np.tile(within[0] * hours, count)[balance.cells])
    upper[rows] = np.minimum(upper[rows], np.tile(within[1] * hours, count)[balance.cells])


def _worth(formulation: Formulation, case: Case, rows: int) -> FloatArray:
    """The sum of all prices, per unit of each dual, (row,)."""
    worth = np.zeros(rows)
    balance = formulation.program.constraints["power_balance"]
    steps = case.horizon.steps
    count = np.ones(balance.cells.size // steps)
    if formulation.area is not None:
        count = np.bincount(formulation.area, minlength=count.size).astype(np.float64)
    worth[balance.start : balance.stop] = (count[:, None] / case.horizon.cost_hours).ravel()[balance.cells]
    if formulation.lazy is not None:
        worth += formulation.lazy.congestion_sum(rows, case.horizon.cost_hours)
    return worth


def _incomes(
    case: Case, formulation: Formulation, columns: Any, kept: IntArray, primal: FloatArray
) -> tuple[Any, FloatArray]:
    """What active complex orders earn, as rows over the duals, and what they ask for."""
    from scipy.sparse import csr_array

    records = case.of(complex_order.ComplexOrder)
    if not records or formulation.lineup is None:
        return csr_array((0, kept.size)), np.zeros(0)
    program, book = formulation.program, formulation.lineup.book
    accepted = program.variables["order_accepted_mwh"]
    energy = primal[accepted.start : accepted.stop]
    active = program.variables.get("complex_order_active")
    runs = np.zeros(len(records)) if active is None else active.unpack(primal)
    inside, of = complex_order.members(records, book)
    own = _moves_energy(formulation)
    rows: list[Any] = []
    asked: list[float] = []
    for place, record in enumerate(records):
        if record.condition == "none" or runs[place] < 0.5:
            continue
        mine = inside[of == place]
        paid = np.asarray(energy[mine] @ columns[accepted.start + mine]) * own[kept]
        volume, side = energy[mine].sum(), book.side[mine[0]]
        bid = float((energy[mine] * book.price_eur_per_mwh[mine]).sum())
        per = bid if record.condition == "scalable" else record.variable_eur_per_mwh * volume
        rows.append(paid)
        asked.append(record.fixed_eur + side * per)
    content = csr_array(np.array(rows)) if rows else csr_array((0, kept.size))
    return content, np.array(asked) - _AT


def _means(
    formulation: Formulation, columns: Any, kept: IntArray, primal: FloatArray
) -> tuple[Any, FloatArray, FloatArray]:
    """The price of every price group and step, as rows over the duals, and what its orders ask of it."""
    from scipy.sparse import csr_array

    ladder = None if formulation.lineup is None else Ladder.of(formulation.lineup.book)
    if ladder is None:
        return csr_array((0, kept.size)), np.zeros(0), np.zeros(0)
    column = _orders_of(formulation, ladder)
    taken, cell = primal[column], ladder.cell[ladder.level]
    weight = csr_array((ladder.weights(taken), (cell, np.arange(cell.size))), shape=(ladder.cells, cell.size))
    means = csr_array(-(weight @ columns[column]) * _moves_energy(formulation)[kept][None, :])  # buyers take energy
    low, high = ladder.limits(ladder.taken(taken))
    return means, low - _AT * np.maximum(1.0, np.abs(low)), high + _AT * np.maximum(1.0, np.abs(high))


def gains(formulation: Formulation, fixed: Matrices, primal: FloatArray, row_dual: FloatArray) -> FloatArray:
    """What every order of the problem earns at some duals beyond its limit, in the currency, (order,)."""
    accepted = formulation.program.variables["order_accepted_mwh"]
    return earnings(formulation, fixed, row_dual) * primal[accepted.start : accepted.stop]


def earnings(formulation: Formulation, fixed: Matrices, row_dual: FloatArray) -> FloatArray:
    """What one MWh of every order of the problem earns at some duals beyond its limit, (order,)."""
    accepted = formulation.program.variables["order_accepted_mwh"]
    dual = np.zeros(fixed.rows)  # of limits that became rows after these duals: nothing
    dual[: min(row_dual.size, fixed.rows)] = row_dual[: fixed.rows]
    moves = np.where(_moves_energy(formulation)[: fixed.rows], dual, 0.0)
    own = slice(accepted.start, accepted.stop)
    return np.asarray(fixed.csr().T @ moves)[own] - fixed.cost[own]


def _moves_energy(formulation: Formulation) -> BoolArray:
    """Rows that are about energy at buses, not those that bind an order itself, (row,)."""
    own = np.ones(formulation.program.rows, dtype=np.bool_)
    for name, block in formulation.program.constraints.items():
        if name.startswith(("order_", "complex_order_")):
            own[block.start : block.stop] = False
    return own
