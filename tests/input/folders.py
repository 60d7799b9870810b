"""Case folders written for one test: a valid one, changed in one place or many."""

from __future__ import annotations

from pathlib import Path

import pytest

from c4e_opt import InvalidInput, read_case
from c4e_opt.issues import Issue

VALID = """\
name: valid
horizon:
  start: 2025-01-01T00:00Z
  step_minutes: 60
  steps: 3
series: series.csv
parties:
  - {id: ann}
  - {id: bob}
buses:
  - {id: e}
  - {id: h, carrier: heat}
components:
  grid_connection:
    - {id: grid, bus: e, owner: ann, import_max_mw: 5, import_price_eur_per_mwh: {column: price, times: 1.5}}
  demand:
    - {id: town, bus: e, demand_mw: town}
  battery:
    - {id: b1, bus: e, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 1}
  heat_pump:
    - {id: pump, electricity_bus: e, heat_bus: h, electric_max_mw: 1, cop: [3, 3.5, 3]}
  ev_session:
    - {id: car, bus: e, arrival: 2025-01-01T00:30Z, departure: 2025-01-01T02:00Z, energy_needed_mwh: 0.02,
       energy_max_mwh: 0.06, charge_max_mw: 0.02}
orders: orders.csv
policy: {money_decimals: 2}
"""

SERIES = """\
time,price,town
2025-01-01T00:00:00Z,10,0.5
2025-01-01T01:00:00Z,20,0.6
2025-01-01T02:00:00Z,30,0.7
"""

ORDERS = """\
id,party,bus,side,time,price_eur_per_mwh,energy_mwh
o1,ann,e,sell,2025-01-01T00:00Z,15,0.1
o2,bob,e,buy,2025-01-01T01:00Z,25,0.2
"""


def write(folder: Path, *changes: tuple[str, str], series: str = SERIES, orders: str = ORDERS, **files: str) -> Path:
    """Write the valid case with texts of its `case.yaml` replaced; `name__csv=` adds a file `name.csv`."""
    text = VALID
    for old, new in changes:
        assert old in text, f"{old!r} does not occur in the valid case"
        text = text.replace(old, new, 1)
    for name, content in {"case.yaml": text, "series.csv": series, "orders.csv": orders}.items():
        (folder / name).write_text(content, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return folder


def issues_of(path: Path) -> tuple[Issue, ...]:
    """What is wrong with a case folder or file; fails when nothing is."""
    with pytest.raises(InvalidInput) as caught:
        read_case(path)
    return caught.value.issues


def found(
    folder: Path, *changes: tuple[str, str], series: str = SERIES, orders: str = ORDERS, **files: str
) -> dict[str, str]:
    """Path -> rule of everything that is wrong with the changed case."""
    issues = issues_of(write(folder, *changes, series=series, orders=orders, **files))
    assert all(issue.message for issue in issues)
    return {issue.path: issue.rule for issue in issues}


def message(folder: Path, path: str) -> str:
    """What is said about one place of a folder that was written already."""
    (said,) = [issue.message for issue in issues_of(folder) if issue.path == path]
    return said
