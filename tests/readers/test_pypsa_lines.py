"""Meshed lines and transformers of PyPSA networks: a triangle solved by hand, and SciGRID-DE as PyPSA has solved it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, SolveOptions, read_case, solve
from tests.readers.networks import write_network

ORACLE = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network" / "pypsa"


def triangle(tmp_path: Path, sizes: tuple[float, float, float] = (60.0, 99.0, 99.0), **lists: Any) -> Case:
    """Power at 10 at a and at 50 at c, 90 MW wanted at c; lines ac, ab and bc of 100 kV and 10 ohm each."""
    path = write_network(
        tmp_path / "n.nc",
        1,
        {
            "buses": {"name": ["a", "b", "c"], "v_nom": [100.0] * 3},
            "loads": {"name": ["load"], "bus": ["c"], "p_set": [90.0]},
            "generators": {"name": ["a", "c"], "bus": ["a", "c"], "p_nom": [999.0] * 2, "marginal_cost": [10.0, 50.0]},
            "lines": {
                "name": ["ac", "ab", "bc"], "bus0": ["a", "a", "b"], "bus1": ["c", "b", "c"], "x": [10.0] * 3,
                "s_nom": list(sizes),
            },
            **lists,
        },
    )  # fmt: skip
    return read_case(path)


def flows(case: Case) -> dict[str, float]:
    schedule = solve(case).schedule.line_flow_mw
    return {str(name): float(schedule.sel(line=name)[0]) for name in schedule.line.values}


def cost(case: Case) -> float:
    objective = solve(case).objective
    assert objective is not None
    return objective


def test_power_splits_by_reactance(tmp_path: Path) -> None:
    """Two thirds take the direct line."""
    case = triangle(tmp_path)
    assert case.policy.network == "dc"
    assert flows(case) == pytest.approx({"ac": 60.0, "ab": 30.0, "bc": 30.0})
    assert cost(case) == pytest.approx(900.0)


def test_a_line_of_a_circle_limits_all_of_it(tmp_path: Path) -> None:
    """40 MW on the direct line are 60 MW in all; 30 MW come from c."""
    assert cost(triangle(tmp_path, (40.0, 99.0, 99.0))) == pytest.approx(600.0 + 1500.0)


def test_a_line_may_have_a_type(tmp_path: Path) -> None:
    """PyPSA's own type has 0.301 ohm/km: 20 / 0.301 km of two parallel lines are 10 ohm."""
    lines: dict[str, Any] = {
        "name": ["ac", "ab", "bc"], "bus0": ["a", "a", "b"], "bus1": ["c", "b", "c"], "x": [0.0, 10.0, 10.0],
        "s_nom": [40.0, 99.0, 99.0], "length": [20.0 / 0.301, 0.0, 0.0], "num_parallel": [2.0, 1.0, 1.0],
        "type": ["Al/St 240/40 2-bundle 220.0", "", ""],
    }  # fmt: skip
    assert cost(triangle(tmp_path, lines=lines)) == pytest.approx(2100.0)
    lines["type"][0] = "hemp"
    with pytest.raises(InvalidInput, match="'hemp', which is neither in the file nor one of PyPSA's"):
        triangle(tmp_path, lines=lines)


def test_a_type_of_the_file_goes_before_one_of_ours(tmp_path: Path) -> None:
    """0.16 ohm/km make 5 ohm: four fifths take the direct line, 40 MW are 50 in all."""
    lines: dict[str, Any] = {
        "name": ["ac", "ab", "bc"], "bus0": ["a", "a", "b"], "bus1": ["c", "b", "c"], "x": [0.0, 10.0, 10.0],
        "s_nom": [40.0, 99.0, 99.0], "length": [31.25, 0.0, 0.0], "type": ["own", "", ""],
    }  # fmt: skip
    types = {"name": ["own"], "x_per_length": [0.16]}
    assert cost(triangle(tmp_path, lines=lines, line_types=types)) == pytest.approx(500.0 + 2000.0)


def transformers(**more: Any) -> dict[str, Any]:
    """In place of line ac: 0.1 per unit of 100 MVA are 0.001 per unit of 1 MVA, as 10 ohm at 100 kV."""
    said = {"name": ["t"], "bus0": ["a"], "bus1": ["c"], "x": [0.1], "s_nom": [100.0], "s_max_pu": [0.4], **more}
    lines = {"name": ["ab", "bc"], "bus0": ["a", "b"], "bus1": ["b", "c"], "x": [10.0] * 2, "s_nom": [99.0] * 2}
    return {"transformers": said, "lines": lines}


def test_a_transformer_is_per_unit_of_its_size(tmp_path: Path) -> None:
    assert cost(triangle(tmp_path, **transformers())) == pytest.approx(2100.0)


def test_a_tap_and_a_phase_shift_turn_flows(tmp_path: Path) -> None:
    """With a tap of 0.5 four fifths go directly: 50 MW.

    A shift by 0.02 rad takes 0.02 / 0.003 = 6.667 MW from the direct way: f = 2/3 * p - 6.667 = 40, p = 70.
    """
    assert cost(triangle(tmp_path, **transformers(tap_ratio=[0.5]))) == pytest.approx(500.0 + 2000.0)
    shift = transformers(phase_shift=[1.1459155902616465])
    assert cost(triangle(tmp_path, **shift)) == pytest.approx(700.0 + 1000.0)


def test_a_phase_shift_may_be_chosen(tmp_path: Path) -> None:
    """Up to 0.02 rad, which is used; PyPSA ignores the fixed one."""
    shift = transformers(phase_shift=[9.0], phase_shift_min=[0.0], phase_shift_max=[1.1459155902616465])
    case = triangle(tmp_path, **shift)
    assert case.policy.dc_formulation == "angles"
    assert cost(case) == pytest.approx(1700.0)


def test_lines_of_a_direct_current_network_split_by_resistance(tmp_path: Path) -> None:
    """5 ohm against 20: 40 MW on the direct line are 50 in all."""
    lines: dict[str, Any] = {
        "name": ["ac", "ab", "bc"], "bus0": ["a", "a", "b"], "bus1": ["c", "b", "c"], "r": [5.0, 10.0, 10.0],
        "s_nom": [40.0, 99.0, 99.0],
    }  # fmt: skip
    buses = {"name": ["a", "b", "c"], "v_nom": [100.0] * 3, "carrier": ["DC"] * 3}
    assert cost(triangle(tmp_path, lines=lines, buses=buses)) == pytest.approx(500.0 + 2000.0)


def test_a_limit_of_the_angle_binds_without_a_circle(tmp_path: Path) -> None:
    """0.04 rad over 0.001 per unit are 40 MW."""
    lines: dict[str, Any] = {
        "name": ["ac"], "bus0": ["a"], "bus1": ["c"], "x": [10.0], "s_nom": [99.0], "v_ang_max": [2.291831180523293]
    }  # fmt: skip
    assert cost(triangle(tmp_path, lines=lines)) == pytest.approx(400.0 + 2500.0)


def test_a_line_without_impedance_is_a_tie_unless_it_closes_a_circle(tmp_path: Path) -> None:
    def lines(end: str) -> dict[str, Any]:
        return {
            "name": ["ac", "ab", "bc", "spur"], "bus0": ["a", "a", "b", "d"], "bus1": ["c", "b", "c", end],
            "x": [10.0, 10.0, 10.0, 0.0], "s_nom": [40.0, 99.0, 99.0, 5.0],
        }  # fmt: skip

    buses = {"name": ["a", "b", "c", "d"], "v_nom": [100.0] * 4}
    case = triangle(tmp_path, lines=lines("c"), buses=buses)
    assert [tie.id for tie in case.components["tie"]] == ["spur"]
    assert cost(case) == pytest.approx(2100.0)
    circle = lines("c")
    circle["bus0"][3] = "a"
    with pytest.raises(InvalidInput, match="is 0 in a circle of lines"):
        triangle(tmp_path, lines=circle, buses=buses)


def test_a_circle_of_pipes_is_refused(tmp_path: Path) -> None:
    buses = {"name": ["a", "b", "c"], "carrier": ["heat"] * 3, "v_nom": [100.0] * 3}
    with pytest.raises(InvalidInput, match="another carrier than electricity"):
        triangle(tmp_path, buses=buses)


def test_shunt_impedances_are_noted(tmp_path: Path) -> None:
    case = triangle(tmp_path, shunt_impedances={"name": ["coil"], "bus": ["a"], "b": [0.01]})
    assert [(note.path, note.rule) for note in case.notes] == [("shunt_impedances", "passed_over")]
    assert cost(case) == pytest.approx(900.0)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the network that PyPSA has solved is not here")
def test_scigrid_comes_out_as_pypsa_solves_it() -> None:
    """585 buses, 852 lines, 96 transformers, 24 hours."""
    wanted = json.loads((ORACLE / "expected.json").read_text())["scigrid-de.nc"]["objective"]
    outcome = solve(read_case(ORACLE / "scigrid-de.nc"), SolveOptions(gap=1e-9))
    assert outcome.objective == pytest.approx(wanted, rel=1e-9)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
