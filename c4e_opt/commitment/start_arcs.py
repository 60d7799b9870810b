"""Start arcs: every start is matched with the stop before it, and costs less the shorter the rest between them.

Variables, for every unit u with tiers, every step t in which it may start, and every stop s of its from which the rest
until t is at least minimum_down_hours and shorter than the last tier asks for, the one before the first step included:
    start_cost_eur[u, t]   what a start in the step costs, 0 without one, 0 <= .
    start_arc[s, t]        1 when the unit stops in s and starts in t, 0 <= . <= 1; answers do not tell of it

Constraints:
    start_cost_sum[u, t]   start_cost_eur = cost[last] * starting[t]
                           - sum over s of (cost[last] - cost[s, t]) * start_arc[s, t]
    start_arc_end[u, t]    sum over s of start_arc[s, t] <= starting[t]
    start_arc_begin[u, s]  sum over t of start_arc[s, t] <= stopping[s]; <= 1 for the stop before the first step

With the binaries whole the largest saving matches every start with the stop right before it, whole as well, so that
arcs need no binaries.

Source: Knueven, Ostrowski, Watson (2020), A novel matching formulation for startup costs in unit commitment,
Mathematical Programming Computation 12, https://doi.org/10.1007/s12532-020-00176-5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Axis, Horizon
from c4e_opt.commitment.start_cost import start_cost
from c4e_opt.commitment.three_binary import Commitment
from c4e_opt.program import Linear, Room

#: A rest is as long as a tier asks for when it lacks less, in hours.
_SECOND_HOURS = 1e-9


def formulate(room: Room, units: Axis, records: Sequence[Any], state: Commitment, horizon: Horizon) -> Linear:
    """Add the cost of every start of the units with tiers.

    Args:
        room: The room of the units.
        units: Their axis.
        records: Checked records, in the order of the axis.
        state: Their on/off state.
        horizon: The steps.

    Returns:
        What starts cost, (unit, time); zero for units without tiers.
    """
    cost, present = start_cost(room, units, records, horizon)
    coldest = np.array(
        [[record.start_costs[-1].cost_eur if record.start_costs else 0.0] for record in records], dtype=np.float64
    )
    unit, stop, start, saving = _arcs(records, horizon)
    axis = Axis("start_arc", np.arange(len(unit)))
    arc = room.variable("start_arc", (axis,), 0.0, 1.0, doc="1 when a unit stops and starts so", told=False)
    steps, over = horizon.steps, (units, horizon.axis)
    ends = unit * steps + start
    saved = (arc * saving).gather(over, ends)
    room.equal("start_cost_sum", cost, state.starting * coldest - saved, present=present)
    used = np.zeros((units.size, steps), dtype=np.bool_)
    used[unit, start] = True
    room.at_most("start_arc_end", arc.gather(over, ends), state.starting, present=used)
    # Column 0 is the stop before the first step.
    stops = Axis("stop", np.arange(steps + 1))
    stopped = np.arange(units.size)[:, None] * (steps + 1) + np.arange(1, steps + 1)
    earlier = np.zeros((units.size, steps + 1))
    earlier[:, 0] = [not record.on_initially for record in records]
    may = state.stopping.gather((units, stops), stopped) + earlier
    taken = np.zeros((units.size, steps + 1), dtype=np.bool_)
    taken[unit, stop + 1] = True
    begun = arc.gather((units, stops), unit * (steps + 1) + stop + 1)
    room.at_most("start_arc_begin", begun, may, present=taken)
    return cost


def _arcs(records: Sequence[Any], horizon: Horizon) -> tuple[Any, Any, Any, Any]:
    """Unit, step of the stop (-1 before the first), step of the start, and what is saved, of every arc."""
    starts = (horizon.starts - horizon.start) / 3600.0
    found: list[tuple[Any, ...]] = []
    for unit, record in enumerate(records):
        if not record.start_costs:
            continue
        begin = np.concatenate([[-record.hours_in_state_initially], starts])  # of the rest
        rest = starts[None, :] - begin[:, None]
        hours = np.array([0.0, *(tier.after_hours_off for tier in record.start_costs)])
        costs = np.array([record.start_cost_eur, *(tier.cost_eur for tier in record.start_costs)])
        tier = np.searchsorted(hours, rest + _SECOND_HOURS, side="right") - 1
        allowed = (rest > _SECOND_HOURS) & (rest >= record.minimum_down_hours - _SECOND_HOURS)
        allowed[0] = not record.on_initially
        saving = costs[-1] - costs[np.maximum(tier, 0)]
        stop, start = np.nonzero(allowed & (saving > 0))
        found.append((np.full(stop.size, unit), stop - 1, start, saving[stop, start]))
    unit, stop, start, saving = (np.concatenate(each) for each in zip(*found, strict=True))
    return unit, stop, start, saving
