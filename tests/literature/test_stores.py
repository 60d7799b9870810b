"""Stores whose optimum is published: examples and tests of PyPSA, written as cases by hand."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import solve
from c4e_opt.case.build import Builder

HOURS = {"start": "2025-01-01T00:00Z", "step_minutes": 60}
LOADS = ([20.0, 20.0, 15.0, 15.0, 30.0, 40.0, 35.0, 25.0], [30.0, 25.0, 20.0, 20.0, 40.0, 50.0, 45.0, 30.0])
WIDE = {"charge_max_mw": 1e3, "discharge_max_mw": 1e3}


def objective(steps: int, buses: list[dict[str, Any]], **components: list[dict[str, Any]]) -> float:
    content = {"name": "published", "horizon": {**HOURS, "steps": steps}, "buses": buses, "components": components}
    outcome = solve(Builder(content, {}).case())
    assert outcome.objective is not None
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome.objective


def test_storing_a_mwh_for_an_hour_costs_what_pypsas_test_says() -> None:
    """PyPSA, test/test_lopf_storage.py::test_storage_energy_marginal_cost: 2.6."""
    cost = objective(
        3,
        [{"id": "bus"}],
        grid_connection=[{"id": "g", "bus": "bus", "import_max_mw": [3.0, 0.0, 0.0], "import_price_eur_per_mwh": 1.0}],
        demand=[{"id": "load", "bus": "bus", "demand_mw": 1.0}],
        store=[
            {
                "id": "s",
                "bus": "bus",
                "energy_max_mwh": 10.0,
                "energy_start_mwh": 1.0,
                "holding_cost_eur_per_mwh_hour": 0.2,
                **WIDE,
            }
        ],
    )
    assert cost == pytest.approx(2.6)


def test_a_cyclic_water_tank_costs_what_pypsas_example_says() -> None:
    """PyPSA, examples/power-to-heat-water-tank: wind and heat pump are sized around a tank: 23500.5858249914."""
    cost = objective(
        4,
        [{"id": "power"}, {"id": "heat", "carrier": "heat"}],
        generator=[
            {"id": "wind", "bus": "power", "capacity_cost_eur_per_mw": 500.0, "power_max_ratio": [0.0, 0.2, 0.7, 0.4]}
        ],
        converter=[
            {
                "id": "pump",
                "input_bus": "power",
                "capacity_cost_eur_per_mw": 1000.0,
                "outputs": [{"bus": "heat", "efficiency": [2.5, 3.0, 3.2, 3.0]}],
            }
        ],
        demand=[{"id": "load", "bus": "heat", "demand_mw": 20.0}],
        store=[
            {
                "id": "tank",
                "bus": "heat",
                "energy_max_mwh": 100.0,
                "cyclic": True,
                "standing_loss_per_hour": 0.01,
                **WIDE,
            }
        ],
    )
    assert cost == pytest.approx(23500.5858249914, rel=1e-9)


def test_chained_lakes_cost_what_pypsas_example_says() -> None:
    """PyPSA, examples/chained-hydro-reservoirs: turbines are sized, half of the water goes on to the second lake.

    100000.
    """
    rain = [350.0 * part for part in (0.0, 0.3, 0.8, 0.5, 0.1, 0.0, 0.2, 0.4)]
    lake = {"energy_max_mwh": 10_000.0, "cyclic": True, **WIDE}

    def turbine(name: str, lake: str, *outputs: tuple[str, float], cost: float = 1000.0) -> dict[str, Any]:
        given = [{"bus": bus, "efficiency": share} for bus, share in outputs]
        return {"id": name, "input_bus": lake, "capacity_cost_eur_per_mw": cost, "outputs": given}

    cost = objective(
        8,
        [{"id": "lake 1"}, {"id": "lake 2"}, {"id": "power 1"}, {"id": "power 2"}],
        renewable=[{"id": "rain", "bus": "lake 1", "available_mw": rain}],
        store=[{"id": "upper", "bus": "lake 1", **lake}, {"id": "lower", "bus": "lake 2", **lake}],
        converter=[
            turbine("spillage", "lake 1", ("lake 2", 0.5), cost=0.0),
            turbine("turbine 1", "lake 1", ("power 1", 0.9), ("lake 2", 0.5)),
            turbine("turbine 2", "lake 2", ("power 2", 0.9)),
        ],
        demand=[
            {"id": "load 1", "bus": "power 1", "demand_mw": LOADS[0]},
            {"id": "load 2", "bus": "power 2", "demand_mw": LOADS[1]},
        ],
    )
    assert cost == pytest.approx(100_000.0, rel=1e-9)
