"""Published unit commitment instances: pglib-uc and UnitCommitment.jl, against bounds and schedules of other tools.

Objectives must lie between the best bound and the best known schedule, a gap and what is not known of the optimum.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from c4e_opt import read_case, solve
from c4e_opt.outcome import Outcome
from c4e_opt.solve import SolveOptions

ORACLES = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "network"
pytestmark = pytest.mark.skipif(not ORACLES.is_dir(), reason=f"the oracles are not here: {ORACLES}")

#: Instance -> gap that the test allows besides what is not known, and seconds; both generous, times are no test.
PGLIB = {
    "rts_gmlc/2020-01-27": (5e-3, 120),
    "rts_gmlc/2020-07-06": (5e-3, 120),
    "rts_gmlc/2020-12-23": (1e-2, 120),
    "ca/2014-09-01_reserves_0": (1e-3, 300),
    "ca/2015-03-01_reserves_3": (1e-3, 300),
}
UCJL = {
    "matpower/case118/2017-02-01": 1e-4,
    "matpower/case300/2017-08-01": 1e-4,
    "matpower/case1354pegase/2017-02-01": 1e-3,
    "matpower/case1951rte/2017-02-01": 1e-3,
    "or-lib/20_0_1_w": 5e-3,
    "tejada19/UC_24h_290g": 1e-3,
    "tejada19/UC_168h_72g": 1e-3,
    "tejada19/UC_24h_959g": 1e-3,
    "or-lib/100_0_1_w": 1e-3,
}


def expected(folder: str) -> Any:
    return json.loads((ORACLES / folder / "expected.json").read_text(encoding="utf-8"))["cases"]


def answer(file: Path, gap: float, seconds: float) -> Outcome:
    outcome = solve(read_case(file), SolveOptions(gap=gap, time_limit_s=seconds))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    return outcome


@pytest.mark.slow
@pytest.mark.parametrize("name", PGLIB)
def test_a_schedule_of_pglib_uc_is_as_good_as_those_that_are_known(name: str) -> None:
    known, (gap, seconds) = expected("uc")[name], PGLIB[name]
    outcome = answer(ORACLES / "uc" / known["file"], 1e-3, seconds)
    assert outcome.objective is not None
    assert outcome.objective >= known["best_bound"] * (1 - 1e-6)
    assert outcome.objective <= known["best_bound"] * (1 + gap + known["window_pct"] / 100)
    assert outcome.bound is None or outcome.bound <= known["best_primal"] * (1 + 1e-6)


def test_fourteen_buses_cost_what_another_implementation_finds() -> None:
    known = expected("ucjl")["matpower/case14/2017-02-01"]
    outcome = answer(ORACLES / "ucjl" / known["file"], 1e-6, 60)
    assert outcome.objective == pytest.approx(known["highs_primal"], rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", UCJL)
def test_a_schedule_of_unit_commitment_jl_is_as_good_as_those_that_are_published(name: str) -> None:
    known, gap = expected("ucjl")[name], UCJL[name]
    outcome = answer(ORACLES / "ucjl" / known["file"], gap, 300)
    assert outcome.objective is not None
    bound = max(known.get("highs_bound", 0.0), known["pub_dual"] * (1 - 1e-4))
    assert outcome.objective >= bound * (1 - 1e-6)
    assert outcome.objective <= known["pub_primal"] * (1 + gap)


@pytest.mark.parametrize("name", ["lmp_simple_test_1", "lmp_simple_test_2", "lmp_simple_test_3"])
def test_prices_of_buses_are_those_of_the_tool(name: str) -> None:
    known = json.loads((ORACLES / "features" / "ucjl_expected.json").read_text(encoding="utf-8"))["lmp"][name]
    outcome = answer(ORACLES / "features" / f"ucjl_{name}.json.gz", 1e-6, 60)
    prices = dict(zip(outcome.price_table.labels["bus"], outcome.price_table.values("price_eur_per_mwh"), strict=True))
    assert {place: float(prices[place.split(",")[0]][0]) for place in known} == pytest.approx(known)


def test_a_day_ahead_market_switches_on_and_prices_as_the_tool_does() -> None:
    known = json.loads((ORACLES / "features" / "ucjl_expected.json").read_text(encoding="utf-8"))["market_da_simple"]
    outcome = answer(ORACLES / "features" / "ucjl_market_da_simple.json.gz", 1e-6, 60)
    table = outcome.schedule_table
    row = list(table.labels["generator"]).index("GenY")
    assert table.values("generator_on")[row].tolist() == known["GenY_is_on"]
    assert outcome.price_table.values("price_eur_per_mwh")[0].tolist() == pytest.approx(known["lmp B1"])
