"""Price rules on one result: prices, what everybody loses at them, and who is paid what besides.

Every rule is a file of its own; here is what they are called, and what follows from the duals that they find. European
prices are found while the market clears (`clearing.european`), as they decide what is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.pricing import convex_hull, elmp, marginal, minimum_uplift, pay_as_bid, temporal
from c4e_opt.pricing.by_order import by_order
from c4e_opt.pricing.cleared import Cleared
from c4e_opt.pricing.uplift import Uplift, uplift

#: Kinds that are settled at tariffs of their own, so that no payment makes them whole.
_AT_TARIFFS = ("grid_connection",)


def _of_the_fixed_commitment(cleared: Cleared) -> FloatArray:
    return cleared.marginal


def _nothing(cleared: Cleared) -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How prices are found.

    Attributes:
        duals: Duals of the coupling rows.
        own: What participants are paid besides, per unit of their columns.
        by_bid: Whether everybody is settled at the own bid.
    """

    duals: Callable[[Cleared], FloatArray]
    own: Callable[[Cleared], FloatArray | float] = _nothing
    by_bid: bool = False


#: Every rule that prices a result, by its name in policies, in the order of tables.
RULES: Mapping[str, Rule] = {
    "marginal": Rule(_of_the_fixed_commitment),
    "elmp": Rule(elmp.duals),
    "convex_hull": Rule(convex_hull.duals),
    "minimum_uplift": Rule(minimum_uplift.duals),
    "pay_as_bid": Rule(pay_as_bid.duals, by_bid=True),
    "temporal": Rule(temporal.duals, temporal.own),
}


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """A result by one rule.

    Attributes:
        rule: Its name.
        dual: Duals of the rows of the programme (row,).
        price: Currency per MWh (bus, time).
        uplift: What everybody loses.
        adjustment: What everybody is paid by the rule besides the price (participant,).
    """

    rule: str
    dual: FloatArray
    price: FloatArray
    uplift: Uplift
    adjustment: FloatArray

    def payments(self, kind: str) -> FloatArray:
        """What everybody is paid besides the price (participant,): by the rule, and so that nobody loses.

        Args:
            kind: As `Policy.uplift`: none, make_whole or lost_opportunity.
        """
        losses = self.uplift
        against = {"make_whole": losses.make_whole, "lost_opportunity": losses.lost_opportunity}
        paid = self.adjustment + against.get(kind, 0.0)
        return np.where(at_tariffs(losses), 0.0, paid)


def at_tariffs(losses: Uplift) -> BoolArray:
    """Participants that are settled at tariffs of their own (participant,)."""
    return np.isin(np.array([name.partition("/")[0] for name in losses.names.tolist()], dtype=np.str_), _AT_TARIFFS)


def price(cleared: Cleared, name: str) -> Priced:
    """Price a result by one rule.

    Args:
        cleared: The result.
        name: Name of the rule.
    """
    rule = RULES[name]
    dual = rule.duals(cleared)
    losses = by_order(uplift(cleared, dual, rule.own(cleared)), cleared.formulation.lineup, cleared.outcome)
    adjustment = losses.own
    if rule.by_bid:
        adjustment, none = pay_as_bid.payments(losses), np.zeros(losses.names.size)
        losses = Uplift(losses.names, none, adjustment, none, none, losses.grid)
    prices = marginal.prices(cleared.formulation, dual, cleared.case.horizon.cost_hours)
    return Priced(name, dual, prices, losses, adjustment)
