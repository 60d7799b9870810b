"""Where a large problem clashes: rows of few neighbouring places that have no solution by themselves.

Rows stand at places along an axis, such as the steps of a horizon. There are three ways, each of which finds what the
ones before it miss and takes longer: bounds that follow from bounds, windows of places solved one by one, and a ray of
the whole LP.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from c4e_solvers.irreducible import Conflict, clashing
from c4e_solvers.matrices import Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.propagation import clashing_rows
from c4e_solvers.registry import solve
from c4e_solvers.sides import Sides
from c4e_solvers.solution import Reason

Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]

_REACH = (0, 2, 8, 32, 128)
"""Places on both sides of a clash that are tried in turn."""
_WINDOW, _APART = 336, 288
"""Places of a window, and from the begin of one to that of the next."""
_TEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Rows that clash by themselves, (k,), rising; and the sides among them that a ray prices, where one was found."""

    rows: Rows
    conflict: Conflict | None = None


def narrowed_by_bounds(
    matrices: Matrices, place: Places, *, margin: int = 0, options: SolverOptions = DEFAULT_OPTIONS
) -> Narrowed | None:
    """Find rows that clash by bounds that follow from bounds, whole numbers included; as few places as are enough.

    Args:
        matrices: A problem without a solution.
        place: Place of every row along the axis, (m,); -1 for rows without one, which are near to all.
        margin: Places on both sides that are taken as well where the LP has no solution there.
        options: The time limit of the search.
    """
    left = _Left(options)
    found = clashing_rows(matrices, options=options)
    for reach in _REACH if found.size else ():
        rows = _around(place, found, reach)
        if _clash(matrices, rows, left.options()):
            linear = not matrices.integers or _clash(matrices.relaxed(), rows, left.options())
            return Narrowed(_around(place, found, max(margin, reach)) if linear else rows)
    return None


def windows(places: int) -> list[int]:
    """Begins of windows that overlap and cover all places: the last first, where targets stand, then from the first."""
    begins = [*range(0, max(places - _WINDOW, 0), _APART)]
    return [max(places - _WINDOW, 0), *begins]


def narrowed_by_windows(
    matrices: Matrices, place: Places, begins: Iterable[int], *, options: SolverOptions = DEFAULT_OPTIONS
) -> Narrowed | None:
    """Find a window of places of which the LP has no solution.

    Args:
        matrices: A problem without a solution.
        place: Place of every row along the axis, (m,); -1 for rows without one.
        begins: First places of the windows to try, in this order.
        options: The time limit of the search.
    """
    left, relaxed = _Left(options), matrices.relaxed()
    for begin in begins:
        rows = np.flatnonzero((place < 0) | ((place >= begin) & (place < begin + _WINDOW)))
        if _clash(relaxed, rows, left.options()):
            return Narrowed(rows)
    return None


def narrowed_by_ray(
    matrices: Matrices, place: Places, *, margin: int = 0, options: SolverOptions = DEFAULT_OPTIONS
) -> Narrowed | None:
    """Find the rows that a ray of the LP prices, with a margin where they are of few places.

    Args:
        matrices: A problem without a solution.
        place: Place of every row along the axis, (m,); -1 for rows without one.
        margin: Places on both sides that are taken as well.
        options: The time limit of the search.
    """
    conflict = clashing(matrices, options=options)
    if conflict.feasible is not False:
        return None
    found = np.array([member.index for member in conflict.members if member.kind == "row"], dtype=np.int64)
    span = place[found][place[found] >= 0]
    if span.size and span.max() - span.min() > _WINDOW:
        return Narrowed(found, conflict)
    return Narrowed(_around(place, found, margin), conflict)


class _Left:
    """What is left of a time limit."""

    def __init__(self, options: SolverOptions) -> None:
        self._options, self._end = options, time.perf_counter() + options.time_limit_s

    def options(self) -> SolverOptions:
        """The same options for one short solve."""
        left = max(self._end - time.perf_counter(), 0.0)
        return replace(self._options, time_limit_s=min(left, _TEST_S), ray=False)


def _around(place: Places, rows: Rows, reach: int) -> Rows:
    """The rows of so many places around those of some rows, and all rows without a place."""
    span = place[rows][place[rows] >= 0]
    if not span.size:
        return np.flatnonzero(place < 0)
    return np.flatnonzero((place < 0) | ((place >= span.min() - reach) & (place <= span.max() + reach)))


def _clash(matrices: Matrices, rows: Rows, options: SolverOptions) -> bool:
    """Whether some rows are seen to have no solution."""
    sides = Sides(matrices)
    answer = solve(sides.part(sides.of(rows)).matrices, options, "highs")
    return answer.termination.reason in (Reason.INFEASIBLE, Reason.INFEASIBLE_OR_UNBOUNDED)
