"""Minimum up and down times as turn-on and turn-off inequalities: a window that looks back.

Constraints, with the binaries of `commitment.three_binary`:
    minimum_up_time[u, t]     sum of starting over the steps that start within minimum_up_hours up to t <= on[t]
    minimum_down_time[u, t]   sum of stopping over the steps that start within minimum_down_hours up to t <= 1 - on[t]
Step t itself is always in its window, so that no unit starts and stops in one step.

Source: Rajan and Takriti (2005), IBM Research Report RC23628, as collected by Knueven, Ostrowski, Watson (2020),
INFORMS J. Computing 32(4), https://doi.org/10.1287/ijoc.2019.0944; here with windows in hours, so that steps may differ
in length.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.commitment.three_binary import Commitment, CommitmentRules
from c4e_opt.program import Room


def formulate(room: Room, state: Commitment, rules: CommitmentRules, horizon: Horizon) -> None:
    """Add the minimum up and down times of all units at once.

    Args:
        room: The room of the units.
        state: Their on/off state.
        rules: What binds it.
        horizon: The steps.
    """
    present = np.broadcast_to(rules.committed, state.on.shape)
    up = state.starting.trailing_sum(horizon.since(rules.minimum_up_hours[:, 0]))
    down = state.stopping.trailing_sum(horizon.since(rules.minimum_down_hours[:, 0]))
    room.at_most("minimum_up_time", up, state.on, present=present)
    room.at_most("minimum_down_time", down + state.on, 1.0, present=present)
