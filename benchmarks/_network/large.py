"""Larger cases than one file has: a day of 2869 buses, and a grid of ten thousand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from _network.ours import case_of
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.fields import fields_of
from c4e_opt.network.line import Line

#: Grids with linear costs that make one of 9,998 buses, joined by a line each.
JOINED = (
    "case6468_rte", "case2869_pegase", "case300_ieee__sad", "case118_ieee", "case118_ieee__api", "case57_ieee",
    "case30_ieee", "case14_ieee", "case14_ieee__api", "case5_pjm", "case5_pjm__api",
)  # fmt: skip


def day(grids: Path) -> Case:
    """Twenty-four hours of a grid of 2869 buses: demand by a course of a day, everything else as in the file."""
    case = case_of(grids / "pglib_opf_case2869_pegase.m")
    course = 0.75 + 0.2 * np.sin((np.arange(24) - 8) / 12 * np.pi)
    components = {kind: tuple(_daily(each) for each in records) for kind, records in case.components.items()}
    demand = tuple(replace(each, demand_mw=each.demand_mw * course) for each in components["demand"])
    steps = Horizon(case.horizon.start, np.full(24, 3600), case.horizon.time_zone)
    return replace(case, horizon=steps, components={**components, "demand": demand})


def _daily(record: Any) -> Any:
    """The record with every series of one step repeated over a day."""
    series = [name for name, field in fields_of(record.__class__).items() if field.meta.kind == "series"]
    given = {name: content for name in series if (content := getattr(record, name)) is not None}
    return replace(record, **{name: np.full(24, np.asarray(content).item()) for name, content in given.items()})


def ten_thousand(grids: Path) -> Case:
    """Several grids as one, a line from the first bus of each to the first bus of the first."""
    parts = [(name, case_of(grids / f"pglib_opf_{name}.m")) for name in JOINED]
    buses, components = [], {}
    for name, case in parts:
        buses += [replace(bus, id=f"{name} {bus.id}", slack=False) for bus in case.buses]
        for kind, records in case.components.items():
            components.setdefault(kind, []).extend(_renamed(record, name) for record in records)
    first = [next(bus.id for bus in buses if bus.id.startswith(f"{name} ")) for name, _ in parts]
    components["line"] += [
        Line(id=f"to {name}", from_bus=first[0], to_bus=bus, reactance_pu=0.01, limit_mw=500.0)
        for (name, _), bus in zip(parts[1:], first[1:], strict=True)
    ]
    whole = parts[0][1]
    return replace(
        whole,
        name="ten thousand",
        buses=tuple(buses),
        components={k: tuple(v) for k, v in components.items()},
        notes=(),
    )


def _renamed(record: Any, grid: str) -> Any:
    """The record with the name of its grid before its own, its buses' and its member's."""
    ends = [field for field in ("id", "bus", "from_bus", "to_bus") if getattr(record, field, "")]
    changed = {field: f"{grid} {getattr(record, field)}" for field in ends}
    if getattr(record, "member", ""):
        kind, _, name = record.member.partition("/")
        changed["member"] = f"{kind}/{grid} {name}"
    return replace(record, **changed)
