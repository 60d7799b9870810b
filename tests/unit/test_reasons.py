"""Why orders are accepted or not: every reason is confirmed by clearing again without what it names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_opt.case.build import Builder
from c4e_opt.reasons import Why, setters, why

Order = dict[str, Any]


def order(name: str, side: str, price: float, energy: float, step: int = 0, bus: str = "e", **more: Any) -> Order:
    """An order of party p."""
    return {"id": name, "party": "p", "bus": bus, "side": side, "step": step, "price_eur_per_mwh": price,
            "energy_mwh": energy, **more}  # fmt: skip


def auction(orders: list[Order], steps: int = 1, **components: list[dict[str, Any]]) -> Case:
    """A European auction at all buses that the orders name."""
    names = list(dict.fromkeys(key for each in orders for key in each))
    document = {
        "name": "auction",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": steps},
        "parties": [{"id": "p"}],
        "buses": [{"id": bus} for bus in dict.fromkeys(each["bus"] for each in orders)],
        "components": components,
        "orders": {name: [each.get(name, "") for each in orders] for name in names},
        "policy": {"pricing": "european"},
    }
    return Builder(document, {}).case()


def cleared(case: Case) -> tuple[Outcome, dict[str, tuple[Why, float, str]], dict[str, float]]:
    """The answer, and the reason and the accepted energy of every order."""
    outcome = solve(case, SolveOptions(gap=0.0))
    found, ids = why(case, outcome), case.orders.id.tolist()
    accepted = outcome.order_table.values("accepted_mwh").tolist()
    return outcome, {name: found.of(place) for place, name in enumerate(ids)}, dict(zip(ids, accepted, strict=True))


#: 10 MWh wanted at 300; a block of at least 11 at 40 would leave 1 too much, so that 100 sets the price.
PAPER = [
    order("firm", "buy", 300.0, 10.0),
    order("cheap", "buy", 10.0, 14.0),
    order("block", "sell", 40.0, 12.0, ratio_min=11 / 12),
    order("dear", "sell", 100.0, 13.0),
]


def test_a_block_in_the_money_is_rejected_and_would_push_the_price_below_its_limit():
    outcome, reasons, accepted = cleared(auction(PAPER))
    assert reasons["block"] == (Why.PARADOXICAL, pytest.approx(40.0), "")
    assert outcome.price_table.values("price_eur_per_mwh")[0, 0] == pytest.approx(100.0)
    assert accepted["block"] == 0.0
    forced = [each | ({"price_eur_per_mwh": -400.0} if each["id"] == "block" else {}) for each in PAPER]
    again, _, now = cleared(auction(forced))
    assert now["block"] >= 11.0
    assert again.price_table.values("price_eur_per_mwh")[0, 0] < 40.0  # where it would lose at its own limit


def test_an_order_out_of_the_money_lacks_its_number():
    """The price is 20; at 35 a seller lacks 15, and is accepted from 20 down."""
    orders = [order("a", "sell", 10.0, 1.0), order("b", "sell", 20.0, 1.0), order("w", "buy", 50.0, 1.5)]
    _, reasons, _ = cleared(auction([*orders, order("x", "sell", 35.0, 1.0)]))
    code, lacks, _ = reasons["x"]
    assert (code, lacks) == (Why.OUT_OF_THE_MONEY, pytest.approx(15.0))
    for limit, some in ((35.0 - lacks - 0.01, True), (35.0 - lacks + 0.01, False)):
        assert (cleared(auction([*orders, order("x", "sell", limit, 1.0)]))[2]["x"] > 0.0) == some


def test_an_accepted_order_says_what_it_earns_and_the_marginal_one_that_it_is_at_the_money():
    orders = [order("a", "sell", 10.0, 1.0), order("b", "sell", 20.0, 1.0), order("w", "buy", 50.0, 1.5)]
    outcome, reasons, _ = cleared(auction(orders))
    assert reasons["a"] == (Why.ACCEPTED, pytest.approx(10.0), "")
    assert reasons["b"] == (Why.AT_THE_MONEY, pytest.approx(0.0), "")
    assert setters(auction(orders), outcome).tolist() == [["order/b"]]


ACROSS = [
    order("a", "sell", 10.0, 1.0, bus="x"),
    order("b", "sell", 30.0, 1.0, bus="x"),
    order("c", "sell", 60.0, 5.0, bus="y"),
    order("w", "buy", 90.0, 1.5, bus="y"),
]


@pytest.mark.parametrize(("limit", "said"), [(1.0, Why.CONGESTION), (9.0, Why.AT_THE_MONEY)])
def test_an_order_behind_a_full_tie_names_it(limit: float, said: Why):
    """At 1 MW the tie is full with a; without that limit b would be accepted."""
    tie = {"id": "t", "from_bus": "x", "to_bus": "y", "forward_max_mw": limit, "backward_max_mw": limit}
    _, reasons, accepted = cleared(auction(ACROSS, tie=[tie]))
    assert reasons["b"][0] is said
    assert (accepted["b"] > 0.0) == (said is Why.AT_THE_MONEY)
    if said is Why.CONGESTION:
        assert reasons["b"] == (said, pytest.approx(60.0), "tie/t")


def test_a_child_names_the_parent_that_is_missing():
    """The parent asks 90 where 60 is paid; alone the child would be accepted at 31."""
    orders = [order("w", "buy", 60.0, 10.0), order("m", "sell", 90.0, 10.0, ratio_min=1.0),
              order("k", "sell", 31.0, 5.0, ratio_min=1.0, parent="m")]  # fmt: skip
    _, reasons, _ = cleared(auction(orders))
    assert reasons["k"][0] is Why.LINK
    assert reasons["k"][2] == "m"
    alone = [each | {"parent": ""} for each in orders]
    assert cleared(auction(alone))[2]["k"] == 5.0


def test_a_member_of_a_group_names_the_group():
    """Both offers would do; the group lets in the one of more welfare, (30 - 10) * 8."""
    orders = [order("w", "buy", 30.0, 10.0), order("m", "sell", 20.0, 10.0, ratio_min=1.0, group="g"),
              order("k", "sell", 10.0, 8.0, ratio_min=1.0, group="g")]  # fmt: skip
    _, reasons, _ = cleared(auction(orders))
    assert reasons["m"][0] is Why.GROUP
    assert reasons["m"][2] == "g"
    assert cleared(auction([each for each in orders if each["id"] != "k"]))[2]["m"] == 10.0


@pytest.mark.parametrize(("fixed", "runs"), [(150.0, True), (250.0, False)])
def test_orders_of_a_complex_order_name_it_and_what_it_misses(fixed: float, runs: bool):
    """10 MWh at a price of 30 set by the other seller earn (30 - 10) * 10 = 200 beyond the limit."""
    orders = [order("w", "buy", 90.0, 20.0), order("c", "sell", 10.0, 10.0, complex_order="plant"),
              order("o", "sell", 30.0, 30.0)]  # fmt: skip
    plant = {"id": "plant", "condition": "scalable", "fixed_eur": fixed}
    _, reasons, accepted = cleared(auction(orders, complex_order=[plant]))
    assert (accepted["c"] > 0.0) == runs
    if not runs:
        code, missing, name = reasons["c"]
        assert (code, missing, name) == (Why.COMPLEX_ORDER, pytest.approx(50.0), "plant")


def test_a_price_between_two_orders_names_both():
    orders = [order("s", "sell", 10.0, 1.0), order("b", "buy", 50.0, 1.0)]
    outcome, _, _ = cleared(auction(orders))
    assert outcome.price_table.values("price_eur_per_mwh")[0, 0] == pytest.approx(30.0)
    assert setters(auction(orders), outcome).tolist() == [["order/s .. order/b"]]


def test_interpolated_orders_and_blocks_clear_together():
    """A buyer whose price falls from 60 to 20 over 10 MWh, and a block of 4 at 30: the price is 60 - 4 * 4 = 44."""
    orders = [order("line", "buy", 60.0, 10.0, price_full_eur_per_mwh=20.0),
              order("block", "sell", 30.0, 4.0, ratio_min=1.0)]  # fmt: skip
    outcome, _, accepted = cleared(auction(orders))
    assert accepted == pytest.approx({"line": 4.0, "block": 4.0}, abs=1e-6)
    assert outcome.price_table.values("price_eur_per_mwh")[0, 0] == pytest.approx(44.0, abs=1e-4)
    assert outcome.welfare == pytest.approx(60 * 4 - 0.5 * 4 * 16 - 120, abs=1e-4)
    assert np.isfinite(outcome.bound or np.nan)
