"""Measured states: with which of them a dispatch may begin, which cannot be true, and which lie outside of limits.

A gauge may break: 3 MWh in a store of 2 is no state, and is left out. A store that holds less than it should, such as a
battery below its reserve, is a state, but one from which no schedule keeps the limits: it is told apart, with the
nearest state that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.case import KINDS, Case, check
from c4e_opt.case.reach import UNREACHABLE
from c4e_opt.coordination import seams
from c4e_opt.coordination.changes import STATE_FIELDS, Changes, wrong
from c4e_opt.coordination.windows import piece
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue, unknown

#: Level at the start -> its limits.
_LEVELS = {
    "energy_start_mwh": ("energy_min_mwh", "energy_max_mwh"),
    "level_start_ratio": ("level_min_ratio", "level_max_ratio"),
    "linepack_start_mwh": ("linepack_min_mwh", "linepack_max_mwh"),
}
#: A gauge may show so much more than full, as a part of it.
_OVERSHOOT = 0.05
_LEFT_OUT = "so it cannot be true, and the planned state is used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """Measured states, judged.

    Attributes:
        states: Those that may be true, by kind and id.
        nearest: Of those that lie outside of limits, the nearest that do not.
        issues: Rule "impossible" for what was left out, rule "limit" for what lies outside of limits.
    """

    states: Changes
    nearest: Changes
    issues: tuple[Issue, ...]


def screen(case: Case, step: int, measured: Changes) -> Screened:
    """Judge what was measured just before a step.

    Args:
        case: The case.
        step: The step.
        measured: Kind and id to fields of the state, such as `energy_start_mwh` of a battery.

    Raises:
        InvalidInput: A component, a field or the step is not known, or a field is none of the state.
    """
    steps = case.horizon.steps
    issues = list(wrong(case, "states", measured))
    if not 0 <= step < steps:
        issues.append(Issue("step", "range", f"is {step}; it must lie within [0, {steps - 1}]"))
    for (kind, name), fields in measured.items():
        if kind in case.components and kind not in seams.SEAMS:
            issues.append(Issue(f"states.{kind}", "seam", "has no state that a dispatch could begin with"))
        other = [field for field in fields if field not in STATE_FIELDS]
        issues += [unknown(f"states.{kind}.{name}", "unknown_field", "state", each, STATE_FIELDS) for each in other]
    if issues:
        raise InvalidInput(list(dict.fromkeys(issues)))
    true: dict[tuple[str, str], dict[str, Any]] = {key: dict(fields) for key, fields in measured.items()}
    nearest: dict[tuple[str, str], dict[str, Any]] = {}
    found: list[Issue] = []
    for key, fields in measured.items():
        for field, content in fields.items():
            for issue, limit in _level(case, key, field, content, step):
                found.append(issue)
                if limit is None:
                    del true[key][field]
                else:
                    nearest.setdefault(key, {})[field] = limit
    for key, field, issue in _impossible(case, step, true, nearest):
        found.append(issue)
        true[key].pop(field, None)
    states = {key: fields for key, fields in true.items() if fields}
    return Screened(states=states, nearest=nearest, issues=tuple(found))


def _level(
    case: Case, key: tuple[str, str], field: str, content: Any, step: int
) -> Iterator[tuple[Issue, float | None]]:
    """A level beyond its limits: why, and the nearest that is within; None where it cannot be true."""
    if field not in _LEVELS:
        return
    record = next(each for each in case.components[key[0]] if each.id == key[1])
    declared = fields_of(record.__class__)
    low_name, high_name = _LEVELS[field]
    if low_name not in declared:
        return
    low, high = (_at(getattr(record, name), step) for name in (low_name, high_name))
    meta, units = declared[field].meta, case.units
    path = f"states.{key[0]}.{key[1]}.{units.name(field, meta.unit)}"
    shown, least, most = (units.say(number, meta.unit) for number in (content, low, high))
    said = f"is {shown}; it must lie within [{least}, {most}]"
    if not (np.isfinite(content) and meta.minimum <= content <= high * (1.0 + _OVERSHOOT)):
        yield Issue(path, "impossible", f"{said}, {_LEFT_OUT}"), None
    elif not low <= content <= high:
        limit = low if content < low else high
        yield Issue(path, "limit", f"{said}, and no schedule keeps that limit from there"), limit


def _at(series: Any, step: int) -> float:
    """What a number or a series says of a step."""
    return float(np.ravel(series)[step if np.size(series) > 1 else 0])


def _impossible(
    case: Case, step: int, states: Changes, nearest: Changes
) -> Iterator[tuple[tuple[str, str], str, Issue]]:
    """States that a case of the one step may not begin with."""
    begun = {key: {**fields, **nearest.get(key, {})} for key, fields in states.items()}
    part = piece(case, begun, step, step + 1)
    places = {
        f"components.{kind}[{row}]": (kind, str(record.id))
        for kind, records in part.components.items()
        for row, record in enumerate(records)
    }
    told: set[tuple[tuple[str, str], str]] = set()
    for issue in check(part):
        place, _, shown = issue.path.rpartition(".")
        key = places.get(place)
        if issue.rule == UNREACHABLE or key is None:
            continue
        declared = fields_of(KINDS[key[0]])
        for name in states.get(key, {}):
            if case.units.name(name, declared[name].meta.unit) == shown and (key, name) not in told:
                told.add((key, name))
                path = f"states.{key[0]}.{key[1]}.{shown}"
                yield key, name, Issue(path, "impossible", f"{issue.message}, {_LEFT_OUT}")
