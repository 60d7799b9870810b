"""Linear expressions over labelled axes, held as coordinate triplets so that every operation is vectorised.

An expression over axes (a, b) has one cell per pair of labels. It is a constant per cell plus terms; a term says
"in this cell, this column has this coefficient". Cells are numbered in C order over the axes.

A term is a group of entries. Most groups are a whole variable, one entry per cell, often with one coefficient: these
are held without cells and with a single number, and written out only where somebody needs the triplets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, describe, same_axes, shape_of
from c4e_opt.errors import AxisError

_Index = NDArray[np.int32]
Number = float | FloatArray
#: Cell of each entry, its column, its coefficient.
Terms = tuple[_Index, _Index, FloatArray]
#: The same, short: without cells where entry i stands in cell i, and one coefficient where all are equal.
Entries = tuple[_Index | None, _Index, Number]


def spread(number: Number, shape: tuple[int, ...]) -> FloatArray:
    """A number, or an array that fits, as one flat array over all cells of a shape."""
    if isinstance(number, np.ndarray) and number.shape == shape:
        return number.ravel()
    full = np.empty(shape)
    full[...] = number
    return full.ravel()


def fits(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether an array of one shape can be repeated to another; it never grows the other."""
    ends = zip(reversed(small), reversed(large), strict=False)
    return len(small) <= len(large) and all(size in (1, full) for size, full in ends)


@final
class Linear:
    """A linear expression per cell of its axes; immutable."""

    __slots__ = ("axes", "constant", "entries", "shape")
    __array_ufunc__ = None  # numpy hands `array * expression` to __rmul__ instead of looping over cells

    def __init__(self, axes: Sequence[Axis], entries: tuple[Entries, ...] = (), constant: Number = 0.0) -> None:
        """Put together an expression; the constant must fit the shape of the axes.

        Raises:
            AxisError: The constant does not fit.
        """
        self.axes = tuple(axes)
        self.shape = shape_of(self.axes)
        self.entries = entries
        self.constant: Number = self._fit(constant, "constant")

    def _holding(self, entries: tuple[Entries, ...], constant: Number) -> Linear:
        """An expression over the same axes, whose constant is known to fit them."""
        made = Linear.__new__(Linear)
        made.axes, made.shape, made.entries, made.constant = self.axes, self.shape, entries, constant
        return made

    @classmethod
    def total(cls, axes: Sequence[Axis], parts: Iterable[Linear]) -> Linear:
        """The sum of many expressions over the same axes."""
        entries: list[Entries] = []
        constant: Number = 0.0
        for part in parts:
            same_axes(axes, part.axes, "sum")
            entries.extend(part.entries)
            constant = constant + part.constant
        return cls(axes, tuple(entries), constant)

    @property
    def cells(self) -> int:
        """How many cells the axes span."""
        return math.prod(self.shape)

    @property
    def terms(self) -> tuple[Terms, ...]:
        """Cells, columns and coefficients of all groups, written out."""
        return tuple(
            (
                np.arange(column.size, dtype=np.int32) if cell is None else cell,
                column,
                spread(coef, column.shape),
            )
            for cell, column, coef in self.entries
        )

    def _fit(self, number: Any, what: str) -> Number:
        """The number or array, refused when it has more cells than these axes or others."""
        if isinstance(number, (int, float)):
            return float(number)
        array = np.asarray(number, dtype=np.float64)
        if array.ndim == 0:
            return float(array)
        if array.shape != self.shape and not fits(array.shape, self.shape):
            raise AxisError(f"{what} of shape {array.shape} does not fit {describe(self.axes)}; align it first")
        return array

    def __add__(self, other: Linear | Number) -> Linear:
        """Sum over identical axes, or with an array that fits them."""
        if isinstance(other, Linear):
            same_axes(self.axes, other.axes, "sum")
            return self._holding(self.entries + other.entries, self.constant + other.constant)
        return self._holding(self.entries, self.constant + self._fit(other, "summand"))

    __radd__ = __add__

    def __neg__(self) -> Linear:
        """The same with every sign turned."""
        return self._holding(tuple([(cell, column, -coef) for cell, column, coef in self.entries]), -self.constant)

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
            entries = [(cell, column, coef * factor) for cell, column, coef in self.entries]
        else:
            flat = spread(factor, self.shape)
            entries = [
                (cell, column, coef * (flat if cell is None else flat[cell])) for cell, column, coef in self.entries
            ]
        return self._holding(tuple(entries), self.constant * factor)

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
        entries: list[Entries] = []
        for cell, column, coef in self.entries:
            if cell is None:
                kept = cells = np.arange(column.size, dtype=np.int32).reshape(self.shape)[..., :-1].ravel()
            else:
                kept = cell % size < size - 1
                cells = cell[kept]
            entries.append((cells + np.int32(1), column[kept], coef[kept] if isinstance(coef, np.ndarray) else coef))
        held = np.asarray(before, dtype=np.float64)
        if held.ndim and held.shape != (*self.shape[:-1], 1):
            raise AxisError(f"what held before: shape {held.shape} does not fit {describe(self.axes)}; give (…, 1)")
        constant = np.empty(self.shape)
        constant[..., 1:] = spread(self.constant, self.shape).reshape(self.shape)[..., :-1]
        constant[..., :1] = held
        return self._holding(tuple(entries), constant)

    def following(self) -> Linear:
        """The expression one step later along the last axis; zero in the last step."""
        size = self.shape[-1]
        kept = [cell % size > 0 for cell, _, _ in self.terms]
        terms = tuple(
            (cell[keep] - np.int32(1), column[keep], coef[keep])
            for (cell, column, coef), keep in zip(self.terms, kept, strict=True)
        )
        constant = np.zeros(self.shape)
        constant[..., :-1] = np.broadcast_to(self.constant, self.shape)[..., 1:]
        return Linear(self.axes, terms, constant)

    def columns(self, cells: NDArray[Any]) -> _Index | None:
        """The column of each of some cells, where these hold one variable each and nothing else; None elsewhere.

        Args:
            cells: Some cells, rising.
        """
        found = np.full(self.cells, -1, dtype=np.int32)
        wanted = np.zeros(self.cells, dtype=np.bool_)
        wanted[cells] = True
        for cell, column, coef in self.terms:
            mine = wanted[cell]
            cell, column, coef = cell[mine], column[mine], coef[mine]
            if np.any(coef != 1.0) or np.any(found[cell] >= 0) or np.unique(cell).size < cell.size:
                return None
            found[cell] = column
        plain = not np.any(spread(self.constant, self.shape)[cells]) and bool((found[cells] >= 0).all())
        return found[cells] if plain else None

    def nonzero(self) -> Linear:
        """The same without terms whose coefficient is zero."""
        terms = tuple((cell[coef != 0], column[coef != 0], coef[coef != 0]) for cell, column, coef in self.terms)
        return Linear(self.axes, terms, self.constant)

    def gather(self, axes: Sequence[Axis], target: NDArray[Any]) -> Linear:
        """Add every cell into a cell of other axes; the balance of a bus gathers what its components inject.

        Args:
            axes: The axes of the result.
            target: Cell of the result for every cell of this expression, shape of this expression or flat.

        Raises:
            AxisError: There are more or fewer targets than cells.
        """
        where = np.asarray(target, dtype=np.int32).ravel()
        if where.size != self.cells:
            raise AxisError(f"{where.size} targets for the cells of {describe(self.axes)}; give one for each")
        entries = tuple((where if cell is None else where[cell], column, coef) for cell, column, coef in self.entries)
        constant: Number = 0.0
        if isinstance(self.constant, np.ndarray) or self.constant:
            constant = np.zeros(shape_of(axes))
            constant += np.bincount(where, spread(self.constant, self.shape), constant.size).reshape(constant.shape)
        return Linear(axes, entries, constant)

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
        return self._window_sum(first, self._steps())

    def leading_sum(self, last: NDArray[Any]) -> Linear:
        """For every cell, the sum along the last axis from the cell's own step up to step `last` of that cell.

        Args:
            last: Last step of the window of every cell, shape of this expression; at least the cell's own step.
        """
        return self._window_sum(self._steps(), last)

    def _steps(self) -> _Index:
        """The place of every cell along the last axis."""
        return np.broadcast_to(np.arange(self.shape[-1], dtype=np.int32), self.shape)

    def _window_sum(self, first: NDArray[Any], last: NDArray[Any]) -> Linear:
        """For every cell, the sum along the last axis from step `first` to step `last` of that cell."""
        opens = np.asarray(first, dtype=np.int32).ravel()
        length = np.asarray(last, dtype=np.int32).ravel() - opens + 1
        every = np.arange(self.cells, dtype=np.int32)
        cell = np.repeat(every, length)
        start = np.cumsum(length) - length
        begin = every - self._steps().ravel() + opens
        source = begin[cell] + (np.arange(cell.size, dtype=np.int32) - start[cell]).astype(np.int32)
        constant = np.zeros(self.cells)
        np.add.at(constant, cell, spread(self.constant, self.shape)[source])
        return Linear(self.axes, self._select(cell, source), constant.reshape(self.shape))

    def at(self, cells: NDArray[Any], axes: Sequence[Axis]) -> Linear:
        """The expression in some cells only, over other axes; one cell of this for each cell of the result."""
        source = np.asarray(cells, dtype=np.int32).ravel()
        picked = self._select(np.arange(source.size, dtype=np.int32), source)
        return Linear(axes, picked, spread(self.constant, self.shape)[source].reshape(shape_of(axes)))

    def _select(self, cell: _Index, source: _Index) -> tuple[Terms, ...]:
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
        return tuple(terms)

    def value(self, primal: FloatArray) -> FloatArray:
        """The expression at a primal point, over its axes.

        Args:
            primal: A value for every column, shape (column,).
        """
        total = spread(self.constant, self.shape).copy()
        for cell, column, coef in self.entries:
            part = coef * primal[column]
            total += part if cell is None else np.bincount(cell, part, total.size)
        return total.reshape(self.shape)
