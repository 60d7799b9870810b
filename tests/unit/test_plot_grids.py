"""Pictures of grids: how full lines are, what limits are worth, prices and voltages by bus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from c4e_opt import Outcome, read_case, solve
from c4e_opt.plot import SUFFIXES, draw
from c4e_opt.plot.panels import panels

# 90 MW at c, of which the line a-c lets 60 through: 2/3 of them are its limit in the first hour, and 3/4 of it later.
RING = """
name: ring
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}
buses: [{id: a}, {id: b}, {id: c}, {id: heat, carrier: heat}]
components:
  generator:
    - {id: cheap, bus: a, power_max_mw: 200, cost_eur_per_mwh: 10}
    - {id: dear, bus: c, power_max_mw: 200, cost_eur_per_mwh: 50}
  demand: [{id: load, bus: c, demand_mw: [90, 45]}]
  line:
    - {id: direct, from_bus: a, to_bus: c, reactance_pu: 0.1, limit_mw: 40}
    - {id: one, from_bus: a, to_bus: b, reactance_pu: 0.1}
    - {id: two, from_bus: b, to_bus: c, reactance_pu: 0.1, limit_mw: 100}
"""


@pytest.fixture
def ring(tmp_path: Path) -> tuple[Outcome, tuple[object, ...]]:
    path = tmp_path / "ring.yaml"
    path.write_text(RING)
    case = read_case(path)
    return solve(case), case.components["line"]


def test_panels_of_a_grid_show_prices_loading_and_worth(ring: tuple[Outcome, tuple[object, ...]]):
    outcome, lines = ring
    found = {panel.title: panel for panel in panels(outcome, lines)}
    price = found["price, EUR/MWh"]
    np.testing.assert_allclose(price.bands["all buses"], [[10, 10], [50, 10]])
    np.testing.assert_allclose(price.steps["c"], [50, 10])
    np.testing.assert_allclose(price.steps["a"], [10, 10])
    loading = found["loading of lines"].rows
    assert loading is not None
    assert loading[0].tolist() == ["direct", "two"]
    np.testing.assert_allclose(loading[1], [[1.0, 0.75], [0.2, 0.15]])
    worth = found["limits that bind"].rows
    assert worth is not None
    assert worth[0].tolist() == ["direct"]
    np.testing.assert_allclose(worth[1], [[60.0, 0.0]])
    carrier = found["electricity, MW"]
    assert carrier.price is not None
    np.testing.assert_allclose(carrier.price[0], carrier.price[2])  # the mean alone; buses have their own panel
    assert "line" not in carrier.stack


def test_a_grid_is_drawn_in_every_format(ring: tuple[Outcome, tuple[object, ...]], tmp_path: Path):
    outcome, lines = ring
    for suffix in SUFFIXES:
        assert draw(outcome, tmp_path / f"a{suffix}", lines=lines).stat().st_size > 5000
    page = (tmp_path / "a.html").read_text()
    assert "loading of lines" in page
    assert "limits that bind" in page


def test_without_records_of_lines_nobody_knows_how_full_they_are(ring: tuple[Outcome, tuple[object, ...]]):
    assert "loading of lines" not in {panel.title for panel in panels(ring[0])}


def test_a_small_grid_keeps_its_prices_where_powers_are_drawn_in_kw(tmp_path: Path):
    path = tmp_path / "ring.yaml"
    path.write_text(RING.replace("[90, 45]", "[0.09, 0.045]").replace("limit_mw: 40", "limit_mw: 0.04"))
    case = read_case(path)
    found = {panel.title: panel for panel in panels(solve(case), case.components["line"])}
    np.testing.assert_allclose(found["price, EUR/MWh"].steps["c"], [50, 10])
    np.testing.assert_allclose(found["electricity, kW"].stack["demand"], [-90, -45])


def test_a_feeder_shows_the_voltages_of_its_ends(tmp_path: Path):
    text = RING.replace("name: ring", "name: row\npolicy: {network: lindistflow}")
    text = "\n".join(line for line in text.splitlines() if "direct" not in line)
    path = tmp_path / "row.yaml"
    path.write_text(text.replace("reactance_pu: 0.1", "reactance_pu: 0.1, resistance_pu: 0.05"))
    case = read_case(path)
    found = {panel.title: panel for panel in panels(solve(case), case.components["line"])}
    voltage = found["voltage, per unit"]
    # 90 MW over twice 0.05 per unit of 100 MVA: the squared voltage falls by 2 * 0.9 * 0.1 = 0.18.
    np.testing.assert_allclose(voltage.steps["c"], np.sqrt([1 - 0.18, 1 - 0.09]), rtol=1e-6)
