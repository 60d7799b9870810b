"""What an answer must hold for renewables.

Laws:
    renewable_power_limit   0 <= power <= forecast
    renewable_curtailment   power = forecast where it may not be curtailed
    renewable_price         price against the cost, where power may be curtailed
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("power_mw"),)


def _limits(fleet: Fleet) -> None:
    available = fleet.series("available_mw")
    fleet.within("power_limit", "power_mw", available)
    lost = np.abs(available - fleet.answer("power_mw"))
    fleet.hold("curtailment", np.where(fleet.number("curtailable") > 0, 0.0, lost), "MW", available)


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy("production", fleet.answer("power_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    (price,) = port_prices(fleet)
    available = fleet.series("available_mw")
    least = np.where(fleet.number("curtailable") > 0, 0.0, available)
    regret(fleet, "price", "power_mw", fleet.number("cost_eur_per_mwh") - price, available, least)


ROOM = Room(
    quantities=("power_mw",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
