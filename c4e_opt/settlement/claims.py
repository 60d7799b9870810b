"""Claims: what some owe others, as columns; rounded, booked on both sides and made a statement.

Every act of settlement besides the clearing itself says what is owed, exactly, and ends here:

1. Amounts become whole minor units by largest remainder, per step and asset; what earlier steps left a claim owed
   counts (see `rounding`), so that over a day everybody gets what is exact to a few units.
2. A claim becomes two lines: its receiver gets the amount, its giver gives it. Hence every asset sums to zero in every
   step, and nothing needs a rounding account.
3. Lines of one position, step and asset are one line. It says energy and price where all of them have the same price,
   and neither where they have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.settlement.rounding import Integers, largest_remainder, narrow, sums
from c4e_opt.settlement.statement import Asset, Positions, Statement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Claims:
    """What some owe others, shapes (claim,); claims with the same labels in one step are one claim.

    Attributes:
        giver: Party that gives the asset.
        receiver: Party that receives it.
        component: "<kind>/<id>" that it is about; empty for none.
        bus: Bus that it is about; empty for none.
        gives: Purpose of the giver's line.
        receives: Purpose of the receiver's line.
        asset: Place among the assets.
        step: Step.
        exact: What is owed, in minor units times the divisor of the asset; negative where the receiver owes it.
        energy: What the receiver puts into the bus for it, whole minor units of the carrier; 0 where it is about none.
        price: Of that energy, 1e-9 of the currency per MWh; 0 where it has none.
    """

    giver: TextArray
    receiver: TextArray
    component: TextArray
    bus: TextArray
    gives: TextArray
    receives: TextArray
    asset: IntArray
    step: IntArray
    exact: Integers
    energy: Integers
    price: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """What a statement is about.

    Attributes:
        act: What is settled: "imbalance", "tokens", …
        basis: Name and SHA-256 of everything that counts besides case and outcome, sorted by name.
        assets: What is counted: the currency first, where there is one.
        divisors: What one minor unit of every asset is worth in `Claims.exact`, (asset,).
        starts: Start of every step, seconds since 1970-01-01T00:00Z, (step,).
        step_seconds: Length of every step, (step,).
        operator: Party behind everything without an owner.
        case_name: Name of the case; empty where there is none.
        case_digest: Digest of the case; empty where there is none.
        outcome_digest: Digest of its outcome; empty where there is none.
    """

    act: str
    basis: tuple[tuple[str, str], ...]
    assets: tuple[Asset, ...]
    divisors: tuple[int, ...]
    starts: IntArray
    step_seconds: IntArray
    operator: str
    case_name: str = ""
    case_digest: str = ""
    outcome_digest: str = ""


def statement_of(subject: Subject, claims: Claims) -> Statement:
    """Round claims and book both sides of each.

    Returns:
        The statement; a position that owes and is owed nothing in a step has no line there.

    Raises:
        ValueError: Claims with the same labels have different prices in one step, or a divisor is not above 0.
    """
    if any(divisor < 1 for divisor in subject.divisors):
        raise ValueError(f"divisors are {subject.divisors}; each must be above 0")
    first, place = _places(claims)
    step, asset, claim, exact, energy, price = _joined(claims, place, len(subject.assets))
    amount = np.zeros(step.size, dtype=object)
    for n, divisor in enumerate(subject.divisors):
        these = np.flatnonzero(asset == n)
        amount[these] = largest_remainder(narrow(exact[these]), divisor, step[these], claim[these])
    positions, giver, receiver = _positions(claims, first)
    carrier = np.array([each.kind == "energy" for each in subject.assets], dtype=np.bool_)[asset]
    energy[carrier], price[carrier] = -amount[carrier], 0
    both = (np.concatenate([giver[claim], receiver[claim]]), np.tile(step, 2), np.tile(asset, 2))
    columns = (np.concatenate([-amount, amount]), np.concatenate([-energy, energy]), np.tile(price, 2))
    return _statement(subject, positions, both, columns)


def _places(claims: Claims) -> tuple[IntArray, IntArray]:
    """One claim of each set of labels, sorted by the labels, and for every claim the place of its labels."""
    labels = (claims.receives, claims.gives, claims.bus, claims.component, claims.receiver, claims.giver)
    codes = [np.unique(each, return_inverse=True)[1] for each in labels]
    order = np.lexsort(codes)
    changes = np.zeros(order.size, dtype=np.bool_)
    for code in codes:
        changes[1:] |= code[order][1:] != code[order][:-1]
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.cumsum(changes)
    first = order[np.flatnonzero(np.r_[True, changes[1:]])] if order.size else order
    return first, place


def _joined(
    claims: Claims, place: IntArray, assets: int
) -> tuple[IntArray, IntArray, IntArray, Integers, Integers, Integers]:
    """Claims of one step, asset and set of labels as one: step, asset, place, exact, energy and price."""
    count = int(place.max()) + 1 if place.size else 1
    keys, first, of = np.unique(
        (claims.step * assets + claims.asset) * count + place, return_index=True, return_inverse=True
    )
    price = claims.price[first]
    if np.any(price[of] != claims.price):
        raise ValueError("claims with the same labels have different prices in one step")
    exact, energy = sums(claims.exact, of, keys.size), sums(claims.energy, of, keys.size)
    step, asset, claim = keys // count // assets, keys // count % assets, keys % count
    return step, asset, claim, exact, energy.astype(object), price.astype(object)


def _positions(claims: Claims, first: IntArray) -> tuple[Positions, IntArray, IntArray]:
    """All positions in the tie order, and the places of the givers and receivers of the claims."""
    party = np.concatenate([claims.giver[first], claims.receiver[first]])
    purpose = np.concatenate([claims.gives[first], claims.receives[first]])
    component, bus = np.tile(claims.component[first], 2), np.tile(claims.bus[first], 2)
    labels = (party, component, bus, purpose)
    codes = [np.unique(each, return_inverse=True)[1] for each in labels]
    order = np.lexsort(codes[::-1])
    changes = np.zeros(order.size, dtype=np.bool_)
    for code in codes:
        changes[1:] |= code[order][1:] != code[order][:-1]
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.cumsum(changes)
    kept = order[np.flatnonzero(np.r_[True, changes[1:]])] if order.size else order
    names = ("party", "component", "bus", "purpose")
    positions = Positions(**{name: each[kept] for name, each in zip(names, labels, strict=True)})
    return positions, place[: first.size], place[first.size :]


def _statement(subject: Subject, positions: Positions, where: Sequence[Any], columns: Sequence[Any]) -> Statement:
    """Lines of one position, step and asset as one, sorted."""
    position, step, asset = where
    amount, energy, price = columns
    count, assets = max(positions.party.size, 1), len(subject.assets)
    keys, first, of = np.unique((step * assets + asset) * count + position, return_index=True, return_inverse=True)
    one_price = np.ones(keys.size, dtype=np.bool_)
    np.logical_and.at(one_price, of, (price == price[first][of]).astype(np.bool_))
    amount, energy = sums(amount, of, keys.size), np.where(one_price, sums(energy, of, keys.size), 0)
    price = np.where(one_price, price[first], 0)
    kept = np.flatnonzero((amount != 0) | (energy != 0))
    keys = keys[kept]
    return Statement(
        case_name=subject.case_name,
        case_digest=subject.case_digest,
        outcome_digest=subject.outcome_digest,
        operator=subject.operator,
        assets=subject.assets,
        starts=subject.starts,
        step_seconds=subject.step_seconds,
        positions=positions,
        position=keys % count,
        step=keys // count // assets,
        asset=keys // count % assets,
        energy=narrow(energy[kept]),
        price=narrow(price[kept]),
        amount=narrow(amount[kept]),
        act=subject.act,
        basis=subject.basis,
    )
