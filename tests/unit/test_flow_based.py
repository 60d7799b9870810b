"""Zones a, b and c at the corners of a triangle of equal lines, c being where PTDF are counted to: line a-c limits."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, settle, solve
from c4e_opt.settlement.statement import Purpose
from tests.unit.small_cases import Record, grid, load, margin, optimum, prices, small_case, tie

THIRD = 1.0 / 3.0
LINE = {"a": 2 * THIRD, "b": THIRD, "c": 0.0}  # flow on a-c per MW from each zone to c
BUSES = [{"id": name} for name in "abc"]
SOURCES = [
    grid(price, id=f"g{bus}", bus=bus, import_max_mw=1000.0) for bus, price in (("a", 10.0), ("b", 20.0), ("c", 50.0))
]


def triangle(*constraints: Record, demand: Any = 100.0) -> Case:
    return small_case(
        (60,),
        buses=BUSES,
        grid_connection=SOURCES,
        demand=[load(demand, "c")],
        flow_based_constraint=list(constraints) or [margin("a-c", LINE, ram_mw=60.0)],
    )


def test_net_positions_load_a_critical_element_by_their_ptdf() -> None:
    """80 MW from a and 20 from b load a-c with 60 MW: 800 + 400. One MW more from a would need two from b less.

    One more MW at c comes from b, with one of a going back to b: 2 * 20 - 10 = 30, although nobody offers at 30.
    """
    outcome = solve(triangle())
    assert outcome.objective == pytest.approx(1200.0)
    positions = outcome.schedule_table.values("flow_based_constraint_net_position_mw")[:, 0]
    assert positions == pytest.approx([80.0, 20.0, -100.0])
    assert [prices(outcome, bus)[0] for bus in "abc"] == pytest.approx([10.0, 20.0, 30.0])


def test_the_hub_earns_the_margin_at_its_shadow_price() -> None:
    """The shadow price is (20 - 10) / (2/3 - 1/3) = 30: 30 * 60 MW = 1800 = 30 * 100 - 10 * 80 - 20 * 20."""
    case = triangle()
    statement = settle(case, solve(case))
    positions, money = statement.positions, statement.asset == 0
    hub = (positions.component == "flow_based_constraint/a-c")[statement.position] & money
    assert set(positions.purpose[statement.position][hub].tolist()) == {Purpose.RENT.value}
    assert statement.amount[hub].sum() == 180000
    assert statement.amount[money].sum() == 0


def test_without_congestion_all_zones_of_a_hub_have_one_price() -> None:
    outcome = solve(triangle(margin("a-c", LINE, ram_mw=70.0)))
    assert outcome.objective == pytest.approx(1000.0)
    assert [prices(outcome, bus)[0] for bus in "abc"] == pytest.approx([10.0, 10.0, 10.0])


def test_a_margin_against_the_direction_binds_where_it_is_given() -> None:
    """The same line named the other way round."""
    turned = {bus: -ratio for bus, ratio in LINE.items()}
    assert optimum(triangle(margin("c-a", turned, ram_mw=500.0))) == pytest.approx(1000.0)
    assert optimum(triangle(margin("c-a", turned, ram_mw=500.0, ram_backward_mw=60.0))) == pytest.approx(1200.0)


def test_a_soft_margin_is_exceeded_where_that_is_cheaper() -> None:
    """At 29 per MWh it pays to send all from a: 66.67 MW on a line of 60; at 31 it does not."""
    outcome = solve(triangle(margin("a-c", LINE, ram_mw=60.0, overload_price_eur_per_mwh=29.0)))
    assert outcome.objective == pytest.approx(1000.0 + 29.0 * (200 * THIRD - 60))
    assert prices(outcome, "c") == pytest.approx([10.0 + 29.0 * 2 * THIRD])
    assert optimum(triangle(margin("a-c", LINE, ram_mw=60.0, overload_price_eur_per_mwh=31.0))) == pytest.approx(1200.0)


def test_several_constraints_share_one_hub() -> None:
    """With a-c at 60 and b's own exchange at 10: 2/3 a + 10/3 = 60, a = 85, and 5 from c: 850 + 200 + 250."""
    only_b = margin("b", {"b": 1.0}, ram_mw=10.0)
    outcome = solve(triangle(margin("a-c", LINE, ram_mw=60.0), only_b))
    assert outcome.objective == pytest.approx(1300.0)
    assert [prices(outcome, bus)[0] for bus in "abc"] == pytest.approx([10.0, 20.0, 50.0])


def test_a_zone_that_loads_nothing_is_named_to_take_part() -> None:
    """Without c among the zones nobody could send there."""
    assert optimum(triangle(margin("a-c", {"a": 2 * THIRD, "b": THIRD}, ram_mw=60.0))) == pytest.approx(5000.0)


def test_hubs_do_not_trade_with_one_another() -> None:
    """Zones a and b are one hub and c is alone in another."""
    first = margin("a-b", {"a": 1.0, "b": 0.0}, ram_mw=60.0, hub="west")
    assert optimum(triangle(first, margin("c", {"c": 1.0}, ram_mw=9.0, hub="east"))) == pytest.approx(5000.0)


def test_ptdf_and_margin_may_change_from_step_to_step() -> None:
    """60 MW of margin, then 70, then no load of the line by a: 1200, 1000, 1000."""
    case = small_case(
        (60, 60, 60),
        buses=BUSES,
        grid_connection=SOURCES,
        demand=[load(100.0, "c")],
        flow_based_constraint=[
            margin("a-c", {**LINE, "a": [2 * THIRD, 2 * THIRD, 0.0]}, ram_mw=[60.0, 70.0, 60.0]),
        ],
    )
    assert optimum(case) == pytest.approx(3200.0)


def test_a_tie_from_outside_couples_through_a_bus_of_its_own() -> None:
    """Power at 5 from d enters at a station beside a, with the PTDF of a: it takes the margin of a away from it.

    d sends 30 MW, a 50: 30 * 5 + 50 * 10 + 20 * 20 = 1050.
    """
    case = small_case(
        (60,),
        buses=[*BUSES, {"id": "d"}, {"id": "station"}],
        grid_connection=[*SOURCES, grid(5.0, id="gd", bus="d")],
        demand=[load(100.0, "c")],
        tie=[tie(from_bus="d", to_bus="station", forward_max_mw=30.0)],
        flow_based_constraint=[margin("a-c", {**LINE, "station": 2 * THIRD}, ram_mw=60.0)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(1050.0)
    assert prices(outcome, "station") == pytest.approx([10.0])


def test_what_is_wrong_with_constraints_is_said() -> None:
    def refused(match: str, *constraints: Record) -> None:
        with pytest.raises(InvalidInput, match=match):
            triangle(*constraints)

    refused("name the zones that trade", margin("x", {}, ram_mw=1.0))
    double = margin("x", {"a": 1.0}, ram_mw=1.0)
    double["zones"] = double["zones"] * 2
    refused("'a' is named twice", double)
    refused(
        "its zone 'a' trades through 'west' already",
        margin("x", {"a": 1.0}, ram_mw=1.0, hub="west"),
        margin("y", {"a": 1.0}, ram_mw=1.0),
    )
    refused(
        "a hub has one congestion income",
        margin("x", {"a": 1.0}, ram_mw=1.0, owner="p"),
        margin("y", {"b": 1.0}, ram_mw=1.0, owner="q"),
    )
    heat = margin("x", {"h": 1.0}, ram_mw=1.0)
    with pytest.raises(InvalidInput, match="a zone is one of electricity"):
        small_case(flow_based_constraint=[heat])
