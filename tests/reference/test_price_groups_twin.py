"""Auctions with price groups (PUN) agree with an enumeration, and do not depend on how a book is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from c4e_opt import Outcome, SolveOptions, solve
from c4e_opt.case.build import Builder
from c4e_solvers import Reason
from tests.reference.enumerated_price_groups import Block, Book, Offer
from tests.reference.enumerated_price_groups import solved as enumerated

EXACT = SolveOptions(gap=0.0)
Document = dict[str, Any]


def random_book(seed: int, blocks: int = 0) -> Book:
    """Up to three buses in a row or a ring, one or two steps, plain orders and those of a group."""
    rng = np.random.default_rng([seed, blocks])
    buses, steps = int(rng.integers(2, 4)), 2 if blocks else int(rng.integers(1, 3))
    offers: list[Offer] = []

    def add(side: int, low: float, high: float, step: int, bus: int, rank: int | None = None) -> None:
        price = round(float(rng.uniform(low, high)), 2)
        if rank is not None and offers and offers[-1].rank is not None and rng.random() < 0.3:
            price = offers[-1].price  # ranks decide, or equal ones share
        offers.append(Offer(id=f"o{len(offers):02}", side=side, price=price, bus=bus, step=step, rank=rank,
                            energy=round(float(rng.uniform(0.5, 6.0)), 3)))  # fmt: skip

    for step in range(steps):
        for bus in range(buses):
            for _ in range(int(rng.integers(1, 4))):
                add(1, 0, 60, step, bus)
            if rng.random() < 0.5:
                add(-1, 10, 90, step, bus)
        for _ in range(int(rng.integers(2, 6))):
            add(-1, 0, 70, step, int(rng.integers(0, buses)), int(rng.integers(0, 3)))
    pairs = [(0, 1), (1, 2), (0, 2)][: buses - 1 + (buses == 3 and rng.random() < 0.4)]
    ties = [(a, b, 0.0 if rng.random() < 0.2 else round(float(rng.uniform(0.2, 3.0)), 3)) for a, b in pairs]
    made: list[Block] = []
    for n in range(blocks):
        side = int(rng.choice([1, 1, -1]))
        price = round(float(rng.uniform(5, 50) if side > 0 else rng.uniform(10, 80)), 2)
        energy = round(float(rng.uniform(0.5, 4.0)), 3)
        made.append(Block(id=f"block{n}", side=side, price=price, energy=energy, bus=int(rng.integers(0, buses))))
    return Book(offers=offers, blocks=made, buses=buses, steps=steps, ties=ties)


def document(book: Book) -> Document:
    """The same auction as a case."""
    orders: list[Document] = [
        {"id": o.id, "bus": f"b{o.bus}", "side": "sell" if o.side > 0 else "buy", "step": o.step,
         "price_eur_per_mwh": o.price, "energy_mwh": o.energy, "rank": o.rank or 0,
         "price_group": "" if o.rank is None else "pun"}
        for o in book.offers
    ] + [
        {"id": b.id, "bus": f"b{b.bus}", "side": "sell" if b.side > 0 else "buy", "step": 0, "steps": book.steps,
         "ratio_min": 1.0, "price_eur_per_mwh": b.price, "energy_mwh": b.energy * book.steps}
        for b in book.blocks
    ]  # fmt: skip
    names = dict.fromkeys(name for each in orders for name in each)
    ties = [
        {"id": f"t{n}", "from_bus": f"b{a}", "to_bus": f"b{b}", "forward_max_mw": most, "backward_max_mw": most}
        for n, (a, b, most) in enumerate(book.ties)
    ]
    return {
        "name": "pun",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60] * book.steps},
        "parties": [{"id": "p"}],
        "buses": [{"id": f"b{n}"} for n in range(book.buses)],
        "components": {"tie": ties},
        "orders": {"party": ["p"] * len(orders), **{n: [each.get(n, "") for each in orders] for n in names}},
        "policy": {"pricing": "european"},
    }


def solved(content: Document) -> Outcome:
    outcome = solve(Builder(content, {}).case(), EXACT)
    assert outcome.termination.reason is Reason.OPTIMAL
    return outcome


def accepted(outcome: Outcome) -> dict[str, float]:
    table = outcome.order_table
    return dict(zip(table.labels["order"].tolist(), table.values("accepted_mwh").tolist(), strict=True))


def check(book: Book) -> bool:
    """Compare one book; whether prices of the group cost welfare."""
    twin, outcome = enumerated(book), solved(document(book))
    assert outcome.welfare == pytest.approx(twin.welfare, rel=1e-6, abs=1e-5)
    if twin.alone:
        got = accepted(outcome)
        for step, taken in enumerate(twin.taken):
            mine = sum(got[o.id] for o in book.offers if o.rank is not None and o.step == step)
            assert mine == pytest.approx(taken, abs=1e-5)
            low, high = twin.price[step]
            assert low - 1e-4 <= outcome.price_table.values("group_price_eur_per_mwh")[0, step] <= high + 1e-4
    plain = document(book)
    plain["orders"] = {name: column for name, column in plain["orders"].items() if name != "price_group"}
    free = solve(Builder(plain, {}).case(), EXACT)
    assert free.welfare is not None
    assert outcome.welfare is not None
    return free.welfare > outcome.welfare + 1e-5


def test_the_enumeration_finds_the_same() -> None:
    costs = [check(random_book(seed)) for seed in range(15)]
    assert sum(costs) >= 5, "in some books the price of the group costs welfare"


def test_the_enumeration_finds_the_same_beside_blocks() -> None:
    assert any(check(random_book(seed, 2)) for seed in range(15, 20))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_the_enumeration_finds_the_same_of_400_books(part: int) -> None:
    for seed in range(1000 + 50 * part, 1050 + 50 * part):
        check(random_book(seed))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_the_enumeration_finds_the_same_of_200_books_with_blocks(part: int) -> None:
    for seed in range(2000 + 40 * part, 2040 + 40 * part):
        check(random_book(seed, 1 + seed % 3))


def bytes_of(outcome: Outcome, old: Mapping[str, str]) -> tuple[bytes, ...]:
    got = {old[name]: energy for name, energy in accepted(outcome).items()}
    names = ("price_eur_per_mwh", "price_low_eur_per_mwh", "price_high_eur_per_mwh", "group_price_eur_per_mwh")
    columns = np.array([got[name] for name in sorted(got)])
    return (columns.tobytes(), *(outcome.price_table.values(name).tobytes() for name in names))


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_orders_and_their_names_change_no_byte(seed: int) -> None:
    content = document(random_book(seed, seed % 3))
    ids = content["orders"]["id"]
    rng = np.random.default_rng(seed)
    place = rng.permutation(len(ids))
    mixed = {**content, "orders": {name: [column[n] for n in place] for name, column in content["orders"].items()}}
    new = [f"x{n}" for n in rng.permutation(len(ids))]
    renamed = {**content, "orders": {**content["orders"], "id": new}}
    one = bytes_of(solved(content), {name: name for name in ids})
    assert bytes_of(solved(mixed), {name: name for name in ids}) == one
    assert bytes_of(solved(renamed), dict(zip(new, ids, strict=True))) == one
