from __future__ import annotations

import pytest

from c4e_opt import explain, solve
from c4e_solvers import Reason
from tests.unit.small_cases import grid, load, optimum, prices, schedule, small_case


def test_a_surplus_is_exported_up_to_the_limit_and_the_rest_curtailed() -> None:
    """3 MW of sun, 1 MW of demand: 1.5 MW exported at 20, 0.5 MW curtailed: -30; power is free: price 0."""
    case = small_case(
        (60,),
        grid_connection=[grid(50, export_max_mw=1.5, export_price_eur_per_mwh=20)],
        demand=[load(1.0)],
        renewable=[{"id": "pv", "bus": "e", "available_mw": 3.0}],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(-30.0)
    assert schedule(outcome, "renewable_power_mw") == pytest.approx([2.5])
    assert prices(outcome, "e") == pytest.approx([0.0])


def test_between_import_and_export_price_the_export_price_is_the_price_of_a_surplus() -> None:
    """2 MW of sun, 1 MW of demand: one more MWh of demand is one MWh less exported at 20."""
    case = small_case(
        (60,),
        grid_connection=[grid(50, export_max_mw=9.0, export_price_eur_per_mwh=20)],
        demand=[load(1.0)],
        renewable=[{"id": "pv", "bus": "e", "available_mw": 2.0}],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(-20.0)
    assert prices(outcome, "e") == pytest.approx([20.0])


def test_a_plant_that_may_not_be_curtailed_is_paid_for_taking_its_power() -> None:
    """1 MW too much must be exported at -15: 15; one more MWh of demand saves 15."""
    case = small_case(
        (60,),
        grid_connection=[grid(50, export_max_mw=9.0, export_price_eur_per_mwh=-15)],
        demand=[load(1.0)],
        renewable=[{"id": "run", "bus": "e", "available_mw": 2.0, "curtailable": False}],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(15.0)
    assert prices(outcome, "e") == pytest.approx([-15.0])


def test_a_curtailable_plant_never_pays_to_export() -> None:
    """The same plant curtailed costs nothing."""
    case = small_case(
        (60,),
        grid_connection=[grid(50, export_max_mw=9.0, export_price_eur_per_mwh=-15)],
        demand=[load(1.0)],
        renewable=[{"id": "pv", "bus": "e", "available_mw": 2.0}],
    )
    assert optimum(case) == pytest.approx(0.0, abs=1e-9)


def test_a_plant_with_a_cost_gives_way_to_cheaper_imports() -> None:
    """Plant at 30, grid at 20 and 40, demand of 1 MW: 20 + 30 = 50."""
    case = small_case(
        grid_connection=[grid([20, 40])],
        demand=[load(1.0)],
        renewable=[{"id": "w", "bus": "e", "available_mw": 2.0, "cost_eur_per_mwh": 30.0}],
    )
    assert optimum(case) == pytest.approx(50.0)


def test_imports_of_a_quarter_of_an_hour_cost_a_quarter() -> None:
    """4 MW for 15 minutes at 40 are 1 MWh: 40; the price is per MWh."""
    outcome = solve(small_case((15,), grid_connection=[grid(40)], demand=[load(4.0)]))
    assert outcome.objective == pytest.approx(40.0)
    assert prices(outcome, "e") == pytest.approx([40.0])


def test_prices_are_per_mwh_whatever_the_steps_last() -> None:
    """Steps of 5, 15, 30 and 60 min at 10, 20, 30, 40; 6 MW cost 5 + 30 + 90 + 240 = 365."""
    outcome = solve(small_case((5, 15, 30, 60), grid_connection=[grid([10, 20, 30, 40])], demand=[load(6.0)]))
    assert outcome.objective == pytest.approx(365.0)
    assert prices(outcome, "e") == pytest.approx([10.0, 20.0, 30.0, 40.0])


def test_an_infeasible_case_is_an_answer_that_names_bus_step_and_missing_power() -> None:
    """Import of 0.5 MW against 0.5, 0.75 and 0.9 MW: 250 kW and 400 kW are missing in the second and third hour."""
    case = small_case((60, 60, 60), grid_connection=[grid(10, import_max_mw=0.5)], demand=[load([0.5, 0.75, 0.9])])
    outcome = solve(case)
    assert outcome.termination.reason is Reason.INFEASIBLE
    assert not outcome.has_schedule
    (clash,) = explain(case, outcome).clashes
    assert clash.law == "electricity balance of bus 'e'"
    assert (clash.first, clash.last) == ("2025-01-01T01:00:00Z", "2025-01-01T02:00:00Z")
    assert clash.largest == pytest.approx(0.4)
    assert clash.unit == "MW"
    assert "400 kW are missing" in clash.message


def test_a_demand_that_nothing_can_serve_is_named_with_its_bus() -> None:
    """Two demands and no supply at all: 1000 kW of power and 250 kW of heat are missing."""
    case = small_case((60,), demand=[load(1.0), load(0.25, "h")])
    outcome = solve(case)
    assert outcome.termination.reason is Reason.INFEASIBLE
    assert [clash.message for clash in explain(case, outcome).clashes] == [
        "electricity balance of bus 'e', 2025-01-01T00:00:00Z: up to 1000 kW are missing",
        "heat balance of bus 'h', 2025-01-01T00:00:00Z: up to 250 kW are missing",
    ]


def test_a_surplus_that_nothing_takes_is_said_to_be_left_over() -> None:
    """2 MW that may not be curtailed against 1.5 MW of demand."""
    case = small_case(
        (60,),
        renewable=[{"id": "run", "bus": "e", "available_mw": 2.0, "curtailable": False}],
        demand=[load(1.5)],
    )
    (clash,) = explain(case, solve(case)).clashes
    assert "500 kW are left over" in clash.message


def test_an_infeasibility_that_comes_from_exclusivity_is_explained_too() -> None:
    """A full battery cannot burn 0.05 MW by charging and discharging at once; the 50 kW are left over."""
    case = small_case(
        (60,),
        renewable=[{"id": "run", "bus": "e", "available_mw": 0.05, "curtailable": False}],
        battery=[
            {
                "id": "b",
                "bus": "e",
                "charge_max_mw": 1.0,
                "discharge_max_mw": 1.0,
                "energy_max_mwh": 1.0,
                "energy_start_mwh": 1.0,
            }
        ],
    )
    outcome = solve(case)
    assert outcome.termination.reason is Reason.INFEASIBLE
    clashes = explain(case, outcome).clashes
    assert clashes
    assert any("50 kW are left over" in clash.message for clash in clashes)
