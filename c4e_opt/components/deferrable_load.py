"""Deferrable load: energy that is wanted within a window, whenever it suits, such as pumping, cooling or a dryer.

Variables, for every deferrable load d and step t that overlaps its window:
    power_mw[d, t]     power taken from the bus, mean over the step, 0 <= . <= power_max_mw * share within the window
    unserved_mwh[d]    energy wanted but not taken, 0 <= . <= energy_needed_mwh
    on[d, t], starting[d, t]   see `commitment.runs`; of loads with any rule on runs

Constraints:
    run_start, minimum_run_time, minimum_rest_time, run_limit   see `commitment.runs`
    power_upper_limit[d, t]   power_mw <= power_max_mw * share * on, of loads with such rules
    power_lower_limit[d, t]   power_mw >= power_min_mw * share * on
    energy_needed[d]          sum of power_mw * hours + unserved_mwh >= energy_needed_mwh
    energy_limit[d]           sum of power_mw * hours <= energy_max_mwh, as much as is needed when absent

A load that is not interruptible takes its energy in one run. Runs that must last for minimum_up_hours begin early
enough to end within the window; a window that outlasts the horizon owes its energy by the end of the horizon.

Objective, term `unserved`: unserved_value * unserved_mwh, as often as the time of the window counts in costs.

Not modelled: runs that began before the horizon, windows that recur, power in steps.
Source: own definition; the window of an energy need as in EV sessions without a battery, runs as in unit commitment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import runs
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, fleet, scalars
from c4e_opt.fields import bus, count, flag, identity, moment, number, party, record
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class DeferrableLoad:
    """Energy that is wanted within a window, whenever it suits."""

    id: str = identity(doc="Name of the load.")
    bus: str = bus(doc="Bus that serves it.")
    owner: str = party(doc="Party that pays for the energy.")
    earliest: int = moment(doc="When it may begin.")
    latest: int = moment(doc="When its energy must be there.")
    energy_needed_mwh: Any = number(unit="MWh", minimum=0, doc="Energy wanted within the window.")
    energy_max_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Most energy taken; as much as is needed when absent."
    )
    power_max_mw: Any = number(unit="MW", minimum=0, doc="Largest power.")
    power_min_mw: Any = number(
        unit="MW", minimum=0, default=0.0, doc="Least power while on; above 0 where there are rules on runs."
    )
    interruptible: bool = flag(default=True, doc="Whether it may pause; else it takes its energy in one run.")
    minimum_up_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Once started, runs at least so long.")
    minimum_down_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Once stopped, pauses at least so long.")
    starts_max: int = count(default=0, doc="Most runs; 0: any number.")
    unserved_value_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=10_000.0, doc="Cost of every MWh that is missing at the end of the window."
    )


def check(path: str, load: DeferrableLoad, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one load; nothing, when it may be formulated."""
    horizon, units = context.horizon, context.units
    if load.latest <= load.earliest:
        yield Issue(f"{path}.latest", "range", "is not after the earliest moment; the window would be empty")
    elif load.latest <= horizon.start or load.earliest >= horizon.end:
        yield Issue(f"{path}.earliest", "horizon", "the window lies outside the horizon; drop it or move the horizon")
    yield from units.within(path, "power_min_mw", load.power_min_mw, 0, load.power_max_mw, "MW")
    if load.energy_max_mwh is not None and load.energy_max_mwh < load.energy_needed_mwh:
        message = f"is {units.say(load.energy_max_mwh, 'MWh')}, less than is needed, "
        message += units.say(load.energy_needed_mwh, "MWh")
        yield Issue(f"{path}.{units.name('energy_max_mwh', 'MWh')}", "range", message)
    ruled = [name for name in ("minimum_up_hours", "minimum_down_hours", "starts_max") if getattr(load, name) > 0]
    ruled += [] if load.interruptible else ["interruptible"]
    if ruled and load.power_min_mw == 0:
        message = f"is 0 MW; it must be above, as a run at no power would be none and {ruled[0]} would bind nothing"
        yield Issue(f"{path}.{units.name('power_min_mw', 'MW')}", "range", message)
    if not load.interruptible and load.starts_max > 1:
        yield Issue(
            f"{path}.starts_max", "range", f"is {load.starts_max} although interruptible is false; leave it out"
        )


def formulate(room: Room, loads: Sequence[DeferrableLoad], horizon: Horizon) -> Terms:
    """Add the variables and laws of all deferrable loads at once.

    Args:
        room: The room to write into.
        loads: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, negative: power leaves the bus.
    """
    units = fleet("deferrable_load", loads)
    over = (units, horizon.axis)
    earliest, latest = (scalars(loads, name)[:, 0].astype(np.int64) for name in ("earliest", "latest"))
    share = horizon.share(earliest, latest)
    open_ = share > 0
    power_max, power_min = share * scalars(loads, "power_max_mw"), share * scalars(loads, "power_min_mw")
    needed = scalars(loads, "energy_needed_mwh")[:, 0]
    power = room.variable("power_mw", over, 0.0, power_max, doc="power taken from the bus", present=open_)
    unserved = room.variable("unserved_mwh", over[:1], 0.0, needed, doc="energy wanted but not taken")

    rules = _rules(loads, share, latest, horizon)
    if rules.possible.any():
        run = runs.formulate(room, units, rules, horizon, state="on", doc="1 while the load runs")
        room.at_most("power_upper_limit", power, run.on * power_max, present=rules.possible)
        held = rules.possible & (power_min > 0)
        if held.any():
            room.at_least("power_lower_limit", power, run.on * power_min, present=held)
    row = np.repeat(np.arange(len(loads)), horizon.steps)
    energy = (power * horizon.hours).gather(over[:1], row)
    most = np.array([load.energy_needed_mwh if load.energy_max_mwh is None else load.energy_max_mwh for load in loads])
    room.at_least("energy_needed", energy + unserved, needed)
    room.at_most("energy_limit", energy, most)
    weight = (share * horizon.cost_hours).sum(axis=1) / (share * horizon.hours).sum(axis=1)
    room.minimise("unserved", unserved * (scalars(loads, "unserved_value_eur_per_mwh")[:, 0] * weight))
    return Terms(injections=(Injection(buses(loads), -power),))


def _rules(loads: Sequence[DeferrableLoad], share: FloatArray, latest: IntArray, horizon: Horizon) -> runs.RunRules:
    """What binds the runs of loads that have any such rule."""
    least, rest = scalars(loads, "minimum_up_hours"), scalars(loads, "minimum_down_hours")
    in_one = ~(scalars(loads, "interruptible") > 0)
    given = scalars(loads, "starts_max")
    most = np.where(in_one, 1.0, np.where(given > 0, given, np.inf))
    ruled = (scalars(loads, "power_min_mw") > 0) | (least > 0) | (rest > 0) | np.isfinite(most)
    possible = ruled & (share > 0)
    in_time = horizon.starts + np.rint(least * 3600) <= latest[:, None]
    return runs.RunRules(
        possible=possible,
        may_start=possible & in_time,
        least_hours=least,
        rest_hours=rest,
        longest_hours=np.full_like(least, np.inf),
        most_runs=most,
        period=np.zeros(possible.shape, dtype=np.int64),
    )
