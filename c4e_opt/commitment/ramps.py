"""Ramps: how fast the load of a unit may change, and how large it may be in the first and last step of a run.

Constraints, where the law can bind, with p the power, least and largest its limits while on, h hours:
    ramp_up_limit[u, t]
        without a state: p[t] - p[t-1] <= up[t]
        with one: p[t] - p[t-1] <= (up[t] + least[t-1]) * on[t] + (start[t] - up[t] - least[t-1]) * starting[t]
                                   - least[t-1] * on[t-1]
    ramp_down_limit[u, t]
        without a state: p[t-1] - p[t] <= down[t]
        with one: p[t-1] - p[t] <= (down[t] + least[t]) * on[t-1] + (stop[t-1] - down[t] - least[t]) * stopping[t]
                                   - least[t] * on[t]
    stop_ramp_limit[u, t]   where a run of one step is possible, besides the upper limit of the power
        p[t] <= largest[t] * on[t] - (largest[t] - stop[t]) * stopping[t+1] - max(0, stop[t] - start[t]) * starting[t]

Upper limit of the power, which the room writes:
    p[t] <= largest[t] * on[t] - (largest[t] - start[t]) * starting[t] - c * stopping[t+1],
    c = largest[t] - stop[t] where a run of one step is not possible, else max(0, start[t] - stop[t])

up[t] = ramp_up_ratio_per_hour[t] * rated * (h[t-1] + h[t]) / 2: power is the mean over a step, so it may change by what
the ramp allows between the middles of two steps. The step before the first is as long as the first; its load is
load_initially, and without one the first step is free of ramps. start[t] = start_ramp_ratio * rated and stop[t]
likewise, at most largest[t]; a start and a stop are not bound by the ramps. Nothing is known of the step past the
horizon.

Of units whose ramps bind their starts and stops (ramps_bind_starts) start[t] is at most least[t] + up[t] and
stop[t-1] at most least[t-1] + down[t]: their ramps count from the least load. In a first step that is free of ramps
start[t] is not bound so.

Source: two-period ramp inequalities of Damci-Kurt, Küçükyavuz, Rajan, Atamtürk (2016), Mathematical Programming 158,
https://doi.org/10.1007/s10107-015-0919-9; start and stop limits of Gentile, Morales-España, Ramos (2017), EURO J.
Computational Optimization 5, https://doi.org/10.1007/s13675-016-0066-y; both as collected by Knueven, Ostrowski, Watson
(2020), INFORMS J. Computing 32(4), https://doi.org/10.1287/ijoc.2019.0944. Here with limits that may differ from step
to step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment.three_binary import Commitment, CommitmentRules
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What binds the change of a power, in MW; (unit, time), or (unit, 1) where said."""

    up: FloatArray
    down: FloatArray
    start: FloatArray
    stop: FloatArray
    stop_only: FloatArray  # by the stop ramp alone, whatever the ramp down
    least: FloatArray
    largest: FloatArray
    before: FloatArray  # load in the step before the first, (unit, 1); NaN where nothing is known of it
    stop_before: FloatArray  # largest load in that step if the unit stops in the first, (unit, 1)
    hours: FloatArray  # of the steps, (time,)


def of(records: Sequence[Any], rated: FloatArray, least: FloatArray, largest: FloatArray, horizon: Horizon) -> Rates:
    """The rates of units.

    Args:
        records: Checked records, in the order of the axis.
        rated: Rated power, (unit, 1).
        least: Least power while on.
        largest: Largest power while on.
        horizon: The steps.
    """
    shape = (len(records), horizon.steps)
    least, largest = np.broadcast_to(least, shape), np.broadcast_to(largest, shape)
    up, down = (_part(records, f"ramp_{way}_ratio_per_hour", rated, horizon.steps) for way in ("up", "down"))
    apart = 0.5 * (horizon.hours + np.concatenate([horizon.hours[:1], horizon.hours[:-1]]))
    start, stop = (_part(records, f"{name}_ramp_ratio", rated) for name in ("start", "stop"))
    before = _part(records, "load_initially_ratio", rated)
    before = np.where(np.isinf(before), np.nan, before)
    up, down = up * apart, down * apart
    stop_only = np.minimum(stop, largest)
    start, last, stop_before = np.minimum(start, largest), stop_only, stop
    bound = np.array([[record.ramps_bind_starts] for record in records])
    if bound.any():
        known = np.ones(shape, dtype=np.bool_)
        known[:, :1] = ~np.isnan(before)
        start = np.where(bound & known, np.minimum(start, least + up), start)
        down_next = np.concatenate([down[:, 1:], np.full((shape[0], 1), np.inf)], axis=1)
        last = np.where(bound, np.minimum(stop_only, least + down_next), stop_only)
        stop_before = np.where(bound, np.minimum(stop, least[:, :1] + down[:, :1]), stop)
    return Rates(
        up=up,
        down=down,
        start=start,
        stop=last,
        stop_only=stop_only,
        least=least,
        largest=largest,
        before=before,
        stop_before=stop_before,
        hours=horizon.hours,
    )


def _part(records: Sequence[Any], field: str, rated: FloatArray, steps: int = 1) -> FloatArray:
    """A ratio of every unit times its rated power, (unit, steps); infinite where the record has none."""
    ratio = np.empty((len(records), steps))
    for row, record in enumerate(records):
        ratio[row] = getattr(record, field)
    return np.where(np.isnan(ratio), np.inf, ratio * rated)


@dataclass(frozen=True, slots=True)
class StopLimit:
    """The second limit of a power whose run may last one step only, as `stop_ramp_limit` writes it; (unit, time)."""

    largest_mw: Linear
    surely_mw: Linear  # the smaller of both limits, and below both in runs of one step: start + stop - largest
    present: BoolArray  # where it holds; elsewhere it says nothing, and `surely_mw` is the first limit


def limits(
    rates: Rates, stop: FloatArray, state: Commitment, rules: CommitmentRules
) -> tuple[Linear, Linear, StopLimit | None]:
    """The least and the largest power given the state; the start and stop ramps are part of the largest.

    Args:
        rates: Rates of the power.
        stop: Largest power in the last step of a run, one of those of the rates.
        state: The on/off state.
        rules: What binds it.

    Returns:
        Both, and the second limit of the largest, where runs of one step make one; None where they never do.
    """
    start, largest = rates.start, rates.largest
    alone = rules.minimum_up_hours < rates.hours * (1 + 1e-9)  # a run of one step is possible
    after_start = np.where(rules.committed, largest - start, 0.0)
    before_stop = np.where(rules.committed, np.where(alone, np.maximum(start - stop, 0.0), largest - stop), 0.0)
    before_stop[:, -1] = 0.0
    most = state.on * largest
    if after_start.any() or before_stop.any():
        most = most - (state.starting * after_start + state.stopping.following() * before_stop).nonzero()
    stops_alone = alone & rules.committed & (start < largest) & (stop < largest)
    stops_alone[:, -1] = False
    least = state.on * rates.least
    if not stops_alone.any():
        return least, most, None
    kept = state.stopping.following() * (largest - stop) + state.starting * np.maximum(stop - start, 0.0)
    second = state.on * largest - kept.nonzero()
    more = np.where(stops_alone, largest - stop - before_stop, 0.0)
    return least, most, StopLimit(second, most - (state.stopping.following() * more).nonzero(), stops_alone)


def formulate(room: Room, power: Linear, rates: Rates, state: Commitment | None, with_state: BoolArray) -> None:
    """Add the ramps of all units at once, in the steps in which they can bind.

    Args:
        room: The room of the units.
        power: Their power, (unit, time).
        rates: Its rates.
        state: Their on/off state, if any unit has one.
        with_state: Units that have one, (unit, 1).
    """
    more, rises = rise(power, rates, state, with_state)
    if rises.any():
        room.at_most("ramp_up_limit", -more, present=rises)
    largest = _one_step_later(rates.largest, rates.before)
    falls = _known(rates) & (rates.down < largest - rates.least)
    if not falls.any():
        return
    down = np.where(falls, rates.down, 0.0)
    most = Linear(power.axes, constant=np.where(with_state, 0.0, down))
    if state is not None:
        was_on = state.was_on * with_state.astype(np.float64)
        stop = _one_step_later(rates.stop, np.minimum(rates.stop_before, rates.before))
        most = most + was_on * (down + rates.least) + state.stopping * (stop - down - rates.least)
        most = most - state.on * rates.least
    fall = power.previous(np.nan_to_num(rates.before)) - power
    room.at_most("ramp_down_limit", fall, most.nonzero(), present=falls)


def rise(power: Linear, rates: Rates, state: Commitment | None, with_state: BoolArray) -> tuple[Linear, BoolArray]:
    """By how much more powers could rise from the step before, and where that can bind, (unit, time).

    Args:
        power: The powers.
        rates: Their rates.
        state: Their on/off state, if any unit has one.
        with_state: Units that have one, (unit, 1).
    """
    least = _one_step_later(rates.least, rates.before)
    rises = _known(rates) & (rates.up < rates.largest - least)
    up = np.where(rises, rates.up, 0.0)
    most = Linear(power.axes, constant=np.where(with_state, 0.0, up))
    if state is not None:
        was_on = state.was_on * with_state.astype(np.float64)
        most = most + state.on * (up + least) + state.starting * (rates.start - up - least) - was_on * least
    return most.nonzero() - (power - power.previous(np.nan_to_num(rates.before))), rises


def _known(rates: Rates) -> BoolArray:
    """Steps before which the load is known, (unit, time)."""
    known = np.ones(rates.largest.shape, dtype=np.bool_)
    known[:, :1] = ~np.isnan(rates.before)
    return known


def _one_step_later(limit: FloatArray, before: FloatArray) -> FloatArray:
    """What held one step earlier, (unit, time); in the first step what held before, 0 where nothing is known of it."""
    return np.concatenate([np.nan_to_num(before), limit[:, :-1]], axis=1)
