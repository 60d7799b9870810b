"""Matrices as a live Pyomo model that a planner can extend, and any solver that Pyomo finds; ``.lp`` and ``.mps`` too.

Pyomo has no arrays: its parts are made one by one here, which costs far more than handing arrays to a solver.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyomo
import pyomo.core.expr.numeric_expr
import pyomo.environ

from c4e_solvers import highs
from c4e_solvers.certificate import certify
from c4e_solvers.clock import Clock
from c4e_solvers.columnless import solve_without_columns
from c4e_solvers.errors import SolverError, SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_solvers.highs_quadratic import solve_proven
from c4e_solvers.matrices import Block, Feature, FloatArray, Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.solution import Interrupted, Limit, Progress, Reason, Solution, Termination

_pyomo: Any = pyomo
_pyo: Any = pyomo.environ
_expressions: Any = pyomo.core.expr.numeric_expr
_DEFAULT = "highs"
_BELIEVED = {_DEFAULT: 1e-6}  # any other solver may stand behind Pyomo, with tolerances that we do not know
_BELIEVED_OTHERS = 1e-4
_QP_ITERATIONS = 100_000
_OURS = frozenset({"objective", "dual", "sos1", "sos2"})
_SUFFIXES = (".lp", ".mps")

_REASONS = {
    "optimal": Reason.OPTIMAL,
    "globallyOptimal": Reason.OPTIMAL,
    "locallyOptimal": Reason.OPTIMAL,  # every problem here is convex
    "unbounded": Reason.UNBOUNDED,
    "infeasible": Reason.INFEASIBLE,
    "infeasibleOrUnbounded": Reason.INFEASIBLE_OR_UNBOUNDED,
    "intermediateNonInteger": Reason.IMPRECISE,
    "minStepLength": Reason.NUMERICAL_ERROR,
    "other": Reason.OTHER_ERROR,
    "unknown": Reason.OTHER_ERROR,
    "invalidProblem": Reason.OTHER_ERROR,
    "noSolution": Reason.OTHER_ERROR,
    "solverFailure": Reason.OTHER_ERROR,
    "internalSolverError": Reason.OTHER_ERROR,
    "error": Reason.OTHER_ERROR,
    "licensingProblems": Reason.OTHER_ERROR,
}
_LIMITS = {
    "maxTimeLimit": Limit.TIME,
    "maxIterations": Limit.ITERATION,
    "maxEvaluations": Limit.ITERATION,
    "minFunctionValue": Limit.OBJECTIVE,
    "feasible": Limit.UNDETERMINED,
    "userInterrupt": Limit.INTERRUPTED,
    "resourceInterrupt": Limit.OTHER,
}


def termination_of(condition: str, *, feasible: bool) -> Termination:
    """Our words for a ``TerminationCondition`` of Pyomo.

    Args:
        condition: What Pyomo says.
        feasible: Whether it brought a solution.
    """
    if condition in _LIMITS:
        reason = Reason.FEASIBLE if feasible else Reason.NO_SOLUTION_FOUND
        return Termination(reason=reason, limit=_LIMITS[condition], detail=condition)
    return Termination(reason=_REASONS.get(condition, Reason.OTHER_ERROR), detail=condition)


def model_of(matrices: Matrices) -> Any:
    """A ``pyomo.environ.ConcreteModel`` of the problem, to look at, extend and solve.

    Each named range of columns is a block with a variable ``x`` over 0, 1, …, each named range of rows a block with a
    constraint ``rows`` over 0, 1, …; what has no name is in the blocks ``columns`` and ``rows``. ``model.columns_of``
    and ``model.rows_of`` are plain dictionaries from the name to that block, which is called ``<name>_columns`` or
    ``<name>_rows`` where Pyomo or another block has the name already. The objective is ``model.objective``. Ordered
    sets, which few solvers behind Pyomo take, are ``model.sos1`` and ``model.sos2`` over their numbers.

    Args:
        matrices: A problem without cones and semicontinuous columns.

    Raises:
        InvalidMatrices: The arrays do not describe a problem.
        UnsupportedProgram: It has second-order cones or semicontinuous columns, which Pyomo does not know.
    """
    matrices.check()
    _refuse(matrices)
    return _Bridge(matrices).model


def write(matrices: Matrices, path: str | Path) -> Path:
    """Write the problem as a ``.lp`` or ``.mps`` file, by the suffix; ranges, an offset and ordered sets are kept.

    A column that no row and no cost mentions is left out, and bounds of integers are whole.

    Args:
        matrices: A problem without cones and semicontinuous columns.
        path: Where to; an existing file is replaced.

    Raises:
        UnsupportedProgram: It has cones or semicontinuous columns, or the suffix is another.
        SolverFailed: The file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in _SUFFIXES:
        raise UnsupportedProgram(f"{target.name}: the suffix must be one of {', '.join(_SUFFIXES)}")
    model = model_of(matrices)
    if _without_integers(matrices) >= 0:
        model.no_integer_fits = _pyo.Constraint(expr=_pyo.Constraint.Infeasible)  # in a column that may be left out
    with _border("writing"):
        model.write(str(target), io_options={"symbolic_solver_labels": True})
        if matrices.ordered_sets and target.suffix.lower() == ".mps":
            # Pyomo opens a section for every set; other readers know one for all.
            head, section, rest = target.read_text().partition("\nSOS\n")
            target.write_text(head + section + rest.replace("\nSOS\n", "\n"))
    return target


def solve(
    matrices: Matrices,
    options: SolverOptions,
    *,
    interrupt: Interrupted | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Solve once; the arguments are those of ``c4e_solvers.solve``, which checks the matrices first.

    Pyomo passes on no progress, and tolerances to HiGHS only; an interrupt is seen only before it starts.
    """
    clock, backend = Clock(options), options.backend or _DEFAULT
    name = f"pyomo {_pyomo.version.version} ({backend})"
    _refuse(matrices)
    if not matrices.columns:
        return solve_without_columns(matrices, options, clock, name)
    if interrupt is not None and interrupt.is_set():
        stopped = Termination(reason=Reason.NO_SOLUTION_FOUND, limit=Limit.INTERRUPTED, detail="not started")
        return Solution(termination=stopped, solver=name, **clock.both())
    empty = _without_integers(matrices)
    if empty >= 0:  # which no solver would see where nothing mentions the column
        detail = f"no integer within the bounds of column {empty}"
        return Solution(termination=Termination(reason=Reason.INFEASIBLE, detail=detail), solver=name, **clock.both())
    with _border(f"solving with {backend}"):
        solver = _solver(backend)
        bridge = _Bridge(matrices)

        def run(curvature: float) -> Solution:
            settings = _settings(backend, options, curvature)
            if options.time_limit_s < math.inf:
                settings["timelimit"] = max(1e-3, options.time_limit_s - clock.wall)
            found = solver.solve(bridge.model, load_solutions=False, **settings)
            return Solution(**bridge.answer(found, _BELIEVED.get(backend, _BELIEVED_OTHERS)))

        if backend == _DEFAULT and Feature.QUADRATIC in matrices.features():
            answer = solve_proven(matrices, options, run, lambda lp: highs.solve(lp, SolverOptions(ray=False)))
        else:
            answer = run(0.0)
    return replace(answer, solver=name, **clock.both())


def _without_integers(matrices: Matrices) -> int:
    """An integral column with no integer within its bounds; -1 without one."""
    lower, upper = matrices.whole_bounds()
    empty = np.flatnonzero(matrices.integral & (lower > upper))
    return int(empty[0]) if len(empty) else -1


def _refuse(matrices: Matrices) -> None:
    if matrices.cones:
        raise UnsupportedProgram("solver 'pyomo' does not take second-order cones; 'convex' does")
    if Feature.SEMICONTINUOUS in matrices.features():
        raise UnsupportedProgram("solver 'pyomo' does not take semicontinuous columns; 'highs' and 'ortools:scip' do")


def _settings(backend: str, options: SolverOptions, curvature: float) -> dict[str, Any]:
    """What Pyomo hands on in the solver's own words, which we know of HiGHS only."""
    if backend != _DEFAULT:
        return {}
    wanted = {
        "threads": options.threads,
        "random_seed": options.seed,
        "primal_feasibility_tolerance": options.feasibility_tolerance,
        "dual_feasibility_tolerance": options.dual_tolerance,
        "mip_feasibility_tolerance": options.integrality_tolerance,
        "mip_rel_gap": options.relative_gap,
        "mip_abs_gap": options.absolute_gap,
        "qp_regularization_value": curvature,
        "qp_iteration_limit": _QP_ITERATIONS,
    }
    return {"options": wanted}


def _solver(backend: str) -> Any:
    solver = _pyo.SolverFactory(backend)
    if not solver.available(exception_flag=False):
        raise SolverUnavailable(f"Pyomo finds no solver {backend!r} here")
    return solver


@contextmanager
def _border(act: str) -> Generator[None]:
    """Turn whatever Pyomo or its solver raises into our own errors, and keep its log from the terminal."""
    log = logging.getLogger("pyomo")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    except (SolverError, MemoryError):
        raise
    except Exception as error:
        raise SolverFailed(f"pyomo broke down while {act}: {error}") from error
    finally:
        log.setLevel(before)


def _parts(blocks: Sequence[Block], length: int, rest: str) -> list[Block]:
    """Every entry in one part: the named ranges, and the gaps under the name for what has none, numbered from 1."""
    parts, at, gaps = list[Block](), 0, 0
    for block in (*blocks, Block(name="", start=length, stop=length)):
        if block.start > at:
            gaps += 1
            parts.append(Block(name=rest if gaps == 1 else f"{rest}_{gaps}", start=at, stop=block.start))
        if block.name:
            parts.append(block)
        at = max(at, block.stop)
    return parts


class _Bridge:
    """The live model, and the way back from it."""

    def __init__(self, matrices: Matrices) -> None:
        self._matrices = matrices
        self.model: Any = _pyo.ConcreteModel()
        self.model.columns_of, self.model.rows_of = {}, {}
        self._variables: list[Any] = []
        self._constraints: dict[int, Any] = {}
        for part in _parts(matrices.column_blocks, matrices.columns, "columns"):
            self._add_columns(part)
        for part in _parts(matrices.row_blocks, matrices.rows, "rows"):
            self._add_rows(part)
        self.model.objective = _pyo.Objective(expr=self._objective())
        self._add_ordered_sets()
        if not matrices.discrete:
            self.model.dual = _pyo.Suffix(direction=_pyo.Suffix.IMPORT)

    def _block(self, part: Block, kind: str, named: dict[str, Any]) -> Any:
        names = (part.name, f"{part.name}_{kind}", *(f"{part.name}_{kind}_{n}" for n in range(2, len(named) + 9)))
        free = next(name for name in names if name not in _OURS and not hasattr(self.model, name))
        self.model.add_component(free, _pyo.Block())
        named[part.name] = self.model.component(free)
        return named[part.name]

    def _add_columns(self, part: Block) -> None:
        matrices, pick = self._matrices, slice(part.start, part.stop)
        below, above = matrices.whole_bounds()
        lower = [None if bound == -np.inf else bound for bound in below[pick].tolist()]
        upper = [None if bound == np.inf else bound for bound in above[pick].tolist()]
        domain = [_pyo.Integers if whole else _pyo.Reals for whole in matrices.integral[pick].tolist()]

        def bounds(_: Any, place: int) -> tuple[float | None, float | None]:
            return lower[place], upper[place]

        def kind(_: Any, place: int) -> Any:
            return domain[place]

        block = self._block(part, "columns", self.model.columns_of)
        block.x = _pyo.Var(
            range(part.stop - part.start),
            bounds=bounds,
            domain=kind,
        )
        self._variables += [block.x[i] for i in range(part.stop - part.start)]

    def _add_rows(self, part: Block) -> None:
        matrices, start = self._matrices, self._matrices.row_start.tolist()
        index, value = matrices.row_index.tolist(), matrices.row_value.tolist()
        lower, upper = matrices.row_lower.tolist(), matrices.row_upper.tolist()

        def row(_: Any, place: int) -> Any:
            i = part.start + place
            at = slice(start[i], start[i + 1])
            terms = [self._variables[j] for j in index[at]]
            low, high = (None if math.isinf(bound) else bound for bound in (lower[i], upper[i]))
            if not terms:
                sound = (low or 0.0) <= 0.0 <= (high or 0.0)
                return _pyo.Constraint.Feasible if sound else _pyo.Constraint.Infeasible
            if low is None and high is None:
                return _pyo.Constraint.Skip
            body = _linear(value[at], terms)
            return body == low if low == high else (low, body, high)

        block = self._block(part, "rows", self.model.rows_of)
        block.rows = _pyo.Constraint(range(part.stop - part.start), rule=row)
        self._constraints |= {part.start + place: made for place, made in block.rows.items()}

    def _add_ordered_sets(self) -> None:
        members = [[self._variables[j] for j in chosen.columns.tolist()] for chosen in self._matrices.ordered_sets]

        def rule(_: Any, number: int) -> tuple[list[Any], list[int]]:
            return members[number], list(range(1, len(members[number]) + 1))

        for order, name in ((1, "sos1"), (2, "sos2")):
            numbers = [number for number, chosen in enumerate(self._matrices.ordered_sets) if chosen.order == order]
            if numbers:
                self.model.add_component(name, _pyo.SOSConstraint(numbers, rule=rule, sos=order))

    def _objective(self) -> Any:
        matrices, x = self._matrices, self._variables
        # With those that cost nothing: a problem that mentions no column is none to some solvers.
        terms = _linear(matrices.cost.tolist(), x) + matrices.offset
        if matrices.quadratic is None or not matrices.quadratic.nnz:
            return terms
        entries = matrices.quadratic.tocoo()
        rows, columns, values = entries.row.tolist(), entries.col.tolist(), entries.data.tolist()
        return terms + _pyo.quicksum(0.5 * q * x[i] * x[j] for i, j, q in zip(rows, columns, values, strict=True))

    def answer(self, found: Any, believed: float) -> dict[str, Any]:
        """The parts of a ``Solution`` that Pyomo's results hold; optimal only where it is certified that closely."""
        matrices, feasible = self._matrices, bool(len(found.solution))
        termination = termination_of(str(found.solver.termination_condition), feasible=feasible)
        answer: dict[str, Any] = {"termination": termination}
        bound = found.problem.lower_bound
        if matrices.discrete and termination.has_solution and bound is not None and math.isfinite(bound):
            answer["bound"] = float(bound)
        if not (feasible and termination.has_solution):
            return answer
        self.model.solutions.load_from(found)
        primal = np.array([_value(variable) for variable in self._variables])
        solution = Solution(termination=termination, primal=primal)
        answer["primal"] = primal
        if not matrices.discrete and termination.reason is Reason.OPTIMAL:
            rows = np.zeros(matrices.rows)
            for row, made in self._constraints.items():
                rows[row] = self.model.dual.get(made, 0.0)
            answer["row_dual"], answer["column_dual"] = rows, self._reduced(primal, rows)
            solution = replace(solution, row_dual=rows, column_dual=answer["column_dual"])
        certificate = certify(matrices, solution)
        answer["objective"] = certificate.objective
        if termination.reason is Reason.OPTIMAL and not certificate.holds(believed):
            detail = f"{termination.detail}, but {certificate.faults(believed)[0]}"
            return answer | {"termination": Termination(reason=Reason.IMPRECISE, detail=detail)}
        if certificate.dual_objective is not None:
            answer["bound"] = certificate.dual_objective
        return answer

    def _reduced(self, primal: FloatArray, rows: FloatArray) -> FloatArray:
        """Reduced costs (n,): few solvers of Pyomo bring them, and they follow from the duals of the rows."""
        matrices = self._matrices
        slope = 0.0 if matrices.quadratic is None else np.asarray(matrices.quadratic @ primal)
        return matrices.cost + slope - np.asarray(matrices.csr().T @ rows)


def _linear(values: Sequence[float], variables: Sequence[Any]) -> Any:
    return _expressions.LinearExpression(constant=0.0, linear_coefs=list(values), linear_vars=list(variables))


def _value(variable: Any) -> float:
    """A column that no row and no cost mentions is not in the solution: it may stay anywhere within its bounds."""
    if variable.value is not None:
        return float(variable.value)
    low = -math.inf if variable.lower is None else float(variable.lower)
    high = math.inf if variable.upper is None else float(variable.upper)
    return min(max(0.0, low), high)
