"""One problem after another through a loaded solver: the answers are those of cold solves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_solvers import (
    InvalidMatrices,
    Limit,
    Matrices,
    Reason,
    Session,
    SolverOptions,
    Warm,
    certify,
    solve,
    with_rows,
)


def problem(chance: np.random.Generator, columns: int, rows: int, *, discrete: bool) -> Matrices:
    """A bounded problem with a feasible point, some of its columns integers if it is discrete."""
    coefficients = chance.integers(-3, 4, (rows, columns)) * (chance.random((rows, columns)) < 0.6)
    point = chance.integers(0, 3, columns)
    reached = coefficients @ point
    return Matrices.build(
        chance.integers(-5, 6, columns),
        coefficients,
        reached - chance.integers(0, 4, rows),
        reached + chance.integers(0, 4, rows),
        column_upper=chance.integers(2, 6, columns),
        integral=(np.arange(columns) % 2 == 0) if discrete else False,
    )


def varied(matrices: Matrices, chance: np.random.Generator) -> Matrices:
    """The same problem with other numbers; it may be infeasible."""
    changed = replace(
        matrices,
        cost=matrices.cost + chance.integers(-2, 3, matrices.columns),
        row_upper=matrices.row_upper + chance.integers(0, 3, matrices.rows),
        column_upper=matrices.column_upper + chance.integers(0, 2, matrices.columns),
        offset=float(chance.integers(-9, 9)),
    )
    if chance.random() < 0.5:
        changed = replace(changed, row_lower=changed.row_lower - chance.integers(0, 2, matrices.rows))
    if chance.random() < 0.3:
        changed = replace(changed, row_value=changed.row_value * chance.choice([1.0, 2.0], changed.nonzeros))
    if chance.random() < 0.4:
        changed = taller(changed, chance)
    return changed


def taller(matrices: Matrices, chance: np.random.Generator) -> Matrices:
    """The same problem with two rows more after its last."""
    start, index = np.array([0, 2, 4], np.int32), np.array([0, 1, 2, 3], np.int32)
    upper = chance.integers(0, 6, 2).astype(np.float64)
    return with_rows(matrices, start, index, chance.integers(1, 4, 4).astype(np.float64), upper - 6.0, upper)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), discrete=st.booleans())
def test_a_solver_that_remembers_answers_as_one_that_does_not(seed: int, discrete: bool):
    chance, warm = np.random.default_rng(seed), Warm()
    options = SolverOptions(relative_gap=0.0)
    matrices = problem(chance, 6, 4, discrete=discrete)
    for _ in range(6):
        remembered, cold = warm.solve(matrices, options), solve(matrices, options)
        assert remembered.termination.reason is cold.termination.reason
        if cold.termination.reason is Reason.OPTIMAL:
            # Integers are whole within 1e-6 only.
            assert remembered.objective == pytest.approx(cold.objective, abs=1e-5 if discrete else 1e-6)
            assert certify(matrices, remembered).holds()
        matrices = varied(matrices, chance)


def test_a_problem_of_another_shape_is_loaded_anew():
    chance, warm = np.random.default_rng(4), Warm()
    for columns, rows in ((5, 3), (7, 4), (5, 3), (4, 0)):
        matrices = problem(chance, columns, rows, discrete=False)
        assert warm.solve(matrices).objective == pytest.approx(solve(matrices).objective)


def test_many_changed_coefficients_keep_the_basis():
    chance = np.random.default_rng(5)
    matrices = problem(chance, 120, 60, discrete=False)
    with Session(matrices) as session:
        session.solve()
        session.become(replace(matrices, row_value=matrices.row_value * (1 + 1e-9)))
        again = session.solve()
    assert again.iterations.get("simplex", 0) == 0
    assert again.objective == pytest.approx(solve(matrices).objective)


def test_only_what_differs_is_handed_over(monkeypatch: pytest.MonkeyPatch):
    matrices = problem(np.random.default_rng(6), 8, 5, discrete=False)
    with Session(matrices) as session:
        session.solve()
        changed: list[int] = []
        monkeypatch.setattr(session, "_reload", lambda _: pytest.fail("it was loaded anew"))
        monkeypatch.setattr(session, "change_costs", lambda columns, _: changed.extend(columns.tolist()))
        cost = matrices.cost.copy()
        cost[3] += 1.0
        session.become(replace(matrices, cost=cost))
    assert changed == [3]


def test_a_wrong_problem_changes_nothing():
    matrices = problem(np.random.default_rng(7), 8, 5, discrete=False)
    with Session(matrices) as session:
        before = session.solve().objective
        with pytest.raises(InvalidMatrices):
            session.become(replace(matrices, cost=np.full(8, np.nan)))
        assert session.matrices is matrices
        assert session.solve().objective == before


def test_a_time_limit_holds_for_one_solve_only():
    matrices, warm = problem(np.random.default_rng(8), 8, 5, discrete=False), Warm()
    warm.solve(matrices)
    harder = replace(matrices, cost=-matrices.cost)
    assert warm.solve(harder, SolverOptions(time_limit_s=0.0)).termination.limit is Limit.TIME
    assert warm.solve(harder).termination.reason is Reason.OPTIMAL


def test_rows_after_the_last_are_added_to_the_loaded_problem(monkeypatch: pytest.MonkeyPatch):
    """A linear problem is not loaded anew for them, whatever else has changed in its numbers."""
    chance = np.random.default_rng(1)
    matrices = problem(chance, 6, 4, discrete=False)
    session = Session(matrices, SolverOptions())
    session.solve()

    def loaded_anew(*_: object) -> None:
        raise AssertionError("the problem was loaded anew")

    monkeypatch.setattr(Session, "_reload", loaded_anew)
    more = taller(matrices, chance)
    more = replace(more, cost=more.cost + 1.0, row_upper=more.row_upper + 1.0, offset=3.0)
    session.become(more)
    found, cold = session.solve(), solve(more, SolverOptions())
    assert found.objective == pytest.approx(cold.objective)
    assert certify(more, found).holds()
