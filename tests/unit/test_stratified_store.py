"""A tank of 1 MW and 1 MWh between 60 and 40 °C, half hot, that loses nothing; gas at the price of the step heats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.components.stratified_store import StratifiedStore, coefficients
from tests.unit.small_cases import boiler, load, meter, optimum, schedule, small_case, stratified_store

#: A tank of 10 m by 1000 m3 between 100 and 50 °C in 10 °C, with oemof-thermal's water, to which it is the same tank.
TANK: dict[str, Any] = {
    "temperature_hot_c": 100.0,
    "temperature_cold_c": 50.0,
    "temperature_ambient_c": 10.0,
    "diameter_m": 10.0,
    "height_m": 1000.0 / (25.0 * np.pi),
    "u_value_w_per_m2_k": 1.0,
    "heat_capacity_kwh_per_m3_k": 4077218.92 / 3.6e6,
}


def site(price: Any, minutes: tuple[int, ...] = (60, 60), power: Any = 0.5, **fields: Any) -> Case:
    return small_case(
        minutes,
        grid_connection=[meter(price)],
        boiler=[boiler()],
        demand=[load(power, "h")],
        stratified_store=[stratified_store(**fields)],
    )


def test_a_tank_moves_heat_from_cheap_gas_to_dear_gas() -> None:
    """Half full: 0.5 MWh more at 20; all of the 0.5 + 0.5 MWh wanted at 60 comes out of it: 20 * 1."""
    outcome = solve(site([20, 60], power=[0.5, 1.0]))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "stratified_store_energy_mwh") == pytest.approx([1.0, 0.0])


def test_the_level_stays_within_its_limits() -> None:
    """Between 0.1 and 0.8: 0.3 MWh more at 20, and 0.7 of 1 MWh at 60 out of it: 20 * 0.8 + 60 * 0.3."""
    case = site([20, 60], power=[0.5, 1.0], level_min_ratio=0.1, level_max_ratio=0.8)
    assert optimum(case) == pytest.approx(34.0)


def test_heat_is_lost_by_what_is_stored_and_whatever_is_stored() -> None:
    """0.5 MWh lose a tenth, then 0.02 of 1 MWh and 0.03 MW: 0.4 MWh are left after an hour."""
    case = site(20, (60,), power=0.0, standing_loss_per_hour=0.1, fixed_loss_per_hour=0.02, fixed_loss_mw=0.03)
    assert schedule(solve(case), "stratified_store_energy_mwh") == pytest.approx([0.4])


def test_losses_of_short_steps_are_parts_of_an_hours() -> None:
    """A quarter: 0.5 * 0.9 ** 0.25 - 0.05 / 4."""
    case = site(20, (15,), power=0.0, standing_loss_per_hour=0.1, fixed_loss_per_hour=0.02, fixed_loss_mw=0.03)
    left = 0.5 * 0.9**0.25 - 0.0125
    assert schedule(solve(case), "stratified_store_energy_mwh") == pytest.approx([left])


def test_the_lateral_wall_of_the_cold_zone_loses_by_its_own_temperature() -> None:
    """Standing loss 0.1 for 20 K between the zones; the cold one is 20 K, then 10 K above what is around: 0.1, 0.05."""
    fields = {"standing_loss_per_hour": 0.1, "temperature_ambient_c": [20.0, 30.0]}
    case = site(20, power=0.0, **fields)
    first = 0.5 * 0.9 - 0.1
    assert schedule(solve(case), "stratified_store_energy_mwh") == pytest.approx([first, first * 0.9 - 0.05])


def test_coefficients_of_a_tank_are_those_that_oemof_thermal_publishes() -> None:
    """Its own tests expect 56.628 MWh, 0.000353182, 0.000282546 of the content, and 0.010210176 MW."""
    record = StratifiedStore(id="t", bus="h", charge_max_mw=1.0, discharge_max_mw=1.0, level_start_ratio=0.5, **TANK)
    found = coefficients([record], 1)
    assert found.energy_max_mwh[0, 0] == pytest.approx(56.62804059111111)
    assert found.standing_loss_per_hour[0, 0] == pytest.approx(0.0003531819182021882)
    fixed = 0.00028254553456175054 * 56.62804059111111 + 0.010210176124166827
    assert found.fixed_loss_mw[0, 0] == pytest.approx(fixed)


def test_what_the_case_gives_goes_before_what_is_computed() -> None:
    record = StratifiedStore(
        id="t", bus="h", charge_max_mw=1.0, discharge_max_mw=1.0, energy_max_mwh=7.0, fixed_loss_mw=0.0, **TANK
    )
    found = coefficients([record], 1)
    assert found.energy_max_mwh[0, 0] == 7.0
    assert found.fixed_loss_mw[0, 0] == pytest.approx(7.0 * 0.00028254553456175054)


def test_an_answer_with_a_tank_of_given_size_is_verified_in_si_units() -> None:
    """56.6 MWh hot lose 0.02, 0.016 and 0.0102 MWh in an hour: the boiler may not make up for it, so that is all."""
    fields = {**TANK, "energy_max_mwh": None, "standing_loss_per_hour": None, "fixed_loss_mw": None}
    case = site(20, (60,), power=0.0, **fields, level_start_ratio=1.0, charge_max_mw=0.0)
    left = 56.62804059111111 * (1 - 0.0003531819182021882 - 0.00028254553456175054) - 0.010210176124166827
    assert schedule(solve(case), "stratified_store_energy_mwh") == pytest.approx([left])


def test_a_cyclic_tank_ends_as_it_starts() -> None:
    """Dear first: 0.5 MWh are given at 60 and made up for at 20: 20 * 1."""
    assert optimum(site([60, 20], level_start_ratio=None, cyclic=True)) == pytest.approx(20.0)


def test_a_level_at_the_end_is_kept() -> None:
    """From half to full by the end: 20 * 1 for heat and 20 * 0.5 for the tank."""
    assert optimum(site(20, level_end_ratio=1.0)) == pytest.approx(30.0)


def test_heat_left_has_its_worth() -> None:
    """Gas at 20, what is left is worth 25: it is filled, 20 * 1 + 20 * 0.5 - 25."""
    assert optimum(site(20, final_values=[{"energy_mwh": 2.0, "value_eur_per_mwh": 25.0}])) == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"temperature_hot_c": 40.0}, "temperature_hot_c", "above temperature_cold_c"),
        ({"energy_max_mwh": None}, "energy_max_mwh", "diameter_m and height_m"),
        ({"standing_loss_per_hour": None, "diameter_m": 3.0}, "standing_loss_per_hour", "u_value_w_per_m2_k"),
        ({"standing_loss_per_hour": None, "diameter_m": 0.01, "u_value_w_per_m2_k": 9.0}, "u_value_w_per_m2_k", "more"),
        ({"level_start_ratio": None}, "level_start_ratio", "missing"),
        ({"cyclic": True}, "level_start_ratio", "cyclic"),
        ({"level_min_ratio": 0.6}, "level_start_ratio", "within"),
        ({"level_min_ratio": 0.6, "level_max_ratio": 0.5}, "level_min_ratio", "within"),
        ({"level_end_ratio": 0.9, "level_max_ratio": 0.8}, "level_end_ratio", "within"),
        ({"discharge_efficiency": 0.0}, "discharge_efficiency", "above 0"),
    ],
)
def test_what_does_not_fit_together_is_told(fields: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        site(20, **fields)
    assert [issue.path for issue in caught.value.issues] == [f"components.stratified_store[0].{path}"]
    assert said in caught.value.issues[0].message
