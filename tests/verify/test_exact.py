"""The exact look at settled auctions: it finds what is planted, allows what rounding does, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from c4e_opt.case.build import Builder
from c4e_opt.verify import exact
from tests.reference.random_auctions import KINDS, document, random_book
from tests.unit.auctions import EXACT, auction, order
from tests.verify.test_planted_orders import LOW, PLANTED, Planted, auctions, numbers, priced, scheduled, taken

#: Laws of the exact look, by the law of the verifier that finds the same.
SAME = {
    "order_limit": "order_limit",
    "order_acceptance": "order_price",
    "order_ratio_min": "order_ratio_min",
    "order_no_loss": "order_no_loss",
    "order_link": "order_link",
    "order_group": "order_group",
    "power_balance": "energy_balance",
    "complex_order_member": "complex_order_member",
    "complex_order_income": "complex_order_income",
    "complex_order_gradient": "complex_order_gradient",
    "complex_order_power_min": "complex_order_power_min",
    "welfare": "welfare",
    "group_price": "group_price",
    "group_acceptance": "group_acceptance",
    "group_merit_order": "group_merit_order",
}
FOUND = [each for each in PLANTED if each.law in SAME]


@pytest.fixture(scope="module")
def solved() -> Mapping[str, tuple[Case, Outcome]]:
    return {name: (case, solve(case, EXACT)) for name, case in auctions().items()}


def broken(case: Case, outcome: Outcome) -> set[str]:
    return {each.law for each in exact.check(case, outcome) if not each.holds}


def test_nothing_is_found_where_nothing_is_planted(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    assert {name: broken(*each) for name, each in solved.items() if broken(*each)} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_rounding_explains_all_of_random_auctions(kind: str) -> None:
    for seed in range(200, 205):
        case = Builder(document(random_book(kind, seed)), {}).case()
        assert broken(case, solve(case, EXACT)) == set()


@pytest.mark.parametrize("planted", FOUND, ids=[f"{p.law}-{p.auction}-{n}" for n, p in enumerate(FOUND)])
def test_a_planted_violation_is_found(planted: Planted, solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    case, outcome = solved[planted.auction]
    assert SAME[planted.law] in broken(case, planted.change(outcome))


def test_a_step_outside_of_its_window_is_found(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    case, outcome = solved["movable"]
    table = numbers(outcome.order_table, "first_step", lambda values: values.__setitem__(0, 2.0))
    assert "order_first" in broken(case, replace(outcome, order_table=table))


def test_a_tie_that_carries_too_much_is_found(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    case, outcome = solved["zones"]
    assert broken(case, scheduled("tie_forward_mw", 3.5)(outcome)) == {"transport"}


def test_the_deviation_is_exact(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    """5.1 of 6 MWh for the seller: 0.9 MWh are missing, not 0.9000000000000004."""
    case, outcome = solved["simple"]
    found = {each.law: each for each in exact.check(case, taken(s=5.1)(outcome))}
    assert found["energy_balance"].largest == Fraction(9, 10)
    assert found["energy_balance"].where == "bus 'e', step 0"


def test_a_loss_below_a_tick_is_rounding_and_one_above_is_not() -> None:
    """Prices are multiples of 0.1: at 10.04 a seller at 10.1 is paid 10.0, which is one tick less than it asks."""
    market = [{"id": "m", "price_tick_eur_per_mwh": 0.1}]
    case = auction(order("s", "sell", 10.1, 10), order("d", "buy", 50, 6), market=market)
    outcome = solve(case, EXACT)
    assert broken(case, priced(10.04)(outcome)) == set()
    assert broken(case, priced(9.94)(outcome)) == {"order_price"}


def test_the_interval_is_no_matter_of_what_is_settled(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    case, outcome = solved["simple"]
    assert broken(case, priced(3, names=LOW)(outcome)) == set()


def published(price: float) -> tuple[exact.Paradox, ...]:
    """What another tool says of figure 5d of the white paper, with the block accepted."""
    case = auction(
        order("d1", "buy", 300, 10), order("d2", "buy", 10, 14), order("blk", "sell", 40, 12, ratio_min=11 / 12),
        order("gen", "sell", 100, 13),
    )  # fmt: skip
    return exact.paradoxes(case.orders, np.array([[price]]), np.array([10.0, 1.0, 11.0, 0.0]))


def test_paradoxically_accepted_blocks_are_found_in_results_of_others() -> None:
    """11 MWh at 10 for a block that asks for 40: it loses 330."""
    assert published(10.0) == (exact.Paradox("blk", Fraction(330)),)
    assert published(40.0) == ()
    assert published(39.99) == (exact.Paradox("blk", Fraction(11, 100)),)


def test_a_family_is_judged_together(solved: Mapping[str, tuple[Case, Outcome]]) -> None:
    """The parent and the child lose 50 each; the leaf earns 500, or at 15 only 50, which the two of them share."""
    case, outcome = solved["family"]
    accepted = outcome.order_table.values("accepted_mwh")
    assert exact.paradoxes(case.orders, np.array([[30.0, 30.0, 60.0]]), accepted) == ()
    lost = exact.paradoxes(case.orders, np.array([[30.0, 30.0, 14.0]]), accepted)
    assert lost == (exact.Paradox("top", Fraction(60)), exact.Paradox("child", Fraction(10)))


def test_orders_of_quarters_are_weighed_by_their_lengths() -> None:
    """10 MW over an hour and a quarter at 20 and 60: the mean is 28."""
    case = auction(order("b", "sell", 29, 12.5, steps=2, ratio_min=1.0), minutes=(60, 15))
    prices, accepted = np.array([[20.0, 60.0]]), np.array([12.5])
    assert exact.paradoxes(case.orders, prices, accepted, hours=(1.0, 0.25)) == (exact.Paradox("b", Fraction(25, 2)),)
    assert exact.paradoxes(case.orders, prices, accepted) == ()
