"""Where a large case clashes: a few neighbouring steps that have no schedule by themselves, or budgets over many.

A budget is a law that adds up many steps: the energy of a contract, the emissions of a year. The least that each window
of steps must add to it, solved by itself, adds up to a bound for the whole: where that is beyond the budget, the budget
is at fault, and the whole need not be solved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.program import Program
from c4e_opt.program.blocks import Constraint
from c4e_solvers import (
    Limit,
    Matrices,
    Narrowed,
    Reason,
    Relaxation,
    SolverOptions,
    Termination,
    ViolatedRow,
    narrowed_by_bounds,
    narrowed_by_ray,
    narrowed_by_windows,
    relax,
    solve,
    windows,
)
from c4e_solvers.sides import Sides

#: Steps on both sides of a clash that are looked at with it.
_BESIDE = 84
#: Steps of a window in which the least use of a budget is found.
_WINDOW = 336
#: A law without a step of its own that has fewer coefficients, or steps, is no budget.
_MANY = 100
#: So many budgets are looked at one by one.
_BUDGETS = 4
_LEAST = 1e-6

Options = Callable[[], SolverOptions]


def nearby(program: Program, matrices: Matrices, time_limit_s: float, threads: int = 1) -> Narrowed | Relaxation | None:
    """Find where a case without a schedule clashes, in the quickest way that finds anything.

    Bounds that follow from bounds come first, then budgets by windows of steps, of which one may clash by itself, then
    windows that overlap, then budgets as a whole, and at last a ray.

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

    near = narrowed_by_bounds(matrices, step, margin=_BESIDE, options=options())
    budgets = [] if near is not None else budgets_of(program, matrices)
    if budgets:
        found = _by_windows(program, matrices, step, budgets, options)
        if found is not None:
            return found
    near = near or narrowed_by_windows(matrices, step, windows(int(step.max(initial=0)) + 1), options=options())
    if budgets and near is None:
        relaxation = relax(matrices.relaxed(), rows=[each.name for each in budgets], guided=True, options=options())
        if relaxation.termination.has_solution and not relaxation.feasible:
            return relaxation
    return near or narrowed_by_ray(matrices, step, margin=_BESIDE, options=options())


def steps_of(program: Program, matrices: Matrices) -> NDArray[np.int64]:
    """The step of every row, -1 of those without one."""
    step = np.full(matrices.rows, -1, dtype=np.int64)
    for constraint in program.constraints.values():
        if constraint.axes and constraint.axes[-1].name == "time":
            step[constraint.start : constraint.stop] = constraint.cells % constraint.axes[-1].size
    return step


def budgets_of(program: Program, matrices: Matrices) -> list[Constraint]:
    """Laws that add up many steps: those without a step of their own, and those on accounts."""
    accounts = tuple(name.removesuffix("account_balance") for name in program.constraints if "account_balance" in name)

    def adds_up(constraint: Constraint) -> bool:
        if constraint.start == constraint.stop:
            return False
        if any(axis.name == "time" for axis in constraint.axes):
            return constraint.name.startswith(accounts) and not constraint.name.endswith("account_balance")
        entries = matrices.row_start[constraint.stop] - matrices.row_start[constraint.start]
        return int(entries) >= _MANY * (constraint.stop - constraint.start)

    return [constraint for constraint in program.constraints.values() if adds_up(constraint)]


@dataclass(frozen=True, slots=True)
class _Use:
    """What counts against a budget: coefficients of columns, or an account, which grows by what counts."""

    row: int
    constraint: Constraint
    first: int  # steps from this one
    last: int  # to this one
    fixed: float  # what columns without a step add at least to the one side, at most to the other
    counted: FloatArray | None  # coefficient of every column; None for an account
    account: NDArray[np.int64]  # column of the account at the end of every step
    side: str

    def cost(self, begin: int, end: int, place: NDArray[np.int64]) -> FloatArray:
        """What steps [begin, end) add, as a cost to be made least."""
        sign = 1.0 if self.side == "upper" else -1.0
        if self.counted is not None:
            return np.where((place >= begin) & (place < end), sign * self.counted, 0.0)
        cost = np.zeros(place.size)
        cost[self.account[end - 1]] = sign
        if begin:
            cost[self.account[begin - 1]] = -sign
        return cost


def _by_windows(
    program: Program, matrices: Matrices, step: NDArray[np.int64], budgets: list[Constraint], options: Options
) -> Narrowed | Relaxation | None:
    """The first budget that its windows together exceed, as a relaxation of it alone; or a window that clashes."""
    place = np.full(matrices.columns, -1, dtype=np.int64)
    for variable in program.variables.values():
        if variable.axes and variable.axes[-1].name == "time":
            place[variable.start : variable.stop] = variable.cells % variable.axes[-1].size
    for use in _uses(program, matrices, place, budgets):
        beyond = _beyond(use, matrices.relaxed(), step, place, options)
        if isinstance(beyond, Narrowed):
            return beyond
        if beyond > _LEAST * max(1.0, abs(_bound(use, matrices))):
            return _relaxation(use, matrices, beyond)
    return None


def _uses(program: Program, matrices: Matrices, place: NDArray[np.int64], budgets: list[Constraint]) -> Iterator[_Use]:
    """Of some budgets, what counts against them."""
    rows = [(row, each) for each in budgets for row in range(each.start, each.stop)]
    steps = int(place.max(initial=-1)) + 1
    for row, constraint in rows[:_BUDGETS]:
        here = slice(*matrices.row_start[row : row + 2])
        column, value = matrices.row_index[here], matrices.row_value[here]
        timed = place[column] >= 0
        for side, bounds in (("upper", matrices.row_upper), ("lower", matrices.row_lower)):
            if not np.isfinite(bounds[row]):
                continue
            low, high = matrices.column_lower[column[~timed]], matrices.column_upper[column[~timed]]
            rest = value[~timed] * np.where((value[~timed] > 0) == (side == "upper"), low, high)
            if not np.isfinite(rest).all():
                continue
            if any(axis.name == "time" for axis in constraint.axes):
                accounts = [
                    variable
                    for variable in program.variables.values()
                    if timed.all() and column.size <= 2 and variable.start <= column[0] < variable.stop
                ]
                last = int(place[column].max())
                first = int(place[column].min()) + 1 if column.size == 2 else 0
                if len(accounts) == 1 and last - first >= _MANY and value[place[column].argmax()] == 1.0:
                    begin = int(column[place[column].argmax()]) - last
                    account = np.arange(begin, begin + steps)
                    yield _Use(row, constraint, first, last, 0.0, None, account, side)
            else:
                counted = np.zeros(matrices.columns)
                counted[column[timed]] = value[timed]
                none = np.zeros(0, dtype=np.int64)
                yield _Use(row, constraint, 0, steps - 1, float(rest.sum()), counted, none, side)


def _beyond(
    use: _Use, matrices: Matrices, step: NDArray[np.int64], place: NDArray[np.int64], options: Options
) -> float | Narrowed:
    """By how much the windows together exceed a budget; below zero where they do not, or one of them was not solved.

    Where a window has no solution at all, its rows.
    """
    sign = 1.0 if use.side == "upper" else -1.0
    total, sides = sign * use.fixed, Sides(matrices)
    for begin in range(use.first, use.last + 1, _WINDOW):
        end = min(begin + _WINDOW, use.last + 1)
        rows = np.flatnonzero((step >= begin) & (step < end) & (np.arange(matrices.rows) != use.row))
        part = sides.part(sides.of(rows))
        problem = replace(part.matrices, cost=use.cost(begin, end, place)[part.column])
        answer = solve(problem, options(), "highs")
        if answer.termination.reason is Reason.INFEASIBLE:
            return Narrowed(rows)
        if answer.termination.reason is not Reason.OPTIMAL or answer.objective is None:
            return -np.inf
        total += answer.objective
    return total - sign * _bound(use, matrices)


def _bound(use: _Use, matrices: Matrices) -> float:
    return float((matrices.row_upper if use.side == "upper" else matrices.row_lower)[use.row])


def _relaxation(use: _Use, matrices: Matrices, beyond: float) -> Relaxation:
    violation = np.zeros(matrices.rows)
    violation[use.row] = beyond
    violated = ViolatedRow(
        row=use.row,
        block=use.constraint.name,
        offset=use.row - use.constraint.start,
        side="upper" if use.side == "upper" else "lower",
        bound=_bound(use, matrices),
        amount=beyond,
    )
    return Relaxation(
        termination=Termination(reason=Reason.OPTIMAL, limit=Limit.NONE, detail="windows"),
        feasible=False,
        linear=True,
        violation=violation,
        violated=(violated,),
        objective=beyond,
        primal=None,
    )
