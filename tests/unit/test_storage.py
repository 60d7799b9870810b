from __future__ import annotations

import pytest

from c4e_opt import solve
from tests.unit.small_cases import battery, boiler, grid, load, meter, optimum, prices, schedule, small_case, tank


def test_a_battery_buys_low_and_sells_high() -> None:
    """Charge 1 MW at 10, store 0.9 MWh, give 0.81 MWh at 100: 10 * 2 + 100 * (1 - 0.81) = 39."""
    store = battery(charge_efficiency=0.9, discharge_efficiency=0.9)
    outcome = solve(small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], battery=[store]))
    assert outcome.objective == pytest.approx(39.0)
    assert schedule(outcome, "battery_charge_mw") == pytest.approx([1.0, 0.0])
    assert schedule(outcome, "battery_discharge_mw") == pytest.approx([0.0, 0.81])
    assert schedule(outcome, "battery_energy_mwh") == pytest.approx([0.9, 0.0])
    assert prices(outcome, "e") == pytest.approx([10.0, 100.0])


def test_a_battery_rests_when_the_spread_does_not_cover_its_losses() -> None:
    """0.81 MWh sold at 100 brings 81, less than the 90 that 1 MWh costs: 90 + 100 = 190."""
    store = battery(charge_efficiency=0.9, discharge_efficiency=0.9)
    assert optimum(small_case(grid_connection=[grid([90, 100])], demand=[load(1.0)], battery=[store])) == 190.0


@pytest.mark.parametrize(("wear", "cost"), [(29.0, 139.0), (31.0, 140.0)])
def test_a_battery_works_only_when_the_spread_covers_its_wear(wear: float, cost: float) -> None:
    """Spread 30: with a wear of 29, 55 * 2 + 29 = 139; with a wear of 31 it rests, 55 + 85 = 140."""
    store = battery(discharge_cost_eur_per_mwh=wear)
    case = small_case(grid_connection=[grid([55, 85])], demand=[load(1.0)], battery=[store])
    assert optimum(case) == pytest.approx(cost)


def test_the_standing_loss_acts_in_the_first_step_too() -> None:
    """1 MWh at the start is 0.9 MWh an hour later: 10 * (1 - 0.9) = 1."""
    store = battery(energy_start_mwh=1.0, standing_loss_per_hour=0.1)
    assert optimum(small_case((60,), grid_connection=[grid(10)], demand=[load(1.0)], battery=[store])) == (
        pytest.approx(1.0)
    )


def test_the_standing_loss_of_a_quarter_of_an_hour_is_the_fourth_root_of_an_hours() -> None:
    """After 15 min 1 MWh is 0.9 ** 0.25 MWh; demand 4 MW takes 1 MWh: 10 * (1 - 0.9 ** 0.25)."""
    store = battery(energy_start_mwh=1.0, standing_loss_per_hour=0.1, discharge_max_mw=4.0)
    case = small_case((15,), grid_connection=[grid(10)], demand=[load(4.0)], battery=[store])
    assert optimum(case) == pytest.approx(10 * (1 - 0.9**0.25))


def test_losses_compound_over_steps_of_any_length() -> None:
    """0.9 per hour over 5 + 15 + 40 min is 0.9 in all: the last step can give 0.9 MWh of 1 MWh."""
    store = battery(energy_start_mwh=1.0, standing_loss_per_hour=0.1, energy_end_mwh=0.9)
    case = small_case((5, 15, 40), grid_connection=[grid(10)], demand=[load(0.0)], battery=[store])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(0.0, abs=1e-9)
    assert schedule(outcome, "battery_energy_mwh")[-1] == pytest.approx(0.9)


def test_energy_wanted_at_the_end_is_bought_where_it_is_cheap() -> None:
    """0.5 MWh must be there at the end, bought at 10: 10 * 1.5 + 100 = 115."""
    store = battery(energy_end_mwh=0.5, discharge_max_mw=0.0)
    case = small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], battery=[store])
    assert optimum(case) == pytest.approx(115.0)


def test_without_an_energy_at_the_end_a_battery_is_emptied() -> None:
    """1 MWh at the start is worth 100 in the dear step: 10 + 0 = 10."""
    store = battery(energy_start_mwh=1.0)
    assert optimum(small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], battery=[store])) == 10.0


def test_the_least_energy_is_never_touched() -> None:
    """Of 1 MWh, 0.4 MWh must stay: 0.6 MWh given at 100, 10 + 100 * 0.4 = 50."""
    store = battery(energy_start_mwh=1.0, energy_min_mwh=0.4)
    case = small_case(grid_connection=[grid([10, 100])], demand=[load(1.0)], battery=[store])
    assert optimum(case) == pytest.approx(50.0)


def test_powers_are_rated_at_the_bus() -> None:
    """Rated 1 MW: 1 MW reaches the bus although 1.25 MW are drawn: 100 * (1.2 - 1) = 20."""
    store = battery(energy_start_mwh=2.0, energy_max_mwh=2.0, discharge_efficiency=0.8)
    outcome = solve(small_case((60,), grid_connection=[grid(100)], demand=[load(1.2)], battery=[store]))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "battery_energy_mwh") == pytest.approx([0.75])


def test_a_tank_moves_heat_from_cheap_gas_to_dear_gas() -> None:
    """1 MWh from gas at 20 with 0.5 lost per hour leaves 0.5 MWh an hour later: 20 * 2 + 60 * 0.5 = 70."""
    store = tank(standing_loss_per_hour=0.5)
    case = small_case(grid_connection=[meter([20, 60])], boiler=[boiler()], demand=[load(1.0, "h")], heat_store=[store])
    outcome = solve(case)
    assert outcome.objective == pytest.approx(70.0)
    assert prices(outcome, "h") == pytest.approx([20.0, 60.0])
