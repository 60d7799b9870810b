import pytest

from c4e_solvers import UnsupportedProgram, available, solve
from c4e_solvers.conformance import Problem, complaints, problems
from c4e_solvers.registry import ENGINES
from c4e_solvers.session import Session

PROBLEMS = problems()
CAN = {engine.name: engine.can for engine in ENGINES}


@pytest.mark.parametrize("solver", [engine.name for engine in available()])
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_every_solver_answers_every_problem_that_it_declares(problem: Problem, solver: str) -> None:
    if CAN[solver](problem.matrices.features()):
        assert complaints(problem, solve(problem.matrices, solver=solver)) == []
    else:
        with pytest.raises(UnsupportedProgram, match="does not take"):
            solve(problem.matrices, solver=solver)


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
