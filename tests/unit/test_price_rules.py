"""Price rules on examples that were solved by hand, most of them known from the literature.

Gribik, Hogan, Pope (2007): unit A gives 100 MW at 65 and 100 MW more at 110; unit B costs 6000 to start and gives 100
MW at 40 and 100 MW more at 90. On average B costs 100 at 100 MW and 95 at 200 MW, so the convex hull of all costs has
slope 65 up to 100 MW, 95 up to 300 MW and 110 up to 400 MW.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, settle, solve
from c4e_opt.case import check
from c4e_opt.errors import InvalidInput, UnsupportedProgram
from c4e_opt.formulate import formulate
from c4e_opt.outcome import Outcome
from c4e_opt.pricing import RuleResult, table
from c4e_opt.pricing.participants import take_apart
from tests.unit.auctions import got, order
from tests.unit.small_cases import battery, book, converter, grid, load, order_columns, prices, small_case, tie


def segments(*parts: tuple[float, float]) -> list[dict[str, float]]:
    return [{"power_mw": width, "cost_eur_per_mwh": cost} for width, cost in parts]


def gribik(demand: float, **fields: Any) -> Case:
    units = [
        {"id": "A", "bus": "e", "power_max_mw": 200.0, "cost_segments": segments((100, 65), (100, 110))},
        {
            "id": "B",
            "bus": "e",
            "power_max_mw": 200.0,
            "start_cost_eur": 6000.0,
            "cost_segments": segments((100, 40), (100, 90)),
            "owner": "q",
        },
    ]
    return small_case((60,), demand=[load(demand, owner="p")], generator=units, **fields)


def by_rule(case: Case, *rules: str) -> dict[str, RuleResult]:
    found = table(case, solve(case), rules) if rules else table(case, solve(case))
    return {each.rule: each for each in found}


def of(result: RuleResult, name: str, what: str = "lost_opportunity") -> float:
    return float(getattr(result.uplift, what)[result.uplift.names.tolist().index(name)])


def with_policy(case: Case, **fields: Any) -> Case:
    return replace(case, policy=replace(case.policy, **fields))


@pytest.mark.parametrize(("demand", "price"), [(50.0, 65.0), (150.0, 95.0), (250.0, 95.0), (350.0, 110.0)])
def test_the_convex_hull_price_is_the_slope_of_the_hull(demand: float, price: float) -> None:
    found = by_rule(gribik(demand), "convex_hull")["convex_hull"]
    assert found.price_eur_per_mwh[0] == pytest.approx([price])


def test_what_everybody_loses_by_every_rule() -> None:
    """At 150 MW unit A alone is cheapest: 6500 + 5500 = 12000, against 14500 with B.

    Marginal price 110: A regrets nothing; B would earn 200 * 110 - 19000 = 3000. Hull price 95: A would rather give
    100 MW and earn 3000 than 2250; B earns 0 at best; together 750, the gap 12000 - (6500 + 50 * 95). With its start
    spread over 200 MW B costs 70 and 120, so that it is marginal at 70 in the pricing run.
    """
    found = by_rule(gribik(150.0))
    price = {name: float(result.price_eur_per_mwh[0, 0]) for name, result in found.items()}
    assert price == pytest.approx(
        {
            "marginal": 110,
            "elmp": 70,
            "convex_hull": 95,
            "minimum_uplift": 110,
            "pay_as_bid": 110,
            "temporal": 110,
        }
    )
    assert found["marginal"].uplift.total == pytest.approx(3000)
    assert of(found["marginal"], "generator/B") == pytest.approx(3000)
    assert found["convex_hull"].uplift.total == pytest.approx(750)
    assert of(found["convex_hull"], "generator/A") == pytest.approx(750)
    assert of(found["convex_hull"], "generator/A", "profit") == pytest.approx(2250)
    assert of(found["elmp"], "generator/A", "make_whole") == pytest.approx(12000 - 150 * 70)
    assert found["minimum_uplift"].uplift.make_whole.sum() == pytest.approx(0)
    assert found["pay_as_bid"].payment_eur == pytest.approx([12000 - 150 * 110, 0])
    assert not found["pay_as_bid"].uplift.profit.any()


@pytest.mark.parametrize(("demand", "price"), [(20.0, 2 + 30 / 7), (55.0, 3 + 53 / 16), (140.0, 7.0)])
def test_scarf_as_modified_by_hogan_and_ring(demand: float, price: float) -> None:
    """Hogan and Ring (2003), On minimum-uplift pricing for electricity markets.

    Six smokestacks of 16 MW (start 53, 3 per MWh), five high-tech units of 7 MW (30, 2), five of 6 MW at 7 that give
    at least 2 MW. Average costs at full power are 6.3125, 6.2857 and 7, and the hull goes from the cheapest to the
    dearest: up to 35 MW, up to 131 MW and up to 161 MW.
    """
    kinds = [
        ("smokestack", 6, 16.0, 53.0, 3.0, 0.0),
        ("high", 5, 7.0, 30.0, 2.0, 0.0),
        ("med", 5, 6.0, 0.0, 7.0, 1 / 3),
    ]
    units = [
        {
            "id": f"{name} {place}",
            "bus": "e",
            "power_max_mw": power,
            "start_cost_eur": start,
            "cost_eur_per_mwh": cost,
            "minimum_load_ratio": least,
        }
        for name, count, power, start, cost, least in kinds
        for place in range(count)
    ]
    case = small_case((60,), demand=[load(demand)], generator=units)
    found = by_rule(case, "convex_hull", "marginal", "minimum_uplift")
    assert found["convex_hull"].price_eur_per_mwh[0] == pytest.approx([price])
    assert found["convex_hull"].uplift.total <= found["marginal"].uplift.total + 1e-9


def test_extended_prices_with_and_without_starts_and_units_that_stand_still() -> None:
    """At 150 MW B stands still.

    Without its start it costs 40 and 90: 100 MW of it, then A at 65. Without B at all the
    price is that of A's second part.
    """
    case = gribik(150.0)
    for fields, price in (({"elmp_start_costs": False}, 65.0), ({"elmp_offline_units": False}, 110.0)):
        found = by_rule(with_policy(case, **fields), "elmp")["elmp"]
        assert found.price_eur_per_mwh[0] == pytest.approx([price])


def test_the_first_part_of_an_extended_price_is_an_average_cost() -> None:
    """A unit that gives 50 to 100 MW: 1000 while on and 10 per MWh above 50 MW where it begins.

    50 MW cost 20 on
    average, more than the MWh above, which come first; with a start of 500 over 100 MW both cost 5 more. A load of 30
    sets 15, one of 80 sets 25.
    """
    unit = {
        "id": "g", "bus": "e", "power_max_mw": 100.0, "power_min_mw": 50.0, "running_cost_eur_per_hour": 1000.0,
        "start_cost_eur": 500.0, "segments_above_minimum": True, "cost_segments": segments((50, 10)),
    }  # fmt: skip
    for demand, price in ((30.0, 15.0), (80.0, 25.0)):
        case = small_case(
            (60,), demand=[load(demand)], generator=[unit], grid_connection=[grid(500.0, export_max_mw=90.0)]
        )
        assert by_rule(case, "elmp")["elmp"].price_eur_per_mwh[0] == pytest.approx([price])


def test_temporal_prices_give_a_unit_on_its_ramp_its_own_cost() -> None:
    """Loads 420, 590, 590: G1 (25, up to 500) and G2 (30, rises by 50 MW an hour).

    G2 must begin with 40 although it is
    dearer: LMP 25, 35, 30; G2 is settled at 30 in every step, as it is between its limits.
    """
    ramp = {"ramp_up_ratio_per_hour": 0.1, "ramp_down_ratio_per_hour": 0.1}
    units = [
        {"id": "G1", "bus": "e", "power_max_mw": 500.0, "cost_eur_per_mwh": 25.0},
        {"id": "G2", "bus": "e", "power_max_mw": 500.0, "cost_eur_per_mwh": 30.0, **ramp},
    ]
    case = small_case((60, 60, 60), demand=[load([420.0, 590.0, 590.0])], generator=units)
    outcome = solve(with_policy(case, pricing="temporal"))
    assert prices(outcome, "e") == pytest.approx([25, 35, 30])
    uplift = outcome.uplift_table
    assert uplift.labels["participant"].tolist() == ["generator/G1", "generator/G2"]
    assert uplift.values("ramp_price_eur_per_mwh") == pytest.approx(np.array([[0, 0, 0], [5, -5, 0]]))
    assert uplift.values("payment_eur") == pytest.approx([0, 40 * 5 - 90 * 5])
    assert uplift.values("profit_eur")[1] == pytest.approx(0)


def blocks() -> Case:
    """A buyer of 10 at 100; two alike sellers of 6 at 40; a block of 12 at 10, all or nothing, which is too large."""
    orders = order_columns(
        ("buy", "e", "buy", 0, 100.0, 10.0),
        ("one", "e", "sell", 0, 40.0, 6.0),
        ("two", "e", "sell", 0, 40.0, 6.0),
        ("block", "e", "sell", 0, 10.0, 12.0),
    )
    return small_case((60,), orders={**orders, "ratio_min": [0.0, 0.0, 0.0, 1.0]})


def test_a_block_that_is_too_large_regrets_it_at_marginal_prices() -> None:
    """At 40 the block loses (40 - 10) * 12.

    At the hull price 10 the sellers lose 10 * 30, half each, as the gap says:
    400 against 10 * 10.
    """
    found = by_rule(blocks(), "marginal", "convex_hull", "pay_as_bid")
    assert found["marginal"].price_eur_per_mwh[0] == pytest.approx([40])
    assert of(found["marginal"], "order/block") == pytest.approx(360)
    hull = found["convex_hull"]
    assert hull.price_eur_per_mwh[0] == pytest.approx([10])
    assert hull.uplift.total == pytest.approx(300)
    assert [of(hull, f"order/{name}", "make_whole") for name in ("one", "two")] == pytest.approx([150, 150])
    assert of(hull, "order/buy", "profit") == pytest.approx(900)
    as_bid = found["pay_as_bid"]
    assert sum(as_bid.payment_eur) == pytest.approx(-(10 * 60))
    assert as_bid.balance_eur == pytest.approx(600)


def test_orders_that_decide_together_are_settled_one_by_one() -> None:
    """A block at 20 of 6 and its child at 10 of 5, a block of 4 that moves, two of 5 of which one may be accepted.

    At 40 and 30 they earn 6 * 20, 5 * 20, in the first step 4 * 25, and the later of the two 5 * 8.
    """
    rows = [
        ("buy", "e", "buy", 0, 100.0, 10.0), ("more", "e", "buy", 1, 60.0, 10.0), ("s", "e", "sell", 0, 40.0, 12.0),
        ("t", "e", "sell", 1, 30.0, 12.0), ("parent", "e", "sell", 0, 20.0, 6.0), ("child", "e", "sell", 1, 10.0, 5.0),
        ("moves", "e", "sell", 0, 15.0, 4.0), ("one", "e", "sell", 0, 25.0, 5.0), ("other", "e", "sell", 1, 22.0, 5.0),
    ]  # fmt: skip
    more: dict[str, Any] = {
        "ratio_min": [0.0] * 4 + [1.0] * 5,
        "parent": ["parent" if row[0] == "child" else "" for row in rows],
        "group": ["g" if row[0] in ("one", "other") else "" for row in rows],
        "step_last": [1 if row[0] == "moves" else row[3] for row in rows],
    }
    case = with_policy(small_case((60, 60), orders={**order_columns(*rows), **more}), pricing="pay_as_bid")
    outcome = solve(case)
    assert prices(outcome, "e") == pytest.approx([40, 30])
    names = outcome.uplift_table.labels["participant"].tolist()
    paid = dict(zip(names, outcome.uplift_table.values("payment_eur").tolist(), strict=True))
    said = {
        "buy": -600,
        "more": -300,
        "s": 0,
        "t": 0,
        "parent": -120,
        "child": -100,
        "moves": -100,
        "one": 0,
        "other": -40,
    }
    assert paid == pytest.approx({f"order/{name}": amount for name, amount in said.items()})


def test_a_battery_that_stores_energy_stands_aside_by_keeping_it() -> None:
    """It cannot have nothing in store, and so it is no loss that it moves nothing: nobody makes it whole."""
    case = small_case(
        (60,), demand=[load(150.0)], generator=list(gribik_units()), battery=[battery(energy_start_mwh=1.0)]
    )
    found = by_rule(case, "convex_hull")["convex_hull"]
    assert of(found, "battery/b", "make_whole") == pytest.approx(0)


def gribik_units() -> list[dict[str, Any]]:
    a = {"id": "A", "bus": "e", "power_max_mw": 200.0, "cost_segments": segments((100, 65), (100, 110))}
    b = {**a, "id": "B", "start_cost_eur": 6000.0, "cost_segments": segments((100, 40), (100, 90))}
    return [a, b]


def grid_of_two(pricing: str, formulation: str) -> Outcome:
    """A at bus a, B at bus e, and a line of 60 MW between them; 150 MW of load at e."""
    (a, b), buses = gribik_units(), [{"id": "a", "slack": True}, {"id": "e"}]
    line = {"id": "l", "from_bus": "a", "to_bus": "e", "reactance_pu": 0.1, "limit_mw": 60.0}
    case = small_case((60,), buses=buses, demand=[load(150.0)], generator=[{**a, "bus": "a"}, b], line=[line])
    return solve(with_policy(case, pricing=pricing, dc_formulation=formulation, uplift="lost_opportunity"))


@pytest.mark.parametrize("pricing", ["convex_hull", "elmp", "minimum_uplift", "marginal"])
def test_prices_on_a_grid_do_not_depend_on_how_it_is_written(pricing: str) -> None:
    one, other = (grid_of_two(pricing, formulation) for formulation in ("lazy", "angles"))
    assert prices(one, "a") == pytest.approx(prices(other, "a"))
    assert prices(one, "e") == pytest.approx(prices(other, "e"))


def test_a_line_that_is_full_parts_the_hull_prices() -> None:
    """60 MW come from A at 65; the other 90 MW from B, whose hull has slope 95."""
    outcome = grid_of_two("convex_hull", "lazy")
    assert prices(outcome, "a") == pytest.approx([65])
    assert prices(outcome, "e") == pytest.approx([95])


def test_make_whole_is_paid_by_those_who_take_energy_to_the_cent() -> None:
    """At 250 MW A gives 100 and B 150, at a marginal price of 90.

    B lacks 6000 + 4000 + 4500 - 150 * 90 = 1000, which the load gives.
    """
    case = with_policy(gribik(250.0), uplift="make_whole", uplift_paid_by="demand")
    outcome = solve(case)
    assert prices(outcome, "e") == pytest.approx([90])
    statement = settle(case, outcome)
    assert statement.by_purpose()["uplift"]["EUR"] == 100_000
    assert statement.by_purpose()["uplift_share"]["EUR"] == -100_000
    balances = statement.balances()
    assert balances["q"]["EUR"] == 150 * 9000 + 100_000
    assert balances["p"]["EUR"] == -250 * 9000 - 100_000


def test_the_operator_pays_uplift_unless_it_is_said_otherwise() -> None:
    case = with_policy(gribik(250.0), uplift="make_whole")
    statement = settle(case, solve(case))
    assert statement.by_purpose()["cover"]["EUR"] == -100_000
    assert sum(amounts["EUR"] for amounts in statement.balances().values()) == 0


def test_an_answer_with_uplift_can_be_written_and_read(tmp_path: Any) -> None:
    outcome = solve(with_policy(gribik(250.0), uplift="make_whole"))
    assert Outcome.read(outcome.write(tmp_path)) == outcome
    assert outcome.uplift.payment_eur.sum() == pytest.approx(1000)


def test_what_does_not_go_together_is_said() -> None:
    case = gribik(150.0)
    for fields, path in (
        ({"pricing": "european", "uplift": "make_whole"}, "policy.uplift"),
        ({"pricing": "convex_hull", "second_objective": "start"}, "policy.second_objective"),
        ({"pricing": "european", "second_objective": "start"}, "policy.second_objective"),
        ({"pricing": "nearest"}, "policy.pricing"),
        ({"uplift": "some"}, "policy.uplift"),
    ):
        assert path in [issue.path for issue in check(with_policy(case, **fields))]
    with pytest.raises(InvalidInput, match="nope"):
        table(case, solve(case), ["nope"])


def test_extended_prices_refuse_losses() -> None:
    (a, b), buses = gribik_units(), [{"id": "a", "slack": True}, {"id": "e"}]
    line = {"id": "l", "from_bus": "a", "to_bus": "e", "reactance_pu": 0.1, "resistance_pu": 0.01, "limit_mw": 160.0}
    case = small_case((60,), buses=buses, demand=[load(150.0)], generator=[{**a, "bus": "a"}, b], line=[line])
    with pytest.raises(UnsupportedProgram, match="losses"):
        solve(with_policy(case, pricing="elmp", losses="iterated"))


def test_alike_orders_of_different_rank_lose_by_what_is_accepted_of_each() -> None:
    """Of 10 the first gets 6 and the second 4; at the hull price 10 each loses 30 a MWh."""
    case = blocks()
    orders = replace(case.orders, rank=np.array([0, 1, 2, 0]))
    found = by_rule(replace(case, orders=orders), "convex_hull")["convex_hull"]
    assert [of(found, f"order/{name}", "make_whole") for name in ("one", "two")] == pytest.approx([180, 120])


def test_what_had_to_run_anyway_is_not_made_whole() -> None:
    """A unit at 50 runs at its least 5 MW for the second hour of two; the price is 20, but it could not stand aside."""
    unit = {
        "id": "old", "bus": "e", "power_max_mw": 10.0, "minimum_load_ratio": 0.5, "cost_eur_per_mwh": 50.0,
        "on_initially": True, "hours_in_state_initially": 1.0, "minimum_up_hours": 2.0,
    }  # fmt: skip
    case = small_case((60,), demand=[load(8.0)], generator=[unit], grid_connection=[grid(20.0)])
    found = by_rule(case, "marginal")["marginal"]
    assert of(found, "generator/old", "profit") == pytest.approx(-150)
    assert of(found, "generator/old", "make_whole") == pytest.approx(0)
    assert of(found, "generator/old") == pytest.approx(0)


def test_a_line_that_is_not_full_loses_what_it_could_earn() -> None:
    """A unit of 50 to 100 MW (start 1000, 10 per MWh) behind a line of 40 MW can never run; 40 MW cost 30 here.

    In the hull it gives 40 MW at 20 on average: prices 20 and 30, and the gap 40 * 30 - 40 * 20 is all the line's.
    """
    units = [
        {
            "id": "far", "bus": "a", "power_max_mw": 100.0, "minimum_load_ratio": 0.5, "start_cost_eur": 1000.0,
            "cost_eur_per_mwh": 10.0,
        },
        {"id": "near", "bus": "e", "power_max_mw": 100.0, "cost_eur_per_mwh": 30.0},
    ]  # fmt: skip
    buses = [{"id": "a", "slack": True}, {"id": "e"}]
    line = {"id": "l", "from_bus": "a", "to_bus": "e", "reactance_pu": 0.1, "limit_mw": 40.0}
    case = small_case((60,), buses=buses, demand=[load(40.0)], generator=units, line=[line])
    found = by_rule(case, "convex_hull")["convex_hull"]
    assert found.price_eur_per_mwh[:, 0] == pytest.approx([20, 30])
    assert found.uplift.grid == pytest.approx(400)
    assert found.uplift.total == pytest.approx(400)


def test_who_is_settled_at_a_tariff_is_paid_nothing_besides() -> None:
    """The connection gives 10 MW at 50 where the price is 90; the operator has the rent already."""
    case = with_policy(gribik(250.0, grid_connection=[grid(50.0, import_max_mw=10.0)]), pricing="pay_as_bid")
    outcome = solve(case)
    place = outcome.uplift_table.labels["participant"].tolist().index("grid_connection/grid")
    assert outcome.uplift_table.values("payment_eur")[place] == 0
    assert np.abs(outcome.uplift_table.values("payment_eur")).sum() > 0


def test_a_quadratic_cost_is_a_bid_too() -> None:
    """10 MW cost 100, the price is 20: paid as bid the unit gives back 100."""
    unit = {"id": "g", "bus": "e", "power_max_mw": 20.0, "quadratic_cost_eur_per_mw2_hour": 1.0}
    case = with_policy(small_case((60,), demand=[load(10.0)], generator=[unit]), pricing="pay_as_bid")
    outcome = solve(case)
    assert prices(outcome, "e") == pytest.approx([20])
    assert outcome.uplift_table.values("payment_eur") == pytest.approx([-100], abs=1e-4)


def test_reserve_of_a_unit_belongs_to_the_unit() -> None:
    """Whoever keeps reserve decides on it together with its power; only what is wanted in all ties units together."""
    case = small_case((60,), demand=[load(150.0)], generator=gribik_units(), reserve=[{"id": "r", "up_mw": 20.0}])
    formulation = formulate(case)
    parts = take_apart(formulation, formulation.program.matrices())
    kept, power = (formulation.program.variables[name] for name in ("reserve_up_mw", "generator_power_mw"))
    own = parts.member[kept.start : kept.stop]
    assert sorted(own) == sorted(parts.member[power.start : power.stop])
    assert parts.names.tolist() == ["generator/A", "generator/B"]


@pytest.mark.parametrize("rule", ["pay_as_bid", "temporal", "elmp", "minimum_uplift", "convex_hull"])
def test_every_rule_finds_the_choice_of_an_indivisible_order_again(rule: str) -> None:
    """A quarter of an hour of 3.4 MW at 60 brings 0.85 MWh, which the buyer at 90 takes.

    A converter would make 0.9 MWh of heat at 20 of every MWh, and stands still. The indivisible buyer of 3.8 MWh at 95
    gets 2 MWh at 10, 0.7 at 45 and 1.1 at 80: 51 + 20 + 31.5 + 88 - 76.5 - 361 = -247.
    """
    orders = book(
        order("buy", "buy", 90.0, 2.0),
        order("first", "sell", 10.0, 2.0, bus="x"),
        order("second", "sell", 45.0, 0.7, bus="x"),
        order("third", "sell", 80.0, 3.0, bus="x"),
        order("whole", "buy", 95.0, 3.8, bus="x", ratio_min=1.0),
        order("heat", "buy", 20.0, 2.0, bus="h"),
    )
    outputs = [{"bus": "h", "efficiency": 0.9}, {"bus": "x", "efficiency": -0.2}]
    case = small_case(
        (15,),
        buses=[{"id": "e"}, {"id": "x"}, {"id": "h", "carrier": "heat"}],
        orders=orders,
        policy={"pricing": rule},
        grid_connection=[grid(60.0, import_max_mw=3.4)],
        converter=[converter(input_max_mw=2.0, outputs=outputs)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(-247.0)
    accepted = {"buy": 0.85, "first": 2.0, "second": 0.7, "third": 1.1, "whole": 3.8, "heat": 0.0}
    assert got(outcome) == pytest.approx(accepted)


@pytest.mark.parametrize("rule", ["pay_as_bid", "temporal"])
def test_prices_at_the_ends_of_an_idle_tie_meet_beside_an_indivisible_order(rule: str) -> None:
    """The buyer at b would pay 80 for what a sends, of which a tenth is lost: a MWh at a is worth 72.

    Nobody buys of the block at e, which is a place of its own.
    """
    orders = book(order("block", "sell", 35.0, 3.0, ratio_min=1.0), order("buy", "buy", 80.0, 1.0, bus="b"))
    buses = [{"id": "a"}, {"id": "b"}, {"id": "e"}]
    case = small_case((60,), buses=buses, orders=orders, policy={"pricing": rule}, tie=[tie(loss_ratio=0.1)])
    outcome = solve(case)
    assert got(outcome) == {"block": 0.0, "buy": 0.0}
    assert (prices(outcome, "a"), prices(outcome, "b")) == (pytest.approx([72.0]), pytest.approx([80.0]))


@pytest.mark.parametrize("rule", ["pay_as_bid", "temporal"])
def test_an_idle_battery_would_not_rather_charge_beside_an_indivisible_order(rule: str) -> None:
    """It is empty; of a MWh that it takes now it gives 0.81, for which the buyer an hour later pays 80: worth 64.8."""
    orders = book(order("block", "sell", 35.0, 3.0, bus="h", ratio_min=1.0), order("buy", "buy", 80.0, 1.0, 1))
    idle = battery(charge_efficiency=0.9, discharge_efficiency=0.9)
    outcome = solve(small_case(orders=orders, policy={"pricing": rule}, battery=[idle]))
    assert got(outcome) == {"block": 0.0, "buy": 0.0}
    now, later = prices(outcome, "e")
    assert now >= 64.8 - 1e-6
    assert later == pytest.approx(80.0)
