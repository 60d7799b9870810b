"""Violations planted into answers to markets for energy and reserve; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Plant, Planted, labels, law, number, swapped, table, to, up, without

# Unit a and the battery sell; b gives energy beside. What is kept for fast counts for all, some of which is missing.
MARKET = """
name: market
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}
buses: [{id: e}]
components:
  generator:
    - {id: a, bus: e, power_max_mw: 1, cost_eur_per_mwh: 10}
    - {id: b, bus: e, power_max_mw: 2, cost_eur_per_mwh: 30}
    - {id: c, bus: e, power_max_mw: 1, cost_eur_per_mwh: 80, ramp_up_ratio_per_hour: 0.6}
  renewable: [{id: pv, bus: e, available_mw: [0.3, 0.2]}]
  demand: [{id: town, bus: e, demand_mw: [1.2, 1.5]}]
  battery: [{id: cells, bus: e, charge_max_mw: 0.5, discharge_max_mw: 0.5, energy_max_mwh: 1, energy_start_mwh: 0.5,
             discharge_cost_eur_per_mwh: 100}]
  reserve:
    - {id: all, up_mw: [2.5, 3.3], missing_price_eur_per_mw_hour: 60}
    - {id: fast, up_mw: 0.3, counts_for: [all], activation_minutes: 6,
       demand: [{power_mw: 0.2, price_eur_per_mw_hour: 90}, {power_mw: 0.4, price_eur_per_mw_hour: 4}]}
    - {id: less, down_mw: 0.4, regulation: true}
    - {id: both, up_mw: 0.1, symmetric: true}
  reserve_offer:
    - {id: a fast, provider: generator/a, reserve: fast, segments: [{power_mw: 0.1, price_eur_per_mw_hour: 2},
       {power_mw: 0.8, price_eur_per_mw_hour: 3}]}
    - {id: c fast, provider: generator/c, reserve: fast, price_eur_per_mw_hour: 1}
    - {id: a less, provider: generator/a, reserve: less, way: down, price_eur_per_mw_hour: 1, power_max_mw: 0.2}
    - {id: b less, provider: generator/b, reserve: less, way: down, price_eur_per_mw_hour: 5}
    - {id: cells both, provider: battery/cells, reserve: both, price_eur_per_mw_hour: 1, power_max_mw: 0.4,
       enablement_min_mw: -0.4, low_break_mw: 0, high_break_mw: 0, enablement_max_mw: 0.05}
  generic_constraint:
    - {id: sum, terms: [{member: generator/b, coefficient: 2}, {member: battery/cells, reserve: both}], least_mw: 0.2,
       most_mw: 0.7, violation_price_eur_per_mw_hour: 2}
"""


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome]:
    path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
    path.write_text(MARKET, encoding="utf-8")
    case = c4e_opt.read_case(path)
    return case, c4e_opt.solve(case, c4e_opt.SolveOptions(gap=0.0))


def offered(place: int, first: float) -> Plant:
    """The first segment of an offer has another width."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        one, *others = case.components["reserve_offer"][place].segments
        return law("reserve_offer", place, segments=(replace(one, power_mw=first), *others))(case, outcome)

    return plant


def worth(price: float) -> Plant:
    """The first part of a demand is worth something else."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        one, *others = case.components["reserve"][1].demand
        return law("reserve", 1, demand=(replace(one, price_eur_per_mw_hour=price), *others))(case, outcome)

    return plant


def weighing(weight: float) -> Plant:
    """The first term of a generic constraint has another weight."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        one, *others = case.components["generic_constraint"][0].terms
        return law("generic_constraint", 0, terms=(replace(one, coefficient=weight), *others))(case, outcome)

    return plant


UP_PRICE, DOWN_PRICE = (f"reserve_{way}_price_eur_per_mw_hour" for way in ("up", "down"))
UP_COST, DOWN_COST = (f"reserve_{way}_opportunity_eur_per_mw_hour" for way in ("up", "down"))

# Rows of what is kept: all of pv, a, b, c, cells (0 to 4), fast of a, c (5, 6), less of a, b (7, 8), both of cells (9).
PLANTED: Mapping[str, Planted] = {
    "reserve below nothing": Planted(
        "market",
        number("reserve_up_mw", (1, 0), to(-0.1)),
        ("reserve_kept", "reserve_required", "reserve_opportunity"),
        "all: generator/a",
    ),
    "reserve that nobody wants": Planted("market", number("reserve_down_mw", (0, 0), to(0.1)), ("reserve_kept",)),
    "more reserve than is offered": Planted(
        "market",
        number("reserve_down_mw", (7, 0), to(0.3)),
        ("reserve_kept", "reserve_price", "cost_reserve_offer", "objective"),
        "less: generator/a",
    ),
    "reserve of who has offered the other way": Planted(
        "market", number("reserve_up_mw", (7, 0), to(0.1)), ("reserve_kept", "reserve_headroom"), "less: generator/a"
    ),
    "missing where nothing may be": Planted(
        "market", number("reserve_up_missing_mw", (1, 0), to(0.1)), ("reserve_missing", "reserve_price"), "'fast'"
    ),
    "less missing than is": Planted(
        "market",
        number("reserve_up_missing_mw", (0, 1), up(-0.05)),
        ("reserve_required", "cost_reserve", "objective"),
        "reserve 'all'",
    ),
    "less than nothing bought": Planted(
        "market",
        number("reserve_bought_mw", (1, 0), to(-0.1)),
        ("reserve_bought", "reserve_price", "cost_reserve_demand", "objective"),
        "fast/2",
    ),
    "more bought than is wanted": Planted(
        "market",
        number("reserve_bought_mw", (0, 0), up(0.1)),
        ("reserve_bought", "reserve_required", "cost_reserve_demand", "objective"),
        "fast/1",
    ),
    "more wanted": Planted("market", law("reserve", 1, up_mw=np.array([0.5])), ("reserve_required",), "'fast'"),
    "more wanted down": Planted("market", law("reserve", 2, down_mw=np.array([0.5])), ("reserve_required",), "'less'"),
    "reserve that does not count for another": Planted(
        "market", law("reserve", 1, counts_for=()), ("reserve_required", "reserve_provider_price"), "reserve 'all'"
    ),
    "a smaller plant": Planted(
        "market", law("generator", 0, power_max_mw=np.array([0.9])), ("reserve_headroom",), "generator/a up"
    ),
    "no room to take what is symmetric": Planted(
        "market", law("battery", 0, charge_max_mw=0.05), ("reserve_headroom",), "battery/cells down"
    ),
    "a store that must last longer": Planted(
        "market", law("reserve", 3, duration_hours=6.0), ("reserve_energy",), "battery/cells up"
    ),
    "a store that is nearly full": Planted(
        "market", law("battery", 0, energy_max_mwh=0.55), ("reserve_energy",), "battery/cells down"
    ),
    "less time for the ramps": Planted(
        "market", law("reserve", 1, activation_minutes=5.0), ("reserve_activation",), "generator/c up"
    ),
    "another price": Planted(
        "market", number(UP_PRICE, (1, 0), up(1.0), "prices"), ("reserve_provider_price",), "fast: generator/a"
    ),
    "a price below nothing": Planted(
        "market", number(DOWN_PRICE, (1, 0), to(-1.0), "prices"), ("reserve_price",), "reserve 'fast'"
    ),
    "a price beyond that of missing reserve": Planted(
        "market",
        number(UP_PRICE, (0, 1), up(1.0), "prices"),
        ("reserve_price", "reserve_provider_price"),
        "reserve 'all'",
    ),
    "a price of what nobody wants": Planted(
        "market", number(UP_PRICE, (2, 0), to(1.0), "prices"), ("reserve_price",), "reserve 'less'"
    ),
    "cheaper to be missed": Planted(
        "market",
        law("reserve", 0, missing_price_eur_per_mw_hour=50.0),
        ("reserve_price", "cost_reserve", "objective"),
        "reserve 'all'",
    ),
    "dearer to be missed": Planted(
        "market",
        law("reserve", 0, missing_price_eur_per_mw_hour=70.0),
        ("reserve_price", "cost_reserve", "objective"),
        "reserve 'all'",
    ),
    "bought for more than it is worth": Planted(
        "market", worth(20.0), ("reserve_price", "cost_reserve_demand", "objective"), "reserve 'fast'"
    ),
    "a higher opportunity cost": Planted(
        "market",
        number(UP_COST, (5, 0), up(1.0), "prices"),
        ("reserve_provider_price", "reserve_energy_price"),
        "fast: generator/a",
    ),
    "an opportunity cost where nothing binds": Planted(
        "market",
        number(UP_COST, (3, 0), to(1.0), "prices"),
        ("reserve_opportunity", "reserve_provider_price"),
        "all: generator/c",
    ),
    "an opportunity cost below nothing": Planted(
        "market", number(DOWN_COST, (6, 0), to(-1.0), "prices"), ("reserve_opportunity",), "fast: generator/c"
    ),
    "an offer that asks for more": Planted(
        "market",
        law("reserve_offer", 0, price_eur_per_mw_hour=np.array([1.0])),
        ("reserve_provider_price", "cost_reserve_offer", "objective"),
        "fast: generator/a",
    ),
    "dearer energy of who keeps reserve": Planted(
        "market",
        law("generator", 0, cost_eur_per_mwh=np.array([11.0])),
        ("reserve_energy_price", "cost_production", "objective"),
        "generator/a",
    ),
    "segments that do not add up": Planted(
        "market",
        number("reserve_offer_segment_mw", (0, 0), to(0.05)),
        ("reserve_offer_segments", "cost_reserve_offer", "objective"),
        "reserve_offer 'a fast'",
    ),
    "a segment beyond its width": Planted("market", offered(0, 0.05), ("reserve_offer_segments",), "'a fast'"),
    "a power beyond the upper side": Planted(
        "market",
        law("reserve_offer", 4, enablement_max_mw=-0.05, high_break_mw=-0.1),
        ("reserve_offer_trapezium",),
        "reserve_offer 'cells both'",
    ),
    "a power below the lower side": Planted(
        "market", law("reserve_offer", 4, enablement_min_mw=0.05, low_break_mw=0.1), ("reserve_offer_trapezium",)
    ),
    "a steeper side": Planted("market", law("reserve_offer", 4, high_break_mw=-0.3), ("reserve_offer_trapezium",)),
    "a sum that is more beyond than is told": Planted(
        "market",
        number("generic_constraint_beyond_mw", (0, 1), up(-0.1)),
        ("generic_constraint_sum", "cost_generic", "objective"),
        "generic_constraint 'sum', 2025-01-01T01",
    ),
    "less than nothing below": Planted(
        "market",
        number("generic_constraint_below_mw", (0, 1), to(-0.1)),
        ("generic_constraint_outside", "cost_generic", "objective"),
    ),
    "a sum that may not be beyond": Planted(
        "market",
        law("generic_constraint", 0, violation_price_eur_per_mw_hour=None),
        ("generic_constraint_outside", "cost_generic", "objective"),
    ),
    "a larger least sum": Planted(
        "market", law("generic_constraint", 0, least_mw=np.array([2.0])), ("generic_constraint_sum",)
    ),
    "another weight in a sum": Planted("market", weighing(3.0), ("generic_constraint_sum",)),
    "no prices of reserve": Planted("market", without("prices", UP_PRICE), ("price_table",), "is missing"),
    "no opportunity costs": Planted("market", without("prices", DOWN_COST), ("price_table",), "is missing"),
    "prices of other reserves": Planted(
        "market", table("prices", labels("reserve", swapped)), ("price_table",), "axis reserve"
    ),
}


def test_the_answer_fulfils_every_law(answered: tuple[Case, Outcome]) -> None:
    certificate = verify(*answered)
    assert certificate.holds, certificate.broken


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_named(name: str, answered: tuple[Case, Outcome]) -> None:
    planted = PLANTED[name]
    broken = {residual.law: residual for residual in verify(*planted.plant(*answered)).broken}
    assert set(broken) == set(planted.broken)
    assert planted.where in broken[planted.broken[0]].where


def test_every_law_of_reserve_is_broken_by_some_planted_violation(answered: tuple[Case, Outcome]) -> None:
    checked = {residual.law for residual in verify(*answered).residuals}
    mine = {each for each in checked if each.removeprefix("cost_").startswith(("reserve", "generic"))}
    planted = {each for one in PLANTED.values() for each in one.broken}
    assert mine <= planted, mine - planted
