"""A good schedule of a large fleet early: solve without whole numbers, keep what that decides, search the rest.

The linear problem leaves most unit-hours at 0 or 1. Those that are, together with their neighbours within three hours,
are kept; the search over the others is small, and its schedule is where the search of the whole problem begins. Its
bound is at least that of the linear problem; where the two are within the gap, there is nothing left to search. Where
what is kept admits no schedule, less is kept: only what is decided together with more neighbours.

The linear problem of the largest fleets is solved roughly, by a first-order method: that says which unit-hours are
whole, and its duals bound every schedule, if not as well as an optimum does.

Source: relax and fix, Pochet and Wolsey (2006), Production Planning by
Mixed Integer Programming, section 3.6; the window of neighbours is our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.formulate import Formulation
from c4e_solvers import Limit, Matrices, Progress, Reason, Solution, SolverOptions, Termination

#: Whole numbers of the smallest problem that is worth it.
_WORTH = 300
#: Steps around a unit-hour that must be decided with it, in one attempt after another.
_NEIGHBOURS = (3, 8, 16)
#: How far from a whole number a decided binary may be: where the linear problem is solved exactly, and roughly.
_WHOLE, _ROUGHLY_WHOLE = 1e-6, 1e-3
#: Nonzeros from which on it is solved roughly, and how roughly, as HiGHS measures PDLP.
_LARGE, _ROUGH = 900_000, 2e-3
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

    def answer(self, options: SolverOptions, limit: Limit = Limit.TIME) -> Solution:
        """Its schedule as the answer of a search.

        Args:
            options: Which gap will do.
            limit: What ended the search where the gap is wider.
        """
        assert self.best is not None
        ended = Termination(reason=Reason.FEASIBLE, limit=limit, detail="the schedule of a dive")
        if self.closes(options):
            ended = replace(ended, reason=Reason.OPTIMAL, limit=Limit.NONE)
        bound = self.bound if np.isfinite(self.bound) else None
        return replace(self.best, bound=bound, termination=ended, row_dual=None)


def worth(formulation: Formulation, matrices: Matrices) -> bool:
    """Whether a problem has a fleet that is large enough."""
    return matrices.integers >= _WORTH and any(name.endswith("_on") for name in formulation.program.variables)


def dive(
    formulation: Formulation, matrices: Matrices, ask: Callable[..., Solution],
    options: Callable[[], SolverOptions], report: Callable[[Progress], None] | None = None,
) -> Dive:  # fmt: skip
    """Look for a schedule.

    Args:
        formulation: The programme.
        matrices: The same in standard form.
        ask: Solves a problem with options.
        options: Gap, threads, and what is left of the time limit.
        report: Told of schedules, and of the bound of the linear problem.
    """
    rough = matrices.nonzeros >= _LARGE and formulation.lazy is None
    wanted = _share(options(), _LINEAR_SHARE)
    if rough:
        wanted = replace(wanted, algorithm="pdlp", crossover=False, feasibility_tolerance=_ROUGH, dual_tolerance=_ROUGH)
    relaxed = matrices.relaxed()
    linear = ask(relaxed, wanted)
    ended = linear.termination.reason
    if not (ended is Reason.OPTIMAL or (rough and ended is Reason.IMPRECISE)) or linear.primal is None:
        return Dive(None, -np.inf)
    bound = proven(relaxed, linear.row_dual) if rough else linear.objective
    bound = -np.inf if bound is None else bound
    told = ask if report is None else partial(ask, progress=partial(_of_a_part, report, bound))
    for neighbours in _NEIGHBOURS:
        kept = decided(formulation, linear.primal, neighbours, _ROUGHLY_WHOLE if rough else _WHOLE)
        if not kept.any():
            break
        wanted = _share(options(), _REST_SHARE)
        within = np.clip(np.rint(linear.primal), matrices.column_lower, matrices.column_upper)
        wanted = replace(wanted, relative_gap=0.25 * wanted.relative_gap)
        found = told(matrices.with_fixed(kept, within), wanted)
        if found.primal is not None:
            return Dive(found, bound)
        if found.termination.reason is Reason.NO_SOLUTION_FOUND:  # no time; fewer kept would take longer
            break
    return Dive(None, bound)


def _of_a_part(report: Callable[[Progress], None], bound: float, now: Progress) -> None:
    """Tell of a search in a part of the choices: its schedules are schedules, its bound bounds that part alone."""
    report(replace(now, bound=bound if np.isfinite(bound) else None))


def proven(matrices: Matrices, row_dual: FloatArray | None) -> float:
    """What duals prove of a linear problem, whatever they are: nothing can cost less.

    Every row is priced at the bound that its dual points to, and every column takes the best of its bounds; columns
    without a bound take the one that their rows imply.

    Args:
        matrices: The problem.
        row_dual: Duals of its rows (m,).
    """
    if row_dual is None:
        return -np.inf
    dual = np.where(np.isinf(matrices.row_lower), np.minimum(row_dual, 0.0), row_dual)
    dual = np.where(np.isinf(matrices.row_upper), np.maximum(dual, 0.0), dual)
    rows = matrices.csr()
    reduced = matrices.cost - rows.T @ dual
    lower, upper = matrices.column_lower, _implied(matrices)
    side = np.where(dual > 0, matrices.row_lower, matrices.row_upper)
    priced = np.where(dual == 0, 0.0, dual * np.where(dual == 0, 0.0, side))
    taken = np.where(reduced == 0, 0.0, reduced * np.where(reduced > 0, lower, np.where(reduced < 0, upper, 0.0)))
    return float(matrices.offset + priced.sum() + taken.sum())


def _implied(matrices: Matrices) -> FloatArray:
    """Upper bounds of columns, those without one from the rows in which everything else is bounded below, (n,)."""
    upper, column, value = matrices.column_upper.copy(), matrices.row_index, matrices.row_value
    row = np.repeat(np.arange(matrices.rows), np.diff(matrices.row_start))
    least = np.where(value > 0, value * matrices.column_lower[column], value * matrices.column_upper[column])
    least = np.bincount(row, least, matrices.rows)  # of everything in the row; infinite where something is
    open_ = np.isinf(upper[column]) & (value > 0) & np.isfinite(least[row]) & np.isfinite(matrices.row_upper[row])
    row, column, value = row[open_], column[open_], value[open_]
    rest = least[row] - value * matrices.column_lower[column]
    np.minimum.at(upper, column, (matrices.row_upper[row] - rest) / value)
    return upper


def decided(formulation: Formulation, primal: FloatArray, neighbours: int, tolerance: float = _WHOLE) -> BoolArray:
    """The columns of states that are whole together with their neighbours in time, (column,).

    Args:
        formulation: The programme.
        primal: A solution without whole numbers.
        neighbours: How many steps before and after must be whole as well.
        tolerance: How far from a whole number they may be.
    """
    kept = np.zeros(primal.size, dtype=np.bool_)
    for name, variable in formulation.program.variables.items():
        if not (name.endswith("_on") and variable.integral and variable.axes[-1].name == "time"):
            continue
        values = variable.unpack(primal)
        open_ = np.abs(values - np.rint(values)) > tolerance
        near = open_.copy()
        for shift in range(1, min(neighbours, values.shape[-1] - 1) + 1):
            near[..., shift:] |= open_[..., :-shift]
            near[..., :-shift] |= open_[..., shift:]
        kept[variable.columns(~near)] = True
    return kept


def _share(options: SolverOptions, share: float) -> SolverOptions:
    """The same options with a part of the time."""
    return replace(options, time_limit_s=options.time_limit_s * share, basis=False)
