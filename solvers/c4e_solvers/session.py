"""A problem that stays loaded: change a part of it or add to it, and solve again from the last basis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from c4e_solvers import soundness
from c4e_solvers.errors import InvalidMatrices, SolverError, SolverFailed
from c4e_solvers.extension import with_coefficients, with_columns, with_rows
from c4e_solvers.matrices import BoolArray, Feature, FloatArray, IntArray, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.registry import engine_for
from c4e_solvers.solution import Interrupted, Progress, Solution

if TYPE_CHECKING:
    from c4e_solvers.highs import Model

_COEFFICIENT_MOST = 1e15
#: Coefficients that are changed one by one; with more of them the problem is loaded anew, and its basis given back.
_COEFFICIENTS_MOST = 2000
Indices = npt.NDArray[np.int32] | npt.NDArray[np.int64]


class Session:
    """A warm HiGHS model. One thread at a time may use it; an interrupt may come from any.

    Every change is checked, applied to the loaded model and kept, so that ``matrices`` is always the problem that the
    next ``solve`` answers. A change that is refused changes nothing. Nothing is ever removed: a row goes with infinite
    bounds, a column with two bounds of zero.

    Args:
        matrices: The problem to begin with, from its basis where it has one; never changed.
        options: Of every solve; ``time_limit_s`` counts anew in each.

    Raises:
        InvalidMatrices: The arrays do not describe a problem.
        UnsupportedProgram: HiGHS does not take it.
    """

    def __init__(self, matrices: Matrices, options: SolverOptions = DEFAULT_OPTIONS) -> None:
        matrices.check()
        engine_for(matrices, "highs")
        self._matrices, self._options = matrices, options
        self._incumbent = matrices.start
        self._closed = False
        self._model = self._loaded(matrices)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the loaded model; the session cannot be used again."""
        self._model, self._closed = None, True

    @property
    def matrices(self) -> Matrices:
        """The problem as it stands; later changes do not touch what was returned."""
        return self._matrices

    def change_costs(self, columns: Indices, costs: FloatArray) -> None:
        """Set the linear cost of some columns.

        Args:
            columns: Which columns (k,), each once.
            costs: Their costs (k,).
        """
        now = self._matrices
        index, (new,) = _picked("column", columns, now.columns, costs)
        _refuse(soundness.numbers("cost", new, lambda k: f"column {index[k]}"))
        changed = replace(now, cost=_written(now.cost, index, new))
        self._change(changed, lambda highs: highs.changeColsCost(len(index), index, new))

    def change_bounds(self, columns: Indices, lower: FloatArray, upper: FloatArray) -> None:
        """Set the bounds of some columns.

        Args:
            columns: Which columns (k,), each once.
            lower: Their lower bounds (k,), -inf where there is none.
            upper: Their upper bounds (k,), inf where there is none.
        """
        now = self._matrices
        index, (low, high) = _picked("column", columns, now.columns, lower, upper)
        _refuse(soundness.bounds(low, high, lambda k: f"column {index[k]}"))
        if now.semicontinuous is not None:
            some = now.semicontinuous[index]
            _refuse(soundness.semicontinuous(some, low, high, lambda k: f"column {index[k]}"))
        changed = now.with_bounds(
            column_lower=_written(now.column_lower, index, low), column_upper=_written(now.column_upper, index, high)
        )
        whole = [bounds[index] for bounds in changed.whole_bounds(self._options.integrality_tolerance)]
        self._change(changed, lambda highs: highs.changeColsBounds(len(index), index, *whole))

    def change_row_bounds(self, rows: Indices, lower: FloatArray, upper: FloatArray) -> None:
        """Set the bounds of some rows.

        Args:
            rows: Which rows (k,), each once.
            lower: Their lower bounds (k,), -inf where there is none.
            upper: Their upper bounds (k,), inf where there is none.
        """
        now = self._matrices
        index, (low, high) = _picked("row", rows, now.rows, lower, upper)
        _refuse(soundness.bounds(low, high, lambda k: f"row {index[k]}"))
        changed = now.with_bounds(
            row_lower=_written(now.row_lower, index, low), row_upper=_written(now.row_upper, index, high)
        )
        self._change(changed, lambda highs: highs.changeRowsBounds(len(index), index, low, high))

    def add_rows(
        self,
        row_start: IntArray,
        row_index: IntArray,
        row_value: FloatArray,
        row_lower: FloatArray,
        row_upper: FloatArray,
        *,
        name: str = "",
    ) -> None:
        """Add k rows after the last, in the form of ``Matrices``.

        Args:
            row_start: Where each new row begins in ``row_index``, and at the end their number of coefficients (k+1,).
            row_index: Columns (nnz,), rising within each row.
            row_value: Coefficients (nnz,).
            row_lower: Lower bounds (k,).
            row_upper: Upper bounds (k,).
            name: Name of their block; nameless if empty.
        """
        changed = with_rows(self._matrices, row_start, row_index, row_value, row_lower, row_upper, name=name)
        self._change(
            changed,
            lambda highs: highs.addRows(
                len(row_lower), row_lower, row_upper, len(row_index), row_start[:-1], row_index, row_value
            ),
        )

    def add_columns(
        self,
        column_start: IntArray,
        column_index: IntArray,
        column_value: FloatArray,
        cost: FloatArray,
        column_lower: FloatArray,
        column_upper: FloatArray,
        *,
        integral: BoolArray | None = None,
        semicontinuous: BoolArray | None = None,
        name: str = "",
    ) -> None:
        """Add k columns after the last, column by column, with their coefficients in rows that are there.

        Args:
            column_start: Where each new column begins in ``column_index``, and at the end their number of coefficients
                (k+1,), int32.
            column_index: Rows (nnz,), int32, rising within each column.
            column_value: Coefficients (nnz,).
            cost: Linear costs (k,).
            column_lower: Lower bounds (k,).
            column_upper: Upper bounds (k,).
            integral: Which of them must be integers (k,); None for none.
            semicontinuous: Which of them are zero or within their bounds (k,); None for none.
            name: Name of their block; nameless if empty.
        """
        now = self._matrices
        what = {"integral": integral, "semicontinuous": semicontinuous, "name": name}
        arrays = (column_start, column_index, column_value, cost, column_lower, column_upper)
        changed = with_columns(now, *arrays, **what)  # pyright: ignore[reportArgumentType]
        if self._model is None or changed.discrete or Feature.QUADRATIC in changed.features():
            self._reload(changed)  # there is no basis to lose, and HiGHS wants other options for its first integer
        else:
            rest = (len(column_index), column_start[:-1], column_index, column_value)
            self._change(changed, lambda highs: highs.addCols(len(cost), cost, column_lower, column_upper, *rest))
        if self._incumbent is not None:
            self._incumbent = np.concatenate([self._incumbent, np.full(len(cost), np.nan)])

    def change_coefficients(self, rows: Indices, columns: Indices, values: FloatArray) -> None:
        """Set coefficients of some columns in some rows; HiGHS takes them one by one, so few are best.

        Args:
            rows: Row of each coefficient (k,).
            columns: Its column (k,); each place once.
            values: The coefficients (k,); zero takes the column out of the row.
        """
        now = self._matrices
        row, (value,) = _picked("row", rows, now.rows, values, unique=False)
        column, _ = _picked("column", columns, now.columns, values, unique=False)
        if len(np.unique(row.astype(np.int64) * now.columns + column)) < len(row):
            raise InvalidMatrices(["each place, a row and a column, may be there once only"])
        _refuse(soundness.numbers("coefficient", value, lambda k: f"row {row[k]}, column {column[k]}"))

        largest = float(np.abs(value).max(initial=0.0))
        if largest >= _COEFFICIENT_MOST:  # HiGHS minds it when it loads a problem, and not here
            raise SolverFailed(f"HiGHS takes coefficients below {_COEFFICIENT_MOST:g}; the largest is {largest:g}")

        def act(highs: Any) -> int:
            places = zip(row.tolist(), column.tolist(), value.tolist(), strict=True)
            return min((int(highs.changeCoeff(*place)) for place in places), default=0)

        self._change(with_coefficients(now, row, column, value), act)

    def become(self, matrices: Matrices) -> None:
        """Make the loaded problem another one; the next solve starts from the last basis or solution where it fits.

        Only what differs goes to HiGHS, as long as columns, rows and the places of the coefficients are the same; an LP
        may have more rows after its last.

        Args:
            matrices: The problem, with a ``start`` for a MILP if it brings one.

        Raises:
            InvalidMatrices: The arrays do not describe a problem.
            UnsupportedProgram: HiGHS does not take it.
        """
        self._open()
        now = self._matrices
        matrices.check()
        if self._model is not None and not matrices.discrete and _alike(now, _first_rows(matrices, now)):
            first, nonzero = now.rows, now.nonzeros
            if matrices.rows > first:
                self.add_rows(
                    matrices.row_start[first:] - np.int32(nonzero),
                    matrices.row_index[nonzero:],
                    matrices.row_value[nonzero:],
                    matrices.row_lower[first:],
                    matrices.row_upper[first:],
                )
                now = self._matrices
        if self._model is None or not _alike(now, matrices):
            self._incumbent = matrices.start
            self._reload(matrices)
            return
        if matrices.start is not None:
            self._incumbent = matrices.start
        changed = np.flatnonzero(now.row_value != matrices.row_value)
        if changed.size > _COEFFICIENTS_MOST:
            basis = self._model.basis()
            self._reload(matrices)
            self._model.take(basis)
            return
        if changed.size:
            row = np.searchsorted(now.row_start, changed, side="right").astype(np.int32) - 1
            self.change_coefficients(row, now.row_index[changed], matrices.row_value[changed])
        columns = _differing((now.cost, matrices.cost))
        if columns.size:
            self.change_costs(columns, matrices.cost[columns])
        columns = _differing((now.column_lower, matrices.column_lower), (now.column_upper, matrices.column_upper))
        if columns.size:
            self.change_bounds(columns, matrices.column_lower[columns], matrices.column_upper[columns])
        rows = _differing((now.row_lower, matrices.row_lower), (now.row_upper, matrices.row_upper))
        if rows.size:
            self.change_row_bounds(rows, matrices.row_lower[rows], matrices.row_upper[rows])
        if now.offset != matrices.offset:
            self._change(matrices, lambda highs: highs.changeObjectiveOffset(matrices.offset))
        self._matrices = matrices

    def solve(
        self,
        *,
        time_limit_s: float | None = None,
        interrupt: Interrupted | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Solution:
        """Solve the problem as it stands: an LP from the last basis, a MILP from its last solution.

        Args:
            time_limit_s: Wall-clock seconds of this solve; that of the options when None.
            interrupt: Set from another thread, it stops the solve; the session stays usable.
            progress: Told of the bounds of a running MILP.
        """
        self._open()
        if time_limit_s is not None and time_limit_s != self._options.time_limit_s:
            self._options = replace(self._options, time_limit_s=time_limit_s)
            if self._model is not None:
                self._model.limit(time_limit_s)
        from c4e_solvers import highs

        if self._model is None or Feature.QUADRATIC in self._matrices.features():  # HiGHS starts no QP from the last
            return highs.solve(self._matrices, self._options, interrupt=interrupt, progress=progress)
        clock = highs.Clock(self._options)
        discrete = self._matrices.discrete
        if discrete and self._incumbent is not None:
            self._model.start_from(self._incumbent)
        solution = self._model.run(clock, interrupt=interrupt, progress=progress)
        if discrete and solution.primal is not None:
            self._incumbent = solution.primal
        if self._model.lost:
            self._model = self._loaded(self._matrices)
        return solution

    def _open(self) -> None:
        if self._closed:
            raise SolverError("this session is closed; begin another")

    def _change(self, changed: Matrices, act: Callable[[Any], Any]) -> None:
        self._open()
        if self._model is not None:
            from c4e_solvers.highs import variable_types

            variable_types(changed)
            try:
                refused = int(act(self._model.highs)) < 0
            except Exception as error:
                self._model = self._loaded(self._matrices)
                raise SolverFailed(f"HiGHS broke down while taking a change: {error}") from error
            if refused:
                self._model = self._loaded(self._matrices)  # it may have taken a part
                raise SolverFailed("HiGHS refuses the change")
        self._matrices = changed

    def _reload(self, changed: Matrices) -> None:
        self._open()
        engine_for(changed, "highs")
        self._model = self._loaded(changed)
        self._matrices = changed

    def _loaded(self, matrices: Matrices) -> Model | None:
        if not matrices.columns:
            return None
        from c4e_solvers.highs import Model

        return Model(matrices, self._options)


def _first_rows(matrices: Matrices, model: Matrices) -> Matrices:
    """The rows of a problem that stand where another one has rows, as if the rest were not there."""
    if matrices.rows <= model.rows:
        return matrices
    start = matrices.row_start[: model.rows + 1]
    return replace(matrices, row_start=start, row_index=matrices.row_index[: start[-1]])


def _alike(one: Matrices, other: Matrices) -> bool:
    """Whether two problems differ in numbers only."""
    if one.quadratic is not None or other.quadratic is not None or one.features() != other.features():
        return False
    some = [(one.integral, other.integral), (one.row_start, other.row_start), (one.row_index, other.row_index)]
    if one.semicontinuous is not None and other.semicontinuous is not None:
        some.append((one.semicontinuous, other.semicontinuous))
    return all(this is that or np.array_equal(this, that) for this, that in some)


def _differing(*pairs: tuple[FloatArray, FloatArray]) -> IntArray:
    """Places at which any of the pairs differ."""
    different = np.zeros(pairs[0][0].size, dtype=bool)
    for one, other in pairs:
        different |= one != other
    return np.flatnonzero(different).astype(np.int32)


def _picked(
    kind: str, indices: Indices, length: int, *values: FloatArray, unique: bool = True
) -> tuple[IntArray, list[FloatArray]]:
    index = np.ascontiguousarray(indices, np.int32)
    wrong: list[str] = []
    if index.ndim != 1 or (unique and len(np.unique(index)) != index.size):
        wrong.append(f"{kind} indices must be a vector of different numbers")
    elif index.size and not (index.min() >= 0 and index.max() < length):
        wrong.append(f"{kind} indices must lie within [0, {length})")
    new = [np.ascontiguousarray(array, np.float64) for array in values]
    wrong += [f"there are {index.size} indices and {array.size} values" for array in new if array.shape != index.shape]
    _refuse(wrong)
    return index, new


def _refuse(wrong: Iterable[str]) -> None:
    findings = list(wrong)
    if findings:
        raise InvalidMatrices(findings)


def _written(values: FloatArray, index: IntArray, new: FloatArray) -> FloatArray:
    copy = values.copy()
    copy[index] = new
    return copy
