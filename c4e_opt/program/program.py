"""Programmes: named blocks of variables, constraints and objective terms, handed to a solver as Matrices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, describe, same_axes, shape_of
from c4e_opt.errors import AxisError
from c4e_opt.program.blocks import Cones, Constraint, Variable
from c4e_opt.program.linear import Entries, Linear, Number, fits, spread
from c4e_opt.program.sparse import diagonal, rows_of
from c4e_solvers import Block, Cone, Matrices, with_rows


@final
class Program:
    """A programme under construction: minimise the sum of the named objective terms."""

    def __init__(self, commitment: str = "rajan_takriti") -> None:
        """Start empty.

        Args:
            commitment: The formulation of minimum up and down times, a name of `Policy.commitment`.
        """
        self.commitment = commitment
        self.variables: dict[str, Variable] = {}
        self.constraints: dict[str, Constraint] = {}
        self.cones: dict[str, Cones] = {}
        self.objective: dict[str, Linear] = {}
        self.squares: dict[str, list[tuple[NDArray[np.int32], FloatArray]]] = {}  # by term: columns, cost of x squared
        self._columns = 0
        self._rows = 0
        self._lower: list[FloatArray] = []
        self._upper: list[FloatArray] = []
        self._row_entries: list[tuple[int, Entries]] = []  # with the row of cell 0
        self._row_lower: list[FloatArray] = []
        self._row_upper: list[FloatArray] = []

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._rows

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
        told: bool = True,
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
            told: Whether answers tell of it; not what only helps to write a law.

        Returns:
            The block as an expression.

        Raises:
            AxisError: A bound or the mask does not fit the axes, or the name is taken.
        """
        if name in self.variables:
            raise AxisError(f"variable {name!r} exists already; one name, one block")
        whole = np.arange(math.prod(shape_of(axes)), dtype=np.int32)
        cells = whole if present is None else _cells(present, axes, f"mask of {name}")
        for bounds, store in ((lower, self._lower), (upper, self._upper)):
            everywhere = _over(bounds, axes, f"bound of {name}")
            store.append(everywhere if present is None else everywhere[cells])
        start, stop = self._columns, self._columns + cells.size
        self._columns = stop
        self.variables[name] = Variable(
            name=name, axes=tuple(axes), doc=doc, start=start, stop=stop, cells=cells, integral=integral, told=told
        )
        return Linear(axes, ((None if present is None else cells, np.arange(start, stop, dtype=np.int32), 1.0),))

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

    def cone(self, name: str, head: Linear, tail: Sequence[Linear], *, present: NDArray[Any] | None = None) -> None:
        """Add the law `sqrt(sum of squares of the tail) <= head` for every cell, or where `present`.

        What is no single variable becomes one, `<name>_head` or `<name>_<place in the tail>`, by a law of that name.

        Args:
            name: Unique name.
            head: What bounds the norm.
            tail: What is under the norm, over the same axes.
            present: Cells that have the law, shape of the axes; all when None.

        Raises:
            AxisError: Axes differ, or the name is taken.
        """
        if name in self.cones:
            raise AxisError(f"cone {name!r} exists already; one name, one law")
        whole = np.arange(head.cells, dtype=np.int32)
        cells = whole if present is None else _cells(present, head.axes, f"mask of {name}")
        columns: list[NDArray[np.int32]] = []
        for word, member in [("head", head), *((str(place), each) for place, each in enumerate(tail))]:
            same_axes(head.axes, member.axes, f"cone {name}")
            column = member.columns(cells)
            if column is None:
                one = self.variable(f"{name}_{word}", member.axes, -np.inf, doc=word, present=present, told=False)
                self.equal(f"{name}_{word}", one, member, present=present)
                column = one.columns(cells)
                assert column is not None
            columns.append(column)
        start = sum(each.cells.size for each in self.cones.values())
        self.cones[name] = Cones(
            name=name, axes=head.axes, cells=cells, head=columns[0], tail=np.stack(columns[1:], axis=1), start=start
        )

    def span(self, expression: Linear) -> tuple[FloatArray, FloatArray]:
        """The least and the largest that an expression can be within the bounds of its variables, over its axes."""
        lower, upper = _joined(self._lower), _joined(self._upper)
        least = np.broadcast_to(expression.constant, expression.shape).astype(np.float64).ravel()
        largest = least.copy()
        for cell, column, coef in expression.nonzero().terms:
            ends = np.sort([coef * lower[column], coef * upper[column]], axis=0)
            least += np.bincount(cell, ends[0], expression.cells)
            largest += np.bincount(cell, ends[1], expression.cells)
        return least.reshape(expression.shape), largest.reshape(expression.shape)

    def minimise(self, term: str, cost: Linear) -> None:
        """Add to the named term of the objective; terms of the same name add up."""
        total = cost.sum()
        self.objective[term] = self.objective[term] + total if term in self.objective else total

    def minimise_quadratic(self, term: str, amount: Linear, coefficient: Number) -> None:
        """Add coefficient * amount**2 of every cell to the named term of the objective.

        Args:
            term: Name of the term; it may have linear parts too.
            amount: One variable in every cell, with any factor and nothing else.
            coefficient: Cost of the square, not negative, a number or an array that fits the axes of `amount`.

        Raises:
            AxisError: A cell holds more than a variable.
            ValueError: A coefficient is negative, which is not convex.
        """
        weight = _over(coefficient, amount.axes, f"square in {term}")
        if np.any(weight < 0):
            raise ValueError(f"square in {term}: a coefficient is {weight.min():g}; a negative one is not convex")
        cells = [cell for cell, _, _ in amount.terms]
        if np.any(amount.constant) or np.any(np.bincount(np.concatenate(cells)) > 1):
            raise AxisError(f"square in {term}: a cell holds more than one variable; give it one of its own")
        self.objective.setdefault(term, Linear(()))
        for cell, column, factor in amount.terms:
            cost = weight[cell] * factor**2
            self.squares.setdefault(term, []).append((column[cost > 0], cost[cost > 0]))

    def _constrain(self, name: str, body: Linear, lower: float, upper: float, present: NDArray[Any] | None) -> None:
        if name in self.constraints:
            raise AxisError(f"constraint {name!r} exists already; one name, one law")
        constant = spread(body.constant, body.shape)
        if present is None:
            cells = np.arange(body.cells, dtype=np.int32)
            self._row_entries += [(self._rows, entries) for entries in body.entries]
        else:
            cells = _cells(present, body.axes, f"mask of {name}")
            constant = constant[cells]
            row_of = np.full(body.cells, -1, dtype=np.int32)
            row_of[cells] = np.arange(cells.size, dtype=np.int32)
            for cell, column, coef in body.terms:
                row = row_of[cell]
                keep = row >= 0
                self._row_entries.append((self._rows, (row[keep], column[keep], coef[keep])))
        self._row_lower.append(lower - constant)
        self._row_upper.append(upper - constant)
        start, stop = self._rows, self._rows + cells.size
        self._rows = stop
        self.constraints[name] = Constraint(name=name, axes=body.axes, start=start, stop=stop, cells=cells)

    def matrices(self, minimised: Iterable[Linear] | None = None) -> Matrices:
        """The programme in standard form, with the blocks by name.

        Args:
            minimised: What to minimise, without an axis each; the objective when None.
        """
        row_start, row_index, row_value = self._sparse_rows()
        cost = np.zeros(self._columns)
        offset = 0.0
        for term in self.objective.values() if minimised is None else minimised:
            for _, column, coef in term.entries:
                cost += np.bincount(column, spread(coef, column.shape), self._columns)
            offset += float(term.constant)
        squares = [part for parts in self.squares.values() for part in parts] if minimised is None else []
        integral = np.zeros(self._columns, np.bool_)
        for variable in self.variables.values():
            integral[variable.start : variable.stop] = variable.integral
        return Matrices(
            cost=cost,
            offset=offset,
            column_lower=_joined(self._lower),
            column_upper=_joined(self._upper),
            integral=integral,
            row_start=row_start,
            row_index=row_index,
            row_value=row_value,
            row_lower=_joined(self._row_lower),
            row_upper=_joined(self._row_upper),
            quadratic=diagonal(squares, self._columns),
            cones=tuple(
                Cone(head=int(head), tail=tail)
                for block in self.cones.values()
                for head, tail in zip(block.head, block.tail, strict=True)
            ),
            column_blocks=tuple(Block(name=v.name, start=v.start, stop=v.stop) for v in self.variables.values()),
            row_blocks=tuple(Block(name=c.name, start=c.start, stop=c.stop) for c in self.constraints.values()),
        )

    def extended(self, matrices: Matrices) -> Matrices:
        """Matrices of this programme with the rows that were added since; the columns are still the same."""
        first = matrices.rows
        if first == self._rows:
            return matrices
        start, index, value = self._sparse_rows(first)
        lower, upper = _joined(self._row_lower)[first:], _joined(self._row_upper)[first:]
        more = with_rows(matrices, start, index, value, lower, upper)
        blocks = (Block(name=c.name, start=c.start, stop=c.stop) for c in self.constraints.values() if c.start >= first)
        return replace(more, row_blocks=(*matrices.row_blocks, *blocks))

    def _sparse_rows(self, first_row: int = 0) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
        """The rows from the first of a block on; see `sparse.rows_of`."""
        entries = [(first - first_row, each) for first, each in self._row_entries if first >= first_row]
        return rows_of(entries, self._rows - first_row, self._columns)

    def unpack(self, primal: FloatArray) -> dict[str, FloatArray]:
        """Every variable over its axes, by name, from a primal point."""
        return {name: variable.unpack(primal) for name, variable in self.variables.items()}

    def evaluate(self, primal: FloatArray) -> Mapping[str, float]:
        """Every objective term at a primal point."""
        linear = {
            name: float(term.constant) + sum(float(np.sum(coef * primal[col])) for _, col, coef in term.entries)
            for name, term in self.objective.items()
        }
        for name, squares in self.squares.items():
            linear[name] += sum(float(np.sum(cost * primal[column] ** 2)) for column, cost in squares)
        return linear


def _over(number: Number, axes: Sequence[Axis], what: str) -> FloatArray:
    """A number or array as one flat array over the axes."""
    shape = shape_of(axes)
    if not isinstance(number, float) and not fits(np.shape(number), shape):
        raise AxisError(f"{what}: shape {np.shape(number)} does not fit {describe(axes)}; align it first")
    return spread(number, shape)


def _cells(present: NDArray[Any], axes: Sequence[Axis], what: str) -> NDArray[np.int32]:
    """The cells in which a mask holds."""
    return np.flatnonzero(_over(np.asarray(present, dtype=np.float64), axes, what)).astype(np.int32)


def _joined(parts: list[FloatArray]) -> FloatArray:
    """All parts as one array, which takes their place, so that memory holds the numbers once only."""
    parts[:] = [np.concatenate(parts) if parts else np.zeros(0)]
    return parts[0]
