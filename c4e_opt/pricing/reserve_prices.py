"""Prices of reserve: what one more MW wanted would cost for an hour, and what keeping one costs its provider.

Definition: reserve_up_price[r, t] = d(objective) / d(requirement up of reserve r in step t), in currency per MW and
hour; down likewise. It is the dual of required_up[r, t] divided by the length of the step, and by how often the step
counts in costs; with binaries it is that of the fixed commitment, as the prices of energy are. Who keeps a MW is paid
the price of its reserve and those of all reserves for which it counts.

The opportunity cost of a pair of a reserve and a provider is what one more MW kept would cost besides what the offer
asks: the sum of the shadow prices of all laws that share what the provider has (headroom, ramps, stored energy,
trapezia). Who keeps some and could keep more is paid exactly what his offer asks and his opportunity cost.

Source: O'Neill et al. (2005), https://doi.org/10.1016/j.ejor.2003.12.011; Hogan (2013), Economics of Energy &
Environmental Policy 2(2), https://doi.org/10.5547/2160-5890.2.2.4.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.formulate import Formulation
from c4e_opt.outcome import Quantity, quantity
from c4e_solvers import Matrices

_WAYS = ("up", "down")


def prices(
    formulation: Formulation, case: Case, matrices: Matrices, row_dual: FloatArray
) -> tuple[dict[str, FloatArray], dict[str, Quantity]]:
    """Prices of all reserves and opportunity costs of all that keep them; nothing where there are none.

    Args:
        formulation: The programme.
        case: The case.
        matrices: The programme in standard form, as it was solved.
        row_dual: d(objective) / d(right-hand side) of every row, shape (row,).

    Returns:
        Labels of the axes, and the quantities over them.
    """
    program, hours = formulation.program, case.horizon.cost_hours
    if "reserve_required_up" not in program.constraints:
        return {}, {}
    labels: dict[str, FloatArray] = {}
    found: dict[str, Quantity] = {}
    others = row_dual.copy()  # duals of every law but the requirements and the splits of offers into segments
    for way in _WAYS:
        required = program.constraints[f"reserve_required_{way}"]
        labels["reserve"] = required.axes[0].labels
        name = f"reserve_{way}_price_eur_per_mw_hour"
        worth = required.unpack(row_dual) / hours + 0.0  # no negative zero
        found[name] = quantity(name, ("reserve", "time"), worth, f"cost of one more MW wanted {way}")
        others[required.start : required.stop] = 0.0
    split = program.constraints.get("reserve_offer_segment_sum")
    if split is not None:
        others[split.start : split.stop] = 0.0
    pulled = -(others @ matrices.csr())
    for way in _WAYS:
        kept = program.variables[f"reserve_{way}_mw"]
        labels["reserve_provider"] = kept.axes[0].labels
        name = f"reserve_{way}_opportunity_eur_per_mw_hour"
        worth = kept.unpack(np.asarray(pulled)) / hours + 0.0
        found[name] = quantity(name, ("reserve_provider", "time"), worth, f"what one more MW kept {way} costs besides")
    return labels, found
