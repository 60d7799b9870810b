"""Random meshed grids with stores, ramps, loads that shift and orders: lazy limits, angles and the textbook agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import SolveOptions, solve
from tests.properties.generators import case_of
from tests.reference.pyomo_grid import PyomoGrid
from tests.reference.test_pyomo import compare, prices_of

RING = 6
CHORDS = [(0, 2), (1, 4), (3, 5), (0, 3)]
START = "2025-03-01T00:00Z"


def grid(seed: int, *, committed: bool = False, **policy: Any) -> dict[str, Any]:
    """Six buses in a ring with four chords, one bus behind a bridge, and one island of two buses.

    Numbers are odd enough for prices to be unique.
    """
    rng = np.random.default_rng(seed)
    steps = int(rng.integers(1, 7)) if not committed else 4

    def draw(least: float, most: float) -> float:
        return round(float(rng.uniform(least, most)), 4)

    def draws(least: float, most: float) -> list[float]:
        return [draw(least, most) for _ in range(steps)]

    ends = [(k, (k + 1) % RING) for k in range(RING)] + CHORDS + [(2, 6), (7, 8)]
    lines: list[dict[str, Any]] = []
    for k, (one, other) in enumerate(ends):
        one, other = (one, other) if rng.random() < 0.5 else (other, one)
        limit = draws(12, 30) if k % 4 == 1 else draw(12, 30)
        each = {"id": f"l{k}", "from_bus": f"n{one}", "to_bus": f"n{other}", "limit_mw": limit}
        each |= {"reactance_pu": draw(0.05, 0.3), "resistance_pu": draw(0, 0.05)}
        more: list[dict[str, Any]] = [
            {},
            {"overload_price_eur_per_mwh": draw(5, 60)},
            {"angle_min_deg": -draw(0.5, 2), "angle_max_deg": draw(0.5, 2)},
            {"phase_shift_deg": draw(-1, 1)},
            {"tap_ratio": draw(0.9, 1.1)},
            {"emergency_limit_mw": float(np.max(limit)) + draw(1, 9)},
            {"in_service": k in (10, 11)},
        ]
        lines.append(each | more[int(rng.integers(len(more)))])
    if policy.get("outage_limits") == "hard":  # something must always be possible
        lines = [{n: v for n, v in each.items() if not n.startswith("angle")} for each in lines]
    plants = [
        {"id": f"g{k}", "bus": f"n{bus}", "power_max_mw": draw(25, 60), "cost_eur_per_mwh": draw(5, 70),
         "ramp_up_ratio_per_hour": draw(0.3, 0.9), "ramp_down_ratio_per_hour": draw(0.3, 0.9)}
        for k, bus in enumerate((0, 3, 4, 7))
    ]  # fmt: skip
    if committed:
        rules: dict[str, Any] = {
            "minimum_load_ratio": 0.4, "minimum_up_hours": 1.0, "minimum_down_hours": 0.5,
            "hours_in_state_initially": 9.0, "start_ramp_ratio": 0.7, "stop_ramp_ratio": 0.8, "start_cost_eur": 150.0,
            "start_costs": [], "stop_cost_eur": 3.0, "running_cost_eur_per_hour": 2.0,
        }  # fmt: skip
        plants = [{k: v for k, v in each.items() if not k.startswith("ramp")} | rules for each in plants]
    flexible = [
        {"id": f"d{bus}", "bus": f"n{bus}", "demand_mw": draws(5, 25), "shed_value_eur_per_mwh": draw(300, 900)}
        for bus in (1, 2, 4, 5, 6, 8)
    ]
    flexible[1] |= {"shift_max_mw": 4.0, "shift_window_hours": 1.0}
    battery = {"id": "b", "bus": "n5", "charge_max_mw": draw(2, 9), "discharge_max_mw": draw(2, 9),
               "energy_max_mwh": 12.0, "energy_start_mwh": 5.0, "energy_end_mwh": 5.0, "charge_efficiency": 0.93,
               "discharge_efficiency": 0.91, "discharge_cost_eur_per_mwh": draw(0.1, 1)}  # fmt: skip
    count = 6
    orders = {
        "id": [f"o{k}" for k in range(count)],
        "party": ["p"] * count,
        "bus": [f"n{k}" for k in rng.integers(0, 9, count)],
        "step": rng.integers(0, steps, count).tolist(),
        "side": rng.choice(["buy", "sell"], count).tolist(),
        "price_eur_per_mwh": [draw(5, 120) for _ in range(count)],
        "energy_mwh": [draw(1, 8) for _ in range(count)],
    }
    return {
        "name": f"grid {seed}",
        "horizon": {"start": START, "step_minutes": rng.choice([15, 30, 60], steps).tolist()},
        "parties": [{"id": "p"}],
        "buses": [{"id": f"n{k}"} for k in range(9)],
        "components": {
            "generator": plants,
            "renewable": [{"id": "wind", "bus": "n2", "available_mw": draws(0, 30), "cost_eur_per_mwh": 0.37}],
            "flexible_demand": flexible,
            "battery": [battery],
            "line": lines,
            "shunt": [{"id": "s", "bus": "n1", "conductance_mw": 0.7}],
            "interface": [
                {"id": "border", "lines": [{"line": "l0"}, {"line": "l6", "ratio": -0.5}, {"line": "l9"}],
                 "forward_max_mw": draw(3, 12), "backward_max_mw": draws(3, 12), "overload_price_eur_per_mwh": 31.7},
            ],
        },
        "orders": orders,
        "policy": policy,
    }  # fmt: skip


SECURE: dict[str, Any] = {"security": "n1", "outage_overload_price_eur_per_mwh": 211.3}
EXACT = SolveOptions(gap=0.0)


def same_in_angles(document: dict[str, Any]) -> dict[str, Any]:
    """The document with an angle for every bus."""
    return {**document, "policy": {**document["policy"], "dc_formulation": "angles"}}


@pytest.mark.parametrize("network", ["dc", "dcp"])
@pytest.mark.parametrize("seed", range(12))
def test_lazy_limits_angles_and_the_textbook_agree(seed: int, network: str) -> None:
    document = grid(seed, network=network)
    lazy, angles = solve(case_of(document), EXACT), solve(case_of(same_in_angles(document)), EXACT)
    convex = lazy.price_basis == "of the convex problem"  # else the battery would charge and discharge at once
    answer = PyomoGrid(document, exclusive=not convex).solve()
    assert lazy.objective == pytest.approx(answer.objective, rel=1e-7)
    assert angles.objective == pytest.approx(answer.objective, rel=1e-7)
    compare(lazy, answer, prices=convex)
    assert prices_of(lazy) == pytest.approx(prices_of(angles), rel=1e-6, abs=1e-6)


def test_those_grids_exercise_what_they_claim_to() -> None:
    laws: set[str] = set()
    overloads = 0.0
    for seed in range(12):
        outcome = solve(case_of(grid(seed)), EXACT)
        laws |= set(outcome.limit_table.texts["limit_law"][1].tolist()) if outcome.limit_table.texts else set()
        overloads += outcome.terms.get("overload", 0.0)
    assert laws == {"line_flow_limit", "line_angle_limit", "interface_limit"}
    assert overloads > 0


@pytest.mark.parametrize("seed", range(8))
def test_security_agrees_with_every_outage_written_out(seed: int) -> None:
    """Soft limits after every outage of one line, and of two lines together."""
    document = grid(seed, **SECURE)
    document["components"]["contingency"] = [{"id": "both", "lines": ["l1", "l7"]}]
    outcome = solve(case_of(document), EXACT)
    compare(outcome, PyomoGrid(document).solve())


@pytest.mark.parametrize("seed", range(8))
def test_hard_limits_after_outages_agree_with_every_outage_written_out(seed: int) -> None:
    document = grid(seed, network="dcp", outage_limits="hard")
    document["components"]["contingency"] = [{"id": "both", "lines": ["l1", "l7"]}, {"id": "one", "lines": ["l3"]}]
    document["components"]["interface"] = []
    outcome = solve(case_of(document), EXACT)
    compare(outcome, PyomoGrid(document).solve())


def test_outages_bind_in_most_of_those_grids() -> None:
    found = 0
    for seed in range(8):
        table = solve(case_of(grid(seed, **SECURE)), EXACT).limit_table
        found += "line_outage_limit" in table.texts["limit_law"][1].tolist()
    assert found >= 6


@pytest.mark.parametrize("seed", range(4))
def test_commitment_on_a_grid_agrees_in_both_formulations_and_with_the_textbook(seed: int) -> None:
    document = grid(seed, committed=True)
    lazy, angles = solve(case_of(document), EXACT), solve(case_of(same_in_angles(document)), EXACT)
    answer = PyomoGrid(document, exclusive=True).solve()
    assert lazy.size["integers"] > 0
    assert lazy.objective == pytest.approx(answer.objective, rel=1e-7)
    assert angles.objective == pytest.approx(answer.objective, rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_commitment_with_security_agrees_with_the_textbook(seed: int) -> None:
    document = grid(seed, committed=True, **SECURE)
    outcome = solve(case_of(document), EXACT)
    assert outcome.objective == pytest.approx(PyomoGrid(document, exclusive=True).solve().objective, rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_lines_and_buses_changes_neither_objective_nor_prices(seed: int) -> None:
    document = grid(seed, **SECURE)
    turned = {**document, "buses": document["buses"][::-1], "components": dict(document["components"])}
    turned["components"]["line"] = document["components"]["line"][::-1]
    one, other = solve(case_of(document), EXACT), solve(case_of(turned), EXACT)
    assert one.objective == pytest.approx(other.objective, rel=1e-9)
    assert prices_of(one) == pytest.approx(prices_of(other), rel=1e-6, abs=1e-6)
