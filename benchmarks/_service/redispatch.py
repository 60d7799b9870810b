"""A day of a site in steps of five minutes, dispatched again and again: from the last basis, and from nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.coordination.redispatch import window
from c4e_server.client import Client

STEPS, MINUTES, LOOK_HOURS = 432, 5, 24.0


def site() -> Case:
    """A day and a half: a meter with prices, loads, PV, a battery, a heat pump with a store."""
    hour = (np.arange(STEPS) + 0.5) * MINUTES / 60
    price = 80 + 35 * np.sin((hour - 14) / 12 * 2 * np.pi)
    sun = np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None)
    store = {"charge_max_mw": 0.1, "discharge_max_mw": 0.1, "energy_max_mwh": 0.3, "energy_start_mwh": 0.1}
    meter = {"id": "meter", "bus": "el", "import_max_mw": 1, "export_max_mw": 1}
    document: dict[str, Any] = {
        "name": "site",
        "horizon": {"start": "2025-03-12T00:00Z", "step_minutes": MINUTES, "steps": STEPS},
        "buses": [{"id": "el"}, {"id": "heat", "carrier": "heat"}],
        "components": {
            "grid_connection": [
                meter | {"import_price_eur_per_mwh": price.tolist(), "export_price_eur_per_mwh": (0.5 * price).tolist()}
            ],
            "demand": [
                {"id": "house", "bus": "el", "demand_mw": (0.2 + 0.1 * sun).tolist()},
                {"id": "rooms", "bus": "heat", "demand_mw": (0.15 - 0.1 * sun).tolist()},
            ],
            "renewable": [{"id": "pv", "bus": "el", "available_mw": (0.4 * sun).tolist()}],
            "battery": [{"id": "battery", "bus": "el"} | store],
            "heat_store": [{"id": "tank", "bus": "heat"} | store],
            "heat_pump": [
                {"id": "pump", "electricity_bus": "el", "heat_bus": "heat", "electric_max_mw": 0.1, "cop": 3.0}
            ],
        },
    }
    return Builder(document, {}).case()


def measured(address: str, steps: int) -> tuple[Sequence[float], Sequence[float]]:
    """Seconds of dispatches of a session, and of solves of the same hours, in turn.

    Args:
        address: Of a service that keeps no answers.
        steps: How many of each.
    """
    case, chance = site(), np.random.default_rng(1)
    resumed: list[float] = []
    cold: list[float] = []
    with Client(address) as client:
        client.sites.open("site", case, look_hours=LOOK_HOURS)
        for step in range(steps + steps // 10):
            states = {("battery", "battery"): {"energy_start_mwh": float(chance.uniform(0.0, 0.3))}}
            client.sites.measure("site", step, states)
            begin = time.perf_counter()
            client.sites.dispatch("site", step)
            between = time.perf_counter()
            part = window(case, states, step, LOOK_HOURS)
            prepared = time.perf_counter()
            client.solve(part)
            resumed.append(between - begin)
            cold.append(time.perf_counter() - prepared)
    return resumed[steps // 10 :], cold[steps // 10 :]
