"""What an answer says of a second objective: its worth recomputed from the schedule, its costs within their limit.

Laws:
    second_objective        the case asked for it, under this name and in this unit
    second_objective_worth  what the schedule emits, or what the term costs, recomputed
    second_objective_gain   it is no more than at the least cost
    second_objective_cost   the schedule costs no more than allowed, least cost + slack * |least cost|
"""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.verify.findings import LAW, SAME, Findings
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.rooms.emission_budget import EMITTERS


def check(
    case: Case, outcome: Outcome, fleets: Mapping[str, Fleet], terms: Mapping[str, float], findings: Findings
) -> None:
    """Check the second objective of an answer.

    Args:
        case: The case.
        outcome: Its answer, with a schedule.
        fleets: Its components.
        terms: The costs of the schedule, term by term, recomputed.
        findings: Where findings go.
    """
    told, name = outcome.second, case.policy.second_objective
    if told is None:
        missing = name and str(outcome.termination.reason) == "OPTIMAL"
        if name:
            findings.stated("second_objective", f"{name!r} was asked for; the answer has none" if missing else None)
        return
    unit = "t" if name == "emissions" else case.currency
    wrong = None if (told.name, told.unit) == (name, unit) else f"{told.name!r} in {told.unit}; asked for: {name!r}"
    findings.stated("second_objective", wrong)
    worth = _emitted(fleets) if name == "emissions" else terms.get(name, 0.0)
    size = abs(worth) + abs(told.least)
    findings.number("second_objective_worth", abs(told.least - worth), unit, size, f"it is {worth:.9g} {unit}", LAW)
    more = told.least - told.at_least_cost
    findings.number("second_objective_gain", more, unit, size, "it is more than at the least cost", LAW)
    allowed = told.least_cost + case.policy.second_objective_slack_ratio * abs(told.least_cost)
    objective = outcome.objective or 0.0
    beyond = max(objective - allowed, abs(told.allowed_cost - allowed))
    where = f"the schedule costs {objective:.9g}, {allowed:.9g} are allowed"
    findings.number("second_objective_cost", beyond, case.currency, abs(objective) + abs(allowed), where, 10 * SAME)


def _emitted(fleets: Mapping[str, Fleet]) -> float:
    """Tonnes that all components emit over the horizon."""
    total = 0.0
    for kind, power in EMITTERS.items():
        if kind in fleets:
            fleet = fleets[kind]
            rate = fleet.series("emissions_t_per_mwh") * fleet.answer(power)
            total += float((rate * fleet.horizon.cost_hours).sum())
    return total
