"""Unit commitment over twelve hours on a 3-bus grid, as MATPOWER's scheduling tool MOST solves it (its t_most_uc).

MOST pays 1e-6 for every MW of ramp, up or down (load-following reserve), which our records do not say. By that its
objective is above ours, and by nothing else: its schedule costs us no less than our optimum, and ours costs MOST no
less than its own. The schedules are the same and unique: every other commitment costs 24.98 more at least.
A ramp price moves what a plant's power is worth in an hour by 2e-6 at most, one before and one after it; at a bus
whose price is two of one plant's less one of another's, by three times that.

Source: Zimmerman, Murillo-Sánchez, Thomas and others, MATPOWER Optimal Scheduling Tool, t_most_uc.m and its solution,
https://github.com/MATPOWER/most; values to 1e-8 from CPLEX, GLPK, Gurobi and others.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from c4e_opt import Outcome, solve
from c4e_opt.solve import SolveOptions
from tests.literature.most_cases import MOST, PLANTS, RAMP_PRICE, RUNS, most_case, ramped_mw

pytestmark = pytest.mark.skipif(not MOST.is_dir(), reason=f"the oracles are not here: {MOST}")

#: By how much a ramp price may move the price of a bus, and rounding.
PRICES_WITHIN = 6 * RAMP_PRICE + 1e-8


@cache
def solved(run: str, hours: int = 1) -> Outcome:
    return solve(most_case(run, hours=hours), SolveOptions(gap=0.0))


@cache
def known(run: str) -> dict[str, Any]:
    expected = json.loads((MOST / "t_most_uc_expected.json").read_text(encoding="utf-8"))[run]
    return {name: np.array(values) for name, values in expected.items()}


def with_ramps(outcome: Outcome) -> float:
    """What an answer costs by MOST's measure."""
    assert outcome.objective is not None
    return outcome.objective + RAMP_PRICE * ramped_mw(outcome.schedule_table.values("generator_power_mw"))


@pytest.mark.parametrize("run", RUNS)
def test_a_schedule_costs_what_most_finds(run: str) -> None:
    """Of 5e6, but for the rounding of sums of such numbers."""
    outcome = solved(run)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert with_ramps(outcome) == pytest.approx(known(run)["f"], abs=1e-6)


@pytest.mark.parametrize("run", RUNS)
def test_what_runs_and_gives_and_flows_is_what_most_finds(run: str) -> None:
    table, expected = solved(run).schedule_table, known(run)
    assert table.labels["generator"].tolist() == [*PLANTS, "gen4", "wind"]
    assert table.values("generator_on")[: len(PLANTS)].tolist() == expected["u"][: len(PLANTS)].tolist()
    assert table.values("generator_power_mw") == pytest.approx(expected["Pg"], abs=1e-6)
    if run != "ed":
        assert table.values("line_flow_mw") == pytest.approx(expected["Pf"], abs=1e-6)


@pytest.mark.parametrize("run", RUNS)
def test_prices_are_those_of_most(run: str) -> None:
    """At every bus, in every hour; without a network there is one price."""
    found, prices = solved(run).price_table.values("price_eur_per_mwh"), known(run)["lamP"]
    assert np.broadcast_to(found, prices.shape) == pytest.approx(prices, abs=PRICES_WITHIN)


def test_periods_of_two_hours_cost_twice_as_much() -> None:
    """As MOST asserts of its Delta_T = 2; ramps are counted in periods, their price in hours."""
    outcome, expected = solved("dcopf", hours=2), known("dcopf")
    assert outcome.objective is not None
    table = outcome.schedule_table
    ramps = RAMP_PRICE * ramped_mw(table.values("generator_power_mw"))
    assert outcome.objective + 2 * ramps == pytest.approx(2 * expected["f"], abs=2e-6)
    assert table.values("generator_on")[: len(PLANTS)].tolist() == expected["u"][: len(PLANTS)].tolist()
    assert outcome.price_table.values("price_eur_per_mwh") == pytest.approx(expected["lamP"], abs=PRICES_WITHIN)


@pytest.mark.parametrize(
    "policy",
    [{"dc_formulation": "angles"}, {"commitment": "carrion_arroyo"}, {"commitment": "knueven_ostrowski_watson"}],
    ids=lambda policy: next(iter(policy.values())),
)
def test_however_it_is_written_it_is_what_most_finds(policy: dict[str, str]) -> None:
    case, expected = most_case("wminup"), known("wminup")
    outcome = solve(replace(case, policy=replace(case.policy, **policy)), SolveOptions(gap=0.0))
    assert with_ramps(outcome) == pytest.approx(expected["f"], abs=1e-6)
    assert outcome.schedule_table.values("generator_power_mw") == pytest.approx(expected["Pg"], abs=1e-6)
    assert outcome.price_table.values("price_eur_per_mwh") == pytest.approx(expected["lamP"], abs=PRICES_WITHIN)
