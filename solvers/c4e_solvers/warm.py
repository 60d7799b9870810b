"""One problem after another with any solver, each begun where the last one like it has ended."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from c4e_solvers.matrices import Feature, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.registry import engine_for, solve
from c4e_solvers.session import Session
from c4e_solvers.solution import Interrupted, Progress, Solution


class Warm:
    """A solver that remembers: the last problem with integers and the last one without stay loaded.

    Its ``solve`` takes and returns what ``c4e_solvers.solve`` does. Engines other than HiGHS, and problems with a
    quadratic objective, are solved cold. One thread at a time may use it.
    """

    def __init__(self) -> None:
        self._sessions: dict[bool, tuple[SolverOptions, Session]] = {}

    def solve(
        self,
        matrices: Matrices,
        options: SolverOptions = DEFAULT_OPTIONS,
        solver: str = "auto",
        *,
        interrupt: Interrupted | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Solution:
        """Solve; see ``c4e_solvers.solve`` for arguments, answer and errors."""
        if engine_for(matrices, solver).name != "highs" or Feature.QUADRATIC in matrices.features():
            return solve(matrices, options, solver, interrupt=interrupt, progress=progress)
        simplex = options.algorithm == "choose" and not matrices.features()
        wanted = replace(options, time_limit_s=math.inf, algorithm="simplex" if simplex else options.algorithm)
        had, session = self._sessions.get(matrices.discrete, (None, None))
        if session is None or had != wanted:
            session = Session(matrices, wanted)
            self._sessions[matrices.discrete] = wanted, session
        else:
            session.become(matrices)
        return session.solve(time_limit_s=options.time_limit_s, interrupt=interrupt, progress=progress)
