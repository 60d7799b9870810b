"""Independent checks of an answer, from the case and the answer alone.

`verify` recomputes every law from what the case says and what the answer says, in plain numpy. It shares no code with
the formulation, the solvers or the pricing. What a module of this package checks stands in its first lines.

    tables        complete, labelled as the case is, finite           balances      flows and the sum at every bus
    limits        powers, shedding, shifting, directions, binaries    reservoirs    energy in stores and vehicles
    commitment    states and run lengths of CHPs                      orders        acceptance and clearing prices
    costs         objective, welfare and bound                        prices        nobody regrets at the prices
    stored_value  stores follow one worth of stored energy            findings      tolerances

Not checked: that the bound of a mixed-integer answer is true (the laws of `prices` prove only that the answer is
optimal for its binaries), and that prices are unique.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome
from c4e_opt.verify import balances, commitment, costs, limits, orders, prices, reservoirs, stored_value, tables
from c4e_opt.verify.findings import Findings
from c4e_opt.verify.fleet import Fleet

__all__ = ["verify"]


def verify(case: Case, outcome: Outcome) -> Certificate:
    """Recompute every law of a case for an answer.

    An answer without a schedule has little to check. An answer with broken tables is refused for these alone.

    Args:
        case: The case.
        outcome: The answer to it.

    Returns:
        One residual per law; the certificate holds when all of them do.
    """
    findings = Findings(case.horizon)
    with np.errstate(all="ignore"):
        answer = tables.read(case, outcome, findings)
        if answer is not None:
            _laws(case, outcome, answer, findings)
    return findings.certificate()


def _laws(case: Case, outcome: Outcome, answer: tables.Answer, findings: Findings) -> None:
    bus_place = {bus.id: place for place, bus in enumerate(case.buses)}
    fleets = {
        kind: Fleet(kind, case, answer, bus_place, findings) for kind, records in case.components.items() if records
    }
    balances.check(case, fleets, answer, findings)
    limits.check(fleets, findings)
    held: list[reservoirs.Reservoirs] = []
    for kind in ("battery", "heat_store"):
        if kind in fleets:
            held.append(reservoirs.of_stores(fleets[kind]))
            reservoirs.check_stores(held[-1])
    if "ev_session" in fleets:
        held.append(reservoirs.of_sessions(fleets["ev_session"]))
        reservoirs.check_sessions(held[-1])
    for kind in held:
        reservoirs.check(kind)
    if "chp" in fleets:
        commitment.check(fleets["chp"])
    costs.check(case, fleets, answer, outcome, findings)

    # Prices belong to an optimum: of the problem, or of the problem with its binaries as they are.
    priced = str(outcome.termination.reason) == "OPTIMAL" or tables.has_binaries(answer.schedule)
    orders.check(case, answer, findings, priced=priced)
    if priced:
        prices.check(fleets)
        for kind in held:
            stored_value.check(kind)
