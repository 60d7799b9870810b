"""Segments fill in their order, also where one of them has no width."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import solve
from c4e_opt.case.build import Builder

GAS = {"id": "meter", "bus": "gas", "import_max_mw": 9, "import_price_eur_per_mwh": 10}
GRID = {"id": "grid", "bus": "el", "import_max_mw": 9, "import_price_eur_per_mwh": 1000}


def cost_of(**components: list[dict[str, Any]]) -> float | None:
    """Cost of one hour of a site."""
    carriers = {"el": "electricity", "heat": "heat", "gas": "gas"}
    document: dict[str, Any] = {
        "name": "segments",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 1},
        "buses": [{"id": name, "carrier": carrier} for name, carrier in carriers.items()],
        "components": components,
    }
    return solve(Builder(document, {}).case()).objective


def test_a_better_segment_of_a_boiler_waits_beyond_one_without_width():
    # The first MW of heat costs 2 MW of gas; the second one, at 0.9, comes after it.
    widths = [(1, 0.5), (0, 0.7), (1, 0.9)]
    segments = [{"heat_mw": width, "efficiency": efficiency} for width, efficiency in widths]
    boiler = {"id": "b", "heat_bus": "heat", "fuel_bus": "gas", "heat_max_mw": 2, "efficiency_segments": segments}
    cost = cost_of(grid_connection=[GAS], demand=[{"id": "d", "bus": "heat", "demand_mw": 1}], boiler=[boiler])
    assert cost == pytest.approx(20.0)


def test_a_cheaper_segment_of_a_generator_waits_beyond_one_without_width():
    widths = [(1, 50), (0, 5), (1, 10)]
    segments = [{"power_mw": width, "cost_eur_per_mwh": cost} for width, cost in widths]
    plant = {"id": "g", "bus": "el", "power_max_mw": 2, "cost_segments": segments}
    cost = cost_of(grid_connection=[GRID], demand=[{"id": "d", "bus": "el", "demand_mw": 1}], generator=[plant])
    assert cost == pytest.approx(50.0)
