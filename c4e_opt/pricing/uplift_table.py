"""What an answer tells of uplift: a table over everybody who decides something, where somebody is paid besides prices.

Quantities, in the currency: profit_eur, lost_opportunity_eur, make_whole_eur (see `pricing.uplift`), payment_eur, what
is paid besides the price of the bus; and ramp_price_eur_per_mwh, under the rule temporal, what the ramps of a component
add to the price of its bus.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.outcome import EMPTY, Table, quantity
from c4e_opt.pricing import temporal
from c4e_opt.pricing.cleared import Cleared
from c4e_opt.pricing.rules import RULES, Priced

#: Rules that pay besides the price of the bus by themselves.
_PAYING = ("pay_as_bid", "temporal")


def repriced(case: Case) -> bool:
    """Whether the policy wants more than marginal prices, of a rule that prices a result."""
    policy = case.policy
    return policy.pricing in RULES and (policy.pricing != "marginal" or policy.uplift != "none")


def uplift_table(cleared: Cleared, priced: Priced) -> Table:
    """The table; empty where nobody is paid besides prices.

    Args:
        cleared: The answer.
        priced: What its rule makes of it.
    """
    case, losses = cleared.case, priced.uplift
    if case.policy.uplift == "none" and priced.rule not in _PAYING:
        return EMPTY
    columns: dict[str, tuple[FloatArray, str]] = {
        "profit_eur": (losses.profit, "paid for energy and reserve, less costs"),
        "lost_opportunity_eur": (losses.lost_opportunity, "what the own best schedule would bring more"),
        "make_whole_eur": (losses.make_whole, "what standing aside would bring more"),
        "payment_eur": (priced.payments(case.policy.uplift), "paid besides the price of the bus"),
    }
    found = {name: quantity(name, ("participant",), values, doc) for name, (values, doc) in columns.items()}
    labels = {"participant": losses.names}
    if priced.rule == "temporal":
        added = np.zeros((losses.names.size, case.horizon.steps))
        place = {name: row for row, name in enumerate(losses.names.tolist())}
        for name, worth in temporal.adders(cleared).items():
            added[place[name]] = worth
        name = "ramp_price_eur_per_mwh"
        found[name] = quantity(name, ("participant", "time"), added, "what ramps add to the price of the bus")
        labels["time"] = case.horizon.axis.labels
    return Table(labels, found)
