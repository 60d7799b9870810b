"""Payments for reserve: who keeps it is paid, who wants it pays, step by step, in exact fractions.

A MW that is kept for an hour earns the price of its reserve and those of all reserves for which it counts. The buyer of
a reserve pays its price for everything that counts for it; where the operator buys, it pays as the other side of all
dues. What is below 1e-7 MW counts as none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed
from c4e_opt.outcome import Outcome, Table

#: Party, component, bus, step, amount that the party receives.
Payment = tuple[str, str, str, int, Fraction]
_NOISE_MW = 1e-7


def payments(case: Case, outcome: Outcome) -> Iterator[Payment]:
    """Everything that is paid for reserve, one payment for each provider and buyer in each step.

    Raises:
        CertificateFailed: The outcome does not say what is kept, or at which price.
    """
    reserves = {each.id: each for each in case.components.get("reserve", ())}
    if not reserves:
        return
    components = {f"{kind}/{each.id}": each for kind, group in case.components.items() for each in group}
    earned: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    spent: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    counts = {name: _counts_for(reserves, name) for name in reserves}
    for way in ("up", "down"):
        labels, kept = _answer(outcome.schedule_table, f"reserve_{way}_mw", "reserve_provider")
        names, price = _answer(outcome.price_table, f"reserve_{way}_price_eur_per_mw_hour", "reserve")
        row = {name: place for place, name in enumerate(names)}
        for label, place, step in _kept(labels, kept):
            name, word = _parts(label, reserves, components)
            energy = Fraction(float(kept[place, step])) * Fraction(int(case.horizon.step_seconds[step]), 3600)
            for each in counts[name]:
                amount = energy * Fraction(float(price[row[each], step]))
                earned[word, step] += amount
                spent[each, step] += amount
    buses = _buses(outcome)
    for (word, step), amount in earned.items():
        owner = getattr(components[word], "owner", "") or case.policy.operator
        yield owner, word, buses[word], step, amount
    for (name, step), amount in spent.items():
        buyer = reserves[name].buyer or case.policy.operator
        if buyer != case.policy.operator:
            yield buyer, f"reserve/{name}", _bus(case, reserves[name]), step, -amount


def _kept(labels: list[str], kept: Any) -> Iterator[tuple[str, int, int]]:
    """Label, row and step of everything that is kept."""
    for place, step in np.argwhere(kept >= _NOISE_MW).tolist():
        yield labels[place], place, step


def _parts(label: str, reserves: Mapping[str, Any], components: Mapping[str, Any]) -> tuple[str, str]:
    """The reserve and the component of a label."""
    for name in reserves:
        word = label.removeprefix(f"{name}: ")
        if word != label and word in components:
            return name, word
    raise CertificateFailed(f"reserve_provider {label!r} names no reserve and component of the case")


def _counts_for(reserves: Mapping[str, Any], name: str) -> list[str]:
    """A reserve and all for which what is kept for it counts."""
    found = [name]
    for each in found:
        found += [other for other in reserves[each].counts_for if other not in found]
    return list(dict.fromkeys(found))


def _buses(outcome: Outcome) -> dict[str, str]:
    """The first bus of every component."""
    texts = outcome.flow_table.texts
    columns = (texts[name][1].tolist() for name in ("port_kind", "port_component", "port_bus"))
    found: dict[str, str] = {}
    for kind, component, bus in zip(*columns, strict=True):
        found.setdefault(f"{kind}/{component}", bus)
    return found


def _bus(case: Case, reserve: Any) -> str:
    """Where a buyer stands in the books: the first bus of the carrier, at the site of the reserve if it names one."""
    buses = [bus for bus in case.buses if bus.carrier == reserve.carrier]
    here = [bus for bus in buses if reserve.site and bus.site == reserve.site]
    return (here or buses)[0].id


def _answer(table: Table, name: str, axis: str) -> tuple[list[str], Any]:
    """A quantity of a table and the labels of its first axis."""
    if name not in table.quantities:
        raise CertificateFailed(f"the outcome has no {name}, by which reserve is paid")
    values = table.values(name)
    if not np.isfinite(values).all():
        raise CertificateFailed(f"{name}: {int((~np.isfinite(values)).sum())} numbers are not finite")
    return table.labels[axis].tolist(), values
