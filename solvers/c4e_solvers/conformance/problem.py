"""A problem with what is known of its answer, and what is wrong with an answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_solvers.certificate import certify, infeasibility_margin, unboundedness_margin
from c4e_solvers.errors import SolverError
from c4e_solvers.matrices import Cone, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS
from c4e_solvers.solution import Reason, Solution

INF = np.inf
Numbers = tuple[float, ...]

INFEASIBLE = frozenset({Reason.INFEASIBLE})
UNBOUNDED = frozenset({Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED})

#: Engines held to this or less must hit every entry absolutely.
EXACT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A problem and what is known of its answer; None where the answer leaves it open.

    Attributes:
        name: What is special about it.
        matrices: The problem.
        reasons: The reasons that a solver may end with.
        objective: Smallest objective, with the offset.
        primal: The only optimal columns (n,).
        row_dual: The only optimal row duals (m,), in the sign of ``Solution``.
        column_dual: The only optimal reduced costs (n,).
        cone_dual: The only optimal duals of the cones, each (1 + k,).
        ray: A proof that there is no solution (m,) or no lower end (n,); a solver may bring another.
        cone_ray: The part of the cones in that proof, in the form of ``cone_dual``; None where rows and columns do.
    """

    name: str
    matrices: Matrices
    reasons: frozenset[Reason] = frozenset({Reason.OPTIMAL})
    objective: float | None = None
    primal: Numbers | None = None
    row_dual: Numbers | None = None
    column_dual: Numbers | None = None
    cone_dual: tuple[Numbers, ...] | None = None
    ray: Numbers | None = None
    cone_ray: tuple[Numbers, ...] | None = None


def cone(head: int, *tail: int) -> Cone:
    """The norm of the columns ``tail`` is at most the column ``head``."""
    return Cone(head=head, tail=np.array(tail, np.int32))


def complaints(problem: Problem, solution: Solution, tolerance: float = EXACT) -> list[str]:
    """What is wrong with an answer to the default options, one sentence each; empty when it conforms."""
    reason, wrong = solution.termination.reason, list[str]()
    if reason not in problem.reasons:
        return [f"ended with {reason}, expected {' or '.join(sorted(problem.reasons))}"]
    for name in ("objective", "primal", "row_dual", "column_dual"):
        expected, found = getattr(problem, name), getattr(solution, name)
        if expected is not None and not _near(found, expected, tolerance):
            wrong.append(f"{name} is {found}, expected {expected}")
    if problem.cone_dual is not None:
        found = solution.cone_dual or ()
        pairs = zip(found, problem.cone_dual, strict=False)
        if len(found) != len(problem.cone_dual) or not all(_near(have, want, tolerance) for have, want in pairs):
            wrong.append(f"cone_dual is {solution.cone_dual}, expected {problem.cone_dual}")
    if reason is Reason.OPTIMAL:
        wrong += _faults(problem.matrices, solution, tolerance)
        linear, cones = not problem.matrices.discrete, bool(problem.matrices.cones)
        if (solution.row_dual is not None) != linear or (solution.column_dual is not None) != linear:
            wrong.append("duals must be there unless the problem is discrete, and missing then")
        if (solution.cone_dual is not None) != (linear and cones):
            wrong.append("cone duals must be there with cones unless the problem is discrete, and missing otherwise")
        wrong += _bound_complaints(solution, tolerance)
    elif solution.primal is not None or solution.objective is not None:
        wrong.append("there is a primal without a feasible answer")
    return wrong + _ray_complaints(problem.matrices, solution)


def _near(found: Any, expected: Any, tolerance: float) -> bool:
    # An engine that is held loosely is held to one scale per vector: it cannot know which of its entries matter.
    scale = 1.0 if tolerance <= EXACT else max(1.0, float(np.abs(expected).max(initial=0.0)))
    if found is None or np.shape(found) != np.shape(expected):
        return False
    return np.allclose(found, expected, 0.0, tolerance * scale)


def _faults(matrices: Matrices, solution: Solution, tolerance: float) -> list[str]:
    try:
        return list(certify(matrices, solution).faults(tolerance))
    except SolverError as error:
        return [str(error)]


def _bound_complaints(solution: Solution, tolerance: float) -> list[str]:
    """An optimal answer proves itself: its bound is not above the objective, nor below it by more than the gap."""
    objective, bound = solution.objective or 0.0, solution.bound
    room = tolerance * max(1.0, abs(objective))
    gap = max(DEFAULT_OPTIONS.relative_gap * abs(objective), DEFAULT_OPTIONS.absolute_gap)
    above = tolerance if tolerance <= EXACT else room
    if bound is None or not objective - gap - room <= bound <= objective + above:
        return [f"bound is {bound}, the objective {objective}"]
    return []


def _ray_complaints(matrices: Matrices, solution: Solution) -> list[str]:
    ray, reason = solution.ray, solution.termination.reason
    if ray is None:
        return []
    if reason is Reason.INFEASIBLE:
        proof = ray.shape == (matrices.rows,) and infeasibility_margin(matrices, ray) > 0
    else:
        proof = ray.shape == (matrices.columns,) and unboundedness_margin(matrices, ray) > 0
    return [] if proof else [f"the ray {ray} does not prove {reason}"]
