"""Independent checks of an answer, from the case and the answer alone.

`verify` recomputes every law from what the case says and what the answer says, in plain numpy. It shares no code with
the formulation, the solvers or the pricing. What a module of this package checks stands in its first lines.

    tables        complete, labelled as the case is, finite           rooms/        the laws of every kind, a file each
    balances      flows and the sum at every bus                      orders        acceptance and clearing prices
    costs         objective, welfare and bound                        integrality   every binary is 0 or 1
    commitment    states and run lengths of units                     reservoirs    energy in stores and vehicles
    regret        nobody regrets at the prices                        stored_value  one worth of stored energy
    findings      tolerances                                          site          what laws of a site see
    coupled       whose prices laws of a site leave unjudged        plants        generators and converters
    split_power   powers in segments, each with a slope
    filling       segments of plants, one after another     regions       plants between the vertices of a region
    cogeneration  what the case says of CHPs      delays       what arrives later than it was sent
    uplift        what is lost at prices, and paid besides   price_groups   buyers that pay one price
    reserves      who keeps which reserve             reserve_prices   who sells and buys it

Not checked: that the bound of a mixed-integer answer is true (the laws on prices prove only that the answer is
optimal for its binaries), that prices are unique, and that prices of a rolled horizon support what was kept of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed
from c4e_opt.outcome import Certificate, Outcome
from c4e_opt.verify import (
    balances,
    costs,
    coupled,
    european,
    integrality,
    orders,
    price_groups,
    second,
    tables,
    uplift,
)
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import Findings
from c4e_opt.verify.fleet import NOTHING, Fleet
from c4e_opt.verify.rooms import ROOMS
from c4e_opt.verify.tables import ports_of

__all__ = ["costs_of", "directions_of", "ports_of", "verify"]


def verify(case: Case, outcome: Outcome, *, case_digest: str | None = None) -> Certificate:
    """Recompute every law of a case for an answer.

    An answer without a schedule has little to check. An answer with broken tables is refused for these alone.

    Args:
        case: The case.
        outcome: The answer to it.
        case_digest: The digest of the case, where the caller has just computed it.

    Returns:
        One residual per law; the certificate holds when all of them do.
    """
    findings = Findings(case.horizon)
    with np.errstate(all="ignore"):
        answer = tables.read(case, outcome, findings, case_digest)
        if answer is not None:
            _laws(case, outcome, answer, findings)
    return findings.certificate()


def costs_of(case: Case, outcome: Outcome) -> dict[str, float]:
    """What the schedule of an answer costs, term by term, recomputed from the tariffs of the case.

    Raises:
        CertificateFailed: The tables of the answer are not complete.
    """
    findings = Findings(case.horizon)
    answer = tables.read(case, outcome, findings)
    if answer is None:
        said = "; ".join(residual.where for residual in findings.certificate().broken)
        raise CertificateFailed(f"case {case.name!r}: the answer is not complete: {said}")
    return costs.bill_of(case, _fleets(case, answer, findings), answer).total


def directions_of(case: Case) -> frozenset[str]:
    """Names of the binaries that say which of two things may be, and may be missing from a schedule."""
    found: set[str] = set()
    for kind, records in case.components.items():
        room, besides = ROOMS[kind], ROOMS[kind].optional(records)
        names = [room.direction] if room.direction else [name for name in room.binaries if name in besides]
        found |= {f"{kind}_{name}" for name in names if records}
    return frozenset(found)


def _fleets(case: Case, answer: Answer, findings: Findings) -> dict[str, Fleet]:
    bus_place = {bus.id: place for place, bus in enumerate(case.buses)}
    fleets = {
        kind: Fleet(kind, ROOMS[kind], case, answer, bus_place, findings)
        for kind, records in case.components.items()
        if records
    }
    for fleet in fleets.values():
        fleet.others = fleets
    return fleets


def _laws(case: Case, outcome: Outcome, answer: Answer, findings: Findings) -> None:
    fleets = _fleets(case, answer, findings)
    balances.check(case, fleets, answer, findings)
    for fleet in fleets.values():
        fleet.room.limits(fleet)
    integrality.check(fleets, findings)
    terms = costs.check(case, fleets, answer, outcome, findings)
    second.check(case, outcome, fleets, terms, findings)

    # Prices belong to an optimum: of the problem, or of the problem with its binaries as they are.
    priced = str(outcome.termination.reason) == "OPTIMAL" or tables.discrete(case, answer.schedule)
    priced = priced and outcome.price_basis not in (tables.ROLLED, tables.LEAST_COST)
    priced = priced and uplift.supports(case, outcome)
    uplift.check(case, outcome, answer, fleets, findings)
    orders.check(case, answer, findings, priced=priced)
    if case.policy.pricing == "european":
        low, high = (outcome.price_table.values(f"price_{end}_eur_per_mwh") for end in ("low", "high"))
        european.check(case, answer, low, high, findings)
        price_groups.check(case, answer, findings)
    if priced:
        coupled.find(fleets, findings)
        _near_limits(fleets, findings)
        for fleet in fleets.values():
            fleet.pricing = True
            fleet.room.prices(fleet)


def _near_limits(fleets: Mapping[str, Fleet], findings: Findings) -> None:
    """Say where prices are judged farther from limits only than elsewhere."""
    nothing = max((fleet.nothing for fleet in fleets.values()), default=NOTHING)
    if nothing > NOTHING:
        said = f"what is within {nothing:.2g} MW or MWh of a limit counts as at it, as its solver ends inside of limits"
        findings.noted("prices_near_limits", said)
