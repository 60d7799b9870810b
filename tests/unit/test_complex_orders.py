"""Complex orders, solved by hand."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Outcome
from tests.unit.auctions import cleared, got, order, price

HOURS = (60, 60)


def two_steps(limit: float = 0.0, side: str = "sell", buyers: tuple[float, float] = (40, 30)) -> list[dict[str, Any]]:
    """10 MWh an hour of the complex order c, and others at 40 and 30 who want as much."""
    other = "buy" if side == "sell" else "sell"
    mine = [order(f"c{n}", side, limit, 10, n, complex_order="c") for n in (0, 1)]
    return [*mine, *(order(f"o{n}", other, p, 10, n) for n, p in enumerate(buyers))]


def record(**fields: Any) -> list[dict[str, Any]]:
    return [{"id": "c", **fields}]


def active(outcome: Outcome) -> list[float]:
    return outcome.schedule_table.values("complex_order_active").tolist()


def test_an_income_is_earned_or_nothing_is_sold() -> None:
    """At 40 and 30 it earns 700 at most; it asks for 500: prices sum to 50 to 70, in the middle to 60."""
    outcome = cleared(*two_steps(), complex_order=record(condition="minimum_income", fixed_eur=500), minutes=HOURS)
    assert got(outcome) == {"c0": 10, "c1": 10, "o0": 10, "o1": 10}
    assert active(outcome) == [1]
    assert sum(price(outcome)) == pytest.approx(60, abs=1e-3)
    assert outcome.welfare == pytest.approx(700)  # the fixed term is no cost of the welfare
    outcome = cleared(*two_steps(), complex_order=record(condition="minimum_income", fixed_eur=701), minutes=HOURS)
    assert set(got(outcome).values()) == {0}
    assert active(outcome) == [0]


@pytest.mark.parametrize(("variable", "served"), [(29.9, 10), (30.1, 0)])
def test_the_variable_term_counts_per_mwh(variable: float, served: float) -> None:
    """100 + 20 * variable of 700."""
    terms = {"condition": "minimum_income", "fixed_eur": 100, "variable_eur_per_mwh": variable}
    assert got(cleared(*two_steps(), complex_order=record(**terms), minutes=HOURS))["c0"] == served


@pytest.mark.parametrize(("fixed", "served"), [(140, 10), (160, 0)])
def test_a_buyer_pays_no_more_than_its_maximum(fixed: float, served: float) -> None:
    """Sellers ask for 10 and 20: it pays 300 at least, and 450 - fixed at most."""
    terms = {"condition": "minimum_income", "fixed_eur": fixed, "variable_eur_per_mwh": 22.5}
    orders = two_steps(50.0, "buy", (10, 20))
    assert got(cleared(*orders, complex_order=record(**terms), minutes=HOURS))["c1"] == served


def test_the_fixed_term_of_a_scalable_order_is_earned_and_counts_in_the_welfare() -> None:
    """10 * (40 - 10) + 10 * (30 - 10) = 500, less 400; prices sum to 20 + 40 at least and 70 at most."""
    outcome = cleared(*two_steps(10), complex_order=record(condition="scalable", fixed_eur=400), minutes=HOURS)
    assert got(outcome)["c0"] == got(outcome)["c1"] == 10
    assert outcome.welfare == pytest.approx(100)
    assert outcome.objective == pytest.approx(-100)
    assert sum(price(outcome)) == pytest.approx(65, abs=1e-3)
    outcome = cleared(*two_steps(10), complex_order=record(condition="scalable", fixed_eur=510), minutes=HOURS)
    assert outcome.welfare == pytest.approx(0)


def test_a_scalable_order_at_the_money_earns_no_fixed_term() -> None:
    """Welfare would be 4 * 40 - 20, but of 5 MWh at 10 only 4 are sold: at its own limit it earns nothing beyond."""
    outcome = cleared(
        order("c0", "sell", 10, 5, complex_order="c"), order("d", "buy", 50, 4),
        complex_order=record(condition="scalable", fixed_eur=20),
    )  # fmt: skip
    assert set(got(outcome).values()) == {0}


@pytest.mark.parametrize(("least", "served"), [(4.0, 4.0), (5.0, 0.0)])
def test_a_least_power_is_kept_in_every_step_or_nothing_is_sold(least: float, served: float) -> None:
    """Buyers want 10 and 4 MW."""
    orders = [*two_steps()[:2], order("o0", "buy", 40, 10), order("o1", "buy", 30, 4, 1)]
    outcome = cleared(*orders, complex_order=record(condition="scalable", power_min_mw=least), minutes=HOURS)
    assert got(outcome)["c1"] == served


def test_a_gradient_binds_one_step_to_the_next() -> None:
    """3 MW are wanted first and 10 then; 5 are possible, at the price of that buyer.

    One more MW in the first step would let one more through in the second one: it is worth 40, and so the price of the
    first step is -40.
    """
    orders = [*two_steps()[:2], order("o0", "buy", 40, 3), order("o1", "buy", 40, 10, 1)]
    outcome = cleared(*orders, complex_order=record(ramp_up_mw_per_hour=2), minutes=HOURS)
    assert got(outcome) == {"c0": 3, "c1": 5, "o0": 3, "o1": 5}
    assert price(outcome) == [-40, 40]


def test_a_gradient_down_is_over_the_length_of_the_step() -> None:
    """8 MW per hour are 2 MW in a quarter: from 10 MW to 8, which are 2 MWh.

    Only 1 MWh is wanted there at 30; the other one goes to who is paid 20 for it, as less in the first step costs more.
    """
    orders = [
        order("c0", "sell", 0, 10, complex_order="c"), order("c1", "sell", 0, 5, 1, complex_order="c"),
        order("o0", "buy", 40, 10), order("o1", "buy", 30, 1, 1), order("o2", "buy", -20, 9, 1),
    ]  # fmt: skip
    outcome = cleared(*orders, complex_order=record(ramp_down_mw_per_hour=8), minutes=(60, 15))
    assert got(outcome) == {"c0": 10, "c1": 2, "o0": 10, "o1": 1, "o2": 1}
    assert price(outcome)[1] == -20


def test_a_scheduled_stop_leaves_the_best_order_of_its_steps() -> None:
    """What is asked for is never earned; in the first step the cheaper order is sold, in the second one nothing."""
    orders = [
        order("a", "sell", 10, 5, complex_order="c"), order("b", "sell", 20, 5, complex_order="c"),
        order("c", "sell", 10, 5, 1, complex_order="c"), order("o0", "buy", 50, 20), order("o1", "buy", 50, 20, 1),
    ]  # fmt: skip
    stop = {"condition": "minimum_income", "fixed_eur": 5000, "scheduled_stop_steps": 1}
    outcome = cleared(*orders, complex_order=record(**stop), minutes=HOURS)
    assert got(outcome) == {"a": 5, "b": 0, "c": 0, "o0": 5, "o1": 0}
    assert active(outcome) == [0]


def test_a_complex_order_that_would_ask_too_much_leaves_its_place_to_another() -> None:
    """The cheaper one asks for 900; the dearer one, at 20, has no condition and sells."""
    other = [order(f"r{n}", "sell", 20, 10, n) for n in (0, 1)]
    ask = record(condition="minimum_income", fixed_eur=900)
    outcome = cleared(*two_steps(), *other, complex_order=ask, minutes=HOURS)
    assert got(outcome) == {"c0": 0, "c1": 0, "o0": 10, "o1": 10, "r0": 10, "r1": 10}
    assert outcome.welfare == pytest.approx(300)
