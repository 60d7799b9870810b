"""Files of grid operators: counts, sums and DC flows beside pypowsybl's own, and what cannot be kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.readers.powsybl import PROGRAM, case_of
from c4e_opt.case.readers.powsybl.tables import Tables
from c4e_opt.replay import replay
from tests.installed import needs
from tests.readers.dc_flows import balanced, dc_flows
from tests.readers.grid_worker import GridWorker
from tests.unit.test_replay import answer

FILES = (
    Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network" / "grid_formats"
)
NAMES = (
    "CGMES_v2.4.15_SmallGridTestConfiguration_BaseCase_Complete_v3.0.0.zip",
    "IEEE_118_bus.raw",
    "IEEE_14_bus_rev35.raw",
    "MicroGridTestConfiguration_T4_BE_BB_Complete_v2.zip",
    "ieee118cdf.txt",
    "ieee14.dgs",
    "ieee14cdf.txt",
    "simple-eu-xnode.uct",
    "simple-eu.uct",
    "test_ucte_DE.uct",
    "test_ucte_FR.uct",
)

pytestmark = [needs("pypowsybl"), pytest.mark.xdist_group("powsybl")]
needs_files = pytest.mark.skipif(not FILES.is_dir(), reason="the oracles are not here")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridWorker]:
    worker = GridWorker(PROGRAM, tmp_path_factory.mktemp("grids"))
    yield worker
    worker.close()


def expected(name: str) -> dict[str, Any]:
    return json.loads((FILES / "expected.json").read_text())["cases"][name]


def read(worker: GridWorker, name: str) -> tuple[Case, dict[str, Any]]:
    tables = worker.tables(FILES / name)
    assert tables is not None
    return case_of(tables, name), dict(tables)


@needs_files
@pytest.mark.parametrize("name", NAMES)
def test_counts_and_sums_are_those_of_the_file(worker: GridWorker, name: str) -> None:
    """Inner buses: one for each boundary line and for each transformer of three windings, with as many more lines."""
    case, tables = read(worker, name)
    told = expected(name)
    boundaries = len((tables["boundary_lines"] or {}).get("id", ()))
    stars = told["3_windings_transformers"]
    ties = len((tables["tie_lines"] or {}).get("id", ()))
    assert len(case.buses) == told["buses"] + boundaries - ties + stars
    kinds = {kind: len(records) for kind, records in case.components.items()}
    assert kinds["line"] == told["lines"] + told["2_windings_transformers"] + 3 * stars + boundaries
    beyond = [each.id for each in case.components["generator"] if each.id.startswith("load ")]
    assert kinds["generator"] == told["generators"] + len(beyond)
    assert kinds["demand"] == told["loads"] + boundaries - len(beyond) - _empty(tables)
    demand = sum(float(each.demand_mw[0]) for each in case.components["demand"] if not each.id.endswith(" beyond"))
    assert demand == pytest.approx(told["sum_load_p0_mw"], rel=1e-12)
    assert sum(tables["generators"]["target_p"]) == pytest.approx(told["sum_gen_target_p_mw"], abs=1e-6)
    banks = [each for each in case.components.get("shunt", ()) if " at " not in each.id]
    assert len(banks) == told["shunt_compensators"]
    assert sum(bus.slack for bus in case.buses) == 1
    if told["operational_limits"]:
        assert any(line.limit_mw is not None for line in case.components["line"])


def _empty(tables: dict[str, Any]) -> int:
    """Boundary lines beyond which there is nothing."""
    rows = tables["boundary_lines"] or {"id": (), "p0": (), "q0": ()}
    given = dict(
        zip(
            (tables["boundary_lines_generation"] or {}).get("id", ()),
            (tables["boundary_lines_generation"] or {}).get("target_p", ()),
            strict=True,
        )
    )
    return sum(
        not (p - given.get(i, 0.0)) and not q for i, p, q in zip(rows["id"], rows["p0"], rows["q0"], strict=True)
    )


@needs_files
@pytest.mark.parametrize("name", [name for name in NAMES if name != "test_ucte_DE.uct"])
def test_dc_flows_are_those_of_pypowsybl(worker: GridWorker, name: str) -> None:
    """Of lines alone, without transformers and boundary lines, as the oracle sums them."""
    case, tables = read(worker, name)
    told = expected(name)
    names = Tables(tables, 100.0, case.horizon)
    columns = tables["generators"]
    called = [names.name("generators", ident).strip() for ident in columns["id"]]
    limits = dict(zip(called, zip(columns["min_p"], columns["max_p"], strict=True), strict=True))
    flows = dc_flows(case, balanced(case, dict(zip(called, columns["target_p"], strict=True)), limits))
    wanted = {names.name("lines", ident).strip() for ident in tables["lines"]["id"]}
    some = np.abs([flow for line, flow in flows.items() if line in wanted])
    assert len(some) == told["lines"]
    assert some.sum() == pytest.approx(told["dc_abs_flow_sum_mw"], rel=1e-6)
    assert some.max() == pytest.approx(told["dc_max_flow_mw"], rel=1e-6)


@needs_files
@pytest.mark.slow
def test_a_replay_of_the_targets_is_the_load_flow_of_pypowsybl(worker: GridWorker) -> None:
    """Voltages of every bus, generators at their targets, the slack making up for the losses.

    Left aside are a file in which a generator regulates a distant bus, and one whose slack has no reactive power, which
    OpenLoadFlow then does not let hold its voltage. The matched files agree to 1e-6 and most to 1e-12.
    """
    chosen = [name for name in NAMES if name.split(".")[-1] != "dgs" and "Micro" not in name and "DE" not in name]
    cases = {name: read(worker, name) for name in chosen}
    asked: list[tuple[str, str]] = []
    for name, (case, tables) in cases.items():
        names = Tables(tables, 100.0, case.horizon)
        slack = next(bus.id for bus in case.buses if bus.slack)
        asked.append(
            (str(FILES / name), next(each for each in tables["buses"]["id"] if names.name("buses", each) == slack))
        )
    program = Path(__file__).with_name("load_flow.py")
    said = subprocess.run(
        [sys.executable, "-I", program], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    truth = json.loads(said.stdout.split("c4e:")[1])
    for name, (case, tables) in cases.items():
        names = Tables(tables, 100.0, case.horizon)
        columns = tables["generators"]
        called = (names.name("generators", ident).strip() for ident in columns["id"])
        targets = dict(zip(called, columns["target_p"], strict=True))
        powers: dict[str, tuple[str, Any]] = {}
        for each in case.components["generator"]:
            power = targets[each.id] if each.id in targets else float(each.power_max_mw[0])
            powers[f"generator/{each.id}"] = (each.bus, power)
        powers |= {f"demand/{each.id}": (each.bus, -each.demand_mw) for each in case.components["demand"]}
        found = replay(case, answer(case, powers))
        assert found.converged.all()
        ours = dict(zip(found.bus.tolist(), found.voltage_pu[:, 0].tolist(), strict=True))
        kv = {bus.id: bus.voltage_kv for bus in case.buses}
        for ident, voltage in truth[str(FILES / name)].items():
            bus = names.name("buses", ident).strip()
            assert ours[bus] * kv[bus] == pytest.approx(voltage, rel=1e-6), (name, bus)
