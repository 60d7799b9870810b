"""Small problems with known answers that every adapter must reproduce; shipped, so that anyone can test their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_solvers.certificate import certify, infeasibility_margin, unboundedness_margin
from c4e_solvers.matrices import Cone, Matrices
from c4e_solvers.solution import Reason, Solution

INF = np.inf
Numbers = tuple[float, ...]


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
    """

    name: str
    matrices: Matrices
    reasons: frozenset[Reason] = frozenset({Reason.OPTIMAL})
    objective: float | None = None
    primal: Numbers | None = None
    row_dual: Numbers | None = None
    column_dual: Numbers | None = None


#: Engines held to this or less must hit every entry absolutely.
EXACT = 1e-6


def complaints(problem: Problem, solution: Solution, tolerance: float = EXACT) -> list[str]:
    """What is wrong with an answer, one sentence each; empty when it conforms."""
    reason, wrong = solution.termination.reason, list[str]()
    if reason not in problem.reasons:
        return [f"ended with {reason}, expected {' or '.join(sorted(problem.reasons))}"]
    for name in ("objective", "primal", "row_dual", "column_dual"):
        expected, found = getattr(problem, name), getattr(solution, name)
        if expected is None:
            continue
        # An engine that is held loosely is held to one scale per vector: it cannot know which of its entries matter.
        scale = 1.0 if tolerance <= EXACT else max(1.0, float(np.abs(expected).max(initial=0.0)))
        within = tolerance * scale
        if found is None or np.shape(found) != np.shape(expected) or not np.allclose(found, expected, 0.0, within):
            wrong.append(f"{name} is {found}, expected {expected}")
    if reason is Reason.OPTIMAL:
        wrong += certify(problem.matrices, solution).faults(tolerance)
        linear, cones = not problem.matrices.integral.any(), bool(problem.matrices.cones)
        if (solution.row_dual is not None) != linear or (solution.column_dual is not None) != linear:
            wrong.append("duals must be there without integers and missing with them")
        if (solution.cone_dual is not None) != (linear and cones):
            wrong.append("cone duals must be there with cones and without integers, and missing otherwise")
        room = tolerance * (1.0 if tolerance <= EXACT else max(1.0, abs(solution.objective or 0.0)))
        if solution.bound is None or (solution.objective or 0.0) < solution.bound - room:
            wrong.append(f"bound is {solution.bound}, the objective {solution.objective}")
    elif solution.primal is not None or solution.objective is not None:
        wrong.append("there is a primal without a feasible answer")
    return wrong + _ray_complaints(problem.matrices, solution)


def _ray_complaints(matrices: Matrices, solution: Solution) -> list[str]:
    ray, reason = solution.ray, solution.termination.reason
    if ray is None:
        return []
    if reason is Reason.INFEASIBLE:
        proof = ray.shape == (matrices.rows,) and infeasibility_margin(matrices, ray) > 0
    else:
        proof = ray.shape == (matrices.columns,) and unboundedness_margin(matrices, ray) > 0
    return [] if proof else [f"the ray {ray} does not prove {reason}"]


def problems() -> tuple[Problem, ...]:
    """All problems of the suite."""
    return (
        *_linear(),
        *_bounds(),
        *_degenerate(),
        *_without_answer(),
        *_empty(),
        *_integer(),
        *_quadratic(),
        *_conic(),
    )


def _of(cost: Any, rows: Any, lower: Any, upper: Any, **rest: Any) -> Matrices:
    return Matrices.build(cost, rows, lower, upper, **rest)


def _linear() -> Iterator[Problem]:
    # Merit order: 10 units at price 1, then 5 of price 3 for a demand of 12; one more costs 3.
    yield Problem(
        name="merit order",
        matrices=_of([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5]),
        objective=16,
        primal=(10, 2),
        row_dual=(3,),
        column_dual=(-2, 0),
    )
    yield Problem(
        name="lower bound binds",
        matrices=_of([1, 2], [[1, 1]], 2, INF),
        objective=2,
        primal=(2, 0),
        row_dual=(1,),
        column_dual=(0, 1),
    )
    yield Problem(
        name="upper bound binds",
        matrices=_of([-3, -1], [[1, 1]], -INF, 4),
        objective=-12,
        primal=(4, 0),
        row_dual=(-3,),
        column_dual=(0, 2),
    )
    # Two binding rows: x + 2y = 4 and 3x + y = 6 at (1.6, 1.2); y solves A'y = (-1, -1).
    yield Problem(
        name="two rows bind",
        matrices=_of([-1, -1], [[1, 2], [3, 1]], -INF, [4, 6]),
        objective=-2.8,
        primal=(1.6, 1.2),
        row_dual=(-0.4, -0.2),
        column_dual=(0, 0),
    )


def _bounds() -> Iterator[Problem]:
    yield Problem(
        name="range row binds above",
        matrices=_of([-1], [[2]], 1, 6),
        objective=-3,
        primal=(3,),
        row_dual=(-0.5,),
        column_dual=(0,),
    )
    yield Problem(
        name="slack row has no price",
        matrices=_of([1, 1], [[1, 0], [0, 1], [1, 1]], [1, 2, -INF], [INF, INF, 50]),
        objective=3,
        primal=(1, 2),
        row_dual=(1, 1, 0),
        column_dual=(0, 0),
    )
    yield Problem(
        name="free column",
        matrices=_of([1, 0], [[1, 1], [0, 1]], [-5, -INF], [INF, 2], column_lower=-INF),
        objective=-7,
        primal=(-7, 2),
        row_dual=(1, -1),
        column_dual=(0, 0),
    )
    yield Problem(
        name="fixed column",
        matrices=_of([1, 5], [[1, 1]], 3, 3, column_lower=[0, 2], column_upper=[INF, 2]),
        objective=11,
        primal=(1, 2),
        row_dual=(1,),
        column_dual=(0, 4),
    )
    yield Problem(
        name="negative bounds and an offset",
        matrices=_of([2], [[1]], -INF, 0, column_lower=-4, column_upper=-1, offset=100),
        objective=92,
        primal=(-4,),
        row_dual=(0,),
        column_dual=(2,),
    )
    yield Problem(
        name="large and small numbers",
        matrices=_of([1e-3, 1e4], [[1e4, 1e-2]], 1e6, INF, column_upper=[50, INF]),
        objective=5e11 + 0.05,
        primal=(50, 5e7),
        row_dual=(1e6,),
    )


def _degenerate() -> Iterator[Problem]:
    yield Problem(
        name="three rows through one vertex",
        matrices=_of([-1, -1], [[1, 0], [0, 1], [1, 1]], -INF, [1, 1, 2]),
        objective=-2,
        primal=(1, 1),
    )
    yield Problem(
        name="duplicate rows",
        matrices=_of([1, 2], [[1, 1], [1, 1]], 2, INF),
        objective=2,
        primal=(2, 0),
        column_dual=(0, 1),
    )
    yield Problem(name="many optimal vertices", matrices=_of([1, 1], [[1, 1]], 2, 2), objective=2, row_dual=(1,))
    yield Problem(
        name="no cost", matrices=_of([0, 0], [[1, -1]], 0, 0, column_upper=7), objective=0, column_dual=(0, 0)
    )
    # Supplies 3 and 2 to demands 2 and 3 at costs 1 4 / 2 1: 2 + 4 + 2 = 8.
    yield Problem(
        name="transport with a redundant equation",
        matrices=_of(
            [1, 4, 2, 1], [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], [3, 2, 2, 3], [3, 2, 2, 3]
        ),
        objective=8,
        primal=(2, 1, 0, 2),
    )


def _without_answer() -> Iterator[Problem]:
    infeasible, unbounded = frozenset({Reason.INFEASIBLE}), frozenset({Reason.UNBOUNDED})
    either = Reason.INFEASIBLE_OR_UNBOUNDED
    yield Problem(
        name="rows clash",
        matrices=_of([1, 1], [[1, 1], [1, 1]], [2, -INF], [INF, 1]),
        reasons=infeasible,
    )
    yield Problem(
        name="row and bounds clash", matrices=_of([1, 1], [[1, 1]], 5, INF, column_upper=2), reasons=infeasible
    )
    yield Problem(
        name="equations clash",
        matrices=_of([0, 0, 0], [[1, -1, 0], [0, 1, -1], [1, 0, -1]], [1, 1, 3], [1, 1, 3], column_lower=-INF),
        reasons=infeasible,
    )
    yield Problem(name="empty row clashes", matrices=_of([1], [[0], [1]], [1, 0], [2, 4]), reasons=infeasible)
    yield Problem(name="unbounded ray", matrices=_of([-1, 0], [[1, -1]], -INF, 1), reasons=unbounded | {either})
    yield Problem(
        name="unbounded below", matrices=_of([1], [[1]], -INF, 3, column_lower=-INF), reasons=unbounded | {either}
    )
    yield Problem(
        name="infeasible, and unbounded without the clash",
        matrices=_of([-1, 0], [[0, 1], [0, 1]], [2, -INF], [INF, 1]),
        reasons=infeasible | {either},
    )
    yield Problem(
        name="no integer fits",
        matrices=_of([1], [[2]], 1, 1, column_upper=9, integral=True),
        reasons=infeasible,
    )
    yield Problem(
        name="unbounded integers",
        matrices=_of([-1, 0], [[1, -1]], -INF, 1, integral=True),
        reasons=unbounded | {either},
    )


def _empty() -> Iterator[Problem]:
    none = np.zeros((0, 2))
    yield Problem(
        name="no rows",
        matrices=_of([1, -1], none, [], [], column_upper=5, offset=2),
        objective=-3,
        primal=(0, 5),
        row_dual=(),
        column_dual=(1, -1),
    )
    unbounded = frozenset({Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED})
    yield Problem(name="no rows, unbounded", matrices=_of([0, -1], none, [], []), reasons=unbounded)
    yield Problem(
        name="no columns",
        matrices=_of([], [], [-1, 0], [2, 0], offset=3),
        objective=3,
        primal=(),
        row_dual=(0, 0),
        column_dual=(),
    )
    yield Problem(
        name="no columns, a row clashes", matrices=_of([], [], [0, 1], [5, 2]), reasons=frozenset({Reason.INFEASIBLE})
    )
    yield Problem(name="nothing at all", matrices=_of([], [], [], [], offset=-4), objective=-4, primal=())
    yield Problem(
        name="empty column",
        matrices=_of([1, 2], [[1, 0]], 1, INF, column_lower=[0, 3]),
        objective=7,
        primal=(1, 3),
        row_dual=(1,),
        column_dual=(0, 2),
    )
    yield Problem(
        name="row without bounds",
        matrices=_of([1], [[1], [1]], [-INF, 2], INF),
        objective=2,
        primal=(2,),
        row_dual=(0, 1),
    )


def _integer() -> Iterator[Problem]:
    # Knapsack: the best value within weight 10 of (5, 4, 3, 2) is 10 + 7 + 1 with weights 5 + 3 + 2.
    yield Problem(
        name="knapsack",
        matrices=_of([-10, -6, -7, -1], [[5, 4, 3, 2]], -INF, 10, column_upper=1, integral=True),
        objective=-18,
        primal=(1, 0, 1, 1),
    )
    yield Problem(
        name="rounding the relaxation is wrong",
        matrices=_of([-1, -1], [[2, 2]], -INF, 3, column_upper=9, integral=True),
        objective=-1,
    )
    yield Problem(
        name="mixed columns",
        matrices=_of([10, 1], [[4, 1]], 6, INF, column_upper=[9, 3], integral=[True, False]),
        objective=12,
        primal=(1, 2),
    )
    yield Problem(
        name="fractional bounds of an integer",
        matrices=_of([-1], [[1]], -INF, 7.5, column_lower=0.3, column_upper=9.2, integral=True),
        objective=-7,
        primal=(7,),
    )
    yield Problem(
        name="integers without rows",
        matrices=_of([1, -1], np.zeros((0, 2)), [], [], column_lower=-2.5, column_upper=2.5, integral=True),
        objective=-4,
        primal=(-2, 2),
    )


def _quadratic() -> Iterator[Problem]:
    # (x-1)^2 + (y-2)^2 - 5 on x + y <= 1: the foot of the perpendicular is (0, 1).
    yield Problem(
        name="projection on a half-plane",
        matrices=_of([-2, -4], [[1, 1]], -INF, 1, column_lower=-INF, quadratic=[[2, 0], [0, 2]]),
        objective=-3,
        primal=(0, 1),
        row_dual=(-2,),
        column_dual=(0, 0),
    )
    # Two units with marginal costs 1 + x and 3 + y serve 6: 1 + x = 3 + y = 5.
    yield Problem(
        name="equal marginal costs",
        matrices=_of([1, 3], [[1, 1]], 6, 6, quadratic=[[1, 0], [0, 1]]),
        objective=20,
        primal=(4, 2),
        row_dual=(5,),
        column_dual=(0, 0),
    )
    yield Problem(
        name="singular but bounded",
        matrices=_of([-1, 1], [[1, 1]], 1, 1, column_lower=-INF, quadratic=[[1, -1], [-1, 1]]),
        objective=-0.5,
        primal=(1, 0),
        row_dual=(0,),
    )
    yield Problem(
        name="coupled, no rows",
        matrices=_of([-1, 0], np.zeros((0, 2)), [], [], column_lower=-INF, quadratic=[[2, 1], [1, 2]]),
        objective=-1 / 3,
        primal=(2 / 3, -1 / 3),
        column_dual=(0, 0),
    )
    yield Problem(
        name="quadratic and infeasible",
        matrices=_of([-1, -1], [[1, -1], [1, -1]], [2, -INF], [INF, 1], quadratic=[[1, -1], [-1, 1]], column_upper=9),
        reasons=frozenset({Reason.INFEASIBLE}),
    )
    yield Problem(
        name="unbounded along a flat direction",
        matrices=_of([-2, -4], [[1, 0]], -INF, 1, quadratic=[[2, 0], [0, 0]]),
        reasons=frozenset({Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED}),
    )


def _conic() -> Iterator[Problem]:
    yield Problem(
        name="length of a vector",
        matrices=_of(
            [1, 0, 0],
            [[0, 1, 0], [0, 0, 1]],
            [3, 4],
            [3, 4],
            column_lower=-INF,
            cones=(Cone(head=0, tail=np.array([1, 2], np.int32)),),
        ),
        objective=5,
        primal=(5, 3, 4),
    )
