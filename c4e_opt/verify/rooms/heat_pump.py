"""What an answer must hold for heat pumps.

Laws:
    heat_pump_electric_limit   0 <= power <= the limit
    heat_pump_price   price of what comes out against price of what goes in and the cost
"""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    electric = fleet.answer("electric_mw")
    return -electric, fleet.series("cop") * electric


def _limits(fleet: Fleet) -> None:
    fleet.within("electric_limit", "electric_mw", fleet.number("electric_max_mw"))


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy(
        "production", fleet.answer("electric_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours
    )


def _prices(fleet: Fleet) -> None:
    electricity, heat = port_prices(fleet)
    cost = electricity + fleet.number("cost_eur_per_mwh")
    regret(fleet, "price", "electric_mw", cost - fleet.series("cop") * heat, fleet.number("electric_max_mw"))


ROOM = Room(
    quantities=("electric_mw",),
    ports=("electricity_bus", "heat_bus"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
