"""Markets beside ASSUME, the Iberian simulator, HiGHS by hand and a sorted merge: from a book to prices, in one run.

Books are made by rule and seed (`_market/books.py`), published days are read from the oracles. Every tool runs in a
process of its own with one thread; what counts is CPU time from a book in memory to prices and acceptances, without
imports: the median of three runs. Ours checks the book and verifies the answer. A tool that finds another welfare says
so, and one that accepts blocks at a loss, or cannot be told of all that a book says, as well.

Usage: python benchmarks/market.py [--json] [--quick] [--only NAME]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from _market.books import Shape
from _market.measure import ROOT, TOOLS, measure
from _table import Row, below, figure, missing, show

ORACLES = ROOT.parent / "shared" / "oracles" / "market"
#: Peers that do not install beside ours here: not on PyPI, and for Python 3.14 and later.
ELSEWHERE = ("gsy-framework", "OpenEUPHEMIA")
#: Simple orders over 24 hours, and CPU seconds that they may take.
SIMPLE = {10_000: None, 100_000: 0.1, 1_000_000: 1.0}
WIRE_S, WIRE_ORDERS = 3.0, 1_000_000
#: Books with blocks, and CPU seconds that they may take to a gap of 1e-4.
BLOCKS = {
    "10k orders, 24 h, 500 blocks": (Shape(orders=10_000, blocks=500), 3.0),
    "10k orders, 24 h, 2,000 blocks": (Shape(orders=10_000, blocks=2_000), 10.0),
    "40k orders, 96 quarter-hours, 500 blocks": (Shape(orders=40_000, steps=96, blocks=500), 10.0),
    "10k orders, 24 h, 4 zones, 500 blocks": (Shape(orders=10_000, zones=4, blocks=500), None),
}
GAP = 1e-4
#: Deadlines in seconds, and books that they end, of 2,000 blocks each.
DEADLINES = (0.5, 1.0, 5.0)
HARD = {
    "10k orders, 24 h, 4 zones": Shape(orders=10_000, zones=4, blocks=2_000),
    "40k orders, 96 steps, 4 zones": Shape(orders=40_000, steps=96, zones=4, blocks=2_000),
}


def simple_rows(quick: bool) -> list[Row]:
    """Step orders alone: ours, the least it could take, and others."""
    rows: list[Row] = []
    for orders, bar in SIMPLE.items():
        if quick and orders > 100_000:
            continue
        what, shape = f"{orders:,} step orders, 24 h", Shape(orders=orders)
        ours = _ours(what, shape, 1 if quick else 3)
        rows.append(_bound(what, ours["cpu_s"], bar, ours))
        others = ["merge"]
        others += ["assume"] if orders <= (10_000 if quick else 100_000) else []
        others += ["milp"] if orders <= 10_000 else []
        several = 1 if quick else 3
        rows += [
            _beside(what, tool, shape, ours, 1 if orders > 10_000 and tool != "merge" else several) for tool in others
        ]
    rows += [missing("10,000 step orders, 24 h", name, "CPU s") for name in ELSEWHERE]
    if not quick:
        what, shape = "100,000 step orders, 24 h, 4 zones", Shape(orders=100_000, zones=4)
        ours = _ours(what, shape, 3)
        rows.append(_bound(what, ours["cpu_s"], None, ours))
    return rows


def wire_rows(quick: bool) -> list[Row]:
    """From a message to a message."""
    orders = 100_000 if quick else WIRE_ORDERS
    found = _sure("wire", "wire", Shape(orders=orders), 1 if quick else 3)
    bar = None if quick else WIRE_S
    return [_bound(f"{orders:,} step orders, bytes to bytes ({found['mib']:.0f} MiB)", found["cpu_s"], bar, found)]


def block_rows(quick: bool) -> list[Row]:
    """Blocks, linked and exclusive ones among them, to a gap."""
    rows: list[Row] = []
    for place, (what, (shape, bar)) in enumerate(BLOCKS.items()):
        if quick and place:
            continue
        ours = _ours(what, shape, 1 if quick else 3)
        rows.append(_bound(what, ours["cpu_s"], bar, ours))
        rows.append(_count(f"{what}: gap", ours["gap"], "", GAP))
        rows.append(_count(f"{what}: blocks accepted at a loss", ours["paradoxically_accepted"], "blocks", 0))
        if shape.zones == 1:
            rows.append(_beside(what, "milp", shape, ours, 1 if quick else 3))
        if shape.steps == 24 and shape.zones == 1 and not quick:
            unlinked = replace(shape, linked=0.0, exclusive=0.0)
            easier = _ours(f"{what}, none linked or exclusive", unlinked, 3)
            row = _beside(f"{what}, none linked or exclusive", "assume", unlinked, easier, 1)
            rows.append(row)
    return rows


def deadline_rows(quick: bool) -> list[Row]:
    """Whenever a deadline comes there is a legal answer; how long the caller waits for it."""
    rows: list[Row] = []
    for book, shape in list(HARD.items())[: 1 if quick else None]:
        for seconds in DEADLINES[: 1 if quick else None]:
            what = f"{book}, 2,000 blocks, deadline {seconds:g} s"
            found = _sure(what, "ours", shape, 1, seconds=seconds, gap=1e-9)
            gap = "not known" if found["gap"] is None else f"{found['gap']:.1e}"
            legal = found["legal"] and not found["paradoxically_accepted"]
            row = figure(f"{what}: wall s, gap {gap}", found["wall_s"], None, "", "s")
            rows.append(replace(row, bar="legal", holds=bool(legal), versions=found["versions"]))
    return rows


def italian_rows(quick: bool) -> list[Row]:
    """Published days of seven zones: ten, one when quick."""
    if not (ORACLES / "italy_2025_04_01_to_10").is_dir():
        return [missing("ten Italian days", "published books", "CPU s")]
    rows: list[Row] = []
    days, known = (1, "an Italian day") if quick else (10, "ten Italian days")
    for question, name, what, unit, bar in (
        ("prices", "off", f"prices that are not the published ones, of {days * 168:,}", "", 0),
        ("flows", "error_mwh", "mean error of flows", "MWh", 0.0012),
        ("blocks", "wrong", "blocks decided otherwise, as a part", "", 0.025),
    ):
        found = _sure(what, "italian days", Shape(orders=1), 1, question=question, first=days)
        rows.append(_count(f"{known}: {what}", found[name], unit, bar))
        rows.append(_bound(f"{known}, {question}", found["cpu_s"], None, found))
    return rows


def iberian_rows(quick: bool) -> list[Row]:
    """A published day of two zones with blocks, groups and scalable complex orders."""
    what = "an Iberian day"
    if not (ORACLES / "omie_2025_06_21").is_dir():
        return [missing(what, "published offers", "CPU s")]
    ours = _sure(what, "iberian day", Shape(orders=1), 1 if quick else 3)
    rows = [
        _count(f"{what}: prices that are not the published ones, of 48", 48 - ours["right"], "", 0),
        _bound(what, ours["cpu_s"], None, ours),
    ]
    if not quick:
        rows.append(_beside(what, "iberian peer", Shape(orders=1), ours, 1))
    return rows


def community_rows(quick: bool) -> list[Row]:
    """Members with assets, bids and a feeder, cleared together and settled."""
    members, bar = (100, None) if quick else (1_000, 30.0)
    found = _sure("community", "community", Shape(orders=members), 1)
    return [_bound(f"a community of {members:,} members, 96 steps, with its statement", found["cpu_s"], bar, found)]


def _ours(what: str, shape: Shape, runs: int) -> dict[str, Any]:
    return _sure(what, "ours", shape, runs)


def _sure(what: str, tool: str, shape: Shape, runs: int, **more: Any) -> dict[str, Any]:
    """What ours found; a benchmark in which it breaks down is none."""
    found = measure(tool, shape, runs, **more)
    if found is None or "failed" in found:
        raise SystemExit(f"ours failed on {what}: {found}")
    return found


def _bound(what: str, cpu_s: float, bar: float | None, found: Mapping[str, Any]) -> Row:
    """CPU seconds of ours, with a bound if there is one."""
    row = below(what, cpu_s, "CPU s", bar) if bar is not None else figure(what, cpu_s, None, "", "CPU s")
    return replace(row, versions=found["versions"])


def _count(what: str, counted: float, unit: str, most: float) -> Row:
    """Something that must not be more than a bound."""
    return below(what, counted, unit, most)


def _beside(what: str, tool: str, shape: Shape, ours: Mapping[str, Any], runs: int) -> Row:
    """Ours beside another tool on the same book."""
    found, label = measure(tool, shape, runs), TOOLS[tool].label
    if found is None:
        return missing(what, label, "CPU s")
    if "failed" in found:
        return missing(what, f"{label} (failed: {found['failed'][:80]})", "CPU s")
    row = figure(what, ours["cpu_s"], found["cpu_s"], label + _other(ours, found), "CPU s")
    return replace(row, versions={**ours["versions"], **found["versions"]})


def _other(ours: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """What is different in the answer of another tool."""
    if found.get("right") is not None and found["right"] < 48:
        return f" ({found['right']} of 48 prices right)"
    theirs, own = found.get("objective"), ours.get("objective")
    if theirs is not None and own is not None and abs(theirs - own) > GAP * abs(own):
        return f" (another welfare: {-theirs:.0f}, ours {-own:.0f})"
    return ""


PARTS: Mapping[str, Callable[[bool], list[Row]]] = {
    "simple": simple_rows, "wire": wire_rows, "blocks": block_rows, "deadlines": deadline_rows,
    "italy": italian_rows, "iberia": iberian_rows, "community": community_rows,
}  # fmt: skip


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of rows as JSON")
    parser.add_argument("--quick", action="store_true", help="small books, below a minute")
    parser.add_argument("--only", metavar="NAME", default="", help=", ".join(PARTS))
    chosen = parser.parse_args()
    rows = [row for name, part in PARTS.items() if chosen.only in ("", name) for row in part(chosen.quick)]
    return show(rows, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
