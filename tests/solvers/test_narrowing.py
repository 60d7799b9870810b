"""Where a large problem clashes: bounds, windows and rays find rows that have no solution by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_solvers import (
    Matrices,
    Reason,
    narrowed_by_bounds,
    narrowed_by_ray,
    narrowed_by_windows,
    relax,
    solve,
    windows,
)
from c4e_solvers.propagation import clashing_rows
from c4e_solvers.sides import Sides

STEPS = 1000


def chain(lower: np.ndarray, *, integral: bool = False) -> Matrices:
    """e[t] = e[t-1] + c[t], 0 <= c <= 1, lower[t] <= e[t] <= 10, e before the first 0."""
    from scipy.sparse import eye_array, hstack

    energy = eye_array(STEPS, format="csr") - eye_array(STEPS, k=-1, format="csr")
    return Matrices.build(
        np.ones(2 * STEPS),
        hstack([energy, -eye_array(STEPS)], format="csr"),
        row_lower=np.zeros(STEPS),
        row_upper=np.zeros(STEPS),
        column_lower=np.concatenate([lower, np.zeros(STEPS)]),
        column_upper=np.concatenate([np.full(STEPS, 10.0), np.ones(STEPS)]),
        integral=np.repeat([False, integral], STEPS),
    )


def target(step: int, level: float) -> np.ndarray:
    """At least a level at the end of one step."""
    lower = np.zeros(STEPS)
    lower[step] = level
    return lower


def has_none(matrices: Matrices, rows: np.ndarray) -> bool:
    sides = Sides(matrices)
    return solve(sides.part(sides.of(rows)).matrices).termination.reason is Reason.INFEASIBLE


PLACE = np.arange(STEPS, dtype=np.int64)


def test_bounds_find_a_target_that_is_out_of_reach_soon_after_the_begin() -> None:
    matrices = chain(target(1, 4.0))
    near = narrowed_by_bounds(matrices, PLACE)
    assert near is not None
    assert near.rows.size < 10
    assert has_none(matrices, near.rows)


def test_a_margin_takes_the_neighbours_of_a_clash_of_the_lp() -> None:
    near = narrowed_by_bounds(chain(target(1, 4.0)), PLACE, margin=20)
    assert near is not None
    assert near.rows.tolist() == list(range(22))


def test_bounds_round_whole_numbers() -> None:
    """For x + y = 1.5 with a whole x that equals y: the LP has a solution."""
    matrices = Matrices.build(
        np.zeros(2),
        np.array([[1.0, 1.0], [1.0, -1.0]]),
        row_lower=np.array([1.5, 0.0]),
        row_upper=np.array([1.6, 0.0]),
        column_lower=np.zeros(2),
        column_upper=np.array([0.9, 1.0]),
        integral=np.array([True, False]),
    )
    assert clashing_rows(matrices).size
    assert not clashing_rows(matrices.relaxed()).size


def test_bounds_that_are_not_there_say_nothing() -> None:
    matrices = Matrices.build(
        np.zeros(2), np.array([[1.0, 1.0]]), row_lower=np.array([5.0]), row_upper=np.array([5.0]),
        column_lower=np.array([0.0, -np.inf]), column_upper=np.array([1.0, np.inf]),
    )  # fmt: skip
    assert not clashing_rows(matrices).size


def test_a_problem_with_a_solution_is_never_said_to_clash() -> None:
    """Random rows through a random point, with whole numbers."""
    draw = np.random.default_rng(1)
    for _ in range(200):
        rows, columns = (int(n) for n in draw.integers(1, 9, 2))
        point = draw.integers(-3, 4, columns).astype(np.float64)
        values = draw.integers(-3, 4, (rows, columns)).astype(np.float64)
        slack = draw.random((2, rows)) * 0.1
        matrices = Matrices.build(
            np.zeros(columns), values, row_lower=values @ point - slack[0], row_upper=values @ point + slack[1],
            column_lower=point - draw.integers(0, 3, columns), column_upper=point + draw.integers(0, 3, columns),
            integral=draw.random(columns) < 0.5,
        )  # fmt: skip
        assert not clashing_rows(matrices).size


@pytest.mark.parametrize("step", [40, 500, 999])
def test_windows_cover_every_place_and_find_a_clash_wherever_it_is(step: int) -> None:
    matrices = chain(target(step, 9.0))
    upper = matrices.column_upper.copy()
    upper[step - 3] = 0.5
    matrices = matrices.with_bounds(column_upper=upper)
    near = narrowed_by_windows(matrices, PLACE, windows(STEPS))
    assert near is not None
    assert has_none(matrices, near.rows)
    assert step in near.rows


def test_windows_overlap_and_reach_both_ends() -> None:
    begins = windows(STEPS)
    assert begins[0] == STEPS - 336
    assert {place for begin in begins for place in range(begin, begin + 336)} >= set(range(STEPS))
    assert windows(100) == [0]


def test_a_ray_finds_what_spans_the_whole() -> None:
    """Two tenths in every step reach 200 of 2000 tenths; no window of 336 steps forbids that by itself."""
    from scipy.sparse import csr_array

    matrices = Matrices.build(
        np.zeros(STEPS), csr_array(np.ones((1, STEPS))), row_lower=np.array([300.0]), row_upper=np.array([np.inf]),
        column_lower=np.zeros(STEPS), column_upper=np.full(STEPS, 0.2),
    )  # fmt: skip
    near = narrowed_by_ray(matrices, np.array([-1]))
    assert near is not None
    assert near.rows.tolist() == [0]
    assert near.conflict is not None
    assert len(near.conflict.members) == STEPS + 1


def test_nothing_is_found_in_a_problem_with_a_solution() -> None:
    assert narrowed_by_ray(chain(np.zeros(STEPS)), PLACE) is None
    assert narrowed_by_windows(chain(np.zeros(STEPS)), PLACE, windows(STEPS)) is None
    assert narrowed_by_bounds(chain(np.zeros(STEPS)), PLACE) is None


def test_a_relaxation_within_some_rows_is_that_of_these_rows_alone() -> None:
    """Four wanted after two steps of one: two are missing; told of the whole problem's rows."""
    matrices = chain(target(1, 4.0))
    found = relax(matrices, within=np.arange(2, dtype=np.int64))
    assert found.objective == pytest.approx(2.0)
    assert found.violation is not None
    assert found.violation.shape == (STEPS,)
    assert {each.row for each in found.violated} <= {0, 1}
    assert relax(matrices).objective == pytest.approx(2.0)


def test_a_guided_relaxation_is_the_smallest_too() -> None:
    matrices = chain(target(4, 7.0))
    assert relax(matrices, guided=True).objective == pytest.approx(relax(matrices).objective) == pytest.approx(2.0)
