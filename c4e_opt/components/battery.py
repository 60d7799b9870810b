"""Battery: an electricity store that never charges and discharges in one step.

Variables, for every battery b and step t: see `components.storage`
    charge_mw[b, t], discharge_mw[b, t], energy_mwh[b, t]
    charging[b, t]   1 while charge_mw may flow, binary; only where the laws below need it

Constraints:
    energy_balance[b, t]         see `components.storage`
    only in steps where doing both could pay (found by `solve`):
    charging_limit[b, t]         charge_mw <= charge_max_mw * charging
    not_charging_limit[b, t]     discharge_mw <= discharge_max_mw * (1 - charging)

Not modelled: power limits that depend on the state of charge, degradation, inverters shared with PV.
Source: the usual energy reservoir; exclusivity by a binary is exact, and needed only where energy has a negative price.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Horizon
from c4e_opt.components import storage
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, never_both, scalars
from c4e_opt.fields import bus, identity, number, party, record
from c4e_opt.program import Room

check = storage.check


@record
class Battery:
    """A battery as its owner describes it."""

    id: str = identity(doc="Name of the battery.")
    bus: str = bus(carrier="electricity", doc="Bus that it charges from and discharges to.")
    owner: str = party(doc="Party that buys what it charges and sells what it discharges.")
    charge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest power taken from the bus.")
    discharge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest power given to the bus.")
    energy_max_mwh: Any = number(unit="MWh", minimum=0, doc="Most energy stored.")
    energy_min_mwh: Any = number(unit="MWh", minimum=0, default=0.0, doc="Least energy stored.")
    energy_start_mwh: Any = number(unit="MWh", minimum=0, doc="Energy stored before the first step.")
    energy_end_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Energy stored at the end of the last step; free when absent."
    )
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=0.95, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=0.95, doc="Energy given per energy drawn."
    )
    standing_loss_per_hour: Any = number(
        unit="1/h", minimum=0, maximum=1, default=0.0, doc="Part of the stored energy lost within an hour."
    )
    discharge_cost_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=0.0, doc="Wear per MWh given to the bus."
    )


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
    powers = storage.formulate(room, batteries, horizon)
    shape = (len(batteries), horizon.steps)
    charge_max = np.broadcast_to(scalars(batteries, "charge_max_mw"), shape)
    discharge_max = np.broadcast_to(scalars(batteries, "discharge_max_mw"), shape)
    never_both(room, "charging", (powers.charge_mw, charge_max), (powers.discharge_mw, discharge_max), exclusive)
    return Terms(
        injections=(Injection(buses(batteries), powers.discharge_mw - powers.charge_mw),),
        exclusive=Exclusive("battery_charge_mw", "battery_discharge_mw", "battery_charging"),
    )
