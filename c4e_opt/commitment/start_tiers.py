"""Start tiers: a start costs more after a longer rest (hot, warm, cold).

Variables, for every unit u with tiers and step t:
    start_cost_eur[u, t]   what a start in the step costs, 0 without one, 0 <= .

Constraints, for every tier k of a unit (the hottest, start_cost, is tier 0) and step t:
    start_cost_floor[k, t]
        start_cost_eur >= cost[k] * starting[t] - sum over tiers q = 1 … k of (cost[q] - cost[q-1]) * stops[q, t],
        stops[q, t] = stops within after_hours_off[q] before the start of step t, the one before the first step included

A unit rests from the start of the step in which it stops. After a rest of exactly after_hours_off tier q counts. Costs
rise from tier to tier, so that the largest floor is the cost of the start.

Source: start types of Morales-España, Latorre, Ramos (2013), IEEE Trans. Power Systems 28(4),
https://doi.org/10.1109/TPWRS.2013.2251373, with the types projected out: for rising costs the largest floor is
the least sum of costs over types, so the relaxation is as tight with one variable instead of one per type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Axis, Horizon
from c4e_opt.commitment.start_cost import start_cost
from c4e_opt.commitment.three_binary import Commitment
from c4e_opt.program import Linear, Room


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
    cost, _ = start_cost(room, units, records, horizon)

    unit, hours, costs, rank = _tiers(records)
    tier = Axis("start_tier", np.array([f"{units.labels[u]}/{k}" for u, k in zip(unit, rank, strict=True)]))
    # One row for every pair of a tier and itself or a hotter one, but the hottest: what a stop within `hours` saves.
    upper = np.repeat(np.arange(len(rank)), rank)
    lower = upper - (np.arange(upper.size) - np.repeat(np.cumsum(rank) - rank, rank))
    pair = Axis("pair", np.arange(upper.size))
    saved = costs[lower] - costs[lower - 1]
    rested = _over(state.stopping, unit[lower], pair).trailing_sum(horizon.since(hours[lower]))
    stops = rested + _rests_before(records, unit[lower], hours[lower], horizon)
    floor = _over(state.starting, unit, tier) * costs[:, None] - (stops * saved[:, None]).along(tier, upper)
    room.at_least("start_cost_floor", _over(cost, unit, tier), floor)
    return cost


def _tiers(records: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
    """Of every tier of every unit with tiers: the unit, hours off from which on it counts, cost, and rank."""
    rows = [
        (place, hours, cost, rank)
        for place, record in enumerate(records)
        if record.start_costs
        for rank, (hours, cost) in enumerate(
            [(0.0, record.start_cost_eur), *((tier.after_hours_off, tier.cost_eur) for tier in record.start_costs)]
        )
    ]
    unit, hours, costs, rank = zip(*rows, strict=True)
    return np.array(unit), np.array(hours, dtype=np.float64), np.array(costs, dtype=np.float64), np.array(rank)


def _over(expression: Linear, unit: Any, axis: Axis) -> Linear:
    """Rows of an expression over units, over another axis: row i is that of `unit[i]`."""
    steps = expression.shape[1]
    return expression.at(unit[:, None] * steps + np.arange(steps), (axis, expression.axes[1]))


def _rests_before(records: Sequence[Any], unit: Any, hours: Any, horizon: Horizon) -> Any:
    """1 where the stop before the first step lies less than `hours` before the step, (row, time)."""
    resting = np.array([not records[u].on_initially for u in unit])
    age = np.array([records[u].hours_in_state_initially for u in unit], dtype=np.float64)
    since = age[:, None] + (horizon.starts - horizon.start)[None, :] / 3600.0
    return (resting[:, None] & (since < hours[:, None] - 1e-9)).astype(np.float64)
