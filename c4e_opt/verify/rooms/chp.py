"""What an answer must hold for CHPs; their on/off states and run lengths: see `verify.commitment`.

Law:
    chp_price   price of power and heat against that of fuel and the cost, between the least and the largest load as
                the plant is switched on; not judged in steps in which a ramp holds the load
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
    return commitment.more("chp", records)


def _load(fleet: Fleet) -> commitment.Load:
    rated = fleet.number("fuel_max_mw")
    return commitment.Load("fuel_mw", rated, fleet.number("minimum_load_ratio") * rated, rated)


def _limits(fleet: Fleet) -> None:
    commitment.check(fleet, _load(fleet))


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy("production", fleet.answer("fuel_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours)
    commitment.costs(fleet, bill)


def _prices(fleet: Fleet) -> None:
    electricity, heat, fuel = port_prices(fleet)
    earned = fleet.number("electric_efficiency") * electricity + fleet.number("heat_efficiency") * heat
    least, largest = commitment.load_range(fleet, _load(fleet))
    loss = fuel + fleet.number("cost_eur_per_mwh") - earned
    regret(fleet, "price", "fuel_mw", loss, largest, least, commitment.unramped(fleet, _load(fleet)))


ROOM = Room(
    quantities=("fuel_mw",),
    more=_more,
    ports=("electricity_bus", "heat_bus", "fuel_bus"),
    binaries=commitment.BINARIES,
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
