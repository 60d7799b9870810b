"""PyPSA networks: hand-solved ones, and all that PyPSA itself has solved."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import InvalidInput, Outcome, SolveOptions, read_case, solve
from tests.readers.networks import write_network

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "dispatch"
BUS = {"name": ["bus"]}


def known(folder: str) -> list[Any]:
    file = ORACLES / folder / "expected.json"
    cases: list[dict[str, Any]] = json.loads(file.read_text())["cases"] if file.is_file() else []
    return [pytest.param(folder, case["file"], case["objective"], id=f"{folder}/{case['file']}") for case in cases]


#: What PyPSA solves and we refuse, by a word of the reason. Everything else must come out the same.
REFUSED: dict[str, str] = {}


@pytest.mark.skipif(not ORACLES.is_dir(), reason="the networks that PyPSA has solved are not here")
@pytest.mark.parametrize(("folder", "file", "objective"), known("pypsa") + known("pypsa_unit"))
def test_what_pypsa_has_solved_comes_out_the_same(folder: str, file: str, objective: float):
    path = ORACLES / folder / file
    if file in REFUSED:
        with pytest.raises(InvalidInput, match=REFUSED[file]):
            read_case(path)
        return
    outcome = solve(read_case(path), SolveOptions(gap=1e-9))
    assert outcome.objective == pytest.approx(objective, rel=1e-6)
    assert outcome.certificate is not None
    assert outcome.certificate.holds


def solved(path: Path) -> Outcome:
    return solve(read_case(path), SolveOptions(gap=1e-9))


def test_snapshots_have_lengths_and_weights(tmp_path: Path):
    # 10 MW for 3 h, twice a year each: 10 * 20 EUR/MWh * (6 + 4) = 2,000 EUR; lengths of 3 h, weights of 6 and 4.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": BUS,
            "loads": {"name": ["load"], "bus": ["bus"], "p_set": [10.0]},
            "generators": {"name": ["gas"], "bus": ["bus"], "p_nom": [50.0], "marginal_cost": [20.0]},
        },
        weights={"objective": [6, 4], "stores": [3, 3], "generators": [6, 4]},
    )
    case = read_case(path)
    np.testing.assert_allclose(case.horizon.hours, 3.0)
    assert solved(path).objective == pytest.approx(2000.0)


def test_the_standing_loss_spares_what_a_store_begins_with(tmp_path: Path):
    # 8 MWh in store, 4 MW wanted for 2 h, loss 10 % an hour: 4 of 8 are drawn, 3.6 are kept, 0.4 MWh is bought at 100.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": BUS,
            "loads": {"name": ["load"], "bus": ["bus"], "p_set": [4.0]},
            "generators": {"name": ["dear"], "bus": ["bus"], "p_nom": [50.0], "marginal_cost": [100.0]},
            "stores": {"name": ["tank"], "bus": ["bus"], "e_nom": [8.0], "e_initial": [8.0], "standing_loss": [0.1]},
        },
    )
    assert solved(path).objective == pytest.approx(40.0)


def test_a_storage_unit_keeps_its_efficiencies_inflow_and_size_in_hours(tmp_path: Path):
    # Inflow 1 MW for 2 h, p_nom 1 MW, efficiency 0.5: 1 MWh is given of 2 MWh of inflow; 3 MWh of 4 are bought at 10.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": BUS,
            "loads": {"name": ["load"], "bus": ["bus"], "p_set": [2.0]},
            "generators": {"name": ["grid"], "bus": ["bus"], "p_nom": [50.0], "marginal_cost": [10.0]},
            "storage_units": {
                "name": ["lake"], "bus": ["bus"], "p_nom": [1.0], "max_hours": [6.0], "efficiency_dispatch": [0.5],
                "inflow": [1.0],
            },
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(30.0)


def test_demand_bids_are_sinks_that_pay(tmp_path: Path):
    # A bid is a negative cost of taking. Supply at 20: 4 MW at 30 are served, 4 MW at 15 are not: 4 * (20 - 30) = -40.
    path = write_network(
        tmp_path / "n.nc",
        1,
        {
            "buses": BUS,
            "generators": {
                "name": ["supply", "eager", "stingy"], "bus": ["bus"] * 3, "p_nom": [10.0, 4.0, 4.0],
                "marginal_cost": [20.0, -30.0, -15.0], "sign": [1.0, -1.0, -1.0],
            },
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(-40.0)


def test_links_convert_and_lines_carry(tmp_path: Path):
    # 6 MW of heat from a boiler of 0.75: 8 MW of gas at 10. 3 MW over a line of 2 MW: 1 MW at 50 beyond it, 2 at 5.
    path = write_network(
        tmp_path / "n.nc",
        1,
        {
            "buses": {"name": ["a", "b", "gas", "heat"], "carrier": ["AC", "AC", "gas", "heat"]},
            "loads": {"name": ["l", "h"], "bus": ["b", "heat"], "p_set": [3.0, 6.0]},
            "generators": {
                "name": ["cheap", "dear", "well"], "bus": ["a", "b", "gas"], "p_nom": [9.0, 9.0, 9.0],
                "marginal_cost": [5.0, 50.0, 10.0],
            },
            "links": {"name": ["boiler"], "bus0": ["gas"], "bus1": ["heat"], "p_nom": [9.0], "efficiency": [0.75]},
            "lines": {"name": ["line"], "bus0": ["a"], "bus1": ["b"], "s_nom": [2.0], "x": [0.1]},
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(80.0 + 10.0 + 50.0)


def test_a_limit_on_co2_binds(tmp_path: Path):
    # Coal 0.34 t per MWh of fuel, 0.4 efficiency: 0.85 t/MWh; 8.5 t allow 10 of 30 MWh at 10, the rest is 20 MWh at 70.
    path = write_network(
        tmp_path / "n.nc",
        1,
        {
            "buses": BUS,
            "carriers": {"name": ["coal", "sun"], "co2_emissions": [0.34, 0.0]},
            "loads": {"name": ["load"], "bus": ["bus"], "p_set": [30.0]},
            "generators": {
                "name": ["coal", "sun"], "bus": ["bus", "bus"], "p_nom": [50.0, 50.0], "marginal_cost": [10.0, 70.0],
                "carrier": ["coal", "sun"], "efficiency": [0.4, 1.0],
            },
            "global_constraints": {"name": ["co2"], "sense": ["<="], "constant": [8.5]},
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(100.0 + 1400.0)


def test_ramps_may_differ_between_snapshots_or_be_free(tmp_path: Path):
    # From 10 of 100 MW it may rise by 20 %, then freely, and fall by 30 %: 30, 90, at least 60 MW, 20 wasted at 1.
    path = write_network(
        tmp_path / "n.nc",
        3,
        {
            "buses": BUS,
            "generators": {
                "name": ["unit", "dear", "dump"], "bus": ["bus"] * 3, "p_nom": [100.0, 500.0, 500.0],
                "marginal_cost": [10.0, 50.0, 1.0], "sign": [1.0, 1.0, -1.0], "p_init": [10.0, np.nan, np.nan],
            },
            "loads": {"name": ["load"], "bus": ["bus"]},
        },
        {
            ("loads", "p_set"): {"load": [50.0, 90.0, 40.0]},
            ("generators", "ramp_limit_up"): {"unit": [0.2, np.nan, 0.1]},
            ("generators", "ramp_limit_down"): {"unit": [0.3, 0.3, 0.3]},
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(10.0 * (30 + 90 + 60) + 50.0 * 20 + 1.0 * 20)


def test_with_ramps_a_unit_stops_from_no_less_than_its_start_exceeds_its_rise(tmp_path: Path):
    # PyPSA: -p[t-1] <= 0.4 - 1 where it stops. To save 300 EUR of stand-by it gives 60 MW, 10 too many.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": BUS,
            "generators": {
                "name": ["unit", "dump"], "bus": ["bus"] * 2, "p_nom": [100.0, 500.0], "marginal_cost": [10.0, 1.0],
                "sign": [1.0, -1.0], "committable": [True, False], "stand_by_cost": [300.0, 0.0],
                "ramp_limit_up": [0.4, np.nan],
            },
            "loads": {"name": ["load"], "bus": ["bus"]},
        },
        {("loads", "p_set"): {"load": [50.0, 0.0]}},
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(300.0 + 600.0 + 10.0)


def test_a_late_link_has_the_efficiency_of_the_snapshot_in_which_it_arrives(tmp_path: Path):
    # 8 MW sent in the first snapshot arrive at 0.75 in the second, where 6 are wanted; 6 in the first come at 100.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": {"name": ["a", "b"]},
            "loads": {"name": ["load"], "bus": ["b"], "p_set": [6.0]},
            "generators": {
                "name": ["cheap", "dear"], "bus": ["a", "b"], "p_nom": [99.0] * 2, "marginal_cost": [1.0, 100.0],
            },
            "links": {
                "name": ["late"], "bus0": ["a"], "bus1": ["b"], "p_nom": [8.0], "delay": [1], "cyclic_delay": [False],
            },
        },
        {("links", "efficiency"): {"late": [0.25, 0.75]}},
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(8.0 + 600.0)


def test_a_process_may_take_later_what_it_gives_now(tmp_path: Path):
    # It gives 4 MW at once, twice what it is, and takes 2 a snapshot later, at 20 and not at 10.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": {"name": ["a", "b"]},
            "loads": {"name": ["load"], "bus": ["b"]},
            "generators": {"name": ["source", "dear"], "bus": ["a", "b"], "p_nom": [99.0] * 2},
            "processes": {
                "name": ["p"], "bus0": ["a"], "bus1": ["b"], "p_nom": [9.0], "rate1": [2.0], "delay0": [1],
            },
        },
        {
            ("loads", "p_set"): {"load": [4.0, 0.0]},
            ("generators", "marginal_cost"): {"source": [10.0, 20.0], "dear": [100.0, 100.0]},
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(40.0)


def test_modules_run_one_by_one(tmp_path: Path):
    # 25 MW of modules of 10 that give at least 8: three cost 3 a start, but one ran before; 25 * 2 + 2 starts.
    path = write_network(
        tmp_path / "n.nc",
        1,
        {
            "buses": BUS,
            "loads": {"name": ["load"], "bus": ["bus"], "p_set": [25.0]},
            "generators": {
                "name": ["units", "dear"], "bus": ["bus"] * 2, "p_nom": [40.0, 99.0], "p_nom_mod": [10.0, 0.0],
                "p_min_pu": [0.8, 0.0], "marginal_cost": [2.0, 90.0], "start_up_cost": [3.0, 0.0],
                "committable": [True, False],
            },
        },
    )  # fmt: skip
    assert solved(path).objective == pytest.approx(56.0)


def test_a_set_power_and_maintenance_are_not_read_together(tmp_path: Path):
    # The limit of a snapshot with a set power is that power; half of it would be too little for maintenance by half.
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": BUS,
            "generators": {
                "name": ["g"], "bus": ["bus"], "p_nom": [9.0], "maintainable": [True], "maintenance_duration": [1.0],
                "maintenance_pu": [0.5],
            },
        },
        {("generators", "p_set"): {"g": [np.nan, 4.5]}},
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="with maintenance"):
        read_case(path)


def test_everything_without_a_counterpart_is_named_at_once(tmp_path: Path):
    path = write_network(
        tmp_path / "n.nc",
        2,
        {
            "buses": {"name": ["a", "b", "c"], "nom_max_gas": [np.nan, 9.0, np.nan]},
            "generators": {
                "name": ["g"], "bus": ["a"], "p_nom": [1.0], "marginal_cost_quadratic": [0.1], "p_nom_mod": [1.0],
                "committable": [True], "min_down_time": [2],
            },
            "lines": {
                "name": ["ab", "bc", "ca"], "bus0": ["a", "b", "c"], "bus1": ["b", "c", "a"], "s_nom": [1.0] * 3,
                "s_nom_extendable": [True, False, False], "v_ang_max": [np.inf, 30.0, np.inf],
            },
            "stores": {"name": ["s"], "bus": ["a"], "e_nom_extendable": [True], "e_nom_mod": [2.0]},
            "global_constraints": {"name": ["cap"], "type": ["transmission_volume_expansion_limit"], "constant": [1.0]},
        },
        {("generators", "ramp_limit_up"): {"g": [0.1, 0.2]}, ("stores", "standing_loss"): {"s": [0.1, 0.2]}},
    )  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        read_case(path)
    paths = {issue.path for issue in caught.value.issues}
    assert paths == {
        "buses.b.nom_max_gas",
        "generators.g.marginal_cost_quadratic",
        "generators.g.min_down_time",
        "generators.g.ramp_limit_up",
        "lines.ab.s_nom_extendable",
        "lines.ab.x",
        "lines.bc.x",
        "lines.ca.x",
        "stores.s.e_nom_mod",
        "stores.s.standing_loss",
        "global_constraints.cap.type",
    }


@pytest.mark.parametrize("content", [b"", b"no network", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_what_is_no_network_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "n.nc"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"n\.nc"):
        read_case(path)


def test_a_missing_network_is_told(tmp_path: Path):
    with pytest.raises(InvalidInput, match="no such file"):
        read_case(tmp_path / "n.nc")
