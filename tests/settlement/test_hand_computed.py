"""Statements of one or two steps, computed by hand; the sum stands in the docstring."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from c4e_opt.components.boiler import Boiler
from c4e_opt.settlement import Purpose, Statement, settle
from tests.settlement.markets import Deal, Part, grid, heat_pump, load, market, sun, tie


def told(statement: Statement) -> list[tuple[Any, ...]]:
    """Lines of money: step, party, purpose, component, energy, price, amount."""
    return [
        (line.step, line.party, str(line.purpose), line.component, line.energy, float(line.price), line.amount)
        for line in statement.lines()
        if line.asset == "EUR"
    ]


def test_a_member_buys_from_a_neighbour_and_the_grid() -> None:
    """Half an hour: ann takes 3 kW, 1.5 kWh; bob gives 1 kW, 0.5 kWh; the grid the rest, 1 kWh, at 300 EUR/MWh.

    ann pays 0.0015 * 300 = 0.45 EUR, bob gets 0.15, the supplier 0.30; no rent.
    """
    parts = [load("flat", "ann", [0.003]), sun("roof", "bob", [0.001]), grid("meter", "sup", [0.002], 300.0)]
    statement = settle(*market(parts, {"e": [300.0]}, minutes=[30]))
    assert told(statement) == [
        (0, "ann", "energy", "demand/flat", -1500, 300.0, -45),
        (0, "bob", "energy", "renewable/roof", 500, 300.0, 15),
        (0, "operator", "rent", "grid_connection/meter", 1000, 0.0, 0),
        (0, "sup", "tariff", "grid_connection/meter", 1000, 300.0, 30),
    ]
    assert statement.balances() == {
        "ann": {"EUR": -45, "electricity": 1500},
        "bob": {"EUR": 15, "electricity": -500},
        "operator": {"EUR": 0},
        "sup": {"EUR": 30, "electricity": -1000},
    }


def test_three_equal_shares_of_a_cent_go_by_the_names() -> None:
    """Three loads of 1 kWh at 10 EUR/MWh owe 1 cent each, the sun gets 3: nothing to round.

    At 5 EUR/MWh each owes half a cent and the sun gets 1.5. Floors are -1, -1, -1, 1, short by 2; all remainders are a
    half, so the first two in the order of names are raised: ann 0, bob 0, cid -1, sun 1.
    """
    parts = [load(f"l{name}", name, [0.001]) for name in ("cid", "bob", "ann")] + [sun("s", "sun", [0.003])]
    assert [line[-1] for line in told(settle(*market(parts, {"e": [10.0]})))] == [-1, -1, -1, 3]
    assert [line[-1] for line in told(settle(*market(parts, {"e": [5.0]})))] == [0, 0, -1, 1]


def test_a_congested_connection_leaves_its_rent_with_the_operator() -> None:
    """1 MWh imported at a tariff of 40 while the bus pays 100: supplier 40 EUR, rent 60, the load pays 100."""
    statement = settle(*market([load("l", "ann", [1.0]), grid("g", "sup", [1.0], 40.0)], {"e": [100.0]}))
    assert [(line[1], line[2], line[-1]) for line in told(statement)] == [
        ("ann", "energy", -10000),
        ("operator", "rent", 6000),
        ("sup", "tariff", 4000),
    ]
    assert statement.by_purpose() == {
        "energy": {"EUR": -10000, "electricity": 1_000_000},
        "rent": {"EUR": 6000},
        "tariff": {"EUR": 4000, "electricity": -1_000_000},
    }


def test_an_export_is_paid_by_the_supplier_at_the_export_price() -> None:
    """2 MWh exported at 30 while the bus pays 20 (limit reached): sun 40 EUR, supplier -60, rent 20."""
    statement = settle(*market([sun("s", "sun", [2.0]), grid("g", "sup", [-2.0], 50.0, 30.0)], {"e": [20.0]}))
    assert {(line[1], line[2]): line[-1] for line in told(statement)} == {
        ("sun", "energy"): 4000,
        ("sup", "tariff"): -6000,
        ("operator", "rent"): 2000,
    }


def test_negative_prices_turn_payments_around() -> None:
    """At -50 the sun pays 50 EUR for its MWh, the load gets 20 for 0.4, the supplier takes 0.6 at -50: gets 30."""
    parts = [sun("s", "sun", [1.0]), load("l", "ann", [0.4]), grid("g", "sup", [-0.6], 0.0, -50.0)]
    statement = settle(*market(parts, {"e": [-50.0]}))
    assert {line[1]: line[-1] for line in told(statement)} == {"sun": -5000, "ann": 2000, "sup": 3000, "operator": 0}


def test_a_tie_earns_the_difference_and_pays_its_losses() -> None:
    """0.6 sent at 10, 0.54 arrive at 50: the owner pays 6 EUR, gets 27, and keeps 21 and the loss of 0.06 MWh."""
    parts = [
        grid("ga", "sup", [0.6], 10.0, bus="a"),
        grid("gb", "sup", [0.46], 50.0, bus="b"),
        load("l", "ann", [1.0], "b"),
        tie("t", "net", [0.6], [0.54], ("a", "b")),
    ]
    statement = settle(*market(parts, {"a": [10.0], "b": [50.0]}))
    assert [(line[1], line[2], line[-1]) for line in told(statement) if line[1] == "net"] == [
        ("net", "rent", -600),
        ("net", "rent", 2700),
    ]
    assert statement.balances()["net"] == {"EUR": 2100, "electricity": 60_000}
    assert statement.balances()["ann"] == {"EUR": -5000, "electricity": 1_000_000}


def test_a_conversion_settles_each_carrier_at_its_own_bus() -> None:
    """1 MWh of power at 60 becomes 3 MWh of heat at 25: the pump pays 60 EUR and gets 75."""
    parts = [heat_pump("p", "pam", [1.0], [3.0]), sun("s", "sun", [1.0]), load("rooms", "ann", [3.0], "h")]
    carriers = {"h": "heat"}
    statement = settle(*market(parts, {"e": [60.0], "h": [25.0]}, carriers=carriers))
    assert [asset.id for asset in statement.assets] == ["EUR", "electricity", "heat"]
    assert statement.balances() == {
        "ann": {"EUR": -7500, "heat": 3_000_000},
        "pam": {"EUR": 1500, "electricity": 1_000_000, "heat": -3_000_000},
        "sun": {"EUR": 6000, "electricity": -1_000_000},
    }


def test_orders_are_paid_what_they_clear_at() -> None:
    """0.25 MWh at 80: the seller gets 20 EUR, the buyer pays it; an order that was not accepted has no line."""
    deals = [
        Deal("s", "ann", "e", 1, 0, 0.25),
        Deal("b", "bob", "e", -1, 0, 0.25),
        Deal("none", "bob", "e", -1, 0, 0.0),
    ]
    statement = settle(*market([], {"e": [80.0]}, deals))
    assert told(statement) == [
        (0, "ann", "order", "order/s", 250_000, 80.0, 2000),
        (0, "bob", "order", "order/b", -250_000, 80.0, -2000),
    ]


def test_what_has_no_owner_belongs_to_the_operator() -> None:
    """Nobody owns load and connection: the operator pays 10 EUR to itself."""
    statement = settle(*market([load("l", "", [1.0]), grid("g", "", [1.0], 10.0)], {"e": [10.0]}))
    assert statement.balances() == {"operator": {"EUR": 0, "electricity": 0}}
    assert {line.purpose for line in statement.lines()} == {Purpose.ENERGY, Purpose.TARIFF, Purpose.RENT}


def test_what_a_solver_leaves_over_goes_to_the_rounding_account() -> None:
    """1.0000006 MWh given, 1 taken, at 100: 0.6 Wh over; booked 1000001 and 1000000, the operator takes 1 Wh.

    Money: 100.0001 and -100 EUR, the operator's Wh costs it 0.0001: 10000, -10000, 0 cents.
    """
    statement = settle(*market([sun("s", "sun", [1.0000006]), load("l", "ann", [1.0])], {"e": [100.0]}))
    assert told(statement) == [
        (0, "ann", "energy", "demand/l", -1_000_000, 100.0, -10000),
        (0, "operator", "rounding", "", -1, 100.0, 0),
        (0, "sun", "energy", "renewable/s", 1_000_001, 100.0, 10000),
    ]
    assert statement.balances()["operator"] == {"EUR": 0, "electricity": 1}


def test_flows_below_the_noise_move_nothing() -> None:
    """A connection left at -5e-8 MW by a solver neither exports nor earns the absurd export price."""
    parts = [sun("s", "sun", [1.0]), load("l", "ann", [1.0]), grid("g", "sup", [-5e-8], 10.0, 1e6)]
    statement = settle(*market(parts, {"e": [100.0]}, money=6, energy=9))
    assert set(statement.balances()) == {"ann", "sun"}


def test_energy_and_order_prices_left_over_meet_on_one_rounding_line() -> None:
    """0.6 Wh more is given than taken, and 1 MWh bought at 100 is sold at 100.0000002.

    The sun gets 100.00006, the seller 100.0000002, ann and the buyer pay 100 each: the operator takes the 0.6 Wh and
    pays 0.0000602.
    """
    deals = [Deal("s", "sam", "e", 1, 0, 1.0, cleared=100.0000002), Deal("b", "bob", "e", -1, 0, 1.0, cleared=100.0)]
    parts = [sun("s", "sun", [1.0000006]), load("l", "ann", [1.0])]
    statement = settle(*market(parts, {"e": [100.0]}, deals, money=9, energy=7))
    assert {line[1]: line[-1] for line in told(statement)} == {
        "ann": -100_000_000_000,
        "bob": -100_000_000_000,
        "operator": -60_200,
        "sam": 100_000_000_200,
        "sun": 100_000_060_000,
    }
    assert statement.balances()["operator"] == {"EUR": -60_200, "electricity": 6}


def test_two_ports_of_a_component_at_one_bus_are_one_position() -> None:
    """A boiler that burns 1.25 MWh of its own carrier and gives 1 back takes 0.25 at 80: 20 EUR."""
    record = Boiler(id="k", heat_bus="e", fuel_bus="e", owner="ann", heat_max_mw=9.0, efficiency=0.8)
    parts = [Part("boiler", record, {"e": [1.0]}), Part("boiler", record, {"e": [-1.25]}), sun("s", "sun", [0.25])]
    assert [line[-1] for line in told(settle(*market(parts, {"e": [80.0]})))] == [-2000, 2000]


def test_eighteen_decimals_are_exact() -> None:
    """1234.567 MWh at 87.654321: every digit behind the point is there, in integers beyond 64 bits."""
    flows = [sun("s", "sun", [1234.567]), load("l", "ann", [1234.567])]
    statement = settle(*market(flows, {"e": [87.654321]}, money=18, energy=18))
    amount = int(Decimal("1234.567") * Decimal("87.654321") * 10**18)
    assert amount > 2**64
    assert statement.balances() == {
        "ann": {"EUR": -amount, "electricity": 1234567 * 10**15},
        "sun": {"EUR": amount, "electricity": -1234567 * 10**15},
    }


def test_whole_megawatt_hours_can_be_the_unit_of_the_books() -> None:
    """0.7 + 0.7 + 0.6 MWh taken, 2 given: booked -1, -1, 0 and 2; whole euros follow the booked energy."""
    parts = [load("a", "ann", [0.7]), load("b", "bob", [0.7]), load("c", "cid", [0.6]), sun("s", "sun", [2.0])]
    statement = settle(*market(parts, {"e": [33.0]}, money=0, energy=0))
    assert statement.balances() == {
        "ann": {"EUR": -33, "electricity": 1},
        "bob": {"EUR": -33, "electricity": 1},
        "sun": {"EUR": 66, "electricity": -2},
    }


def test_no_steps_no_lines() -> None:
    """A horizon without steps settles to an empty statement that balances."""
    statement = settle(*market([load("l", "ann", []), sun("s", "sun", [])], {"e": []}))
    assert len(statement) == 0
    assert statement.balances() == {}
    assert statement.to_json()["lines"]["amount"] == []


def test_a_case_without_components_and_orders_settles_to_nothing() -> None:
    """Nothing flows."""
    assert len(settle(*market([], {"e": [10.0, 20.0]}))) == 0
