"""One CHP of 1 MW fuel at 30, 0.4 MW of power and 0.4 MW of heat; the boiler makes the heat for 30 otherwise.

An hour at full load costs 30 of gas, saves 12 of boiler gas and 0.4 of the power price: at 100 it gains 22, at 0 it
loses 18. Without the CHP an hour costs the power price plus 12.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, solve
from tests.unit.small_cases import boiler, chp, grid, load, meter, optimum, prices, schedule, small_case


def site(price: Any, minutes: tuple[int, ...] = (60, 60, 60), **fields: Any) -> Case:
    unit = chp(**{"minimum_load_ratio": 1.0, **fields})
    return small_case(
        minutes,
        grid_connection=[grid(price), meter(30)],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler()],
        chp=[unit],
    )


@pytest.mark.parametrize(("start_cost", "cost"), [(40.0, 220.0), (50.0, 224.0)])
def test_a_chp_starts_only_when_its_gain_covers_the_start(start_cost: float, cost: float) -> None:
    """Two hours at 100: 2 * 112 = 224 without; the gain of 44 covers a start of 40 (220) and not one of 50 (224)."""
    assert optimum(site(100, (60, 60), start_cost_eur=start_cost, minimum_load_ratio=0.0)) == pytest.approx(cost)


def test_a_chp_without_rules_needs_no_binaries() -> None:
    """Gain in the dear hour only: 112 + 12 - 22 = 102."""
    outcome = solve(site([100, 0], (60, 60), minimum_load_ratio=0.0))
    assert outcome.objective == pytest.approx(102.0)
    assert outcome.size["integers"] == 0
    assert outcome.price_basis == "of the convex problem"


def test_the_cost_of_running_is_paid_per_mwh_of_fuel() -> None:
    """With 5 per MWh of fuel the gain in an hour at 100 is 17: 112 - 17 = 95; with 25 it rests: 112."""
    assert optimum(site(100, (60,), minimum_load_ratio=0.0, cost_eur_per_mwh=5.0)) == pytest.approx(95.0)
    assert optimum(site(100, (60,), minimum_load_ratio=0.0, cost_eur_per_mwh=25.0)) == pytest.approx(112.0)


def test_a_unit_runs_at_its_minimum_load_or_not_at_all() -> None:
    """Heat demand 0.1 allows 0.25 MW of fuel; a minimum load of 0.5 MW does not fit, so power is bought: 100 + 3."""
    case = small_case(
        (60,),
        grid_connection=[grid(100), meter(30)],
        demand=[load(1.0), load(0.1, "h")],
        boiler=[boiler()],
        chp=[chp(minimum_load_ratio=0.5)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(103.0)
    assert schedule(outcome, "chp_fuel_mw") == [0.0]


@pytest.mark.parametrize(("hours", "cost"), [(0.0, 114.0), (1.0, 114.0), (2.0, 132.0), (3.0, 136.0)])
def test_minimum_up_time_keeps_a_unit_running_after_its_dear_hour(hours: float, cost: float) -> None:
    """136 without; the dear hour gains 22, every forced one loses 18: 22, then 22 - 18 = 4, then it stays off."""
    assert optimum(site([100, 0, 0], minimum_up_hours=hours)) == pytest.approx(cost)


@pytest.mark.parametrize(("age", "cost"), [(0.0, 90.0), (1.0, 72.0), (2.0, 54.0), (2.5, 54.0), (3.0, 36.0)])
def test_a_unit_that_runs_at_the_start_owes_the_rest_of_its_minimum_up_time(age: float, cost: float) -> None:
    """36 of heat without; at a power price of 0 every hour still owed costs 18 more; half an hour owed is a step."""
    case = site(0, minimum_up_hours=3.0, on_initially=True, hours_in_state_initially=age)
    assert optimum(case) == pytest.approx(cost)


@pytest.mark.parametrize(("age", "cost"), [(0.0, 336.0), (1.0, 314.0), (2.0, 292.0), (3.0, 270.0), (8760.0, 270.0)])
def test_a_unit_that_rests_at_the_start_owes_the_rest_of_its_minimum_down_time(age: float, cost: float) -> None:
    """3 * 112 = 336 without; every hour in which it may run gains 22."""
    case = site(100, minimum_down_hours=3.0, on_initially=False, hours_in_state_initially=age)
    assert optimum(case) == pytest.approx(cost)


@pytest.mark.parametrize(("hours", "cost"), [(1.0, 192.0), (2.0, 210.0)])
def test_minimum_down_time_keeps_a_unit_running_through_a_short_cheap_hour(hours: float, cost: float) -> None:
    """236 without; with one hour of rest 22 + 22 are gained, with two it runs through: 22 - 18 + 22 = 26."""
    case = site([100, 0, 100], minimum_down_hours=hours, on_initially=True)
    assert optimum(case) == pytest.approx(cost)


def test_minimum_times_are_hours_whatever_the_steps_last() -> None:
    """Steps of 30, 30, 60 min, dear first: up for 1 h binds the second step only: on, on, off.

    Without it 50 of power and 24 of heat, 74; half an hour gains 11, half an hour loses 9: 72.
    """
    outcome = solve(site([100, 0, 0], (30, 30, 60), minimum_up_hours=1.0))
    assert outcome.objective == pytest.approx(72.0)
    assert schedule(outcome, "chp_on") == [1.0, 1.0, 0.0]


def test_a_minimum_up_time_that_ends_inside_a_step_holds_the_whole_step() -> None:
    """Steps of 15, 30, 30 min, dear first, up for 20 min: the second step is held, the third is free."""
    outcome = solve(site([400, 0, 0], (15, 30, 30), minimum_up_hours=20 / 60))
    assert schedule(outcome, "chp_on") == [1.0, 1.0, 0.0]


def test_nothing_is_owed_past_the_horizon() -> None:
    """A start in the last hour with four hours of minimum up time is allowed: 3 * 12 + 100 - 22 = 114."""
    outcome = solve(site([0, 0, 100], minimum_up_hours=4.0))
    assert outcome.objective == pytest.approx(114.0)
    assert schedule(outcome, "chp_on") == [0.0, 0.0, 1.0]


def test_a_unit_that_runs_at_the_start_pays_no_start() -> None:
    """On before, the two hours gain 44 without the start of 40: 224 - 44 = 180."""
    assert optimum(site(100, (60, 60), start_cost_eur=40.0, on_initially=True)) == pytest.approx(180.0)


def test_prices_leave_start_costs_out() -> None:
    """At the fixed commitment the grid sets the price of power, the boiler that of heat."""
    outcome = solve(site(100, (60, 60), start_cost_eur=40.0, minimum_load_ratio=0.0))
    assert prices(outcome, "e") == pytest.approx([100.0, 100.0])
    assert prices(outcome, "g") == pytest.approx([30.0, 30.0])
    assert outcome.price_basis == "of the fixed commitment"


def test_units_with_and_without_rules_stand_side_by_side() -> None:
    """A committed unit (start 40, gain 44) and a free one (gain 44): 2 * (200 + 24) - 44 - 4 = 400."""
    units = [chp(id="committed", start_cost_eur=40.0), chp(id="free")]
    case = small_case(
        grid_connection=[grid(100), meter(30)],
        demand=[load(2.0), load(0.8, "h")],
        boiler=[boiler()],
        chp=units,
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(400.0)
    assert outcome.size["integers"] == 6
    assert np.allclose(outcome.schedule_table.values("chp_fuel_mw"), 1.0)


def test_a_chp_keeps_the_rules_of_units() -> None:
    """From 0.2 it rises by 0.3 an hour; see test_unit_rules for all rules."""
    ramp = dict(ramp_up_ratio_per_hour=0.3, load_initially_ratio=0.2, on_initially=True, minimum_load_ratio=0.2)
    case = site(100, minimum_down_hours=9.0, **ramp)
    assert schedule(solve(case), "chp_fuel_mw") == pytest.approx([0.5, 0.8, 1.0])
    cold = [{"after_hours_off": 8.0, "cost_eur": 60.0}]
    assert optimum(site(100, start_cost_eur=5.0, start_costs=cold, hours_in_state_initially=7.0)) == pytest.approx(
        275.0
    )
    assert optimum(site(100, start_cost_eur=5.0, start_costs=cold, hours_in_state_initially=8.0)) == pytest.approx(
        330.0
    )
