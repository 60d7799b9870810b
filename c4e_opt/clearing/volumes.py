"""Which of many answers of the same welfare and prices: most volume, then orders at the money alike, then short flows.

At given prices only what is at the money may be otherwise. Of all that is left, lexicographically:

    1. the largest energy accepted
    2. the least sum of accepted_mwh^2 / energy_mwh: orders at the money share in proportion, whichever bus they are at,
       as far as the network lets them
    3. the least sum of the squares of all powers that come in two directions (ties, connections, storage), so that
       nothing flows in circles, or both ways

Where more energy is accepted only for flows to burn it, both ways in one step, the smaller of the two in the answer
that is given stays as it is, and the rest is chosen again.

Source: EUPHEMIA public description (NEMO committee), volume and flow indeterminacy; the Italian day-ahead market
shares orders at the money in proportion over its zones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.clearing.search import FLOWS_MW
from c4e_opt.formulate import Formulation
from c4e_solvers import Matrices, Reason, Solution, reduced

#: Reduced costs within this are none, and so are duals, in parts of the size of costs.
_NONE = 1e-6
#: Columns that are free from which on a problem is reduced first: an interior point took 12 s for 180,000 of them.
_MANY = 20_000
#: How far rows of such a problem may be broken: many that are by little are much together.
_APART = 1e-9
#: Energy that the second choice may lack of the first, in MWh and in parts of it.
_LESS = 1e-9
#: Rounds of shutting flows one way, after which the answer stays as it is.
_ROUNDS = 10


def decided(
    formulation: Formulation, fixed: Matrices, primal: FloatArray, row_dual: FloatArray,
    ask: Callable[[Matrices], Solution],
) -> FloatArray:  # fmt: skip
    """The answer by these rules; the one that is given where a solver finds none.

    Args:
        formulation: The programme.
        fixed: The problem with everything discrete fixed.
        primal: An answer of it in which nothing flows both ways (column,).
        row_dual: Duals that are its prices (row,).
        ask: Solves a convex problem.
    """
    for _ in range(_ROUNDS):
        point = _chosen(formulation, fixed, primal, row_dual, ask)
        shut = _one_of_both(formulation, point, primal)
        if not shut.size:
            return point
        upper = fixed.column_upper.copy()
        upper[shut] = np.maximum(primal[shut], 0.0)
        fixed = fixed.with_bounds(column_upper=upper)
    return primal


def _one_of_both(formulation: Formulation, point: FloatArray, primal: FloatArray) -> IntArray:
    """Of every pair of flows that a point runs both ways, the column of that which an answer has less of (column,)."""
    found: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    for pair in formulation.exclusive.values():
        first, second = (formulation.program.variables[name] for name in (pair.first, pair.second))
        one, other = first.unpack(point), second.unpack(point)
        both = (one > FLOWS_MW) & (other > FLOWS_MW)
        if pair.members is not None:
            both &= pair.members[:, None]
        if both.any():
            had, had_other = first.unpack(primal), second.unpack(primal)
            runs = np.maximum(had, had_other) > FLOWS_MW
            smaller = np.where(runs, had <= had_other, one <= other)
            found += [first.columns(both & smaller), second.columns(both & ~smaller)]
    return np.concatenate(found)


def _chosen(
    formulation: Formulation, fixed: Matrices, primal: FloatArray, row_dual: FloatArray,
    ask: Callable[[Matrices], Solution],
) -> FloatArray:  # fmt: skip
    """The answer by these rules, whether or not anything flows both ways."""
    rest = _Rest.of(fixed, primal, row_dual)
    orders = rest.among(formulation, ("order_accepted_mwh",))
    if not orders.size or formulation.lineup is None:
        return primal
    offered = formulation.lineup.book.energy_mwh
    block = formulation.program.variables["order_accepted_mwh"]
    size = offered[rest.columns[orders] - block.start]
    point = rest.point
    volume = np.zeros(rest.columns.size)
    volume[orders] = -1.0
    most = _asked(ask, rest.matrices(cost=volume), point)
    if most.termination.reason is Reason.OPTIMAL and most.primal is not None:
        most_mwh = float(most.primal[orders].sum())
        weight = np.zeros(rest.columns.size)
        weight[orders] = size.min() / size  # 1 at most: an interior point wants numbers of one size
        wanted = rest.matrices(squares=weight, least=(orders, most_mwh - _LESS * max(1.0, most_mwh)))
        alike = _asked(ask, wanted, most.primal)
        point = alike.primal if alike.termination.reason is Reason.OPTIMAL and alike.primal is not None else most.primal
    pairs = formulation.exclusive.values()
    flows = rest.among(formulation, tuple({name for pair in pairs for name in (pair.first, pair.second)}))
    if flows.size:
        weight = np.zeros(rest.columns.size)
        weight[flows] = 1.0
        short = _asked(ask, rest.matrices(squares=weight, held=(orders, point)), point)
        point = short.primal if short.termination.reason is Reason.OPTIMAL and short.primal is not None else point
    whole = primal.copy()
    whole[rest.columns] = np.clip(point, rest.lower, rest.upper)
    return whole


def _asked(ask: Callable[[Matrices], Solution], matrices: Matrices, point: FloatArray) -> Solution:
    """The answer of a problem, of which a solution is known; of a large one without its duals."""
    part = reduced(matrices, point) if matrices.columns >= _MANY else None
    if part is None:
        return ask(matrices)
    answer = ask(part.matrices)
    if answer.primal is None:
        return answer
    primal = part.primal(answer.primal)
    activity = np.asarray(matrices.csr() @ primal)
    broken = np.maximum(matrices.row_lower - activity, activity - matrices.row_upper).max(initial=0.0)
    return ask(matrices) if broken > _APART else replace(answer, primal=primal, row_dual=None)


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """What is still free at an answer and its prices: some columns, and the rows that have any of them."""

    columns: IntArray
    rows: Any  # coefficients (row, column)
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    point: FloatArray

    @classmethod
    def of(cls, fixed: Matrices, primal: FloatArray, row_dual: FloatArray) -> _Rest:
        """Everything without a reduced cost; rows that are worth something stay where they are."""
        rows = fixed.csr()
        dual = row_dual[: fixed.rows]
        reduced = fixed.cost - np.asarray(rows.T @ dual)
        reduced += 0.0 if fixed.quadratic is None else np.asarray(fixed.quadratic @ primal)
        curved = np.zeros(fixed.columns, dtype=np.bool_) if fixed.quadratic is None else fixed.quadratic.diagonal() > 0
        free: BoolArray = (fixed.column_upper > fixed.column_lower) & ~curved
        free &= np.abs(reduced) <= _NONE * np.maximum(1.0, np.abs(fixed.cost))
        columns = np.flatnonzero(free)
        part: Any = rows.tocsc()[:, columns].tocsr()
        some = np.flatnonzero(np.diff(part.indptr) > 0)
        activity, own = np.asarray(rows[some] @ primal), np.asarray(part[some] @ primal[columns])
        tight = np.abs(dual[some]) > _NONE
        low = np.where(tight, activity, np.minimum(fixed.row_lower[some], activity)) - (activity - own)
        high = np.where(tight, activity, np.maximum(fixed.row_upper[some], activity)) - (activity - own)
        lower = np.minimum(fixed.column_lower[columns], primal[columns])
        upper = np.maximum(fixed.column_upper[columns], primal[columns])
        return cls(columns, part[some], low, high, lower, upper, primal[columns])

    def among(self, formulation: Formulation, names: tuple[str, ...]) -> IntArray:
        """Places of the columns of some blocks."""
        blocks = [formulation.program.variables[name] for name in names if name in formulation.program.variables]
        inside = [(self.columns >= each.start) & (self.columns < each.stop) for each in blocks]
        return np.flatnonzero(np.any(inside, axis=0)) if inside else np.zeros(0, dtype=np.int64)

    def matrices(
        self,
        *,
        cost: FloatArray | None = None,
        squares: FloatArray | None = None,
        least: tuple[IntArray, float] | None = None,
        held: tuple[IntArray, FloatArray] | None = None,
    ) -> Matrices:
        """The problem over these columns.

        Args:
            cost: Of every column; none when None.
            squares: Cost of the square of every column.
            least: Columns whose sum must reach some number.
            held: Columns that stay as they are at a point.
        """
        from scipy.sparse import csr_array, diags_array, vstack

        rows, low, high = self.rows, self.row_lower, self.row_upper
        if least is not None:
            total = np.zeros((1, self.columns.size))
            total[0, least[0]] = 1.0
            rows = vstack([rows, csr_array(total)], format="csr")
            low, high = np.append(low, least[1]), np.append(high, np.inf)
        lower, upper = self.lower, self.upper
        if held is not None:
            lower, upper = lower.copy(), upper.copy()
            lower[held[0]] = upper[held[0]] = held[1][held[0]]
        none = np.zeros(self.columns.size)
        matrices = Matrices.build(
            none if cost is None else cost, rows, low, high, column_lower=lower, column_upper=upper
        )
        if squares is None:
            return matrices
        return replace(matrices, quadratic=csr_array(diags_array(2.0 * squares)))
