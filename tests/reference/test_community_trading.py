"""Community auctions and bilateral trading beside the same problems written the textbook way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.trading.bilateral import Offers, bilateral
from c4e_opt.trading.uniform import uniform


@pytest.mark.parametrize("seed", range(40))
def test_a_uniform_auction_has_the_welfare_and_price_of_the_linear_programme(seed: int):
    random = np.random.default_rng(seed)
    size = int(random.integers(2, 14))
    side, price = random.choice([BUY, SELL], size), random.integers(-3, 12, size).astype(float)
    energy = random.integers(1, 6, size).astype(float) / 10
    told = uniform(np.zeros(size, int), side, price, energy)
    twin = linprog(side * price, A_eq=[side], b_eq=[0], bounds=list(zip(np.zeros(size), energy, strict=True)))
    assert told.welfare_eur[0] == pytest.approx(-twin.fun, abs=1e-9)
    assert (told.accepted_mwh * side).sum() == pytest.approx(0, abs=1e-9)
    for clears in (told.low_eur_per_mwh[0], told.price_eur_per_mwh[0], told.high_eur_per_mwh[0]):
        gain = (clears - price) * side
        assert np.all(told.accepted_mwh[gain > 1e-9] == pytest.approx(energy[gain > 1e-9]))
        assert np.all(np.abs(told.accepted_mwh[gain < -1e-9]) < 1e-9)
    for beyond in (told.low_eur_per_mwh[0] - 0.5, told.high_eur_per_mwh[0] + 0.5):
        if told.volume_mwh[0] > 0:
            gain = (beyond - price) * side
            regret = (energy - told.accepted_mwh)[gain > 1e-9].sum() + told.accepted_mwh[gain < -1e-9].sum()
            assert regret > 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_bilateral_trades_are_an_equilibrium_of_largest_welfare(seed: int):
    """Welfare by a dense programme; and at the prices nobody would trade more, less or with somebody else."""
    random = np.random.default_rng(seed)
    size = int(random.integers(4, 12))
    side = random.choice([BUY, SELL], size)
    offers = Offers(
        party=np.array([f"p{i}" for i in range(size)]),
        step=random.integers(0, 2, size),
        side=side,
        price_eur_per_mwh=np.where(side == BUY, random.uniform(10, 40, size), random.uniform(5, 30, size)),
        energy_mwh=random.uniform(0.1, 3, size),
        zone=random.integers(0, 3, size),
        green=random.random(size) < 0.5,
        green_premium_eur_per_mwh=random.uniform(0, 5, size),
        local_premium_eur_per_mwh=random.uniform(0, 5, size),
        partner_offer=np.array([0, 1]),
        partner=np.array([f"p{size - 1}", f"p{size - 2}"]),
        partner_premium_eur_per_mwh=np.array([4.0, 2.0]),
    )
    charge = random.uniform(0, 6, (3, 3))
    told = bilateral(offers, charge)
    sellers, buyers = np.flatnonzero(side == SELL), np.flatnonzero(side == BUY)
    ask, bid, fee = ({} for _ in range(3))
    for s in sellers:
        for b in buyers:
            if offers.step[s] != offers.step[b]:
                continue
            local = offers.zone[s] == offers.zone[b]
            ask[s, b] = offers.price_eur_per_mwh[s] - local * offers.local_premium_eur_per_mwh[s]
            bid[s, b] = offers.price_eur_per_mwh[b] + local * offers.local_premium_eur_per_mwh[b]
            bid[s, b] += offers.green[s] * offers.green_premium_eur_per_mwh[b]
            for one, name, more in zip(offers.partner_offer, offers.partner, (4.0, 2.0), strict=True):
                ask[s, b] -= more * (one == s and name == offers.party[b])
                bid[s, b] += more * (one == b and name == offers.party[s])
            fee[s, b] = charge[offers.zone[s], offers.zone[b]]
    pairs = list(ask)
    if not pairs:
        assert told.seller.size == 0
        return
    rows = [[1.0 if place == pair[0] or place == pair[1] else 0.0 for pair in pairs] for place in range(size)]
    twin = linprog([ask[p] + fee[p] - bid[p] for p in pairs], A_ub=rows, b_ub=offers.energy_mwh)
    assert told.welfare_eur == pytest.approx(-twin.fun, abs=1e-6)
    used = np.bincount(told.seller, told.energy_mwh, size) + np.bincount(told.buyer, told.energy_mwh, size)
    assert np.all(used <= offers.energy_mwh + 1e-7)
    done = list(zip(told.seller.tolist(), told.buyer.tolist(), told.price_eur_per_mwh, strict=True))
    sold = {s: price - ask[s, b] for s, b, price in done}
    got = {b: bid[s, b] - price - fee[s, b] for s, b, price in done}
    for s, b, price in done:
        assert price - ask[s, b] == pytest.approx(sold[s], abs=1e-6)
        assert bid[s, b] - price - fee[s, b] == pytest.approx(got[b], abs=1e-6)
        assert min(sold[s], got[b]) > -1e-6
        assert sold[s] < 1e-6 or used[s] == pytest.approx(offers.energy_mwh[s], abs=1e-6)
        assert got[b] < 1e-6 or used[b] == pytest.approx(offers.energy_mwh[b], abs=1e-6)
    for s, b in pairs:
        assert bid[s, b] - ask[s, b] - fee[s, b] <= sold.get(s, 0.0) + got.get(b, 0.0) + 1e-6
