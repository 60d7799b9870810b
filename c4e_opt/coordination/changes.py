"""Changes: what is new of the components of a case while it runs, as forecasts and as states just measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.case import KINDS, Case, check
from c4e_opt.case.reach import UNREACHABLE
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import Field, fields_of
from c4e_opt.issues import Issue, unknown

#: Kind, id -> the fields that are new, in the units of the model: MW, MWh, hours, EUR/MWh.
Changes = Mapping[tuple[str, str], Mapping[str, Any]]

#: Fields that say what is stored: whoever has one of them begins every dispatch with it.
STORED_FIELDS = frozenset({"energy_start_mwh", "level_start_ratio", "linepack_start_mwh", "temperature_start_c"})
#: Fields that say how a component stands just before the first step.
STATE_FIELDS = STORED_FIELDS | frozenset(
    {
        "envelope_temperature_start_c",
        "load_initially_ratio",
        "on_initially",
        "hours_in_state_initially",
        "standby_initially",
        "exchange_before_mw",
        "flow_before_mw",
    }
)


def wrong(case: Case, what: str, changes: Changes, steps: int | None = None) -> Iterator[Issue]:
    """Find components and fields that there are not.

    Args:
        case: The case.
        what: What the changes are called in the paths of issues: "forecast", "measured".
        changes: The changes.
        steps: How many numbers every series must have; any number when None.
    """
    for (kind, name), new in changes.items():
        if kind not in KINDS:
            yield unknown(what, "unknown_kind", "kind of component", kind, KINDS)
            continue
        ids = [record.id for record in case.components.get(kind, ())]
        if name not in ids:
            yield unknown(f"{what}.{kind}", "unknown_reference", kind.replace("_", " "), name, ids)
            continue
        declared = fields_of(KINDS[kind])
        for field, content in new.items():
            if field not in declared or field == "id":
                yield unknown(f"{what}.{kind}.{name}", "unknown_field", "field", field, declared)
            elif steps is not None and np.ndim(content) and np.shape(content) != (steps,):
                shape = np.shape(content)
                path = f"{what}.{kind}.{name}.{field}"
                yield Issue(path, "length", f"has the shape {shape}; it must have {steps} numbers")


def changed(case: Case, changes: Changes) -> Case:
    """The case with some fields of its components replaced, unchecked."""
    components = {
        kind: tuple(replace(record, **changes.get((kind, record.id), {})) for record in records)
        for kind, records in case.components.items()
    }
    return replace(case, components=components)


def forecast(case: Case, changes: Changes, first: int = 0, *, sure: bool = False) -> Case:
    """The case with new forecasts.

    Args:
        case: The case.
        changes: Kind and id to the fields that are new; a series has numbers for the steps from `first` on, as many as
            it knows, or one number for all of them.
        first: The first step of every new series; what was known of the steps before and behind stays.
        sure: Whether this was checked before, so that the case need not be checked again.

    Raises:
        InvalidInput: With everything that is wrong with them.
    """
    issues = list(wrong(case, "forecast", changes))
    steps = case.horizon.steps
    if not 0 <= first < steps:
        issues.append(Issue("first_step", "range", f"is {first}; it must lie within [0, {steps - 1}]"))
    if issues:
        raise InvalidInput(issues)
    new: dict[tuple[str, str], dict[str, Any]] = {}
    for (kind, name), fields in changes.items():
        record = next(each for each in case.components[kind] if each.id == name)
        new[kind, name] = {
            field: _laid(f"forecast.{kind}.{name}.{field}", fields_of(record.__class__)[field], record, content,
                         first, steps, issues)
            for field, content in fields.items()
        }  # fmt: skip
    if issues:
        raise InvalidInput(issues)
    made = changed(case, new)
    if sure:
        return made
    issues = [issue for issue in check(made) if issue.rule != UNREACHABLE]
    if issues:
        raise InvalidInput(issues)
    return made


def _laid(path: str, field: Field, record: Any, content: Any, first: int, steps: int, issues: list[Issue]) -> Any:
    """A new content, laid over the steps of a series."""
    if field.meta.kind != "series":
        return content
    values = np.asarray(content, dtype=np.float64)
    count = steps - first if values.ndim == 0 else values.size
    if values.ndim > 1 or not 0 < count <= steps - first:
        message = f"has {count} numbers; from step {first} on there are {steps - first} steps"
        issues.append(Issue(path, "length", message))
        return content
    old = getattr(record, field.name)
    if old is None and count < steps:
        issues.append(Issue(path, "length", f"was not known before; give a number for each of the {steps} steps"))
        return content
    whole = np.zeros(steps) if old is None else np.broadcast_to(old, (steps,)).astype(np.float64)
    whole[first : first + count] = values
    return whole


def stored(case: Case) -> list[tuple[str, str]]:
    """Kind and id of all components that begin with something stored."""
    return [
        (kind, str(record.id))
        for kind, records in case.components.items()
        if not STORED_FIELDS.isdisjoint(fields_of(KINDS[kind]))
        for record in records
    ]
