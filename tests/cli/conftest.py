"""The command as a script runs it, and small case folders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CASE = """\
name: house
horizon: {start: "2025-01-01T00:00", time_zone: Europe/Warsaw, step_minutes: 60, steps: 3}
units: {power: kW, energy: kWh, price: EUR/kWh}
parties: [{id: ann}, {id: grid}]
buses: [{id: el}]
series: series.csv
orders: orders.csv
components:
  grid_connection:
    - {id: meter, bus: el, owner: grid, import_max_kw: 10, import_price_eur_per_kwh: [0.1, 0.5, 0.1]}
  demand:
    - {id: house, bus: el, owner: ann, demand_kw: load}
  battery:
    - {id: b1, bus: el, owner: ann, charge_max_kw: 3, discharge_max_kw: 3, energy_max_kwh: 5, energy_start_kwh: 1}
"""
SERIES = "time,load\n2024-12-31T23:00:00Z,2\n2025-01-01T00:00:00Z,1.5\n2025-01-01T01:00:00Z,1\n"
ORDERS = """\
id,party,bus,side,time,price_eur_per_kwh,energy_kwh
o1,ann,el,buy,2025-01-01T00:00,0.2,1
o2,grid,el,sell,2025-01-01T02:00,0.05,0.5
"""


class Done:
    """What a finished command said."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        assert len(self.out.strip().splitlines()) == 1, self.out
        return json.loads(self.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.fixture(scope="session")
def run() -> Callable[..., Done]:
    def act(*arguments: str | Path, **environment: str) -> Done:
        import os

        done = subprocess.run(
            [sys.executable, "-m", "c4e_server.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, **environment},
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Done(done)

    return act


def write(folder: Path, case: str = CASE, series: str = SERIES, orders: str = ORDERS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.yaml").write_text(case, encoding="utf-8")
    (folder / "series.csv").write_text(series, encoding="utf-8")
    (folder / "orders.csv").write_text(orders, encoding="utf-8")
    return folder


@pytest.fixture
def inside(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The same entry point in this process: as real, and without a second of imports every time."""
    from c4e_server.cli.main import main

    def act(*arguments: str | Path) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert isinstance(ended.value.code, int)
        return Done(subprocess.CompletedProcess(arguments, ended.value.code, said.out, said.err))

    return act


@pytest.fixture(scope="session")
def answered(run: Callable[..., Done], house: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The house, solved once by the command: the folder of the answer, and what the command said."""
    out = tmp_path_factory.mktemp("answered") / "out"
    return out, run("solve", house, "--json", "--out", out)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("cases") / "house")


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """The house with one text replaced in one of its files."""

    def make(file: str, old: str, new: str) -> Path:
        folder = write(tmp_path / "broken")
        content = (folder / file).read_text(encoding="utf-8")
        assert old in content
        (folder / file).write_text(content.replace(old, new), encoding="utf-8")
        return folder

    return make
