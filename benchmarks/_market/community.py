"""A community of many members, made by rule and seed: PV, batteries, vehicles, heat pumps and bids on one feeder.

Every member is at a bus of a radial feeder, twenty at one, and has a fixed demand; half have PV, three of ten a
battery, three of ten a vehicle, four of ten a heat pump with a tank. Eight of ten bid for more energy in every step,
and one of ten offers a small plant of its own. A supplier buys and sells at the root of the feeder, which
binds at night.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt import Case
from c4e_opt.case.build import Builder

Record = dict[str, Any]
START = np.datetime64("2025-03-12T00:00")
MEMBERS_PER_BUS, BRANCHES = 20, 4


def community(members: int, steps: int = 96, seed: int = 1, network: str = "lindistflow") -> Case:
    """One day in equal steps.

    Args:
        members: How many.
        steps: Steps of the day; must divide 1440 minutes.
        seed: Of every size and shape.
        network: Network model of the feeder.
    """
    rng = np.random.default_rng(seed)
    minutes = 1440 // steps
    hour = (np.arange(steps) + 0.5) * minutes / 60.0
    spot = 80.0 + 40.0 * np.sin((hour - 14.0) / 24.0 * 4.0 * np.pi) + rng.normal(0.0, 4.0, steps)
    sun = np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None) ** 1.5
    nodes = -(-members // MEMBERS_PER_BUS)
    kinds = "grid_connection line demand renewable battery ev_session heat_pump heat_store"
    parts: dict[str, list[Record]] = {kind: [] for kind in kinds.split()}
    band = {"voltage_min_pu": 0.95, "voltage_max_pu": 1.05}
    buses: list[Record] = [{"id": "root", "slack": True}, *({"id": f"n{node}", **band} for node in range(nodes))]
    most = 0.004 * members
    parts["grid_connection"].append(
        {"id": "grid", "bus": "root", "owner": "supplier", "import_max_mw": most, "export_max_mw": most,
         "import_price_eur_per_mwh": spot + 60.0, "export_price_eur_per_mwh": spot - 15.0}
    )  # fmt: skip
    length = -(-nodes // BRANCHES)
    wire = {"resistance_pu": 2.5 / length**2, "reactance_pu": 1.0 / length**2, "limit_mw": 0.03 * length}
    for node in range(nodes):
        before = f"n{node - BRANCHES}" if node >= BRANCHES else "root"
        parts["line"].append({"id": f"l{node}", "from_bus": before, "to_bus": f"n{node}", **wire})
    for member in range(members):
        for kind, record in _member(member, f"n{member // MEMBERS_PER_BUS}", hour, sun, rng):
            (buses if kind == "bus" else parts[kind]).append(record)
    document = {
        "name": f"{members} members",
        "horizon": {"start": f"{START}Z", "step_minutes": [minutes] * steps},
        "parties": [{"id": "supplier"}, *({"id": f"m{member}"} for member in range(members))],
        "buses": buses,
        "components": {kind: records for kind, records in parts.items() if records},
        "orders": _bids(members, steps, minutes / 60.0, rng),
        "policy": {"pricing": "european", "network": network, "base_mva": 1.0},
    }
    return Builder(document, {}).case()


def _member(member: int, bus: str, hour: Any, sun: Any, rng: np.random.Generator) -> list[tuple[str, Record]]:
    """What a member has; powers in MW."""
    own, steps = {"owner": f"m{member}"}, len(hour)
    peak = float(rng.uniform(0.0006, 0.002))
    shape = 0.35 + 0.5 * np.exp(-(((hour - rng.uniform(17.0, 20.5)) / 2.0) ** 2)) + 0.1 * rng.random(steps)
    made: list[tuple[str, Record]] = [("demand", {"id": f"load{member}", "bus": bus, "demand_mw": peak * shape, **own})]
    if member % 2 == 0:
        size = float(rng.uniform(0.003, 0.01))
        made.append(("renewable", {"id": f"pv{member}", "bus": bus, "available_mw": size * sun, **own}))
    if member % 10 in (0, 2, 5):
        energy = float(rng.uniform(0.005, 0.013))
        store = {"charge_max_mw": energy / 2, "discharge_max_mw": energy / 2, "energy_max_mwh": energy}
        held = {"energy_start_mwh": energy / 2, "energy_end_mwh": energy / 2, "discharge_cost_eur_per_mwh": 4.0}
        loss = {"charge_efficiency": 0.95, "discharge_efficiency": 0.95}
        made.append(("battery", {"id": f"battery{member}", "bus": bus, **store, **held, **loss, **own}))
    if member % 10 in (1, 4, 6):
        arrival, stay = int(rng.integers(steps // 2, 3 * steps // 4)), int(rng.integers(steps // 12, steps // 4))
        times = [f"{START + np.timedelta64(1440 // steps * step, 'm')}Z" for step in (arrival, arrival + stay)]
        session = {"energy_needed_mwh": float(rng.uniform(0.005, 0.015)), "charge_max_mw": 0.011}
        more = {"energy_max_mwh": 0.06, "unserved_value_eur_per_mwh": 1500.0}
        moments = {"arrival": times[0], "departure": times[1]}
        made.append(("ev_session", {"id": f"car{member}", "bus": bus, **session, **more, **moments, **own}))
    if member % 10 in (3, 5, 7, 8):
        made += _heat(member, bus, hour, rng)
    return made


def _heat(member: int, bus: str, hour: Any, rng: np.random.Generator) -> list[tuple[str, Record]]:
    """A heat pump with its tank, and the heat that is needed."""
    own, heat, peak = {"owner": f"m{member}"}, f"h{member}", float(rng.uniform(0.003, 0.007))
    need = peak * (0.6 - 0.25 * np.sin((hour - 9.0) / 24.0 * 2.0 * np.pi) + 0.05 * rng.random(len(hour)))
    pump = {"electricity_bus": bus, "heat_bus": heat, "electric_max_mw": peak / 2.5, "cop": 3.2}
    tank = {"charge_max_mw": peak, "discharge_max_mw": peak, "energy_max_mwh": 2.0 * peak, "energy_start_mwh": peak,
            "energy_end_mwh": peak, "standing_loss_per_hour": 0.01}  # fmt: skip
    return [
        ("bus", {"id": heat, "carrier": "heat"}),
        ("demand", {"id": f"heat{member}", "bus": heat, "demand_mw": need, **own}),
        ("heat_pump", {"id": f"pump{member}", **pump, **own}),
        ("heat_store", {"id": f"tank{member}", "bus": heat, **tank, **own}),
    ]


def _bids(members: int, steps: int, hours: float, rng: np.random.Generator) -> Record:
    """A bid of most members in every step, and offers of some."""
    member = np.repeat(np.arange(members), steps)
    step = np.tile(np.arange(steps), members)
    kind = member % 10
    kept = kind != 9
    member, step, kind = member[kept], step[kept], kind[kept]
    sells = kind == 8
    worth = rng.uniform(40.0, 260.0, members)[member] + rng.normal(0.0, 10.0, member.size)
    asked = rng.uniform(60.0, 180.0, members)[member]
    size = rng.uniform(0.0002, 0.001, members)[member] * np.where(sells, 2.0, 1.0) * hours
    return {
        "id": np.char.add(np.char.add("b", member.astype(np.str_)), np.char.add("@", step.astype(np.str_))),
        "party": np.char.add("m", member.astype(np.str_)),
        "bus": np.char.add("n", (member // MEMBERS_PER_BUS).astype(np.str_)),
        "step": step,
        "side": np.where(sells, "sell", "buy"),
        "price_eur_per_mwh": np.round(np.where(sells, asked, worth), 2),
        "energy_mwh": np.round(size, 7),
    }
