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
from c4e_opt.clearing.search import Found, Schedule, Tell, close, convex_solution, repaired
from c4e_opt.errors import InvalidInput, SolverFailed
from c4e_opt.formulate import Formulation, everywhere, formulate
from c4e_opt.issues import unknown
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
        terms = {_EMISSIONS, *formulate(case).program.objective}
        if name not in terms:
            raise InvalidInput([unknown("policy", "unknown_reference", "second objective", name, terms)])


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
    assert found.answer is not None
    assert found.answer.primal is not None
    name, slack = case.policy.second_objective, case.policy.second_objective_slack_ratio
    least_cost = sum(found.formulation.program.evaluate(found.answer.primal).values())
    allowed = least_cost + slack * abs(least_cost)
    before = _worth(_wanted(found.formulation, name), found)
    formulation = found.formulation
    for again in (False, True):
        if again:
            formulation = formulate(case, everywhere(formulation))
        program = formulation.program
        cost = Linear.total((), [*program.objective.values()])
        program.at_most("cost_limit", cost, allowed + _ROUNDING * max(1.0, abs(allowed)))
        matrices = program.matrices(_wanted(formulation, name))
        tell("solve", None)
        report = partial(tell, "solve") if matrices.integers else None
        if matrices.integers and not again:
            matrices = replace(matrices, start=found.answer.primal)
        relaxed = c4e_solvers.solve(matrices, options(), solver, interrupt=interrupt, progress=report)
        if relaxed.primal is None:
            break
        best, offending = repaired(
            formulation, matrices, relaxed, partial(convex_solution, c4e_solvers.solve, options(), solver)
        )
        stopped = relaxed.termination.reason is not Reason.OPTIMAL
        if best is None or (offending and not stopped and not close(best, relaxed.bound, options())):
            continue
        assert best.answer.primal is not None
        better = best.objective < before - _ROUNDING * max(1.0, abs(before))
        primal = found.answer.primal
        if better:
            primal = _cheapest(
                best, _wanted(formulation, name), partial(convex_solution, c4e_solvers.solve, options(), solver)
            )
        told = SecondObjective(
            name=name,
            unit="t" if name == _EMISSIONS else case.currency,
            least=float(sum(each.value(primal) for each in _wanted(formulation, name))) if better else before,
            at_least_cost=before,
            least_cost=least_cost,
            allowed_cost=allowed,
        )
        termination = found.termination
        if stopped:
            limit = relaxed.termination.limit
            termination = Termination(reason=Reason.FEASIBLE, limit=limit, detail=relaxed.termination.detail)
        if not better:  # the schedule of least cost is as good, and cheaper
            return Second(replace(found, termination=termination), told)
        answer = replace(best.answer, primal=primal, objective=sum(program.evaluate(primal).values()))
        moved = replace(
            found,
            formulation=formulation,
            matrices=matrices,
            termination=termination,
            answer=answer,
            discrete=best.discrete,
            directions=best.directions,
        )
        return Second(moved, told)
    else:
        raise SolverFailed(f"case {case.name!r}: flows both ways remain in one step although binaries forbid them")
    limit = relaxed.termination.limit
    left = Termination(reason=Reason.FEASIBLE, limit=limit, detail="no schedule of the second objective was found")
    return Second(replace(found, termination=left), None)


def _cheapest(best: Schedule, wanted: list[Linear], convex_of: Callable[[Matrices], Solution]) -> FloatArray:
    """The cheapest of all schedules that are as good by the second objective and switch and flow the same way.

    It also leaves no slack in what only costs hold tight, such as the worth of what stores end with.
    """
    assert best.answer.primal is not None
    program, primal = best.formulation.program, best.answer.primal
    program.at_most("second_limit", Linear.total((), wanted), best.objective)
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
    answer = convex_of(fixed)
    return primal if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None else answer.primal


def _wanted(formulation: Formulation, name: str) -> list[Linear]:
    """What the second objective adds up."""
    return [*formulation.emissions_t] if name == _EMISSIONS else [formulation.program.objective[name]]


def _worth(wanted: list[Linear], found: Found) -> float:
    assert found.answer is not None
    assert found.answer.primal is not None
    return float(sum(each.value(found.answer.primal) for each in wanted))
