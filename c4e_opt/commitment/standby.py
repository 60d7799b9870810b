"""Standby: a third state beside on and off, in which a unit is kept warm, takes some power, and starts cheaply.

Variables, for every unit u with a standby state and step t:
    standby[u, t]         1 while the unit is in standby, binary; beside those of `commitment.three_binary`
    cold_starting[u, t]   1 in the step in which it leaves off, 0 <= . ; of units with a cost of starting
    warm_starting[u, t]   1 in the step in which it starts out of standby, 0 <= . ; of units with a cost of warm starts

Constraints:
    one_state[u, t]    on[t] + standby[t] <= 1; off is what is left
    cold_start[u, t]   cold_starting[t] >= on[t] + standby[t] - on[t-1] - standby[t-1]
    warm_start[u, t]   warm_starting[t] >= starting[t] - cold_starting[t]

Objective, term `start`: start_cost * cold_starting + warm_start_cost * warm_starting; not start_cost * starting.

The unit may go from every state into every other. Leaving off costs a cold start, be it into standby; going from
standby to on costs a warm start, which costs no more than a cold one. The two costs are at their floors in an optimum,
and whole as the states are: the least cost of changing states that the network of all changes allows. Rules of the
unit (minimum times, ramps, start and stop limits, costs of stopping and running) bind on and not on, so that a unit in
standby rests. Before the first step it is on, or in standby, or off.

Not modelled: the time that a cold start takes (give a start ramp), standby that may last only so long, other costs of
cold starts by how long the unit was off (start_costs are refused).
Source: states production, standby and idle with cold and warm starts as in Varela, Mostafa, Zondervan (2021),
"Modeling alkaline water electrolysis for power-to-x applications: a scheduling approach", Int. J. Hydrogen Energy 46,
and on, off and standby as in Baumhof, Raheli, Johnsen, Kazempour (2023), "Optimization of hybrid power plants: when is
a detailed electrolyzer model necessary?", https://arxiv.org/abs/2301.05310; here upon the three binaries of a unit,
with costs that are as tight as a network of states.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import unit
from c4e_opt.commitment.unit import Unit, UnitState
from c4e_opt.fields import flag, number, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class StandbyUnit(Unit):
    """A unit that may be kept in standby."""

    standby_power_mw: Any = number(
        unit="MW", minimum=0, default=None, doc="Electric power taken while in standby; no standby when absent."
    )
    warm_start_cost_eur: Any = number(
        unit="EUR", minimum=0, default=0.0, doc="Cost of a start out of standby; start_cost_eur is that of leaving off."
    )
    standby_initially: bool = flag(default=False, doc="Whether it was in standby just before the first step.")


def check(path: str, record: StandbyUnit) -> Iterator[Issue]:
    """What is wrong between the fields of one unit; nothing, when it may be formulated."""
    yield from unit.check(path, record)
    if record.standby_power_mw is None:
        for name in ("warm_start_cost_eur", "standby_initially"):
            if getattr(record, name):
                yield Issue(f"{path}.{name}", "conflict", "is given, but there is no standby; give standby_power_mw")
        return
    if not unit.has_state(record):
        message = "is given, but the unit is never off; give start_cost_eur, minimum_load_ratio or switchable"
        yield Issue(f"{path}.standby_power_mw", "conflict", message)
    if record.start_costs:
        message = "are not supported with standby_power_mw; a start is cold, or warm out of standby"
        yield Issue(f"{path}.start_costs", "conflict", message)
    if record.warm_start_cost_eur > record.start_cost_eur:
        message = f"is {record.warm_start_cost_eur:g} EUR, more than start_cost_eur, {record.start_cost_eur:g} EUR"
        yield Issue(f"{path}.warm_start_cost_eur", "range", message)
    if record.standby_initially and record.on_initially:
        yield Issue(f"{path}.standby_initially", "conflict", "is true, and so is on_initially; give one of them")


def formulate(room: Room, records: Sequence[Any], state: UnitState | None, horizon: Horizon) -> Linear | None:
    """Add the standby of all units that have one.

    Args:
        room: The room of the units.
        records: Checked records, in the order of the axis.
        state: Their on/off state.
        horizon: The steps.

    Returns:
        1 while a unit is in standby, (unit, time); None when no unit has a standby.
    """
    able = np.array([[record.standby_power_mw is not None] for record in records])
    if state is None or not able.any():
        return None
    over = state.on.axes
    cold_cost = np.where(able, _column(records, "start_cost_eur"), 0.0)
    warm_cost = np.where(able, _column(records, "warm_start_cost_eur"), 0.0)
    present, costly, dear = (np.broadcast_to(where, state.on.shape) for where in (able, cold_cost > 0, warm_cost > 0))
    standby = room.variable(
        "standby", over, 0.0, 1.0, doc="1 while the unit is in standby", integral=True, present=present
    )
    room.at_most("one_state", state.on + standby, 1.0, present=present)
    if not costly.any():
        return standby
    weights = 1.0 if horizon.weights is None else horizon.weights
    warm = state.on + standby
    before = _column(records, "on_initially") + np.where(able, _column(records, "standby_initially"), 0.0)
    cold_starting = room.variable(
        "cold_starting", over, doc="1 in the step in which the unit leaves off", present=costly
    )
    room.at_least("cold_start", cold_starting, warm - warm.previous(before), present=costly)
    room.minimise("start", (cold_starting - state.starting) * (cold_cost * weights))
    if dear.any():
        warm_starting = room.variable(
            "warm_starting", over, doc="1 in the step in which the unit starts out of standby", present=dear
        )
        room.at_least("warm_start", warm_starting, state.starting - cold_starting, present=dear)
        room.minimise("start", warm_starting * (warm_cost * weights))
    return standby


def _column(records: Sequence[Any], field: str) -> FloatArray:
    """One number per unit, shape (unit, 1)."""
    return np.array([[getattr(record, field)] for record in records], dtype=np.float64)
