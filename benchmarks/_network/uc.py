"""Unit commitment: schedules of published instances within a limit of time, beside bounds and tools that others ran."""

from __future__ import annotations

import json
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from _table import Row, missing, versions

from c4e_opt import read_case, solve
from c4e_opt.solve import SolveOptions

ORACLES = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "network"
#: Folder, instance, gap asked for, largest distance from the best bound that is known, CPU seconds.
INSTANCES = (
    ("ucjl", "matpower/case118/2017-02-01", 1e-4, 1e-4, 20.0),
    ("ucjl", "matpower/case300/2017-08-01", 1e-4, 1e-4, 20.0),
    ("ucjl", "matpower/case1354pegase/2017-02-01", 1e-3, 1e-3, 300.0),
    ("uc", "ca/2014-09-01_reserves_0", 1e-3, 1e-3, 150.0),
    ("uc", "ca/2015-03-01_reserves_3", 1e-3, 1e-3, 150.0),
    ("uc", "ferc/2015-05-01_lw", 1e-3, 1e-3, 150.0),
    ("uc", "rts_gmlc/2020-07-06", 1e-3, 1e-3, 150.0),
)


def rows(quick: bool) -> list[Row]:
    """Distance from the best known bound, and CPU seconds, of every instance; the first two when quick."""
    if not ORACLES.is_dir():
        return [missing("unit commitment instances", ORACLES.name, "CPU s")]
    found: list[Row] = []
    for folder, name, gap, far, seconds in INSTANCES[:2] if quick else INSTANCES:
        known = json.loads((ORACLES / folder / "expected.json").read_text(encoding="utf-8"))["cases"][name]
        found += _instance(name, ORACLES / folder / known["file"], _bound(known), (gap, far, seconds))
    if find_spec("egret") is None:
        found.append(missing("unit commitment with Egret", "gridx-egret", "CPU s"))
    return found


def _bound(known: dict[str, Any]) -> float:
    """The best bound that any tool has proven."""
    return max(float(known.get(key, 0.0)) for key in ("best_bound", "pub_dual", "highs_bound"))


def _instance(name: str, file: Path, bound: float, bars: tuple[float, float, float]) -> list[Row]:
    gap, far, seconds = bars
    begun = time.process_time()
    outcome = solve(read_case(file), SolveOptions(gap=gap, time_limit_s=seconds))
    took = time.process_time() - begun
    distance = None if outcome.objective is None else (outcome.objective - bound) / bound
    stamp = versions("c4e-opt", "highspy")
    near = Row(
        what=f"{name}: objective",
        ours=outcome.objective,
        other=bound,
        other_name="best known bound",
        ratio=None if distance is None else 1.0 + distance,
        unit="$",
        bar=f"ratio <= {1 + far:g}",
        holds=distance is not None and distance <= far,
        versions=stamp,
    )
    fast = Row(
        what=f"{name}: CPU",
        ours=took,
        other=seconds,
        other_name="the bar",
        ratio=took / seconds,
        unit="CPU s",
        bar="ratio <= 1",
        holds=took <= seconds,
        versions=stamp,
    )
    return [near, fast]
