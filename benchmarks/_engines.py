"""One LP, one engine, one process: what it costs and what its answer is worth.

Usage: python benchmarks/_engines.py PROBLEM ENGINE SECONDS
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from _sites import community

import c4e_opt
from c4e_opt.formulate import formulate
from c4e_solvers import Matrices, Solution, SolverOptions, certify, solve

CASES = Path(__file__).parent.parent / "cases"
#: What takes less CPU than this is measured three times.
_REPEATED_S = 5.0
#: Distance from a bound that counts as none, as a share of max(1, size).
_AT_BOUND = 1e-9


def _case(name: str) -> Matrices:
    return formulate(c4e_opt.read_case(CASES / name)).program.matrices()


def _sites(count: int, steps: int = 96) -> Matrices:
    return formulate(community(count, steps)).program.matrices()


PROBLEMS: dict[str, Callable[[], Matrices]] = {
    "site_week": lambda: _case("site_week/linear.yaml"),
    "10 sites x 96": lambda: _sites(10),
    "50 sites x 96": lambda: _sites(50),
    "site_year": lambda: _case("site_year"),
    "300 sites x 96": lambda: _sites(300),
    "1000 sites x 96": lambda: _sites(1000),
}
#: Those of a full run; larger ones are solved one at a time, by hand.
FULL = tuple(name for name in PROBLEMS if name != "1000 sites x 96")


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine with an algorithm, and the package that brings it."""

    solver: str
    package: str
    options: Mapping[str, Any]


ENGINES: dict[str, Choice] = {
    "auto": Choice("auto", "highspy", {}),
    "HiGHS simplex": Choice("highs", "highspy", {"algorithm": "simplex"}),
    "HiGHS IPX": Choice("highs", "highspy", {"algorithm": "ipm"}),
    "HiGHS IPX, no crossover": Choice("highs", "highspy", {"algorithm": "ipm", "crossover": False}),
    "HiGHS HiPO": Choice("highs", "highspy_extras", {"algorithm": "hipo"}),
    "HiGHS HiPO, no crossover": Choice("highs", "highspy_extras", {"algorithm": "hipo", "crossover": False}),
    "HiGHS PDLP": Choice("highs", "highspy", {"algorithm": "pdlp"}),
    "GLOP": Choice("ortools:glop", "ortools", {}),
    "PDLP of OR-Tools": Choice("ortools:pdlp", "ortools", {}),
    "Clarabel": Choice("convex", "cvxpy", {}),
}


def installed(engine: str) -> bool:
    """Whether what brings it is here."""
    return find_spec(ENGINES[engine].package) is not None


def measure(problem: str, engine: str, limit_s: float) -> dict[str, Any]:
    """Solve in a process of its own, with one thread; a process that overruns its limit by far is killed.

    What takes less than five seconds of CPU is measured three times, and the median counts.

    Returns:
        Size of the problem, CPU and wall seconds, how it ended, objective, residuals, iterations, whether the answer
        is a vertex; `reason` alone when it was killed.
    """
    found = _measured(problem, engine, limit_s)
    if found.get("cpu_s", _REPEATED_S) < _REPEATED_S:
        more = [found, *(_measured(problem, engine, limit_s) for _ in range(2))]
        found = sorted(more, key=lambda each: each.get("cpu_s", 0.0))[1]
    return found


def _measured(problem: str, engine: str, limit_s: float) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", __file__, problem, engine, str(limit_s)]
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | one, timeout=1.5 * limit_s + 60, check=False
        )
    except subprocess.TimeoutExpired:
        return {"reason": "did not stop at its limit"}
    if done.returncode:
        return {"reason": (done.stderr.strip().splitlines() or [f"its process ended with {done.returncode}"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def _here(problem: str, engine: str, limit_s: float) -> dict[str, Any]:
    matrices, choice = PROBLEMS[problem](), ENGINES[engine]
    small = Matrices.build([1.0, 3.0], [[1.0, 1.0]], 12.0, 12.0, column_upper=[10.0, 5.0])
    options = SolverOptions(time_limit_s=limit_s, **choice.options)
    _spent(lambda: solve(small, options, choice.solver))  # the imports
    start, _ = _spent(lambda: solve(small, options, choice.solver))  # what a new process of OR-Tools costs
    spent, solution = _spent(lambda: solve(matrices, options, choice.solver))
    found: dict[str, Any] = {
        "columns": matrices.columns,
        "rows": matrices.rows,
        "nonzeros": matrices.nonzeros,
        "cpu_s": max(0.0, spent - start),
        "wall_s": solution.seconds_wall,
        "reason": f"{solution.termination.reason}",
        "iterations": dict(solution.iterations),
        "solver": solution.solver,
        "choice": solution.choice,
    }
    if solution.primal is not None:
        found |= _worth(matrices, solution)
    return found


def _spent(act: Callable[[], Solution]) -> tuple[float, Solution]:
    """CPU seconds of an act in this process and in those that it started, which are ended to be counted."""
    before = _cpu_s()
    solution = act()
    if find_spec("ortools") is not None:
        from c4e_solvers import ortools_process

        ortools_process.close()
    return _cpu_s() - before, solution


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _worth(matrices: Matrices, solution: Solution) -> dict[str, Any]:
    """Objective, worst residuals (scaled as in `Certificate`) and whether the answer is a vertex."""
    certificate = certify(matrices, solution)
    worth: dict[str, Any] = {
        "objective": certificate.objective,
        "primal_residual": max(certificate.row_violation_scaled, certificate.column_violation_scaled),
        "duals": solution.row_dual is not None,
        "vertex": _is_vertex(matrices, solution),
    }
    if certificate.dual_residual is not None and certificate.dual_objective is not None:
        worth["dual_residual"] = certificate.dual_residual / certificate.cost_scale
        distance = abs(certificate.objective - certificate.dual_objective)
        worth["gap"] = distance / max(1.0, abs(certificate.objective))
    return worth


def _is_vertex(matrices: Matrices, solution: Solution) -> bool:
    """Whether no more columns and rows lie between their bounds than a basis has room for."""
    assert solution.primal is not None
    activity = matrices.csr() @ solution.primal
    inside = 0
    for values, lower, upper in (
        (solution.primal, matrices.column_lower, matrices.column_upper),
        (activity, matrices.row_lower, matrices.row_upper),
    ):
        room = _AT_BOUND * np.maximum(1.0, np.abs(values))
        inside += int(np.count_nonzero((values > lower + room) & (values < upper - room)))
    return inside <= matrices.rows


if __name__ == "__main__":
    if "IPX" in sys.argv[2]:
        sys.modules["highspy_extras"] = None  # type: ignore[assignment]  # with it, "ipm" means HiPO
    print(json.dumps(_here(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
