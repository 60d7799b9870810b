"""Problems made smaller: the same best answers, and a way back to all columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array

from c4e_solvers import Matrices, Reason, UnsupportedProgram, reduced, solve

INF = np.inf


def whole(matrices: Matrices, point: np.ndarray) -> np.ndarray:
    """The answer of a problem by way of the smaller one."""
    part = reduced(matrices, point)
    assert part is not None
    answer = solve(part.matrices, solver="clarabel" if part.matrices.columns else "auto")
    assert answer.termination.reason is Reason.OPTIMAL
    assert answer.primal is not None
    return part.primal(answer.primal)


def curved(matrices: Matrices, square: object) -> Matrices:
    return replace(matrices, quadratic=csr_array(diags_array(np.asarray(square, np.float64))))


def test_a_chain_of_equations_leaves_one_column() -> None:
    """x1 = 2 x0 + 1, x2 = x1 / 2 = x0 + 1/2: the least of x0^2 + 2 x2^2 is where 2 x0 + 4 (x0 + 1/2) = 0, x0 = -1/3."""
    chain = Matrices.build([0, 0, 0], [[2, -1, 0], [0, 1, -2]], [-1, 0], [-1, 0], column_lower=-9)
    posed = curved(chain, [2, 0, 4])
    part = reduced(posed, np.array([0.0, 1.0, 0.5]))
    assert part is not None
    assert (part.matrices.columns, part.matrices.rows) == (1, 0)
    assert whole(posed, np.array([0.0, 1.0, 0.5])) == pytest.approx([-1 / 3, 1 / 3, 1 / 6], abs=1e-7)


def test_bounds_of_a_column_that_was_written_by_another_hold() -> None:
    """x1 = x0 + 1 <= 1/4 keeps x0 at -3/4 at most, although it would rather be 5."""
    chain = Matrices.build([-1, 0], [[1, -1]], [-1], [-1], column_lower=-9, column_upper=[5, 0.25])
    assert whole(chain, np.array([-2.0, -1.0])) == pytest.approx([-0.75, 0.25], abs=1e-7)


def test_a_column_without_a_cost_is_room_in_its_row() -> None:
    """x0 + x1 - x2 = 3 with x2 of 0 to 1: x0 + x1 lies within 3 and 4, and the least squares are 1.5 each."""
    posed = curved(Matrices.build([0, 0, 0], [[1, 1, -1]], [3], [3], column_upper=[9, 9, 1]), [2, 2, 0])
    assert whole(posed, np.array([2.0, 2.0, 1.0])) == pytest.approx([1.5, 1.5, 0.0], abs=1e-7)


def test_what_has_no_cost_stays_at_the_point() -> None:
    """Of two problems beside each other the second costs nothing: its x2 + x3 + x4 = 1 stays (0.2, 0.3, 0.5)."""
    rows = [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1], [0, 0, 1, 2, 4]]
    posed = Matrices.build([1, 2, 0, 0, 0], rows, [1, 1, 0], [INF, 1, 3.5], column_upper=1)
    assert whole(posed, np.array([0.5, 0.5, 0.2, 0.3, 0.5])) == pytest.approx([1, 0, 0.2, 0.3, 0.5], abs=1e-7)


def test_rows_that_clash_leave_nothing_to_solve() -> None:
    posed = Matrices.build([1, 1], [[1, 0], [1, -1]], [2, 0], [2, 0], column_upper=[3, 1])
    assert reduced(posed, np.zeros(2)) is None


def test_whole_numbers_are_refused() -> None:
    with pytest.raises(UnsupportedProgram, match="continuous"):
        reduced(Matrices.build([1], [[1]], [0], [1], integral=True), np.zeros(1))


@pytest.mark.parametrize("seed", range(40))
def test_the_least_squares_of_a_random_problem_are_those_of_the_whole(seed: int) -> None:
    """Storage along time with equations of all lengths, some squares, some costs, around a point that is known."""
    rng = np.random.default_rng(seed)
    columns, rows = 14, 9
    dense = np.zeros((rows, columns))
    for row in dense:
        places = rng.choice(columns, rng.integers(1, 5), replace=False)
        row[places] = rng.choice([-3.2, -1.0, 0.95, 1.0, 2.0], places.size)
    point = rng.uniform(0.0, 1.0, columns) * (rng.random(columns) < 0.8)
    level = dense @ point
    wide = np.where(rng.random(rows) < 0.6, 0.0, rng.uniform(0.0, 1.0, rows))
    square = np.where(rng.random(columns) < 0.5, rng.uniform(0.5, 2.0, columns), 0.0)
    free = np.where(rng.random(columns) < 0.1, INF, 1.0)
    cost = np.where((square > 0) & (rng.random(columns) < 0.5), rng.normal(size=columns), 0.0)
    posed = curved(Matrices.build(cost, dense, level - wide, level + wide, column_upper=free), square)
    one, other = solve(posed, solver="clarabel").primal, whole(posed, point)
    assert one is not None
    assert other[square > 0] == pytest.approx(one[square > 0], abs=1e-5)
    activity = dense @ other
    assert (activity >= level - wide - 1e-7).all()
    assert (activity <= level + wide + 1e-7).all()
    assert (other >= -1e-9).all()
    assert (other <= free + 1e-9).all()
