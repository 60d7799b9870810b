"""One real service for all tests of a module, a real client, and small cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_server.client import Client
from c4e_server.local import Local, local_service


def small(name: str = "small", demand_kw: float = 2.0, **more: Any) -> Case:
    """A house with a battery behind a meter, three hours, prices low, high, low."""
    document: dict[str, Any] = {
        "name": name,
        "units": {"power": "kW", "energy": "kWh", "price": "EUR/kWh"},
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 3},
        "parties": [{"id": "ann"}, {"id": "grid"}],
        "buses": [{"id": "el"}],
        "components": {
            "grid_connection": [
                {
                    "id": "meter",
                    "bus": "el",
                    "owner": "grid",
                    "import_max_kw": 10,
                    "import_price_eur_per_kwh": [0.1, 0.5, 0.1],
                }
            ],
            "demand": [{"id": "house", "bus": "el", "owner": "ann", "demand_kw": demand_kw}],
            "battery": [
                {
                    "id": "b1",
                    "bus": "el",
                    "owner": "ann",
                    "charge_max_kw": 3,
                    "discharge_max_kw": 3,
                    "energy_max_kwh": 5,
                    "energy_start_kwh": 0,
                }
            ],
        },
    }
    return Builder(document | more, {}).case()


def hard(name: str = "hard", steps: int = 192) -> Case:
    """A commitment of many plants that differ a little; it takes minutes to prove an optimum without a gap."""
    random = np.random.default_rng(7)
    plants = [
        {
            "id": f"p{number}",
            "electricity_bus": "el",
            "heat_bus": "heat",
            "fuel_bus": "gas",
            "fuel_max_mw": float(random.uniform(1, 3)),
            "electric_efficiency": float(random.uniform(0.3, 0.42)),
            "heat_efficiency": float(random.uniform(0.3, 0.45)),
            "minimum_load_ratio": float(random.uniform(0.4, 0.7)),
            "start_cost_eur": float(random.uniform(20, 90)),
            "minimum_up_hours": 4,
            "minimum_down_hours": 3,
        }
        for number in range(25)
    ]
    course = 8 + 4 * np.sin(np.arange(steps) / 4) + random.uniform(-1, 1, steps)
    document: dict[str, Any] = {
        "name": name,
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": steps},
        "buses": [{"id": "el"}, {"id": "heat", "carrier": "heat"}, {"id": "gas", "carrier": "gas"}],
        "components": {
            "chp": plants,
            "demand": [
                {"id": "d", "bus": "el", "demand_mw": course},
                {"id": "h", "bus": "heat", "demand_mw": course[::-1] * 0.9},
            ],
            "grid_connection": [
                {"id": "gas", "bus": "gas", "import_max_mw": 999, "import_price_eur_per_mwh": 30},
                {
                    "id": "el",
                    "bus": "el",
                    "import_max_mw": 99,
                    "export_max_mw": 99,
                    "import_price_eur_per_mwh": 150,
                    "export_price_eur_per_mwh": 5,
                },
            ],
            "boiler": [{"id": "b", "heat_bus": "heat", "fuel_bus": "gas", "heat_max_mw": 40, "efficiency": 0.8}],
            "heat_store": [
                {
                    "id": "dump",
                    "bus": "heat",
                    "charge_max_mw": 9,
                    "discharge_max_mw": 9,
                    "energy_max_mwh": 60,
                    "energy_start_mwh": 1,
                    "standing_loss_per_hour": 0.05,
                }
            ],
        },
    }
    return Builder(document, {}).case()


@pytest.fixture(scope="session")
def make_small() -> Callable[..., Case]:
    return small


@pytest.fixture(scope="session")
def hard_case() -> Case:
    return hard()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with local_service(tmp_path_factory.mktemp("service"), "--workers", "1") as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Local) -> Iterator[Client]:
    with Client(service.address) as client:
        yield client


@pytest.fixture(scope="module")
def data(service: Local) -> Path:
    return service.log.parent
