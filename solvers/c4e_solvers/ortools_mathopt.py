"""The adapter for OR-Tools through MathOpt: GLOP and PDLP for LPs, SCIP for MILPs, CP-SAT for whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module, metadata
from typing import Any

import numpy as np

from c4e_solvers import ortools_process
from c4e_solvers.certificate import certify, infeasibility_margin, unboundedness_margin
from c4e_solvers.clock import Clock
from c4e_solvers.columnless import solve_without_columns
from c4e_solvers.errors import SolverError, SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_solvers.matrices import Feature, FloatArray, Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.ortools_model import Whole, basis_of, hint_bytes, model_bytes, whole
from c4e_solvers.solution import Interrupted, Limit, Progress, Reason, Solution, Termination

_KINDS = {"glop": "GLOP", "pdlp": "PDLP", "scip": "GSCIP", "cp_sat": "CP_SAT"}
_THREADED = frozenset({"pdlp", "cp_sat"})
_TIGHT, _LATE_SHARE = 1e-8, 0.9
_SCIP_UNBOUNDED = "found value: -inf; invalid PrimalSolutionProto.objective_value"

# Its messages, not its libraries: those live in a process of their own.
_parameters: Any = import_module("ortools.math_opt.parameters_pb2")
_result: Any = import_module("ortools.math_opt.result_pb2")


def termination_of(reason: str, limit: str, detail: str = "") -> Termination:
    """Our words for MathOpt's, which are the same.

    Args:
        reason: Name in ``TerminationReasonProto``.
        limit: Name in ``LimitProto``.
        detail: What MathOpt adds.
    """
    word, bound = reason.removeprefix("TERMINATION_REASON_"), limit.removeprefix("LIMIT_")
    ours = Reason.__members__.get(word, Reason.OTHER_ERROR)
    stopped = ours in (Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND)
    found = Limit.__members__.get(bound, Limit.UNDETERMINED)
    return Termination(reason=ours, limit=found if stopped else Limit.NONE, detail=detail or word)


def solve(
    matrices: Matrices,
    options: SolverOptions,
    *,
    interrupt: Interrupted | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Solve once; the arguments are those of ``c4e_solvers.solve``, which checks the matrices first.

    MathOpt reports no progress from here. A solver that does not heed its time limit or an interrupt is killed with
    its process, and with it the solution that it may have had.
    """
    clock = Clock(options)
    problem = _problem(matrices, options)
    name = f"ortools {metadata.version('ortools')} ({problem.backend})"
    if not matrices.columns:
        return solve_without_columns(matrices, options, clock, name)
    if interrupt is not None and interrupt.is_set():
        return Solution(termination=_nothing(Limit.INTERRUPTED), solver=name, **clock.both())
    if problem.whole is not None and problem.whole.empty:
        detail = f"no integer within the bounds of {problem.whole.empty}"
        return Solution(termination=Termination(reason=Reason.INFEASIBLE, detail=detail), solver=name, **clock.both())
    if options.time_limit_s <= clock.wall:
        return Solution(termination=_nothing(Limit.TIME), solver=name, **clock.both())

    def ask(asked: _Problem, simplex: str = "") -> dict[str, Any]:
        left = max(1e-3, options.time_limit_s - clock.wall)
        content = asked.content(options, left, simplex)
        return asked.answer(ortools_process.ask(content, left, interrupt, options.log), options)

    try:
        answer = ask(problem)
        if problem.backend == "glop" and options.ray:
            answer |= _proof(problem, answer, ask)
    except ortools_process.Stopped as stopped:
        answer = {"termination": _nothing(stopped.limit)}
    except SolverFailed as error:
        if _SCIP_UNBOUNDED not in str(error):
            raise
        # MathOpt refuses SCIP's own answer to an unbounded problem: a solution of minus infinity.
        answer = {"termination": Termination(reason=Reason.INFEASIBLE_OR_UNBOUNDED, detail="objective of -inf")}
    except (SolverError, MemoryError):
        raise
    except Exception as error:
        raise SolverFailed(f"{name} broke down: {error}") from error
    ended: Termination = answer["termination"]
    if ended.limit is Limit.UNDETERMINED:  # CP-SAT's word for both
        stopped = interrupt is not None and interrupt.is_set()
        late = clock.wall >= _LATE_SHARE * options.time_limit_s
        limit = Limit.INTERRUPTED if stopped else Limit.TIME if late else Limit.UNDETERMINED
        answer["termination"] = replace(ended, limit=limit)
    return Solution(solver=name, **answer, **clock.both())


def _nothing(limit: Limit) -> Termination:
    return Termination(reason=Reason.NO_SOLUTION_FOUND, limit=limit, detail="ended by the caller's process")


def _proof(problem: _Problem, answer: dict[str, Any], ask: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What GLOP adds to an answer without a solution: a ray, which it keeps only without presolve and scaling."""
    found: dict[str, Any] = {}
    reason = answer["termination"].reason
    with suppress(SolverFailed, ortools_process.Stopped):
        if reason in (Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED):
            second = ask(problem, "PRIMAL")
            if second["termination"].reason in (Reason.UNBOUNDED, Reason.INFEASIBLE):
                reason = second["termination"].reason
                found = {"termination": second["termination"], "ray": second["ray"]}
        if reason is Reason.INFEASIBLE:
            # The dual simplex method ends at the proof when it can begin, which without costs it always can.
            free = replace(problem.matrices, cost=np.zeros(problem.matrices.columns), basis=None)
            found["ray"] = ask(replace(problem, matrices=free), "DUAL").get("ray")
    return found


def _problem(matrices: Matrices, options: SolverOptions) -> _Problem:
    """The problem with the solver that takes it: the one asked for, or the one that suits."""
    backend = options.backend.lower()
    if backend and backend not in _KINDS:
        raise SolverUnavailable(f"'ortools' has no solver {backend!r}; it has {', '.join(_KINDS)}")
    plain = not matrices.ordered_sets and Feature.SEMICONTINUOUS not in matrices.features()
    if not backend:
        backend = "scip" if matrices.discrete else "glop"
        if plain and matrices.columns and matrices.integral.all():
            try:
                return _Problem(matrices, "cp_sat", whole(matrices))
            except UnsupportedProgram:
                pass  # SCIP takes what CP-SAT would have to round
    if backend == "scip" and matrices.columns and not matrices.discrete:
        raise UnsupportedProgram("solver 'ortools:scip' does not take an LP: it brings no duals; 'ortools:glop' does")
    if (backend in ("glop", "pdlp") and matrices.discrete) or (backend == "cp_sat" and not plain):
        wanted = " and ".join(sorted(matrices.features()))
        raise UnsupportedProgram(f"solver 'ortools:{backend}' does not take {wanted}; 'ortools:scip' does")
    return _Problem(matrices, backend, whole(matrices) if backend == "cp_sat" and matrices.columns else None)


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is asked of which solver."""

    matrices: Matrices
    backend: str
    whole: Whole | None

    def content(self, options: SolverOptions, seconds: float, simplex: str = "") -> tuple[bytes, bytes, bytes]:
        """Parameters, hints and model, serialised; GLOP's simplex method by name is asked to leave rays behind."""
        asked = self.whole.matrices if self.whole is not None else self.matrices
        kind = _parameters.SolverTypeProto.Value(f"SOLVER_TYPE_{_KINDS[self.backend]}")
        start, basis = (asked.start, None) if self.matrices.discrete else (None, asked.basis)
        hints = hint_bytes(start, basis)
        parameters = self._parameters(options, seconds)
        if simplex:
            off = _parameters.EmphasisProto.Value("EMPHASIS_OFF")
            parameters.presolve = parameters.scaling = off
            parameters.lp_algorithm = _parameters.LPAlgorithmProto.Value(f"LP_ALGORITHM_{simplex}_SIMPLEX")
        return parameters.SerializeToString(), hints, model_bytes(asked, kind)

    def _parameters(self, options: SolverOptions, seconds: float) -> Any:
        asked, backend = _parameters.SolveParametersProto(), self.backend
        if seconds < math.inf:
            asked.time_limit.FromNanoseconds(int(max(1e-3, seconds) * 1e9))
        if not options.presolve and backend != "pdlp":  # which has none to turn off
            asked.presolve = _parameters.EmphasisProto.Value("EMPHASIS_OFF")
        if backend in _THREADED:
            asked.threads = options.threads
        if backend != "pdlp":
            asked.random_seed = options.seed
            asked.enable_output = options.log is not None
        if backend == "glop":
            asked.glop.primal_feasibility_tolerance = options.feasibility_tolerance
            asked.glop.dual_feasibility_tolerance = options.dual_tolerance
            # Its own choice, the primal method, takes up to twice the time and breaks down on a year of dispatch.
            asked.lp_algorithm = _parameters.LPAlgorithmProto.Value("LP_ALGORITHM_DUAL_SIMPLEX")
        elif backend == "pdlp":
            criteria = asked.pdlp.termination_criteria
            optimal = criteria.simple_optimality_criteria
            optimal.eps_optimal_absolute = min(options.feasibility_tolerance, _TIGHT)
            optimal.eps_optimal_relative = min(options.dual_tolerance, _TIGHT)
        else:
            asked.relative_gap_tolerance = options.relative_gap
            scale = 1.0 if self.whole is None else self.whole.cost_scale
            asked.absolute_gap_tolerance = options.absolute_gap * scale
        if backend == "scip":
            asked.gscip.real_params["numerics/feastol"] = options.integrality_tolerance
        elif backend == "cp_sat" and self.whole is not None:
            size = np.maximum(np.abs(self.whole.matrices.column_lower), np.abs(self.whole.matrices.column_upper))
            asked.cp_sat.mip_max_bound = max(1e7, 2.0 * float(size.max(initial=0.0)))
        return asked

    def answer(self, content: bytes, options: SolverOptions) -> dict[str, Any]:
        """The parts of a ``Solution`` that a serialised ``SolveResultProto`` holds."""
        found, matrices = _result.SolveResultProto.FromString(content), self.matrices
        ended = found.termination
        termination = termination_of(
            _result.TerminationReasonProto.Name(ended.reason), _result.LimitProto.Name(ended.limit), ended.detail
        )
        stats, discrete = found.solve_stats, matrices.discrete
        counts = {"simplex": stats.simplex_iterations, "pdlp": stats.first_order_iterations}
        answer: dict[str, Any] = {
            "termination": termination,
            "iterations": {name: count for name, count in counts.items() if count > 0},
            "nodes": max(0, stats.node_count),
        }
        solution = found.solutions[0] if found.solutions else None
        limited = termination.limit is not Limit.NONE
        bound = self._cost(ended.objective_bounds.dual_bound)
        if discrete and math.isfinite(bound) and (termination.has_solution or limited):
            answer["bound"] = bound
        if options.basis and solution is not None and solution.HasField("basis"):
            answer["basis"] = basis_of(solution.basis, matrices.columns, matrices.rows)
        with_arrays = termination.has_solution or termination.reason is Reason.IMPRECISE
        if solution is not None and with_arrays and solution.HasField("primal_solution"):
            answer |= self._arrays(solution, termination)
        elif options.ray and not discrete:
            answer["ray"] = self._ray(found, termination.reason)
        return answer

    def _cost(self, value: float) -> float:
        if self.whole is None:
            return value
        return value / self.whole.cost_scale + self.matrices.offset

    def _arrays(self, solution: Any, termination: Termination) -> dict[str, Any]:
        matrices, optimal = self.matrices, termination.reason is Reason.OPTIMAL
        values = solution.primal_solution.variable_values
        primal = _vector(values, max(matrices.columns, len(values.ids)))[: matrices.columns]  # without the switches
        if self.whole is not None:
            primal = np.rint(primal)
        checked = Solution(termination=termination, primal=primal)
        answer: dict[str, Any] = {"primal": primal}
        duals = solution.HasField("dual_solution") and not matrices.discrete
        if duals and termination.reason in (Reason.OPTIMAL, Reason.IMPRECISE):
            answer["row_dual"] = _vector(solution.dual_solution.dual_values, matrices.rows)
            answer["column_dual"] = _vector(solution.dual_solution.reduced_costs, matrices.columns)
            checked = replace(checked, row_dual=answer["row_dual"], column_dual=answer["column_dual"])
        certificate = certify(matrices, checked)
        answer["objective"] = certificate.objective
        if duals and optimal:
            answer["bound"] = certificate.dual_objective
        return answer

    def _ray(self, found: Any, reason: Reason) -> FloatArray | None:
        """A ray that proves what it claims; None where MathOpt has none that does."""
        if reason is Reason.INFEASIBLE and found.dual_rays:
            ray = _vector(found.dual_rays[0].dual_values, self.matrices.rows)
            return ray if infeasibility_margin(self.matrices, ray) > 0 else None
        if reason in (Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED) and found.primal_rays:
            ray = _vector(found.primal_rays[0].variable_values, self.matrices.columns)
            return ray if unboundedness_margin(self.matrices, ray) > 0 else None
        return None


def _vector(sparse: Any, length: int) -> FloatArray:
    full = np.zeros(length)
    full[np.fromiter(sparse.ids, np.int64, len(sparse.ids))] = np.fromiter(sparse.values, np.float64, len(sparse.ids))
    return full
