"""Independent checks of an answer, from the case and the answer alone.

`verify` recomputes every law from what the case says and what the answer says, in plain numpy. It shares no code with
the formulation, the solvers or the pricing. What a module of this package checks stands in its first lines.

    tables        complete, labelled as the case is, finite           rooms/        the laws of every kind, a file each
    balances      flows and the sum at every bus                      orders        acceptance and clearing prices
    costs         objective, welfare and bound                        integrality   every binary is 0 or 1
    commitment    states and run lengths of units                     reservoirs    energy in stores and vehicles
    regret        nobody regrets at the prices                        stored_value  one worth of stored energy
    findings      tolerances

Not checked: that the bound of a mixed-integer answer is true (the laws on prices prove only that the answer is
optimal for its binaries), and that prices are unique.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.case import Case
from c4e_opt.outcome import Certificate, Outcome
from c4e_opt.verify import balances, costs, integrality, orders, tables
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import Findings
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.rooms import ROOMS

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


def _laws(case: Case, outcome: Outcome, answer: Answer, findings: Findings) -> None:
    bus_place = {bus.id: place for place, bus in enumerate(case.buses)}
    fleets = {
        kind: Fleet(kind, ROOMS[kind], case, answer, bus_place, findings)
        for kind, records in case.components.items()
        if records
    }
    balances.check(case, fleets, answer, findings)
    for fleet in fleets.values():
        fleet.room.limits(fleet)
    integrality.check(fleets, findings)
    costs.check(case, fleets, answer, outcome, findings)

    # Prices belong to an optimum: of the problem, or of the problem with its binaries as they are.
    priced = str(outcome.termination.reason) == "OPTIMAL" or tables.has_binaries(answer.schedule)
    orders.check(case, answer, findings, priced=priced)
    if priced:
        for fleet in fleets.values():
            fleet.room.prices(fleet)
