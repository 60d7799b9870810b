"""Start cost: what a start costs where that depends on the rest before it; `start_tiers` and `start_arcs` say how.

Variables, for every unit u with tiers and step t:
    start_cost_eur[u, t]   what a start in the step costs, 0 without one, 0 <= .
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.program import Linear, Room


def start_cost(room: Room, units: Axis, records: Sequence[Any], horizon: Horizon) -> tuple[Linear, BoolArray]:
    """Add the variable for the units with tiers, (unit, time), and say which these are, likewise."""
    tiered = np.array([bool(record.start_costs) for record in records])
    present = np.broadcast_to(tiered[:, None], (units.size, horizon.steps))
    cost = room.variable("start_cost_eur", (units, horizon.axis), doc="cost of the start", present=present)
    return cost, present
