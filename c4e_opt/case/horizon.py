"""The horizon as a document gives it: a start, lengths of steps, and a count of steps or of local days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.case import times
from c4e_opt.case.contents import as_numbers, shown
from c4e_opt.issues import Issue, unknown

FIELDS = ("start", "time_zone", "step_minutes", "step_seconds", "steps", "days", "weights")
_LONGEST_STEP_S = 366 * 86_400
_MOST_STEPS = 10_000_000


def read_horizon(fields: Mapping[str, Any]) -> tuple[Horizon | None, ZoneInfo, list[Issue]]:
    """Read a horizon.

    Args:
        fields: `start`, `time_zone`, `step_minutes` or `step_seconds`, `steps` or `days`, `weights`.

    Returns:
        The horizon, None with issues; the zone of moments without an offset; everything that is wrong.
    """
    issues = [
        unknown(f"horizon.{key}", "unknown_field", "field", key, FIELDS)
        for key in sorted(str(key) for key in fields.keys() - set(FIELDS))
    ]
    zone, start = ZoneInfo("UTC"), 0
    try:
        zone = times.zone(fields.get("time_zone", "UTC"))
    except times.NotAMoment as error:
        issues.append(Issue("horizon.time_zone", "time_zone", str(error)))
    try:
        start = times.seconds(fields["start"], zone)
    except KeyError:
        issues.append(Issue("horizon.start", "missing_field", "is missing; give the start of the first step"))
    except times.NotAMoment as error:
        issues.append(Issue("horizon.start", "moment", str(error)))
    lengths, wrong = _step_seconds(fields, start, zone)
    issues += wrong
    if not issues and start + int(lengths.sum()) > times.LAST:
        issues.append(Issue("horizon", "range", "ends past the year 9999; start earlier or take fewer steps"))
    weights, wrong = _weights(fields, lengths.size)
    issues += wrong
    return (None if issues else Horizon(start, lengths, zone.key, weights)), zone, issues


def _weights(fields: Mapping[str, Any], steps: int) -> tuple[FloatArray | None, list[Issue]]:
    """How often each step counts in costs; None where every step counts once."""
    given = fields.get("weights")
    if given is None:
        return None, []
    weights = as_numbers(given)
    if weights is None or not np.all((weights > 0) & np.isfinite(weights)):
        return None, [Issue("horizon.weights", "range", f"is {shown(given)}; give a number above 0 for every step")]
    if steps and weights.size != steps:
        return None, [Issue("horizon.weights", "length", f"has {weights.size} numbers; the horizon has {steps} steps")]
    return (None if np.all(weights == 1.0) else weights), []


def _step_seconds(fields: Mapping[str, Any], start: int, zone: ZoneInfo) -> tuple[IntArray, list[Issue]]:
    """Lengths of all steps in seconds: given one by one, or one length and how many steps or local days."""
    none = np.zeros(0, dtype=np.int64)
    name = "step_seconds" if "step_seconds" in fields else "step_minutes"
    given = fields.get(name)
    each = as_numbers(given if isinstance(given, (list, np.ndarray)) else [given])
    if each is None or not each.size:
        message = f"is {shown(given)}; give the length of a step, or a list with one length per step"
        return none, [Issue(f"horizon.{name}", "type", message)]
    each = each * (60 if name == "step_minutes" else 1)
    if not np.all((each > 0) & (each <= _LONGEST_STEP_S) & (each == np.rint(each))):
        return none, [Issue(f"horizon.{name}", "range", "a step lasts whole seconds, above 0 and at most a year")]
    lengths = each.astype(np.int64)
    if lengths.size == 1 and {"steps", "days"} & fields.keys():
        count, issues = _count(fields, start, int(lengths[0]), zone)
        return np.full(count, lengths[0]), issues
    if "steps" in fields and fields["steps"] != lengths.size:
        message = f"is {shown(fields['steps'])}; {lengths.size} lengths are given"
        return none, [Issue("horizon.steps", "length", message)]
    return lengths, []


def _count(fields: Mapping[str, Any], start: int, length: int, zone: ZoneInfo) -> tuple[int, list[Issue]]:
    """How many steps of one length, given as such or as whole local days."""
    if "days" in fields:
        days: Any = fields["days"]
        if not _whole(days, 40_000) or "steps" in fields:
            message = f"is {shown(days)}; give whole days, and no steps beside them"
            return 0, [Issue("horizon.days", "range", message)]
        try:
            span = times.local_day_seconds(start, days, zone)
        except OverflowError:
            return 0, [Issue("horizon.days", "range", "the last day is past the year 9999; start earlier")]
        if span % length:
            return 0, [Issue("horizon.days", "range", f"{days} days from the start are no whole number of steps")]
        return span // length, []
    steps: Any = fields["steps"]
    if not _whole(steps, _MOST_STEPS):
        return 0, [Issue("horizon.steps", "range", f"is {shown(steps)}; give a whole number of at least 1")]
    return steps, []


def _whole(content: Any, most: int) -> bool:
    return isinstance(content, int) and not isinstance(content, bool) and 1 <= content <= most
