"""What an answer must hold for flexible demands.

Laws:
    flexible_demand_shed_limit      0 <= shed <= shed_max_ratio * forecast
    flexible_demand_shift_limit     0 <= advance, postpone <= shift_max; 0 without a window
    flexible_demand_service_limit   shed + postpone <= forecast
    flexible_demand_shift_balance   in every window as much energy is advanced as is postponed
    flexible_demand_shed_price      price against the value of what is shed
    flexible_demand_shift_price     one price for what is moved within a window
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import NOTHING, port_prices


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    served = fleet.series("demand_mw") + fleet.answer("advance_mw") - fleet.answer("postpone_mw")
    return (fleet.answer("shed_mw") - served,)


def _shift_windows(fleet: Fleet) -> FloatArray:
    """The window of every load and step, counted from the first step, (flexible_demand, time); -1: no shifting."""
    hours = fleet.number("shift_window_hours")
    shiftable = (hours > 0) & (fleet.number("shift_max_mw") > 0)
    elapsed = fleet.horizon.starts - fleet.horizon.start
    windows = np.floor((elapsed + 1e-3) / (np.where(shiftable, hours, 1.0) * 3600.0))
    return np.where(shiftable, windows, -1.0)


def _limits(fleet: Fleet) -> None:
    demand = fleet.series("demand_mw")
    shed, advance, postpone = (fleet.answer(name) for name in ("shed_mw", "advance_mw", "postpone_mw"))
    fleet.within("shed_limit", "shed_mw", fleet.number("shed_max_ratio") * demand)
    windows = _shift_windows(fleet)
    most = np.where(windows >= 0, fleet.number("shift_max_mw"), 0.0)
    beyond = np.maximum(np.maximum(advance, postpone) - most, -np.minimum(advance, postpone))
    fleet.hold("shift_limit", beyond, "MW", advance, postpone)
    fleet.hold("service_limit", shed + postpone - demand, "MW", shed, postpone)

    moved = (advance - postpone) * fleet.horizon.hours
    opens = np.ones(fleet.shape, dtype=np.bool_)
    opens[:, 1:] = windows[:, 1:] != windows[:, :-1]
    first = np.flatnonzero(opens)
    excess, turnover = np.zeros(fleet.shape), np.zeros(fleet.shape)
    excess.flat[first] = np.abs(np.add.reduceat(moved.ravel(), first))
    turnover.flat[first] = np.add.reduceat(np.abs(moved).ravel(), first)
    fleet.hold("shift_balance", excess, "MWh", turnover)


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy(
        "shedding", fleet.answer("shed_mw"), fleet.number("shed_value_eur_per_mwh"), fleet.horizon.cost_hours
    )


def _prices(fleet: Fleet) -> None:
    """Shedding and postponing share the forecast; where they use it up, that limit has a worth of its own."""
    (price,) = port_prices(fleet)
    demand, windows = fleet.series("demand_mw"), _shift_windows(fleet)
    shed, advance, postpone = (fleet.answer(name) for name in ("shed_mw", "advance_mw", "postpone_mw"))
    gain = price - fleet.number("shed_value_eur_per_mwh")  # of shedding one more MWh
    used_up = (windows >= 0) & (shed + postpone > demand - NOTHING)
    sheds, could_shed = shed > NOTHING, shed < fleet.number("shed_max_ratio") * demand - NOTHING
    tolerance = price_tolerance(fleet.horizon)
    violation = np.maximum(-gain * sheds, gain * (could_shed & ~used_up))
    fleet.hold("shed_price", violation, "EUR/MWh", price, tolerance=tolerance)

    least_worth = np.where(used_up & could_shed, np.maximum(gain, 0.0), 0.0)
    most_worth = np.where(used_up, np.where(sheds, np.maximum(gain, 0.0), np.inf), 0.0)
    most = np.where(windows >= 0, fleet.number("shift_max_mw"), 0.0)
    # The price of a window must be at least `floor` and at most `ceiling` in each of its steps.
    floor = np.where(advance > NOTHING, price, -np.inf)
    floor = np.where(postpone < most - NOTHING, np.maximum(floor, price - most_worth), floor)
    ceiling = np.where(advance < most - NOTHING, price, np.inf)
    ceiling = np.where(postpone > NOTHING, np.minimum(ceiling, price - least_worth), ceiling)
    opens = np.ones(fleet.shape, dtype=np.bool_)
    opens[:, 1:] = windows[:, 1:] != windows[:, :-1]
    first = np.flatnonzero(opens)
    apart = np.full(fleet.shape, -np.inf)
    apart.flat[first] = np.maximum.reduceat(floor.ravel(), first) - np.minimum.reduceat(ceiling.ravel(), first)
    apart[windows < 0] = -np.inf
    fleet.hold("shift_price", apart, "EUR/MWh", price, tolerance=tolerance)


ROOM = Room(
    quantities=("shed_mw", "advance_mw", "postpone_mw"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
