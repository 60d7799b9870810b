"""Taps: the voltage behind the ideal transformer of a line, whose turns ratio is fixed or chosen.

Variables, squared voltages among them, for every line l with a chosen ratio and step t:
    line_behind_pu[l, t]          squared voltage behind the transformer, where any ratio may be chosen; not told
    line_tap_set[k, t]            1 while position k of a line is chosen, binary
    line_tap_pu[k, t]             squared voltage at from_bus while position k is chosen, else 0; not told

Constraints:
    line_tap_least[l, t], line_tap_largest[l, t]   voltage / largest ratio^2 <= behind <= voltage / least ratio^2
    line_tap_one[l, t]            one position is chosen
    line_tap_voltage[l, t]        the voltages of the positions sum to that at from_bus
    line_tap_upper[k, t], line_tap_lower[k, t]   voltage of the position <= (>=) largest (least) voltage^2 * set

The split of a voltage over positions is exact: it is the convex hull of their union (Balas 1979).
Source: Balas (1979), Disjunctive programming, doi:10.1016/S0167-5060(08)70342-X.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis
from c4e_opt.network.electric import Electric
from c4e_opt.program import Linear, Program, Room


def chosen(grid: Electric) -> BoolArray:
    """Lines in service whose ratio is chosen (l, 1)."""
    return np.array([[line.tap_min_ratio is not None and line.in_service] for line in grid.lines])


def behind(program: Program, grid: Electric, voltage: Linear) -> Linear:
    """The squared voltage behind the transformer of every line (line, time).

    Args:
        program: The programme.
        grid: The lines.
        voltage: Squared voltage of the buses (line_bus, time).
    """
    room, at_start, picked = Room(program, "line"), grid.at_start(voltage), chosen(grid)
    fixed = at_start * np.where(picked, 0.0, 1.0 / grid.tap**2)
    if not picked.any():
        return fixed
    positions = np.array([[line.tap_positions] for line in grid.lines])
    least, largest = (
        np.array([[getattr(line, name) or np.nan] for line in grid.lines], dtype=np.float64)
        for name in ("tap_min_ratio", "tap_max_ratio")
    )
    total, any_ratio = fixed.nonzero(), np.broadcast_to(picked & (positions == 0), fixed.shape)
    if any_ratio.any():
        after = room.variable("behind_pu", grid.over, doc="squared voltage", present=any_ratio, told=False)
        room.at_most("tap_largest", after, at_start / np.nan_to_num(least, nan=1.0) ** 2, present=any_ratio)
        room.at_least("tap_least", after, at_start / np.nan_to_num(largest, nan=1.0) ** 2, present=any_ratio)
        total = total + after
    if (picked & (positions > 0)).any():
        total = total + _positions(program, grid, at_start, np.where(picked, positions, 0)[:, 0], least, largest)
    return total


def _positions(
    program: Program, grid: Electric, at_start: Linear, count: IntArray, least: FloatArray, largest: FloatArray
) -> Linear:
    """The squared voltage behind transformers whose ratio is one of a few, 0 of other lines."""
    room, time = Room(program, "line"), grid.over[1]
    owner = np.repeat(np.arange(count.size), count)
    rank: IntArray = np.concatenate([np.arange(int(n)) for n in count])
    span = np.maximum(count[owner] - 1, 1)
    ratio = least[owner, 0] + (largest - least)[owner, 0] * rank / span
    labels = [f"{grid.lines[line].id}/{k}" for line, k in zip(owner.tolist(), rank.tolist(), strict=True)]
    over = (Axis("line_tap", np.array(labels, dtype=np.str_)), time)
    set_ = room.variable("tap_set", over, 0.0, 1.0, doc="1 while the position is chosen, 0 otherwise", integral=True)
    part = room.variable("tap_pu", over, doc="squared voltage", told=False)
    lines = np.broadcast_to((count > 0)[:, None], at_start.shape)
    room.equal("tap_one", set_.along(grid.over[0], owner), 1.0, present=lines)
    room.equal("tap_voltage", part.along(grid.over[0], owner), at_start, present=lines)
    bus = grid.start[owner]
    room.at_most("tap_upper", part, set_ * (grid.highest[bus] ** 2))
    room.at_least("tap_lower", part, set_ * (grid.lowest[bus] ** 2))
    return (part * (1.0 / ratio**2)[:, None]).along(grid.over[0], owner)
