"""The same problem with more rows, more columns or other coefficients, without a loop over its entries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from c4e_solvers import soundness
from c4e_solvers.basis import Basis, BasisStatus, nonbasic
from c4e_solvers.errors import InvalidMatrices
from c4e_solvers.matrices import Block, BoolArray, FloatArray, IntArray, Matrices


def with_rows(
    matrices: Matrices,
    row_start: IntArray,
    row_index: IntArray,
    row_value: FloatArray,
    row_lower: FloatArray,
    row_upper: FloatArray,
    *,
    name: str = "",
) -> Matrices:
    """The problem with k rows more after its last, in the form of ``Matrices``; the new ones are basic in its basis.

    Args:
        matrices: The problem with n columns.
        row_start: Where each new row begins in ``row_index``, and at the end their number of coefficients (k+1,).
        row_index: Columns (nnz,), rising within each row.
        row_value: Coefficients (nnz,).
        row_lower: Lower bounds (k,).
        row_upper: Upper bounds (k,).
        name: Name of their block; nameless if empty.

    Raises:
        InvalidMatrices: The new arrays do not describe rows of this problem.
    """
    count = np.size(row_lower)
    replace(
        matrices,
        row_start=row_start,
        row_index=row_index,
        row_value=row_value,
        row_lower=row_lower,
        row_upper=row_upper,
        row_blocks=_block(name, 0, count),
        basis=None,
    ).check()
    nothing = np.zeros(0, np.int8)
    basic = Basis(column_status=nothing, row_status=np.full(count, BasisStatus.BASIC, np.int8))
    return replace(
        matrices,
        row_start=np.concatenate([matrices.row_start, row_start[1:] + np.int32(matrices.nonzeros)]),
        row_index=np.concatenate([matrices.row_index, row_index]),
        row_value=np.concatenate([matrices.row_value, row_value]),
        row_lower=np.concatenate([matrices.row_lower, row_lower]),
        row_upper=np.concatenate([matrices.row_upper, row_upper]),
        row_blocks=matrices.row_blocks + _block(name, matrices.rows, count),
        basis=None if matrices.basis is None else matrices.basis.followed_by(basic),
    )


def with_columns(
    matrices: Matrices,
    column_start: IntArray,
    column_index: IntArray,
    column_value: FloatArray,
    cost: FloatArray,
    column_lower: FloatArray,
    column_upper: FloatArray,
    *,
    integral: BoolArray | None = None,
    semicontinuous: BoolArray | None = None,
    name: str = "",
) -> Matrices:
    """The problem with k columns more after its last, given column by column.

    They are in no cone, no ordered set and no quadratic term; a start knows nothing of them, and in a basis they are
    not basic.

    Args:
        matrices: The problem with m rows.
        column_start: Where each new column begins in ``column_index``, and at the end their number of coefficients
            (k+1,), int32.
        column_index: Rows (nnz,), int32, rising within each column.
        column_value: Coefficients (nnz,).
        cost: Linear costs (k,).
        column_lower: Lower bounds (k,), -inf where there is none.
        column_upper: Upper bounds (k,), inf where there is none.
        integral: Which of them must be integers (k,); None for none.
        semicontinuous: Which of them are zero or within their bounds (k,); None for none.
        name: Name of their block; nameless if empty.

    Raises:
        InvalidMatrices: The new arrays do not describe columns of this problem.
    """
    n, m, count = matrices.columns, matrices.rows, np.size(cost)
    whole = np.zeros(count, np.bool_) if integral is None else integral
    _check_columns(column_start, column_index, column_value, count, m)
    alone = Matrices.build(cost, np.zeros((0, count)), [], [])
    bounds = {"column_lower": column_lower, "column_upper": column_upper}
    blocks = _block(name, 0, count)
    replace(alone, cost=cost, integral=whole, semicontinuous=semicontinuous, column_blocks=blocks, **bounds).check()

    column = np.repeat(np.arange(n, n + count, dtype=np.int32), np.diff(column_start))
    by_row = np.argsort(column_index, kind="stable")  # rows without entries end where the row before them does
    at = matrices.row_start[column_index[by_row] + 1]  # the end of its row; what meets there keeps its order
    added = np.concatenate([[0], np.cumsum(np.bincount(column_index, minlength=m))])
    if semicontinuous is not None or matrices.semicontinuous is not None:
        before = np.zeros(n, np.bool_) if matrices.semicontinuous is None else matrices.semicontinuous
        after = np.zeros(count, np.bool_) if semicontinuous is None else semicontinuous
        semicontinuous = np.concatenate([before, after])
    basis, start = matrices.basis, matrices.start
    if basis is not None:
        aside = Basis(column_status=nonbasic(column_lower, column_upper), row_status=np.zeros(0, np.int8))
        basis = basis.followed_by(aside)
    quadratic: Any = matrices.quadratic
    if quadratic is not None:
        quadratic = quadratic.copy()
        quadratic.resize((n + count, n + count))
    return replace(
        matrices,
        cost=np.concatenate([matrices.cost, cost]),
        column_lower=np.concatenate([matrices.column_lower, column_lower]),
        column_upper=np.concatenate([matrices.column_upper, column_upper]),
        integral=np.concatenate([matrices.integral, whole]),
        row_start=(matrices.row_start + added).astype(np.int32),
        row_index=np.insert(matrices.row_index, at, column[by_row]),
        row_value=np.insert(matrices.row_value, at, column_value[by_row]),
        quadratic=quadratic,
        column_blocks=matrices.column_blocks + _block(name, n, count),
        start=None if start is None else np.concatenate([start, np.full(count, np.nan)]),
        semicontinuous=semicontinuous,
        basis=basis,
    )


def with_coefficients(matrices: Matrices, rows: IntArray, columns: IntArray, values: FloatArray) -> Matrices:
    """The problem with other coefficients at some places; what becomes zero stays stored.

    Args:
        matrices: The problem with m rows and n columns.
        rows: Rows of the places (k,), within [0, m).
        columns: Columns of the places (k,), within [0, n); each place once.
        values: The coefficients there (k,), finite.
    """
    row_of = np.repeat(np.arange(matrices.rows, dtype=np.int64), np.diff(matrices.row_start))
    stored = row_of * matrices.columns + matrices.row_index  # rising, for so are rows and the columns in each
    wanted = rows.astype(np.int64) * matrices.columns + columns
    order = np.argsort(wanted)
    wanted, value = wanted[order], values[order]
    at = np.searchsorted(stored, wanted)
    there = np.zeros(len(wanted), np.bool_)
    inside = at < len(stored)
    there[inside] = stored[at[inside]] == wanted[inside]
    changed = matrices.row_value.copy()
    changed[at[there]] = value[there]
    new = ~there
    added = np.concatenate([[0], np.cumsum(np.bincount(rows[order][new], minlength=matrices.rows))])
    return replace(
        matrices,
        row_start=(matrices.row_start + added).astype(np.int32),
        row_index=np.insert(matrices.row_index, at[new], columns[order][new]),
        row_value=np.insert(changed, at[new], value[new]),
    )


def _block(name: str, start: int, count: int) -> tuple[Block, ...]:
    return (Block(name=name, start=start, stop=start + count),) if name else ()


def _check_columns(start: IntArray, index: IntArray, value: FloatArray, count: int, rows: int) -> None:
    nonzeros = np.size(index)
    wrong = [
        *soundness.shape("column_start", start, count + 1, np.int32),
        *soundness.shape("column_index", index, nonzeros, np.int32),
        *soundness.shape("column_value", value, nonzeros, np.float64),
    ]
    if not wrong:
        wrong += soundness.sparse(start, index, value, rows, lambda k: f"new column {k}", ("column", "row"))
    if wrong:
        raise InvalidMatrices(wrong)
