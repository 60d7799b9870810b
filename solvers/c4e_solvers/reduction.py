"""A convex problem with fewer columns and the same answers, for solvers that do not simplify a problem themselves.

In turn, until nothing changes: rows of one column become bounds of it; rows that bounds keep already go; columns
without freedom go; a column without a cost that is in one row only becomes room in that row; of the two columns of an
equation one is written as the other. In the end, parts without a cost stay at a point that is known.

Numbers stay of one size: what would be scaled by more than a thousand is left as it is.

Source: Andersen, Andersen (1995), Presolving in linear programming, doi:10.1007/BF01586000, sections 3.1 to 3.3; the
substitution of columns that equations couple two by two is that of Achterberg et al. (2020),
doi:10.1287/ijoc.2018.0857, section 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from c4e_solvers.errors import UnsupportedProgram
from c4e_solvers.matrices import BoolArray, FloatArray, Matrices

Places = npt.NDArray[np.intp]

#: Bounds nearer than this are one, in parts of their size.
_SAME = 1e-11
#: Bounds that cross by more than this leave no solution; by less, their middle is one.
_CROSSED = 1e-7
#: A row that bounds keep up to this is kept.
_KEPT = 1e-12
#: What a column may be scaled by, or its inverse, in one step and in all of a chain.
_SCALE, _CHAIN = 1e3, 1e4
_ROUNDS = 50


@dataclass(slots=True)
class Reduced:
    """The smaller problem, and the way back.

    Attributes:
        matrices: The problem that is left, without its constant; perhaps without any column.
    """

    matrices: Matrices
    _back: list[_Dropped | _Written | _Room]

    def primal(self, answer: FloatArray) -> FloatArray:
        """Columns of the whole problem (n,) at those of the smaller one."""
        for step in reversed(self._back):
            answer = step.undone(answer)
        return answer


def reduced(matrices: Matrices, point: FloatArray) -> Reduced | None:
    """Reduce a problem.

    Args:
        matrices: Continuous, with a diagonal quadratic term or none, and without cones.
        point: A solution of it (n,), where whatever has no cost may stay.

    Returns:
        The smaller problem; None where bounds cross, as there is no solution.
    """
    square = matrices.quadratic
    if matrices.discrete or matrices.cones or (square is not None and square.nnz > np.count_nonzero(square.diagonal())):
        raise UnsupportedProgram("only continuous problems with a diagonal quadratic term are reduced")
    rows = matrices.csr().copy()
    rows.eliminate_zeros()
    part = _Part(
        rows=rows, row_lower=matrices.row_lower.copy(), row_upper=matrices.row_upper.copy(),
        lower=matrices.column_lower.copy(), upper=matrices.column_upper.copy(), cost=matrices.cost.copy(),
        square=np.zeros(matrices.columns) if square is None else square.diagonal(), point=point.copy(),
    )  # fmt: skip
    for _ in range(_ROUNDS):
        before = part.rows.shape
        part.narrow()
        if part.crossed():
            return None
        part.drop_fixed()
        part.drop_kept_rows()
        part.make_room()
        part.write_by_others()
        if part.rows.shape == before:
            break
    part.leave_idle()
    return Reduced(part.matrices(), part.back)


@dataclass(slots=True)
class _Part:
    """A problem on its way: rows are csr, `square` the diagonal of the quadratic term, `point` a solution."""

    rows: Any
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    cost: FloatArray
    square: FloatArray
    point: FloatArray
    back: list[_Dropped | _Written | _Room] = field(default_factory=list["_Dropped | _Written | _Room"])

    def matrices(self) -> Matrices:
        """What is left."""
        from scipy.sparse import csr_array, diags_array

        rows, lower, upper = self.rows, self.row_lower, self.row_upper
        rows.sort_indices()
        equal = _same(lower, upper)  # an interior point finds no room between bounds that rounding has parted
        middle = 0.5 * (np.where(equal, lower, 0.0) + np.where(equal, upper, 0.0))
        lower, upper = np.where(equal, middle, lower), np.where(equal, middle, upper)
        left = Matrices.build(self.cost, rows, lower, upper, column_lower=self.lower, column_upper=self.upper)
        if not self.square.any():
            return left
        return replace(left, quadratic=csr_array(diags_array(self.square)))

    def narrow(self) -> None:
        """Turn rows of one column into bounds of it."""
        rows = self.rows
        alone = np.flatnonzero(np.diff(rows.indptr) == 1)
        column, size = rows.indices[rows.indptr[alone]], rows.data[rows.indptr[alone]]
        ends = np.sort([self.row_lower[alone] / size, self.row_upper[alone] / size], axis=0)
        np.maximum.at(self.lower, column, ends[0])
        np.minimum.at(self.upper, column, ends[1])
        keep = np.ones(rows.shape[0], dtype=np.bool_)
        keep[alone] = False
        self._keep_rows(keep)

    def crossed(self) -> bool:
        """Whether bounds cross; those that do by rounding alone become their middle."""
        empty = np.flatnonzero(np.diff(self.rows.indptr) == 0)
        over = np.flatnonzero(self.lower > self.upper)
        low, high = self.lower[over], self.upper[over]
        self.lower[over] = self.upper[over] = 0.5 * (low + high)
        broken = (low - high > _CROSSED * np.maximum(1.0, np.abs(low))).any()
        return bool(broken or (np.maximum(self.row_lower[empty], -self.row_upper[empty]) > _CROSSED).any())

    def drop_fixed(self) -> None:
        """Take out columns without freedom."""
        fixed = _same(self.lower, self.upper)
        if fixed.any():
            value = np.zeros(fixed.size)
            value[fixed] = 0.5 * (self.lower[fixed] + self.upper[fixed])
            self._drop(fixed, value)

    def drop_kept_rows(self) -> None:
        """Take out rows without a column, and those that the bounds of their columns keep."""
        rows = self.rows
        of: Places = np.repeat(np.arange(len(self.row_lower)), np.diff(rows.indptr))
        up = np.where(rows.data > 0, self.upper[rows.indices], self.lower[rows.indices])
        down = np.where(rows.data > 0, self.lower[rows.indices], self.upper[rows.indices])
        most = _sums(of, rows.data * up, len(self.row_lower))
        least = _sums(of, rows.data * down, len(self.row_lower))
        kept = (most <= self.row_upper + _KEPT) & (least >= self.row_lower - _KEPT)
        self._keep_rows(~kept & (np.diff(rows.indptr) > 0))

    def make_room(self) -> None:
        """Let columns without a cost that are in one row widen its bounds, one in each row."""
        by_column = self.rows.tocsc()
        free = np.flatnonzero((np.diff(by_column.indptr) == 1) & (self.cost == 0.0) & (self.square == 0.0))
        at = by_column.indptr[free]
        row, size = by_column.indices[at], by_column.data[at]
        largest = abs(self.rows).max(axis=1).toarray().ravel() if free.size else np.zeros(0)
        able = np.abs(size) * _SCALE >= largest[row]
        row, first = np.unique(row[able], return_index=True)
        if not row.size:
            return
        column, size = free[able][first], size[able][first]
        room = _Room(
            column, row.size, self.rows[row], size, self.row_lower[row], self.row_upper[row],
            self.lower[column], self.upper[column], self.point[column],
        )  # fmt: skip
        ends = np.sort([size * room.lower, size * room.upper], axis=0)
        self.row_lower[row] -= ends[1]
        self.row_upper[row] -= ends[0]
        self.back.append(room)
        gone = np.zeros(self.lower.size, dtype=np.bool_)
        gone[column] = True
        self._drop(gone, np.zeros(gone.size))

    def write_by_others(self) -> None:
        """Write a column of every equation of two as the other one, along whole chains at once."""
        rows = self.rows
        two = np.flatnonzero((np.diff(rows.indptr) == 2) & _same(self.row_lower, self.row_upper))
        at = rows.indptr[two]
        ratio = np.abs(rows.data[at] / rows.data[at + 1])
        two = two[(ratio <= _SCALE) & (ratio * _SCALE >= 1.0)]
        if not two.size:
            return
        at, value = rows.indptr[two], 0.5 * (self.row_lower[two] + self.row_upper[two])
        written, used = _chains(
            rows.indices[at], rows.indices[at + 1], rows.data[at], rows.data[at + 1], value, self.lower.size
        )
        self.back.append(written)
        shift = np.asarray(rows @ written.shift)
        self.row_lower -= shift
        self.row_upper -= shift
        shifted = rows @ written.matrix()
        shifted.data[np.abs(shifted.data) <= _KEPT] = 0.0
        shifted.eliminate_zeros()
        self.rows, kept, scale, left = shifted, written.kept, written.scale, written.kept.size
        ends = np.sort([(self.lower - written.shift) / scale, (self.upper - written.shift) / scale], axis=0)
        self.lower, self.upper = np.full(left, -np.inf), np.full(left, np.inf)
        np.maximum.at(self.lower, written.by, ends[0])
        np.minimum.at(self.upper, written.by, ends[1])
        self.cost = _sums(written.by, scale * (self.cost + self.square * written.shift), left)
        self.square = _sums(written.by, scale**2 * self.square, left)
        self.point = self.point[kept]
        keep = np.ones(rows.shape[0], dtype=np.bool_)
        keep[two[used]] = False
        self._keep_rows(keep)

    def leave_idle(self) -> None:
        """Leave columns at the point that nothing with a cost depends on."""
        from scipy.sparse import block_array
        from scipy.sparse.csgraph import connected_components

        count = self.lower.size
        part = np.arange(sum(self.rows.shape))
        if self.rows.nnz:
            joined: Any = block_array([[None, self.rows.T], [self.rows, None]])
            part = connected_components(joined, directed=False)[1]
        costs = np.zeros(part.size, dtype=np.bool_)
        costs[part[:count][(self.cost != 0.0) | (self.square != 0.0)]] = True
        idle = ~costs[part[:count]]
        self._keep_rows(costs[part[count:]])
        self._drop(idle, np.where(idle, np.clip(self.point, self.lower, self.upper), 0.0))

    def _keep_rows(self, keep: BoolArray) -> None:
        if not keep.all():
            kept = np.flatnonzero(keep)
            self.rows, self.row_lower, self.row_upper = self.rows[kept], self.row_lower[kept], self.row_upper[kept]

    def _drop(self, gone: BoolArray, value: FloatArray) -> None:
        """Take out columns at some values."""
        shift = np.asarray(self.rows @ value)
        self.row_lower = self.row_lower - shift
        self.row_upper = self.row_upper - shift
        kept = np.flatnonzero(~gone)
        self.rows = self.rows.tocsc()[:, kept].tocsr()
        self.back.append(_Dropped(kept, value))
        for name in ("lower", "upper", "cost", "square", "point"):
            setattr(self, name, getattr(self, name)[kept])


@dataclass(frozen=True, slots=True, eq=False)
class _Dropped:
    """Columns that went at some values."""

    kept: Places
    value: FloatArray

    def undone(self, answer: FloatArray) -> FloatArray:
        """With the columns that went."""
        whole = self.value.copy()
        whole[self.kept] = answer
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """Every column as scale * another one + shift."""

    kept: Places
    by: Places  # place of the other one among those that are kept, (column,)
    scale: FloatArray
    shift: FloatArray

    def undone(self, answer: FloatArray) -> FloatArray:
        """With the columns that were written by others."""
        return self.scale * answer[self.by] + self.shift

    def matrix(self) -> Any:
        """The same as coefficients (column, kept)."""
        from scipy.sparse import csr_array

        return csr_array((self.scale, self.by, np.arange(self.by.size + 1)), shape=(self.by.size, self.kept.size))


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """Columns that were room in one row each; they still are in these rows, and are zero in an answer without them."""

    column: Places
    count: int
    rows: Any
    size: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    point: FloatArray

    def undone(self, answer: FloatArray) -> FloatArray:
        """With these columns as near to where they were as their rows let them."""
        rest = np.asarray(self.rows @ answer)
        ends = np.sort([(self.row_lower - rest) / self.size, (self.row_upper - rest) / self.size], axis=0)
        whole = answer.copy()
        whole[self.column] = np.clip(np.clip(self.point, ends[0], ends[1]), self.lower, self.upper)
        return whole


def _sums(place: Places, values: FloatArray, count: int) -> FloatArray:
    """The sum of the values of every place, (count,)."""
    return np.bincount(place, values, count).astype(np.float64, copy=False)


def _same(lower: FloatArray, upper: FloatArray) -> BoolArray:
    """Which bounds are one."""
    finite = np.isfinite(lower) & np.isfinite(upper)
    apart = np.where(finite, upper, 0.0) - np.where(finite, lower, 0.0)
    return finite & (apart <= _SAME * np.maximum(1.0, np.abs(np.where(finite, lower, 0.0))))


def _chains(
    one: Places, other: Places, by_one: FloatArray, by_other: FloatArray, value: FloatArray, columns: int
) -> tuple[_Written, BoolArray]:
    """What follows from by_one * x[one] + by_other * x[other] = value; and which of these equations said it.

    Of columns that equations couple the first stays, and the others follow, those next to it first.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    joined = csr_array((np.ones(one.size), (one, other)), shape=(columns, columns))
    first = np.unique(connected_components(joined, directed=False)[1], return_index=True)[1]
    root, scale, shift = np.full(columns, -1), np.ones(columns), np.zeros(columns)
    root[first] = first
    used = np.zeros(one.size, dtype=np.bool_)
    sides = ((one, other, by_one, by_other), (other, one, by_other, by_one))
    going = True
    while going:
        going = False
        for from_, to, by_from, by_to in sides:
            next_ = np.flatnonzero((root[from_] >= 0) & (root[to] < 0))
            next_ = next_[np.unique(to[next_], return_index=True)[1]]
            here, there = from_[next_], to[next_]
            times = -by_from[next_] / by_to[next_] * scale[here]
            able = (np.abs(times) <= _CHAIN) & (np.abs(times) * _CHAIN >= 1.0)
            next_, here, there = next_[able], here[able], there[able]
            scale[there] = times[able]
            shift[there] = (value[next_] - by_from[next_] * shift[here]) / by_to[next_]
            root[there] = root[here]
            used[next_] = True
            going |= next_.size > 0
    alone = root < 0
    root[alone] = np.flatnonzero(alone)
    kept, by = np.unique(root, return_inverse=True)
    return _Written(kept, by, scale, shift), used
