"""A good schedule of a large fleet early: solve without whole numbers, keep what that decides, search the rest.

The linear problem leaves most unit-hours at 0 or 1. Those that are, together with their neighbours within three hours,
are kept; the search over the others is small, and its schedule is where the search of the whole problem begins. Its
bound is at least that of the linear problem; where the two are within the gap, there is nothing left to search. Where
what is kept admits no schedule, less is kept: only what is decided together with more neighbours.

Source: relax and fix, Pochet and Wolsey (2006), Production Planning by
Mixed Integer Programming, section 3.6; the window of neighbours is our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.formulate import Formulation
from c4e_solvers import Matrices, Reason, Solution, SolverOptions

#: Whole numbers of the smallest problem that is worth it.
_WORTH = 300
#: Steps around a unit-hour that must be decided with it, in one attempt after another.
_NEIGHBOURS = (3, 8, 16)
#: How far from a whole number a decided binary may be.
_WHOLE = 1e-6
#: Parts of the time left that the linear problem and the search of the rest may take.
_LINEAR_SHARE, _REST_SHARE = 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Dive:
    """What a dive has found.

    Attributes:
        best: The best schedule, None where there is none.
        bound: No schedule can cost less.
    """

    best: Solution | None
    bound: float

    def closes(self, options: SolverOptions) -> bool:
        """Whether its schedule is within the gap of its bound."""
        if self.best is None or self.best.objective is None:
            return False
        distance = self.best.objective - self.bound
        return distance <= max(options.absolute_gap, options.relative_gap * abs(self.best.objective))

    def answer(self, options: SolverOptions) -> Solution:
        """Its schedule as the answer of a search."""
        assert self.best is not None
        reason = Reason.OPTIMAL if self.closes(options) else Reason.FEASIBLE
        return replace(
            self.best, bound=self.bound, termination=replace(self.best.termination, reason=reason), row_dual=None
        )


def worth(formulation: Formulation, matrices: Matrices) -> bool:
    """Whether a problem has a fleet that is large enough."""
    return matrices.integers >= _WORTH and any(name.endswith("_on") for name in formulation.program.variables)


def dive(
    formulation: Formulation, matrices: Matrices, ask: Callable[[Matrices, SolverOptions], Solution],
    options: Callable[[], SolverOptions],
) -> Dive:  # fmt: skip
    """Look for a schedule.

    Args:
        formulation: The programme.
        matrices: The same in standard form.
        ask: Solves a problem with options.
        options: Gap, threads, and what is left of the time limit.
    """
    linear = ask(matrices.relaxed(), _share(options(), _LINEAR_SHARE))
    if linear.termination.reason is not Reason.OPTIMAL or linear.primal is None or linear.objective is None:
        return Dive(None, -np.inf)
    for neighbours in _NEIGHBOURS:
        kept = decided(formulation, linear.primal, neighbours)
        if not kept.any():
            break
        wanted = _share(options(), _REST_SHARE)
        found = ask(matrices.with_fixed(kept, linear.primal), replace(wanted, relative_gap=0.5 * wanted.relative_gap))
        if found.primal is not None:
            return Dive(found, linear.objective)
        if found.termination.reason is Reason.NO_SOLUTION_FOUND:  # no time; fewer kept would take longer
            break
    return Dive(None, linear.objective)


def decided(formulation: Formulation, primal: FloatArray, neighbours: int) -> BoolArray:
    """The columns of states that are whole together with their neighbours in time, (column,).

    Args:
        formulation: The programme.
        primal: A solution without whole numbers.
        neighbours: How many steps before and after must be whole as well.
    """
    kept = np.zeros(primal.size, dtype=np.bool_)
    for name, variable in formulation.program.variables.items():
        if not (name.endswith("_on") and variable.integral and variable.axes[-1].name == "time"):
            continue
        values = variable.unpack(primal)
        open_ = np.abs(values - np.rint(values)) > _WHOLE
        near = open_.copy()
        for shift in range(1, min(neighbours, values.shape[-1] - 1) + 1):
            near[..., shift:] |= open_[..., :-shift]
            near[..., :-shift] |= open_[..., shift:]
        kept[variable.columns(~near)] = True
    return kept


def _share(options: SolverOptions, share: float) -> SolverOptions:
    """The same options with a part of the time."""
    return replace(options, time_limit_s=options.time_limit_s * share, basis=False)

