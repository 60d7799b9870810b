"""Runs: when something is on, with how long its runs last, how long it rests between them, and how often it may run.

Variables, for every record r with such rules and every step t in which it may be on, both binary:
    on[r, t]         it is on during the step; a room may call it otherwise
    starting[r, t]   a run begins with the step

Constraints:
    run_start[r, t]           on[t] - on[t-1] <= starting[t]
    minimum_run_time[r, t]    sum of starting over the steps that start within the least run time up to t <= on[t]
    minimum_rest_time[r, t]   sum of starting over the steps k to t that start within the least rest <= 1 - on[k-1]
    longest_run_time[r, t]    on[t] <= sum of starting over the steps up to t that start at most the longest run time
                              before the end of t
    run_limit[r, t]           at the last step of each period: sum of starting over the period <= the most runs
Step t itself is always in its window of the first two sums, so that starting is 1 in the first step of a run and only
there. Before the first step nothing is on. Nothing binds past the horizon.

Source: turn-on inequalities of Rajan and Takriti (2005) in their form with two binaries, as collected by Knueven,
Ostrowski, Watson (2020), INFORMS J. Computing 32(4), https://doi.org/10.1287/ijoc.2019.0944; longest runs by the same
argument; here with windows in hours, so that steps may differ in length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """What binds the runs of records; arrays (record, 1) unless said."""

    possible: BoolArray  # steps in which it may be on, (record, time); nowhere for records without rules
    may_start: BoolArray  # steps in which a run may begin, (record, time)
    least_hours: FloatArray
    rest_hours: FloatArray
    longest_hours: FloatArray  # infinite where runs may last
    most_runs: FloatArray  # within each period; infinite where any number may
    period: IntArray  # number of the period of every step, never falling, (record, time)


@dataclass(frozen=True, slots=True)
class Runs:
    """The binaries of records with rules, (record, time); zero elsewhere."""

    on: Linear
    starting: Linear


def formulate(room: Room, records: Axis, rules: RunRules, horizon: Horizon, *, state: str, doc: str) -> Runs:
    """Add the runs of all records at once.

    Args:
        room: The room of the records.
        records: Their axis.
        rules: What binds them.
        horizon: The steps.
        state: Adjective for the binary that is 1 during a run.
        doc: What that binary says.
    """
    over = (records, horizon.axis)
    possible = rules.possible
    first = np.searchsorted(horizon.starts, horizon.ends - _seconds(rules.longest_hours), side="left")
    lasts = np.isfinite(rules.longest_hours) & possible
    never = lasts & (first > np.arange(horizon.steps))  # the step alone is longer than a run may be
    may_start = rules.may_start & ~never
    on = room.variable(state, over, 0.0, np.where(never, 0.0, 1.0), doc=doc, integral=True, present=possible)
    starting = room.variable(
        "starting", over, 0.0, may_start.astype(float), doc="1 when a run begins with the step", integral=True,
        present=possible,
    )  # fmt: skip
    before = on.previous(0.0)
    room.at_most("run_start", on - before, starting, present=possible)
    room.at_most(
        "minimum_run_time", starting.trailing_sum(horizon.since(rules.least_hours[:, 0])), on, present=possible
    )
    rest = horizon.since(rules.rest_hours[:, 0])
    row = np.arange(records.size)[:, None] * horizon.steps
    room.at_most("minimum_rest_time", starting.trailing_sum(rest) + before.at(row + rest, over), 1.0, present=possible)
    limited = lasts & ~never
    if limited.any():
        begun = starting.trailing_sum(np.where(limited, first, np.arange(horizon.steps)))
        room.at_most("longest_run_time", on, begun, present=limited)
    _count(room, starting, rules, horizon)
    return Runs(on, starting)


def _count(room: Room, starting: Linear, rules: RunRules, horizon: Horizon) -> None:
    """Limit the runs of every period in the row of its last step."""
    counted = np.isfinite(rules.most_runs) & rules.possible.any(axis=1, keepdims=True)
    if not counted.any():
        return
    steps = np.arange(horizon.steps)
    opens = np.ones(starting.shape, dtype=np.bool_)
    opens[:, 1:] = rules.period[:, 1:] != rules.period[:, :-1]
    first = np.maximum.accumulate(np.where(opens, steps, 0), axis=1)
    at_last = np.ones(starting.shape, dtype=np.bool_)
    at_last[:, :-1] = opens[:, 1:]
    at_last &= counted
    runs = starting.trailing_sum(np.where(at_last, first, steps))
    room.at_most("run_limit", runs, np.where(np.isfinite(rules.most_runs), rules.most_runs, 0.0), present=at_last)


def _seconds(hours: FloatArray) -> FloatArray:
    return np.where(np.isfinite(hours), np.rint(np.where(np.isfinite(hours), hours, 0.0) * 3600.0), 0.0)
