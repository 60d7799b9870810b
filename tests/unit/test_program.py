from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_opt.axes import Axis
from c4e_opt.errors import AxisError
from c4e_opt.program import Linear, Program, Room

UNIT, TIME = Axis("unit", ["u", "v"]), Axis("time", ["0", "1", "2"])
AXES = (UNIT, TIME)
MASKS = st.lists(st.booleans(), min_size=6, max_size=6).map(lambda bits: np.array(bits).reshape(2, 3))


def dense(program: Program) -> Any:
    """Coefficients (row, column)."""
    matrices = program.matrices()
    table = np.zeros((matrices.rows, matrices.columns))
    for row in range(matrices.rows):
        for entry in range(matrices.row_start[row], matrices.row_start[row + 1]):
            table[row, matrices.row_index[entry]] += matrices.row_value[entry]
    return table


def test_a_law_becomes_rows_with_constants_on_the_right() -> None:
    """2 x + 3 y + 4 == 10 is the row (2, 3) with both bounds at 6."""
    program = Program()
    x = program.variable("x_mw", (UNIT,), 0.0, 5.0, doc="x")
    y = program.variable("y_mw", (UNIT,), -1.0, np.array([7.0, 8.0]), doc="y")
    program.equal("both", x * 2.0 + y * 3.0 + 4.0, 10.0)
    program.at_most("most", x, y)
    program.at_least("least", x + np.array([1.0, 2.0]), 3.0)
    matrices = program.matrices()
    assert dense(program).tolist() == [
        [2, 0, 3, 0],
        [0, 2, 0, 3],
        [1, 0, -1, 0],
        [0, 1, 0, -1],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
    ]
    assert matrices.row_lower.tolist() == [6, 6, -np.inf, -np.inf, 2, 1]
    assert matrices.row_upper.tolist() == [6, 6, 0, 0, np.inf, np.inf]
    assert matrices.column_lower.tolist() == [0, 0, -1, -1]
    assert matrices.column_upper.tolist() == [5, 5, 7, 8]
    assert [(block.name, block.start, block.stop) for block in matrices.row_blocks] == [
        ("both", 0, 2),
        ("most", 2, 4),
        ("least", 4, 6),
    ]
    assert [block.name for block in matrices.column_blocks] == ["x_mw", "y_mw"]


def test_squares_of_variables_are_counted_and_handed_over_as_half_of_q() -> None:
    """3 * (2 x)^2 = 12 x^2: Q holds 24; at x = (1, 2) they cost 12 and 0, the linear part 1 + 2."""
    program = Program()
    program.variable("w_mw", (UNIT,), doc="w")
    x = program.variable("x_mw", (UNIT,), doc="x")
    program.minimise("cost", x)
    program.minimise_quadratic("cost", x * 2.0, np.array([3.0, 0.0]))
    quadratic = program.matrices().quadratic
    assert quadratic is not None
    assert quadratic.toarray().tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 24, 0], [0, 0, 0, 0]]
    assert program.evaluate(np.array([0.0, 0.0, 1.0, 2.0])) == {"cost": 15.0}
    assert program.matrices([program.objective["cost"]]).quadratic is None
    with pytest.raises(AxisError, match="more than one variable"):
        program.minimise_quadratic("cost", x + x, 1.0)
    with pytest.raises(ValueError, match="not convex"):
        program.minimise_quadratic("cost", x, -1.0)


def test_a_cone_is_over_columns_and_makes_those_that_it_lacks() -> None:
    """What is a variable by itself stays one; 2 y and a constant become one with a law of their own, where present."""
    program = Program()
    x = program.variable("x_mw", (UNIT,), doc="x")
    y = program.variable("y_mw", (UNIT,), doc="y")
    program.cone("c", Linear((UNIT,), (), 5.0), (x, y * 2.0), present=np.array([False, True]))
    matrices = program.matrices()
    names = list(program.variables)
    assert names == ["x_mw", "y_mw", "c_head", "c_1"]
    assert [(cone.head, cone.tail.tolist()) for cone in matrices.cones] == [(4, [1, 5])]
    assert [name for name, each in program.variables.items() if not each.told] == ["c_head", "c_1"]
    assert list(program.constraints) == ["c_head", "c_1"]
    assert dense(program).tolist() == [[0, 0, 0, 0, 1, 0], [0, 0, 0, -2, 0, 1]]
    assert matrices.row_lower.tolist() == [5, 0]
    duals = program.cones["c"].unpack([np.array([3.0, 1.0, 2.0])])
    assert duals.tolist() == [[0, 3], [0, 1], [0, 2]]
    with pytest.raises(AxisError, match="exists already"):
        program.cone("c", x, (y,))
    with pytest.raises(AxisError, match="differ"):
        program.cone("d", x, (program.variable("z_mw", AXES, doc="z"),))


def test_repeated_terms_add_up_in_one_coefficient() -> None:
    program = Program()
    x = program.variable("x_mw", (UNIT,), doc="x")
    program.equal("law", x + x - x * 0.5)
    assert dense(program).tolist() == [[1.5, 0], [0, 1.5]]
    assert program.matrices().nonzeros == 2


def test_terms_of_the_objective_of_one_name_add_up() -> None:
    program = Program()
    x = program.variable("x_mw", (UNIT,), doc="x")
    program.minimise("energy", x * np.array([1.0, 2.0]) + 3.0)
    program.minimise("energy", x * 10.0)
    program.minimise("start", x.sum() * 100.0)
    matrices = program.matrices()
    assert matrices.cost.tolist() == [111.0, 112.0]
    assert matrices.offset == 6.0
    assert program.evaluate(np.array([1.0, 1.0])) == {"energy": 29.0, "start": 200.0}


@given(MASKS, MASKS)
def test_masks_leave_out_columns_and_rows_and_nothing_else(columns: Any, rows: Any) -> None:
    """A masked programme is the full one with the other columns at zero and the other rows gone."""
    masked, full = Program(), Program()
    laws = []
    for program, present, where in ((masked, columns, rows), (full, None, None)):
        x = program.variable("x_mw", AXES, 0.0, np.arange(6.0).reshape(2, 3), doc="x", present=present)
        y = program.variable("y_mw", AXES, doc="y")
        program.at_most("law", x * 2.0 + x.previous(np.array([[1.0], [2.0]])) - y, 5.0, present=where)
        laws.append(program.matrices())
    keep_columns = np.concatenate([columns.ravel(), np.ones(6, bool)])
    assert np.allclose(dense(masked), dense(full)[rows.ravel()][:, keep_columns])
    assert np.allclose(laws[0].row_upper, laws[1].row_upper[rows.ravel()])
    assert np.allclose(laws[0].column_upper, laws[1].column_upper[keep_columns])


@given(MASKS)
def test_a_masked_block_unpacks_with_zeros_where_nothing_is(mask: Any) -> None:
    program = Program()
    x = program.variable("x_mw", AXES, doc="x", present=mask)
    program.equal("law", x, present=mask)
    count = int(mask.sum())
    wanted = np.zeros((2, 3))
    wanted[mask] = np.arange(1.0, count + 1)
    assert np.array_equal(program.variables["x_mw"].unpack(np.arange(1.0, count + 1)), wanted)
    assert np.array_equal(program.constraints["law"].unpack(np.arange(1.0, count + 1)), wanted)
    for offset, (unit, step) in enumerate(np.argwhere(mask)):
        assert program.constraints["law"].labels(offset) == {"unit": UNIT.labels[unit], "time": TIME.labels[step]}


def test_integral_blocks_say_so() -> None:
    program = Program()
    program.variable("power_mw", (UNIT,), doc="power")
    program.variable("on", (UNIT,), 0.0, 1.0, doc="on", integral=True)
    assert program.matrices().integral.tolist() == [False, False, True, True]
    assert program.matrices().integers == 2


@pytest.mark.parametrize("what", ["lower", "upper"])
def test_a_bound_that_does_not_fit_its_axes_is_refused(what: str) -> None:
    bound: dict[str, Any] = {what: np.ones((3, 2))}
    with pytest.raises(AxisError, match=r"bound of x_mw: shape \(3, 2\) does not fit"):
        Program().variable("x_mw", AXES, doc="x", **bound)


@pytest.mark.parametrize("shape", [(3, 2), (2,), (2, 3, 1), (5, 2, 3)])
def test_a_mask_that_does_not_fit_its_axes_is_refused(shape: tuple[int, ...]) -> None:
    program = Program()
    with pytest.raises(AxisError):
        program.variable("x_mw", AXES, doc="x", present=np.ones(shape, bool))
    y = program.variable("y_mw", AXES, doc="y")
    with pytest.raises(AxisError):
        program.equal("law", y, present=np.ones(shape, bool))


def test_a_name_is_taken_once() -> None:
    program = Program()
    x = program.variable("x_mw", (UNIT,), doc="x")
    program.equal("law", x)
    with pytest.raises(AxisError, match="one name, one block"):
        program.variable("x_mw", (UNIT,), doc="x")
    with pytest.raises(AxisError, match="one name, one law"):
        program.at_most("law", x)


def test_laws_between_misaligned_sides_are_refused() -> None:
    program = Program()
    x = program.variable("x_mw", (UNIT,), doc="x")
    y = program.variable("y_mw", (Axis("unit", ["v", "u"]),), doc="y")
    for law in (program.equal, program.at_most, program.at_least):
        with pytest.raises(AxisError):
            law("law", x, y)
    assert not program.constraints


def test_a_room_writes_its_kind_before_every_name() -> None:
    program = Program()
    room = Room(program, "battery")
    x = room.variable("charge_mw", (UNIT,), doc="x")
    room.equal("a", x)
    room.at_most("b", x, 1.0)
    room.at_least("c", x, 0.0)
    room.minimise("energy", x)
    assert list(program.variables) == ["battery_charge_mw"]
    assert list(program.constraints) == ["battery_a", "battery_b", "battery_c"]
    assert list(program.objective) == ["energy"]


def test_an_empty_programme_has_empty_matrices() -> None:
    matrices = Program().matrices()
    assert (matrices.rows, matrices.columns, matrices.nonzeros, matrices.offset) == (0, 0, 0, 0.0)


def test_rows_that_are_added_later_extend_the_matrices_to_what_they_would_be_anew() -> None:
    """Two variables in three steps; first x <= 5, then 1 <= x + 2 y in the last two steps, and y = 3 in all."""
    time = Axis("time", np.arange(3))
    program = Program()
    x, y = (program.variable(name, (time,), doc=name) for name in ("x_mw", "y_mw"))
    program.at_most("x_limit", x, 5.0)
    before = program.matrices()
    assert program.extended(before) is before
    program.at_least("sum_limit", x + y * 2.0, 1.0, present=np.array([False, True, True]))
    program.equal("y_schedule", y, 3.0)
    found, anew = program.extended(before), program.matrices()
    assert found.row_blocks == anew.row_blocks
    assert [(block.name, block.start, block.stop) for block in found.row_blocks] == [
        ("x_limit", 0, 3), ("sum_limit", 3, 5), ("y_schedule", 5, 8)
    ]  # fmt: skip
    for name in ("row_start", "row_index", "row_value", "row_lower", "row_upper", "cost", "column_lower"):
        assert np.array_equal(getattr(found, name), getattr(anew, name)), name
    assert found.row_lower.tolist() == [-np.inf] * 3 + [1.0, 1.0] + [3.0] * 3
    assert found.row_upper.tolist() == [5.0] * 3 + [np.inf] * 2 + [3.0] * 3
