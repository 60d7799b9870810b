"""Limits that become rows only where they are violated: what must hold whatever happens around them."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import c4e_solvers
from c4e_opt import Case, Outcome, SolveOptions, explain, solve
from c4e_opt.clearing.limits import limited
from c4e_opt.formulate import formulate
from c4e_opt.supply import shortages
from c4e_opt.verify import verify
from c4e_solvers import Limit, Matrices, Reason, Solution, SolverOptions, Termination, Warm
from tests.unit.small_grids import flows, grid_case, limits, line, plant, prices

CHEAP, DEAR = plant("a", 10.0), plant("b", 50.0)
ONE = [line("l", "a", "b", 50.0)]
ANGLES = {"dc_formulation": "angles"}


def committed(**policy: Any) -> Case:
    """Two plants that may be switched, over a triangle whose line ac holds a back in the second step."""
    lines = [line("ab", "a", "b", 40.0), line("bc", "b", "c", 60.0), line("ac", "a", "c", 60.0)]
    rules = {"minimum_up_hours": 2.0, "start_cost_eur": 200.0}
    plants = [
        plant("a", 10.0, 200.0, power_min_mw=40.0, **rules),
        plant("b", 30.0, 200.0, power_min_mw=30.0, **rules),
        plant("c", 90.0, 200.0),
    ]
    return grid_case(lines, plants, {"c": [70.0, 110.0, 95.0, 45.0]}, minutes=(60,) * 4, policy=policy)


def test_a_limit_that_nothing_violates_never_becomes_a_row() -> None:
    case = grid_case(ONE, [CHEAP, DEAR], {"b": [20.0, 90.0, 30.0]}, minutes=(60,) * 3)
    assert formulate(case).program.matrices().rows == 3  # one balance of the area per step
    assert solve(case).size["constraints"] == 4


def test_both_formulations_commit_alike() -> None:
    lazy, angles = (solve(committed(**policy), SolveOptions(gap=0.0)) for policy in ({}, ANGLES))
    assert lazy.objective == pytest.approx(angles.objective, rel=1e-9)
    assert len(lazy.limit_table.labels["limit"]) > 0


def test_a_second_objective_keeps_limits_that_were_found_and_those_that_were_not() -> None:
    """Cheap and dirty at a: 50 of 90 MW through the line, 2500. Emissions fall by 1 t for 40 EUR: 3.125 of 125 EUR.

    Then b emits and a does not: the least emissions at any cost would send all from a, but the line carries 50.
    """
    policy = {"second_objective": "emissions", "second_objective_slack_ratio": 0.05}
    dirty = plant("a", 10.0, emissions_t_per_mwh=1.0)
    outcome = solve(grid_case(ONE, [dirty, DEAR], {"b": 90.0}, policy=policy))
    assert flows(outcome)["l"] == pytest.approx([50 - 125 / 40], abs=1e-4)
    clean = [plant("a", 60.0), plant("b", 50.0, emissions_t_per_mwh=1.0)]
    outcome = solve(grid_case(ONE, clean, {"b": 90.0}, policy=policy | {"second_objective_slack_ratio": 9.0}))
    assert flows(outcome) == {"l": [50.0]}  # at the least cost it was empty
    assert outcome.second is not None
    assert (outcome.second.at_least_cost, outcome.second.least) == pytest.approx((90, 40))


def test_a_second_objective_with_commitment_is_the_same_in_both_formulations() -> None:
    """Fewer starts for half of the costs more."""
    more = {"second_objective": "start", "second_objective_slack_ratio": 0.5}
    lazy, angles = (solve(committed(**policy, **more), SolveOptions(gap=0.0)).second for policy in ({}, ANGLES))
    assert lazy is not None
    assert angles is not None
    assert lazy.least < lazy.at_least_cost
    assert lazy.least == pytest.approx(angles.least)


@pytest.mark.parametrize("lines", [ONE, [line("ab", "a", "b", 30.0), line("bc", "b", "c"), line("ac", "a", "c", 30.0)]])
def test_an_infeasible_grid_names_the_line_that_clashes(lines: list[dict[str, Any]]) -> None:
    """Bus a cannot send 90 MW."""
    bus = lines[-1]["to_bus"]
    case = grid_case(lines, [CHEAP], {bus: 90.0})
    outcome = explain(case, solve(case))
    assert outcome.termination.reason is Reason.INFEASIBLE
    said = outcome.clashes[0].message
    assert f"bus {bus!r}" in said
    assert f"line {lines[0]['id']!r}" in said
    assert "flow limit" in said


def test_an_outage_that_cannot_be_survived_is_named() -> None:
    """One line of 50 MW must take over 90."""
    lines = [line("l1", "a", "b", 50.0), line("l2", "a", "b", 50.0)]
    case = grid_case(lines, [CHEAP], {"b": 90.0}, policy={"security": "n1", "outage_limits": "hard"})
    outcome = explain(case, solve(case))
    assert outcome.termination.reason is Reason.INFEASIBLE
    assert any("after l1" in clash.message or "after l2" in clash.message for clash in outcome.clashes)


@pytest.mark.parametrize("policy", [{}, ANGLES, {"network": "transport"}])
def test_power_that_can_never_be_there_is_said_of_the_buses_that_lines_join(policy: dict[str, str]) -> None:
    """30 MW for 90 at a and b; c is on its own and has enough."""
    lines = [*ONE, line("out", "b", "c", in_service=False)]
    plants = [plant("a", 10.0, 30.0), plant("c", 5.0, 9.0)]
    case = grid_case(lines, plants, {"a": 50.0, "b": 40.0, "c": 9.0}, policy=policy)
    found = list(shortages(case, formulate(case)))
    assert len(found) == 1
    assert "at least 60 MW are missing" in found[0].message
    if policy != {"network": "transport"}:
        assert "bus 'a' and bus 'b'" in found[0].message
    fine = grid_case(lines, [plant("a", 10.0, 90.0), plant("c", 5.0, 9.0)], {"a": 50.0, "b": 40.0}, policy=policy)
    assert list(shortages(fine, formulate(fine))) == []


def keeps_its_limits(case: Case, outcome: Outcome) -> bool:
    certificate = verify(case, outcome)
    assert certificate.holds, certificate.broken
    return outcome.has_schedule


@pytest.mark.parametrize("backup", [True, False])
def test_a_search_that_ends_early_keeps_all_limits_or_has_no_schedule(
    monkeypatch: pytest.MonkeyPatch, backup: bool
) -> None:
    """The engine stops at its first answer with binaries, before anybody has looked at lines.

    It runs a alone, which sends more through ac than there may be. With a backup at c something can be done about that
    without switching, without it nothing.
    """
    case = committed()
    if not backup:
        plants = tuple(each for each in case.components["generator"] if each.id != "gc")
        case = replace(case, components={**case.components, "generator": plants})
    real, searched = Warm.solve, list[int]()

    def stopping(self: Warm, matrices: Matrices, options: SolverOptions, solver: str, **rest: Any) -> Solution:
        answer = real(self, matrices, options, solver, **rest)
        limit = Termination(reason=Reason.FEASIBLE, limit=Limit.TIME)
        if matrices.integers:
            searched.append(matrices.rows)
            return replace(answer, termination=limit)
        fixed = (matrices.column_lower == matrices.column_upper).any()
        nothing = Termination(reason=Reason.NO_SOLUTION_FOUND, limit=Limit.TIME)
        return answer if fixed else replace(answer, termination=nothing, primal=None, row_dual=None, objective=None)

    monkeypatch.setattr(Warm, "solve", stopping)
    outcome = solve(case, SolveOptions(gap=0.0))
    assert searched == [formulate(case).program.matrices().rows]  # once, without a row of any line
    reason = Reason.FEASIBLE if backup else Reason.NO_SOLUTION_FOUND
    assert (outcome.termination.reason, outcome.termination.limit) == (reason, Limit.TIME)
    assert keeps_its_limits(case, outcome) is backup


def test_a_search_that_ends_in_a_later_round_goes_on_from_its_last_binaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first round ends well, the second has no time for anything."""
    case, real, searched = committed(), Warm.solve, list[int]()

    def stopping(self: Warm, matrices: Matrices, options: SolverOptions, solver: str, **rest: Any) -> Solution:
        answer = real(self, matrices, options, solver, **rest)
        nothing = Termination(reason=Reason.NO_SOLUTION_FOUND, limit=Limit.TIME)
        ended = replace(answer, termination=nothing, primal=None, row_dual=None, objective=None)
        if matrices.integers:
            searched.append(matrices.rows)
            return ended if len(searched) > 1 else answer
        return answer if (matrices.column_lower == matrices.column_upper).any() else ended

    monkeypatch.setattr(Warm, "solve", stopping)
    outcome = solve(case, SolveOptions(gap=0.0))
    assert len(searched) == 2
    assert outcome.termination.reason is Reason.FEASIBLE
    assert outcome.bound is not None
    assert outcome.objective is not None
    assert outcome.bound <= outcome.objective
    assert keeps_its_limits(case, outcome)


def test_a_search_without_time_or_interrupted_is_an_answer_too() -> None:
    event = threading.Event()
    event.set()
    for outcome in (solve(committed(), SolveOptions(time_limit_s=0.0)), solve(committed(), interrupt=event)):
        assert outcome.termination.reason in (Reason.NO_SOLUTION_FOUND, Reason.FEASIBLE)
        keeps_its_limits(committed(), outcome)


def test_a_warm_solver_and_a_start_give_the_same_answer() -> None:
    case = committed()
    cold = solve(case, SolveOptions(gap=0.0))
    warm = Warm()
    for start in (None, cold):
        again = solve(case, SolveOptions(gap=0.0), warm=warm, start=start)
        assert again.objective == pytest.approx(cold.objective, rel=1e-9)
        assert keeps_its_limits(case, again)


def test_a_warm_solver_takes_rows_of_one_case_for_none_of_the_next() -> None:
    """The demand moves to the other side; rows of the first case must not stay."""
    warm = Warm()
    for demand in ({"b": 90.0}, {"a": 90.0}, {"b": 20.0}, {"b": 90.0}):
        case = grid_case(ONE, [CHEAP, DEAR], demand)
        assert solve(case, warm=warm).objective == pytest.approx(solve(case).objective)


def test_rows_that_were_found_stay_in_every_later_problem() -> None:
    case = grid_case(ONE, [CHEAP, DEAR], {"b": [90.0, 20.0]}, minutes=(60, 60))
    formulation = formulate(case)
    matrices = formulation.program.matrices()
    ask = limited(c4e_solvers.solve, formulation)
    first = ask(matrices, SolverOptions(), "auto")
    assert formulation.lazy is not None
    assert len(formulation.lazy.rows) == 1
    cheaper = replace(matrices, cost=matrices.cost * 0.5)
    again = ask(cheaper, SolverOptions(), "auto")
    assert len(formulation.lazy.rows) == 1
    assert again.objective == pytest.approx((first.objective or 0.0) / 2)
    assert formulation.program.extended(matrices).rows == matrices.rows + 1


@pytest.mark.parametrize("policy", [{}, {"security": "n1"}], ids=["none", "n1"])
def test_the_same_bytes_come_out_twice_and_with_two_threads(policy: dict[str, str]) -> None:
    case = committed(**policy)
    digests = {solve(case, SolveOptions(threads=threads)).digest for threads in (1, 1, 2)}
    assert len(digests) == 1


def test_flows_are_told_of_every_line_although_none_is_a_variable() -> None:
    case = grid_case([*ONE, line("m", "b", "c")], [CHEAP, DEAR], {"b": 90.0, "c": 5.0})
    outcome = solve(case)
    assert not [name for name in formulate(case).program.variables if name.startswith("line_flow")]
    assert flows(outcome) == {"l": [50.0], "m": [5.0]}
    ports = outcome.flow_table.labels["port"].tolist()
    assert np.round(outcome.flow_table.values("flow_mw")[ports.index("line/m@c")], 6).tolist() == [5.0]
    assert limits(outcome) == {"line_flow_limit line/l <": 40.0}
    assert prices(outcome)["c"] == [50.0]
