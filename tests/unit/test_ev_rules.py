"""Rules on how vehicles charge and give back: least power, levels, limits over time, V2G, vehicles alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import grid, load, optimum, schedule, small_case, vehicle

LEVELS = [{"power_mw": 0.25}, {"power_mw": 0.5}, {"power_mw": 1.0}]


def charging(price: Any, **fields: Any) -> Case:
    """One vehicle that stays for two hours and wants 1 MWh, and a grid."""
    session = vehicle("00:00", "02:00", **{"energy_needed_mwh": 1.0, **fields})
    return small_case(grid_connection=[grid(price)], ev_session=[session])


def lending(price: Any, power: Any = 1.0, **fields: Any) -> Case:
    """One vehicle that stays for two hours, has and wants 1 MWh, may give it, and a load of 1 MW beside it."""
    wants = {"energy_start_mwh": 1.0, "discharge_max_mw": 1.0, **fields}
    session = vehicle("00:00", "02:00", **wants)
    return small_case(grid_connection=[grid(price)], demand=[load(power)], ev_session=[session])


def exact(case: Case) -> Outcome:
    return solve(case, SolveOptions(gap=0.0))


def test_below_the_least_power_nothing_flows() -> None:
    """1.2 MWh, 1 MW at 10 and 0.2 MW at 100 without the rule: 30. With 0.5 MW at least, 0.7 + 0.5: 7 + 50 = 57."""
    wants = {"energy_needed_mwh": 1.2, "energy_max_mwh": 1.2}
    assert optimum(charging([10, 100], **wants)) == pytest.approx(30.0)
    outcome = exact(charging([10, 100], charge_min_mw=0.5, **wants))
    assert outcome.objective == pytest.approx(57.0)
    assert schedule(outcome, "ev_session_charge_mw") == pytest.approx([0.7, 0.5])
    assert schedule(outcome, "ev_session_powered") == [1.0, 1.0]
    assert outcome.price_basis == "of the fixed commitment"


def test_a_least_power_that_a_full_battery_cannot_take_leaves_energy_unserved() -> None:
    """0.3 MWh fit, the least power gives 0.5 MWh in an hour: nothing is charged, 0.3 MWh at 1000 are missing."""
    wants = {"energy_needed_mwh": 0.3, "energy_max_mwh": 0.3, "unserved_value_eur_per_mwh": 1000.0}
    outcome = exact(charging(10.0, charge_min_mw=0.5, **wants))
    assert outcome.objective == pytest.approx(300.0)
    assert schedule(outcome, "ev_session_unserved_mwh") == pytest.approx([0.3])


def test_a_least_power_counts_for_the_part_of_the_step_that_the_vehicle_is_there() -> None:
    """There from 01:30 only: 0.5 MW in that time are 0.25 MW over the hour, no less and no more: 0.25 MWh at 10."""
    session = vehicle("01:30", "02:00", energy_needed_mwh=0.1, charge_min_mw=0.5, charge_max_mw=0.5)
    outcome = exact(small_case(grid_connection=[grid(10.0)], ev_session=[session]))
    assert schedule(outcome, "ev_session_charge_mw") == pytest.approx([0.0, 0.25])
    assert outcome.objective == pytest.approx(2.5)


def test_without_rules_there_are_no_binaries() -> None:
    limits = {"charge_limit_mw": [0.5, 1.0], "throughput_max_mwh": 0.5, "energy_v2g_min_mwh": 0.25}
    outcome = solve(charging([10, 100], charge_min_mw=0.0, count=3, **limits))
    assert outcome.size["integers"] == 0
    assert solve(lending([100, 10], **limits)).size["integers"] == 0


def test_power_is_one_of_the_levels() -> None:
    """0.6 MWh at 10 and 12 with levels of 0.25, 0.5 and 1: 0.5 + 0.25 (8) rather than 1 (10)."""
    outcome = exact(charging([10, 12], charge_steps=LEVELS, energy_needed_mwh=0.6))
    assert schedule(outcome, "ev_session_charge_mw") == pytest.approx([0.5, 0.25])
    assert outcome.objective == pytest.approx(8.0)
    at_level = outcome.schedule_table.values("ev_session_at_level")
    assert outcome.schedule_table.quantities["ev_session_at_level"].axes == ("ev_session", "charge_level", "time")
    assert at_level[0].tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]


def test_a_level_of_zero_may_be_listed() -> None:
    with_zero = charging([10, 12], charge_steps=[{"power_mw": 0.0}, *LEVELS], energy_needed_mwh=0.6)
    assert exact(with_zero).objective == pytest.approx(8.0)
    assert exact(with_zero).size["integers"] == 6


def test_a_limit_over_time_lowers_the_largest_power() -> None:
    """0.25 MWh at 10, as much as the profile allows, and 0.75 MWh at 100: 77.5."""
    outcome = solve(charging([10, 100], charge_limit_mw=[0.25, 5.0]))
    assert outcome.objective == pytest.approx(77.5)
    assert schedule(outcome, "ev_session_charge_mw") == pytest.approx([0.25, 0.75])


def test_a_limit_below_the_least_power_or_the_levels_stops_charging() -> None:
    """The profile allows 0.4 MW in the cheap hour, less than 0.5 at least: all at 100. The level of 0.25: 2.5 + 100."""
    assert exact(charging([10, 100], charge_limit_mw=[0.4, 1.0], charge_min_mw=0.5)).objective == pytest.approx(100.0)
    steps = charging(
        [10, 100], charge_limit_mw=[0.4, 1.0], charge_steps=LEVELS, energy_needed_mwh=1.2, energy_max_mwh=2
    )
    assert exact(steps).objective == pytest.approx(102.5)


def test_a_state_of_charge_may_be_wanted() -> None:
    """0.8 of 1 MWh, 0.3 there: 0.5 MWh at 10; half a megawatt for an hour of two: at 0.2 MW 0.1 MWh are missing."""
    wants = {"energy_needed_mwh": None, "soc_departure_ratio": 0.8, "energy_start_mwh": 0.3}
    assert optimum(charging([10, 100], **wants)) == pytest.approx(5.0)
    outcome = solve(charging([10, 100], charge_max_mw=0.2, **wants))
    assert schedule(outcome, "ev_session_unserved_mwh") == pytest.approx([0.1])


def test_a_vehicle_fuller_than_wanted_may_give_the_rest() -> None:
    """Full, 0.25 wanted: 0.75 MWh given instead of bought at 100: 25 + 10."""
    case = lending([10, 100], energy_needed_mwh=None, soc_departure_ratio=0.25)
    assert optimum(case) == pytest.approx(35.0)


def test_v2g_gives_no_more_energy_than_its_cap() -> None:
    """0.4 MWh lent in the dear hour and bought back at 10: 60 + 4 + 10; wear of 5 per MWh more: 2."""
    outcome = solve(lending([100, 10], throughput_max_mwh=0.4, discharge_cost_eur_per_mwh=5.0))
    assert outcome.objective == pytest.approx(76.0)
    assert outcome.terms["storage"] == pytest.approx(2.0)


def test_v2g_leaves_its_least_energy() -> None:
    """0.7 MWh lent, 0.3 kept: 30 + 7 + 10."""
    assert optimum(lending([100, 10], energy_v2g_min_mwh=0.3)) == pytest.approx(47.0)


def test_a_vehicle_that_arrives_with_too_little_charges_before_it_gives() -> None:
    """Hours at 10, 100, 20; 0.1 MWh on arrival and wanted, V2G down to 0.4 MWh, 0.5 MW both ways.

    It charges 0.5 MWh at 10 to 0.6, gives 0.2 MWh in the dear hour; what is left above 0.1 MWh is kept: 5 + 80 - 0.
    Without a least energy it would give 0.5 MWh: 5 + 50. The load takes 1 MWh in the dear hour only.
    """
    session = vehicle(
        "00:00", "03:00", energy_start_mwh=0.1, discharge_max_mw=0.5, charge_max_mw=0.5, energy_v2g_min_mwh=0.4
    )
    case = small_case(
        (60, 60, 60), grid_connection=[grid([10, 100, 20])], demand=[load([0, 1, 0])], ev_session=[session]
    )
    outcome = exact(case)
    assert outcome.objective == pytest.approx(85.0)
    assert schedule(outcome, "ev_session_energy_mwh")[1] == pytest.approx(0.4)
    assert schedule(outcome, "ev_session_ready")[1] == 1.0


def test_it_gives_nothing_where_it_never_has_enough() -> None:
    """It arrives with 0.1 MWh and 0.4 MWh are never reached in the dear first hour: 100."""
    assert exact(lending([100, 1000], [1, 0], energy_start_mwh=0.1, energy_v2g_min_mwh=0.4)).objective == pytest.approx(
        100.0
    )


@pytest.mark.parametrize("rule", [{"charge_min_mw": 0.5}, {"charge_steps": LEVELS}])
def test_with_rules_it_never_charges_and_gives_in_one_step(rule: dict[str, Any]) -> None:
    """Full, and energy is worth less than nothing: to take 1 and give 0.5 would earn 25; one binary forbids it."""
    session = vehicle("00:00", "01:00", discharge_max_mw=1.0, charge_efficiency=0.5, energy_start_mwh=1.0, **rule)
    outcome = exact(small_case((60,), grid_connection=[grid(-50)], ev_session=[session]))
    charge, discharge = (schedule(outcome, f"ev_session_{way}_mw")[0] for way in ("charge", "discharge"))
    assert min(charge, discharge) < 1e-7
    assert outcome.objective == pytest.approx(0.0, abs=1e-6)
    assert "ev_session_charging" not in outcome.schedule_table.quantities


FLEETS: dict[str, dict[str, Any]] = {
    "charging": {"energy_needed_mwh": 0.8, "energy_start_mwh": 0.1, "charge_max_mw": 0.4},
    "too little time": {"energy_needed_mwh": 0.9, "charge_max_mw": 0.3},
    "to a state of charge": {"energy_needed_mwh": None, "soc_departure_ratio": 0.7, "energy_start_mwh": 0.2},
    "giving back": {
        "energy_start_mwh": 0.8,
        "discharge_max_mw": 0.5,
        "charge_efficiency": 0.9,
        "discharge_efficiency": 0.9,
        "discharge_cost_eur_per_mwh": 3.0,
        "energy_v2g_min_mwh": 0.2,
        "throughput_max_mwh": 0.5,
        "charge_limit_mw": [0.3, 1.0, 0.2],
    },
}


@pytest.mark.parametrize("fields", FLEETS.values(), ids=FLEETS.keys())
def test_vehicles_alike_cost_as_much_together_as_one_by_one(fields: dict[str, Any]) -> None:
    """Five sessions and one with a count of five, at a connection that is too small for all of them at once."""

    def case(sessions: list[dict[str, Any]]) -> Case:
        connection = grid([60, 100, 10], import_max_mw=2.5)
        return small_case((60, 30, 60), grid_connection=[connection], demand=[load(1.0)], ev_session=sessions)

    wants = {"energy_needed_mwh": 0.0, "unserved_value_eur_per_mwh": 500.0, **fields}
    each = solve(case([vehicle("00:15", "02:15", **{**wants, "id": f"ev{place}"}) for place in range(5)]))
    together = solve(case([vehicle("00:15", "02:15", count=5, **wants)]))
    assert together.objective == pytest.approx(each.objective, abs=1e-6)
    assert together.size["variables"] < each.size["variables"]
    assert together.schedule_table.values("ev_session_unserved_mwh").sum() == pytest.approx(
        each.schedule_table.values("ev_session_unserved_mwh").sum(), abs=1e-6
    )


def test_a_fleet_never_passes_energy_around_to_waste_it() -> None:
    """Full, at a negative price: one may not take what the other gives, as it would pay to lose energy so."""
    session = vehicle("00:00", "01:00", discharge_max_mw=1.0, charge_efficiency=0.5, energy_start_mwh=1.0, count=2)
    outcome = exact(small_case((60,), grid_connection=[grid(-50)], ev_session=[session]))
    assert outcome.objective == pytest.approx(0.0, abs=1e-6)
    assert min(schedule(outcome, "ev_session_charge_mw")[0], schedule(outcome, "ev_session_discharge_mw")[0]) < 1e-7


BAD: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "nothing wanted": ({"energy_needed_mwh": None}, "energy_needed_mwh", "missing_field", "soc_departure_ratio"),
    "wanted twice": ({"soc_departure_ratio": 0.5}, "soc_departure_ratio", "twice", "drop one"),
    "more at least than at most": ({"charge_min_mw": 1.5}, "charge_min_mw", "range", "within [0, 1] MW"),
    "levels and a least power": ({"charge_steps": LEVELS, "charge_min_mw": 0.1}, "charge_steps", "twice", "drop one"),
    "a level above the largest power": (
        {"charge_steps": [{"power_mw": 2.0}]}, "charge_steps[0].power_mw", "range", "within [0, 1] MW",
    ),
    "levels that fall": ({"charge_steps": LEVELS[1::-1]}, "charge_steps[1].power_mw", "order", "rise"),
    "no level": ({"charge_steps": [{"power_mw": 0.0}]}, "charge_steps", "range", "never charge"),
    "more energy for V2G than fits": ({"energy_v2g_min_mwh": 2.0}, "energy_v2g_min_mwh", "range", "within [0, 1] MWh"),
    "nobody": ({"count": 0}, "count", "range", "within [1,"),
    "a fleet with a least power": ({"count": 2, "charge_min_mw": 0.5}, "count", "count", "charge_min_mw"),
    "a fleet with levels": ({"count": 2, "charge_steps": LEVELS}, "count", "count", "charge_steps"),
    "a fleet that waits for V2G": (
        {"count": 2, "discharge_max_mw": 1.0, "energy_v2g_min_mwh": 0.5}, "count", "count", "energy_v2g_min_mwh",
    ),
    "a limit of another length": ({"charge_limit_mw": [1.0, 1.0, 1.0]}, "charge_limit_mw", "length", "2"),
    "a negative limit": ({"charge_limit_mw": [1.0, -1.0]}, "charge_limit_mw[1]", "range", "at least 0 MW"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "place", "rule", "said"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_told_at_its_place(fields: dict[str, Any], place: str, rule: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        solve(charging(10.0, **fields))
    issues = [issue for issue in refused.value.issues if issue.rule == rule]
    assert [issue.path for issue in issues] == [f"components.ev_session[0].{place}"]
    assert said in issues[0].message


def test_the_certificate_judges_prices_of_sessions_with_rules() -> None:
    """The worth of stored energy is held for sessions with marks as they are."""
    outcome = exact(charging([10, 12], charge_steps=LEVELS, energy_needed_mwh=0.6))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert "ev_session_stored_value" in {residual.law for residual in outcome.certificate.residuals}
    assert np.isfinite(outcome.price_table.values("price_eur_per_mwh")).all()
