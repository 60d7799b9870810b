"""A run of fixed power that starts when it suits."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.case.build import Builder
from tests.unit.small_cases import grid, optimum, schedule, small_case


def washer(earliest: str = "00:00", latest: str = "04:00", **fields: Any) -> dict[str, Any]:
    """An hour at 1 MW, then an hour at 3 MW."""
    return {
        "id": "w", "bus": "e", "earliest": f"2025-01-01T{earliest}Z", "latest": f"2025-01-01T{latest}Z",
        "phases": [{"hours": 1.0, "power_mw": 1.0}, {"hours": 1.0, "power_mw": 3.0}], **fields,
    }  # fmt: skip


def site(*loads: dict[str, Any], price: Any = (50, 20, 10, 40), minutes: Any = (60, 60, 60, 60)) -> Case:
    return small_case(minutes, grid_connection=[grid(list(price))], shiftable_load=list(loads))


def test_a_run_starts_where_it_costs_least() -> None:
    """50 + 60, 20 + 30 or 10 + 120: the second hour."""
    outcome = solve(site(washer()))
    assert outcome.objective == pytest.approx(50.0)
    assert schedule(outcome, "shiftable_load_starting") == [0, 1, 0, 0]
    assert outcome.flow_table.values("flow_mw")[-1].tolist() == pytest.approx([0, -1, -3, 0])


@pytest.mark.parametrize(
    ("earliest", "latest", "cost"),
    [("00:00", "02:00", 110.0), ("00:00", "02:59", 110.0), ("00:30", "04:00", 50.0), ("01:30", "04:00", 130.0)],
)
def test_a_run_keeps_within_its_window(earliest: str, latest: str, cost: float) -> None:
    """It starts with a step, no earlier than the window, and ends no later."""
    assert optimum(site(washer(earliest, latest))) == pytest.approx(cost)


def test_a_window_reaches_no_further_than_the_horizon() -> None:
    assert optimum(site(washer("02:00", "23:00"))) == pytest.approx(130.0)


def test_phases_that_end_within_a_step_keep_their_energy() -> None:
    """45 minutes at 2 MW, then 45 at 4 MW, from the second hour on: 1.5 + 1 MWh, then 2 MWh: 20 * 2.5 + 10 * 2."""
    load = washer(phases=[{"hours": 0.75, "power_mw": 2.0}, {"hours": 0.75, "power_mw": 4.0}])
    outcome = solve(site(load))
    assert outcome.objective == pytest.approx(70.0)
    assert outcome.flow_table.values("flow_mw")[-1].tolist() == pytest.approx([0, -2.5, -2, 0])


def test_steps_of_several_lengths_take_their_share_of_the_run() -> None:
    """Half an hour, an hour and half an hour from 01:00 on: 1, then 0.5 * 1 + 0.5 * 3, then 3 MW."""
    case = site(washer("01:00"), price=(90, 10, 10, 10), minutes=(60, 30, 60, 30))
    outcome = solve(case)
    assert outcome.flow_table.values("flow_mw")[-1].tolist() == pytest.approx([0, -1, -2, -3])


def test_a_run_may_be_left_out_at_its_value() -> None:
    """4 MWh at 12 are 48, less than 50; at 13 it runs."""
    outcome = solve(site(washer(unserved_value_eur_per_mwh=12.0)))
    assert outcome.objective == pytest.approx(48.0)
    assert outcome.terms["unserved"] == pytest.approx(48.0)
    assert schedule(outcome, "shiftable_load_skipped") == pytest.approx([1.0])
    assert optimum(site(washer(unserved_value_eur_per_mwh=13.0))) == pytest.approx(50.0)


def test_two_loads_run_by_themselves() -> None:
    """The other one must start in the first hour."""
    both = [washer(), washer(id="early", latest="02:00")]
    assert optimum(site(*both)) == pytest.approx(160.0)


def test_only_steps_in_which_a_run_fits_have_a_binary() -> None:
    assert solve(site(washer("01:00", "03:00"))).size["integers"] == 1


def daily(start: str, zone: str, days: int, prices: Any, **fields: Any) -> Case:
    document: dict[str, Any] = {
        "horizon": {"start": start, "time_zone": zone, "step_minutes": 60, "days": days},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [grid(prices)],
            "shiftable_load": [
                {"id": "w", "bus": "e", "phases": [{"hours": 2, "power_mw": 1}], "repeat": "daily", **fields}
            ],
        },
    }
    return Builder(document, {}).case()


def test_a_daily_load_runs_within_the_window_of_every_day() -> None:
    """Windows 06:00 to 09:00; the prices are the hours of the horizon, so the earliest start is the best."""
    window = {"earliest": "2025-01-01T06:00", "latest": "2025-01-01T09:00"}
    outcome = solve(daily("2025-01-01T00:00", "Europe/Warsaw", 3, list(range(72)), **window))
    starts = [t for t, on in enumerate(schedule(outcome, "shiftable_load_starting")) if on]
    assert starts == [6, 30, 54]
    assert outcome.objective == pytest.approx(6 + 7 + 30 + 31 + 54 + 55)


def test_daily_windows_follow_local_clocks_when_they_are_set() -> None:
    """On 30 March 2025 a day in Warsaw has 23 hours: 06:00 is the 29th hour of the horizon, not the 30th."""
    window = {"earliest": "2025-03-29T06:00", "latest": "2025-03-29T08:00"}
    outcome = solve(daily("2025-03-29T00:00", "Europe/Warsaw", 2, [1.0] * 47, **window))
    assert [t for t, on in enumerate(schedule(outcome, "shiftable_load_starting")) if on] == [6, 29]


def test_a_day_whose_window_ends_after_the_horizon_is_left_to_the_next_one() -> None:
    window = {"earliest": "2025-01-01T22:00", "latest": "2025-01-02T02:00"}
    outcome = solve(daily("2025-01-01T00:00", "UTC", 2, [1.0] * 48, **window))
    assert outcome.objective == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (washer(latest="01:30"), "leaves 1.5 h for a run of 2 h"),
        (washer(phases=[]), "last no time at all"),
        (washer("03:00", "05:00"), "no step of the horizon begins the window early enough"),
        (washer("00:30", "02:45"), "no step of the horizon begins the window early enough"),
        (washer(repeat="weekly"), "no choice is named 'weekly'"),
        ({**washer(), "repeat": "daily", "latest": "2025-01-02T01:00Z"}, "daily windows would overlap"),
    ],
)
def test_a_run_that_does_not_fit_is_refused(load: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        site(load)


def test_the_relaxation_of_one_load_is_as_good_as_the_load_itself() -> None:
    """One binary per start and their sum of one: the linear problem picks the cheapest start by itself."""
    from c4e_opt.formulate import formulate
    from c4e_solvers import solve as solve_matrices

    relaxed = formulate(site(washer())).program.matrices().relaxed()
    assert solve_matrices(relaxed).objective == pytest.approx(50.0)
