"""Grids in a rolling horizon and in re-dispatch: all limits of lines hold of the whole, whatever the windows are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, read_case, solve
from c4e_opt.case.build import Builder
from c4e_opt.coordination.redispatch import Redispatch
from c4e_opt.coordination.rolling import RollOptions, roll
from c4e_opt.verify import verify

CASES = Path(__file__).parents[2] / "cases"
STEPS = 6
BUSES = [f"n{k}" for k in range(6)]
#: A ring of six buses with two chords.
PAIRS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (1, 4), (2, 5)]


def meshed(seed: int, *, battery: bool = False, **policy: Any) -> Case:
    """A small meshed grid whose limits bind: hard, soft and changing ones, an interface, an outage, a shunt.

    Args:
        seed: The same numbers for the same seed.
        battery: Whether a battery couples the steps.
        policy: Fields of the policy.
    """
    rng = np.random.default_rng(seed)
    lines: list[dict[str, Any]] = [
        {
            "id": f"l{k}",
            "from_bus": BUSES[a],
            "to_bus": BUSES[b],
            "reactance_pu": float(rng.uniform(0.05, 0.3)),
            "resistance_pu": 0.01,
            "limit_mw": float(rng.uniform(40, 70)),
            "emergency_limit_mw": 90.0,
        }
        for k, (a, b) in enumerate(PAIRS)
    ]
    lines[0] |= {"limit_mw": 15.0, "overload_price_eur_per_mwh": 90.0}
    lines[3]["limit_mw"] = rng.uniform(25, 50, STEPS).tolist()
    lines[6] |= {"angle_min_deg": -6.0, "angle_max_deg": 6.0}
    wave = 1.0 + 0.4 * np.sin(np.arange(STEPS) + seed)
    survives = not policy.keys() & {"dc_formulation", "losses"} and policy.get("network") != "transport"
    components: dict[str, Any] = {
        "generator": [
            {"id": "cheap", "bus": "n0", "power_max_mw": 150, "cost_eur_per_mwh": 12},
            {"id": "wind", "bus": "n2", "power_max_mw": (60 * rng.random(STEPS)).tolist(), "cost_eur_per_mwh": 1.3},
            {"id": "dear", "bus": "n4", "power_max_mw": 150, "cost_eur_per_mwh": 47},
        ],
        "flexible_demand": [
            {"id": f"d{k}", "bus": f"n{k}", "demand_mw": (size * wave).tolist(), "shed_value_eur_per_mwh": 3000}
            for k, size in ((1, 30.0), (3, 45.0), (5, 25.0))
        ],
        "line": lines,
        "shunt": [{"id": "coil", "bus": "n3", "conductance_mw": 0.7}],
        "contingency": [{"id": "storm", "lines": ["l2"]}] if survives else [],
        "interface": [
            {
                "id": "cut",
                "lines": [{"line": "l1"}, {"line": "l6"}, {"line": "l5", "ratio": -1}],
                "forward_max_mw": 95,
                "overload_price_eur_per_mwh": 200,
            }
        ],
    }
    if battery:
        components["battery"] = [
            {"id": "b", "bus": "n3", "charge_max_mw": 20, "discharge_max_mw": 20, "energy_max_mwh": 40,
             "energy_start_mwh": 10, "energy_end_mwh": 10}
        ]  # fmt: skip
    document = {
        "name": "meshed",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": STEPS},
        "buses": [{"id": bus} for bus in BUSES],
        "policy": policy,
        "components": components,
    }
    return Builder(document, {}).case()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("policy", [{}, {"network": "dcp", "security": "n1"}, {"network": "transport"}])
def test_windows_of_steps_that_nothing_couples_are_the_whole(seed: int, policy: dict[str, Any]):
    case = meshed(seed, **policy)
    if policy.get("network") == "transport":
        case = replace(case, components={k: v for k, v in case.components.items() if k != "contingency"})
    whole = solve(case)
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=3)).outcome
    assert rolled.certificate is not None
    assert rolled.certificate.holds
    assert rolled.objective == pytest.approx(whole.objective, rel=1e-7)
    if case.policy.network == "transport":
        return  # flows of equal cost are many
    flow = rolled.schedule_table.values("line_flow_mw")
    price, alone = (each.price_table.values("price_eur_per_mwh") for each in (rolled, whole))
    assert flow == pytest.approx(whole.schedule_table.values("line_flow_mw"), abs=1e-5)
    assert price == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("policy", [{}, {"dc_formulation": "angles"}])
def test_limits_that_bind_are_told_by_the_steps_of_the_whole(policy: dict[str, Any]):
    case = meshed(1, **policy)
    if policy:
        case = replace(case, components={k: v for k, v in case.components.items() if k != "contingency"})
    found = [
        {
            label: worth
            for label, worth in zip(
                outcome.limit_table.labels["limit"].tolist(),
                outcome.limit_table.values("shadow_price_eur_per_mwh").tolist(),
                strict=True,
            )
        }
        for outcome in (solve(case), roll(case, RollOptions(keep_hours=2, look_hours=3)).outcome)
    ]
    assert found[0]
    assert found[1] == pytest.approx(found[0], abs=1e-5)
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=3)).outcome
    times = np.datetime_as_string(case.horizon.axis.labels[rolled.limit_table.values("limit_step").astype(int)])
    assert all(time in label for time, label in zip(times, rolled.limit_table.labels["limit"], strict=True))
    parts = [rolled.price_table.values(f"{part}_eur_per_mwh") for part in ("energy", "congestion")]
    assert sum(parts) == pytest.approx(rolled.price_table.values("price_eur_per_mwh"))


@pytest.mark.parametrize("seed", range(3))
def test_limits_hold_where_a_battery_couples_the_steps(seed: int):
    case = meshed(seed, battery=True)
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=4, compare=True))
    assert verify(case, rolled.outcome).holds
    assert rolled.cost_of_rolling is not None
    assert rolled.cost_of_rolling >= -1e-6


def test_losses_and_their_part_of_prices_are_those_of_the_windows():
    case = meshed(1, losses="iterated")
    whole, rolled = solve(case), roll(case, RollOptions(keep_hours=2, look_hours=3)).outcome
    assert verify(case, rolled).holds
    assert rolled.objective == pytest.approx(whole.objective, rel=1e-6)
    losses = [each.schedule_table.values("line_loss_mw").sum() for each in (rolled, whole)]
    assert losses[0] > 0.1
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    parts = [rolled.price_table.values(f"{part}_eur_per_mwh") for part in ("energy", "congestion", "loss")]
    assert sum(parts) == pytest.approx(rolled.price_table.values("price_eur_per_mwh"))


def test_a_rolled_flow_beyond_its_limit_is_refused():
    case = meshed(0)
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=3)).outcome
    lines = list(case.components["line"])
    tight = replace(lines[5], limit_mw=0.5 * np.abs(rolled.schedule_table.values("line_flow_mw")[5]).max())
    other = replace(case, components={**case.components, "line": tuple([*lines[:5], tight, *lines[6:]])})
    broken = {each.law for each in verify(other, rolled).broken}
    assert "line_flow_limit" in broken


def test_dispatch_again_with_the_same_solver_keeps_limits_that_change():
    live = Redispatch(meshed(2, battery=True), look_hours=3)
    for begin in range(STEPS - 2):
        outcome = live.dispatch(begin)
        assert outcome.certificate is not None
        assert outcome.certificate.holds
    live.forecast({("line", "l5"): {"limit_mw": np.full(STEPS, 20.0)}})
    outcome = live.dispatch(STEPS - 2)
    assert np.abs(outcome.schedule_table.values("line_flow_mw")[5]).max() <= 20 + 1e-6


@pytest.mark.parametrize("network", ["lindistflow", "socp"])
def test_a_feeder_with_cars_keeps_its_voltages_across_seams(network: str):
    case = read_case(CASES / "feeder_day")
    case = replace(case, policy=replace(case.policy, network=network, replay="never"))
    rolled = roll(case, RollOptions(keep_hours=6, look_hours=12))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert rolled.outcome.schedule_table.values("line_voltage_pu").max() <= 1.05 + 1e-6
    assert len(rolled.windows) == 4


def test_a_day_on_a_meshed_grid_rolls(tmp_path: Path):
    case = read_case(CASES / "meshed_day")
    rolled = roll(case, RollOptions(keep_hours=6, look_hours=24, compare=True))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert rolled.cost_of_rolling == pytest.approx(0.0, abs=0.05)
    path = rolled.outcome.to_netcdf(tmp_path / "outcome.nc")
    assert Outcome.read(path).digest == rolled.outcome.digest
    assert verify(case, Outcome.read(path)).holds
