"""Bounds that follow from bounds: rounds in which every row tightens the columns that it touches, until two clash.

What is left for one column of a row when all its others do their utmost bounds that column, and whole numbers round the
bound. This finds clashes of a few rows at once and without a solver, whole numbers among them; others it misses.
Source: activity-based bound tightening, section 3.2 of Savelsbergh (1994), ORSA Journal on Computing 6(4),
https://doi.org/10.1287/ijoc.6.4.445; here all rows of a round at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from c4e_solvers.matrices import FloatArray, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions

_ROUNDS, _ROUNDS_LINEAR = 12, 3
"""So many rounds with whole numbers, and without: then a ray tells more."""
_STEP = 1e-3
"""A bound that moves by less than this part of its column's width, or of its own size, has not moved."""
_TOLERANCE = 1e-6


@dataclass(slots=True)
class _Bounds:
    """Bounds of the columns as far as they are known, (n,)."""

    lower: FloatArray
    upper: FloatArray


def clashing_rows(matrices: Matrices, *, options: SolverOptions = DEFAULT_OPTIONS) -> npt.NDArray[np.int64]:
    """Rows at which bounds are found to clash: one, or the two that leave no room for a column; none where none is.

    Args:
        matrices: The problem.
        options: The time limit of the search.
    """
    end = time.perf_counter() + options.time_limit_s
    m = matrices
    row_of, order = np.repeat(np.arange(m.rows), np.diff(m.row_start)), np.argsort(m.row_index, kind="stable")
    touched, first = np.unique(m.row_index[order], return_index=True)
    now = _Bounds(m.column_lower.copy(), m.column_upper.copy())
    for _ in range((_ROUNDS if m.integers else _ROUNDS_LINEAR) if m.nonzeros else 0):
        upper, lower, wrong = _implied(m, row_of, now)
        if wrong.size:
            return wrong
        tight_upper = np.minimum.reduceat(upper[order], first)
        tight_lower = np.maximum.reduceat(lower[order], first)
        whole = m.integral[touched]
        tight_upper = np.where(whole, np.floor(tight_upper + _TOLERANCE), tight_upper)
        tight_lower = np.where(whole, np.ceil(tight_lower - _TOLERANCE), tight_lower)
        before_lower, before_upper = now.lower[touched], now.upper[touched]
        tight_upper, tight_lower = np.minimum(tight_upper, before_upper), np.maximum(tight_lower, before_lower)
        crossed = np.flatnonzero(tight_lower - tight_upper > _TOLERANCE * (1.0 + np.abs(tight_upper)))
        if crossed.size:
            entries = order[first[crossed[0]] : np.append(first, order.size)[crossed[0] + 1]]
            return np.unique(row_of[entries[[upper[entries].argmin(), lower[entries].argmax()]]])
        width = np.where(np.isfinite(before_upper - before_lower), before_upper - before_lower, 0.0)
        with np.errstate(invalid="ignore"):
            moved = (before_upper - tight_upper > _STEP * np.maximum(width, np.abs(tight_upper)) + _TOLERANCE) | (
                tight_lower - before_lower > _STEP * np.maximum(width, np.abs(tight_lower)) + _TOLERANCE
            )
        if not moved.any() or time.perf_counter() > end:
            break
        now.upper[touched], now.lower[touched] = tight_upper, np.minimum(tight_lower, tight_upper)
    return np.zeros(0, np.int64)


def _implied(
    m: Matrices, row_of: npt.NDArray[np.intp], now: _Bounds
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Bounds of the column of every entry that its row implies, upper and lower; and the first row that cannot be met.

    An infinite bound of a column leaves its row without a say on all its other columns.
    """
    value = m.row_value
    low, high = now.lower[m.row_index], now.upper[m.row_index]
    positive = value > 0
    least, most = np.where(positive, value * low, value * high), np.where(positive, value * high, value * low)
    upper, lower = np.full(value.size, np.inf), np.full(value.size, -np.inf)
    wrong = np.zeros(0, np.int64)
    for reach, bound, sign in ((least, m.row_upper, 1.0), (most, m.row_lower, -1.0)):
        finite = np.isfinite(reach)
        total = np.bincount(row_of, np.where(finite, reach, 0.0), m.rows)
        size = np.bincount(row_of, np.where(finite, np.abs(reach), 0.0), m.rows)
        endless = np.bincount(row_of, ~finite, m.rows)
        beyond = sign * (total - bound) > _TOLERANCE + 1e-9 * size
        beyond &= (endless == 0) & np.isfinite(bound)
        if beyond.any():
            return upper, lower, np.flatnonzero(beyond)[:1]
        others = endless[row_of] - ~finite
        left = bound[row_of] - total[row_of] + np.where(finite, reach, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            limit = left / value
        says = (others == 0) & np.isfinite(limit)
        above = says & (positive if sign > 0 else ~positive)
        upper[above] = np.minimum(upper[above], limit[above])
        below = says & (~positive if sign > 0 else positive)
        lower[below] = np.maximum(lower[below], limit[below])
    return upper, lower, wrong
