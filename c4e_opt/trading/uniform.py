"""Auctions of a community in every step: at one price, by k between the clearing prices, or at everybody's own bid.

In a step buyers are sorted from the highest price down, sellers from the lowest up, and energy is accepted up to the
largest volume at which the last buyer still pays what the last seller asks. All prices from `low` to `high` clear that
volume:

    low  = max(price of the last seller accepted, price of the first buyer with energy left)
    high = min(price of the last buyer accepted, price of the first seller with energy left)

    uniform         everybody trades at (1 - k) * low + k * high, for k = 1/2 the mid-point: the k-double auction
    pay as bid      everybody trades at the own limit; what buyers pay beyond what sellers get stays with the operator

At one price a lower rank comes first, and equal ranks share by their energy. Properties: nobody trades beyond the
limit; uniform prices leave nothing with the operator; pay-as-bid leaves nobody a surplus at stated limits.
Network charges are no part of it: they are due on accepted energy, whatever the price.
Not modelled: blocks and networks; `solve` clears them. Strategic bidding.

Source: Wilson (1985), Incentive efficiency of double auctions, doi:10.2307/1911013; Satterthwaite, Williams (1989),
Bilateral trade with the sealed bid k-double auction, doi:10.1016/0022-0531(89)90121-X.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import BUY, SELL

#: Decimals of a MWh up to which sums of energies are the same.
_DECIMALS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What an auction accepts, and at which prices.

    Attributes:
        accepted_mwh: Energy accepted of every order (order,).
        paid_eur_per_mwh: The price at which every order trades (order,); its limit where nothing is accepted.
        step: The steps in which there are orders, rising (step,).
        price_eur_per_mwh: The price of each, of pay-as-bid the uniform one at the mid-point (step,).
        low_eur_per_mwh: Lowest price that clears (step,).
        high_eur_per_mwh: Highest (step,).
        volume_mwh: Energy traded (step,).
        welfare_eur: Limits of buyers less limits of sellers, times energy (step,).
        operator_eur: What buyers pay beyond what sellers get (step,).
    """

    accepted_mwh: FloatArray
    paid_eur_per_mwh: FloatArray
    step: IntArray
    price_eur_per_mwh: FloatArray
    low_eur_per_mwh: FloatArray
    high_eur_per_mwh: FloatArray
    volume_mwh: FloatArray
    welfare_eur: FloatArray
    operator_eur: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Orders:
    step: IntArray
    side: IntArray
    price: FloatArray
    energy: FloatArray
    rank: IntArray


def uniform(
    step: ArrayLike,
    side: ArrayLike,
    price_eur_per_mwh: ArrayLike,
    energy_mwh: ArrayLike,
    *,
    rank: ArrayLike = 0,
    k: float = 0.5,
) -> Cleared:
    """Clear every step at one price: the k-double auction, at k = 1/2 the mid-point of all clearing prices.

    Args:
        step: Step of every order (order,).
        side: BUY or SELL (order,).
        price_eur_per_mwh: Limits (order,).
        energy_mwh: Energies, not negative (order,).
        rank: At one price lower ones come first (order,).
        k: Where the price lies between the lowest, 0, and the highest, 1, that clears.

    Raises:
        InvalidInput: Columns differ in length or hold what is no order.
    """
    if not 0 <= k <= 1:
        raise InvalidInput([Issue("k", "range", f"is {k:g}; it must lie within [0, 1]")])
    orders = _read(step, side, price_eur_per_mwh, energy_mwh, rank)
    steps, place = np.unique(orders.step, return_inverse=True)
    accepted = np.zeros(orders.step.size)
    low, high = np.zeros(steps.size), np.zeros(steps.size)
    by_step = np.argsort(place, kind="stable")
    for at, rows in enumerate(np.split(by_step, np.cumsum(np.bincount(place, minlength=steps.size))[:-1])):
        if rows.size:
            accepted[rows], low[at], high[at] = _clear(orders, rows)
    price = low + k * (high - low)
    cash = accepted * orders.price * -orders.side
    bought = np.where(orders.side == BUY, accepted, 0.0)
    return Cleared(
        accepted_mwh=accepted,
        paid_eur_per_mwh=np.where(accepted > 0, price[place], orders.price),
        step=steps,
        price_eur_per_mwh=price,
        low_eur_per_mwh=low,
        high_eur_per_mwh=high,
        volume_mwh=np.bincount(place, bought, steps.size).astype(np.float64),
        welfare_eur=np.bincount(place, cash, steps.size).astype(np.float64),
        operator_eur=np.zeros(steps.size),
    )


def pay_as_bid(
    step: ArrayLike, side: ArrayLike, price_eur_per_mwh: ArrayLike, energy_mwh: ArrayLike, *, rank: ArrayLike = 0
) -> Cleared:
    """Accept what `uniform` accepts, everybody at the own limit; the difference stays with the operator.

    Args:
        step: Step of every order (order,).
        side: BUY or SELL (order,).
        price_eur_per_mwh: Limits (order,).
        energy_mwh: Energies, not negative (order,).
        rank: At one price lower ones come first (order,).

    Raises:
        InvalidInput: Columns differ in length or hold what is no order.
    """
    told = uniform(step, side, price_eur_per_mwh, energy_mwh, rank=rank)
    limits = np.array(np.broadcast_to(np.asarray(price_eur_per_mwh, np.float64), told.accepted_mwh.shape))
    return replace(told, paid_eur_per_mwh=limits, operator_eur=told.welfare_eur)


def _read(step: ArrayLike, side: ArrayLike, price: ArrayLike, energy: ArrayLike, rank: ArrayLike) -> _Orders:
    steps = np.asarray(step, np.int64)
    columns: dict[str, NDArray[Any]] = {
        "side": np.asarray(side, np.int64),
        "price_eur_per_mwh": np.asarray(price, np.float64),
        "energy_mwh": np.asarray(energy, np.float64),
        "rank": np.asarray(rank, np.int64),
    }
    issues = [
        Issue(name, "length", f"has shape {column.shape}; there are {steps.size} steps, give one entry per order")
        for name, column in columns.items()
        if steps.ndim != 1 or column.shape not in (steps.shape, ())
    ]
    if issues:
        raise InvalidInput(issues)
    whole = {name: np.broadcast_to(column, steps.shape) for name, column in columns.items()}
    prices, energies = whole["price_eur_per_mwh"], whole["energy_mwh"]
    rules: tuple[tuple[str, BoolArray, str], ...] = (
        ("side", np.abs(whole["side"]) != 1, "is neither buy nor sell"),
        ("price_eur_per_mwh", ~np.isfinite(prices), "is no price"),
        ("energy_mwh", ~np.isfinite(energies) | (energies < 0), "is no energy of 0 or more"),
    )
    for name, wrong, told in rules:
        issues += [Issue(f"{name}[{at}]", "range", told) for at in np.flatnonzero(wrong)]
    if issues:
        raise InvalidInput(issues)
    return _Orders(step=steps, side=whole["side"], price=prices, energy=energies, rank=whole["rank"])


def _clear(orders: _Orders, rows: IntArray) -> tuple[FloatArray, float, float]:
    """Accepted energy of the orders of one step, and the lowest and highest price that clear."""
    side, price, energy = orders.side[rows], orders.price[rows], orders.energy[rows]
    sides: list[tuple[IntArray, FloatArray]] = []
    for way in (BUY, SELL):
        mine = np.flatnonzero((side == way) & (energy > 0))
        mine = mine[np.lexsort((orders.rank[rows][mine], way * price[mine]))]
        sides.append((mine, np.round(np.cumsum(energy[mine]), _DECIMALS)))
    (buy, taken), (sell, given) = sides
    ends = np.unique(np.concatenate([taken, given]))
    ends = ends[ends <= min(taken[-1], given[-1])] if buy.size and sell.size else ends[:0]
    last_buy, last_sell = (np.searchsorted(each, ends) for each in (taken, given))
    meets = np.flatnonzero(price[buy][last_buy] >= price[sell][last_sell])
    volume = float(ends[meets[-1]]) if meets.size else 0.0
    accepted = np.zeros(rows.size)
    for mine, sums in sides:
        accepted[mine] = _shared(price[mine], orders.rank[rows][mine], energy[mine], sums, volume)
    lows: list[float] = []
    highs: list[float] = []
    for mine, sums, inside, outside in ((buy, taken, highs, lows), (sell, given, lows, highs)):
        if volume > 0:
            inside.append(float(price[mine][np.searchsorted(sums, volume)]))
        left = np.searchsorted(sums, volume, side="right")
        if left < mine.size:
            outside.append(float(price[mine][left]))
    low = max(lows or highs or [0.0]) if lows else min(highs, default=0.0)
    high = min(highs) if highs else low
    return accepted, low, high


def _shared(price: FloatArray, rank: IntArray, energy: FloatArray, sums: FloatArray, volume: float) -> FloatArray:
    """Energy accepted of sorted orders of one side: what comes first in full, the last price and rank pro rata."""
    if not price.size or volume <= 0:
        return np.zeros(price.size)
    new = np.concatenate([[True], (np.diff(price) != 0) | (np.diff(rank) != 0)])
    first = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    total = np.add.reduceat(energy, first)
    before = sums[first] - energy[first]
    ratio = np.clip((volume - before) / total, 0.0, 1.0)
    return energy * ratio[group]
