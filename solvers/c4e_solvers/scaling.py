"""How far apart the numbers of a problem lie, block by block, and what of it a solver will feel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from c4e_solvers.matrices import Block, FloatArray, Matrices

Kind = Literal["coefficients", "quadratic coefficients", "costs", "column bounds", "row bounds"]

#: Coefficients of one pair of blocks share their units; beyond this ratio the small ones drown in rounding.
_COEFFICIENTS = 1e6
#: The same within a row, where units differ: beside a big M, or a bound, the rest cannot be told from zero.
_ROW = 1e8
#: Costs this many times below the largest of the problem lie under what a solver tells from zero beside it.
_COSTS = 1e8
#: A bound of this size, this many times the middle one of the problem, is there because there should be none.
_ENDLESS = 1e6
#: Bounds of a whole block below this are hardly more than a solver's feasibility tolerance, 1e-7.
_VANISHING = 1e-6

_Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The sizes of the numbers of one kind in one block, or of coefficients where a row and a column block meet.

    Attributes:
        kind: What they are.
        rows: Name of the row block, empty for rows without one; None for what belongs to columns alone. Quadratic
            coefficients have a column block here.
        columns: Name of the column block, empty for columns without one; None for what belongs to rows alone.
        smallest: Smallest absolute value, zeros and infinities apart.
        largest: Largest one.
    """

    kind: Kind
    rows: str | None
    columns: str | None
    smallest: float
    largest: float

    @property
    def ratio(self) -> float:
        """Largest by smallest."""
        return self.largest / self.smallest

    @property
    def place(self) -> str:
        """The block, or the pair of blocks, in words."""
        first = "columns" if self.kind == "quadratic coefficients" else "rows"
        sides = [(word, name) for word, name in ((first, self.rows), ("columns", self.columns)) if name is not None]
        return " x ".join(f"{word} {name!r}" if name else f"{word} without a name" for word, name in sides)

    def __str__(self) -> str:
        """One line: where, what, from, to, ratio."""
        return f"{self.place}: {self.kind} from {self.smallest:.3g} to {self.largest:.3g}, ratio {self.ratio:.1g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """The sizes of all numbers of a problem.

    Attributes:
        ranges: Coefficients by row block and column block, quadratic coefficients, costs, column bounds, row bounds;
            blocks without such numbers are left out.
        middle_bound: The middle one of all finite bounds that are not zero, rows and columns together; 0 without any.
    """

    ranges: tuple[Range, ...]
    middle_bound: float

    def of(self, kind: Kind) -> tuple[Range, ...]:
        """The ranges of one kind."""
        return tuple(each for each in self.ranges if each.kind == kind)

    def warnings(self) -> tuple[str, ...]:
        """What may cost accuracy or time, one sentence each with the block's name; empty for a well scaled problem."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        for each in (*self.of("coefficients"), *self.of("quadratic coefficients")):
            if each.ratio > _COEFFICIENTS:
                yield f"{each}; measure in units that bring them together"
        yield from self._rows()
        costs = self.of("costs")
        dearest = max((each.largest for each in costs), default=0.0)
        for each in costs:
            if each.largest * _COSTS < dearest:
                rest = f"beside {dearest:.3g} elsewhere; a solver may take them for nothing"
                yield f"{each.place}: costs of at most {each.largest:.3g} {rest}"
            elif each.ratio > _COSTS:
                yield f"{each}; a solver may take the small ones for nothing"
        for each in (*self.of("column bounds"), *self.of("row bounds")):
            if each.largest >= _ENDLESS * max(1.0, self.middle_bound):
                usual = f"the middle one of the problem is {self.middle_bound:.3g}"
                yield f"{each.place}: bounds up to {each.largest:.3g}, {usual}; what has no bound should be given none"
            elif each.largest < _VANISHING:
                rest = "within a solver's tolerance of zero; measure in smaller units"
                yield f"{each.place}: bounds of at most {each.largest:.3g}, {rest}"

    def _rows(self) -> Iterator[str]:
        """What is far apart within rows: coefficients of different columns, and coefficients and bounds."""
        bounds = {each.rows: each.largest for each in self.of("row bounds")}
        by_rows: dict[str | None, list[Range]] = {}
        for each in self.of("coefficients"):
            by_rows.setdefault(each.rows, []).append(each)
        for name, parts in by_rows.items():
            least, most = min(parts, key=lambda each: each.smallest), max(parts, key=lambda each: each.largest)
            if most.largest > _ROW * least.smallest and least is not most:
                rest = f"beside {most.largest:.3g} at {most.place}"
                yield f"{least.place}: coefficients from {least.smallest:.3g}, {rest}"
            if bounds.get(name, 0.0) > _ROW * most.largest:
                words = f"row bounds up to {bounds[name]:.3g}, beside coefficients of at most {most.largest:.3g}"
                yield f"{most.place}: {words}"


def scaling(matrices: Matrices) -> Scaling:
    """Measure the sizes of the numbers of a problem.

    Args:
        matrices: A sound problem.

    Returns:
        Ranges by block; blocks without a name stand together, wherever they are.
    """
    row_names, row_block = _blocks(matrices.row_blocks, matrices.rows)
    column_names, column_block = _blocks(matrices.column_blocks, matrices.columns)
    wide = len(column_names)
    ranges: list[Range] = []

    def pairs(
        kind: Kind, names: Sequence[str], first: _Places, columns: npt.NDArray[np.int32], values: FloatArray
    ) -> None:
        for place, smallest, largest in _extremes(first * wide + column_block[columns], values, len(names) * wide):
            rows, column = names[place // wide], column_names[place % wide]
            ranges.append(Range(kind=kind, rows=rows, columns=column, smallest=smallest, largest=largest))

    row_of = np.repeat(row_block, np.diff(matrices.row_start))
    pairs("coefficients", row_names, row_of, matrices.row_index, matrices.row_value)
    if matrices.quadratic is not None:
        entries = matrices.quadratic.tocoo()
        pairs("quadratic coefficients", column_names, column_block[entries.row], entries.col, entries.data)
    for place, smallest, largest in _extremes(column_block, matrices.cost, wide):
        ranges.append(Range(kind="costs", rows=None, columns=column_names[place], smallest=smallest, largest=largest))
    both = np.concatenate([column_block, column_block]), _both(matrices.column_lower, matrices.column_upper)
    for place, smallest, largest in _extremes(*both, wide):
        name = column_names[place]
        ranges.append(Range(kind="column bounds", rows=None, columns=name, smallest=smallest, largest=largest))
    sides = np.concatenate([row_block, row_block]), _both(matrices.row_lower, matrices.row_upper)
    for place, smallest, largest in _extremes(*sides, len(row_names)):
        name = row_names[place]
        ranges.append(Range(kind="row bounds", rows=name, columns=None, smallest=smallest, largest=largest))
    bounds = np.concatenate([both[1], sides[1]])
    bounds = bounds[bounds > 0.0]
    return Scaling(ranges=tuple(ranges), middle_bound=float(np.median(bounds)) if bounds.size else 0.0)


def _blocks(blocks: Sequence[Block], length: int) -> tuple[list[str], _Places]:
    """Names of the blocks, the first for what has none, and the block of every row or column (length,)."""
    names = ["", *(block.name for block in blocks)]
    edges = [0, *(edge for block in blocks for edge in (block.start, block.stop)), length]
    numbers = [0, *(place for block in range(len(blocks)) for place in (block + 1, 0))]
    return names, np.repeat(np.array(numbers, np.intp), [stop - start for start, stop in pairwise(edges)])


def _both(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Sizes of the bounds on both sides (2n,), zero where there is none."""
    size = np.abs(np.concatenate([lower, upper]))
    size[np.isinf(size)] = 0.0
    return size


def _extremes(group: _Places, values: FloatArray, groups: int) -> Iterator[tuple[int, float, float]]:
    """Number, smallest and largest absolute nonzero of every group that has one."""
    size = np.abs(values)
    there = size > 0.0
    if not there.all():
        group, size = group[there], size[there]
    smallest, largest = np.full(groups, np.inf), np.zeros(groups)
    np.minimum.at(smallest, group, size)
    np.maximum.at(largest, group, size)
    for place in np.flatnonzero(largest).tolist():
        yield place, float(smallest[place]), float(largest[place])
