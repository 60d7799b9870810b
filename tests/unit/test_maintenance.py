"""A load of 1 MW, a generator at 10, and a grid at 50, 30 and 40 in three hours: 30 without maintenance."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from c4e_solvers import Reason
from tests.unit.small_cases import battery, grid, load, optimum, schedule, small_case, vehicle


def at(clock: str) -> str:
    return f"2025-01-01T{clock}Z"


def site(law: dict[str, Any], rules: dict[str, Any] | None = None, minutes: tuple[int, ...] = (60, 60, 60)) -> Case:
    unit = {"id": "g", "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": 10.0, **(rules or {})}
    return small_case(
        minutes,
        grid_connection=[grid([50.0, 30.0, 40.0])],
        demand=[load(1.0)],
        generator=[unit],
        ev_session=[vehicle("00:00", "01:00")],
        maintenance=[{"id": "m", "members": ["generator/g"], **law}],
    )


def test_a_component_is_off_within_its_span() -> None:
    """Off in the first hour and in the second, which the span touches: 50 + 30 + 10."""
    assert optimum(site({"end": at("01:01")})) == pytest.approx(90.0)
    assert optimum(site({"begin": at("02:00")})) == pytest.approx(60.0)
    assert optimum(site({})) == pytest.approx(120.0)


def test_a_part_of_the_power_may_be_left() -> None:
    """Half of it in the first hour: 5 + 25 + 20."""
    assert optimum(site({"end": at("01:00"), "available_ratio": 0.5})) == pytest.approx(50.0)


def test_a_block_lies_where_it_costs_least() -> None:
    """One hour: the second, 30. Two hours: the last two, 70."""
    outcome = solve(site({"hours": 1.0}))
    assert outcome.objective == pytest.approx(50.0)
    assert schedule(outcome, "maintenance_beginning") == [0.0, 1.0, 0.0]
    assert optimum(site({"hours": 2.0})) == pytest.approx(80.0)


def test_a_block_stays_within_its_span() -> None:
    assert optimum(site({"hours": 1.0, "end": at("01:30")})) == pytest.approx(70.0)
    assert optimum(site({"hours": 1.0, "begin": at("01:30")})) == pytest.approx(60.0)


def test_a_block_that_ends_inside_a_step_holds_the_whole_step() -> None:
    """An hour and a quarter from 01:00 takes the third hour too: 30 + 40; from 00:00 the first two: 80."""
    assert optimum(site({"hours": 1.25})) == pytest.approx(80.0)


def test_a_block_in_steps_of_other_lengths_lasts_its_hours() -> None:
    """Steps of 30, 60, 60 min: half an hour costs 20 in the first step, 20 in the second, 30 in the third."""
    outcome = solve(site({"hours": 0.5}, minutes=(30, 60, 60)))
    assert outcome.objective == pytest.approx(5.0 + 10.0 + 10.0 + 20.0)


def test_a_unit_under_maintenance_is_not_on() -> None:
    """It would stay on at no load to save its start of 25; so it runs, rests, and starts again."""
    rules = {"start_cost_eur": 25.0, "on_initially": True}
    outcome = solve(site({"begin": at("01:00"), "end": at("02:00")}, rules))
    assert outcome.objective == pytest.approx(10.0 + 30.0 + 35.0)
    assert schedule(outcome, "generator_on") == [1.0, 0.0, 1.0]


def test_two_components_rest_at_the_same_time() -> None:
    """The battery cannot stand in for the generator while both rest."""
    case = small_case(
        (60, 60),
        grid_connection=[grid([50.0, 30.0])],
        demand=[load(1.0)],
        generator=[{"id": "g", "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": 10.0}],
        battery=[battery(energy_start_mwh=1.0)],
        maintenance=[{"id": "m", "members": ["generator/g", "battery/b"], "hours": 1.0}],
    )
    assert optimum(case) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("law", "path", "words"),
    [
        ({"members": []}, "members", "is missing"),
        ({"hours": 0.0}, "hours", "must last longer"),
        ({"hours": 4.0}, "hours", "no block so long fits"),
        ({"hours": 1.0, "begin": at("02:30")}, "hours", "no block so long fits"),
        ({"begin": at("09:00")}, "begin", "outside the horizon"),
        ({"available_ratio": 1.5}, "available_ratio", "lie within"),
        ({"available_ratio": 0.5, "members": ["ev_session/*"]}, "members[0]", "no largest power"),
    ],
)
def test_what_is_wrong_is_said(law: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(law)
    (issue,) = error.value.issues
    assert issue.path == f"components.maintenance[0].{path}"
    assert words in issue.message


def test_several_blocks_follow_one_another() -> None:
    """Two blocks of an hour: the second and the third hour, 30 + 40; of an hour and a half none fits twice."""
    outcome = solve(site({"hours": 1.0, "events": 2}))
    assert outcome.objective == pytest.approx(80.0)
    assert schedule(outcome, "maintenance_beginning") == [0.0, 1.0, 1.0]
    for left in (0.0, 0.5):
        law = {"hours": 2.0, "events": 2, "available_ratio": left}
        assert solve(site(law)).termination.reason == Reason.INFEASIBLE
    with pytest.raises(InvalidInput, match="hours are missing"):
        site({"events": 2})


def test_a_least_power_falls_with_the_largest() -> None:
    """At 60 it gives the half MW that it must, but in its block, the second hour: 30 + 25, 30, 30 + 20."""
    dear = {"cost_eur_per_mwh": 60.0}
    assert optimum(site({"hours": 1.0, "least_mw": 0.5}, dear)) == pytest.approx(55.0 + 30.0 + 50.0)
    outcome = solve(site({"hours": 1.0, "least_mw": 0.5, "available_ratio": 0.5}, dear))
    assert min(schedule(outcome, "generator_power_mw")) == pytest.approx(0.25)


def test_a_unit_may_stay_on_and_need_not_start_again() -> None:
    """A start costs 1,000; off in the middle hour it would have to: 10 + 30 + 10 when it stays on, at no power."""
    unit = {"start_cost_eur": 1000.0, "on_initially": True}
    span = {"begin": at("01:00"), "end": at("02:00")}
    assert optimum(site(span | {"stays_on": True}, unit)) == pytest.approx(50.0)
    assert optimum(site(span, unit)) == pytest.approx(10.0 + 30.0 + 40.0)


def test_a_size_that_is_chosen_is_bound_where_nothing_is_left() -> None:
    """1 MW at 5 a MW is built; a block in the second hour leaves 30 there: 5 + 10 + 30 + 10."""
    sized = {"power_max_mw": None, "capacity_cost_eur_per_mw": 5.0, "capacity_max_mw": 2.0}
    assert optimum(site({"hours": 1.0}, sized)) == pytest.approx(55.0)
    with pytest.raises(InvalidInput, match="size that is chosen"):
        site({"hours": 1.0, "available_ratio": 0.5}, sized)
