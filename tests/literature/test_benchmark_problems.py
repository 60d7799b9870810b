"""The problems of the dispatch benchmark are those on which the oracle's tools agree, bit for bit."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import c4e_opt

ROOT = Path(__file__).resolve().parents[2]
ORACLE = ROOT.parent / "shared" / "oracles" / "dispatch" / "reference_site.py"

pytestmark = pytest.mark.skipif(not ORACLE.is_file(), reason=f"the oracle is not here: {ORACLE.parent}")


def _module(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def oracle() -> Any:
    return _module("reference_site", ORACLE)


@pytest.fixture(scope="module")
def benchmark() -> Any:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from _dispatch import ours, problem

        return {"ours": ours, "problem": problem}
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def test_the_series_and_sizes_are_the_oracles(oracle: Any, benchmark: Any) -> None:
    week, theirs = benchmark["problem"].single(168, first_hour=336.0), oracle.profiles(168, 1.0, 336.0)
    for ours, other in (
        (week.import_price, theirs["price_imp"]),
        (week.export_price, theirs["price_exp"]),
        (week.pv_ratio, theirs["pv_pu"]),
        (week.cop, theirs["cop"]),
        (week.demand_kw[0], theirs["load_el"]),
        (week.heat_kw[0], theirs["load_th"]),
    ):
        assert np.array_equal(ours, other)
    many, theirs = benchmark["problem"].many(50), oracle.multi(50)
    for ours, other in (
        (many.size, theirs["s"]),
        (many.pv_size, theirs["r"]),
        (many.demand_kw, theirs["load_el"]),
        (many.heat_kw, theirs["load_th"]),
        (many.has_chp, theirs["has_chp"]),
        (many.has_pump, theirs["has_hp"]),
        (many.tie_kw, theirs["tie"]),
        (many.import_price, theirs["base"]["price_imp"]),
    ):
        assert np.array_equal(ours, other)
    assert many.import_kw == pytest.approx(theirs["pcc_imp"], rel=1e-12)
    assert many.export_kw == pytest.approx(theirs["pcc_exp"], rel=1e-12)


def test_many_sites_behind_one_connection_cost_what_the_oracle_says(benchmark: Any) -> None:
    """50 sites x 96 quarter-hours, LP: bare HiGHS, PyPSA, oemof-solph and flixopt agree."""
    outcome = c4e_opt.solve(benchmark["ours"].case(benchmark["problem"].many(50)))
    assert outcome.objective == pytest.approx(58761.80614466, rel=1e-9)


def test_the_commitment_of_many_sites_is_within_the_gap_of_the_best_known(benchmark: Any) -> None:
    """Two independent codes: optimum 59588.7662, bound 59588.7437."""
    outcome = c4e_opt.solve(benchmark["ours"].case(benchmark["problem"].many(50, discrete=True)))
    assert outcome.objective is not None
    assert outcome.bound is not None
    assert outcome.objective >= 59588.7437
    assert outcome.objective <= 59588.7662 * (1 + 1e-4)
    assert outcome.bound <= 59588.7662
    assert outcome.objective - outcome.bound <= 1e-4 * outcome.objective
