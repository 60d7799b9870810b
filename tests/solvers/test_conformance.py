import pytest

from c4e_solvers import Reason, UnsupportedProgram, available, solve
from c4e_solvers.conformance import Problem, complaints, problems
from c4e_solvers.registry import ENGINES
from c4e_solvers.session import Session

PROBLEMS = problems()
CAN = {engine.name: engine.can for engine in ENGINES}
ACCURACY = {engine.name: engine.accuracy for engine in ENGINES}
GIVES_UP = {("convex", "large and small numbers")}
"""Where an engine ends without an answer and says so; a wrong answer is never on this list."""
NARROW = {"ortools:cp_sat", "ortools:scip"}
"""Engines that look at more than features: whole numbers only, no problem without integers."""
HONEST = {Reason.IMPRECISE, Reason.NUMERICAL_ERROR}


@pytest.mark.parametrize("solver", [engine.name for engine in available()])
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_every_solver_answers_every_problem_that_it_declares(problem: Problem, solver: str) -> None:
    if refusal := _refusal(problem, solver):
        assert solver in NARROW or not CAN[solver](problem.matrices.features())
        pytest.skip(refusal)
    answer = solve(problem.matrices, solver=solver)
    assert CAN[solver](problem.matrices.features())
    if (solver, problem.name) in GIVES_UP:
        assert answer.termination.reason in HONEST
        pytest.skip(f"{solver} gives up: {answer.termination.reason} ({answer.termination.detail})")
    assert complaints(problem, answer, ACCURACY[solver]) == []


def _refusal(problem: Problem, solver: str) -> str:
    """Why the solver does not take the problem; empty when it does."""
    if CAN[solver](problem.matrices.features()) and solver not in NARROW:
        return ""
    try:
        solve(problem.matrices, solver=solver)
    except UnsupportedProgram as error:
        return str(error).split(";")[0]
    return ""


@pytest.mark.parametrize("solver", [engine.name for engine in ENGINES])
def test_every_engine_is_tested_or_listed_as_missing(solver: str) -> None:
    if solver not in {engine.name for engine in available()}:
        pytest.skip(f"solver {solver} is not installed: nothing of it is tested")


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if CAN["highs"](p.matrices.features())], ids=lambda p: p.name)
def test_a_session_answers_the_same_when_asked_again(problem: Problem) -> None:
    with Session(problem.matrices) as session:
        for _ in range(2):
            assert complaints(problem, session.solve()) == []


def test_the_suite_is_large_and_its_names_are_different() -> None:
    assert len({problem.name for problem in PROBLEMS}) == len(PROBLEMS) >= 20


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_every_problem_is_sound(problem: Problem) -> None:
    problem.matrices.check()
