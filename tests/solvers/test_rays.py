"""Proofs that there is no answer: which engine brings them, and that they hold."""

import numpy as np
import pytest

from c4e_solvers import (
    Matrices,
    Reason,
    SolverOptions,
    available,
    infeasibility_margin,
    solve,
    unboundedness_margin,
)

INF = np.inf
INSTALLED = {engine.name for engine in available()}
BOTH = [name for name in ("highs", "ortools:glop", "ortools") if name in INSTALLED]
"""Engines that bring a ray of either kind for every LP."""
SILENT = {"ortools:pdlp", "pyomo"} & INSTALLED
"""Engines that bring none, or not always."""
EITHER = {Reason.UNBOUNDED, Reason.INFEASIBLE_OR_UNBOUNDED}


def clash() -> Matrices:
    """Rows that ask for 2 and allow 1, with costs at which nothing else bounds the columns."""
    return Matrices.build([-1, -1], [[1, 1], [1, 1], [1, -1]], [2, -INF, -INF], [INF, 1, 5])


def fall() -> Matrices:
    """Both columns may grow side by side, at a gain of 1 each time."""
    return Matrices.build([-2, 1, 0], [[1, -1, 0], [1, 0, 1]], [-INF, -1], [1, INF], column_upper=[INF, INF, 4])


def random_lp(seed: int, *, feasible: bool) -> Matrices:
    """Rows around a point, columns that often have no bounds, and a last row that the first one rules out."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(5, 14)), int(rng.integers(3, 8))
    rows = np.round(np.where(rng.random((m, n)) < 0.5, rng.normal(size=(m, n)), 0), 1)
    cost, inside = rng.normal(size=n).round(1), rng.normal(size=n).round(1)
    activity = (rows @ inside).round(2)
    lower, upper = np.where(rng.random(m) < 0.5, activity, -INF), activity + 1
    if not feasible:
        rows = np.vstack([rows, rows[:1]])
        lower, upper = np.append(lower, activity[0] + 6), np.append(upper, INF)
    free, open_ = rng.random(n) < 0.3, rng.random(n) < 0.6
    return Matrices.build(
        cost,
        rows,
        lower,
        upper,
        column_lower=np.where(free, -INF, inside - 1),
        column_upper=np.where(open_, INF, inside + 1),
    )


@pytest.mark.parametrize("solver", BOTH)
@pytest.mark.parametrize("presolve", [True, False])
def test_both_kinds_come_with_their_proof(solver: str, presolve: bool) -> None:
    options = SolverOptions(presolve=presolve)
    answer = solve(clash(), options, solver)
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.ray is not None
    assert infeasibility_margin(clash(), answer.ray) == pytest.approx(1)
    answer = solve(fall(), options, solver)
    assert answer.termination.reason is Reason.UNBOUNDED
    assert answer.ray is not None
    assert unboundedness_margin(fall(), answer.ray) == pytest.approx(1)


@pytest.mark.parametrize("solver", BOTH)
@pytest.mark.parametrize("seed", range(25))
def test_random_problems_without_an_answer_are_proven_so(solver: str, seed: int) -> None:
    for feasible in (True, False):
        problem = random_lp(seed, feasible=feasible)
        answer = solve(problem, solver=solver)
        if not feasible:
            assert answer.termination.reason is Reason.INFEASIBLE
        if answer.termination.reason is Reason.OPTIMAL:
            continue
        assert answer.ray is not None
        margin = infeasibility_margin if answer.termination.reason is Reason.INFEASIBLE else unboundedness_margin
        assert margin(problem, answer.ray) > 0


@pytest.mark.parametrize("solver", BOTH)
def test_a_ray_that_nobody_wants_costs_nothing(solver: str) -> None:
    for problem, reasons in ((clash(), {Reason.INFEASIBLE}), (fall(), EITHER)):
        answer = solve(problem, SolverOptions(ray=False), solver)
        assert answer.termination.reason in reasons
        assert answer.ray is None


def test_a_cone_solver_proves_infeasibility_only() -> None:
    if "convex" not in INSTALLED:
        pytest.skip("cvxpy is not installed")
    answer = solve(clash(), solver="convex")
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.ray is not None
    assert infeasibility_margin(clash(), answer.ray) > 0
    answer = solve(fall(), solver="convex")
    assert answer.termination.reason in EITHER
    assert answer.ray is None


@pytest.mark.parametrize("solver", sorted(SILENT))
def test_who_has_no_ray_gives_none_or_one_that_holds(solver: str) -> None:
    answer = solve(clash(), solver=solver)
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.ray is None or infeasibility_margin(clash(), answer.ray) > 0
    assert answer.ray is None or solver != "pyomo"
    answer = solve(fall(), solver=solver)
    assert answer.termination.reason in EITHER
    assert answer.ray is None or unboundedness_margin(fall(), answer.ray) > 0
    assert answer.ray is None or solver != "pyomo"


@pytest.mark.parametrize("seed", [70, 113, 156, 161, 169])
def test_highs_ends_with_a_word_where_its_presolve_is_at_a_loss(seed: int) -> None:
    """HiGHS 1.15.1 calls these infeasible problems a solve error at first."""
    problem = random_lp(seed, feasible=False)
    answer = solve(problem, solver="highs")
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.ray is not None
    assert infeasibility_margin(problem, answer.ray) > 0


def test_a_glop_that_breaks_down_over_the_ray_leaves_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    mathopt = pytest.importorskip("c4e_solvers.ortools_mathopt")
    ask, asked = mathopt.ortools_process.ask, list[object]()

    def second_fails(*arguments: object) -> bytes:
        asked.append(arguments)
        if len(asked) > 1:
            raise mathopt.SolverFailed("ABNORMAL")
        return ask(*arguments)

    monkeypatch.setattr(mathopt.ortools_process, "ask", second_fails)
    answer = solve(clash(), solver="ortools:glop")
    assert len(asked) == 2
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.ray is None
