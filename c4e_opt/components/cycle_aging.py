"""Cycle ageing: wear that grows with the depth of discharge, by slices of the energy of a battery.

Variables, for every battery b with cycle_costs, every slice of depth and every step t:
    slice_charge_mw[b, depth, t]      part of charge_mw that fills the slice, 0 <= . <= charge_max_mw
    slice_discharge_mw[b, depth, t]   part of discharge_mw that is drawn from it, 0 <= . <= discharge_max_mw
    slice_held_mwh[b, depth, t]       energy in it at the END of step t, 0 <= . <= its size

Constraints:
    slice_balance[b, depth, t]   as energy_balance of `components.storage`, for the slice alone
    slice_charge[b, t]           sum of slice_charge_mw over depth = charge_mw
    slice_discharge[b, t]        sum of slice_discharge_mw over depth = discharge_mw
At the start the cheapest slices are full: a first discharge has a depth of its own, whatever is in store.

Objective, term `storage`: cost of the slice * slice_discharge_mw * hours.

The first MWh of every discharge comes out of the cheapest slice that holds something, and charging fills the cheapest
first, because costs rise with depth. So each discharge pays for its own depth as rainflow counting would have it, half
cycle by half cycle: exact for costs that do not fall with depth and whatever the profile, but for the standing loss.

Not modelled: costs that fall with depth (they would need binaries; refused), wear by the mean charge of a cycle.
Source: Xu, Zhao, Zheng, Litvinov, Kirschen (2018), Factoring the Cycle Aging Cost of Batteries Participating in
Electricity Markets, IEEE Trans. Power Systems 33(2), https://doi.org/10.1109/TPWRS.2017.2733339.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.storage import Limits, Reservoir
from c4e_opt.fields import number, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class CycleCost:
    """A slice of depth of discharge, from the depth of the slice before to its own."""

    depth_ratio: Any = number(
        unit="", minimum=0, maximum=1, doc="Depth at which the slice ends, as a part of energy_max_mwh."
    )
    cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, doc="Wear per MWh given to the bus out of it; not below that of the slice before."
    )


def check(path: str, slices: Sequence[CycleCost]) -> Iterator[Issue]:
    """What is wrong with the costs by depth: slices out of order, costs that fall, a battery covered in part."""
    before = 0.0
    for place, each in enumerate(slices):
        if each.depth_ratio <= before:
            message = f"is {each.depth_ratio:g}; it must be above {before:g}, where the slice begins"
            yield Issue(f"{path}[{place}].depth_ratio", "order", message)
        before = each.depth_ratio
        if place and each.cost_eur_per_mwh < slices[place - 1].cost_eur_per_mwh:
            message = "is below that of the slice before; only wear that does not fall with depth is modelled"
            yield Issue(f"{path}[{place}].cost_eur_per_mwh", "convex", message)
    if slices and before != 1.0:
        message = f"is {before:g}; the last slice must end at 1, the whole of energy_max_mwh"
        yield Issue(f"{path}[{len(slices) - 1}].depth_ratio", "range", message)


def formulate(room: Room, batteries: Sequence[Any], reservoir: Reservoir, limits: Limits, horizon: Horizon) -> None:
    """Add the slices of all batteries that have them.

    Args:
        room: The room to write into.
        batteries: Checked records; their order is the order of the axis.
        reservoir: Their variables.
        limits: What the laws need of them.
        horizon: The steps.
    """
    most = max(len(battery.cycle_costs) for battery in batteries)
    if not most:
        return
    size, cost, present = (np.zeros((len(batteries), most, 1)) for _ in range(3))
    for row, battery in enumerate(batteries):
        count = len(battery.cycle_costs)
        depth = [0.0, *(each.depth_ratio for each in battery.cycle_costs)]
        size[row, :count, 0] = np.diff(depth) * battery.energy_max_mwh
        cost[row, :count, 0] = [each.cost_eur_per_mwh for each in battery.cycle_costs]
        present[row, :count] = 1.0
    start = np.clip(limits.energy_start_mwh[:, :, None] - (np.cumsum(size, axis=1) - size), 0.0, size)
    whole = reservoir.charge_mw.axes
    over = (whole[0], Axis("depth", np.arange(1, most + 1).astype(np.str_)), whole[1])
    everywhere = np.broadcast_to(present, (len(batteries), most, horizon.steps))

    def variable(name: str, upper: Any, doc: str) -> Any:
        return room.variable(name, over, 0.0, upper, doc=doc, present=everywhere)

    charge = variable("slice_charge_mw", limits.charge_max_mw[:, :, None], "part of the charging that fills the slice")
    discharge = variable("slice_discharge_mw", limits.discharge_max_mw[:, :, None], "part drawn from the slice")
    held = variable("slice_held_mwh", size, "energy in the slice at the end of the step")
    stored = charge * (limits.charge_efficiency[:, :, None] * horizon.hours)
    drawn = discharge * (horizon.hours / limits.discharge_efficiency[:, :, None])
    kept = held.previous(start) * limits.keep[:, None, :]
    room.equal("slice_balance", held, kept + stored - drawn, present=everywhere)

    cell = np.arange(len(batteries) * horizon.steps).reshape(len(batteries), 1, horizon.steps)
    target = np.repeat(cell, most, axis=1)
    sliced = present[:, 0] > 0
    room.equal("slice_charge", charge.gather(whole, target), reservoir.charge_mw, present=sliced)
    room.equal("slice_discharge", discharge.gather(whole, target), reservoir.discharge_mw, present=sliced)
    room.minimise("storage", discharge * (cost * horizon.cost_hours))
