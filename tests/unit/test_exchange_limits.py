"""Ramps of the exchange with the network above, and contracts on energy."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import InvalidInput, solve
from c4e_opt.case.build import Builder
from c4e_solvers import Reason
from tests.unit.small_cases import grid, load, optimum, schedule, small_case

DIESEL = grid(100.0, id="diesel")


def test_the_exchange_rises_no_faster_than_its_ramp() -> None:
    """From 1 MW by 1 MW/h: 1, 2, 3 MW; diesel at 100 gives the rest of 4 MW: 10 * 6 + 100 * 3 = 360."""
    connection = grid(10.0, ramp_max_mw_per_hour=1.0)
    outcome = solve(small_case((60, 60, 60), grid_connection=[connection, DIESEL], demand=[load([1.0, 4.0, 4.0])]))
    assert outcome.objective == pytest.approx(360.0)
    assert schedule(outcome, "grid_connection_import_mw") == pytest.approx([1.0, 2.0, 3.0])


def test_the_exchange_falls_no_faster_than_its_ramp() -> None:
    """From 4 MW by 1 MW/h: the second hour still takes 3 MW, of which 2 are thrown away by a sink at 0."""
    sink = grid(100.0, id="sink", import_max_mw=0.0, export_max_mw=9.0)
    connection = grid(10.0, ramp_max_mw_per_hour=1.0)
    outcome = solve(small_case(grid_connection=[connection, sink], demand=[load([4.0, 1.0])]))
    assert outcome.objective == pytest.approx(70.0)


def test_imports_and_exports_share_one_ramp() -> None:
    """3 MW of sun would be sold at 5 after an hour of 1 MW import; the ramp of 2 MW/h allows 1 MW of export."""
    connection = grid(10.0, export_max_mw=9.0, export_price_eur_per_mwh=5.0, ramp_max_mw_per_hour=2.0)
    sun = {"id": "pv", "bus": "e", "available_mw": [0.0, 4.0]}
    outcome = solve(small_case(grid_connection=[connection], demand=[load(1.0)], renewable=[sun]))
    assert outcome.objective == pytest.approx(10.0 - 5.0)
    assert schedule(outcome, "grid_connection_export_mw") == pytest.approx([0.0, 1.0])


def test_the_step_before_the_first_binds_where_it_is_known() -> None:
    """From 0 MW by 1 MW/h: 1 MW of 3, 2 at 100."""
    connection = grid(10.0, ramp_max_mw_per_hour=1.0, exchange_before_mw=0.0)
    assert optimum(small_case((60,), grid_connection=[connection, DIESEL], demand=[load(3.0)])) == pytest.approx(210.0)
    free = grid(10.0, ramp_max_mw_per_hour=1.0)
    assert optimum(small_case((60,), grid_connection=[free, DIESEL], demand=[load(3.0)])) == pytest.approx(30.0)


def test_a_ramp_acts_between_the_middles_of_steps() -> None:
    """An hour at 1 MW, then half an hour: 0.75 h from middle to middle, so 1.75 MW of 4: 10 * 1.875 + 100 * 1.125."""
    connection = grid(10.0, ramp_max_mw_per_hour=1.0)
    case = small_case((60, 30), grid_connection=[connection, DIESEL], demand=[load([1.0, 4.0])])
    assert optimum(case) == pytest.approx(10 * 1.875 + 100 * 1.125)


def test_energy_of_a_contract_is_paid_whether_taken_or_not() -> None:
    """5 MWh at 10 with 6 per missing MWh, of which 2 are needed: 20 + 18; a cheaper source at 3 does not pay."""
    contract = grid(10.0, energy_min_mwh=5.0, shortfall_price_eur_per_mwh=6.0)
    outcome = solve(small_case(grid_connection=[contract, grid(5.0, id="spot")], demand=[load(1.0)]))
    assert outcome.objective == pytest.approx(38.0)
    assert outcome.terms["take_or_pay"] == pytest.approx(18.0)
    assert schedule(outcome, "grid_connection_shortfall_mwh")[0] == pytest.approx(3.0)


def test_a_contract_is_left_alone_where_its_shortfall_costs_less() -> None:
    """At 3 per missing MWh the spot market at 5 is cheaper: 2 * 5 + 5 * 3."""
    contract = grid(10.0, energy_min_mwh=5.0, shortfall_price_eur_per_mwh=3.0)
    case = small_case(grid_connection=[contract, grid(5.0, id="spot")], demand=[load(1.0)])
    assert optimum(case) == pytest.approx(25.0)


def test_no_more_energy_is_taken_than_the_contract_gives() -> None:
    """1.5 MWh at 10, half a MWh at 100, in the cheaper hour or the other."""
    connection = grid(10.0, energy_max_mwh=1.5)
    assert optimum(small_case(grid_connection=[connection, DIESEL], demand=[load(1.0)])) == pytest.approx(65.0)


def test_energy_of_a_contract_counts_as_often_as_its_step() -> None:
    """An hour of 1 MW that stands for four takes 4 MWh of a contract for 5."""
    document: dict[str, Any] = {
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 1, "weights": [4]},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [grid(10.0, energy_min_mwh=5.0, shortfall_price_eur_per_mwh=7.0)],
            "demand": [load(1.0)],
        },
    }
    assert optimum(Builder(document, {}).case()) == pytest.approx(47.0)


def test_a_contract_that_gives_too_little_leaves_no_answer() -> None:
    case = small_case(grid_connection=[grid(10.0, energy_max_mwh=1.5)], demand=[load(1.0)])
    assert solve(case).termination.reason is Reason.INFEASIBLE


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"energy_min_mwh": 1.0}, "shortfall_price_eur_per_mwh is missing|say what a missing MWh"),
        (
            {"energy_min_mwh": 2.0, "energy_max_mwh": 1.0, "shortfall_price_eur_per_mwh": 1},
            "less than the least energy",
        ),
        ({"ramp_max_mw_per_hour": -1.0}, "ramp_max_mw_per_hour"),
    ],
)
def test_limits_that_make_no_sense_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        small_case(grid_connection=[grid(10.0, **fields)])
