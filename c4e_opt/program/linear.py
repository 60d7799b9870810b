"""Linear expressions over labelled axes, held as coordinate triplets so that every operation is vectorised.

An expression over axes (a, b) has one cell per pair of labels. It is a constant per cell plus terms; a term says
"in this cell, this column has this coefficient". Cells are numbered in C order over the axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, describe, same_axes, shape_of
from c4e_opt.errors import AxisError

_Index = NDArray[np.int32]
Number = float | FloatArray
#: Cell of each term, its column, its coefficient.
Terms = tuple[_Index, _Index, FloatArray]


@final
class Linear:
    """A linear expression per cell of its axes; immutable."""

    __slots__ = ("axes", "constant", "shape", "terms")
    __array_ufunc__ = None  # numpy hands `array * expression` to __rmul__ instead of looping over cells

    def __init__(self, axes: Sequence[Axis], terms: tuple[Terms, ...] = (), constant: Number = 0.0) -> None:
        """Put together an expression; the constant must fit the shape of the axes.

        Raises:
            AxisError: The constant does not fit.
        """
        self.axes = tuple(axes)
        self.shape = shape_of(self.axes)
        self.terms = terms
        self.constant: Number = self._fit(constant, "constant")

    @classmethod
    def total(cls, axes: Sequence[Axis], parts: Iterable[Linear]) -> Linear:
        """The sum of many expressions over the same axes."""
        terms: list[Terms] = []
        constant: Number = 0.0
        for part in parts:
            same_axes(axes, part.axes, "sum")
            terms.extend(part.terms)
            constant = constant + part.constant
        return cls(axes, tuple(terms), constant)

    @property
    def cells(self) -> int:
        """How many cells the axes span."""
        return int(np.prod(self.shape, dtype=np.int64))

    def _fit(self, number: Any, what: str) -> Number:
        """The number or array, refused when it has more cells than these axes or others."""
        if isinstance(number, (int, float)):
            return float(number)
        array = np.asarray(number, dtype=np.float64)
        if array.ndim == 0:
            return float(array)
        if array.shape == self.shape:
            return array
        try:
            fits = np.broadcast_shapes(array.shape, self.shape) == self.shape
        except ValueError:
            fits = False
        if not fits:
            raise AxisError(f"{what} of shape {array.shape} does not fit {describe(self.axes)}; align it first")
        return array

    def __add__(self, other: Linear | Number) -> Linear:
        """Sum over identical axes, or with an array that fits them."""
        if isinstance(other, Linear):
            same_axes(self.axes, other.axes, "sum")
            return Linear(self.axes, self.terms + other.terms, self.constant + other.constant)
        return Linear(self.axes, self.terms, self.constant + self._fit(other, "summand"))

    __radd__ = __add__

    def __neg__(self) -> Linear:
        """The same with every sign turned."""
        return Linear(self.axes, tuple((cell, column, -coef) for cell, column, coef in self.terms), -self.constant)

    def __sub__(self, other: Linear | Number) -> Linear:
        """Difference over identical axes, or with an array that fits them."""
        return self + (-other)

    def __rsub__(self, other: Linear | Number) -> Linear:
        """Difference, the other way round."""
        return -self + other

    def __mul__(self, factor: Number) -> Linear:
        """Scale by a number, or cell by cell by an array that fits the axes."""
        factor = self._fit(factor, "factor")
        if isinstance(factor, float):
            terms = tuple((cell, column, coef * factor) for cell, column, coef in self.terms)
        else:
            flat = np.broadcast_to(factor, self.shape).ravel()
            terms = tuple((cell, column, coef * flat[cell]) for cell, column, coef in self.terms)
        return Linear(self.axes, terms, self.constant * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Number) -> Linear:
        """Divide by a number, or cell by cell by an array that fits the axes."""
        return self * (1.0 / self._fit(divisor, "divisor"))

    def previous(self, before: Number) -> Linear:
        """The expression one step earlier along the last axis; the first step takes the number `before`.

        Args:
            before: What held before the first step: a number, or an array of shape (…, 1).

        Raises:
            AxisError: `before` has another shape.
        """
        size = self.shape[-1]
        kept = [cell % size < size - 1 for cell, _, _ in self.terms]
        terms = tuple(
            (cell[keep] + np.int32(1), column[keep], coef[keep])
            for (cell, column, coef), keep in zip(self.terms, kept, strict=True)
        )
        held = np.asarray(before, dtype=np.float64)
        if held.ndim and held.shape != (*self.shape[:-1], 1):
            raise AxisError(f"what held before: shape {held.shape} does not fit {describe(self.axes)}; give (…, 1)")
        constant = np.empty(self.shape)
        constant[..., 1:] = np.broadcast_to(self.constant, self.shape)[..., :-1]
        constant[..., :1] = held
        return Linear(self.axes, terms, constant)

    def gather(self, axes: Sequence[Axis], target: NDArray[Any]) -> Linear:
        """Add every cell into a cell of other axes; the balance of a bus gathers what its components inject.

        Args:
            axes: The axes of the result.
            target: Cell of the result for every cell of this expression, shape of this expression or flat.
        """
        where = np.asarray(target, dtype=np.int32).ravel()
        terms = tuple((where[cell], column, coef) for cell, column, coef in self.terms)
        flat = np.broadcast_to(self.constant, self.shape).ravel()
        cells = int(np.prod(shape_of(axes), dtype=np.int64))
        constant = np.zeros(cells)
        if np.any(flat):
            constant += np.bincount(where, weights=flat, minlength=cells)
        return Linear(axes, terms, constant.reshape(shape_of(axes)))

    def along(self, axis: Axis, place: NDArray[Any]) -> Linear:
        """Replace the first axis: row i is added into row `place[i]` of `axis`."""
        rest = self.cells // max(self.shape[0], 1)
        target = np.asarray(place, dtype=np.int32)[:, None] * np.int32(rest) + np.arange(rest, dtype=np.int32)
        return self.gather((axis, *self.axes[1:]), target)

    def sum(self) -> Linear:
        """One cell: the sum over everything."""
        return self.gather((), np.zeros(self.cells, dtype=np.int32))

    def trailing_sum(self, first: NDArray[Any]) -> Linear:
        """For every cell, the sum along the last axis from step `first` of that cell up to the cell's own step.

        Args:
            first: First step of the window of every cell, shape of this expression; at most the cell's own step.
        """
        size = self.shape[-1]
        step = np.broadcast_to(np.arange(size, dtype=np.int32), self.shape).ravel()
        length = step - np.asarray(first, dtype=np.int32).ravel() + 1
        cell = np.repeat(np.arange(self.cells, dtype=np.int32), length)
        start = np.cumsum(length) - length
        source = cell - (length[cell] - 1) + (np.arange(cell.size, dtype=np.int32) - start[cell]).astype(np.int32)
        flat = np.broadcast_to(self.constant, self.shape).ravel()
        constant = np.zeros(self.cells)
        np.add.at(constant, cell, flat[source])
        return Linear(self.axes, self._select(cell, source).terms, constant.reshape(self.shape))

    def at(self, cells: NDArray[Any], axes: Sequence[Axis]) -> Linear:
        """The expression in some cells only, over other axes; one cell of this for each cell of the result."""
        source = np.asarray(cells, dtype=np.int32).ravel()
        picked = self._select(np.arange(source.size, dtype=np.int32), source)
        flat = np.broadcast_to(self.constant, self.shape).ravel()[source]
        return Linear(axes, picked.terms, flat.reshape(shape_of(axes)))

    def _select(self, cell: _Index, source: _Index) -> Linear:
        """For pairs (cell, source), what stands in `source` put into `cell`; a source may serve many cells."""
        terms: list[Terms] = []
        for own, column, coef in self.terms:
            if own.size and np.any(own[1:] < own[:-1]):
                order = np.argsort(own, kind="stable")
                own, column, coef = own[order], column[order], coef[order]
            low, high = np.searchsorted(own, source, "left"), np.searchsorted(own, source, "right")
            hits = high - low
            start = np.cumsum(hits) - hits
            pair = np.repeat(np.arange(source.size), hits)
            found = low[pair] + np.arange(pair.size) - start[pair]
            terms.append((cell[pair], column[found], coef[found]))
        return Linear(self.axes, tuple(terms))

    def value(self, primal: FloatArray) -> FloatArray:
        """The expression at a primal point, over its axes.

        Args:
            primal: A value for every column, shape (column,).
        """
        total = np.broadcast_to(self.constant, self.shape).ravel().astype(np.float64)
        for cell, column, coef in self.terms:
            total = total + np.bincount(cell, coef * primal[column], self.cells)
        return total.reshape(self.shape)
