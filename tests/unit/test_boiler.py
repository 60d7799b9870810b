"""Boilers: a good one of 1 MW (gas at 30) beside a wide one of half the efficiency, whose heat costs 60."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import boiler, grid, load, meter, optimum, relaxed_objective, schedule, small_case


def site(heat: Any = 1.0, minutes: tuple[int, ...] = (60, 60), price: Any = 100, **fields: Any) -> Case:
    good = boiler(id="good", heat_max_mw=1.0, **fields)
    return small_case(
        minutes,
        grid_connection=[grid(price), meter(30)],
        demand=[load(heat, "h")],
        boiler=[good, boiler(id="poor", efficiency=0.5)],
    )


def segments(*rows: tuple[float, float]) -> dict[str, Any]:
    names = ("heat_mw", "efficiency")
    return {"efficiency": None, "efficiency_segments": [dict(zip(names, row, strict=True)) for row in rows]}


def test_a_boiler_without_rules_needs_no_binaries() -> None:
    outcome = solve(site())
    assert outcome.objective == pytest.approx(60.0)
    assert outcome.size["integers"] == 0


@pytest.mark.parametrize(("start_cost", "cost"), [(50.0, 110.0), (70.0, 120.0)])
def test_a_boiler_starts_only_when_its_gain_covers_the_start(start_cost: float, cost: float) -> None:
    """Two hours gain 30 each."""
    assert optimum(site(start_cost_eur=start_cost)) == pytest.approx(cost)


def test_a_boiler_runs_at_its_minimum_load_or_not_at_all() -> None:
    """0.4 in the first hour is below it: 24 from the poor one; 0.6 in the second: 18."""
    outcome = solve(site([0.4, 0.6], minimum_load_ratio=0.5))
    assert outcome.objective == pytest.approx(42.0)
    assert schedule(outcome, "boiler_on") == [0.0, 1.0]


def test_stops_and_hours_on_cost() -> None:
    """An hour on: 30 and 8, and 5 for the stop; where that costs 28 it stays on for another 8."""
    assert optimum(site([1.0, 0.0], stop_cost_eur=5.0, running_cost_eur_per_hour=8.0)) == pytest.approx(43.0)
    assert optimum(site([1.0, 0.0], stop_cost_eur=28.0, running_cost_eur_per_hour=8.0)) == pytest.approx(46.0)


def test_minimum_times_and_the_state_before_bind() -> None:
    """Off for an hour, it rests for another: 60 + 30 + 30. On for two hours of three, it owes one at 0.5 or more."""
    resting = site(1.0, (60, 60, 60), minimum_down_hours=2.0, hours_in_state_initially=1.0)
    assert optimum(resting) == pytest.approx(120.0)
    owing: dict[str, Any] = {"minimum_up_hours": 3.0, "on_initially": True, "hours_in_state_initially": 2.0}
    outcome = solve(site([0.5, 0.4], minimum_load_ratio=0.5, **owing))
    assert schedule(outcome, "boiler_on") == [1.0, 0.0]
    assert outcome.objective == pytest.approx(15.0 + 24.0)


def test_its_heat_rises_no_faster_than_its_ramp() -> None:
    """0.25 and 0.5 of it: 7.5 + 45 and 15 + 30."""
    outcome = solve(site(ramp_up_ratio_per_hour=0.25, load_initially_ratio=0.0))
    assert outcome.objective == pytest.approx(97.5)
    assert schedule(outcome, "boiler_heat_mw") == pytest.approx([0.25, 0.5])
    assert outcome.size["integers"] == 0


def test_a_first_step_is_limited_and_a_cold_start_costs_more() -> None:
    """0.5 in its first hour: 15 + 30 + 30; a start after 8 h of rest costs 20 in place of 1."""
    assert optimum(site(start_ramp_ratio=0.5)) == pytest.approx(75.0)
    cold = [{"after_hours_off": 8.0, "cost_eur": 20.0}]
    assert optimum(site(start_cost_eur=1.0, start_costs=cold)) == pytest.approx(80.0)
    assert optimum(site(start_cost_eur=1.0, start_costs=cold, hours_in_state_initially=7.0)) == pytest.approx(61.0)


FALLING = segments((0.5, 1.0), (0.5, 0.625))
RISING = segments((0.5, 0.5), (0.5, 1.0))


def test_segments_that_fall_need_no_binaries() -> None:
    """0.75 of heat from 0.5 + 0.4 of gas: 27."""
    outcome = solve(site(0.75, (60,), **FALLING))
    assert outcome.objective == pytest.approx(27.0)
    assert outcome.size["integers"] == 0
    assert outcome.price_basis == "of the convex problem"


def test_segments_that_fall_keep_their_order_where_fuel_is_a_burden() -> None:
    """Electric, at -50: 0.75 of heat takes 0.9; with the second segment first it would take 1.05 and earn 52.5."""
    case = site(0.75, (60,), price=-50, fuel_bus="e", **FALLING)
    assert relaxed_objective(case) == pytest.approx(-52.5)
    outcome = solve(case, SolveOptions(gap=0.0))
    assert outcome.objective == pytest.approx(-45.0)
    assert outcome.price_basis == "of the fixed commitment"
    assert outcome.schedule_table.values("boiler_segment_mw")[:, 0] == pytest.approx([0.5, 0.25])


def test_later_segments_that_are_better_wait_for_the_first() -> None:
    """0.25 of heat lies in the first segment: 0.5 of gas, 15; 1 of heat takes 1 + 0.5: 45."""
    outcome = solve(site(0.25, (60,), **RISING))
    assert outcome.objective == pytest.approx(15.0)
    assert outcome.size["integers"] == 1
    assert optimum(site(1.0, (60,), **RISING)) == pytest.approx(45.0)


def test_segments_below_the_least_load_need_no_binaries_for_their_order() -> None:
    """From 0.5 on: 0.75 takes 1 + 0.25 of gas, 37.5."""
    outcome = solve(site(0.75, (60,), minimum_load_ratio=0.5, **RISING))
    assert outcome.objective == pytest.approx(37.5)
    assert outcome.size["integers"] == 3


@pytest.mark.parametrize(
    ("fields", "path", "rule", "said"),
    [
        ({"efficiency": None}, "efficiency", "missing_field", "is missing; give it, or efficiency_segments"),
        ({**FALLING, "efficiency": 0.9}, "efficiency", "given_twice", "beside efficiency_segments"),
        ({"efficiency": 0.0}, "efficiency", "range", "above 0"),
        (segments((1.0, 0.0)), "efficiency_segments[0].efficiency", "range", "above 0"),
        (segments((0.5, 1.0)), "efficiency_segments", "range", "reach up to 0.5 MW; they must reach the largest heat"),
        (segments((0.5, 1.0), (0.5, 1.5)), "efficiency_segments[1]", "efficiency", "give heat of 1.2 of the fuel"),
        (
            {"minimum_load_ratio": 0.5, "start_ramp_ratio": 0.4},
            "start_ramp_ratio",
            "range",
            "the unit could never run",
        ),
    ],
)
def test_what_is_missing_given_twice_or_not_sensible_is_said(
    fields: dict[str, Any], path: str, rule: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        small_case((60,), boiler=[boiler(**{"heat_max_mw": 1.0, **fields})])
    found = {issue.path: issue for issue in caught.value.issues}[f"components.boiler[0].{path}"]
    assert found.rule == rule
    assert said in found.message
