"""A problem that stays loaded: change a part of it and solve again from the last basis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from c4e_solvers import soundness
from c4e_solvers.errors import InvalidMatrices, SolverError, SolverFailed
from c4e_solvers.matrices import Block, FloatArray, IntArray, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.registry import engine_for
from c4e_solvers.solution import Interrupted, Progress, Solution

if TYPE_CHECKING:
    from c4e_solvers.highs import Model

Indices = npt.NDArray[np.int32] | npt.NDArray[np.int64]


class Session:
    """A warm HiGHS model. One thread at a time may use it; an interrupt may come from any.

    Every change is checked, applied to the loaded model and kept, so that ``matrices`` is always the problem that the
    next ``solve`` answers. A change that is refused changes nothing.

    Args:
        matrices: The problem to begin with; never changed.
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
        self._model: Model | None = None
        if matrices.columns:
            from c4e_solvers.highs import Model

            self._model = Model(matrices, options)

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
        changed = now.with_bounds(
            column_lower=_written(now.column_lower, index, low), column_upper=_written(now.column_upper, index, high)
        )
        self._change(changed, lambda highs: highs.changeColsBounds(len(index), index, low, high))

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
        now, count = self._matrices, len(row_lower)
        added = replace(
            now,
            row_start=row_start,
            row_index=row_index,
            row_value=row_value,
            row_lower=row_lower,
            row_upper=row_upper,
            row_blocks=(Block(name=name, start=0, stop=count),) if name else (),
        )
        added.check()
        block = (Block(name=name, start=now.rows, stop=now.rows + count),) if name else ()
        changed = replace(
            now,
            row_start=np.concatenate([now.row_start, row_start[1:] + np.int32(now.nonzeros)]),
            row_index=np.concatenate([now.row_index, row_index]),
            row_value=np.concatenate([now.row_value, row_value]),
            row_lower=np.concatenate([now.row_lower, row_lower]),
            row_upper=np.concatenate([now.row_upper, row_upper]),
            row_blocks=now.row_blocks + block,
        )
        self._change(
            changed,
            lambda highs: highs.addRows(
                count, row_lower, row_upper, len(row_index), row_start[:-1], row_index, row_value
            ),
        )

    def solve(
        self,
        *,
        interrupt: Interrupted | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Solution:
        """Solve the problem as it stands: an LP from the last basis, a MILP from its last solution.

        Args:
            interrupt: Set from another thread, it stops the solve; the session stays usable.
            progress: Told of the bounds of a running MILP.
        """
        self._open()
        from c4e_solvers import highs

        if self._model is None:
            return highs.solve(self._matrices, self._options, interrupt=interrupt, progress=progress)
        clock = highs.Clock(self._options)
        integers = bool(self._matrices.integral.any())
        if integers and self._incumbent is not None:
            self._model.start_from(self._incumbent)
        solution = self._model.run(clock, interrupt=interrupt, progress=progress)
        if integers and solution.primal is not None:
            self._incumbent = solution.primal
        return solution

    def _open(self) -> None:
        if self._closed:
            raise SolverError("this session is closed; begin another")

    def _change(self, changed: Matrices, act: Callable[[Any], Any]) -> None:
        self._open()
        if self._model is not None:
            try:
                status = act(self._model.highs)
            except Exception as error:
                raise SolverFailed(f"HiGHS broke down while taking a change: {error}") from error
            if int(status) < 0:
                raise SolverFailed("HiGHS refuses the change")
        self._matrices = changed


def _picked(kind: str, indices: Indices, length: int, *values: FloatArray) -> tuple[IntArray, list[FloatArray]]:
    index = np.ascontiguousarray(indices, np.int32)
    wrong: list[str] = []
    if index.ndim != 1 or len(np.unique(index)) != index.size:
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
