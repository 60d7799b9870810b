"""Stores of all kinds, buildings and wear: our answer beside that of a textbook model in Pyomo, and of counting cycles.

`tests.reference.test_pyomo` has them in whole sites; here stands what does not occur there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from c4e_opt import Outcome, SolveOptions, solve
from tests.properties.generators import case_of
from tests.reference.pyomo_site import PyomoSite

START = "2025-03-01T12:00:00+00:00"
BUSES = [{"id": "e"}, {"id": "h", "carrier": "heat"}, {"id": "c", "carrier": "cooling"}]


class _Draw:
    """Numbers of three digits from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.minutes = [int(m) for m in self.rng.choice([15, 30, 60, 120], 6)]

    def number(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 3)

    def series(self, low: float, high: float) -> list[float]:
        return [self.number(low, high) for _ in self.minutes]

    def maybe(self) -> bool:
        return bool(self.rng.random() < 0.5)

    def site(self, low: float, **components: list[dict[str, Any]]) -> dict[str, Any]:
        """A source at every bus whose price goes down to `low`, and a load of power."""
        sources = [
            {
                "id": f"source {bus['id']}",
                "bus": bus["id"],
                "import_max_mw": 9.0,
                "import_price_eur_per_mwh": self.series(low, 90.0),
            }
            for bus in BUSES
        ]
        return {
            "name": "stores",
            "horizon": {"start": START, "step_minutes": self.minutes},
            "parties": [],
            "buses": BUSES,
            "components": {
                "grid_connection": sources,
                "demand": [{"id": "load", "bus": "e", "demand_mw": self.series(0.1, 1.5)}],
                **components,
            },
        }


def agree(content: dict[str, Any], *, exclusive: bool) -> Outcome:
    outcome = solve(case_of(content), SolveOptions(gap=0.0))
    answer = PyomoSite(content, exclusive=exclusive).solve()
    assert outcome.objective == pytest.approx(answer.objective, rel=1e-6, abs=1e-6)
    return outcome


def a_store(draw: _Draw) -> dict[str, Any]:
    most = draw.series(1.0, 2.5)
    record: dict[str, Any] = {
        "id": "s",
        "bus": "e",
        "charge_max_mw": draw.series(0.1, 1.0),
        "discharge_max_mw": draw.series(0.1, 1.0),
        "energy_max_mwh": most,
        "charge_efficiency": draw.number(0.7, 1.0),
        "discharge_efficiency": draw.number(0.7, 1.0),
        "standing_loss_per_hour": draw.number(0.0, 0.1),
        "inflow_mw": draw.series(0.0, 0.4),
        "spill_max_mw": draw.series(0.5, 1.0),
        "spill_cost_eur_per_mwh": draw.number(0.0, 5.0),
        "charge_cost_eur_per_mwh": draw.number(-3.0, 3.0),
        "discharge_cost_eur_per_mwh": draw.number(-3.0, 3.0),
        "holding_cost_eur_per_mwh_hour": draw.number(-1.0, 3.0),
        "allow_both": draw.maybe(),
    }
    if draw.maybe():
        record["energy_min_mwh"] = [round(0.1 * each, 3) for each in most]
    if draw.maybe():
        record["cyclic"] = True
    else:
        record["energy_start_mwh"] = draw.number(0.3, 0.9)
        record["energy_end_min_mwh"] = draw.number(0.0, 0.2)
        values = sorted((draw.number(0.0, 90.0) for _ in range(3)), reverse=True)
        record["final_values"] = [{"energy_mwh": draw.number(0.1, 0.6), "value_eur_per_mwh": each} for each in values]
    return record


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("low", [5.0, -60.0])
def test_stores_with_everything_agree_in_costs(seed: int, low: float) -> None:
    draw = _Draw(seed)
    agree(draw.site(low, store=[a_store(draw)]), exclusive=True)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("low", [5.0, -60.0])
def test_stores_with_least_powers_agree_in_costs(seed: int, low: float) -> None:
    draw = _Draw(seed)
    record = a_store(draw)
    for way in ("charge", "discharge")[seed % 2 :] if seed % 3 else ("charge", "discharge"):
        part = draw.number(0.3, 1.0)
        record[f"{way}_min_mw"] = [round(part * each, 3) for each in record[f"{way}_max_mw"]]
    agree(draw.site(low, store=[record]), exclusive=True)


@pytest.mark.parametrize("seed", range(12))
def test_stores_whose_size_is_chosen_agree_in_costs(seed: int) -> None:
    draw = _Draw(seed)
    size = {
        "energy_capacity_cost_eur_per_mwh": draw.number(1.0, 60.0),
        "energy_capacity_min_mwh": draw.number(0.0, 0.5),
    }
    power = {"power_capacity_cost_eur_per_mw": draw.number(1.0, 60.0), "power_capacity_min_mw": draw.number(0.0, 0.1)}
    chosen = [size, power, size | power, size | power | {"one_size": True}][seed % 4]
    content = draw.site(5.0, store=[{**a_store(draw), **chosen, "discharge_cost_eur_per_mwh": 0.5}])
    agree(content, exclusive=False)


def test_some_of_those_sizes_lie_between_their_bounds() -> None:
    inside = 0
    for seed in range(12):
        draw = _Draw(seed)
        chosen = {"energy_capacity_cost_eur_per_mwh": draw.number(1.0, 60.0)}
        case = case_of(draw.site(5.0, store=[{**a_store(draw), **chosen}]))
        built = solve(case).schedule_table.values("store_energy_capacity_mwh")[0]
        inside += 0.05 < built < 0.95 * case.components["store"][0].energy_max_mwh.max()
    assert inside >= 4


@pytest.mark.parametrize("seed", range(6))
def test_prescribed_energy_agrees_in_costs(seed: int) -> None:
    draw = _Draw(seed)
    hours = np.array(draw.minutes) / 60
    energy = np.clip(0.6 + np.cumsum(np.round(draw.rng.uniform(-0.1, 0.1, 6), 3) * hours), 0.1, 1.0)
    record = {
        "id": "s",
        "bus": "e",
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "energy_max_mwh": 2.0,
        "energy_start_mwh": 0.6,
        "energy_fixed_mwh": [float(each) for each in np.round(energy, 4)],
        "charge_efficiency": 0.9,
        "discharge_efficiency": 0.85,
    }
    agree(draw.site(5.0, store=[record]), exclusive=False)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("low", [5.0, -60.0])
def test_buildings_that_are_heated_and_cooled_agree_in_costs(seed: int, low: float) -> None:
    draw = _Draw(seed)
    walls = {
        "envelope_capacity_mwh_per_k": draw.number(0.3, 2.0),
        "indoor_envelope_resistance_k_per_mw": draw.number(2.0, 9.0),
        "envelope_outdoor_resistance_k_per_mw": draw.number(5.0, 30.0),
        "solar_envelope_ratio": draw.number(0.0, 0.6),
    }
    record = {
        "id": "b",
        "heat_bus": "h",
        "cooling_bus": "c",
        "heat_max_mw": draw.series(0.5, 2.0),
        "cool_max_mw": draw.series(0.5, 2.0),
        "capacity_mwh_per_k": draw.number(0.1, 0.6),
        "resistance_k_per_mw": draw.number(8.0, 40.0),
        "temperature_start_c": draw.number(17.0, 26.0),
        "outdoor_temperature_c": draw.series(-5.0, 40.0),
        "solar_gains_mw": draw.series(0.0, 0.7),
        "internal_gains_mw": draw.number(0.0, 0.2),
        "temperature_min_c": draw.series(18.0, 21.0),
        "temperature_max_c": draw.series(21.5, 25.0),
        "discomfort_cost_eur_per_c_hour": draw.number(2.0, 60.0),
        **(walls if seed % 2 else {}),
        **({"envelope_temperature_start_c": draw.number(10.0, 25.0)} if seed % 4 == 1 else {}),
    }
    agree(draw.site(low, building=[record]), exclusive=low < 0)


@pytest.mark.parametrize("seed", range(8))
def test_tanks_with_given_and_computed_coefficients_agree_in_costs(seed: int) -> None:
    draw = _Draw(seed)
    computed = {
        "diameter_m": draw.number(1.5, 3),
        "height_m": draw.number(3, 9),
        "u_value_w_per_m2_k": draw.number(1, 20),
    }
    given = {
        "energy_max_mwh": draw.number(0.5, 2.0),
        "standing_loss_per_hour": draw.number(0.0, 0.1),
        "fixed_loss_mw": draw.number(0.0, 0.05),
        **({"fixed_loss_per_hour": draw.number(0.0, 0.03)} if draw.maybe() else {}),
    }
    record = {
        "id": "t",
        "bus": "h",
        "charge_max_mw": draw.number(0.5, 1.5),
        "discharge_max_mw": draw.number(0.3, 1.0),
        "temperature_hot_c": draw.number(70, 95),
        "temperature_cold_c": draw.number(30, 60),
        "temperature_ambient_c": draw.series(-10, 30),
        "level_min_ratio": 0.05,
        "level_max_ratio": 0.95,
        "level_start_ratio": 0.5,
        **(computed if seed % 2 else given),
        **({"level_end_ratio": 0.4} if draw.maybe() else {}),
    }
    content = draw.site(5.0, stratified_store=[record])
    content["components"]["demand"].append({"id": "rooms", "bus": "h", "demand_mw": draw.series(0.2, 0.9)})
    agree(content, exclusive=False)


def rainflow_cost(energy: list[float], slices: list[tuple[float, float]]) -> float:
    """Cost of the discharging half cycles of a profile, each counted by its own depth.

    Args:
        energy: Energy at the begin and at the end of every step.
        slices: Depth at which a slice of depth ends, and its cost per MWh.
    """

    def cost(depth: float) -> float:
        total, above = 0.0, 0.0
        for end, price in slices:
            total += max(min(depth, end) - above, 0.0) * price
            above = end
        return total

    turns: list[float] = []
    for level in energy:
        if len(turns) >= 2 and (turns[-1] - turns[-2]) * (level - turns[-1]) >= 0:
            turns[-1] = level
        elif not turns or level != turns[-1]:
            turns.append(level)
    total, stack = 0.0, []
    for turn in turns:
        stack.append(turn)
        while len(stack) >= 4:
            a, b, c, d = stack[-4:]
            if not (min(a, d) <= min(b, c) and max(b, c) <= max(a, d)):
                break
            total += cost(abs(b - c))  # a full cycle inside a larger swing: one charge and one discharge
            del stack[-3:-1]
    return total + sum(cost(a - b) for a, b in pairwise(stack) if a > b)


@pytest.mark.parametrize("seed", range(20))
def test_wear_is_that_of_counted_cycles(seed: int) -> None:
    """Slices of depth are exact: the cycles of the schedule, counted by rainflow, cost what the answer says."""
    rng = np.random.default_rng(seed)
    steps = 24
    prices = np.round(rng.uniform(0, 120, steps), 2).tolist()
    slices = [(0.2, 3.0), (0.45, 12.0), (0.7, 25.0), (1.0, 45.0)]
    start = round(float(rng.uniform(0.1, 0.9)), 3)
    battery = {
        "id": "b",
        "bus": "e",
        "charge_max_mw": 0.4,
        "discharge_max_mw": 0.5,
        "energy_max_mwh": 1.0,
        "energy_start_mwh": start,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 1.0,
        "cycle_costs": [{"depth_ratio": depth, "cost_eur_per_mwh": cost} for depth, cost in slices],
    }
    content = {
        "name": "cycles",
        "horizon": {"start": START, "step_minutes": 60, "steps": steps},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [
                {
                    "id": "g",
                    "bus": "e",
                    "import_max_mw": 9.0,
                    "export_max_mw": 9.0,
                    "import_price_eur_per_mwh": [price + 1.0 for price in prices],
                    "export_price_eur_per_mwh": prices,
                }
            ],
            "battery": [battery],
        },
    }
    outcome = solve(case_of(content), SolveOptions(gap=0.0))
    energy = outcome.schedule_table.values("battery_energy_mwh")[0].tolist()
    counted = rainflow_cost([start, *energy], slices)
    assert counted > 1.0
    assert outcome.terms["storage"] == pytest.approx(counted, abs=1e-6)
