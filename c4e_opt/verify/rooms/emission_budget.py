"""What an answer must hold for emission budgets: see `verify.budgets`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import budgets, site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room

#: Kinds that let out CO2, and the power that their factor is of.
EMITTERS = {"grid_connection": "import_mw", "generator": "power_mw", "converter": "input_mw"}


def _emitted(fleet: Fleet) -> Iterator[tuple[int, str, FloatArray]]:
    """Law, component, and tonnes per hour of every component that a law counts."""
    all_ports = site.ports(fleet)
    for row, law in enumerate(fleet.records):
        counted = {port.word: port for port in site.bound(law, all_ports)}
        for word, port in counted.items():
            if port.kind in EMITTERS:
                other = fleet.others[port.kind]
                factor = other.series("emissions_t_per_mwh")[port.row]
                if factor.any():
                    yield row, word, factor * other.answer(EMITTERS[port.kind])[port.row]


def _rate(fleet: Fleet) -> FloatArray:
    rate = np.zeros(fleet.shape)
    for row, _, emitted in _emitted(fleet):
        rate[row] += emitted
    return rate


def _limits(fleet: Fleet) -> None:
    limits = fleet.number("minimum_t")[:, 0], fleet.number("maximum_t")[:, 0]
    soft = ~np.isnan(fleet.number("beyond_price_eur_per_t")[:, 0])
    budgets.check(fleet, fleet.records, _rate(fleet), limits, soft, ("emitted_t", "beyond_t"), "t")


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add("budgets", np.nan_to_num(fleet.number("beyond_price_eur_per_t")) * fleet.answer("beyond_t"))
    bill.add("emissions", fleet.number("price_eur_per_t") * _rate(fleet) * fleet.horizon.cost_hours)


def _couples(fleet: Fleet) -> Iterator[str]:
    return (word for _, word, _ in _emitted(fleet))


ROOM = Room(
    quantities=("emitted_t", "beyond_t"),
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    couples=_couples,
)
