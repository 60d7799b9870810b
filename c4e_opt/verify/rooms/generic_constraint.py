"""What an answer must hold for generic constraints.

Laws:
    generic_constraint_outside   what is told as outside is not negative, and nothing where none may be
    generic_constraint_sum       the weighted sum and what is outside lie within the limits
No law on prices: what the constraints bind is left out of these, see `verify.coupled`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import reserves, site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room


def _limits(fleet: Fleet) -> None:
    total, size = _sums(fleet)
    below, beyond = fleet.answer("below_mw"), fleet.answer("beyond_mw")
    least, most = fleet.series("least_mw"), fleet.series("most_mw")
    free = ~np.isnan(fleet.number("violation_price_eur_per_mw_hour"))
    told = np.maximum(np.where(free & ~np.isnan(least), 0.0, below), np.where(free & ~np.isnan(most), 0.0, beyond))
    fleet.hold("outside", np.maximum(told, np.maximum(-below, -beyond)), "MW")
    missed = np.fmax(least - total - below, total - beyond - most)
    fleet.hold("sum", missed, "MW", size)


def _sums(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """The weighted sums, and the sums of magnitudes, (constraint, time) each."""
    total, size = np.zeros(fleet.shape), np.zeros(fleet.shape)
    first = [port for port in site.ports(fleet) if port.first]
    law = fleet.others.get("reserve")
    market = None if law is None else reserves.of(law)
    for row, constraint in enumerate(fleet.records):
        for term in constraint.terms:
            found: list[Any] = [port.power_mw for port in first if _means(term, port)]
            if term.reserve and market is not None:
                found = [
                    market.kept(place, term.way)
                    for place, (at, port) in enumerate(market.every)
                    if market.fleet.records[at].id == term.reserve and _means(term, port)
                ]
            for amount in found:
                total[row] += term.coefficient * amount
                size[row] += np.abs(term.coefficient * amount)
    return total, size


def _means(term: Any, port: site.Port) -> bool:
    return term.member in (port.word, f"{port.kind}/*") and term.site in ("", port.site)


def _costs(fleet: Fleet, bill: Bill) -> None:
    price = np.nan_to_num(fleet.number("violation_price_eur_per_mw_hour"))
    for word in ("below_mw", "beyond_mw"):
        bill.add_energy("generic", fleet.answer(word), price, fleet.horizon.cost_hours)


def _couples(fleet: Fleet) -> Iterator[str]:
    terms = [term for constraint in fleet.records for term in constraint.terms]
    ports = [port for port in site.ports(fleet) if port.first]
    return (port.word for port in ports if any(_means(term, port) for term in terms))


ROOM = Room(
    quantities=("below_mw", "beyond_mw"),
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    couples=_couples,
)
