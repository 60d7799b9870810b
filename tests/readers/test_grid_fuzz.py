"""Mutated grid files: whatever comes in, a sound case or issues come out, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from c4e_opt.case.check import check
from c4e_opt.case.readers import pandapower, powsybl
from c4e_opt.errors import InvalidInput
from c4e_opt.units import Units
from tests.readers.grid_worker import GridWorker

FILES = (
    Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network" / "grid_formats"
)
TEXTS = (
    "simple-eu.uct",
    "simple-eu-xnode.uct",
    "test_ucte_FR.uct",
    "ieee14cdf.txt",
    "IEEE_14_bus_rev35.raw",
    "ieee14.dgs",
)
WORDS = (b"", b"0", b"-1", b"9e308", b"-9e308", b"nan", b"1e-320", b"99999", b"x", b"'", b",", b"\xff", b"\n", b" " * 8)
STEPS = {"quick": 60, "long": 1700}

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason="the oracles are not here")


def mutated(content: bytes, random: Random) -> bytes:
    """A file with a few bytes, fields or lines changed, lost or doubled."""
    lines = content.split(b"\n")
    for _ in range(random.randint(1, 4)):
        row = random.randrange(len(lines))
        line, act = lines[row], random.randrange(7)
        at = random.randrange(len(line) + 1)
        if act == 0:
            lines[row] = line[:at] + bytes([random.randrange(256)]) + line[at + 1 :]
        elif act == 1:
            lines[row] = line[:at] + random.choice(WORDS) + line[at + random.randrange(6) :]
        elif act == 2:
            del lines[row]
        elif act == 3:
            lines.insert(row, random.choice(lines))
        elif act == 4:
            lines = lines[: max(row, 1)] if random.random() < 0.2 else lines
        elif act == 5:
            digits = [place for place, byte in enumerate(line) if 48 <= byte <= 57]
            if digits:
                at = random.choice(digits)
                lines[row] = line[:at] + random.choice(b"0123456789-. ").to_bytes(1, "big") + line[at + 1 :]
        else:
            other = random.randrange(len(lines))
            lines[row], lines[other] = lines[other], lines[row]
        lines = lines or [b""]
    return b"\n".join(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def grids(folder: Path) -> Iterator[GridWorker]:
    if find_spec("pypowsybl") is None:
        pytest.skip("pypowsybl is not installed")
    worker = GridWorker(powsybl.PROGRAM, folder)
    yield worker
    worker.close()


def run(worker: GridWorker, folder: Path, name: str, seeds: range, read: Any) -> tuple[int, int]:
    """How many mutations are cases and how many are refused; anything else fails."""
    content = (FILES / name).read_bytes()
    where = folder / name
    cases = refused = 0
    for seed in seeds:
        where.write_bytes(mutated(content, Random(f"{name} {seed}")))
        try:
            tables = worker.tables(where)
            if tables is None:
                refused += 1  # broke or hung the process, which the reader reports as an issue
                continue
            case = read(tables, name)
        except InvalidInput as error:
            refused += bool(error.issues)
            continue
        assert not check(case, Units()), seed
        for line in case.components.get("line", ()):
            assert np.isfinite([line.resistance_pu, line.reactance_pu, line.tap_ratio]).all(), seed
        cases += 1
    assert cases + refused == len(seeds)
    return cases, refused


@pytest.mark.xdist_group("powsybl")
@pytest.mark.parametrize("name", TEXTS)
def test_a_mutated_grid_file_is_a_case_or_issues(grids: GridWorker, folder: Path, name: str) -> None:
    cases, refused = run(grids, folder, name, range(STEPS["quick"]), powsybl.case_of)
    assert cases > 0
    assert refused > 0
    assert grids.hung == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.xdist_group("powsybl")
@pytest.mark.parametrize("name", TEXTS)
def test_thousands_of_mutated_grid_files_are_cases_or_issues(grids: GridWorker, folder: Path, name: str) -> None:
    """10,200 in all."""
    run(grids, folder, name, range(1000, 1000 + STEPS["long"]), powsybl.case_of)
    assert grids.hung == 0


#: What a cell of a table may become.
_CELLS: tuple[Any, ...] = (None, 0, -1, 1e308, -1e308, "x", True, [], 1e-300, 10**12)


@pytest.mark.slow
@pytest.mark.xdist_group("pandapower")
@pytest.mark.timeout(1800)
def test_a_mutated_pandapower_network_is_a_case_or_issues(folder: Path) -> None:
    """200 of them, for each takes a second; `test_pandapower` changes what pandapower hands over, 10,000 times."""
    seeds = range(200)
    if find_spec("pandapower") is None:
        pytest.skip("pandapower is not installed")
    worker = GridWorker(pandapower.PROGRAM, folder)
    path = folder / "network.json"
    content = json.loads(_network())
    cases = refused = 0
    try:
        for seed in seeds:
            random = Random(f"pandapower {seed}")
            document = json.loads(json.dumps(content))
            for _ in range(random.randint(1, 3)):
                _change(document["_object"], random)
            path.write_text(json.dumps(document))
            try:
                tables = worker.tables(path)
                if tables is None:
                    refused += 1
                    continue
                case = pandapower.case_of(tables, "network")
            except InvalidInput as error:
                refused += bool(error.issues)
                continue
            assert not check(case, Units()), seed
            cases += 1
    finally:
        worker.close()
    assert cases + refused == len(seeds)
    assert min(cases, refused) > 0


def _change(tables: dict[str, Any], random: Random) -> None:
    """A cell, a row or a column of a table is changed or lost."""
    names = sorted(
        name for name in ("bus", "line", "trafo", "load", "gen", "ext_grid", "shunt", "poly_cost") if name in tables
    )
    name = random.choice(names)
    frame = json.loads(tables[name]["_object"])
    if not frame["data"]:
        return
    row, column = random.randrange(len(frame["data"])), random.randrange(len(frame["columns"]))
    act = random.randrange(4)
    if act == 0:
        del frame["data"][row]
        del frame["index"][row]
    elif act == 1 and name != "bus":
        frame["columns"][column] = "gone"
    else:
        frame["data"][row][column] = random.choice(_CELLS)
    tables[name]["_object"] = json.dumps(frame)


def _network() -> str:
    """A small network, as pandapower writes it."""
    import subprocess
    import sys

    script = (
        "import pandapower, pandapower.networks as n; net = n.case9(); pandapower.create_shunt(net, 4, 5.0); "
        "bus = pandapower.create_bus(net, 110.0); pandapower.create_transformer(net, 3, bus, '160 MVA 380/110 kV'); "
        "print('c4e:' + pandapower.to_json(net))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return said.stdout.split("c4e:")[1]
