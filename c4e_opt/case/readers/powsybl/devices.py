"""Loads, generators, batteries, shunts and compensators of a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.case.readers.draft import UNLIMITED
from c4e_opt.case.readers.powsybl.tables import Tables
from c4e_opt.network.reactive import CapabilityPoint


def read(tables: Tables) -> None:
    """Everything at one bus."""
    for row in tables.rows("loads"):
        name, bus = tables.name("loads", row["id"]), tables.bus(row)
        if bus is None:
            tables.off.append(name)
            continue
        power, reactive = (tables.number(f"loads.{name}", row, column) for column in ("p0", "q0"))
        tables.draft.load(name, bus, power, reactive)
    curves = _curves(tables)
    for table in ("generators", "batteries"):
        for row in tables.rows(table):
            _generator(tables, table, row, curves)
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


def _generator(tables: Tables, table: str, row: dict[str, Any], curves: dict[str, Any]) -> None:
    name, bus = tables.name(table, row["id"]), tables.bus(row)
    if bus is None:
        tables.off.append(name)
        return
    path = f"{table}.{name}"
    low, high = (float(np.clip(tables.number(path, row, each), -UNLIMITED, UNLIMITED)) for each in ("min_p", "max_p"))
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
    return {ident: sorted(points, key=lambda point: point.power_mw) for ident, points in found.items()}


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
