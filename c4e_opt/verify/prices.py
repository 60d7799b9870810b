"""Prices: every component does what pays best for it at the prices, step by step.

At optimal prices nobody regrets: whoever could earn by doing more is at a limit, and nobody does what makes a loss.
Together with the laws on the schedule, these conditions prove that a convex answer is optimal, without trusting the
solver's bound; an answer with binaries is proven optimal for its binaries as they are. Each law says by how many
EUR/MWh it is missed.

Laws:
    grid_connection_import_price, _export_price   price of the bus against the tariff
    renewable_price                               price against the cost, where power may be curtailed
    chp_price, boiler_price, heat_pump_price      price of what comes out against price of what goes in and the cost;
                                                  of a CHP between its least and largest load as it is switched on
    tie_forward_price, tie_backward_price         price that arrives, less the loss, against price sent and fee
    flexible_demand_shed_price                    price against the value of what is shed
    flexible_demand_shift_price                   one price for what is moved within a window
    <kind>_stored_value, order_acceptance         see `stored_value` and `orders`

Where a kind has binaries against flows both ways, a flow of zero may be forced by them; its regret is then not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.commitment import load_range
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.limits import shift_windows
from c4e_opt.verify.tables import DIRECTIONS

#: Below this, in MW or MWh, an amount counts as none; a hundred times what solvers allow themselves.
NOTHING = 1e-5


def check(fleets: Mapping[str, Fleet]) -> None:
    """Check the conditions of all kinds but stores and orders.

    Args:
        fleets: Every kind that has components.
    """
    for kind, law in _LAWS.items():
        if kind in fleets:
            law(fleets[kind])


def directed(fleet: Fleet) -> bool:
    """Whether binaries may force a flow of this kind to zero."""
    return fleet.kind in DIRECTIONS and fleet.has(DIRECTIONS[fleet.kind])


def _regret(
    fleet: Fleet, law: str, quantity: str, loss: FloatArray, upper: FloatArray, lower: FloatArray | float = 0.0
) -> None:
    """Hold a law: above `lower` there is no loss, below `upper` no gain in one more MWh.

    Args:
        fleet: The components.
        law: Name of the law, without the kind.
        quantity: What may be more or less.
        loss: Cost less earnings of one more MWh of it, (component, time).
        upper: Its upper limit.
        lower: Its lower limit.
    """
    amount = fleet.answer(quantity)
    more, less = amount < upper - NOTHING, amount > lower + NOTHING
    if directed(fleet):
        more &= less
    violation = np.maximum(loss * less, -loss * more)
    fleet.hold(law, violation, "EUR/MWh", *_prices(fleet), tolerance=price_tolerance(fleet.horizon))


def _prices(fleet: Fleet) -> tuple[FloatArray, ...]:
    fields = _BUSES.get(fleet.kind, ("bus",))
    return tuple(fleet.price(field) for field in fields)


_BUSES: Mapping[str, tuple[str, ...]] = {
    "chp": ("electricity_bus", "heat_bus", "fuel_bus"),
    "boiler": ("heat_bus", "fuel_bus"),
    "heat_pump": ("electricity_bus", "heat_bus"),
    "tie": ("from_bus", "to_bus"),
}


def _grid_connection(fleet: Fleet) -> None:
    (price,) = _prices(fleet)
    imported, exported = fleet.series("import_price_eur_per_mwh"), fleet.series("export_price_eur_per_mwh")
    _regret(fleet, "import_price", "import_mw", imported - price, fleet.series("import_max_mw"))
    _regret(fleet, "export_price", "export_mw", price - exported, fleet.series("export_max_mw"))


def _renewable(fleet: Fleet) -> None:
    (price,) = _prices(fleet)
    available = fleet.series("available_mw")
    least = np.where(fleet.number("curtailable") > 0, 0.0, available)
    _regret(fleet, "price", "power_mw", fleet.number("cost_eur_per_mwh") - price, available, least)


def _chp(fleet: Fleet) -> None:
    electricity, heat, fuel = _prices(fleet)
    earned = fleet.number("electric_efficiency") * electricity + fleet.number("heat_efficiency") * heat
    least, largest = load_range(fleet)
    _regret(fleet, "price", "fuel_mw", fuel + fleet.number("cost_eur_per_mwh") - earned, largest, least)


def _boiler(fleet: Fleet) -> None:
    heat, fuel = _prices(fleet)
    cost = fuel / fleet.number("efficiency") + fleet.number("cost_eur_per_mwh")
    _regret(fleet, "price", "heat_mw", cost - heat, fleet.number("heat_max_mw"))


def _heat_pump(fleet: Fleet) -> None:
    electricity, heat = _prices(fleet)
    cost = electricity + fleet.number("cost_eur_per_mwh")
    _regret(fleet, "price", "electric_mw", cost - fleet.series("cop") * heat, fleet.number("electric_max_mw"))


def _tie(fleet: Fleet) -> None:
    start, end = _prices(fleet)
    arrives, fee = 1.0 - fleet.number("loss_ratio"), fleet.number("fee_eur_per_mwh")
    _regret(fleet, "forward_price", "forward_mw", start + fee - arrives * end, fleet.series("forward_max_mw"))
    _regret(fleet, "backward_price", "backward_mw", end + fee - arrives * start, fleet.series("backward_max_mw"))


def _flexible_demand(fleet: Fleet) -> None:
    """Shedding and postponing share the forecast; where they use it up, that limit has a worth of its own."""
    (price,) = _prices(fleet)
    demand, windows = fleet.series("demand_mw"), shift_windows(fleet)
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


_LAWS: Mapping[str, Callable[[Fleet], None]] = {
    "grid_connection": _grid_connection,
    "renewable": _renewable,
    "flexible_demand": _flexible_demand,
    "chp": _chp,
    "boiler": _boiler,
    "heat_pump": _heat_pump,
    "tie": _tie,
}
