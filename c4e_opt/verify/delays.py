"""Delays: what arrives later than it was sent, from the energy sent up to each moment.

Energy that arrives between two moments was sent so much earlier; energy sent between two moments is worth the prices
so much later.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon


def shifted(horizon: Horizon, rate: FloatArray, hours: float, cyclic: bool) -> FloatArray:
    """The mean of a rate over every step moved by some hours; nothing outside the horizon, or the horizon again."""
    if hours == 0:
        return rate
    moments: FloatArray = np.concatenate([np.zeros(1), np.cumsum(horizon.hours)])
    sums: FloatArray = np.concatenate([np.zeros(1), np.cumsum(rate * horizon.hours)])
    whole, later = float(moments[-1]), moments + round(hours * 3600) / 3600
    rounds = np.floor(later / whole) if cyclic else np.zeros(later.size)
    reached = np.interp(later - rounds * whole, moments, sums) + rounds * float(sums[-1])
    return np.diff(reached) / horizon.hours
