"""Published values of DC optimal power flow: PGLib-OPF v23.07, PowerModels.jl and MATPOWER.

PGLib publishes five digits of PowerModels' DCPPowerModel (network `dcp`); an independent computation, in that
convention and in MATPOWER's (`dc`), has eight. Bus 7 of case24_ieee_rts__sad has no single price: its three units at
their largest power, 300 MW, fill its load of 125 MW and its only line, 175 MW, at once.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from c4e_opt import Case, Outcome, read_case, solve

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network"

pytestmark = pytest.mark.skipif(not ORACLES.is_dir(), reason="the published cases are not here")

#: Prices that are not unique.
DEGENERATE = {("pglib_opf_case24_ieee_rts__sad", "7")}


def known(name: str) -> dict[str, Any]:
    file = ORACLES / name
    return json.loads(file.read_text()) if file.is_file() else {}


PGLIB: dict[str, dict[str, Any]] = known("opf/expected.json").get("cases", {})
LMP: dict[str, dict[str, float]] = known("opf/lmp_dcp.json").get("lmp", {})
POWERMODELS: dict[str, dict[str, Any]] = known("features/powermodels_expected.json").get("cases", {})
#: The same, recomputed to eight digits.
RECOMPUTED = {"case3": 5782.032, "case5_asym": 17479.897, "case5_gap": -27410.0, "case5_pwlc": 42575.754}


def under(case: Case, network: str) -> Case:
    return replace(case, policy=replace(case.policy, network=network))


@cache
def solved(name: str, network: str) -> Outcome:
    return solve(under(read_case(ORACLES / "opf" / f"{name}.m"), network))


def prices(outcome: Outcome) -> dict[str, float]:
    table = outcome.prices["price_eur_per_mwh"]
    return dict(zip(table["bus"].values.tolist(), table.values[:, 0].tolist(), strict=True))


@pytest.mark.parametrize("name", PGLIB)
@pytest.mark.parametrize(("network", "value"), [("dcp", "dc_dcp_convention"), ("dc", "dc_matpower_convention")])
def test_pglib_dc_optimal_power_flows_cost_what_is_published(name: str, network: str, value: str) -> None:
    expected = PGLIB[name]
    outcome = solved(name, network)
    if not isinstance(expected[value], float):
        assert outcome.termination.reason == "INFEASIBLE"
        return
    assert outcome.objective == pytest.approx(expected[value], rel=1e-6)
    if network == "dcp":
        assert outcome.objective is not None
        digits = 4 - math.floor(math.log10(abs(outcome.objective)))
        assert round(outcome.objective, digits) == expected["published_dc"]


@pytest.mark.parametrize("name", LMP)
def test_pglib_prices_are_those_of_the_dual_solution(name: str) -> None:
    """Within 1e-6 of the largest; 1e-5 where costs are quadratic, whose duals interior points know to so much."""
    found = prices(solved(name, "dcp"))
    close = (1e-5 if PGLIB[name]["quadratic_cost"] else 1e-6) * max(map(abs, LMP[name].values()))
    for bus, price in LMP[name].items():
        if (name, bus) not in DEGENERATE:
            assert found[bus] == pytest.approx(price, abs=close), bus


@pytest.mark.parametrize("name", POWERMODELS)
def test_what_powermodels_solves_comes_out_the_same(name: str) -> None:
    """Angle limits of two signs, negative costs, oddities of piecewise costs, DC lines, no reference."""
    case = under(read_case(ORACLES / "features" / POWERMODELS[name]["file"]), "dcp")
    outcome = solve(case)
    assert outcome.objective == pytest.approx(RECOMPUTED[name], rel=1e-7)
    assert outcome.objective == pytest.approx(POWERMODELS[name]["dc"], abs=1.0)


def test_matpower_solves_its_own_test_case_likewise() -> None:
    """t_case9_opf by rundcopf, to the seven digits that its solver gives: cost, powers, flows, prices."""
    expected = known("features/mp_t_case9_expected.json")
    outcome = solve(read_case(ORACLES / "features" / "mp_t_case9_opf.m"))
    assert outcome.objective == pytest.approx(expected["f"], rel=1e-7)
    powers = outcome.schedule["generator_power_mw"].values[:, 0]
    assert powers == pytest.approx([row[1] for row in expected["gen"]], abs=1e-4)
    flows = outcome.schedule["line_flow_mw"].values[:, 0]
    assert flows == pytest.approx([row[13] for row in expected["branch"]], abs=1e-3)
    assert prices(outcome) == pytest.approx({str(int(row[0])): row[13] for row in expected["bus"]}, abs=1e-6)


def test_matpower_solves_its_own_test_case_with_angle_limits_likewise() -> None:
    """The variant of MATPOWER's t_opf_dc: branch 4 at most 3 degrees, branch 7 at least -4.5."""
    case = read_case(ORACLES / "features" / "mp_t_case9_opf.m")
    limits = {"branch4": {"angle_max_deg": 3.0}, "branch7": {"angle_min_deg": -4.5}}
    lines = tuple(replace(line, **limits.get(line.id, {})) for line in case.components["line"])
    outcome = solve(replace(case, components={**case.components, "line": lines}))
    assert outcome.objective == pytest.approx(6456.7213, abs=1e-3)
    powers = outcome.schedule["generator_power_mw"].values[:, 0]
    assert powers == pytest.approx([99.98497, 89.35133, 125.66371], abs=1e-4)
