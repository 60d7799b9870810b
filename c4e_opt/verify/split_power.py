"""Split power: a power in segments that follow one another, each with a slope: a cost or an efficiency.

Laws, for kind = generator, converter, where one has segments:
    <kind>_segment_limit   0 <= power in the segment <= its width
    <kind>_segment_sum     the segments make up the power
    <kind>_segment_order   they are used in their order, as far as that changes what they amount to
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.regret import NOTHING

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
        following = np.searchsorted(ends, self.power + NOTHING, side="right")
        reached = np.searchsorted(ends, self.power - NOTHING, side="right")
        return self.steepness[np.minimum(following, highest)], self.steepness[np.minimum(reached, highest)]


def more(kind: str, *, split: bool, ordered: bool) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of segments, with its axes."""
    names = (("segment_mw",) if split else ()) + (("segment_full",) if ordered else ())
    return dict.fromkeys(names, (f"{kind}_segment", "time"))


def of(fleet: Fleet, quantity: str, curves: Sequence[tuple[int, Curve]]) -> list[Split]:
    """The split powers of a kind.

    Args:
        fleet: The components.
        quantity: What is split.
        curves: Row of the component and curve of every split power, in the order of the segments in the schedule.
    """
    found: list[Split] = []
    begin = 0
    for row, curve in curves:
        used = fleet.answer("segment_mw")[begin : begin + len(curve)]
        widths, steepness = (np.array(each, dtype=np.float64) for each in zip(*curve, strict=True))
        found.append(Split(row, fleet.answer(quantity)[row], used, widths, steepness))
        begin += len(curve)
    return found


def check(fleet: Fleet, splits: Sequence[Split]) -> None:
    """Check the segments of a kind.

    Args:
        fleet: The components.
        splits: Its split powers.
    """
    if not splits:
        return

    def name(place: int) -> str:
        return fleet.name(splits[place].row)

    def hold(law: str, violations: Sequence[FloatArray], sizes: Sequence[FloatArray]) -> None:
        fleet.hold(law, np.stack(violations), "MW", np.stack(sizes), name=name)

    powers = [split.power for split in splits]
    beyond = [np.maximum(-split.used, split.used - split.widths[:, None]).max(axis=0) for split in splits]
    hold("segment_limit", beyond, powers)
    hold("segment_sum", [np.abs(split.power - split.used.sum(axis=0)) for split in splits], powers)
    amounts = [np.abs(split.steepness[:, None] * split.used).sum(axis=0) for split in splits]
    hold("segment_order", [np.abs(split.total() - split.curve()) for split in splits], amounts)
