"""Generators of an instance: thermal ones with costs, starts and the hours before the first, and profiled ones."""

from __future__ import annotations

import itertools
import math

import numpy as np

from c4e_opt.case.readers import piecewise
from c4e_opt.case.readers.json_document import Entry
from c4e_opt.case.readers.unit_commitment_jl.reading import Reading, listed
from c4e_opt.commitment.unit import StartTier
from c4e_opt.issues import unknown

#: What stands for a limit that an instance does not give, in MW.
_UNLIMITED = 1e6
#: Hours that a unit has been off about which an instance says nothing.
_LONG_OFF = 100.0


def thermal(reading: Reading, name: str, entry: Entry) -> None:
    """Make a unit with costs, starts, ramps and the hours before the first."""
    bus, points = reading.bus(entry), _points(entry)
    least, largest = points[0][0], points[-1][0]
    up, down = (entry.number(f"Ramp {way} limit (MW)", _UNLIMITED, minimum=0.0) for way in ("up", "down"))
    start = max(entry.number("Startup limit (MW)", _UNLIMITED, minimum=0.0), least)
    stop = entry.number("Shutdown limit (MW)", _UNLIMITED, minimum=0.0)
    if entry.says("Initial status (h)") != entry.says("Initial power (MW)"):
        entry.tell("Initial status (h)", "missing_field", "and Initial power (MW) must be given both, or neither")
    status = entry.number("Initial status (h)", -_LONG_OFF)
    before = entry.number("Initial power (MW)", 0.0, minimum=0.0)
    if status == 0 or (status < 0 and before > 1e-3):
        entry.tell("Initial status (h)", "conflict", f"is {status:g} with an initial power of {before:g} MW")
    if before > max(largest, least) * (1 + 1e-9):
        entry.tell("Initial power (MW)", "range", f"is {before:g}, above the largest power, {largest:g}")
    on = status > 0
    first, tiers = _starts(entry)
    must_run = _must_run(entry)
    for key in ("Maximum daily energy (MWh)", "Maximum daily starts"):
        if entry.raw(key) is not None:
            entry.refuse(key, "is not supported")
    given = listed(entry, "Commitment status")
    if any(each is not None for each in given):
        entry.refuse("Commitment status", "is given; a given commitment is not supported")
    _eligible(reading, name, entry)
    rated = max(largest, before) or 1.0
    reading.add(
        "generator",
        id=name,
        bus=bus,
        power_max_mw=largest,
        power_min_mw=least,
        rated_mw=rated,
        switchable=True,
        always_on=must_run,
        running_cost_eur_per_hour=points[0][1],
        cost_segments=piecewise.segments(points, largest),
        segments_above_minimum=True,
        ramps_bind_starts=True,
        ramp_up_ratio_per_hour=up / rated if up < _UNLIMITED else None,
        ramp_down_ratio_per_hour=down / rated if down < _UNLIMITED else None,
        start_ramp_ratio=start / rated if start < largest else None,
        stop_ramp_ratio=stop / rated if stop < largest else None,
        on_initially=on,
        hours_in_state_initially=abs(status),
        load_initially_ratio=min(before / rated, 1.0) if on else None,
        minimum_up_hours=entry.number("Minimum uptime (h)", 1.0, minimum=0.0),
        minimum_down_hours=entry.number("Minimum downtime (h)", 1.0, minimum=0.0),
        start_cost_eur=first,
        start_costs=tiers,
    )
    entry.done()


def _must_run(entry: Entry) -> bool:
    """Whether a unit must be on in every hour."""
    said = listed(entry, "Must run?")
    if all(each is True for each in said) or all(each is False for each in said):
        return bool(said) and said[0] is True
    entry.refuse("Must run?", "varies from hour to hour, or is neither true nor false")
    return False


def _points(entry: Entry) -> list[tuple[float, float]]:
    """The points of the cost curve, by rising power; slopes that fall are lifted to the one before."""
    powers = _flat(entry, "Production cost curve (MW)")
    costs = _flat(entry, "Production cost curve ($)")
    if len(powers) != len(costs) or not powers:
        message = f"has {len(costs)} costs for {len(powers)} powers; give one for each, and at least one"
        entry.tell("Production cost curve ($)", "length", message)
        return [(0.0, 0.0)]
    kept = [(powers[0], costs[0])]
    slope = -math.inf
    for place, (power, cost) in enumerate(zip(powers[1:], costs[1:], strict=True)):
        width = power - powers[place]
        if width < 0:
            entry.tell("Production cost curve (MW)", "order", "has powers that fall")
            return [(0.0, 0.0)]
        if width > 1e-9:
            slope = max(slope, (cost - costs[place]) / width)
            kept.append((power, kept[-1][1] + slope * width))
    if kept[0][0] < 0 or kept[0][1] < 0:
        entry.refuse("Production cost curve (MW)", "begins below 0 MW or 0 $; not supported")
        return [(0.0, 0.0)]
    return kept


def _flat(entry: Entry, key: str) -> list[float]:
    """Numbers of which each holds in every hour; a list in the list must not vary."""
    if any(isinstance(each, list) for each in listed(entry, key)):
        entry.refuse(key, "has points that vary from hour to hour")
        return []
    return entry.numbers(key)


def _starts(entry: Entry) -> tuple[float, tuple[StartTier, ...]]:
    """Cost of a start after the shortest rest, and those after longer ones; costs that fall are lifted."""
    costs = entry.numbers("Startup costs ($)", [0.0], minimum=0.0)
    delays = entry.numbers("Startup delays (h)", [1.0], minimum=0.0)
    rest = max(entry.number("Minimum downtime (h)", 1.0, minimum=0.0), 1.0)
    if len(costs) != len(delays) or not costs:
        message = f"has {len(delays)} delays for {len(costs)} costs; give one for each"
        entry.tell("Startup delays (h)", "length", message)
        return 0.0, ()
    if any(after <= delay for delay, after in itertools.pairwise(delays)):
        entry.tell("Startup delays (h)", "order", "must rise")
        return 0.0, ()
    if len(costs) > 1 and delays[0] > rest:
        entry.refuse("Startup delays (h)", f"begins at {delays[0]:g} h, after the shortest rest, {rest:g} h")
    costs = np.maximum.accumulate(costs).tolist()
    tiers = tuple(StartTier(after_hours_off=d, cost_eur=c) for d, c in zip(delays[1:], costs[1:], strict=True))
    return costs[0], tiers


def _eligible(reading: Reading, name: str, entry: Entry) -> None:
    """The reserves that a unit may give: all in format 0.2, those that it names later."""
    flag = entry.raw("Provides spinning reserves?")
    names = listed(entry, "Reserve eligibility")
    if flag is not None and not isinstance(flag, bool):
        entry.refuse("Provides spinning reserves?", "varies from hour to hour, or is neither true nor false")
    unnamed = ["spinning"] if "spinning" in reading.reserves and flag is not False else []
    for each in map(str, names) if entry.says("Reserve eligibility") else unnamed:
        if each in reading.reserves:
            reading.reserves[each].append(name)
        else:
            where = f"{entry.path}.Reserve eligibility"
            entry.issues.append(unknown(where, "unknown_reference", "reserve", each, reading.reserves))


def profiled(reading: Reading, name: str, entry: Entry) -> None:
    """Make a generator whose limits vary and that has no state."""
    bus = reading.bus(entry)
    least = entry.series("Minimum power (MW)", reading.steps, 0.0)
    largest = entry.series("Maximum power (MW)", reading.steps)
    cost = entry.series("Cost ($/MW)", reading.steps, 0.0)
    entry.done()
    reading.add("generator", id=name, bus=bus, power_max_mw=largest, power_min_mw=least, cost_eur_per_mwh=cost)
