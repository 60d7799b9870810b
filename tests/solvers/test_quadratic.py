"""What HiGHS says of a QP leaves only with its proof."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import (
    Interrupt,
    Limit,
    Matrices,
    Reason,
    Session,
    Solution,
    SolverOptions,
    Termination,
    certify,
    highs,
    solve,
)
from c4e_solvers.conformance import complaints, problems
from c4e_solvers.highs_quadratic import endless_direction, solve_proven

INF = np.inf
PAIR = Matrices.build([1, 3], [[1, 1]], 6, 6, quadratic=[[1, 0], [0, 1]])
"""Marginal costs 1 + x and 3 + y meet at 5 with x = 4 and y = 2, for 20."""
SLIDE = Matrices.build([-1, 0], [[1, -1]], -INF, 5, quadratic=[[1, -1], [-1, 1]])
"""Falls along (1, 1)."""


def said(reason: Reason, limit: Limit = Limit.NONE, dual: float = 5.0) -> Solution:
    """What HiGHS might say of PAIR, with the arrays of its optimum where it says that."""
    ended = Termination(reason=reason, limit=limit, detail=reason)
    if reason is not Reason.OPTIMAL:
        return Solution(termination=ended)
    primal, rows = np.array([4.0, 2.0]), np.array([dual])
    return Solution(termination=ended, primal=primal, row_dual=rows, column_dual=np.zeros(2), objective=20.0)


def in_turn(*answers: Solution) -> Callable[[float], Solution]:
    """A solver that gives these answers, one after the other and no more."""
    left = iter(answers)
    return lambda _: next(left)


def linear(problem: Matrices) -> Solution:
    return solve(problem, solver="highs")


def held(problem: Matrices, *answers: Solution) -> Solution:
    return solve_proven(problem, SolverOptions(), in_turn(*answers), linear)


def test_a_proven_optimum_needs_one_run_and_brings_its_bound() -> None:
    answer = held(PAIR, replace(said(Reason.OPTIMAL), objective=19.0))
    assert answer.termination.reason is Reason.OPTIMAL
    assert answer.objective == pytest.approx(20)
    assert answer.bound == pytest.approx(20)


@pytest.mark.parametrize(
    "first",
    [said(Reason.OPTIMAL, dual=4.0), said(Reason.UNBOUNDED), said(Reason.OTHER_ERROR), said(Reason.NUMERICAL_ERROR)],
)
def test_what_nothing_proves_is_asked_again_with_curvature_and_never_repeated(first: Solution) -> None:
    assert held(PAIR, first, said(Reason.OPTIMAL)).termination.reason is Reason.OPTIMAL
    none = held(PAIR, *[first] * 4)
    assert none.termination.reason is Reason.NUMERICAL_ERROR
    assert "nothing proves it" in none.termination.detail
    assert (none.primal, none.row_dual, none.column_dual, none.objective, none.bound) == (None,) * 5


def test_an_iteration_limit_is_ours_and_any_other_limit_the_callers() -> None:
    turning = said(Reason.FEASIBLE, Limit.ITERATION)
    assert held(PAIR, turning, said(Reason.OPTIMAL)).termination.reason is Reason.OPTIMAL
    for limit in (Limit.TIME, Limit.INTERRUPTED, Limit.MEMORY):
        assert held(PAIR, said(Reason.NO_SOLUTION_FOUND, limit)).termination.limit is limit


def test_an_optimum_that_is_nearly_proven_is_imprecise_and_says_by_what() -> None:
    near = said(Reason.OPTIMAL, dual=5.0 + 1e-5)
    answer = held(PAIR, near, *[said(Reason.OTHER_ERROR)] * 3)
    assert answer.termination.reason is Reason.IMPRECISE
    assert "prices an infinite bound" in answer.termination.detail
    assert answer.primal is not None
    assert answer.bound is None
    assert held(PAIR, near, said(Reason.OPTIMAL)).termination.reason is Reason.OPTIMAL


@pytest.mark.parametrize("first", [said(Reason.UNBOUNDED), said(Reason.OTHER_ERROR), said(Reason.OPTIMAL)])
def test_a_problem_that_falls_for_ever_is_unbounded_whatever_is_said(first: Solution) -> None:
    assert held(SLIDE, first).termination.reason is Reason.UNBOUNDED
    nowhere = replace(SLIDE, row_lower=np.array([7.0]), row_upper=np.array([INF]), row_value=np.zeros(2))
    assert held(nowhere, first).termination.reason is Reason.INFEASIBLE


def test_a_direction_keeps_every_bound_and_sees_no_curvature() -> None:
    found = endless_direction(SLIDE, linear)
    assert found is not None
    assert found.tolist() == pytest.approx([1, 1])
    assert endless_direction(PAIR, linear) is None
    assert endless_direction(replace(SLIDE, column_upper=np.array([INF, 9.0])), linear) is None
    assert endless_direction(replace(SLIDE, cost=np.array([1.0, 0.0])), linear) is None
    assert endless_direction(replace(SLIDE, quadratic=None, row_upper=np.array([INF])), linear) is not None


def test_a_direction_bends_with_the_rows_and_stops_at_curvature() -> None:
    """Across the row, y grows half as fast as x; with a curvature of x neither grows."""
    wedge = Matrices.build([-1, -3], [[-1, 2]], -INF, 0)
    found = endless_direction(wedge, linear)
    assert found is not None
    assert found.tolist() == pytest.approx([1, 0.5])
    assert endless_direction(replace(wedge, row_lower=np.zeros(1), row_value=np.array([1.0, 2.0])), linear) is None
    assert endless_direction(Matrices.build([-1], [[1]], 0, INF, quadratic=[[1]]), linear) is None
    curved = Matrices.build([-1, -3], [[-1, 2]], -INF, 0, quadratic=[[1, 0], [0, 0]])
    assert endless_direction(curved, linear) is None


def test_highs_never_sees_a_quadratic_problem_without_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, load = list[int](), highs.Model.__init__

    def record(model: highs.Model, matrices: Matrices, options: SolverOptions) -> None:
        seen.append(matrices.rows)
        load(model, matrices, options)

    monkeypatch.setattr(highs.Model, "__init__", record)
    none = np.zeros((0, 2))
    boxed = Matrices.build([-0.25, 0], none, [], [], column_lower=-3, column_upper=1, quadratic=[[0, 0], [0, 1]])
    assert solve(boxed, solver="highs").column_dual == pytest.approx([-0.25, 0])
    assert seen == [1]


def test_a_problem_between_finite_bounds_is_not_even_asked_for_a_direction() -> None:
    def refuse(_: Matrices) -> Solution:
        raise AssertionError("there is nothing to ask")

    boxed = replace(SLIDE, column_upper=np.full(2, 9.0))
    assert endless_direction(boxed, refuse) is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("columns", [100, 300])
def test_linear_columns_beside_quadratic_ones_are_solved(seed: int, columns: int) -> None:
    """Three of ten columns have a quadratic cost: HiGHS alone fails on about every fourth of such problems."""
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random((columns // 2, columns)) < 4 / columns, rng.random((columns // 2, columns)), 0)
    activity = rows @ rng.random(columns)
    curved = np.where(rng.random(columns) < 0.3, rng.random(columns) * 10.0 ** rng.integers(-3, 2, columns), 0)
    problem = Matrices.build(
        rng.random(columns) * 10 - 2,
        rows,
        activity,
        np.where(rng.random(columns // 2) < 0.5, activity, INF),
        column_upper=2,
        quadratic=np.diag(curved),
    )
    answer = solve(problem, solver="highs")
    assert answer.termination.reason is Reason.OPTIMAL
    assert certify(problem, answer).faults() == ()


def test_a_session_holds_a_quadratic_problem_to_the_same_proof() -> None:
    flat = [p for p in problems() if p.matrices.quadratic is not None and not p.matrices.cones]
    for problem in flat:
        with Session(problem.matrices) as session:
            assert complaints(problem, session.solve()) == [], problem.name
    with Session(PAIR) as session:
        session.change_row_bounds(np.array([0]), np.array([8.0]), np.array([8.0]))
        assert session.solve().row_dual == pytest.approx([6])


def test_limits_and_interrupts_reach_a_quadratic_problem() -> None:
    assert solve(PAIR, SolverOptions(time_limit_s=0)).termination.limit is Limit.TIME
    interrupt = Interrupt()
    interrupt.set()
    assert solve(PAIR, interrupt=interrupt).termination.limit is Limit.INTERRUPTED


def test_a_quadratic_problem_without_rows_keeps_the_shape_of_its_duals() -> None:
    alone = Matrices.build([-1, 0], np.zeros((0, 2)), [], [], column_lower=-INF, quadratic=[[2, 1], [1, 2]])
    answer = highs.solve(alone, SolverOptions())
    assert answer.row_dual is not None
    assert answer.row_dual.shape == (0,)
    assert answer.primal == pytest.approx([2 / 3, -1 / 3])
