"""Apparent power: sqrt(power^2 + reactive power^2) <= largest, as a cone, or as a polygon in a linear programme.

The polygon has its corners on the circle, the first where reactive power is 0: what keeps it keeps the limit, power
alone may reach the limit, and in the worst direction, between two of 16 corners, 1.9 % of the limit is given away
(1 - cos(pi / 16)).

Constraints, with `largest` the limit and what it may be exceeded by:
    <law>[x, side, t]   power * cos(angle) + reactive * sin(angle) <= largest * cos(pi / 16), in linear models
    <law>[x, t]         sqrt(power^2 + reactive^2) <= largest, in models with cones

Source: elementary; the number of corners and where they lie are our own choice.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Axis
from c4e_opt.program import Linear, Program

SIDES = 16


def limit(
    program: Program, law: str, power: Linear, reactive: Linear, largest: Linear, present: BoolArray, *, cones: bool
) -> None:
    """Limit an apparent power.

    Args:
        program: The programme.
        law: Name of the law.
        power: (x, time).
        reactive: Likewise.
        largest: Likewise.
        present: Where the law holds, likewise.
        cones: Whether the programme may have cones.
    """
    if not present.any():
        return
    if cones:
        program.cone(law, largest, (power, reactive), present=present)
        return
    first, time = power.axes
    sides = Axis(f"{first.name}_side", np.arange(SIDES).astype(np.str_))
    middle = (np.arange(SIDES)[:, None] + 0.5) * (2.0 * np.pi / SIDES)
    cells = np.broadcast_to(np.arange(power.cells).reshape(first.size, 1, time.size), (first.size, SIDES, time.size))
    axes = (first, sides, time)
    one, other, most = (each.at(cells, axes) for each in (power, reactive, largest))
    where = np.broadcast_to(present[:, None, :], cells.shape)
    left = one * np.broadcast_to(np.cos(middle), cells.shape) + other * np.broadcast_to(np.sin(middle), cells.shape)
    program.at_most(law, left - most * float(np.cos(np.pi / SIDES)), present=where)
