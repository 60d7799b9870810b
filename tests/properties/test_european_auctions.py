"""What must hold for every auction with orders of every kind, whatever its numbers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case, Outcome, SolveOptions, settle, solve
from c4e_opt.verify import exact
from c4e_solvers import Reason
from tests.properties.generators import Document, Shape, case_of, document

EXACT = SolveOptions(gap=0.0)
SEEDS = st.integers(0, 2**31 - 1)
AUCTION = Shape(components=False, market=True, steps=3)
few = settings(max_examples=15, deadline=None)


def solved(case: Case) -> Outcome:
    outcome = solve(case, EXACT)
    assert outcome.termination.reason is Reason.OPTIMAL
    return outcome


def columns(content: Document, change: Callable[[float], float], *, ending: str) -> Document:
    """A document in which every number of the columns that end so is another."""
    other = deepcopy(content)
    for name, column in other["orders"].items():
        if name.endswith(ending):
            other["orders"][name] = [each if each == "" else change(each) for each in column]
    return other


@few
@given(SEEDS)
def test_rounding_explains_what_is_settled_of_every_auction(seed: int) -> None:
    """The answer is certified when it is solved; its rounded numbers keep the rules in fractions, and sum to zero."""
    case = case_of(document(seed, AUCTION))
    outcome = solved(case)
    assert [each for each in exact.check(case, outcome) if not each.holds] == []
    total: dict[str, int] = {}
    for account in settle(case, outcome).balances().values():
        for asset, amount in account.items():
            total[asset] = total.get(asset, 0) + amount
    assert set(total.values()) <= {0}


@few
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_orders_changes_no_byte(seed: int, chance: Any) -> None:
    content = document(seed, AUCTION)
    place = list(range(len(content["orders"]["id"])))
    chance.shuffle(place)
    mixed = {**content, "orders": {name: [column[n] for n in place] for name, column in content["orders"].items()}}
    one, other = solved(case_of(content)), solved(case_of(mixed))
    assert other.price_table.values("price_eur_per_mwh").tobytes() == (
        one.price_table.values("price_eur_per_mwh").tobytes()
    )
    assert other.order_table.values("accepted_mwh").tobytes() == one.order_table.values("accepted_mwh")[place].tobytes()


@few
@given(SEEDS)
def test_a_divisible_market_has_at_least_the_welfare_of_one_that_is_not(seed: int) -> None:
    """Without least parts, and with parents and groups as they are, more is possible and nobody is in the way."""
    content = document(seed, AUCTION)
    content["components"].pop("complex_order")
    content["orders"].pop("complex_order")
    loose = columns(content, lambda _: 0.0, ending="ratio_min")
    loose["orders"].pop("step_last")
    content["orders"].pop("step_last")
    whole, parts = solved(case_of(content)), solved(case_of(loose))
    assert whole.welfare is not None
    assert parts.welfare is not None
    assert parts.welfare >= whole.welfare - 1e-6


@few
@given(SEEDS, st.sampled_from([0.5, 2.0]))
def test_twice_the_prices_are_twice_the_prices(seed: int, factor: float) -> None:
    content = document(seed, AUCTION)
    other = columns(content, lambda price: price * factor, ending="eur_per_mwh")
    for record in other["components"]["complex_order"]:
        for name in ("fixed_eur", "variable_eur_per_mwh"):
            if name in record:
                record[name] *= factor
    for case in (content, other):
        case["components"].pop("market")
    one, two = solved(case_of(content)), solved(case_of(other))
    assert two.objective == pytest.approx(factor * (one.objective or 0.0), rel=1e-7, abs=1e-6)
    assert np.allclose(
        two.price_table.values("price_eur_per_mwh"), factor * one.price_table.values("price_eur_per_mwh"), atol=1e-4
    )


@few
@given(SEEDS, st.booleans())
def test_orders_assets_and_network_clear_in_one_problem(seed: int, european: bool) -> None:
    """Orders of every kind beside components; the answer is certified, and no legal one is better than its bound."""
    content = document(seed, Shape(market=True, steps=3))
    content["policy"]["pricing"] = "european" if european else "marginal"
    outcome = solved(case_of(content))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.gap == pytest.approx(0, abs=1e-9)
