"""Part load: machines whose performance changes with their load, from the points that say so.

Between two points what comes out lies on a straight line, below the first on the line from nothing. Laws on the
segments of such a machine: see `verify.split_power`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import split_power
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.split_power import Split


def _corners(record: Any, rated: float) -> tuple[FloatArray, FloatArray]:
    """Loads of the corners of the curve, and what comes out there per unit of the performance."""
    load = rated * np.array([0.0] + [point.load_ratio for point in record.part_load])
    return load, load * np.array([0.0] + [point.performance_ratio for point in record.part_load])


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of segments, with its axes."""
    bent = any(len({point.performance_ratio for point in record.part_load}) > 1 for record in records)
    return split_power.more(kind, split=any(record.part_load for record in records), ordered=bent)


def labels(kind: str, records: Sequence[Any], _: Horizon) -> Mapping[str, Sequence[str]]:
    """The names of the segments."""
    return {f"{kind}_segment": [f"{record.id}/{place}" for record in records for place in range(len(record.part_load))]}


def splits(fleet: Fleet, quantity: str, rated: FloatArray) -> list[Split]:
    """The powers that are split, of machines with points.

    Args:
        fleet: The machines.
        quantity: What they take.
        rated: The largest of it, (component, 1).
    """
    curves: list[tuple[int, split_power.Curve]] = []
    for row, record in enumerate(fleet.records):
        if record.part_load:
            load, out = _corners(record, float(rated[row, 0]))
            steps = zip(np.diff(load).tolist(), np.diff(out).tolist(), strict=True)
            curves.append((row, tuple((width, rise / width if width else 0.0) for width, rise in steps)))
    return split_power.of(fleet, quantity, curves)


def worked(fleet: Fleet, quantity: str, parts: Sequence[Split]) -> FloatArray:
    """What comes out per unit of the performance of the step, (component, time)."""
    out = fleet.answer(quantity).copy()
    for part in parts:
        out[part.row] = part.total()
    return out


def slopes(fleet: Fleet, parts: Sequence[Split]) -> tuple[FloatArray, FloatArray]:
    """What the next and the last MWh taken give, in units of the performance, (component, time)."""
    following, last = np.ones(fleet.shape), np.ones(fleet.shape)
    for part in parts:
        following[part.row], last[part.row] = part.slopes()
    return following, last


def load_that_gives(fleet: Fleet, rated: FloatArray, amount: FloatArray) -> FloatArray:
    """The load at which so much comes out per unit of the performance, at most the rated one, (component, time)."""
    found = np.minimum(amount, rated)
    for row, record in enumerate(fleet.records):
        if record.part_load:
            load, out = _corners(record, float(rated[row, 0]))
            found[row] = np.interp(amount[row], out, load)
    return found
