"""Hydrogen plant: what electrolysers and fuel cells share: one steered power, three states, useful heat.

Variables, for every plant p and step t; the steered power itself is named by the kind, x[p, t] below:
    on, starting, stopping, start_cost_eur   of plants with any commitment rule, see `commitment.unit`
    standby, cold_starting, warm_starting   of plants with a standby, see `commitment.standby`
    segment_mw, segment_full   of plants with part-load points, see `components.part_load`
    recovered_mw   of plants with a heat bus, see `components.waste_heat`

Constraints:
    upper_limit[p, t]   of plants with a state: x <= x_max * on, less in the first and last step of a run with a start
                        or stop ramp (see `commitment.ramps`); without one, x_max is a bound of x
    lower_limit[p, t]   of plants with a state: x >= minimum_load_ratio * x_max * on
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`
    start_cost_floor   see `commitment.start_tiers`
    ramp_up_limit, ramp_down_limit, stop_ramp_limit   see `commitment.ramps`
    one_state, cold_start, warm_start   see `commitment.standby`
    segment_sum, segment_filled, segment_order   see `components.segments`
    recovery_limit   see `components.waste_heat`; the heat that could be recovered is heat_efficiency * x

In standby x is 0 and the plant takes standby_power_mw from its electricity bus. Loads are parts of x_max.

Objective, term `production`: cost * x * hours; terms `start`, `stop`, `running`: see `commitment.unit` and
`commitment.standby`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import standby, unit
from c4e_opt.commitment.standby import StandbyUnit
from c4e_opt.components import part_load, waste_heat
from c4e_opt.components.context import Context
from c4e_opt.components.part_load import PartLoadPoint
from c4e_opt.components.terms import Injection, fleet, scalars
from c4e_opt.fields import bus, number, parts, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class HydrogenPlant(StandbyUnit):
    """What electrolysers and fuel cells have in common."""

    heat_bus: Any = bus(carrier="heat", default=None, doc="Bus that may take its heat; not recovered when absent.")
    owner: str = party(doc="Party that pays for what goes in and is paid for what comes out.")
    heat_efficiency: Any = number(
        unit="MW/MW", minimum=0, maximum=1, default=0.0, doc="Heat that could be recovered per power that it takes."
    )
    part_load: tuple[PartLoadPoint, ...] = parts(
        PartLoadPoint, doc="How its efficiency changes with its load; the same at every load when empty."
    )
    cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", default=0.0, doc="Operation and maintenance per MWh of the power that it takes."
    )


@dataclass(frozen=True, slots=True)
class Running:
    """What plants take and give, (plant, time), and their states."""

    taken_mw: Linear  # the steered power
    made_mw: Linear  # what comes out per unit of the efficiency
    standby_mw: Linear  # electric power in standby
    heat: tuple[Injection, ...]
    on: Linear | None  # 1 while on or in standby
    committed: BoolArray | None


def check(path: str, plant: HydrogenPlant, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one plant; nothing, when it may be formulated."""
    yield from standby.check(path, plant)
    yield from part_load.check(path, plant.part_load)
    if plant.heat_bus is None and plant.heat_efficiency > 0:
        yield Issue(f"{path}.heat_efficiency", "conflict", "is above 0, but there is no heat_bus to take the heat")


def formulate(room: Room, plants: Sequence[Any], horizon: Horizon, quantity: str, doc: str) -> Running:
    """Add the variables and laws of all plants of one kind at once.

    Args:
        room: The room to write into.
        plants: Checked records; their order is the order of the axis.
        horizon: The steps.
        quantity: Name of the steered power without its unit; that of its limit has max before the unit.
        doc: What the steered power is.
    """
    axis, rated = fleet(room.kind, plants), scalars(plants, f"{quantity}_max_mw")
    power = room.variable(f"{quantity}_mw", (axis, horizon.axis), 0.0, rated, doc=doc)
    least = scalars(plants, "minimum_load_ratio") * rated
    state = unit.formulate(room, axis, plants, unit.Load(power, rated, least, rated), horizon)
    if state is not None:
        room.at_most("upper_limit", power, state.largest_mw, present=state.present)
        if least.any():
            room.at_least("lower_limit", power, state.least_mw, present=state.present & (least > 0))
    waiting = standby.formulate(room, plants, state, horizon)
    made = part_load.formulate(room, plants, power, rated, horizon)
    cost = scalars(plants, "cost_eur_per_mwh")
    if cost.any():
        room.minimise("production", power * (cost * horizon.cost_hours))
    idle = Linear(power.axes) if waiting is None else waiting
    return Running(
        taken_mw=power,
        made_mw=made,
        standby_mw=idle * np.nan_to_num(scalars(plants, "standby_power_mw")),
        heat=waste_heat.formulate(room, plants, power * scalars(plants, "heat_efficiency")),
        on=state and state.on + idle,
        committed=state and state.present[:, 0],
    )
