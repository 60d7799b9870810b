"""The best schedule in which nothing flows both ways in one step, with binaries only where they can matter.

A battery that charges and discharges in one step wastes energy, which pays only where energy has a negative price. So
the problem is solved without a rule against it. Where its solution runs a pair of flows both ways, the smaller flow of
each such pair is fixed at zero and the rest solved again, which gives a schedule that keeps the rule; the bound of the
relaxed problem still bounds it. When the two are within the gap, that schedule is the answer. Else binaries are added
in the steps concerned, the schedule becomes the start of the next search, and so on.

A problem with binaries is solved as a linear one first, unless it is large: on many days that answer is whole already,
and no search is needed; where it is not, the linear problem with the binaries fixed begins at its basis.

Source: a relaxation that is checked and tightened where it is wrong, as in every cutting-plane method; own composition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

import c4e_solvers
from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.case import Case
from c4e_opt.clearing.dive import dive, worth
from c4e_opt.clearing.limits import limited
from c4e_opt.clearing.search_columns import recast
from c4e_opt.clearing.start import start_from
from c4e_opt.clearing.tangents import beside_binaries
from c4e_opt.errors import SolverFailed, UnsupportedProgram
from c4e_opt.formulate import Formulation, formulate
from c4e_opt.outcome import Outcome
from c4e_solvers import Interrupted, Limit, Matrices, Reason, Solution, SolverOptions, Termination, Warm

#: Below this, in MW, a flow counts as none when flows both ways are looked for.
FLOWS_MW = 1e-7
#: Rounds of adding binaries step by step before every step of the kinds concerned gets them.
_ROUNDS = 5
#: Nonzeros of the largest problem with binaries that is solved as a linear one first.
_LINEAR_FIRST = 100_000
#: Engines that do so; who names another wants that one to search.
_LINEAR_TOO = ("auto", "highs")
#: Columns from which on what a solver lets pass of its scaled rows may be more than a law allows (3e-6 MW of 959
#: plants), and what it may let pass there.
_MANY, _TIGHT = 50_000, 1e-9
#: How far from a whole number a binary of that answer may be.
_WHOLE = 1e-11

#: Told the phase that begins; with a report while a mixed-integer solve runs.
Tell = Callable[[str, c4e_solvers.Progress | None], None]
#: `c4e_solvers.solve`, or the one of a `Warm`.
Ask = Callable[..., Solution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best schedule of a search, or why there is none.

    Attributes:
        formulation: The programme of the last round.
        matrices: The same in standard form.
        termination: Of the search as a whole.
        bound: No schedule can cost less; None when nothing bounds it.
        answer: The convex solve with everything discrete fixed; its duals are the prices. None without a schedule.
        discrete: Whether binaries or directions were fixed for it.
        directions: For kinds in which one of two flows was forbidden: name of the binary and its values over the cells,
            1 where the first flow runs.
        solver: The engine that answered.
    """

    formulation: Formulation
    matrices: Matrices
    termination: Termination
    bound: float | None
    answer: Solution | None
    discrete: bool
    directions: Mapping[str, FloatArray]
    solver: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule that keeps the rule, in one round's columns."""

    formulation: Formulation
    matrices: Matrices
    answer: Solution
    objective: float
    discrete: bool
    directions: Mapping[str, FloatArray]


def search(
    case: Case,
    options: Callable[[], SolverOptions],
    solver: str,
    tell: Tell,
    interrupt: Interrupted | None,
    warm: Warm | None = None,
    start: Outcome | None = None,
    also: Callable[[Formulation], None] | None = None,
) -> Found:
    """Find the best schedule of a checked case.

    Args:
        case: The case.
        options: Gap, threads, and what is left of the time limit whenever it is asked.
        solver: Name of the engine, or "auto".
        tell: Told each phase: formulate, solve, price.
        interrupt: Stops the search at its best schedule so far.
        warm: Solves from where it ended the last time; None for solves that know nothing of each other.
        start: An answer to this case or to one that overlaps with it; a mixed-integer search begins there.
        also: Adds laws to every programme of the search.

    Raises:
        SolverFailed: An engine broke down, or binaries did not forbid what they must.
    """
    cells: dict[str, BoolArray] = {}
    best: Schedule | None = None
    bound = -np.inf
    engine = beside_binaries((warm or Warm()).solve)
    for round_ in range(_ROUNDS + 2):
        tell("formulate", None)
        formulation = formulate(case, cells, early=True)
        if also is not None:
            also(formulation)
        matrices = formulation.program.matrices()
        ask = limited(engine, formulation)
        _refuse_discrete_cones(case, formulation, matrices)
        if best is not None:
            matrices = replace(matrices, start=_start(formulation, best))
        elif start is not None and matrices.integers:
            matrices = replace(matrices, start=start_from(formulation.program, start))
        tell("solve", None)
        relaxed = None
        if solver in _LINEAR_TOO:
            relaxed = _linear_first(matrices, partial(ask, options=options(), solver=solver, interrupt=interrupt))
        if relaxed is None:
            whole = partial(ask, solver=solver, interrupt=interrupt)
            relaxed = _searched(formulation, matrices, whole, options, tell, dives=solver in _LINEAR_TOO)
        bound = max(bound, -np.inf if relaxed.bound is None else relaxed.bound)
        if relaxed.primal is None:
            return _ended(formulation, matrices, relaxed, best, bound)
        tell("price", None)
        kept, offending = repaired(formulation, matrices, relaxed, partial(convex_solution, ask, options(), solver))
        if kept is not None and (best is None or kept.objective <= best.objective):
            best = kept
        stopped = relaxed.termination.reason is not Reason.OPTIMAL
        if best is None and stopped and not offending:
            return _ended(formulation, matrices, _without(relaxed), None, bound)
        if best is not None and (not offending or stopped or close(best, bound, options())):
            return _found(best, relaxed, min(bound, best.objective), stopped)
        if best is not None and matrices.cones:  # which no engine searches
            detail = "one direction was chosen wherever flows both ways would pay; another choice may cost less"
            ended = replace(relaxed, termination=replace(relaxed.termination, detail=detail))
            return _found(best, ended, min(bound, best.objective), stopped=True)
        cells = _more(cells, offending, everywhere=round_ >= _ROUNDS)
    raise SolverFailed(f"case {case.name!r}: flows both ways remain in one step although binaries forbid them")


def _searched(
    formulation: Formulation, matrices: Matrices, ask: Ask, options: Callable[[], SolverOptions], tell: Tell,
    *, dives: bool,
) -> Solution:  # fmt: skip
    """The answer of a problem; that of a large fleet begins with a dive, whose schedule may do.

    Who names an engine wants that one to search, and it alone: it need not solve linear problems as a dive does.
    """
    report = partial(tell, "solve") if matrices.integers else None
    if not dives or matrices.start is not None or not worth(formulation, matrices):
        return ask(matrices, options(), progress=report)
    found = dive(formulation, matrices, ask, options, report)
    known = None if found.best is None else found.best.objective
    if known is not None and (found.closes(options()) or options().time_limit_s <= 0):
        return found.answer(options())
    other = None if formulation.lazy or formulation.losses else recast(formulation.program, matrices)
    if other is None:
        start = None if found.best is None else found.best.primal
        answer = ask(replace(matrices, start=start), options(), progress=report)
    else:
        wanted = replace(options(), inner_searches=True, known_objective=np.inf if known is None else known)
        answer = other.answer(ask(other.matrices, wanted, progress=report))
    if found.best is None or known is None:
        return answer
    bound = max(found.bound, -np.inf if answer.bound is None else answer.bound)
    if answer.objective is None or answer.objective > known:
        return replace(found, bound=bound).answer(options(), answer.termination.limit)
    if replace(found, best=answer, bound=bound).closes(options()):
        optimal = replace(answer.termination, reason=Reason.OPTIMAL, limit=Limit.NONE)
        return replace(answer, bound=bound, termination=optimal)
    return replace(answer, bound=bound)


def _refuse_discrete_cones(case: Case, formulation: Formulation, matrices: Matrices) -> None:
    """No engine here searches over binaries while there are cones."""
    if not matrices.integers or not matrices.cones:
        return
    whole = [each.name for each in formulation.program.variables.values() if each.integral and each.stop > each.start]
    message = f"case {case.name!r}: the network model {case.policy.network} does not go with binaries "
    raise UnsupportedProgram(f"{message}({', '.join(whole)}); choose lindistflow, or leave out what needs them")


def _linear_first(matrices: Matrices, ask: Callable[[Matrices], Solution]) -> Solution | None:
    """The answer of a problem with binaries as far as its linear problem gives it; None where it does not."""
    if not matrices.integers or matrices.nonzeros > _LINEAR_FIRST:
        return None
    answer = ask(matrices.relaxed())
    if answer.termination.reason is Reason.INFEASIBLE:
        return answer
    if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None or answer.row_dual is None:
        return None
    whole = np.where(matrices.integral, np.rint(answer.primal), answer.primal)
    return replace(answer, primal=whole) if np.abs(whole - answer.primal).max() <= _WHOLE else None


def close(best: Schedule, bound: float | None, options: SolverOptions) -> bool:
    """Whether a schedule is within the gap of a bound."""
    if bound is None:
        return False
    distance = best.objective - bound
    return distance <= max(options.absolute_gap, options.relative_gap * abs(best.objective))


def _found(best: Schedule, relaxed: Solution, bound: float, stopped: bool) -> Found:
    termination = relaxed.termination
    if stopped:
        termination = Termination(reason=Reason.FEASIBLE, limit=termination.limit, detail=termination.detail)
    return Found(
        formulation=best.formulation,
        matrices=best.formulation.program.extended(best.matrices),
        termination=termination,
        bound=bound if np.isfinite(bound) else None,
        answer=best.answer,
        discrete=best.discrete,
        directions=best.directions,
        solver=relaxed.solver,
    )


def _ended(
    formulation: Formulation, matrices: Matrices, relaxed: Solution, best: Schedule | None, bound: float
) -> Found:
    """A round without a solution: the best schedule of the rounds before, or none at all."""
    if best is not None:
        return _found(best, relaxed, min(bound, best.objective), stopped=True)
    return Found(
        formulation=formulation,
        matrices=matrices,
        termination=relaxed.termination,
        bound=relaxed.bound,
        answer=None,
        discrete=False,
        directions={},
        solver=relaxed.solver,
    )


def _without(relaxed: Solution) -> Solution:
    """An answer whose schedule breaks limits that the time did not suffice to look at."""
    ended = replace(relaxed.termination, reason=Reason.NO_SOLUTION_FOUND)
    return replace(relaxed, primal=None, objective=None, termination=ended)


def repaired(
    formulation: Formulation, matrices: Matrices, relaxed: Solution, convex_of: Callable[[Matrices], Solution]
) -> tuple[Schedule | None, dict[str, BoolArray]]:
    """The schedule with its binaries fixed and one direction per pair, and the cells that ran both ways by kind."""
    fixed, answer = matrices, relaxed
    if matrices.integers and relaxed.primal is not None:
        fixed = matrices.with_fixed(matrices.integral, relaxed.primal)
        if relaxed.row_dual is None:  # else it is the answer of the linear problem, and that of the fixed one as well
            answer = convex_of(fixed)
    offending: dict[str, BoolArray] = {}
    for _ in range(100):
        if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None or answer.objective is None:
            stopped = relaxed.termination.reason is not Reason.OPTIMAL  # before all limits of lines were looked at
            if not offending and not (stopped and formulation.lazy is not None):
                raise SolverFailed(f"no prices at the fixed commitment: {answer.termination.reason}")
            return None, offending
        upper = fixed.column_upper.copy()
        again = False
        for kind, pair in formulation.exclusive.items():
            first, second = (formulation.program.variables[name] for name in (pair.first, pair.second))
            one, other = first.unpack(answer.primal), second.unpack(answer.primal)
            both = (one > FLOWS_MW) & (other > FLOWS_MW)
            if pair.members is not None:
                both &= pair.members[:, None]
            if both.any():
                again = True
                offending[kind] = offending.get(kind, np.zeros_like(both)) | both
                upper[first.columns(both & (one <= other))] = 0.0
                upper[second.columns(both & (one > other))] = 0.0
        if not again:
            discrete = bool(matrices.integers) or bool(offending)
            directions = _directions(formulation, answer.primal, offending)
            return Schedule(formulation, matrices, answer, answer.objective, discrete, directions), offending
        fixed = fixed.with_bounds(column_upper=upper)
        answer = convex_of(fixed)
    return None, offending


def convex_solution(ask: Ask, options: SolverOptions, solver: str, matrices: Matrices) -> Solution:
    """Solve with everything discrete fixed, by another engine where the chosen one brings no duals."""
    plain = replace(options, time_limit_s=np.inf)
    if matrices.columns >= _MANY and solver in _LINEAR_TOO:
        tight = ask(matrices, replace(plain, feasibility_tolerance=_TIGHT), solver)
        if tight.termination.reason is Reason.OPTIMAL:
            return tight
    try:
        return ask(matrices, plain, solver)
    except c4e_solvers.UnsupportedProgram:
        return ask(matrices, plain, "auto")


def _directions(
    formulation: Formulation, primal: FloatArray, offending: Mapping[str, BoolArray]
) -> dict[str, FloatArray]:
    """The binaries of the kinds in which one of two flows was forbidden, as if every cell had one."""
    directions: dict[str, FloatArray] = {}
    variables = formulation.program.variables
    for kind, pair in formulation.exclusive.items():
        binary = variables.get(pair.binary)
        if binary is not None or kind in offending:
            runs = (variables[pair.first].unpack(primal) > FLOWS_MW).astype(np.float64)
            if binary is not None:
                runs.ravel()[binary.cells] = np.rint(primal[binary.start : binary.stop])
            directions[pair.binary] = runs
    return directions


def _more(cells: dict[str, BoolArray], offending: dict[str, BoolArray], *, everywhere: bool) -> dict[str, BoolArray]:
    """More cells with a binary: in a step in which one component runs both ways, others of its kind may too."""
    grown = dict(cells)
    for kind, both in offending.items():
        steps = np.ones(both.shape[1], dtype=np.bool_) if everywhere else both.any(axis=0)
        grown[kind] = grown.get(kind, np.zeros_like(both)) | np.broadcast_to(steps, both.shape)
    return grown


def _start(formulation: Formulation, best: Schedule) -> FloatArray:
    """The best schedule in the columns of a programme with more binaries."""
    assert best.answer.primal is not None
    program, known = formulation.program, best.formulation.program.unpack(best.answer.primal)
    first_of = {pair.binary: pair.first for pair in formulation.exclusive.values()}
    start = np.zeros(sum(variable.stop - variable.start for variable in program.variables.values()))
    for name, variable in program.variables.items():
        values = (known[first_of[name]] > FLOWS_MW).astype(float) if name in first_of else known[name]
        start[variable.start : variable.stop] = values.ravel()[variable.cells]
    return start
