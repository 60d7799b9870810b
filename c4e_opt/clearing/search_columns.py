"""The columns in which a fleet that keeps reserve is searched: power above the least one, and all that is available.

The same problem in other columns, in which engines find far better cuts. With q for the power of a unit above its least
one, and a for what a provider of one reserve gives and keeps together:

    power_mw = q + least power * on    so that lower_limit is q >= 0
    up_mw = a - q                      so that up_headroom is a <= (largest - least power) * on ...
    required_up + power_balance        sum of a + least power * on, and of all else that is given, >= demand + reserve

What is kept says nothing of who is on, for it has no price; what is available does: the last law is a knapsack of
units. Rows are added for the bounds of what is kept. The convex problem that gives the prices knows nothing of this.

On the first 24 hours of 2020-12-23 of RTS-GMLC, HiGHS's first round of cuts lifts the bound by 0.36 %, and all rounds
by 0.52 %; that of the problem as it is written rises by 0.15 %. Given a schedule to begin with, HiGHS cuts less there,
so it gets none.

Source: `garver_power_avail_vars` and `CA_reserve_constraints` of tight unit commitment in Egret (gridx-egret 0.6.2);
it names (3) of Carrion and Arroyo (2006), IEEE Transactions on Power Systems 21(3), doi:10.1109/TPWRS.2006.876672, for
the requirement. Here for every provider, and by a change of columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array, vstack
from scipy.sparse.csgraph import connected_components

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.program import Program
from c4e_solvers import Matrices, Solution

#: What is left of a coefficient that cancels, as a part of the largest one.
_NOTHING = 1e-13
#: By how much of itself a bound may differ and be the same.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Recast:
    """A problem in other columns.

    Attributes:
        matrices: The problem.
        known: The columns of the programme in terms of these, (n, n).
    """

    matrices: Matrices
    known: csr_array[Any]

    def answer(self, found: Solution) -> Solution:
        """An answer to it, in the columns of the programme."""
        return found if found.primal is None else replace(found, primal=self.known @ found.primal)


def recast(program: Program, matrices: Matrices) -> Recast | None:
    """A problem in these columns; None where nothing provides one reserve alone, or a law is not linear.

    Args:
        program: The programme.
        matrices: The same in standard form, perhaps with columns fixed.
    """
    if "reserve_up_headroom" not in program.constraints or matrices.quadratic is not None or matrices.cones:
        return None
    rows, free = matrices.csr(), _free(program, matrices)
    given = _given(program, rows, free)
    kept = np.flatnonzero(np.diff(given.indptr))
    if not kept.size:
        return None
    least = _least(program, matrices, rows, free)
    known = csr_array(eye_array(matrices.columns) + least - given)
    added = _balances(program, rows, given)
    lower, upper = matrices.column_lower.copy(), matrices.column_upper.copy()
    lower[kept] += given[kept] @ lower
    upper[kept] = np.inf
    every = csr_array(vstack([csr_array(rows + added @ rows) @ known, known[kept]]))
    every.data[np.abs(every.data) <= _NOTHING * np.abs(rows.data).max()] = 0.0
    every.eliminate_zeros()
    every.sort_indices()
    more = added @ matrices.row_lower  # balances are equations
    other = replace(
        matrices,
        cost=known.T @ matrices.cost,
        column_lower=lower,
        column_upper=upper,
        row_start=every.indptr.astype(np.int32),
        row_index=every.indices.astype(np.int32),
        row_value=every.data,
        row_lower=np.concatenate([matrices.row_lower + more, matrices.column_lower[kept]]),
        row_upper=np.concatenate([matrices.row_upper + more, matrices.column_upper[kept]]),
        row_blocks=(),
        start=None,
        basis=None,
    )
    return Recast(other, known)


def _free(program: Program, matrices: Matrices) -> BoolArray:
    """The columns that need not be whole, whether or not they are fixed, (n,)."""
    free = np.ones(matrices.columns, dtype=np.bool_)
    for each in program.variables.values():
        free[each.start : each.stop] = not each.integral
    return free


def _given(program: Program, rows: csr_array[Any], free: BoolArray) -> csr_array[Any]:
    """What is given, by the column of what is kept for the one reserve of its provider, (n, n)."""
    block, kept = program.constraints["reserve_up_headroom"], program.variables["reserve_up_mw"]
    limits = rows[block.start : block.stop].tocoo()
    row, column = limits.coords
    mine = (column >= kept.start) & (column < kept.stop)
    number = np.bincount(row[mine], minlength=limits.shape[0])
    of = np.zeros(limits.shape[0], dtype=np.int64)
    of[row[mine]] = column[mine]
    gives = ~mine & free[column] & (limits.data > 0) & (number[row] == 1)
    content = limits.data[gives], (of[row[gives]], column[gives])
    return csr_array(content, shape=(free.size, free.size))


def _least(program: Program, matrices: Matrices, rows: csr_array[Any], free: BoolArray) -> csr_array[Any]:
    """The least power while on, by the columns of power and state, (n, n)."""
    largest = _largest(program, matrices, rows, free)
    parts: list[tuple[IntArray, IntArray, FloatArray]] = []
    for name, block in program.constraints.items():
        if not name.endswith("_lower_limit"):
            continue
        limits = rows[block.start : block.stop]
        plain = (np.diff(limits.indptr) == 2) & (matrices.row_lower[block.start : block.stop] == 0)
        limits = limits[np.flatnonzero(plain)]
        column, value = limits.indices.reshape(-1, 2), limits.data.reshape(-1, 2)
        first = free[column[:, 0]]  # which of the two is the power
        power, state = np.where(first, column.T, column.T[::-1])
        of_power, of_state = np.where(first, value.T, value.T[::-1])
        fits = free[power] & ~free[state] & (of_power == 1) & (of_state < 0) & (matrices.column_lower[power] <= 0)
        fits &= largest[power] <= matrices.column_upper[power] * (1 + _SAME)
        parts.append((power[fits], state[fits], -of_state[fits]))
    if not parts:
        return csr_array((free.size, free.size))
    power, state, least = (np.concatenate(each) for each in zip(*parts, strict=True))
    return csr_array((least, (power, state)), shape=(free.size, free.size))


def _largest(program: Program, matrices: Matrices, rows: csr_array[Any], free: BoolArray) -> FloatArray:
    """The largest that laws of upper limits let a column be, (n,): bounds that need not be said again."""
    largest = np.full(free.size, np.inf)
    for name, block in program.constraints.items():
        if not name.endswith("_upper_limit"):
            continue
        limits = rows[block.start : block.stop].tocoo()
        row, column = limits.coords
        rest = ~free[column]
        ends = limits.data * np.where(limits.data > 0, matrices.column_lower[column], matrices.column_upper[column])
        others = np.bincount(row[rest], ends[rest], limits.shape[0])
        alone = np.bincount(row[~rest], minlength=limits.shape[0]) == 1
        mine = ~rest & alone[row] & (limits.data == 1)
        most = matrices.row_upper[block.start : block.stop] - others
        np.minimum.at(largest, column[mine], most[row[mine]])
    return largest


def _balances(program: Program, rows: csr_array[Any], given: csr_array[Any]) -> csr_array[Any]:
    """Which balances are added to which requirements: those of the step with providers, and what flows tie to them.

    Returns:
        1 for a balance in the row of a requirement, (m, m).
    """
    wanted, block = program.constraints["reserve_required_up"], program.constraints["power_balance"]
    balances, steps = csr_array(rows[block.start : block.stop]), block.axes[-1].size
    bus, step = np.divmod(block.cells, steps)
    at = csr_array((np.ones(bus.size), (bus, np.arange(bus.size))), shape=(block.axes[0].size, bus.size))
    size = abs(balances)
    passes = (np.abs(balances.sum(axis=0)) <= _SAME * size.max(axis=0).toarray().ravel()).astype(np.float64)
    ties = csr_array(at @ (size * passes[None, :]))
    count, area = connected_components(ties @ ties.T, directed=False)
    within = csr_array((np.ones(bus.size), (area[bus] * steps + step, np.arange(bus.size))), (count * steps, bus.size))
    asks = csr_array(rows[wanted.start : wanted.stop]) @ given  # what the providers of a requirement give
    met = (asks @ balances.T).tocoo()
    row, place = met.coords
    some = csr_array((np.ones(row.size), (row, area[bus[place]] * steps + step[place])), (asks.shape[0], count * steps))
    some.sum_duplicates()
    some.data[:] = 1.0
    which = csr_array(some @ within).tocoo()
    content = which.data, (wanted.start + which.coords[0], block.start + which.coords[1])
    return csr_array(content, shape=(rows.shape[0], rows.shape[0]))
