"""Objectives on which bare HiGHS, PyPSA, oemof-solph, flixopt and Calliope agree: see the README of the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from c4e_opt import Case, Outcome, SolveOptions, read_case, solve
from c4e_solvers import Reason
from tests.literature.reference_site import case_of, present, site, sites, variants

pytestmark = present

WEEK_LP = 7460.502908283
WEEK_MILP, WEEK_MILP_BOUND = 7637.51713617569, 7636.86
YEAR_LP = 205277.0675158
FIFTY_LP = 58761.80614466
SUMMER_FIRST_HOUR = 4368
GAP = 1e-4
CASES = Path(__file__).resolve().parents[2] / "cases"


def solved(case: Case, **options: Any) -> Outcome:
    outcome = solve(case, SolveOptions(**options))
    assert outcome.termination.reason is Reason.OPTIMAL
    return outcome


def within_the_gap(outcome: Outcome) -> None:
    """No better than the bound that is proven, no worse than the best that is known and the gap that was allowed."""
    assert outcome.objective is not None
    assert outcome.bound is not None
    assert WEEK_MILP_BOUND - 1e-2 <= outcome.objective <= WEEK_MILP * (1 + GAP)
    assert outcome.bound <= WEEK_MILP * (1 + 1e-9)
    assert outcome.gap is not None
    assert outcome.gap <= GAP


def test_the_week_as_a_linear_problem_costs_what_five_codes_found() -> None:
    assert solved(case_of(site(168))).objective == pytest.approx(WEEK_LP, rel=1e-9)
    assert variants()["expected"]["base_lp"]["objective"] == pytest.approx(WEEK_LP, rel=1e-10)


@pytest.mark.slow
def test_the_week_with_commitment_costs_what_four_codes_found() -> None:
    within_the_gap(solved(case_of(site(168, commitment=True)), gap=GAP))


def test_the_year_as_a_linear_problem_costs_what_five_codes_found() -> None:
    assert solved(case_of(site(8760))).objective == pytest.approx(YEAR_LP, rel=1e-9)


def test_the_summer_week_costs_what_two_codes_found() -> None:
    """Variant V4a: the same week from hour 4368."""
    expected = variants()["expected"]["V4a_summer_base_h0_4368"]["objective"]
    assert solved(case_of(site(168, first_hour=SUMMER_FIRST_HOUR))).objective == pytest.approx(expected, rel=1e-9)


def test_the_summer_week_gains_nothing_from_throwing_heat_away() -> None:
    """Variant V4b: a free heat dump, here a grid connection at the heat bus that takes everything for nothing."""
    document = site(168, first_hour=SUMMER_FIRST_HOUR)
    document["components"]["grid_connection"].append(
        {"id": "dump", "bus": "heat", "import_max_kw": 0, "import_price_eur_per_mwh": 0, "export_max_kw": 1e4}
    )
    expected = variants()["expected"]["V4b_summer_heat_dump"]["objective"]
    assert solved(case_of(document)).objective == pytest.approx(expected, rel=1e-9)


def with_demand_charge(*, commitment: bool = False, **fields: Any) -> Case:
    """The week with 12 EUR/kW on its highest import."""
    document = site(168, commitment=commitment)
    charge = {"price_eur_per_mw": 12_000.0, "period": "horizon", **fields}
    document["components"]["grid_connection"][0]["demand_charges"] = [charge]
    return case_of(document)


def test_the_week_with_a_demand_charge_costs_what_two_codes_found() -> None:
    """Variant V1."""
    outcome = solved(with_demand_charge())
    expected = variants()["expected"]["V1_peak_12EUR_per_kW"]["objective"]
    assert outcome.objective == pytest.approx(expected, rel=1e-9)
    assert outcome.size["constraints"] == solved(case_of(site(168))).size["constraints"] + 168
    assert outcome.size["variables"] == solved(case_of(site(168))).size["variables"] + 1


def test_a_week_within_one_month_pays_the_charge_of_a_month() -> None:
    """The first week of January: the calendar month is the horizon."""
    expected = variants()["expected"]["V1_peak_12EUR_per_kW"]["objective"]
    assert solved(with_demand_charge(period="month")).objective == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_the_week_with_commitment_and_a_demand_charge_costs_what_two_codes_found() -> None:
    """Variant V1b."""
    expected = variants()["expected"]["V1b_peak_milp"]["objective"]
    outcome = solved(with_demand_charge(commitment=True), gap=1e-6)
    assert outcome.objective == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_fifty_sites_behind_one_connection_cost_what_four_codes_found() -> None:
    assert solved(case_of(sites(50))).objective == pytest.approx(FIFTY_LP, rel=1e-9)


def committed(name: str) -> Case:
    path = CASES / name
    if not (path / "case.yaml" if path.suffix == "" else path).is_file():
        pytest.skip(f"cases/{name} is not here")
    return read_case(path)


def test_the_linear_week_among_the_cases_is_the_oracles() -> None:
    assert solved(committed("site_week/linear.yaml")).objective == pytest.approx(WEEK_LP, rel=1e-9)


@pytest.mark.slow
def test_the_week_among_the_cases_is_the_oracles() -> None:
    within_the_gap(solved(committed("site_week"), gap=GAP))


def test_the_year_among_the_cases_is_the_oracles() -> None:
    outcome = solved(committed("site_year"), gap=GAP)
    assert outcome.objective is not None
    linear = outcome.size["integers"] == 0
    assert outcome.objective == pytest.approx(YEAR_LP, rel=1e-9 if linear else 0.05)
