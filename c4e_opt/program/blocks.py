"""Blocks of a programme: which columns, rows and cones belong to a name, and which cell of its axes each stands for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, shape_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A block of columns: one for every cell of its axes, or for those where `present`."""

    name: str
    axes: tuple[Axis, ...]
    doc: str
    start: int
    stop: int
    cells: NDArray[np.int32]  # cell of each column
    integral: bool
    told: bool = True  # whether answers tell of it

    def unpack(self, primal: FloatArray) -> FloatArray:
        """The block's part of a primal point over its axes; zero where there is no column."""
        full = np.zeros(math.prod(shape_of(self.axes)))
        full[self.cells] = primal[self.start : self.stop]
        return full.reshape(shape_of(self.axes))

    def columns(self, mask: BoolArray) -> NDArray[np.intp]:
        """The columns of the cells that a mask over the axes names; cells without a column are passed over."""
        return self.start + np.flatnonzero(mask.ravel()[self.cells])

    def labels(self, offset: int) -> dict[str, Any]:
        """Axis name to label of the column at `offset` within the block."""
        return _labels(self.axes, int(self.cells[offset]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A block of rows: one for every cell of its axes, or for those where `present`."""

    name: str
    axes: tuple[Axis, ...]
    start: int
    stop: int
    cells: NDArray[np.int32]  # cell of each row

    def unpack(self, row: FloatArray) -> FloatArray:
        """The block's part of a row vector over its axes; zero where there is no row."""
        full = np.zeros(math.prod(shape_of(self.axes)))
        full[self.cells] = row[self.start : self.stop]
        return full.reshape(shape_of(self.axes))

    def labels(self, offset: int) -> dict[str, Any]:
        """Axis name to label of the row at `offset` within the block."""
        return _labels(self.axes, int(self.cells[offset]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cones:
    """A block of second-order cones: one for every cell of its axes, or for those where `present`."""

    name: str
    axes: tuple[Axis, ...]
    cells: NDArray[np.int32]  # cell of each cone
    head: NDArray[np.int32]  # column of each cone
    tail: NDArray[np.int32]  # columns (cone, k)
    start: int  # place of the first among all cones

    def unpack(self, duals: Sequence[FloatArray]) -> FloatArray:
        """Duals of head and tail over the axes, (1 + k, …); zero where there is no cone."""
        full = np.zeros((1 + self.tail.shape[1], math.prod(shape_of(self.axes))))
        mine = duals[self.start : self.start + self.cells.size]
        if self.cells.size:
            full[:, self.cells] = np.array(mine).T
        return full.reshape(-1, *shape_of(self.axes))


def _labels(axes: Sequence[Axis], cell: int) -> dict[str, Any]:
    """Axis name to label of a cell."""
    place = np.unravel_index(cell, shape_of(axes)) if axes else ()
    return {axis.name: axis.labels[int(i)] for axis, i in zip(axes, place, strict=True)}
