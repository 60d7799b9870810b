"""Published small auctions: examples of papers, and complex orders of openDAM with what its tests expect.

Bichler et al., Electricity Spot Market Design 2030-2050 (2021), figure 5; Bichler et al., Pricing in non-convex markets
(2021), section 5.1; bcornelusse/openDAM, tests of complex orders (BSD-2). The numbers are in the oracles.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from c4e_opt import Outcome, SolveOptions, solve
from c4e_opt.case.build import Builder
from tests.unit.auctions import cleared, got, order, price

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "market"
PAPERS, OPENDAM = ORACLES / "paper_nonconvex_cases.json", ORACLES / "opendam" / "data"

pytestmark = pytest.mark.skipif(not PAPERS.is_file(), reason="no oracles here")


def paper(name: str) -> Any:
    return json.loads(PAPERS.read_text(encoding="utf-8"))[name]


@pytest.mark.parametrize("name", ["whitepaper_fig5a", "whitepaper_fig5d"])
def test_figures_of_the_white_paper(name: str) -> None:
    """With a divisible block the price is 40; one that needs 11 of its 12 MWh is rejected, and the price is 100."""
    case = paper(name)
    orders = [
        order(who, "sell" if energy > 0 else "buy", limit, abs(energy), ratio_min=11 / 12 if "11/12" in kind else "")
        for who, kind, energy, limit in case["orders"]
    ]
    outcome = cleared(*orders)
    sold = sum(got(outcome)[who] for who, _, energy, _ in case["orders"] if energy > 0)
    assert sold == pytest.approx(case["expected"]["cleared"])
    assert price(outcome) == [case["expected"]["price"]]


@pytest.mark.parametrize("name", ["nonconvex_5_1_1", "nonconvex_5_1_2"])
def test_examples_of_pricing_in_non_convex_markets(name: str) -> None:
    """Two demand blocks, two generators; in the second one blocks are divisible and generators have least outputs.

    The generators' steps are orders of their own, indivisible below their least part. Where the published price is one
    of several that fit, it lies within the interval.
    """
    case = paper(name)
    orders: list[dict[str, Any]] = []
    for who, kind, energy, limit in case["orders"]:
        if isinstance(energy, list):
            profile = [abs(each) for each in cast("list[float]", energy)]
            orders.append(
                order(who, "buy", limit, "", profile_mwh=str(profile), ratio_min="" if "mar0" in kind.replace(" ", "")
                      else 1.0)
            )  # fmt: skip
            continue
        least = {"2/15": 2 / 15, "10/20": 0.5}
        ratio = next((part for word, part in least.items() if word in kind), "")
        orders += [order(f"{who} {step}", "sell", limit, energy, step, ratio_min=ratio) for step in range(case["T"])]
    outcome = cleared(*orders, minutes=(60,) * case["T"])
    sold = [sum(got(outcome)[f"{who} {step}"] for who in ("gen_a", "gen_b")) for step in range(case["T"])]
    assert sold == pytest.approx(case["expected"]["supply"])
    low, high = price(outcome, "price_low"), price(outcome, "price_high")
    assert all(a <= p <= b for a, p, b in zip(low, case["expected"]["price"], high, strict=True))


def table(name: str, day: int) -> list[dict[str, str]]:
    with (OPENDAM / f"{name}.csv").open(encoding="utf-8-sig") as file:
        return [row for row in csv.DictReader(file) if int(row["DAY_ID"]) == day]


def opendam(day: int, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Outcome:
    """One day of openDAM; its curves are steps, and its complex orders have one step in each period."""
    steps = next(int(row["NPERIODS"]) for row in table("days", day))
    curves = {row["CURVE_ID"]: row for row in table("curves", day)}
    orders: list[dict[str, Any]] = []
    reached: dict[str, float] = {}
    for row in table("curve_data", day):
        curve, quantity = curves[row["CURVE_ID"]], float(row["QUANTITY"])
        step = quantity - reached.get(row["CURVE_ID"], 0.0)
        reached[row["CURVE_ID"]] = quantity
        if step > 0:
            side = "buy" if curve["TYPE"] == "DEMAND" else "sell"
            orders.append(order(f"curve {row['CURVE_ID']} {row['POSITION']}", side, float(row["PRICE"]), step,
                                int(curve["PERIOD"]) - 1, bus=curve["ZONE_ID"]))  # fmt: skip
    complexes: list[dict[str, Any]] = []
    for row in table("complexorders", day):
        name = f"order{row['COMPLEX_ID']}"
        record = {
            "id": name, "condition": "minimum_income", "fixed_eur": float(row["FIXED_TERM"]),
            "variable_eur_per_mwh": float(row["VARIABLE_TERM"]),
            "ramp_up_mw_per_hour": float(row["RAMP_UP"]) if row["RAMP_UP"] else None,
            "ramp_down_mw_per_hour": float(row["RAMP_DOWN"]) if row["RAMP_DOWN"] else None,
            **(changes or {}).get(name, {}),
        }  # fmt: skip
        complexes.append({key: content for key, content in record.items() if content is not None})
        orders += [
            order(f"{name} {each['PERIOD']}", "sell", float(each["PRICE"]), float(each["QUANTITY"]),
                  int(each["PERIOD"]) - 1, bus=row["ZONE_ID"], complex_order=name)
            for each in table("complexorder_data", day)
            if each["COMPLEX_ID"] == row["COMPLEX_ID"] and float(each["QUANTITY"]) > 0
        ]  # fmt: skip
    for row in table("blocks", day):
        profile = [float(each["QUANTITY"]) for each in table("block_data", day) if each["BLOCK_ID"] == row["BLOCK_ID"]]
        orders.append(order(f"block {row['BLOCK_ID']}", "sell", float(row["PRICE"]), "", bus=row["ZONE_ID"],
                            profile_mwh=str(profile), ratio_min=float(row["MIN_RATIO"])))  # fmt: skip
    for row in table("punorders", day):
        together = {"bus": row["ZONE_ID"], "rank": int(row["MERIT_ORDER"]), "price_group": "PUN"}
        orders.append(order(f"pun {row['PUN_ID']} {row['PERIOD']}", "buy", float(row["PRICE"]), float(row["VOLUME"]),
                            int(row["PERIOD"]) - 1, **together))  # fmt: skip
    capacity = table("line_data", day)
    ties = [
        {"id": f"line {row['LINE_ID']}", "from_bus": row["ZONE_FROM"], "to_bus": row["ZONE_TO"],
         "forward_max_mw": [float(each["CAPACITY_UP"]) for each in capacity if each["LINE_ID"] == row["LINE_ID"]],
         "backward_max_mw": [float(each["CAPACITY_DOWN"]) for each in capacity if each["LINE_ID"] == row["LINE_ID"]]}
        for row in table("lines", day)
    ]  # fmt: skip
    zones = table("zones", day) or table("zones", 1)
    limits = {"price_min_eur_per_mwh": -500.0, "price_max_eur_per_mwh": 3000.0}
    names = dict.fromkeys(name for each in orders for name in each)
    document = {
        "name": f"openDAM {day}",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": steps},
        "parties": [{"id": "p"}],
        "buses": [{"id": row["ZONE_ID"]} for row in zones],
        "components": {
            **({"complex_order": complexes} if complexes else {}), **({"tie": ties} if ties else {}),
            "market": [{"id": "all", **limits}],
        },
        "orders": {"party": ["p"] * len(orders), **{n: [each.get(n, "") for each in orders] for n in names}},
        "policy": {"pricing": "european"},
    }  # fmt: skip
    return solve(Builder(document, {}).case(), SolveOptions(gap=0.0))


def sold(outcome: Outcome, name: str) -> float:
    return sum(energy for order_, energy in got(outcome).items() if order_.startswith(f"{name} "))


FREE = {"variable_eur_per_mwh": 0.0, "fixed_eur": 0.0}


@pytest.mark.parametrize("day", [1, 2])
def test_a_complex_order_that_asks_for_1000_is_rejected(day: int) -> None:
    """Order 2 alone serves both zones."""
    outcome = opendam(day)
    assert outcome.schedule_table.values("complex_order_active").tolist() == [0, 1]
    assert (sold(outcome, "order1"), sold(outcome, "order2") > 0) == (0, True)


def test_without_conditions_of_income_both_are_accepted() -> None:
    outcome = opendam(1, {"order1": FREE, "order2": FREE})
    wanted = sum(energy for name, energy in got(outcome).items() if name.startswith("curve"))
    assert wanted == sold(outcome, "order1") + sold(outcome, "order2")
    assert outcome.bound == pytest.approx(outcome.objective)


def test_without_gradients_the_order_that_asks_for_less_is_accepted() -> None:
    cheap = {"ramp_up_mw_per_hour": None, "ramp_down_mw_per_hour": None, "variable_eur_per_mwh": 10.0}
    outcome = opendam(1, {"order1": cheap, "order2": {"fixed_eur": 1000.0, "variable_eur_per_mwh": 1000.0}})
    assert outcome.schedule_table.values("complex_order_active").tolist() == [1, 0]
    assert (sold(outcome, "order1") > 0, sold(outcome, "order2")) == (True, 0)


def test_a_block_serves_what_pun_orders_want() -> None:
    """They want 2 MWh at 50 in each of 24 hours; the block gives a fifth of 10 MWh, at 10 on the day."""
    outcome = opendam(5)
    assert got(outcome).pop("block 1") == 48
    paid = outcome.price_table.values("group_price_eur_per_mwh")[0]
    assert paid.mean() == pytest.approx(10)
    assert paid.max() <= 50 + 1e-5
    assert price(outcome) == pytest.approx(paid, abs=1e-4)


def test_pun_orders_of_two_zones_without_a_line() -> None:
    """Day 3: 40 MWh at 16 would pay (30 * 2 + 10 * 10) / 40 = 4, below 6; with 10 more (30 * 2 + 20 * 18) / 50 = 8.4.

    So PUN is 6, and 15 MWh in zone 2, where the curve steps from 10 to 18, cost 14: 30 * 2 + 15 * 14 = 45 * 6.
    """
    outcome = opendam(3)
    assert [got(outcome)[f"pun {n} 1"] for n in (1, 2, 3, 4)] == [30, 10, 5, 0]
    assert (price(outcome), price(outcome, bus=1)) == ([2], [14])
    assert outcome.price_table.values("group_price_eur_per_mwh")[0] == pytest.approx([6])


def test_pun_orders_of_two_zones_with_a_line() -> None:
    """Day 4: 10 MWh flow to zone 2, whose price is 10; (30 * 2 + 20 * 10) / 50 = 5.2 is below 6 and above 0."""
    outcome = opendam(4)
    assert [got(outcome)[f"pun {n} 1"] for n in (1, 2, 3, 4)] == [30, 10, 10, 0]
    assert (price(outcome), price(outcome, bus=1)) == ([2], [10])
    assert outcome.price_table.values("group_price_eur_per_mwh")[0] == pytest.approx([5.2])
