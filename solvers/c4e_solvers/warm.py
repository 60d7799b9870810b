"""One problem after another with any solver, each begun where the last one like it has ended."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from c4e_solvers.basis import Basis
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


class Resumed(Warm):
    """A solver that remembers a basis and nothing else: every LP starts at the one that the LP before has left.

    What it answers follows from the problems and the first basis alone. It may be taken up in any process, wherever its
    basis was kept. Problems with integers or a quadratic objective are solved cold.

    Args:
        basis: Where the first LP starts, if it fits; None for none.

    Attributes:
        basis: Where the next one does.
    """

    def __init__(self, basis: Basis | None = None) -> None:
        super().__init__()
        self.basis = basis

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
        if matrices.features() or engine_for(matrices, solver).name != "highs":
            return solve(matrices, options, solver, interrupt=interrupt, progress=progress)
        wanted = replace(options, basis=True)
        if self.basis is not None and not list(self.basis.faults(matrices.columns, matrices.rows)):
            wanted = replace(wanted, algorithm="simplex" if options.algorithm == "choose" else options.algorithm)
            matrices = replace(matrices, basis=self.basis)
        solution = solve(matrices, wanted, solver, interrupt=interrupt, progress=progress)
        if solution.basis is not None:
            self.basis = solution.basis
        return solution
