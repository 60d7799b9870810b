"""Cogeneration: what the case says of CHPs at fixed efficiencies, with segments of them, or with a region."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import commitment, regions
from c4e_opt.verify.filling import Profile
from c4e_opt.verify.fleet import Fleet

OUTPUTS = ("electric_efficiency", "heat_efficiency")


def profile(record: Any) -> Profile:
    """The segments of a CHP; none for one without."""
    parts = record.efficiency_segments
    rates = [[getattr(part, name) for part in parts] for name in OUTPUTS]
    return Profile.up_to(record.fuel_max_mw, [part.fuel_mw for part in parts], rates, record.minimum_load_ratio)


def load(fleet: Fleet) -> commitment.Load:
    """The fuel power with its limits while on."""
    largest = fleet.number("fuel_max_mw") + np.zeros(fleet.shape)
    rated = fleet.number("fuel_max_mw")
    for row, record in enumerate(fleet.records):
        if record.operating_region:
            largest[row] = regions.corners(record, fleet.shape[1])[2].max(axis=0)
    rated = np.where(np.isnan(rated), largest.max(axis=1, keepdims=True), rated)
    return commitment.Load("fuel_mw", rated, fleet.number("minimum_load_ratio") * rated, largest)


def electric_range(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """The least and the largest electric power of every step, given the state of the units, (component, time)."""
    least, largest = commitment.load_range(fleet, load(fleet))
    low, high = (np.nan_to_num(fleet.number("electric_efficiency")) * each for each in (least, largest))
    runs = np.where(commitment.committed(fleet), fleet.answer("on"), 1.0) if fleet.has("on") else np.ones(fleet.shape)
    for row, record in enumerate(fleet.records):
        if record.operating_region:
            power = regions.corners(record, fleet.shape[1])[0]
            standing = 0.0 if not commitment.ruled(record) else power.min(axis=0)
            low[row], high[row] = runs[row] * standing, runs[row] * power.max(axis=0)
        elif record.efficiency_segments:
            low[row] = runs[row] * _electric(record, profile(record).least)
            high[row] = runs[row] * _electric(record, record.fuel_max_mw)
    return low, high


def largest_electric(record: Any, steps: int) -> FloatArray:
    """The largest electric power of a CHP, (time,)."""
    if record.operating_region:
        return regions.corners(record, steps)[0].max(axis=0)
    if record.efficiency_segments:
        return np.full(steps, _electric(record, record.fuel_max_mw))
    return np.full(steps, record.electric_efficiency * record.fuel_max_mw)


def _electric(record: Any, fuel: float) -> float:
    """The electric power of a CHP with segments at a fuel power."""
    segments = profile(record)
    powers = segments.widths * segments.efficiencies[0]
    return float(np.interp(fuel, np.append(0.0, np.cumsum(segments.widths)), np.append(0.0, np.cumsum(powers))))
