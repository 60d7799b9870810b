"""Trajectories: how large the load of a unit, or a part of it, can be some steps after a start and before a stop.

Limits, of every part k of the load of a unit u from a floor up, with width w, and step t; the whole load has floor 0:
    upper_limit, segment_limit
        part[t] <= w[t] * on[t] - sum over s in W(t) of (w[t] - R[s, t]) * starting[s] - c[t] * stopping[t+1]
    stop_ramp_limit, segment_stop_limit   where it says more than the first
        part[t] <= w[t] * on[t] - sum over s in W(t) and W(t+1) of (w[t] - R[s, t]) * starting[s]
                   - sum over the other s in W(t) of max(0, Q[t] - R[s, t]) * starting[s]
                   - (w[t] - Q[t]) * stopping[t+1]

W(t) are the steps that start within minimum_up_hours up to t: of these at most one has a start, and the unit is on
since. R[s, t] is what the part can be in t after a start in s: start[s] and the ramps up since, less the floor, within
[0, w]; Q[t] likewise in the last step of a run, by its stop ramp. c[t] is the least of max(0, R[s, t] - Q[t]) over the
s in W(t) but not in W(t+1), from which a run may end after t; w[t] - Q[t] where there is none.

Source: trajectories of Pan and Guan (2016), Operations Research 64(6), https://doi.org/10.1287/opre.2016.1520, for
starts with a stop, of Gentile, Morales-España, Ramos (2017), EURO J. Computational Optimization 5,
https://doi.org/10.1007/s13675-016-0066-y, for runs of one step, and for segments of cost of Knueven, Ostrowski, Watson
(2020), INFORMS J. Computing 32(4), https://doi.org/10.1287/ijoc.2019.0944, which collects all; here with steps that may
differ in length, and lifted coefficients by the same argument.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.commitment.ramps import Rates
from c4e_opt.commitment.three_binary import Commitment, CommitmentRules
from c4e_opt.program import Linear

#: Powers that differ by less, in MW, are the same.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of the loads of units, each from a floor up."""

    axis: Axis | None  # that of the units when None
    unit: IntArray  # (part,)
    floor_mw: FloatArray  # (part, time)
    width_mw: FloatArray  # (part, time)


@dataclass(frozen=True, slots=True)
class Limits:
    """What parts may be given the state, (part, time)."""

    first_mw: Linear
    second_mw: Linear | None
    present: BoolArray  # where the second says more


def whole(rates: Rates) -> Parts:
    """The whole loads of all units."""
    units = int(rates.largest.shape[0])
    return Parts(None, np.arange(units), np.zeros(rates.largest.shape), rates.largest)


def limits(
    parts: Parts, rates: Rates, stop: FloatArray, state: Commitment, rules: CommitmentRules, horizon: Horizon
) -> Limits:
    """The largest that parts of loads may be.

    Args:
        parts: The parts.
        rates: Rates of the loads.
        stop: Largest load in the last step of a run, one of those of the rates.
        state: The on/off state of the units.
        rules: What binds it.
        horizon: The steps.
    """
    unit, floor, width = parts.unit, parts.floor_mw, parts.width_mw
    steps = horizon.steps
    over = (parts.axis or state.on.axes[0], horizon.axis)
    first = horizon.since(rules.minimum_up_hours[:, 0])
    cell, begin, largest = _starts(parts, rates, rules, first)
    row, step = np.divmod(cell, steps)
    reached = np.clip(largest - floor[row, step], 0.0, width[row, step])
    below = reached < width[row, step] - _SAME
    cell, begin, reached, row, step = cell[below], begin[below], reached[below], row[below], step[below]

    last = np.clip(stop[unit] - floor, 0.0, width)
    last[:, -1] = width[:, -1]  # nothing is known of the step past the horizon
    last = np.where(rules.committed[unit], last, width)
    before_stop: FloatArray = width - last
    following = np.full(first.shape, steps, dtype=np.int64)
    following[:, :-1] = first[:, 1:]
    ends = begin < following[unit[row], step]  # a run from there may end after the step
    spare = np.maximum(reached - last[row, step], 0.0)
    least = before_stop.copy().ravel()
    np.minimum.at(least, cell[ends], spare[ends])
    least = least.reshape(before_stop.shape)

    at = unit[:, None] * steps + np.arange(steps)
    starts = state.starting.at(unit[row] * steps + begin, (Axis("start", np.arange(len(row))),))
    stops = state.stopping.following().at(at, over)
    most = state.on.at(at, over) * width

    def less(starting: FloatArray, stopping: FloatArray) -> Linear:
        return most - (starts * starting).gather(over, cell).nonzero() - (stops * stopping).nonzero()

    missing = width[row, step] - reached
    says_more = before_stop > least + _SAME
    second = None
    if says_more.any():
        lifted = np.where(ends, np.maximum(last[row, step] - reached, 0.0), missing)
        second = less(lifted, before_stop)
    return Limits(less(missing, least), second, says_more)


def _starts(
    parts: Parts, rates: Rates, rules: CommitmentRules, first: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Every cell of a part, every step in which a run may have begun that limits it, and the load reached since."""
    steps = first.shape[1]
    back: IntArray = np.arange(steps, dtype=np.int64) - first + 1
    lengths = np.where(rules.committed, back, 0)
    size = lengths.ravel()
    opens = np.cumsum(size) - size
    place = np.repeat(np.arange(size.size), size)
    begin = np.arange(place.size) - opens[place] + first.ravel()[place]
    unit, step = np.divmod(place, steps)
    rises = np.cumsum(np.minimum(rates.up, 1e9), axis=1)
    reached = rates.start[unit, begin] + rises[unit, step] - rises[unit, begin]
    binds = reached < rates.largest[unit, step] - _SAME
    unit, begin, step, reached = unit[binds], begin[binds], step[binds], reached[binds]
    if parts.axis is None:
        return unit * steps + step, begin, reached
    count = np.bincount(unit, minlength=first.shape[0])
    opens = np.cumsum(count) - count
    size = count[parts.unit]
    part = np.repeat(np.arange(parts.unit.size), size)
    pair = opens[parts.unit][part] + np.arange(part.size) - (np.cumsum(size) - size)[part]
    return part * steps + step[pair], begin[pair], reached[pair]
