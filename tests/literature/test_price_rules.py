"""Published prices by rule: AELMP of UnitCommitment.jl, the hull price of that instance, temporal prices of MOST."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from c4e_opt import read_case, solve
from c4e_opt.pricing import table
from tests.unit.small_cases import load, prices, small_case

ORACLES = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "market"
pytestmark = pytest.mark.skipif(not ORACLES.is_dir(), reason=f"the oracles are not here: {ORACLES}")


@pytest.mark.parametrize(
    ("offline", "key"),
    [(True, "AELMP_allow_offline_consider_startup"), (False, "AELMP_no_offline_consider_startup")],
)
def test_approximate_extended_prices_of_another_implementation(offline: bool, key: str) -> None:
    folder = ORACLES / "unitcommitment_pricing"
    known = json.loads((folder / "expected.json").read_text())["aelmp_simple"]
    case = read_case(folder / "aelmp_simple.json")
    case = replace(case, policy=replace(case.policy, pricing="elmp", elmp_offline_units=offline))
    assert prices(solve(case), "B1") == pytest.approx([known[key]], abs=known["atol"])


def test_the_hull_price_of_the_same_instance() -> None:
    """Unit X at full power costs (30000 + 11360) / 180 on average."""
    case = read_case(ORACLES / "unitcommitment_pricing" / "aelmp_simple.json")
    case = replace(case, policy=replace(case.policy, pricing="convex_hull"))
    assert prices(solve(case), "B1") == pytest.approx([41360 / 180])


def test_a_day_ahead_market_has_the_published_prices() -> None:
    folder = ORACLES / "unitcommitment_pricing"
    known = json.loads((folder / "expected.json").read_text())["market_da_simple"]
    case = read_case(folder / "market_da_simple.json")
    outcome = solve(case)
    assert prices(outcome, "B1") == pytest.approx(known["LMP_B1"])
    marginal, hull = table(case, outcome, ["marginal", "convex_hull"])
    assert marginal.price_eur_per_mwh[0] == pytest.approx(known["LMP_B1"])
    assert hull.uplift.total <= marginal.uplift.total + 1e-6


def test_temporal_prices_of_most() -> None:
    """Two units without start-up: 25 (ramp 500 MW) and 30 (ramp 50 MW), and demand worth 1000."""
    known = json.loads((ORACLES / "matpower_most" / "expected.json").read_text())["tlmp_example1"]
    units = [
        {
            "id": f"G{place}",
            "bus": "e",
            "power_max_mw": 500.0,
            "cost_eur_per_mwh": cost,
            "ramp_up_ratio_per_hour": ramp / 500.0,
            "ramp_down_ratio_per_hour": ramp / 500.0,
        }
        for place, (cost, ramp) in enumerate(zip((25.0, 30.0), known["ramp_MW"][:2], strict=True), start=1)
    ]
    case = small_case((60, 60, 60), demand=[load(known["load_MW"])], generator=units)
    outcome = solve(replace(case, policy=replace(case.policy, pricing="temporal")))
    assert outcome.schedule_table.values("generator_power_mw")[0] == pytest.approx(known["Pg_G1"], abs=1e-3)
    assert outcome.schedule_table.values("generator_power_mw")[1] == pytest.approx(known["Pg_G2"], abs=1e-3)
    price = prices(outcome, "e")
    assert price == pytest.approx(known["LMP"])
    own = outcome.uplift_table.values("ramp_price_eur_per_mwh") + price
    assert own[0] == pytest.approx(known["TLMP_G1"])
    assert own[1] == pytest.approx(known["TLMP_G2"])
