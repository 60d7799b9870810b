"""Asking an engine on behalf of a price rule; its errors are errors of this library."""

from __future__ import annotations

import c4e_solvers
from c4e_opt.errors import SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_solvers import Matrices, Solution, SolverOptions

_PLAIN = SolverOptions(ray=False)


def ask(matrices: Matrices, solver: str, options: SolverOptions = _PLAIN) -> Solution:
    """Solve a problem.

    Args:
        matrices: The problem.
        solver: Name of the engine.
        options: Gaps and tolerances.

    Raises:
        UnsupportedProgram: The engine cannot take the problem.
        SolverUnavailable: It is not installed.
        SolverFailed: It broke down.
    """
    try:
        return c4e_solvers.solve(matrices, options, solver)
    except c4e_solvers.UnsupportedProgram as error:
        raise UnsupportedProgram(str(error)) from error
    except c4e_solvers.SolverUnavailable as error:
        raise SolverUnavailable(str(error)) from error
    except c4e_solvers.SolverError as error:
        raise SolverFailed(str(error)) from error
