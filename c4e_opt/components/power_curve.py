"""Power curve: how much a battery may charge or discharge depends on how full it is.

Variables: none of its own; see `components.storage`.

Constraints, for every battery b with points (energy_ratio, power_ratio), every piece between neighbouring points and
every step t:
    charge_curve_at_begin[b, piece, t]
        charge_mw[t] / charge_max_mw <= power_ratio of the piece at energy_mwh[t-1] / energy_max_mwh, where it slopes
    charge_curve_at_end[b, piece, t]
        the same at energy_mwh[t], wherever it limits
    discharge_curve_at_begin[b, piece, t], discharge_curve_at_end[b, piece, t]
        likewise, with discharge_mw, discharge_max_mw and discharge_limits

Before the first point the curve is as at the first, beyond the last as at the last. It must be concave: then it is the
least of its pieces, each a straight line, and no binary is needed. A power is the mean over a step and energy runs
straight from begin to end, so that a limit kept at both ends is kept in between: exact up to the standing loss.

Not modelled: curves that are not concave; they are refused.
Source: own definition; a concave function as the least of its tangents, Boyd, Vandenberghe (2004), Convex Optimization,
section 3.2.3, https://web.stanford.edu/~boyd/cvxbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.storage import Reservoir
from c4e_opt.fields import number, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

#: Rounding of points written as decimals that may pass as a bend the wrong way.
_STRAIGHT = 1e-9


@record
class PowerLimit:
    """A point of a power curve; straight lines join neighbouring points."""

    energy_ratio: Any = number(unit="", minimum=0, maximum=1, doc="Energy stored, as a part of energy_max_mwh.")
    power_ratio: Any = number(
        unit="", minimum=0, maximum=1, doc="Largest power there, as a part of the largest of all."
    )


def check(path: str, points: Sequence[PowerLimit], store: Any, context: Context) -> Iterator[Issue]:
    """What is wrong with a curve: points out of order, or a bend the wrong way."""
    if points and store.energy_max_mwh == 0:
        yield Issue(path, "range", "is given, but energy_max_mwh is 0; there is nothing to take parts of")
        return
    for place in range(1, len(points)):
        if points[place].energy_ratio <= points[place - 1].energy_ratio:
            message = f"is {points[place].energy_ratio:g}; it must be above that of the point before"
            yield Issue(f"{path}[{place}].energy_ratio", "order", message)
            return
    if points:
        energy, power = _corners(store, points)
        slope = np.diff(power) / np.diff(energy)
        for place in np.flatnonzero(slope[1:] > slope[:-1] + _STRAIGHT)[:1]:
            where = f"at energy_ratio {energy[place + 1]:g}"
            message = f"bends upwards {where}; only concave curves are modelled: beyond their ends they are constant"
            yield Issue(path, "concave", message)


def formulate(room: Room, batteries: Sequence[Any], reservoir: Reservoir, horizon: Horizon) -> None:
    """Add the curves of all batteries that have one.

    Args:
        room: The room to write into.
        batteries: Checked records; their order is the order of the axis.
        reservoir: Their variables.
        horizon: The steps.
    """
    before, after = reservoir.before_mwh, reservoir.energy_mwh
    curve = _pieces(batteries, "charge_limits", "charge_max_mw")
    if curve is not None:
        power, slopes = _over_pieces(reservoir.charge_mw, curve), curve.present * (curve.slope != 0)
        if slopes.any():
            room.at_most("charge_curve_at_begin", power, curve.allows(before), present=slopes)
        room.at_most("charge_curve_at_end", power, curve.allows(after), present=curve.present)
    curve = _pieces(batteries, "discharge_limits", "discharge_max_mw")
    if curve is not None:
        power, slopes = _over_pieces(reservoir.discharge_mw, curve), curve.present * (curve.slope != 0)
        if slopes.any():
            room.at_most("discharge_curve_at_begin", power, curve.allows(before), present=slopes)
        room.at_most("discharge_curve_at_end", power, curve.allows(after), present=curve.present)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Straight lines over the energy stored, (battery, piece, 1): power = level + slope * energy."""

    axis: Axis
    level: FloatArray  # MW
    slope: FloatArray  # MW per MWh
    present: FloatArray  # 1 where a battery has the piece

    def allows(self, energy: Linear) -> Linear:
        """The power that every piece allows at an energy in store, over (battery, piece, time)."""
        return (_over_pieces(energy, self) * self.slope).nonzero() + self.level


def _pieces(batteries: Sequence[Any], side: str, power: str) -> _Pieces | None:
    """The pieces of all batteries that can bind; None when there are none."""
    if not any(getattr(battery, side) for battery in batteries):
        return None
    lines: list[tuple[FloatArray, FloatArray]] = []
    for battery in batteries:
        level, slope = np.zeros(0), np.zeros(0)
        if getattr(battery, side):
            energy_ratio, power_ratio = _corners(battery, getattr(battery, side))
            slope = np.diff(power_ratio) / np.diff(energy_ratio)
            level = power_ratio[:-1] - slope * energy_ratio[:-1]
            binds = np.minimum(level, level + slope) < 1.0
            binds[1:] &= slope[1:] < slope[:-1] - _STRAIGHT
            level, slope = level[binds], slope[binds] / battery.energy_max_mwh
        lines.append((level * getattr(battery, power), slope * getattr(battery, power)))
    most = max(level.size for level, _ in lines)
    if not most:
        return None
    whole = np.zeros((3, len(batteries), most, 1))
    for row, (level, slope) in enumerate(lines):
        whole[:, row, : level.size, 0] = level, slope, np.ones(level.size)
    return _Pieces(Axis("piece", np.arange(1, most + 1).astype(np.str_)), *whole)


def _over_pieces(expression: Linear, pieces: _Pieces) -> Linear:
    """An expression over (battery, time) repeated for every piece."""
    batteries, time = expression.axes
    cell = np.arange(batteries.size * time.size).reshape(batteries.size, 1, time.size)
    return expression.at(np.repeat(cell, pieces.axis.size, axis=1), (batteries, pieces.axis, time))


def _corners(store: Any, points: Sequence[PowerLimit]) -> tuple[FloatArray, FloatArray]:
    """The points, and the ends of the range of the energy where the curve is constant beyond its points."""
    energy, power = [point.energy_ratio for point in points], [point.power_ratio for point in points]
    if energy[0] > store.energy_min_mwh / store.energy_max_mwh:
        energy, power = [0.0, *energy], [power[0], *power]
    if energy[-1] < 1.0:
        energy, power = [*energy, 1.0], [*power, power[-1]]
    return np.array(energy), np.array(power)
