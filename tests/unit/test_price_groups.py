"""Buyers at several buses that pay one price (PUN): auctions solved by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, settle, solve
from c4e_opt.clearing import price_groups
from c4e_opt.errors import CertificateFailed
from c4e_opt.market.price_group import Ladder
from c4e_opt.reasons import Why, setters, why
from c4e_opt.settlement import audit
from c4e_opt.settlement.statement import Purpose
from c4e_opt.verify import exact
from c4e_solvers import Reason
from tests.unit.auctions import EXACT, auction, cleared, got, order, price
from tests.unit.small_cases import Record, battery

HOURS = (60, 60)


def pun(name: str, bus: str, limit: float, energy: float, step: int = 0, **fields: Any) -> Record:
    return order(name, "buy", limit, energy, step, **{"bus": bus, "price_group": "pun", **fields})


def between(capacity: float) -> list[Record]:
    return [{"id": "t", "from_bus": "n", "to_bus": "s", "forward_max_mw": capacity, "backward_max_mw": capacity}]


def together(outcome: Outcome, row: int = 0) -> list[float]:
    """The price of a group, step by step."""
    return [round(each, 5) for each in outcome.price_table.values("group_price_eur_per_mwh")[row].tolist()]


def at(outcome: Outcome, bus: str) -> list[float]:
    return price(outcome, bus=outcome.price_table.labels["bus"].tolist().index(bus))


def legal(*orders: Record, tie: list[Record]) -> Outcome:
    """The answer to an auction of whose welfare it is not told whether it is the most."""
    outcome = solve(auction(*orders, tie=tie), EXACT)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome


SELLERS = [
    order("n1", "sell", 2, 50, bus="n"),
    order("s1", "sell", 0, 5, bus="s"),
    order("s2", "sell", 10, 10, bus="s"),
    order("s3", "sell", 18, 10, bus="s"),
]


def split() -> Case:
    """Buses n and s without a tie; a group that offers 16 for 30 + 10 MWh, and 6 for 10 MWh at s.

    With 40 MWh prices are 2 and 10, and the group pays (60 + 100) / 40 = 4 < 6: more is wanted. With 50 they are 2 and
    18, (60 + 360) / 50 = 8.4 > 6: less is. So it pays 6, the third order gets a part, and as that is no kink of the
    line, s2 must just be used up: 15 MWh at s, and 30 * 2 + 15 p = 6 * 45 makes p = 14, between 10 and 18.
    """
    return auction(*SELLERS, pun("a", "n", 16, 30), pun("b", "s", 16, 10), pun("c", "s", 6, 10), tie=between(0.0))


def test_a_group_pays_one_price_and_its_last_order_gets_a_part() -> None:
    outcome = solve(split(), EXACT)
    assert outcome.termination.reason is Reason.OPTIMAL
    assert (together(outcome), at(outcome, "n"), at(outcome, "s")) == ([6], [2], [14])
    assert got(outcome) == {"n1": 30, "s1": 5, "s2": 10, "s3": 0, "a": 30, "b": 10, "c": 5}
    assert outcome.welfare == pytest.approx(40 * 16 + 5 * 6 - 60 - 100)
    assert outcome.bound == pytest.approx(outcome.objective)
    at_price = outcome.order_table.values("cleared_eur_per_mwh").round(5).tolist()
    assert at_price == [2, 14, 14, 14, 6, 6, 6]


def test_where_nothing_is_scarce_a_group_pays_what_all_do() -> None:
    """One price of 10 everywhere: 60 MWh at 16 or more, 50 of them from n, 5 of s1 and 5 of s2."""
    outcome = cleared(*SELLERS, pun("a", "n", 16, 40), pun("b", "s", 17, 20), tie=between(100.0))
    assert (together(outcome), at(outcome, "n"), at(outcome, "s")) == ([10], [10], [10])


def test_an_order_below_the_price_of_its_bus_is_accepted() -> None:
    """B offers 12 where energy costs 18; the group pays (40 * 2 + 20 * 18) / 60 = 7.33."""
    outcome = cleared(*SELLERS, pun("a", "n", 16, 40), pun("b", "s", 12, 20), tie=between(0.0))
    assert (got(outcome)["b"], at(outcome, "s"), together(outcome)) == (20, [18], [7.33333])


def test_of_one_price_lower_ranks_come_first_at_whichever_bus() -> None:
    """At 6 both could get 10 MWh: first is at s, which is dearer. With all of it s takes 20 MWh at 18.

    (30 * 2 + 20 * 18) / 50 = 8.4 > 6, so first gets 5 MWh as in `split`, and second nothing although energy costs 2.
    """
    more = pun("first", "s", 6, 10, rank=1), pun("second", "n", 6, 10, rank=2)
    outcome = cleared(*SELLERS, pun("a", "n", 16, 30), pun("b", "s", 16, 10), *more, tie=between(0.0))
    assert {name: got(outcome)[name] for name in ("first", "second")} == {"first": 5, "second": 0}
    assert together(outcome) == [6]


def test_equal_ranks_share_in_proportion_at_all_buses() -> None:
    """Both get x of 10 MWh at 6: 2 * (30 + x) + p * (10 + x) = 6 * (40 + 2 x). x = 5 makes 15 p = 230, p = 15.33."""
    more = pun("one", "s", 6, 10), pun("other", "n", 6, 10)
    outcome = cleared(*SELLERS, pun("a", "n", 16, 30), pun("b", "s", 16, 10), *more, tie=between(0.0))
    assert {name: got(outcome)[name] for name in ("one", "other")} == {"one": 5, "other": 5}
    assert (together(outcome), at(outcome, "s")) == ([6], [15.3333])


def test_where_energy_is_used_up_its_price_pays_for_all() -> None:
    """Bus s has 10 MWh, 20 are wanted; at 50 nothing less may be paid, so 100 * 5 + 10 p = 110 * 50 makes p = 500."""
    outcome = cleared(order("n1", "sell", 5, 200, bus="n"), order("s1", "sell", 5, 10, bus="s"),
                      pun("a", "n", 50, 100, rank=1), pun("b", "s", 50, 20, rank=2), tie=between(0.0))  # fmt: skip
    assert (got(outcome)["a"], got(outcome)["b"]) == (100, 10)
    assert (together(outcome), at(outcome, "n"), at(outcome, "s")) == ([50], [5], [500])


def test_a_group_that_offers_too_little_gets_nothing_at_the_price_of_its_first_orders() -> None:
    """Energy costs 10 at s, where the group begins; its price there lies between 6 and 10, as nobody else trades."""
    seller = order("s1", "sell", 10, 10, bus="s")
    outcome = cleared(seller, pun("a", "s", 6, 10), pun("b", "n", 5, 10), tie=between(1.0))
    assert (got(outcome)["a"], got(outcome)["b"]) == (0, 0)
    assert 6 <= together(outcome)[0] <= 10


def test_of_several_energies_that_fit_the_one_of_most_welfare_is_taken() -> None:
    """At n energy costs 20, at s 2, and the group may pay 20 for 10 MWh at n.

    Or it takes x of b, 200 + 2 x = 10 (10 + x), x = 12.5. Or all of b, which makes 280 / 50 = 5.6, and x of c:
    280 + 20 x = 6 (50 + x), x = 10 / 7. Welfare is 100, 200 and 100 + 320 - 20; without c it would be 420, but c offers
    more than 5.6.
    """
    sellers = order("n", "sell", 20, 90, bus="n"), order("s", "sell", 2, 90, bus="s")
    orders = pun("a", "n", 30, 10), pun("b", "s", 10, 40), pun("c", "n", 6, 10)
    outcome = cleared(*sellers, *orders, tie=between(0.0))
    assert got(outcome)["c"] == pytest.approx(10 / 7, abs=1e-5)
    assert together(outcome) == [6]
    assert outcome.welfare == pytest.approx(400)


def test_what_fits_between_two_kinks_is_found() -> None:
    """At s 14 MWh cost less than 6, and more 12: 30 * 2 + 12 (10 + x) = 6 (40 + x) makes x = 10, and no x below 4 does.

    So c gets 10 of 30 MWh.
    """
    sellers = order("n", "sell", 2, 50, bus="n"), order("s0", "sell", 0, 5, bus="s"), order("s1", "sell", 3, 9, bus="s")
    orders = pun("a", "n", 16, 30), pun("b", "s", 16, 10), pun("c", "s", 6, 30)
    outcome = cleared(*sellers, order("s2", "sell", 12, 40, bus="s"), *orders, tie=between(0.0))
    assert (got(outcome)["c"], together(outcome), at(outcome, "s")) == (10, [6], [12])


def test_two_groups_in_two_steps_pay_prices_of_their_own() -> None:
    """In step 0 one group is that of `split`; the other buys at n in both steps at 2."""
    other = [pun("x", "n", 9, 1, price_group="other"), pun("y", "n", 9, 1, 1, price_group="other")]
    late = [order("n1 late", "sell", 2, 10, 1, bus="n")]
    outcome = solve(replace(_wider(other + late), name="two"), EXACT)
    assert outcome.price_table.labels["price_group"].tolist() == ["other", "pun"]
    assert (together(outcome, 0), together(outcome, 1)) == ([2, 2], [6, 0])


def _wider(more: list[Record]) -> Case:
    return auction(*SELLERS, pun("a", "n", 16, 30), pun("b", "s", 16, 10), pun("c", "s", 6, 10), *more,
                   tie=between(0.0), minutes=HOURS)  # fmt: skip


def test_beside_a_block_and_a_battery_the_answer_is_legal() -> None:
    """Steps are bound to each other: what was found is verified, and its bound tells how far it is from the best."""
    more = [order("n1 late", "sell", 30, 20, 1, bus="n"), pun("d", "n", 40, 10, 1),
            order("block", "sell", 4, 8, bus="n", steps=2, ratio_min=0.5)]  # fmt: skip
    case = auction(*SELLERS, pun("a", "n", 16, 30), pun("b", "s", 16, 10), pun("c", "s", 6, 10), *more,
                   tie=between(1.0), minutes=HOURS, battery=[battery(bus="n")])  # fmt: skip
    outcome = solve(case, EXACT)
    assert outcome.has_schedule
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.objective is not None
    assert outcome.bound is not None
    assert outcome.bound <= outcome.objective + 1e-6


def test_beside_prices_that_are_lines_the_price_of_the_group_is_found() -> None:
    """From 10 to 20 along 20 MWh is 10 + y / 2 at s. At 6: 60 + (10 + x) (10 + (10 + x) / 2) = 6 (40 + x).

    With y = 10 + x: y^2 / 2 + 4 y - 120 = 0, y = -4 + 16 = 12.
    """
    line = order("s", "sell", 10, 20, bus="s", price_full_eur_per_mwh=20)
    outcome = legal(SELLERS[0], line, pun("a", "n", 16, 30), pun("b", "s", 16, 10), pun("c", "s", 6, 10),
                      tie=between(0.0))  # fmt: skip
    assert got(outcome)["c"] == pytest.approx(2.0, abs=1e-3)
    assert (together(outcome)[0], at(outcome, "s")[0]) == (pytest.approx(6, abs=1e-3), pytest.approx(16, abs=1e-3))


def test_long_ladders_are_bisected_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [pun(f"m{n}", "ns"[n % 2], 16 - n / 10, 0.4) for n in range(20)]
    case = auction(*SELLERS, pun("a", "n", 16, 26), pun("b", "s", 16, 6), *many, pun("c", "s", 6, 10), tie=between(0.0))
    whole = solve(case, EXACT)
    monkeypatch.setattr(price_groups, "_LONG", 3)
    part = solve(case, EXACT)
    assert got(part) == pytest.approx(got(whole), abs=1e-5)
    assert together(part) == pytest.approx(together(whole), abs=1e-4)


def test_buyers_pay_just_what_buses_get() -> None:
    case = split()
    outcome = solve(case, EXACT)
    statement = settle(case, outcome)
    assert audit(case, outcome, statement).holds
    money = [line for line in statement.lines() if line.asset == "EUR"]
    rest = {line.component: line.amount for line in money if line.purpose is Purpose.PRICE_GROUP}
    orders = {line.component: line.amount for line in money if line.purpose is Purpose.ORDER}
    assert rest == {"order/a": 12000, "order/b": -8000, "order/c": -4000}
    assert statement.by_purpose()["price_group"] == {"EUR": 0}
    assert {name: orders[f"order/{name}"] for name in "abc"} == {"a": -18000, "b": -6000, "c": -3000}


def test_a_group_that_pays_more_than_buses_get_is_not_settled() -> None:
    """At 6.1 instead of 6, 45 MWh would leave 4.50 with the operator."""
    case = split()
    outcome = solve(case, EXACT)
    cleared_at = outcome.order_table.quantities["cleared_eur_per_mwh"]
    dearer = np.where(case.orders.price_group == "pun", 6.1, cleared_at.values)
    quantities = {**outcome.order_table.quantities, "cleared_eur_per_mwh": replace(cleared_at, values=dearer)}
    wrong = replace(outcome, order_table=replace(outcome.order_table, quantities=quantities))
    with pytest.raises(CertificateFailed, match=r"price_groups at pun .* is off by 4\.5"):
        settle(case, wrong)


def test_the_exact_look_holds() -> None:
    case = split()
    found = {each.law: each.holds for each in exact.check(case, solve(case, EXACT))}
    assert all(found.values())
    assert {"group_price", "group_acceptance", "group_merit_order"} <= found.keys()


def test_reasons_name_the_group_and_its_orders_set_no_price_of_a_bus() -> None:
    case = split()
    outcome = solve(case, EXACT)
    reasons, place = why(case, outcome), {name: n for n, name in enumerate(case.orders.id.tolist())}
    assert reasons.of(place["c"]) == (Why.AT_THE_MONEY, 0, "price_group/pun")
    assert reasons.of(place["a"])[0] is Why.ACCEPTED
    assert reasons.of(place["a"])[1] == pytest.approx(10)
    assert not any("order/c" in word for word in setters(case, outcome).ravel().tolist())


def test_a_ladder_says_what_orders_get_and_ask_for() -> None:
    ladder = Ladder.of(split().orders)
    assert ladder is not None
    assert ladder.wanted().tolist() == [50]
    assert ladder.accepted(np.array([45.0])).tolist() == [30, 10, 5]
    assert [each.tolist() for each in ladder.limits(np.array([45.0]))] == [[6], [6]]
    assert [each.tolist() for each in ladder.limits(np.array([40.0]))] == [[6], [16]]
    assert [each.tolist() for each in ladder.limits(np.array([0.0]))] == [[16], [np.inf]]
    assert ladder.weights(np.zeros(3)).tolist() == [0.75, 0.25, 0]
