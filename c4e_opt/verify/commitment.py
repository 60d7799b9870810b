"""Commitment: on/off states by the lengths of their runs in real hours, loads, ramps and what starts cost.

Laws, of every kind whose components are units:
    <kind>_load_range          the load lies between the least and the largest while on, and is zero while off
    <kind>_commitment_balance  starting exactly in the step of a start, stopping exactly in the step of a stop;
                               all zero for units without a state
    <kind>_minimum_up_time     every run that ends within the horizon was long enough, its age before the
                               first step included
    <kind>_minimum_down_time   likewise every rest
    <kind>_ramp_limit          between two steps in which a unit is on, its load changes by no more than its ramps allow
                               from the middle of the one to the middle of the other; only where a unit has ramps
    <kind>_start_ramp_limit    in the first step of a run the load is no larger than allowed, in the last likewise; only
                               where a unit has such limits
                               likewise; of units whose ramps bind their starts and stops no larger above the least load
                               than the ramps allow from, or to, the step beside the run
    <kind>_always_on           on in every step; only where a unit must be
    <kind>_start_cost          every start costs what its rest before asks for; only where a unit has start tiers

A unit has a state when it has a least load, a cost of starting, stopping or running, a minimum up or down time, or a
limit of the load in the first or last step of a run; or when it is said to be switchable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import LAW
from c4e_opt.verify.fleet import Fleet

#: The state of units with any commitment rule.
BINARIES = ("on", "starting", "stopping")
#: Steps are whole seconds: a minimum time is kept when it is kept to the second.
_SECOND_HOURS = 0.51 / 3600
_POSITIVE = (
    "minimum_load_ratio",
    "start_cost_eur",
    "stop_cost_eur",
    "running_cost_eur_per_hour",
    "minimum_up_hours",
    "minimum_down_hours",
)
_GIVEN = ("start_ramp_ratio", "stop_ramp_ratio")


@dataclass(frozen=True, slots=True)
class Load:
    """The power of units that is bound by their state and ramps."""

    quantity: str  # name in the schedule, without the kind
    rated: FloatArray  # (component, 1)
    least: FloatArray  # while on, (component, time)
    largest: FloatArray  # while on, (component, time)


def ruled(record: Any) -> bool:
    """Whether a unit has any rule that needs an on/off state."""
    return (
        record.switchable
        or record.always_on
        or bool(record.start_costs)
        or any(getattr(record, rule) > 0 for rule in _POSITIVE)
        or any(getattr(record, rule) is not None for rule in _GIVEN)
    )


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of the states of a kind of unit, with its axes."""
    names = BINARIES if any(ruled(record) for record in records) else ()
    tiers = ("start_cost_eur",) if any(record.start_costs for record in records) else ()
    return dict.fromkeys((*names, *tiers), (kind, "time"))


def committed(fleet: Fleet) -> BoolArray:
    """Units with an on/off state, (component, 1)."""
    return np.array([[ruled(record)] for record in fleet.records])


def ramped(fleet: Fleet) -> BoolArray:
    """Units whose loads in different steps bind one another, (component, 1)."""
    names = ("ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour")
    return np.array([[any(getattr(record, name) is not None for name in names)] for record in fleet.records])


def load_range(
    fleet: Fleet, load: Load, *, stop_ramp: bool = True, stop_fall: bool = True
) -> tuple[FloatArray, FloatArray]:
    """The least and the largest load of every step given the state of the units, ramps aside, (component, time).

    Args:
        fleet: The units.
        load: Their load.
        stop_ramp: Whether the stop ramp counts.
        stop_fall: Whether the ramp down counts in the last step of a run, of units whose ramps bind starts and stops.
    """
    least, largest = np.broadcast_to(load.least, fleet.shape), np.broadcast_to(load.largest, fleet.shape)
    if not fleet.has("on"):
        return least, largest
    runs = np.where(committed(fleet), fleet.answer("on"), 1.0)
    first, last = _first_steps(fleet), _last_steps(fleet)
    most = largest
    for at, name in ((first, "start_ramp_ratio"), (last & stop_ramp, "stop_ramp_ratio")):
        allowed = fleet.number(name) * load.rated
        most = np.where(at & ~np.isnan(allowed), np.minimum(most, allowed), most)
    rise, fall = _by_ramps(fleet, load)
    most = np.where(first & ~np.isnan(rise), np.minimum(most, least + rise), most)
    if stop_fall:
        following = np.concatenate([fall[:, 1:], np.full((fleet.shape[0], 1), np.nan)], axis=1)
        most = np.where(last & ~np.isnan(following), np.minimum(most, least + following), most)
    return runs * least, runs * most


def rise_left(fleet: Fleet, load: Load) -> FloatArray:
    """By how much more the load could be by the ramp up from the step before; infinite where none binds."""
    path, on_through, elapsed = _path(fleet, load)
    allowed = fleet.series("ramp_up_ratio_per_hour") * load.rated * elapsed
    left = allowed - (path[:, 1:] - path[:, :-1])
    return np.where(on_through & ~np.isnan(left), left, np.inf)


def _by_ramps(fleet: Fleet, load: Load) -> tuple[FloatArray, FloatArray]:
    """How far from the least load a start and a stop in each step may be by the ramps; nan where these do not bind."""
    _, _, elapsed = _path(fleet, load)
    bound = np.array([[record.ramps_bind_starts] for record in fleet.records])
    known = np.ones(fleet.shape, dtype=np.bool_)
    known[:, :1] = ~np.isnan(fleet.number("load_initially_ratio"))
    rise, fall = (fleet.series(f"ramp_{way}_ratio_per_hour") * load.rated * elapsed for way in ("up", "down"))
    return np.where(bound & known, rise, np.nan), np.where(bound & known, fall, np.nan)


def unramped(fleet: Fleet, load: Load) -> BoolArray:
    """Steps in which no ramp keeps the load where it is, (component, time): there its price can be judged alone."""
    free = np.ones(fleet.shape, dtype=np.bool_)
    if ramped(fleet).any():
        change, allowed = _changes_of_load(fleet, load)
        free = np.abs(change) < allowed - fleet.nothing
        free[:, :-1] &= free[:, 1:].copy()
    return free


def check(fleet: Fleet, load: Load) -> None:
    """Check loads, states, run lengths, ramps and the cost of starts.

    Args:
        fleet: The units.
        load: Their power.
    """
    _loads(fleet, load)
    if ramped(fleet).any():
        _ramps(fleet, load)
    if not fleet.has("on"):
        return
    state, has_state = _states(fleet), committed(fleet)
    always = np.array([[record.always_on] for record in fleet.records])
    if always.any():
        fleet.hold("always_on", np.where(always, 1.0 - fleet.answer("on"), 0.0), "1", tolerance=LAW)
    step = state[:, 1:] - state[:, :-1]
    wrong = np.abs(fleet.answer("starting") - np.maximum(step, 0.0)) + np.abs(
        fleet.answer("stopping") - np.maximum(-step, 0.0)
    )
    idle = fleet.answer("on") + np.abs(fleet.answer("starting")) + np.abs(fleet.answer("stopping"))
    fleet.hold("commitment_balance", np.where(has_state, wrong, np.abs(idle)), "1", tolerance=LAW)
    _run_lengths(fleet, np.where(has_state, state, 0.0))
    if fleet.has("start_cost_eur"):
        said, due = fleet.answer("start_cost_eur"), _cost_of_starts(fleet)
        tiers = np.array([[bool(record.start_costs)] for record in fleet.records])
        fleet.hold("start_cost", np.abs(said - np.where(tiers, due, 0.0)), "EUR", said, due)


def costs(fleet: Fleet, bill: Bill) -> None:
    """Add what starting, stopping and running cost, every step as often as it counts."""
    if not fleet.has("on"):
        return
    often = fleet.horizon.cost_hours / fleet.horizon.hours
    bill.add("start", _cost_of_starts(fleet) * often)
    stop_cost, running_cost = fleet.number("stop_cost_eur"), fleet.number("running_cost_eur_per_hour")
    if stop_cost.any():
        bill.add("stop", stop_cost * fleet.answer("stopping") * often)
    if running_cost.any():
        bill.add_energy("running", fleet.answer("on"), running_cost, fleet.horizon.cost_hours)


def _states(fleet: Fleet) -> FloatArray:
    """On or off before the first step and in every step, (component, 1 + time)."""
    return np.concatenate([fleet.number("on_initially"), fleet.answer("on")], axis=1)


def _first_steps(fleet: Fleet) -> BoolArray:
    """Steps in which a run begins."""
    runs = _states(fleet) > 0.5
    return runs[:, 1:] & ~runs[:, :-1]


def _last_steps(fleet: Fleet) -> BoolArray:
    """Steps in which a run ends within the horizon."""
    runs = fleet.answer("on") > 0.5
    ends = np.zeros(runs.shape, dtype=np.bool_)
    ends[:, :-1] = runs[:, :-1] & ~runs[:, 1:]
    return ends


def _loads(fleet: Fleet, load: Load) -> None:
    """Loads within their range; in the first and last step of a run within that of its law."""
    amount = fleet.answer(load.quantity)
    runs = np.where(committed(fleet), fleet.answer("on"), 1.0) if fleet.has("on") else 1.0
    fleet.within("load_range", load.quantity, runs * load.largest, runs * load.least)
    limited = [~np.isnan(fleet.number(name)) for name in _GIVEN]
    limited.append(np.array([[record.ramps_bind_starts] for record in fleet.records]))
    if fleet.has("on") and np.any(limited):
        _, most = load_range(fleet, load)
        most = np.where(_first_steps(fleet) | _last_steps(fleet), most, np.inf)
        beyond = np.where(np.isinf(most), 0.0, amount - np.where(np.isinf(most), 0.0, most))
        stopped = (_states(fleet)[:, :1] > 0.5) & (fleet.answer("on")[:, :1] < 0.5)
        before = fleet.number("load_initially_ratio") * load.rated
        least = np.broadcast_to(load.least, fleet.shape)[:, :1]
        for allowed in (fleet.number("stop_ramp_ratio") * load.rated, least + _by_ramps(fleet, load)[1][:, :1]):
            over = np.nan_to_num(before - allowed)
            beyond[:, :1] = np.where(stopped & (over > 0), np.maximum(beyond[:, :1], over), beyond[:, :1])
        fleet.hold("start_ramp_limit", beyond, "MW", amount)


def _ramps(fleet: Fleet, load: Load) -> None:
    """Changes of the load between steps in which a unit is on, the step before the first included where it is told."""
    change, allowed = _changes_of_load(fleet, load)
    fleet.hold("ramp_limit", np.abs(change) - allowed, "MW", fleet.answer(load.quantity))


def _changes_of_load(fleet: Fleet, load: Load) -> tuple[FloatArray, FloatArray]:
    """How the load changes from the step before while the unit is on, and by how much it may that way."""
    path, on_through, elapsed = _path(fleet, load)
    change = np.where(on_through, path[:, 1:] - path[:, :-1], 0.0)
    rise, fall = fleet.series("ramp_up_ratio_per_hour"), fleet.series("ramp_down_ratio_per_hour")
    allowed = np.where(change > 0, rise, fall) * load.rated * elapsed
    return change, np.where(on_through & ~np.isnan(allowed), allowed, np.inf)


def _path(fleet: Fleet, load: Load) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Loads from the step before the first on, steps in and before which a unit is on, hours between their middles."""
    steps = fleet.horizon.hours
    path = np.concatenate([fleet.number("load_initially_ratio") * load.rated, fleet.answer(load.quantity)], axis=1)
    runs = np.ones(path.shape, dtype=np.bool_)
    if fleet.has("on"):
        runs = (_states(fleet) > 0.5) | ~committed(fleet)
    on_through = runs[:, 1:] & runs[:, :-1] & ~np.isnan(path[:, :-1])
    middles = np.cumsum(steps) - 0.5 * steps
    return path, on_through, np.diff(middles, prepend=-0.5 * steps[0])


def _run_lengths(fleet: Fleet, state: FloatArray) -> None:
    """Find every change of state; what ended there must have lasted."""
    unit, step, lasted, was_on = _changes(fleet, state)
    for law, field, ended in (
        ("minimum_up_time", "minimum_up_hours", was_on),
        ("minimum_down_time", "minimum_down_hours", ~was_on),
    ):
        missing = np.zeros(fleet.shape)
        missing[unit[ended], step[ended]] = (fleet.number(field)[unit, 0] - lasted)[ended]
        fleet.hold(law, missing, "h", tolerance=_SECOND_HOURS)


def _changes(fleet: Fleet, state: FloatArray) -> tuple[Any, Any, FloatArray, BoolArray]:
    """Every change of state: unit, step, hours that the state before lasted with its age, whether it was on."""
    starts = fleet.horizon.starts
    running = state > 0.5
    unit, step = np.nonzero(running[:, 1:] != running[:, :-1])
    age = np.zeros(unit.size)
    begin = np.full(unit.size, fleet.horizon.start)
    if unit.size:
        same = unit[1:] == unit[:-1]
        begin[1:][same] = starts[step[:-1][same]]
        first = np.concatenate([[True], ~same])
        age[first] = fleet.number("hours_in_state_initially")[unit[first], 0]
    return unit, step, (starts[step] - begin) / 3600.0 + age, running[unit, step]


def _cost_of_starts(fleet: Fleet) -> FloatArray:
    """What the start in every step costs by the rest before it, (component, time)."""
    due = fleet.number("start_cost_eur") * fleet.answer("starting")
    if not any(record.start_costs for record in fleet.records):
        return due
    unit, step, rested, was_on = _changes(fleet, np.where(committed(fleet), _states(fleet), 0.0))
    begins = ~was_on
    for row, at, hours in zip(unit[begins], step[begins], rested[begins], strict=True):
        for tier in fleet.records[row].start_costs:
            if hours > tier.after_hours_off - _SECOND_HOURS:
                due[row, at] = tier.cost_eur
    return due
