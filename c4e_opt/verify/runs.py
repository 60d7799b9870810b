"""Runs: how long something was on, how long it rested, and how often, by the lengths of its runs in real hours.

Laws, for kind = deferrable_load, interruptible_load:
    <kind>_starting      starting exactly in the first step of every run; nothing of records without rules
    <kind>_least_run     every run that ends before the last step it may have lasted long enough
    <kind>_longest_run   no run lasts longer than it may
    <kind>_rest          the time between two runs is long enough
    <kind>_run_count     no more runs begin within a period than may
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.verify.fleet import Fleet

#: Steps are whole seconds: a time is kept when it is kept to the second.
_SECOND_HOURS = 0.51 / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What runs must keep; arrays (component, 1) unless said."""

    ruled: BoolArray
    least_hours: FloatArray
    longest_hours: FloatArray
    rest_hours: FloatArray
    rested_hours: FloatArray  # before the first step
    most: FloatArray
    period: IntArray  # of every step, (component, time)
    until: FloatArray  # moment until which a run in the last step may go on, in seconds


def check(fleet: Fleet, state: str, rules: Rules) -> None:
    """Check the runs of one kind.

    Args:
        fleet: The components.
        state: The binary that is 1 during a run.
        rules: What runs must keep.
    """
    on, starting = fleet.answer(state), fleet.answer("starting")
    running = on > 0.5
    edge = np.zeros((fleet.shape[0], 1), dtype=np.int8)
    change = np.diff(np.concatenate([edge, running.astype(np.int8), edge], axis=1), axis=1)
    row, first = np.nonzero(change > 0)
    _, beyond = np.nonzero(change < 0)
    expected = np.zeros(fleet.shape)
    expected[row, first] = 1.0
    fleet.hold("starting", np.where(rules.ruled, np.abs(starting - expected), np.abs(on) + np.abs(starting)), "1")
    begin, end = fleet.horizon.starts[first], fleet.horizon.ends[beyond - 1]
    hours = (end - begin) / 3600.0
    possible_end = np.where(beyond == fleet.shape[1], np.maximum(end, rules.until[row, 0]), end)
    short = rules.least_hours[row, 0] - (possible_end - begin) / 3600.0
    if (rules.least_hours > 0).any():
        _note(fleet, "least_run", row, first, short)
    if np.isfinite(rules.longest_hours).any():
        _note(fleet, "longest_run", row, first, hours - rules.longest_hours[row, 0])
    again = np.zeros(row.size, dtype=np.bool_)
    again[1:] = row[1:] == row[:-1]
    rested = (begin - fleet.horizon.start) / 3600.0 + rules.rested_hours[row, 0]
    rested[1:][again[1:]] = ((begin[1:] - end[:-1]) / 3600.0)[again[1:]]
    _note(fleet, "rest", row, first, rules.rest_hours[row, 0] - rested)
    keys, count = np.unique(np.stack([row, rules.period[row, first]]), axis=1, return_counts=True)
    last = np.zeros(fleet.shape[0])
    np.maximum.at(last, keys[0], count)
    fleet.hold("run_count", last - rules.most[:, 0], "1")


def _note(fleet: Fleet, law: str, row: IntArray, step: IntArray, missing: FloatArray) -> None:
    found = np.full(fleet.shape, -np.inf)
    found[row, step] = missing
    fleet.hold(law, found, "h", tolerance=_SECOND_HOURS)
