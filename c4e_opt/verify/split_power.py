"""Split power: a power in segments that follow one another, each with a slope: a cost or an efficiency.

Laws, for kind = generator, converter, store, chp, boiler, where one has segments:
    <kind>_segment_limit   0 <= power in the segment <= its width
    <kind>_segment_sum     the segments make up the power
    <kind>_segment_order   they are used in their order, as far as that changes what they amount to
Where a kind splits its power twice, the names of the second begin with a word of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.fleet import Fleet

#: Widths and slopes of the segments of one power, in their order.
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A power that is split."""

    row: int  # of its component
    power: FloatArray  # (time,)
    used: FloatArray  # power in its segments, (segment, time)
    widths: FloatArray  # (segment,)
    steepness: FloatArray  # slope of every segment
    nothing: float  # MW: within which of the end of a segment counts as at it

    def total(self) -> FloatArray:
        """What the segments amount to: each times its slope."""
        return self.steepness @ self.used

    def curve(self) -> FloatArray:
        """What they must amount to, used in their order."""
        reached = np.concatenate([[0.0], np.cumsum(self.widths)])
        amounts = np.concatenate([[0.0], np.cumsum(self.widths * self.steepness)])
        return np.interp(self.power, reached, amounts)

    def slopes(self) -> tuple[FloatArray, FloatArray]:
        """Slopes of the next and of the last MWh."""
        ends, highest = np.cumsum(self.widths), self.widths.size - 1
        following = np.searchsorted(ends, self.power + self.nothing, side="right")
        reached = np.searchsorted(ends, self.power - self.nothing, side="right")
        return self.steepness[np.minimum(following, highest)], self.steepness[np.minimum(reached, highest)]


def more(kind: str, *, split: bool, ordered: bool, word: str = "") -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of segments, with its axes."""
    names = (("segment_mw",) if split else ()) + (("segment_full",) if ordered else ())
    return dict.fromkeys((f"{word}{name}" for name in names), (f"{kind}_{word}segment", "time"))


def falls(segments: Sequence[Any]) -> bool:
    """Whether some segment costs less than the one before."""
    return any(later.cost_eur_per_mwh < each.cost_eur_per_mwh for each, later in pairwise(segments))


def of(fleet: Fleet, quantity: str, curves: Sequence[tuple[int, Curve]], word: str = "") -> list[Split]:
    """The split powers of a kind.

    Args:
        fleet: The components.
        quantity: What is split.
        curves: Row of the component and curve of every split power, in the order of the segments in the schedule.
        word: What the names begin with, of a second split of the same kind.
    """
    found: list[Split] = []
    begin = 0
    for row, curve in curves:
        used = fleet.answer(f"{word}segment_mw")[begin : begin + len(curve)]
        widths, steepness = (np.array(each, dtype=np.float64) for each in zip(*curve, strict=True))
        found.append(Split(row, fleet.answer(quantity)[row], used, widths, steepness, fleet.nothing))
        begin += len(curve)
    return found


def check(fleet: Fleet, splits: Sequence[Split], word: str = "") -> None:
    """Check the segments of a kind.

    Args:
        fleet: The components.
        splits: Its split powers.
        word: What the names begin with.
    """
    if not splits:
        return

    def name(place: int) -> str:
        return fleet.name(splits[place].row)

    def hold(law: str, violations: Sequence[FloatArray], sizes: Sequence[FloatArray]) -> None:
        fleet.hold(f"{word}{law}", np.stack(violations), "MW", np.stack(sizes), name=name)

    powers = [split.power for split in splits]
    beyond = [np.maximum(-split.used, split.used - split.widths[:, None]).max(axis=0) for split in splits]
    hold("segment_limit", beyond, powers)
    hold("segment_sum", [np.abs(split.power - split.used.sum(axis=0)) for split in splits], powers)
    in_order(fleet, splits, f"{word}segment_order")


def in_order(fleet: Fleet, splits: Sequence[Split], law: str) -> None:
    """Check that segments amount to what they must, used in their order.

    Args:
        fleet: The components.
        splits: Its split powers.
        law: Name of the law, without the kind.
    """
    if not splits:
        return
    apart = np.stack([np.abs(split.total() - split.curve()) for split in splits])
    amounts = np.stack([np.abs(split.steepness[:, None] * split.used).sum(axis=0) for split in splits])
    fleet.hold(law, apart, "MW", amounts, name=lambda place: fleet.name(splits[place].row))
