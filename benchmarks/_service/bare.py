"""Solves a case again and again for some seconds, without a service; prints how often per second and the median time.

Usage: python benchmarks/_service/bare.py FILE SECONDS, where FILE holds a Case message
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from c4e.opt.v1 import case_pb2
from c4e_opt import solve
from c4e_server.convert.case import case_from_proto


def main() -> None:
    """Solve, once to get warm."""
    case = case_from_proto(case_pb2.Case.FromString(Path(sys.argv[1]).read_bytes()))
    solve(case)
    took: list[float] = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < float(sys.argv[2]):
        start = time.perf_counter()
        solve(case)
        took.append(time.perf_counter() - start)
    print(len(took) / (time.perf_counter() - begin), statistics.median(took))


if __name__ == "__main__":
    main()
