"""Least cost first, then least of something else among what costs little more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, Outcome, read_case, solve
from c4e_opt.axes import Horizon
from c4e_opt.case.build import Builder
from c4e_opt.outcome import Quantity
from c4e_opt.verify import verify

CASES = Path(__file__).parents[2] / "cases"


def two_plants(**policy: Any) -> Case:
    """10 MW of demand; coal at 40 EUR/MWh and 1 t/MWh, gas at 50 EUR/MWh and 0.4 t/MWh, one hour."""
    document = {
        "name": "second",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 1},
        "buses": [{"id": "el"}],
        "policy": policy,
        "components": {
            "generator": [
                {"id": "coal", "bus": "el", "power_max_mw": 20, "cost_eur_per_mwh": 40, "emissions_t_per_mwh": 1.0},
                {"id": "gas", "bus": "el", "power_max_mw": 20, "cost_eur_per_mwh": 50, "emissions_t_per_mwh": 0.4},
            ],
            "demand": [{"id": "load", "bus": "el", "demand_mw": 10}],
        },
    }
    return Builder(document, {}).case()


def power(outcome: Outcome) -> list[float]:
    return outcome.schedule_table.values("generator_power_mw")[:, 0].tolist()


def test_emissions_are_least_among_what_costs_little_more():
    # Least cost: 10 MW of coal, 400. Five per cent more, 420, buy 2 MW of gas in its place: 8 + 0.8 = 8.8 t, not 10 t.
    outcome = solve(two_plants(second_objective="emissions", second_objective_slack_ratio=0.05))
    assert power(outcome) == pytest.approx([8.0, 2.0])
    assert outcome.objective == pytest.approx(420.0)
    assert outcome.bound == pytest.approx(400.0)
    told = outcome.second
    assert told is not None
    assert (told.name, told.unit) == ("emissions", "t")
    assert (told.least, told.at_least_cost) == pytest.approx((8.8, 10.0))
    assert (told.least_cost, told.allowed_cost) == pytest.approx((400.0, 420.0))
    # The price is that of the least cost: one more MWh would come from coal.
    assert outcome.price_basis == "of the least cost"
    assert outcome.price_table.values("price_eur_per_mwh")[0, 0] == pytest.approx(40.0)


def test_emissions_count_by_the_hour():
    # The same demand for half an hour: half of what an hour costs and emits.
    case = two_plants(second_objective="emissions", second_objective_slack_ratio=0.05)
    half = replace(case, horizon=Horizon(case.horizon.start, np.array([1800]), case.horizon.time_zone))
    told = solve(half).second
    assert told is not None
    assert (told.least, told.at_least_cost, told.allowed_cost) == pytest.approx((4.4, 5.0, 210.0))


def test_without_a_slack_only_what_costs_nothing_moves():
    assert power(solve(two_plants(second_objective="emissions", second_objective_slack_ratio=0))) == pytest.approx(
        [10.0, 0.0], abs=1e-5
    )


def test_nothing_changes_without_a_second_objective():
    outcome = solve(two_plants())
    assert outcome.second is None
    assert outcome.price_basis == "of the convex problem"


def test_a_term_of_the_objective_may_come_second():
    # The week of the site with a commitment: for half a per cent of its cost the CHP starts less often.
    case = read_case(CASES / "site_week")
    case = replace(case, policy=replace(case.policy, second_objective="start", second_objective_slack_ratio=0.005))
    outcome = solve(case)
    assert outcome.second is not None
    assert outcome.objective is not None
    assert outcome.second.least == pytest.approx(outcome.terms["start"])
    assert outcome.second.least < outcome.second.at_least_cost - 25.0
    assert outcome.objective <= outcome.second.allowed_cost * (1 + 1e-8)


def test_an_unknown_second_objective_is_told_with_what_there_is():
    with pytest.raises(InvalidInput, match=r"'emission'.*did you mean 'emissions'"):
        solve(two_plants(second_objective="emission"))


def test_it_survives_files_and_json(tmp_path: Path):
    outcome = solve(two_plants(second_objective="emissions"))
    again = Outcome.read(outcome.to_netcdf(tmp_path / "outcome.nc"))
    assert again.second == outcome.second
    assert again.summary()["second_objective"]["name"] == "emissions"


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("second_objective", {"name": "production"}),
        ("second_objective_worth", {"least": 8.0}),
        ("second_objective_gain", {"at_least_cost": 8.0}),
        ("second_objective_cost", {"allowed_cost": 500.0}),
    ],
)
def test_a_wrong_word_about_it_is_found(law: str, change: dict[str, Any]):
    case = two_plants(second_objective="emissions", second_objective_slack_ratio=0.05)
    outcome = solve(case)
    assert outcome.second is not None
    assert verify(case, outcome).holds
    wrong = verify(case, replace(outcome, second=replace(outcome.second, **change)))
    assert law in [residual.law for residual in wrong.broken]


def test_an_answer_that_leaves_it_out_is_found():
    case = two_plants(second_objective="emissions", second_objective_slack_ratio=0.05)
    outcome = solve(case)
    plain = solve(two_plants())
    wrong = verify(case, replace(plain, case_digest=outcome.case_digest))
    assert "second_objective" in [residual.law for residual in wrong.broken]


def test_a_schedule_that_costs_more_than_allowed_is_found():
    case = two_plants(second_objective="emissions", second_objective_slack_ratio=0.05)
    outcome = solve(case)
    assert outcome.second is not None
    table = outcome.schedule_table
    name = "generator_power_mw"
    dear = Quantity(table.quantities[name].axes, np.array([[2.0], [8.0]]), "MW", "")
    flows = outcome.flow_table
    flow = flows.quantities["flow_mw"]
    moved = replace(flow, values=np.array([[2.0], [8.0], [-10.0]]))
    wrong = replace(
        outcome,
        objective=480.0,
        terms={**outcome.terms, "production": 480.0},
        second=replace(outcome.second, least=5.2),
        schedule_table=replace(table, quantities={**table.quantities, name: dear}),
        flow_table=replace(flows, quantities={"flow_mw": moved}),
    )
    broken = [residual.law for residual in verify(case, wrong).broken]
    assert broken == ["second_objective_cost"]


def test_of_schedules_that_are_equally_good_the_cheapest_is_the_answer():
    # Gas alone has the least emissions, 4 t for 500; the store, which nothing makes give, keeps 1 MWh worth 30: 470.
    # Coal alone costs 400 - 30, so that 560 would be allowed.
    case = two_plants(second_objective="emissions", second_objective_slack_ratio=0.52)
    store = {"id": "tank", "bus": "el", "charge_max_mw": 0, "discharge_max_mw": 0, "energy_max_mwh": 2}
    store |= {"energy_start_mwh": 1, "final_values": [{"energy_mwh": 2, "value_eur_per_mwh": 30}]}
    stores = Builder(
        {
            "name": "tank",
            "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 1},
            "buses": [{"id": "el"}],
            "components": {"store": [store]},
        },
        {},
    ).case()
    outcome = solve(replace(case, components={**case.components, **stores.components}))
    assert power(outcome) == pytest.approx([0.0, 10.0])
    assert outcome.terms["final_value"] == pytest.approx(-30.0)
    assert outcome.objective == pytest.approx(470.0)


def test_where_nothing_is_better_the_schedule_of_least_cost_is_the_answer():
    # No plant lets out less than the other: 10 MWh of coal for 400, though 520 would be allowed.
    case = two_plants(second_objective="emissions", second_objective_slack_ratio=0.3)
    same = tuple(replace(plant, emissions_t_per_mwh=1.0) for plant in case.components["generator"])
    outcome = solve(replace(case, components={**case.components, "generator": same}))
    assert outcome.objective == 400.0
    assert outcome.second is not None
    assert outcome.second.least == outcome.second.at_least_cost == 10.0
