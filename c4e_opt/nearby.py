"""Where a large case clashes: a few neighbouring steps that have no schedule by themselves, or budgets over many."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from c4e_opt.program import Program
from c4e_solvers import (
    Matrices,
    Narrowed,
    Relaxation,
    SolverOptions,
    narrowed_by_bounds,
    narrowed_by_ray,
    narrowed_by_windows,
    relax,
    windows,
)

#: Steps on both sides of a clash that are looked at with it.
_BESIDE = 84
#: Windows of steps that are looked at before budgets.
_SAMPLES = 4


def nearby(program: Program, matrices: Matrices, time_limit_s: float, threads: int = 1) -> Narrowed | Relaxation | None:
    """Find where a case without a schedule clashes, in the quickest way that finds anything.

    Bounds that follow from bounds come first, then some windows of steps, then budgets alone, then all windows, and at
    last a ray of the whole.

    Args:
        program: The programme of a case.
        matrices: The same in standard form.
        time_limit_s: Seconds for all of it.
        threads: Threads of the solver.

    Returns:
        Rows that clash by themselves, or how budgets give way where that is enough; None where neither is found.
    """
    end, step = time.perf_counter() + time_limit_s, steps_of(program, matrices)

    def options() -> SolverOptions:
        return SolverOptions(time_limit_s=max(end - time.perf_counter(), 0.0), threads=threads, ray=False)

    every = windows(int(step.max(initial=0)) + 1)
    some = every[:: max(len(every) // _SAMPLES, 1)]
    near = narrowed_by_bounds(matrices, step, margin=_BESIDE, options=options())
    near = near or narrowed_by_windows(matrices, step, some, options=options())
    budgets = budgets_of(program)
    if near is None and budgets:
        relaxation = relax(matrices.relaxed(), rows=budgets, guided=True, options=options())
        if relaxation.termination.has_solution and not relaxation.feasible:
            return relaxation
    others = [begin for begin in every if begin not in some]
    near = near or narrowed_by_windows(matrices, step, others, options=options())
    return near or narrowed_by_ray(matrices, step, margin=_BESIDE, options=options())


def steps_of(program: Program, matrices: Matrices) -> NDArray[np.int64]:
    """The step of every row, -1 of those without one."""
    step = np.full(matrices.rows, -1, dtype=np.int64)
    for constraint in program.constraints.values():
        if constraint.axes and constraint.axes[-1].name == "time":
            step[constraint.start : constraint.stop] = constraint.cells % constraint.axes[-1].size
    return step


def budgets_of(program: Program) -> list[str]:
    """Laws that add up many steps: those without a step of their own, and those on accounts."""
    accounts = tuple(name.removesuffix("account_balance") for name in program.constraints if "account_balance" in name)
    return [
        name
        for name, constraint in program.constraints.items()
        if all(axis.name != "time" for axis in constraint.axes)
        or (name.startswith(accounts) and not name.endswith("account_balance"))
    ]
