"""Energy that is wanted within a window, whenever it suits."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.case.build import Builder
from tests.unit.small_cases import grid, optimum, prices, schedule, small_case

PRICES = (50.0, 10.0, 30.0, 20.0)


def pump(earliest: str = "00:00", latest: str = "04:00", **fields: Any) -> dict[str, Any]:
    """2 MWh at up to 1 MW."""
    return {
        "id": "d", "bus": "e", "earliest": f"2025-01-01T{earliest}Z", "latest": f"2025-01-01T{latest}Z",
        "energy_needed_mwh": 2.0, "power_max_mw": 1.0, **fields,
    }  # fmt: skip


def site(*loads: dict[str, Any], price: Any = PRICES, minutes: Any = (60, 60, 60, 60)) -> Case:
    return small_case(minutes, grid_connection=[grid(list(price))], deferrable_load=list(loads))


def power(case: Case) -> list[float]:
    return schedule(solve(case), "deferrable_load_power_mw")


def test_energy_is_taken_in_the_cheapest_hours_of_the_window() -> None:
    """10 + 20; without the last hour 10 + 30."""
    outcome = solve(site(pump()))
    assert outcome.objective == pytest.approx(30.0)
    assert outcome.size["integers"] == 0
    assert optimum(site(pump(latest="03:00"))) == pytest.approx(40.0)


def test_a_step_that_the_window_covers_in_part_gives_its_part() -> None:
    """From 01:30 on: half a MW in the hour at 10, then 1 MW at 20 and half a MW at 30: 5 + 20 + 15."""
    assert optimum(site(pump("01:30"))) == pytest.approx(40.0)
    assert power(site(pump("01:30"))) == pytest.approx([0.0, 0.5, 0.5, 1.0])


def test_an_uninterruptible_load_takes_its_energy_in_one_run() -> None:
    """Two hours in a row: 10 + 30 or 30 + 20, not 10 + 20."""
    outcome = solve(site(pump(interruptible=False, power_min_mw=1.0)))
    assert outcome.objective == pytest.approx(40.0)
    assert schedule(outcome, "deferrable_load_starting") == [0, 1, 0, 0]


def test_a_load_draws_at_least_its_least_power_while_on() -> None:
    """1.2 MWh at 0.5 to 1 MW: 0.7 at 10 and 0.5 at 20, as an hour at 0.2 MW is not possible: 7 + 10."""
    assert optimum(site(pump(energy_needed_mwh=1.2))) == pytest.approx(14.0)
    assert optimum(site(pump(energy_needed_mwh=1.2, power_min_mw=0.5))) == pytest.approx(17.0)


def test_runs_last_and_rest_as_long_as_they_must() -> None:
    """2 MWh, at least 0.4 MW while on: runs of two hours pay for hour 2, and so does a rest of two hours."""
    assert optimum(site(pump(minimum_up_hours=2.0, power_min_mw=0.4))) == pytest.approx(1.0 * 10 + 0.4 * 30 + 0.6 * 20)
    # Hours 0 and 2 at 10, each in a run of two hours: one run over all three, 10 + 0.4 * 50 + 0.6 * 10.
    assert optimum(site(pump(minimum_up_hours=2.0, power_min_mw=0.4), price=(10, 50, 10, 50))) == pytest.approx(36.0)
    # A rest of two hours forbids hours 1 and 3 together.
    assert optimum(site(pump(minimum_down_hours=2.0, power_min_mw=0.4))) == pytest.approx(10 + 0.4 * 30 + 0.6 * 20)
    assert optimum(site(pump(minimum_down_hours=1.0, power_min_mw=0.4))) == pytest.approx(30.0)


def test_a_run_that_would_not_last_to_the_end_of_the_window_does_not_begin() -> None:
    """Runs of three hours, 0.5 MW at least; within four hours they begin in the first two."""
    load = pump(minimum_up_hours=3.0, power_min_mw=0.5)
    # Hours 0 to 2: 0.5 * 50 + 10 + 0.5 * 30 = 50; hours 1 to 3: 10 + 0.5 * 30 + 0.5 * 20 = 35.
    assert optimum(site(load)) == pytest.approx(35.0)
    # With a window of three hours there is one start only.
    assert optimum(site({**load, "latest": "2025-01-01T03:00Z"})) == pytest.approx(50.0)
    # A window that outlasts the horizon lets a run go on, to its end: one of three hours may begin at 02:00 where the
    # window lasts until 05:00 (20 + 30), and not where it ends at 04:30 (2 MWh left out).
    late = {**load, "earliest": "2025-01-01T02:00Z", "latest": "2025-01-01T05:00Z"}
    assert optimum(site(late)) == pytest.approx(50.0)
    assert optimum(site({**late, "latest": "2025-01-01T04:30Z"})) == pytest.approx(20_000.0)


def test_no_more_runs_begin_than_may() -> None:
    """Price peaks in the middle; two runs take hours 0 and 3, one must pay for the way between."""
    cheap_ends = (10.0, 50.0, 60.0, 10.0)
    assert optimum(site(pump(starts_max=2, power_min_mw=0.5), price=cheap_ends)) == pytest.approx(20.0)
    assert optimum(site(pump(starts_max=1, power_min_mw=0.5), price=cheap_ends)) == pytest.approx(10 + 50)


def test_what_is_dearer_than_its_value_is_left_out_and_reported() -> None:
    """At 25 per MWh only the hours at 10 and 20 are worth it: 2.5 MWh want 0.5 at 30, which are left out."""
    outcome = solve(site(pump(energy_needed_mwh=2.5, unserved_value_eur_per_mwh=25.0)))
    assert outcome.objective == pytest.approx(30 + 12.5)
    assert schedule(outcome, "deferrable_load_unserved_mwh") == pytest.approx([0.5])
    assert outcome.terms["unserved"] == pytest.approx(12.5)


def test_more_than_the_window_holds_is_unserved_and_never_infeasible() -> None:
    """5 MWh in four hours at 1 MW: 1 MWh is missing at 10000."""
    assert optimum(site(pump(energy_needed_mwh=5.0))) == pytest.approx(110 + 10_000)


def test_more_than_is_needed_is_taken_only_where_it_may_be() -> None:
    """At -10 per MWh 2 MWh earn 20; with room for 3 MWh they earn 30."""
    assert optimum(site(pump(), price=(-10.0,) * 4)) == pytest.approx(-20.0)
    assert optimum(site(pump(energy_max_mwh=3.0), price=(-10.0,) * 4)) == pytest.approx(-30.0)


def test_room_for_more_lets_a_load_of_one_power_serve_its_need() -> None:
    """1.5 MWh of an appliance of 1 MW: two hours, 10 + 20, rather than half a MWh unserved."""
    load = pump(energy_needed_mwh=1.5, energy_max_mwh=2.0, power_min_mw=1.0)
    assert optimum(site(load)) == pytest.approx(30.0)


def test_a_load_that_waits_carries_the_price_of_one_hour_into_another() -> None:
    """0.5 MW at 10, the rest at 30 an hour later: one more MWh in the first hour sends one more to the second, 30."""
    connection = grid([10.0, 30.0], import_max_mw=[0.5, 9.0])
    load = pump(energy_needed_mwh=1.0, latest="02:00")
    outcome = solve(small_case((60, 60), grid_connection=[connection], deferrable_load=[load]))
    assert outcome.objective == pytest.approx(20.0)
    assert prices(outcome, "e") == pytest.approx([30.0, 30.0])


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (pump("02:00", "01:00"), "window would be empty"),
        (pump("05:00", "06:00"), "outside the horizon"),
        (pump(power_min_mw=2.0), r"power_min_mw.*\[0, 1\] MW"),
        (pump(energy_max_mwh=1.0), "less than is needed"),
        (pump(interruptible=False, starts_max=2, power_min_mw=0.1), "interruptible is false"),
        (pump(interruptible=False), "power_min_mw.*a run at no power would be none"),
        (pump(minimum_down_hours=1.0), "minimum_down_hours would bind nothing"),
        (pump(starts_max=-1), "starts_max"),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(load: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        site(load)


def weighed(weights: list[float], **components: Any) -> Case:
    document = {
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 4, "weights": weights},
        "buses": [{"id": "e"}],
        "components": {"grid_connection": [grid([50.0, 10.0, 30.0, 20.0])], **components},
    }
    return Builder(document, {}).case()


def test_a_step_that_counts_often_costs_often() -> None:
    """The hour at 10 counts nine times, the one at 20 twice: 30 and 40 are the cheapest two."""
    outcome = solve(weighed([1, 9, 1, 2], deferrable_load=[pump()]))
    assert outcome.objective == pytest.approx(70.0)
    # Left out, a MWh costs as often as the window counts on average, 13 / 4.
    left_out = solve(weighed([1, 9, 1, 2], deferrable_load=[pump(unserved_value_eur_per_mwh=10.0)]))
    assert left_out.objective == pytest.approx(30 + 32.5)
