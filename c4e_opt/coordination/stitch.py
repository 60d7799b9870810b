"""Stitching: the kept parts of many windows as one answer to the whole case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.case import KINDS, Case
from c4e_opt.outcome import EMPTY, Outcome, Quantity, Table
from c4e_opt.verify import costs_of, directions_of, ports_of
from c4e_solvers import Limit, Reason, Termination

#: A kept part: its first step, the first step after it, and the answer whose first steps it keeps.
Part = tuple[int, int, Outcome]


def stitch(case: Case, parts: Sequence[Part]) -> Outcome:
    """Put kept parts together.

    Args:
        case: The whole case.
        parts: Parts that follow one another and cover the horizon.

    Returns:
        The answer, feasible and not said to be optimal; its costs are recomputed from its schedule.
    """
    first = parts[0][2]
    detail = f"rolled in {len(parts)} windows"
    outcome = Outcome(
        case_name=case.name,
        case_digest=case.digest(),
        currency=case.currency,
        termination=Termination(reason=Reason.FEASIBLE, limit=Limit.OTHER, detail=detail),
        objective=0.0,
        price_rule=case.policy.pricing,
        price_basis="of the rolling windows",
        solver=first.solver,
        size={name: max(outcome.size.get(name, 0) for _, _, outcome in parts) for name in first.size},
        seconds=_seconds(parts),
        schedule_table=_schedule(case, parts),
        flow_table=_flows(case, parts),
        price_table=_prices(case, parts),
        order_table=_orders(case, parts),
        limit_table=_limits(parts),
    )
    terms = costs_of(case, outcome)
    welfare = -terms["orders"] if case.orders.orders else None
    return replace(outcome, terms=terms, objective=sum(terms.values()), welfare=welfare)


def _seconds(parts: Sequence[Part]) -> Mapping[str, float]:
    total: dict[str, float] = {}
    for _, _, outcome in parts:
        for phase, seconds in outcome.seconds.items():
            total[phase] = total.get(phase, 0.0) + seconds
    return total


def _schedule(case: Case, parts: Sequence[Part]) -> Table:
    """Quantities over time from where they were kept; totals of a component from its last window.

    Parts of components, such as segments, are the same in every window; components may be away in some.
    """
    ids = {kind: [str(record.id) for record in records] for kind, records in case.components.items() if records}
    directions = directions_of(case)
    quantities: dict[str, Quantity] = {}
    labels: dict[str, Any] = {"time": case.horizon.axis.labels}
    for _, _, outcome in parts:
        for axis, own in outcome.schedule_table.labels.items():
            if axis not in ids and axis != "time" and (axis not in labels or own.size > labels[axis].size):
                labels[axis] = own
    for begin, end, outcome in parts:
        table = outcome.schedule_table
        for name, quantity in table.quantities.items():
            if name in directions:
                continue
            first, *others = quantity.axes
            mine = ids.get(first) or [str(each) for each in labels[first]]
            row = {each: place for place, each in enumerate(mine)}
            rows = np.array([row[str(each)] for each in table.labels[first].tolist()], dtype=np.int64)
            labels[first] = np.array(mine, dtype=np.str_)
            if name not in quantities:
                shape = (len(mine), *(labels[axis].size for axis in others))
                quantities[name] = replace(quantity, values=np.zeros(shape))
            # A window may have fewer labels than the whole, as of the levels of vehicles that are there in it.
            whole = quantities[name].values[(slice(None), *(slice(size) for size in quantity.values.shape[1:-1]))]
            if quantity.axes[-1] == "time":
                whole[rows, ..., begin:end] = quantity.values[..., : end - begin]
            else:
                whole[rows] = quantity.values
    ordered = dict(sorted(quantities.items(), key=lambda item: _place(item[0])))
    return Table(labels, ordered)


def _place(name: str) -> int:
    """The place of the kind that a quantity belongs to: the longest of those with which its name begins."""
    kinds = list(KINDS)
    return max((place for place, kind in enumerate(kinds) if name.startswith(f"{kind}_")), key=lambda i: len(kinds[i]))


def _flows(case: Case, parts: Sequence[Part]) -> Table:
    """Ports in the order of the case; a component that was away in a window had no flow there."""
    ports = ports_of(case)
    flow = np.zeros((len(ports), case.horizon.steps))
    for begin, end, outcome in parts:
        table = outcome.flow_table
        kinds, components = (table.texts[text][1].tolist() for text in ("port_kind", "port_component"))
        present = set(zip(kinds, components, strict=True))
        rows = [row for row, (kind, component, _) in enumerate(ports) if (kind, component) in present]
        flow[rows, begin:end] = table.values("flow_mw")[:, : end - begin]
    texts = {
        text: ("port", np.array([port[column] for port in ports], dtype=np.str_))
        for column, text in enumerate(("port_kind", "port_component", "port_bus"))
    }
    names = np.array([f"{kind}/{component}@{bus}" for kind, component, bus in ports], dtype=np.str_)
    quantity = replace(parts[0][2].flow_table.quantities["flow_mw"], values=flow)
    return Table({"port": names, "time": case.horizon.axis.labels}, {"flow_mw": quantity}, texts)


def _prices(case: Case, parts: Sequence[Part]) -> Table:
    """Prices, and what they are made of, from where they were kept."""
    table = parts[0][2].price_table
    quantities = {
        name: replace(
            quantity,
            values=np.concatenate(
                [outcome.price_table.values(name)[:, : end - begin] for begin, end, outcome in parts], axis=1
            ),
        )
        for name, quantity in table.quantities.items()
    }
    return replace(table, labels={**table.labels, "time": case.horizon.axis.labels}, quantities=quantities)


def _limits(parts: Sequence[Part]) -> Table:
    """Limits that bind in steps that were kept; their steps counted from the first of the whole horizon."""
    found = [
        (outcome.limit_table, begin, np.flatnonzero(outcome.limit_table.values("limit_step") < end - begin))
        for begin, end, outcome in parts
        if outcome.limit_table.quantities
    ]
    if not sum(rows.size for _, _, rows in found):
        return EMPTY

    first = found[0][0]
    quantities = {
        name: replace(
            quantity,
            values=np.concatenate(
                [table.values(name)[rows] + (begin if name == "limit_step" else 0) for table, begin, rows in found]
            ),
        )
        for name, quantity in first.quantities.items()
    }
    labels = np.concatenate([table.labels["limit"][rows] for table, _, rows in found])
    texts = {
        name: (axis, np.concatenate([table.texts[name][1][rows] for table, _, rows in found]))
        for name, (axis, _) in first.texts.items()
    }
    return Table({"limit": labels}, quantities, texts)


def _orders(case: Case, parts: Sequence[Part]) -> Table:
    """Every order belongs to one step, and so to the window that kept it."""
    book = case.orders
    if not book.orders:
        return EMPTY
    quantities: dict[str, Quantity] = {}
    for begin, end, outcome in parts:
        table = outcome.order_table
        if not table.quantities:
            continue
        place = {name: row for row, name in enumerate(table.labels["order"].tolist())}
        mine = np.flatnonzero((book.step >= begin) & (book.step < end))
        rows = np.array([place[name] for name in book.id[mine].tolist()], dtype=np.int64)
        for name, quantity in table.quantities.items():
            if name not in quantities:
                quantities[name] = replace(quantity, values=np.zeros(book.orders))
            quantities[name].values[mine] = quantity.values[rows]
    return Table({"order": book.id}, quantities)
