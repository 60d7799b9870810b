"""Convex hull prices: the uniform prices with the least lost opportunity of all participants together, exactly.

Definition: the duals of the balances, and of everything else that ties participants together, in the problem in which
what every participant can do, and what it costs, is replaced by its convex hull. Equivalently the prices at which the
Lagrangian is largest. Found by mixing schedules (`pricing.mixture`): at the prices of the cheapest mixture every
participant names its own best schedule (`pricing.self_schedule`); the ones that are better than its mixture join, until
there are none. Of several such prices these are the nearest to marginal prices.

Properties: lost opportunities add up to the duality gap, less than under any other uniform price; prices do not fall
where demand grows; where nothing is discrete they are marginal prices. A unit that stands still may set the price.

The grid, laws that bind several components, and orders that are linked are treated as they are: the first two are
convex (switched lines by their bounds), an order family is one participant.

Source: Gribik, Hogan, Pope (2007), Market-clearing electricity prices and energy uplift; by columns as in Andrianesis,
Bertsimas, Caramanis, Hogan (2020), Computation of convex hull prices in electricity markets with non-convexities using
Dantzig-Wolfe decomposition, https://arxiv.org/abs/2012.13331.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.errors import SolverFailed
from c4e_opt.pricing.cleared import Cleared, solved
from c4e_opt.pricing.mixture import Mixture
from c4e_opt.pricing.participants import take_apart
from c4e_opt.pricing.self_schedule import SelfSchedules

#: A schedule joins when it is better than the mixture by this part of what the participant's schedules cost.
_BETTER = 1e-9
_ROUNDS = 2000


def duals(cleared: Cleared) -> FloatArray:
    """Duals of the rows of the programme, zero but for those that couple (row,).

    Args:
        cleared: The answer; its programme may get rows for limits of lines.

    Raises:
        SolverFailed: An engine broke down, or prices did not settle.
    """
    if not cleared.discrete:
        return cleared.marginal
    formulation = cleared.formulation
    _, relaxed = solved(formulation, cleared.matrices.relaxed(), cleared.solver)
    parts = take_apart(formulation, formulation.program.matrices())
    reference = np.pad(cleared.marginal, (0, parts.matrices.rows - cleared.marginal.size))
    mixture = Mixture(formulation, parts, parts.discrete, reference, cleared.solver)
    mixture.add(cleared.schedule, parts.discrete)
    dual = relaxed.row_dual
    own = SelfSchedules(parts, parts.discrete, cleared.solver)
    if dual is not None:
        mixture.add(own.best(parts.reduced(dual)), parts.discrete)
    for _ in range(_ROUNDS):
        mixed = mixture.cheapest()
        parts = mixture.parts
        cost = parts.reduced(mixed.dual)
        best = own.best(cost, mixed.one - 0.5 * _BETTER * np.maximum(np.abs(mixed.one), 1.0))
        worth = parts.by_participant(cost * best)
        size = parts.by_participant(np.abs(parts.matrices.cost * best)) + np.abs(mixed.one)
        better = parts.discrete & (worth < mixed.one - _BETTER * np.maximum(size, 1.0))
        if not better.any():
            return mixed.dual
        mixture.add(best, better)
    raise SolverFailed(f"case {cleared.case.name!r}: convex hull prices did not settle in {_ROUNDS} rounds")
