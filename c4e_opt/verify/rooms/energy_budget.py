"""What an answer must hold for energy budgets: see `verify.budgets`; one without members is of grid connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from c4e_opt.verify import budgets, site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room


def _ports(law: Any, all_ports: list[site.Port]) -> list[site.Port]:
    found = site.bound(law, all_ports, law.carrier)
    return found if law.members else [port for port in found if port.kind == "grid_connection"]


def _limits(fleet: Fleet) -> None:
    power = np.zeros(fleet.shape)
    all_ports = site.ports(fleet)
    for row, law in enumerate(fleet.records):
        for port in _ports(law, all_ports):
            given, taken = port.power_mw.clip(0.0), (-port.power_mw).clip(0.0)
            power[row] += {"net": given - taken, "into": given, "out_of": taken}[law.counted]
    limits = fleet.number("minimum_mwh")[:, 0], fleet.number("maximum_mwh")[:, 0]
    soft = ~np.isnan(fleet.number("beyond_price_eur_per_mwh")[:, 0])
    budgets.check(fleet, fleet.records, power, limits, soft, ("counted_mwh", "beyond_mwh"), "MWh")


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add("budgets", np.nan_to_num(fleet.number("beyond_price_eur_per_mwh")) * fleet.answer("beyond_mwh"))


def _couples(fleet: Fleet) -> Iterator[str]:
    all_ports = site.ports(fleet)
    return (port.word for law in fleet.records for port in _ports(law, all_ports))


ROOM = Room(
    quantities=("counted_mwh", "beyond_mwh"),
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    couples=_couples,
)
