"""The sides of a problem, lower and upper and whole numbers, as numbers of which any may be left away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from c4e_solvers.certificate import infeasibility_margin
from c4e_solvers.errors import InvalidMatrices
from c4e_solvers.matrices import Block, BoolArray, FloatArray, IntArray, Matrices
from c4e_solvers.options import SolverOptions

_ZERO = 1e-9
"""Share of a ray's largest entry below which an entry counts as none."""
_ROUNDING = 1e-12

Codes = npt.NDArray[np.int64]
"""Some sides, rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One side of a row or a column, or that a column must be a whole number.

    Attributes:
        kind: Whether it is about a row or a column.
        index: Which row or column.
        block: Name of its block; empty where it has none.
        offset: Its place inside that block.
        side: Which bound; "integral" for the whole number.
        bound: That bound (unit of the row or column); None for the whole number.
    """

    kind: Literal["row", "column"]
    index: int
    block: str
    offset: int
    side: Literal["lower", "upper", "integral"]
    bound: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """Some sides of a problem as a problem without an objective: their rows, and the columns that these touch."""

    matrices: Matrices
    row: IntArray  # of the whole problem
    column: IntArray


class Sides:
    """The sides of a problem as numbers: lower ones of its rows, upper ones, those of its columns, whole numbers."""

    def __init__(self, whole: Matrices) -> None:
        self.whole = whole
        self._begin = np.cumsum([0, whole.rows, whole.rows, whole.columns, whole.columns])

    def split(self, codes: Codes) -> list[Codes]:
        """The indices of sides by what they are: row lower, row upper, column lower, column upper, whole number."""
        parts = np.split(codes, np.searchsorted(codes, self._begin[1:]))
        return [part - begin for part, begin in zip(parts, self._begin, strict=True)]

    def joined(self, *indices: npt.NDArray[Any]) -> Codes:
        """The sides with these indices, each rising; the inverse of `split`."""
        return np.concatenate([index + begin for index, begin in zip(indices, self._begin, strict=True)])

    def of(self, rows: npt.ArrayLike | None) -> Codes:
        """All sides of some rows and of the columns that they touch, or all that there are."""
        whole = self.whole
        row, column = np.arange(whole.rows), np.arange(whole.columns)
        if rows is not None:
            row = np.asarray(rows, np.int64)
            if row.ndim != 1 or not (np.diff(row, prepend=-1, append=whole.rows) > 0).all():
                raise InvalidMatrices([f"rows must be rising indices within [0, {whole.rows})"])
            column = np.unique(self._entries(row)[1])
        return self.joined(
            row[np.isfinite(whole.row_lower[row])],
            row[np.isfinite(whole.row_upper[row])],
            column[np.isfinite(whole.column_lower[column])],
            column[np.isfinite(whole.column_upper[column])],
            column[whole.integral[column]],
        )

    def linear(self, codes: Codes) -> Codes:
        """These sides without whole numbers."""
        return codes[codes < self._begin[-1]]

    def touched(self, codes: Codes) -> Codes:
        """These sides without those of columns that none of their rows touches."""
        row_lower, row_upper, *rest = self.split(codes)
        near = np.unique(self._entries(np.union1d(row_lower, row_upper))[1])
        return self.joined(row_lower, row_upper, *(index[among(index, near)] for index in rest))

    def blocks(self, codes: Codes) -> list[Codes]:
        """These sides in groups: rows by their block, then whole numbers and bounds of columns by theirs."""
        row_lower, row_upper, column_lower, column_upper, integral = self.split(codes)
        none = np.zeros(0, np.int64)
        groups: list[Codes] = []
        for at in _ranges(self.whole.row_blocks, self.whole.rows):
            groups.append(self.joined(_within(row_lower, at), _within(row_upper, at), none, none, none))
        columns = _ranges(self.whole.column_blocks, self.whole.columns)
        groups += [self.joined(none, none, none, none, _within(integral, at)) for at in columns]
        for at in columns:
            groups.append(self.joined(none, none, _within(column_lower, at), _within(column_upper, at), none))
        return [group for group in groups if len(group)]

    def part(self, codes: Codes) -> Part:
        """These sides as a problem of their own."""
        row_lower, row_upper, *_, integral = self.split(codes)
        row = np.union1d(row_lower, row_upper)
        start, index, value = self._entries(row)
        column, place = np.unique(index, return_inverse=True)
        bounds = self.bounds(codes, row, column)
        problem = Matrices(
            cost=np.zeros(len(column)),
            column_lower=bounds[2],
            column_upper=bounds[3],
            integral=among(column, integral),
            row_start=start,
            row_index=place.astype(np.int32),
            row_value=value,
            row_lower=bounds[0],
            row_upper=bounds[1],
        )
        return Part(problem, row.astype(np.int32), column)

    def bounds(self, codes: Codes, row: npt.NDArray[Any], column: npt.NDArray[Any]) -> tuple[FloatArray, ...]:
        """The bounds of some rows and columns where these sides have them, infinite elsewhere: rows, then columns."""
        whole, (row_lower, row_upper, column_lower, column_upper, _) = self.whole, self.split(codes)
        return (
            np.where(among(row, row_lower), whole.row_lower[row], -np.inf),
            np.where(among(row, row_upper), whole.row_upper[row], np.inf),
            np.where(among(column, column_lower), whole.column_lower[column], -np.inf),
            np.where(among(column, column_upper), whole.column_upper[column], np.inf),
        )

    def _entries(self, row: npt.NDArray[Any]) -> tuple[IntArray, IntArray, FloatArray]:
        """Where the entries of each row begin, and at the end their number (k+1,); their columns; their values."""
        whole = self.whole
        length = np.diff(whole.row_start)[row]
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int32)
        entry = np.arange(int(start[-1])) + np.repeat(whole.row_start[row] - start[:-1], length)
        return start, whole.row_index[entry], whole.row_value[entry]

    def alone(self, codes: Codes, options: SolverOptions) -> Codes:
        """The shortest row that the bounds of its columns cannot meet, with these; empty where there is no such row.

        Before all rows comes a column between whose bounds there is no whole number.
        """
        whole, none = self.whole, np.zeros(0, np.int64)
        integral, slack = self.split(codes)[-1], options.integrality_tolerance
        least, most = whole.column_lower[integral] - slack, whole.column_upper[integral] + slack
        unfit = integral[np.ceil(least) > np.floor(most)][:1]
        if len(unfit):
            return self.joined(none, none, unfit, unfit, unfit)
        part = self.part(self.linear(codes))
        p, shortest = part.matrices, np.inf
        row_of = np.repeat(np.arange(p.rows), np.diff(p.row_start))
        length = np.bincount(row_of, p.row_value != 0, p.rows)
        found = none
        for sign, bound in ((1.0, p.row_lower), (-1.0, -p.row_upper)):  # every row as: sign * row >= bound
            value = sign * p.row_value
            best = np.where(value > 0, p.column_upper[p.row_index], p.column_lower[p.row_index])
            reach = value * np.where(value == 0, 0.0, best)
            most, size = np.bincount(row_of, reach, p.rows), np.bincount(row_of, np.abs(reach), p.rows)
            short = np.flatnonzero(bound - most > options.feasibility_tolerance + _ROUNDING * size)
            if len(short) and length[short].min() < shortest:
                row = int(short[length[short].argmin()])
                shortest, here = length[row], slice(*p.row_start[row : row + 2])
                index, pull = part.column[p.row_index[here]], value[here]
                at = part.row[[row]]
                found = self.joined(*((at, none) if sign > 0 else (none, at)), index[pull < 0], index[pull > 0], none)
        return found

    def priced(self, codes: Codes, part: Part, ray: FloatArray | None) -> Codes:
        """Those of these sides, which make the part, that a ray prices and proves to clash; all where it does not."""
        peak = 0.0 if ray is None else float(np.abs(ray).max(initial=0.0))
        if ray is None or not 0.0 < peak < np.inf:
            return codes
        y = ray / peak
        pull = part.matrices.csr().T @ y
        priced = (part.row[y > _ZERO], part.row[y < -_ZERO], part.column[pull < -_ZERO], part.column[pull > _ZERO])
        fewer = self.joined(*priced, np.zeros(0, np.int64))
        fewer = fewer[among(fewer, codes)]
        small = self.part(fewer)
        margin = infeasibility_margin(small.matrices, y[among(part.row, small.row)])
        return fewer if margin > _ZERO else codes

    def members(self, codes: Codes) -> tuple[Member, ...]:
        """These sides in words: rows before columns, each by index."""
        whole = self.whole
        row_lower, row_upper, column_lower, column_upper, integral = (part.tolist() for part in self.split(codes))
        rows = [_member("row", i, "lower", whole.row_lower, whole.row_block_of(i)) for i in row_lower]
        rows += [_member("row", i, "upper", whole.row_upper, whole.row_block_of(i)) for i in row_upper]
        columns = [_member("column", i, "lower", whole.column_lower, whole.column_block_of(i)) for i in column_lower]
        columns += [_member("column", i, "upper", whole.column_upper, whole.column_block_of(i)) for i in column_upper]
        columns += [_member("column", i, "integral", None, whole.column_block_of(i)) for i in integral]
        return tuple(sorted(rows, key=lambda each: each.index) + sorted(columns, key=lambda each: each.index))


def among(values: npt.NDArray[Any], chosen: npt.NDArray[Any]) -> BoolArray:
    """Which of some numbers are among others, all of them rising: `np.isin` without its sorting."""
    if not len(chosen):
        return np.zeros(len(values), np.bool_)
    return chosen[np.minimum(np.searchsorted(chosen, values), len(chosen) - 1)] == values


def _member(
    kind: Literal["row", "column"],
    index: int,
    side: Literal["lower", "upper", "integral"],
    bounds: FloatArray | None,
    block: Block,
) -> Member:
    bound = None if bounds is None else float(bounds[index])
    return Member(kind=kind, index=index, block=block.name, offset=index - block.start, side=side, bound=bound)


def _ranges(blocks: Iterable[Block], length: int) -> list[tuple[int, int]]:
    """The named ranges and the nameless ones between them, in order."""
    edges = sorted({0, length, *(edge for block in blocks for edge in (block.start, block.stop))})
    return list(pairwise(edges))


def _within(indices: Codes, at: tuple[int, int]) -> Codes:
    first, last = np.searchsorted(indices, at)
    return indices[first:last]
