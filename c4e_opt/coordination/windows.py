"""Windows: a part of a horizon as a case of its own, and the state that it leaves to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.coordination import seams
from c4e_opt.fields import fields_of
from c4e_opt.laws.generic_constraint import GenericConstraint
from c4e_opt.outcome import Outcome

#: Kind, id -> fields that the windows before have changed.
States = Mapping[tuple[str, str], Mapping[str, Any]]


def piece(case: Case, states: States, begin: int, end: int) -> Case:
    """The steps from `begin` to `end` as a case of their own, with the state that the windows before have left."""
    whole = case.horizon
    weights = None if whole.weights is None else whole.weights[begin:end]
    window = Horizon(int(whole.starts[begin]), whole.step_seconds[begin:end], whole.time_zone, weights)
    components: dict[str, tuple[Any, ...]] = {}
    for kind, records in case.components.items():
        seam = seams.SEAMS[kind]
        cut: list[Any] = []
        for record in records:
            state = states.get((kind, record.id), {})
            part = replace(_sliced(record, begin, end), **state)
            change = seams.UNCHANGED if seam.within is None else seam.within(replace(record, **state), window, whole)
            if change is not None:
                cut.append(replace(part, **change) if change else part)
        components[kind] = tuple(cut)
    components = _bound_to_those_there(components)
    orders = case.orders.taken((case.orders.step >= begin) & (case.orders.step < end)).moved(-begin)
    return replace(case, horizon=window, components=components, orders=orders)


def _bound_to_those_there(components: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """The same, laws without members that are away in the window, and without what has none left."""
    there = {f"{kind}/{record.id}" for kind, records in components.items() for record in records}
    there |= {f"{kind}/*" for kind, records in components.items() if records}
    return {
        kind: tuple(_bound(record, there) for record in records if _binds(record, there))
        for kind, records in components.items()
    }


def _binds(record: Any, there: set[str]) -> bool:
    members = getattr(record, "members", ())
    if isinstance(record, GenericConstraint):
        return any(term.member in there for term in record.terms)
    return (not members or not there.isdisjoint(members)) and getattr(record, "member", "") in there | {""}


def _bound(record: Any, there: set[str]) -> Any:
    if isinstance(record, GenericConstraint):
        return replace(record, terms=tuple(term for term in record.terms if term.member in there))
    members = getattr(record, "members", ())
    kept = tuple(member for member in members if member in there)
    return record if kept == members else replace(record, members=kept)


def _sliced(record: Any, begin: int, end: int) -> Any:
    """A record with its series cut to the steps of a window."""
    changes: dict[str, Any] = {}
    for name, declared in fields_of(record.__class__).items():
        content = getattr(record, name)
        if declared.meta.kind == "series" and np.ndim(content):
            changes[name] = content[begin:end]
        elif declared.meta.kind == "parts" and content:
            changes[name] = tuple(_sliced(part, begin, end) for part in content)
    return replace(record, **changes) if changes else record


def carried(case: Case, states: States, piece: Case, outcome: Outcome, kept: int) -> States:
    """The state of every component after the first steps of a window.

    Args:
        case: The whole case.
        states: What the windows before had left.
        piece: The window, as `piece` cut it.
        outcome: Its answer.
        kept: How many of its steps are kept, at least one.

    Returns:
        Kind and id to the fields that differ from those of the case.
    """
    after = dict(states)
    table = outcome.schedule_table
    horizon = piece.horizon
    steps = Horizon(horizon.start, horizon.step_seconds[:kept], horizon.time_zone)
    last = int((case.horizon.starts < steps.starts[-1]).sum())
    for kind, records in piece.components.items():
        carry = seams.SEAMS[kind].carry
        if carry is None:
            continue
        whole = {record.id: record for record in case.components[kind]}
        for row, record in enumerate(records):

            def part(name: str, kind: str = kind, row: int = row) -> Any:
                return table.values(f"{kind}_{name}")[row, :kept]

            key = (kind, record.id)
            before = states.get(key, {})
            # What a window asks for less, because it ends early, is still wanted: the record as it was, not as cut.
            after[key] = {**before, **carry(replace(whole[record.id], **before), seams.Kept(part, last), steps)}
    return after
