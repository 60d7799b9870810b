"""The adapter for cvxpy: LP, convex QP and SOCP with Clarabel, or with any cone solver that cvxpy finds."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import cvxpy
import numpy as np

from c4e_solvers.certificate import certify, infeasibility_margin
from c4e_solvers.clock import Clock
from c4e_solvers.columnless import solve_without_columns
from c4e_solvers.errors import SolverError, SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_solvers.matrices import Cone, Feature, FloatArray, IntArray, Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.solution import Interrupted, Limit, Progress, Reason, Solution, Termination

_cvxpy: Any = cvxpy  # it ships no usable types
_DEFAULT = "CLARABEL"
_ELSEWHERE = {"GLOP": "ortools:glop", "PDLP": "ortools:pdlp", "HIGHS": "highs"}
_TIGHT = 1e-11  # on a curved boundary the columns are as exact as the root of what the objective is
_RAY_TOLERANCE = 1e-7

_REASONS = {
    "optimal": Reason.OPTIMAL,
    "optimal_inaccurate": Reason.IMPRECISE,
    "infeasible": Reason.INFEASIBLE,
    "infeasible_inaccurate": Reason.IMPRECISE,
    # A cone solver proves that the dual has no solution; whether the primal has one stays open.
    "unbounded": Reason.INFEASIBLE_OR_UNBOUNDED,
    "unbounded_inaccurate": Reason.IMPRECISE,
    "infeasible_or_unbounded": Reason.INFEASIBLE_OR_UNBOUNDED,
    "solver_error": Reason.NUMERICAL_ERROR,
}


def termination_of(status: str, *, timed_out: bool) -> Termination:
    """Our words for a status of cvxpy.

    Args:
        status: What cvxpy says.
        timed_out: Whether the time limit had passed by then.
    """
    if status == "user_limit":
        # What an interior point method holds at a limit satisfies nothing yet.
        limit = Limit.TIME if timed_out else Limit.ITERATION
        return Termination(reason=Reason.NO_SOLUTION_FOUND, limit=limit, detail=status)
    return Termination(reason=_REASONS.get(status, Reason.OTHER_ERROR), detail=status)


def solve(
    matrices: Matrices,
    options: SolverOptions,
    *,
    interrupt: Interrupted | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Solve once; the arguments are those of ``c4e_solvers.solve``, which checks the matrices first.

    cvxpy passes on neither progress nor logs, and an interrupt is seen only before it starts.
    """
    clock, backend = Clock(options), options.backend.upper() or _DEFAULT
    if matrices.discrete:
        wanted = " and ".join(sorted(matrices.features() - {Feature.QUADRATIC, Feature.CONE}))
        raise UnsupportedProgram(f"solver 'convex' does not take {wanted}; 'highs' or 'ortools' do")
    if not matrices.columns:
        return solve_without_columns(matrices, options, clock, _version(backend))
    if interrupt is not None and interrupt.is_set():
        stopped = Termination(reason=Reason.NO_SOLUTION_FOUND, limit=Limit.INTERRUPTED, detail="not started")
        return Solution(termination=stopped, solver=_version(backend), **clock.both())
    settings = _settings(backend, options, clock)
    with _border(backend):
        model = _Model(matrices)
        found = model.solve(backend, settings)
        answer = _answer(matrices, options, model, found, timed_out=clock.wall >= 0.9 * options.time_limit_s)
    return Solution(solver=_version(backend), **answer, **clock.both())


def _version(backend: str) -> str:
    return f"cvxpy {_cvxpy.__version__} ({backend})"


def _settings(backend: str, options: SolverOptions, clock: Clock) -> dict[str, Any]:
    """What we ask for, in the words of that cone solver."""
    if backend in _ELSEWHERE:
        raise SolverUnavailable(f"'convex' does not reach {backend}; ask for solver {_ELSEWHERE[backend]!r}")
    if backend not in _cvxpy.installed_solvers():
        found = ", ".join(name for name in _cvxpy.installed_solvers() if name not in _ELSEWHERE)
        raise SolverUnavailable(f"cvxpy finds no solver {backend!r}; it finds {found}")
    feasible, dual = min(options.feasibility_tolerance, _TIGHT), min(options.dual_tolerance, _TIGHT)
    known: dict[str, dict[str, Any]] = {
        "CLARABEL": {
            "tol_feas": feasible,
            "tol_gap_abs": dual,
            "tol_gap_rel": dual,
            "max_threads": options.threads,
            "presolve_enable": options.presolve,
        },
        "SCS": {"eps_abs": options.feasibility_tolerance, "eps_rel": options.dual_tolerance, "max_iters": 100_000},
        "OSQP": {"eps_abs": options.feasibility_tolerance, "eps_rel": options.dual_tolerance, "max_iter": 100_000},
    }
    clocks = {"CLARABEL": "time_limit", "SCS": "time_limit_secs", "OSQP": "time_limit"}
    settings = known.get(backend, {})
    if options.time_limit_s < math.inf:
        if backend not in clocks:
            raise UnsupportedProgram(f"cvxpy's {backend} cannot be held to a time limit here; give it none")
        settings[clocks[backend]] = max(1e-3, options.time_limit_s - clock.wall)
    return settings


@contextmanager
def _border(backend: str) -> Generator[None]:
    """Turn whatever cvxpy or its solver raises into our own errors."""
    try:
        yield
    except (SolverError, MemoryError):
        raise
    except BaseException as error:  # Clarabel's panics are no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise SolverFailed(f"{_version(backend)} broke down: {error}") from error


class _Model:
    """The problem in cvxpy's words: each bound a constraint of its own, so that each has its dual."""

    def __init__(self, matrices: Matrices) -> None:
        self._matrices = matrices
        self.x: Any = _cvxpy.Variable(matrices.columns)
        self.constraints: list[Any] = []
        rows = matrices.csr()
        self._rows = _sides(matrices.row_lower, matrices.row_upper)
        self._columns = _sides(matrices.column_lower, matrices.column_upper)
        self._row_constraints = [
            self._add(rows[index] @ self.x, sense, bound) if len(index) else None for sense, index, bound in self._rows
        ]
        self._column_constraints = [
            self._add(self.x[index], sense, bound) if len(index) else None for sense, index, bound in self._columns
        ]
        self._cones = [(numbers, self._add_cones(heads, tails)) for numbers, heads, tails in _by_size(matrices.cones)]
        objective = matrices.cost @ self.x
        if matrices.quadratic is not None and matrices.quadratic.nnz:
            objective = objective + 0.5 * _cvxpy.quad_form(self.x, _cvxpy.psd_wrap(matrices.quadratic.tocsc()))
        self.problem: Any = _cvxpy.Problem(_cvxpy.Minimize(objective), self.constraints)

    def _add(self, expression: Any, sense: str, bound: FloatArray) -> Any:
        made = expression == bound if sense == "=" else expression >= bound if sense == ">" else expression <= bound
        self.constraints.append(made)
        return made

    def _add_cones(self, heads: IntArray, tails: IntArray) -> Any:
        """Cones (c,) of one size k; tails (c, k)."""
        made = _cvxpy.SOC(self.x[heads], _cvxpy.reshape(self.x[tails.ravel()], tails.shape, order="C"), axis=1)
        self.constraints.append(made)
        return made

    def solve(self, backend: str, settings: dict[str, Any]) -> Any:
        """Run, and bring back what the solver found, in cvxpy's words; nothing is warned of or raised for a status."""
        try:
            data, chain, inverse = self.problem.get_problem_data(backend, solver_opts=settings)
        except _cvxpy.error.SolverError as error:
            wanted = " and ".join(sorted(self._matrices.features())) or "an LP"
            raise UnsupportedProgram(f"cvxpy's {backend} does not take {wanted}: {error}") from error
        raw = chain.solve_via_data(self.problem, data, False, False, settings)
        return chain.invert(raw, inverse)

    def duals(self, found: Any) -> tuple[FloatArray, FloatArray, tuple[FloatArray, ...]] | None:
        """Row duals (m,), column duals (n,) and cone duals in our sign; None where the solver found none."""
        if any(made.id not in found.dual_vars for made in self.constraints):
            return None
        for made in self.constraints:
            made.save_dual_value(found.dual_vars[made.id])
        cones: list[FloatArray] = [np.zeros(0)] * len(self._matrices.cones)
        for numbers, made in self._cones:
            head, tail = (np.asarray(variable.value, np.float64) for variable in made.dual_variables)
            for place, number in enumerate(numbers):
                cones[number] = np.concatenate([head.reshape(-1)[[place]], tail.reshape(len(numbers), -1)[place]])
        rows = _gathered(self._matrices.rows, self._rows, self._row_constraints)
        return rows, _gathered(self._matrices.columns, self._columns, self._column_constraints), tuple(cones)


_Sides = list[tuple[str, IntArray, FloatArray]]


def _sides(lower: FloatArray, upper: FloatArray) -> _Sides:
    """Equations, lower bounds and upper bounds: which entries, and their bounds."""
    same = lower == upper
    below, above = np.isfinite(lower) & ~same, np.isfinite(upper) & ~same
    chosen = (("=", same, lower), (">", below, lower), ("<", above, upper))
    return [(sense, np.flatnonzero(mask).astype(np.int32), bound[mask]) for sense, mask, bound in chosen]


def _gathered(length: int, sides: _Sides, constraints: Sequence[Any]) -> FloatArray:
    """Our duals (length,): cvxpy prices ``expression - bound`` for "=" and "<" and ``bound - expression`` for ">"."""
    total = np.zeros(length)
    for (sense, index, _), made in zip(sides, constraints, strict=True):
        if made is not None:
            dual = np.asarray(made.dual_value, np.float64).reshape(-1)
            total[index] += dual if sense == ">" else -dual
    return total


def _by_size(cones: Sequence[Cone]) -> list[tuple[list[int], IntArray, IntArray]]:
    """Cones of one size together: their numbers, heads (c,) and tails (c, k)."""
    sizes: dict[int, list[int]] = {}
    for number, cone in enumerate(cones):
        sizes.setdefault(len(cone.tail), []).append(number)
    return [
        (numbers, np.array([cones[i].head for i in numbers], np.int32), np.array([cones[i].tail for i in numbers]))
        for numbers in sizes.values()
    ]


def _answer(
    matrices: Matrices, options: SolverOptions, model: _Model, found: Any, *, timed_out: bool
) -> dict[str, Any]:
    termination = termination_of(found.status, timed_out=timed_out)
    count = found.attr.get("num_iters")
    answer: dict[str, Any] = {"termination": termination, "iterations": {"cone": int(count)} if count else {}}
    primal = found.primal_vars.get(model.x.id)
    if termination.reason is Reason.INFEASIBLE:
        duals = model.duals(found)
        if duals is None or not infeasibility_margin(matrices, duals[0], _RAY_TOLERANCE, duals[2]) > 0:
            # Clarabel calls feasible problems of uneven scale infeasible: without a proof we do not repeat it.
            detail = f"{found.status}, but the proof does not hold"
            answer["termination"] = Termination(reason=Reason.IMPRECISE, detail=detail)
        elif options.ray and infeasibility_margin(matrices, duals[0]) > 0:
            answer["ray"] = duals[0]
    if primal is None or termination.reason not in (Reason.OPTIMAL, Reason.IMPRECISE):
        return answer
    primal, duals = np.asarray(primal, np.float64).reshape(-1), model.duals(found)
    solution = Solution(termination=termination, primal=primal)
    if duals is not None:
        rows, columns, cones = duals
        solution = replace(solution, row_dual=rows, column_dual=columns, cone_dual=cones if matrices.cones else None)
    certificate = certify(matrices, solution)
    answer |= {"primal": primal, "objective": certificate.objective}
    if duals is not None:
        answer |= {name: getattr(solution, name) for name in ("row_dual", "column_dual", "cone_dual")}
        if certificate.holds(min(options.feasibility_tolerance, options.dual_tolerance)):
            # It missed what we ask for, not what the caller does.
            answer["termination"] = termination = replace(termination, reason=Reason.OPTIMAL)
        if termination.reason is Reason.OPTIMAL:
            answer["bound"] = certificate.dual_objective
    return answer
