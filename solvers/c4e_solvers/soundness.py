"""What can be wrong with the arrays of a problem, found without a loop over their entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

INFINITE = 1e20
"""Solvers take finite bounds and costs of this size for infinite; ours must be smaller or inf."""
_LISTED = 20

Array = npt.NDArray[Any]
Locate = Callable[[int], str]


def shape(name: str, array: object, length: int, kind: type[Any]) -> Iterator[str]:
    """One finding when this is not a vector of that length and type that lies in one piece of memory."""
    if not isinstance(array, np.ndarray):
        yield f"{name} is a {type(array).__name__}; it must be a numpy array"
    elif array.shape != (length,) or array.dtype != kind or not array.flags.c_contiguous:  # pyright: ignore[reportUnknownMemberType]
        layout = "" if array.flags.c_contiguous else ", not contiguous"
        found = f"{array.dtype}{array.shape}{layout}"  # pyright: ignore[reportUnknownMemberType]
        yield f"{name} is {found}; it must be {np.dtype(kind)}({length},), contiguous"


def listed(wrong: npt.NDArray[np.intp], describe: Locate) -> Iterator[str]:
    """A sentence for each of the first entries, and the number of the others."""
    for index in wrong[:_LISTED].tolist():
        yield describe(index)
    if len(wrong) > _LISTED:
        yield f"and {len(wrong) - _LISTED} more of this kind"


def numbers(name: str, values: Array, locate: Locate) -> Iterator[str]:
    """Findings for values that are not finite or too large to be told from infinity."""
    sound = np.abs(values) < INFINITE
    if not sound.all():
        wrong = np.flatnonzero(~sound)
        rule = f"must be finite and smaller than {INFINITE:g}"
        yield from listed(wrong, lambda i: f"{locate(i)}: {name} is {values[i]}; it {rule}")


def bounds(lower: Array, upper: Array, locate: Locate) -> Iterator[str]:
    """Findings for bounds that are NaN, crossed, infinite on the wrong side or too large to be told from infinity."""
    if _plain(lower, upper):
        return
    lowest, highest = np.abs(lower), np.abs(upper)
    sound = (lower <= upper) & ((lowest < INFINITE) | (lower == -np.inf)) & ((highest < INFINITE) | (upper == np.inf))
    if not sound.all():
        wrong = np.flatnonzero(~sound)
        yield from listed(wrong, lambda i: f"{locate(i)}: {_bound_fault(float(lower[i]), float(upper[i]))}")


def _plain(lower: Array, upper: Array) -> bool:
    """Whether bounds are sound at first sight: in order, and each side finite throughout or infinite throughout."""
    if not len(lower) or not (lower <= upper).all():
        return not len(lower)
    least, most = float(lower.min()), float(upper.max())
    below = least > -INFINITE or lower.max() == -np.inf
    above = most < INFINITE or upper.min() == np.inf
    return bool(below and above and lower.max() < INFINITE and upper.min() > -INFINITE)


def _bound_fault(lower: float, upper: float) -> str:
    if lower > upper:
        return f"lower bound {lower} is above upper bound {upper}"
    if not lower <= upper:
        return f"bounds [{lower}, {upper}] hold NaN"
    return f"bounds [{lower}, {upper}] must be smaller than {INFINITE:g}, or -inf below and inf above"


def sparse_rows(start: Array, index: Array, value: Array, columns: int, locate: Locate) -> Iterator[str]:
    """Findings for compressed sparse rows: order of starts, range and order of indices, finite values."""
    count = len(index)
    steps = np.diff(start)
    if start[0] != 0 or start[-1] != count or (len(steps) and steps.min() < 0):
        yield f"row_start must rise from 0 to the {count} coefficients; it goes from {start[0]} to {start[-1]}"
        return
    if not count:
        return

    def row_of(entry: int) -> int:
        return int(np.searchsorted(start, entry, side="right")) - 1

    if index.min() < 0 or index.max() >= columns:
        wrong = np.flatnonzero((index < 0) | (index >= columns))
        yield from listed(wrong, lambda k: f"{locate(row_of(k))}: column {index[k]} is outside [0, {columns})")
    rising = index[1:] > index[:-1]
    if not rising.all():
        inner = start[1:-1]
        rising[inner[(inner > 0) & (inner < count)] - 1] = True
        wrong = np.flatnonzero(~rising) + 1
        yield from listed(wrong, lambda k: f"{locate(row_of(k))}: {_order_fault(int(index[k - 1]), int(index[k]))}")
    yield from numbers("coefficient", value, lambda k: f"{locate(row_of(k))}, column {index[k]}")


def _order_fault(before: int, column: int) -> str:
    if before == column:
        return f"column {column} is there twice"
    return f"column {column} stands after column {before}; indices must rise"


def ranges(kind: str, blocks: list[tuple[str, int, int]], length: int) -> Iterator[str]:
    """Findings for named blocks (name, start, stop) that overlap, fall or leave the range."""
    before = 0
    for name, start, stop in blocks:
        if not before <= start <= stop <= length:
            yield f"{kind} block {name!r} is [{start}, {stop}); it must rise and lie within [{before}, {length})"
        before = max(before, stop)


def quadratic(matrix: Any, columns: int) -> Iterator[str]:
    """Findings for a quadratic term: shape, finite, symmetric, and what rules out convexity at first sight."""
    if matrix.shape != (columns, columns):
        yield f"quadratic is {matrix.shape}; it must be ({columns}, {columns})"
        return
    entries = matrix.tocoo()
    row, column, value = entries.row, entries.col, entries.data
    if not np.isfinite(value).all():
        yield "quadratic holds coefficients that are not finite"
        return
    if abs(matrix - matrix.T).max() > 1e-9 * max(1.0, float(np.abs(value).max(initial=0.0))):
        yield "quadratic is not symmetric; store both triangles"
        return
    diagonal = matrix.diagonal()
    allowed = np.sqrt(np.maximum(diagonal[row], 0.0) * np.maximum(diagonal[column], 0.0))
    wrong = np.flatnonzero((np.abs(value) > allowed * (1 + 1e-9)) | ((row == column) & (value < 0)))
    yield from listed(wrong, lambda k: f"quadratic is not convex at columns {row[k]} and {column[k]}")
