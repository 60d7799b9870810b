"""Costs of MATPOWER as those of a generator: a constant, a cost per MWh, a square, or segments.

A polynomial of degree 2 at most is taken as it is. A piecewise linear cost goes on beyond its first and last point
with the slope there, as it does for MATPOWER, and matters between the least and the largest power only. It becomes
    fixed cost + sum over segments of slope * power in the segment
from the lower of 0 and the least power on; the slope at the least power holds down to there. Points that say the same
twice count once, and points on one line make no segment. Slopes are rounded to 12 digits, so that what differs by the
rounding of the file alone is one slope.

Source: MATPOWER User's Manual 8.0, section 5.3 and table B-4, https://matpower.org/docs/manual.pdf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray

#: Slopes that lie closer, as a part of the larger one, are one slope.
_SAME = 1e-9
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost per hour: fixed + linear * P + square * P^2 + segments (width, slope) in place of the last two."""

    fixed: float = 0.0
    linear: float = 0.0
    square: float = 0.0
    segments: tuple[tuple[float, float], ...] = ()

    @property
    def falls(self) -> bool:
        """Whether some segment costs less than the one before."""
        return any(later[1] < each[1] for each, later in zip(self.segments, self.segments[1:], strict=False))


def cost_of(row: FloatArray, least: float, largest: float) -> Cost | str:
    """The cost that a row of mpc.gencost says.

    Args:
        row: MODEL, STARTUP, SHUTDOWN, NCOST and the numbers behind them.
        least: Least power, MW.
        largest: Largest power, MW.

    Returns:
        The cost; or why it cannot be taken.
    """
    model, count = float(row[0]), float(row[3])
    numbers = 2 * count if model == 1 else count
    if model not in (1, 2):
        return f"has the cost model {model:g}; 1 (piecewise linear) and 2 (polynomial) are known"
    if not (0 <= numbers <= row.size - 4 and count == np.rint(count)):
        return f"announces {count:g} {'points' if model == 1 else 'coefficients'}, which are not there"
    said = row[4 : 4 + int(numbers)]
    if not np.isfinite(said).all():
        return "has a cost that is no finite number"
    if not said.size:
        return Cost()
    return _piecewise(said[::2], said[1::2], least, largest) if model == 1 else _polynomial(said, least, largest)


def _polynomial(said: FloatArray, least: float, largest: float) -> Cost | str:
    coefficients = np.trim_zeros(said, "f")[::-1].tolist()
    if len(coefficients) > 3:
        return f"has a cost of degree {len(coefficients) - 1}; only degrees up to 2 are supported"
    fixed, linear, square = (*coefficients, 0.0, 0.0, 0.0)[:3]
    if square < 0 and least < largest:
        return "has a cost whose square is negative, which is not convex; not supported"
    if square < 0:  # of one power only
        return Cost(fixed + square * least * least, linear)
    return Cost(fixed, linear, square)


def _piecewise(power: FloatArray, cost: FloatArray, least: float, largest: float) -> Cost | str:
    if np.any(np.diff(power) < 0):
        return "has a piecewise cost whose powers fall; they must rise"
    again = np.append(False, np.diff(power) == 0)
    if np.any(again & np.append(False, np.diff(cost) != 0)):
        return "has a piecewise cost that jumps: two costs at one power"
    power, cost = power[~again], cost[~again]
    if power.size == 1:
        return Cost(float(cost[0]))
    slopes = np.diff(cost) / np.diff(power)
    if not np.isfinite(slopes).all():
        return "has a piecewise cost that is too steep"
    power, cost, slopes = _bends(power, cost, slopes)
    begin = min(0.0, least)
    inner = power[1:-1]
    first = int(np.searchsorted(inner, least, side="right"))
    last = max(first, int(np.searchsorted(inner, largest, side="left")))
    slopes, bends = slopes[first : last + 1], inner[first:last]
    at_begin = float(cost[first] + slopes[0] * (begin - power[first]))
    if slopes.size == 1:
        linear = rounded(float(slopes[0]))
        return Cost(rounded(float(cost[first] - slopes[0] * power[first])), linear)
    widths = np.diff(np.concatenate([[begin], bends, [largest]]))
    pairs = zip(widths.tolist(), slopes.tolist(), strict=True)
    return Cost(rounded(at_begin), segments=tuple((rounded(width), rounded(slope)) for width, slope in pairs))


def _bends(power: FloatArray, cost: FloatArray, slopes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The ends of a curve and the points at which it bends, and the slopes between."""
    apart = np.abs(np.diff(slopes)) > _SAME * np.maximum(np.abs(slopes[1:]), np.abs(slopes[:-1]))
    kept = np.concatenate([[True], apart, [True]])
    power, cost = power[kept], cost[kept]
    return power, cost, np.diff(cost) / np.diff(power)


def rounded(number: float) -> float:
    """A number to 12 digits."""
    return float(f"{number:.{_DIGITS}g}")
