"""Prices within a community, worked out by hand: grid sells at 30, buys at 10 EUR/MWh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.sharing import LocalPrices, bill_sharing, mid_market_rate, supply_demand_ratio

Rule = Callable[..., LocalPrices]
RULES: list[Rule] = [mid_market_rate, supply_demand_ratio, bill_sharing]


def test_a_short_community_shares_the_import_at_the_mid_market_rate():
    """Supply 2, demand 4: mid 20; buyers pay (20 * 2 + 30 * 2) / 4 = 25. Bills 25 + 75 - 40 = 60 = 30 * 2."""
    told = mid_market_rate([[2.0], [-1.0], [-3.0]], 30.0, 10.0)
    assert told.sell_eur_per_mwh == pytest.approx([20.0])
    assert told.buy_eur_per_mwh == pytest.approx([25.0])
    assert told.bill_eur.ravel() == pytest.approx([-40.0, 25.0, 75.0])
    assert told.grid_bill_eur == pytest.approx([60.0])
    assert told.saving_eur == pytest.approx([20.0, 5.0, 15.0])


def test_a_long_community_shares_the_export_at_the_mid_market_rate():
    """Supply 4, demand 1: buyers pay 20; sellers get (20 * 1 + 10 * 3) / 4 = 12.5. Bills 20 - 50 = -30 = -10 * 3."""
    told = mid_market_rate([[4.0], [-1.0]], 30.0, 10.0)
    assert told.sell_eur_per_mwh == pytest.approx([12.5])
    assert told.buy_eur_per_mwh == pytest.approx([20.0])
    assert told.grid_bill_eur == pytest.approx([-30.0])


def test_prices_follow_the_supply_demand_ratio():
    """Ratio 1/2: sell 30 * 10 / (20 / 2 + 10) = 15, buy 15 / 2 + 30 / 2 = 22.5. Ratio 2: both 10. No supply: 30."""
    told = supply_demand_ratio([[2.0, 8.0, 0.0], [-4.0, -4.0, -4.0]], 30.0, 10.0)
    assert told.sell_eur_per_mwh == pytest.approx([15.0, 10.0, 30.0])
    assert told.buy_eur_per_mwh == pytest.approx([22.5, 10.0, 30.0])


def test_savings_are_split_by_energy():
    """Supply 2, demand 4: 20 EUR/MWh on 2 MWh are 40 EUR for 6 MWh: 20/3 each. buy 30 - 20/3, sell 10 + 20/3."""
    told = bill_sharing([[2.0], [-1.0], [-3.0]], 30.0, 10.0)
    assert told.buy_eur_per_mwh == pytest.approx([70 / 3])
    assert told.sell_eur_per_mwh == pytest.approx([50 / 3])
    assert told.saving_eur == pytest.approx([40 / 3, 20 / 3, 20.0])


def test_the_published_split_of_the_bill_may_cost_a_seller():
    """Supply 2, demand 4: buyers share the import of 2 MWh, 60 / 4 = 15 each MWh; the seller gets nothing."""
    told = bill_sharing([[2.0], [-4.0]], 30.0, 10.0, key="energy")
    assert told.buy_eur_per_mwh == pytest.approx([15.0])
    assert told.bill_eur.ravel() == pytest.approx([0.0, 60.0])
    assert not told.individually_rational


def test_fees_are_no_part_of_prices():
    """Of 4 MWh taken 2 are local: a member that takes 3 pays the fee of 8 EUR/MWh on 1.5 MWh."""
    energy = [[2.0], [-1.0], [-3.0]]
    without, told = (mid_market_rate(energy, 30.0, 10.0, local_fee_eur_per_mwh=fee) for fee in (0.0, 8.0))
    assert told.fee_eur.ravel() == pytest.approx([0.0, 4.0, 12.0])
    assert np.array_equal(told.bill_eur, without.bill_eur)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("energy", [[[0.0], [0.0]], [[1.0], [0.0]], [[-1.0], [0.0]], [[1.0], [-1.0]]])
def test_nobody_there_to_trade_with_is_no_error(rule: Rule, energy: list[list[float]]):
    told = rule(energy, 30.0, 10.0)
    assert told.bill_eur.sum() == pytest.approx(told.grid_bill_eur.sum())
    assert 10.0 - 1e-9 <= told.sell_eur_per_mwh[0] <= told.buy_eur_per_mwh[0] + 1e-9 <= 30.0 + 2e-9


@pytest.mark.parametrize("rule", RULES)
def test_what_is_wrong_is_said(rule: Rule):
    with pytest.raises(InvalidInput, match="above the import price"):
        rule([[1.0]], 10.0, 30.0)
    with pytest.raises(InvalidInput, match="one number, or one for each of 1 steps"):
        rule([[1.0]], [1.0, 2.0, 3.0], 0.0)
    with pytest.raises(InvalidInput, match="is no number"):
        rule([[float("nan")]], 10.0, 0.0)
    with pytest.raises(InvalidInput, match="one row per member"):
        rule([1.0], 10.0, 0.0)
    with pytest.raises(InvalidInput, match="is negative; a fee"):
        rule([[1.0]], 10.0, 0.0, local_fee_eur_per_mwh=-1.0)


def test_the_supply_demand_ratio_refuses_negative_prices():
    with pytest.raises(InvalidInput, match="mid_market_rate takes any"):
        supply_demand_ratio([[1.0]], 10.0, -1.0)
