"""Axes: a name and its labels in order; the only thing on which two expressions can agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from c4e_opt.errors import AxisError


@final
class Axis:
    """A named dimension with its labels.

    Two axes are the same when they are one object, or when name and labels agree in order.
    """

    __slots__ = ("labels", "name", "size")

    def __init__(self, name: str, labels: Sequence[str] | NDArray[Any]) -> None:
        """Name the dimension, a singular noun, and list its labels in order."""
        self.name = name
        self.labels: NDArray[Any] = np.asarray(labels, dtype=None if len(labels) else np.str_)
        self.size = len(labels)

    def __eq__(self, other: object) -> bool:
        """Same name, same labels, same order."""
        if self is other:
            return True
        if not isinstance(other, Axis):
            return NotImplemented
        return self.name == other.name and self.size == other.size and bool(np.all(self.labels == other.labels))

    def __hash__(self) -> int:
        """By name and size; labels decide on equality only."""
        return hash((self.name, self.size))

    def __repr__(self) -> str:
        """The axis as messages show it: battery(3)."""
        return f"{self.name}({self.size})"


def shape_of(axes: Sequence[Axis]) -> tuple[int, ...]:
    """The shape of an array over these axes."""
    return tuple([axis.size for axis in axes])


def describe(axes: Sequence[Axis]) -> str:
    """The axes as messages show them: (battery(3), time(96))."""
    return f"({', '.join(map(repr, axes))})"


def same_axes(left: Sequence[Axis], right: Sequence[Axis], what: str) -> None:
    """Raise AxisError unless both have identical axes in identical order."""
    if tuple(left) == tuple(right):
        return
    raise AxisError(f"{what}: {describe(left)} and {describe(right)} differ in name, labels or order; align them first")


class Horizon:
    """The steps of a case: half-open intervals [start, end) in UTC, one after another without a gap."""

    def __init__(
        self,
        start: int,
        step_seconds: NDArray[np.int64],
        time_zone: str = "UTC",
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        """Lay steps of the given lengths behind one another.

        Args:
            start: Start of the first step, seconds since 1970-01-01T00:00Z.
            step_seconds: Length of every step, shape (time,).
            time_zone: The zone in which people read the steps.
            weights: How often each step counts in costs, shape (time,); once when None. Planners weigh the steps of
                typical days so.
        """
        self.start = start
        self.step_seconds = np.asarray(step_seconds, dtype=np.int64)
        self.time_zone = time_zone
        self.ends: NDArray[np.int64] = start + np.cumsum(self.step_seconds)
        self.starts: NDArray[np.int64] = self.ends - self.step_seconds
        self.hours: NDArray[np.float64] = self.step_seconds / 3600.0
        self.weights: NDArray[np.float64] | None = weights
        self.cost_hours: NDArray[np.float64] = self.hours if weights is None else self.hours * weights
        self.axis = Axis("time", self.starts.astype("datetime64[s]"))

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return self.axis.size

    @property
    def end(self) -> int:
        """End of the last step, seconds since 1970-01-01T00:00Z."""
        return int(self.ends[-1]) if self.steps else self.start

    def since(self, hours: NDArray[np.float64]) -> NDArray[np.int64]:
        """The first step that starts within the last `hours` of every step, itself included.

        Args:
            hours: Length of the window of each entity, shape (entity,).

        Returns:
            Step index, shape (entity, time): steps from there to t have started within `hours` at the start of t.
        """
        back = self.starts[None, :] - np.rint(hours[:, None] * 3600).astype(np.int64)
        first = np.searchsorted(self.starts, back, side="right")
        return np.minimum(first, np.arange(self.steps)[None, :])

    def until(self, hours: NDArray[np.float64]) -> NDArray[np.int64]:
        """The last step that starts within `hours` from the start of every step, itself included; see `since`.

        Args:
            hours: Length of the window of each entity, shape (entity,).

        Returns:
            Step index, shape (entity, time).
        """
        ahead = self.starts[None, :] + np.rint(hours[:, None] * 3600).astype(np.int64)
        last = np.searchsorted(self.starts, ahead, side="left") - 1
        return np.maximum(last, np.arange(self.steps)[None, :])

    def share(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
        """The share of every step that lies within [begin, end), shape (entity, time)."""
        overlap = np.minimum(self.ends, end[:, None]) - np.maximum(self.starts, begin[:, None])
        return np.maximum(overlap, 0) / self.step_seconds
