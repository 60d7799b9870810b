"""Auctions of a community and bilateral trading, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.bilateral import Offers, bilateral
from c4e_opt.trading.uniform import pay_as_bid, uniform

#: Buyers 5 at 40, 5 at 30; sellers 4 at 10, 4 at 20, 4 at 35. Volume 8: the last buyer has 30, the last seller 20, the
#: next seller 35, and 2 MWh of the last buyer are left. So 30 is the lowest and the highest price.
BOOK: dict[str, Any] = dict(
    step=[0] * 5, side=[BUY, BUY, SELL, SELL, SELL], price_eur_per_mwh=[40, 30, 10, 20, 35], energy_mwh=[5, 5, 4, 4, 4]
)


def test_a_uniform_auction_clears_at_the_price_of_the_order_that_is_split():
    told = uniform(**BOOK)
    assert told.accepted_mwh == pytest.approx([5, 3, 4, 4, 0])
    assert told.volume_mwh == pytest.approx([8])
    assert (told.low_eur_per_mwh, told.high_eur_per_mwh) == (30, 30)
    assert told.paid_eur_per_mwh == pytest.approx([30, 30, 30, 30, 35])
    assert told.welfare_eur == pytest.approx([5 * 40 + 3 * 30 - 4 * 10 - 4 * 20])
    assert told.operator_eur == [0]


@pytest.mark.parametrize(("k", "price"), [(0.0, 20.0), (0.5, 25.0), (1.0, 30.0)])
def test_k_decides_between_the_prices_that_clear(k: float, price: float):
    """One buyer at 30 and one seller at 20 for the same energy: anything between clears."""
    told = uniform([7, 7], [BUY, SELL], [30, 20], [0.3, 0.1 + 0.2], k=k)
    assert told.price_eur_per_mwh == pytest.approx([price])
    assert told.step.tolist() == [7]


def test_pay_as_bid_leaves_the_difference_with_the_operator():
    told = pay_as_bid(**BOOK)
    assert told.accepted_mwh == pytest.approx([5, 3, 4, 4, 0])
    assert told.paid_eur_per_mwh == pytest.approx([40, 30, 10, 20, 35])
    assert told.operator_eur == pytest.approx([170])


def test_equal_orders_share_and_earlier_ones_come_first():
    """10 MWh are asked at 20 by sellers of 6 and 6 and a later one: pro rata among the first two."""
    told = uniform([0] * 4, [BUY, SELL, SELL, SELL], [50, 20, 20, 20], [9, 6, 12, 6], rank=[0, 0, 0, 1])
    assert told.accepted_mwh == pytest.approx([9, 3, 6, 0])
    assert told.price_eur_per_mwh == pytest.approx([20])


@pytest.mark.parametrize(
    ("side", "price", "low", "high"),
    [([BUY, SELL], [10, 30], 10, 30), ([BUY, BUY], [10, 30], 30, 30), ([SELL, SELL], [10, 30], 10, 10)],
)
def test_prices_without_trade_are_those_at_which_nobody_would(side: list[int], price: list[int], low: int, high: int):
    told = uniform([0, 0], side, price, [1, 1])
    assert told.volume_mwh == [0]
    assert (told.low_eur_per_mwh[0], told.high_eur_per_mwh[0]) == (low, high)


def test_every_step_is_an_auction_of_its_own_and_none_is_no_error():
    told = uniform([3, 1, 3, 1], [BUY, SELL, SELL, BUY], [30, 5, 10, 9], [1, 1, 2, 2])
    assert told.step.tolist() == [1, 3]
    assert told.accepted_mwh == pytest.approx([1, 1, 1, 1])
    assert told.price_eur_per_mwh == pytest.approx([9, 10])
    assert uniform([], [], [], []).step.size == 0


def test_wrong_columns_are_issues():
    with pytest.raises(InvalidInput, match="neither buy nor sell"):
        uniform([0], [0], [1], [1])
    with pytest.raises(InvalidInput, match="one entry per order"):
        uniform([0], [1, 1], [1], [1])
    with pytest.raises(InvalidInput, match="energy of 0 or more"):
        uniform([0], [1], [1], [-1])
    with pytest.raises(InvalidInput, match=r"within \[0, 1\]"):
        uniform([0], [1], [1], [1], k=2)


def offers(rows: list[tuple[str, int, float, float]], **more: Any) -> Offers:
    party, side, price, energy = zip(*rows, strict=True)
    return Offers(
        party=np.array(party),
        step=np.zeros(len(rows), np.int64),
        side=np.array(side),
        price_eur_per_mwh=np.array(price, float),
        energy_mwh=np.array(energy, float),
        **more,
    )


def test_a_pair_pays_its_charge_besides_its_price():
    """Ann sells 2 at 10. Bob, near, pays 20 at a charge of 1; eve, far, pays 24 at a charge of 8.

    Gains 9 and 6: bob gets his 1 MWh, eve the other. Ann's energy is scarce: eve's gain of 6 is its price beyond 10.
    """
    told = bilateral(
        offers([("ann", SELL, 10, 2), ("bob", BUY, 20, 1), ("eve", BUY, 24, 3)], zone=np.array([0, 0, 1])),
        [[1.0, 8.0], [8.0, 1.0]],
    )
    assert told.buyer.tolist() == [1, 2]
    assert told.energy_mwh == pytest.approx([1, 1])
    assert told.price_eur_per_mwh == pytest.approx([16, 16])
    assert told.charge_eur_per_mwh == pytest.approx([1, 8])
    assert told.welfare_eur == pytest.approx(15)


def test_green_local_and_partner_energy_is_worth_more():
    """Coal sells 1 at 10, sun 1 at 14. Bob pays 15, and 6 more for green; eve pays 16 for whatever.

    Bob takes the sun (15 + 6 - 14 = 7), eve the coal (6); the other way round would gain 5 + 2.
    """
    rows = [("coal", SELL, 10, 1.0), ("sun", SELL, 14, 1.0), ("bob", BUY, 15, 1.0), ("eve", BUY, 16, 1.0)]
    green = dict(green=np.array([False, True, False, False]), green_premium_eur_per_mwh=np.array([0, 0, 6.0, 0]))
    told = bilateral(offers(rows, **green))
    assert sorted(zip(told.seller.tolist(), told.buyer.tolist(), strict=True)) == [(0, 3), (1, 2)]
    assert told.welfare_eur == pytest.approx(13)
    near = dict(zone=np.array([0, 1, 0, 1]), local_premium_eur_per_mwh=np.array([0, 0, 3.0, 0]))
    told = bilateral(offers(rows, **near))
    assert (0, 2) in zip(told.seller.tolist(), told.buyer.tolist(), strict=True)
    friend = dict(partner_offer=np.array([3]), partner=np.array(["sun"]), partner_premium_eur_per_mwh=np.array([5.0]))
    told = bilateral(offers(rows, **friend))
    assert (1, 3) in zip(told.seller.tolist(), told.buyer.tolist(), strict=True)


def test_a_seller_may_prefer_a_partner_and_then_asks_less_of_it():
    """Ann asks 10 of everybody but 7 of bob, her friend, who pays 9 at most; nobody else is there: 7 it is."""
    rows = [("ann", SELL, 10, 5.0), ("bob", BUY, 9, 2.0)]
    friend = dict(partner_offer=np.array([0]), partner=np.array(["bob"]), partner_premium_eur_per_mwh=np.array([3.0]))
    told = bilateral(offers(rows, **friend))
    assert told.energy_mwh == pytest.approx([2])
    assert told.price_eur_per_mwh == pytest.approx([7])


def test_nobody_trades_with_oneself_or_without_gain():
    told = bilateral(offers([("ann", SELL, 10, 1), ("ann", BUY, 30, 1), ("bob", BUY, 9, 1)]))
    assert told.seller.size == 0
    assert told.welfare_eur == 0


def test_wrong_offers_are_issues():
    rows = [("ann", SELL, 10, 1.0)]
    with pytest.raises(InvalidInput, match="offers name 3 zones"):
        bilateral(offers(rows, zone=np.array([2])), [[1.0]])
    with pytest.raises(InvalidInput, match="names no offer"):
        bilateral(
            offers(
                rows,
                partner_offer=np.array([4]),
                partner=np.array(["x"]),
                partner_premium_eur_per_mwh=np.array([1.0]),
            )
        )
    with pytest.raises(InvalidInput, match="numbers of 0 or more"):
        bilateral(offers(rows), -1.0)
