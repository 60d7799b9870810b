"""Demand: power that must be served as it is forecast.

Variables: none. Constraints: none. The forecast enters the balance of its bus as a constant.

Source: definition of a forecast; no literature needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet, profiles
from c4e_opt.fields import bus, identity, party, record, series
from c4e_opt.program import Linear, Room


@record
class Demand:
    """A load that is served whatever it costs."""

    id: str = identity(doc="Name of the load.")
    bus: str = bus(doc="Bus that serves it.")
    owner: str = party(doc="Party that pays for the energy.")
    demand_mw: FloatArray = series(unit="MW", minimum=0, doc="Forecast: power taken from the bus.")


def formulate(room: Room, demands: Sequence[Demand], horizon: Horizon) -> Terms:
    """Put the forecasts of all demands into the balances.

    Args:
        room: The room; nothing is written.
        demands: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, negative: power leaves the bus.
    """
    over = (fleet(room.kind, demands), horizon.axis)
    return Terms(
        injections=(Injection(buses(demands), Linear(over, (), -profiles(demands, "demand_mw", horizon.steps))),)
    )
