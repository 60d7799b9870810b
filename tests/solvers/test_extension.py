"""Rows, columns and coefficients added to a problem, and to one that a session keeps warm."""

from dataclasses import replace

import highspy
import numpy as np
import pytest
from scipy.sparse import csc_array

from c4e_solvers import (
    Basis,
    BasisStatus,
    Block,
    Cone,
    InvalidMatrices,
    Matrices,
    OrderedSet,
    Reason,
    Session,
    SolverError,
    SolverFailed,
    SolverOptions,
    UnsupportedProgram,
    certify,
    highs,
    solve,
)
from c4e_solvers.extension import with_coefficients, with_columns, with_rows

INF = np.inf
LOWER, BASIC = BasisStatus.AT_LOWER_BOUND, BasisStatus.BASIC


def market(seed: int = 2, columns: int = 60, rows: int = 30) -> Matrices:
    rng = np.random.default_rng(seed)
    coefficients = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.3)
    return Matrices.build(rng.random(columns) + 0.1, coefficients, coefficients.sum(axis=1) / 3, INF, column_upper=1)


def rich() -> Matrices:
    """Two columns and two rows with one of everything that has a length."""
    return Matrices.build(
        [1, 3],
        [[1, 1], [0, 2]],
        [2, -INF],
        [INF, 8],
        column_upper=[10, 5],
        column_blocks=(Block(name="old", start=0, stop=2),),
        row_blocks=(Block(name="demand", start=0, stop=1),),
        quadratic=np.eye(2),
        cones=(Cone(head=0, tail=np.array([1], np.int32)),),
        start=np.array([1.0, np.nan]),
        semicontinuous=[True, False],
        ordered_sets=(OrderedSet(order=1, columns=np.array([0, 1], np.int32)),),
        basis=Basis(column_status=np.array([BASIC, LOWER], np.int8), row_status=np.array([LOWER, BASIC], np.int8)),
    )


def sparse_columns(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    made = csc_array(dense)
    return made.indptr.astype(np.int32), made.indices.astype(np.int32), made.data.astype(np.float64)


def random_columns(rng: np.random.Generator, rows: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return sparse_columns(rng.random((rows, count)) * (rng.random((rows, count)) < 0.3))


def test_new_columns_stand_at_the_end_of_their_rows_and_everything_grows_with_them() -> None:
    new = np.array([[7.0, 0.0, 8.0], [0.0, 0.0, 9.0]])
    made = with_columns(
        rich(),
        *sparse_columns(new),
        np.array([4.0, 5.0, 6.0]),
        np.array([0.0, -INF, 1.0]),
        np.array([INF, 2.0, 1.0]),
        integral=np.array([True, False, False]),
        name="new",
    )
    made.check()
    assert made.csr().toarray().tolist() == [[1, 1, 7, 0, 8], [0, 2, 0, 0, 9]]
    assert made.cost.tolist() == [1, 3, 4, 5, 6]
    assert made.integral.tolist() == [False, False, True, False, False]
    assert made.semicontinuous is not None
    assert made.semicontinuous.tolist() == [True, False, False, False, False]
    assert [b.name for b in made.column_blocks] == ["old", "new"]
    assert made.column_block_of(4) == Block(name="new", start=2, stop=5)
    assert made.quadratic is not None
    assert made.quadratic.toarray().tolist() == np.diag([1, 1, 0, 0, 0]).tolist()
    assert made.start is not None
    assert made.start.tolist()[:1] == [1.0]
    assert np.isnan(made.start[1:]).all()
    assert made.basis is not None
    assert made.basis.column_status.tolist() == [
        BASIC,
        LOWER,
        LOWER,
        BasisStatus.AT_UPPER_BOUND,
        BasisStatus.FIXED_VALUE,
    ]
    assert rich().csr().toarray().tolist() == [[1, 1], [0, 2]]
    assert rich().quadratic.shape == (2, 2)  # pyright: ignore[reportOptionalMemberAccess]


def test_new_rows_are_basic_and_their_block_follows() -> None:
    arrays = (np.array([0, 1, 1], np.int32), np.array([1], np.int32), np.array([5.0]))
    made = with_rows(rich(), *arrays, np.zeros(2), np.ones(2), name="cap")
    made.check()
    assert made.csr().toarray().tolist() == [[1, 1], [0, 2], [0, 5], [0, 0]]
    assert made.basis is not None
    assert made.basis.row_status.tolist() == [LOWER, BASIC, BASIC, BASIC]
    assert [b.name for b in made.row_blocks] == ["demand", "cap"]
    with pytest.raises(InvalidMatrices, match=r"row 0 \('cap', entry 0\): column 1 is outside \[0, 1\)"):
        with_rows(Matrices.build([1], [[1]], 0, 1), *arrays, np.zeros(2), np.ones(2), name="cap")


def test_coefficients_are_set_inserted_and_zeroed_in_any_order() -> None:
    problem = Matrices.build(np.ones(4), [[1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 4]], 0, 1)
    rows, columns = np.array([2, 0, 1, 0, 2], np.int32), np.array([3, 1, 0, 0, 0], np.int32)
    made = with_coefficients(problem, rows, columns, np.array([0.0, 6.0, 7.0, 8.0, 9.0]))
    made.check()
    assert made.csr().toarray().tolist() == [[8, 6, 2, 0], [7, 0, 0, 0], [9, 3, 0, 0]]
    assert made.nonzeros == 7  # with a zero that stays stored
    assert problem.csr().toarray().tolist() == [[1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 4]]


@pytest.mark.parametrize("seed", range(5))
def test_coefficients_at_random_places_come_out_as_in_a_dense_array(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem, dense = market(seed, 12, 9), market(seed, 12, 9).csr().toarray()
    places = rng.choice(12 * 9, 40, replace=False)
    rows, columns, values = (places // 12).astype(np.int32), (places % 12).astype(np.int32), rng.normal(size=40)
    dense[rows, columns] = values
    made = with_coefficients(problem, rows, columns, values)
    made.check()
    assert np.array_equal(made.csr().toarray(), dense)


@pytest.mark.parametrize("kind", ["lp", "milp", "semi", "qp"])
def test_a_session_that_grows_answers_as_if_solved_afresh(kind: str) -> None:
    rng = np.random.default_rng(5)
    begun = market()
    if kind == "milp":
        begun = replace(begun, integral=np.arange(60) < 10)
    elif kind == "semi":
        begun = replace(begun, semicontinuous=np.arange(60) < 10, column_lower=np.where(np.arange(60) < 10, 0.4, 0.0))
    elif kind == "qp":
        from scipy.sparse import csr_array

        begun = replace(begun, quadratic=csr_array(np.eye(60)))
    exact = SolverOptions(relative_gap=0.0, absolute_gap=0.0)
    with Session(begun, exact) as session:
        for step in range(9):
            n, m = session.matrices.columns, session.matrices.rows
            if step % 3 == 0:
                arrays = random_columns(rng, m, 4)
                session.add_columns(*arrays, rng.random(4), np.zeros(4), np.ones(4), name=f"batch {step}")
            elif step % 3 == 1:
                start, index = np.array([0, 2, 3], np.int32), np.array([3, n - 1, n - 2], np.int32)
                session.add_rows(start, index, np.ones(3), np.full(2, 0.1), np.full(2, INF), name=f"cut {step}")
            else:
                places = rng.choice(n * 20, 5, replace=False)
                session.change_coefficients(places // n, places % n, rng.random(5))
            warm, cold = session.solve(), solve(session.matrices, exact)
            assert warm.termination.reason is Reason.OPTIMAL
            assert warm.objective == pytest.approx(cold.objective, rel=1e-6)
            assert certify(session.matrices, warm).faults(1e-5) == ()
        assert session.matrices.columns == 72
        assert session.matrices.column_block_of(65).name == "batch 3"
        lp = session._model.highs.getLp()
        loaded = Matrices.build(lp.col_cost_, session.matrices.csr(), lp.row_lower_, lp.row_upper_)
        assert np.array_equal(loaded.cost, session.matrices.cost)


def test_a_cheap_new_column_is_used_and_the_last_basis_with_it() -> None:
    with Session(market(columns=400, rows=200), SolverOptions(presolve=False)) as session:
        first = session.solve()
        everywhere = sparse_columns(np.ones((200, 1)))
        session.add_columns(*everywhere, np.array([0.01]), np.zeros(1), np.array([0.02]))
        second = session.solve()
        assert second.primal is not None
        assert second.primal[-1] == pytest.approx(0.02)
        assert second.iterations["simplex"] < first.iterations["simplex"] / 3


def test_the_first_discrete_column_of_a_session_brings_its_branching() -> None:
    """At least 2.5 at price 2, or in whole units of one at price 1."""
    for what, objective in (({"integral": np.ones(1, bool)}, 3), ({"semicontinuous": np.ones(1, bool)}, 4)):
        lower = np.array([4.0 if "semicontinuous" in what else 0.0])
        with Session(Matrices.build([2], [[1]], 2.5, INF), SolverOptions(algorithm="simplex")) as session:
            assert session.solve().row_dual is not None
            session.add_columns(*sparse_columns(np.ones((1, 1))), np.ones(1), lower, np.full(1, 9.0), **what)
            answer = session.solve()
            assert answer.row_dual is None
            assert answer.objective == pytest.approx(objective)


def test_a_session_may_begin_with_nothing_and_keeps_its_start_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(Matrices.build([], [], [2.0], [INF]), SolverOptions(presolve=False)) as session:
        assert session.solve().termination.reason is Reason.INFEASIBLE
        session.add_columns(*sparse_columns(np.ones((1, 2))), np.array([3.0, 1.0]), np.zeros(2), np.array([9.0, 1.5]))
        assert session.solve().objective == pytest.approx(1.5 + 3 * 0.5)
        session.change_costs(np.array([0]), np.array([2.0]))
        assert session.solve().iterations == {}, "it must be warm"
    offered: list[list[float]] = []
    take = highs.Model.start_from
    monkeypatch.setattr(highs.Model, "start_from", lambda self, x: (offered.append(x.tolist()), take(self, x)))
    with Session(Matrices.build([1], [[2]], 3, INF, integral=True)) as session:
        session.solve()
        session.add_columns(*sparse_columns(np.ones((1, 1))), np.ones(1), np.zeros(1), np.ones(1))
        session.solve()
    assert offered == [[2.0, pytest.approx(np.nan, nan_ok=True)]]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([0, 1], [30], [1.0], [1.0], [0.0], [1.0]), r"new column 0: row 30 is outside \[0, 30\)"),
        (([0, 2], [3, 3], [1.0, 1.0], [1.0], [0.0], [1.0]), "new column 0: row 3 is there twice"),
        (([0, 2], [3, 1], [1.0, 1.0], [1.0], [0.0], [1.0]), "new column 0: row 1 stands after row 3"),
        (([0, 2], [3], [1.0], [1.0], [0.0], [1.0]), "column_start must rise from 0 to the 1 coefficients"),
        (([0], [3], [1.0], [1.0], [0.0], [1.0]), r"column_start is int32\(1,\); it must be int32\(2,\)"),
        (([0, 1], [3], [np.nan], [1.0], [0.0], [1.0]), "new column 0, row 3: coefficient is nan"),
        (([0, 1], [3], [1.0], [np.nan], [0.0], [1.0]), r"column 0 \('late', entry 0\): cost is nan"),
        (([0, 1], [3], [1.0], [1.0], [2.0], [1.0]), r"lower bound 2\.0 is above upper bound 1\.0"),
        (([0, 1], [3], [1.0], [1.0], [0.0, 1.0], [1.0]), r"column_lower is float64\(2,\)"),
    ],
)
def test_bad_columns_are_refused_and_change_nothing(arrays: tuple[list[float], ...], message: str) -> None:
    start, index, *rest = arrays
    given = [np.array(start, np.int32), np.array(index, np.int32), *(np.array(one, float) for one in rest)]
    with Session(market()) as session:
        before, objective = session.matrices, session.solve().objective
        with pytest.raises(InvalidMatrices, match=message):
            session.add_columns(*given, name="late")
        assert session.matrices is before
        assert session.solve().objective == objective


def test_bad_coefficients_are_refused_and_change_nothing() -> None:
    with Session(market()) as session:
        before, objective = session.matrices, session.solve().objective
        for rows, columns, values, message in (
            ([30], [0], [1.0], "row indices must lie within"),
            ([0], [60], [1.0], "column indices must lie within"),
            ([0, 0], [1, 1], [1.0, 2.0], "once only"),
            ([0], [1], [np.nan], "row 0, column 1: coefficient is nan"),
            ([0, 1], [1], [1.0, 2.0], "1 indices and 2 values"),
            ([0], [1], [1.0, 2.0], "1 indices and 2 values"),
        ):
            with pytest.raises(InvalidMatrices, match=message):
                session.change_coefficients(np.array(rows), np.array(columns), np.array(values))
        with pytest.raises(SolverFailed, match=r"below 1e\+15; the largest is 1e\+16"):
            session.change_coefficients(np.array([0, 1]), np.array([1, 2]), np.array([5.0, 1e16]))
        assert session.matrices is before
        assert session.solve().objective == pytest.approx(objective, rel=1e-9)


def test_a_change_that_highs_takes_in_part_only_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(market()) as session:
        objective = session.solve().objective
        change, told = session._model.highs.changeCoeff, []

        def second_fails(row: int, column: int, value: float) -> highspy.HighsStatus:
            told.append(row)
            return highspy.HighsStatus.kError if len(told) == 2 else change(row, column, value)

        monkeypatch.setattr(session._model.highs, "changeCoeff", second_fails)
        with pytest.raises(SolverFailed, match="refuses the change"):
            session.change_coefficients(np.array([0, 1]), np.array([1, 2]), np.array([50.0, 60.0]))
        assert session.solve().objective == pytest.approx(objective, rel=1e-9)


def test_columns_that_highs_does_not_take_are_refused_and_change_nothing() -> None:
    one = sparse_columns(np.ones((30, 1)))
    with Session(market()) as session:
        with pytest.raises(UnsupportedProgram, match="up to 100000"):
            session.add_columns(*one, np.ones(1), np.ones(1), np.full(1, 1e6), semicontinuous=np.ones(1, bool))
        assert session.matrices.columns == 60
        assert session.solve().termination.reason is Reason.OPTIMAL
    with Session(Matrices.build([1], [[1]], 1, 5, quadratic=[[1]])) as session:
        with pytest.raises(UnsupportedProgram, match="integer columns"):
            session.add_columns(
                *sparse_columns(np.ones((1, 1))), np.ones(1), np.ones(1), np.ones(1), integral=np.ones(1, bool)
            )
        assert session.solve().objective == pytest.approx(1.5)
    session.close()
    with pytest.raises(SolverError, match="closed"):
        session.add_columns(*sparse_columns(np.ones((1, 1))), np.ones(1), np.ones(1), np.ones(1))


def test_highs_holds_what_the_session_says_it_holds() -> None:
    with Session(market()) as session:
        session.add_columns(*sparse_columns(np.ones((30, 2))), np.ones(2), np.zeros(2), np.ones(2))
        session.change_coefficients(np.array([0, 4]), np.array([61, 2]), np.array([0.0, 3.0]))
        lp = session._model.highs.getLp()
        matrix = lp.a_matrix_
        assert matrix.format_ == highspy.MatrixFormat.kColwise
        loaded = csc_array((matrix.value_, matrix.index_, matrix.start_), shape=(30, 62)).toarray()
        assert np.array_equal(loaded, session.matrices.csr().toarray())


def test_columns_find_their_rows_where_rows_are_empty():
    empty = Matrices.build([1.0], np.zeros((3, 1)), [0, 0, 0], INF)
    dense = np.array([[0.0, 5.0], [7.0, 0.0], [0.0, 9.0]])
    start, index, value = sparse_columns(dense)
    grown = with_columns(empty, start, index, value, np.ones(2), np.zeros(2), np.ones(2))
    np.testing.assert_array_equal(grown.csr().toarray()[:, 1:], dense)
    grown.check()
