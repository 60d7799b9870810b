"""Segments: a power split into parts that fill one after another, so that each can have a cost or an efficiency.

Variables, for every segment k of a split power r and step t:
    segment_mw[k, t]     its part in the segment, 0 <= . <= width[k]
    segment_full[k, t]   1 while the segment is full, binary; of all but the last, where the order must be kept

Constraints:
    segment_sum[r, t]      the power = sum of segment_mw over its segments
    segment_filled[k, t]   segment_mw[k] >= width[k] * segment_full[k]
    segment_order[k, t]    segment_mw[k] <= width[k] * segment_full[k-1]

Where a kind splits its power twice, the second split has a room, and so a first word, of its own.
Source: the incremental form of a piecewise linear function of Markowitz and Manne (1957), Econometrica 25(1),
https://doi.org/10.2307/1907744, which is exact whatever the order of the slopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.program import Linear, Room


def formulate(
    room: Room, whole: Linear, labels: Sequence[str], owner: NDArray[Any], widths: FloatArray, ordered: BoolArray,
    horizon: Horizon,
) -> Linear:  # fmt: skip
    """Split powers into segments.

    Args:
        room: The room of the powers, or one for a second split of them.
        whole: The powers, (row, time); rows without segments are left alone.
        labels: Names of the segments of all rows, those of a row behind one another.
        owner: Row of every segment.
        widths: Width of every segment.
        ordered: Rows whose segments do not fill in their order by themselves, (row,).
        horizon: The steps.

    Returns:
        The power in every segment, (segment, time).
    """
    over = (Axis(f"{room.kind}_segment", np.array(labels, dtype=np.str_)), horizon.axis)
    segment = room.variable("segment_mw", over, 0.0, widths[:, None], doc="power in the segment")
    split = np.isin(np.arange(whole.shape[0]), owner)[:, None]
    total = segment.along(whole.axes[0], owner)
    room.equal("segment_sum", whole, total, present=np.broadcast_to(split, whole.shape))

    some = np.flatnonzero((widths > 0) & ordered[owner])  # nothing waits for a segment without width
    followed = owner[some[:-1]] == owner[some[1:]]
    before, after = some[:-1][followed], some[1:][followed]
    if before.size:
        present = np.broadcast_to(np.isin(np.arange(widths.size), before)[:, None], segment.shape)
        full = room.variable(
            "segment_full", over, 0.0, 1.0, doc="1 while the segment is full", integral=True, present=present
        )
        room.at_least("segment_filled", segment, full * widths[:, None], present=present)
        next_, step = (Axis(over[0].name, over[0].labels[after]), horizon.axis), np.arange(horizon.steps)
        opened = full.at(before[:, None] * horizon.steps + step, next_) * widths[after][:, None]
        room.at_most("segment_order", segment.at(after[:, None] * horizon.steps + step, next_), opened)
    return segment
