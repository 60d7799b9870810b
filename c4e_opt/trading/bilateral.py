"""Bilateral trading between peers: every pair has its own value, its own network charge and its own price.

An offer gives or takes energy in one step. A pair of a seller's and a buyer's offer is worth more to them when the
energy is green, local, or comes from or goes to a chosen partner, and costs a network charge.

Variables:
    energy_mwh[pair]   energy traded, 0 <= .

Constraints:
    given[seller]:  sum of energy_mwh over the pairs of a seller's offer <= its energy
    taken[buyer]:   sum of energy_mwh over the pairs of a buyer's offer  <= its energy

Objective (welfare): maximise sum over pairs of energy_mwh * (limit of the buyer + premiums of both
    - limit of the seller - network charge)

Only pairs with a gain can trade; of these the best of every offer are variables, and others enter as long as they would
gain at the prices, so that the answer is that of all pairs. The price of a pair is what the seller asks of this buyer
plus the shadow price of its energy; the buyer pays it to the seller, and the network charge besides, to the grid. Then
neither of the two would rather trade more, less or with somebody else: for a pair that trades

    price = seller's limit - seller's premium + what is scarce of the seller's energy
    price + charge = buyer's limit + buyer's premium - what is scarce of the buyer's wish

Not modelled: limits of the grid (`solve` knows networks), storage over steps, strategic offers.

Source: Sorin, Bobo, Pinson (2019), Consensus-based approach to peer-to-peer electricity markets with product
differentiation, doi:10.1109/TPWRS.2018.2872880; network charges: Baroche, Pinson, Le Goff Latimier, Ben Ahmed (2019),
Exogenous cost allocation in peer-to-peer electricity markets, doi:10.1109/TPWRS.2019.2896654. Solved centrally.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import c4e_solvers
from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.axes import Axis
from c4e_opt.errors import InvalidInput, SolverFailed
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.program import Program

#: So many pairs of every offer enter at once, where they would gain more than so much, in EUR/MWh.
_AT_ONCE, _GAIN = 6, 1e-9


def _none() -> Any:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offers:
    """Offers as columns, all (offer,) but the partners; a column that is not given is 0, no or nowhere."""

    party: TextArray
    step: IntArray
    side: IntArray  # BUY or SELL
    price_eur_per_mwh: FloatArray  # limit
    energy_mwh: FloatArray  # most, not negative
    zone: IntArray = field(default_factory=_none)  # place in the table of network charges
    green: BoolArray = field(default_factory=_none)  # of a seller: whether its energy is green
    green_premium_eur_per_mwh: FloatArray = field(default_factory=_none)  # of a buyer: more for green energy
    local_premium_eur_per_mwh: FloatArray = field(default_factory=_none)  # more for a partner in the same zone
    partner_offer: IntArray = field(default_factory=_none)  # place of an offer with a chosen partner (entry,)
    partner: TextArray = field(default_factory=_none)  # party that it would rather trade with (entry,)
    partner_premium_eur_per_mwh: FloatArray = field(default_factory=_none)  # more for that party (entry,)

    def __post_init__(self) -> None:
        """Fill in the columns that are not given."""
        kinds = {"zone": np.int64, "green": np.bool_, "green_premium_eur_per_mwh": np.float64}
        for name, kind in (kinds | {"local_premium_eur_per_mwh": np.float64}).items():
            if np.size(getattr(self, name)) == 0:
                object.__setattr__(self, name, np.zeros(self.party.size, kind))
        if np.size(self.partner_offer) == 0:
            object.__setattr__(self, "partner_offer", np.zeros(0, np.int64))
            object.__setattr__(self, "partner", np.zeros(0, np.str_))


@dataclass(frozen=True, slots=True, kw_only=True)
class BilateralTrades:
    """Trades, all arrays (trade,), and what they are worth.

    Attributes:
        seller: Place of the offer that sells.
        buyer: Place of the offer that buys.
        energy_mwh: Energy traded, above 0.
        price_eur_per_mwh: What the buyer pays to the seller, without the network charge.
        charge_eur_per_mwh: What the buyer pays to the grid besides.
        premium_eur_per_mwh: What the pair is worth to both beyond their limits.
        welfare_eur: What all gain, after network charges.
    """

    seller: IntArray
    buyer: IntArray
    energy_mwh: FloatArray
    price_eur_per_mwh: FloatArray
    charge_eur_per_mwh: FloatArray
    premium_eur_per_mwh: FloatArray
    welfare_eur: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs of offers that gain by trading, all arrays (pair,)."""

    seller: IntArray
    buyer: IntArray
    seller_premium: FloatArray
    buyer_premium: FloatArray
    charge: FloatArray
    gain: FloatArray


def bilateral(offers: Offers, charge_eur_per_mwh: ArrayLike = 0.0) -> BilateralTrades:
    """Find the trades of largest welfare and the price of each.

    Args:
        offers: The offers.
        charge_eur_per_mwh: Network charge by zone of the seller and zone of the buyer (zone, zone), or one for all.

    Raises:
        InvalidInput: Columns do not fit each other; all findings at once.
        SolverFailed: The linear problem was not solved.
    """
    issues = list(_issues(offers, charge_eur_per_mwh))
    if issues:
        raise InvalidInput(issues)
    pairs = pairs_of(offers, np.asarray(charge_eur_per_mwh, np.float64))
    if not pairs.seller.size:
        return _trades(offers, pairs, np.zeros(0), np.zeros(offers.party.size))
    active = _best(pairs, pairs.gain)
    while True:
        energy, scarce_sold, scarce_bought = _solve(offers, pairs, np.flatnonzero(active))
        missed = pairs.gain - scarce_sold[pairs.seller] - scarce_bought[pairs.buyer]
        missed[active | (missed <= _GAIN)] = 0.0
        if not missed.any():
            break
        active |= _best(pairs, missed)
    whole = np.zeros(active.size)
    whole[active] = energy
    return _trades(offers, pairs, whole, scarce_sold)


def _best(pairs: Pairs, gain: FloatArray) -> BoolArray:
    """The pairs with the largest gains of every offer, a few each; those without gain are none."""
    chosen = np.zeros(gain.size, dtype=np.bool_)
    able = np.flatnonzero(gain > 0)
    for owner in (pairs.seller[able], pairs.buyer[able]):
        order = np.lexsort((-gain[able], owner))
        first = np.concatenate([[True], np.diff(owner[order]) != 0])
        place = np.arange(order.size)
        within = place - np.maximum.accumulate(np.where(first, place, 0))
        chosen[able[order[within < _AT_ONCE]]] = True
    return chosen


def _solve(offers: Offers, pairs: Pairs, active: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Energy of some pairs at most welfare, and what one more MWh of every offer is worth, as a seller and a buyer."""
    program = Program()
    names = Axis("offer", offers.party)
    over = Axis("pair", active.astype(np.str_))
    traded = program.variable("energy_mwh", (over,), 0.0, doc="energy traded")
    seller, buyer = pairs.seller[active], pairs.buyer[active]
    for law, place in (("given", seller), ("taken", buyer)):
        used = np.bincount(place, minlength=names.size) > 0
        program.at_most(law, traded.gather((names,), place), offers.energy_mwh, present=used)
    program.minimise("welfare", traded * -pairs.gain[active])
    try:
        answer = c4e_solvers.solve(program.matrices())
    except c4e_solvers.SolverError as error:
        raise SolverFailed(str(error)) from error
    if answer.primal is None or answer.row_dual is None:
        raise SolverFailed(f"bilateral trading ended {answer.termination.reason}")
    given, taken = (np.maximum(-program.constraints[law].unpack(answer.row_dual), 0.0) for law in ("given", "taken"))
    most = np.minimum(offers.energy_mwh[seller], offers.energy_mwh[buyer])
    return np.clip(program.variables["energy_mwh"].unpack(answer.primal), 0.0, most), given, taken


def pairs_of(offers: Offers, charge: FloatArray) -> Pairs:
    """The pairs of offers of one step that gain by trading, step by step."""
    parts = [_step_pairs(offers, charge, np.flatnonzero(offers.step == step)) for step in np.unique(offers.step)]
    columns = [np.concatenate(each) for each in zip(*parts, strict=True)] if parts else [np.zeros(0)] * 6
    seller, buyer = (each.astype(np.int64) for each in columns[:2])
    return Pairs(
        seller=seller,
        buyer=buyer,
        seller_premium=columns[2],
        buyer_premium=columns[3],
        charge=columns[4],
        gain=columns[5],
    )


def _step_pairs(offers: Offers, charge: FloatArray, rows: IntArray) -> tuple[Any, ...]:
    sell, buy = (rows[(offers.side[rows] == side) & (offers.energy_mwh[rows] > 0)] for side in (SELL, BUY))
    s, b = sell[:, None], buy[None, :]
    same = offers.zone[s] == offers.zone[b]
    premium = [np.where(same, offers.local_premium_eur_per_mwh[one], 0.0) for one in (s, b)]
    premium[1] = premium[1] + np.where(offers.green[s], offers.green_premium_eur_per_mwh[b], 0.0)
    places = np.full(offers.party.size, -1, dtype=np.int64)
    for own, others, mine in ((sell, buy, 0), (buy, sell, 1)):
        places[:] = -1
        places[own] = np.arange(own.size)
        for entry in np.flatnonzero(places[offers.partner_offer] >= 0):
            at = places[offers.partner_offer[entry]]
            chosen = np.flatnonzero(offers.party[others] == offers.partner[entry])
            cell = (at, chosen) if mine == 0 else (chosen, at)
            premium[mine][cell] += offers.partner_premium_eur_per_mwh[entry]
    fee = np.broadcast_to(charge if charge.ndim == 0 else charge[offers.zone[s], offers.zone[b]], same.shape)
    gain = offers.price_eur_per_mwh[b] + premium[0] + premium[1] - offers.price_eur_per_mwh[s] - fee
    i, j = np.nonzero((gain > 0) & (offers.party[s] != offers.party[b]))
    return sell[i], buy[j], premium[0][i, j], premium[1][i, j], fee[i, j], gain[i, j]


def _trades(offers: Offers, pairs: Pairs, energy: FloatArray, scarcity: FloatArray) -> BilateralTrades:
    done = np.flatnonzero(energy > 1e-9)
    seller, buyer = pairs.seller[done], pairs.buyer[done]
    return BilateralTrades(
        seller=seller,
        buyer=buyer,
        energy_mwh=energy[done],
        price_eur_per_mwh=offers.price_eur_per_mwh[seller] - pairs.seller_premium[done] + scarcity[seller],
        charge_eur_per_mwh=pairs.charge[done],
        premium_eur_per_mwh=pairs.seller_premium[done] + pairs.buyer_premium[done],
        welfare_eur=float(pairs.gain[done] @ energy[done]),
    )


def _issues(offers: Offers, charge: ArrayLike) -> Iterator[Issue]:
    size = offers.party.shape
    columns = ("step", "side", "price_eur_per_mwh", "energy_mwh", "zone", "green")
    for name in (*columns, "green_premium_eur_per_mwh", "local_premium_eur_per_mwh"):
        column = getattr(offers, name)
        if column.shape != size:
            yield Issue(name, "length", f"has shape {column.shape}; there are {size[0]} parties, give one per offer")
            return
        wrong = np.flatnonzero(~np.isfinite(column.astype(np.float64)))
        if wrong.size:
            yield Issue(f"{name}[{int(wrong[0])}]", "finite", "is no number")
    for name, bad, told in (
        ("side", np.abs(offers.side) != 1, "is neither buy nor sell"),
        ("energy_mwh", offers.energy_mwh < 0, "is negative; the side tells the direction"),
        ("zone", offers.zone < 0, "is negative; zones are places from 0"),
    ):
        for at in np.flatnonzero(bad):
            yield Issue(f"{name}[{int(at)}]", "range", told)
    lengths = {np.size(offers.partner_offer), np.size(offers.partner), np.size(offers.partner_premium_eur_per_mwh)}
    if len(lengths) > 1:
        yield Issue("partner", "length", "differs in length from partner_offer or partner_premium_eur_per_mwh")
    elif ((offers.partner_offer < 0) | (offers.partner_offer >= size[0])).any():
        yield Issue("partner_offer", "unknown_reference", f"names no offer; there are {size[0]}")
    table = np.asarray(charge, np.float64)
    zones = int(offers.zone.max(initial=0)) + 1
    if table.shape != () and (table.ndim != 2 or min(table.shape) < zones):
        yield Issue("charge_eur_per_mwh", "length", f"has shape {table.shape}; offers name {zones} zones")
    elif not np.isfinite(table).all() or (table < 0).any():
        yield Issue("charge_eur_per_mwh", "range", "must be made of numbers of 0 or more")
