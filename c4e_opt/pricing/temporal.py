"""Temporal locational marginal prices (TLMP): the price of a bus and, for every component, what its own ramps add.

Definition: price[n, t] is the marginal one; component c at bus n is settled at
    price[n, t] + (shadow price of its ramps from step t on, as they bind its power in step t)
which is the worth of a MW more of that component in that step: d(objective) / d(its power), over the hours of the step.
What a ramp takes from a component in one step it gives back in another, at the same commitment.

Properties: a component that is between its limits in a step gets its own marginal cost there, so it has no reason to
leave the schedule in any step, whatever it expects of later ones: prices stand when a window rolls on. Prices differ
between components at one bus. What is paid besides the price of the bus is a payment of its own for every component;
the operator never loses by all of them together at a convex schedule.

Source: Guo, Chen, Tong (2021), Pricing multi-interval dispatch under uncertainty, part I: dispatch-following
incentives, doi:10.1109/TPWRS.2021.3055730, equations for TLMP.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.pricing.cleared import Cleared

#: Laws of ramps, by the ends of their names.
_RAMPS = ("ramp_up_limit", "ramp_down_limit")


def duals(cleared: Cleared) -> FloatArray:
    """Duals of the rows of the programme: the marginal ones (row,)."""
    return cleared.marginal


def own(cleared: Cleared) -> FloatArray:
    """What the ramps of a component add to the worth of every column, in the currency per MW of it (column,)."""
    matrices, dual = cleared.matrices, np.zeros(cleared.matrices.rows)
    for name, block in cleared.formulation.program.constraints.items():
        if name.endswith(_RAMPS):
            dual[block.start : block.stop] = cleared.marginal[block.start : block.stop]
    return np.where(matrices.integral, 0.0, matrices.csr().T @ dual)


def adders(cleared: Cleared) -> dict[str, FloatArray]:
    """What is added to the price of its bus for every component that has ramps that bind, (time,) per kind/id."""
    worth, hours = own(cleared), cleared.case.horizon.cost_hours
    found: dict[str, FloatArray] = {}
    for kind, injections in cleared.formulation.injections.items():
        for injection in injections[:1]:
            labels, steps = injection.power_mw.axes[0].labels, hours.size
            added = np.zeros(labels.size * steps)
            for cell, column, coefficient in injection.power_mw.nonzero().terms:
                np.add.at(added, cell, worth[column] / coefficient)
            for row in np.flatnonzero(np.abs(added.reshape(-1, steps)).max(axis=1) > 0):
                found[f"{kind}/{labels[row]}"] = added.reshape(-1, steps)[row] / hours
    return found
