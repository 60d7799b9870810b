"""What must hold for every case, whatever its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_opt.formulate import everywhere, formulate
from c4e_opt.verify import verify
from c4e_solvers import Reason, SolverOptions
from c4e_solvers import solve as solve_matrices
from tests.properties.generators import Document, Shape, case_of, document, with_energy

EXACT = SolveOptions(gap=0.0)
SEEDS = st.integers(0, 2**31 - 1)
SHAPES = st.sampled_from([Shape(), Shape(negative=True), Shape(commitment=True), Shape(components=False)])
LINEAR = st.sampled_from([Shape(), Shape(components=False)])
few = settings(max_examples=25)


def solved(case: Case) -> Outcome:
    outcome = solve(case, EXACT)
    assert outcome.termination.reason is Reason.OPTIMAL
    return outcome


def close(one: float | None, other: float | None) -> bool:
    assert one is not None
    assert other is not None
    return one == pytest.approx(other, rel=1e-7, abs=1e-6)


def price_table(outcome: Outcome) -> dict[tuple[str, int], float]:
    values = outcome.price_table.values("price_eur_per_mwh")
    return {
        (str(bus), step): float(values[place, step])
        for place, bus in enumerate(outcome.price_table.labels["bus"])
        for step in range(values.shape[1])
    }


def same_prices(case: Case, one: Outcome, other: Outcome, factor: float = 1.0) -> None:
    """Prices agree, except where one more and one less kWh differ in cost: there every price between is right."""
    other_prices = price_table(other)
    for (bus, step), price in price_table(one).items():
        second = other_prices[bus, step] / factor
        if second == pytest.approx(price, rel=1e-6, abs=1e-6):
            continue
        assert not one.size["integers"], f"price of {bus} in step {step}: {price} and {second}"
        less, more = side_prices(case, bus, step)
        assert more > less + 1e-6, f"price of {bus} in step {step}: {price} and {second}"
        for found in (price, second):
            assert less - 1e-4 <= found <= more + 1e-4


def side_prices(case: Case, bus: str, step: int) -> tuple[float, float]:
    """What one less kWh saves and what one more costs, per MWh; infinite where there can be no more or no less."""
    middle = solved(case).objective
    assert middle is not None
    found: list[float] = []
    for sign in (-1, 1):
        there = solve(with_energy(case, bus, step, sign * 1e-3), EXACT).objective
        found.append(sign * np.inf if there is None else sign * (there - middle) / 1e-3)
    return found[0], found[1]


def scaled(case: Document, factor: float) -> Document:
    """Every amount of money times a factor; defaults that are money are written out by the generator."""
    words = ("eur_per_mwh", "_eur", "_eur_per_hour", "eur_per_mwh_hour", "eur_per_mw", "eur_per_c_hour")

    def walk(content: Any, key: str = "") -> Any:
        if isinstance(content, dict):
            return {name: walk(entry, name) for name, entry in content.items()}
        if isinstance(content, list):
            return [walk(entry, key) for entry in content]
        return content * factor if key.endswith(words) else content

    result: Document = walk(case)
    return result


@few
@given(SEEDS, SHAPES, st.sampled_from([0.25, 3.0, 16.0]))
def test_scaling_all_prices_scales_costs_and_prices(seed: int, shape: Shape, factor: float) -> None:
    content = document(seed, shape)
    one, other = solved(case_of(content)), solved(case_of(scaled(content, factor)))
    assert one.objective is not None
    assert close(other.objective, one.objective * factor)
    if not one.size["integers"]:
        same_prices(case_of(content), one, other, factor)


def resized(case: Document, factor: float) -> Document:
    """Every power, every energy and every start cost times a factor; windows, ratios and prices stay.

    Of buildings, what a degree takes and costs is times the factor, and resistances are so much smaller.
    """
    words = ("_mw", "_mwh", "_eur", "_eur_per_hour", "_mwh_per_k", "eur_per_c_hour", "height_m", "length_m")
    words += ("_mw_per_hour",)

    def walk(content: Any, key: str = "") -> Any:
        if isinstance(content, dict):
            return {name: walk(entry, name) for name, entry in content.items()}
        if isinstance(content, list):
            return [walk(entry, key) for entry in content]
        if key.endswith("k_per_mw"):
            return content / factor
        return content * factor if key.endswith(words) and "eur_per_mw" not in key else content

    result: Document = walk(case)
    return result


@few
@given(SEEDS, SHAPES, st.sampled_from([0.002, 0.1, 50.0]))
def test_a_household_and_a_city_of_the_same_shape_have_the_same_prices(seed: int, shape: Shape, factor: float) -> None:
    """Costs scale with the size, prices do not: tolerances in MW must not show in a house of a few kW."""
    content = document(seed, shape)
    one, other = solved(case_of(content)), solved(case_of(resized(content, factor)))
    assert one.objective is not None
    assert other.objective == pytest.approx(one.objective * factor, rel=1e-6, abs=1e-5 * factor)
    if not one.size["integers"]:
        same_prices(case_of(content), one, other)


@few
@given(SEEDS, SHAPES, st.randoms(use_true_random=False))
def test_the_order_of_components_and_orders_changes_nothing(seed: int, shape: Shape, chance: Any) -> None:
    content = document(seed, shape)
    mixed = deepcopy(content)
    for records in mixed["components"].values():
        chance.shuffle(records)
    chance.shuffle(mixed["buses"])
    chance.shuffle(mixed["parties"])
    if "orders" in mixed:
        places = list(range(len(mixed["orders"]["id"])))
        chance.shuffle(places)
        mixed["orders"] = {name: [column[place] for place in places] for name, column in mixed["orders"].items()}
    case = case_of(content)
    one, other = solved(case), solved(case_of(mixed))
    assert close(other.objective, one.objective)
    if not one.size["integers"]:
        same_prices(case, one, other)


@few
@given(SEEDS, st.sampled_from([Shape(orders=6), Shape(orders=6, components=False)]), st.integers(0, 5))
def test_an_order_split_in_two_is_accepted_in_parts_that_add_up(seed: int, shape: Shape, which: int) -> None:
    content = document(seed, shape)
    parted = deepcopy(content)
    orders = parted["orders"]
    for name, column in orders.items():
        column.append(f"{column[which]} part" if name == "id" else column[which])
    whole = orders["energy_mwh"][which]
    orders["energy_mwh"][which], orders["energy_mwh"][-1] = whole / 4, whole * 3 / 4
    case = case_of(content)
    one, other = solved(case), solved(case_of(parted))
    assert close(other.objective, one.objective)
    assert close(other.welfare, one.welfare)
    same_prices(case, one, other)
    before, after = one.order_table.values("accepted_mwh"), other.order_table.values("accepted_mwh")
    if side_by_side(content, which):
        return  # an order of the same price at the same place may give way to the parts
    assert after[which] + after[-1] == pytest.approx(before[which], abs=1e-7)
    assert np.delete(after[:-1], which) == pytest.approx(np.delete(before, which), abs=1e-7)


def side_by_side(content: Document, which: int) -> bool:
    """Whether another order has the same price, bus and step."""
    names = ("price_eur_per_mwh", "bus", "step", "side")
    keys = list(zip(*(content["orders"][name] for name in names), strict=True))
    return keys.count(keys[which]) > 1


@few
@given(SEEDS, st.sampled_from([Shape(), Shape(commitment=True), Shape(components=False)]))
def test_one_more_seller_never_lowers_welfare(seed: int, shape: Shape) -> None:
    content = document(seed, replace(shape, orders=5))
    more = deepcopy(content)
    rng = np.random.default_rng(seed)
    seller = {
        "id": "newcomer",
        "party": "ann",
        "bus": str(rng.choice(["e1", "e2"])),
        "step": int(rng.integers(0, len(content["horizon"]["step_minutes"]))),
        "side": "sell",
        "price_eur_per_mwh": round(float(rng.uniform(-10, 90)), 2),
        "energy_mwh": 0.111,
    }
    for name, column in more["orders"].items():
        column.append(seller[name])
    one, other = solved(case_of(content)), solved(case_of(more))
    assert one.objective is not None
    assert other.objective is not None
    assert other.objective <= one.objective + 1e-7 * max(1.0, abs(one.objective))


@few
@given(SEEDS, SHAPES)
def test_no_order_is_accepted_at_a_loss_or_left_out_at_a_profit(seed: int, shape: Shape) -> None:
    """A seller below the price of its place sells all, one above it sells nothing; buyers the other way round."""
    case = case_of(document(seed, replace(shape, orders=8)))
    outcome = solved(case)
    gain = (outcome.order_table.values("cleared_eur_per_mwh") - case.orders.price_eur_per_mwh) * case.orders.side
    accepted = outcome.order_table.values("accepted_mwh")
    assert np.allclose(accepted[gain > 1e-5], case.orders.energy_mwh[gain > 1e-5], atol=1e-7)
    assert np.allclose(accepted[gain < -1e-5], 0.0, atol=1e-7)


@few
@given(SEEDS, SHAPES)
def test_what_is_solved_is_accepted_by_the_verifier(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    certificate = verify(case, solved(case))
    assert certificate.residuals
    assert certificate.holds, certificate.broken


def full_optimum(case: Case) -> float:
    """The optimum with a binary in every cell in which a component could run both ways."""
    solution = solve_matrices(
        formulate(case, everywhere(formulate(case))).program.matrices(), SolverOptions(relative_gap=0.0)
    )
    assert solution.objective is not None
    return solution.objective


@few
@example(7, Shape(negative=True))  # here the best schedule turns the larger of two flows off
@given(SEEDS, st.sampled_from([Shape(negative=True), Shape(negative=True, commitment=True)]))
def test_binaries_where_they_matter_are_as_good_as_binaries_everywhere(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    assert close(solved(case).objective, full_optimum(case))


def test_some_of_those_cases_do_need_binaries() -> None:
    """Otherwise the comparison above would say nothing."""
    shape = Shape(negative=True)
    assert sum(solved(case_of(document(seed, shape))).size["integers"] > 0 for seed in range(12)) >= 2


@few
@given(SEEDS, SHAPES)
def test_nothing_flows_both_ways_in_one_step(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    table = solved(case).schedule_table
    for pair in formulate(case).exclusive.values():
        both = np.minimum(table.values(pair.first), table.values(pair.second))
        bound = slice(None) if pair.members is None else pair.members
        assert both[bound].max(initial=0.0) <= 1e-6


@few
@given(SEEDS, LINEAR)
def test_more_demand_never_costs_less_where_nothing_is_paid_for_burning(seed: int, shape: Shape) -> None:
    """With positive prices and curtailable plants one more kWh never saves money."""
    content = document(seed, replace(shape, orders=0) if shape.components else shape)
    content["components"].pop("flow_based_constraint", None)  # demand may relieve an element
    for record in (*content["components"].get("tie", ()), *content["components"].get("heat_pipe", ())):
        for rule in ("ramp_max_mw_per_hour", "delay_hours"):  # and what it draws in one step is there in the next
            record.pop(rule, None)
    case = case_of(content)
    if case.orders.orders:
        return
    prices: Iterable[float] = price_table(solved(case)).values()
    assert min(prices) >= -1e-6
