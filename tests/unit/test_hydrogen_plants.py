"""Electrolysers and fuel cells of 1 MW and an efficiency of 0.5; hydrogen is sold at 100 and power bought at a price.

An hour at full load of the electrolyser earns 50 less the price of power. A store far away buys: bus y exports at 100.
"""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, read_case, solve, write_case
from c4e_opt.coordination.rolling import RollOptions, roll
from tests.unit.small_cases import BUSES, electrolyser, fuel_cell, grid, load, optimum, prices, schedule, small_case

WITH_HYDROGEN = [*BUSES, {"id": "y", "carrier": "hydrogen"}]
HOURS = (60, 60, 60)


def market(price: Any, hydrogen: Any = 100) -> list[dict[str, Any]]:
    """A grid that sells power and a trader that buys hydrogen."""
    buyer = grid(hydrogen, id="buyer", bus="y", export_max_mw=100.0, export_price_eur_per_mwh=hydrogen, import_max_mw=0)
    return [grid(price), buyer]


def making(price: Any, minutes: Any = HOURS, **fields: Any) -> Case:
    return small_case(
        minutes, buses=WITH_HYDROGEN, grid_connection=market(price), electrolyser=[electrolyser(**fields)]
    )


def burning(price: Any, minutes: Any = HOURS, **fields: Any) -> Case:
    """A fuel cell that sells power at a price and buys hydrogen at 20: an hour earns half of the price less 20."""
    return small_case(
        minutes,
        buses=WITH_HYDROGEN,
        grid_connection=[
            grid(1000, export_max_mw=100.0, export_price_eur_per_mwh=price),
            grid(20, id="seller", bus="y"),
        ],
        fuel_cell=[fuel_cell(**fields)],
    )


def test_an_electrolyser_runs_while_hydrogen_is_worth_its_power() -> None:
    """At 20 it earns 30, at 60 it would lose 10; 5 of maintenance."""
    outcome = solve(making([20, 60, 40], cost_eur_per_mwh=5.0))
    assert schedule(outcome, "electrolyser_electric_mw") == pytest.approx([1.0, 0.0, 1.0])
    assert outcome.objective == pytest.approx(-25.0 - 5.0)
    assert outcome.size["integers"] == 0
    assert prices(outcome, "y") == pytest.approx([100.0] * 3)


def test_waste_heat_of_an_electrolyser_is_used_as_far_as_it_is_wanted() -> None:
    """0.2 MW of heat at most per MW; 0.15 MW are wanted and cost 40 a MWh otherwise: -30 + 0, then -30 + 8."""
    case = small_case(
        (60, 60),
        buses=WITH_HYDROGEN,
        grid_connection=[*market(20), grid(40, id="district", bus="h")],
        demand=[load([0.15, 0.4], "h")],
        electrolyser=[electrolyser(heat_bus="h", heat_efficiency=0.2)],
    )
    outcome = solve(case)
    assert schedule(outcome, "electrolyser_recovered_mw") == pytest.approx([0.15, 0.2])
    assert outcome.objective == pytest.approx(-30.0 - 30.0 + 8.0)


@pytest.mark.parametrize(
    ("standby", "states", "total"),
    [
        (None, [1, 0, 1], -60.0 + 16.0),  # off in between: two cold starts at 8
        (0.01, [1, 0, 1], -60.0 + 8.0 + 0.6 + 1.0),  # 0.01 MW at 60, then a warm start at 1
        (0.2, [1, 0, 1], -60.0 + 16.0),  # 0.2 MW at 60 are 12, more than the 7 that a warm start saves
    ],
)
def test_standby_saves_a_cold_start_where_it_costs_less(standby: Any, states: list[int], total: float) -> None:
    """30 are earned in each cheap hour; at 60 the least load of half a MW would lose 5, and more than standby does."""
    warm = {} if standby is None else {"standby_power_mw": standby, "warm_start_cost_eur": 1.0}
    unit = {"start_cost_eur": 8.0, "minimum_load_ratio": 1.0, **warm}
    outcome = solve(making([20, 60, 20], **unit))
    assert schedule(outcome, "electrolyser_on") == states
    assert outcome.objective == pytest.approx(total)
    waits = 1.0 if standby == 0.01 else 0.0
    if standby is not None:
        assert schedule(outcome, "electrolyser_standby") == [0.0, waits, 0.0]
        assert schedule(outcome, "electrolyser_cold_starting") == [1.0, 0.0, 1.0 - waits]
        assert schedule(outcome, "electrolyser_warm_starting") == [0.0, 0.0, waits]


def test_a_plant_in_standby_before_the_first_step_starts_warm() -> None:
    """Three hours at 30 each; a warm start at 1 in place of a cold one at 8; on before, none at all."""
    unit = {"start_cost_eur": 8.0, "standby_power_mw": 0.01, "warm_start_cost_eur": 1.0}
    assert optimum(making(20, **unit)) == pytest.approx(-90.0 + 8.0)
    assert optimum(making(20, **unit, standby_initially=True)) == pytest.approx(-90.0 + 1.0)
    assert optimum(making(20, **unit, on_initially=True)) == pytest.approx(-90.0)


def test_leaving_off_into_standby_costs_a_cold_start() -> None:
    """It must not start before the second hour; kept warm in the first it would pay 8 + 0.2 + 1: it waits, off.

    Off for two hours at least, of which one is left: the hours at 20 earn 60 less 8.
    """
    unit = {"start_cost_eur": 8.0, "standby_power_mw": 0.01, "warm_start_cost_eur": 1.0}
    rest = {"minimum_down_hours": 2.0, "hours_in_state_initially": 1.0}
    outcome = solve(making(20, **unit, **rest))
    assert outcome.objective == pytest.approx(-60.0 + 8.0)
    assert schedule(outcome, "electrolyser_standby") == [0.0, 0.0, 0.0]


def test_standby_takes_its_power_from_the_electricity_bus() -> None:
    """It is kept warm at 0.5 MW for the hour at 60, 30 in all, as a cold start costs 100."""
    unit = {"start_cost_eur": 100.0, "standby_power_mw": 0.5, "minimum_load_ratio": 1.0, "on_initially": True}
    cheap = making([-200, 60, -200], **unit, running_cost_eur_per_hour=25.0)
    outcome = solve(cheap)
    assert schedule(outcome, "electrolyser_standby") == [0.0, 1.0, 0.0]
    assert outcome.flow_table.values("flow_mw")[2].tolist() == pytest.approx([-1.0, -0.5, -1.0])
    assert outcome.objective == pytest.approx(2 * (-250.0 + 25.0) + 30.0)


def test_an_electrolyser_is_better_at_part_load() -> None:
    """Half load works a fifth better: 0.5 MW give 0.3 MW, the other half MW 0.2 MW. Power at 50 is worth half load."""
    points = [{"load_ratio": 0.5, "performance_ratio": 1.2}, {"load_ratio": 1.0, "performance_ratio": 1.0}]
    outcome = solve(making([50, 30, 70], part_load=points))
    assert schedule(outcome, "electrolyser_electric_mw") == pytest.approx([0.5, 1.0, 0.0])
    assert outcome.objective == pytest.approx(-(30.0 - 25.0) - (50.0 - 30.0))


def test_an_electrolyser_ramps_and_keeps_its_least_load() -> None:
    """From 0.4 MW it rises by 0.3 MW an hour: 0.7, 1, 1; at a loss of 10 a MWh it falls to its least load of 0.2 MW."""
    unit = {"minimum_load_ratio": 0.2, "on_initially": True, "load_initially_ratio": 0.4, "minimum_down_hours": 9.0}
    assert schedule(solve(making(20, **unit, ramp_up_ratio_per_hour=0.3)), "electrolyser_electric_mw") == pytest.approx(
        [0.7, 1.0, 1.0]
    )
    held = {"minimum_up_hours": 9.0, "hours_in_state_initially": 0.0}
    assert optimum(making(60, **unit, **held)) == pytest.approx(3 * 0.2 * 10)


def test_a_fuel_cell_runs_while_power_is_worth_its_hydrogen() -> None:
    """At 60 an hour earns 30 - 20, at 30 it would lose 5; heat of 0.3 MW saves 12 in each hour in which it runs."""
    outcome = solve(burning([60, 30, 60]))
    assert schedule(outcome, "fuel_cell_hydrogen_mw") == pytest.approx([1.0, 0.0, 1.0])
    assert outcome.objective == pytest.approx(-20.0)
    warm = small_case(
        (60,),
        buses=WITH_HYDROGEN,
        grid_connection=[
            grid(1000, export_max_mw=100.0, export_price_eur_per_mwh=30),
            grid(20, id="seller", bus="y"),
            grid(40, id="district", bus="h"),
        ],
        demand=[load(1.0, "h")],
        fuel_cell=[fuel_cell(heat_bus="h", heat_efficiency=0.3)],
    )
    assert optimum(warm) == pytest.approx(20.0 - 15.0 + 40 * 0.7)


def test_a_fuel_cell_in_standby_takes_power_from_its_bus() -> None:
    """Two cold starts at 9 or one, 0.002 MW bought at 1000 and a warm start at 1: 9 + 2 + 1."""
    unit = {"start_cost_eur": 9.0, "standby_power_mw": 0.002, "warm_start_cost_eur": 1.0, "minimum_load_ratio": 1.0}
    outcome = solve(burning([100, 5, 100], **unit))
    assert schedule(outcome, "fuel_cell_standby") == [0.0, 1.0, 0.0]
    assert outcome.objective == pytest.approx(-60.0 + 12.0)
    port = outcome.flow_table.labels["port"].tolist().index("fuel_cell/fc@e")
    assert outcome.flow_table.values("flow_mw")[port].tolist() == pytest.approx([0.5, -0.002, 0.5])


def test_plants_with_and_without_standby_stand_side_by_side() -> None:
    """One waits in standby, one has none and starts twice, one has no rules at all."""
    unit = {"start_cost_eur": 8.0, "minimum_load_ratio": 1.0}
    plants = [
        electrolyser(id="waits", **unit, standby_power_mw=0.01, warm_start_cost_eur=1.0),
        electrolyser(id="rests", **unit),
        electrolyser(id="free"),
    ]
    outcome = solve(small_case(HOURS, buses=WITH_HYDROGEN, grid_connection=market([20, 60, 20]), electrolyser=plants))
    assert outcome.objective == pytest.approx(-180.0 + (8.0 + 0.6 + 1.0) + 16.0)
    assert outcome.size["integers"] == 2 * 9 + 3


def test_a_law_counts_standby_as_running() -> None:
    """Only one of two plants may run; the one in standby takes power and keeps the other from running."""
    unit = {"start_cost_eur": 20.0, "minimum_load_ratio": 1.0, "standby_power_mw": 0.01, "on_initially": True}
    case = small_case(
        HOURS,
        buses=WITH_HYDROGEN,
        grid_connection=market([20, 60, 20]),
        electrolyser=[electrolyser(**unit), electrolyser(id="other", electric_max_mw=0.1, efficiency=0.9)],
        exclusion=[{"id": "one", "members": ["electrolyser/*"]}],
    )
    outcome = solve(case)
    assert outcome.schedule_table.values("electrolyser_standby")[0].tolist() == [0.0, 1.0, 0.0]
    assert outcome.schedule_table.values("electrolyser_electric_mw")[1].tolist() == pytest.approx([0.0] * 3)


def test_the_power_of_a_fuel_cell_may_be_counted_one_way() -> None:
    """No more than 0.6 MWh of power may come from it: 0.5 and 0.1 at 100 a MWh; 1.2 MWh of hydrogen at 20."""
    unit = {"switchable": True, "standby_power_mw": 0.0}
    case = small_case(
        (60, 60),
        buses=WITH_HYDROGEN,
        grid_connection=[
            grid(1000, export_max_mw=100.0, export_price_eur_per_mwh=100),
            grid(20, id="seller", bus="y"),
        ],
        fuel_cell=[fuel_cell(**{**unit, "standby_power_mw": 0.001})],
        energy_budget=[{"id": "b", "members": ["fuel_cell/fc"], "counted": "into", "maximum_mwh": 0.6}],
    )
    assert optimum(case) == pytest.approx(-60.0 + 24.0)


def test_a_rolled_horizon_carries_standby_over_its_seams() -> None:
    """Windows of one hour that see three: kept on standby for the dear hour, it starts warm in a window of its own.

    60 are earned, a cold start costs 8, an hour in standby 0.6, a warm start 1.
    """
    unit = {"start_cost_eur": 8.0, "minimum_load_ratio": 1.0, "standby_power_mw": 0.01, "warm_start_cost_eur": 1.0}
    rolled = roll(making([20, 60, 20], **unit), RollOptions(keep_hours=1, look_hours=3))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert len(rolled.windows) >= 2
    assert schedule(rolled.outcome, "electrolyser_standby") == [0.0, 1.0, 0.0]
    assert rolled.outcome.objective == pytest.approx(-60.0 + 8.0 + 0.6 + 1.0)


def test_a_case_with_hydrogen_plants_is_written_and_read_back(tmp_path: Any) -> None:
    points = [{"load_ratio": 0.5, "performance_ratio": 1.2}, {"load_ratio": 1.0, "performance_ratio": 1.0}]
    case = making(20, part_load=points, switchable=True, standby_power_mw=0.01, start_cost_eur=3.0)
    write_case(case, tmp_path / "case")
    assert read_case(tmp_path / "case") == case


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"warm_start_cost_eur": 2.0}, "warm_start_cost_eur", "is given, but there is no standby"),
        ({"standby_initially": True}, "standby_initially", "is given, but there is no standby"),
        ({"standby_power_mw": 0.1}, "standby_power_mw", "is given, but the unit is never off"),
        (
            {"standby_power_mw": 0.1, "start_cost_eur": 2.0, "warm_start_cost_eur": 3.0},
            "warm_start_cost_eur",
            "is 3 EUR, more than start_cost_eur, 2 EUR",
        ),
        (
            {
                "standby_power_mw": 0.1,
                "start_cost_eur": 2.0,
                "start_costs": [{"after_hours_off": 1.0, "cost_eur": 3.0}],
            },
            "start_costs",
            "are not supported with standby_power_mw",
        ),
        (
            {"standby_power_mw": 0.1, "start_cost_eur": 2.0, "standby_initially": True, "on_initially": True},
            "standby_initially",
            "is true, and so is on_initially",
        ),
        ({"heat_efficiency": 0.2}, "heat_efficiency", "is above 0, but there is no heat_bus"),
        ({"part_load": [{"load_ratio": 0.4, "performance_ratio": 1.0}]}, "part_load[0].load_ratio", "must be 1"),
        ({"hydrogen_bus": "g"}, "hydrogen_bus", "it must be a bus of hydrogen"),
    ],
)
def test_what_does_not_fit_together_is_told(fields: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        making(20, **fields)
    found = {issue.path.removeprefix("components.electrolyser[0]."): issue.message for issue in caught.value.issues}
    assert said in found[path]


def test_a_fuel_cell_gives_no_more_than_its_hydrogen_holds() -> None:
    with pytest.raises(InvalidInput, match=r"add up to 1\.2"):
        burning(60, heat_bus="h", heat_efficiency=0.7)
