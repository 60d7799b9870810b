"""Three-binary commitment: on, starting and stopping, and the balance between them.

Variables, for every committed unit u and step t, all binary:
    on[u, t]         the unit runs during the step
    starting[u, t]   it runs in t and did not before
    stopping[u, t]   it does not run in t and did before

Constraints:
    commitment_balance[u, t]   on[t] - on[t-1] = starting[t] - stopping[t]
    minimum_up_time[u, t], minimum_down_time[u, t]
        see `commitment.rajan_takriti`, or `commitment.carrion_arroyo` where the policy of the case names it

Before the first step the unit has been on or off for a declared age; what is left of its minimum time binds.
Nothing binds past the horizon.

Source: the three binaries of Garver (1962), as collected by Knueven, Ostrowski, Watson (2020), INFORMS J. Computing
32(4), https://doi.org/10.1287/ijoc.2019.0944.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRules:
    """What binds the on/off state of units; arrays of shape (unit, 1)."""

    committed: BoolArray  # units that have an on/off state at all
    minimum_up_hours: FloatArray
    minimum_down_hours: FloatArray
    on_initially: BoolArray
    hours_in_state_initially: FloatArray
    kept_on: BoolArray  # units that may not stop in the first step, whatever their age
    always_on: BoolArray  # units that must be on in every step


@dataclass(frozen=True, slots=True)
class Commitment:
    """The binaries of committed units, (unit, time)."""

    on: Linear
    starting: Linear
    stopping: Linear
    was_on: Linear  # on in the step before


def formulate(room: Room, units: Axis, rules: CommitmentRules, horizon: Horizon) -> Commitment:
    """Add the on/off state of all units at once, held where its age asks for it; minimum times come apart.

    Args:
        room: The room of the units.
        units: Their axis.
        rules: What binds them; units that are not committed get no variables.
        horizon: The steps.

    Returns:
        The binaries; zero for units that are not committed.
    """
    over: Sequence[Axis] = (units, horizon.axis)
    present = np.broadcast_to(rules.committed, (units.size, horizon.steps))
    since_start = (horizon.starts - horizon.start)[None, :] / 3600.0
    held_on = rules.on_initially & (since_start < rules.minimum_up_hours - rules.hours_in_state_initially - 1e-9)
    held_on[:, :1] |= rules.on_initially & rules.kept_on
    held_on |= rules.always_on
    held_off = ~rules.on_initially & (since_start < rules.minimum_down_hours - rules.hours_in_state_initially - 1e-9)

    def binary(name: str, doc: str, lower: FloatArray | float = 0.0, upper: FloatArray | float = 1.0) -> Linear:
        return room.variable(name, over, lower, upper, doc=doc, integral=True, present=present)

    on = binary("on", "1 while the unit runs", held_on.astype(float), np.where(held_off, 0.0, 1.0))
    starting = binary("starting", "1 in the step in which the unit starts")
    stopping = binary("stopping", "1 in the step in which the unit stops")

    before = on.previous(rules.on_initially.astype(float))
    room.equal("commitment_balance", on - before, starting - stopping, present=present)
    return Commitment(on, starting, stopping, before)
