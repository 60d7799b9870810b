"""Demand charges, by hand: what is measured, what is billed, and what that does to schedules and prices."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.case.build import Builder
from tests.unit.small_cases import battery, grid, load, optimum, prices, schedule, small_case

HORIZON = {"period": "horizon"}


def charged(demand: Any, *charges: dict[str, Any], minutes: Any = (60, 60), **fields: Any) -> Case:
    """A load behind a connection at 10 with demand charges at 100 per MW unless said."""
    written = [{"price_eur_per_mw": 100.0, **charge} for charge in charges]
    return small_case(minutes, grid_connection=[grid(10.0, demand_charges=written)], demand=[load(demand)], **fields)


def calendar_case(start: str, zone: str, demand: list[float], charge: dict[str, Any], minutes: int = 60) -> Case:
    """The same in a time zone, from a local moment on."""
    document: dict[str, Any] = {
        "name": "calendar",
        "horizon": {"start": start, "time_zone": zone, "step_minutes": minutes, "steps": len(demand)},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [grid(0.0, demand_charges=[{"price_eur_per_mw": 100.0, **charge}])],
            "demand": [load(demand)],
        },
    }
    return Builder(document, {}).case()


def billed(case: Case) -> dict[str, float]:
    """The power billed of every period, without the name of the connection."""
    table = solve(case).schedule_table
    names = [name.removeprefix("grid/") for name in table.labels["billed_period"].tolist()]
    return dict(zip(names, table.values("grid_connection_billed_mw").tolist(), strict=True))


def test_the_highest_power_of_the_horizon_is_paid_once() -> None:
    """Energy 10 * 3 = 30, peak 2 MW * 100 = 200."""
    outcome = solve(charged([1.0, 2.0], HORIZON))
    assert outcome.objective == pytest.approx(230.0)
    assert outcome.terms["demand_charge"] == pytest.approx(200.0)
    assert schedule(outcome, "grid_connection_billed_mw") == pytest.approx([2.0])


def test_a_charge_stands_in_the_price_of_the_step_that_makes_the_peak() -> None:
    """One more MWh in the first hour costs 10, in the second 10 + 100."""
    assert prices(solve(charged([1.0, 2.0], HORIZON)), "e") == pytest.approx([10.0, 110.0])


def test_a_battery_shaves_the_peak() -> None:
    """0.5 MWh moved from the second hour to the first: 1.5 MW in both, 10 * 3 + 150 = 180."""
    outcome = solve(charged([1.0, 2.0], HORIZON, battery=[battery()]))
    assert outcome.objective == pytest.approx(180.0)
    assert sum(prices(outcome, "e")) == pytest.approx(120.0)  # 10 + 10, and the charge over both steps of the peak


def test_steps_of_the_same_peak_share_the_charge() -> None:
    """Both hours are the peak, nothing can move: prices add up to 10 + 10 + 100."""
    assert sum(prices(solve(charged([2.0, 2.0], HORIZON)), "e")) == pytest.approx(120.0)


def test_a_peak_of_a_short_step_costs_as_much() -> None:
    """Power counts, not energy: 10 * 1.5 + 200; one MWh more in a quarter of an hour is 4 MW, so 10 + 400."""
    outcome = solve(charged([1.0, 2.0], HORIZON, minutes=(60, 15)))
    assert outcome.objective == pytest.approx(215.0)
    assert prices(outcome, "e") == pytest.approx([10.0, 410.0])


def test_what_was_reached_before_is_paid_and_free_to_reach_again() -> None:
    """3 MW before: 30 + 300, and neither hour carries the charge."""
    outcome = solve(charged([1.0, 2.0], {**HORIZON, "peak_before_mw": 3.0}))
    assert outcome.objective == pytest.approx(330.0)
    assert prices(outcome, "e") == pytest.approx([10.0, 10.0])


def test_power_beyond_a_tier_costs_more() -> None:
    """2 MW: 100 each up to 1.5 MW, 300 beyond: 30 + 200 + 0.5 * 200 = 330; the last MW costs 300."""
    outcome = solve(charged([1.0, 2.0], {**HORIZON, "tiers": [{"above_mw": 1.5, "price_eur_per_mw": 300.0}]}))
    assert outcome.objective == pytest.approx(330.0)
    assert schedule(outcome, "grid_connection_excess_mw") == pytest.approx([0.5])
    assert prices(outcome, "e") == pytest.approx([10.0, 310.0])


def test_a_tier_may_begin_above_power_that_is_free() -> None:
    """Nothing up to 1.5 MW, 300 beyond: 30 + 150."""
    tier = {**HORIZON, "price_eur_per_mw": 0.0, "tiers": [{"above_mw": 1.5, "price_eur_per_mw": 300.0}]}
    assert optimum(charged([1.0, 2.0], tier)) == pytest.approx(180.0)


def test_exports_are_charged_where_the_charge_says_so() -> None:
    """2 MW of sun sold at 4 for an hour, with a charge of 3 per MW exported: 2 * (4 - 3) earned."""
    sun = {"id": "pv", "bus": "e", "available_mw": [2.0, 0.0]}
    connection = grid(10.0, export_max_mw=5.0, export_price_eur_per_mwh=4.0)
    connection["demand_charges"] = [{"price_eur_per_mw": 3.0, "direction": "export", **HORIZON}]
    outcome = solve(small_case(grid_connection=[connection], renewable=[sun]))
    assert outcome.objective == pytest.approx(-2.0)
    assert schedule(outcome, "grid_connection_billed_mw") == pytest.approx([2.0])


def test_intervals_longer_than_a_step_are_averaged() -> None:
    """Hours of a meter: (1 + 3) / 2 = 2 MW, and 4 / 4 + 0.5 / 4 + 1 / 2 = 1.625 MW, so 2 MW are billed."""
    case = charged([1.0, 3.0, 4.0, 0.5, 1.0], {**HORIZON, "measuring_hours": 1.0}, minutes=(30, 30, 15, 15, 30))
    outcome = solve(case)
    assert schedule(outcome, "grid_connection_billed_mw") == pytest.approx([2.0])
    # Half an hour of 1 MW more raises the mean by 0.5 MW: 10 + 100 per MWh in either half of the first hour.
    assert prices(outcome, "e") == pytest.approx([110.0, 110.0, 10.0, 10.0, 10.0])


def test_an_interval_that_the_horizon_cuts_is_measured_within_it() -> None:
    """From 00:30 on: the first hour of the meter has only one half within the horizon, 3 MW."""
    charge = {**HORIZON, "measuring_hours": 1.0}
    case = calendar_case("2025-01-01T00:30Z", "UTC", [3.0, 1.0, 2.0], charge, minutes=30)
    assert billed(case) == pytest.approx({"1/horizon": 3.0})


def test_months_are_those_of_local_calendars() -> None:
    """In Warsaw February begins at 23:00 UTC: the peak of 5 MW at 23:30 UTC is February's."""
    case = calendar_case("2025-01-31T22:00Z", "Europe/Warsaw", [1.0, 2.0, 3.0, 5.0], {}, minutes=30)
    assert billed(case) == pytest.approx({"1/2025-01": 2.0, "1/2025-02": 5.0})
    assert optimum(case) == pytest.approx(700.0)


def test_a_day_of_twenty_five_hours_is_one_day() -> None:
    """26 October 2025 lasts 25 hours in Warsaw."""
    demand = [1.0] * 24 + [4.0] + [2.0]
    case = calendar_case("2025-10-26T00:00", "Europe/Warsaw", demand, {"period": "day"})
    assert billed(case) == pytest.approx({"1/2025-10-26": 4.0, "1/2025-10-27": 2.0})


def test_the_second_of_two_equal_hours_is_measured_by_itself() -> None:
    """At 02:00 summer time clocks show 02:00 to 03:00 twice; hourly intervals keep them apart."""
    demand = [1.0, 9.0, 1.0, 1.0, 5.0, 1.0]
    charge = {"period": "day", "measuring_hours": 1.0}
    case = calendar_case("2025-10-26T02:00+02:00", "Europe/Warsaw", demand, charge, minutes=30)
    assert billed(case) == pytest.approx({"1/2025-10-26": 5.0})


@pytest.mark.parametrize(
    ("window", "power"),
    [
        ({"begin_hour": 1.0}, 3.0),
        ({"end_hour": 2.0}, 4.0),
        ({"begin_hour": 1.0, "end_hour": 2.0}, 2.0),
        ({"begin_hour": 2.5, "end_hour": 1.0}, 4.0),
        ({"begin_hour": 2.5, "end_hour": 0.5}, 4.0),
        ({"begin_hour": 2.5}, 0.0),
        ({"weekdays": ["wednesday"]}, 4.0),
        ({"weekdays": ["monday", "sunday"]}, 0.0),
        ({"system_peak": [0, 1, 0]}, 2.0),
        ({"system_peak": [0, 1, 1]}, 3.0),
        ({"measure": "mean"}, 3.0),
        ({"measure": "mean", "system_peak": [1, 1, 0]}, 3.0),
        ({"measure": "mean", "begin_hour": 1.0}, 2.5),
    ],
)
def test_only_steps_that_count_are_measured(window: dict[str, Any], power: float) -> None:
    """4, 2 and 3 MW in the first hours of Wednesday, 1 January 2025."""
    case = calendar_case("2025-01-01T00:00Z", "UTC", [4.0, 2.0, 3.0], {**HORIZON, **window})
    assert billed(case) == pytest.approx({"1/horizon": power})
    assert optimum(case) == pytest.approx(100.0 * power)


def test_hours_of_tariffs_are_local() -> None:
    """Noon in Warsaw is 11:00 UTC in winter."""
    charge = {**HORIZON, "begin_hour": 12.0, "end_hour": 13.0}
    case = calendar_case("2025-01-01T10:00Z", "Europe/Warsaw", [1.0, 2.0, 3.0], charge)
    assert billed(case) == pytest.approx({"1/horizon": 2.0})


def test_a_ratchet_bills_a_part_of_the_highest_power_before() -> None:
    """Days of 4, 1 and 2.5 MW with 80 %: 4, 3.2 and 3.2 MW are billed."""
    demand = [4.0] * 24 + [1.0] * 24 + [2.5] * 24
    charge = {"period": "day", "ratchet_ratio": 0.8}
    case = calendar_case("2025-01-01T00:00Z", "UTC", demand, charge)
    days = billed(case)
    assert days == pytest.approx({"1/2025-01-01": 4.0, "1/2025-01-02": 3.2, "1/2025-01-03": 3.2})


def test_a_ratchet_remembers_what_was_billed_before_the_horizon() -> None:
    """80 % of 10 MW in both days, whatever is taken."""
    charge = {"period": "day", "ratchet_ratio": 0.8, "ratchet_peak_mw": 10.0}
    case = calendar_case("2025-01-01T12:00Z", "UTC", [4.0] * 24, charge)
    assert billed(case) == pytest.approx({"1/2025-01-01": 8.0, "1/2025-01-02": 8.0})


def test_several_charges_stand_side_by_side() -> None:
    """All hours at 100, and the first one at 50 besides: 2 * 100 + 1 * 50 + 30."""
    early = {**HORIZON, "name": "early", "price_eur_per_mw": 50.0, "end_hour": 1.0}
    case = charged([1.0, 2.0], HORIZON, early)
    assert billed(case) == pytest.approx({"1/horizon": 2.0, "early/horizon": 1.0})
    assert optimum(case) == pytest.approx(280.0)


def test_weights_of_steps_do_not_multiply_a_peak() -> None:
    """Each hour stands for three: energy 90, but the peak is paid once."""
    document: dict[str, Any] = {
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 2, "weights": [3, 3]},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [grid(10.0, demand_charges=[{"price_eur_per_mw": 100.0, **HORIZON}])],
            "demand": [load([1.0, 2.0])],
        },
    }
    assert optimum(Builder(document, {}).case()) == pytest.approx(290.0)


def test_a_charge_adds_one_row_per_measurement_and_one_column_per_period() -> None:
    """Three days in hours: 72 measurements of steps, 12 of six hours each; one row and column more per day or month."""
    demand = [1.0] * 72
    sizes = [
        solve(calendar_case("2025-01-30T00:00Z", "UTC", demand, charge)).size
        for charge in ({}, {"measuring_hours": 6.0}, {"period": "day"}, {"measure": "mean", "period": "day"})
    ]
    bare = 72  # the balance of the one bus
    assert [size["constraints"] - bare for size in sizes] == [72, 12, 72, 3]
    assert [size["variables"] - 2 * 72 for size in sizes] == [2, 2, 3, 3]


@pytest.mark.parametrize(
    ("charge", "words"),
    [
        ({"tiers": [{"above_mw": 1, "price_eur_per_mw": 50}]}, r"tiers\[0\]\.price_eur_per_mw.*not supported"),
        (
            {"tiers": [{"above_mw": 2, "price_eur_per_mw": 150}, {"above_mw": 1, "price_eur_per_mw": 200}]},
            r"tiers\[1\]\.above_mw.*tiers must rise",
        ),
        ({"weekdays": ["mondag"]}, r"weekdays.*did you mean 'monday'"),
        ({"begin_hour": 8, "end_hour": 8}, "no step would ever count"),
        ({"begin_hour": 25}, r"begin_hour.*\[0, 24 h\]"),
        ({"system_peak": [0.5, 1]}, "a step counts or it does not"),
        ({"measuring_hours": 0.7}, "divide a day"),
        ({"measuring_hours": 0.5}, "does not lie within one interval"),
        ({"measuring_hours": 1, "measure": "mean"}, "leave it out"),
        ({"period": "year"}, "no choice is named 'year'"),
        ({"price_eur_per_mw": -1}, "price_eur_per_mw"),
        ({"ratchet_ratio": 1.1}, "ratchet_ratio"),
        ({"name": "twin"}, "already what another charge is called"),
    ],
)
def test_a_charge_that_makes_no_sense_is_refused(charge: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        charged([1.0, 2.0], {**HORIZON, "name": "twin"}, charge)
