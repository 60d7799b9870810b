"""Markets with blocks that a deadline ends: there is a legal answer always, and it says what ended it."""

from __future__ import annotations

import time

import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.case.build import Builder
from c4e_opt.solve import SolveOptions
from c4e_solvers import Limit, Reason

DEADLINE_S = 0.5


def paradox() -> Case:
    """A block of 10 MWh at 20, in the money, which has no price: 4 of them go to a buyer who pays 5."""
    orders = {
        "id": ["block", "plant", "keen", "idle"],
        "party": ["p"] * 4,
        "bus": ["z"] * 4,
        "side": ["sell", "sell", "buy", "buy"],
        "step": [0] * 4,
        "price_eur_per_mwh": [20, 60, 100, 5],
        "energy_mwh": [10, 10, 6, 4],
        "ratio_min": [1, 0, 0, 0],
    }
    document = {
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60]},
        "parties": [{"id": "p"}],
        "buses": [{"id": "z"}],
        "orders": orders,
        "policy": {"pricing": "european"},
    }
    return Builder(document, {}).case()


def late(phase: str) -> Outcome:
    """The answer where the deadline comes when a phase begins."""
    begun = time.monotonic()

    def tell(name: str, report: object) -> None:
        if name == phase and report is None:
            time.sleep(max(begun + DEADLINE_S + 0.05 - time.monotonic(), 0.0))

    return solve(paradox(), SolveOptions(time_limit_s=DEADLINE_S), progress=tell)


def test_without_a_deadline_the_block_is_rejected() -> None:
    """With it welfare is 6 * 100 + 4 * 5 - 10 * 20 = 420, at no price; without it 6 * (100 - 60) = 240, at 60."""
    outcome = solve(paradox())
    assert outcome.termination.reason is Reason.OPTIMAL
    assert outcome.welfare == pytest.approx(240)
    assert outcome.order_table.values("accepted_mwh") == pytest.approx([0, 6, 6, 0])
    assert outcome.price_table.values("price_eur_per_mwh")[0, 0] == pytest.approx(60)


@pytest.mark.parametrize("phase", ["formulate", "solve", "price"])
def test_at_a_deadline_there_is_a_legal_answer_that_says_so(phase: str) -> None:
    """Whatever there was no time for; the answer without the block is legal."""
    outcome = late(phase)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.welfare == pytest.approx(240)
    assert outcome.termination.reason is Reason.FEASIBLE
    assert outcome.termination.limit is Limit.TIME
