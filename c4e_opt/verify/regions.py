"""Regions: plants that work at a point between the vertices of a region.

Laws, for kind = chp, where a plant has a region:
    <kind>_region_shares   no share is negative; together they are 1 while the plant is on and 0 while it is off, or at
                           most 1 for plants without an on/off state
    <kind>_region_point    fuel, power and heat are what the shares of the vertices amount to
    <kind>_region_price    the plant earns at the prices what the best of its vertices would, and standing still earns
                           nothing; not judged in steps in which a ramp holds its fuel
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify import commitment
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet

#: Of a vertex and of the plant: electric power, heat, fuel.
_AMOUNTS = ("electric_mw", "heat_mw", "fuel_mw")


@dataclass(frozen=True, slots=True)
class Region:
    """A plant with a region."""

    row: int  # among the components of its kind
    vertices: FloatArray  # power, heat and fuel of every vertex, (3, vertex, time)
    share: FloatArray  # (vertex, time)
    electric: FloatArray  # (time,)
    heat: FloatArray

    @property
    def largest(self) -> FloatArray:
        """The largest power, heat and fuel of any vertex, (3, time)."""
        return self.vertices.max(axis=1)

    @property
    def least(self) -> FloatArray:
        """The least of them."""
        return self.vertices.min(axis=1)


def corners(record: Any, steps: int) -> FloatArray:
    """Power, heat and fuel of the vertices of a plant, (3, vertex, time)."""
    return np.array(
        [[np.broadcast_to(getattr(point, name), steps) for point in record.operating_region] for name in _AMOUNTS]
    )


def of(fleet: Fleet) -> list[Region]:
    """The plants of a kind that have a region."""
    found: list[Region] = []
    begin = 0
    for row, record in enumerate(fleet.records):
        if record.operating_region:
            end, place = begin + len(record.operating_region), len(found)
            power = (fleet.answer(f"region_{name}")[place] for name in _AMOUNTS[:2])
            found.append(Region(row, corners(record, fleet.shape[1]), fleet.answer("vertex_share")[begin:end], *power))
            begin = end
    return found


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of regions, with its axes."""
    if not any(record.operating_region for record in records):
        return {}
    powers = {f"region_{name}": (f"{kind}_region", "time") for name in _AMOUNTS[:2]}
    return {"vertex_share": (f"{kind}_vertex", "time"), **powers}


def labels(kind: str, records: Sequence[Any]) -> Mapping[str, Sequence[str]]:
    """The labels of the axes of regions and vertices."""
    return {
        f"{kind}_region": [record.id for record in records if record.operating_region],
        f"{kind}_vertex": [f"{each.id}/{place}" for each in records for place, _ in enumerate(each.operating_region)],
    }


def check(fleet: Fleet, regions: Sequence[Region]) -> None:
    """Check shares and points.

    Args:
        fleet: The plants.
        regions: Those with a region.
    """
    if not regions:
        return
    shares: list[FloatArray] = []
    points: list[FloatArray] = []
    for region in regions:
        together = region.share.sum(axis=0)
        if commitment.ruled(fleet.records[region.row]):
            beyond = np.abs(together - fleet.answer("on")[region.row])
        else:
            beyond = together - 1.0
        shares.append(np.maximum(beyond, (-region.share).max(axis=0)))
        said = np.array([region.electric, region.heat, fleet.answer("fuel_mw")[region.row]])
        points.append(np.abs(said - (region.vertices * region.share).sum(axis=1)).max(axis=0))
    largest = np.array([region.largest.max(axis=0) for region in regions])
    fleet.hold("region_shares", np.array(shares), "1", name=_name(fleet, regions))
    fleet.hold("region_point", np.array(points), "MW", largest, name=_name(fleet, regions))


def prices(fleet: Fleet, regions: Sequence[Region], loss: FloatArray, earned: FloatArray, free: BoolArray) -> None:
    """Check that nobody regrets its point.

    Args:
        fleet: The plants.
        regions: Those with a region.
        loss: What a MWh of fuel costs, (component, time).
        earned: What a MWh of power and of heat earns, (2, component, time).
        free: Steps in which nothing but the region holds the fuel, (component, time).
    """
    if not regions:
        return
    missed: list[FloatArray] = []
    sizes: list[FloatArray] = []
    for region in regions:
        worth = np.array([*earned[:, region.row], -loss[region.row]])[:, None, :] * region.vertices
        best, does = worth.sum(axis=0).max(axis=0), (worth.sum(axis=0) * region.share).sum(axis=0)
        if commitment.ruled(fleet.records[region.row]):
            best = best * fleet.answer("on")[region.row]
        else:
            best = np.maximum(best, 0.0)
        missed.append(np.where(free[region.row], best - does, 0.0))
        sizes.append(np.abs(worth).sum(axis=0).max(axis=0))
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold(
        "region_price", np.array(missed), "EUR/h", np.array(sizes), tolerance=tolerance, name=_name(fleet, regions)
    )


def _name(fleet: Fleet, regions: Sequence[Region]) -> Callable[[int], str]:
    def name(place: int) -> str:
        return fleet.name(regions[place].row)

    return name
