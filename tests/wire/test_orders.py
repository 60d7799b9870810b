"""Orders of every kind, complex orders and markets are the same wherever they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format

from c4e.opt.v1 import case_pb2, orders_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import OrderBook
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto, case_to_proto
from tests.wire.conftest import Document

#: An order of every kind, column by column; what is empty says nothing.
_ORDERS: Document = {
    "id": ["o1", "o2", "o3", "long", "line", "block", "child", "shape", "moves", "part", "scaled part", "pun"],
    "party": ["ann", "grid", "ann", *["grid"] * 9],
    "bus": ["el", "el2", "el", *["el2"] * 9],
    "step": [0, 1, 3, 0, 1, 2, 2, 1, 0, 0, 3, 1],
    "side": ["buy", "sell", "buy", "sell", "buy", "sell", "sell", "buy", "buy", "sell", "sell", "buy"],
    "price_eur_per_kwh": [0.9, 0.001, -0.3, 0.2, 0.3, 0.1, 0.15, 0.4, 0.5, 0.02, 0.03, 0.25],
    "energy_kwh": [1, 2.5, 0.3, 4, 1.5, 2, 1, 3.5, 2, 1, 1.25, 0.75],
    "steps": ["", "", "", 4, "", 2, "", "", 2, "", "", ""],
    "price_full_eur_per_kwh": ["", "", "", "", 0.25, "", "", "", "", "", "", ""],
    "ratio_min": ["", "", "", "", "", 0.75, 1, 1, 1, "", "", ""],
    "step_last": ["", "", "", "", "", "", "", "", 2, "", "", ""],
    "parent": ["", "", "", "", "", "", "block", "", "", "", "", ""],
    "group": ["", "", "", "", "", "", "", "turns", "", "", "", ""],
    "complex_order": ["", "", "", "", "", "", "", "", "", "mine", "scaled", ""],
    "price_group": ["", "", "", "", "", "", "", "", "", "", "", "pun"],
    "rank": [2, "", 1, "", "", "", "", "", "", "", "", 3],
    "profile_kwh": ["", "", "", "", "", "", "", "[1, 2, 0.5]", "", "", "", ""],
}

_COMPONENTS: Document = {
    "complex_order": [
        {
            "id": "mine",
            "condition": "minimum_income",
            "fixed_eur": 12.5,
            "variable_eur_per_kwh": 0.04,
            "power_min_kw": [1, 0, 0, 2],
            "ramp_up_mw_per_hour": 0.5,
            "ramp_down_mw_per_hour": 0.25,
            "scheduled_stop_steps": 2,
        },
        {"id": "scaled", "condition": "scalable", "fixed_eur": 3},
    ],
    "market": [
        {
            "id": "exchange",
            "buses": ["el", "el2"],
            "price_min_eur_per_kwh": -5,
            "price_max_eur_per_kwh": 5,
            "price_tick_eur_per_kwh": 0.001,
            "lot_kwh": 0.05,
        },
        {"id": "rest"},
    ],
}


def document() -> Document:
    return {
        "name": "auction",
        "units": {"power": "kW", "energy": "kWh", "price": "EUR/kWh"},
        "horizon": {"start": "2025-03-30T00:00", "time_zone": "Europe/Warsaw", "step_minutes": 60, "steps": 4},
        "parties": [{"id": "ann"}, {"id": "grid"}],
        "buses": [{"id": "el"}, {"id": "el2"}],
        "components": _COMPONENTS,
        "orders": _ORDERS,
        "policy": {"pricing": "european"},
    }


@pytest.fixture
def case() -> Case:
    return Builder(document(), {}).case()


def sent(message: case_pb2.Case) -> case_pb2.Case:
    """A message after its way over a wire."""
    return case_pb2.Case.FromString(message.SerializeToString())


def test_the_case_says_something_in_every_column(case: Case) -> None:
    assert case.orders.said().keys() == set(OrderBook.__dataclass_fields__)


@pytest.mark.parametrize("packed", [True, False])
def test_orders_of_every_kind_survive(case: Case, packed: bool) -> None:
    back = case_from_proto(sent(case_to_proto(case, packed=packed)))
    assert back == case
    assert back.digest() == case.digest()
    for name in OrderBook.__dataclass_fields__:
        assert np.array_equal(getattr(back.orders, name), getattr(case.orders, name)), name


def test_json_says_the_same_as_bytes(case: Case) -> None:
    text = json_format.MessageToJson(case_to_proto(case, packed=False))
    assert case_from_proto(json_format.Parse(text, case_pb2.Case())) == case


@pytest.mark.parametrize(
    "column", ["steps", "price_full", "ratio_min", "step_last", "parent", "group", "price_group", "rank"]
)
def test_a_column_that_is_absent_says_nothing_special(case: Case, column: str) -> None:
    message = case_to_proto(case)
    message.orders.ClearField(column)
    name = f"{column}_eur_per_mwh" if column == "price_full" else column
    if column == "ratio_min":  # what moves is all or none, and says so
        with pytest.raises(InvalidInput, match="may move"):
            case_from_proto(sent(message))
        return
    assert name not in case_from_proto(sent(message)).orders.said()


WRONG: list[tuple[Callable[[Any], object], str]] = [
    (lambda m: m.parent.words.__setitem__(1, "nobody"), "orders[6].parent"),
    (lambda m: m.steps.CopyFrom(arrays.places_to_proto(np.array([1]))), "orders"),
    (lambda m: m.complex_order.words.__setitem__(1, "nobody"), "orders[9].complex_order"),
    (lambda m: m.rank.CopyFrom(arrays.column_to_proto(np.full(12, 0.5))), "orders[0].rank"),
    (lambda m: m.ratio_min.CopyFrom(arrays.column_to_proto(np.full(12, 2.0))), "orders[0].ratio_min"),
    (lambda m: m.ClearField("profile_step"), "orders.profile_order"),
    (lambda m: m.profile_order.CopyFrom(arrays.places_to_proto(np.array([99, 99, 99]))), "orders.profile_order[0]"),
    (lambda m: m.group.entries.ParseFromString(b"\x12\x04\x09\0\0\0"), "orders.group.entries[0]"),
]


@pytest.mark.parametrize(("change", "path"), WRONG, ids=[path for _, path in WRONG])
def test_what_is_wrong_with_a_column_is_an_issue(case: Case, change: Any, path: str) -> None:
    message = case_to_proto(case)
    change(message.orders)
    with pytest.raises(InvalidInput) as caught:
        case_from_proto(sent(message))
    assert path in [issue.path for issue in caught.value.issues]


def test_the_message_has_words_for_what_the_book_has_places_of(case: Case) -> None:
    orders: orders_pb2.OrderBook = case_to_proto(case).orders
    assert list(orders.parent.words) == ["", "block"]
    assert list(orders.group.words) == ["", "turns"]
    assert list(orders.complex_order.words) == ["", "mine", "scaled"]
    assert list(orders.price_group.words) == ["", "pun"]
