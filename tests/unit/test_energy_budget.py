"""A load of 1 MW, a grid at 10 and 20 in two hours, and diesel at 60: without a budget two hours cost 30."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.axes import Horizon
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput
from c4e_opt.laws import windows
from c4e_opt.laws.energy_budget import EnergyBudget
from tests.unit.small_cases import battery, grid, load, optimum, schedule, small_case, tank

MARCH_29 = 1_743_202_800  # 2025-03-29T00:00 in Warsaw; the day after has 23 hours


def site(prices: Any = (10.0, 20.0), minutes: tuple[int, ...] = (60, 60), **budget: Any) -> Case:
    return small_case(
        minutes,
        grid_connection=[grid(list(prices)), grid(60.0, id="diesel")],
        demand=[load(1.0)],
        energy_budget=[{"id": "b", "members": ["grid_connection/grid"], **budget}],
    )


def test_a_budget_goes_where_it_saves_most() -> None:
    """1.5 MWh of the grid save 50 an MWh in the first hour and 40 in the second: 10 + 10 + 30."""
    outcome = solve(site(maximum_mwh=1.5))
    assert outcome.objective == pytest.approx(50.0)
    assert schedule(outcome, "energy_budget_counted_mwh") == pytest.approx([1.0, 1.5])


def test_a_budget_that_is_not_used_up_costs_nothing() -> None:
    assert optimum(site(maximum_mwh=2.5)) == pytest.approx(30.0)


def test_energy_beyond_a_budget_may_be_bought() -> None:
    """Half a MWh beyond at 25 is cheaper than the 40 that diesel costs more: 30 + 12.5."""
    outcome = solve(site(maximum_mwh=1.5, beyond_price_eur_per_mwh=25.0))
    assert outcome.objective == pytest.approx(42.5)
    assert schedule(outcome, "energy_budget_beyond_mwh") == pytest.approx([0.0, 0.5])
    assert outcome.terms["budgets"] == pytest.approx(12.5)


def test_a_least_energy_is_taken_where_it_costs_least() -> None:
    """Half a MWh of diesel in the second hour costs 20 more."""
    assert optimum(site(members=["grid_connection/diesel"], minimum_mwh=0.5)) == pytest.approx(50.0)


def test_less_than_the_least_energy_may_be_paid_for() -> None:
    budget = {"members": ["grid_connection/diesel"], "minimum_mwh": 0.5, "beyond_price_eur_per_mwh": 30.0}
    assert optimum(site(**budget)) == pytest.approx(45.0)


def test_steps_of_other_lengths_count_by_their_hours() -> None:
    """Half an hour and an hour: 0.5 MWh at 10 and 0.5 at 20 from the grid, 0.5 of diesel: 5 + 10 + 30."""
    assert optimum(site(minutes=(30, 60), maximum_mwh=1.0)) == pytest.approx(45.0)


def test_a_rolling_window_binds_every_two_hours() -> None:
    """Of 1.5 MWh in any two hours, three hours can have 1 + 0.5 + 1: 25 + 30."""
    outcome = solve(site((10.0, 10.0, 10.0), (60,) * 3, maximum_mwh=1.5, window="rolling", window_hours=2.0))
    assert outcome.objective == pytest.approx(55.0)
    assert schedule(outcome, "grid_connection_import_mw") == pytest.approx([1.0, 0.5, 1.0])


def test_a_window_that_begins_before_the_horizon_does_not_bind() -> None:
    """At least 2 MWh of the dear grid in any two hours; the first hour alone is no window of two."""
    case = site((10.0, 90.0, 90.0), (60,) * 3, minimum_mwh=1.5, window="rolling", window_hours=2.0)
    assert optimum(case) == pytest.approx(10.0 + 45.0 + 30.0 + 90.0)


def test_one_direction_of_a_battery_is_counted_alone() -> None:
    """At 0, 100, 0, 100 two cycles pay for all of the load; 1.5 MWh of discharging leave half a MWh to buy at 100."""
    for counted, cost in (("into", 50.0), ("out_of", 50.0), ("net", 0.0)):
        case = small_case(
            (60,) * 4,
            grid_connection=[grid([0.0, 100.0, 0.0, 100.0])],
            demand=[load(1.0)],
            battery=[battery(energy_end_mwh=0.0)],
            energy_budget=[{"id": "b", "members": ["battery/b"], "counted": counted, "maximum_mwh": 1.5}],
        )
        assert optimum(case) == pytest.approx(cost, abs=1e-6)


def test_a_site_without_members_is_counted_where_it_meets_the_network() -> None:
    """Two sites with a load each; the budget of 0.5 MWh is that of the site north, which has diesel at 60 too."""
    buses = [{"id": "n", "site": "north"}, {"id": "s", "site": "south"}]
    case = small_case(
        (60,),
        buses=buses,
        grid_connection=[grid(10.0, id=b, bus=b) for b in "ns"],
        generator=[{"id": "diesel", "bus": "n", "power_max_mw": 9.0, "cost_eur_per_mwh": 60.0}],
        demand=[load(1.0, "n"), load(1.0, "s")],
        energy_budget=[{"id": "b", "site": "north", "maximum_mwh": 0.5}],
    )
    assert optimum(case) == pytest.approx(10.0 + 5.0 + 30.0)


def test_a_weighted_step_counts_as_often_as_it_stands_for() -> None:
    """One hour that stands for three: 1.5 MWh of the budget are half a MW."""
    content = {
        "name": "typical",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60], "weights": [3.0]},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [grid(10.0), grid(60.0, id="diesel")],
            "demand": [load(1.0)],
            "energy_budget": [{"id": "b", "members": ["grid_connection/grid"], "maximum_mwh": 1.5}],
        },
    }
    assert optimum(Builder(content, {}).case()) == pytest.approx(3 * 35.0)


@pytest.mark.parametrize(
    ("window", "closes"), [("day", [22, 45, 69, 71]), ("week", [45, 71]), ("month", [69, 71]), ("horizon", [71])]
)
def test_windows_follow_the_local_calendar(window: str, closes: list[int]) -> None:
    """72 hours from 01:00 on March 29 in Warsaw: the 30th has 23 hours, and the 31st is a Monday."""
    horizon = Horizon(MARCH_29 + 3600, np.full(72, 3600), "Europe/Warsaw")
    found = windows.of([EnergyBudget(id="b", maximum_mwh=1.0, window=window)], horizon)
    assert np.flatnonzero(found.closes[0]).tolist() == closes
    firsts = [0, *(step + 1 for step in closes[:-1])]
    assert found.first[0][closes].tolist() == firsts


def test_prices_of_components_under_a_budget_are_not_judged_and_the_certificate_says_so() -> None:
    def note(case: Case) -> list[str]:
        certificate = solve(case).certificate
        assert certificate is not None
        return [each.where for each in certificate.residuals if each.law == "prices_not_judged"]

    assert note(site(maximum_mwh=1.5)) == ["grid_connection/grid (energy_budget)"]
    assert note(small_case(grid_connection=[grid(10.0)], demand=[load(1.0)])) == []


@pytest.mark.parametrize(
    ("budget", "path", "words"),
    [
        ({}, "maximum_mwh", "is missing"),
        ({"maximum_mwh": 1.0, "minimum_mwh": 2.0}, "minimum_mwh", "must lie within"),
        (
            {"maximum_mwh": 1.0, "members": ["grid_connection/gird"]},
            "members[0]",
            "did you mean 'grid_connection/grid'",
        ),
        ({"maximum_mwh": 1.0, "members": ["boiler/*"]}, "members[0]", "no component"),
        ({"maximum_mwh": 1.0, "carrier": "heat"}, "members[0]", "no port at a bus of heat"),
        ({"maximum_mwh": 1.0, "carrier": "steam"}, "carrier", "no carrier of a bus is named 'steam'"),
        ({"maximum_mwh": 1.0, "site": "moon"}, "site", "no site is named 'moon'"),
        ({"maximum_mwh": 1.0, "window": "rolling"}, "window_hours", "is missing"),
        ({"maximum_mwh": 1.0, "window": "rolling", "window_hours": 9.0}, "window_hours", "(0, 2] h"),
        ({"maximum_mwh": 1.0, "window_hours": 1.0}, "window_hours", "drop one"),
    ],
)
def test_what_is_wrong_is_said(budget: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        site(**budget)
    (issue,) = [each for each in error.value.issues if each.path == f"components.energy_budget[0].{path}"]
    assert words in issue.message


def test_one_direction_of_a_tank_is_not_told() -> None:
    budget = {"id": "b", "carrier": "heat", "counted": "into", "maximum_mwh": 1.0}
    with pytest.raises(InvalidInput, match="count net"):
        small_case(heat_store=[tank()], energy_budget=[{**budget, "members": ["heat_store/tank"]}])


def test_a_power_of_either_sign_has_no_direction() -> None:
    sink = {"id": "g", "bus": "e", "power_max_mw": 1.0, "power_min_mw": -1.0}
    budget = {"id": "b", "members": ["generator/g"], "counted": "into", "maximum_mwh": 1.0}
    with pytest.raises(InvalidInput, match="either sign"):
        small_case(generator=[sink], energy_budget=[budget])
    assert optimum(small_case(generator=[sink], energy_budget=[{**budget, "counted": "net"}])) == pytest.approx(0.0)


def test_budgets_need_no_binaries() -> None:
    assert solve(site(maximum_mwh=1.5), SolveOptions(gap=0.0)).size["integers"] == 0
