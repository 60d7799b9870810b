"""Operating region: what power, heat and fuel of a CHP may be together, as a polygon given by its vertices.

Variables, for every vertex v of a CHP with a region, for every such CHP r, and step t:
    vertex_share[v, t]         part of the vertex in the point at which the plant works, 0 <= . <= 1
    region_electric_mw[r, t]   power given, 0 <= . <= the largest of all vertices
    region_heat_mw[r, t]       heat given, likewise

Constraints:
    region_electric[r, t]    region_electric_mw = sum over its vertices of electric * vertex_share
    region_heat[r, t]        region_heat_mw = sum of heat * vertex_share
    region_fuel[r, t]        fuel_mw = sum of fuel * vertex_share
    region_shares[r, t]      sum of vertex_share = on, of plants with an on/off state
    region_shares_limit[r, t]   sum of vertex_share <= 1, of plants without one: they may work between the region and
                             standing still

Every point between vertices can be reached, so the region is convex; no binaries are needed. Vertices may differ from
step to step.

Source: extreme points of the feasible operating region of a CHP, Lahdelma and Hakonen (2003), European J. Operational
Research 148(1), https://doi.org/10.1016/S0377-2217(02)00460-5. An extraction turbine with a power-loss coefficient is
such a region: its corners at full and least fuel, with and without heat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import profiles
from c4e_opt.fields import record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

#: Power and heat together, per fuel of the lower heating value.
MOST_EFFICIENT = 1.15


@record
class OperatingPoint:
    """A vertex of an operating region."""

    electric_mw: FloatArray = series(unit="MW", minimum=0, doc="Electric power given.")
    heat_mw: FloatArray = series(unit="MW", minimum=0, doc="Useful heat given.")
    fuel_mw: FloatArray = series(unit="MW", minimum=0, doc="Fuel power taken, lower heating value.")


def check(path: str, plant: Any, context: Context) -> Iterator[Issue]:
    """What is wrong with a region.

    Args:
        path: The plant.
        plant: Its record, a unit with `operating_region` and `fuel_max_mw`.
        context: The case around it.
    """
    units, steps, points, whole = context.units, context.horizon.steps, plant.operating_region, plant.fuel_max_mw
    place_of = f"{path}.operating_region"
    for place, point in enumerate(points):
        given = np.broadcast_to(point.electric_mw, steps) + np.broadcast_to(point.heat_mw, steps)
        allowed = MOST_EFFICIENT * np.broadcast_to(point.fuel_mw, steps)
        wrong = np.flatnonzero(given > allowed * (1 + 1e-9) + 1e-12)
        if wrong.size:
            step = int(wrong[0])
            message = (
                f"and the power are {units.say(float(given[step]), 'MW')} together; they must not exceed "
                f"{MOST_EFFICIENT:g} of the fuel, {units.say(float(allowed[step]), 'MW')}"
            )
            yield Issue(f"{place_of}[{place}].{units.name('heat_mw', 'MW')}", "efficiency", message)
    fuel = profiles(points, "fuel_mw", steps)
    most, lowest = float(fuel.max()), float(fuel.min())
    if whole is not None and whole < most * (1 - 1e-9):
        message = f"reaches a fuel power of {units.say(most, 'MW')}, more than the rated one, {units.say(whole, 'MW')}"
        yield Issue(place_of, "range", message)
    rated = most if whole is None else whole
    floor = plant.minimum_load_ratio * rated
    if floor > lowest * (1 + 1e-9):
        message = (
            f"has a vertex with a fuel power of {units.say(lowest, 'MW')}, below the least load of "
            f"{units.say(floor, 'MW')} that minimum_load_ratio asks for; give vertices at that load"
        )
        yield Issue(place_of, "range", message)
    low = float(fuel.min(axis=0).max())
    for name in ("start_ramp_ratio", "stop_ramp_ratio"):
        ratio = getattr(plant, name)
        if ratio is not None and ratio * rated < low * (1 - 1e-9):
            message = f"allows {units.say(ratio * rated, 'MW')}; no vertex has less fuel than {units.say(low, 'MW')}"
            yield Issue(f"{path}.{name}", "range", message)


def formulate(
    room: Room, plants: Sequence[Any], fuel: Linear, on: Linear | None, committed: BoolArray, horizon: Horizon
) -> tuple[Linear, Linear]:
    """Add the regions of all plants that have one.

    Args:
        room: The room of the plants.
        plants: Checked records with `operating_region`, in the order of the axis.
        fuel: Their fuel power, (plant, time).
        on: Their on/off state, if any has one.
        committed: Plants that have one, (plant,).
        horizon: The steps.

    Returns:
        Electric power and heat of the plants with a region, (plant, time).
    """
    place = np.flatnonzero([bool(plant.operating_region) for plant in plants])
    shaped = [plant for plant in plants if plant.operating_region]
    regions = Axis(f"{room.kind}_region", np.array([plant.id for plant in shaped], dtype=np.str_))
    points = [point for plant in shaped for point in plant.operating_region]
    count = np.array([len(plant.operating_region) for plant in shaped])
    names = [f"{plant.id}/{rank}" for plant in shaped for rank in range(len(plant.operating_region))]
    owner, first = np.repeat(np.arange(place.size), count), np.cumsum(count) - count
    vertices, over = Axis(f"{room.kind}_vertex", np.array(names, dtype=np.str_)), (regions, horizon.axis)
    share = room.variable("vertex_share", (vertices, horizon.axis), 0.0, 1.0, doc="part of the vertex")

    def amount(field: str) -> Linear:
        return (share * profiles(points, field, horizon.steps)).nonzero().along(regions, owner)

    def power(name: str, doc: str) -> Linear:
        most = np.maximum.reduceat(profiles(points, f"{name}_mw", horizon.steps), first, axis=0)
        return room.variable(f"region_{name}_mw", over, 0.0, most, doc=doc)

    electric, heat = power("electric", "power given"), power("heat", "heat given")
    room.equal("region_electric", electric, amount("electric_mw"))
    room.equal("region_heat", heat, amount("heat_mw"))
    cells = place[:, None] * horizon.steps + np.arange(horizon.steps)
    room.equal("region_fuel", fuel.at(cells, over), amount("fuel_mw"))
    total, stated = share.along(regions, owner), np.broadcast_to(committed[place][:, None], (place.size, horizon.steps))
    if on is not None and stated.any():
        room.equal("region_shares", total, on.at(cells, over), present=stated)
    if not stated.all():
        room.at_most("region_shares_limit", total, 1.0, present=~stated)
    return electric.along(fuel.axes[0], place), heat.along(fuel.axes[0], place)


def extremes(points: Sequence[OperatingPoint], field: str, steps: int) -> tuple[FloatArray, FloatArray]:
    """The least and the largest of a field over the vertices, (time,) each."""
    found = profiles(points, field, steps)
    return found.min(axis=0), found.max(axis=0)
