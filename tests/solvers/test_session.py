import threading
from dataclasses import replace

import numpy as np
import pytest

from c4e_solvers import (
    Interrupt,
    InvalidMatrices,
    Limit,
    Matrices,
    Reason,
    Session,
    SolverError,
    SolverOptions,
    UnsupportedProgram,
    certify,
    highs,
    solve,
)

INF = np.inf


def market(columns: int = 60, rows: int = 30) -> Matrices:
    rng = np.random.default_rng(2)
    coefficients = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.3)
    return Matrices.build(rng.random(columns) + 0.1, coefficients, coefficients.sum(axis=1) / 3, INF, column_upper=1)


def test_every_change_is_seen_by_the_next_solve_as_if_solved_afresh() -> None:
    rng = np.random.default_rng(3)
    with Session(market()) as session:
        for step in range(12):
            some = rng.choice(60, 7, replace=False)
            rows = rng.choice(session.matrices.rows, 3, replace=False)
            if step % 4 == 0:
                session.change_costs(some, rng.random(7))
            elif step % 4 == 1:
                session.change_bounds(some, np.zeros(7), rng.random(7) + 0.8)
            elif step % 4 == 2:
                session.change_row_bounds(rows, rng.random(3), np.full(3, INF))
            else:
                start, index = np.array([0, 2, 3], np.int32), np.array([3, 9, 5], np.int32)
                session.add_rows(start, index, np.ones(3), np.full(2, 0.2), np.full(2, INF), name=f"cut {step}")
            warm, cold = session.solve(), solve(session.matrices)
            assert warm.termination.reason is Reason.OPTIMAL
            assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
            assert certify(session.matrices, warm).faults() == ()
        assert session.matrices.rows == 36
        assert session.matrices.row_block_of(31).name == "cut 3"


def test_a_warm_solve_needs_fewer_iterations() -> None:
    with Session(market(400, 200), SolverOptions(presolve=False)) as session:
        first = session.solve().iterations["simplex"]
        session.change_costs(np.array([0]), np.array([0.5]))
        assert session.solve().iterations.get("simplex", 0) < first / 5


def test_a_milp_session_offers_its_last_solution_as_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[bytes] = []
    take = highs.Model.start_from

    def record(model: highs.Model, values: np.ndarray) -> None:
        offered.append(values.tobytes())
        take(model, values)

    monkeypatch.setattr(highs.Model, "start_from", record)
    with Session(replace(market(), integral=np.arange(60) < 20)) as session:
        first = session.solve()
        session.change_costs(np.array([1]), np.array([0.3]))
        warm = session.solve()
    assert first.primal is not None
    assert offered == [first.primal.tobytes()]
    assert warm.objective == pytest.approx(solve(session.matrices).objective, rel=1e-4)


def test_the_time_limit_counts_anew_in_every_solve(hard_milp: Matrices) -> None:
    with Session(hard_milp, SolverOptions(time_limit_s=0.6)) as session:
        answers = [session.solve() for _ in range(3)]
    assert all(a.termination.limit is Limit.TIME for a in answers)
    assert all(0.4 < a.seconds_wall < 1.0 for a in answers)


def test_the_time_limit_of_an_lp_counts_anew_in_every_solve() -> None:
    rng = np.random.default_rng(1)
    rows = rng.random((1200, 2400)) * (rng.random((1200, 2400)) < 0.004)
    big = Matrices.build(rng.random(2400), rows, rows.sum(axis=1) / 2, INF, column_upper=2)
    alone = solve(big).seconds_wall
    with Session(big, SolverOptions(time_limit_s=4 * alone)) as session:
        for step in range(8):
            session.change_costs(np.arange(2400), rng.random(2400))
            assert session.solve().termination.reason is Reason.OPTIMAL, step


def test_an_interrupted_session_stays_usable(hard_milp: Matrices) -> None:
    interrupt = Interrupt()
    with Session(hard_milp, SolverOptions(time_limit_s=20)) as session:
        threading.Timer(0.6, interrupt.set).start()
        stopped = session.solve(interrupt=interrupt)
        assert stopped.termination.limit is Limit.INTERRUPTED
        interrupt.clear()
        columns = np.flatnonzero(hard_milp.integral)
        session.change_bounds(columns, np.zeros(len(columns)), np.zeros(len(columns)))
        ended = session.solve(interrupt=interrupt)
        assert ended.termination.reason is Reason.OPTIMAL
        assert ended.objective == pytest.approx(hard_milp.row_lower.sum())


def test_sessions_with_different_threads_may_take_turns() -> None:
    with Session(market(), SolverOptions(threads=1)) as one, Session(market(), SolverOptions(threads=2)) as two:
        for step in range(1, 4):
            for session in (one, two):
                session.change_costs(np.array([step]), np.array([0.2]))
                assert session.solve().objective == pytest.approx(solve(session.matrices).objective, rel=1e-9)


def test_an_infeasible_step_does_not_spoil_the_next() -> None:
    with Session(market()) as session:
        before = session.solve().objective
        session.change_row_bounds(np.array([0]), np.array([1e4]), np.array([INF]))
        assert session.solve().termination.reason is Reason.INFEASIBLE
        session.change_row_bounds(np.array([0]), market().row_lower[:1], np.array([INF]))
        assert session.solve().objective == pytest.approx(before, rel=1e-9)


@pytest.mark.parametrize("columns", [[60], [-1], [1, 1]])
def test_a_bad_change_is_refused_and_changes_nothing(columns: list[int]) -> None:
    with Session(market()) as session:
        before = session.matrices
        with pytest.raises(InvalidMatrices, match="column indices"):
            session.change_costs(np.array(columns), np.ones(len(columns)))
        with pytest.raises(InvalidMatrices, match=r"lower bound 2\.0 is above upper bound 1\.0"):
            session.change_bounds(np.array([0]), np.array([2.0]), np.array([1.0]))
        with pytest.raises(InvalidMatrices, match="NaN"):
            session.change_row_bounds(np.array([0]), np.array([np.nan]), np.array([1.0]))
        with pytest.raises(InvalidMatrices, match="column 60 is outside"):
            session.add_rows(np.array([0, 1], np.int32), np.array([60], np.int32), np.ones(1), np.zeros(1), np.ones(1))
        assert session.matrices is before
        assert session.solve().termination.reason is Reason.OPTIMAL


def test_the_matrices_given_are_never_written_to() -> None:
    matrices = market()
    copy = matrices.cost.copy()
    with Session(matrices) as session:
        session.change_costs(np.array([0]), np.array([99.0]))
    assert np.array_equal(matrices.cost, copy)


def test_a_closed_session_and_a_program_it_cannot_take_are_errors() -> None:
    session = Session(market())
    session.close()
    with pytest.raises(SolverError, match="closed"):
        session.solve()
    with pytest.raises(UnsupportedProgram, match="a quadratic objective and integer columns"):
        Session(Matrices.build([1], [[1]], 0, 1, integral=True, quadratic=[[1]]))
