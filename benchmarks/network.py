"""Grids beside PyPSA, Egret, pandapower and a plain HiGHS script: from a MATPOWER file to nodal prices, in one run.

Every tool runs in a process of its own with one thread; what counts is CPU time from the file to prices in Python,
without imports: the smallest of several runs. Ours checks the case and verifies the answer. Tools without a reader get
the arrays of the file, read by a few lines that count as theirs. A tool whose objective is another says so.

Usage: python benchmarks/network.py [--json] [--quick] [--only NAME]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from _network.measure import GRIDS, TOOLS, measure
from _table import Row, at_least, at_most, below, missing, show

#: The grids, by their number of buses, and peers that take too long or too much memory on them.
FILES = {118: "case118_ieee", 1354: "case1354_pegase", 2869: "case2869_pegase", 6468: "case6468_rte"}
SKIPPED = {("pypsa", 6468)}
#: Grids with a bar: a peer costs at least so many times what we do.
BARS = {118: 20.0, 2869: 20.0}
PEERS = ("pypsa", "egret", "pandapower")


def grid_rows(buses: int, quick: bool) -> list[Row]:
    """Ours beside all others on one grid."""
    path, what = GRIDS / f"pglib_opf_{FILES[buses]}.m", f"{buses} buses, file to prices"
    runs = 3 if quick or buses > 1354 else 5
    ours = measure("ours", path, runs)
    if ours is None or "failed" in ours:
        raise SystemExit(f"ours failed on {path.name}: {ours}")
    rows: list[Row] = []
    for tool in ("plain", *PEERS):
        entry = TOOLS[tool]
        if (tool, buses) in SKIPPED:
            continue
        found = measure(tool, path, runs if tool == "plain" else min(runs, 3 if buses < 1000 else 1))
        if found is None:
            rows.append(missing(what, entry.label, "CPU s"))
            continue
        name = _name(entry.label, ours, found)
        if "failed" in found:
            rows.append(missing(what, name, "CPU s"))
            continue
        compare = at_most if tool == "plain" else at_least
        bar = 4.0 if tool == "plain" else BARS.get(buses, 1.0)
        row = compare(what, ours["cpu_s"], found["cpu_s"], name, "CPU s", bar)
        rows.append(replace(row, versions={**ours["versions"], **found["versions"]}))
    return rows


def _name(label: str, ours: dict[str, Any], found: dict[str, Any]) -> str:
    """The tool, and what is wrong with its answer if anything is."""
    if "failed" in found:
        return f"{label} (failed: {found['failed'][:80]})"
    if abs(found["objective"] - ours["objective"]) > 1e-6 * abs(ours["objective"]):
        return f"{label} (another objective: {found['objective']:.2f}, ours {ours['objective']:.2f})"
    return label


def own_rows(quick: bool) -> list[Row]:
    """What must take so long at most, whoever else there is."""
    rows: list[Row] = []
    for name, what, bar in (
        ("day", "2869 buses, 24 hours, after reading", 1.0),
        ("ten thousand", "9,998 buses, prices, after reading", 0.5),
    ):
        if quick:
            continue
        found = measure(name, GRIDS, 3)
        if found is None or "failed" in found:
            raise SystemExit(f"ours failed on {what}: {found}")
        rows.append(below(what, found["cpu_s"], "CPU s", bar, "highspy"))
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of rows as JSON")
    parser.add_argument("--quick", action="store_true", help="the smallest grid only, below a minute")
    parser.add_argument("--only", metavar="NAME", default="", help="grids, own, or a part of _network such as uc")
    chosen = parser.parse_args()
    rows: list[Row] = []
    if not GRIDS.is_dir():
        rows.append(missing("grids of PGLib-OPF", str(GRIDS.name), "CPU s"))
    else:
        if chosen.only in ("", "grids"):
            for buses in [118] if chosen.quick else FILES:
                rows += grid_rows(buses, chosen.quick)
        if chosen.only in ("", "own"):
            rows += own_rows(chosen.quick)
        for part in ("uc", "feeders"):
            if chosen.only in ("", part) and find_spec(f"_network.{part}"):
                rows += import_module(f"_network.{part}").rows(chosen.quick)
    return show(rows, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
