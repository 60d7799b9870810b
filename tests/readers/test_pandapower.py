"""Networks of pandapower and grids of SimBench: voltages beside pandapower's own, units, costs, and what is refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case, read_case
from c4e_opt.case.check import check
from c4e_opt.case.readers.pandapower import PROGRAM, case_of
from c4e_opt.errors import InvalidInput
from c4e_opt.replay import replay
from c4e_opt.units import Units
from tests.installed import needs
from tests.readers.grid_worker import GridWorker
from tests.unit.test_replay import answer

pytestmark = [needs("pandapower"), pytest.mark.xdist_group("pandapower")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks as JSON, and what pandapower says of them."""
    where = tmp_path_factory.mktemp("pandapower")
    program = Path(__file__).with_name("pandapower_runs.py")
    subprocess.run([sys.executable, "-I", program, where], check=True, capture_output=True)
    return where


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridWorker]:
    worker = GridWorker(PROGRAM, tmp_path_factory.mktemp("tables"))
    yield worker
    worker.close()


def read(worker: GridWorker, path: Path) -> Case:
    tables = worker.tables(path)
    assert tables is not None
    return case_of(tables, path.stem)


def at_targets(case: Case, generation: dict[str, float]) -> dict[str, tuple[str, Any]]:
    """Power of everything as the file says it."""
    powers: dict[str, tuple[str, Any]] = {}
    for kind, field, sign in (("demand", "demand_mw", -1.0), ("renewable", "available_mw", 1.0)):
        powers |= {f"{kind}/{e.id}": (e.bus, sign * getattr(e, field)) for e in case.components.get(kind, ())}
    for each in case.components.get("generator", ()):
        powers[f"generator/{each.id}"] = (each.bus, generation.get(each.id, 0.0))
    return powers


@pytest.mark.parametrize("name", ["made", "oberrhein", "case30"])
def test_a_replay_of_the_targets_is_the_power_flow_of_pandapower(worker: GridWorker, folder: Path, name: str) -> None:
    case = read(worker, folder / f"{name}.json")
    told = json.loads((folder / "expected.json").read_text())[name]
    tables = worker.tables(folder / f"{name}.json")
    assert tables is not None
    called = {f"gen {ident}": power for ident, power in told["gen_mw"].items()} | {"machine": 4.0}
    found = replay(case, answer(case, at_targets(case, called)))
    assert found.converged.all()
    ours = dict(zip(found.bus.tolist(), found.voltage_pu[:, 0].tolist(), strict=True))
    seen = 0
    for ident, voltage in told["voltage_pu"].items():
        bus = next((b for b in (told["names"][ident], f"bus {ident}") if b in ours), None)
        if bus is not None:
            assert ours[bus] == pytest.approx(voltage, abs=1e-7), bus
            seen += 1
    assert seen == len({node for node in tables["node"].values()})
    demand = sum(float(each.demand_mw[0]) for each in case.components["demand"])
    wards = 0.4 if name == "made" else 0.0
    assert demand == pytest.approx(told["load_mw"] + wards)


def test_units_signs_and_limits_of_a_made_network(worker: GridWorker, folder: Path) -> None:
    """Per unit of 100 MVA: 12 km * 0.4 ohm / (110^2 / 100); 0.4 kA * 110 kV * sqrt 3; two cables at 90 percent."""
    case = read(worker, folder / "made.json")
    lines = {line.id: line for line in case.components["line"]}
    high, ring = lines["high"], lines["ring"]
    assert case.policy.base_mva == 100.0
    assert high.reactance_pu == pytest.approx(4.8 / 121.0)
    assert high.susceptance_pu == pytest.approx(2 * math.pi * 50 * 9e-9 * 12 * 121.0)
    assert high.conductance_pu == pytest.approx(2e-6 * 12 * 121.0)
    assert float(np.max(high.limit_mw)) == pytest.approx(0.4 * 110 * math.sqrt(3))
    assert float(np.max(ring.limit_mw)) == pytest.approx(0.32 * 20 * math.sqrt(3) * 2 * 0.9)
    assert float(np.max(lines["t1"].limit_mw)) == pytest.approx(50.0)
    assert lines["t1"].tap_ratio == pytest.approx(112 / 110 * (1 - 2 * 0.015) / (20.5 / 20))
    assert lines["t1"].phase_shift_deg == pytest.approx(30.0)
    assert {"t3 hv", "t3 mv", "t3 lv"} <= set(lines)
    assert float(np.max(lines["t3 mv"].limit_mw)) == pytest.approx(16.0)
    loads = {each.id: float(each.demand_mw[0]) for each in case.components["demand"]}
    assert loads == pytest.approx({"a": 12.0, "b": 5.0, "c": 1.0, "w": 0.4})
    reactive = {each.member or each.id: each for each in case.components["reactive"]}
    assert float(reactive["demand/a"].reactive_min_mvar[0]) == pytest.approx(-3.0)
    assert float(reactive["renewable/sun"].reactive_max_mvar[0]) == pytest.approx(-0.5)
    bank = next(each for each in case.components["shunt"] if each.id == "bank")
    assert bank.susceptance_mvar == pytest.approx(2.4 * (20 / 21) ** 2)
    assert bank.conductance_mw == pytest.approx(0.1 * (20 / 21) ** 2)
    (store,) = case.components["battery"]
    assert (np.max(store.energy_max_mwh), store.energy_start_mwh, np.max(store.charge_max_mw)) == (2.0, 1.0, 0.5)
    (above,) = case.components["grid_connection"]
    assert next(bus for bus in case.buses if bus.slack).id == above.bus == "h1"
    assert any("asleep" in note.message for note in case.notes)
    assert any("closed switches" in note.message for note in case.notes)


def test_costs_are_those_of_the_network(worker: GridWorker, folder: Path) -> None:
    """Costs of case30 as MATPOWER prints them; the square of one is why the slack becomes a generator."""
    case = read(worker, folder / "case30.json")
    costs = np.array([(g.cost_eur_per_mwh[0], g.quadratic_cost_eur_per_mw2_hour) for g in case.components["generator"]])
    told = [(1.0, 0.0625), (1.75, 0.0175), (2.0, 0.02), (3.0, 0.025), (3.0, 0.025), (3.25, 0.00834)]
    assert costs[np.lexsort(costs.T[::-1])] == pytest.approx(np.array(told))
    assert "grid_connection" not in case.components


def _edited(folder: Path, name: str, change: Any) -> Path:
    """A network with something changed in its JSON."""
    document = json.loads((folder / f"{name}.json").read_text())
    change(document["_object"])
    where = folder / "edited.json"
    where.write_text(json.dumps(document))
    return where


def test_objects_of_other_classes_are_never_made(worker: GridWorker, folder: Path) -> None:
    bad = {"_module": "subprocess", "_class": "Popen", "_object": {"args": ["touch", str(folder / "owned")]}}

    def with_table(tables: dict[str, Any]) -> None:
        tables["bus_geodata"] = bad

    with pytest.raises(InvalidInput, match="bus_geodata holds objects"):
        read(worker, _edited(folder, "made", with_table))
    assert not (folder / "owned").exists()

    def with_controller(tables: dict[str, Any]) -> None:
        tables["controller"] = bad

    case = read(worker, _edited(folder, "made", with_controller))
    assert any("controller" in note.message for note in case.notes)
    assert not (folder / "owned").exists()


def test_an_impedance_that_differs_one_way_is_refused_by_name(worker: GridWorker, folder: Path) -> None:
    def change(tables: dict[str, Any]) -> None:
        frame = json.loads(tables["impedance"]["_object"])
        frame["data"][0][frame["columns"].index("rtf_pu")] = 0.5
        tables["impedance"]["_object"] = json.dumps(frame)

    with pytest.raises(InvalidInput, match=r"impedance\.z.*one way"):
        read(worker, _edited(folder, "made", change))


def test_a_missing_package_says_which_extra_brings_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c4e_opt.case.readers.outside.find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match="extra pandapower"):
        read_case(folder / "made.json")
    with pytest.raises(InvalidInput, match="extra pandapower"):
        read_case("1-LV-rural2--2-sw")
    grid = folder / "grid.uct"
    grid.write_text("##C\n")
    with pytest.raises(InvalidInput, match="extra grid"):
        read_case(grid)


@pytest.mark.slow
def test_a_simbench_grid_follows_its_profiles_over_the_chosen_day() -> None:
    """The peak and the sum of the day's loads are p_mw times the profile columns, here by pandas alone."""
    case = read_case("1-LV-rural2--2-sw:2016-07-01")
    script = (
        "import simbench, json\n"
        "n = simbench.get_simbench_net('1-LV-rural2--2-sw')\n"
        "p = n.profiles['load']; r = p.time.tolist().index('01.07.2016 00:00')\n"
        "s = sum(n.load.p_mw[i] * p[n.load.profile[i] + '_pload'].iloc[r:r+96].sum() for i in n.load.index)\n"
        "q = sum(n.load.q_mvar[i] * p[n.load.profile[i] + '_qload'].iloc[r:r+96].sum() for i in n.load.index)\n"
        "g = n.profiles['renewables']\n"
        "v = sum(n.sgen.p_mw[i] * g[n.sgen.profile[i]].iloc[r:r+96].sum() for i in n.sgen.index)\n"
        "print('c4e:' + json.dumps([s, q, v]))\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    load, reactive, sun = json.loads(said.stdout.split("c4e:")[1])
    assert case.horizon.steps == 96
    assert str(case.horizon.axis.labels[0]) == "2016-07-01T00:00:00"
    assert sum(float(each.demand_mw.sum()) for each in case.components["demand"]) == pytest.approx(load)
    given = [each for each in case.components["reactive"] if each.member.startswith("demand/")]
    assert -sum(float(each.reactive_max_mvar.sum()) for each in given) == pytest.approx(reactive)
    assert sum(float(each.available_mw.sum()) for each in case.components["renewable"]) == pytest.approx(sun)
    assert len(case.components["battery"]) == 8


@pytest.mark.slow
def test_an_unknown_simbench_code_names_some_that_are_there() -> None:
    with pytest.raises(InvalidInput, match="SimBench has no grid"):
        read_case("1-XX-rural2--2-sw")


#: What a cell of a table may become.
CELLS: tuple[Any, ...] = (None, 0, -1, 1e308, -1e308, "x", True, [], 1e-300, 10**12)


@pytest.mark.parametrize("seeds", [range(500), pytest.param(range(1000, 11000), marks=pytest.mark.slow)])
def test_mutated_tables_of_pandapower_are_a_case_or_issues(worker: GridWorker, folder: Path, seeds: range) -> None:
    """What the process of pandapower could hand over, however odd: cells, columns and branches changed or lost."""
    tables = worker.tables(folder / "made.json")
    assert tables is not None
    cases = refused = 0
    for seed in seeds:
        random, odd = Random(f"tables {seed}"), json.loads(json.dumps(dict(tables)))
        for _ in range(random.randint(1, 3)):
            name = random.choice([name for name, columns in odd["tables"].items() if columns] + ["", "branch"])
            columns = odd["tables"][name] if name in odd["tables"] else odd["branch"]
            key = random.choice(sorted(set(columns) - {"index", "kind", "place", "from", "to", "on"}))
            place = random.randrange(len(columns[key]))
            if name in odd["tables"] and random.random() < 0.2:
                del columns[key]
            elif name in odd["tables"]:
                columns[key][place] = random.choice(CELLS)
            else:
                columns[key][place] = random.choice([0.0, -1.0, 1e308, -1e308, 1e-300, float("nan"), float("inf")])
        try:
            case = case_of(odd, "network")
        except InvalidInput as error:
            refused += bool(error.issues)
            continue
        assert not check(case, Units()), seed
        cases += 1
    assert cases + refused == len(seeds)
    assert min(cases, refused) > 0
