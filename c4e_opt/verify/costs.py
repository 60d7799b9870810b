"""Costs: the objective, recomputed term by term from the schedule and the tariffs of the case.

Laws:
    cost_<term>   energy, production, start, storage, shedding, unserved, transport, orders, and what rooms add
    objective     the sum of all terms
    welfare       of the orders and complex orders alone; none when there are none
    bound         no bound above the objective; a finite one when the answer is said to be optimal
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import SAME, Findings
from c4e_opt.verify.fleet import Fleet

#: Solvers sum their objective in their own way, in their own scale.
_SOLVER_SUM = 1e-7
#: Terms of the objective that are the welfare of the orders.
_WELFARE = ("orders", "complex_order_fixed")


def check(
    case: Case, fleets: Mapping[str, Fleet], answer: Answer, outcome: Outcome, findings: Findings
) -> Mapping[str, float]:
    """Recompute the objective; its terms.

    Args:
        case: The case.
        fleets: Every kind that has components.
        answer: The complete answer.
        outcome: The outcome, for what it says of its costs.
        findings: Takes the laws.
    """
    bill = bill_of(case, fleets, answer)
    for term in bill.total:
        said = outcome.terms.get(term, 0.0)
        where = f"term {term!r} is said to be {said:.9g}, the schedule costs {bill.total[term]:.9g}"
        findings.number(f"cost_{term}", abs(said - bill.total[term]), "EUR", bill.size[term], where)
    unknown = outcome.terms.keys() - bill.total.keys()
    total, size = sum(bill.total.values()), sum(bill.size.values())
    objective = math.nan if unknown or outcome.objective is None else outcome.objective
    where = f"said to be {outcome.objective!r}, the schedule costs {total:.9g}"
    where += f"; unknown terms {', '.join(sorted(unknown))}" if unknown else ""
    findings.number("objective", abs(objective - total), "EUR", size, where, _SOLVER_SUM)
    _welfare(case, -sum(bill.total.get(each, 0.0) for each in _WELFARE), bill.size["orders"], outcome, findings)
    _bound(outcome, size, findings)
    return bill.total


def bill_of(case: Case, fleets: Mapping[str, Fleet], answer: Answer) -> Bill:
    """What the schedule and the accepted orders of an answer cost, term by term."""
    bill = Bill()
    for fleet in fleets.values():
        fleet.room.costs(fleet, bill)
    book, accepted = case.orders, answer.accepted_mwh
    mean = book.price_eur_per_mwh
    if "price_full_eur_per_mwh" in book.said():
        mean = mean + 0.5 * (book.price_full_eur_per_mwh - mean) * accepted / book.energy_mwh
    bill.add("orders", book.side * mean * accepted)
    return bill


def _welfare(case: Case, welfare: float, size: float, outcome: Outcome, findings: Findings) -> None:
    if not case.orders.orders:
        findings.stated("welfare", None if outcome.welfare is None else "there is a welfare without orders")
        return
    said = math.nan if outcome.welfare is None else outcome.welfare
    where = f"said to be {outcome.welfare!r}, the orders give {welfare:.9g}"
    findings.number("welfare", abs(said - welfare), "EUR", size, where, SAME)


def _bound(outcome: Outcome, size: float, findings: Findings) -> None:
    objective = math.nan if outcome.objective is None else outcome.objective
    bound = -math.inf if outcome.bound is None else outcome.bound
    where = f"bound {bound!r}, objective {objective!r}"
    optimal = str(outcome.termination.reason) == "OPTIMAL"
    above = math.inf if optimal and not math.isfinite(bound) else bound - objective
    findings.number("bound", above, "EUR", size, where, _SOLVER_SUM)
