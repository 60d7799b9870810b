from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c4e_opt.axes import Axis, Horizon, same_axes, shape_of
from c4e_opt.errors import AxisError

LENGTHS = st.lists(st.sampled_from([300, 900, 1800, 3600, 5400]), min_size=1, max_size=8)


def test_axes_are_the_same_when_name_and_labels_agree_in_order() -> None:
    assert Axis("store", ["a", "b"]) == Axis("store", ["a", "b"])
    assert Axis("store", ["a", "b"]) != Axis("store", ["b", "a"])
    assert Axis("store", ["a", "b"]) != Axis("bus", ["a", "b"])
    assert Axis("store", ["a", "b"]) != Axis("store", ["a"])
    assert Axis("store", []) == Axis("store", [])
    assert hash(Axis("store", ["a", "b"])) == hash(Axis("store", ["a", "b"]))


def test_misaligned_axes_are_named_in_the_error() -> None:
    with pytest.raises(AxisError, match=r"sum: \(store\(2\)\) and \(store\(3\)\) differ"):
        same_axes([Axis("store", ["a", "b"])], [Axis("store", ["a", "b", "c"])], "sum")
    with pytest.raises(AxisError):
        same_axes([Axis("a", ["x"]), Axis("b", ["x"])], [Axis("b", ["x"]), Axis("a", ["x"])], "sum")
    assert shape_of([Axis("a", ["x"]), Axis("b", ["x", "y"])]) == (1, 2)


@given(LENGTHS, st.integers(-(10**9), 10**9))
def test_steps_follow_one_another_without_a_gap(lengths: list[int], start: int) -> None:
    horizon = Horizon(start, np.array(lengths))
    assert horizon.starts[0] == start
    assert np.array_equal(horizon.starts[1:], horizon.ends[:-1])
    assert horizon.end == start + sum(lengths)
    assert np.allclose(horizon.hours * 3600, lengths)
    assert horizon.steps == len(lengths)


@given(LENGTHS, st.lists(st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0, 1.5, 4.0, 100.0]), min_size=1, max_size=4))
def test_a_window_holds_the_steps_that_started_within_its_hours(lengths: list[int], hours: list[float]) -> None:
    horizon = Horizon(0, np.array(lengths))
    first = horizon.since(np.array(hours))
    for entity, window in enumerate(hours):
        for step in range(horizon.steps):
            inside = [
                earlier
                for earlier in range(step + 1)
                if earlier == step or horizon.starts[step] - horizon.starts[earlier] < round(window * 3600)
            ]
            assert first[entity, step] == inside[0]


@given(LENGTHS, st.integers(-4000, 20000), st.integers(-4000, 20000))
def test_shares_of_steps_add_up_to_what_lies_within_the_horizon(lengths: list[int], begin: int, end: int) -> None:
    horizon = Horizon(0, np.array(lengths))
    share = horizon.share(np.array([begin]), np.array([end]))
    assert share.shape == (1, horizon.steps)
    assert np.all((share >= 0) & (share <= 1))
    inside = max(min(end, horizon.end) - max(begin, 0), 0)
    assert float(share[0] @ horizon.step_seconds) == pytest.approx(inside)
