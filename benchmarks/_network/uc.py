"""Unit commitment: schedules of published instances within a limit of time, beside bounds and tools that others ran."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _table import Row, at_least, missing, versions

from _network.hours import first
from _network.measure import TOOLS, measure
from _network.uc_options import GAP
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
#: Instance of pglib-uc and its first hours, for us and Egret in turn, which reads them too.
BESIDE = (
    ("rts_gmlc__2020-07-06", 24),
    ("rts_gmlc__2020-07-06", 48),
    ("rts_gmlc__2020-01-27", 24),
    ("rts_gmlc__2020-12-23", 24),
    ("ca__2014-09-01_reserves_0", 48),
)
#: Egret costs at least so many times what we do.
BAR = 3.0


def rows(quick: bool) -> list[Row]:
    """Distance from the best known bound, and CPU seconds, of every instance; the first two when quick."""
    if not ORACLES.is_dir():
        return [missing("unit commitment instances", ORACLES.name, "CPU s")]
    found: list[Row] = []
    for folder, name, gap, far, seconds in INSTANCES[:2] if quick else INSTANCES:
        known = json.loads((ORACLES / folder / "expected.json").read_text(encoding="utf-8"))["cases"][name]
        found += _instance(name, ORACLES / folder / known["file"], _bound(known), (gap, far, seconds))
    for name, hours in BESIDE[:1] if quick else BESIDE:
        found.append(_beside_egret(ORACLES / "uc" / f"{name}.json", hours))
    return found


def _beside_egret(file: Path, hours: int) -> Row:
    """CPU seconds from an instance to a schedule within the gap, ours verified, beside Egret's."""
    what = f"{file.stem.replace('__', '/')}, {hours} h to {GAP:g}: CPU"
    with TemporaryDirectory() as folder:
        cut = first(file, hours, Path(folder))
        ours, theirs = (measure(tool, cut, 1) for tool in ("uc ours", "uc egret"))
    if ours is None or "failed" in ours:
        raise SystemExit(f"ours failed on {what}: {ours}")
    label = TOOLS["uc egret"].label
    if theirs is None or "failed" in theirs:
        why = "" if theirs is None else f" (failed: {theirs['failed'][:80]})"
        return missing(what, label + why, "CPU s")
    apart = abs(theirs["objective"] - ours["objective"]) / ours["objective"]
    if apart > GAP:
        label += f" (another objective: {theirs['objective']:.2f}, ours {ours['objective']:.2f})"
    for who, found in (("", theirs), ("ours ", ours)):
        if found["objective"] - found["bound"] > GAP * found["objective"] * (1 + 1e-9):
            label += f" ({who}stopped by the limit of time)"
    row = at_least(what, ours["cpu_s"], theirs["cpu_s"], label, "CPU s", BAR)
    return replace(row, versions={**ours["versions"], **theirs["versions"]})


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
