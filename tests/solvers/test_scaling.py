from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_solvers import Block, Matrices, scaling
from c4e_solvers.matrices import FloatArray

INF = np.inf


def plant(**changes: Any) -> Matrices:
    """Two power columns, two energy columns; a balance and a row without a name."""
    made = Matrices.build(
        cost=[20.0, 50.0, 0.0, 1.0],
        coefficients=[[1.0, 1.0, 0.0, 0.0], [-0.5, 0.0, 1.0, -2.0]],
        row_lower=[3.0, 0.0],
        row_upper=[3.0, INF],
        column_upper=[10.0, 5.0, INF, 4.0],
        column_blocks=(Block(name="power_mw", start=0, stop=2), Block(name="energy_mwh", start=2, stop=4)),
        row_blocks=(Block(name="balance", start=0, stop=1),),
    )
    return replace(made, **{name: np.array(values, np.float64) for name, values in changes.items()})


def test_every_block_and_pair_of_blocks_has_its_smallest_and_largest_number() -> None:
    found = {(each.kind, each.rows, each.columns): (each.smallest, each.largest) for each in scaling(plant()).ranges}
    assert found == {
        ("coefficients", "balance", "power_mw"): (1.0, 1.0),
        ("coefficients", "", "power_mw"): (0.5, 0.5),
        ("coefficients", "", "energy_mwh"): (1.0, 2.0),
        ("costs", None, "power_mw"): (20.0, 50.0),
        ("costs", None, "energy_mwh"): (1.0, 1.0),
        ("column bounds", None, "power_mw"): (5.0, 10.0),
        ("column bounds", None, "energy_mwh"): (4.0, 4.0),
        ("row bounds", "balance", None): (3.0, 3.0),
    }
    assert scaling(plant()).warnings() == ()


def test_quadratic_coefficients_are_measured_between_columns() -> None:
    made = Matrices.build([0, 0], [[1, 1]], 1, 1, quadratic=[[2e-7, 0], [0, 4]])
    (squares,) = scaling(replace(made, column_blocks=(Block(name="x", start=0, stop=2),))).of("quadratic coefficients")
    assert (squares.smallest, squares.largest) == (2e-7, 4.0)
    assert str(squares) == "columns 'x' x columns 'x': quadratic coefficients from 2e-07 to 4, ratio 2e+07"


WARNED: list[tuple[dict[str, Any], str]] = [
    (
        {"row_value": [2.5e-7, 1e3, -0.5, 1.0, -2.0]},
        "rows 'balance' x columns 'power_mw': coefficients from 2.5e-07 to 1e+03, ratio 4e+09; measure in units",
    ),
    (
        {"row_value": [1.0, 1.0, -5e-9, 1.0, -2.0]},
        "rows without a name x columns 'power_mw': coefficients from 5e-09, beside 2 at rows without a name x columns",
    ),
    ({"row_lower": [3e8, 0.0], "row_upper": [3e8, INF]}, "columns 'power_mw': row bounds up to 3e+08, beside coeffic"),
    ({"column_upper": [1e9, 5.0, INF, 4.0]}, "columns 'power_mw': bounds up to 1e+09, the middle one of the problem"),
    (
        {"row_lower": [3e-8, 0.0], "row_upper": [3e-8, INF]},
        "rows 'balance': bounds of at most 3e-08, within a solver's",
    ),
    ({"cost": [20.0, 50.0, 0.0, 1e-7]}, "columns 'energy_mwh': costs of at most 1e-07 beside 50 elsewhere"),
    ({"cost": [20.0, 1e-7, 0.0, 1.0]}, "columns 'power_mw': costs from 1e-07 to 20, ratio 2e+08; a solver may take"),
]


@pytest.mark.parametrize(("changes", "said"), WARNED, ids=[said.split(":")[1][1:22] for _, said in WARNED])
def test_a_warning_names_the_block_and_its_numbers(changes: dict[str, Any], said: str) -> None:
    warnings = scaling(plant(**changes)).warnings()
    assert any(said in warning for warning in warnings), warnings


def test_what_is_infinite_or_zero_is_no_number() -> None:
    nothing = Matrices.build([0.0], [[0.0]], -INF, INF)
    assert scaling(nothing).ranges == ()
    assert scaling(nothing).middle_bound == 0.0
    assert scaling(Matrices.build([], [], [], [])).warnings() == ()


@given(st.integers(0, 2**32 - 1))
def test_ranges_are_those_of_the_dense_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 6, 2)
    table = 10.0 ** rng.integers(-3, 4, (rows, columns)) * rng.integers(-1, 2, (rows, columns))
    blocks = []
    for length in (rows, columns):
        start, stop = np.sort(rng.integers(0, length + 1, 2)).tolist()
        blocks.append((Block(name="a", start=start, stop=stop),))
    made = Matrices.build(np.ones(columns), table, -1, 1, row_blocks=blocks[0], column_blocks=blocks[1])
    found = {(each.rows, each.columns): each for each in scaling(made).of("coefficients")}
    for row in ("", "a"):
        for column in ("", "a"):
            inside = _part(_part(table, blocks[0][0], row).T, blocks[1][0], column)
            sizes = np.abs(inside[inside != 0])
            assert ((row, column) in found) == bool(sizes.size)
            if sizes.size:
                assert (found[row, column].smallest, found[row, column].largest) == (sizes.min(), sizes.max())


def _part(table: FloatArray, block: Block, name: str) -> FloatArray:
    inside = np.zeros(len(table), np.bool_)
    inside[block.start : block.stop] = True
    return table[inside] if name else table[~inside]
