"""Boiler: turns fuel, or electricity, into heat, at a fixed efficiency or at one that depends on the load.

Variables, for every boiler k and step t:
    heat_mw[k, t]   heat given to the heat bus, 0 <= . <= heat_max_mw
    on, starting, stopping   see `commitment.three_binary`, for boilers with any commitment rule
    start_cost_eur   see `commitment.start_tiers`
Those of boilers with segments of efficiency: see `components.load_segments`.

Constraints, for boilers with any commitment rule:
    heat_upper_limit[k, t]   heat_mw <= heat_max_mw * on, less in the first and last step of a run with a start ramp
    heat_lower_limit[k, t]   heat_mw >= minimum_load_ratio * heat_max_mw * on
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`
Ramps and start tiers, where a boiler has them: see `commitment.ramps` and `commitment.start_tiers`.

Power at the fuel bus: -heat_mw / efficiency, or -sum of segment_mw / efficiency over the segments.

Objective, term `production`: cost * heat_mw * hours; terms `start`, `stop`, `running`: see `commitment.unit`.

Not modelled: heat that is lost while a boiler warms up (give it as a cost of the start), chosen sizes.
Source: definition of an efficiency; see also the pages named above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import unit
from c4e_opt.commitment.unit import Unit
from c4e_opt.components import load_segments
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, identity, number, parts, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class HeatSegment:
    """A part of the heat of a boiler with an efficiency of its own."""

    heat_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment: heat that has this efficiency.")
    efficiency: Any = number(unit="MW/MW", minimum=0, doc="Heat per fuel power in this segment.")


@record
class Boiler(Unit):
    """A boiler, fired with any fuel or electric."""

    id: str = identity(doc="Name of the boiler.")
    heat_bus: str = bus(carrier="heat", doc="Bus that takes the heat.")
    fuel_bus: str = bus(doc="Bus that gives the fuel or the electricity.")
    owner: str = party(doc="Party that buys the fuel and is paid for the heat.")
    heat_max_mw: Any = number(unit="MW", minimum=0, doc="Largest heat power.")
    efficiency: Any = number(
        unit="MW/MW",
        minimum=0,
        maximum=1.1,
        default=None,
        doc="Heat per fuel power, lower heating value; required without segments.",
    )
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Operation and maintenance per MWh of heat.")
    efficiency_segments: tuple[HeatSegment, ...] = parts(
        HeatSegment,
        doc="In place of efficiency: those of the first MW of heat, the next ones and so on, up to the largest.",
    )


#: Heat per fuel of the lower heating value, of a boiler as a whole.
_MOST_EFFICIENT = 1.1


def check(path: str, boiler: Boiler, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one boiler."""
    if boiler.efficiency is None and not boiler.efficiency_segments:
        yield Issue(f"{path}.efficiency", "missing_field", "is missing; give it, or efficiency_segments")
    if boiler.efficiency is not None and boiler.efficiency_segments:
        message = "is given beside efficiency_segments, which says it; drop one"
        yield Issue(f"{path}.efficiency", "given_twice", message)
    if boiler.efficiency == 0:
        yield Issue(f"{path}.efficiency", "range", "is 0 MW/MW; it must be above 0")
    if boiler.efficiency_segments:
        yield from _check_segments(f"{path}.efficiency_segments", boiler, context)
    yield from unit.check(path, boiler)


def _check_segments(path: str, boiler: Boiler, context: Context) -> Iterator[Issue]:
    heat = fuel = 0.0
    for place, each in enumerate(boiler.efficiency_segments):
        if each.efficiency == 0:
            yield Issue(f"{path}[{place}].efficiency", "range", "is 0 MW/MW; it must be above 0")
            return
        heat, fuel = heat + each.heat_mw, fuel + each.heat_mw / each.efficiency
        if heat > _MOST_EFFICIENT * fuel * (1 + 1e-9):
            message = f"give heat of {heat / fuel:g} of the fuel up to here; it must not exceed {_MOST_EFFICIENT:g}"
            yield Issue(f"{path}[{place}]", "efficiency", message)
    if heat < boiler.heat_max_mw * (1 - 1e-9):
        whole, most = context.units.say(heat, "MW"), context.units.say(boiler.heat_max_mw, "MW")
        yield Issue(path, "range", f"reach up to {whole}; they must reach the largest heat power, {most}")


def formulate(room: Room, boilers: Sequence[Boiler], horizon: Horizon, closed: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all boilers at once.

    Args:
        room: The room to write into.
        boilers: Checked records; their order is the order of the axis.
        horizon: The steps.
        closed: Cells that need a binary to keep segments in order; found by `solve`.

    Returns:
        Injections at the heat and fuel buses.
    """
    over = (fleet("boiler", boilers), horizon.axis)
    most = scalars(boilers, "heat_max_mw")
    heat = room.variable("heat_mw", over, 0.0, most, doc="heat given to the heat bus")
    least = scalars(boilers, "minimum_load_ratio") * most
    state = unit.formulate(room, over[0], boilers, unit.Load(heat, most, least, most), horizon)
    if state is not None:
        room.at_most("heat_upper_limit", heat, state.largest_mw, present=state.present)
        if least.any():
            room.at_least("heat_lower_limit", heat, state.least_mw, present=state.present & (least > 0))
    cost = scalars(boilers, "cost_eur_per_mwh")
    if cost.any():
        room.minimise("production", heat * (cost * horizon.cost_hours))
    efficiency = scalars(boilers, "efficiency")
    fuel, exclusive = heat * np.where(np.isnan(efficiency), 0.0, 1.0 / efficiency), None
    if np.isnan(efficiency).any():
        curves = [
            load_segments.curve(
                [each.heat_mw for each in boiler.efficiency_segments],
                [[each.efficiency for each in boiler.efficiency_segments]],
                boiler.heat_max_mw,
            )
            for boiler in boilers
        ]
        split = load_segments.formulate(room, heat, curves, least, state and state.on, horizon, closed)
        fuel, exclusive = fuel.nonzero() + _fuel_of_segments(boilers, split), split.exclusive
    return Terms(
        injections=(Injection(buses(boilers, "heat_bus"), heat), Injection(buses(boilers, "fuel_bus"), -fuel)),
        exclusive=exclusive,
        on=state and state.on,
        committed=state and state.present[:, 0],
    )


def _fuel_of_segments(boilers: Sequence[Boiler], split: load_segments.Split) -> Linear:
    """Fuel power of the boilers with segments, (boiler, time)."""
    efficiency: FloatArray = np.array([each.efficiency for boiler in boilers for each in boiler.efficiency_segments])
    axis = fleet("boiler", boilers)
    return (split.segment_mw / efficiency[:, None]).along(axis, split.owner)
