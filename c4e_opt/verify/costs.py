"""Costs: the objective, recomputed term by term from the schedule and the tariffs of the case.

Laws:
    cost_<term>   energy, production, start, storage, shedding, unserved, transport, orders
    objective     the sum of all terms
    welfare       of the orders alone; none when there are none
    bound         no bound above the objective; a finite one when the answer is said to be optimal
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.verify.findings import SAME, Findings
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.tables import Answer

#: Solvers sum their objective in their own way, in their own scale.
_SOLVER_SUM = 1e-7
TERMS = ("energy", "production", "start", "storage", "shedding", "unserved", "transport", "orders")


class _Bill:
    """What a schedule costs, by term: sums, and sums of magnitudes for the tolerance."""

    def __init__(self) -> None:
        self.total: dict[str, float] = {term: 0.0 for term in TERMS}
        self.size: dict[str, float] = {term: 0.0 for term in TERMS}

    def add(self, term: str, costs: FloatArray) -> None:
        """Add the costs of many components, any shape."""
        self.total[term] += float(costs.sum())
        self.size[term] += float(np.abs(costs).sum())


def check(case: Case, fleets: Mapping[str, Fleet], answer: Answer, outcome: Outcome, findings: Findings) -> None:
    """Recompute the objective.

    Args:
        case: The case.
        fleets: Every kind that has components.
        answer: The complete answer.
        outcome: The outcome, for what it says of its costs.
        findings: Takes the laws.
    """
    bill = _Bill()
    for kind, costs in _COSTS.items():
        if kind in fleets:
            costs(fleets[kind], bill)
    book = case.orders
    bill.add("orders", book.side * book.price_eur_per_mwh * answer.accepted_mwh)
    for term in TERMS:
        said = outcome.terms.get(term, 0.0)
        where = f"term {term!r} is said to be {said:.9g}, the schedule costs {bill.total[term]:.9g}"
        findings.number(f"cost_{term}", abs(said - bill.total[term]), "EUR", bill.size[term], where)
    unknown = outcome.terms.keys() - set(TERMS)
    total, size = sum(bill.total.values()), sum(bill.size.values())
    objective = math.nan if unknown or outcome.objective is None else outcome.objective
    where = f"said to be {outcome.objective!r}, the schedule costs {total:.9g}"
    where += f"; unknown terms {', '.join(sorted(unknown))}" if unknown else ""
    findings.number("objective", abs(objective - total), "EUR", size, where, _SOLVER_SUM)
    _welfare(case, -bill.total["orders"], bill.size["orders"], outcome, findings)
    _bound(outcome, size, findings)


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


def _energy(fleet: Fleet, bill: _Bill) -> None:
    paid = fleet.series("import_price_eur_per_mwh") * fleet.answer("import_mw")
    earned = fleet.series("export_price_eur_per_mwh") * fleet.answer("export_mw")
    bill.add("energy", np.einsum("ct,t->c", paid, fleet.horizon.hours))
    bill.add("energy", -np.einsum("ct,t->c", earned, fleet.horizon.hours))


def _per_mwh(term: str, quantity: str, field: str = "cost_eur_per_mwh") -> Callable[[Fleet, _Bill], None]:
    """The cost of a quantity at a price per MWh."""

    def add(fleet: Fleet, bill: _Bill) -> None:
        bill.add(term, fleet.number(field)[:, 0] * np.einsum("ct,t->c", fleet.answer(quantity), fleet.horizon.hours))

    return add


def _chp(fleet: Fleet, bill: _Bill) -> None:
    _per_mwh("production", "fuel_mw")(fleet, bill)
    if fleet.has("on"):
        bill.add("start", fleet.number("start_cost_eur") * fleet.answer("starting"))


def _ev_session(fleet: Fleet, bill: _Bill) -> None:
    _wear(fleet, bill)
    bill.add("unserved", fleet.number("unserved_value_eur_per_mwh")[:, 0] * fleet.answer("unserved_mwh"))


def _tie(fleet: Fleet, bill: _Bill) -> None:
    for way in ("forward_mw", "backward_mw"):
        _per_mwh("transport", way, "fee_eur_per_mwh")(fleet, bill)


_wear = _per_mwh("storage", "discharge_mw", "discharge_cost_eur_per_mwh")
_COSTS: Mapping[str, Callable[[Fleet, _Bill], None]] = {
    "grid_connection": _energy,
    "renewable": _per_mwh("production", "power_mw"),
    "flexible_demand": _per_mwh("shedding", "shed_mw", "shed_value_eur_per_mwh"),
    "chp": _chp,
    "boiler": _per_mwh("production", "heat_mw"),
    "heat_pump": _per_mwh("production", "electric_mw"),
    "battery": _wear,
    "heat_store": _wear,
    "ev_session": _ev_session,
    "tie": _tie,
}
