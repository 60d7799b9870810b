"""Sparse arrays of what rooms have written block by block: rows of constraints, and the squares of the objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.program.linear import Entries

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def rows_of(
    entries: Sequence[tuple[int, Entries]], rows: int, columns: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
    """Start of every row, and column and coefficient of its entries, columns rising; repeated entries add up.

    Args:
        entries: Of every block, with the row of its cell 0.
        rows: How many rows there are.
        columns: How many columns.
    """
    index = np.concatenate([column for _, (_, column, _) in entries] or [np.zeros(0, np.int32)])
    row, value = np.empty(index.size, np.int64), np.empty(index.size)
    stop = 0
    for first, (cell, column, coef) in entries:
        start, stop = stop, stop + column.size
        row[start:stop] = np.arange(first, first + column.size) if cell is None else cell + np.int32(first)
        value[start:stop] = coef
    place = row * columns
    place += index
    order = place.argsort(kind="stable")  # which merges runs that rise already, and most do
    place, index, value = place.take(order), index.take(order), value.take(order)
    again = place[1:] == place[:-1]
    if again.any():
        first_of = np.flatnonzero(np.concatenate([[True], ~again]))
        row, index, value = row.take(order[first_of]), index.take(first_of), np.add.reduceat(value, first_of)
    row_start = np.zeros(rows + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=rows), out=row_start[1:])
    return row_start, index, value


def diagonal(squares: Sequence[tuple[NDArray[np.int32], FloatArray]], columns: int) -> csr_array[Any] | None:
    """The matrix Q of 1/2 x'Qx, which has nothing beside its diagonal; None without squares.

    Args:
        squares: Columns, and what the square of each costs.
        columns: How many columns there are.
    """
    if not any(column.size for column, _ in squares):
        return None
    from scipy.sparse import csr_array

    twice = np.zeros(columns)
    for column, cost in squares:
        twice += 2.0 * np.bincount(column, cost, columns)
    place = np.flatnonzero(twice).astype(np.int32)
    return csr_array((twice[place], (place, place)), shape=(columns, columns))
