"""A community of many sites, made by rule and seed: everything a site may own, tied through one bus with one limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt import Case
from c4e_opt.case.build import Builder

Record = dict[str, Any]
START = np.datetime64("2025-03-12T00:00")


def community(sites: int, steps: int = 96, seed: int = 1) -> Case:
    """One day in equal steps; every site has a demand, PV, a battery and a tie, most have heat, many have a vehicle.

    Three sites of ten heat with a CHP and a boiler, four with a heat pump, each with a store; three buy no heat. One
    of two sites charges a vehicle. The network behind the common bus gives no more than three quarters of what the
    sites together could draw, so that all of them are coupled in the steps that matter.

    Args:
        sites: How many.
        steps: Steps of the day; must divide 1440 minutes.
        seed: Of every size and shape.
    """
    rng = np.random.default_rng(seed)
    minutes = 1440 // steps
    hour = (np.arange(steps) + 0.5) * minutes / 60.0
    spot = 70.0 + 35.0 * np.sin((hour - 14.0) / 24.0 * 4.0 * np.pi) + rng.normal(0.0, 4.0, steps)
    sun = np.clip(np.sin((hour - 6.0) / 12.0 * np.pi), 0.0, None) ** 1.5
    peak = rng.uniform(0.05, 0.6, sites)
    draw = float(peak.sum())
    document: Record = {
        "name": f"{sites} sites",
        "horizon": {"start": f"{START}Z", "step_minutes": [minutes] * steps},
        "parties": [{"id": "supplier"}, *({"id": f"p{site}"} for site in range(sites))],
        "buses": [{"id": "station"}],
    }
    kinds = "grid_connection tie demand renewable battery heat_pump heat_store chp boiler ev_session"
    parts: dict[str, list[Record]] = {kind: [] for kind in kinds.split()}
    network = {"id": "network", "bus": "station", "owner": "supplier"}
    prices = {"import_price_eur_per_mwh": spot.tolist(), "export_price_eur_per_mwh": (0.6 * spot).tolist()}
    parts["grid_connection"].append(network | prices | {"import_max_mw": 0.75 * draw, "export_max_mw": 0.4 * draw})
    for site in range(sites):
        for kind, record in _site(site, float(peak[site]), hour, sun, rng):
            if kind == "bus":
                document["buses"].append(record)
            else:
                parts[kind].append(record)
    document["components"] = {kind: records for kind, records in parts.items() if records}
    return Builder(document, {}).case()


def _site(site: int, peak: float, hour: Any, sun: Any, rng: np.random.Generator) -> list[tuple[str, Record]]:
    """Buses and components of one site; powers in MW."""
    steps = len(hour)
    own: Record = {"owner": f"p{site}"}
    bus = f"e{site}"
    shape = 0.45 + 0.35 * np.exp(-(((hour - rng.uniform(17.0, 20.0)) / 2.5) ** 2)) + 0.1 * rng.random(steps)
    clouds = 1.0 - 0.5 * rng.random() * np.convolve(rng.random(steps), np.ones(5) / 5.0, "same")
    size = peak * float(rng.uniform(0.5, 2.0))
    battery = {"charge_max_mw": size / 2, "discharge_max_mw": size / 2, "energy_max_mwh": size}
    made: list[tuple[str, Record]] = [
        ("bus", {"id": bus}),
        ("demand", {"id": f"load{site}", "bus": bus, "demand_mw": (peak * shape).tolist(), **own}),
        (
            "renewable",
            {"id": f"pv{site}", "bus": bus, "available_mw": (1.2 * size * sun * clouds).tolist(), **own},
        ),
        (
            "battery",
            {
                "id": f"battery{site}",
                "bus": bus,
                "energy_start_mwh": size / 2,
                "energy_end_mwh": size / 2,
                "discharge_cost_eur_per_mwh": float(rng.uniform(2.0, 8.0)),
                **battery,
                **own,
            },
        ),
        (
            "tie",
            {
                "id": f"tie{site}",
                "from_bus": "station",
                "to_bus": bus,
                "forward_max_mw": 2.0 * peak,
                "backward_max_mw": 1.5 * peak,
                "loss_ratio": float(rng.uniform(0.005, 0.03)),
                "fee_eur_per_mwh": float(rng.uniform(0.5, 2.0)),
                **own,
            },
        ),
    ]
    kind = site % 10
    if kind < 7:
        made += _heat(site, bus, peak, hour, with_fuel=kind < 3, rng=rng)
    if site % 2:
        need = float(rng.uniform(0.01, 0.05))
        arrival, stay = int(rng.integers(0, steps // 2)), int(rng.integers(steps // 8, steps // 2))
        moments = [f"{START + np.timedelta64(1440 // steps * step, 'm')}Z" for step in (arrival, arrival + stay)]
        session = {"energy_needed_mwh": need, "energy_max_mwh": 0.08, "charge_max_mw": 0.022}
        times = {"arrival": moments[0], "departure": moments[1], "unserved_value_eur_per_mwh": 1500.0}
        made.append(("ev_session", {"id": f"car{site}", "bus": bus, **session, **times, **own}))
    return made


def _heat(
    site: int, bus: str, peak: float, hour: Any, *, with_fuel: bool, rng: np.random.Generator
) -> list[tuple[str, Record]]:
    """The heat of a site: its demand, a store, and a heat pump or a CHP with a boiler."""
    own, heat = {"owner": f"p{site}"}, f"h{site}"
    demand = peak * (0.6 - 0.25 * np.sin((hour - 9.0) / 24.0 * 2.0 * np.pi) + 0.05 * rng.random(len(hour)))
    store = {"charge_max_mw": peak, "discharge_max_mw": peak, "energy_max_mwh": 3.0 * peak}
    made: list[tuple[str, Record]] = [
        ("bus", {"id": heat, "carrier": "heat"}),
        ("demand", {"id": f"heat{site}", "bus": heat, "demand_mw": demand.tolist(), **own}),
        (
            "heat_store",
            {
                "id": f"tank{site}",
                "bus": heat,
                "energy_start_mwh": peak,
                "energy_end_mwh": peak,
                "standing_loss_per_hour": 0.01,
                **store,
                **own,
            },
        ),
    ]
    if not with_fuel:
        cop = (3.2 + 0.4 * np.sin((hour - 9.0) / 24.0 * 2.0 * np.pi)).tolist()
        pump = {"id": f"pump{site}", "electricity_bus": bus, "heat_bus": heat, "electric_max_mw": peak / 2, "cop": cop}
        return [*made, ("heat_pump", pump | own)]
    gas = f"g{site}"
    fuel = {"heat_bus": heat, "fuel_bus": gas, **own}
    plant = {"fuel_max_mw": peak, "electric_efficiency": 0.35, "heat_efficiency": 0.5, "cost_eur_per_mwh": 3.0}
    meter = {"import_max_mw": 4.0 * peak, "import_price_eur_per_mwh": float(rng.uniform(35.0, 50.0))}
    return [
        *made,
        ("bus", {"id": gas, "carrier": "gas"}),
        ("grid_connection", {"id": f"meter{site}", "bus": gas, "owner": "supplier", **meter}),
        ("chp", {"id": f"chp{site}", "electricity_bus": bus, **plant, **fuel}),
        ("boiler", {"id": f"boiler{site}", "heat_max_mw": 1.2 * peak, "efficiency": 0.92, **fuel}),
    ]
