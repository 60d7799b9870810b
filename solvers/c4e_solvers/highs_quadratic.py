"""Holds what HiGHS says of a QP to proof: where the quadratic term is flat, its active-set method stumbles in silence.

Of 1,918 small random QPs that are flat somewhere, HiGHS 1.15.1 gives up on 248, calls 51 optimal that are not and three
unbounded that are bounded, and turns in circles for ever in four. A little curvature on the diagonal helps with
most of them, and makes an unbounded problem look bounded. So no answer leaves without its proof: an optimum with duals
that certify it, an unbounded problem with a direction in which it falls for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from c4e_solvers.certificate import certify, unboundedness_margin
from c4e_solvers.matrices import FloatArray, Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.solution import Limit, Reason, Solution, Termination

_CURVATURES = (0.0, 1e-9, 1e-7, 1e-6)
_PROVEN, _NEAR = 10.0, 1000.0  # in tolerances of the options
_FLAT = 1e-9
Linear = Callable[[Matrices], Solution]


def with_a_row(matrices: Matrices) -> Matrices:
    """The same problem with a row at least, if need be one that has no bounds: HiGHS fails on half of those without."""
    if matrices.rows:
        return matrices
    return replace(
        matrices,
        row_start=np.array([0, 1], np.int32),
        row_index=np.zeros(1, np.int32),
        row_value=np.ones(1),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([np.inf]),
        row_blocks=(),
    )


def iterations_most(matrices: Matrices) -> int:
    """How many iterations a QP may take before it is held to turn in circles."""
    return 10_000 + 10 * (matrices.columns + matrices.rows)


def solve_proven(
    matrices: Matrices, options: SolverOptions, run: Callable[[float], Solution], linear: Linear
) -> Solution:
    """The first answer that is proven, with ever more curvature.

    Args:
        matrices: A problem with a quadratic term and without integers.
        options: Of the solve.
        run: Solves it with so much added to the diagonal, in no more than ``iterations_most``.
        linear: Solves an LP.

    Returns:
        A proven answer, one that a limit or an interrupt ended, or NUMERICAL_ERROR; IMPRECISE with its arrays where
        the duals nearly certify them.
    """
    tolerance = max(options.feasibility_tolerance, options.dual_tolerance)
    near, failed = None, Solution(termination=Termination(reason=Reason.NUMERICAL_ERROR))
    for curvature in _CURVATURES:
        answer = run(curvature)
        ended = answer.termination
        if ended.reason is Reason.INFEASIBLE or ended.limit not in (Limit.NONE, Limit.ITERATION):
            return answer
        if ended.reason is Reason.OPTIMAL:
            answer = _recomputed(matrices, answer)
            certificate = certify(matrices, answer)
            answer = replace(answer, objective=certificate.objective, bound=certificate.dual_objective)
            if certificate.holds(_PROVEN * tolerance):
                return answer
            if near is None and certificate.holds(_NEAR * tolerance):
                imprecise = Termination(reason=Reason.IMPRECISE, detail=certificate.faults(_PROVEN * tolerance)[0])
                near = replace(answer, termination=imprecise, bound=None)
        if curvature == 0.0 and endless_direction(matrices, linear) is not None:
            return _unbounded(matrices, answer, linear)
        failed = _nothing(answer, Reason.NUMERICAL_ERROR, f"{ended.detail}, and nothing proves it")
    return near or failed


def _recomputed(matrices: Matrices, answer: Solution) -> Solution:
    """The same answer with what follows from its columns and row duals: HiGHS's own belongs to the added curvature."""
    primal, rows = answer.primal, answer.row_dual
    if primal is None or rows is None or matrices.quadratic is None:
        return answer
    reduced = matrices.cost + np.asarray(matrices.quadratic @ primal) - np.asarray(matrices.csr().T @ rows)
    return replace(answer, column_dual=reduced, objective=None, bound=None)


def endless_direction(matrices: Matrices, linear: Linear) -> FloatArray | None:
    """A direction (n,) in which the objective falls for ever, wherever one starts; None where there is none.

    A convex quadratic falls for ever along d exactly where ``Q d = 0``, ``cost'd < 0`` and no bound is in the way.

    Args:
        matrices: A problem, with or without a quadratic term.
        linear: Solves an LP.
    """
    ends = _ends(matrices.column_lower, matrices.column_upper)
    if not (ends[0] < ends[1]).any():
        return None
    rows, sides = matrices.csr(), _ends(matrices.row_lower, matrices.row_upper)
    lower, upper = np.where(sides[0] < 0, -np.inf, 0.0), np.where(sides[1] > 0, np.inf, 0.0)
    if matrices.quadratic is not None:
        from scipy.sparse import vstack

        rows = vstack([rows, matrices.quadratic])
        lower, upper = (np.concatenate([bounds, np.zeros(matrices.columns)]) for bounds in (lower, upper))
    cone = Matrices.build(matrices.cost, rows, lower, upper, column_lower=ends[0], column_upper=ends[1])
    found = linear(cone).primal
    if found is None or unboundedness_margin(matrices, found) <= _FLAT * max(1.0, float(np.abs(matrices.cost).max())):
        return None
    return found


def _ends(lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far a unit direction may go: not towards a finite bound."""
    return np.where(np.isfinite(lower), 0.0, -1.0), np.where(np.isfinite(upper), 0.0, 1.0)


def _unbounded(matrices: Matrices, answer: Solution, linear: Linear) -> Solution:
    """Unbounded where there is a point to start from."""
    start = linear(replace(matrices, cost=np.zeros(matrices.columns), quadratic=None)).termination
    if start.reason is Reason.INFEASIBLE:
        return _nothing(answer, Reason.INFEASIBLE, start.detail)
    reason = Reason.UNBOUNDED if start.reason is Reason.OPTIMAL else Reason.INFEASIBLE_OR_UNBOUNDED
    return _nothing(answer, reason, "a direction falls for ever")


def _nothing(answer: Solution, reason: Reason, detail: str) -> Solution:
    """The same answer without its arrays."""
    termination = Termination(reason=reason, detail=detail)
    arrays = {"primal": None, "row_dual": None, "column_dual": None, "objective": None, "bound": None}
    return replace(answer, termination=termination, **arrays)  # pyright: ignore[reportArgumentType]
