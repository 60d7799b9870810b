"""Largest remainder on plain integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_opt.settlement import decimal_text
from c4e_opt.settlement.rounding import largest_remainder, narrow, read


def rounded(exact: list[int], divisor: int) -> list[int]:
    places = np.arange(len(exact))
    return largest_remainder(
        np.array(exact, dtype=object), divisor, np.zeros(len(exact), dtype=np.int64), places
    ).tolist()


@pytest.mark.parametrize(
    ("exact", "should"),
    [
        ([14, 13, 13], [2, 1, 1]),  # 1.4 + 1.3 + 1.3 = 4
        ([-5, -5, 10], [0, -1, 1]),  # halves: the first is raised
        ([0, 0, 0], [0, 0, 0]),
        ([3], [0]),
        ([5], [1]),  # alone, a half goes up
        ([-5], [0]),
        ([10**30 + 5, -(10**30) - 5], [10**29 + 1, -(10**29) - 1]),
    ],
)
def test_tenths(exact: list[int], should: list[int]) -> None:
    assert rounded(exact, 10) == should


@given(st.lists(st.integers(-(10**24), 10**24), min_size=1, max_size=20), st.sampled_from([1, 7, 10**6, 10**18]))
def test_floor_or_ceiling_and_the_nearest_total(exact: list[int], divisor: int) -> None:
    got = rounded(exact, divisor)
    assert all(x // divisor <= y <= -(-x // divisor) for x, y in zip(exact, got, strict=True))
    assert abs(sum(got) * divisor - sum(exact)) * 2 <= divisor


def test_groups_are_rounded_apart() -> None:
    exact, step, group = np.array([5, 1, -5, -1]), np.zeros(4, dtype=np.int64), np.array([1, 0, 1, 0])
    assert largest_remainder(exact, 10, step, np.arange(4), group).tolist() == [1, 0, -1, 0]
    assert largest_remainder(exact, 10, step, np.array([3, 2, 1, 0]), group).tolist() == [0, 0, 0, 0]


def test_who_was_rounded_down_is_rounded_up_next() -> None:
    """Two owe half a unit in each of four steps to a third: they take turns, whatever their names."""
    steps = np.repeat(np.arange(4), 3)
    got = largest_remainder(np.tile([-5, -5, 10], 4), 10, steps, np.tile(np.arange(3), 4)).reshape(4, 3)
    assert got.tolist() == [[0, -1, 1], [-1, 0, 1], [0, -1, 1], [-1, 0, 1]]


@given(st.integers(0, 2**32), st.integers(2, 30), st.integers(1, 60), st.booleans())
def test_over_time_everybody_is_within_a_few_units(seed: int, members: int, steps: int, alike: bool) -> None:
    rng = np.random.default_rng(seed)
    exact = rng.integers(-1000, 0, (steps, 1 if alike else members)) * np.ones((1, members), dtype=np.int64)
    exact = np.hstack([exact, -exact.sum(axis=1, keepdims=True)])
    step, position = np.indices(exact.shape)
    got = largest_remainder(exact.ravel(), 100, step.ravel(), position.ravel()).reshape(exact.shape)
    assert not got.sum(axis=1).any()
    assert np.abs(got * 100 - exact).max() < 100
    assert np.abs((got * 100 - exact).sum(axis=0)).max() <= 200


def test_reading_is_exact_at_any_size() -> None:
    assert read(np.array([0.1, -2.5e-10, 1e30])).tolist() == [100_000_000, 0, int(1e30 * 1e9)]
    assert read(np.array([0.1, -0.3])).dtype == np.int64
    assert narrow(np.array([1, -1], dtype=object)).dtype == np.int64
    assert narrow(np.array([10**18, -1], dtype=object)).dtype == object


def test_decimals_are_written_exactly() -> None:
    assert [decimal_text(-1234, 2), decimal_text(-4, 2), decimal_text(7, 0)] == ["-12.34", "-0.04", "7"]
    assert decimal_text(10**18 + 1, 18) == "1.000000000000000001"
