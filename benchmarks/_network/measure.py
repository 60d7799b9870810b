"""One tool, one grid, one process: CPU seconds from file to prices without imports, and peak memory.

Usage: python benchmarks/_network/measure.py TOOL FILE RUNS
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
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BENCHMARKS = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(BENCHMARKS)  # in place of this folder, whose modules go by the name of their package

from _table import versions  # noqa: E402

from _network.hours import first  # noqa: E402

ROOT = BENCHMARKS.parent
GRIDS = ROOT.parent / "shared" / "oracles" / "network" / "opf"


@dataclass(frozen=True, slots=True)
class Tool:
    """Who takes a file to prices: its module, the package that must be there, the distributions that bring it."""

    label: str
    module: str
    package: str
    distributions: tuple[str, ...]
    warm_hours: int = 0  # of the instance itself, solved first; the smallest grid when 0


TOOLS: Mapping[str, Tool] = {
    "ours": Tool("c4e-opt", "_network.ours", "c4e_opt", ("c4e-opt", "highspy")),
    "day": Tool("c4e-opt", "_network.day", "c4e_opt", ("c4e-opt", "highspy")),
    "ten thousand": Tool("c4e-opt", "_network.ten_thousand", "c4e_opt", ("c4e-opt", "highspy")),
    "plain": Tool("plain HiGHS script, angles", "_network.plain", "highspy", ("highspy",)),
    "pypsa": Tool("PyPSA", "_network.pypsa_grid", "pypsa", ("pypsa", "linopy", "highspy")),
    "egret": Tool("Egret", "_network.egret_grid", "egret", ("gridx-egret", "pyomo", "highspy")),
    "pandapower": Tool("pandapower", "_network.pandapower_grid", "pandapower", ("pandapower",)),
    "uc ours": Tool("c4e-opt", "_network.uc_ours", "c4e_opt", ("c4e-opt", "highspy"), warm_hours=3),
    "uc egret": Tool("Egret", "_network.uc_egret", "egret", ("gridx-egret", "pyomo", "highspy"), warm_hours=3),
}


def interpreter(tool: str) -> str | None:
    """The Python that has what a tool needs: this one, or that of an environment beside it; None where there is none.

    pandapower and PyPSA do not share an environment: they need different versions of pandas.
    """
    for python in (sys.executable, *(str(ROOT / name / "bin" / "python") for name in (".venv", ".venv-bench"))):
        probe = f"import importlib.util as u, sys; sys.exit(u.find_spec({TOOLS[tool].package!r}) is None)"
        if Path(python).exists() and not subprocess.run([python, "-c", probe], check=False).returncode:
            return python
    return None


def measure(tool: str, path: Path, runs: int) -> dict[str, Any] | None:
    """Measure in a process of its own with one thread; the smallest CPU time of several runs counts.

    Returns:
        cpu_s, peak_mib, objective, price_sum; `failed` alone where it broke down; None where it is not installed.
    """
    python = interpreter(tool)
    if python is None:
        return None
    command = [python, "-W", "ignore", str(Path(__file__)), tool, str(path), str(runs)]
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | one, check=False, timeout=600)
    except subprocess.TimeoutExpired:
        return {"failed": "no answer within 600 s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def _here(tool: str, path: Path, runs: int) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    module = import_module(TOOLS[tool].module)
    _warm(module, path, TOOLS[tool].warm_hours)
    posed = module.pose(path) if hasattr(module, "pose") else path  # what is not counted
    spent: list[float] = []
    answer: dict[str, Any] = {}
    for _ in range(runs):
        begin = time.process_time()
        answer = module.run(posed)
        spent.append(time.process_time() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_s": min(spent), "peak_mib": peak, "versions": versions(*TOOLS[tool].distributions), **answer}


def _warm(module: Any, path: Path, hours: int) -> None:
    """Let the module load whatever it loads late."""
    if not hours:
        module.run(GRIDS / "pglib_opf_case5_pjm.m")
        return
    with TemporaryDirectory() as folder:
        module.run(first(path, hours, Path(folder)))


if __name__ == "__main__":
    print(json.dumps(_here(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
