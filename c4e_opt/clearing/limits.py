"""Solving under laws that become rows only where they are violated: solve, look, add rows, solve again.

An engine is wrapped so that its answer keeps every limit of the lines, and loses what they do. Rows that were found
once stay in the programme and are in every later problem. Of a problem with binaries the linear one comes first: it
finds most rows, cheaply.

Source: see `network.lazy` and `network.losses`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import c4e_solvers
from c4e_opt.formulate import Formulation
from c4e_opt.network.losses import Losses
from c4e_solvers import Matrices, Reason, Solution, SolverOptions


def limited(ask: Callable[..., Solution], formulation: Formulation) -> Callable[..., Solution]:
    """An engine whose answers keep the laws that are no rows of the formulation yet.

    Args:
        ask: `c4e_solvers.solve`, or the one of a `Warm`.
        formulation: What is solved; its programme gets the rows.

    Returns:
        A function like `ask`. An answer that a limit of time ended may violate what it had no time to look at.
    """
    watched, program = formulation.lazy or formulation.losses, formulation.program
    if watched is None:
        return ask
    rows = program.rows

    def solve(matrices: Matrices, options: SolverOptions, solver: str, **rest: Any) -> Solution:
        begun = time.perf_counter()
        before: Solution | None = None
        while True:
            left = max(options.time_limit_s - (time.perf_counter() - begun), 0.0)
            answer = ask(program.extended(matrices), replace(options, time_limit_s=left), solver, **rest)
            if answer.primal is None and before is not None and answer.termination.reason is Reason.NO_SOLUTION_FOUND:
                stopped = replace(answer.termination, reason=Reason.FEASIBLE)
                return replace(before, termination=stopped)  # its binaries may do
            if answer.primal is None or not watched.tighten(answer.primal):
                return answer
            if answer.termination.reason is not Reason.OPTIMAL:
                return answer
            if matrices.discrete:
                before, matrices = answer, replace(matrices, start=answer.primal)

    def linear_first(matrices: Matrices, options: SolverOptions, solver: str = "auto", **rest: Any) -> Solution:
        begun = time.perf_counter()
        fresh = program.rows == rows
        if formulation.losses is not None and not formulation.losses.begun:
            _begin(formulation.losses, program.extended(matrices), options)
        if matrices.discrete and fresh:
            solve(matrices.relaxed(), options, solver, interrupt=rest.get("interrupt"))
        left = max(options.time_limit_s - (time.perf_counter() - begun), 0.0)
        return solve(matrices, replace(options, time_limit_s=left), solver, **rest)

    return linear_first


def _begin(losses: Losses, matrices: Matrices, options: SolverOptions) -> None:
    """Let losses begin at the flows of an interior point, if that finds any."""
    try:
        found = interior_point(losses.curved(matrices), options)
    except c4e_solvers.SolverError:
        losses.begin(None)
        return
    losses.begin(found.primal if found.termination.reason is Reason.OPTIMAL else None)


def interior_point(matrices: Matrices, options: SolverOptions) -> Solution:
    """Solve a problem with cones."""
    return c4e_solvers.solve(matrices, options, "clarabel")
