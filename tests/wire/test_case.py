"""A case is the same wherever it comes from: the same digest from a folder and from the wire, in any declared unit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e.opt.v1 import case_pb2, orders_pb2, series_pb2
from c4e_opt.case import Case, read_case
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto, case_to_proto

CASES = sorted(path.parent for path in (Path(__file__).parents[2] / "cases").glob("*/case.yaml"))


def sent(message: case_pb2.Case) -> case_pb2.Case:
    """A message after its way over a wire."""
    return case_pb2.Case.FromString(message.SerializeToString())


def issues_of(message: case_pb2.Case) -> dict[str, Issue]:
    with pytest.raises(InvalidInput) as caught:
        case_from_proto(sent(message))
    return {issue.path: issue for issue in caught.value.issues}


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_case_folder_and_its_message_are_one_case(folder: Path):
    case = read_case(folder)
    back = case_from_proto(sent(case_to_proto(case)))
    assert back == case
    assert back.digest() == case.digest()


def test_every_kind_of_field_survives(case: Case):
    assert case_from_proto(sent(case_to_proto(case))).digest() == case.digest()


def test_lists_of_numbers_say_the_same_as_blocks_of_bytes(case: Case):
    message = case_to_proto(case, packed=False)
    assert case_from_proto(sent(message)) == case


def test_json_says_the_same_as_bytes(case: Case):
    text = json_format.MessageToJson(case_to_proto(case, packed=False))
    assert case_from_proto(json_format.Parse(text, case_pb2.Case())) == case


def test_what_is_absent_takes_the_default_of_the_library(case: Case):
    message = case_to_proto(case)
    battery = message.components.battery[0]
    battery.ClearField("charge_efficiency")
    assert case_from_proto(sent(message)) == case  # 0.95 is the default and was what the message said


@pytest.mark.parametrize(
    ("power", "factor", "energy", "price", "per"),
    [("KW", 1e3, "KWH", "PER_KWH", 1e-3), ("W", 1e6, "WH", "CENT_PER_KWH", 0.1), ("MW", 1, "MWH", "PER_MWH", 1)],
)
def test_a_case_in_other_units_is_the_same_case(power: str, factor: float, energy: str, price: str, per: float):
    def message(p: str, f: float, e: str, c: str, money: float) -> case_pb2.Case:
        units = {"power": f"POWER_UNIT_{p}", "energy": f"ENERGY_UNIT_{e}", "price": f"PRICE_UNIT_{c}"}
        document = {
            "name": "units",
            "units": units,
            "horizon": {"start": "2025-01-01T00:00:00Z", "even": {"step_seconds": 900, "steps": 3}},
            "buses": [{"id": "b"}],
            "components": {
                "battery": [
                    {
                        "id": "b",
                        "bus": "b",
                        "charge_max": round(0.003 * f, 9),
                        "discharge_max": round(0.25 * f, 9),
                        "energy_max": round(0.7 * f, 9),
                        "energy_start": round(0.1 * f, 9),
                        "discharge_cost": round(0.3 * money, 9),
                    }
                ],
                "renewable": [
                    {
                        "id": "r",
                        "bus": "b",
                        "available": {"numbers": {"values": [round(x * f, 9) for x in (0, 0.1, 0.003)]}},
                    }
                ],
            },
        }
        return json_format.ParseDict(document, case_pb2.Case())

    assert case_from_proto(message(power, factor, energy, price, per)).digest() == (
        case_from_proto(message("MW", 1, "MWH", "PER_MWH", 1)).digest()
    )


@given(
    values=st.lists(st.floats(0, 1e6, allow_nan=False).map(abs), min_size=3, max_size=3),
    form=st.sampled_from(["packed", "numbers", "constant"]),
)
@settings(max_examples=60, deadline=None)
def test_a_series_survives_to_the_bit_in_every_form(values: list[float], form: str):
    numbers = np.array([values[0]] * 3 if form == "constant" else values)
    message = arrays.series_to_proto(numbers, packed=form == "packed")
    issues: list[Issue] = []
    back = arrays.series_from_proto(series_pb2.Series.FromString(message.SerializeToString()), "", issues)
    assert np.array_equal(np.broadcast_to(np.asarray(back), 3), numbers)
    assert issues == []


@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.booleans())
@settings(max_examples=50, deadline=None)
def test_places_survive_in_both_forms(values: list[int], packed: bool):
    message = arrays.places_to_proto(np.array(values, dtype=np.int64), packed=packed)
    assert arrays.places_from_proto(message, "", []).tolist() == values


@given(digits=st.integers(0, 10**9), decimals=st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_what_is_declared_in_kw_is_to_the_bit_what_is_declared_in_mw(digits: int, decimals: int):
    def power(number: str, unit: str) -> float:
        document = {
            "units": {"power": unit},
            "horizon": {"start": "2025-01-01T00:00:00Z", "even": {"step_seconds": 900, "steps": 1}},
            "buses": [{"id": "b"}],
            "components": {"demand": [{"id": "d", "bus": "b", "demand": {"constant": float(number)}}]},
        }
        case = case_from_proto(json_format.ParseDict(document, case_pb2.Case()))
        return float(case.components["demand"][0].demand_mw[0])

    assert power(f"{digits}e-{decimals}", "POWER_UNIT_KW") == power(f"{digits}e-{decimals + 3}", "POWER_UNIT_MW")


def test_steps_of_different_lengths_survive(document: dict[str, Any], build: Callable[[Any], Case]):
    document["horizon"] = {"start": "2025-03-30T00:00Z", "step_seconds": [3600, 900, 1800, 3600]}
    document["components"].pop("ev_session")
    document["components"].pop("charging_site")
    case = build(document)
    message = case_to_proto(case)
    assert list(message.horizon.uneven.step_seconds) == [3600, 900, 1800, 3600]
    assert case_from_proto(sent(message)) == case


def test_a_million_orders_are_read_without_a_loop(case: Case, big_book: Callable[[int], dict[str, Any]]):
    book, message = big_book(200_000), case_to_proto(case)
    words = arrays.words_to_proto
    message.orders.CopyFrom(
        orders_pb2.OrderBook(
            id=book["ids"].tolist(),
            party=words(["grid", "ann"], book["party"]),
            bus=words(["el2", "el"], book["bus"]),
            step=arrays.places_to_proto(book["step"]),
            side=book["side"].tolist(),
            price=arrays.column_to_proto(book["price"]),
            energy=arrays.column_to_proto(book["energy"]),
        )
    )
    orders = case_from_proto(sent(message)).orders
    assert orders.orders == 200_000
    assert np.array_equal(orders.party, 1 - book["party"])  # its own words, in another order than the parties
    assert np.array_equal(orders.bus, 1 - book["bus"])
    assert np.array_equal(orders.side, np.where(book["side"] == orders_pb2.SIDE_SELL, 1, -1))
    assert np.array_equal(orders.energy_mwh, book["energy"])


def test_issues_have_the_paths_of_a_case_file_in_the_declared_units(document: dict[str, Any], case: Case):
    message = case_to_proto(case)
    message.units.power, message.units.energy = case_pb2.POWER_UNIT_KW, case_pb2.ENERGY_UNIT_KWH
    message.components.battery[1].charge_max = -3
    message.components.battery[1].energy_start = float("nan")
    message.components.demand[0].demand.CopyFrom(series_pb2.Series(numbers={"values": [1, 2]}))
    message.components.boiler[0].ClearField("heat_max")
    message.components.tie[0].to_bus = "el9"
    message.components.renewable[0].technology = 77
    message.components.heat_pump[0].owner = "nobody"
    found = issues_of(message)
    assert found["components.battery[1].charge_max_kw"].rule == "range"
    assert "kW" in found["components.battery[1].charge_max_kw"].message
    assert found["components.battery[1].energy_start_kwh"].rule == "finite"
    assert found["components.demand[0].demand_kw"].rule == "length"
    assert found["components.boiler[0].heat_max_kw"].rule == "missing_field"
    assert "el2" in found["components.tie[0].to_bus"].message
    assert found["components.renewable[0].technology"].rule == "choice"
    assert found["components.heat_pump[0].owner"].rule == "unknown_reference"
    assert len(found) >= 7


def test_a_message_says_of_a_broken_case_what_a_file_says(
    document: dict[str, Any], build: Callable[[Any], Case], case: Case
):
    broken = copy.deepcopy(document)
    broken["units"] = {}
    broken["orders"] = {k.replace("kwh", "mwh"): v for k, v in document["orders"].items()}
    broken["components"] = {"demand": [{"id": "house", "bus": "le", "demand_mw": -1}]}
    broken["policy"]["money_decimals"] = 19
    with pytest.raises(InvalidInput) as caught:
        build(broken)
    message = case_to_proto(case)
    message.components.Clear()
    message.components.demand.add(id="house", bus="le", demand=series_pb2.Series(constant=-1))
    message.policy.money_decimals = 19
    assert set(issues_of(message)) == {issue.path for issue in caught.value.issues}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda m: m.components.demand[0].demand.ParseFromString(b"\x1a\x07abcdefg"), "components.demand[0].demand_mw"),
        (lambda m: m.orders.party.entries.ParseFromString(b"\x12\x04\x09\0\0\0"), "orders.party.entries[0]"),
        (lambda m: m.orders.party.words.__setitem__(0, "bob"), "orders[0].party"),
        (lambda m: m.orders.side.__setitem__(1, 0), "orders[1].side"),
        (lambda m: m.orders.step.CopyFrom(arrays.places_to_proto(np.array([0, 4, 1]))), "orders[1].step"),
        (lambda m: m.orders.id.__setitem__(1, "o1"), "orders[0].id"),
        (
            lambda m: m.orders.price.CopyFrom(arrays.column_to_proto(np.array([1.0, np.nan, 2]))),
            "orders[1].price_eur_per_mwh",
        ),
        (lambda m: m.orders.energy.CopyFrom(arrays.column_to_proto(np.array([1.0]))), "orders.energy_mwh"),
        (lambda m: m.horizon.start.FromNanoseconds(1_500_000_000), "horizon.start"),
        (lambda m: setattr(m.horizon.start, "seconds", 10**14), "horizon.start"),
        (lambda m: m.ClearField("horizon"), "horizon.start"),
        (lambda m: setattr(m.units, "power", 9), "units.power"),
        (lambda m: setattr(m.horizon, "time_zone", "Mars/Olympus"), "horizon.time_zone"),
        (lambda m: m.MergeFromString(b"\xfa\x3f\x03new"), "case"),
        (lambda m: m.components.battery[0].MergeFromString(b"\xfa\x3f\x03new"), "case"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_everything_that_can_be_wrong_with_a_message_is_an_issue(
    case: Case, change: Callable[[Any], object], path: str
):
    message = case_to_proto(case)
    change(message)
    assert path in issues_of(message)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_message_raises_anything_but_issues(raw: bytes):
    message = case_pb2.Case()
    try:
        message.ParseFromString(raw)
    except Exception:
        return
    with pytest.raises(InvalidInput):
        case_from_proto(message)
