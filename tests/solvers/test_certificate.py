from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from c4e_solvers import Cone, Matrices, Reason, Solution, SolverError, Termination, certify, solve

INF = np.inf
FLEET = Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5])


def random_problem(seed: int, *, quadratic: bool, integers: bool) -> Matrices:
    """Feasible by construction, with every kind of row and column bound."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 12)), int(rng.integers(1, 9))
    rows = np.where(rng.random((m, n)) < 0.5, rng.normal(size=(m, n)), 0).round(2)
    inside = rng.integers(-3, 4, n).astype(float)
    lower, upper = inside - rng.integers(0, 4, n), inside + rng.integers(0, 4, n)
    activity = rows @ inside
    kind = rng.integers(0, 4, m)
    row_lower = np.where(kind == 1, -INF, activity - (kind == 2))
    row_upper = np.where(kind == 0, INF, activity + (kind == 2))
    half = rng.normal(size=(n, n)).round(1)
    return Matrices.build(
        rng.normal(size=n).round(2),
        rows,
        row_lower,
        row_upper,
        column_lower=lower,
        column_upper=upper,
        integral=rng.random(n) < 0.5 if integers else False,
        quadratic=half @ half.T + np.eye(n) if quadratic else None,
        offset=float(rng.normal()),
    )


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["lp", "qp", "milp"]))
def test_what_we_solve_is_certified(seed: int, kind: str) -> None:
    problem = random_problem(seed, quadratic=kind == "qp", integers=kind == "milp")
    answer = solve(problem)
    # HiGHS 1.15.1 gives up on about one random QP in 1,500, and says so.
    assume(kind != "qp" or answer.termination.reason is not Reason.NUMERICAL_ERROR)
    assert answer.termination.reason is Reason.OPTIMAL
    assert certify(problem, answer).faults() == ()


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["lp", "qp"]),
    where=st.sampled_from(["primal", "row_dual", "column_dual", "objective"]),
    data=st.data(),
)
def test_a_planted_corruption_is_found(seed: int, kind: str, where: str, data: st.DataObject) -> None:
    problem = random_problem(seed, quadratic=kind == "qp", integers=False)
    answer = solve(problem)
    assume(answer.termination.has_solution)
    value = getattr(answer, where)
    by = data.draw(st.sampled_from([-1.0, -0.01, 0.01, 1.0, np.nan, INF]))
    if where == "objective":
        corrupt = replace(answer, objective=value + 10 * by)
    else:
        array = value.copy()
        array[data.draw(st.integers(0, len(array) - 1))] += by
        corrupt = replace(answer, **{where: array})
    certificate = certify(problem, corrupt)
    if where == "row_dual" and problem.csr()[[int(np.argmax(array != answer.row_dual))]].nnz == 0:
        return  # the dual of an empty row between two zero bounds is arbitrary
    assert not certificate.holds(), (certificate, by)


@pytest.mark.parametrize(
    ("primal", "row_dual", "column_dual", "fault"),
    [
        ((10, 3), (3,), (-2, 0), "row 0 is violated"),
        ((12, 0), (3,), (-2, 0), "column 0 is outside its bounds"),
        ((9, 3), (3,), (-2, 0), "a dual prices a bound that does not bind"),
        ((10, 2), (2,), (-2, 0), "duals do not add up"),
        ((7, 5), (3,), (-2, 0), "primal and dual objective differ"),
        ((np.nan, 2), (3,), (-2, 0), "row 0 is violated (scaled): nan"),
    ],
)
def test_a_fault_is_named(
    primal: tuple[float, ...], row_dual: tuple[float, ...], column_dual: tuple[float, ...], fault: str
) -> None:
    """FLEET: 10 at price 1 and 2 at price 3 serve 12; the dual is 3, the cheap one earns 2."""
    planted = Solution(
        termination=Termination(reason=Reason.OPTIMAL),
        primal=np.array(primal, float),
        row_dual=np.array(row_dual, float),
        column_dual=np.array(column_dual, float),
    )
    assert any(fault in found for found in certify(FLEET, planted).faults())


def test_a_dual_at_an_infinite_bound_is_a_violation_and_no_nan() -> None:
    problem = Matrices.build([1.0], [[1.0]], 2, INF)
    good = solve(problem)
    assert certify(problem, good).dual_violation == 0
    bad = certify(problem, replace(good, row_dual=np.array([-1.0]), column_dual=np.array([2.0])))
    assert bad.dual_violation == 1
    assert bad.dual_objective == 0
    assert any("infinite bound" in fault for fault in bad.faults())


def test_integrality_and_gap_of_a_milp() -> None:
    problem = Matrices.build([-1, -1], [[2, 2]], -INF, 3, column_upper=9, integral=True)
    answer = solve(problem)
    certificate = certify(problem, answer)
    assert certificate.holds()
    assert certificate.dual_objective is None
    assert certificate.gap == pytest.approx(0, abs=1e-4)
    half = certify(problem, replace(answer, primal=np.array([1.5, 0]), objective=-1.5))
    assert half.integrality_violation == 0.5
    assert half.faults() == ("an integral column is not an integer: 0.5, allowed 1e-06",)


def test_cones_are_checked() -> None:
    problem = Matrices.build(
        [1, 0, 0], np.zeros((0, 3)), [], [], cones=(Cone(head=0, tail=np.array([1, 2], np.int32)),)
    )
    answer = Solution(termination=Termination(reason=Reason.FEASIBLE), primal=np.array([4.0, 3.0, 4.0]))
    assert certify(problem, answer).cone_violation == 1
    assert certify(problem, replace(answer, primal=np.array([5.0, 3.0, 4.0]))).holds()


def test_an_answer_without_a_primal_or_of_another_size_cannot_be_certified() -> None:
    with pytest.raises(SolverError, match="nothing to certify"):
        certify(FLEET, Solution(termination=Termination(reason=Reason.INFEASIBLE)))
    with pytest.raises(SolverError, match="primal has shape"):
        certify(FLEET, replace(solve(FLEET), primal=np.zeros(3)))
    with pytest.raises(SolverError, match="row_dual has shape"):
        certify(FLEET, replace(solve(FLEET), row_dual=np.zeros(2)))
