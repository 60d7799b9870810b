"""How soon a running solve returns after an interrupt from another thread, and whether the engine works on then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np
from _sites import community

from c4e_opt.formulate import formulate
from c4e_solvers import Interrupt, Matrices, Session, Solution, SolverOptions, solve

#: No solve is left to run longer than this before it is interrupted.
_LONGEST_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is interrupted.

    Attributes:
        label: Engine, algorithm and kind of problem, for people.
        engine: Its name; HiGHS is asked through a `Session`, the others through `solve`.
        options: What to ask of it.
        sites: Size of the community whose LP it solves; 0 for the MILP.
        package: What brings it.
        bar_ms: 95 of 100 interrupts must be back within this.
        heeds: Whether it looks for interrupts at all while it runs.
    """

    label: str
    engine: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    sites: int = 50
    package: str = "highspy"
    bar_ms: float = 1000.0
    heeds: bool = True

    @property
    def installed(self) -> bool:
        """Whether what brings it is here."""
        return find_spec(self.package) is not None


#: A process of OR-Tools has a second to stop by itself before it is killed.
_KILLED_MS = 1500.0
TRIALS = (
    Trial(label="HiGHS simplex, LP", engine="highs", options={"algorithm": "simplex"}),
    Trial(label="HiGHS IPM, LP", engine="highs", options={"algorithm": "ipm"}),
    Trial(label="HiGHS, MILP", engine="highs", sites=0),
    Trial(label="GLOP, LP", engine="ortools:glop", package="ortools", bar_ms=_KILLED_MS),
    Trial(label="PDLP of OR-Tools, LP", engine="ortools:pdlp", package="ortools", sites=10, bar_ms=_KILLED_MS),
    Trial(label="SCIP, MILP", engine="ortools:scip", package="ortools", sites=0, bar_ms=_KILLED_MS),
    Trial(label="CP-SAT, MILP", engine="ortools:cp_sat", package="ortools", sites=0, bar_ms=_KILLED_MS),
    Trial(label="HiGHS PDLP, LP", engine="highs", options={"algorithm": "pdlp"}, sites=10, heeds=False),
    Trial(label="Clarabel, LP", engine="convex", package="cvxpy", heeds=False),
)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Milliseconds from interrupt to return, for all solves that ran when it came, and what came after the last."""

    latency_ms: list[float]
    usable: bool

    def percentile(self, share: float) -> float:
        """The latency that this share of the trials, in percent, did not exceed; not a number without trials."""
        return float(np.percentile(self.latency_ms, share)) if self.latency_ms else float("nan")


def cancelled(trial: Trial, count: int) -> Cancelled:
    """Interrupt `count` solves at moments spread over the time that a solve takes, then solve once more."""
    matrices = formulate(community(trial.sites)).program.matrices() if trial.sites else market_split()
    options = SolverOptions(**trial.options)
    takes = _seconds(trial, matrices, options)
    latency: list[float] = []
    run = _loaded(trial, matrices, options)
    for place in range(count):
        run = _loaded(trial, matrices, options)
        waited, _ = _interrupted(run, takes * (0.05 + 0.85 * (place + 0.5) / count))
        if waited is not None:
            latency.append(waited)
    if trial.sites:
        return Cancelled(latency, run(None).termination.has_solution)
    _, answer = _interrupted(run, _LONGEST_S)
    return Cancelled(latency, answer.termination.has_solution)


Run = Callable[[Interrupt | None], Solution]


def _loaded(trial: Trial, matrices: Matrices, options: SolverOptions) -> Run:
    """A function that solves, with an interrupt or without."""
    if trial.engine == "highs":
        session = Session(matrices, options)
        return lambda interrupt: session.solve(interrupt=interrupt)
    return lambda interrupt: solve(matrices, options, trial.engine, interrupt=interrupt)


def _interrupted(run: Run, delay: float) -> tuple[float | None, Solution]:
    """Milliseconds from an interrupt after `delay` seconds to the return, None if it came too late; the answer."""
    interrupt, told = Interrupt(), list[float]()

    def act() -> None:
        told.append(time.perf_counter())
        interrupt.set()

    timer = threading.Timer(delay, act)
    timer.start()
    answer = run(interrupt)
    back = time.perf_counter()
    timer.cancel()
    return (1000.0 * (back - told[0]) if told else None), answer


def _seconds(trial: Trial, matrices: Matrices, options: SolverOptions) -> float:
    """Seconds that a solve takes, at most `_LONGEST_S`; the first one starts processes and imports."""
    for _ in range(2):
        begin = time.perf_counter()
        _interrupted(_loaded(trial, matrices, options), _LONGEST_S)
    return min(time.perf_counter() - begin, _LONGEST_S)


def market_split() -> Matrices:
    """A MILP that keeps branch and bound busy for minutes: two halves of equal weight in six dimensions."""
    rng = np.random.default_rng(4)
    dimensions, items = 6, 50
    weight = rng.integers(1, 100, (dimensions, items)).astype(float)
    half = np.floor(weight.sum(axis=1) / 2)
    slack = np.hstack([np.eye(dimensions), -np.eye(dimensions)])
    return Matrices.build(
        np.concatenate([np.zeros(items), np.ones(2 * dimensions)]),
        np.hstack([weight, slack]),
        half,
        half,
        column_upper=np.concatenate([np.ones(items), np.full(2 * dimensions, 5000.0)]),
        integral=True,
    )
