"""Orders: what is accepted of each, and at what price.

Laws:
    order_limit          0 <= accepted <= offered
    order_cleared_price  an order clears at the price of its bus and step
    order_acceptance     an order in the money is fully accepted, one out of the money is not; at the money any
                         part may be
"""

from __future__ import annotations

import numpy as np

from c4e_opt.case import Case
from c4e_opt.verify.answer import Answer
from c4e_opt.verify.findings import SAME, Findings, price_tolerance

#: Below this, in MWh, nothing of an order is accepted, or all of it.
_NOTHING_MWH = 1e-5


def check(case: Case, answer: Answer, findings: Findings, *, priced: bool) -> None:
    """Check the order book.

    Args:
        case: The case.
        answer: The complete answer.
        findings: Takes the laws.
        priced: Whether prices must support what is accepted.
    """
    book = case.orders
    if not book.orders:
        return
    steps = book.step
    accepted, offered = answer.accepted_mwh, book.energy_mwh

    def name(row: int) -> str:
        return f"order {str(book.id[row])!r}"

    outside = np.maximum(-accepted, accepted - offered)
    findings.cells("order_limit", outside, "MWh", name, sizes=(accepted,), steps=steps)
    price = answer.price_eur_per_mwh[book.bus, book.step]
    off = np.abs(answer.cleared_eur_per_mwh - price)
    findings.cells("order_cleared_price", off, "EUR/MWh", name, sizes=(price,), tolerance=SAME, steps=steps)
    if not priced:
        return
    loss = book.side * (book.price_eur_per_mwh - price)  # of accepting one more MWh
    regret = np.maximum(loss * (accepted > _NOTHING_MWH), -loss * (accepted < offered - _NOTHING_MWH))
    tolerance = price_tolerance(case.horizon)
    findings.cells("order_acceptance", regret, "EUR/MWh", name, sizes=(price,), tolerance=tolerance, steps=steps)
