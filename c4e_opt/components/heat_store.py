"""Heat store: a tank of hot water with a standing loss.

Variables, for every heat store s and step t: see `components.storage`
    charge_mw[s, t], discharge_mw[s, t], energy_mwh[s, t]

Constraints:
    energy_balance[s, t]   see `components.storage`

A tank may be charged and discharged in one step: both are flows of water.
Not modelled: layers, temperatures.
Source: the usual energy reservoir.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c4e_opt.axes import Horizon
from c4e_opt.components import storage
from c4e_opt.components.terms import Injection, Terms, buses
from c4e_opt.fields import bus, identity, number, party, record
from c4e_opt.program import Room

check = storage.check


@record
class HeatStore:
    """A heat store as its owner describes it."""

    id: str = identity(doc="Name of the heat store.")
    bus: str = bus(carrier="heat", doc="Bus that it charges from and discharges to.")
    owner: str = party(doc="Party that buys what it charges and sells what it discharges.")
    charge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest heat taken from the bus.")
    discharge_max_mw: Any = number(unit="MW", minimum=0, doc="Largest heat given to the bus.")
    energy_max_mwh: Any = number(unit="MWh", minimum=0, doc="Most energy stored.")
    energy_min_mwh: Any = number(unit="MWh", minimum=0, default=0.0, doc="Least energy stored.")
    energy_start_mwh: Any = number(unit="MWh", minimum=0, doc="Energy stored before the first step.")
    energy_end_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Energy stored at the end of the last step; free when absent."
    )
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy given per energy drawn."
    )
    standing_loss_per_hour: Any = number(
        unit="1/h", minimum=0, maximum=1, default=0.0, doc="Part of the stored energy lost within an hour."
    )
    discharge_cost_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost per MWh given.")


def formulate(room: Room, stores: Sequence[HeatStore], horizon: Horizon) -> Terms:
    """Add the variables and laws of all heat stores at once.

    Args:
        room: The room to write into.
        stores: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses.
    """
    powers = storage.formulate(room, stores, horizon)
    return Terms(injections=(Injection(buses(stores), powers.discharge_mw - powers.charge_mw),))
