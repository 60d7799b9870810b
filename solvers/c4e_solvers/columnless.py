"""The answer to a problem without columns, which solvers get wrong: only its rows can be at fault."""

from __future__ import annotations

import numpy as np

from c4e_solvers.clock import Clock
from c4e_solvers.matrices import Matrices
from c4e_solvers.options import SolverOptions
from c4e_solvers.solution import Reason, Solution, Termination


def solve_without_columns(matrices: Matrices, options: SolverOptions, clock: Clock, solver: str) -> Solution:
    """Solve what solvers call an empty problem whatever its rows demand.

    Args:
        matrices: A problem with no column and m rows.
        options: Its feasibility tolerance and whether a ray (m,) is wanted.
        clock: Started when the caller's call began.
        solver: Name and version of the solver that was asked.
    """
    short = np.maximum(matrices.row_lower, -matrices.row_upper) > options.feasibility_tolerance
    if short.any():
        ray = np.zeros(matrices.rows)
        row = int(np.argmax(short))
        ray[row] = 1.0 if matrices.row_lower[row] > 0 else -1.0
        termination = Termination(reason=Reason.INFEASIBLE, detail=f"row {row} has no columns")
        return Solution(termination=termination, ray=ray if options.ray else None, solver=solver, **clock.both())
    return Solution(
        termination=Termination(reason=Reason.OPTIMAL, detail="no columns"),
        primal=np.zeros(0),
        row_dual=np.zeros(matrices.rows),
        column_dual=np.zeros(0),
        objective=matrices.offset,
        bound=matrices.offset,
        solver=solver,
        **clock.both(),
    )
