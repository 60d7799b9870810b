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
    if (lower <= upper).all() and _ends(lower, -np.inf) and _ends(upper, np.inf):
        return
    lowest, highest = np.abs(lower), np.abs(upper)
    sound = (lower <= upper) & ((lowest < INFINITE) | (lower == -np.inf)) & ((highest < INFINITE) | (upper == np.inf))
    if not sound.all():
        wrong = np.flatnonzero(~sound)
        yield from listed(wrong, lambda i: f"{locate(i)}: {_bound_fault(float(lower[i]), float(upper[i]))}")


def _ends(side: Array, end: float) -> bool:
    """Whether all that is large on one side of the bounds is the infinity at its end; nothing there is NaN."""
    return np.count_nonzero(np.abs(side) >= INFINITE) == np.count_nonzero(side == end)


def _bound_fault(lower: float, upper: float) -> str:
    if lower > upper:
        return f"lower bound {lower} is above upper bound {upper}"
    if not lower <= upper:
        return f"bounds [{lower}, {upper}] hold NaN"
    return f"bounds [{lower}, {upper}] must be smaller than {INFINITE:g}, or -inf below and inf above"


def sparse(
    start: Array, index: Array, value: Array, across: int, locate: Locate, words: tuple[str, str] = ("row", "column")
) -> Iterator[str]:
    """Findings for compressed sparse rows or columns: order of starts, range and order of indices, finite values.

    Args:
        start: Where each begins in ``index``, and at the end the number of coefficients.
        index: Index of each coefficient in the other direction.
        value: The coefficients.
        across: How many there are in the other direction.
        locate: Names one of them.
        words: What they are, and what the indices count.
    """
    (along, other), count = words, len(index)
    if start[0] != 0 or start[-1] != count or (start[1:] < start[:-1]).any():
        yield f"{along}_start must rise from 0 to the {count} coefficients; it goes from {start[0]} to {start[-1]}"
        return
    if not count:
        return

    def owner(entry: int) -> str:
        return locate(int(np.searchsorted(start, entry, side="right")) - 1)

    if index.view(np.uint32).max() >= across:  # which is what a negative index becomes
        wrong = np.flatnonzero((index < 0) | (index >= across))
        yield from listed(wrong, lambda k: f"{owner(k)}: {other} {index[k]} is outside [0, {across})")
    begins = np.zeros(count + 1, np.bool_)
    begins[start] = True
    sound = (index[1:] > index[:-1]) | begins[1:count]
    if not sound.all():
        wrong = np.flatnonzero(~sound) + 1
        yield from listed(wrong, lambda k: f"{owner(k)}: {_order_fault(other, int(index[k - 1]), int(index[k]))}")
    yield from numbers("coefficient", value, lambda k: f"{owner(k)}, {other} {index[k]}")


def _order_fault(word: str, before: int, now: int) -> str:
    if before == now:
        return f"{word} {now} is there twice"
    return f"{word} {now} stands after {word} {before}; indices must rise"


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


def semicontinuous(mask: Array, lower: Array, upper: Array, locate: Locate) -> Iterator[str]:
    """Findings for semicontinuous columns: zero must lie below the bounds, and the upper one must be finite."""
    wrong = np.flatnonzero(mask & ~((lower >= 0.0) & (upper < np.inf)))
    rule = "a semicontinuous column needs a lower bound of 0 or more and a finite upper one"
    yield from listed(wrong, lambda i: f"{locate(i)}: bounds [{lower[i]}, {upper[i]}]; {rule}")


def ordered_set(number: int, order: int, columns: Array, length: int) -> Iterator[str]:
    """Findings for one ordered set: its order, and different columns within range."""
    if order not in (1, 2):
        yield f"ordered set {number}: order is {order}; it must be 1 or 2"
    wrong = list(shape(f"ordered set {number}: columns", columns, np.size(columns), np.int32))
    if wrong:
        yield from wrong
    elif not columns.size or columns.min() < 0 or columns.max() >= length or len(np.unique(columns)) < columns.size:
        yield f"ordered set {number}: columns must be one or more, different, and within [0, {length})"
