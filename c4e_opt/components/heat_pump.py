"""Heat pump: turns electricity into heat with a coefficient of performance given for every step.

Variables, for every heat pump h and step t:
    electric_mw[h, t]   electric power taken, 0 <= . <= electric_max_mw

Constraints: none beyond the bounds. Heat at the heat bus: cop * electric_mw.

Objective, term `production`: cost * electric_mw * hours.

Not modelled: part load, minimum load, a COP from temperatures.
Source: definition of the coefficient of performance; no literature needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet, profiles, scalars
from c4e_opt.fields import bus, identity, number, party, record, series
from c4e_opt.program import Room


@record
class HeatPump:
    """An electric heat pump."""

    id: str = identity(doc="Name of the heat pump.")
    electricity_bus: str = bus(carrier="electricity", doc="Bus that gives the electricity.")
    heat_bus: str = bus(carrier="heat", doc="Bus that takes the heat.")
    owner: str = party(doc="Party that buys the electricity and is paid for the heat.")
    electric_max_mw: Any = number(unit="MW", minimum=0, doc="Largest electric power.")
    cop: FloatArray = series(unit="MW/MW", minimum=0, maximum=20, doc="Heat per electric power.")
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per electric MWh.")


def formulate(room: Room, pumps: Sequence[HeatPump], horizon: Horizon) -> Terms:
    """Add the variables of all heat pumps at once.

    Args:
        room: The room to write into.
        pumps: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the electricity and heat buses.
    """
    over = (fleet("heat_pump", pumps), horizon.axis)
    electric = room.variable("electric_mw", over, 0.0, scalars(pumps, "electric_max_mw"), doc="electric power taken")
    cost = scalars(pumps, "cost_eur_per_mwh")
    if cost.any():
        room.minimise("production", electric * (cost * horizon.cost_hours))
    return Terms(
        injections=(
            Injection(buses(pumps, "electricity_bus"), -electric),
            Injection(buses(pumps, "heat_bus"), electric * profiles(pumps, "cop", horizon.steps)),
        )
    )
