"""One tool, one book, one process: CPU seconds from a book to an answer without imports, and peak memory.

Usage: python benchmarks/_market/measure.py TOOL JSON RUNS, where JSON says the shape of the book
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(BENCHMARKS)  # in place of this folder, whose modules go by the name of their package
    sys.path.append(str(BENCHMARKS.parent))  # published days are read as the tests read them

from _table import versions  # noqa: E402

from _market.books import Shape  # noqa: E402

ROOT = BENCHMARKS.parent
#: Seconds after which a tool is given up.
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Tool:
    """Who clears a book: its module, the package that must be there, the distributions that bring it."""

    label: str
    module: str
    package: str
    distributions: tuple[str, ...]


TOOLS: Mapping[str, Tool] = {
    "ours": Tool("c4e-opt", "_market.ours", "c4e_opt", ("c4e-opt", "highspy")),
    "wire": Tool("c4e-opt, message to message", "_market.wire", "c4e_opt", ("c4e-opt", "protobuf")),
    "community": Tool("c4e-opt", "_market.together", "c4e_opt", ("c4e-opt", "highspy")),
    "merge": Tool("sorted merge in numpy", "_market.merge", "numpy", ("numpy",)),
    "milp": Tool("HiGHS on the welfare alone, prices apart", "_market.milp", "highspy", ("highspy",)),
    "assume": Tool("ASSUME", "_market.assume_market", "assume", ("assume-framework", "pyomo", "highspy")),
    "italian days": Tool("c4e-opt", "_market.italian_days", "c4e_opt", ("c4e-opt", "highspy")),
    "iberian day": Tool("c4e-opt", "_market.iberian_day", "c4e_opt", ("c4e-opt", "highspy")),
    "iberian peer": Tool(
        "iberian-day-ahead-market-simulator", "_market.iberian_peer", "iberian_day_ahead_market_simulator",
        ("iberian-day-ahead-market-simulator", "pyomo", "highspy"),
    ),
}  # fmt: skip


def interpreter(tool: str) -> str | None:
    """The Python that has what a tool needs: this one, or that of an environment beside it; None for none."""
    for python in (sys.executable, *(str(ROOT / name / "bin" / "python") for name in (".venv", ".venv-bench"))):
        probe = f"import importlib.util as u, sys; sys.exit(u.find_spec({TOOLS[tool].package!r}) is None)"
        if Path(python).exists() and not subprocess.run([python, "-c", probe], check=False).returncode:
            return python
    return None


def measure(tool: str, shape: Shape, runs: int, **more: Any) -> dict[str, Any] | None:
    """Measure in a process of its own with one thread: the median CPU time of several runs counts.

    Args:
        tool: One of `TOOLS`.
        shape: Of the book.
        runs: How many, after a smaller one that loads whatever is loaded late.
        more: What the tool is told besides.

    Returns:
        cpu_s, peak_mib, and what the tool says; `failed` alone where it broke down; None where it is not installed.
    """
    python = interpreter(tool)
    if python is None:
        return None
    said = json.dumps({"shape": asdict(shape), **more})
    command = [python, "-W", "ignore", str(Path(__file__)), tool, said, str(runs)]
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | one, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer within {PATIENCE_S} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def _here(tool: str, said: dict[str, Any], runs: int) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    module = import_module(TOOLS[tool].module)
    shape = Shape(**said.pop("shape"))
    if hasattr(module, "small"):
        module.run(module.pose(module.small(shape), **said))
    spent: list[float] = []
    waited: list[float] = []
    answer: dict[str, Any] = {}
    for _ in range(runs):
        posed = module.pose(shape, **said)  # what is not counted, anew for tools that write into it
        begin, began = time.process_time(), time.perf_counter()
        answer = module.run(posed)
        spent.append(time.process_time() - begin)
        waited.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    middle = sorted(spent)[len(spent) // 2]
    found = {"cpu_s": middle, "wall_s": max(waited), "peak_mib": peak, "versions": versions(*TOOLS[tool].distributions)}
    return {**found, **answer}


if __name__ == "__main__":
    print(json.dumps(_here(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))))
