"""Rules of thermal fleets by hand: ramps that bind starts, segments above the least load, reserve within ramps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.clearing.dive import Dive, decided, dive, proven
from c4e_opt.formulate import formulate
from c4e_opt.outcome import Outcome
from c4e_solvers import Matrices, Reason, Solution, SolverOptions
from c4e_solvers import solve as solve_matrices
from tests.unit.small_cases import generator, grid, load, objective_of, schedule, small_case

TIGHT = "knueven_ostrowski_watson"


def tight(case: Case) -> Case:
    return replace(case, policy=replace(case.policy, commitment=TIGHT))


def solved(case: Case) -> Outcome:
    """The answer, which both formulations of commitment must agree on."""
    one, other = solve(case), solve(tight(case))
    assert other.objective == pytest.approx(one.objective, abs=1e-6)
    return other


def test_a_ramp_that_binds_starts_counts_from_the_least_load() -> None:
    """A unit of 4 MW, least 1, rises by 1 an hour. Off before, it may give 2 in the first hour, then 3.

    Demand 4, the rest from the grid at 100; the unit at 10 an MWh: 2 * 10 + 2 * 100, then 3 * 10 + 100 = 350.
    Where ramps do not bind starts it gives 4 at once: 80.
    """
    rules = {"power_max_mw": 4.0, "power_min_mw": 1.0, "switchable": True, "cost_eur_per_mwh": 10.0}
    ramps = {"ramp_up_ratio_per_hour": 0.25, "load_initially_ratio": 0.0}
    cost = [
        solved(
            small_case(grid_connection=[grid(100)], demand=[load(4.0)], generator=[generator(**rules, **ramps, **more)])
        ).objective
        for more in ({"ramps_bind_starts": True}, {})
    ]
    assert cost == pytest.approx([350.0, 80.0])


def test_a_ramp_that_binds_stops_lets_the_load_fall_before_one() -> None:
    """A unit of 4 MW, least 1, at 3 before, falls by 1 an hour: it may stop from 2 at most, so not in the first hour.

    Grid at 0: the unit costs 10 an hour and MWh. It falls to 2 and stops then: 20.
    """
    rules = {"power_max_mw": 4.0, "power_min_mw": 1.0, "switchable": True, "cost_eur_per_mwh": 10.0}
    before = {"on_initially": True, "load_initially_ratio": 0.75, "ramp_down_ratio_per_hour": 0.25}
    unit = generator(**rules, **before, ramps_bind_starts=True)
    outcome = solved(small_case(grid_connection=[grid(0)], demand=[load(4.0)], generator=[unit]))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "generator_on") == pytest.approx([1, 0])


def test_segments_above_the_least_load_leave_its_cost_to_running() -> None:
    """Least 1 MW at 7 an hour, then 1 MW at 2 and 2 MW at 5 a MWh: 3 MW cost 7 + 2 + 5 = 14 in the one hour of need."""
    parts = [{"power_mw": 1.0, "cost_eur_per_mwh": 2.0}, {"power_mw": 2.0, "cost_eur_per_mwh": 5.0}]
    unit = generator(
        power_max_mw=4.0, power_min_mw=1.0, running_cost_eur_per_hour=7.0, cost_segments=parts,
        segments_above_minimum=True,
    )  # fmt: skip
    outcome = solved(small_case(grid_connection=[grid(100)], demand=[load([3.0, 0.0])], generator=[unit]))
    assert outcome.objective == pytest.approx(14.0)
    assert schedule(outcome, "generator_segment_mw")[:1] == pytest.approx([1.0])


def test_segments_above_the_least_load_must_reach_the_largest() -> None:
    unit = generator(
        power_max_mw=4.0, power_min_mw=1.0, cost_segments=[{"power_mw": 2.5, "cost_eur_per_mwh": 2.0}],
        segments_above_minimum=True,
    )  # fmt: skip
    with pytest.raises(InvalidInput, match=r"reach up to 2\.5 MW"):
        small_case(grid_connection=[grid(100)], demand=[load(1.0)], generator=[unit])


@pytest.mark.parametrize(("within", "cost"), [(False, 20.0), (True, 50.0)])
def test_reserve_within_ramps_is_what_the_ramp_leaves(within: bool, cost: float) -> None:
    """A unit of 4 MW on at 1 before, rising by 2 an hour, at 10 a MWh; demand 1, reserve 3 in the second hour.

    At large it keeps 3 above 1 MW: 20. Within ramps it keeps 2 above the power of the hour before: power and reserve
    of 4 need 2 in the first hour, where the second MW serves nobody but costs 10 and a load at 20.
    """
    rules = {"power_max_mw": 4.0, "switchable": True, "on_initially": True, "load_initially_ratio": 0.25}
    unit = generator(**rules, cost_eur_per_mwh=10.0, ramp_up_ratio_per_hour=0.5)
    dump = generator(id="dump", power_max_mw=0.0, power_min_mw=-1.0, cost_eur_per_mwh=-20.0)
    reserve = {"id": "r", "members": ["generator/gen"], "up_mw": [0.0, 3.0], "within_ramps": within}
    outcome = solved(small_case(demand=[load(1.0)], generator=[unit, dump], reserve=[reserve]))
    assert outcome.objective == pytest.approx(cost)


@pytest.mark.parametrize(("binds", "on"), [(True, [1, 1]), (False, [1, 0])])
def test_a_stop_ramp_may_leave_reserve_alone(binds: bool, on: list[int]) -> None:
    """A unit of 4 MW may stop from 1 at most, and keeps 3 above 1 in the first hour: it cannot stop after it.

    Where the stop ramp leaves reserve alone it stops, and the grid at 0 serves the second hour.
    """
    rules = {"power_max_mw": 4.0, "power_min_mw": 1.0, "on_initially": True, "running_cost_eur_per_hour": 1.0}
    unit = generator(**rules, stop_ramp_ratio=0.25)
    reserve = {"id": "r", "members": ["generator/gen"], "up_mw": [3.0, 0.0], "stop_ramp_binds": binds}
    case = small_case(grid_connection=[grid(0)], demand=[load(4.0)], generator=[unit], reserve=[reserve])
    assert schedule(solved(case), "generator_on") == pytest.approx(on)


def test_a_unit_that_is_always_on_runs_at_a_loss() -> None:
    unit = generator(power_max_mw=4.0, power_min_mw=1.0, cost_eur_per_mwh=10.0, always_on=True)
    outcome = solved(small_case(grid_connection=[grid(0)], demand=[load(4.0)], generator=[unit]))
    assert schedule(outcome, "generator_on") == pytest.approx([1, 1])
    assert outcome.objective == pytest.approx(20.0)


def test_a_unit_that_must_rest_cannot_be_always_on() -> None:
    unit = generator(always_on=True, minimum_down_hours=4.0, hours_in_state_initially=1.0)
    with pytest.raises(InvalidInput, match="must rest"):
        small_case(grid_connection=[grid(0)], demand=[load(1.0)], generator=[unit])


def test_a_start_is_matched_with_the_stop_before_it() -> None:
    """A unit on before serves hours 1, 3 and 5; a start after an hour of rest costs 5, after two 9: 2 starts of 5.

    Running costs 6 an hour, more than a start; the grid costs 100.
    """
    unit = generator(
        minimum_load_ratio=1.0, on_initially=True, start_cost_eur=5.0, running_cost_eur_per_hour=6.0,
        start_costs=[{"after_hours_off": 2.0, "cost_eur": 9.0}],
    )  # fmt: skip
    needs = [1.0, 0.0, 1.0, 0.0, 1.0]
    case = small_case((60,) * 5, grid_connection=[grid(100)], demand=[load(needs)], generator=[unit])
    outcome = solved(case)
    assert outcome.objective == pytest.approx(3 * 6 + 2 * 5)
    assert "generator_start_arc" not in outcome.schedule_table.quantities


def test_the_bound_of_matched_starts_is_higher_than_that_of_tiers() -> None:
    """Half a unit twice: every fractional start takes its own stop; floors let one stop serve two starts."""
    unit = generator(
        minimum_load_ratio=1.0, on_initially=True, start_cost_eur=5.0, running_cost_eur_per_hour=6.0,
        minimum_up_hours=2.0, start_costs=[{"after_hours_off": 3.0, "cost_eur": 19.0}],
    )  # fmt: skip
    needs = [0.3, 0.0, 0.9, 0.0, 0.4, 0.0, 0.8]
    case = small_case((60,) * 7, grid_connection=[grid(40)], demand=[load(needs)], generator=[unit])
    loose, bound = (objective_of(formulate(each).program.matrices().relaxed()) for each in (case, tight(case)))
    assert loose <= bound + 1e-9


def _ask(matrices: Matrices, options: SolverOptions) -> Solution:
    return solve_matrices(matrices, options, "highs")


def test_a_dive_keeps_what_is_whole_with_its_neighbours() -> None:
    """Steps 0 to 9; only step 5 is open: with one neighbour 4 to 6 stay open."""
    case = small_case((60,) * 10, grid_connection=[grid(5)], demand=[load(1.0)], generator=[generator(switchable=True)])
    formulation = formulate(case)
    on = formulation.program.variables["generator_on"]
    primal = formulation.program.matrices().column_lower * 0.0
    primal[on.start + 5] = 0.5
    kept = decided(formulation, primal, 1)[on.start : on.stop]
    assert kept.tolist() == [True] * 4 + [False] * 3 + [True] * 3


def test_a_dive_finds_a_schedule_and_a_bound_around_the_optimum() -> None:
    units = [
        generator(
            id=f"g{place}", power_max_mw=1.0 + 0.1 * place, minimum_load_ratio=0.5, start_cost_eur=3.0 + place,
            cost_eur_per_mwh=20.0 + place, minimum_up_hours=3.0, running_cost_eur_per_hour=2.0,
        )
        for place in range(5)
    ]  # fmt: skip
    needs = [1.0, 2.5, 4.0, 3.2, 1.5, 0.7, 2.2, 3.9]
    case = tight(small_case((60,) * 8, grid_connection=[grid(90)], demand=[load(needs)], generator=units))
    formulation = formulate(case)
    matrices = formulation.program.matrices()
    found = dive(formulation, matrices, _ask, SolverOptions)
    assert found.best is not None
    assert found.best.objective is not None
    best = objective_of(matrices)
    assert found.bound <= best + 1e-6
    assert best - 1e-6 <= found.best.objective <= best * 1.02


@pytest.mark.parametrize("seed", range(20))
def test_whatever_duals_are_they_prove_no_more_than_the_optimum(seed: int) -> None:
    """Columns without a bound take the one that their rows imply; the optimum's own duals prove the optimum."""
    rng = np.random.default_rng(seed)
    coefficients = np.vstack([rng.integers(0, 4, (4, 6)), np.eye(6)])
    upper = np.concatenate([rng.uniform(5, 20, 4), rng.uniform(1, 9, 6)])
    problem = Matrices.build(rng.uniform(-5, 5, 6), coefficients, np.full(10, -np.inf), upper)
    answer = solve_matrices(problem, SolverOptions(), "highs")
    assert answer.row_dual is not None
    assert answer.objective is not None
    assert proven(problem, answer.row_dual) == pytest.approx(answer.objective, abs=1e-6)
    for noise in (0.01, 1.0, 10.0):
        assert proven(problem, answer.row_dual + rng.normal(0, noise, 10)) <= answer.objective + 1e-6
    assert proven(problem, None) == -np.inf


def test_what_rows_imply_of_a_column_counts_what_others_may_give() -> None:
    """Least -x, x + y <= 10, y >= -1: x may be 11, and without any dual nothing below -11 is ruled out."""
    problem = Matrices.build([-1.0, 0.0], [[1.0, 1.0]], [-np.inf], [10.0], column_lower=[0.0, -1.0])
    assert proven(problem, np.zeros(1)) == pytest.approx(-11.0)


def test_the_bound_of_a_dive_is_that_of_the_linear_problem_and_closes_what_is_within_the_gap() -> None:
    """A block of 1 MW for 0.5 MW, or the grid at 90: half of it costs 11, the whole 22; later all is whole."""
    block = generator(switchable=True, minimum_load_ratio=1.0, cost_eur_per_mwh=20.0, running_cost_eur_per_hour=2.0)
    dump = {**grid(90), "export_max_mw": 1.0, "export_price_eur_per_mwh": 0.0}
    needs = [0.5] + [0.0] * 11
    case = small_case((60,) * 12, grid_connection=[dump], demand=[load(needs)], generator=[block])
    matrices = formulate(case).program.matrices()
    found = dive(formulate(case), matrices, _ask, SolverOptions)
    assert found.bound == pytest.approx(11.0)
    assert found.best is not None
    assert found.best.objective == pytest.approx(22.0)
    best = _ask(matrices, SolverOptions())
    assert best.objective == pytest.approx(22.0)
    assert not Dive(best, 11.0).closes(SolverOptions(relative_gap=0.49))
    assert Dive(best, 11.0).closes(SolverOptions(relative_gap=0.51))
    assert Dive(best, 11.0).answer(SolverOptions(relative_gap=0.49)).termination.reason is Reason.FEASIBLE
    assert Dive(best, 11.0).answer(SolverOptions(relative_gap=0.51)).termination.reason is Reason.OPTIMAL
