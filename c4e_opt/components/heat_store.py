"""Heat store: a tank of hot water with a standing loss.

Variables, for every heat store s and step t: see `components.storage`
    charge_mw[s, t], discharge_mw[s, t], energy_mwh[s, t], final_value_eur[s]

Constraints:
    energy_balance[s, t], final_value_limit[s, slice]   see `components.storage`

A tank may be charged and discharged in one step: both are flows of water.
Not modelled: layers, temperatures; see `components.stratified_store`.
Source: the usual energy reservoir.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c4e_opt.axes import Horizon
from c4e_opt.components import storage
from c4e_opt.components.terms import Terms
from c4e_opt.fields import bus, identity, number, party, record
from c4e_opt.program import Room

check = storage.check


@record
class HeatStore(storage.Storage):
    """A heat store as its owner describes it."""

    id: str = identity(doc="Name of the heat store.")
    bus: str = bus(carrier="heat", doc="Bus that it charges from and discharges to.")
    owner: str = party(doc="Party that buys what it charges and sells what it discharges.")
    charge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy stored per energy taken."
    )
    discharge_efficiency: Any = number(
        unit="MWh/MWh", minimum=0, maximum=1, default=1.0, doc="Energy given per energy drawn."
    )


def formulate(room: Room, stores: Sequence[HeatStore], horizon: Horizon) -> Terms:
    """Add the variables and laws of all heat stores at once.

    Args:
        room: The room to write into.
        stores: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses.
    """
    limits = storage.limits_of(stores, horizon)
    return storage.terms_of(stores, limits, storage.formulate(room, stores, limits, horizon))
