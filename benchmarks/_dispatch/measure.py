"""One tool, one problem, one process: CPU seconds of its whole path without imports, and its peak memory.

Usage: python benchmarks/_dispatch/measure.py TOOL PROBLEM RUNS [TIME_LIMIT_S]
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(BENCHMARKS)  # in place of this folder, whose modules go by the name of their package

from _dispatch import problem as problems  # noqa: E402


@dataclass(frozen=True, slots=True)
class Tool:
    """Who solves a problem: its module, the distributions that bring it, the package that must be there."""

    label: str
    module: str
    package: str
    distributions: tuple[str, ...]


TOOLS: Mapping[str, Tool] = {
    "ours": Tool("c4e-opt", "_dispatch.ours", "c4e_opt", ("c4e-opt", "highspy")),
    "plain": Tool("plain HiGHS script", "_dispatch.plain", "highspy", ("highspy",)),
    "pypsa": Tool("PyPSA", "_dispatch.pypsa_network", "pypsa", ("pypsa", "linopy", "highspy")),
    "oemof": Tool("oemof-solph", "_dispatch.oemof_system", "oemof", ("oemof-solph", "pyomo", "highspy")),
}

#: The weeks of the comparison of MILPs start so many hours into the year.
WEEKS = tuple(range(0, 10 * 168, 168))
PROBLEMS: Mapping[str, Callable[[], problems.Problem]] = {
    "week LP": lambda: problems.single(168),
    "year LP": lambda: problems.single(8760),
    "50 sites LP": lambda: problems.many(50),
    "500 sites LP": lambda: problems.many(500),
    "50 sites MILP": lambda: problems.many(50, discrete=True),
}


def installed(tool: str) -> bool:
    """Whether what a tool needs is here."""
    return find_spec(TOOLS[tool].package) is not None


def problem(name: str) -> problems.Problem:
    """A problem by its name; "week MILP 336" is the week that starts 336 hours into the year."""
    if name.startswith("week MILP"):
        return problems.single(168, discrete=True, first_hour=float(name.removeprefix("week MILP") or 0))
    return PROBLEMS[name]()


def measure(tool: str, name: str, runs: int = 1, limit_s: float | None = None) -> dict[str, Any]:
    """Solve in a process of its own with one thread.

    Args:
        tool: Key of `TOOLS`.
        name: Name of the problem.
        runs: How often; the smallest CPU time counts.
        limit_s: Seconds given to the solver of a MILP, where the tool takes a limit.

    Returns:
        cpu_s, peak_mib, objective, bound, and what else the tool says; `failed` alone where it broke down.
    """
    command = [sys.executable, "-W", "ignore", str(Path(__file__)), tool, name, str(runs)]
    command += [] if limit_s is None else [str(limit_s)]
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | one, check=False)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def _here(tool: str, name: str, runs: int, limit_s: float | None) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    solve = import_module(TOOLS[tool].module).solve
    posed = problem(name)
    more: dict[str, Any] = {} if limit_s is None or tool == "ours" else {"time_limit_s": limit_s}
    solve(problems.single(24, discrete=posed.discrete))  # imports and loads whatever is loaded late
    spent: list[float] = []
    peak_mib, answer = 0.0, {}
    for run in range(runs):
        begin = time.process_time()
        answer = solve(posed, **more)
        spent.append(time.process_time() - begin)
        if run == 0:
            peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_s": min(spent), "peak_mib": peak_mib, **answer}


if __name__ == "__main__":
    limit = float(sys.argv[4]) if len(sys.argv) > 4 else None
    print(json.dumps(_here(sys.argv[1], sys.argv[2], int(sys.argv[3]), limit)))
