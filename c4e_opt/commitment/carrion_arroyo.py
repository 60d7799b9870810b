"""Minimum up and down times as counts of the steps that follow a start or a stop: a window that looks ahead.

Constraints, with the binaries of `commitment.three_binary`:
    minimum_up_time[u, t]     n * starting[t] <= sum of on over the n steps from t on that start within minimum_up_hours
    minimum_down_time[u, t]   n * stopping[t] <= sum of 1 - on over the n steps from t on that start within
                              minimum_down_hours
Step t itself is always in its window, so that no unit starts and stops in one step; a window ends with the horizon.

Every row is a sum of rows of `commitment.rajan_takriti` made weaker, so that the optimum is the same and the bound of
the relaxed problem at most as high.

Source: Carrión and Arroyo (2006), IEEE Transactions on Power Systems 21(3),
https://doi.org/10.1109/TPWRS.2006.876672, with one binary; here with the binaries of the start and the stop in place
of the difference of two states, and with windows in hours, so that steps may differ in length.
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
    step = np.arange(horizon.steps)
    last_up, last_down = (horizon.until(hours[:, 0]) for hours in (rules.minimum_up_hours, rules.minimum_down_hours))
    steps_up, steps_down = ((last - step + 1).astype(np.float64) for last in (last_up, last_down))
    on_after, off_after = state.on.leading_sum(last_up), (1.0 - state.on).leading_sum(last_down)
    room.at_most("minimum_up_time", state.starting * steps_up, on_after, present=present)
    room.at_most("minimum_down_time", state.stopping * steps_down, off_after, present=present)
