"""Pictures: what they show is what the answer says, in every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from c4e_opt import NoSolution, Outcome, read_case, solve
from c4e_opt.case import KINDS
from c4e_opt.plot import SUFFIXES, draw
from c4e_opt.plot.panels import COLOURS, panels, stacks

CASE = """
name: home
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 4}
buses: [{id: house}]
components:
  grid_connection: [{id: grid, bus: house, import_max_mw: %s, import_price_eur_per_mwh: [50, 20, 80, 60]}]
  demand: [{id: load, bus: house, demand_mw: 1}]
  battery: [{id: cells, bus: house, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 0}]
  ev_session:
    - {id: car, bus: house, arrival: "2025-01-01T01:00Z", departure: "2025-01-01T03:00Z", energy_needed_mwh: 0.9,
       energy_max_mwh: 2, charge_max_mw: 1}
"""


RULES = """
    - {id: vans, bus: house, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T04:00Z", energy_needed_mwh: 0.2,
       energy_start_mwh: 0.5, energy_max_mwh: 1, charge_max_mw: 0.3, discharge_max_mw: 0.2, count: 4}
    - {id: steps, bus: house, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T04:00Z", energy_needed_mwh: 0.2,
       energy_max_mwh: 1, charge_max_mw: 0.3, charge_steps: [{power_mw: 0.1}, {power_mw: 0.3}]}
    - {id: late, bus: house, arrival: "2025-01-01T00:00Z", departure: "2025-01-01T04:00Z", energy_needed_mwh: 0.2,
       energy_max_mwh: 1, charge_max_mw: 0.3, charge_min_mw: 0.1, discharge_max_mw: 0.2, energy_v2g_min_mwh: 0.1}
  charging_site: [{id: yard, members: [ev_session/car, ev_session/steps, ev_session/late], plugs: 1, swaps: false}]
"""


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    (tmp_path / "case.yaml").write_text(CASE % 10)
    return solve(read_case(tmp_path))


def test_panels_show_the_answer(outcome: Outcome):
    carrier, levels, exchanges, vehicles = panels(outcome)
    assert carrier.title == "electricity, MW"
    np.testing.assert_allclose(np.sum(list(carrier.stack.values()), axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(carrier.stack["demand"], -1.0)
    assert carrier.price is not None
    np.testing.assert_array_equal(carrier.price[1], outcome.price_table.values("price_eur_per_mwh")[0])
    np.testing.assert_array_equal(levels.lines["battery"], outcome.schedule_table.values("battery_energy_mwh")[0])
    np.testing.assert_array_equal(
        exchanges.steps["grid"], outcome.schedule_table.values("grid_connection_import_mw")[0]
    )
    assert vehicles.rows is not None
    names, power = vehicles.rows
    assert names.tolist() == ["car"]
    assert power.sum() == pytest.approx(1.0)  # 0.9 MWh stored at an efficiency of 0.9
    assert len(carrier.edges) == 5


def test_a_small_case_is_drawn_in_kilowatts_and_a_building_with_its_temperature(tmp_path: Path):
    """The house of 1 MW at a thousandth, and a room that needs no heat."""
    small = """
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}
buses: [{id: house}, {id: warm, carrier: heat}]
components:
  grid_connection: [{id: grid, bus: house, import_max_mw: 0.01, import_price_eur_per_mwh: 50}]
  demand: [{id: load, bus: house, demand_mw: 0.001}]
  building:
    - {id: room, heat_bus: warm, capacity_mwh_per_k: 0.001, resistance_k_per_mw: 1000, temperature_start_c: 21,
       outdoor_temperature_c: 21}
"""
    (tmp_path / "case.yaml").write_text(small)
    carrier, _, temperatures, exchanges = panels(solve(read_case(tmp_path)))
    assert [carrier.title, exchanges.title] == ["electricity, kW", "exchange, kW (import and forward +)"]
    np.testing.assert_allclose(carrier.stack["demand"], -1.0)
    np.testing.assert_allclose(exchanges.steps["grid"], 1.0)
    assert temperatures.title == "temperature, °C"
    np.testing.assert_allclose(temperatures.lines["room"], 21.0)


def test_every_kind_has_a_colour_of_its_own():
    """Ports of these kinds can stand side by side in one panel."""
    kinds = KINDS.keys() - {kind for kind in KINDS if KINDS[kind].__module__.startswith("c4e_opt.laws")}
    kinds -= {"contingency", "interface", "reactive", "complex_order", "market", "contract"}  # which have no ports
    shades = [COLOURS.get(kind) for kind in sorted(kinds)]
    assert None not in shades
    assert len(set(shades)) == len(shades)


def test_vehicles_with_rules_and_shared_plugs_are_drawn(tmp_path: Path):
    (tmp_path / "case.yaml").write_text((CASE % 10).rstrip() + RULES)
    answer = solve(read_case(tmp_path))
    *_, levels, _, vehicles = panels(answer)
    assert vehicles.rows is not None
    names, power = vehicles.rows
    assert sorted(names.tolist()) == ["car", "late", "steps", "vans"]
    table = answer.schedule_table
    drawn = table.values("ev_session_charge_mw") - table.values("ev_session_discharge_mw")
    np.testing.assert_allclose(power.sum(axis=0), drawn.sum(axis=0))
    np.testing.assert_allclose(levels.lines["ev_session"], table.values("ev_session_energy_mwh").sum(axis=0))
    for suffix in SUFFIXES:
        assert draw(answer, tmp_path / f"picture{suffix}").stat().st_size > 0


def test_stacks_sum_to_zero_with_the_orders_as_the_rest(outcome: Outcome):
    assert set(stacks(outcome, "electricity")) == {"grid_connection", "demand", "battery", "ev_session"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_written(outcome: Outcome, tmp_path: Path, suffix: str):
    heads = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF", ".html": b"<!doctype html>"}
    path = draw(outcome, tmp_path / f"picture{suffix}")
    content = path.read_bytes()
    assert content.startswith(heads[suffix])
    if suffix == ".html":
        assert b"OPTIMAL" in content
        assert b'src="http' not in content  # opens without a network


def test_another_suffix_is_refused(outcome: Outcome, tmp_path: Path):
    with pytest.raises(ValueError, match=r"\.html"):
        draw(outcome, tmp_path / "picture.bmp")


def test_nothing_to_draw(tmp_path: Path):
    (tmp_path / "case.yaml").write_text(CASE % 0)
    with pytest.raises(NoSolution, match="nothing to draw"):
        draw(solve(read_case(tmp_path)), tmp_path / "picture.png")
