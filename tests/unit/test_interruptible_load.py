"""A load that may be cut for so long and so often, and recovers afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.case.build import Builder
from tests.unit.small_cases import grid, optimum, schedule, small_case

HOURS = (60, 60, 60, 60)


def freezer(**fields: Any) -> dict[str, Any]:
    """1 MW that may be cut at 15 per MWh."""
    return {"id": "i", "bus": "e", "demand_mw": 1.0, "cost_eur_per_mwh": 15.0, **fields}


def whole(**fields: Any) -> dict[str, Any]:
    """The same, cut as a whole or not at all."""
    return freezer(reduction_min_ratio=1.0, **fields)


def site(*loads: dict[str, Any], price: Any = (100, 100, 10, 100), minutes: Any = HOURS) -> Case:
    return small_case(minutes, grid_connection=[grid(list(price))], interruptible_load=list(loads))


def cuts(case: Case) -> list[float]:
    return schedule(solve(case), "interruptible_load_reduction_mw")


def test_a_load_is_cut_where_power_costs_more_than_the_cut() -> None:
    """Three hours at 15, one at 10; no binaries without rules."""
    outcome = solve(site(freezer()))
    assert outcome.objective == pytest.approx(55.0)
    assert outcome.terms["interruption"] == pytest.approx(45.0)
    assert outcome.size["integers"] == 0


def test_no_more_than_its_part_is_cut() -> None:
    """30 % at 15, the rest at 100: 3 * (4.5 + 70) + 10."""
    assert optimum(site(freezer(reduction_max_ratio=0.3))) == pytest.approx(233.5)


def test_an_interruption_lasts_no_longer_than_it_may() -> None:
    """One hour of the first two and the last: 15 + 100 + 10 + 15."""
    assert optimum(site(freezer(interruption_max_hours=1.0))) == pytest.approx(140.0)
    assert optimum(site(freezer(interruption_max_hours=2.0))) == pytest.approx(55.0)


def test_an_interruption_shorter_than_a_step_is_none() -> None:
    assert optimum(site(freezer(interruption_max_hours=0.5))) == pytest.approx(310.0)


def test_lengths_are_measured_in_hours_not_steps() -> None:
    """Half an hour, half an hour, an hour: one interruption of an hour at most, both halves or the hour."""
    case = site(whole(interruption_max_hours=1.0, interruptions_max=1), price=(100, 100, 120), minutes=(30, 30, 60))
    assert optimum(case) == pytest.approx(15 + 100)
    assert cuts(case) == pytest.approx([0, 0, 1])


def test_no_more_interruptions_begin_than_may() -> None:
    """Once, all four hours are cut: 60 rather than 55; earning 200 in the third hour, the last one is not."""
    assert optimum(site(whole(interruptions_max=1))) == pytest.approx(60.0)
    assert optimum(site(whole(interruptions_max=1), price=(100, 100, -200, 100))) == pytest.approx(30 - 200 + 100)
    assert optimum(site(whole(interruptions_max=2))) == pytest.approx(55.0)


def test_an_interruption_may_pause_without_ending_where_it_has_no_least_depth() -> None:
    assert optimum(site(freezer(interruptions_max=1))) == pytest.approx(55.0)
    with pytest.raises(InvalidInput, match="more than reduction_max_ratio"):
        site(freezer(reduction_min_ratio=0.5, reduction_max_ratio=0.4))


def test_interruptions_are_counted_by_local_days_where_it_says_so() -> None:
    """One cut of an hour a day, over two days in Warsaw: the second begins at 23:00 UTC."""
    document: dict[str, Any] = {
        "horizon": {"start": "2025-01-01T21:00Z", "time_zone": "Europe/Warsaw", "step_minutes": 60, "steps": 5},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [grid(100.0)],
            "interruptible_load": [
                freezer(interruption_max_hours=1.0, interruptions_max=1, interruptions_period="day")
            ],
        },
    }
    case = Builder(document, {}).case()
    assert optimum(case) == pytest.approx(3 * 100 + 2 * 15)
    cut = cuts(case)
    assert sum(cut[:2]) == pytest.approx(1.0)  # 21:00 and 22:00 UTC are still the first day
    assert sum(cut[2:]) == pytest.approx(1.0)


def test_interruptions_rest_in_between() -> None:
    """The rest of an hour is there anyway; with two, either the second hour or the last one is not cut."""
    price = (100, 100, -200, 100)
    assert optimum(site(whole(rest_min_hours=1.0), price=price)) == pytest.approx(45 - 200)
    assert optimum(site(whole(rest_min_hours=2.0), price=price)) == pytest.approx(30 - 200 + 100)


def test_the_rest_from_before_the_horizon_is_owed() -> None:
    """Two hours of rest, one of them over: nothing in the first hour."""
    assert optimum(site(freezer(rest_min_hours=2.0), price=(100, 100), minutes=(60, 60))) == pytest.approx(30.0)
    case = site(freezer(rest_min_hours=2.0, rested_initially_hours=1.0), price=(100, 100), minutes=(60, 60))
    assert optimum(case) == pytest.approx(115.0)


def test_every_interruption_has_its_cost() -> None:
    """60 each: two hours gain 170, the last one 85, and the third loses 215; at 90 the last one does not pay."""
    price = (100, 100, -200, 100)
    assert optimum(site(whole(interruption_cost_eur=60.0), price=price)) == pytest.approx(45 - 200 + 120)
    assert optimum(site(whole(interruption_cost_eur=90.0), price=price)) == pytest.approx(30 - 200 + 100 + 90)


def test_energy_that_was_cut_is_recovered_afterwards() -> None:
    """In the third hour, at 10, 1 MWh comes back, so one hour is cut: 15 + 100 + 20 + 100."""
    case = site(freezer(recovery_ratio=1.0))
    assert optimum(case) == pytest.approx(15 + 100 + 20 + 100)
    table = solve(case).schedule_table
    assert table.values("interruptible_load_recovery_mw")[0] == pytest.approx([0, 0, 1, 0])
    assert table.values("interruptible_load_backlog_mwh")[0][-1] == pytest.approx(0.0)


def test_more_power_recovers_more() -> None:
    """With 2 MW both hours come back in the third: 30 + 10 * 3 + 100."""
    assert optimum(site(freezer(recovery_ratio=1.0, recovery_max_mw=2.0))) == pytest.approx(160.0)


def test_a_ratio_above_one_recovers_more_than_was_cut() -> None:
    """1.2 MWh at 10 for each MWh cut, at most 1 MW of it: 1 / 1.2 MWh cut."""
    cut = 1 / 1.2
    assert optimum(site(freezer(recovery_ratio=1.2))) == pytest.approx(310 - cut * 85 + 10)


def test_recovery_waits_no_longer_than_it_may() -> None:
    """The first hour cut comes back within an hour, in the second at 100: no gain; the second one comes back at 10."""
    price, minutes = (200, 100, 10), (60, 60, 60)
    free = site(freezer(recovery_ratio=1.0, interruption_max_hours=1.0), price=price, minutes=minutes)
    timed = site(
        freezer(recovery_ratio=1.0, interruption_max_hours=1.0, recovery_hours=1.0), price=price, minutes=minutes
    )
    assert optimum(free) == pytest.approx(15 + 100 + 20)  # the hour at 200 is cut and comes back at 10
    # Cutting the first saves 200 - 15 - 100 = 85, cutting the second 100 - 15 - 10 = 75.
    assert optimum(timed) == pytest.approx(15 + 200 + 10)


def test_a_load_does_not_recover_before_it_was_cut_nor_after_the_horizon() -> None:
    """The dear hour is the last: nothing could come back."""
    assert optimum(site(freezer(recovery_ratio=1.0), price=(10, 10, 10, 100))) == pytest.approx(130.0)


def test_a_load_does_not_recover_while_it_is_cut() -> None:
    """One interruption of two hours at most 60 %: the second may not give back what the first one took."""
    load = freezer(recovery_ratio=1.0, reduction_max_ratio=0.5, cost_eur_per_mwh=0.0)
    case = site(load, price=(100, 10), minutes=(60, 60))
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50 + 15)
    assert schedule(outcome, "interruptible_load_interrupted") == [1, 0]


def test_an_event_rewards_a_cut() -> None:
    """At 10 a cut at 15 loses 5; a reward of 20 for half a MW gains 7.5."""
    event = {
        "begin": "2025-01-01T02:00Z", "end": "2025-01-01T03:00Z", "baseline_mw": 1.0, "committed_mw": 0.5,
        "reward_eur_per_mwh": 20.0,
    }  # fmt: skip
    assert optimum(site(freezer(events=[event]))) == pytest.approx(55 - 7.5)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"recovery_hours": 2.0}, "matters only with recovery_ratio"),
        ({"recovery_max_mw": 2.0}, "matters only with recovery_ratio"),
        ({"reduction_max_ratio": 1.5}, "reduction_max_ratio"),
        ({"interruptions_period": "week"}, "no choice is named 'week'"),
        ({"rest_min_hours": -1.0}, "rest_min_hours"),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        site(freezer(**fields))
