"""The adapter for HiGHS: hands arrays over, runs, and brings arrays back."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_solvers import highs_basis, highs_discrete, highs_quadratic
from c4e_solvers.clock import Clock
from c4e_solvers.columnless import solve_without_columns
from c4e_solvers.errors import SolverError, SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_solvers.highs_library import HighsModelStatus as Status
from c4e_solvers.highs_library import HighsStatus, highspy
from c4e_solvers.highs_watch import Watch
from c4e_solvers.matrices import Feature, FloatArray, IntArray, Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.patience import patiently
from c4e_solvers.solution import Interrupted, Limit, Progress, Reason, Solution, Termination

_ROWWISE, _TRIANGULAR, _MINIMISE = 2, 1, 1
_FEASIBLE = 2
_MARGIN_SHARE, _MARGIN_MOST_S = 0.05, 0.5
_SEMI_MOST = 1e5

_REASONS = {
    "kOptimal": Reason.OPTIMAL,
    "kModelEmpty": Reason.OPTIMAL,
    "kInfeasible": Reason.INFEASIBLE,
    "kUnbounded": Reason.UNBOUNDED,
    "kUnboundedOrInfeasible": Reason.INFEASIBLE_OR_UNBOUNDED,
    "kNotset": Reason.OTHER_ERROR,
    "kLoadError": Reason.OTHER_ERROR,
    "kModelError": Reason.OTHER_ERROR,
    "kPresolveError": Reason.OTHER_ERROR,
    "kSolveError": Reason.NUMERICAL_ERROR,
    "kPostsolveError": Reason.NUMERICAL_ERROR,
}
_LIMITS = {
    "kObjectiveBound": Limit.CUTOFF,
    "kObjectiveTarget": Limit.OBJECTIVE,
    "kTimeLimit": Limit.TIME,
    "kIterationLimit": Limit.ITERATION,
    "kSolutionLimit": Limit.SOLUTION,
    "kInterrupt": Limit.INTERRUPTED,
    "kHighsInterrupt": Limit.INTERRUPTED,
    "kMemoryLimit": Limit.MEMORY,
}


def version() -> str:
    """Name and version, as a ``Solution`` names its solver."""
    major, minor, patch = highspy.HIGHS_VERSION_MAJOR, highspy.HIGHS_VERSION_MINOR, highspy.HIGHS_VERSION_PATCH
    return f"highs {major}.{minor}.{patch}"


def termination_of(status: Status, *, feasible: bool) -> Termination:
    """Our words for a HiGHS model status.

    Args:
        status: What HiGHS says.
        feasible: Whether HiGHS holds a primal solution within its tolerances.
    """
    name = status.name
    detail = name.removeprefix("k")
    if name in _LIMITS:
        reason = Reason.FEASIBLE if feasible else Reason.NO_SOLUTION_FOUND
        return Termination(reason=reason, limit=_LIMITS[name], detail=detail)
    if status == Status.kUnknown:
        return Termination(reason=Reason.IMPRECISE if feasible else Reason.NUMERICAL_ERROR, detail=detail)
    return Termination(reason=_REASONS.get(name, Reason.OTHER_ERROR), detail=detail)


def solve(
    matrices: Matrices,
    options: SolverOptions,
    *,
    interrupt: Interrupted | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Solve once; the arguments are those of ``c4e_solvers.solve``, which checks the matrices first."""
    clock = Clock(options)
    if not matrices.columns:
        return solve_without_columns(matrices, options, clock, version())
    if Feature.QUADRATIC in matrices.features():
        return _solve_quadratic(matrices, options, clock, interrupt)
    model = Model(matrices, options)
    if matrices.start is not None and matrices.discrete:
        model.start_from(matrices.start)
    return model.run(clock, interrupt=interrupt, progress=progress)


def _solve_quadratic(
    matrices: Matrices, options: SolverOptions, clock: Clock, interrupt: Interrupted | None
) -> Solution:
    def run(curvature: float) -> Solution:
        model = Model(highs_quadratic.with_a_row(matrices), options)
        model.highs.setOptionValue("qp_regularization_value", curvature)
        model.highs.setOptionValue("qp_iteration_limit", highs_quadratic.iterations_most(matrices))
        answer = model.run(clock, interrupt=interrupt)
        return replace(answer, row_dual=None if answer.row_dual is None else answer.row_dual[: matrices.rows])

    def linear(problem: Matrices) -> Solution:
        return Model(problem, replace(options, algorithm="choose", ray=False)).run(clock, interrupt=interrupt)

    answer = highs_quadratic.solve_proven(matrices, options, run, linear)
    return replace(answer, **clock.both())


def _nothing_found(limit: Limit) -> Termination:
    return Termination(reason=Reason.NO_SOLUTION_FOUND, limit=limit, detail="ended by the caller's process")


def _best_so_far(watch: Watch, limit: Limit) -> dict[str, Any]:
    """The answer of a MILP that HiGHS still works at."""
    best = watch.incumbent
    reason = Reason.NO_SOLUTION_FOUND if best is None else Reason.FEASIBLE
    answer: dict[str, Any] = {
        "termination": Termination(reason=reason, limit=limit, detail="HiGHS did not stop in time")
    }
    if math.isfinite(watch.bound):
        answer["bound"] = watch.bound
    if best is not None:
        answer["primal"], answer["objective"] = best.primal, best.objective
    return answer


class Model:
    """One loaded HiGHS model: used once by ``solve``, kept warm by ``Session``.

    Args:
        matrices: Checked matrices with at least one column.
        options: What to ask of HiGHS.

    Attributes:
        lost: Whether HiGHS did not stop when it was told to; nobody may use the model any more.
    """

    def __init__(self, matrices: Matrices, options: SolverOptions) -> None:
        self._options = options
        self.lost = False
        self._discrete, self._semicontinuous = matrices.discrete, Feature.SEMICONTINUOUS in matrices.features()
        self._quadratic = matrices.quadratic is not None and matrices.quadratic.nnz > 0
        self._linear = not (self._discrete or self._quadratic)
        self._proven = -math.inf  # what a search of a MILP proved that did not end
        with _border("taking the problem"):
            self.highs = highspy.Highs()
            self._configure()
            self._load(matrices)
            if matrices.basis is not None and self._linear:
                highs_basis.give(self.highs, matrices.basis)

    def _configure(self) -> None:
        options, linear = self._options, self._linear
        wanted: dict[str, bool | int | float | str] = {
            "output_flag": options.log is not None,
            "log_to_console": False,
            "threads": options.threads,
            "random_seed": options.seed,
            "primal_feasibility_tolerance": options.feasibility_tolerance,
            "dual_feasibility_tolerance": options.dual_tolerance,
            "mip_feasibility_tolerance": options.integrality_tolerance,
            "mip_rel_gap": options.relative_gap,
            "mip_abs_gap": options.absolute_gap,
            # Restarts at the root cost two to five times the time on dispatch problems and gain nothing.
            "mip_allow_restart": False,
            # The default adds 1e-7 to the diagonal, which turns an unbounded QP into an "optimal" one.
            "qp_regularization_value": 0.0,
        }
        if options.algorithm != "choose" and linear:
            wanted["solver"] = options.algorithm
        elif options.algorithm in ("simplex", "ipm", "hipo") and self._discrete:
            wanted["mip_lp_solver"] = options.algorithm
        if options.algorithm == "pdlp" and linear:
            wanted["pdlp_optimality_tolerance"] = max(options.feasibility_tolerance, options.dual_tolerance)
        if not options.presolve:
            wanted["presolve"] = "off"
        if not options.crossover:
            wanted["run_crossover"] = "off"
        for name, value in wanted.items():
            if self.highs.setOptionValue(name, value) != HighsStatus.kOk:
                hint = "; HiPO needs the package highspy-extras" if value == "hipo" else ""
                raise SolverUnavailable(f"{version()} refuses the option {name} = {value!r}{hint}")

    def _load(self, matrices: Matrices) -> None:
        load: Any = self.highs.passModel  # of two forms: a problem without a quadratic term, and with one
        form: tuple[int, ...] = (_ROWWISE, _MINIMISE)
        quadratic: tuple[Any, ...] = ()
        if matrices.quadratic is not None and self._quadratic:
            from scipy.sparse import csr_array, triu

            upper = csr_array(triu(matrices.quadratic))  # its rows are the columns of the lower triangle
            upper.sort_indices()
            form = (len(upper.data), _ROWWISE, _TRIANGULAR, _MINIMISE)
            quadratic = (upper.indptr.astype(np.int32), upper.indices.astype(np.int32), upper.data)
        status = load(
            matrices.columns,
            matrices.rows,
            matrices.nonzeros,
            *form,
            matrices.offset,
            matrices.cost,
            *matrices.whole_bounds(self._options.integrality_tolerance),  # HiGHS 1.15.1 errs with others of integers
            matrices.row_lower,
            matrices.row_upper,
            matrices.row_start,
            matrices.row_index,
            matrices.row_value,
            *quadratic,
            variable_types(matrices),
        )
        if status == HighsStatus.kError:
            largest = float(np.abs(matrices.row_value).max(initial=0.0))
            raise SolverFailed(f"{version()} refuses the problem; its largest coefficient is {largest:g}")

    def limit(self, seconds: float) -> None:
        """Give every later run this many seconds."""
        self._options = replace(self._options, time_limit_s=seconds)
        if seconds == math.inf:
            self.highs.setOptionValue("time_limit", seconds)

    def basis(self) -> highspy.HighsBasis:
        """The basis at which the model stands, in HiGHS's own form."""
        return self.highs.getBasis()

    def take(self, basis: highspy.HighsBasis) -> None:
        """Start the next run from a basis in HiGHS's own form; one that HiGHS refuses is left."""
        if basis.valid:
            self.highs.setBasis(basis)

    def start_from(self, values: FloatArray) -> None:
        """Offer a start (n,) to the MILP; NaN where nothing is known. HiGHS completes or drops it."""
        known = np.flatnonzero(np.isfinite(values)).astype(np.int32)
        with _border("taking a start"):
            self.highs.setSolution(len(known), known, values[known])

    def run(
        self,
        clock: Clock,
        *,
        interrupt: Interrupted | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Solution:
        """Solve from where the model stands.

        Args:
            clock: Started when the caller's call began.
            interrupt: Polled while HiGHS runs; None costs nothing.
            progress: Told of a MILP's bounds; what it raises stops the solve and is raised here.
        """
        if interrupt is not None and interrupt.is_set():
            return Solution(termination=_nothing_found(Limit.INTERRUPTED), solver=version(), **clock.both())
        report = highs_discrete.never_worse(progress) if progress is not None and self._discrete else None
        watch = Watch(self.highs, interrupt, report, self._options.log, keep=self._discrete, enough=self._enough())

        def work() -> dict[str, Any] | None:
            with clock.own_thread(), _border("solving"), watch:
                if self._discrete:
                    self._search(clock)
                else:
                    self._run_once(clock)
                return {} if watch.error else self._answer()

        try:
            # HiGHS 1.15.1 hears neither the clock nor an interrupt while it solves a MILP within its MILP.
            left = self._options.time_limit_s - clock.wall
            answer = patiently(work, max(left, 0.0), interrupt) if self._discrete else work()
        except MemoryError:
            answer = {"termination": _nothing_found(Limit.MEMORY)}
        except BaseException:
            watch.abandon()
            raise
        if watch.error:
            raise watch.error
        if answer is None:
            self.lost = True
            watch.abandon()
            interrupted = interrupt is not None and interrupt.is_set()
            answer = _best_so_far(watch, Limit.INTERRUPTED if interrupted else Limit.TIME)
        return Solution(solver=version(), **answer, **clock.both())

    def _search(self, clock: Clock) -> None:
        """Solve a MILP in two searches, of which the second is rarely needed."""
        self._proven = -math.inf
        if self._options.inner_searches:
            self._want(highs_discrete.SECOND)
            self._run_once(clock)
            return
        self._want(highs_discrete.FIRST)
        self._run_once(clock)
        if self.highs.getModelStatus() == Status.kSolutionLimit:
            info = self.highs.getInfo()
            self._proven = info.mip_dual_bound
            if info.primal_solution_status == _FEASIBLE:
                self.start_from(_vector(self.highs.getSolution().col_value))
            self._want(highs_discrete.SECOND)
            self._run_once(clock)

    def _enough(self) -> float:
        """The bound at which a solution that the caller has is within a gap."""
        known, options = self._options.known_objective, self._options
        if not self._discrete or math.isinf(known):
            return math.inf
        return known - max(options.absolute_gap, options.relative_gap * abs(known))

    def _want(self, wanted: Mapping[str, bool | int]) -> None:
        for name, value in wanted.items():
            self.highs.setOptionValue(name, value)

    def _run_once(self, clock: Clock) -> None:
        limit = self._options.time_limit_s
        if limit < math.inf:
            left = max(0.0, limit - clock.wall - min(_MARGIN_SHARE * limit, _MARGIN_MOST_S))
            # HiGHS holds the limit of an LP against all runs of this instance, that of a MILP against this run.
            before = 0.0 if self._discrete else self.highs.getRunTime()
            self.highs.setOptionValue("time_limit", before + left)
        status = self.highs.run()
        if status == HighsStatus.kError and self.highs.getModelStatus() == Status.kNotset:
            # HiGHS keeps a scheduler per calling thread and refuses another number of threads until it is reset.
            highspy.Highs.resetGlobalScheduler(True)
            self.highs.run()
        if self._linear and self.highs.getModelStatus() == Status.kSolveError:
            # HiGHS 1.15.1 ends so on some infeasible LPs that its presolve cannot tell from unbounded ones.
            with self._plain():
                self.highs.run()

    @contextmanager
    def _plain(self) -> Generator[None]:
        """Simplex without presolve: slower, and with a proof at the end."""
        self.highs.setOptionValue("solver", "simplex")
        self.highs.setOptionValue("presolve", "off")
        yield
        self.highs.setOptionValue("solver", self._options.algorithm)
        self.highs.setOptionValue("presolve", "choose" if self._options.presolve else "off")

    def _answer(self) -> dict[str, Any]:
        info, status = self.highs.getInfo(), self.highs.getModelStatus()
        termination = termination_of(status, feasible=info.primal_solution_status == _FEASIBLE)
        if self._semicontinuous and status == Status.kSolveError:
            # Such a column is zero to HiGHS while its share of the upper bound is within the tolerance of an integer.
            hint = "a semicontinuous column may be neither zero nor in its bounds; try a smaller integrality_tolerance"
            termination = replace(termination, detail=f"{termination.detail}: {hint}")
        if status == Status.kUnknown and self._options.algorithm == "pdlp" and self.highs.getSolution().value_valid:
            # It ended by its own measure, which is relative; HiGHS measures what came of it by another.
            termination = Termination(reason=Reason.IMPRECISE, detail=termination.detail)
        answer: dict[str, Any] = {"termination": termination, "iterations": _iterations(info)}
        if self._options.basis and self._linear:
            answer["basis"] = highs_basis.taken(self.highs)  # before a ray is looked for with another solve
        optimal = termination.reason is Reason.OPTIMAL or termination.reason is Reason.IMPRECISE
        if self._discrete:
            answer["nodes"] = max(0, info.mip_node_count)
            if info.mip_node_count < 0:  # nothing to branch on: every semicontinuous column reaches down to zero
                bound = info.objective_function_value if optimal else -math.inf
            else:
                bound = max(info.mip_dual_bound, self._proven)
            if math.isfinite(bound) and (termination.has_solution or termination.limit is not Limit.NONE):
                answer["bound"] = bound
        if optimal or termination.has_solution:
            solution = self.highs.getSolution()
            answer["primal"] = _vector(solution.col_value)
            answer["objective"] = info.objective_function_value
            if optimal and not self._discrete:
                answer["row_dual"], answer["column_dual"] = _vector(solution.row_dual), _vector(solution.col_dual)
                if termination.reason is Reason.OPTIMAL:
                    answer["bound"] = info.objective_function_value
        elif self._options.ray and self._linear:
            answer["ray"] = self._ray(termination.reason)
        return answer

    def _ray(self, reason: Reason) -> FloatArray | None:
        if reason is Reason.UNBOUNDED and not self.highs.getNumRow():
            return _ray_without_rows(self.highs)
        if reason is not Reason.INFEASIBLE and reason is not Reason.UNBOUNDED:
            return None
        highs: Any = self.highs  # its stubs do not know the rays
        get = highs.getDualRay if reason is Reason.INFEASIBLE else highs.getPrimalRay
        _, found, ray = get()
        if not found and self._options.algorithm not in ("choose", "simplex"):
            with self._plain():
                self.highs.run()
                _, found, ray = get()
        return np.array(ray, np.float64) if found else None


def variable_types(matrices: Matrices) -> IntArray:
    """HiGHS's number for the kind of each column (n,).

    Raises:
        UnsupportedProgram: A semicontinuous column has an upper bound that HiGHS would lower without saying so.
    """
    kind = matrices.integral.astype(np.int32)
    if matrices.semicontinuous is None:
        return kind
    wide = np.flatnonzero(matrices.semicontinuous & (matrices.column_lower > 0) & (matrices.column_upper > _SEMI_MOST))
    if len(wide):
        column = int(wide[0])
        raise UnsupportedProgram(
            f"{version()} takes semicontinuous columns up to {_SEMI_MOST:g}: the upper bound of column {column} is "
            f"{matrices.column_upper[column]:g} ({len(wide)} such columns); measure it in a larger unit, or ask "
            "'ortools:scip'"
        )
    return kind + 2 * matrices.semicontinuous


@contextmanager
def _border(act: str) -> Generator[None]:
    """Turn whatever HiGHS or its binding raises into our own errors."""
    try:
        yield
    except (SolverError, MemoryError):
        raise
    except Exception as error:
        raise SolverFailed(f"{version()} broke down while {act}: {error}") from error


def _vector(values: list[float]) -> FloatArray:
    return np.fromiter(values, np.float64, len(values))


def _iterations(info: highspy.HighsInfo) -> dict[str, int]:
    counts = {
        "simplex": info.simplex_iteration_count,
        "ipm": info.ipm_iteration_count,
        "crossover": info.crossover_iteration_count,
        "pdlp": info.pdlp_iteration_count,
        "qp": info.qp_iteration_count,
    }
    return {name: count for name, count in counts.items() if count > 0}


def _ray_without_rows(highs: highspy.Highs) -> FloatArray:
    lp = highs.getLp()
    cost, lower, upper = np.asarray(lp.col_cost_), np.asarray(lp.col_lower_), np.asarray(lp.col_upper_)
    return np.where((cost < 0) & (upper == np.inf), 1.0, np.where((cost > 0) & (lower == -np.inf), -1.0, 0.0))
