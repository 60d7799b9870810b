"""Filling: segments of plants whose efficiency depends on the load, filled one after another.

Laws, for kind = chp, boiler, where one has segments: those of `verify.split_power`, and
    <kind>_segment_left   what is said to be left in the segment before a segment is what that one lacks of its width;
                          of segments of which the order matters

The order matters among the segments above the least load, where their efficiencies differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Profile:
    """Widths and efficiencies of the segments of a plant, and the least of their power while it is on."""

    widths: FloatArray  # (segment,)
    efficiencies: FloatArray  # (output, segment)
    least: float

    @classmethod
    def up_to(
        cls, most: float | None, widths: Sequence[float], rates: Sequence[Sequence[float]], least: float
    ) -> Profile:
        """Segments up to the largest power of a plant.

        Args:
            most: That power.
            widths: Width of every segment.
            rates: Efficiency of every segment, of every output.
            least: Least load while on, as a part of the largest.
        """
        kept, room = np.zeros(len(widths)), float("inf") if most is None else most
        for place, width in enumerate(widths):
            kept[place] = min(width, room)
            room -= kept[place]
        return cls(kept, np.array(rates, dtype=np.float64), least * (most or 0.0))

    def waiting(self) -> BoolArray:
        """Segments of which the order matters, besides the first of them, (segment,)."""
        reached = np.cumsum(self.widths)
        variable = reached > self.least * (1 + 1e-9) if self.least > 0 else reached >= 0
        kept = self.efficiencies[:, variable]
        if not kept.size or (kept == kept[:, :1]).all():
            return np.zeros(reached.size, dtype=np.bool_)
        return variable & (np.cumsum(variable) > 1)


def more(kind: str, profiles: Sequence[Profile]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of the order of segments, with its axes."""
    if not any(profile.waiting().any() for profile in profiles):
        return {}
    return {"segment_left_mw": (f"{kind}_segment", "time")}


def optional(kind: str, profiles: Sequence[Profile]) -> Mapping[str, tuple[str, ...]]:
    """What it says besides where a solution needed binaries."""
    return dict.fromkeys(("segment_closed",), (f"{kind}_segment", "time")) if more(kind, profiles) else {}


def labels(kind: str, records: Sequence[Any]) -> Mapping[str, Sequence[str]]:
    """The labels of the segments."""
    return {
        f"{kind}_segment": [
            f"{record.id}/{place}" for record in records for place in range(len(record.efficiency_segments))
        ]
    }


def check(fleet: Fleet, profiles: Sequence[Profile]) -> None:
    """Check what is left.

    Args:
        fleet: The plants.
        profiles: Of every plant.
    """
    if not fleet.has("segment_left_mw"):
        return
    widths, waiting = (np.concatenate(each) for each in zip(*((p.widths, p.waiting()) for p in profiles), strict=True))
    used, said = fleet.answer("segment_mw"), fleet.answer("segment_left_mw")
    left = np.roll(widths[:, None] - used, 1, axis=0)
    apart = np.abs(said - np.where(waiting[:, None], left, 0.0))
    owner = np.repeat(np.arange(len(profiles)), [profile.widths.size for profile in profiles])
    fleet.hold("segment_left", apart, "MW", said, used, name=lambda place: fleet.name(int(owner[place])))
