"""What a solver answers: why it stopped, and the arrays that it found."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from c4e_solvers.basis import Basis
from c4e_solvers.matrices import FloatArray


class Reason(StrEnum):
    """Why a solve ended, in MathOpt's words."""

    OPTIMAL = "OPTIMAL"
    """An optimal solution within the tolerances (a MILP: within the gap)."""
    INFEASIBLE = "INFEASIBLE"
    """No solution exists."""
    UNBOUNDED = "UNBOUNDED"
    """A solution exists and the objective has no lower end."""
    INFEASIBLE_OR_UNBOUNDED = "INFEASIBLE_OR_UNBOUNDED"
    """One of the two; the solver did not find out which."""
    IMPRECISE = "IMPRECISE"
    """Ended near an answer, outside its tolerances; the arrays are there, their use is the caller's risk."""
    FEASIBLE = "FEASIBLE"
    """A limit was reached; a solution is there, its optimality is open."""
    NO_SOLUTION_FOUND = "NO_SOLUTION_FOUND"
    """A limit was reached before any solution was found."""
    NUMERICAL_ERROR = "NUMERICAL_ERROR"
    """Numerical trouble without a usable answer."""
    OTHER_ERROR = "OTHER_ERROR"
    """The solver gave up for another reason, named in the detail."""


class Limit(StrEnum):
    """Which limit ended a solve, in MathOpt's words; NONE where none did."""

    NONE = "NONE"
    TIME = "TIME"
    ITERATION = "ITERATION"
    NODE = "NODE"
    SOLUTION = "SOLUTION"
    MEMORY = "MEMORY"
    OBJECTIVE = "OBJECTIVE"
    CUTOFF = "CUTOFF"
    NORM = "NORM"
    INTERRUPTED = "INTERRUPTED"
    SLOW_PROGRESS = "SLOW_PROGRESS"
    OTHER = "OTHER"
    UNDETERMINED = "UNDETERMINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """Why a solve ended.

    Attributes:
        reason: The outcome.
        limit: The limit that was reached; NONE unless the reason is FEASIBLE or NO_SOLUTION_FOUND.
        detail: The solver's own words.
    """

    reason: Reason
    limit: Limit = Limit.NONE
    detail: str = ""

    @property
    def has_solution(self) -> bool:
        """Whether a solution within the tolerances is there (optimal or feasible)."""
        return self.reason is Reason.OPTIMAL or self.reason is Reason.FEASIBLE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """The answer of one solve of a minimisation with n columns and m rows.

    Attributes:
        termination: Why the solve ended.
        primal: Column values (n,); None where there is none. Present for OPTIMAL and FEASIBLE, possibly for IMPRECISE.
        row_dual: d(minimum)/d(the row bound that binds), (m,): raising the right-hand side of an equality row by 1
            changes the minimum by this much. Non-negative where a lower bound binds, non-positive where an upper one
            does. None for discrete problems and where the solve was not optimal.
        column_dual: Reduced costs (n,), ``cost + Q x - A' row_dual``, with the same sign rule for column bounds.
        cone_dual: One vector (1 + k,) per cone, head first, then tail, inside the same cone (norm of the tail at most
            the head); with cones ``column_dual`` is ``cost + Q x - A' row_dual`` less these at their columns. None
            without cones and where there is no ``row_dual``.
        objective: Objective of ``primal``, with the offset; None without a primal.
        bound: Proven lower bound of the objective; None where none is known.
        ray: Proof of INFEASIBLE as row multipliers (m,) in the sign of ``row_dual``, or of UNBOUNDED as a direction
            of the columns (n,); None where the solver has none (always for MILP and QP).
        basis: Of an LP, where ``SolverOptions.basis`` asked for it and the engine has one (HiGHS and GLOP, not an
            interior point without crossover); it may serve as ``Matrices.basis``.
        iterations: Iterations by algorithm ("simplex", "ipm", "crossover", "pdlp", "qp"); only those that ran.
        nodes: Branch-and-bound nodes.
        seconds_wall: Wall-clock seconds of the whole call.
        seconds_cpu: CPU seconds of the calling thread with one solver thread, of the process with more.
        solver: Name and version, such as "highs 1.15.1".
        choice: Which engine "auto" took and why; empty where the caller named one.
    """

    termination: Termination
    primal: FloatArray | None = None
    row_dual: FloatArray | None = None
    column_dual: FloatArray | None = None
    cone_dual: tuple[FloatArray, ...] | None = None
    objective: float | None = None
    bound: float | None = None
    ray: FloatArray | None = None
    basis: Basis | None = None
    iterations: Mapping[str, int] = field(default_factory=dict[str, int])
    nodes: int = 0
    seconds_wall: float = 0.0
    seconds_cpu: float = 0.0
    solver: str = ""
    choice: str = ""

    @property
    def gap(self) -> float | None:
        """Relative gap ``|objective - bound| / max(|objective|, 1e-9)``; None where either is missing."""
        if self.objective is None or self.bound is None:
            return None
        return abs(self.objective - self.bound) / max(abs(self.objective), 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a running MILP is.

    Attributes:
        seconds: Wall-clock seconds since the solver started.
        objective: Objective of the best solution so far; None before the first.
        bound: Proven lower bound so far; None before the first.
        nodes: Branch-and-bound nodes so far.
    """

    seconds: float
    objective: float | None
    bound: float | None
    nodes: int


class Interrupted(Protocol):
    """Anything that says whether a solve should stop: an ``Interrupt``, a threading or multiprocessing event."""

    def is_set(self) -> bool:
        """Whether the solve should stop."""
        ...


class Interrupt(threading.Event):
    """Set from any thread to stop a running solve at its next opportunity; ``clear`` it to use it again."""
