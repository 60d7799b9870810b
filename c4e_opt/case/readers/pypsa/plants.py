"""Limits, unit commitment, ramps and sizes of generators, links and processes, in the words of our plants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa.curves import Curve
from c4e_opt.case.readers.pypsa.reading import Reading


def plant(reading: Reading, row: Row, word: str, scale: float, curves: Sequence[Curve | None] = ()) -> dict[str, Any]:
    """The fields of a plant.

    Args:
        reading: The reading.
        row: The component.
        word: First word of the fields of the steered power: power, input.
        scale: Power that we steer per power that PyPSA steers; negative where what PyPSA steers is taken from the bus.
        curves: Piecewise attributes, which hold within their breakpoints only.
    """
    said: dict[str, Any] = {}
    least, largest = _range(reading, row, curves)
    if row.flag("p_nom_extendable"):
        said |= _chosen_size(reading, row, abs(scale))
        low, high = (least, largest) if scale > 0 else (-largest, -least)
        said |= {f"{word}_max_ratio": high, f"{word}_min_ratio": low}
    else:
        size = _size(reading, row)
        ends = least * size * scale, largest * size * scale
        low, high = ends if scale > 0 else ends[::-1]
        low, high = _scheduled(reading, row, low, high, scale)
        said |= {f"{word}_max_mw": high, f"{word}_min_mw": low, "rated_mw": _rated(size * abs(scale), low, high)}
    fixed = row.series("p_set", np.nan, reading.steps)
    if not np.isnan(fixed).any():
        said[f"{word}_fixed_mw"] = fixed * scale * reading.active(row)
    elif row.says("p_set") and (row.flag("p_nom_extendable") or row.flag("committable")):
        reading.refuse(row, "p_set", "is given for some snapshots only of what is extendable or committable")
    rated = 1.0 if row.flag("p_nom_extendable") else said["rated_mw"] / max(_size(reading, row) * abs(scale), 1e-12)
    said |= _ramps(reading, row, scale, rated)
    if row.flag("committable"):
        if scale < 0:
            reading.refuse(row, "committable", "is true of a generator with a negative sign")
        reading.always(row)
        said |= _commitment(reading, row) | _edges(reading, row, rated)
    return said


def _range(reading: Reading, row: Row, curves: Sequence[Curve | None]) -> tuple[FloatArray, FloatArray]:
    """Least and largest power as parts of the nominal one, where the component is there."""
    least, largest = row.series("p_min_pu", 0.0, reading.steps), row.series("p_max_pu", 1.0, reading.steps)
    for curve in curves:
        if curve is not None:
            least, largest = np.maximum(least, curve.least), np.minimum(largest, curve.largest)
    there = reading.active(row)
    return least * there, largest * there


def _size(reading: Reading, row: Row) -> float:
    size = row.number("p_nom")
    if np.isfinite(size):
        return size
    if row.flag("committable") or any(row.says(f"ramp_limit_{way}") for way in ("up", "down")):
        reading.refuse(row, "p_nom", "is infinite of a component with unit commitment or ramps")
    return reading.plenty_mw()


def _rated(size: float, low: FloatArray, high: FloatArray) -> float:
    """The rated power; a part of p_nom may be above 1."""
    return max(size, float(high.max()), -float(low.min()))


def _chosen_size(reading: Reading, row: Row, rate: float) -> dict[str, Any]:
    """A capacity that is chosen, for every MW that we steer."""
    least, most = row.number("p_nom_min"), row.number("p_nom_max", np.inf)
    if np.isfinite(row.number("p_nom_set", np.nan)):
        least, most = max(least, row.number("p_nom_set")), min(most, row.number("p_nom_set"))
    if row.flag("committable") and not np.isfinite(most):
        most = _big_m(reading, row)
    said: dict[str, Any] = {
        "capacity_cost_eur_per_mw": reading.capital_cost(row) / rate,
        "capacity_min_mw": least * rate,
    }
    if np.isfinite(most):
        said["capacity_max_mw"] = most * rate
    if row.number("p_nom_mod"):
        said["capacity_module_mw"] = row.number("p_nom_mod") * rate
    return said


def _big_m(reading: Reading, row: Row) -> float:
    """PyPSA's own bound of a committable size without one: ten times the largest load or size of the list."""
    loads = [np.nan_to_num(load.series("p_set", 0.0, reading.steps)) for load in reading.file.of("loads")]
    found = [float(np.abs(np.sum(loads, axis=0)).max())] if loads else [0.0]
    for other in reading.file.rows[row.place.partition(".")[0]]:
        found += [other.number("p_nom"), other.number("p_nom_max", np.inf)]
    return 10.0 * max((size for size in found if np.isfinite(size) and size > 0), default=1e5)


def _scheduled(
    reading: Reading, row: Row, low: FloatArray, high: FloatArray, scale: float
) -> tuple[FloatArray, FloatArray]:
    """The limits, which are one number in snapshots with a given power while others are free."""
    fixed = row.series("p_set", np.nan, reading.steps) * scale
    given = ~np.isnan(fixed)
    if given.all() or not given.any():
        return low, high
    if np.any(fixed[given] > high[given] + 1e-9) or np.any(fixed[given] < low[given] - 1e-9):
        reading.refuse(row, "p_set", "lies outside the limits of its snapshot")
    return np.where(given, fixed, low), np.where(given, fixed, high)


def _limit(reading: Reading, row: Row, way: str, edge: str) -> FloatArray:
    """A ramp limit of every snapshot, (time,); infinite where there is none, 1 where only that of an edge is given."""
    limit = row.series(f"ramp_limit_{way}", np.nan, reading.steps)
    other = row.number(f"ramp_limit_{edge}", np.nan)
    limit = np.where(np.isnan(limit), np.inf if np.isnan(other) else 1.0, limit)
    return np.where(reading.period_starts(), np.inf, limit)


def _ramps(reading: Reading, row: Row, scale: float, rated: float) -> dict[str, Any]:
    """Ramps per hour between the middles of snapshots, of limits per snapshot in parts of p_nom."""
    hours = reading.hours
    apart = 0.5 * (hours + np.concatenate([hours[:1], hours[:-1]]))
    bounds = np.abs([row.series("p_min_pu", 0.0, reading.steps), row.series("p_max_pu", 1.0, reading.steps)])
    free = 2.0 * float(bounds.max()) + 1.0
    said: dict[str, Any] = {}
    for way, edge in (("up", "start_up"), ("down", "shut_down")):
        limit = _limit(reading, row, way, edge)
        if np.any(limit < free):
            ours = way if scale > 0 else ("down" if way == "up" else "up")
            said[f"ramp_{ours}_ratio_per_hour"] = np.minimum(limit, free) / apart / rated
    before = row.number("p_init", np.nan)
    if np.isfinite(before) and (said or row.flag("committable")):
        if row.flag("p_nom_extendable") or not row.number("p_nom"):
            reading.refuse(row, "p_init", "is given of an extendable component with ramps")
        else:
            said["load_initially_ratio"] = before / row.number("p_nom") / rated * np.sign(scale)
    return said


def _edges(reading: Reading, row: Row, rated: float) -> dict[str, Any]:
    """What PyPSA's ramps ask of the first and the last step of a run.

    Its limits are linear in the state, so that a start by less than the limit of a stop less that of a fall, or a stop
    from less than the limit of a start less that of a rise, is not possible either.
    """
    start, stop = row.number("ramp_limit_start_up", np.nan), row.number("ramp_limit_shut_down", np.nan)
    said: dict[str, Any] = {}
    for name, limit in (("start", start), ("stop", stop)):
        if np.isfinite(limit) and limit < rated:
            said[f"{name}_ramp_ratio"] = limit / rated
            if reading.period_starts().any():
                reading.refuse(row, f"ramp_limit_{'start_up' if name == 'start' else 'shut_down'}", "with periods")
    if row.flag("p_nom_extendable"):
        return said
    up, down = _limit(reading, row, "up", "start_up"), _limit(reading, row, "down", "shut_down")
    first = np.maximum((1.0 if np.isnan(stop) else stop) - down, 0.0) / rated
    last = np.maximum((1.0 if np.isnan(start) else start) - up, 0.0) / rated
    if first.any():
        said["start_load_min_ratio"] = first
    if last.any():
        said["stop_load_min_ratio"] = last
    return said


def _commitment(reading: Reading, row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"switchable": True, **_switching(reading, row)}
    said["running_cost_eur_per_hour"] = reading.constant(row, "stand_by_cost", 0.0)
    for ours, theirs in (("minimum_up_hours", "min_up_time"), ("minimum_down_hours", "min_down_time")):
        if row.number(theirs):
            said[ours] = row.number(theirs) * reading.even_hours(row, theirs)
    up, down = row.number("up_time_before", 1.0), row.number("down_time_before")
    said["on_initially"] = on = down == 0 and up > 0
    age = up if on else down
    said["hours_in_state_initially"] = age * float(reading.hours[0]) if age else 8760.0
    if not on:
        said["load_initially_ratio"] = None
    return said


def _switching(reading: Reading, row: Row) -> dict[str, Any]:
    """Costs of starts and stops, which PyPSA does not weigh."""
    weights = reading.horizon.weights
    said: dict[str, Any] = {}
    for ours, theirs in (("start_cost_eur", "start_up_cost"), ("stop_cost_eur", "shut_down_cost")):
        cost = reading.constant(row, theirs, 0.0)
        if cost and weights is not None and np.ptp(weights) > 1e-9:
            reading.refuse(row, theirs, "is not weighed by PyPSA, while the snapshots of this network differ in weight")
        said[ours] = cost / (1.0 if weights is None else float(weights[0]))
    return said
