"""Demand-response events: less than a baseline is rewarded, up to what was committed."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import grid, optimum, schedule, small_case

REWARDED = "flexible_demand_rewarded_mw"


def event(begin: str = "01:00", end: str = "02:00", **fields: Any) -> dict[str, Any]:
    return {
        "begin": f"2025-01-01T{begin}Z", "end": f"2025-01-01T{end}Z", "baseline_mw": 1.0, "committed_mw": 0.5,
        "reward_eur_per_mwh": 80.0, **fields,
    }  # fmt: skip


def site(*events: dict[str, Any], price: Any = 10.0, minutes: Any = (60, 60, 60), **fields: Any) -> Case:
    """A load of 1 MW worth 70 at a power price of 10."""
    load = {"id": "f", "bus": "e", "demand_mw": 1.0, "shed_value_eur_per_mwh": 70.0, "events": list(events), **fields}
    return small_case(minutes, grid_connection=[grid(price)], flexible_demand=[load])


def test_a_reward_above_the_loss_sheds_as_much_as_is_committed() -> None:
    """In the event half a MW is shed: 70 - 10 - 80 each, so 30 - 20 * 0.5 = 20."""
    outcome = solve(site(event()))
    assert outcome.objective == pytest.approx(20.0)
    assert outcome.terms["demand_response"] == pytest.approx(-40.0)
    assert schedule(outcome, REWARDED) == pytest.approx([0.0, 0.5, 0.0])
    assert schedule(outcome, "flexible_demand_shed_mw") == pytest.approx([0.0, 0.5, 0.0])


def test_a_reward_below_the_loss_changes_nothing() -> None:
    """60 is lost per MWh, 50 rewarded."""
    assert optimum(site(event(reward_eur_per_mwh=50.0))) == pytest.approx(30.0)


def test_a_penalty_pays_for_what_is_missing_of_the_commitment() -> None:
    """Reward 40 and penalty 15 do not pay for a loss of 60: 30 + 7.5; a penalty of 25 does: 30 + 30 - 20."""
    assert optimum(site(event(reward_eur_per_mwh=40.0, penalty_eur_per_mwh=15.0))) == pytest.approx(37.5)
    assert optimum(site(event(reward_eur_per_mwh=40.0, penalty_eur_per_mwh=25.0))) == pytest.approx(40.0)


def test_a_baseline_above_the_forecast_is_rewarded_without_doing_anything() -> None:
    """Baseline 1.3 MW against 1 MW: 0.3 MW come for nothing, 0.2 MW more gain 20 each: 30 - 24 - 4."""
    assert optimum(site(event(baseline_mw=1.3))) == pytest.approx(2.0)


def test_a_baseline_below_the_forecast_is_reached_before_anything_is_rewarded() -> None:
    """0.8 MW: 0.2 MW are shed for nothing, so 0.7 MW cost 42 and earn 40; not done. At 0.9 MW: 36 and 40, done."""
    low = solve(site(event(baseline_mw=0.8)))
    assert low.objective == pytest.approx(30.0)
    assert schedule(low, "flexible_demand_reducing")[1] == 0.0
    assert optimum(site(event(baseline_mw=0.9))) == pytest.approx(26.0)


def test_no_binary_decides_where_the_baseline_cannot_be_exceeded() -> None:
    assert solve(site(event())).size["integers"] == 0
    assert solve(site(event(baseline_mw=0.9))).size["integers"] == 1


def test_energy_may_move_out_of_an_event() -> None:
    """Half a MWh postponed from the event costs nothing and earns 40."""
    outcome = solve(site(event(), shift_max_mw=1.0, shift_window_hours=3.0))
    assert outcome.objective == pytest.approx(-10.0)
    assert schedule(outcome, "flexible_demand_postpone_mw")[1] >= 0.5


def test_events_are_clipped_to_the_horizon_and_may_last_several_steps() -> None:
    """From before the horizon to its second hour: two hours of half a MW gain 20 a MWh."""
    early = {**event(), "begin": "2024-12-31T22:00Z"}
    assert optimum(site(early)) == pytest.approx(10.0)


def test_an_event_ends_with_a_step() -> None:
    with pytest.raises(InvalidInput, match=r"events\[0\]\.end.*within a step"):
        site(event(end="01:30"))
    with pytest.raises(InvalidInput, match=r"events\[0\]\.begin.*within a step"):
        site(event(begin="00:30"))


def test_an_event_outside_the_horizon_or_without_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="outside the horizon"):
        site(event("05:00", "06:00"))
    with pytest.raises(InvalidInput, match="would be empty"):
        site(event("02:00", "01:00"))


def test_events_of_several_loads_keep_to_their_loads() -> None:
    """Only the second load has an event."""
    loads = [
        {"id": name, "bus": "e", "demand_mw": 1.0, "shed_value_eur_per_mwh": 70.0, "events": events}
        for name, events in (("a", []), ("b", [event()]))
    ]
    outcome = solve(small_case((60, 60, 60), grid_connection=[grid(10.0)], flexible_demand=loads))
    assert outcome.objective == pytest.approx(50.0)
    assert outcome.schedule_table.values("flexible_demand_shed_mw")[:, 1] == pytest.approx([0.0, 0.5])
    assert outcome.schedule_table.labels["flexible_demand_event"].tolist() == ["b/1"]
