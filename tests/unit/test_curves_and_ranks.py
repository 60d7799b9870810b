"""Orders whose price is a line, who comes first at one price, and what markets allow; solved by hand."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt.errors import InvalidInput
from tests.unit.auctions import auction, cleared, got, order, price


def test_a_line_is_accepted_up_to_the_price() -> None:
    """From 10 to 30 over 10 MWh, a buyer at 20: half of it, whose mean price is 15. Welfare 5 * (20 - 15)."""
    outcome = cleared(order("line", "sell", 10, 10, price_full_eur_per_mwh=30), order("d", "buy", 20, 10))
    assert got(outcome) == pytest.approx({"line": 5, "d": 5}, abs=1e-4)
    assert price(outcome) == pytest.approx([20], abs=1e-3)
    assert outcome.welfare == pytest.approx(25)


def test_two_lines_cross() -> None:
    """From 0 up to 40 and from 40 down to 0, over 10 MWh each: 5 MWh at 20; welfare 5 * 40 / 2."""
    outcome = cleared(
        order("s", "sell", 0, 10, price_full_eur_per_mwh=40), order("d", "buy", 40, 10, price_full_eur_per_mwh=0)
    )
    assert got(outcome) == pytest.approx({"s": 5, "d": 5}, abs=1e-4)
    assert price(outcome) == pytest.approx([20], abs=1e-3)
    assert outcome.welfare == pytest.approx(100)


def test_a_least_part_that_a_line_does_not_serve_at_its_price_is_rejected() -> None:
    """Buyers of 5 to 10 MWh at 25 and of 3 MWh at 28: 8 MWh of the line from 10 to 30 cost 26, which is too much.

    Alone the second one pays 16; of its 3 MWh the line asks 30 + 9, welfare 84 - 39. At 25 the first one is in the
    money, and yet rejected.
    """
    outcome = cleared(
        order("line", "sell", 10, 10, price_full_eur_per_mwh=30), order("part", "buy", 25, 10, ratio_min=0.5),
        order("e", "buy", 28, 3),
    )  # fmt: skip
    assert got(outcome) == pytest.approx({"line": 3, "part": 0, "e": 3}, abs=1e-4)
    assert price(outcome) == pytest.approx([16], abs=1e-3)
    assert outcome.welfare == pytest.approx(45)


def test_lower_ranks_come_first_at_one_price() -> None:
    """10 MWh each at 10, 15 are wanted: the earlier time stamp in full, the later one in part."""
    sellers = [order("late", "sell", 10, 10, rank=1700000002), order("early", "sell", 10, 10, rank=1700000001)]
    assert got(cleared(*sellers, order("d", "buy", 50, 15))) == {"late": 5, "early": 10, "d": 15}


def test_equal_ranks_share_in_proportion() -> None:
    sellers = [order("a", "sell", 10, 10), order("b", "sell", 10, 30), order("later", "sell", 10, 5, rank=1)]
    assert got(cleared(*sellers, order("d", "buy", 50, 20))) == {"a": 5, "b": 15, "later": 0, "d": 20}


def test_a_better_price_comes_before_a_lower_rank() -> None:
    sellers = [order("dear", "sell", 11, 10, rank=0), order("cheap", "sell", 10, 10, rank=9)]
    outcome = cleared(*sellers, order("d", "buy", 50, 12))
    assert got(outcome) == {"dear": 2, "cheap": 10, "d": 12}
    assert price(outcome) == [11]


def test_the_price_is_the_middle_of_what_fits() -> None:
    """The seller asks 10, the next one 20, the buyer pays 50: any price from 10 to 20 leaves everyone as they are."""
    outcome = cleared(order("a", "sell", 10, 5), order("b", "sell", 20, 5), order("d", "buy", 50, 5))
    assert (price(outcome, "price_low"), price(outcome), price(outcome, "price_high")) == ([10], [15], [20])


def test_a_price_that_nothing_holds_stays_within_those_that_orders_name() -> None:
    """At bus f there is an empty battery and nothing else: any price fits, and 30 is the middle of 10 and 50."""
    cells = {"charge_max_mw": 1.0, "discharge_max_mw": 1.0, "energy_max_mwh": 1.0, "energy_start_mwh": 0.0}
    orders = [order("s", "sell", 10, 5), order("d", "buy", 50, 5), order("far", "buy", 50, 5, bus="f")]
    outcome = cleared(*orders, battery=[{"id": "b", "bus": "f", **cells}])
    assert price(outcome, "price_low") == [10]
    assert price(outcome, "price_high") == [50]
    assert price(outcome, bus=1) == [50]  # or more, which nobody names


LIMITS = {"price_min_eur_per_mwh": -500.0, "price_max_eur_per_mwh": 4000.0}
MARKET = {"id": "m", "buses": ["e"], "price_tick_eur_per_mwh": 0.1, "lot_mwh": 0.25, **LIMITS}


@pytest.mark.parametrize(
    ("one", "path", "rule"),
    [
        (order("a", "sell", -500.1, 1), "orders[1].price_eur_per_mwh", "price_limit"),
        (order("a", "sell", 4000.1, 1), "orders[1].price_eur_per_mwh", "price_limit"),
        (order("a", "sell", 10, 1, price_full_eur_per_mwh=4001), "orders[1].price_full_eur_per_mwh", "price_limit"),
        (order("a", "sell", 10.05, 1), "orders[1].price_eur_per_mwh", "tick"),
        (order("a", "sell", 10, 1, price_full_eur_per_mwh=10.05), "orders[1].price_full_eur_per_mwh", "tick"),
        (order("a", "sell", 10, 1.1), "orders[1].energy_mwh", "lot"),
    ],
)
def test_orders_keep_the_limits_ticks_and_lots_of_their_market(one: dict[str, Any], path: str, rule: str) -> None:
    fine = order("fine", "buy", 4000.0, 0.75)
    with pytest.raises(InvalidInput) as caught:
        auction(fine, one, market=[MARKET])
    assert [(issue.path, issue.rule) for issue in caught.value.issues] == [(path, rule)]
    assert "market 'm'" in caught.value.issues[0].message


def test_limits_of_one_market_are_not_those_of_another() -> None:
    """The market without buses is that of all that no other one names."""
    orders = [order("a", "sell", 10.05, 1.1, bus="f"), order("b", "buy", 5000, 1.1, bus="f")]
    orders += [order("c", "sell", 10, 1)]
    rest = {"id": "rest", "price_max_eur_per_mwh": 9000.0}
    assert auction(*orders, market=[MARKET, rest]).orders.orders == 3


def test_ticks_are_counted_without_rounding_errors() -> None:
    """0.1 * 3 is not 0.3, and 1234.7 no multiple of 0.1 in binary numbers; both are ticks."""
    orders = [order(f"o{n}", "sell", p, 0.25) for n, p in enumerate((0.1 * 3, 1234.7, -499.9, 3999.9))]
    assert auction(*orders, market=[MARKET]).orders.orders == 4
