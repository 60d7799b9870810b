"""The least that clearing takes: a sorted merge of the two curves of every step and zone, without ties, in numpy.

It finds a price and what is accepted, hands nothing on by rank, checks nothing and verifies nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from _market.books import Shape, book


def pose(shape: Shape) -> tuple[Any, int]:
    """The columns, and how many curves there are."""
    assert shape.zones == 1
    return book(shape), shape.steps


def run(posed: tuple[Any, int]) -> dict[str, Any]:
    """Columns to prices and accepted energies."""
    orders, steps = posed
    accepted, prices = np.zeros(orders.orders), np.zeros(steps)
    for step in range(steps):
        mine = np.flatnonzero(orders.step == step)
        sells = orders.side[mine] > 0
        sellers, buyers = mine[sells], mine[~sells]
        sellers = sellers[np.argsort(orders.price_eur_per_mwh[sellers], kind="stable")]
        buyers = buyers[np.argsort(-orders.price_eur_per_mwh[buyers], kind="stable")]
        given, taken = np.cumsum(orders.energy_mwh[sellers]), np.cumsum(orders.energy_mwh[buyers])
        cuts = np.unique(np.concatenate([given, taken]))
        cuts = cuts[cuts <= min(given[-1], taken[-1])]
        ask = orders.price_eur_per_mwh[sellers][np.searchsorted(given, cuts)]
        bid = orders.price_eur_per_mwh[buyers][np.searchsorted(taken, cuts)]
        last = int(np.searchsorted(ask > bid, True)) - 1
        volume = cuts[last] if last >= 0 else 0.0
        for ranked, through in ((sellers, given), (buyers, taken)):
            energy = orders.energy_mwh[ranked]
            accepted[ranked] = np.clip(volume - (through - energy), 0.0, energy)
        prices[step] = 0.5 * (ask[last] + bid[last])
    value = (orders.side * orders.price_eur_per_mwh * accepted).sum()
    return {"objective": float(value), "price_sum": float(prices.sum()), "accepted": int((accepted > 1e-6).sum())}
