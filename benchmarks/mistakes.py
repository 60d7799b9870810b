"""How long the explanation of an operator's mistake takes on a year of 8,760 steps: at most 2 s each.

`python benchmarks/mistakes.py [--json] [--quick] [--only NAME]`: one row per kind of mistake of tests/input, the
slowest of its places. Checking is reading a document with every issue and warning; explaining is what follows a solve
that ended infeasible. The solve itself is not counted, and shown beside them.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import _table

from c4e_opt import InvalidInput, SolveOptions, explain, solve
from c4e_opt.case import remarks
from c4e_opt.case.build import Builder
from tests.input import mistakes_in_dispatch, mistakes_in_fields, mistakes_in_grids
from tests.input.mistaken_cases import YEAR
from tests.input.mistakes import MISTAKES, Mistake, explains, placements

_ROOMS = (mistakes_in_fields, mistakes_in_dispatch, mistakes_in_grids)  # they enter their mistakes into the list
_BAR_S = 2.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """Seconds of CPU of one case, and whether it was explained."""

    checking: float
    solving: float
    explaining: float
    explained: bool


def main() -> int:
    """Print the rows; 0 when every mistake is explained in time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON list and nothing else")
    parser.add_argument("--quick", action="store_true", help="one place of every eighth kind")
    parser.add_argument("--only", default="", metavar="NAME", help="kinds with this in their names")
    parser.add_argument("--places", type=int, default=2, help="places per kind")
    arguments = parser.parse_args()
    kinds = [kind for kind in MISTAKES if arguments.only in kind.name][:: 8 if arguments.quick else 1]
    rows = [_row(kind, 1 if arguments.quick else arguments.places, quiet=arguments.json) for kind in kinds]
    _table.show(rows, as_json=arguments.json)
    return 0 if all(row.holds for row in rows) else 1


def _row(kind: Mistake, places: int, *, quiet: bool) -> _table.Row:
    taken = [_taken(document, wanted) for document, wanted in placements(kind, YEAR, places)]
    slowest = max(each.checking + each.explaining for each in taken)
    explained = sum(each.explained for each in taken)
    solving = max(each.solving for each in taken)
    if not quiet:
        print(f"{slowest:6.2f} s, solved in {solving:6.2f} s, {explained}/{places}  {kind.name}", flush=True)
    return _table.Row(
        what=f"{kind.name}: {explained} of {places} explained",
        ours=slowest,
        other=solving,
        other_name="the solve before it",
        ratio=slowest / solving if solving else None,
        unit="s of CPU",
        bar=f"<= {_BAR_S:g} s, all explained",
        holds=slowest <= _BAR_S and explained == places,
        versions=_table.versions("c4e-opt", "highspy"),
    )


def _taken(document: dict[str, object], wanted: object) -> _Taken:
    begin = time.process_time()
    try:
        case = Builder(document, {}).case()
        findings = list(remarks(case))
    except InvalidInput as error:
        findings, case = list(error.issues), None
    checked = solved = time.process_time()
    said = list(findings)
    if case is not None and not any(explains(each, one) for each in findings for one in wanted):
        outcome = solve(case, SolveOptions(time_limit_s=120.0))
        solved = time.process_time()
        said += explain(case, outcome).clashes
    end = time.process_time()
    explained = any(explains(each, one) for each in said for one in wanted)
    return _Taken(checked - begin, solved - checked, end - solved, explained)


if __name__ == "__main__":
    sys.exit(main())
