"""Battery: an electricity store that never charges and discharges in one step, and may wear, age and tire.

Variables, for every battery b and step t: see `components.storage`
    charge_mw[b, t], discharge_mw[b, t], energy_mwh[b, t], final_value_eur[b]
    slice_charge_mw[b, depth, t], slice_discharge_mw[b, depth, t], slice_held_mwh[b, depth, t]
                     of batteries with cycle_costs, see `components.cycle_aging`
    charging[b, t]   1 while charge_mw may flow, binary; only where the laws below need it

Constraints:
    energy_balance[b, t], final_value_limit[b, slice]   see `components.storage`
    charge_curve_at_begin[b, piece, t], charge_curve_at_end[b, piece, t], discharge_curve_at_begin[b, piece, t],
    discharge_curve_at_end[b, piece, t]   see `components.power_curve`
    slice_balance[b, depth, t], slice_charge[b, t], slice_discharge[b, t]   see `components.cycle_aging`
    only in steps where doing both could pay (found by `solve`):
    charging_limit[b, t]         charge_mw <= charge_max_mw * charging
    not_charging_limit[b, t]     discharge_mw <= discharge_max_mw * (1 - charging)

Objective, term `storage`: see `components.storage` and `components.cycle_aging`, and what high energy costs in
    calendar life, calendar_cost * energy_mwh (at the end of the step) * hours.

Several batteries and PV behind one inverter: a bus of their own, and a tie from there as the inverter.
Not modelled: efficiencies that depend on power or charge, power limits that rise ever faster (not concave), capacity
that fades within the horizon, temperatures.
Source: the usual energy reservoir; exclusivity by a binary is exact, and needed only where energy has a negative price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Horizon
from c4e_opt.components import cycle_aging, power_curve, storage
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Terms, never_both, scalars
from c4e_opt.fields import bus, identity, number, parts, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class Battery(storage.Storage):
    """A battery as its owner describes it."""

    id: str = identity(doc="Name of the battery.")
    bus: str = bus(carrier="electricity", doc="Bus that it charges from and discharges to.")
    owner: str = party(doc="Party that buys what it charges and sells what it discharges.")
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=0.95, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=0.95, doc="Energy given per energy drawn."
    )
    charge_limits: tuple[power_curve.PowerLimit, ...] = parts(
        power_curve.PowerLimit, doc="Points of the largest charging power over the energy stored; constant when absent."
    )
    discharge_limits: tuple[power_curve.PowerLimit, ...] = parts(
        power_curve.PowerLimit,
        doc="Points of the largest discharging power over the energy stored; constant when absent.",
    )
    cycle_costs: tuple[cycle_aging.CycleCost, ...] = parts(
        cycle_aging.CycleCost, doc="Wear by depth, on top of the discharge cost; the same at any depth when absent."
    )
    calendar_cost_eur_per_mwh_hour: Any = number(
        unit="EUR/MWh/h", minimum=0, default=0.0, doc="Calendar ageing: cost of every MWh stored for an hour."
    )


def check(path: str, battery: Battery, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one battery; nothing, when it may be formulated."""
    yield from storage.check(path, battery, context)
    for side in ("charge_limits", "discharge_limits"):
        yield from power_curve.check(f"{path}.{side}", getattr(battery, side), battery, context)
    yield from cycle_aging.check(f"{path}.cycle_costs", battery.cycle_costs)


def formulate(room: Room, batteries: Sequence[Battery], horizon: Horizon, exclusive: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all batteries at once.

    Args:
        room: The room to write into.
        batteries: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (battery, time) that need a binary against charging and discharging together.

    Returns:
        Injections at the buses.
    """
    limits = storage.limits_of(batteries, horizon)
    reservoir = storage.formulate(room, batteries, limits, horizon)
    power_curve.formulate(room, batteries, reservoir, horizon)
    cycle_aging.formulate(room, batteries, reservoir, limits, horizon)
    calendar_cost = scalars(batteries, "calendar_cost_eur_per_mwh_hour")
    if calendar_cost.any():
        room.minimise("storage", reservoir.energy_mwh * (calendar_cost * horizon.cost_hours))
    charge, discharge = (reservoir.charge_mw, limits.charge_max_mw), (reservoir.discharge_mw, limits.discharge_max_mw)
    never_both(room, "charging", charge, discharge, exclusive)
    pair = Exclusive("battery_charge_mw", "battery_discharge_mw", "battery_charging")
    return storage.terms_of(batteries, limits, reservoir, pair)
