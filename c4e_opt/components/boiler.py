"""Boiler: turns fuel, or electricity, into heat at a fixed efficiency.

Variables, for every boiler k and step t:
    heat_mw[k, t]   heat given to the heat bus, 0 <= . <= heat_max_mw

Constraints: none beyond the bounds. Power at the fuel bus: -heat_mw / efficiency.

Objective, term `production`: cost * heat_mw * hours.

Not modelled: part load, start-up.
Source: definition of an efficiency; no literature needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, identity, number, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class Boiler:
    """A boiler, fired with any fuel or electric."""

    id: str = identity(doc="Name of the boiler.")
    heat_bus: str = bus(carrier="heat", doc="Bus that takes the heat.")
    fuel_bus: str = bus(doc="Bus that gives the fuel or the electricity.")
    owner: str = party(doc="Party that buys the fuel and is paid for the heat.")
    heat_max_mw: Any = number(unit="MW", minimum=0, doc="Largest heat power.")
    efficiency: Any = number(unit="MW/MW", minimum=0, maximum=1.1, doc="Heat per fuel power, lower heating value.")
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per MWh of heat.")


def check(path: str, boiler: Boiler, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one boiler."""
    if boiler.efficiency == 0:
        yield Issue(f"{path}.efficiency", "range", "is 0 MW/MW; it must be above 0")


def formulate(room: Room, boilers: Sequence[Boiler], horizon: Horizon) -> Terms:
    """Add the variables of all boilers at once.

    Args:
        room: The room to write into.
        boilers: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the heat and fuel buses.
    """
    over = (fleet("boiler", boilers), horizon.axis)
    heat = room.variable("heat_mw", over, 0.0, scalars(boilers, "heat_max_mw"), doc="heat given to the heat bus")
    cost = scalars(boilers, "cost_eur_per_mwh")
    if cost.any():
        room.minimise("production", heat * (cost * horizon.cost_hours))
    return Terms(
        injections=(
            Injection(buses(boilers, "heat_bus"), heat),
            Injection(buses(boilers, "fuel_bus"), -heat / scalars(boilers, "efficiency")),
        )
    )
