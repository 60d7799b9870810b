"""Uplift payments: what participants are paid besides prices, as the answer says, and who bears it.

Every payment comes in the last step of the horizon, at the first bus of the component or the bus of the order. Where
demand bears them, all who take energy of the carrier of that bus give a part by their energy over the horizon: loads,
vehicles, and orders that buy; else the operator gives it. Where nobody takes any, the operator does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed
from c4e_opt.outcome import Outcome

#: Kinds that take energy for use.
LOADS = ("demand", "flexible_demand", "shiftable_load", "deferrable_load", "interruptible_load", "ev_session")
#: Owner, component, bus, step and exact amount.
Payment = tuple[str, str, str, int, Fraction]


def payments(case: Case, outcome: Outcome) -> Iterator[Payment]:
    """What participants are paid; negative where they give.

    Raises:
        CertificateFailed: A payment is no number, or goes to nobody of the case.
    """
    table = outcome.uplift_table
    if not table.quantities:
        return
    paid = table.values("payment_eur")
    if not np.isfinite(paid).all():
        raise CertificateFailed("payment_eur: a number is not finite")
    homes = _homes(case, outcome)
    last = case.horizon.steps - 1
    for name, amount in zip(table.labels["participant"].tolist(), paid.tolist(), strict=True):
        if not amount:
            continue
        if name not in homes:
            raise CertificateFailed(f"case {case.name!r} has no {name!r}, which is paid {amount:g} besides prices")
        yield homes[name][0], name, homes[name][1], last, Fraction(amount)


def shares(case: Case, outcome: Outcome) -> Iterator[Payment]:
    """What those who take energy give for it, negative; nothing where the operator bears it."""
    if case.policy.uplift_paid_by != "demand":
        return
    carriers = {bus.id: bus.carrier for bus in case.buses}
    total: dict[str, Fraction] = defaultdict(Fraction)
    for _, _, bus, _, amount in payments(case, outcome):
        total[carriers[bus]] += amount
    taken = [(*holder, energy) for holder, energy in _taken(case, outcome).items() if energy > 0]
    whole: dict[str, Fraction] = defaultdict(Fraction)
    for _, _, bus, energy in taken:
        whole[carriers[bus]] += energy
    last = case.horizon.steps - 1
    for owner, component, bus, energy in taken:
        amount = -total[carriers[bus]] * energy / whole[carriers[bus]]
        if amount:
            yield owner, component, bus, last, amount


def _owners(case: Case) -> dict[str, str]:
    """Who owns every component."""
    return {
        f"{kind}/{record.id}": getattr(record, "owner", "") or case.policy.operator
        for kind, records in case.components.items()
        for record in records
    }


def _homes(case: Case, outcome: Outcome) -> dict[str, tuple[str, str]]:
    """Owner and first bus of every component and order."""
    owners, homes = _owners(case), dict[str, tuple[str, str]]()
    if outcome.flow_table.quantities:
        kinds, names, buses = (outcome.flow_table.texts[f"port_{word}"][1] for word in ("kind", "component", "bus"))
        for kind, name, bus in zip(kinds.tolist(), names.tolist(), buses.tolist(), strict=True):
            homes.setdefault(f"{kind}/{name}", (owners[f"{kind}/{name}"], bus))
    book = case.orders
    orders: Any = zip(book.id.tolist(), book.party.tolist(), book.bus.tolist(), strict=True)
    for name, party, bus in orders:
        homes[f"order/{name}"] = case.parties[int(party)].id, case.buses[int(bus)].id
    return homes


def _taken(case: Case, outcome: Outcome) -> dict[tuple[str, str, str], Fraction]:
    """Energy that loads and buyers take over the horizon, MWh, by owner, component and bus."""
    taken: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    table, owners = outcome.flow_table, _owners(case)
    if table.quantities:
        energy = table.values("flow_mw") @ case.horizon.hours
        kinds, names, buses = (table.texts[f"port_{word}"][1].tolist() for word in ("kind", "component", "bus"))
        for kind, name, bus, given in zip(kinds, names, buses, energy.tolist(), strict=True):
            if kind in LOADS:
                taken[owners[f"{kind}/{name}"], f"{kind}/{name}", bus] -= Fraction(given)
    book = case.orders
    rows: list[int] = np.flatnonzero(book.side < 0).tolist()
    for row in rows:
        got = Fraction(float(outcome.order_table.values("accepted_mwh")[row]))
        party, bus = case.parties[int(book.party[row])].id, case.buses[int(book.bus[row])].id
        taken[party, f"order/{book.id[row]}", bus] += got
    return taken
