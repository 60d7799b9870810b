"""Piecewise attributes: points of a curve over the power, as parts of the nominal power, into segments with a slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa.reading import Reading


@dataclass(frozen=True, slots=True)
class Curve:
    """What a power amounts to, segment by segment from zero."""

    widths: tuple[float, ...]  # MW
    slopes: tuple[float, ...]
    least: float  # the curve holds between these parts of the nominal power
    largest: float


def points_of(reading: Reading, row: Row, attribute: str) -> FloatArray | None:
    """The points of a piecewise attribute of a component, (breakpoint, 2); None where it has none."""
    name = row.place.partition(".")[0]
    points = reading.file.piecewise.get((name, attribute), {}).get(row.name)
    return points if points is not None and len(points) else None


def cost_curve(reading: Reading, row: Row, scale: float) -> Curve | None:
    """The marginal cost: what is named at a breakpoint holds on the way to it; before the first one it costs nothing.

    Args:
        reading: The reading.
        row: The component.
        scale: Power that we steer per power that PyPSA steers.
    """
    points = points_of(reading, row, "marginal_cost")
    return None if points is None else _curve(reading, row, "marginal_cost", points[:, 0], points[1:, 1], 0.0, scale)


def efficiency_curve(reading: Reading, row: Row, attribute: str, scale: float) -> Curve | None:
    """An efficiency or rate: a point says what the power there is multiplied by; straight between what follows."""
    points = points_of(reading, row, attribute)
    return None if points is None else _amounts(reading, row, attribute, points[:, 0] * points[:, 1], scale)


def fuel_curve(reading: Reading, row: Row, scale: float) -> Curve | None:
    """What a generator burns: its power divided by its efficiency at every point."""
    points = points_of(reading, row, "efficiency")
    if points is None:
        return None
    power, efficiency = points[:, 0], points[:, 1]
    amounts = np.divide(power, efficiency, out=np.zeros_like(power), where=efficiency != 0)
    return _amounts(reading, row, "efficiency", amounts, scale)


def _amounts(reading: Reading, row: Row, attribute: str, amounts: FloatArray, scale: float) -> Curve:
    points = points_of(reading, row, attribute)
    assert points is not None
    places = points[:, 0]
    slopes = np.diff(amounts) / np.where(np.diff(places) > 0, np.diff(places), 1.0)
    first = amounts[0] / places[0] if places[0] > 0 else 0.0
    if places[0] == 0 and amounts[0] != 0:
        reading.refuse(row, attribute, "gives something at no power")
    return _curve(reading, row, attribute, places, slopes, first, scale)


def _curve(
    reading: Reading, row: Row, attribute: str, places: FloatArray, slopes: FloatArray, first: float, scale: float
) -> Curve:
    size = row.number("p_nom")
    if row.flag("p_nom_extendable") or not np.isfinite(size) or places[0] < 0 or np.any(np.diff(places) <= 0):
        reading.refuse(row, attribute, "is piecewise below zero, with a jump, or of a size that is not known")
    charges = row.place.startswith("storage_units")  # their curves are over what they give alone
    if scale < 0 or (not charges and np.any(row.series("p_min_pu", 0.0, 1) < 0)):
        reading.refuse(row, attribute, "is piecewise of a power that may be negative")
    widths = np.diff(places)
    if places[0] > 0:
        widths, slopes = np.concatenate([places[:1], widths]), np.concatenate([[first], slopes])
    wide = tuple((widths * size * abs(scale)).tolist())
    return Curve(wide, tuple((slopes / abs(scale)).tolist()), float(places[0]), float(places[-1]))
