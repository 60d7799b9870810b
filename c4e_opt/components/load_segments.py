"""Load segments: the power of a plant split into parts with efficiencies of their own, filled in their order.

Variables, for every segment k of a plant's power and step t:
    segment_mw[k, t]        its part in the segment, see `components.segments`
    segment_left_mw[k, t]   what is left in the segment before, 0 <= . <= width[k-1]
    segment_closed[k, t]    1 while something may be left in the segment before, so that nothing is in this one; binary

Constraints:
    segment_sum[p, t]               see `components.segments`
    segment_minimum[k, t]           segment_mw[k] >= width[k] * on, of segments that end at or below the least load
    segment_left_balance[k, t]      segment_left_mw[k] + segment_mw[k-1] = width[k-1]
    segment_closed_limit[k, t]      segment_left_mw[k] <= width[k-1] * segment_closed[k]
    not_segment_closed_limit[k, t]  segment_mw[k] <= width[k] * (1 - segment_closed[k])

Segments below the least load are full whenever the plant is on and need nothing more. Where a later segment is better
in any way than one before, binaries keep the order in every step. Where none is, segments fill in their order by
themselves as long as fuel, power and heat are worth something; only in steps in which a solution leaves the order,
because waste pays, `solve` adds the binaries.

Source: the incremental form of a piecewise linear function, see `components.segments`; binaries only where a relaxation
is wrong, see `clearing.search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.components import segments
from c4e_opt.components.terms import Exclusive, never_both
from c4e_opt.program import Linear, Room

#: Rounding of widths written as decimals that may pass for the same power.
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The segments of one plant, in their order; none for a plant whose efficiency is the same at all loads."""

    widths: FloatArray  # MW, (segment,)
    gains: FloatArray  # what one more MW of the power brings, more being better, (gain, segment)


def curve(widths: Sequence[float], gains: Sequence[Sequence[float]], most: float | None) -> Curve:
    """The segments of a plant up to its largest power.

    Args:
        widths: Their widths.
        gains: What one more MW brings in each of them, a list for every way in which it could be better.
        most: Its largest power; None for a plant without segments.
    """
    ends = np.minimum(np.cumsum(np.array(widths, dtype=np.float64)), np.inf if most is None else most)
    return Curve(widths=np.diff(ends, prepend=0.0), gains=np.array(gains, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Split:
    """The power in the segments of all plants."""

    segment_mw: Linear  # (segment, time)
    owner: IntArray  # row of the plant of every segment
    exclusive: Exclusive | None  # a segment is empty while something is left in the one before


def formulate(
    room: Room, power: Linear, curves: Sequence[Curve], least: FloatArray, on: Linear | None, horizon: Horizon,
    closed: BoolArray | None,
) -> Split:  # fmt: skip
    """Split the powers of plants into their segments.

    Args:
        room: The room of the plants.
        power: The powers, (plant, time).
        curves: The segments of every plant.
        least: Least power while on, (plant, 1); 0 for plants without a state.
        on: Their on/off state, if any has one.
        horizon: The steps.
        closed: Cells that need a binary because a solution left the order there, (segment, time).
    """
    owner = np.repeat(np.arange(len(curves)), [curve.widths.size for curve in curves])
    rank = np.concatenate([np.arange(curve.widths.size) for curve in curves])
    widths = np.concatenate([curve.widths for curve in curves])
    names = [str(label) for label in power.axes[0].labels]
    segment = segments.formulate(
        room, power, [f"{names[row]}/{place}" for row, place in zip(owner, rank, strict=True)], owner, widths,
        np.zeros(len(curves), dtype=np.bool_), horizon,
    )  # fmt: skip
    always_full = np.concatenate([_below(curve, float(low)) for curve, low in zip(curves, least[:, 0], strict=True)])
    if on is not None and always_full.any():
        state = _rows(on, owner, segment) * widths[:, None]
        room.at_least("segment_minimum", segment, state, present=_cells(always_full, segment))
    follows, must = (np.concatenate(each) for each in zip(*map(_order, curves, least[:, 0]), strict=True))
    return Split(segment, owner, _keep_order(room, segment, widths, follows, must, closed))


def _keep_order(
    room: Room, segment: Linear, widths: FloatArray, follows: BoolArray, must: BoolArray, closed: BoolArray | None
) -> Exclusive | None:
    """Keep segments empty while something is left in the one before.

    Args:
        room: The room of the plants.
        segment: The power in the segments.
        widths: Their widths.
        follows: Segments that must wait for the one before.
        must: Those of them that need a binary in every step.
        closed: Cells that need one besides.
    """
    if not follows.any():
        return None
    previous = _previous(widths, follows)
    before = widths[previous][:, None]
    present = _cells(follows, segment)
    left = room.variable(
        "segment_left_mw", segment.axes, 0.0, before, doc="power left in the segment before", present=present
    )
    room.equal("segment_left_balance", left + _rows(segment, previous, segment), before, present=present)
    where = _cells(must, segment) | (np.zeros_like(present) if closed is None else present & closed)
    never_both(room, "segment_closed", (left, before), (segment, widths[:, None]), where)
    return Exclusive(
        f"{room.kind}_segment_left_mw", f"{room.kind}_segment_mw", f"{room.kind}_segment_closed", members=follows
    )


def _below(curve: Curve, least: float) -> BoolArray:
    """Segments that end at or below the least load, (segment,)."""
    return np.cumsum(curve.widths) <= least * (1 + _SAME) if least > 0 else np.zeros(curve.widths.size, dtype=np.bool_)


def _order(curve: Curve, least: float) -> tuple[BoolArray, BoolArray]:
    """Segments that must wait for the one before, and those whose waiting needs binaries, (segment,) each."""
    free = ~_below(curve, least) & (curve.widths > 0)
    follows = free & (np.cumsum(free) > 1)
    change = np.diff(curve.gains[:, free], axis=1)
    if not change.any():
        follows = np.zeros_like(free)
    return follows, follows & bool((change > 0).any())


def _previous(widths: FloatArray, follows: BoolArray) -> IntArray:
    """The segment before every segment that has to wait, of those with a width; itself elsewhere."""
    place = np.arange(widths.size)
    latest = np.maximum.accumulate(np.where(widths > 0, place, 0))
    return np.where(follows, np.roll(latest, 1), place)


def _cells(rows: BoolArray, segment: Linear) -> BoolArray:
    return np.broadcast_to(rows[:, None], segment.shape)


def _rows(expression: Linear, rows: IntArray, segment: Linear) -> Linear:
    """Rows of an expression over (row, time), over the axes of the segments."""
    steps = segment.shape[1]
    return expression.at(rows[:, None] * steps + np.arange(steps), segment.axes)
