"""Generators, grid connections and batteries of a network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from c4e_opt.case.readers.draft import UNLIMITED, series_of
from c4e_opt.case.readers.pandapower.costs import Cost
from c4e_opt.case.readers.pandapower.network import Network, Row
from c4e_opt.components.generator import CostSegment

_TECHNOLOGIES = {"pv": "pv", "wind": "wind", "wp": "wind", "hydro": "run_of_river", "run of river": "run_of_river"}


def read(network: Network, told: Mapping[tuple[str, int], Cost]) -> None:
    """Everything that gives power or stores it."""
    for row in network.rows("sgen"):
        _static(network, row, told.get(("sgen", row["index"])))
    for row in network.rows("gen"):
        if row.get("slack") is True:
            _connection(network, "gen", row, told.get(("gen", row["index"])))
        else:
            _machine(network, row, told.get(("gen", row["index"])))
    for row in network.rows("storage"):
        _battery(network, row)
    for row in network.rows("ext_grid"):
        _connection(network, "ext_grid", row, told.get(("ext_grid", row["index"])))


def _static(network: Network, row: Row, cost: Cost | None) -> None:
    """A static generator."""
    draft, bus = network.draft, network.at(row["bus"])
    power, name = network.power("sgen", row, "p_mw"), str(row["name"])
    controllable = row.get("controllable") is True
    low, high = (network.number(row, each, None) for each in ("min_p_mw", "max_p_mw"))
    if cost is not None or (controllable and (low or 0.0) < 0) or np.any(power < 0):
        limits = (low, high) if controllable else (None, None)
        member = _generator(network, name, bus, power, limits, cost)
    else:
        most = power if high is None or not controllable else np.full(draft.horizon.steps, high)
        kind = _TECHNOLOGIES.get(str(row.get("type") or "").lower(), "other")
        said: dict[str, Any] = {"available_mw": most, "curtailable": controllable, "technology": kind}
        member = f"renewable/{draft.add('renewable', name, bus=bus, **said)}"
    _fixed_reactive(network, member, network.power("sgen", row, "q_mvar"))


def _fixed_reactive(network: Network, member: str, reactive: Any) -> None:
    if np.any(reactive):
        network.draft.add("reactive", member, member=member, reactive_min_mvar=reactive, reactive_max_mvar=reactive)


def _machine(network: Network, row: Row, cost: Cost | None) -> None:
    """A generator that holds the voltage of its bus."""
    bus, free = network.at(row["bus"]), row.get("controllable") is not False
    limits = tuple(network.number(row, each, None) for each in ("min_p_mw", "max_p_mw")) if free else (None, None)
    member = _generator(network, row["name"], bus, network.power("gen", row, "p_mw"), limits, cost)
    low, high = (network.number(row, each, None) for each in ("min_q_mvar", "max_q_mvar"))
    low, high = (-UNLIMITED if low is None else low), (UNLIMITED if high is None else high)
    network.hold(bus, network.number(row, "vm_pu", None))
    if low > high:
        message = f"is {low:g} Mvar; it must be at most max_q_mvar, {high:g} Mvar"
        network.draft.refuse(f"{row['path']}.min_q_mvar", message, "range")
        return
    network.draft.add("reactive", member, member=member, reactive_min_mvar=low, reactive_max_mvar=high)


def _generator(
    network: Network, name: str, bus: str, power: Any, limits: tuple[float | None, ...], cost: Cost | None
) -> str:
    """A generator within its limits, or of its power where it has none."""
    low, high = limits
    if high is None:
        said: dict[str, Any] = {
            "power_min_mw": np.minimum(power, 0.0), "power_max_mw": np.maximum(power, 0.0), "power_fixed_mw": power,
        }  # fmt: skip
        least, most = float(np.min(power)), float(np.max(power))
    else:
        least, most = (0.0 if low is None else low), high
        said = {"power_min_mw": least, "power_max_mw": most}
    if least > most:
        message = f"is {least:g} MW; it must be at most max_p_mw, {most:g} MW"
        network.draft.refuse(f"{name}.min_p_mw", message, "range")
        return f"generator/{name}"
    if cost is not None:
        said |= _cost(network, name, cost, least, most)
    return f"generator/{network.draft.add('generator', name, bus=bus, **said)}"


def _cost(network: Network, name: str, cost: Cost, least: float, most: float) -> dict[str, Any]:
    """The fields of a cost."""
    if cost.points:
        begin, end = cost.points[0][0], cost.points[-1][1]
        if least < 0 or begin > max(least, 0.0) + 1e-9 or end < most - 1e-9:
            message = f"has points from {begin:g} to {end:g} MW; they must span the power, {least:g} to {most:g} MW"
            network.draft.refuse(f"pwl_cost of {name}", message, "range")
            return {}
        inside = [(max(low, 0.0), high, slope) for low, high, slope in cost.points if high > 0]
        parts = [CostSegment(power_mw=high - low, cost_eur_per_mwh=slope) for low, high, slope in inside]
        return {"cost_segments": tuple(parts)}
    said: dict[str, Any] = {"cost_eur_per_mwh": cost.linear}
    if cost.square:
        said["quadratic_cost_eur_per_mw2_hour"] = cost.square
    return said


def _battery(network: Network, row: Row) -> None:
    """A storage; its power is the largest that the file tells of it."""
    path, told = row["path"], [abs(network.number(row, each)) for each in ("min_p_mw", "max_p_mw", "sn_mva", "p_mw")]
    least, most = network.number(row, "min_e_mwh"), network.number(row, "max_e_mwh")
    if least > most:
        message = f"is {least:g} MWh; it must be at most max_e_mwh, {most:g} MWh"
        network.draft.refuse(f"{path}.min_e_mwh", message, "range")
        return
    efficiency = network.number(row, "efficiency_percent", 100.0)
    one_way = math.sqrt(min(max(efficiency if efficiency <= 1.0 else efficiency / 100.0, 0.0), 1.0))
    lost = max(network.number(row, "self-discharge_percent_per_day"), 0.0) / 100.0
    start = most * network.number(row, "soc_percent") / 100.0
    member = network.draft.add(
        "battery", row["name"], bus=network.at(row["bus"]), charge_max_mw=max(told), discharge_max_mw=max(told),
        energy_min_mwh=least, energy_max_mwh=most, energy_start_mwh=min(max(start, least), most),
        charge_efficiency=one_way, discharge_efficiency=one_way,
        standing_loss_per_hour=1.0 - (1.0 - min(lost, 1.0)) ** (1.0 / 24.0),
    )  # fmt: skip
    _fixed_reactive(network, f"battery/{member}", -network.power("storage", row, "q_mvar"))


def _connection(network: Network, table: str, row: Row, cost: Cost | None) -> None:
    """The network above, at a slack bus; unlimited means as much as everything below together could use."""
    draft, bus = network.draft, network.at(row["bus"])
    network.hold(bus, network.number(row, "vm_pu", None), slack=True)
    low, high = (network.number(row, each, None) for each in ("min_p_mw", "max_p_mw"))
    kinds = (("demand", "demand_mw"), ("generator", "power_max_mw"), ("renewable", "available_mw"))
    whole = sum(sum(map(abs, series_of(draft.made[kind], field))) for kind, field in kinds)
    whole += sum(series_of(draft.made["battery"], "charge_max_mw"))
    wide = 2.0 * whole + 1e-3
    if (cost is not None and (cost.square or cost.points)) or (low or 0.0) > 0:
        limits = (-wide if low is None else low, wide if high is None else high)
        _generator(network, row["name"], bus, np.zeros(draft.horizon.steps), limits, cost)
        return
    price = 0.0 if cost is None else cost.linear
    draft.add(
        "grid_connection", row["name"], bus=bus, import_max_mw=wide if high is None else max(high, 0.0),
        export_max_mw=wide if low is None else max(-low, 0.0), import_price_eur_per_mwh=price,
        export_price_eur_per_mwh=price,
    )  # fmt: skip
