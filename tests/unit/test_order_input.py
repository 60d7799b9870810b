"""Everything that can be wrong with an order book is an issue at its place, in columns as in books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case
from c4e_opt.case.check import check
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook
from tests.unit.auctions import auction, order
from tests.unit.small_cases import book, small_case

HOURS = (60, 60)
FINE = order("fine", "buy", 50, 1)


def issues_of(*orders: dict[str, Any], **components: list[dict[str, Any]]) -> list[Issue]:
    with pytest.raises(InvalidInput) as caught:
        auction(*orders, minutes=HOURS, **components)
    return list(caught.value.issues)


WRITTEN: list[tuple[dict[str, Any], str, str]] = [
    (order("a", "sell", 10, 1, party="nobody"), "party", "unknown_reference"),
    (order("a", "lend", 10, 1), "side", "choice"),
    (order("a", "sell", "ten", 1), "price_eur_per_mwh", "not_a_number"),
    (order("a", "sell", float("nan"), 1), "price_eur_per_mwh", "not_a_number"),
    (order("a", "sell", 10, float("inf")), "energy_mwh", "not_a_number"),
    (order("a", "sell", 10, ""), "energy_mwh", "not_a_number"),
    (order("a", "sell", 10, 0), "energy_mwh", "range"),
    (order("a", "sell", 10, -1), "energy_mwh", "range"),
    (order("a", "sell", 10, 1, 2), "step", "horizon"),
    (order("a", "sell", 10, 1, 0.5), "step", "horizon"),
    (order("a", "sell", 10, 1, steps=0), "steps", "range"),
    (order("a", "sell", 10, 1, steps=1.5), "steps", "type"),
    (order("a", "sell", 10, 1, steps="many"), "steps", "not_a_number"),
    (order("a", "sell", 10, 1, steps=3), "step_last", "horizon"),
    (order("a", "sell", 10, 1, 1, steps=2), "step_last", "horizon"),
    (order("a", "sell", 10, 1, ratio_min=-0.1), "ratio_min", "range"),
    (order("a", "sell", 10, 1, ratio_min=1.1), "ratio_min", "range"),
    (order("a", "sell", 10, 1, 1, step_last=0, ratio_min=1), "step_last", "range"),
    (order("a", "sell", 10, 1, step_last=2, ratio_min=1), "step_last", "horizon"),
    (order("a", "sell", 10, 1, step_last=1, ratio_min=0.5), "ratio_min", "conflict"),
    (order("a", "sell", 10, 1, step_last=1, ratio_min=1, group="g"), "step_last", "conflict"),
    (order("a", "sell", 10, 1, step_last=1, ratio_min=1, parent="fine"), "step_last", "conflict"),
    (order("a", "sell", 10, 1, parent="nobody"), "parent", "unknown_reference"),
    (order("a", "sell", 10, 1, parent="a"), "parent", "unknown_reference"),
    (order("a", "sell", 10, 1, rank=0.5), "rank", "type"),
    (order("a", "sell", 10, 1, complex_order="nobody"), "complex_order", "unknown_reference"),
    (order("a", "sell", 10, 1, price_full_eur_per_mwh=9), "price_full_eur_per_mwh", "range"),
    (order("a", "buy", 10, 1, price_full_eur_per_mwh=11), "price_full_eur_per_mwh", "range"),
    (order("a", "sell", 10, 1, price_full_eur_per_mwh=11, ratio_min=0.5), "price_full_eur_per_mwh", "conflict"),
    (order("a", "sell", 10, 1, price_full_eur_per_mwh=11, steps=2), "price_full_eur_per_mwh", "conflict"),
    (order("a", "sell", 10, 1, price_full_eur_per_mwh=11, group="g"), "price_full_eur_per_mwh", "conflict"),
    (order("a", "sell", 10, 1, price_full_eur_per_mwh=11, parent="fine"), "price_full_eur_per_mwh", "conflict"),
    (order("a", "sell", 10, "", profile_mwh="lots"), "profile_mwh", "type"),
    (order("a", "sell", 10, "", profile_mwh="5"), "profile_mwh", "type"),
    (order("a", "sell", 10, "", profile_mwh="[1, -0.5]"), "energy_mwh", "profile"),
    (order("a", "sell", 10, 3, profile_mwh="[1, 1]"), "energy_mwh", "profile"),
    (order("a", "sell", 10, "", profile_mwh="[1, 1, 1]"), "step_last", "horizon"),
    (order("a", "sell", 10, "", profile_mwh="[1, 1]", steps=2), "steps", "conflict"),
    (order("a", "sell", 10, "", profile_mwh="[]"), "energy_mwh", "range"),
    (order("a", "sell", 10, 1, price_group="pun"), "price_group", "conflict"),
    (order("a", "buy", 10, 1, price_group="pun", ratio_min=0.5), "price_group", "conflict"),
    (order("a", "buy", 10, 1, price_group="pun", steps=2), "price_group", "conflict"),
    (order("a", "buy", 10, "", price_group="pun", profile_mwh="[1, 1]"), "price_group", "conflict"),
    (order("a", "buy", 10, 1, price_group="pun", price_full_eur_per_mwh=9), "price_group", "conflict"),
    (order("a", "buy", 10, 1, price_group="pun", parent="fine"), "price_group", "conflict"),
    (order("a", "buy", 10, 1, price_group="pun", group="g"), "price_group", "conflict"),
    (order("fine", "sell", 10, 1), "id", "duplicate_id"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "column", "rule"), WRITTEN, ids=[f"{c}-{r}-{n}" for n, (_, c, r) in enumerate(WRITTEN)]
)
def test_what_is_wrong_with_an_order_is_said_at_its_column(wrong: dict[str, Any], column: str, rule: str) -> None:
    place = 0 if rule == "duplicate_id" else 1
    found = [(issue.path, issue.rule) for issue in issues_of(FINE, wrong)]
    assert (f"orders[{place}].{column}", rule) in found
    assert len(found) == 1 or column == "profile_mwh"  # which leaves the energy open


def test_an_order_that_others_need_has_the_price_of_its_bus() -> None:
    alone = order("alone", "buy", 10, 1, price_group="pun")
    assert [issue.path for issue in issues_of(alone, order("child", "buy", 10, 1, parent="alone"))] == [
        "orders[0].price_group"
    ]


def test_one_price_at_all_buses_needs_european_prices_and_one_carrier() -> None:
    orders = book(order("a", "buy", 10, 1, price_group="pun"), order("b", "buy", 10, 1, price_group="pun", bus="h"))
    for policy, message in (({}, "are marginal"), ({"pricing": "european"}, "several carriers")):
        with pytest.raises(InvalidInput) as caught:
            small_case(orders=orders, policy=policy)
        assert {(issue.path, issue.rule) for issue in caught.value.issues} >= {("orders[1].price_group", "conflict")}
        assert any(message in issue.message for issue in caught.value.issues)


def test_an_order_that_others_need_does_not_move() -> None:
    moving = order("moving", "sell", 10, 1, step_last=1, ratio_min=1)
    assert [issue.path for issue in issues_of(moving, order("child", "sell", 10, 1, parent="moving"))] == [
        "orders[0].step_last"
    ]


COMPLEX: list[tuple[dict[str, Any], list[dict[str, Any]], str]] = [
    ({}, [order("a", "sell", 10, 1)], "components.complex_order[0].id"),
    ({}, [order("a", "sell", 10, 1, complex_order="c"), order("b", "buy", 10, 1, complex_order="c")],
     "orders[0].complex_order"),
    ({}, [order("a", "sell", 10, 1, complex_order="c"), order("b", "sell", 10, 1, complex_order="c", party="q")],
     "orders[0].complex_order"),
    ({}, [order("a", "sell", 10, 1, complex_order="c"), order("b", "sell", 10, 1, complex_order="c", bus="f")],
     "orders[0].complex_order"),
    ({}, [order("a", "sell", 10, 1, complex_order="c", ratio_min=1)], "orders[0].complex_order"),
    ({}, [order("a", "sell", 10, 1, complex_order="c", steps=2)], "orders[0].complex_order"),
    ({}, [order("a", "sell", 10, 1, complex_order="c", group="g")], "orders[0].complex_order"),
    ({"fixed_eur": 5}, [order("a", "sell", 10, 1, complex_order="c")], "components.complex_order[0].condition"),
    ({"condition": "scalable", "variable_eur_per_mwh": 5}, [order("a", "sell", 10, 1, complex_order="c")],
     "components.complex_order[0].variable_eur_per_mwh"),
    ({"scheduled_stop_steps": 3}, [order("a", "sell", 10, 1, complex_order="c")],
     "components.complex_order[0].scheduled_stop_steps"),
    ({"ramp_up_mw_per_hour": -1}, [order("a", "sell", 10, 1, complex_order="c")],
     "components.complex_order[0].ramp_up_mw_per_hour"),
    ({"fixed_eur": -1, "condition": "scalable"}, [order("a", "sell", 10, 1, complex_order="c")],
     "components.complex_order[0].fixed_eur"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "orders", "path"), COMPLEX, ids=[f"{p}-{n}" for n, (*_, p) in enumerate(COMPLEX)])
def test_what_is_wrong_with_a_complex_order_is_an_issue(
    fields: dict[str, Any], orders: list[dict[str, Any]], path: str
) -> None:
    assert path in [issue.path for issue in issues_of(*orders, complex_order=[{"id": "c", **fields}])]


@pytest.mark.parametrize(
    ("markets", "path"),
    [
        ([{"id": "m", "buses": ["x"]}], "components.market[0].buses[0]"),
        ([{"id": "m", "buses": ["e"]}, {"id": "n", "buses": ["e"]}], "components.market[1].buses"),
        ([{"id": "m"}, {"id": "n"}], "components.market[1].buses"),
        (
            [{"id": "m", "price_min_eur_per_mwh": 5, "price_max_eur_per_mwh": 5}],
            "components.market[0].price_max_eur_per_mwh",
        ),
        ([{"id": "m", "price_tick_eur_per_mwh": -1}], "components.market[0].price_tick_eur_per_mwh"),
        ([{"id": "m", "lot_mwh": -1}], "components.market[0].lot_mwh"),
    ],
)
def test_what_is_wrong_with_a_market_is_an_issue(markets: list[dict[str, Any]], path: str) -> None:
    assert path in [issue.path for issue in issues_of(FINE, market=markets)]


def base() -> Case:
    return auction(FINE, order("a", "sell", 10, 2, steps=2), minutes=HOURS)


BOOKS: list[tuple[Callable[[OrderBook], dict[str, Any]], str, str]] = [
    (lambda b: {"party": b.party + 9}, "orders[0].party", "unknown_reference"),
    (lambda b: {"bus": b.bus - 1}, "orders[0].bus", "unknown_reference"),
    (lambda b: {"step": b.step + 5, "step_last": b.step + 5}, "orders[0].step", "horizon"),
    (lambda b: {"side": b.side * 0}, "orders[0].side", "choice"),
    (lambda b: {"price_eur_per_mwh": b.price_eur_per_mwh * np.inf}, "orders[0].price_eur_per_mwh", "finite"),
    (lambda b: {"energy_mwh": b.energy_mwh * np.nan}, "orders[0].energy_mwh", "finite"),
    (lambda b: {"price_full_eur_per_mwh": b.price_eur_per_mwh * np.nan}, "orders[0].price_full_eur_per_mwh", "finite"),
    (lambda b: {"ratio_min": np.array([np.nan, 0.0])}, "orders[0].ratio_min", "range"),
    (lambda b: {"parent": np.array([-1, 7])}, "orders[1].parent", "unknown_reference"),
    (lambda b: {"energy_mwh": b.energy_mwh[:1]}, "orders.energy_mwh", "length"),
    (lambda b: {"steps": np.ones(3, dtype=np.int64)}, "orders.steps", "length"),
    (lambda b: {"profile_order": np.array([2]), "profile_step": np.array([0]), "profile_mwh": np.array([1.0])},
     "orders.profile_order[0]", "unknown_reference"),
    (lambda b: {"profile_order": np.array([-1]), "profile_step": np.array([0]), "profile_mwh": np.array([1.0])},
     "orders.profile_order[0]", "unknown_reference"),
    (lambda b: {"profile_order": np.array([0, 0]), "profile_step": np.array([0, 0]),
                "profile_mwh": np.array([0.5, 0.5])}, "orders[0].energy_mwh", "profile"),
    (lambda b: {"profile_order": np.array([0]), "profile_step": np.array([0, 1]), "profile_mwh": np.array([1.0])},
     "orders.profile_step", "length"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "rule"), BOOKS, ids=[f"{p}-{r}" for _, p, r in BOOKS])
def test_a_book_that_was_made_in_memory_is_checked_as_one_that_was_read(
    change: Callable[[OrderBook], dict[str, Any]], path: str, rule: str
) -> None:
    case = base()
    book = OrderBook(**{**case.orders.said(), **change(case.orders)})
    assert (path, rule) in [(issue.path, issue.rule) for issue in check(replace(case, orders=book))]


def test_many_orders_with_one_fault_are_listed_up_to_a_bound() -> None:
    found = issues_of(*(order(f"o{n}", "sell", 10, 0) for n in range(60)))
    assert len(found) == 51
    assert found[-1].message.startswith("10 more")
