"""PGLib-OPF and PowerModels cases in the bus injection relaxation, beside their published and recomputed values."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from c4e_opt import Case, read_case, solve

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network"

pytestmark = pytest.mark.skipif(not ORACLES.is_dir(), reason="the oracles are not here")

SMALL = (
    "case3_lmbd", "case5_pjm", "case14_ieee", "case30_as", "case30_ieee", "case57_ieee", "case118_ieee",
    "case5_pjm__api", "case14_ieee__api", "case118_ieee__api", "case24_ieee_rts__sad", "case118_ieee__sad",
)  # fmt: skip
LARGE = ("case300_ieee__sad", "case500_goc", "case1354_pegase", "case1354_pegase__api", "case2869_pegase")


def relaxed(path: Path) -> Case:
    case = read_case(path)
    return replace(case, policy=replace(case.policy, network="soc", replay="never"))


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE)])
def test_the_relaxation_of_a_grid_has_the_value_that_was_computed_for_it(name: str) -> None:
    told = json.loads((ORACLES / "opf" / "expected.json").read_text())["cases"][f"pglib_opf_{name}"]
    outcome = solve(relaxed(ORACLES / "opf" / told["file"]))
    assert outcome.objective == pytest.approx(told["soc_computed"], rel=1e-6)
    gap = 100 * (1 - told["soc_computed"] / told["published_ac"])
    assert gap == pytest.approx(told["soc_gap_pct"], abs=0.02)


@pytest.mark.parametrize(
    ("name", "digits"), [("case5_asym", 1.0), ("case5_gap", 0.1), ("case5_pwlc", 1.0), ("case3", 0.1)]
)
def test_the_relaxations_of_powermodels_are_met(name: str, digits: float) -> None:
    """Asymmetric angle limits, negative costs, piecewise costs and dclines, no reference bus."""
    told = json.loads((ORACLES / "features" / "powermodels_expected.json").read_text())["cases"][name]
    outcome = solve(relaxed(ORACLES / "features" / told["file"]))
    assert outcome.objective == pytest.approx(told["soc_bim"], abs=digits)
