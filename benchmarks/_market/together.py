"""Ours on a community: assets, bids and feeder cleared in one problem, priced, verified and settled."""

from __future__ import annotations

from typing import Any

from _market.books import Shape
from _market.community import community
from c4e_opt import Case, settle, solve


def pose(shape: Shape) -> Case:
    """The community; the orders of the shape are its members."""
    return community(shape.orders)


def run(posed: Case) -> dict[str, Any]:
    """Case to statement."""
    outcome = solve(posed)
    assert outcome.certificate is not None, f"no answer: {outcome.termination}"
    assert outcome.certificate.holds
    settle(posed, outcome)
    return {"reason": str(outcome.termination.reason), "gap": outcome.gap, "seconds": dict(outcome.seconds),
            "size": dict(outcome.size)}  # fmt: skip
