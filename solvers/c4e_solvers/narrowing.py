"""Where a large problem clashes: rows of few neighbouring places that have no solution by themselves.

Rows stand at places along an axis, such as the steps of a horizon. Bounds that follow from bounds point at most clashes
within milliseconds; else a ray of the LP does, at the price of one solve. Around what they point at, the rows of as few
places as needed are taken.
"""

from __future__ import annotations

import time
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

_REACH = (0, 2, 8, 32, 128)
"""Places on both sides of a clash that are tried in turn."""
_WINDOW, _WINDOWS = 336, 10
"""Where a ray is about more places than so many, so many windows of this length are tried within them."""
_TEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Rows that clash by themselves, and a set of clashing sides that is known of them, where one is."""

    rows: Rows
    conflict: Conflict | None  # not irreducible


def narrowed(
    matrices: Matrices, place: npt.NDArray[np.int64], *, margin: int = 0, options: SolverOptions = DEFAULT_OPTIONS
) -> Narrowed | None:
    """Find few rows that clash by themselves.

    Args:
        matrices: A problem without a solution.
        place: Place of every row along the axis, (m,); -1 for rows without one, which are near to all.
        margin: Places on both sides of a clash of the LP that are taken with it.
        options: The time limit of the search.

    Returns:
        The rows; None where none were found in time, or only whole numbers clash in a way that bounds do not tell.
    """
    end = time.perf_counter() + options.time_limit_s

    def left(most_s: float = np.inf) -> SolverOptions:
        return replace(options, time_limit_s=min(max(end - time.perf_counter(), 0.0), most_s), ray=False)

    found = clashing_rows(matrices, options=options)
    for reach in _REACH if found.size else ():
        rows = _around(place, found, reach)
        if _clash(matrices, rows, left(_TEST_S)):
            linear = not matrices.integers or _clash(matrices.relaxed(), rows, left(_TEST_S))
            return Narrowed(_around(place, found, max(margin, reach)) if linear else rows, None)
    conflict = clashing(matrices, options=left())
    if conflict.feasible is not False:
        return None
    found = np.array([member.index for member in conflict.members if member.kind == "row"], dtype=np.int64)
    span = place[found][place[found] >= 0]
    if not span.size or span.max() - span.min() <= _WINDOW:
        return Narrowed(_around(place, found, margin), conflict)
    for begin in _windows(int(span.min()), int(span.max())) if span.size == found.size else ():
        rows = np.flatnonzero((place < 0) | ((place >= begin) & (place < begin + _WINDOW)))
        if _clash(matrices.relaxed(), rows, left(_TEST_S)):
            return Narrowed(rows, None)
    return Narrowed(found, conflict)


def _windows(first: int, last: int) -> list[int]:
    """Begins of windows within a span: at its end, where targets stand, at its begin, and some between."""
    between = np.linspace(first, max(last - _WINDOW + 1, first), _WINDOWS)
    return list(dict.fromkeys(int(begin) for begin in (between[-1], between[0], *between[1:-1])))


def _around(place: npt.NDArray[np.int64], rows: Rows, reach: int) -> Rows:
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
