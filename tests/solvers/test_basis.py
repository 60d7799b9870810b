"""Where a simplex method ended is where the next one may begin."""

from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import (
    Basis,
    BasisStatus,
    InvalidMatrices,
    Matrices,
    Reason,
    Session,
    Solution,
    SolverOptions,
    available,
    certify,
    highs_basis,
    relax,
    solve,
)
from c4e_solvers.basis import nonbasic

INF = np.inf
INSTALLED = {engine.name for engine in available()}
SIMPLEX = [name for name in ("highs", "ortools:glop") if name in INSTALLED]
LOWER, UPPER, FIXED, BASIC, FREE = (
    BasisStatus.AT_LOWER_BOUND,
    BasisStatus.AT_UPPER_BOUND,
    BasisStatus.FIXED_VALUE,
    BasisStatus.BASIC,
    BasisStatus.FREE,
)
ASKED = SolverOptions(basis=True)


def fleet() -> Matrices:
    """12 from a unit of 10 at price 1 and one of 5 at price 3: the first ends at its bound, the second in between."""
    return Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5])


def market(seed: int = 2, columns: int = 60, rows: int = 30) -> Matrices:
    rng = np.random.default_rng(seed)
    coefficients = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.3)
    return Matrices.build(rng.random(columns) + 0.1, coefficients, coefficients.sum(axis=1) / 3, INF, column_upper=1)


def basis_of(columns: list[int], rows: list[int]) -> Basis:
    return Basis(column_status=np.array(columns, np.int8), row_status=np.array(rows, np.int8))


def simplex(solution: Solution) -> int:
    assert solution.termination.reason is Reason.OPTIMAL
    return solution.iterations.get("simplex", 0)


@pytest.mark.parametrize("solver", SIMPLEX)
def test_a_basis_says_what_stands_where(solver: str) -> None:
    basis = solve(fleet(), ASKED, solver).basis
    assert basis is not None
    assert basis.column_status.tolist() == [UPPER, BASIC]
    assert basis.row_status.tolist() == [FIXED]
    assert basis.column_status.dtype == basis.row_status.dtype == np.int8


@pytest.mark.parametrize("solver", SIMPLEX)
def test_a_basis_fits_the_answer_it_came_with(solver: str) -> None:
    problem = replace(market(), column_lower=np.where(np.arange(60) < 5, -INF, 0.0))
    problem = problem.with_bounds(row_upper=np.where(np.arange(30) < 9, problem.row_lower, INF))
    answer = solve(problem, ASKED, solver)
    assert answer.primal is not None
    assert answer.basis is not None
    assert list(answer.basis.faults(60, 30)) == []
    activity = problem.csr() @ answer.primal
    for status, values, lower, upper in (
        (answer.basis.column_status, answer.primal, problem.column_lower, problem.column_upper),
        (answer.basis.row_status, activity, problem.row_lower, problem.row_upper),
    ):
        assert np.allclose(values[status == LOWER], lower[status == LOWER], atol=1e-7)
        assert np.allclose(values[status == UPPER], upper[status == UPPER], atol=1e-7)
        assert np.array_equal(status == FIXED, (lower == upper) & (status != BASIC))
        assert (status == BASIC).any()


@pytest.mark.parametrize("given", SIMPLEX)
@pytest.mark.parametrize("solver", SIMPLEX)
def test_from_the_best_basis_of_either_engine_nothing_is_left_to_do(solver: str, given: str) -> None:
    first = solve(market(), ASKED, given)
    assert simplex(first) > 20
    again = solve(replace(market(), basis=first.basis), ASKED, solver)
    assert simplex(again) == 0
    assert again.objective == pytest.approx(first.objective, rel=1e-9)
    assert certify(market(), again).faults() == ()
    assert again.basis is not None
    assert first.basis is not None
    assert np.array_equal(again.basis.column_status, first.basis.column_status)


@pytest.mark.parametrize("solver", SIMPLEX)
def test_a_near_basis_saves_iterations_and_a_far_one_costs_no_answer(solver: str) -> None:
    first = solve(market(), ASKED, solver)
    moved = replace(market(), row_lower=market().row_lower * 1.05)
    near = solve(replace(moved, basis=first.basis), solver=solver)
    cold = solve(moved, SolverOptions(presolve=False), solver)
    assert simplex(near) < simplex(cold) / 2
    far = replace(moved, basis=Basis.slack(moved.column_lower, moved.column_upper, moved.rows))
    assert solve(far, solver=solver).objective == pytest.approx(cold.objective, rel=1e-9)


@pytest.mark.parametrize("solver", SIMPLEX)
def test_a_basis_at_bounds_that_are_not_there_any_more_is_mended(solver: str) -> None:
    """As when a rolling horizon brings other bounds: the solver moves what stands nowhere."""
    first = solve(fleet(), ASKED, solver)
    opened = replace(fleet(), column_upper=np.array([INF, 5.0]), basis=first.basis)
    assert solve(opened, solver=solver).objective == pytest.approx(12)


@pytest.mark.parametrize("name", sorted(INSTALLED))
def test_nobody_gets_a_basis_unasked_and_those_without_one_take_it_as_no_offence(name: str) -> None:
    if name == "ortools:scip":
        pytest.skip("ortools:scip takes no LP")
    whole = name == "ortools:cp_sat"
    problem = replace(fleet(), integral=np.full(2, whole), basis=basis_of([UPPER, BASIC], [FIXED]))
    assert solve(problem, solver=name).basis is None
    answer = solve(problem, ASKED, name)
    assert answer.objective == pytest.approx(16, rel=1e-4)
    assert (answer.basis is not None) == (name in (*SIMPLEX, "ortools"))


def test_only_a_simplex_method_is_given_a_basis_and_ends_at_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for options, there in (
        ({"algorithm": "ipm"}, True),
        ({"algorithm": "ipm", "crossover": False}, False),
        ({"algorithm": "pdlp"}, False),
    ):
        assert (solve(market(), SolverOptions(basis=True, **options)).basis is not None) == there  # pyright: ignore[reportArgumentType]
    given: list[Basis] = []
    monkeypatch.setattr(highs_basis, "give", lambda _, basis: given.append(basis))
    for discrete in (
        replace(fleet(), integral=np.array([True, False])),
        replace(fleet(), semicontinuous=np.ones(2, bool)),
    ):
        assert solve(replace(discrete, basis=basis_of([UPPER, BASIC], [FIXED])), ASKED).basis is None
    quadratic = Matrices.build([1, 3], [[1, 1]], 6, 6, quadratic=np.eye(2), basis=basis_of([UPPER, BASIC], [FIXED]))
    assert solve(quadratic, ASKED).basis is None
    assert not given
    solve(replace(fleet(), basis=basis_of([UPPER, BASIC], [FIXED])))
    assert len(given) == 1


def test_an_infeasible_problem_ends_at_a_basis_too_and_keeps_its_ray() -> None:
    answer = solve(
        fleet().with_bounds(row_lower=np.array([99.0]), row_upper=np.array([99.0])),
        SolverOptions(basis=True, presolve=False),
    )
    assert answer.termination.reason is Reason.INFEASIBLE
    assert answer.basis is not None
    assert answer.ray is not None


@pytest.mark.parametrize(
    ("basis", "message"),
    [
        (basis_of([UPPER], [FIXED]), r"basis.column_status is int8\(1,\); it must be int8\(2,\)"),
        (basis_of([UPPER, BASIC], []), r"basis.row_status is int8\(0,\)"),
        (Basis(column_status=np.array([3, 5]), row_status=np.array([4], np.int8)), "basis.column_status is int64"),
        (basis_of([UPPER, BASIC], [0]), r"outside \[1, 5\]"),
        (basis_of([UPPER, 6], [FIXED]), r"outside \[1, 5\]"),
        (basis_of([BASIC, BASIC], [FIXED]), "holds 2 basic columns and rows; it must hold 1"),
        (basis_of([UPPER, LOWER], [FIXED]), "holds 0 basic columns and rows; it must hold 1"),
    ],
)
def test_what_is_no_basis_of_the_problem_is_refused(basis: Basis, message: str) -> None:
    with pytest.raises(InvalidMatrices, match=message):
        solve(replace(fleet(), basis=basis))


def test_what_is_not_basic_stands_at_a_bound_that_it_has() -> None:
    found = nonbasic(np.array([0, -INF, -INF, 2, -5.0]), np.array([1, 3, INF, 2, INF]))
    assert found.tolist() == [LOWER, UPPER, FREE, FIXED, LOWER]
    whole = Basis.slack(np.zeros(2), np.ones(2), 3).followed_by(basis_of([FREE], [BASIC]))
    assert whole.column_status.tolist() == [LOWER, LOWER, FREE]
    assert whole.row_status.tolist() == [BASIC] * 4
    assert list(whole.faults(3, 4)) == []


def test_a_session_begins_at_the_basis_of_its_problem_and_hands_out_the_last() -> None:
    first = solve(market(), ASKED)
    with Session(replace(market(), basis=first.basis), ASKED) as session:
        answer = session.solve()
        assert simplex(answer) == 0
        session.change_costs(np.array([0, 1]), np.array([0.9, 0.05]))
        last = session.solve()
        assert simplex(solve(replace(session.matrices, basis=last.basis))) == 0


def test_relaxing_and_changing_bounds_keep_the_basis_and_the_search_for_a_clash_does_not_stumble() -> None:
    given = replace(fleet(), basis=basis_of([UPPER, BASIC], [FIXED]))
    assert given.relaxed().basis is given.basis
    assert given.with_bounds(row_upper=np.array([20.0])).basis is given.basis
    assert relax(given.with_bounds(row_lower=np.array([17.0]), row_upper=np.array([17.0]))).objective == pytest.approx(
        2
    )


def test_a_basis_is_read_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS makes an object of every entry: nobody shall pay for that unasked."""
    read: list[object] = []
    monkeypatch.setattr(highs_basis, "taken", read.append)
    solve(fleet())
    assert not read
    solve(fleet(), ASKED)
    assert len(read) == 1
