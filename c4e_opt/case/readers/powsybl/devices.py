"""Loads, generators, batteries, shunts and compensators of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from c4e_opt.case.notes import some
from c4e_opt.case.readers.draft import UNLIMITED, series_of
from c4e_opt.case.readers.piecewise import hull
from c4e_opt.case.readers.powsybl.tables import Tables
from c4e_opt.network.reactive import CapabilityPoint

#: From here on a limit of power stands for none in IEEE CDF, PSS/E and UCTE.
_PLACEHOLDER_MW = 9999.0
#: Curves whose areas differ by less, Mvar by MW, are the same.
_SAME_MVAR = 1e-6


def read(tables: Tables) -> None:
    """Everything at one bus."""
    for row in tables.rows("loads"):
        name, bus = tables.name("loads", row["id"]), tables.bus(row)
        if bus is None:
            tables.off.append(name)
            continue
        power, reactive = (tables.number(f"loads.{name}", row, column) for column in ("p0", "q0"))
        tables.draft.load(name, bus, power, reactive)
    curves, demand = _curves(tables), sum(series_of(tables.draft.made["demand"], "demand_mw"))
    endless = [
        name
        for table in ("generators", "batteries")
        for row in tables.rows(table)
        for name in _generator(tables, table, row, curves, demand)
    ]
    if endless:
        message = f"generators have limits of {_PLACEHOLDER_MW:g} MW and more, which stand for none, and are read as "
        message += f"0, or a target below it, and as the load of the file, {demand:g} MW"
        tables.draft.assume("generators", f"{len(endless)} {message}: {some(endless)}")
    named = [tables.name("batteries", row["id"]) for row in tables.rows("batteries")]
    message = "batteries are generators that may take power: the file does not say what they store"
    tables.draft.pass_over("batteries", message, named)
    for row in tables.rows("vsc_converter_stations"):
        name, bus = tables.name("vsc_converter_stations", row["id"]), tables.bus(row)
        if bus is not None:
            _reactive(tables, f"vsc_converter_stations.{name}", row, bus, "")
    _shunts(tables)
    for row in tables.rows("static_var_compensators"):
        _compensator(tables, row)


def _generator(tables: Tables, table: str, row: dict[str, Any], curves: dict[str, Any], demand: float) -> Iterator[str]:
    """A generator or a battery; its name, where a limit of its power stands for none."""
    name, bus = tables.name(table, row["id"]), tables.bus(row)
    if bus is None:
        tables.off.append(name)
        return
    path = f"{table}.{name}"
    low, high = (tables.number(path, row, each) for each in ("min_p", "max_p"))
    target = tables.number(path, row, "target_p")
    if table == "generators" and (low <= -_PLACEHOLDER_MW or high >= _PLACEHOLDER_MW):
        low = min(target, 0.0) if low <= -_PLACEHOLDER_MW else low
        high = max(target, demand, low) if high >= _PLACEHOLDER_MW else high
        yield name
    low, high = (float(np.clip(limit, -UNLIMITED, UNLIMITED)) for limit in (low, high))
    if low > high:
        tables.draft.refuse(f"{path}.min_p", f"is {low:g} MW; it must be at most max_p, {high:g} MW", "range")
        return
    ident = tables.draft.add("generator", name, bus=bus, power_min_mw=low + 0.0, power_max_mw=high + 0.0)
    _reactive(tables, path, row, bus, f"generator/{ident}", curves.get(row["id"], ()))


def _reactive(tables: Tables, path: str, row: dict[str, Any], bus: str, member: str, curve: Any = ()) -> None:
    """Limits of reactive power where a voltage is regulated; else the reactive power that is set."""
    said: dict[str, Any] = {"member": member} if member else {"bus": bus}
    regulates = bool(row.get("voltage_regulator_on"))
    tables.hold(path, row, bus, regulates=regulates)
    if regulates:
        if row.get("reactive_limits_kind") == "CURVE" and len(curve) > 1:
            said["capability"] = tuple(curve)
        limits = (tables.number(path, row, each) for each in ("min_q", "max_q"))
        low, high = sorted(float(np.clip(limit, -UNLIMITED, UNLIMITED)) for limit in limits)
        if "capability" in said:
            low, high = min(p.reactive_min_mvar for p in curve), max(p.reactive_max_mvar for p in curve)
    else:
        low = high = tables.number(path, row, "target_q")
    if low or high:
        tables.draft.add(
            "reactive", member or path.partition(".")[2], reactive_min_mvar=low, reactive_max_mvar=high, **said
        )


def _curves(tables: Tables) -> dict[str, list[CapabilityPoint]]:
    """Capability curves by generator, by rising power."""
    found: dict[str, list[CapabilityPoint]] = {}
    for row in tables.rows("reactive_capability_curve_points"):
        numbers = [row.get(column) for column in ("p", "min_q", "max_q")]
        if any(number is None or not np.isfinite(number) for number in numbers):
            tables.draft.refuse(f"reactive_capability_curve_points.{row['id']}", "holds no finite number", "finite")
            continue
        power, low, high = (float(np.clip(float(number or 0.0), -UNLIMITED, UNLIMITED)) for number in numbers)
        point = CapabilityPoint(power_mw=power, reactive_min_mvar=min(low, high), reactive_max_mvar=max(low, high))
        found.setdefault(row["id"], []).append(point)
    widened: list[str] = []
    convex: dict[str, list[CapabilityPoint]] = {}
    for ident, points in found.items():
        convex[ident] = _convex(sorted(points, key=lambda point: point.power_mw))
        if _room(convex[ident]) > _room(points) + _SAME_MVAR:
            widened.append(tables.name("generators", ident))
    if widened:
        message = "capability curves bulge inwards and are widened to the convex ones around them"
        tables.draft.assume("reactive_capability_curve_points", f"{len(widened)} {message}: {some(widened)}")
    return convex


def _convex(points: list[CapabilityPoint]) -> list[CapabilityPoint]:
    """The convex curve around a curve, by rising power."""
    low = hull([(point.power_mw, point.reactive_min_mvar) for point in points])
    high = hull([(point.power_mw, -point.reactive_max_mvar) for point in points])
    powers = sorted({power for power, _ in (*low, *high)})
    least, most = (np.interp(powers, [p for p, _ in side], [q for _, q in side]).tolist() for side in (low, high))
    return [
        CapabilityPoint(power_mw=power, reactive_min_mvar=under, reactive_max_mvar=-over)
        for power, under, over in zip(powers, least, most, strict=True)
    ]


def _room(points: list[CapabilityPoint]) -> float:
    """Area between the two sides of a curve, Mvar by MW, over the powers of its points."""
    ordered = sorted(points, key=lambda point: point.power_mw)
    wide = [point.reactive_max_mvar - point.reactive_min_mvar for point in ordered]
    return float(np.trapezoid(wide, [point.power_mw for point in ordered]))


def _shunts(tables: Tables) -> None:
    switched: list[str] = []
    for row in tables.rows("shunt_compensators"):
        name, bus = tables.name("shunt_compensators", row["id"]), tables.bus(row)
        if bus is None:
            tables.off.append(name)
            continue
        path = f"shunt_compensators.{name}"
        g, b = (tables.number(path, row, column) for column in ("g", "b"))
        tables.draft.shunt(name, bus, complex(g, b), tables.kv[bus])
        if (row.get("max_section_count") or 0) > 1:
            switched.append(name)
    message = "shunts have sections that may be switched and stay at the present one here"
    tables.draft.pass_over("shunt_compensators", message, switched)


def _compensator(tables: Tables, row: dict[str, Any]) -> None:
    """A static var compensator: holds a voltage within its susceptances, or gives what is set."""
    name, bus = tables.name("static_var_compensators", row["id"]), tables.bus(row)
    if bus is None:
        tables.off.append(name)
        return
    path, square = f"static_var_compensators.{name}", tables.kv[bus] ** 2
    low, high = 0.0, 0.0
    if row.get("regulating") is not False and row.get("regulation_mode") == "VOLTAGE":
        limits = (tables.number(path, row, each) * square for each in ("b_min", "b_max"))
        low, high = sorted(float(np.clip(limit, -UNLIMITED, UNLIMITED)) for limit in limits)
        tables.hold(path, row, bus)
    elif row.get("regulating") is not False and row.get("regulation_mode") == "REACTIVE_POWER":
        low = high = -tables.number(path, row, "target_q")
    if low or high:
        tables.draft.add("reactive", name, bus=bus, reactive_min_mvar=low, reactive_max_mvar=high)
