"""An independent check of an answer: residuals, bounds and duality recomputed from the matrices with plain numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from c4e_solvers.errors import SolverError
from c4e_solvers.matrices import FloatArray, IntArray, Matrices, OrderedSet
from c4e_solvers.solution import Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a recomputation found; every violation is 0 for a perfect answer and NaN for one that holds NaN.

    Attributes:
        objective: Objective at the primal, with the offset.
        objective_error: ``|objective - reported objective| / max(1, |objective|)``.
        row_violation: Largest distance of a row from its bounds (unit of that row).
        row_violation_scaled: Largest distance divided by ``max(1, sum_j |a_ij x_j|)`` of its row.
        worst_row: Row with the largest scaled distance; -1 when no row is violated.
        column_violation: Largest distance of a column from its bounds (unit of that column), of a semicontinuous one
            from its bounds and from zero.
        column_violation_scaled: Largest distance divided by ``max(1, |x_j|)``.
        worst_column: Column with the largest scaled distance; -1 when no column is violated.
        integrality_violation: Largest distance of an integral column from an integer.
        ordered_set_violation: Largest entry of an ordered set that had to be zero beside its best neighbours.
        cone_violation: Largest ``norm(x[tail]) - x[head]``.
        dual_residual: Largest ``|cost + Qx - A'row_dual - cone duals - column_dual|``; this and the following are None
            where the solution has no duals, or none of its cones.
        dual_violation: Largest dual that prices a bound at infinity.
        cone_dual_violation: Largest ``norm(tail) - head`` of a cone's dual; 0 without cones.
        complementarity: Largest ``|dual| * distance to the bound that it prices``, over rows and columns, and largest
            product of a cone's dual with its columns.
        dual_objective: Lower bound that the row duals prove, with reduced costs recomputed from them.
        duality_gap: ``|objective - dual_objective| / max(1, |objective|)``.
        gap: ``|objective - reported bound| / max(1, |objective|)``; None without a bound.
        cost_scale: ``max(1, largest |cost|)``, against which ``faults`` holds the dual residual and violation.
    """

    objective: float
    objective_error: float
    row_violation: float
    row_violation_scaled: float
    worst_row: int
    column_violation: float
    column_violation_scaled: float
    worst_column: int
    integrality_violation: float
    ordered_set_violation: float
    cone_violation: float
    dual_residual: float | None
    dual_violation: float | None
    cone_dual_violation: float | None
    complementarity: float | None
    dual_objective: float | None
    duality_gap: float | None
    gap: float | None
    cost_scale: float

    def faults(self, tolerance: float = 1e-6) -> tuple[str, ...]:
        """What exceeds the tolerance, one sentence each; empty when the answer stands.

        The gap of a MILP is not judged: how much is allowed is the caller's choice.
        """
        scale = max(1.0, abs(self.objective))
        measures = (
            ("objective differs from the reported one", self.objective_error),
            (f"row {self.worst_row} is violated (scaled)", self.row_violation_scaled),
            (f"column {self.worst_column} is outside its bounds (scaled)", self.column_violation_scaled),
            ("an integral column is not an integer", self.integrality_violation),
            ("an ordered set has a nonzero too many", self.ordered_set_violation),
            ("a cone is violated", self.cone_violation),
            ("duals do not add up to the costs (scaled)", _over(self.dual_residual, self.cost_scale)),
            ("a dual prices an infinite bound (scaled)", _over(self.dual_violation, self.cost_scale)),
            ("a cone's dual is outside the cone (scaled)", _over(self.cone_dual_violation, self.cost_scale)),
            ("a dual prices a bound that does not bind (scaled)", _over(self.complementarity, scale)),
            ("primal and dual objective differ (scaled)", self.duality_gap or 0.0),
        )
        return tuple(f"{what}: {size:.3g}, allowed {tolerance:g}" for what, size in measures if not size <= tolerance)

    def holds(self, tolerance: float = 1e-6) -> bool:
        """Whether nothing exceeds the tolerance."""
        return not self.faults(tolerance)


def _over(size: float | None, scale: float) -> float:
    return 0.0 if size is None else size / scale


@np.errstate(invalid="ignore", over="ignore")
def certify(matrices: Matrices, solution: Solution) -> Certificate:
    """Recompute everything that can be said about an answer from the matrices and its arrays alone.

    Args:
        matrices: The problem that was solved.
        solution: An answer with a primal; its duals are checked where it has them.

    Returns:
        The certificate; ask it for ``faults()``.

    Raises:
        SolverError: The answer has no primal, or its arrays do not fit the matrices.
    """
    x, y = solution.primal, solution.row_dual
    if x is None:
        raise SolverError(f"nothing to certify: the answer is {solution.termination.reason} and has no primal")
    _fits("primal", x, matrices.columns)
    row_of = _row_of(matrices)
    products = matrices.row_value * x[matrices.row_index]
    activity = _sums(row_of, products, matrices.rows)
    size = _sums(row_of, np.abs(products), matrices.rows)
    row_worst, row_scaled, worst_row = _outside(activity, matrices.row_lower, matrices.row_upper, size)
    column_worst, column_scaled, worst_column = _outside(*_nearest_bounds(matrices, x), np.abs(x))
    gradient, curvature = matrices.cost, 0.0
    if matrices.quadratic is not None:
        slope = np.asarray(matrices.quadratic @ x)
        gradient, curvature = gradient + slope, float(slope @ x)
    objective = float(matrices.cost @ x) + 0.5 * curvature + matrices.offset
    scale = max(1.0, abs(objective))
    dual = None
    if y is not None and (not matrices.cones or solution.cone_dual is not None):
        _fits("row_dual", y, matrices.rows)
        reduced = gradient - _sums(matrices.row_index, matrices.row_value * y[row_of], matrices.columns)
        dual = _dual(matrices, solution, activity, reduced, matrices.offset - 0.5 * curvature)
    reported, bound, cones = solution.objective, solution.bound, _Cones(matrices)
    whole = x[matrices.integral]
    return Certificate(
        objective=objective,
        objective_error=0.0 if reported is None else abs(objective - reported) / scale,
        row_violation=row_worst,
        row_violation_scaled=row_scaled,
        worst_row=worst_row,
        column_violation=column_worst,
        column_violation_scaled=column_scaled,
        worst_column=worst_column,
        integrality_violation=_largest(np.abs(whole - np.rint(whole))),
        ordered_set_violation=_largest(np.array([_surplus(s, np.abs(x[s.columns])) for s in matrices.ordered_sets])),
        cone_violation=_worse(0.0, cones.excess(x[cones.member])),
        dual_residual=None if dual is None else dual.residual,
        dual_violation=None if dual is None else dual.violation,
        cone_dual_violation=None if dual is None else dual.outside,
        complementarity=None if dual is None else dual.complementarity,
        dual_objective=None if dual is None else dual.objective,
        duality_gap=None if dual is None else abs(objective - dual.objective) / scale,
        gap=None if bound is None else abs(objective - bound) / scale,
        cost_scale=max(1.0, _largest(np.abs(matrices.cost))),
    )


class _Dual(NamedTuple):
    residual: float
    violation: float
    outside: float
    complementarity: float
    objective: float


def _dual(
    matrices: Matrices, solution: Solution, activity: FloatArray, reduced: FloatArray, constant: float
) -> _Dual | None:
    x, y, z = solution.primal, solution.row_dual, solution.column_dual
    if x is None or y is None:
        return None
    if z is not None:
        _fits("column_dual", z, matrices.columns)
    outside, product = 0.0, 0.0
    if matrices.cones and solution.cone_dual is not None:
        cones = _Cones(matrices)
        s = cones.joined(solution.cone_dual)
        reduced = reduced - _sums(cones.member, s, matrices.columns)
        outside = _worse(0.0, cones.excess(s))
        product = _largest(np.abs(_sums(cones.number, s * x[cones.member], len(matrices.cones))))
    row = _priced(y, activity, matrices.row_lower, matrices.row_upper)
    column = _priced(reduced, x, matrices.column_lower, matrices.column_upper)
    return _Dual(
        residual=0.0 if z is None else _largest(np.abs(reduced - z)),
        violation=_worse(row[1], column[1]),
        outside=outside,
        complementarity=_worse(_worse(row[2], column[2]), product),
        objective=constant + row[0] + column[0],
    )


def _fits(name: str, array: FloatArray, length: int) -> None:
    if array.shape != (length,):
        raise SolverError(f"{name} has shape {array.shape}; the problem needs ({length},)")


def _row_of(matrices: Matrices) -> IntArray:
    return np.repeat(np.arange(matrices.rows, dtype=np.int32), np.diff(matrices.row_start))


def _sums(index: IntArray, weights: FloatArray, length: int) -> FloatArray:
    return np.bincount(index, weights, length).astype(np.float64, copy=False)


def _largest(sizes: FloatArray) -> float:
    return float(sizes.max()) if len(sizes) else 0.0


def _worse(one: float, other: float) -> float:
    return float(np.maximum(one, other))


def _outside(values: FloatArray, lower: FloatArray, upper: FloatArray, size: FloatArray) -> tuple[float, float, int]:
    """Largest distance from the bounds, absolute and scaled, and where."""
    if not len(values):
        return 0.0, 0.0, -1
    distance = np.maximum(lower - values, values - upper)
    largest = float(distance.max())
    if largest <= 0.0:
        return 0.0, 0.0, -1
    scaled = distance / np.maximum(size, 1.0)
    worst = int(scaled.argmax())
    return largest, float(scaled[worst]), worst


def _nearest_bounds(matrices: Matrices, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The columns (n,) and their bounds; zero where a semicontinuous column is nearer to it than to its bounds."""
    lower, upper = matrices.column_lower, matrices.column_upper
    if matrices.semicontinuous is None:
        return x, lower, upper
    off = matrices.semicontinuous & (np.abs(x) < lower - x)
    return x, np.where(off, 0.0, lower), np.where(off, 0.0, upper)


def _surplus(chosen: OrderedSet, size: FloatArray) -> float:
    """Largest of these sizes (k,) outside the neighbours that leave the least outside; NaN where one is NaN."""
    edge = np.zeros(1)
    before = np.concatenate([edge, np.maximum.accumulate(size)])
    after = np.concatenate([np.maximum.accumulate(size[::-1])[::-1], edge])
    windows = max(0, len(size) - chosen.order) + 1
    return float(np.maximum(before[:windows], after[min(chosen.order, len(size)) :]).min())


def _priced(dual: FloatArray, values: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[float, float, float]:
    """What the duals earn at the bounds that they price, the largest at infinity, the largest product with a slack."""
    bound = np.where(dual > 0.0, lower, upper)
    finite = np.isfinite(bound)
    if not finite.all():
        at_infinity = float(np.abs(dual[~finite]).max())
        bound = np.where(finite, bound, values)
        dual = np.where(finite, dual, 0.0 * dual)
    else:
        at_infinity = 0.0
    slack = np.abs(dual * (values - bound))
    return float(dual @ bound), at_infinity, _largest(slack)


class _Cones:
    """All cones side by side, each its head and then its tail.

    Attributes:
        member: Column of each entry (k,).
        number: Cone of each entry (k,).
    """

    def __init__(self, matrices: Matrices) -> None:
        cones = matrices.cones
        self._sizes = [1 + len(cone.tail) for cone in cones]
        parts = [np.append(cone.head, cone.tail) for cone in cones]
        self.member: IntArray = np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)
        self.number: IntArray = np.repeat(np.arange(len(cones), dtype=np.int32), self._sizes)
        self._head = np.cumsum([0, *self._sizes[:-1]]) if cones else np.zeros(0, np.int64)

    def excess(self, entries: FloatArray) -> float:
        """Largest norm of a tail less its head, of entries (k,); 0 without cones."""
        if not self._sizes:
            return 0.0
        squares = entries**2
        squares[self._head] = 0.0
        return _largest(np.sqrt(_sums(self.number, squares, len(self._sizes))) - entries[self._head])

    def joined(self, duals: Sequence[FloatArray]) -> FloatArray:
        """The duals of all cones, (k,)."""
        if [dual.shape for dual in duals] != [(size,) for size in self._sizes]:
            raise SolverError("cone_dual does not fit the cones: each needs its head and then its tail")
        return np.concatenate(duals) if duals else np.zeros(0)


def infeasibility_margin(
    matrices: Matrices, ray: FloatArray, tolerance: float = 1e-9, cone_ray: Sequence[FloatArray] | None = None
) -> float:
    """How clearly row multipliers prove that no x exists (Farkas).

    Args:
        matrices: The problem; integrality, ordered sets and the objective play no part, and what is semicontinuous
            may be anything from zero.
        ray: Row multipliers (m,), in the sign of ``row_dual``.
        tolerance: Entries below this share of the largest count as zero where they price an infinite bound, and so
            does what a cone's multipliers are outside their cone.
        cone_ray: Multipliers of the cones, in the form of ``cone_dual``; None where rows and columns clash alone.

    Returns:
        What the rows demand of ``ray' A x`` less the most that column bounds allow, divided by the largest multiplier;
        a proof where it is positive.
    """
    matrices = matrices.relaxed()
    cones = _Cones(matrices)
    s = cones.joined(cone_ray) if cone_ray is not None else np.zeros(len(cones.member))
    peak = _worse(float(np.abs(ray).max(initial=0.0)), float(np.abs(s).max(initial=0.0)))
    if not 0.0 < peak < np.inf or not cones.excess(s / peak) <= tolerance:
        return -np.inf
    y = ray / peak
    pull = _sums(matrices.row_index, matrices.row_value * y[_row_of(matrices)], matrices.columns)
    pull = pull + _sums(cones.member, s / peak, matrices.columns)
    demanded = _extreme(y, matrices.row_lower, matrices.row_upper, tolerance)
    allowed = -_extreme(-pull, matrices.column_lower, matrices.column_upper, tolerance)
    return demanded - allowed


def _extreme(weight: FloatArray, lower: FloatArray, upper: FloatArray, tolerance: float) -> float:
    """Smallest value of ``weight @ v`` over the box lower <= v <= upper."""
    bound = np.where(weight > 0.0, lower, upper)
    free = ~np.isfinite(bound)
    if np.any(np.abs(weight[free]) > tolerance):
        return -np.inf
    return float(weight[~free] @ bound[~free])


def unboundedness_margin(matrices: Matrices, ray: FloatArray, tolerance: float = 1e-9) -> float:
    """How clearly a direction proves that a feasible problem has no lower end.

    Args:
        matrices: The problem; integrality, ordered sets, cones and the quadratic term play no part.
        ray: Direction of the columns (n,).
        tolerance: How far a row or column may drift towards a finite bound per unit of the largest entry.

    Returns:
        Fall of the objective per unit of the largest entry; a proof where it is positive. Minus infinity where the
        direction runs into a bound.
    """
    peak = float(np.abs(ray).max(initial=0.0))
    if not 0.0 < peak < np.inf:
        return -np.inf
    d = ray / peak
    drift = _sums(_row_of(matrices), matrices.row_value * d[matrices.row_index], matrices.rows)
    for move, lower, upper in (
        (drift, matrices.row_lower, matrices.row_upper),
        (d, matrices.column_lower, matrices.column_upper),
    ):
        if np.any((move < -tolerance) & np.isfinite(lower)) or np.any((move > tolerance) & np.isfinite(upper)):
            return -np.inf
    return -float(matrices.cost @ d)
