"""Problems that several tests use, and the reference site read from the oracles beside the checkout."""

import io
import json
import runpy
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csc_array

from c4e_solvers import Matrices

ORACLE = Path(__file__).parents[3] / "shared" / "oracles" / "dispatch"


@pytest.fixture(scope="session")
def hard_milp() -> Matrices:
    """A market-split problem that keeps branch and bound busy for minutes, with slacks that make it feasible."""
    rng = np.random.default_rng(4)
    m, n = 6, 50
    weight = rng.integers(1, 100, (m, n)).astype(float)
    half = np.floor(weight.sum(axis=1) / 2)
    slack = np.hstack([np.eye(m), -np.eye(m)])
    return Matrices.build(
        np.concatenate([np.zeros(n), np.ones(2 * m)]),
        np.hstack([weight, slack]),
        half,
        half,
        column_upper=np.concatenate([np.ones(n), np.full(2 * m, np.inf)]),
        integral=np.concatenate([np.ones(n, bool), np.zeros(2 * m, bool)]),
    )


@pytest.fixture(scope="session")
def reference_site() -> Callable[[str, int], tuple[Matrices, float]]:
    """Builds the oracle's site, ("lp" or "milp", steps), as matrices, with the objective that the oracle found."""
    if not (ORACLE / "bare_highs.py").exists():
        pytest.skip(f"{ORACLE} is not there")

    def build(kind: str, steps: int) -> tuple[Matrices, float]:
        arguments, path, printed = sys.argv, sys.path.copy(), io.StringIO()
        try:
            sys.argv = ["bare_highs.py", "single", str(steps), kind]
            sys.path.insert(0, str(ORACLE))
            with redirect_stdout(printed):
                made = runpy.run_path(str(ORACLE / "bare_highs.py"))
        finally:
            sys.argv, sys.path[:] = arguments, path
            sys.modules.pop("reference_site", None)
        b = made["b"]
        join = np.concatenate
        rows = csc_array((join(b.v), (join(b.r), join(b.k))), shape=(b.m, b.n))
        bounds = {"column_lower": join(b.lb), "column_upper": join(b.ub), "integral": join(b.int)}
        matrices = Matrices.build(join(b.c), rows, join(b.rl), join(b.ru), **bounds)
        return matrices, json.loads(printed.getvalue())["objective"]

    return build
