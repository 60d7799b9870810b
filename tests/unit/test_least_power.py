"""Least powers of a store of 1 MW and 2 MWh, empty, behind a grid that sells by the step, beside 1 MW of load."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import grid, load, optimum, schedule, small_case, store


def site(price: Any, minutes: tuple[int, ...] = (60, 60), **fields: Any) -> Case:
    return small_case(minutes, grid_connection=[grid(price)], demand=[load(1.0)], store=[store(**fields)])


def test_a_store_without_room_for_the_least_charge_stays_empty() -> None:
    """0.5 MWh of room: 0.5 MW at 10 for 100 saves 45 of 110; with at least 0.8 MW there is nothing to save."""
    assert optimum(site([10, 100], energy_max_mwh=0.5)) == pytest.approx(65.0)
    outcome = solve(site([10, 100], energy_max_mwh=0.5, charge_min_mw=0.8))
    assert outcome.objective == pytest.approx(110.0)
    assert schedule(outcome, "store_charge_on") == pytest.approx([0.0, 0.0])


def test_what_is_left_below_the_least_discharge_stays() -> None:
    """Of 1 MWh 0.7 are given at 100; the 0.3 left are below 0.4 MW: 100 * 0.3 + 90. Or 0.6 and 0.4: 40 + 54 = 94."""
    full: dict[str, Any] = {"energy_start_mwh": 1.0, "discharge_max_mw": 0.7}
    assert optimum(site([100, 90], **full)) == pytest.approx(93.0)
    outcome = solve(site([100, 90], **full, discharge_min_mw=0.4))
    assert outcome.objective == pytest.approx(94.0)
    assert schedule(outcome, "store_discharge_mw") == pytest.approx([0.6, 0.4])
    assert optimum(site([100, 90], **full, discharge_min_mw=0.6)) == pytest.approx(30.0 + 90.0)


def test_a_least_power_may_change_from_step_to_step() -> None:
    """Room for 0.5 MWh; 0.8 MW at least in the first hour at 10, anything in the second at 20: 10 + 30 + 50."""
    case = site([10, 20, 100], (60, 60, 60), energy_max_mwh=0.5, charge_min_mw=[0.8, 0.0, 0.0])
    assert optimum(case) == pytest.approx(90.0)


def test_both_at_once_only_where_it_may() -> None:
    """Full, at -10: who may do both charges 1 MW, stores half, and must give at least 0.6: -10 * (1 + 1 - 0.6)."""
    full: dict[str, Any] = {"energy_start_mwh": 2.0, "charge_efficiency": 0.5, "discharge_min_mw": 0.6}
    assert optimum(site([-10], (60,), **full)) == pytest.approx(-10.0)
    assert optimum(site([-10], (60,), **full, allow_both=True)) == pytest.approx(-14.0)


def test_only_stores_with_a_least_power_get_binaries() -> None:
    """Two for every step of the one that has it."""
    plain, ruled = store(id="plain"), store(id="ruled", charge_min_mw=0.2)
    case = small_case((60, 60), grid_connection=[grid([10, 100])], demand=[load(1.0)], store=[plain, ruled])
    assert solve(case).size["integers"] == 4
    assert solve(site([10, 100])).size["integers"] == 0


def test_prices_are_those_of_the_powers_that_are_on() -> None:
    """Charging 0.8 MW for 0.5 MWh of use would pay nothing more; the price of each step is that of the grid."""
    outcome = solve(site([10, 100], charge_min_mw=0.8, discharge_min_mw=0.3))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.price_table.values("price_eur_per_mwh")[0] == pytest.approx([10.0, 100.0])


@pytest.mark.parametrize(
    ("fields", "name", "said"),
    [
        ({"charge_min_mw": 1.5}, "charge_min_mw", "above charge_max in step 0"),
        ({"discharge_min_mw": [0.0, 1.1]}, "discharge_min_mw", "above discharge_max in step 1"),
        ({"charge_min_mw": -0.1}, "charge_min_mw[0]", "-0.1 MW"),
        ({"charge_min_mw": 0.1, "power_capacity_cost_eur_per_mw": 3.0}, "charge_min_mw", "power is chosen"),
    ],
)
def test_bad_least_powers_are_named(fields: dict[str, Any], name: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        site([10, 20], **fields)
    found = {issue.path.removeprefix("components.store[0]."): issue.message for issue in caught.value.issues}
    assert said in found[name]


def test_a_reserve_cannot_count_on_a_store_with_a_least_power() -> None:
    with pytest.raises(InvalidInput, match="store/s"):
        small_case(
            (60,),
            grid_connection=[grid(10)],
            demand=[load(1.0)],
            store=[store(id="s", discharge_min_mw=0.5)],
            reserve=[{"id": "r", "members": ("store/s",), "up_mw": 0.2}],
        )
    assert np.isfinite(optimum(site([10, 20], discharge_min_mw=0.5)))
