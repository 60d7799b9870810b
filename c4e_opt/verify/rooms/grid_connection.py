"""What an answer must hold for grid connections; what their demand charges bill: see `verify.demand_charges`.

Laws:
    grid_connection_import_limit, _export_limit   0 <= power <= the limit of the step
    grid_connection_exclusivity                   at most one of import and export in a step
    grid_connection_ramp                          import less export changes no faster than allowed, from one step's
                                                  middle to the next one's
    grid_connection_least_energy, _most_energy    imports of the horizon, with the shortfall, keep the contract
    grid_connection_shortfall                     it is there for contracts only, and no larger than they are
    grid_connection_import_price, _export_price   price of the bus against the tariff; not judged in both directions of
                                                  connections with a ramp, of imports with a contract on energy, and in
                                                  steps that `verify.demand_charges` judges or skips
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import demand_charges
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("import_mw") - fleet.answer("export_mw"),)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    quantities = dict(demand_charges.more(records))
    if any(record.energy_min_mwh > 0 for record in records):
        quantities["shortfall_mwh"] = ("grid_connection",)
    return quantities


def _limits(fleet: Fleet) -> None:
    fleet.within("import_limit", "import_mw", fleet.series("import_max_mw"))
    fleet.within("export_limit", "export_mw", fleet.series("export_max_mw"))
    fleet.exclusive("import_mw", "export_mw")
    _ramp(fleet)
    _energy(fleet)
    demand_charges.check(fleet)


def _ramp(fleet: Fleet) -> None:
    allowed = fleet.number("ramp_max_mw_per_hour")
    if np.isnan(allowed).all():
        return
    exchange = fleet.answer("import_mw") - fleet.answer("export_mw")
    before = np.concatenate([fleet.number("exchange_before_mw"), exchange[:, :-1]], axis=1)
    middles = (fleet.horizon.starts + fleet.horizon.ends) / 7200.0
    apart = np.diff(middles, prepend=middles[0] - fleet.horizon.hours[0])
    beyond = np.abs(exchange - before) - allowed * apart
    fleet.hold("ramp", np.where(np.isnan(beyond), -np.inf, beyond), "MW", exchange)


def _energy(fleet: Fleet) -> None:
    least, most = fleet.number("energy_min_mwh")[:, 0], fleet.number("energy_max_mwh")[:, 0]
    energy = fleet.answer("import_mw") @ fleet.horizon.cost_hours
    if (least > 0).any():
        shortfall = fleet.answer("shortfall_mwh")
        fleet.within("shortfall", "shortfall_mwh", least)
        fleet.hold("least_energy", least - energy - shortfall, "MWh", energy, shortfall)
    if not np.isnan(most).all():
        fleet.hold("most_energy", np.where(np.isnan(most), -np.inf, energy - most), "MWh", energy)


def _costs(fleet: Fleet, bill: Bill) -> None:
    hours = fleet.horizon.cost_hours
    bill.add_energy("energy", fleet.answer("import_mw"), fleet.series("import_price_eur_per_mwh"), hours)
    bill.add_energy("energy", -fleet.answer("export_mw"), fleet.series("export_price_eur_per_mwh"), hours)
    if fleet.has("shortfall_mwh"):
        price = np.nan_to_num(fleet.number("shortfall_price_eur_per_mwh")[:, 0])
        bill.add("take_or_pay", price * fleet.answer("shortfall_mwh"))
    demand_charges.costs(fleet, bill)


def _prices(fleet: Fleet) -> None:
    (price,) = port_prices(fleet)
    gains = {
        "import": price - fleet.series("import_price_eur_per_mwh"),
        "export": fleet.series("export_price_eur_per_mwh") - price,
    }
    exempt = demand_charges.check_prices(fleet, gains)
    for way, gain in gains.items():
        most = fleet.series(f"{way}_max_mw")
        regret(fleet, f"{way}_price", f"{way}_mw", -gain, most, judged=~exempt[way])


ROOM = Room(
    quantities=("import_mw", "export_mw"),
    more=_more,
    labels=demand_charges.labels,
    direction="importing",
    binaries=("importing",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
