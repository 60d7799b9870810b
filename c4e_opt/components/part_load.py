"""Part load: what a machine gives for the power that it takes, where its performance changes with its load.

Variables: segment_mw, segment_full, see `components.segments`; of machines with points (load_ratio, performance_ratio)

Constraints: segment_sum, segment_filled, segment_order, see `components.segments`

At a load of load_ratio * rated the machine works at performance_ratio times its performance (COP, EER, efficiency) of
the step. Between two points what it gives runs straight from one to the other; below the first its performance is as
there. So the segment from point k-1 to point k is (load_ratio[k] - load_ratio[k-1]) * rated wide, and
    slope[k] = (performance_ratio[k] * load_ratio[k] - performance_ratio[k-1] * load_ratio[k-1])
               / (load_ratio[k] - load_ratio[k-1]),
    what it gives = performance * sum over k of slope[k] * segment_mw[k]

Segments fill in their order, with binaries wherever performances differ: exact whatever the order of the slopes, and
where it would pay to waste energy. What a machine gives rises with its load, so that a limit of it is one of the power
that it takes, and needs no row.

Not modelled: a shape of the curve that changes from step to step.
Source: a piecewise linear function in its incremental form, see `components.segments`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components import segments
from c4e_opt.fields import number, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class PartLoadPoint:
    """How well a machine works at a part of its load."""

    load_ratio: Any = number(unit="", minimum=0, maximum=1, doc="Load, as a part of the rated power; 1 at the last.")
    performance_ratio: Any = number(
        unit="", minimum=0, maximum=5, doc="Performance there, as a multiple of that of the step."
    )


def check(path: str, points: Sequence[PartLoadPoint]) -> Iterator[Issue]:
    """What is wrong with the points of one machine."""
    load, gives = 0.0, 0.0
    for place, point in enumerate(points):
        where = f"{path}.part_load[{place}]"
        if point.load_ratio <= load:
            message = (
                f"is {point.load_ratio:g}; it must be above {'that of the point before, ' if place else ''}{load:g}"
            )
            yield Issue(f"{where}.load_ratio", "order", message)
        elif point.load_ratio * point.performance_ratio <= gives:
            least = gives / point.load_ratio
            message = f"is {point.performance_ratio:g}; what it gives must rise with the load: more than {least:.4g}"
            yield Issue(f"{where}.performance_ratio", "order", message)
        load, gives = point.load_ratio, point.load_ratio * point.performance_ratio
    if points and load != 1:
        yield Issue(f"{path}.part_load[{len(points) - 1}].load_ratio", "range", f"is {load:g}; the last must be 1")


def formulate(room: Room, records: Sequence[Any], power: Linear, rated: FloatArray, horizon: Horizon) -> Linear:
    """What machines give per unit of the performance of the step.

    Args:
        room: The room of the machines.
        records: Checked records with `part_load`, in the order of the axis.
        power: What they take, (machine, time).
        rated: Their rated power, (machine, 1).
        horizon: The steps.

    Returns:
        The power itself for machines without points; over (machine, time).
    """
    curved = np.array([[bool(record.part_load)] for record in records])
    if not curved.any():
        return power
    shapes = [_shape(record.part_load) for record in records]
    owner = np.repeat(np.arange(len(records)), [widths.size for widths, _ in shapes])
    slopes = np.concatenate([slope for _, slope in shapes])
    segment = segments.formulate(
        room,
        power,
        [f"{record.id}/{rank}" for record in records for rank in range(len(record.part_load))],
        owner,
        np.concatenate([widths for widths, _ in shapes]) * rated[owner, 0],
        np.array([len({point.performance_ratio for point in record.part_load}) > 1 for record in records]),
        horizon,
    )
    straight = (power * np.where(curved, 0.0, 1.0)).nonzero()
    return straight + (segment * slopes[:, None]).along(power.axes[0], owner)


def largest(records: Sequence[Any], rated: FloatArray, most: FloatArray) -> FloatArray:
    """The largest power at which machines give no more than `most` per unit of their performance, (machine, time).

    Args:
        records: Checked records with `part_load`.
        rated: Their rated power, (machine, 1).
        most: What they may give, (machine, time); infinite where they may give anything.
    """
    found = np.minimum(rated, most)
    for row, machine in enumerate(records):
        if machine.part_load:
            widths, slopes = _shape(machine.part_load)
            loads = rated[row] * np.append(0.0, np.cumsum(widths))
            found[row] = np.interp(most[row], rated[row] * np.append(0.0, np.cumsum(widths * slopes)), loads)
    return found


def _shape(points: Sequence[PartLoadPoint]) -> tuple[FloatArray, FloatArray]:
    """Widths of the segments as parts of the rated power, and their slopes, (segment,) each."""
    loads = np.array([0.0, *(point.load_ratio for point in points)])
    gives = loads * np.array([0.0, *(point.performance_ratio for point in points)])
    widths = np.diff(loads)
    return widths, np.diff(gives) / widths
