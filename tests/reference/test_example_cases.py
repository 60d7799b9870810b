"""The smart home that comes along, once more: its files read by hand, and a textbook model in Pyomo.

But for the answer that is compared, nothing here comes from c4e_opt.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from c4e_opt import SolveOptions, read_case, solve
from tests.reference.pyomo_site import PyomoSite

CASES = Path(__file__).parent.parent.parent / "cases"
HOME = CASES / "smart_home_day"
#: Ends of names in kW, kWh and EUR/kWh -> those inside, and the factor between them.
UNITS = {"eur_per_kwh": ("eur_per_mwh", 1000.0), "kwh": ("mwh", 0.001), "kw": ("mw", 0.001)}


class CappedHome(PyomoSite):
    """A site whose import pays for its highest quarter-hour, which is a step here."""

    def grid_connection(self, g: Any) -> None:
        before = {t: len(self.into[g["bus"], t]) for t in self.steps}
        super().grid_connection(g)
        (charge,) = g["demand_charges"]
        peak = self.variable(None, charge["peak_before_mw"])
        self.costs.append(peak * charge["price_eur_per_mw"])
        for t in self.steps:
            self.law(self.into[g["bus"], t][before[t]] <= peak)


def inside(record: Any, columns: dict[str, list[float]]) -> Any:
    """A part of the file with its columns filled in, in MW and MWh."""
    if isinstance(record, list):
        return [inside(each, columns) for each in record]
    if not isinstance(record, dict):
        return record
    found: dict[str, Any] = {}
    for name, content in record.items():
        value = inside(content, columns)
        if isinstance(content, dict):
            value = [content["times"] * each for each in columns[content["column"]]]
        elif isinstance(content, str) and content in columns:
            value = columns[content]
        end = next((end for end in UNITS if name.endswith(f"_{end}")), None)
        if end is not None:
            name, factor = name.removesuffix(end) + UNITS[end][0], UNITS[end][1]
            value = [each * factor for each in value] if isinstance(value, list) else value * factor
        found[name] = value
    return found


def by_hand() -> dict[str, Any]:
    """The plain document of the smart home."""
    with (HOME / "series.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: [float(row[name]) for row in rows] for name in rows[0] if name != "time"}
    document = yaml.safe_load((HOME / "case.yaml").read_text(encoding="utf-8"))
    horizon = {"start": document["horizon"]["start"], "step_minutes": [15] * len(rows)}
    components = {kind: inside(records, columns) for kind, records in document["components"].items()}
    return {"horizon": horizon, "buses": document["buses"], "components": components}


def test_a_textbook_model_of_the_smart_home_costs_the_same() -> None:
    answer = CappedHome(by_hand(), exclusive=False).solve()
    assert solve(read_case(HOME), SolveOptions(gap=0.0)).objective == pytest.approx(answer.objective, rel=1e-6)


@pytest.mark.parametrize("script", ["derive_examples.py", "derive_grids.py", "derive_auction.py"])
def test_the_series_of_the_examples_follow_from_their_formulas_and_grids_from_a_second_model(script: str) -> None:
    command = [sys.executable, script, "--check"]
    run = subprocess.run(command, cwd=CASES, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
