"""What an answer must hold for CHPs; their on/off states and run lengths: see `verify.commitment`.

Law:
    chp_price   price of power and heat against that of fuel and the cost, between the least and the largest load as
                the plant is switched on
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import commitment
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    fuel = fleet.answer("fuel_mw")
    return fleet.number("electric_efficiency") * fuel, fleet.number("heat_efficiency") * fuel, -fuel


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    rules = ("minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours")
    ruled = any(getattr(record, rule) > 0 for record in records for rule in rules)
    return dict.fromkeys(commitment.BINARIES, ("chp", "time")) if ruled else {}


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy("production", fleet.answer("fuel_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours)
    if fleet.has("on"):
        bill.add("start", fleet.number("start_cost_eur") * fleet.answer("starting"))


def _prices(fleet: Fleet) -> None:
    electricity, heat, fuel = port_prices(fleet)
    earned = fleet.number("electric_efficiency") * electricity + fleet.number("heat_efficiency") * heat
    least, largest = commitment.load_range(fleet)
    regret(fleet, "price", "fuel_mw", fuel + fleet.number("cost_eur_per_mwh") - earned, largest, least)


ROOM = Room(
    quantities=("fuel_mw",),
    more=_more,
    ports=("electricity_bus", "heat_bus", "fuel_bus"),
    binaries=commitment.BINARIES,
    flows=_flows,
    limits=commitment.check,
    costs=_costs,
    prices=_prices,
)
