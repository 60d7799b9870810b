"""Rows of docs/how_to_model.md about grids: three buses in a ring, worked by hand.

90 MW are wanted at c. A plant at a costs 10, one at c 50 EUR/MWh. Of every MW from a to c, 2/3 flow on the line
`direct` and 1/3 over b, because all three reactances are alike. `direct` carries 40 MW at most: 60 MW come from a, 30
from c, for 600 + 1500 = 2100 EUR in the hour.
"""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, settle, solve
from c4e_opt.case.build import Builder

DIRECT = {"id": "direct", "from_bus": "a", "to_bus": "c", "reactance_pu": 0.1, "limit_mw": 40.0}
ROUND = [
    {"id": "one", "from_bus": "a", "to_bus": "b", "reactance_pu": 0.1, "limit_mw": 100.0},
    {"id": "two", "from_bus": "b", "to_bus": "c", "reactance_pu": 0.1, "limit_mw": 100.0},
]


def case_of(document: dict[str, Any], steps: int) -> Case:
    horizon = {"start": "2025-01-01T00:00Z", "step_minutes": [60] * steps}
    return Builder({"name": "grid", "horizon": horizon, **document}, {}).case()


def ring(
    policy: dict[str, Any] | None = None, steps: int = 1, direct: dict[str, Any] | None = None, **more: Any
) -> Case:
    """The ring, with other fields of `direct` and more components."""
    components: dict[str, Any] = {
        "generator": [
            {"id": "cheap", "bus": "a", "power_max_mw": 200, "cost_eur_per_mwh": 10},
            {"id": "dear", "bus": "c", "power_max_mw": 200, "cost_eur_per_mwh": 50},
        ],
        "demand": [{"id": "load", "bus": "c", "demand_mw": 90}],
        "line": [DIRECT | (direct or {}), *ROUND],
        **more,
    }
    parties = [{"id": "grid"}, {"id": "others"}]
    buses = [{"id": bus} for bus in "abc"]
    return case_of({"parties": parties, "buses": buses, "policy": policy or {}, "components": components}, steps)


def least(case: Case) -> float:
    """The least cost, of an answer whose every law holds."""
    outcome = solve(case)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.objective is not None
    return outcome.objective


@pytest.mark.parametrize("written", ["lazy", "angles"])
def test_a_limit_of_one_line_holds_back_the_whole_ring(written: str) -> None:
    assert least(ring({"dc_formulation": written})) == pytest.approx(2100.0)


def test_buses_of_a_grid_have_prices_of_their_own() -> None:
    """A MWh at b comes half from a and half from c, which leaves the flow on `direct` as it is: 30 EUR."""
    outcome = solve(ring())
    assert outcome.price_table.values("price_eur_per_mwh")[:, 0] == pytest.approx([10.0, 30.0, 50.0])


def test_the_owner_of_lines_earns_the_congestion_rent() -> None:
    """40 MW from 10 to 50 and 20 MW from 10 by way of 30 to 50 EUR/MWh: 1600 + 800 EUR."""
    case = ring(direct={"owner": "grid"}, line=[{**line, "owner": "grid"} for line in (DIRECT, *ROUND)])
    assert settle(case, solve(case)).balances()["grid"]["EUR"] == 240_000


def test_a_limit_may_follow_the_weather() -> None:
    """60 MW on `direct` let all 90 MW through: 2100 and 900 EUR."""
    assert least(ring(steps=2, direct={"limit_mw": [40.0, 60.0]})) == pytest.approx(3000.0)


def test_a_limit_with_a_price_is_exceeded_where_that_pays() -> None:
    """All 90 MW from a put 60 MW on `direct`, 20 too many for 5 EUR each: 900 + 100."""
    assert least(ring(direct={"overload_price_eur_per_mwh": 5.0})) == pytest.approx(1000.0)


def test_a_grid_that_survives_an_outage_sends_less() -> None:
    """Were `one` lost, `direct` would carry all that comes from a, 50 MW at most: 500 + 2000 EUR."""
    storm = [{"id": "storm", "lines": ["one"]}]
    case = ring({"outage_limits": "hard"}, direct={"emergency_limit_mw": 50.0}, contingency=storm)
    assert least(case) == pytest.approx(2500.0)


def test_a_flowgate_limits_a_sum_of_flows() -> None:
    """All that arrives at c by lines is 45 MW at most: 450 + 45 * 50 EUR."""
    gate = {"id": "gate", "lines": [{"line": "direct"}, {"line": "two"}], "forward_max_mw": 45.0}
    assert least(ring(interface=[gate])) == pytest.approx(450.0 + 2250.0)


def test_a_phase_shifter_moves_flow_to_other_lines() -> None:
    """0.06 rad, 3.4 degrees, on `direct` leave 40 MW there and 50 MW on the way round: all 90 MW come from a."""
    free = {"phase_shift_min_deg": -5.0, "phase_shift_max_deg": 5.0}
    assert least(ring({"dc_formulation": "angles"}, direct=free)) == pytest.approx(900.0)
    fixed = {"phase_shift_deg": 3.4377467707849396}
    assert least(ring(direct=fixed)) == pytest.approx(900.0)


def test_a_line_that_may_be_opened_is_opened_where_it_is_in_the_way() -> None:
    """Without `direct` the way round carries all 90 MW."""
    assert least(ring({"dc_formulation": "angles"}, direct={"switchable": True})) == pytest.approx(900.0)


def test_a_transformer_off_its_nominal_ratio_carries_less() -> None:
    """Its reactance counts 1.25 times: 0.2 / 0.325 of what is sent flow there, so that 65 MW may be: 650 + 1250."""
    assert least(ring(direct={"tap_ratio": 1.25})) == pytest.approx(1900.0)


def test_a_shunt_takes_power() -> None:
    """2 MW more at c, from the plant there."""
    assert least(ring(shunt=[{"id": "core", "bus": "c", "conductance_mw": 2.0}])) == pytest.approx(2200.0)


def feeder(**more: Any) -> Case:
    """A feeder of resistance and reactance 0.1 per unit of 1 MVA, with a flexible demand of 0.6 MW at its end."""
    buses = [{"id": "station", "slack": True}, {"id": "end", "voltage_min_pu": 0.95}]
    components: dict[str, Any] = {
        "grid_connection": [{"id": "g", "bus": "station", "import_max_mw": 1.0, "import_price_eur_per_mwh": 50}],
        "flexible_demand": [{"id": "load", "bus": "end", "demand_mw": 0.6, "shed_value_eur_per_mwh": 1000}],
        "line": [
            {"id": "cable", "from_bus": "station", "to_bus": "end", "resistance_pu": 0.1, "reactance_pu": 0.1,
             "limit_mw": 2.0}
        ],
        **more,
    }  # fmt: skip
    policy = {"network": "lindistflow", "base_mva": 1.0}
    return case_of({"buses": buses, "policy": policy, "components": components}, 1)


def test_a_feeder_keeps_its_voltage_at_the_end() -> None:
    """1 - 2 * 0.1 * power >= 0.95^2 lets 0.4875 MW through; the rest is shed: 24.375 + 112.5 EUR."""
    assert least(feeder()) == pytest.approx(136.875)


def test_reactive_power_at_the_end_of_a_feeder_lifts_its_voltage() -> None:
    """0.1125 Mvar given there make up for the missing 0.1125 MW: all 0.6 MW are served."""
    device = {"id": "inverter", "bus": "end", "reactive_min_mvar": 0.0, "reactive_max_mvar": 0.1125}
    assert least(feeder(reactive=[device])) == pytest.approx(30.0, rel=1e-6)
