"""Random sites and one full site: our answer beside that of a textbook model in Pyomo."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Outcome, SolveOptions, solve
from tests.properties.generators import Shape, case_of, document
from tests.reference.pyomo_site import Answer, PyomoSite

FULL: dict[str, Any] = {
    "name": "a full site",
    "horizon": {"start": "2025-03-01T12:00:00+00:00", "step_minutes": [60, 60, 30, 30, 15, 15, 60, 60]},
    "parties": [{"id": "ann"}, {"id": "bob"}],
    "buses": [
        {"id": "e1"},
        {"id": "e2"},
        {"id": "heat", "carrier": "heat"},
        {"id": "gas", "carrier": "gas"},
    ],
    "components": {
        "grid_connection": [
            {
                "id": "grid",
                "bus": "e1",
                "import_max_mw": 1.83,
                "export_max_mw": 0.71,
                "import_price_eur_per_mwh": [61.3, 48.7, 39.1, 35.9, 77.7, 121.3, 141.9, 88.3],
                "export_price_eur_per_mwh": [41.1, 31.7, 22.9, 20.3, 55.1, 89.7, 109.3, 66.1],
            },
            {"id": "diesel", "bus": "e2", "import_max_mw": 3.0, "import_price_eur_per_mwh": 333.3},
            {"id": "meter", "bus": "gas", "import_max_mw": 9.0, "import_price_eur_per_mwh": 33.7},
        ],
        "renewable": [
            {"id": "pv", "bus": "e2", "available_mw": [1.31, 1.17, 0.93, 0.67, 0.31, 0.19, 0.05, 0.0]},
            {"id": "river", "bus": "e1", "available_mw": 0.11, "curtailable": False},
        ],
        "demand": [
            {"id": "town", "bus": "e1", "demand_mw": [0.83, 0.91, 0.97, 1.03, 1.19, 1.37, 1.49, 1.13]},
            {"id": "village", "bus": "e2", "demand_mw": [0.41, 0.39, 0.37, 0.43, 0.53, 0.61, 0.59, 0.47]},
            {"id": "rooms", "bus": "heat", "demand_mw": [0.71, 0.67, 0.73, 0.79, 0.97, 1.09, 1.21, 1.27]},
            {"id": "kitchens", "bus": "gas", "demand_mw": 0.07},
        ],
        "flexible_demand": [
            {
                "id": "bakery",
                "bus": "e1",
                "demand_mw": 0.29,
                "shed_value_eur_per_mwh": 137.0,
                "shed_max_ratio": 0.4,
                "shift_max_mw": 0.17,
                "shift_window_hours": 2.0,
            }
        ],
        "chp": [
            {
                "id": "chp 1",
                "electricity_bus": "e1",
                "heat_bus": "heat",
                "fuel_bus": "gas",
                "fuel_max_mw": 1.13,
                "electric_efficiency": 0.37,
                "heat_efficiency": 0.47,
                "cost_eur_per_mwh": 2.9,
                "minimum_load_ratio": 0.55,
                "start_cost_eur": 9.7,
                "minimum_up_hours": 1.5,
                "minimum_down_hours": 1.25,
                "on_initially": True,
                "hours_in_state_initially": 1.0,
            },
            {
                "id": "chp 2",
                "electricity_bus": "e2",
                "heat_bus": "heat",
                "fuel_bus": "gas",
                "fuel_max_mw": 0.59,
                "electric_efficiency": 0.33,
                "heat_efficiency": 0.51,
                "cost_eur_per_mwh": 3.7,
                "minimum_load_ratio": 0.4,
                "start_cost_eur": 3.1,
                "minimum_up_hours": 1.0,
                "minimum_down_hours": 2.0,
                "hours_in_state_initially": 0.5,
            },
        ],
        "boiler": [
            {"id": "boiler", "heat_bus": "heat", "fuel_bus": "gas", "heat_max_mw": 1.9, "efficiency": 0.91},
        ],
        "heat_pump": [
            {
                "id": "pump",
                "electricity_bus": "e1",
                "heat_bus": "heat",
                "electric_max_mw": 0.13,
                "cop": [3.1, 3.2, 3.3, 3.2, 3.0, 2.9, 2.8, 2.7],
                "cost_eur_per_mwh": 1.1,
            }
        ],
        "battery": [
            {
                "id": "battery",
                "bus": "e2",
                "charge_max_mw": 0.47,
                "discharge_max_mw": 0.53,
                "energy_max_mwh": 0.97,
                "energy_min_mwh": 0.07,
                "energy_start_mwh": 0.31,
                "energy_end_mwh": 0.29,
                "charge_efficiency": 0.94,
                "discharge_efficiency": 0.96,
                "standing_loss_per_hour": 0.003,
                "discharge_cost_eur_per_mwh": 4.3,
            }
        ],
        "heat_store": [
            {
                "id": "tank",
                "bus": "heat",
                "charge_max_mw": 0.37,
                "discharge_max_mw": 0.43,
                "energy_max_mwh": 1.1,
                "energy_start_mwh": 0.23,
                "energy_end_mwh": 0.21,
                "charge_efficiency": 0.98,
                "discharge_efficiency": 0.97,
                "standing_loss_per_hour": 0.011,
            }
        ],
        "ev_session": [
            {
                "id": "bus",
                "bus": "e2",
                "arrival": "2025-03-01T12:20:00+00:00",
                "departure": "2025-03-01T16:05:00+00:00",
                "energy_start_mwh": 0.06,
                "energy_needed_mwh": 0.11,
                "energy_max_mwh": 0.25,
                "charge_max_mw": 0.15,
                "discharge_max_mw": 0.12,
                "charge_efficiency": 0.93,
                "discharge_efficiency": 0.92,
                "discharge_cost_eur_per_mwh": 7.1,
            },
            {
                "id": "car",
                "bus": "e1",
                "arrival": "2025-03-01T14:40:00+00:00",
                "departure": "2025-03-01T15:20:00+00:00",
                "energy_needed_mwh": 0.05,
                "energy_max_mwh": 0.06,
                "charge_max_mw": 0.05,
                "unserved_value_eur_per_mwh": 871.0,
            },
        ],
        "tie": [
            {
                "id": "cable",
                "from_bus": "e1",
                "to_bus": "e2",
                "forward_max_mw": 0.43,
                "backward_max_mw": [0.51, 0.51, 0.41, 0.41, 0.51, 0.51, 0.31, 0.31],
                "loss_ratio": 0.031,
                "fee_eur_per_mwh": 1.7,
            }
        ],
    },
    "orders": {
        "id": ["s1", "s2", "b1", "b2", "s3", "b3"],
        "party": ["ann", "bob", "ann", "bob", "ann", "bob"],
        "bus": ["e1", "e2", "e2", "e1", "e1", "e2"],
        "step": [6, 5, 0, 3, 1, 7],
        "side": ["sell", "sell", "buy", "buy", "sell", "buy"],
        "price_eur_per_mwh": [97.1, 71.3, 66.7, 58.9, 44.3, 91.7],
        "energy_mwh": [0.31, 0.13, 0.23, 0.17, 0.37, 0.11],
    },
}


def prices_of(outcome: Outcome) -> dict[tuple[str, int], float]:
    values = outcome.price_table.values("price_eur_per_mwh")
    buses = outcome.price_table.labels["bus"].tolist()
    return {(bus, t): float(values[place, t]) for place, bus in enumerate(buses) for t in range(values.shape[1])}


def compare(outcome: Outcome, answer: Answer, *, prices: bool = True) -> None:
    assert outcome.objective == pytest.approx(answer.objective, rel=1e-6, abs=1e-6)
    if not prices:
        return
    ours = prices_of(outcome)
    assert {place: ours[place] for place in answer.prices} == pytest.approx(answer.prices, rel=1e-6, abs=1e-6)
    if answer.accepted:
        accepted = dict(
            zip(
                outcome.order_table.labels["order"].tolist(),
                outcome.order_table.values("accepted_mwh").tolist(),
                strict=True,
            )
        )
        assert accepted == pytest.approx(answer.accepted, abs=1e-6)


def exact(content: dict[str, Any]) -> Outcome:
    return solve(case_of(content), SolveOptions(gap=0.0))


def test_a_full_site_agrees_in_costs_prices_and_orders() -> None:
    """CHPs with commitment, stores, vehicles, orders, a tie, flexible demand, four carriers, steps of four lengths."""
    outcome = exact(FULL)
    compare(outcome, PyomoSite(FULL, exclusive=False).solve())
    assert outcome.size["integers"] == 48


def test_the_full_site_exercises_what_it_claims_to() -> None:
    """CHPs start and stop, stores move, V2G flows, the tie is congested, orders are taken in part."""
    table = exact(FULL).schedule_table
    assert table.values("chp_starting").sum() >= 1
    assert 0 < table.values("chp_on").mean() < 1
    for name in ("battery_discharge_mw", "heat_store_discharge_mw", "tie_backward_mw", "flexible_demand_advance_mw"):
        assert table.values(name).max() > 0.01, name
    assert table.values("ev_session_charge_mw").max() > 0.01
    assert table.values("ev_session_unserved_mwh").max() > 0.001


def test_the_full_site_agrees_without_commitment_rules() -> None:
    rules = ("minimum_load_ratio", "start_cost_eur", "minimum_up_hours", "minimum_down_hours")
    units = [{key: field for key, field in unit.items() if key not in rules} for unit in FULL["components"]["chp"]]
    content = {**FULL, "components": {**FULL["components"], "chp": units}}
    outcome = exact(content)
    assert outcome.size["integers"] == 0
    compare(outcome, PyomoSite(content, exclusive=False).solve())


@pytest.mark.parametrize("seed", range(12))
def test_random_sites_agree_in_costs_prices_and_orders(seed: int) -> None:
    content = document(seed, Shape(steps=4))
    compare(exact(content), PyomoSite(content, exclusive=False).solve())


@pytest.mark.parametrize("seed", range(12))
def test_random_sites_with_commitment_agree_in_costs_and_prices(seed: int) -> None:
    content = document(seed, Shape(steps=5, commitment=True))
    compare(exact(content), PyomoSite(content, exclusive=False).solve())


def spiky(seed: int, **rules: float) -> dict[str, Any]:
    """A site whose power price jumps up and down, so that its CHP would rather start and stop all the time."""
    content = document(seed, Shape(steps=8, commitment=True, orders=0))
    connection = content["components"]["grid_connection"][0]
    connection["import_price_eur_per_mwh"] = [240.0 + t if t % 3 == seed % 3 else 18.0 + t for t in range(8)]
    connection["export_price_eur_per_mwh"] = [230.0 + t if t % 3 == seed % 3 else 3.0 + t for t in range(8)]
    connection["export_max_mw"] = 2.0
    rule = {"start_cost_eur": 0.7, "minimum_up_hours": 1.25, "minimum_down_hours": 1.0}
    rule |= {"hours_in_state_initially": 0.5, "on_initially": bool(seed % 2)}
    content["components"]["chp"][0] |= rule | rules
    for kind in ("battery", "heat_store", "flexible_demand"):
        content["components"].pop(kind, None)
    return content


@pytest.mark.parametrize("seed", range(10))
def test_units_that_would_rather_cycle_agree_in_costs_and_prices(seed: int) -> None:
    content = spiky(seed)
    compare(exact(content), PyomoSite(content, exclusive=False).solve())


def test_minimum_times_bind_in_most_of_those_sites() -> None:
    free = {"minimum_up_hours": 0.0, "minimum_down_hours": 0.0}
    costs = [(exact(spiky(seed)).objective, exact(spiky(seed, **free)).objective) for seed in range(10)]
    assert sum(bound > unbound + 0.1 for bound, unbound in costs if bound is not None and unbound is not None) >= 6


@pytest.mark.parametrize("seed", range(12))
def test_random_sites_with_negative_prices_agree_in_costs(seed: int) -> None:
    """Prices at fixed binaries depend on which binaries there are, so costs only."""
    content = document(seed, Shape(steps=4, negative=True))
    compare(exact(content), PyomoSite(content, exclusive=True).solve(), prices=False)


def test_a_site_in_which_the_larger_of_two_flows_had_better_be_off_agrees() -> None:
    content = document(7, Shape(negative=True))
    compare(exact(content), PyomoSite(content, exclusive=True).solve(), prices=False)
