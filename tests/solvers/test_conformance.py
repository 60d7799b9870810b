from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from c4e_solvers import (
    Matrices,
    OrderedSet,
    Reason,
    Solution,
    Termination,
    UnsupportedProgram,
    available,
    certify,
    infeasibility_margin,
    solve,
    unboundedness_margin,
)
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
    assert len({problem.name for problem in PROBLEMS}) == len(PROBLEMS) >= 64


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_every_problem_is_sound_and_its_answer_proves_itself(problem: Problem) -> None:
    """No solver takes part: the answer that was worked out by hand is held to the problem alone."""
    problem.matrices.check()
    if Reason.OPTIMAL in problem.reasons:
        assert problem.objective is not None
        if problem.primal is not None:
            assert certify(problem.matrices, by_hand(problem)).faults(1e-9) == ()
        if problem.row_dual is not None and not problem.matrices.features():
            assert lower_end(problem.matrices, np.array(problem.row_dual)) == pytest.approx(
                problem.objective, rel=1e-12
            )
    elif problem.ray is not None:
        assert proves(problem)
    else:
        assert problem.matrices.discrete, "only choices may rule out an answer without a ray"


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.matrices.discrete], ids=lambda problem: problem.name)
def test_no_choice_beats_the_answer(problem: Problem) -> None:
    """Every choice of integers, of what rests and of neighbours is tried; what is left for the columns is an LP."""
    best = least_of_all_choices(problem.matrices)
    if best is None:
        pytest.skip("its integers have no finite bounds")
    assert best == pytest.approx(np.inf if problem.objective is None else problem.objective)


def by_hand(problem: Problem) -> Solution:
    """What is known of the answer, as a solver would bring it."""

    def array(numbers: tuple[float, ...] | None) -> np.ndarray | None:
        return None if numbers is None else np.array(numbers, float)

    cones = problem.cone_dual
    return Solution(
        termination=Termination(reason=Reason.OPTIMAL),
        primal=array(problem.primal),
        row_dual=array(problem.row_dual),
        column_dual=array(problem.column_dual),
        cone_dual=None if cones is None else tuple(np.array(cone, float) for cone in cones),
        objective=problem.objective,
        bound=problem.objective,
    )


def lower_end(matrices: Matrices, row_dual: np.ndarray) -> float:
    """What these duals prove of an LP: no point within all bounds costs less."""
    total = matrices.offset
    for dual, lower, upper in (
        (row_dual, matrices.row_lower, matrices.row_upper),
        (matrices.cost - matrices.csr().T @ row_dual, matrices.column_lower, matrices.column_upper),
    ):
        dual = np.where(np.abs(dual) < 1e-12, 0.0, dual)
        priced = dual != 0.0
        total += float(dual[priced] @ np.where(dual > 0, lower, upper)[priced])
    return total


def proves(problem: Problem) -> bool:
    """Whether the ray of a problem rules its optimum out."""
    matrices, ray = problem.matrices, np.array(problem.ray, float)
    if Reason.INFEASIBLE in problem.reasons:
        cones = problem.cone_ray
        return infeasibility_margin(matrices, ray, cone_ray=cones and tuple(np.array(c, float) for c in cones)) > 0
    inside = all(np.linalg.norm(ray[cone.tail]) <= ray[cone.head] for cone in matrices.cones)
    flat = matrices.quadratic is None or not (matrices.quadratic @ ray).any()
    return inside and flat and unboundedness_margin(matrices, ray) > 0


def least_of_all_choices(matrices: Matrices) -> float | None:
    """Smallest objective over all choices; infinite without one, None where integers have no finite bounds."""
    lower, upper = np.ceil(matrices.column_lower), np.floor(matrices.column_upper)
    if not np.isfinite([lower[matrices.integral], upper[matrices.integral]]).all():
        return None
    if matrices.integral.all() and matrices.semicontinuous is None and not matrices.ordered_sets:
        axes = [np.arange(low, high + 1) for low, high in zip(lower, upper, strict=True)]
        points = np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")])
        activity = matrices.csr() @ points
        low, high = matrices.row_lower[:, None] - 1e-9, matrices.row_upper[:, None] + 1e-9
        inside = ((activity >= low) & (activity <= high)).all(axis=0)
        return float((matrices.cost @ points)[inside].min(initial=np.inf)) + matrices.offset
    none = np.zeros(matrices.columns, bool)
    plain = replace(matrices, integral=none, semicontinuous=None, ordered_sets=())
    best = np.inf
    for boxes in product(*(_boxes(matrices, column) for column in range(matrices.columns))):
        for windows in product(*(_windows(chosen) for chosen in matrices.ordered_sets)):
            low, high = np.array(boxes, float).T.copy()
            zero = np.array([column for window in windows for column in window], int)
            low[zero], high[zero] = np.maximum(low[zero], 0.0), np.minimum(high[zero], 0.0)
            if (low <= high).all():
                answer = solve(plain.with_bounds(column_lower=low, column_upper=high), solver="highs")
                best = min(best, np.inf if answer.objective is None else answer.objective)
    return best


def _boxes(matrices: Matrices, column: int) -> list[tuple[float, float]]:
    """What a column may choose among: intervals, of which at most one is more than a point."""
    low, high = float(matrices.column_lower[column]), float(matrices.column_upper[column])
    boxes = [(low, high)]
    if matrices.integral[column]:
        boxes = [(float(whole), float(whole)) for whole in np.arange(np.ceil(low), np.floor(high) + 1)]
    rests = matrices.semicontinuous is not None and matrices.semicontinuous[column]
    return [*boxes, (0.0, 0.0)] if rests else boxes


def _windows(chosen: OrderedSet) -> list[list[int]]:
    """The columns of an ordered set that are zero, for each place at which its neighbours may stand."""
    columns = chosen.columns.tolist()
    return [columns[:at] + columns[at + chosen.order :] for at in range(len(columns))]


@pytest.mark.parametrize(
    ("name", "changes", "complaint"),
    [
        ("merit order", {"termination": Termination(reason=Reason.INFEASIBLE)}, "ended with INFEASIBLE"),
        ("merit order", {"termination": Termination(reason=Reason.IMPRECISE)}, "ended with IMPRECISE"),
        ("merit order", {"objective": 16.1}, "objective is"),
        ("merit order", {"primal": np.array([9.0, 3.0])}, "primal is"),
        ("merit order", {"primal": np.array([10.0])}, "primal has shape"),
        ("merit order", {"row_dual": np.array([-3.0]), "column_dual": np.array([4.0, 6.0])}, "row_dual is"),
        ("merit order", {"primal": None}, "nothing to certify"),
        ("merit order", {"row_dual": None}, "duals must be there"),
        ("merit order", {"bound": None}, "bound is None"),
        ("merit order", {"bound": 16.1}, "bound is 16.1"),
        ("merit order", {"bound": -np.inf}, "bound is -inf"),
        ("merit order", {"bound": 15.0}, "bound is 15"),
        ("many optimal vertices", {"primal": np.array([2.0, 1.0])}, "row 0 is violated"),
        ("knapsack", {"row_dual": np.array([0.0]), "column_dual": np.zeros(4)}, "missing then"),
        ("knapsack", {"primal": np.array([1, 0, 1, 0.5])}, "an integral column is not an integer"),
        ("length of a vector", {"cone_dual": None}, "cone duals must be there"),
        ("length of a vector", {"cone_dual": (np.array([1.0, 0.6, 0.8]),)}, "cone_dual is"),
        ("length of a vector", {"cone_dual": ()}, "does not fit the cones"),
        ("rows clash", {"ray": np.array([-1.0, 1.0])}, "does not prove INFEASIBLE"),
        ("rows clash", {"ray": np.array([1.0])}, "does not prove INFEASIBLE"),
        ("rows clash", {"primal": np.array([0.0, 0.0])}, "a primal without a feasible answer"),
        ("unbounded ray", {"ray": np.array([-1.0, -1.0])}, "does not prove UNBOUNDED"),
    ],
)
def test_every_planted_fault_is_complained_about(name: str, changes: dict[str, object], complaint: str) -> None:
    problem = next(problem for problem in PROBLEMS if problem.name == name)
    good = by_hand(problem)
    if Reason.OPTIMAL not in problem.reasons:
        good = Solution(termination=Termination(reason=min(problem.reasons, key=len)), ray=np.array(problem.ray, float))
    elif problem.primal is None:
        good = replace(good, primal=np.array([2.0, 0.0]), column_dual=np.zeros(2))
    assert complaints(problem, good) == []
    planted = replace(good, **changes)
    assert any(complaint in found for found in complaints(problem, planted))
