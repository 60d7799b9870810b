"""Laws of prices within a community, over any energies and prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from c4e_opt.sharing import bill_sharing, game, mid_market_rate, nucleolus, shapley, supply_demand_ratio
from c4e_opt.sharing.game import excess_eur

RULES = [mid_market_rate, supply_demand_ratio, bill_sharing]
ENERGY = st.integers(1, 5).flatmap(
    lambda members: arrays(np.float64, (members, 3), elements=st.sampled_from([0.0, -1.0, 2.5]) | st.floats(-9, 9))
)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=60, deadline=None)
@given(ENERGY, arrays(np.float64, 3, elements=st.floats(0, 200)), arrays(np.float64, 3, elements=st.floats(0, 200)))
def test_bills_sum_to_the_bill_of_the_grid_and_nobody_loses(rule, energy, one, other):
    dear, cheap = np.maximum(one, other), np.minimum(one, other)
    told = rule(energy, dear, cheap)
    size = 1.0 + np.abs(told.bill_eur).sum()
    assert np.abs(told.bill_eur.sum(axis=0) - told.grid_bill_eur).max() <= 1e-9 * size
    for price in (told.buy_eur_per_mwh, told.sell_eur_per_mwh):
        assert np.all(price >= cheap - 1e-9 * (1 + cheap))
        assert np.all(price <= dear + 1e-9 * (1 + dear))
    assert told.individually_rational
    assert np.all(told.saving_eur >= -1e-9 * size)


@settings(max_examples=60, deadline=None)
@given(ENERGY, st.floats(0, 100), st.floats(0, 100))
def test_the_published_split_of_bills_is_balanced_too(energy, one, other):
    told = bill_sharing(energy, max(one, other), min(one, other), key="energy")
    size = 1.0 + np.abs(told.bill_eur).sum()
    assert np.abs(told.bill_eur.sum(axis=0) - told.grid_bill_eur).max() <= 1e-9 * size


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.randoms(use_true_random=False))
def test_shares_of_any_superadditive_game_are_rational_and_the_nucleolus_is_in_the_core_if_there_is_one(size, random):
    """Worth is made superadditive by taking the best way to split a coalition in two."""
    values = np.array([0.0] + [random.choice([0.0, 1.0, random.uniform(0, 3)]) for _ in range((1 << size) - 1)])
    for mask in range(1, 1 << size):
        part = (mask - 1) & mask
        while part:
            values[mask] = max(values[mask], values[part] + values[mask ^ part])
            part = (part - 1) & mask
    played = game([f"m{i}" for i in range(size)], values)
    fair, stable = shapley(played), nucleolus(played)
    for told in (fair, stable):
        assert told.share_eur.sum() == pytest.approx(played.total_eur)
        assert told.individually_rational
    assert excess_eur(played, stable.share_eur).max() <= excess_eur(played, fair.share_eur).max() + 1e-7
    assert stable.in_core or not fair.in_core
