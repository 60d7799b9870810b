"""Ours: check, clear, price and verify a book."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from _market.books import Shape, market
from c4e_opt import Case, Outcome, solve
from c4e_opt.solve import SolveOptions


def small(shape: Shape) -> Shape:
    """A book of the same kind that takes no time."""
    return replace(shape, orders=1000, blocks=min(shape.blocks, 10))


def pose(shape: Shape, seconds: float = float("inf"), gap: float = 1e-4) -> tuple[Case, SolveOptions]:
    """The case, and how long it may take."""
    return market(shape), SolveOptions(time_limit_s=seconds, gap=gap)


def run(posed: tuple[Case, SolveOptions]) -> dict[str, Any]:
    """Case to verified outcome."""
    return told(posed[0], solve(*posed))


def told(case: Case, outcome: Outcome) -> dict[str, Any]:
    """What the benchmark asks of an outcome."""
    certificate = outcome.certificate
    answer: dict[str, Any] = {
        "reason": str(outcome.termination.reason),
        "legal": certificate is not None and certificate.holds,
        "objective": outcome.objective,
        "gap": outcome.gap,
        "seconds": dict(outcome.seconds),
    }
    if outcome.has_schedule:
        answer["accepted"] = int(np.count_nonzero(outcome.order_table.values("accepted_mwh") > 1e-6))
        answer["price_sum"] = float(outcome.price_table.values("price_eur_per_mwh").sum())
        answer["paradoxically_accepted"] = paradoxically_accepted(case, outcome)
    return answer


def paradoxically_accepted(case: Case, outcome: Outcome) -> int:
    """Accepted blocks that lose money at the prices, with all that need them; counted from book and answer alone."""
    book = case.orders
    spread = book.spread(case.horizon.hours)
    price = outcome.price_table.values("price_eur_per_mwh")[book.bus[spread.order], spread.step]
    worth = np.bincount(spread.order, price * spread.energy_mwh, book.orders) - book.price_eur_per_mwh * book.energy_mwh
    ratio = outcome.order_table.values("accepted_mwh") / book.energy_mwh
    family = book.side * worth * ratio
    linked = np.flatnonzero((book.parent >= 0) & (ratio > 0))
    np.add.at(family, book.parent[linked], np.maximum(family[linked], 0.0))  # parents here have no parents
    lost = book.indivisible & (ratio > 1e-6) & (family < -1e-3)
    return int(np.count_nonzero(lost))
