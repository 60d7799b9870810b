"""Every engine that is installed clears the same case to the same optimum, and its answer fulfils every law."""

from __future__ import annotations

from pathlib import Path

import pytest

import c4e_opt
import c4e_solvers

CASES = Path(__file__).parent.parent.parent / "cases"
INSTALLED = {engine.name for engine in c4e_solvers.available()}


@pytest.mark.parametrize("engine", ["highs", "convex", "ortools:glop", "ortools:pdlp", "pyomo"])
def test_an_engine_reaches_the_optimum_of_the_reference_week(engine: str) -> None:
    if engine not in INSTALLED:
        pytest.skip(f"{engine} is not installed")
    case = c4e_opt.read_case(CASES / "site_week" / "linear.yaml")
    outcome = c4e_opt.solve(case, c4e_opt.SolveOptions(solver=engine))
    assert outcome.termination.reason == "OPTIMAL"
    assert outcome.objective == pytest.approx(7460.502908283, rel=1e-7)
    assert outcome.certificate is not None
    assert outcome.certificate.holds


def test_an_engine_without_duals_leaves_the_prices_to_another() -> None:
    if "ortools:scip" not in INSTALLED:
        pytest.skip("ortools:scip is not installed")
    case = c4e_opt.read_case(CASES / "site_week" / "case.yaml")
    outcome = c4e_opt.solve(case, c4e_opt.SolveOptions(solver="ortools:scip", gap=1e-2))
    assert outcome.price_basis == "of the fixed commitment"
    assert outcome.objective == pytest.approx(7637.517, rel=1e-2)
    assert outcome.bound is not None
    assert outcome.bound <= 7637.518
