"""Prices of least make-whole payments: uniform prices at which accepted participants lose least, at the schedule given.

Definition: duals of the balances in the problem in which everybody does a part of what the answer says and for the rest
stands aside (`pricing.self_schedule.standing_aside`), at these parts of the costs; demand that cannot be shed has no
choice. The grid is free within its limits. By duality these prices make the sum of all make-whole payments, and of what
the grid could earn more, as small as can be. Of several such prices these are the nearest to marginal prices.

Properties: no uniform prices need less make-whole, often none at all; whoever was rejected may regret it, so lost
opportunities can be large. Where nothing is discrete, marginal prices need none, so these are they.

Source: own composition, by the duality of linear problems, of the make-whole payments of Gribik, Hogan, Pope (2007),
Market-clearing electricity prices and energy uplift.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.pricing.cleared import Cleared
from c4e_opt.pricing.mixture import Mixture
from c4e_opt.pricing.participants import take_apart
from c4e_opt.pricing.self_schedule import standing_aside


def duals(cleared: Cleared) -> FloatArray:
    """Duals of the rows of the programme, zero but for those that couple (row,).

    Args:
        cleared: The answer; its programme may get rows for limits of lines.
    """
    if not cleared.discrete:
        return cleared.marginal
    formulation = cleared.formulation
    parts = take_apart(formulation, formulation.program.matrices())
    reference = np.pad(cleared.marginal, (0, parts.matrices.rows - cleared.marginal.size))
    everybody = np.ones(parts.count, dtype=np.bool_)
    mixture = Mixture(formulation, parts, everybody, reference, cleared.solver)
    mixture.add(cleared.schedule, everybody)
    mixture.add(standing_aside(parts, cleared.solver), everybody)
    return mixture.cheapest().dual
