"""Programmes: named blocks of variables, constraints and objective terms, handed to a solver as Matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, describe, shape_of
from c4e_opt.errors import AxisError
from c4e_opt.program.linear import Linear, Number, Terms
from c4e_solvers import Block, Matrices


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

    def unpack(self, primal: FloatArray) -> FloatArray:
        """The block's part of a primal point over its axes; zero where there is no column."""
        full = np.zeros(int(np.prod(shape_of(self.axes), dtype=np.int64)))
        full[self.cells] = primal[self.start : self.stop]
        return full.reshape(shape_of(self.axes))

    def columns(self, mask: BoolArray) -> NDArray[np.intp]:
        """The columns of the cells that a mask over the axes names; cells without a column are passed over."""
        return self.start + np.flatnonzero(mask.ravel()[self.cells])


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
        full = np.zeros(int(np.prod(shape_of(self.axes), dtype=np.int64)))
        full[self.cells] = row[self.start : self.stop]
        return full.reshape(shape_of(self.axes))

    def labels(self, offset: int) -> dict[str, Any]:
        """Axis name to label of the row at `offset` within the block."""
        place = np.unravel_index(int(self.cells[offset]), shape_of(self.axes)) if self.axes else ()
        return {axis.name: axis.labels[int(i)] for axis, i in zip(self.axes, place, strict=True)}


@final
class Program:
    """A linear or mixed-integer programme under construction: minimise the sum of the named objective terms."""

    def __init__(self) -> None:
        """Start empty."""
        self.variables: dict[str, Variable] = {}
        self.constraints: dict[str, Constraint] = {}
        self.objective: dict[str, Linear] = {}
        self._columns = 0
        self._rows = 0
        self._lower: list[FloatArray] = []
        self._upper: list[FloatArray] = []
        self._integral: list[BoolArray] = []
        self._row_terms: list[Terms] = []
        self._row_lower: list[FloatArray] = []
        self._row_upper: list[FloatArray] = []

    def room(self, kind: str) -> Room:
        """A view that writes every name with the prefix of one kind of component."""
        return Room(self, kind)

    def variable(
        self,
        name: str,
        axes: Sequence[Axis],
        lower: Number = 0.0,
        upper: Number = float("inf"),
        *,
        doc: str,
        integral: bool = False,
        present: NDArray[Any] | None = None,
    ) -> Linear:
        """Add a block of variables.

        Args:
            name: Unique name whose last word is the unit.
            axes: Its axes; one variable per cell.
            lower: Lower bound, a number or an array that fits the axes.
            upper: Upper bound, likewise.
            doc: What it is; the long name of the result.
            integral: Whether it takes whole numbers only.
            present: Cells that have a variable, shape of the axes; all when None. Elsewhere it is zero.

        Returns:
            The block as an expression.

        Raises:
            AxisError: A bound or the mask does not fit the axes, or the name is taken.
        """
        shape = shape_of(axes)
        if name in self.variables:
            raise AxisError(f"variable {name!r} exists already; one name, one block")
        size = int(np.prod(shape, dtype=np.int64))
        cells = np.arange(size, dtype=np.int32) if present is None else _cells(present, axes, f"mask of {name}")
        for bounds, store in ((lower, self._lower), (upper, self._upper)):
            everywhere = _over(bounds, axes, f"bound of {name}")
            store.append(everywhere if present is None else everywhere[cells])
        start, stop = self._columns, self._columns + cells.size
        self._integral.append(np.full(cells.size, integral))
        self._columns = stop
        self.variables[name] = Variable(
            name=name, axes=tuple(axes), doc=doc, start=start, stop=stop, cells=cells, integral=integral
        )
        return Linear(axes, ((cells, np.arange(start, stop, dtype=np.int32), np.broadcast_to(1.0, cells.shape)),))

    def equal(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """Add the law `left == right` for every cell, or where `present`."""
        self._constrain(name, left - right, 0.0, 0.0, present)

    def at_most(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """Add the law `left <= right` for every cell, or where `present`."""
        self._constrain(name, left - right, -np.inf, 0.0, present)

    def at_least(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """Add the law `left >= right` for every cell, or where `present`."""
        self._constrain(name, left - right, 0.0, np.inf, present)

    def minimise(self, term: str, cost: Linear) -> None:
        """Add to the named term of the objective; terms of the same name add up."""
        total = cost.sum()
        self.objective[term] = self.objective[term] + total if term in self.objective else total

    def _constrain(self, name: str, body: Linear, lower: float, upper: float, present: NDArray[Any] | None) -> None:
        if name in self.constraints:
            raise AxisError(f"constraint {name!r} exists already; one name, one law")
        constant = np.broadcast_to(body.constant, body.shape).ravel()
        if present is None:
            cells = np.arange(body.cells, dtype=np.int32)
            self._row_terms += [(cell + np.int32(self._rows), column, coef) for cell, column, coef in body.terms]
        else:
            cells = _cells(present, body.axes, f"mask of {name}")
            constant = constant[cells]
            row_of = np.full(body.cells, -1, dtype=np.int32)
            row_of[cells] = np.arange(self._rows, self._rows + cells.size, dtype=np.int32)
            for cell, column, coef in body.terms:
                row = row_of[cell]
                keep = row >= 0
                self._row_terms.append((row[keep], column[keep], coef[keep]))
        self._row_lower.append(lower - constant)
        self._row_upper.append(upper - constant)
        start, stop = self._rows, self._rows + cells.size
        self._rows = stop
        self.constraints[name] = Constraint(name=name, axes=body.axes, start=start, stop=stop, cells=cells)

    def matrices(self) -> Matrices:
        """The programme in standard form, with the blocks by name."""
        from scipy.sparse import coo_array  # half a second of imports that reading and checking a case do without

        rows = _joined([t[0] for t in self._row_terms], np.int32)
        columns = _joined([t[1] for t in self._row_terms], np.int32)
        coefs = _joined([t[2] for t in self._row_terms], np.float64)
        table = coo_array((coefs, (rows, columns)), shape=(self._rows, self._columns)).tocsr()
        table.sum_duplicates()
        cost = np.zeros(self._columns)
        offset = 0.0
        for term in self.objective.values():
            for _, column, coef in term.terms:
                cost += np.bincount(column, coef, self._columns)
            offset += float(np.sum(term.constant))
        return Matrices(
            cost=cost,
            offset=offset,
            column_lower=_joined(self._lower, np.float64),
            column_upper=_joined(self._upper, np.float64),
            integral=_joined(self._integral, np.bool_),
            row_start=table.indptr.astype(np.int32, copy=False),
            row_index=table.indices.astype(np.int32, copy=False),
            row_value=table.data,
            row_lower=_joined(self._row_lower, np.float64),
            row_upper=_joined(self._row_upper, np.float64),
            column_blocks=tuple(Block(name=v.name, start=v.start, stop=v.stop) for v in self.variables.values()),
            row_blocks=tuple(Block(name=c.name, start=c.start, stop=c.stop) for c in self.constraints.values()),
        )

    def unpack(self, primal: FloatArray) -> dict[str, FloatArray]:
        """Every variable over its axes, by name, from a primal point."""
        return {name: variable.unpack(primal) for name, variable in self.variables.items()}

    def evaluate(self, primal: FloatArray) -> Mapping[str, float]:
        """Every objective term at a primal point."""
        return {
            name: float(np.sum(term.constant)) + sum(float(np.sum(coef * primal[col])) for _, col, coef in term.terms)
            for name, term in self.objective.items()
        }


@final
class Room:
    """One kind of component's view of a programme: every name gets the kind as its first word."""

    __slots__ = ("kind", "program")

    def __init__(self, program: Program, kind: str) -> None:
        """Look at a programme from one room."""
        self.program = program
        self.kind = kind

    def variable(
        self,
        name: str,
        axes: Sequence[Axis],
        lower: Number = 0.0,
        upper: Number = float("inf"),
        *,
        doc: str,
        integral: bool = False,
        present: NDArray[Any] | None = None,
    ) -> Linear:
        """See `Program.variable`."""
        full = f"{self.kind}_{name}"
        return self.program.variable(full, axes, lower, upper, doc=doc, integral=integral, present=present)

    def equal(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """See `Program.equal`."""
        self.program.equal(f"{self.kind}_{name}", left, right, present=present)

    def at_most(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """See `Program.at_most`."""
        self.program.at_most(f"{self.kind}_{name}", left, right, present=present)

    def at_least(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """See `Program.at_least`."""
        self.program.at_least(f"{self.kind}_{name}", left, right, present=present)

    def minimise(self, term: str, cost: Linear) -> None:
        """See `Program.minimise`; objective terms are shared by all rooms."""
        self.program.minimise(term, cost)


def _over(number: Number, axes: Sequence[Axis], what: str) -> FloatArray:
    """A number or array as one flat array over the axes."""
    try:
        return np.broadcast_to(np.asarray(number, dtype=np.float64), shape_of(axes)).ravel()
    except ValueError:
        shape = np.shape(number)
        raise AxisError(f"{what}: shape {shape} does not fit {describe(axes)}; align it first") from None


def _cells(present: NDArray[Any], axes: Sequence[Axis], what: str) -> NDArray[np.int32]:
    """The cells in which a mask holds."""
    return np.flatnonzero(_over(np.asarray(present, dtype=np.float64), axes, what)).astype(np.int32)


def _joined(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype)
