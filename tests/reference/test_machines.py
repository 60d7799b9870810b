"""Random heat pumps, chillers, electrolysers and fuel cells: our answer beside that of the same site in Pyomo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import SolveOptions, solve
from c4e_solvers import Reason
from tests.properties.generators import case_of
from tests.reference.pyomo_site import PyomoSite

STEPS = 5
BUSES = [
    {"id": "e"},
    {"id": "h", "carrier": "heat"},
    {"id": "c", "carrier": "cooling"},
    {"id": "y", "carrier": "hydrogen"},
]


class _Draw:
    """Numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def maybe(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def number(self, least: float, most: float, digits: int = 3) -> float:
        return round(float(self.rng.uniform(least, most)), digits)

    def series(self, least: float, most: float) -> list[float]:
        return [self.number(least, most) for _ in range(STEPS)]

    def rules(self, *, standby: bool = False) -> dict[str, Any]:
        """Some rules of a unit."""
        if self.maybe(0.25):
            return {"ramp_up_ratio_per_hour": self.number(0.2, 1.5)} if self.maybe(0.5) else {}
        found: dict[str, Any] = {
            "minimum_load_ratio": self.number(0.05, 0.5),
            "start_cost_eur": self.number(1, 30),
            "on_initially": self.maybe(0.4),
            "hours_in_state_initially": self.number(0, 3, 2),
        }
        most_of = {"minimum_up_hours": 2, "minimum_down_hours": 2, "stop_cost_eur": 9, "running_cost_eur_per_hour": 5}
        for name, most in {**most_of, "ramp_up_ratio_per_hour": 1.5, "ramp_down_ratio_per_hour": 1.5}.items():
            if self.maybe(0.4):
                found[name] = self.number(0.2, most, 2)
        if standby and self.maybe(0.8):
            found["standby_power_mw"] = self.number(0.0, 0.1)
            found["warm_start_cost_eur"] = self.number(0, found["start_cost_eur"])
            found["standby_initially"] = not found["on_initially"] and self.maybe(0.5)
        return found

    def points(self) -> dict[str, Any]:
        """Part-load points in any order of slopes."""
        if self.maybe(0.4):
            return {}
        loads = [self.number(0.1, 0.45), self.number(0.5, 0.9), 1.0]
        gives = [loads[0] * self.number(0.6, 1.3)]
        for place in (1, 2):
            gives.append(gives[-1] + (loads[place] - loads[place - 1]) * self.number(0.3, 1.6))
        return {
            "part_load": [
                {"load_ratio": load, "performance_ratio": round(give / load, 4)}
                for load, give in zip(loads, gives, strict=True)
            ]
        }


def site(seed: int) -> dict[str, Any]:
    """A site with two machines of every kind, and buses that buy and sell, some at a price below zero."""
    draw = _Draw(seed)
    spans = {"e": (-30, 120), "h": (-10, 60), "c": (-10, 60), "y": (40, 140)}
    connections: list[dict[str, Any]] = []
    demands: list[dict[str, Any]] = []
    for bus, span in spans.items():
        price = draw.series(*span)
        connections.append(
            {
                "id": bus,
                "bus": bus,
                "import_max_mw": 30.0,
                "export_max_mw": draw.number(1, 9),
                "import_price_eur_per_mwh": price,
                "export_price_eur_per_mwh": [round(each - draw.number(1, 9), 3) for each in price],
            }
        )
        demands.append({"id": bus, "bus": bus, "demand_mw": draw.series(0, 3)})
    return {
        "name": "machines",
        "horizon": {
            "start": "2025-01-01T00:00Z",
            "step_minutes": [int(minutes) for minutes in draw.rng.choice([15, 30, 60, 90], STEPS)],
        },
        "buses": BUSES,
        "components": {
            "grid_connection": connections,
            "demand": demands,
            "heat_pump": [_heat_pump(draw, place) for place in range(2)],
            "chiller": [_chiller(draw, place) for place in range(2)],
            "electrolyser": [_electrolyser(draw, place) for place in range(2)],
            "fuel_cell": [_fuel_cell(draw, place) for place in range(2)],
        },
    }


def _heat_pump(draw: _Draw, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"p{place}", "electricity_bus": "e", "heat_bus": "h", "cop": draw.series(1.5, 5)}
    if draw.maybe(0.6):
        found |= {
            "cop": None,
            "quality_grade": draw.number(0.3, 0.6),
            "source_temperature_c": draw.series(-10, 40),
            "supply_temperature_c": draw.series(30, 60) if draw.maybe(0.5) else draw.number(30, 60),
            "cop_max": draw.number(4, 8),
            "icing_factor": draw.number(0.5, 1) if draw.maybe(0.5) else None,
            "icing_temperature_c": draw.number(-5, 10),
        }
    if draw.maybe(0.5):
        found["heat_max_mw"] = draw.series(0.2, 4)
    cost = draw.number(-1, 3)
    return {**found, "electric_max_mw": draw.number(0.3, 2), "cost_eur_per_mwh": cost, **draw.rules(), **draw.points()}


def _chiller(draw: _Draw, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"c{place}", "electricity_bus": "e", "cooling_bus": "c", "eer": draw.series(1, 5)}
    if draw.maybe(0.5):
        found |= {
            "eer": None,
            "quality_grade": draw.number(0.2, 0.5),
            "supply_temperature_c": draw.number(4, 16),
            "rejection_temperature_c": draw.series(10, 45),
            "eer_max": draw.number(4, 9),
        }
    if draw.maybe(0.5):
        found["cooling_max_mw"] = draw.series(0.2, 4)
    if draw.maybe(0.7):
        found |= {"heat_bus": "h", "heat_recovery_ratio": draw.number(0.2, 1)}
    return {**found, "electric_max_mw": draw.number(0.3, 2), **draw.rules(), **draw.points()}


def _electrolyser(draw: _Draw, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"e{place}", "electricity_bus": "e", "hydrogen_bus": "y"}
    if draw.maybe(0.6):
        found |= {"heat_bus": "h", "heat_efficiency": draw.number(0.1, 0.3)}
    found |= {"electric_max_mw": draw.number(0.3, 3), "efficiency": draw.number(0.5, 0.7)}
    return {**found, "cost_eur_per_mwh": draw.number(0, 3), **draw.rules(standby=True), **draw.points()}


def _fuel_cell(draw: _Draw, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"f{place}", "electricity_bus": "e", "hydrogen_bus": "y"}
    if draw.maybe(0.6):
        found |= {"heat_bus": "h", "heat_efficiency": draw.number(0.1, 0.3)}
    found |= {"hydrogen_max_mw": draw.number(0.3, 3), "electric_efficiency": draw.number(0.5, 0.8)}
    return {**found, "cost_eur_per_mwh": draw.number(0, 3), **draw.rules(standby=True), **draw.points()}


@pytest.mark.parametrize("seed", range(20))
def test_machines_agree_with_a_network_of_states_and_weights_on_points(seed: int) -> None:
    document = site(seed)
    outcome = solve(case_of(document), SolveOptions(gap=0.0))
    if outcome.termination.reason is Reason.INFEASIBLE:
        with pytest.raises(RuntimeError, match="feasible solution was not found"):
            PyomoSite(document, exclusive=True).solve()
    else:
        wanted = PyomoSite(document, exclusive=True).solve()
        assert outcome.objective == pytest.approx(wanted.objective, rel=1e-6, abs=1e-6)


def test_these_sites_have_many_rules() -> None:
    records = [
        record
        for seed in range(20)
        for kind in ("heat_pump", "chiller", "electrolyser", "fuel_cell")
        for record in site(seed)["components"][kind]
    ]
    for rule in ("part_load", "standby_power_mw", "quality_grade", "heat_max_mw", "heat_bus", "minimum_up_hours"):
        assert sum(record.get(rule) is not None for record in records) >= 10, rule
