"""How a choice that is not legal is mended, where numbers are as solvers leave them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from c4e_opt.clearing import trial
from c4e_opt.clearing.trial import Trial
from c4e_solvers import Matrices, Solution
from tests.unit.auctions import cleared, got, order


def test_an_order_a_little_below_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block k of 10 MWh at 30 would be taken at 10 and lose; its child c at 50 is not wanted either way.

    Where the answer has -1e-12 MWh of c, and c is far from the money, c is held there while k is left out.
    """
    near, calls = vars(Trial)["_near"], list[Solution]()

    def below(self: Trial, answer: Solution) -> Matrices:
        assert answer.primal is not None
        calls.append(answer)
        return near(self, replace(answer, primal=answer.primal - 1e-12))

    monkeypatch.setattr(Trial, "_near", below)
    monkeypatch.setattr(trial, "_NEAR_ORDERS", 0)
    monkeypatch.setattr(trial, "_NEAR_BLOCKS", 0)
    found = cleared(
        order("s", "sell", 10, 5), order("k", "sell", 30, 10, ratio_min=1), order("b", "buy", 60, 12),
        order("c", "sell", 50, 1, parent="k"),
    )  # fmt: skip
    assert calls
    assert got(found) == {"s": 5.0, "k": 0.0, "b": 5.0, "c": 0.0}
