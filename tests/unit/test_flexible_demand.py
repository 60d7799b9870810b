from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import solve
from tests.unit.small_cases import grid, optimum, prices, schedule, small_case


def flexible(power: Any = 1.0, **fields: Any) -> dict[str, Any]:
    return {"id": "f", "bus": "e", "demand_mw": power, "shed_value_eur_per_mwh": 1000.0, **fields}


@pytest.mark.parametrize(("price", "cost"), [(40.0, 40.0), (100.0, 50.0)])
def test_a_load_is_shed_when_power_costs_more_than_its_worth(price: float, cost: float) -> None:
    """Worth 50: served at 40, shed at 100, which loses 50."""
    load = flexible(shed_value_eur_per_mwh=50.0)
    assert optimum(small_case((60,), grid_connection=[grid(price)], flexible_demand=[load])) == pytest.approx(cost)


def test_only_the_declared_part_is_shed() -> None:
    """30 % at 50, the rest at 100: 15 + 70 = 85."""
    load = flexible(shed_value_eur_per_mwh=50.0, shed_max_ratio=0.3)
    assert optimum(small_case((60,), grid_connection=[grid(100)], flexible_demand=[load])) == pytest.approx(85.0)


def test_a_shortage_is_priced_at_the_value_of_the_load_that_is_shed() -> None:
    """Import of 0.6 MW, demand of 1 MW worth 500: 0.4 MWh shed, the price is 500."""
    load = flexible(shed_value_eur_per_mwh=500.0)
    outcome = solve(small_case((60,), grid_connection=[grid(20, import_max_mw=0.6)], flexible_demand=[load]))
    assert outcome.objective == pytest.approx(212.0)
    assert schedule(outcome, "flexible_demand_shed_mw") == pytest.approx([0.4])
    assert prices(outcome, "e") == pytest.approx([500.0])


def test_a_load_shifts_within_its_window_only() -> None:
    """Windows of two hours: the hour at 100 moves to the one at 50, not to the one at 10: 0 + 2 * 50 + 10 = 110."""
    load = flexible(shift_max_mw=1.0, shift_window_hours=2.0)
    outcome = solve(small_case((60, 60, 60), grid_connection=[grid([100, 50, 10])], flexible_demand=[load]))
    assert outcome.objective == pytest.approx(110.0)
    assert schedule(outcome, "flexible_demand_postpone_mw") == pytest.approx([1.0, 0.0, 0.0])
    assert schedule(outcome, "flexible_demand_advance_mw") == pytest.approx([0.0, 1.0, 0.0])


def test_a_longer_window_reaches_the_cheapest_hour() -> None:
    """A window of three hours: both dear hours move to the one at 10 as far as 1 MW allows: 50 + 2 * 10 = 70."""
    load = flexible(shift_max_mw=1.0, shift_window_hours=3.0)
    case = small_case((60, 60, 60), grid_connection=[grid([100, 50, 10])], flexible_demand=[load])
    assert optimum(case) == pytest.approx(70.0)


def test_no_more_is_shifted_than_allowed() -> None:
    """0.5 MW of 1 MW moves from 100 to 50: 50 + 75 + 10 = 135."""
    load = flexible(shift_max_mw=0.5, shift_window_hours=2.0)
    case = small_case((60, 60, 60), grid_connection=[grid([100, 50, 10])], flexible_demand=[load])
    assert optimum(case) == pytest.approx(135.0)


def test_shifting_keeps_energy_and_not_power_where_steps_differ_in_length() -> None:
    """1 MW for an hour at 100 becomes 2 MW more for half an hour at 10: 10 * 3 * 0.5 = 15."""
    load = flexible(shift_max_mw=2.0, shift_window_hours=2.0)
    case = small_case((60, 30), grid_connection=[grid([100, 10])], flexible_demand=[load])
    assert optimum(case) == pytest.approx(15.0)


def test_what_is_postponed_cannot_be_shed_as_well() -> None:
    """The hour at 100 may be shed at 60 or moved at 50, but not both, which would sell it at 99: all moves, 100."""
    load = flexible(shed_value_eur_per_mwh=60.0, shift_max_mw=1.0, shift_window_hours=2.0)
    connection = grid([100, 50], export_max_mw=9.0, export_price_eur_per_mwh=[99, 0])
    outcome = solve(small_case(grid_connection=[connection], flexible_demand=[load]))
    assert outcome.objective == pytest.approx(100.0)
    assert schedule(outcome, "flexible_demand_shed_mw") == pytest.approx([0.0, 0.0])


def test_without_a_window_nothing_shifts() -> None:
    """110, whatever shift_max_mw says."""
    case = small_case(grid_connection=[grid([100, 10])], flexible_demand=[flexible(shift_max_mw=1.0)])
    assert optimum(case) == pytest.approx(110.0)


def test_a_load_that_shifts_and_one_that_does_not_stand_side_by_side() -> None:
    """The one that shifts pays 20, the other 110."""
    loads = [flexible(shift_max_mw=1.0, shift_window_hours=2.0), flexible(id="stiff")]
    case = small_case(grid_connection=[grid([100, 10])], flexible_demand=loads)
    assert optimum(case) == pytest.approx(130.0)
