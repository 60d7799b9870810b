"""The command on cases with lines: every network model by name, and tables that people can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from c4e_opt import Outcome
from c4e_opt.case import Policy
from c4e_opt.fields import fields_of
from c4e_server.cli.grids import congestion_rent, loading
from c4e_server.cli.plots import plot_loading
from c4e_server.cli.reading import load_case
from tests.cli.conftest import Done

Run = Callable[..., Done]

#: 90 MW are wanted at c. The cheap plant at a and the dear one at c join by a line of 40 MW, by way of b as well: of
#: every MW from a to c, 2/3 flow on the direct line, 1/3 over b. So 60 MW come from a, and one more MW of the limit
#: lets 1.5 MW of 50 - 10 EUR/MWh more through: it is worth 60 EUR.
RING = """
name: ring
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}
buses: [{id: a}, {id: b}, {id: c}]
components:
  generator:
    - {id: cheap, bus: a, power_max_mw: 200, cost_eur_per_mwh: 10}
    - {id: dear, bus: c, power_max_mw: 200, cost_eur_per_mwh: 50}
  demand: [{id: load, bus: c, demand_mw: 90}]
  line:
    - {id: direct, from_bus: a, to_bus: c, reactance_pu: 0.1, limit_mw: %s}
    - {id: one, from_bus: a, to_bus: b, reactance_pu: 0.1, limit_mw: 100}
    - {id: two, from_bus: b, to_bus: c, reactance_pu: 0.1, limit_mw: 100}
"""
#: The same three buses in a row, which every model knows.
ROW = RING.replace("    - {id: direct, from_bus: a, to_bus: c, reactance_pu: 0.1, limit_mw: %s}\n", "")


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    path = tmp_path / "ring.yaml"
    path.write_text(RING % "40")
    return path


@pytest.mark.parametrize("network", fields_of(Policy)["network"].meta.choices)
def test_every_network_model_is_told_and_solves(inside: Run, tmp_path: Path, network: str):
    path = tmp_path / "row.yaml"
    path.write_text(ROW)
    done = inside("solve", path, "--network", network)
    assert done.code == 0, done.err
    assert "every law holds" in done.out
    assert network in inside("solve", "--help").out


def test_a_model_for_feeders_is_refused_on_a_ring_and_a_wrong_word_is_mended(inside: Run, ring: Path):
    done = inside("solve", ring, "--network", "lindistflow")
    assert done.code == 2
    assert "loop" in done.err
    done = inside("solve", ring, "--network", "lindistflw")
    assert done.code == 2
    assert "lindistflow" in done.err


def test_people_see_full_lines_limits_that_bind_and_the_rent(inside: Run, ring: Path, tmp_path: Path):
    done = inside("solve", ring, "--out", tmp_path / "out")
    (direct,) = (line for line in done.out.splitlines() if line.startswith("direct "))
    assert "100%" in direct
    assert "2 h" in direct
    (limit,) = (line for line in done.out.splitlines() if line.startswith("line direct"))
    assert "120.00" in limit  # 60 EUR in either hour
    assert "60.00" in limit
    # 60 MW are carried from 10 to 50 EUR/MWh for two hours.
    assert "congestion rent of the lines: 4,800.00 EUR" in done.out
    assert congestion_rent(Outcome.read(tmp_path / "out")) == pytest.approx(4800.0)
    assert "overload" not in done.out


def test_people_see_where_a_soft_limit_is_exceeded(inside: Run, ring: Path):
    # A MW beyond the limit for 5 EUR lets 1.5 MW of 40 EUR through: all 90 MW come from a, 60 of them on the line.
    ring.write_text(RING % "40, overload_price_eur_per_mwh: 5")
    done = inside("solve", ring)
    assert "overload of lines: 40 MWh beyond limits, most of it on direct" in done.out
    (direct,) = (line for line in done.out.splitlines() if line.startswith("direct "))
    assert "150%" in direct


def test_the_keys_of_json_are_the_same_with_lines(inside: Run, ring: Path, house: Path):
    keys = [set(inside("solve", path, "--json").json) for path in (ring, house)]
    assert keys[0] == keys[1] - {"welfare"}


def test_prices_of_many_buses_are_told_by_carrier_with_their_extremes(inside: Run, tmp_path: Path):
    buses = [f"n{k:02d}" for k in range(40)]
    lines = "\n".join(
        f"    - {{id: l{k:02d}, from_bus: n{k:02d}, to_bus: n{k + 1:02d}, reactance_pu: 0.1, limit_mw: {50 - k}}}"
        for k in range(39)
    )
    path = tmp_path / "long.yaml"
    path.write_text(
        f"""
name: long
horizon: {{start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2}}
buses: [{", ".join(f"{{id: {bus}}}" for bus in buses)}]
components:
  generator:
    - {{id: cheap, bus: n00, power_max_mw: 200, cost_eur_per_mwh: 10}}
    - {{id: dear, bus: n39, power_max_mw: 200, cost_eur_per_mwh: 50}}
  demand: [{{id: load, bus: n39, demand_mw: 30}}]
  line:
{lines}
"""
    )
    rows = {words[0]: words for line in inside("solve", path).out.splitlines() if (words := line.split())}
    assert rows["electricity"][1:5] == ["40", "10.00", "11.00", "50.00"]  # (39 * 10 + 50) / 40
    assert rows["n39"][1:4] == ["50.00"] * 3
    assert "n20" not in rows
    assert "l00" not in rows
    assert rows["l38"][5] == "100%"


def test_a_terminal_shows_how_lines_are_loaded_over_time(inside: Run, ring: Path, tmp_path: Path):
    out = tmp_path / "out"
    inside("solve", ring, "--out", out)
    outcome, lines = Outcome.read(out), load_case(ring).components["line"]
    assert loading(outcome, lines)["direct"] == pytest.approx([1.0, 1.0])
    drawn = plot_loading(outcome, lines)
    assert "loading of 3 of 3 lines, % of the limit" in drawn
    assert "direct" in drawn
    assert plot_loading(outcome, ()) == ""
