"""Rules of a unit, told of one generator of 1 MW at 10 beside a grid at 100: an hour at full load gains 90."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import InvalidInput, solve
from c4e_opt.axes import Horizon
from c4e_opt.commitment.unit import has_state
from c4e_opt.components.generator import Generator
from tests.unit.small_cases import generator, grid, load, optimum, schedule, small_case

HOURS = (60, 60, 60)
#: It ran before and may not stop.
ON = {"on_initially": True, "hours_in_state_initially": 0.0, "minimum_up_hours": 9.0}


def site(demand: Any, minutes: tuple[int, ...] = HOURS, price: Any = 100, **fields: Any) -> Any:
    unit = generator(**{"cost_eur_per_mwh": 10.0, **fields})
    return small_case(minutes, grid_connection=[grid(price)], demand=[load(demand)], generator=[unit])


def power_of(case: Any) -> list[float]:
    return pytest.approx(schedule(solve(case), "generator_power_mw"))


# ramps


def test_a_ramp_alone_needs_no_binary_and_leaves_the_first_step_free() -> None:
    """1 MW wanted after 0.2: from 0.2 it rises by 0.3 an hour, 0.5 and 0.8; 0.5 + 0.2 are bought: 70 + 15."""
    outcome = solve(site([0.2, 1, 1], ramp_up_ratio_per_hour=0.3))
    assert outcome.size["integers"] == 0
    assert outcome.objective == pytest.approx(85.0)
    assert schedule(outcome, "generator_power_mw") == pytest.approx([0.2, 0.5, 0.8])


def test_a_ramp_starts_from_the_load_before_the_first_step() -> None:
    assert power_of(site(1, ramp_up_ratio_per_hour=0.3, load_initially_ratio=0.1)) == [0.4, 0.7, 1.0]


def test_a_load_can_fall_only_so_fast_so_it_does_not_rise_too_high() -> None:
    """Nothing is wanted in the end, and what is made cannot be spilled: 0, 0.4, 0.8 backwards."""
    assert power_of(site([1, 1, 0], ramp_down_ratio_per_hour=0.4)) == [0.8, 0.4, 0.0]


def test_a_ramp_counts_from_the_middle_of_a_step_to_the_middle_of_the_next() -> None:
    """Steps of 60, 15, 30 min lie 37.5 and 22.5 min apart: rises by 0.625 and 0.375 of 0.32; the first counts 60."""
    case = site(1, (60, 15, 30), ramp_up_ratio_per_hour=0.32, load_initially_ratio=0.0)
    assert power_of(case) == [0.32, 0.32 + 0.2, 0.32 + 0.2 + 0.12]


def test_a_ramp_may_differ_from_step_to_step() -> None:
    ramp = [0.5, 0.1, 0.2]
    assert power_of(site(1, ramp_up_ratio_per_hour=ramp, load_initially_ratio=0.0)) == [0.5, 0.6, 0.8]
    assert power_of(site(1, ramp_up_ratio_per_hour=ramp, load_initially_ratio=0.1, minimum_load_ratio=0.1, **ON)) == (
        [0.6, 0.7, 0.9]
    )


def test_a_ramp_is_a_part_of_the_rated_power() -> None:
    assert power_of(site(1, ramp_up_ratio_per_hour=0.1, rated_mw=2.0, load_initially_ratio=0.0)) == [0.2, 0.4, 0.6]


def test_the_rated_power_of_a_sink_is_what_it_can_take() -> None:
    """It is paid 90 a MWh more than power costs; from nothing it can take 0.3 of its 2 MW more every hour."""
    sink = dict(power_max_mw=0.0, power_min_mw=-2.0, cost_eur_per_mwh=190.0)
    assert power_of(site(1, ramp_down_ratio_per_hour=0.3, load_initially_ratio=0.0, **sink)) == [-0.6, -1.2, -1.8]


def test_a_unit_with_a_state_may_start_above_its_ramp() -> None:
    """Off before, it starts at 1 although its ramp is 0.1 an hour; from 0.2 on it creeps, where it may not restart."""
    assert power_of(site([0, 1, 1], start_cost_eur=1.0, ramp_up_ratio_per_hour=0.1)) == [0.0, 1.0, 1.0]
    running = dict(on_initially=True, load_initially_ratio=0.2, minimum_down_hours=9.0)
    assert power_of(site([1, 1, 1], start_cost_eur=1.0, ramp_up_ratio_per_hour=0.1, **running)) == [0.3, 0.4, 0.5]


def test_a_start_ramp_limits_the_first_step_of_a_run_only() -> None:
    """0 for 0.4 in the first step, then free: 0.4, 1, 1."""
    assert power_of(site(1, start_ramp_ratio=0.4)) == [0.4, 1.0, 1.0]
    assert power_of(site(1, start_ramp_ratio=0.4, on_initially=True)) == [1.0, 1.0, 1.0]


def test_a_stop_ramp_limits_the_last_step_of_a_run_only() -> None:
    """It must be off in the end and runs at 0.4 before; past the horizon nobody knows."""
    fields = dict(stop_ramp_ratio=0.4, power_max_mw=[1.0, 1.0, 0.0], minimum_load_ratio=0.1)
    assert power_of(site(1, **fields)) == [1.0, 0.4, 0.0]
    assert power_of(site(1, stop_ramp_ratio=0.4)) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("start", "stop", "load"), [(0.3, 0.6, 0.3), (0.6, 0.3, 0.3), (0.5, 0.5, 0.5)])
def test_a_run_of_one_step_keeps_both_its_start_and_its_stop_ramp(start: float, stop: float, load: float) -> None:
    ramps = dict(start_ramp_ratio=start, stop_ramp_ratio=stop)
    fields = dict(power_max_mw=[0.0, 1.0, 0.0], minimum_load_ratio=0.1, **ramps)
    assert power_of(site(1, **fields)) == [0.0, load, 0.0]


def test_a_run_of_many_steps_keeps_its_start_and_its_stop_ramp() -> None:
    """Up for two hours at least, it starts at 0.3, ends at 0.6, and is free in between."""
    ramps = dict(start_ramp_ratio=0.3, stop_ramp_ratio=0.6, minimum_up_hours=2.0)
    fields = dict(power_max_mw=[0.0, 1.0, 1.0, 1.0, 0.0], minimum_load_ratio=0.1, **ramps)
    assert power_of(site(1, (60,) * 5, **fields)) == [0.0, 0.3, 1.0, 0.6, 0.0]


def test_a_load_too_large_for_a_stop_keeps_a_unit_on_in_the_first_step() -> None:
    """It would rest at a price of 0; from 0.9 it may stop only after a step at 0.5 or less, at a loss of 10 * 0.2."""
    fields = dict(stop_ramp_ratio=0.5, minimum_load_ratio=0.2, on_initially=True, load_initially_ratio=0.9)
    assert power_of(site(1, price=0, **fields)) == [0.2, 0.0, 0.0]
    slow = power_of(site(1, price=0, ramp_down_ratio_per_hour=0.25, **fields))
    assert slow == [0.65, 0.4, 0.0]


def test_a_start_may_not_jump_where_the_unit_was_on() -> None:
    """With a state, between two steps on, the ramp holds: 0.5, then 0.8."""
    case = site([0.5, 1, 1], ramp_up_ratio_per_hour=0.3, minimum_load_ratio=0.2, stop_cost_eur=200.0)
    assert power_of(case) == [0.5, 0.8, 1.0]


# costs of the state


def test_every_stop_and_every_hour_on_cost_something() -> None:
    """Steps of 60 and 30 min on, then off: 3 * 1.5 of running, one stop of 2, 15 of fuel: 21.5; the grid took 150."""
    outcome = solve(site([1, 1, 0], (60, 30, 60), stop_cost_eur=2.0, running_cost_eur_per_hour=3.0))
    assert outcome.objective == pytest.approx(21.5)
    assert outcome.terms["stop"] == pytest.approx(2.0)
    assert outcome.terms["running"] == pytest.approx(4.5)


def test_starts_stops_and_hours_on_count_as_often_as_their_step() -> None:
    """Weights 3, 1, 2: a start of 5 in the first, a stop of 7 in the second: 15 + 7 + 3 of running."""
    case = site([1, 0, 0], start_cost_eur=5.0, stop_cost_eur=7.0, running_cost_eur_per_hour=1.0, minimum_load_ratio=0.5)
    horizon = Horizon(case.horizon.start, case.horizon.step_seconds, weights=np.array([3.0, 1.0, 2.0]))
    outcome = solve(replace(case, horizon=horizon))
    assert {term: outcome.terms[term] for term in ("start", "stop", "running", "production")} == pytest.approx(
        {"start": 15.0, "stop": 7.0, "running": 3.0, "production": 30.0}
    )


TIERS = [{"after_hours_off": 2.0, "cost_eur": 20.0}, {"after_hours_off": 4.0, "cost_eur": 50.0}]


@pytest.mark.parametrize(("age", "cost"), [(0.0, 5.0), (1.0, 5.0), (2.0, 20.0), (3.9, 20.0), (4.0, 50.0), (99.0, 50.0)])
def test_a_start_costs_what_the_rest_before_the_first_step_asks_for(age: float, cost: float) -> None:
    """The whole day runs: 30 of fuel and one start."""
    case = site(1, start_cost_eur=5.0, start_costs=TIERS, hours_in_state_initially=age)
    assert optimum(case) == pytest.approx(30.0 + cost)


@pytest.mark.parametrize(("rest", "cost"), [(1, 5.0), (2, 20.0), (3, 20.0), (4, 50.0), (5, 50.0)])
def test_a_start_costs_what_its_rest_within_the_horizon_asks_for(rest: int, cost: float) -> None:
    """On before and after a rest that it cannot run through."""
    most = [1.0] + [0.0] * rest + [1.0]
    fields = dict(on_initially=True, start_cost_eur=5.0, start_costs=TIERS, power_max_mw=most, minimum_load_ratio=0.1)
    outcome = solve(site(1, (60,) * (rest + 2), **fields))
    assert schedule(outcome, "generator_start_cost_eur") == pytest.approx([0.0] * (rest + 1) + [cost])
    assert outcome.terms["start"] == pytest.approx(cost)


def test_only_the_last_rest_counts_however_long_the_one_before() -> None:
    """Five hours off, a run of one, one hour off, on: a cold start of 50 and a hot one of 5."""
    most = [0.0, 1.0, 0.0, 1.0]
    fields = dict(hours_in_state_initially=4.0, start_cost_eur=5.0, start_costs=TIERS, power_max_mw=most)
    assert schedule(solve(site(1, (60,) * 4, minimum_load_ratio=0.1, **fields)), "generator_start_cost_eur") == (
        pytest.approx([0.0, 50.0, 0.0, 5.0])
    )


def test_a_unit_runs_through_a_cheap_hour_to_keep_warm() -> None:
    """At a price of 0 an hour at 0.5 loses 5; a start after one hour costs 20: it stays on. At 4 it rests."""
    tier = [{"after_hours_off": 1.0, "cost_eur": 20.0}]
    fields = dict(price=[100, 0, 100], on_initially=True, minimum_load_ratio=0.5, start_costs=tier)
    assert power_of(site(1, **fields)) == [1.0, 0.5, 1.0]
    assert power_of(site(1, **{**fields, "start_costs": [{"after_hours_off": 1.0, "cost_eur": 4.0}]})) == [
        1.0,
        0.0,
        1.0,
    ]


def test_tiers_count_hours_whatever_the_steps_last() -> None:
    """A rest of 15 + 60 + 45 min is two hours and warm; without the last quarter it is hot."""
    for last, cost in ((45, 20.0), (30, 5.0)):
        fields = dict(on_initially=True, start_cost_eur=5.0, start_costs=TIERS, minimum_load_ratio=0.1)
        case = site(1, (60, 15, 60, last, 60), power_max_mw=[1.0, 0.0, 0.0, 0.0, 1.0], **fields)
        assert solve(case).terms["start"] == pytest.approx(cost)


def test_units_with_and_without_tiers_stand_side_by_side() -> None:
    """Two starts, one of 5 + a cold one of 50."""
    units = [
        generator(id="one", cost_eur_per_mwh=10.0, start_cost_eur=5.0, start_costs=TIERS),
        generator(id="other", cost_eur_per_mwh=10.0, start_cost_eur=5.0),
        generator(id="free", cost_eur_per_mwh=10.0, ramp_up_ratio_per_hour=0.5, load_initially_ratio=0.0),
    ]
    outcome = solve(small_case(HOURS, grid_connection=[grid(100)], demand=[load(3.0)], generator=units))
    assert outcome.terms["start"] == pytest.approx(55.0)
    assert outcome.terms["energy"] == pytest.approx(50.0)
    assert outcome.size["integers"] == 18


# what needs a state, and what is refused


def test_only_rules_that_need_a_state_bring_one() -> None:
    def rules(**fields: Any) -> bool:
        return has_state(Generator(id="g", bus="e", power_max_mw=1.0, **fields))

    assert not rules(ramp_up_ratio_per_hour=0.1, ramp_down_ratio_per_hour=0.1, load_initially_ratio=0.5)
    assert not rules(on_initially=True, hours_in_state_initially=1.0)
    for rule in (
        dict(minimum_load_ratio=0.1), dict(start_cost_eur=1.0), dict(stop_cost_eur=1.0),
        dict(running_cost_eur_per_hour=1.0), dict(minimum_up_hours=1.0), dict(minimum_down_hours=1.0),
        dict(switchable=True), dict(start_ramp_ratio=1.0), dict(stop_ramp_ratio=1.0), dict(start_costs=(object(),)),
    ):  # fmt: skip
        assert rules(**rule)


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"start_costs": [TIERS[0], TIERS[0]]}, "start_costs[1].after_hours_off", "each after more than 2 h"),
        ({"start_costs": [{"after_hours_off": 0.0, "cost_eur": 1.0}]}, "start_costs[0].after_hours_off", "than 0 h"),
        ({"start_cost_eur": 30.0, "start_costs": TIERS}, "start_costs[0].cost_eur", "at least as much, 30 EUR"),
        ({"minimum_load_ratio": 0.5, "start_ramp_ratio": 0.4}, "start_ramp_ratio", "could never run"),
        ({"minimum_load_ratio": 0.5, "stop_ramp_ratio": 0.4}, "stop_ramp_ratio", "could never run"),
        ({"start_cost_eur": 1.0, "load_initially_ratio": 0.3}, "load_initially_ratio", "on_initially is false"),
        (
            {"minimum_load_ratio": 0.5, "on_initially": True, "load_initially_ratio": 0.3},
            "load_initially_ratio",
            "below minimum_load_ratio",
        ),
        ({"ramp_up_ratio_per_hour": -1.0}, "ramp_up_ratio_per_hour[0]", "at least 0"),
    ],
)
def test_what_cannot_be_is_told(fields: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        site(1, **fields)
    assert [(issue.path, words in issue.message) for issue in refused.value.issues] == [
        (f"components.generator[0].{path}", True)
    ]
