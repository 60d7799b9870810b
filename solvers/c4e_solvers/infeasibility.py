"""Why a problem has no solution: the smallest weighted relaxation of its rows that would give it one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from c4e_solvers.errors import InvalidMatrices
from c4e_solvers.extension import with_columns
from c4e_solvers.matrices import BoolArray, FloatArray, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.registry import solve
from c4e_solvers.sides import Sides
from c4e_solvers.solution import Reason, Termination

_ZERO_IN_TOLERANCES = 10.0
_GUIDED = 1e3
"""Price of a unit of violation, in the largest costs of a guiding objective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolatedRow:
    """A row that has to give way.

    Attributes:
        row: Its index.
        block: Name of its block; empty where it has none.
        offset: Its place inside that block.
        side: The bound that gives way.
        bound: That bound (unit of the row).
        amount: How far it must give way (unit of the row); positive.
    """

    row: int
    block: str
    offset: int
    side: Literal["lower", "upper"]
    bound: float
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxation:
    """The smallest relaxation.

    Attributes:
        termination: Of the solve that found it: OPTIMAL for the smallest, FEASIBLE for one that a limit cut short,
            INFEASIBLE when columns and the rows that may not be relaxed clash by themselves.
        feasible: Whether the problem needs no relaxation; None when the solve found nothing.
        linear: Whether the LP answered: a problem that needs relaxing even as an LP is not tried as a MILP.
        violation: How far each row gives way (m,), 0 for most; None when the solve found nothing.
        violated: The rows that give way, largest weighted amount first, ties by index.
        objective: Weighted total violation; None when the solve found nothing.
        primal: Column values that fit the relaxed rows (n,); None when the solve found nothing.
    """

    termination: Termination
    feasible: bool | None
    linear: bool
    violation: FloatArray | None
    violated: tuple[ViolatedRow, ...]
    objective: float | None
    primal: FloatArray | None


def relax(
    matrices: Matrices,
    *,
    rows: Collection[str] | None = None,
    weights: Mapping[str, float] | None = None,
    within: npt.NDArray[np.int64] | None = None,
    guided: bool = False,
    options: SolverOptions = DEFAULT_OPTIONS,
) -> Relaxation:
    """Find the smallest weighted total by which rows must give way for the problem to have a solution.

    The LP relaxation comes first; when it needs nothing and the problem is discrete, the MILP follows. The objective
    and quadratic term of the problem play no part; column bounds never give way.

    Args:
        matrices: The problem.
        rows: Names of the row blocks that may give way; None for every row, nameless ones too. "" names the nameless.
        weights: Price of one unit of violation by block name, positive; 1 for those not named.
        within: Indices of the rows that take part, with their columns, (k,), rising; all when None. The answer then has
            no ``primal``.
        guided: Whether the objective decides between relaxations that are nearly the smallest: of large problems with a
            few rows that may give way, that one is found much sooner. Not together with ``within``.
        options: Limits and tolerances; the time limit holds for each of the two solves.

    Raises:
        InvalidMatrices: The arrays do not describe a problem, or a name or weight does not fit it.
    """
    matrices.check()
    price, may = _prices(matrices, rows, weights or {})
    if within is not None:
        return _within(matrices, price, may, within, options)
    elastic = _elastic(replace(matrices, quadratic=None, start=None, basis=None), price, may)
    if guided:
        largest = max(float(np.abs(matrices.cost).max(initial=0.0)), 1.0) * _GUIDED
        cost = np.concatenate([matrices.cost, largest * elastic.cost[matrices.columns :]])
        elastic = replace(elastic, cost=cost)
    relaxation = _solve(elastic.relaxed(), matrices, may, price, options, linear=True)
    if relaxation.feasible and elastic.discrete:
        return _solve(elastic, matrices, may, price, options, linear=False)
    return relaxation


def _within(
    matrices: Matrices, price: FloatArray, may: BoolArray, within: npt.NDArray[np.int64], options: SolverOptions
) -> Relaxation:
    """The relaxation of some of the rows, told as one of the whole problem."""
    sides = Sides(matrices)
    part = sides.part(sides.of(within))
    few, some = price[part.row], may[part.row]
    elastic = _elastic(part.matrices, few, some)
    found = _solve(elastic.relaxed(), part.matrices, some, few, options, linear=True)
    if found.feasible and elastic.discrete:
        found = _solve(elastic, part.matrices, some, few, options, linear=False)
    if found.violation is None:
        return found
    violation = np.zeros(matrices.rows)
    violation[part.row] = found.violation
    short = np.zeros(matrices.rows, dtype=np.bool_)
    short[[int(part.row[each.row]) for each in found.violated if each.side == "lower"]] = True
    violated = _violated(matrices, violation, violation * price, short)
    return replace(found, violation=violation, violated=violated, primal=None)


def _prices(
    matrices: Matrices, rows: Collection[str] | None, weights: Mapping[str, float]
) -> tuple[FloatArray, BoolArray]:
    """Price of a unit of violation of each row, and which rows may give way, both (m,)."""
    names = {block.name for block in matrices.row_blocks} | {""}
    wrong = [f"no row block is called {name!r}" for name in sorted({*(rows or ()), *weights} - names)]
    wrong += [f"weight of {name!r} is {w}; it must be positive" for name, w in weights.items() if not 0 < w < np.inf]
    if wrong:
        raise InvalidMatrices(wrong)
    price = np.full(matrices.rows, float(weights.get("", 1.0)))
    may = np.full(matrices.rows, rows is None or "" in rows)
    for block in matrices.row_blocks:
        price[block.start : block.stop] = weights.get(block.name, 1.0)
        may[block.start : block.stop] = rows is None or block.name in rows
    return price, may


def _elastic(matrices: Matrices, price: FloatArray, may: BoolArray) -> Matrices:
    """The problem with a priced column per finite side of each row that may give way: lower sides, then upper."""
    lower = np.flatnonzero(may & np.isfinite(matrices.row_lower))
    upper = np.flatnonzero(may & np.isfinite(matrices.row_upper))
    row = np.concatenate([lower, upper]).astype(np.int32)
    extra = len(row)
    return with_columns(
        replace(matrices, cost=np.zeros(matrices.columns), offset=0.0),
        np.arange(extra + 1, dtype=np.int32),
        row,
        np.repeat([1.0, -1.0], [len(lower), len(upper)]),
        price[row],
        np.zeros(extra),
        np.full(extra, np.inf),
    )


def _solve(
    elastic: Matrices, matrices: Matrices, may: BoolArray, price: FloatArray, options: SolverOptions, *, linear: bool
) -> Relaxation:
    solution = solve(elastic, replace(options, ray=False))
    if solution.primal is None or not solution.termination.has_solution:
        none = solution.termination
        return Relaxation(
            termination=none,
            feasible=False if none.reason is Reason.INFEASIBLE else None,
            linear=linear,
            violation=None,
            violated=(),
            objective=None,
            primal=None,
        )
    short, over = np.zeros(matrices.rows), np.zeros(matrices.rows)
    lower, upper = may & np.isfinite(matrices.row_lower), may & np.isfinite(matrices.row_upper)
    slack = solution.primal[matrices.columns :]
    count = int(np.count_nonzero(lower))
    short[lower], over[upper] = slack[:count], slack[count:]
    amount = np.maximum(np.maximum(short, over), 0.0)
    zero = _ZERO_IN_TOLERANCES * (options.feasibility_tolerance if linear else options.integrality_tolerance)
    amount[amount <= zero] = 0.0
    return Relaxation(
        termination=solution.termination,
        feasible=not amount.any(),
        linear=linear,
        violation=amount,
        violated=_violated(matrices, amount, amount * price, short >= over),
        objective=float(amount @ price),
        primal=solution.primal[: matrices.columns],
    )


def _violated(
    matrices: Matrices, amount: FloatArray, weighted: FloatArray, is_short: BoolArray
) -> tuple[ViolatedRow, ...]:
    found = np.flatnonzero(amount)
    found = found[np.argsort(-weighted[found], kind="stable")]
    rows: list[ViolatedRow] = []
    for row in found.tolist():
        block, low = matrices.row_block_of(row), bool(is_short[row])
        rows.append(
            ViolatedRow(
                row=row,
                block=block.name,
                offset=row - block.start,
                side="lower" if low else "upper",
                bound=float(matrices.row_lower[row] if low else matrices.row_upper[row]),
                amount=float(amount[row]),
            )
        )
    return tuple(rows)
