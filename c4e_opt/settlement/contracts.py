"""Contracts on the books: energy that is nominated, and what the sides and the broker owe; see `trading.contract`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement.statement import Purpose

#: Part of a contract -> sign of its payments of the price; each part is a component of its own on the books.
SIDES = {"sold": 1, "bought": -1}


def party(case: Case, contract: Any, side: str) -> str:
    """Who stands on one side of a contract, or brokers it."""
    names = {"sold": contract.seller, "bought": contract.buyer, "brokered": contract.broker}
    return names[side] or case.policy.operator


def nominated(case: Case, place: Mapping[str, int]) -> list[tuple[str, str, int, FloatArray]]:
    """Party, component, bus and power into the bus of every side of the physical contracts."""
    return [
        (
            party(case, each, side),
            f"contract/{each.id}/{side}",
            place[each.bus],
            -sign * np.broadcast_to(each.power_mw, case.horizon.steps),
        )
        for each in case.components.get("contract", ())
        if each.settlement == "physical"
        for side, sign in SIDES.items()
    ]


def payments(case: Case, outcome: Outcome) -> Iterator[tuple[Any, str, int, Purpose, Fraction]]:
    """The price of every contract, less spot of financial ones, and the fees of brokers.

    Yields:
        Contract, side, step, purpose and what the side receives.
    """
    contracts = case.components.get("contract", ())
    if not contracts:
        return
    steps, seconds = case.horizon.steps, case.horizon.step_seconds.tolist()
    table = outcome.price_table
    spots = dict(zip(table.labels["bus"].tolist(), table.values("price_eur_per_mwh").tolist(), strict=True))
    for each in contracts:
        powers = np.broadcast_to(each.power_mw, steps).tolist()
        agreed = np.broadcast_to(each.price_eur_per_mwh, steps).tolist()
        fee = Fraction(float(each.broker_fee_eur_per_mwh))
        for step in range(steps):
            energy = Fraction(powers[step]) * Fraction(seconds[step], 3600)
            price = Fraction(agreed[step])
            if each.settlement == "financial":
                price -= Fraction(spots[each.bus][step])
            if not energy:
                continue
            for side, sign in SIDES.items():
                yield each, side, step, Purpose.CONTRACT, sign * price * energy
            for side, share in (("sold", -1), ("bought", -1), ("brokered", 2)) if fee else ():
                yield each, side, step, Purpose.BROKER_FEE, share * fee * energy / 2
