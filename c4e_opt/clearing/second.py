"""The second objective: of all schedules that cost little more than the least, one that makes something else least.

The least cost is found first. Then the costs become a law, cost <= least cost + slack * |least cost|, and emissions, or
one term of the costs, are minimised in their place; of schedules equally good by that, which switch and flow the same
way, the cheapest is the answer. Prices stay those of the least cost: what the second objective takes off the market has
none.

Source: the lexicographic method of multi-objective optimisation with a tolerance, as in Marler and Arora (2004),
Survey of multi-objective optimization methods for engineering, doi:10.1007/s00158-003-0368-6, section 3.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

import c4e_solvers
from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.clearing.limits import limited
from c4e_opt.clearing.search import Found, Schedule, Tell, close, convex_solution, repaired
from c4e_opt.errors import InvalidInput, SolverFailed
from c4e_opt.formulate import Formulation, everywhere, formulate
from c4e_opt.issues import Issue, unknown
from c4e_opt.outcome import SecondObjective
from c4e_opt.program import Linear
from c4e_solvers import Interrupted, Matrices, Reason, Solution, SolverOptions, Termination

_EMISSIONS = "emissions"
#: What rounding may add to the least cost, as a part of it: the schedule that was found must stay allowed.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Second:
    """What a second objective made of a search."""

    found: Found
    told: SecondObjective | None  # None where there was no time for it


def check(case: Case) -> None:
    """Refuse a second objective that the case does not have.

    Raises:
        InvalidInput: It is neither emissions nor a term of the objective.
    """
    name = case.policy.second_objective
    if name:
        program = formulate(case).program
        if program.squares:
            message = "cannot limit costs that are quadratic; leave second_objective out, or give cost_segments"
            raise InvalidInput([Issue("policy.second_objective", "conflict", message)])
        terms = {_EMISSIONS, *program.objective}
        if name not in terms:
            raise InvalidInput([unknown("policy", "unknown_reference", "second objective", name, terms)])


@dataclass(frozen=True, slots=True)
class _Engine:
    """Who solves, and within which limits."""

    options: Callable[[], SolverOptions]
    solver: str
    tell: Tell
    interrupt: Interrupted | None

    def solve(self, formulation: Formulation, matrices: Matrices) -> Solution:
        self.tell("solve", None)
        ask = limited(c4e_solvers.solve, formulation)  # tells of no incumbents: they do not count costs
        return ask(matrices, self.options(), self.solver, interrupt=self.interrupt)

    def convex(self, formulation: Formulation, matrices: Matrices) -> Solution:
        return convex_solution(limited(c4e_solvers.solve, formulation), self.options(), self.solver, matrices)


def refine(
    case: Case,
    found: Found,
    options: Callable[[], SolverOptions],
    solver: str,
    tell: Tell,
    interrupt: Interrupted | None,
) -> Second:
    """Minimise the second objective of a case around the least cost.

    Args:
        case: A case that `check` has passed.
        found: The schedule of least cost.
        options: Gap, threads, and what is left of the time limit whenever it is asked.
        solver: Name of the engine, or "auto".
        tell: Told each phase.
        interrupt: Stops the search; the schedule of least cost is the answer then.

    Raises:
        SolverFailed: An engine broke down, or binaries did not forbid what they must.
    """
    engine = _Engine(options, solver, tell, interrupt)
    name, primal = case.policy.second_objective, _primal(found.answer)
    least_cost, before = _cost(found.formulation, primal), _worth(found.formulation, name, primal)
    allowed = least_cost + case.policy.second_objective_slack_ratio * abs(least_cost)
    best, relaxed = _best(case, found, allowed, engine)
    if relaxed.termination.reason is not Reason.OPTIMAL:
        limit, detail = relaxed.termination.limit, relaxed.termination.detail
        found = replace(found, termination=Termination(reason=Reason.FEASIBLE, limit=limit, detail=detail))
    if best is None:
        detail = "no schedule of the second objective was found"
        return Second(replace(found, termination=replace(found.termination, detail=detail)), None)
    told = SecondObjective(
        name=name,
        unit="t" if name == _EMISSIONS else case.currency,
        least=before,
        at_least_cost=before,
        least_cost=least_cost,
        allowed_cost=allowed,
    )
    if best.objective >= before - _ROUNDING * max(1.0, abs(before)):  # the schedule of least cost is as good
        return Second(found, told)
    primal = _cheapest(best, name, engine)
    moved = replace(
        found,
        formulation=best.formulation,
        matrices=best.formulation.program.extended(best.matrices),
        answer=replace(best.answer, primal=primal, objective=_cost(best.formulation, primal)),
        discrete=best.discrete,
        directions=best.directions,
    )
    return Second(moved, replace(told, least=_worth(best.formulation, name, primal)))


def _best(case: Case, found: Found, allowed: float, engine: _Engine) -> tuple[Schedule | None, Solution]:
    """The best schedule by the second objective, None where there was no time for any, and the search that ended."""
    formulation, start = found.formulation, _primal(found.answer)
    for round_ in range(2):
        program = formulation.program
        cost = Linear.total((), [*program.objective.values()])
        program.at_most("cost_limit", cost, allowed + _ROUNDING * max(1.0, abs(allowed)))
        matrices = program.matrices(_wanted(formulation, case.policy.second_objective))
        if matrices.integers and not round_:
            matrices = replace(matrices, start=start)
        relaxed = engine.solve(formulation, matrices)
        if relaxed.primal is None:
            return None, relaxed
        best, offending = repaired(formulation, matrices, relaxed, partial(engine.convex, formulation))
        stopped = relaxed.termination.reason is not Reason.OPTIMAL
        if best is not None and (not offending or stopped or close(best, relaxed.bound, engine.options())):
            return best, relaxed
        formulation = formulate(case, everywhere(formulation), early=True)
    raise SolverFailed(f"case {case.name!r}: flows both ways remain in one step although binaries forbid them")


def _cheapest(best: Schedule, name: str, engine: _Engine) -> FloatArray:
    """The cheapest of all schedules that are as good by the second objective and switch and flow the same way.

    It also leaves no slack in what only costs hold tight, such as the worth of what stores end with.
    """
    program, primal = best.formulation.program, _primal(best.answer)
    program.at_most("second_limit", Linear.total((), _wanted(best.formulation, name)), best.objective)
    matrices = program.matrices()
    upper = matrices.column_upper.copy()
    for pair in best.formulation.exclusive.values():
        first, second = (program.variables[name] for name in (pair.first, pair.second))
        one, other = first.unpack(primal), second.unpack(primal)
        members = np.ones(len(one), dtype=np.bool_) if pair.members is None else pair.members
        bound = np.broadcast_to(members[:, None], one.shape)
        upper[first.columns(bound & (one <= other))] = 0.0
        upper[second.columns(bound & (one > other))] = 0.0
    fixed = matrices.with_bounds(column_upper=np.maximum(upper, matrices.column_lower))
    if matrices.integers:
        fixed = fixed.with_fixed(matrices.integral, primal)
    answer = engine.convex(best.formulation, fixed)
    return primal if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None else answer.primal


def _wanted(formulation: Formulation, name: str) -> list[Linear]:
    """What the second objective adds up."""
    return [*formulation.emissions_t] if name == _EMISSIONS else [formulation.program.objective[name]]


def _worth(formulation: Formulation, name: str, primal: FloatArray) -> float:
    return float(sum(each.value(primal) for each in _wanted(formulation, name)))


def _cost(formulation: Formulation, primal: FloatArray) -> float:
    return sum(formulation.program.evaluate(primal).values())


def _primal(answer: Solution | None) -> FloatArray:
    assert answer is not None
    assert answer.primal is not None
    return answer.primal
