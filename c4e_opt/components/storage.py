"""Storage equations that batteries and heat stores share: one reservoir, two powers, a standing loss.

Variables, for every store s and step t:
    charge_mw[s, t]      power taken from the bus, 0 <= . <= charge_max_mw
    discharge_mw[s, t]   power given to the bus, 0 <= . <= discharge_max_mw
    energy_mwh[s, t]     energy stored at the END of step t, energy_min_mwh <= . <= energy_max_mwh;
                         equal to energy_end_mwh in the last step where that is given

Constraints:
    energy_balance[s, t]
        e[t] = keep[t] * e[t-1] + charge_efficiency * c[t] * h[t] - d[t] * h[t] / discharge_efficiency,
        keep[t] = (1 - standing_loss_per_hour) ** h[t], h = hours, e[-1] = energy_start_mwh

Objective, term `storage`: discharge_cost * discharge_mw * hours.

Powers are rated at the bus (AC side). The standing loss acts in every step, the first included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import fleet, scalars
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True)
class StoragePowers:
    """The powers of a kind of store, (store, time)."""

    charge_mw: Linear
    discharge_mw: Linear


def check(path: str, store: Any, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one store; nothing, when it may be formulated."""
    lower, upper = store.energy_min_mwh, store.energy_max_mwh
    if lower > upper:
        yield from context.units.within(path, "energy_min_mwh", lower, 0, upper, "MWh")
        return
    yield from context.units.within(path, "energy_start_mwh", store.energy_start_mwh, lower, upper, "MWh")
    if store.energy_end_mwh is not None:
        yield from context.units.within(path, "energy_end_mwh", store.energy_end_mwh, lower, upper, "MWh")
    for name in ("charge_efficiency", "discharge_efficiency"):
        if getattr(store, name) == 0:
            yield Issue(f"{path}.{name}", "range", "is 0 MWh/MWh; it must be above 0")


def formulate(room: Room, stores: Sequence[Any], horizon: Horizon) -> StoragePowers:
    """Add the variables and laws of all stores of a kind at once.

    Args:
        room: The room to write into.
        stores: Checked records with the fields of `Battery`; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Charging and discharging power.
    """
    over = (fleet(room.kind, stores), horizon.axis)
    shape = (len(stores), horizon.steps)
    lower = np.broadcast_to(scalars(stores, "energy_min_mwh"), shape).copy()
    upper = np.broadcast_to(scalars(stores, "energy_max_mwh"), shape).copy()
    for place, store in enumerate(stores):
        if store.energy_end_mwh is not None:
            lower[place, -1] = upper[place, -1] = store.energy_end_mwh

    charge = room.variable("charge_mw", over, 0.0, scalars(stores, "charge_max_mw"), doc="power taken from the bus")
    discharge = room.variable(
        "discharge_mw", over, 0.0, scalars(stores, "discharge_max_mw"), doc="power given to the bus"
    )
    energy = room.variable("energy_mwh", over, lower, upper, doc="energy stored at the end of the step")

    keep = (1.0 - scalars(stores, "standing_loss_per_hour")) ** horizon.hours
    stored = charge * (scalars(stores, "charge_efficiency") * horizon.hours)
    drawn = discharge * (horizon.hours / scalars(stores, "discharge_efficiency"))
    before = energy.previous(scalars(stores, "energy_start_mwh"))
    room.equal("energy_balance", energy, before * keep + stored - drawn)
    cost = scalars(stores, "discharge_cost_eur_per_mwh")
    if cost.any():
        room.minimise("storage", discharge * (cost * horizon.cost_hours))
    return StoragePowers(charge, discharge)
