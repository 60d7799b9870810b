"""Where a large case clashes: few steps by themselves, or a budget that the steps together exceed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from c4e_opt import Case, Outcome, explain, solve
from c4e_opt.formulate import formulate
from c4e_opt.nearby import nearby, steps_of
from c4e_solvers import Narrowed, Reason, Relaxation
from tests.unit.small_cases import battery, generator, grid, load, small_case

HOURS = 700


def long_case(**components: Any) -> Case:
    """700 hours of a load of 1 MW, with a battery beside it."""
    return small_case((60,) * HOURS, demand=[load(1.0)], battery=[battery(energy_start_mwh=0.5)], **components)


def found(case: Case) -> Narrowed | Relaxation | None:
    program = formulate(case).program
    return nearby(program, program.matrices(), 60.0)


def told(case: Case, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """What is said of a case as if it were large."""
    monkeypatch.setattr(sys.modules["c4e_opt.explain"], "_LARGE", 0)
    outcome = solve(case)
    assert outcome.termination.reason is Reason.INFEASIBLE
    return explain(case, outcome)


@pytest.fixture
def windows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets must be found by their windows, and not by relaxing the whole."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the whole was relaxed")

    monkeypatch.setattr("c4e_opt.nearby.relax", refuse)


@pytest.mark.usefixtures("windows_only")
def test_energy_of_a_contract_that_is_too_little_is_a_budget_at_fault() -> None:
    """700 MWh are wanted, 0.5 to 1 in store for every window, so that at least 697 must be bought of 500."""
    relaxation = found(long_case(grid_connection=[grid(10, energy_max_mwh=500.0)]))
    assert isinstance(relaxation, Relaxation)
    (violated,) = relaxation.violated
    assert (violated.block, violated.side, violated.bound) == ("grid_connection_energy_maximum", "upper", 500.0)
    assert 195.0 <= violated.amount <= 200.0


@pytest.mark.usefixtures("windows_only")
def test_emissions_are_counted_on_their_account() -> None:
    """700 MWh at 0.5 t make 350 t, 250 more than allowed, but for what the battery holds."""
    budget = {"id": "b", "maximum_t": 100.0}
    relaxation = found(long_case(grid_connection=[grid(10, emissions_t_per_mwh=0.5)], emission_budget=[budget]))
    assert isinstance(relaxation, Relaxation)
    (violated,) = relaxation.violated
    assert violated.block == "emission_budget_maximum_emissions"
    assert 247.0 <= violated.amount <= 250.0


@pytest.mark.usefixtures("windows_only")
def test_energy_that_must_be_taken_and_nobody_can_take_is_told_too() -> None:
    """At least 800 MWh, but 700 and what the battery takes are the most."""
    budget = {"id": "b", "minimum_mwh": 800.0}
    relaxation = found(long_case(grid_connection=[grid(10)], energy_budget=[budget]))
    assert isinstance(relaxation, Relaxation)
    (violated,) = relaxation.violated
    assert (violated.block, violated.side) == ("energy_budget_minimum_energy", "lower")
    assert 97.0 <= violated.amount <= 100.0


def test_a_budget_that_is_kept_is_not_at_fault_for_a_clash_of_a_few_steps() -> None:
    """In hour 350 the grid gives nothing for three hours; the battery lasts for one."""
    limit = [2.0] * HOURS
    limit[350:353] = [0.0] * 3
    case = long_case(grid_connection=[grid(10, import_max_mw=limit, energy_max_mwh=900.0)])
    near = found(case)
    assert isinstance(near, Narrowed)
    program = formulate(case).program
    steps = steps_of(program, program.matrices())[near.rows]
    assert {350, 351, 352} <= set(steps.tolist())
    assert near.rows.size < 0.6 * program.matrices().rows


def test_a_case_with_a_schedule_has_no_clash() -> None:
    assert found(long_case(grid_connection=[grid(10, energy_max_mwh=900.0)])) is None


def test_a_budget_is_told_with_its_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = {"id": "b", "maximum_t": 100.0}
    outcome = told(
        long_case(grid_connection=[grid(10, emissions_t_per_mwh=0.5)], emission_budget=[budget]), monkeypatch
    )
    (clash,) = outcome.clashes
    assert "maximum emissions of emission budget 'b'" in clash.message
    assert clash.unit == "t"


def test_a_clash_of_a_few_steps_is_told_as_in_a_small_case(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = [2.0] * HOURS
    limit[350:353] = [0.0] * 3
    case = long_case(grid_connection=[grid(10, import_max_mw=limit)])
    outcome = solve(case)
    small = explain(case, outcome).clashes
    large = told(case, monkeypatch).clashes
    assert [clash.place for clash in large] == [clash.place for clash in small] == ["bus 'e'"]
    assert sum(clash.largest for clash in large) == pytest.approx(sum(clash.largest for clash in small))
    assert "grid connection 'grid'" in large[0].message


def test_engines_that_whole_numbers_alone_forbid_are_found_by_bounds() -> None:
    """In hour 200 only 0.2 MW are wanted, the engine gives 0.5 or nothing, and nothing else gives or takes."""
    demand = [0.8] * HOURS
    demand[200] = 0.2
    case = small_case((60,) * HOURS, demand=[load(demand)], generator=[generator(minimum_load_ratio=0.5)])
    near = found(case)
    assert isinstance(near, Narrowed)
    program = formulate(case).program
    assert set(steps_of(program, program.matrices())[near.rows].tolist()) <= {-1, *range(198, 203)}
