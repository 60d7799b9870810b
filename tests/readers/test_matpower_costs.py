"""Costs of MATPOWER against their own definition: a curve that goes on straight beyond its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_opt.case.readers.matpower.costs import Cost, cost_of


def paid(cost: Cost, power: float, least: float) -> float:
    """What a generator of such a cost pays at a power: constant, slope, square, and its segments in their order."""
    left, total = power - min(0.0, least), cost.fixed + cost.linear * power + cost.square * power**2
    for width, slope in cost.segments:
        total += slope * min(left, width)
        left -= min(left, width)
    return total


def curve(points: list[tuple[float, float]], power: float) -> float:
    """The curve through points that rise in power, straight on beyond both ends."""
    (x, y) = np.array(points).T
    if x.size == 1:
        return float(y[0])
    place = int(np.clip(np.searchsorted(x, power) - 1, 0, x.size - 2))
    return float(y[place] + (y[place + 1] - y[place]) / (x[place + 1] - x[place]) * (power - x[place]))


def row(points: list[tuple[float, float]]) -> np.ndarray:
    return np.array([1, 0, 0, len(points), *np.ravel(points), 0.0, 2.0])


@given(
    st.lists(st.tuples(st.integers(-50, 90), st.integers(-500, 900)), min_size=1, max_size=6, unique_by=lambda p: p[0]),
    st.integers(-60, 60),
    st.integers(0, 60),
    st.integers(0, 10),
    st.lists(st.integers(0, 5), max_size=2),
)
def test_a_piecewise_cost_is_the_curve_through_its_points(
    points: list[tuple[int, int]], least: int, span: int, part: int, again: list[int]
) -> None:
    """Also where a point is said twice, and wherever the least and the largest power lie."""
    known = [(float(x), float(y)) for x, y in sorted(points)]
    said = sorted(known + [known[place] for place in again if place < len(known)])
    cost = cost_of(row(said), float(least), float(least + span))
    assert isinstance(cost, Cost)
    power = least + span * part / 10
    assert paid(cost, power, float(least)) == pytest.approx(curve(known, power), rel=1e-9, abs=1e-6)
    assert sum(width for width, _ in cost.segments) == pytest.approx(
        least + span - min(0, least) if cost.segments else 0.0
    )
    assert all(width > 0 for width, _ in cost.segments)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=3), st.integers(0, 3), st.integers(0, 9))
def test_a_polynomial_is_itself(coefficients: list[int], zeros: int, power: int) -> None:
    said = [0.0] * zeros + [float(abs(each) if len(coefficients) == 3 and place == 0 else each)
                            for place, each in enumerate(coefficients)]  # fmt: skip
    cost = cost_of(np.array([2, 0, 0, len(said), *said, 0.0]), 0.0, 10.0)
    assert isinstance(cost, Cost)
    assert paid(cost, float(power), 0.0) == pytest.approx(np.polyval(said, power))


def test_points_on_one_line_make_no_segments() -> None:
    """Slopes of 0.1 that differ by rounding only: one slope, and no binaries."""
    points = [(0.0, 1.0), (0.1, 1.01), (0.3, 1.03), (0.7, 1.07)]
    cost = cost_of(row(points), 0.0, 0.7)
    assert cost == Cost(fixed=1.0, linear=0.1)


def test_bends_beyond_the_limits_do_not_count() -> None:
    """Between 20 and 30 only the slope of 2 matters: 2 P - 10."""
    cost = cost_of(row([(0.0, 0.0), (10.0, 10.0), (40.0, 70.0), (50.0, 170.0)]), 20.0, 30.0)
    assert cost == Cost(fixed=-10.0, linear=2.0)
