"""A table of price rules on one result: prices, uplift of everybody, and whether the operator's books balance.

Of every rule
    price              of every bus and step
    uplift             profit, lost opportunity and make-whole of everybody who decides something
    rents_eur          what the grid earns at the prices: energy bought where it is cheap and sold where it is dear
    payments_eur       what participants get besides prices: by the rule itself, and what makes them whole
    balance_eur        rents less payments: what the operator is left with, or must find elsewhere
Revenue is adequate where the balance is not negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import unknown
from c4e_opt.outcome import Outcome
from c4e_opt.pricing.cleared import Cleared, clear
from c4e_opt.pricing.rules import RULES, Priced, price
from c4e_opt.pricing.uplift import Uplift

_TOLD = ("participant", "profit_eur", "lost_opportunity_eur", "make_whole_eur", "payment_eur")
#: Kinds of ports that carry energy from bus to bus.
_CARRIERS = ("line", "tie", "flow_based_constraint", "heat_pipe", "gas_pipe")


@dataclass(frozen=True, slots=True, eq=False)
class RuleResult:
    """What one rule makes of a result, in the currency of the case."""

    rule: str
    price_eur_per_mwh: FloatArray  # (bus, time)
    uplift: Uplift
    payment_eur: FloatArray  # besides prices, with make-whole (participant,)
    rents_eur: float

    @property
    def payments_eur(self) -> float:
        """All payments besides prices."""
        return float(self.payment_eur.sum())

    @property
    def balance_eur(self) -> float:
        """What the operator is left with."""
        return self.rents_eur - self.payments_eur

    def to_json(self, buses: Sequence[str]) -> dict[str, Any]:
        """Sums, prices, and participants that lose or are paid anything."""
        each = zip(
            self.uplift.names.tolist(),
            self.uplift.profit.tolist(),
            self.uplift.lost_opportunity.tolist(),
            self.uplift.make_whole.tolist(),
            self.payment_eur.tolist(),
            strict=True,
        )
        return {
            "rule": self.rule,
            "price_eur_per_mwh": dict(zip(buses, self.price_eur_per_mwh.tolist(), strict=True)),
            "rents_eur": self.rents_eur,
            "make_whole_eur": float(self.uplift.make_whole.sum()),
            "lost_opportunity_eur": self.uplift.total,
            "grid_lost_opportunity_eur": self.uplift.grid,
            "payments_eur": self.payments_eur,
            "balance_eur": self.balance_eur,
            "participants": [dict(zip(_TOLD, row, strict=True)) for row in each if any(row[2:])],
        }


def table(
    case: Case, outcome: Outcome, rules: Sequence[str] = tuple(RULES), *, solver: str = "auto"
) -> list[RuleResult]:
    """Price one result by several rules.

    Args:
        case: A checked case.
        outcome: Its answer.
        rules: Names of rules.
        solver: Name of the engine for what rules solve.

    Raises:
        InvalidInput: There is no such rule.
        NoSolution: The outcome has no schedule.
        UnsupportedProgram: A rule cannot price this case.
    """
    issues = [unknown("rules", "unknown_rule", "price rule", name, RULES) for name in rules if name not in RULES]
    if issues:
        raise InvalidInput(issues)
    cleared = clear(case, outcome, solver)
    return [_result(cleared, price(cleared, name)) for name in rules]


def _result(cleared: Cleared, priced: Priced) -> RuleResult:
    paid = priced.payments("make_whole")
    return RuleResult(priced.rule, priced.price, priced.uplift, paid, _rents(cleared, priced.price))


def _rents(cleared: Cleared, prices: FloatArray) -> float:
    """What whatever carries energy earns: price times what it puts into its buses."""
    flows = cleared.outcome.flow_table
    if not flows.quantities:
        return 0.0
    carries = np.isin(flows.texts["port_kind"][1], _CARRIERS)
    place = {bus.id: row for row, bus in enumerate(cleared.case.buses)}
    at = np.array([place[bus] for bus in flows.texts["port_bus"][1][carries].tolist()], dtype=np.int64)
    return float(np.sum(prices[at] * flows.values("flow_mw")[carries] * cleared.case.horizon.cost_hours))
