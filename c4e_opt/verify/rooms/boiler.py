"""What an answer must hold for boilers.

Laws:
    boiler_heat_limit   0 <= power <= the limit
    boiler_price   price of what comes out against price of what goes in and the cost
"""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    heat = fleet.answer("heat_mw")
    return heat, -heat / fleet.number("efficiency")


def _limits(fleet: Fleet) -> None:
    fleet.within("heat_limit", "heat_mw", fleet.number("heat_max_mw"))


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy("production", fleet.answer("heat_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    heat, fuel = port_prices(fleet)
    cost = fuel / fleet.number("efficiency") + fleet.number("cost_eur_per_mwh")
    regret(fleet, "price", "heat_mw", cost - heat, fleet.number("heat_max_mw"))


ROOM = Room(
    quantities=("heat_mw",),
    ports=("heat_bus", "fuel_bus"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
