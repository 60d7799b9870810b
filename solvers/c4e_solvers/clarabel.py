"""The adapter for Clarabel: LP, convex QP and second-order cones, without a modelling library in between.

Clarabel is an interior point, so an answer lies inside its face and is no vertex. It is asked for more than the caller
wants, because on a curved boundary columns are as exact as the root of what the objective is. Where it does not reach
what the caller wants, it is asked again, in other units (`balancing`) and less accurately; what counts is the
certificate of the answer, and the best one is kept.

Source: Goulart and Chen (2024), Clarabel: An interior-point solver for conic programs with quadratic objectives,
arXiv:2405.12762.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import clarabel
import numpy as np
from scipy import sparse
from scipy.sparse import coo_array, csc_matrix, eye_array, triu

from c4e_solvers.balancing import Balanced, as_it_is, balanced
from c4e_solvers.certificate import certify, infeasibility_margin
from c4e_solvers.clock import Clock
from c4e_solvers.columnless import solve_without_columns
from c4e_solvers.errors import SolverError, SolverFailed, UnsupportedProgram
from c4e_solvers.matrices import Feature, FloatArray, IntArray, Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.solution import Interrupted, Limit, Progress, Reason, Solution, Termination

_clarabel: Any = clarabel  # it ships no types, and reads scipy's older kind of matrix
_vstack: Any = sparse.vstack  # whose types are narrower than it is


@dataclass(frozen=True, slots=True)
class _Try:
    """How it is asked: how accurately, in units whose largest cost is this (its own when None), scaled by itself.

    What it adds to the diagonal of its equations, `added`, is what they cannot be more exact than.
    """

    tolerance: float
    largest_cost: float | None
    scales: bool
    added: float = 1e-8


#: One after the other, until the answer certifies.
_PLAIN = (_Try(1e-11, None, True), _Try(1e-8, None, True), _Try(1e-10, 10.0, False))
_CONIC = (_Try(1e-10, 10.0, False), _Try(1e-9, 1.0, False), _Try(1e-9, 10.0, True), *_PLAIN[:2])
#: What many columns ask for: of 45,000, with 1e-8 on the diagonal rows stayed 3e-8 apart, and costs 1e-6.
_MANY, _FINE = 2_000, _Try(1e-11, None, True, 1e-9)
_RAY_TOLERANCE = 1e-7
#: How far the best answer may miss, in the measures of its certificate, and still be called optimal.
_TOLERABLE = 1e-5

_REASONS = {
    "Solved": Reason.OPTIMAL,
    "AlmostSolved": Reason.IMPRECISE,
    "InsufficientProgress": Reason.IMPRECISE,
    "PrimalInfeasible": Reason.INFEASIBLE,
    "AlmostPrimalInfeasible": Reason.IMPRECISE,
    # It proves that the dual has no solution; whether the primal has one stays open.
    "DualInfeasible": Reason.INFEASIBLE_OR_UNBOUNDED,
    "AlmostDualInfeasible": Reason.IMPRECISE,
    "NumericalError": Reason.NUMERICAL_ERROR,
    "Unsolved": Reason.OTHER_ERROR,
}
#: What an interior point holds at a limit satisfies nothing yet.
_LIMITS = {"MaxTime": Limit.TIME, "MaxIterations": Limit.ITERATION, "CallbackTerminated": Limit.INTERRUPTED}
_WITH_POINT = ("Solved", "AlmostSolved", "InsufficientProgress")


def termination_of(status: str) -> Termination:
    """Our words for a status of Clarabel."""
    if status in _LIMITS:
        return Termination(reason=Reason.NO_SOLUTION_FOUND, limit=_LIMITS[status], detail=status)
    return Termination(reason=_REASONS.get(status, Reason.OTHER_ERROR), detail=status)


def solve(
    matrices: Matrices,
    options: SolverOptions,
    *,
    interrupt: Interrupted | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Solve once; the arguments are those of ``c4e_solvers.solve``, which checks the matrices first."""
    clock, version = Clock(options), f"clarabel {_clarabel.__version__}"
    if matrices.discrete:
        wanted = " and ".join(sorted(matrices.features() - {Feature.QUADRATIC, Feature.CONE}))
        raise UnsupportedProgram(f"solver 'clarabel' does not take {wanted}; 'highs' or 'ortools' do")
    if not matrices.columns:
        return solve_without_columns(matrices, options, clock, version)
    if interrupt is not None and interrupt.is_set():
        stopped = Termination(reason=Reason.NO_SOLUTION_FOUND, limit=Limit.INTERRUPTED, detail="not started")
        return Solution(termination=stopped, solver=version, **clock.both())
    with _border(version):
        answer = _first_certified(matrices, options, clock, interrupt)
    return replace(answer, solver=version, **clock.both())


def _first_certified(
    matrices: Matrices, options: SolverOptions, clock: Clock, interrupt: Interrupted | None
) -> Solution:
    """The first answer that the caller's tolerances accept; else the best, which is optimal where it is tolerable."""
    best, least = Solution(termination=Termination(reason=Reason.OTHER_ERROR)), math.inf
    for how in _tries(matrices):
        other = as_it_is(matrices) if how.largest_cost is None else balanced(matrices, how.largest_cost)
        model = _Model.of(other)
        answer = _answer(matrices, options, model, model.run(how, options, clock, interrupt))
        if answer.termination.reason not in (Reason.IMPRECISE, Reason.NUMERICAL_ERROR):
            return answer
        fault = math.inf if answer.primal is None else _largest_fault(matrices, answer)
        if fault < least or best.termination.reason is Reason.OTHER_ERROR:
            best, least = answer, fault
    if least <= _TOLERABLE:
        best = replace(best, termination=replace(best.termination, reason=Reason.OPTIMAL))
        return replace(best, bound=certify(matrices, best).dual_objective)
    return best


def _tries(matrices: Matrices) -> tuple[_Try, ...]:
    """How to ask, one after the other."""
    if matrices.cones:
        return _CONIC
    return (_FINE, *_PLAIN) if matrices.columns >= _MANY else _PLAIN


def _largest_fault(matrices: Matrices, answer: Solution) -> float:
    """The smallest tolerance, in tenths of a power of ten, at which an answer stands."""
    certificate = certify(matrices, answer)
    steps = 10.0 ** np.arange(-9.0, 0.0, 0.25)
    return next((float(step) for step in steps if certificate.holds(float(step))), math.inf)


@contextmanager
def _border(version: str) -> Generator[None]:
    """Turn whatever Clarabel raises into our own errors."""
    try:
        yield
    except (SolverError, MemoryError):
        raise
    except BaseException as error:  # its panics are no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise SolverFailed(f"{version} broke down: {error}") from error


@dataclass(frozen=True, slots=True)
class _Model:
    """The problem in Clarabel's words: A x + s = b with s in a product of cones.

    Equations come first, then what is at most a bound, then what is at least one, turned round; rows of the problem
    before bounds of columns in each; the cones last.

    Attributes:
        source: Row of the problem that a row stands for, or its columns counted on from there.
        sign: 1 where the row stands as it is, -1 where it is turned round.
    """

    other: Balanced
    coefficients: Any
    bound: FloatArray
    cones: list[Any]
    source: IntArray
    sign: FloatArray

    @classmethod
    def of(cls, other: Balanced) -> _Model:
        """Write a problem down."""
        matrices = other.matrices
        n, m = matrices.columns, matrices.rows
        lower = np.concatenate([matrices.row_lower, matrices.column_lower])
        upper = np.concatenate([matrices.row_upper, matrices.column_upper])
        same = lower == upper
        parts = (
            (np.flatnonzero(same), 1.0, upper),
            (np.flatnonzero(np.isfinite(upper) & ~same), 1.0, upper),
            (np.flatnonzero(np.isfinite(lower) & ~same), -1.0, lower),
        )
        source = np.concatenate([index for index, _, _ in parts]).astype(np.int32)
        sign = np.concatenate([np.full(index.size, turned) for index, turned, _ in parts])
        bound = np.concatenate([turned * side[index] for index, turned, side in parts])
        members = [np.append(cone.head, cone.tail) for cone in matrices.cones]
        column = np.concatenate([*members, np.zeros(0, np.int32)]).astype(np.int32)
        everything = _stacked(matrices, source, sign, column)
        cones = [_clarabel.ZeroConeT(parts[0][0].size)] if parts[0][0].size else []
        sides = parts[1][0].size + parts[2][0].size
        cones += [_clarabel.NonnegativeConeT(sides)] if sides else []
        cones += [_clarabel.SecondOrderConeT(member.size) for member in members]
        assert everything.shape == (source.size + column.size, n)
        assert source.max(initial=0) < n + m
        return cls(other, everything, np.concatenate([bound, np.zeros(column.size)]), cones, source, sign)

    def run(self, how: _Try, options: SolverOptions, clock: Clock, interrupt: Interrupted | None) -> Any:
        """What Clarabel finds when asked so."""
        settings = _clarabel.DefaultSettings()
        settings.verbose = options.log is not None
        settings.max_threads = 1  # sums come out the same whatever the caller's threads
        settings.presolve_enable = options.presolve
        settings.equilibrate_enable = how.scales
        settings.static_regularization_constant = how.added
        settings.tol_feas = min(options.feasibility_tolerance, how.tolerance)
        settings.tol_gap_abs = settings.tol_gap_rel = min(options.dual_tolerance, how.tolerance)
        if options.time_limit_s < math.inf:
            settings.time_limit = max(1e-3, options.time_limit_s - clock.wall)
        matrices = self.other.matrices
        shape = (matrices.columns, matrices.columns)
        curvature: Any = csc_matrix(shape) if matrices.quadratic is None else csc_matrix(triu(matrices.quadratic))
        problem = (curvature, matrices.cost, self.coefficients, self.bound)
        solver = _clarabel.DefaultSolver(*problem, self.cones, settings)
        if options.log is not None:
            solver.print_to_buffer()
        if interrupt is not None:
            solver.set_termination_callback(_stopping(interrupt))
        found = solver.solve()
        if options.log is not None:
            options.log(str(solver.get_print_buffer()))
        return found

    def duals(self, found: Any) -> tuple[FloatArray, FloatArray, tuple[FloatArray, ...]]:
        """Row duals (m,), column duals (n,) and cone duals in our sign."""
        prices = np.asarray(found.z, np.float64)
        linear, conic = prices[: self.source.size], prices[self.source.size :]
        matrices = self.other.matrices
        length = matrices.rows + matrices.columns
        both = np.bincount(self.source, -self.sign * linear, length).astype(np.float64, copy=False)
        ends = np.cumsum([1 + len(cone.tail) for cone in matrices.cones])
        cones = tuple(np.split(conic, ends[:-1])) if matrices.cones else ()
        return self.other.duals(both[: matrices.rows], both[matrices.rows :], cones)


def _stopping(interrupt: Interrupted) -> Callable[[Any], bool]:
    """What Clarabel asks in every iteration."""

    def asked(_: Any) -> bool:
        return interrupt.is_set()

    return asked


def _stacked(matrices: Matrices, source: IntArray, sign: FloatArray, column: IntArray) -> Any:
    """Rows and bounds as they are or turned round, then minus the columns of the cones."""
    n, both = matrices.columns, _vstack([matrices.csr(), eye_array(matrices.columns, format="csr")], format="csr")
    linear = both[source].multiply(sign[:, None])
    conic: Any = coo_array((np.full(column.size, -1.0), (np.arange(column.size), column)), shape=(column.size, n))
    return csc_matrix(_vstack([linear, conic]))


def _reduced_costs(
    matrices: Matrices, primal: FloatArray, rows: FloatArray, cones: tuple[FloatArray, ...]
) -> FloatArray:
    """What follows from the other duals: its own say the same, less exactly where units differ much."""
    curvature: Any = 0.0 if matrices.quadratic is None else matrices.quadratic @ primal
    reduced: FloatArray = matrices.cost + curvature - np.asarray(matrices.csr().T @ rows)
    for cone, dual in zip(matrices.cones, cones, strict=True):
        reduced[cone.head] -= dual[0]
        np.subtract.at(reduced, cone.tail, dual[1:])
    return reduced


def _answer(matrices: Matrices, options: SolverOptions, model: _Model, found: Any) -> Solution:
    status = str(found.status)
    termination = termination_of(status)
    answer = Solution(termination=termination, iterations={"cone": int(found.iterations)})
    rows, columns, cones = model.duals(found)
    if termination.reason is Reason.INFEASIBLE:
        if not infeasibility_margin(matrices, rows, _RAY_TOLERANCE, cones) > 0:
            detail = f"{status}, but the proof does not hold"
            return replace(answer, termination=Termination(reason=Reason.IMPRECISE, detail=detail))
        proof = options.ray and infeasibility_margin(matrices, rows) > 0
        return replace(answer, ray=rows if proof else None)
    if status not in _WITH_POINT:
        return answer
    primal = model.other.primal(np.asarray(found.x, np.float64))
    primal = np.clip(primal, matrices.column_lower, matrices.column_upper)
    columns = _reduced_costs(matrices, primal, rows, cones)
    answer = replace(
        answer, primal=primal, row_dual=rows, column_dual=columns, cone_dual=cones if matrices.cones else None
    )
    certificate = certify(matrices, answer)
    if certificate.holds(max(options.feasibility_tolerance, options.dual_tolerance)):
        # It missed what we ask for, not what the caller does.
        termination = replace(termination, reason=Reason.OPTIMAL)
    elif termination.reason is Reason.OPTIMAL:
        faults = certificate.faults(max(options.feasibility_tolerance, options.dual_tolerance))
        termination = Termination(reason=Reason.IMPRECISE, detail=f"{status}, but {faults[0]}")
    bound = certificate.dual_objective if termination.reason is Reason.OPTIMAL else None
    return replace(answer, termination=termination, objective=certificate.objective, bound=bound)
