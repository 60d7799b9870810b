"""A document with a field of every kind, in kW, and the case that it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder

Document = dict[str, Any]

_STEPS = 4


def small_document() -> Document:
    """A site with every kind of component and a few orders, in kW, kWh and PLN/kWh."""
    return {
        "name": "small",
        "currency": "PLN",
        "units": {"power": "kW", "energy": "kWh", "price": "PLN/kWh"},
        "horizon": {"start": "2025-03-30T00:00", "time_zone": "Europe/Warsaw", "step_minutes": 60, "steps": _STEPS},
        "parties": [{"id": "ann", "name": "Ann"}, {"id": "grid"}],
        "buses": [
            {"id": "el", "site": "farm"},
            {"id": "el2"},
            {"id": "heat", "carrier": "heat"},
            {"id": "gas", "carrier": "gas"},
        ],
        "components": {
            "grid_connection": [
                {
                    "id": "meter",
                    "bus": "el",
                    "owner": "grid",
                    "import_max_kw": 1000,
                    "export_max_kw": [100, 200, 300, 400],
                    "import_price_eur_per_kwh": [0.3, 0.1, 0.7, 0.2],
                    "export_price_eur_per_kwh": 0.05,
                },
                {"id": "gasmeter", "bus": "gas", "import_max_kw": 900, "import_price_eur_per_kwh": 0.04},
            ],
            "renewable": [
                {"id": "roof", "bus": "el", "technology": "wind", "available_kw": [0, 3, 1.1, 0], "curtailable": False}
            ],
            "demand": [
                {"id": "house", "bus": "el", "owner": "ann", "demand_kw": [3, 2, 1, 0.3]},
                {"id": "radiator", "bus": "heat", "demand_kw": 7},
            ],
            "flexible_demand": [
                {
                    "id": "laundry",
                    "bus": "el2",
                    "demand_kw": 2,
                    "shed_value_eur_per_kwh": 3,
                    "shift_max_kw": 1,
                    "shift_window_hours": 2,
                }
            ],
            "chp": [
                {
                    "id": "chp",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "fuel_bus": "gas",
                    "fuel_max_kw": 20,
                    "electric_efficiency": 0.35,
                    "heat_efficiency": 0.5,
                    "start_cost_eur": 0.01,
                    "on_initially": True,
                }
            ],
            "boiler": [{"id": "boiler", "heat_bus": "heat", "fuel_bus": "gas", "heat_max_kw": 30, "efficiency": 0.92}],
            "heat_pump": [
                {
                    "id": "pump",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "electric_max_kw": 4,
                    "cop": [3, 3.1, 3.2, 3.3],
                }
            ],
            "battery": [
                {
                    "id": name,
                    "bus": "el",
                    "charge_max_kw": 3,
                    "discharge_max_kw": 3,
                    "energy_max_kwh": 10,
                    "energy_start_kwh": 5,
                }
                | more
                for name, more in (("b1", {}), ("b2", {"energy_end_kwh": 2, "discharge_cost_eur_per_kwh": 0.01}))
            ],
            "heat_store": [
                {
                    "id": "tank",
                    "bus": "heat",
                    "charge_max_kw": 9,
                    "discharge_max_kw": 9,
                    "energy_max_kwh": 50,
                    "energy_start_kwh": 1,
                    "standing_loss_per_hour": 0.01,
                }
            ],
            "ev_session": [
                {
                    "id": "car",
                    "bus": "el",
                    "arrival": "2025-03-30T00:30",
                    "departure": "2025-03-30T04:30",
                    "energy_needed_kwh": 6,
                    "energy_max_kwh": 60,
                    "charge_max_kw": 11,
                }
            ],
            "tie": [{"id": "wire", "from_bus": "el", "to_bus": "el2", "forward_max_kw": 50, "backward_max_kw": 50}],
        },
        "orders": {
            "id": ["o1", "o2", "o3"],
            "party": ["ann", "grid", "ann"],
            "bus": ["el", "el2", "el"],
            "step": [0, 1, 3],
            "side": ["buy", "sell", "buy"],
            "price_eur_per_kwh": [0.9, 0.001, -0.3],
            "energy_kwh": [1, 2.5, 0.3],
        },
        "policy": {"operator": "dso", "money_decimals": 4},
    }


@pytest.fixture
def document() -> Document:
    return small_document()


@pytest.fixture
def case(document: Document) -> Case:
    return Builder(document, {}).case()


@pytest.fixture
def build() -> Callable[[Document], Case]:
    return lambda document: Builder(document, {}).case()


@pytest.fixture
def big_book() -> Callable[[int], Any]:
    """Order columns of any length, as a message's numpy columns."""

    def make(orders: int) -> dict[str, Any]:
        random = np.random.default_rng(1)
        return {
            "ids": np.char.add("o", np.arange(orders).astype(np.str_)),
            "party": random.integers(0, 2, orders),
            "bus": random.integers(0, 2, orders),
            "step": random.integers(0, _STEPS, orders),
            "side": np.where(random.random(orders) < 0.5, 1, 2),
            "price": random.normal(0.1, 0.05, orders),
            "energy": random.random(orders) + 0.1,
        }

    return make
