"""Waste heat: heat that a machine rejects, of which a heat bus may take as much as it likes.

Variables, for every machine m with a heat bus and step t:
    recovered_mw[m, t]   heat given to the heat bus, 0 <= .

Constraints, for the same:
    recovery_limit[m, t]   recovered_mw <= heat that could be recovered

What is not recovered is given to the surroundings and costs nothing.

Source: own definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Axis
from c4e_opt.components.terms import Injection
from c4e_opt.program import Linear, Room


def formulate(room: Room, machines: Sequence[Any], most: Linear) -> tuple[Injection, ...]:
    """Add the recovered heat of all machines that have a heat bus.

    Args:
        room: The room of the machines.
        machines: Checked records, with a heat_bus or None.
        most: Heat that could be recovered, (machine, time).

    Returns:
        The injection at the heat buses, one row for every machine that has one; none when no machine has.
    """
    with_bus = np.array([machine.heat_bus is not None for machine in machines])
    if not with_bus.any():
        return ()
    present = np.broadcast_to(with_bus[:, None], most.shape)
    heat = room.variable("recovered_mw", most.axes, doc="heat given to the heat bus", present=present)
    room.at_most("recovery_limit", heat, most, present=present)
    rows, steps = np.flatnonzero(with_bus), most.shape[1]
    axis = Axis(most.axes[0].name, most.axes[0].labels[rows])
    given = heat.at(rows[:, None] * steps + np.arange(steps), (axis, most.axes[1]))
    return (Injection(tuple(machine.heat_bus for machine in machines if machine.heat_bus is not None), given),)
