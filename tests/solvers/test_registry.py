from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import (
    Cone,
    Matrices,
    Reason,
    Solution,
    SolverOptions,
    Termination,
    UnsupportedProgram,
    highs,
    solve,
)

LP = Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5])


def test_auto_says_which_engine_it_took_and_why() -> None:
    why = "highs takes an LP (2 columns, 1 rows, 2 nonzeros), the first of those that do"
    assert solve(LP).choice == f"{why}; simplex, the fastest to a vertex on every LP measured"
    assert solve(LP, solver="highs").choice == ""


def test_auto_leaves_an_algorithm_that_was_asked_for_and_those_of_other_problems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    take = highs.Model.__init__

    def note(model: highs.Model, matrices: Matrices, options: SolverOptions) -> None:
        asked.append(options.algorithm)
        take(model, matrices, options)

    monkeypatch.setattr(highs.Model, "__init__", note)
    assert solve(LP, SolverOptions(algorithm="ipm")).choice.endswith("the first of those that do; ipm, as asked")
    assert solve(replace(LP, integral=np.ones(2, np.bool_))).choice.endswith("the first of those that do")
    solve(LP)
    solve(LP, solver="highs")
    assert asked == ["ipm", "choose", "simplex", "choose"]


def test_auto_takes_an_engine_for_cones_and_says_what_it_passed() -> None:
    cone = (Cone(head=0, tail=np.array([1], np.int32)),)
    answer = solve(Matrices.build([1, 0], [[0, 1]], 3, 3, cones=cone))
    assert answer.objective == pytest.approx(3)
    assert answer.choice.startswith("clarabel takes second-order cones (2 columns")
    assert "highs does not" in answer.choice


def test_auto_asks_the_next_engine_where_highs_gives_up_a_quadratic_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minimise x^2 + y^2 with x + y = 2: 1 and 1, at a price of 2, whoever finds it."""
    problem = Matrices.build([0, 0], [[1, 1]], 2, 2, quadratic=[[2, 0], [0, 2]])
    assert solve(problem).solver.startswith("highs")
    gave_up = Solution(termination=Termination(reason=Reason.NUMERICAL_ERROR))
    monkeypatch.setattr(highs, "solve", lambda *_, **__: gave_up)
    answer = solve(problem)
    assert answer.primal == pytest.approx([1, 1])
    assert answer.row_dual == pytest.approx([2])
    assert answer.choice == "clarabel, because highs ended with NUMERICAL_ERROR on a quadratic objective"
    assert solve(problem, solver="highs").termination.reason is Reason.NUMERICAL_ERROR


def test_auto_refuses_what_no_engine_takes() -> None:
    with pytest.raises(UnsupportedProgram, match="no known solver does"):
        solve(Matrices.build([1], [[1]], 0, 1, integral=True, quadratic=[[1]]))
