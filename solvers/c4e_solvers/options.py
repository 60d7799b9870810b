"""What a caller may ask of any solver, in one frozen object with units."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from c4e_solvers.errors import InvalidOptions

Algorithm = Literal["choose", "simplex", "ipm", "hipo", "pdlp"]
_TOLERANCE_MIN = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverOptions:
    """Limits, tolerances and the algorithm of one solve.

    Attributes:
        time_limit_s: Wall-clock seconds, counted from the call of ``solve`` and including the hand-off. The solver is
            told a little less; large simplex runs still overshoot, so a hard deadline needs a process of its own.
        relative_gap: A MILP may stop when ``|objective - bound| <= relative_gap * |objective|`` (a ratio).
        absolute_gap: A MILP may stop when ``|objective - bound| <= absolute_gap`` (unit of the objective).
        threads: Threads of the solver; the answer is the same with 1 and with 2.
        seed: Seed of the solver's own random choices.
        feasibility_tolerance: Largest bound or row violation of an LP or QP (unit of the row, absolute).
        dual_tolerance: Largest reduced cost of the wrong sign (unit of the objective per unit of the column).
        integrality_tolerance: Largest distance of an integral column from an integer; HiGHS also holds the rows of a
            MILP to this tolerance and not to ``feasibility_tolerance``.
        algorithm: Algorithm for an LP, and for the relaxations of a MILP where it is "simplex", "ipm" or "hipo".
        crossover: Whether an interior-point solution is brought to a vertex.
        presolve: Whether the solver may simplify the problem first.
        ray: Whether to look for a ray of an infeasible or unbounded LP; may cost one more solve without presolve,
            with GLOP two.
        basis: Whether the answer to an LP shall hold the basis that a simplex method ended with; HiGHS hands it over as
            an object for each column and row, which takes some 0.5 s per million.
        known_objective: Objective of a solution of a MILP that the caller has and does not hand over; HiGHS stops, as
            interrupted, once its bound is within the gap of it. Infinite without one; other solvers pass it over.
        inner_searches: Whether HiGHS may solve smaller MILPs inside a MILP from the root on, to find solutions; else
            only after a first search without. Other solvers pass it over.
        backend: Which solver behind an engine that has several; ``solve`` sets it from a name such as "convex:SCS".
        log: Receives the solver's log, one message at a time; nothing is ever printed.
    """

    time_limit_s: float = math.inf
    relative_gap: float = 1e-4
    absolute_gap: float = 1e-6
    threads: int = 1
    seed: int = 0
    feasibility_tolerance: float = 1e-7
    dual_tolerance: float = 1e-7
    integrality_tolerance: float = 1e-6
    algorithm: Algorithm = "choose"
    crossover: bool = True
    presolve: bool = True
    ray: bool = True
    basis: bool = False
    known_objective: float = math.inf
    inner_searches: bool = False
    backend: str = ""
    log: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        """Refuse what no solver can do, all of it at once."""
        wrong: list[str] = []
        for name in ("time_limit_s", "relative_gap", "absolute_gap"):
            if not getattr(self, name) >= 0:
                wrong.append(f"{name} is {getattr(self, name)}; it must be 0 or more")
        for name in ("feasibility_tolerance", "dual_tolerance", "integrality_tolerance"):
            if not _TOLERANCE_MIN <= getattr(self, name) < 1:
                wrong.append(f"{name} is {getattr(self, name)}; it must lie within [{_TOLERANCE_MIN}, 1)")
        if math.isnan(self.known_objective):
            wrong.append("known_objective is not a number")
        if self.threads < 1:
            wrong.append(f"threads is {self.threads}; it must be 1 or more")
        if not 0 <= self.seed < 2**31:
            wrong.append(f"seed is {self.seed}; it must lie within [0, 2147483647]")
        if self.algorithm not in get_args(Algorithm):
            wrong.append(f"algorithm is {self.algorithm!r}; it must be one of {', '.join(get_args(Algorithm))}")
        if wrong:
            raise InvalidOptions("; ".join(wrong))


DEFAULT_OPTIONS = SolverOptions()
