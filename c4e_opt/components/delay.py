"""Delay: power that arrives later than it was sent, spread over the steps in which it arrives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.program import Linear


def arriving(sent: Linear, delay_hours: Sequence[float], cyclic: Sequence[bool], horizon: Horizon) -> Linear:
    """Mean power of what arrives in every step.

    What was sent over [start, end) of a step arrives over [start, end) + delay. Nothing was sent before the first step;
    past the horizon it is lost, or with `cyclic` begins again at the first step.

    Args:
        sent: Power sent, (output, time).
        delay_hours: Delay of every output.
        cyclic: Whether what is late for the horizon arrives at its begin, of every output.
        horizon: The steps.
    """
    seconds = np.rint(np.asarray(delay_hours, dtype=np.float64) * 3600.0).astype(np.int64)
    if not seconds.any():
        return sent
    length = horizon.end - horizon.start
    wraps = np.asarray(cyclic, dtype=np.bool_)
    late = np.where(wraps, seconds % length, seconds)
    row = np.concatenate([np.arange(late.size), np.flatnonzero(wraps & (late > 0))])
    shift = np.concatenate([late, late[wraps & (late > 0)] - length])
    pair, source, target, share = _overlaps(shift, horizon)
    cells = row[pair] * horizon.steps
    pieces = Axis("piece", np.arange(pair.size))
    arrived = sent.at(cells + source, (pieces,)) * share
    return arrived.gather(sent.axes, cells + target)


def _overlaps(
    shift: NDArray[np.int64], horizon: Horizon
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Pairs of a step and one that its shifted interval meets: row of the shift, both steps, share of the latter."""
    edges = np.append(horizon.starts, horizon.end)
    cuts = np.sort(np.concatenate([np.tile(edges, (shift.size, 1)), edges + shift[:, None]], axis=1), axis=1)
    begin, lasts = cuts[:, :-1], np.diff(cuts, axis=1)
    target = np.searchsorted(edges, begin, side="right") - 1
    source = np.searchsorted(edges, begin - shift[:, None], side="right") - 1
    inside = (target >= 0) & (target < horizon.steps) & (source >= 0) & (source < horizon.steps) & (lasts > 0)
    pair = np.nonzero(inside)[0]
    target, source = target[inside], source[inside]
    return pair, source, target, lasts[inside] / horizon.step_seconds[target]
