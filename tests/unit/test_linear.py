"""Expressions against the dense arrays that they stand for: one number per cell and column, and a constant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_opt.axes import Axis
from c4e_opt.errors import AxisError
from c4e_opt.program import Linear

COLUMNS = 5
UNIT, TIME = Axis("unit", ["u", "v", "w"]), Axis("time", ["0", "1", "2", "3"])
AXES = (UNIT, TIME)
SHAPE = (3, 4)
CELLS = 12

Dense = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]

SEEDS = st.integers(0, 2**32 - 1)


def dense(expression: Linear) -> Dense:
    """Coefficients (cell, column) and constants (cell,)."""
    table = np.zeros((expression.cells, COLUMNS))
    for cell, column, coef in expression.terms:
        np.add.at(table, (cell, column), coef)
    return table, np.broadcast_to(expression.constant, expression.shape).ravel().astype(float)


def random_expression(seed: int) -> Linear:
    """Up to three groups of entries, short or written out, in any order, and a constant of any fitting shape."""
    rng = np.random.default_rng(seed)
    terms = []
    for _ in range(rng.integers(0, 4)):
        in_order, alike = rng.integers(0, 2, 2)
        size = CELLS if in_order else int(rng.integers(0, 20))
        terms.append(
            (
                None if in_order else rng.integers(0, CELLS, size).astype(np.int32),
                rng.integers(0, COLUMNS, size).astype(np.int32),
                float(rng.integers(-4, 5)) if alike else rng.integers(-4, 5, size).astype(float),
            )
        )
    shape = [(), (4,), (3, 1), (1, 1), SHAPE][rng.integers(0, 5)]
    constant = rng.integers(-4, 5, shape).astype(float)
    return Linear(AXES, tuple(terms), float(constant) if shape == () else constant)


def equal(ours: Linear, table: Any, constant: Any) -> None:
    coefficients, constants = dense(ours)
    assert np.allclose(coefficients, np.asarray(table).reshape(coefficients.shape))
    assert np.allclose(constants, np.asarray(constant).ravel())


@given(SEEDS, SEEDS)
def test_sums_and_differences_are_those_of_the_arrays(one: int, other: int) -> None:
    left, right = random_expression(one), random_expression(other)
    (a, c), (b, d) = dense(left), dense(right)
    equal(left + right, a + b, c + d)
    equal(left - right, a - b, c - d)
    equal(-left, -a, -c)
    equal(Linear.total(AXES, [left, right, left]), 2 * a + b, 2 * c + d)


@given(SEEDS, st.sampled_from([(), (4,), (3, 1), (1, 4), SHAPE]))
def test_numbers_and_arrays_add_and_scale_cell_by_cell(seed: int, shape: tuple[int, ...]) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    number: Any = np.random.default_rng(seed).integers(1, 9, shape).astype(float)
    flat = np.broadcast_to(number, SHAPE).ravel()
    if shape == ():
        number = float(number)
    equal(expression + number, table, constant + flat)
    equal(number + expression, table, constant + flat)
    equal(expression - number, table, constant - flat)
    equal(number - expression, -table, flat - constant)
    equal(expression * number, table * flat[:, None], constant * flat)
    equal(number * expression, table * flat[:, None], constant * flat)
    equal(expression / number, table / flat[:, None], constant / flat)


@given(SEEDS)
def test_the_previous_step_is_the_array_shifted_along_its_last_axis(seed: int) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    before = np.array([[7.0], [8.0], [9.0]])
    shifted = np.zeros((*SHAPE, COLUMNS))
    shifted[:, 1:] = table.reshape(*SHAPE, COLUMNS)[:, :-1]
    moved = np.empty(SHAPE)
    moved[:, 1:], moved[:, :1] = constant.reshape(SHAPE)[:, :-1], before
    equal(expression.previous(before), shifted, moved)
    moved[:, 0] = 3.0
    equal(expression.previous(3.0), shifted, moved)


@given(SEEDS)
def test_the_following_step_is_the_array_shifted_back_and_zero_in_the_end(seed: int) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    shifted, moved = np.zeros((*SHAPE, COLUMNS)), np.zeros(SHAPE)
    shifted[:, :-1], moved[:, :-1] = table.reshape(*SHAPE, COLUMNS)[:, 1:], constant.reshape(SHAPE)[:, 1:]
    equal(expression.following(), shifted, moved)


@given(SEEDS)
def test_terms_of_coefficient_zero_may_be_left_out(seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 2, SHAPE).astype(float)
    expression = random_expression(seed) * mask
    less = expression.nonzero()
    equal(less, *dense(expression))
    assert all(np.all(coef != 0) for _, _, coef in less.terms)


@given(SEEDS)
def test_gathering_adds_cells_into_the_cells_that_they_are_sent_to(seed: int) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    target = np.random.default_rng(seed).integers(0, 8, CELLS)
    axes = (Axis("bus", ["a", "b"]), TIME)
    wanted, numbers = np.zeros((8, COLUMNS)), np.zeros(8)
    np.add.at(wanted, target, table)
    np.add.at(numbers, target, constant)
    equal(expression.gather(axes, target), wanted, numbers)
    assert expression.gather(axes, target).shape == (2, 4)


@given(SEEDS, st.lists(st.integers(0, 1), min_size=3, max_size=3))
def test_along_another_axis_rows_are_added_where_they_are_placed(seed: int, place: list[int]) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    bus = Axis("bus", ["a", "b"])
    wanted, numbers = np.zeros((2, 4, COLUMNS)), np.zeros((2, 4))
    for row, where in enumerate(place):
        wanted[where] += table.reshape(*SHAPE, COLUMNS)[row]
        numbers[where] += constant.reshape(SHAPE)[row]
    moved = expression.along(bus, np.array(place))
    assert moved.axes == (bus, TIME)
    equal(moved, wanted, numbers)


@given(SEEDS)
def test_the_sum_of_everything_is_one_cell(seed: int) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    total = expression.sum()
    assert total.shape == ()
    equal(total, table.sum(axis=0), constant.sum())


@given(SEEDS)
def test_a_trailing_sum_adds_its_window_up_to_its_own_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expression = random_expression(seed)
    expression = Linear(AXES, expression.terms)
    first = np.stack([rng.integers(0, step + 1, 3) for step in range(4)], axis=1)
    table = dense(expression)[0].reshape(*SHAPE, COLUMNS)
    wanted = np.zeros_like(table)
    for unit in range(3):
        for step in range(4):
            wanted[unit, step] = table[unit, first[unit, step] : step + 1].sum(axis=0)
    equal(expression.trailing_sum(first), wanted, np.zeros(CELLS))


@given(SEEDS)
def test_a_leading_sum_adds_its_window_from_its_own_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expression = random_expression(seed)
    last = np.stack([rng.integers(step, 4, 3) for step in range(4)], axis=1)
    table, constant = dense(expression)
    table, constant = table.reshape(*SHAPE, COLUMNS), constant.reshape(SHAPE)
    wanted, numbers = np.zeros_like(table), np.zeros(SHAPE)
    for unit in range(3):
        for step in range(4):
            window = slice(step, last[unit, step] + 1)
            wanted[unit, step], numbers[unit, step] = table[unit, window].sum(axis=0), constant[unit, window].sum()
    equal(expression.leading_sum(last), wanted, numbers)


@given(SEEDS)
def test_a_trailing_sum_adds_constants_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    constant = rng.integers(-4, 5, SHAPE).astype(float)
    expression = Linear(AXES, (), constant)
    first = np.stack([rng.integers(0, step + 1, 3) for step in range(4)], axis=1)
    wanted = [[constant[u, first[u, t] : t + 1].sum() for t in range(4)] for u in range(3)]
    equal(expression.trailing_sum(first), np.zeros((CELLS, COLUMNS)), wanted)


@given(SEEDS, st.lists(st.integers(0, CELLS - 1), min_size=2, max_size=2))
def test_some_cells_only_are_those_cells_over_other_axes(seed: int, cells: list[int]) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    picked = expression.at(np.array(cells), (Axis("bus", ["a", "b"]),))
    assert picked.shape == (2,)
    # `dense` of the picked expression counts its own cells
    coefficients, constants = dense(picked)
    assert np.allclose(coefficients, table[cells])
    assert np.allclose(constants, constant[cells])


@given(SEEDS)
def test_the_value_at_a_point_is_the_array_times_the_point(seed: int) -> None:
    expression = random_expression(seed)
    table, constant = dense(expression)
    point = np.random.default_rng(seed + 1).normal(size=COLUMNS)
    assert np.allclose(expression.value(point).ravel(), table @ point + constant)
    assert expression.value(point).shape == SHAPE


@given(SEEDS)
def test_operations_leave_their_operands_as_they_were(seed: int) -> None:
    expression = random_expression(seed)
    table, constant = (array.copy() for array in dense(expression))
    first = np.zeros(SHAPE, dtype=int)
    _ = expression + expression, expression * 2.0, expression.previous(1.0), expression.sum()
    _ = expression.trailing_sum(first), expression.at(np.array([1]), (Axis("x", ["x"]),)), -expression
    equal(expression, table, constant)


MISALIGNED = [
    (Axis("unit", ["u", "w", "v"]), TIME),
    (Axis("plant", ["u", "v", "w"]), TIME),
    (UNIT, Axis("time", ["0", "1", "2"])),
    (TIME, UNIT),
    (UNIT,),
]


@pytest.mark.parametrize("axes", MISALIGNED, ids=["order", "name", "length", "transposed", "fewer"])
def test_expressions_over_other_axes_never_meet(axes: tuple[Axis, ...]) -> None:
    left, right = Linear(AXES), Linear(axes)
    for act in (lambda: left + right, lambda: left - right, lambda: Linear.total(AXES, [left, right])):
        with pytest.raises(AxisError, match="align them first"):
            act()


@pytest.mark.parametrize("shape", [(4, 3), (3,), (5,), (2, 4), (1, 3, 4), (2, 3, 4), (3, 5)])
def test_an_array_that_does_not_fit_is_refused_and_never_grows_an_expression(shape: tuple[int, ...]) -> None:
    expression, array = Linear(AXES), np.ones(shape)
    for act in (
        lambda: expression + array,
        lambda: array + expression,
        lambda: expression * array,
        lambda: array * expression,
        lambda: expression - array,
        lambda: expression / array,
        lambda: Linear(AXES, (), array),
    ):
        with pytest.raises(AxisError):
            act()


def test_an_expression_of_one_cell_does_not_grow_to_the_array_that_scales_it() -> None:
    """A single unit times an array of three would make three of one."""
    one = Linear((Axis("unit", ["u"]), TIME))
    with pytest.raises(AxisError):
        _ = one * np.ones((3, 4))


@pytest.mark.parametrize("before", [np.ones((3, 4)), np.ones(4), np.ones((2, 1))])
def test_what_held_before_the_first_step_has_one_number_per_entity(before: Any) -> None:
    with pytest.raises(AxisError):
        Linear(AXES).previous(before)


@pytest.mark.parametrize("target", [np.zeros(5, int), np.full(CELLS, 8), np.full(CELLS, -1)])
def test_gathering_into_cells_that_do_not_exist_is_refused(target: Any) -> None:
    column = np.zeros(CELLS, dtype=np.int32)
    everywhere = Linear(AXES, ((np.arange(CELLS, dtype=np.int32), column, np.ones(CELLS)),), np.ones(SHAPE))
    with pytest.raises((AxisError, IndexError, ValueError)):
        everywhere.gather((Axis("bus", ["a", "b"]), TIME), target)
