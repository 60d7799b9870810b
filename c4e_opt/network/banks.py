"""Shunts and capacitor banks in models with voltage.

Variables, for every shunt s with steps and step of time t:
    switched[s, t]     steps that are switched on, whole, 0 <= . <= steps
    bank[k, t]                 1 while so many steps of a shunt are on, binary; not told
    bank_pu[k, t]              squared voltage of its bus while so many are on, else 0; not told

Constraints:
    bank_one[s, t], bank_voltage[s, t], bank_upper[k, t], bank_lower[k, t]   the squared voltage
                                     split over the numbers of steps, as `network.taps` splits it over positions
    bank_steps[s, t]           switched = the number of steps of the part that is set

A shunt takes conductance_mw * voltage^2 and gives susceptance_mvar * voltage^2, of a bank times the steps that are on;
where no line ends, the voltage is 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.axes import Axis
from c4e_opt.components.terms import fleet, scalars
from c4e_opt.network.electric import Electric
from c4e_opt.network.shunt import Shunt
from c4e_opt.program import Linear, Program, Room


def formulate(program: Program, grid: Electric, shunts: Sequence[Shunt], voltage: Linear) -> tuple[Linear, Linear]:
    """What shunts take of power and give of reactive power, (shunt, time) each.

    Args:
        program: The programme.
        grid: The lines.
        shunts: Checked records.
        voltage: Squared voltage of the buses (line_bus, time).
    """
    steps = grid.horizon.steps
    over = (fleet("shunt", shunts), grid.horizon.axis)
    place = {name: row for row, name in enumerate(grid.ends.labels.tolist())}
    at = np.array([place.get(shunt.bus, -1) for shunt in shunts], dtype=np.int64)
    rows = np.flatnonzero(at >= 0)
    inner = (Axis("shunt", over[0].labels[rows]), over[1])
    own = voltage.at(at[rows][:, None] * steps + np.arange(steps), inner).along(over[0], rows)
    own = own + np.where(at < 0, 1.0, 0.0)[:, None]
    banks = np.array([shunt.steps for shunt in shunts], dtype=np.int64)
    if banks.any():
        own = own * np.where(banks > 0, 0.0, 1.0)[:, None] + _banks(program, grid, own, at, banks)
    own = own.nonzero()
    taken, given = (own * scalars(shunts, name) for name in ("conductance_mw", "susceptance_mvar"))
    return taken.nonzero(), given.nonzero()


def _banks(program: Program, grid: Electric, voltage: Linear, at: IntArray, count: IntArray) -> Linear:
    """Squared voltage times the steps that are on, of banks (shunt, time)."""
    room, (shunt, time) = Room(program, "shunt"), voltage.axes
    owner = np.repeat(np.arange(count.size), np.where(count > 0, count + 1, 0))
    number: IntArray = np.concatenate([np.arange(int(n) + 1) for n in count if n > 0])
    labels = [f"{shunt.labels[row]}/{n}" for row, n in zip(owner.tolist(), number.tolist(), strict=True)]
    over = (Axis("shunt_bank", np.array(labels, dtype=np.str_)), time)
    here = np.broadcast_to((count > 0)[:, None], voltage.shape)
    switched = room.variable(
        "switched", voltage.axes, 0.0, count[:, None].astype(np.float64), doc="steps switched on", integral=True,
        present=here,
    )  # fmt: skip
    chosen = room.variable("bank", over, 0.0, 1.0, doc="1 while so many are on", integral=True, told=False)
    part = room.variable("bank_pu", over, doc="squared voltage", told=False)
    room.equal("bank_one", chosen.along(shunt, owner), 1.0, present=here)
    room.equal("bank_steps", (chosen * number[:, None].astype(np.float64)).along(shunt, owner) - switched, present=here)
    room.equal("bank_voltage", part.along(shunt, owner), voltage, present=here)
    bus = at[owner]
    highest, lowest = (np.where(bus[:, None] < 0, 1.0, bound[bus]) ** 2 for bound in (grid.highest, grid.lowest))
    room.at_most("bank_upper", part, chosen * highest)
    room.at_least("bank_lower", part, chosen * lowest)
    return (part * number[:, None].astype(np.float64)).along(shunt, owner)
