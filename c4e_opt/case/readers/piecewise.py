"""Costs by points of power as readers meet them, as segments above the first point."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from c4e_opt.components.generator import CostSegment

#: Points closer than this, in MW, are one.
_SAME_MW = 1e-9


def hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The lower convex hull of points (power, cost), by rising power: what a weighted mean of them can cost least.

    Args:
        points: By power that does not fall.
    """
    kept: list[tuple[float, float]] = []
    for power, cost in points:
        if kept and power - kept[-1][0] <= _SAME_MW:
            cost = min(cost, kept.pop()[1])
        while len(kept) > 1 and not _turns_up(kept[-2], kept[-1], (power, cost)):
            kept.pop()
        kept.append((power, cost))
    return kept


def _turns_up(first: tuple[float, float], second: tuple[float, float], third: tuple[float, float]) -> bool:
    """Whether the slope rises at the second of three points."""
    rise = (second[1] - first[1]) * (third[0] - second[0])
    return rise < (third[1] - second[1]) * (second[0] - first[0])


def segments(points: Sequence[tuple[float, float]], reach: float) -> tuple[CostSegment, ...]:
    """Segments between points, the last one stretched to a power where rounding leaves it short.

    Args:
        points: By rising power; costs in EUR/h.
        reach: Largest power that is needed.
    """
    found: list[CostSegment] = []
    for place, ((power, cost), (after, more)) in enumerate(itertools.pairwise(points)):
        width = after - power
        stretched = max(width, reach - power) if place == len(points) - 2 else width
        found.append(CostSegment(power_mw=stretched, cost_eur_per_mwh=(more - cost) / width))
    return tuple(found)
