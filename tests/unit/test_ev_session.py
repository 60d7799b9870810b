from __future__ import annotations

import pytest

from c4e_opt import solve
from tests.unit.small_cases import grid, load, optimum, prices, schedule, small_case, vehicle


def test_a_vehicle_charges_in_the_cheapest_hour_of_its_stay() -> None:
    """1 MWh at 10, not in the hour at 5 before it arrives: 10."""
    session = vehicle("01:00", "03:00", energy_needed_mwh=1.0)
    outcome = solve(small_case((60, 60, 60), grid_connection=[grid([5, 10, 100])], ev_session=[session]))
    assert outcome.objective == pytest.approx(10.0)
    assert schedule(outcome, "ev_session_charge_mw") == pytest.approx([0.0, 1.0, 0.0])


def test_charging_losses_are_paid() -> None:
    """0.9 MWh in the battery takes 1 MWh from the bus: 10."""
    session = vehicle("00:00", "02:00", energy_needed_mwh=0.9, charge_efficiency=0.9)
    assert optimum(small_case(grid_connection=[grid(10)], ev_session=[session])) == pytest.approx(10.0)


def test_a_vehicle_that_arrives_inside_a_step_has_only_the_rest_of_it() -> None:
    """From 00:30 at most 0.5 MWh at 10, the other 0.5 MWh at 100: 55."""
    session = vehicle("00:30", "02:00", energy_needed_mwh=1.0)
    outcome = solve(small_case(grid_connection=[grid([10, 100])], ev_session=[session]))
    assert outcome.objective == pytest.approx(55.0)
    assert schedule(outcome, "ev_session_charge_mw") == pytest.approx([0.5, 0.5])


def test_a_vehicle_that_leaves_inside_a_step_has_only_the_begin_of_it() -> None:
    """Until 01:15 at most 0.25 MWh at 10, the other 0.75 MWh at 100: 77.5."""
    session = vehicle("00:00", "01:15", energy_needed_mwh=1.0)
    outcome = solve(small_case(grid_connection=[grid([100, 10])], ev_session=[session]))
    assert outcome.objective == pytest.approx(77.5)


def test_a_stay_inside_one_step_has_only_its_share() -> None:
    """20 minutes of an hour at 1 MW: 1/3 MWh of the 1 MWh wanted; 2/3 MWh are unserved at 900: 600 + 10/3."""
    session = vehicle("00:10", "00:30", energy_needed_mwh=1.0, unserved_value_eur_per_mwh=900.0)
    outcome = solve(small_case((60,), grid_connection=[grid(10)], ev_session=[session]))
    assert outcome.objective == pytest.approx(600.0 + 10.0 / 3)
    assert schedule(outcome, "ev_session_unserved_mwh") == pytest.approx([2 / 3])


def test_a_vehicle_that_cannot_be_served_fully_says_how_much_is_missing() -> None:
    """0.25 MW for two hours give 0.5 MWh of 0.8 MWh: 0.3 MWh unserved at 10 000 and 5 for the rest."""
    session = vehicle("00:00", "02:00", energy_needed_mwh=0.8, charge_max_mw=0.25)
    outcome = solve(small_case(grid_connection=[grid(10)], ev_session=[session]))
    assert schedule(outcome, "ev_session_unserved_mwh") == pytest.approx([0.3])
    assert outcome.objective == pytest.approx(3005.0)
    assert outcome.terms["unserved"] == pytest.approx(3000.0)


def test_a_vehicle_goes_without_when_power_costs_more_than_it_is_worth() -> None:
    """Charging at 200 is worth 150: nothing is charged, 1 MWh unserved: 150."""
    session = vehicle("00:00", "02:00", energy_needed_mwh=1.0, unserved_value_eur_per_mwh=150.0)
    assert optimum(small_case(grid_connection=[grid(200)], ev_session=[session])) == pytest.approx(150.0)


@pytest.mark.parametrize(("v2g", "cost"), [(1.0, 20.0), (0.5, 65.0), (0.0, 110.0)])
def test_a_vehicle_gives_energy_back_only_with_v2g(v2g: float, cost: float) -> None:
    """Demand of 1 MW at 10 and 100: 110 without; each MW of V2G buys at 10 what would cost 100."""
    session = vehicle("00:00", "02:00", discharge_max_mw=v2g)
    case = small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], ev_session=[session])
    assert optimum(case) == pytest.approx(cost)


def test_v2g_pays_its_losses_and_its_wear() -> None:
    """0.5 MWh given draw 1 MWh bought at 10 and wear 4 each: 10 * 2 + 0.5 * 4 + 100 * 0.5 = 72."""
    session = vehicle("00:00", "02:00", discharge_max_mw=1.0, discharge_efficiency=0.5, discharge_cost_eur_per_mwh=4.0)
    case = small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], ev_session=[session])
    assert optimum(case) == pytest.approx(72.0)


def test_v2g_gives_back_only_while_plugged_in() -> None:
    """Plugged in for the first half of the dear hour: 0.5 MWh given: 10 * 1.5 + 100 * 0.5 = 65."""
    session = vehicle("00:00", "01:30", discharge_max_mw=1.0)
    case = small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], ev_session=[session])
    assert optimum(case) == pytest.approx(65.0)


def test_the_energy_on_arrival_must_be_there_at_departure() -> None:
    """1 MWh on arrival may be lent for the dear hour and is bought back at 10: 10 + 10 = 20."""
    session = vehicle("00:00", "02:00", energy_start_mwh=1.0, discharge_max_mw=1.0)
    outcome = solve(small_case(grid_connection=[grid([100, 10])], demand=[load(1.0)], ev_session=[session]))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "ev_session_energy_mwh") == pytest.approx([0.0, 1.0])


def test_two_vehicles_share_a_limited_connection() -> None:
    """1.5 MW for an hour, two vehicles that want 1 MWh each: the one at 500 gets it all, the one at 300 a half: 165."""
    sessions = [
        vehicle("00:00", "01:00", id="first", energy_needed_mwh=1.0, unserved_value_eur_per_mwh=300.0),
        vehicle("00:00", "01:00", id="second", energy_needed_mwh=1.0, unserved_value_eur_per_mwh=500.0),
    ]
    outcome = solve(small_case((60,), grid_connection=[grid(10, import_max_mw=1.5)], ev_session=sessions))
    assert outcome.objective == pytest.approx(165.0)
    assert outcome.schedule_table.values("ev_session_unserved_mwh") == pytest.approx([0.5, 0.0])
    assert prices(outcome, "e") == pytest.approx([300.0])
