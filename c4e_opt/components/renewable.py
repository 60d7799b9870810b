"""Renewable: PV, wind or another source whose power is forecast and may be curtailed.

Variables, for every renewable r and step t:
    power_mw[r, t]   power given to the bus, 0 <= . <= available_mw; equal to available_mw when not curtailable

Constraints: none beyond the bounds. Curtailed power is available_mw - power_mw.

Objective, term `production`: cost * power_mw * hours.

Source: definition of a forecast; no literature needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Headroom, Injection, Terms, buses, fleet, profiles, scalars
from c4e_opt.fields import bus, choice, flag, identity, number, party, record, series
from c4e_opt.program import Room


@record
class Renewable:
    """A source with a forecast."""

    id: str = identity(doc="Name of the plant.")
    bus: str = bus(doc="Bus that takes the power.")
    owner: str = party(doc="Party that is paid for the power.")
    technology: str = choice("pv", "wind", "solar_thermal", "run_of_river", "other", default="pv", doc="What it is.")
    available_mw: FloatArray = series(unit="MW", minimum=0, doc="Forecast: power that could be given.")
    curtailable: bool = flag(default=True, doc="Whether less than the forecast may be taken.")
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Cost of every MWh given.")


def formulate(room: Room, renewables: Sequence[Renewable], horizon: Horizon) -> Terms:
    """Add the variables of all renewables at once.

    Args:
        room: The room to write into.
        renewables: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses.
    """
    over = (fleet("renewable", renewables), horizon.axis)
    available = profiles(renewables, "available_mw", horizon.steps)
    least = np.where(scalars(renewables, "curtailable") > 0, 0.0, available)
    power = room.variable("power_mw", over, least, available, doc="power given to the bus")
    cost = scalars(renewables, "cost_eur_per_mwh")
    if cost.any():
        room.minimise("production", power * (cost * horizon.cost_hours))
    return Terms(
        injections=(Injection(buses(renewables), power),),
        headroom=lambda: Headroom(up_mw=available - power, down_mw=power - least),
    )
