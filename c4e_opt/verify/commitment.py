"""Commitment: the on/off state of CHPs, by the lengths of their runs in real hours.

Laws:
    <kind>_load_range          fuel lies between the least and the largest load while on, and is zero while off
    <kind>_commitment_balance  starting exactly in the step of a start, stopping exactly in the step of a stop;
                            all zero for units without any commitment rule
    <kind>_minimum_up_time     every run that ends within the horizon was long enough, its age before the
                            first step included
    <kind>_minimum_down_time   likewise every rest
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.findings import LAW
from c4e_opt.verify.fleet import Fleet

#: The state of units with any commitment rule.
BINARIES = ("on", "starting", "stopping")
#: Steps are whole seconds: a minimum time is kept when it is kept to the second.
_SECOND_HOURS = 0.51 / 3600


def committed(fleet: Fleet) -> FloatArray:
    """1 for units with any commitment rule, else 0, (chp, 1)."""
    rules = fleet.number("minimum_load_ratio") * fleet.number("fuel_max_mw") + fleet.number("start_cost_eur")
    return np.sign(rules + fleet.number("minimum_up_hours") + fleet.number("minimum_down_hours"))


def load_range(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """The least and the largest fuel power given the state of the units, (chp, time)."""
    largest = fleet.number("fuel_max_mw")
    if not fleet.has("on"):
        return np.zeros(fleet.shape), np.broadcast_to(largest, fleet.shape)
    ruled, on = committed(fleet), fleet.answer("on")
    return ruled * on * fleet.number("minimum_load_ratio") * largest, np.where(ruled > 0, on, 1.0) * largest


def check(fleet: Fleet) -> None:
    """Check loads, states and run lengths.

    Args:
        fleet: The CHPs.
    """
    least, largest = load_range(fleet)
    fleet.within("load_range", "fuel_mw", largest, least)
    if not fleet.has("on"):
        return
    on, ruled = fleet.answer("on"), committed(fleet)
    state = np.concatenate([fleet.number("on_initially"), on], axis=1)
    step = state[:, 1:] - state[:, :-1]
    wrong = np.abs(fleet.answer("starting") - np.maximum(step, 0.0)) + np.abs(
        fleet.answer("stopping") - np.maximum(-step, 0.0)
    )
    idle = on + np.abs(fleet.answer("starting")) + np.abs(fleet.answer("stopping"))
    fleet.hold("commitment_balance", np.where(ruled > 0, wrong, np.abs(idle)), "1", tolerance=LAW)
    _run_lengths(fleet, np.where(ruled > 0, state, 0.0))


def _run_lengths(fleet: Fleet, state: FloatArray) -> None:
    """Find every change of state; what ended there must have lasted."""
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
    lasted = (starts[step] - begin) / 3600.0 + age
    was_on = running[unit, step]
    for law, field, ended in (
        ("minimum_up_time", "minimum_up_hours", was_on),
        ("minimum_down_time", "minimum_down_hours", ~was_on),
    ):
        missing = np.zeros(fleet.shape)
        missing[unit[ended], step[ended]] = (fleet.number(field)[unit, 0] - lasted)[ended]
        fleet.hold(law, missing, "h", tolerance=_SECOND_HOURS)
