"""Unit commitment instances of pglib-uc (JSON) as cases: the model is the reference model that comes with them.

    every period is an hour; all demand is at one bus, and must be met exactly
    costs are the lower hull of the points of piecewise_production, from the least power on
    ramps count above the least power, and bind starts and stops too, from what is said of the hour before the first
    reserve is what thermal generators could give on top within their ramp up, start and stop limits
    a start costs by how long the unit has rested: lags count the hours off
    after the last period nothing binds

The reference model forbids a cheaper start category in the first hours to every unit that was off before them, even if
it has run and stopped since. That is not followed: a start costs by its true rest. It can matter only to units that
start, stop and start again before the lag of a category has passed since the first hour.

Renewables without a least power, and those of which all must be taken, are renewables; others are generators without
costs. What the instance does not say is chosen: hours begin on 2000-01-01, and costs are in USD.

What has no counterpart is refused by name: a first lag longer than the minimum down time (in the reference model a
start after a shorter rest is the coldest), start costs that fall with the lag, points that do not reach from the least
to the largest power, and a shut-down limit above what the ramp down allows where reserve is wanted (the two would
bind power and reserve differently).

Source: Knueven, Ostrowski, Watson (2020), INFORMS J. Computing 32(4), https://doi.org/10.1287/ijoc.2019.0944; MODEL.pdf
and uc_model.py of https://github.com/power-grid-lib/pglib-uc.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.case.case import KINDS, Case
from c4e_opt.case.readers import instance, piecewise
from c4e_opt.case.readers.json_document import Entry
from c4e_opt.commitment.unit import StartTier
from c4e_opt.issues import Issue

_BUS = "system"
#: Powers that differ by less, in MW, agree.
_SAME_MW = 1e-6


def read_pglib_uc(path: str | Path) -> Case:
    """Read an instance from a file, packed by gzip or not.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    return case_of(*instance.document_of(path))


def case_of(document: Any, name: str) -> Case:
    """The case of an instance.

    Args:
        document: What its file says.
        name: Name of the case.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    issues: list[Issue] = []
    top = Entry("", document, issues)
    steps = top.whole("time_periods", minimum=1, maximum=100_000)
    demand, wanted = top.series("demand", steps, minimum=0.0), top.series("reserves", steps, minimum=0.0)
    made: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    made["demand"].append(KINDS["demand"](id="demand", bus=_BUS, demand_mw=demand))
    reserved = bool(wanted.any())
    for each, entry in top.entries("thermal_generators", required=True):
        made["generator"].append(_thermal(each, entry, reserved=reserved))
    for each, entry in top.entries("renewable_generators"):
        kind, record = _renewable(each, entry, steps)
        made[kind].append(record)
    top.done()
    if reserved:
        members = tuple(f"generator/{each}" for each, _ in top.entries("thermal_generators"))
        made["reserve"].append(KINDS["reserve"](id="spinning", members=members, up_mw=wanted, within_ramps=True))
    return instance.case_of(name, steps, [_BUS], made, issues)


def _thermal(name: str, entry: Entry, *, reserved: bool) -> Any:
    """A thermal generator.

    Args:
        name: Its name.
        entry: What is said of it.
        reserved: Whether any reserve is wanted.
    """
    least, largest = (
        entry.number("power_output_minimum", minimum=0.0),
        entry.number("power_output_maximum", minimum=0.0),
    )
    if largest < least:
        entry.tell("power_output_maximum", "range", f"is {largest:g} MW, below power_output_minimum, {least:g} MW")
    up, down = entry.number("ramp_up_limit", minimum=0.0), entry.number("ramp_down_limit", minimum=0.0)
    start, stop = entry.number("ramp_startup_limit", minimum=0.0), entry.number("ramp_shutdown_limit", minimum=0.0)
    if reserved and min(stop, largest) > least + down + _SAME_MW:
        message = f"is {stop:g} MW, above power_output_minimum + ramp_down_limit, {least + down:g} MW; not supported"
        entry.refuse("ramp_shutdown_limit", f"{message} where reserve is wanted")
    on = entry.flag("unit_on_t0")
    age = entry.number("time_up_t0" if on else "time_down_t0", minimum=0.0)
    if entry.number("time_down_t0" if on else "time_up_t0", 0.0, minimum=0.0) > 0:
        entry.tell("time_down_t0" if on else "time_up_t0", "conflict", f"is above 0 although unit_on_t0 is {int(on)}")
    before = entry.number("power_output_t0", minimum=0.0, maximum=max(largest, 0.0)) if on else 0.0
    if not on:
        entry.number("power_output_t0", 0.0, minimum=0.0)
    up_hours, down_hours = (entry.number(f"time_{way}_minimum", minimum=0.0) for way in ("up", "down"))
    cost, segments = _production(entry, least, largest)
    start_cost, tiers = _starts(entry, down_hours)
    always_on = entry.flag("must_run")
    entry.done(("name",))
    rated = largest if largest > 0 else 1.0
    return KINDS["generator"](
        id=name,
        bus=_BUS,
        power_max_mw=largest,
        power_min_mw=least,
        rated_mw=rated,
        switchable=True,
        always_on=always_on,
        running_cost_eur_per_hour=cost,
        cost_segments=segments,
        segments_above_minimum=True,
        ramps_bind_starts=True,
        ramp_up_ratio_per_hour=up / rated,
        ramp_down_ratio_per_hour=down / rated,
        start_ramp_ratio=start / rated if start < largest else None,
        stop_ramp_ratio=stop / rated if stop < largest else None,
        on_initially=on,
        hours_in_state_initially=age,
        load_initially_ratio=before / rated,
        minimum_up_hours=up_hours,
        minimum_down_hours=down_hours,
        start_cost_eur=start_cost,
        start_costs=tiers,
    )


def _production(entry: Entry, least: float, largest: float) -> tuple[float, tuple[Any, ...]]:
    """Cost of an hour at the least power, and the segments above it."""
    points: list[tuple[float, float]] = []
    for point in entry.items("piecewise_production"):
        points.append((point.number("mw"), point.number("cost")))
        point.done()
    where = "piecewise_production"
    if not points:
        entry.tell(where, "missing_field", "is missing or empty; give the cost of the least power at least")
        return 0.0, ()
    if any(after[0] < point[0] for point, after in itertools.pairwise(points)):
        entry.tell(where, "order", "has points whose power falls; order them by power")
        return 0.0, ()
    if abs(points[0][0] - least) > _SAME_MW or points[-1][0] < largest - _SAME_MW:
        span = f"from {points[0][0]:g} to {points[-1][0]:g} MW"
        entry.refuse(where, f"reaches {span}; it must reach from power_output_minimum to power_output_maximum")
        return 0.0, ()
    kept = piecewise.hull(points)
    if kept[0][1] < 0:
        entry.refuse(where, f"costs {kept[0][1]:g} an hour at the least power; costs below 0 are not supported there")
    return kept[0][1], piecewise.segments(kept, largest)


def _starts(entry: Entry, down_hours: float) -> tuple[float, tuple[StartTier, ...]]:
    """Cost of a start after the shortest rest, and those after longer ones."""
    found: list[tuple[float, float]] = []
    for category in entry.items("startup"):
        found.append((category.number("lag", minimum=0.0), category.number("cost", minimum=0.0)))
        category.done()
    if not found:
        entry.tell("startup", "missing_field", "is missing or empty; give the cost of a start")
        return 0.0, ()
    lags, costs = zip(*found, strict=True)
    if len(found) > 1 and lags[0] > max(down_hours, 1.0):
        message = f"begins at {lags[0]:g} h, above time_down_minimum; the first lag must be a rest that is possible"
        entry.refuse("startup", message)
    if any(after <= lag for lag, after in itertools.pairwise(lags)):
        entry.tell("startup", "order", "has lags that do not rise")
    if any(after < cost for cost, after in itertools.pairwise(costs)):
        entry.refuse("startup", "has costs that fall with the lag; a longer rest must not cost less")
    return costs[0], tuple(StartTier(after_hours_off=lag, cost_eur=cost) for lag, cost in found[1:])


def _renewable(name: str, entry: Entry, steps: int) -> tuple[str, Any]:
    """A renewable generator: its kind and record."""
    least = entry.series("power_output_minimum", steps, minimum=0.0)
    largest = entry.series("power_output_maximum", steps, minimum=0.0)
    entry.done(("name",))
    if np.any(least > largest):
        step = int(np.flatnonzero(least > largest)[0])
        entry.tell(f"power_output_minimum[{step}]", "range", f"is {least[step]:g} MW, above power_output_maximum")
    fixed = bool(np.array_equal(least, largest))
    if fixed or not least.any():
        made = KINDS["renewable"](id=name, bus=_BUS, technology="other", available_mw=largest, curtailable=not fixed)
        return "renewable", made
    return "generator", KINDS["generator"](id=name, bus=_BUS, power_max_mw=largest, power_min_mw=least)
