"""Shiftable load: an appliance or a process with a fixed profile of power that may start sooner or later.

Variables, for every shiftable load a and step t at which a run may start, and every window w of a load:
    starting[a, t]   1 when a run starts with the step, binary; only where the whole run fits into a window
    skipped[w]       1 when the run of the window is left out, 0 <= . <= 1; only of loads with a value for that

Constraints:
    one_run[w]   sum of starting over the steps of the window + skipped = 1

The power of a load in step t is the sum over its starts s of starting[s] * the mean of its profile over the step, as it
runs from the begin of step s on: a phase may begin and end within a step, and no energy is lost to that.

A window reaches from earliest to latest; a run starts with a step that begins no earlier than the window and the
horizon, and ends no later than they do. Repeated daily, the window recurs at the same local time on every following day
as long as it ends within the horizon. Windows do not overlap.

Objective, term `unserved`: unserved_value * energy of the profile * skipped, as often as the time of the window counts
in costs.

Not modelled: runs that began before the horizon, pauses between phases, several runs in one window.
Source: the time-indexed formulation of non-preemptive jobs, one binary per start, as in Sousa, Wolsey (1992),
Mathematical Programming 54, https://doi.org/10.1007/BF01586059; its relaxation is tight for one load by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, buses, fleet
from c4e_opt.fields import bus, choice, identity, moment, number, parts, party, record
from c4e_opt.issues import Issue
from c4e_opt.local_time import days_later
from c4e_opt.program import Linear, Room


@record
class LoadPhase:
    """A stretch of a profile at one power."""

    hours: Any = number(unit="h", minimum=0, doc="How long it lasts.")
    power_mw: Any = number(unit="MW", minimum=0, doc="Power taken from the bus.")


@record
class ShiftableLoad:
    """A run of fixed power over time that may start sooner or later."""

    id: str = identity(doc="Name of the load.")
    bus: str = bus(doc="Bus that serves it.")
    owner: str = party(doc="Party that pays for the energy.")
    phases: tuple[LoadPhase, ...] = parts(LoadPhase, doc="The profile: its phases, one behind the other.")
    earliest: int = moment(doc="When a run may start.")
    latest: int = moment(doc="When it must have ended.")
    repeat: str = choice(
        "once", "daily", default="once", doc="Whether it runs once, or within every local day's window."
    )
    unserved_value_eur_per_mwh: Any = number(
        unit="EUR/MWh",
        minimum=0,
        default=None,
        doc="Cost of every MWh of a run that is left out; must run when absent.",
    )


@dataclass(frozen=True, slots=True)
class _Windows:
    """Windows of all loads, one behind the other, with the steps in which a run may start; arrays (window,)."""

    load: IntArray
    first: IntArray  # the first step in which a run may start
    beyond: IntArray  # the step after the last one
    last: IntArray  # the step after the last one that the window touches


def check(path: str, load: ShiftableLoad, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one load; nothing, when it may be formulated."""
    horizon = context.horizon
    length = _length(load)
    if not length:
        yield Issue(f"{path}.phases", "empty", "last no time at all; give the power of the run and how long it takes")
        return
    if load.latest - load.earliest < length:
        said = f"{(load.latest - load.earliest) / 3600:g} h"
        message = f"leaves {said} for a run of {length / 3600:g} h; make the window longer"
        yield Issue(f"{path}.latest", "range", message)
        return
    if load.repeat == "daily" and load.latest > days_later(load.earliest, 1, horizon.time_zone):
        yield Issue(
            f"{path}.latest", "range", "is more than a day after the earliest start; daily windows would overlap"
        )
        return
    windows = _windows([load], horizon)
    closed = np.flatnonzero(windows.beyond <= windows.first)
    if closed.size and (closed[0] == 0 or load.unserved_value_eur_per_mwh is None):
        which = f"the window of day {closed[0] + 1}" if load.repeat == "daily" else "the window"
        message = f"no step of the horizon begins {which} early enough for the run of {length / 3600:g} h to end in it"
        yield Issue(f"{path}.earliest", "horizon", f"{message}; move the window, or the horizon")


def formulate(room: Room, loads: Sequence[ShiftableLoad], horizon: Horizon) -> Terms:
    """Add the variables and laws of all shiftable loads at once.

    Args:
        room: The room to write into.
        loads: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, negative: power leaves the bus.
    """
    over = (fleet("shiftable_load", loads), horizon.axis)
    windows = _windows(loads, horizon)
    window = np.repeat(np.arange(windows.load.size), np.maximum(windows.beyond - windows.first, 0))
    step = windows.first[window] + _count(window)
    cell = windows.load[window] * horizon.steps + step
    present = np.zeros((len(loads), horizon.steps), dtype=np.bool_)
    present.flat[cell] = True
    starting = room.variable(
        "starting", over, 0.0, 1.0, doc="1 when a run starts with the step", integral=True, present=present
    )
    _runs(room, loads, windows, starting, (cell, window), horizon)
    power = _power(loads, starting, cell, horizon)
    return Terms(injections=(Injection(buses(loads), -power),))


def _runs(
    room: Room,
    loads: Sequence[ShiftableLoad],
    windows: _Windows,
    starting: Linear,
    starts: tuple[IntArray, IntArray],
    horizon: Horizon,
) -> None:
    """One run per window, unless it may be left out."""
    rows: list[int] = windows.load.tolist()
    places: list[int] = _count(windows.load).tolist()
    called = [f"{loads[row].id}/{place + 1}" for row, place in zip(rows, places, strict=True)]
    over = (Axis("shiftable_load_window", called),)
    cell, window = starts
    target = np.zeros(starting.cells, dtype=np.int64)
    target[cell] = window
    runs = starting.gather(over, target)
    given = [load.unserved_value_eur_per_mwh for load in loads]
    value = np.array([np.nan if each is None else each for each in given], dtype=np.float64)[windows.load]
    if not np.isnan(value).all():
        doc = "1 when the run of the window is left out"
        skipped = room.variable("skipped", over, 0.0, 1.0, doc=doc, present=~np.isnan(value))
        runs = runs + skipped
        energy = np.array([sum(phase.hours * phase.power_mw for phase in load.phases) for load in loads])
        counted = np.concatenate([[0.0], np.cumsum(horizon.cost_hours)])
        hours = np.concatenate([[0.0], np.cumsum(horizon.hours)])
        open_, close = windows.first, windows.last
        weight = (counted[close] - counted[open_]) / (hours[close] - hours[open_])
        room.minimise("unserved", skipped * (np.nan_to_num(value) * energy[windows.load] * weight))
    room.equal("one_run", runs, 1.0)


def _power(loads: Sequence[ShiftableLoad], starting: Linear, cell: IntArray, horizon: Horizon) -> Linear:
    """Power taken, (load, time): of every start its profile, as means over the steps that it runs in."""
    load, step = np.divmod(cell, horizon.steps)
    begin = horizon.starts[step]
    length = np.array([_length(each) for each in loads], dtype=np.int64)
    end = np.searchsorted(horizon.starts, begin + length[load], side="left")
    pair = np.repeat(np.arange(cell.size), end - step)
    at = step[pair] + _count(pair)
    # The energy of a run up to a moment, of all profiles at once: each stands on its own stretch of the axis.
    stretch = int(length.max()) + 1
    moments = np.concatenate([place * stretch + _moments(each) for place, each in enumerate(loads)])
    energies = np.concatenate([_energies(each) for each in loads])

    def energy_until(seconds: IntArray) -> FloatArray:
        within = np.clip(seconds - begin[pair], 0, length[load[pair]])
        return np.interp(load[pair] * stretch + within, moments, energies)

    mean = (energy_until(horizon.ends[at]) - energy_until(horizon.starts[at])) / horizon.hours[at]
    pairs = (Axis("run_and_step", np.arange(pair.size)),)
    power = starting.at(cell[pair], pairs) * mean
    return power.gather(starting.axes, load[pair] * horizon.steps + at)


def _windows(loads: Sequence[ShiftableLoad], horizon: Horizon) -> _Windows:
    spans = [(row, *span) for row, load in enumerate(loads) for span in _spans(load, horizon)]
    table: IntArray = np.array(spans, dtype=np.int64)
    owner, begin, end = table[:, 0], table[:, 1], table[:, 2]
    length = np.array([_length(load) for load in loads], dtype=np.int64)[owner]
    latest_start = np.minimum(end, horizon.end) - length
    first, last = (np.searchsorted(horizon.starts, side, side="left") for side in (begin, end))
    beyond = np.searchsorted(horizon.starts, latest_start, side="right")
    return _Windows(owner, first, beyond, last)


def _spans(load: ShiftableLoad, horizon: Horizon) -> list[tuple[int, int]]:
    """Begin and end of every window: the first one as given, and those that end within the horizon."""
    spans = [(load.earliest, load.latest)]
    while load.repeat == "daily":
        days = len(spans)
        span = tuple(days_later(at, days, horizon.time_zone) for at in (load.earliest, load.latest))
        if span[1] > horizon.end:
            break
        spans.append((span[0], span[1]))
    return spans


def _length(load: ShiftableLoad) -> int:
    """How long a run takes, in seconds."""
    return int(_moments(load)[-1])


def _moments(load: ShiftableLoad) -> IntArray:
    """Seconds from the start of a run to the begin of its phases and to its end."""
    hours = np.cumsum([0.0, *(phase.hours for phase in load.phases)])
    return np.rint(hours * 3600).astype(np.int64)


def _energies(load: ShiftableLoad) -> FloatArray:
    """Energy of a run at the same moments, in MWh."""
    power = np.array([phase.power_mw for phase in load.phases], dtype=np.float64)
    return np.concatenate([[0.0], np.cumsum(power * np.diff(_moments(load)) / 3600.0)])


def _count(group: IntArray) -> IntArray:
    """The place of every entry within its group of equal neighbours, from 0."""
    opens = np.ones(group.size, dtype=np.bool_)
    opens[1:] = group[1:] != group[:-1]
    place = np.arange(group.size)
    return place - np.maximum.accumulate(np.where(opens, place, 0)) if group.size else place
