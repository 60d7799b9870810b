"""Dispatch beside the plain HiGHS script, PyPSA and oemof-solph: the same inputs, the same HiGHS, one run.

Every tool builds the problem by its own API from the same arrays (`_dispatch/`), in a process of its own with one
thread; what counts is the CPU time of its whole path, from arrays to an answer in Python, without imports: the smallest
of several processes. Ours checks the case and verifies the answer. A peer whose objective is another is no peer and
says so.

Usage: python benchmarks/dispatch.py [--json] [--quick] [--only NAME] [--peers]

--peers lets the plain script and the peers solve what takes them minutes as well: many sites, as LP and as MILP.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from _dispatch import parts
from _dispatch.measure import TOOLS, WEEKS, installed, measure
from _table import Row, at_least, at_most, below, figure, missing, show

GAP = 1e-4
#: Calliope 0.7.0 needs Python 3.12; what runs on 3.11 holds xarray below 2024.4, far below what the others need.
CALLIOPE = "Calliope (left out: 0.7.0 needs Python 3.12)"
#: Objectives on which independent tools agree, EUR; of a MILP the best that is known.
AGREED = {
    "week LP": 7460.502908283,
    "year LP": 205277.0675158,
    "50 sites LP": 58761.80614466,
    "500 sites LP": 587187.570945,
    "week MILP 0": 7637.51713617569,
    "50 sites MILP": 59588.7662,
}


@dataclass(frozen=True, slots=True)
class Run:
    """How much is asked for."""

    quick: bool
    peers: bool

    def processes(self, many: int) -> int:
        """How often a short measurement is repeated."""
        return 1 if self.quick else many


def best(tool: str, problem: str, processes: int, limit_s: float | None = None) -> dict[str, Any]:
    """The measurement with the smallest CPU time; what failed says so."""
    found = [measure(tool, problem, 1, limit_s) for _ in range(processes)]
    return min(found, key=lambda each: each.get("cpu_s", float("inf")))


def _name(tool: str, problem: str, found: dict[str, Any]) -> str:
    """The tool, and what is wrong with its answer if anything is."""
    label, agreed = TOOLS[tool].label, AGREED.get(problem)
    if "failed" in found:
        return f"{label} (failed: {found['failed'][:80]})"
    allowed = 2 * GAP if "MILP" in problem else 1e-8
    if agreed is not None and abs(found["objective"] - agreed) > allowed * abs(agreed):
        return f"{label} (another objective: {found['objective']:.6f})"
    return label


def beside(problem: str, tools: dict[str, float | None], run: Run, processes: int = 3) -> list[Row]:
    """Ours beside others: CPU seconds, and peak memory with a bar beside PyPSA.

    Args:
        problem: Its name.
        tools: Each with the least ratio of its CPU time to ours; None without a bar.
        run: How much is asked for.
        processes: How often each is measured in a full run.
    """
    ours = best("ours", problem, run.processes(processes))
    if "failed" in ours:
        raise SystemExit(f"{problem}: {ours['failed']}")
    rows: list[Row] = [] if _name("ours", problem, ours) == "c4e-opt" else [_wrong(problem, ours)]
    for tool, bar in tools.items():
        label, packages = TOOLS[tool].label, TOOLS[tool].distributions
        if not installed(tool):
            rows.append(missing(problem, label, "CPU s"))
            continue
        other = best(tool, problem, run.processes(processes))
        label = _name(tool, problem, other)
        if label != TOOLS[tool].label or bar is None:
            rows.append(figure(problem, ours["cpu_s"], other.get("cpu_s"), label, "CPU s", *packages))
        elif bar < 1:
            rows.append(at_most(problem, ours["cpu_s"], other["cpu_s"], label, "CPU s", round(1 / bar, 6), *packages))
        else:
            rows.append(at_least(problem, ours["cpu_s"], other["cpu_s"], label, "CPU s", bar, *packages))
        if "peak_mib" in other:
            what, sizes = f"{problem}: peak memory", (ours["peak_mib"], other["peak_mib"])
            if tool == "pypsa":
                rows.append(at_most(what, *sizes, label, "MiB", 0.4, *packages))
            else:
                rows.append(figure(what, *sizes, label, "MiB", *packages))
    return rows


def _wrong(problem: str, found: dict[str, Any]) -> Row:
    """A row that never holds: our own objective is not the agreed one."""
    return below(f"{problem}: distance from the agreed objective", abs(found["objective"] - AGREED[problem]), "EUR", 0)


def week_lp(run: Run) -> list[Row]:
    """One site, 168 hours, LP."""
    rows = beside("week LP", {"plain": None, "pypsa": 50, "oemof": 15}, run, 5)
    return [*rows, figure("week LP", None, None, CALLIOPE, "CPU s")]


def year_lp(run: Run) -> list[Row]:
    """One site, 8,760 hours, LP."""
    tools: dict[str, float | None] = {"plain": 1 / 1.15}
    return beside("year LP", tools if run.quick else tools | {"pypsa": 2.5, "oemof": None}, run)


def week_milp(run: Run) -> list[Row]:
    """One site, 168 hours, a CHP that starts and stops: ten weeks, one after another from New Year on."""
    weeks = WEEKS[:2] if run.quick else WEEKS
    rows: list[Row] = []
    ours_s, plain_s = 0.0, 0.0
    for hour in weeks:
        problem = f"week MILP {hour}"
        ours, plain = (best(tool, problem, run.processes(2)) for tool in ("ours", "plain"))
        _hold_gap(problem, ours, plain)
        ours_s, plain_s = ours_s + ours["cpu_s"], plain_s + plain["cpu_s"]
        rows.append(figure(problem, ours["cpu_s"], plain["cpu_s"], TOOLS["plain"].label, "CPU s", "highspy"))
    what = f"{len(weeks)} shifted weeks MILP to {GAP:g}, all together"
    rows.insert(0, at_least(what, ours_s, plain_s, TOOLS["plain"].label, "CPU s", 2, "highspy"))
    if run.quick:
        return rows
    return rows + beside("week MILP 0", {"pypsa": None, "oemof": None}, run, 1)


def _hold_gap(problem: str, ours: dict[str, Any], plain: dict[str, Any]) -> None:
    """Refuse a comparison of answers that are not both within the gap of both bounds."""
    for found in (ours, plain):
        for other in (ours, plain):
            if found["objective"] - other["bound"] > 2 * GAP * abs(found["objective"]):
                raise SystemExit(f"{problem}: {found['objective']} is not within {GAP:g} of the bound {other['bound']}")


def sites_lp(run: Run) -> list[Row]:
    """50 and 500 sites behind one connection, 96 quarter-hours, LP."""
    rows = beside("50 sites LP", {"plain": None, "pypsa": None, "oemof": None}, run, 1)
    tools = ("plain", "pypsa", "oemof") if run.peers else ()
    return rows + _large("500 sites LP", {"cpu_s": (30.0, "CPU s"), "peak_mib": (700.0, "MiB")}, tools)


def sites_milp(run: Run) -> list[Row]:
    """50 sites behind one connection, 96 quarter-hours, CHPs that start and stop."""
    return _large("50 sites MILP", {"cpu_s": (60.0, "CPU s")}, ("plain", "pypsa") if run.peers else ())


def _large(problem: str, bars: dict[str, tuple[float, str]], tools: tuple[str, ...]) -> list[Row]:
    ours = best("ours", problem, 1)
    gap = (ours["objective"] - ours["bound"]) / abs(ours["objective"])
    what = f"{problem}, {ours['objective']:.4f} EUR, gap {gap:.1e}"
    rows = [below(what, ours[key], unit, bar, "highspy") for key, (bar, unit) in bars.items()]
    if gap > GAP:
        rows.append(below(f"{problem}: gap", gap, "", GAP, "highspy"))
    for tool in tools:
        label, packages = TOOLS[tool].label, TOOLS[tool].distributions
        if not installed(tool):
            rows.append(missing(problem, label, "CPU s"))
            continue
        other = best(tool, problem, 1, 300.0)
        label = _name(tool, problem, other)
        rows.append(figure(problem, ours["cpu_s"], other.get("cpu_s"), label, "CPU s", *packages))
        rows.append(figure(f"{problem}: peak memory", ours["peak_mib"], other.get("peak_mib"), label, "MiB", *packages))
    return rows


def resolve(run: Run) -> list[Row]:
    """A site of 96 steps solved again with other prices."""
    found = parts.resolve(20 if run.quick else 100)
    return [
        below("warm re-solve, site of 96 steps, new prices: solver", found["solver_ms"], "CPU ms", 5, "highspy"),
        figure("the same from case to verified outcome, warm", found["whole_ms"], None, "", "CPU ms"),
        figure("the same from case to verified outcome, cold", found["cold_ms"], None, "", "CPU ms"),
    ]


def both_ways(run: Run) -> list[Row]:
    """Charging and discharging, importing and exporting never together, with few of the full MILP's binaries."""
    rows: list[Row] = []
    for posed in parts.cheap_noons(quick=run.quick):
        found = parts.both_ways(posed)
        what, share = f"{posed.name}: binaries", found["binaries"] / found["full_binaries"]
        note = f"the full MILP, {found['seconds']:.2f} s against {found['full_seconds']:.2f} s"
        if not found["holds"]:
            note += ", WHOSE OPTIMUM IS ANOTHER"
            share = 1.0
        rows.append(at_most(what, share * found["full_binaries"], found["full_binaries"], note, "", 0.05, "highspy"))
    return rows


def files(run: Run) -> list[Row]:
    """From case files to verified outcomes, over HiGHS given the same matrix by hand."""
    return [
        at_most(
            f"{name}: read to verified outcome", *parts.from_file(name, runs), "HiGHS by hand", "CPU s", bar, "highspy"
        )
        for name, bar, runs in (
            ("site_week/linear.yaml", 3.0, 9 if run.quick else 25),
            ("site_year", 1.3, 3 if run.quick else 5),
        )
    ]


def quarter_hours(_: Run) -> list[Row]:
    """A year in 35,040 quarter-hours: peak memory of the whole process."""
    out = subprocess.run([sys.executable, __file__, "--quarter-hours"], capture_output=True, text=True, check=True)
    peak_mib, cpu_s, objective = (float(word) for word in out.stdout.split())
    note = f"one site, 35,040 steps LP ({cpu_s:.1f} CPU s, {objective:.2f} EUR)"
    return [below(f"{note}: peak memory", peak_mib, "MiB", 4096, "highspy")]


def _quarter_hours_here() -> None:
    objective = parts.quarter_hours()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, objective)


PARTS: dict[str, Callable[[Run], list[Row]]] = {
    "week_lp": week_lp,
    "week_milp": week_milp,
    "year_lp": year_lp,
    "sites_lp": sites_lp,
    "sites_milp": sites_milp,
    "resolve": resolve,
    "both_ways": both_ways,
    "files": files,
    "quarter_hours": quarter_hours,
}
#: What a quick run leaves out, for it ends within a minute.
LONG = ("sites_lp", "sites_milp", "quarter_hours")


def main() -> int:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one list of rows")
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--only", choices=PARTS, help="run one part")
    parser.add_argument("--peers", action="store_true", help="let the others solve what takes them minutes")
    parser.add_argument("--quarter-hours", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.quarter_hours:
        _quarter_hours_here()
        return 0
    run = Run(chosen.quick, chosen.peers)
    names = [chosen.only] if chosen.only else [name for name in PARTS if not (run.quick and name in LONG)]
    return show([row for name in names for row in PARTS[name](run)], chosen.json)


if __name__ == "__main__":
    sys.exit(main())
