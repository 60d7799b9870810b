"""The standard form that every solver takes: sparse rows, bounds, integrality, quadratic term, cones, named blocks.

Minimise ``1/2 x'Qx + cost'x + offset`` subject to ``row_lower <= A x <= row_upper``,
``column_lower <= x <= column_upper``, ``x[j]`` integral where ``integral[j]``, zero or within its bounds where
``semicontinuous[j]``, the second-order cones, and few neighbouring nonzeros in each ordered set.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from c4e_solvers import soundness
from c4e_solvers.basis import Basis
from c4e_solvers.errors import InvalidMatrices

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]


class Feature(StrEnum):
    """What a problem may hold beyond linear rows and continuous columns."""

    INTEGER = "integer columns"
    QUADRATIC = "a quadratic objective"
    CONE = "second-order cones"
    SEMICONTINUOUS = "semicontinuous columns"
    ORDERED_SET = "ordered sets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A named contiguous range of columns or rows: start <= index < stop. The nameless block is what has no name."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cone:
    """A second-order cone over columns: the Euclidean norm of ``x[tail]`` is at most ``x[head]``.

    Attributes:
        head: Index of the column that bounds the norm.
        tail: Indices of the columns under the norm, (k,).
    """

    head: int
    tail: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderedSet:
    """Columns of which at most ``order`` are not zero, and those neighbours in the order given (SOS1, SOS2).

    Attributes:
        order: 1 for at most one, 2 for at most two that stand side by side.
        columns: Indices of the columns in their order (k,).
    """

    order: Literal[1, 2]
    columns: IntArray

    def is_kept_by(self, free: BoolArray) -> bool:
        """Whether it holds whatever the columns of ``free`` (n,) are, while all others are zero."""
        place = np.flatnonzero(free[self.columns])
        return not len(place) or int(place[-1] - place[0]) < self.order


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matrices:
    """A problem with n columns, m rows and nnz coefficients; arrays are shared, never changed.

    Attributes:
        cost: Linear cost (n,).
        column_lower: Lower bounds of the columns (n,), -inf where there is none.
        column_upper: Upper bounds of the columns (n,), inf where there is none.
        integral: Which columns must be integers (n,).
        row_start: Where each row begins in ``row_index``, and at the end nnz (m+1,), int32.
        row_index: Column of each coefficient (nnz,), int32, rising within each row.
        row_value: The coefficients (nnz,).
        row_lower: Lower bounds of the rows (m,), -inf where there is none.
        row_upper: Upper bounds of the rows (m,), inf where there is none.
        offset: Constant of the objective.
        quadratic: Q (n, n), symmetric and positive semidefinite, both triangles stored; None without one.
        cones: Second-order cones.
        column_blocks: Names of column ranges, rising and disjoint; gaps are allowed.
        row_blocks: Names of row ranges, rising and disjoint; gaps are allowed.
        start: Where a MILP may start (n,), NaN where nothing is known; None without one.
        semicontinuous: Which columns are zero or within their bounds (n,), integers too where ``integral``; their
            lower bounds are 0 or more and their upper ones finite. None without any.
        ordered_sets: Sets of columns of which few may be nonzero.
        basis: Where a simplex solver may start; None without one.
    """

    cost: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    integral: BoolArray
    row_start: IntArray
    row_index: IntArray
    row_value: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    offset: float = 0.0
    quadratic: csr_array[Any] | None = None
    cones: tuple[Cone, ...] = ()
    column_blocks: tuple[Block, ...] = ()
    row_blocks: tuple[Block, ...] = ()
    start: FloatArray | None = None
    semicontinuous: BoolArray | None = None
    ordered_sets: tuple[OrderedSet, ...] = ()
    basis: Basis | None = None

    @classmethod
    def build(
        cls,
        cost: npt.ArrayLike,
        coefficients: Any,
        row_lower: npt.ArrayLike,
        row_upper: npt.ArrayLike,
        *,
        column_lower: npt.ArrayLike = 0.0,
        column_upper: npt.ArrayLike = np.inf,
        integral: npt.ArrayLike = False,
        quadratic: Any = None,
        semicontinuous: npt.ArrayLike | None = None,
        **rest: Any,
    ) -> Self:
        """Matrices from whatever is at hand; convenient, not fast, and not yet checked.

        Args:
            cost: Linear cost (n,).
            coefficients: Rows (m, n), dense or any scipy sparse form.
            row_lower: Lower bounds of the rows, (m,) or one for all.
            row_upper: Upper bounds of the rows, (m,) or one for all.
            column_lower: Lower bounds of the columns, (n,) or one for all.
            column_upper: Upper bounds of the columns, (n,) or one for all.
            integral: Which columns must be integers, (n,) or one for all.
            quadratic: Q (n, n), dense or sparse, symmetric; None without one.
            semicontinuous: Which columns are zero or within their bounds, (n,) or one for all; None without any.
            rest: The other attributes, as they are.
        """
        linear = np.asarray(cost, np.float64)
        n = len(linear)
        if hasattr(coefficients, "tocsr"):
            sparse = coefficients.tocsr().copy()
            sparse.sum_duplicates()
            start, index, value, m = sparse.indptr, sparse.indices, sparse.data, int(sparse.shape[0])
        else:
            dense = np.asarray(coefficients, np.float64).reshape(-1, n) if n else np.zeros((np.size(row_lower), 0))
            m = len(dense)
            rows, index = np.nonzero(dense)
            start, value = np.searchsorted(rows, np.arange(m + 1)), dense[rows, index]
        if quadratic is not None:
            from scipy.sparse import csr_array

            quadratic = csr_array(quadratic, dtype=np.float64)

        def full(values: npt.ArrayLike, length: int, kind: type[Any]) -> npt.NDArray[Any]:
            return np.array(np.broadcast_to(np.asarray(values, kind), (length,)))

        return cls(
            cost=linear,
            column_lower=full(column_lower, n, np.float64),
            column_upper=full(column_upper, n, np.float64),
            integral=full(integral, n, np.bool_),
            row_start=start.astype(np.int32),
            row_index=index.astype(np.int32),
            row_value=value.astype(np.float64),
            row_lower=full(row_lower, m, np.float64),
            row_upper=full(row_upper, m, np.float64),
            quadratic=quadratic,
            semicontinuous=None if semicontinuous is None else full(semicontinuous, n, np.bool_),
            **rest,
        )

    @property
    def columns(self) -> int:
        """Number of columns, n."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """Number of rows, m."""
        return len(self.row_lower)

    @property
    def nonzeros(self) -> int:
        """Number of stored coefficients, nnz."""
        return len(self.row_index)

    @property
    def integers(self) -> int:
        """Number of integral columns."""
        return int(np.count_nonzero(self.integral))

    @property
    def discrete(self) -> bool:
        """Whether a solver must branch: integers, semicontinuous columns or ordered sets; there are no duals then."""
        some = self.semicontinuous is not None and bool(self.semicontinuous.any())
        return some or bool(self.ordered_sets) or bool(self.integral.any())

    def features(self) -> frozenset[Feature]:
        """What a solver must handle beyond an LP; empty for an LP."""
        found = {Feature.INTEGER} if self.integral.any() else set[Feature]()
        if self.quadratic is not None and self.quadratic.nnz:
            found.add(Feature.QUADRATIC)
        if self.cones:
            found.add(Feature.CONE)
        if self.semicontinuous is not None and self.semicontinuous.any():
            found.add(Feature.SEMICONTINUOUS)
        if self.ordered_sets:
            found.add(Feature.ORDERED_SET)
        return frozenset(found)

    def csr(self) -> csr_array[Any]:
        """The rows (m, n) as a scipy array over the same memory."""
        from scipy.sparse import csr_array

        shape = (self.rows, self.columns)
        return csr_array((self.row_value, self.row_index, self.row_start), shape=shape, copy=False)

    def row_block_of(self, row: int) -> Block:
        """The block that holds this row; between named blocks a nameless one that fills the gap."""
        return _block_of(self.row_blocks, row, self.rows)

    def column_block_of(self, column: int) -> Block:
        """The block that holds this column; between named blocks a nameless one that fills the gap."""
        return _block_of(self.column_blocks, column, self.columns)

    def with_fixed(self, mask: BoolArray, values: FloatArray) -> Matrices:
        """The same problem with some columns fixed and no longer discrete, as for prices at fixed binaries.

        An ordered set goes where the columns that are fixed at zero keep it already.

        Args:
            mask: Which columns to fix (n,).
            values: Their values (n,), read where ``mask`` is true; those of integral columns are rounded to integers,
                those of semicontinuous columns below their lower bound to it or to zero, whichever is nearer.

        Returns:
            Matrices that share every array that did not change.
        """
        fixed = np.where(mask & self.integral, np.rint(values), values)
        semicontinuous = self.semicontinuous
        if semicontinuous is not None:
            low = mask & semicontinuous & (fixed < self.column_lower)
            fixed = np.where(low, np.where(2.0 * fixed < self.column_lower, 0.0, self.column_lower), fixed)
            semicontinuous = semicontinuous & ~mask
        free = ~mask | (fixed != 0.0)
        return replace(
            self,
            column_lower=np.where(mask, fixed, self.column_lower),
            column_upper=np.where(mask, fixed, self.column_upper),
            integral=self.integral & ~mask,
            semicontinuous=semicontinuous,
            ordered_sets=tuple(s for s in self.ordered_sets if not s.is_kept_by(free)),
        )

    def relaxed(self) -> Matrices:
        """The same problem without integrality and ordered sets; what was semicontinuous may be anything from zero."""
        lower = self.column_lower
        if self.semicontinuous is not None:
            lower = np.where(self.semicontinuous, np.minimum(lower, 0.0), lower)
        none = np.zeros(self.columns, np.bool_)
        return replace(self, column_lower=lower, integral=none, semicontinuous=None, ordered_sets=(), start=None)

    def whole_bounds(self, tolerance: float = 1e-6) -> tuple[FloatArray, FloatArray]:
        """The bounds of the columns, those of integers as whole numbers; crossed where no integer lies between them.

        Args:
            tolerance: How far an integer may be outside its bounds.

        Returns:
            Lower bounds (n,) and upper bounds (n,).
        """
        lower, upper, whole = self.column_lower, self.column_upper, self.integral
        if not whole.any():
            return lower, upper
        return np.where(whole, np.ceil(lower - tolerance), lower), np.where(whole, np.floor(upper + tolerance), upper)

    def with_bounds(
        self,
        *,
        column_lower: FloatArray | None = None,
        column_upper: FloatArray | None = None,
        row_lower: FloatArray | None = None,
        row_upper: FloatArray | None = None,
    ) -> Matrices:
        """The same problem with other bounds, (n,) or (m,); those not given stay."""
        return replace(
            self,
            column_lower=self.column_lower if column_lower is None else column_lower,
            column_upper=self.column_upper if column_upper is None else column_upper,
            row_lower=self.row_lower if row_lower is None else row_lower,
            row_upper=self.row_upper if row_upper is None else row_upper,
        )

    def check(self) -> None:
        """Raise when the arrays do not describe a problem.

        Raises:
            InvalidMatrices: With everything that is wrong.
        """
        wrong = list(_shapes(self)) or list(_contents(self))
        if wrong:
            raise InvalidMatrices(wrong)


def _shapes(matrices: Matrices) -> Iterator[str]:
    n, m, count = np.size(matrices.cost), np.size(matrices.row_lower), np.size(matrices.row_index)
    for name, length, kind in (
        ("cost", n, np.float64),
        ("column_lower", n, np.float64),
        ("column_upper", n, np.float64),
        ("integral", n, np.bool_),
        ("row_start", m + 1, np.int32),
        ("row_index", count, np.int32),
        ("row_value", count, np.float64),
        ("row_lower", m, np.float64),
        ("row_upper", m, np.float64),
    ):
        yield from soundness.shape(name, getattr(matrices, name), length, kind)
    if matrices.start is not None:
        yield from soundness.shape("start", matrices.start, n, np.float64)
    if matrices.semicontinuous is not None:
        yield from soundness.shape("semicontinuous", matrices.semicontinuous, n, np.bool_)
    if matrices.basis is not None:
        yield from matrices.basis.faults(n, m)


def _contents(matrices: Matrices) -> Iterator[str]:
    n, m = matrices.columns, matrices.rows

    def column(index: int) -> str:
        return f"column {index}{_place(matrices.column_block_of(index), index)}"

    def row(index: int) -> str:
        return f"row {index}{_place(matrices.row_block_of(index), index)}"

    blocks = [
        *soundness.ranges("column", [(b.name, b.start, b.stop) for b in matrices.column_blocks], n),
        *soundness.ranges("row", [(b.name, b.start, b.stop) for b in matrices.row_blocks], m),
    ]
    if blocks:
        yield from blocks
        return
    if not abs(matrices.offset) < soundness.INFINITE:
        yield f"offset is {matrices.offset}; it must be finite"
    yield from soundness.numbers("cost", matrices.cost, column)
    yield from soundness.bounds(matrices.column_lower, matrices.column_upper, column)
    yield from soundness.bounds(matrices.row_lower, matrices.row_upper, row)
    yield from soundness.sparse(matrices.row_start, matrices.row_index, matrices.row_value, n, row)
    if matrices.quadratic is not None:
        yield from soundness.quadratic(matrices.quadratic, n)
    for number, cone in enumerate(matrices.cones):
        members = np.append(cone.tail, cone.head)
        if members.min() < 0 or members.max() >= n or len(np.unique(members)) < len(members):
            yield f"cone {number}: head and tail must be different columns within [0, {n})"
    if matrices.semicontinuous is not None:
        lower, upper = matrices.column_lower, matrices.column_upper
        yield from soundness.semicontinuous(matrices.semicontinuous, lower, upper, column)
    for number, chosen in enumerate(matrices.ordered_sets):
        yield from soundness.ordered_set(number, chosen.order, chosen.columns, n)


def _place(block: Block, index: int) -> str:
    return f" ({block.name!r}, entry {index - block.start})" if block.name else ""


def _block_of(blocks: Sequence[Block], index: int, length: int) -> Block:
    if not 0 <= index < length:
        raise IndexError(f"index {index} is outside [0, {length})")
    after = bisect_right(blocks, index, key=lambda block: block.start)
    start = 0
    if after:
        block = blocks[after - 1]
        if index < block.stop:
            return block
        start = block.stop
    return Block(name="", start=start, stop=blocks[after].start if after < len(blocks) else length)
