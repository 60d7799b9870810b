"""European auctions agree with an enumeration of all choices, and do not depend on how a book is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_opt.case.build import Builder
from c4e_solvers import Reason
from tests.reference import enumerated_auction
from tests.reference.enumerated_auction import Book, Offer
from tests.reference.random_auctions import KINDS, Document, document, random_book

EXACT = SolveOptions(gap=0.0)
#: How far accepted energies, single prices and their sums may be off; of orders whose price is a line the enumeration
#: knows what is accepted less well than what it costs.
_CLOSE, _CLOSE_LINES = (1e-5, 1e-5, 1e-3), (5e-3, 1e-2, 0.2)


def case_of(content: Document) -> Case:
    return Builder(content, {}).case()


def solved(content: Document) -> Outcome:
    outcome = solve(case_of(content), EXACT)
    assert outcome.termination.reason is Reason.OPTIMAL
    return outcome


def accepted(outcome: Outcome) -> dict[str, float]:
    table = outcome.order_table
    return dict(zip(table.labels["order"].tolist(), table.values("accepted_mwh").tolist(), strict=True))


def check(book: Book) -> bool:
    """Compare one book; whether some choice was better but has no prices, or another one is as good."""
    twin, outcome = enumerated_auction.solved(book), solved(document(book))
    assert outcome.objective == pytest.approx(twin.cost, rel=1e-6, abs=1e-6)
    assert outcome.bound == pytest.approx(twin.cost, rel=1e-6, abs=1e-6)
    lines = any(offer.price_full is not None for offer in book.offers)
    energy, single, total = _CLOSE_LINES if lines else _CLOSE
    if not twin.alone:
        return True
    got = accepted(outcome)
    if sum(got.values()) < sum(twin.accepted.values()) + energy:  # what may be otherwise is decided by more volume
        assert got == pytest.approx(twin.accepted, abs=energy)
    prices = outcome.price_table.values("price_eur_per_mwh")
    assert twin.face.fits(prices, single)
    low, high = (outcome.price_table.values(f"price_{end}_eur_per_mwh") for end in ("low", "high"))
    assert prices.sum() == pytest.approx(0.5 * (twin.low + twin.high), abs=total)
    assert low.sum() < twin.low + total
    assert high.sum() > twin.high - total
    assert np.allclose(prices, 0.5 * (low + high))
    return twin.rejected


@pytest.mark.parametrize("kind", KINDS)
def test_the_enumeration_of_all_choices_finds_the_same(kind: str) -> None:
    rejected = [check(random_book(kind, seed)) for seed in range(40)]
    assert kind in ("interpolated", "long", "loop") or any(rejected), "books in which prices decide are among them"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", range(10))
def test_the_enumeration_of_all_choices_finds_the_same_of_500_books(kind: str, part: int) -> None:
    for seed in range(1000 + 50 * part, 1050 + 50 * part):
        check(random_book(kind, seed))


def bytes_of(outcome: Outcome, order: Mapping[str, str]) -> tuple[bytes, ...]:
    """Prices, and what orders get in the order of their names; each name first replaced."""
    got = {order[name]: energy for name, energy in accepted(outcome).items()}
    columns = np.array([got[name] for name in sorted(got)])
    names = ("price_eur_per_mwh", "price_low_eur_per_mwh", "price_high_eur_per_mwh")
    return (columns.tobytes(), *(outcome.price_table.values(name).tobytes() for name in names))


def mixed(content: Document, seed: int) -> Document:
    """The same orders in another order."""
    place = np.random.default_rng(seed).permutation(len(content["orders"]["id"]))
    columns = {name: [column[n] for n in place] for name, column in content["orders"].items()}
    components = dict(content["components"])
    if "complex_order" in components:
        components["complex_order"] = components["complex_order"][::-1]
    return {**content, "orders": columns, "components": components}


def renamed(content: Document, seed: int) -> tuple[Document, dict[str, str]]:
    """The same orders under other names, and the old name of each."""
    ids = content["orders"]["id"]
    new = [f"x{n}" for n in np.random.default_rng(seed).permutation(len(ids))]
    known = dict(zip(ids, new, strict=True)) | {"": ""}
    orders = {**content["orders"], "id": new, "parent": [known[each] for each in content["orders"]["parent"]]}
    return {**content, "orders": orders}, dict(zip(new, ids, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_orders_and_their_names_change_no_byte(kind: str, seed: int) -> None:
    content = document(random_book(kind, seed))
    same = {name: name for name in content["orders"]["id"]}
    one = bytes_of(solved(content), same)
    assert bytes_of(solved(mixed(content, seed)), same) == one
    other, old = renamed(content, seed)
    assert bytes_of(solved(other), old) == one


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_an_order_in_two_halves_gets_what_it_got_in_one(kind: str, seed: int) -> None:
    book = random_book(kind, 100 + seed)
    first = book.offers[0]
    assert first.ratio_min == 0
    assert first.complex == ""

    def part(name: str, share: float) -> Offer:
        fields: dict[str, Any] = {"id": name, "energies": tuple(share * e for e in first.energies)}
        if first.price_full is not None:  # a line in two is two lines, one after the other
            half = round(0.5 * (first.price + first.price_full), 6)
            ends = {"price_full": half} if name == "a" else {"price": half}
            fields |= {**ends, "energies": tuple(0.5 * e for e in first.energies)}
        return replace(first, **fields)

    halves = replace(book, offers=[*book.offers[1:], part("a", 0.25), part("b", 0.75)])
    one, two = solved(document(book)), solved(document(halves))
    assert two.objective == pytest.approx(one.objective, abs=1e-6)
    before, after = accepted(one), accepted(two)
    assert after.pop("a") + after.pop("b") == pytest.approx(before.pop(first.id), abs=1e-5)
    assert after == pytest.approx(before, abs=1e-5)
    for name in ("price_eur_per_mwh", "price_low_eur_per_mwh", "price_high_eur_per_mwh"):
        assert two.price_table.values(name) == pytest.approx(one.price_table.values(name), abs=1e-5)
