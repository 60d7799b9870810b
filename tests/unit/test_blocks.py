"""Orders of several steps, indivisible, linked, exclusive and movable ones, solved by hand."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, Outcome, SolveOptions, settle, solve
from c4e_opt.case.build import Builder
from tests.unit.auctions import auction, cleared, got, order, price

HOURS = (60, 60)


def test_a_block_that_would_lose_is_rejected_although_it_raises_welfare() -> None:
    """Of 12 MWh at 40, 11 at least, 10 go to d1 and the rest to d2 at 10: the price is 10, and the block would lose.

    Without it the generator serves d1 at 100: welfare 10 * (300 - 100) = 2000.
    """
    outcome = cleared(
        order("d1", "buy", 300, 10), order("d2", "buy", 10, 14), order("blk", "sell", 40, 12, ratio_min=11 / 12),
        order("gen", "sell", 100, 13),
    )  # fmt: skip
    assert got(outcome) == {"d1": 10, "d2": 0, "blk": 0, "gen": 10}
    assert price(outcome) == [100]
    assert outcome.welfare == pytest.approx(2000)


def test_a_block_is_paid_the_mean_of_its_steps() -> None:
    """5 MWh an hour at 40 for buyers at 30 and 60: prices up to these, and 40 in the mean at least.

    Lowest sum 80, highest 90; the middle is 85. Welfare 5 * 30 + 5 * 60 - 10 * 40 = 50.
    """
    outcome = cleared(
        order("d0", "buy", 30, 5), order("d1", "buy", 60, 5, 1), order("blk", "sell", 40, 10, steps=2, ratio_min=1.0),
        minutes=HOURS,
    )  # fmt: skip
    assert got(outcome)["blk"] == 10
    assert outcome.welfare == pytest.approx(50)
    assert sum(price(outcome)) == pytest.approx(85, abs=1e-3)
    assert outcome.order_table.values("cleared_eur_per_mwh")[2] == pytest.approx(42.5)


def test_an_hourly_product_is_one_power_in_four_quarters() -> None:
    """1 MWh a quarter at 20; buyers pay 50, 40, 30 and 10, together 130 > 80, so that even the last one is served.

    Prices are those of the buyers at most and sum to 80 at least: the middle of 80 and 130.
    """
    buyers = [order(f"d{n}", "buy", p, 1, n) for n, p in enumerate((50, 40, 30, 10))]
    outcome = cleared(order("hour", "sell", 20, 4, steps=4), *buyers, minutes=(15,) * 4)
    assert got(outcome) == {"hour": 4, "d0": 1, "d1": 1, "d2": 1, "d3": 1}
    assert outcome.objective == pytest.approx(-50)
    assert sum(price(outcome)) == pytest.approx(105, abs=1e-3)


def test_an_hourly_product_that_is_accepted_in_part_sets_the_mean_price() -> None:
    """Buyers take 0.5 MWh a quarter: half of the product, whose limit is the mean of the four prices."""
    buyers = [order(f"d{n}", "buy", 50, 0.5, n) for n in range(4)]
    outcome = cleared(order("hour", "sell", 20, 4, steps=4), *buyers, minutes=(15,) * 4)
    assert got(outcome)["hour"] == 2
    assert sum(price(outcome)) == pytest.approx(80)


def test_an_order_over_steps_of_different_length_has_one_power() -> None:
    """2.5 MWh over an hour and a quarter are 2 MW: 2 MWh and 0.5 MWh."""
    outcome = cleared(
        order("long", "sell", 20, 2.5, steps=2), order("d0", "buy", 50, 2), order("d1", "buy", 50, 9, 1),
        order("s1", "sell", 60, 9, 1), minutes=(60, 15),
    )  # fmt: skip
    assert got(outcome) == {"long": 2.5, "d0": 2, "d1": 0.5, "s1": 0}
    assert price(outcome)[1] == 50


def test_a_profile_block_is_paid_by_its_profile() -> None:
    """1 and 3 MWh at 20, buyers at 10 and 30: 100 - 80 = 20; the price weighted by 1 and 3 is between 20 and 25."""
    outcome = cleared(
        order("shape", "sell", 20, "", ratio_min=1.0, profile_mwh="[1, 3]"), order("d0", "buy", 10, 1),
        order("d1", "buy", 30, 3, 1), minutes=HOURS,
    )  # fmt: skip
    assert got(outcome) == {"shape": 4, "d0": 1, "d1": 3}
    first, second = price(outcome)
    paid = outcome.order_table.values("cleared_eur_per_mwh")[0]
    assert paid == pytest.approx((first + 3 * second) / 4, abs=1e-4)
    assert 20 - 1e-6 <= paid <= 25 + 1e-6
    assert outcome.objective == pytest.approx(-20)


@pytest.mark.parametrize(("wanted", "served"), [(5.0, 0.0), (6.0, 6.0), (7.0, 7.0), (11.0, 10.0)])
def test_a_least_part_is_accepted_or_nothing(wanted: float, served: float) -> None:
    """Of 10 MWh 6 at least; where it is accepted in part it sets the price, and where it is not the buyer does."""
    outcome = cleared(order("part", "sell", 20, 10, ratio_min=0.6), order("d", "buy", 50, wanted))
    assert got(outcome) == {"part": served, "d": served}
    assert price(outcome) == [50 if served in (0, 10) else 20]


def test_a_buyer_of_all_or_nothing_waits_for_enough() -> None:
    """10 MWh are wanted and 9 offered: nothing; with one more at 30 it pays 30 for all, if 30 is what it would."""
    offers = [order("s", "sell", 10, 6), order("t", "sell", 20, 3)]
    wanted = order("all", "buy", 40, 10, ratio_min=1.0)
    assert got(cleared(wanted, *offers))["all"] == 0
    outcome = cleared(wanted, *offers, order("u", "sell", 30, 2))
    assert got(outcome) == {"all": 10, "s": 6, "t": 3, "u": 1}
    assert price(outcome) == [30]


def family(third: float) -> list[dict[str, Any]]:
    """Three levels: the first two lose 5 per MWh at their buyers' prices, the third one sells at its price."""
    return [
        order("top", "sell", 35, 10, ratio_min=1.0),
        order("child", "sell", 35, 10, 1, ratio_min=1.0, parent="top"),
        order("leaf", "sell", third, 10, 2, ratio_min=1.0, parent="child"),
        *(order(f"d{n}", "buy", p, 10, n) for n, p in enumerate((30, 30, 60))),
    ]


def test_a_grandchild_saves_its_family() -> None:
    """-50 - 50 + 500: all are accepted; prices cannot be above the buyers', so the leaf pays for the others."""
    outcome = cleared(*family(10), minutes=(60, 60, 60))
    assert {name: got(outcome)[name] for name in ("top", "child", "leaf")} == {"top": 10, "child": 10, "leaf": 10}
    assert outcome.welfare == pytest.approx(400)
    assert max(price(outcome)[:2]) <= 30


def test_a_grandchild_that_earns_too_little_saves_nobody() -> None:
    """-50 - 50 + 10 * (60 - 55) < 0."""
    assert set(got(cleared(*family(55), minutes=(60, 60, 60))).values()) == {0}


def test_a_parent_does_not_pay_for_its_child() -> None:
    """The parent earns up to 500; the child would lose, whatever its parent earns."""
    outcome = cleared(
        order("top", "sell", 10, 10, ratio_min=1.0), order("d0", "buy", 60, 10),
        order("child", "sell", 40, 10, 1, ratio_min=1.0, parent="top"), order("d1", "buy", 30, 10, 1), minutes=HOURS,
    )  # fmt: skip
    assert got(outcome) == {"top": 10, "d0": 10, "child": 0, "d1": 0}


def test_no_larger_part_of_a_child_is_accepted_than_of_its_parent() -> None:
    """Half of the parent is sold, and so half of the child at most: 5 of the 10 MWh that its buyer wants.

    The price of that buyer, 11, is left: the child hands the 1 that it earns on to its parent, who sells at 9.
    """
    outcome = cleared(
        order("top", "sell", 10, 10), order("d0", "buy", 20, 5), order("child", "sell", 10, 10, 1, parent="top"),
        order("d1", "buy", 11, 10, 1), minutes=HOURS,
    )  # fmt: skip
    assert got(outcome) == {"top": 5, "d0": 5, "child": 5, "d1": 5}
    assert price(outcome) == [9, 11]


def test_orders_that_need_each_other_come_together_or_not_at_all() -> None:
    """One sells at 40 for a buyer at 30, the other at 10 for one at 60: together 400; neither comes alone."""
    loop = [order("a", "sell", 40, 10, parent="b", ratio_min=1.0), order("d0", "buy", 30, 10),
            order("b", "sell", 10, 10, 1, parent="a", ratio_min=1.0)]  # fmt: skip
    assert set(got(cleared(*loop, order("d1", "buy", 60, 10, 1), minutes=HOURS)).values()) == {10}
    assert set(got(cleared(*loop, order("d1", "buy", 15, 10, 1), minutes=HOURS)).values()) == {0}


def test_one_of_an_exclusive_group_is_taken() -> None:
    """The second buyer pays more."""
    rivals = [order(f"s{n}", "sell", 10, 10, n, ratio_min=1.0, group="g") for n in (0, 1)]
    buyers = [order("d0", "buy", 30, 10), order("d1", "buy", 60, 10, 1)]
    assert got(cleared(*rivals, *buyers, minutes=HOURS)) == {"s0": 0, "s1": 10, "d0": 0, "d1": 10}


def test_parts_of_an_exclusive_group_add_up_to_one_order() -> None:
    """The second buyer takes 6 of 10 MWh; 4/10 of the first order are left for the first buyer, at the same gain.

    What the group earns is one number for all of its members: 20 per part of 10 MWh and so p - 10 alike.
    """
    rivals = [order(f"s{n}", "sell", 10, 10, n, group="g") for n in (0, 1)]
    buyers = [order("d0", "buy", 30, 10), order("d1", "buy", 60, 6, 1)]
    outcome = cleared(*rivals, *buyers, minutes=HOURS)
    assert got(outcome) == {"s0": 4, "s1": 6, "d0": 4, "d1": 6}
    assert price(outcome) == [30, 30]


def test_a_movable_block_goes_where_it_is_worth_most() -> None:
    outcome = cleared(
        order("d0", "buy", 30, 10), order("d1", "buy", 60, 10, 1),
        order("m", "sell", 20, 10, ratio_min=1.0, step_last=1), minutes=HOURS,
    )  # fmt: skip
    assert got(outcome) == {"d0": 0, "d1": 10, "m": 10}
    assert outcome.order_table.values("first_step").tolist() == [0, 1, 1]


def test_a_movable_profile_moves_as_a_whole() -> None:
    """1 then 2 MWh: at steps 1 and 2 the buyers of 1 and 2 MWh wait."""
    outcome = cleared(
        order("m", "sell", 20, "", ratio_min=1.0, step_last=1, profile_mwh="[1, 2]"), order("d1", "buy", 50, 1, 1),
        order("d2", "buy", 50, 2, 2), minutes=(60, 60, 60),
    )  # fmt: skip
    assert got(outcome) == {"m": 3, "d1": 1, "d2": 2}
    assert outcome.order_table.values("first_step").tolist() == [1, 1, 2]


def test_a_movable_block_beside_equal_orders_begins_once() -> None:
    """Two alike step orders are one in the problem; the block still gets its energy once."""
    alike = [order(name, "buy", 60, 5, 0) for name in ("d", "f")]
    outcome = cleared(*alike, order("m", "sell", 20, 10, ratio_min=1.0, step_last=1), minutes=HOURS)
    assert got(outcome) == {"d": 5, "f": 5, "m": 10}
    assert outcome.order_table.values("first_step")[2] == 0


def day(date: str, quarters: int, *orders: dict[str, Any]) -> Any:
    """A local day in Warsaw in quarter-hours."""
    names = dict.fromkeys(name for each in orders for name in each)
    document = {
        "name": "day",
        "horizon": {"start": f"{date}T00:00", "time_zone": "Europe/Warsaw", "step_minutes": 15, "steps": quarters},
        "parties": [{"id": "p"}],
        "buses": [{"id": "e"}],
        "orders": {name: [{"party": "p", "bus": "e", **each}.get(name, "") for each in orders] for name in
                   ("party", "bus", *names)},
        "policy": {"pricing": "european"},
    }  # fmt: skip
    return Builder(document, {}).case()


@pytest.mark.parametrize(("date", "quarters"), [("2025-03-30", 92), ("2025-10-26", 100), ("2025-06-01", 96)])
def test_days_on_which_clocks_change_have_their_quarters(date: str, quarters: int) -> None:
    """A block over the whole day at 40 for a buyer over the whole day at 50, and an hour of four quarters."""
    whole = {"steps": quarters, "ratio_min": 1.0}
    case = day(
        date, quarters, order("base", "sell", 40, float(quarters), **whole),
        order("want", "buy", 50, float(quarters), **whole),
        order("hour", "sell", 30, 4.0, quarters - 4, steps=4), order("last", "buy", 60, 3.0, quarters - 1),
    )  # fmt: skip
    outcome = solve(case, SolveOptions(gap=0.0))
    assert got(outcome) == {"base": quarters, "want": quarters, "hour": 0, "last": 0}
    assert case.horizon.hours.sum() == quarters / 4
    with pytest.raises(Exception, match="ends after"):
        day(date, quarters, order("late", "sell", 40, 4.0, quarters - 3, steps=4))


def test_orders_over_several_steps_are_settled_to_the_cent_step_by_step() -> None:
    """1 and 3 MWh at 20 for buyers at 10 and 30: what sellers get is what buyers pay, and adds up to the mean price."""
    case = auction(
        order("shape", "sell", 20, "", ratio_min=1.0, profile_mwh="[1, 3]", party="p"),
        order("d0", "buy", 10, 1, party="q"), order("d1", "buy", 30, 3, 1, party="q"), minutes=HOURS,
    )  # fmt: skip
    outcome = solve(case, SolveOptions(gap=0.0))
    first, second = outcome.price_table.values("price_eur_per_mwh")[0].tolist()
    sold, bought = amounts(case, outcome)
    assert sum(sold.values()) + sum(bought.values()) == 0
    assert sold == {0: round(100 * first), 1: round(300 * second)}
    assert abs(sum(sold.values()) - round(100 * 4 * outcome.order_table.values("cleared_eur_per_mwh")[0])) <= 1


def amounts(case: Case, outcome: Outcome) -> tuple[dict[int, int], dict[int, int]]:
    """Cents that the parties p and q get for energy, by step."""
    found: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for line in settle(case, outcome).lines():
        if line.asset == case.currency and line.party in ("p", "q"):
            mine = found[("p", "q").index(line.party)]
            mine[line.step] = mine.get(line.step, 0) + line.amount
    return found
