"""Power that can never be there: steps in which all limits together forbid a balance, before anything is solved.

What may flow into a bus in a step lies between two bounds: every variable at the one of its limits, and every store at
full power, whatever it holds. The same is true of all buses that ties and lines join, for what a tie gives to one it
takes from another. Where the bounds lie on one side of zero, the case has no schedule. Where power balances by areas of
a grid, an area stands for its buses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.formulate import Formulation
from c4e_opt.issues import Issue
from c4e_opt.program import words
from c4e_opt.program.blocks import Constraint
from c4e_solvers import Matrices

#: Power that is missing and nobody would notice, in MW.
_SLACK_MW = 1e-6


@dataclass(frozen=True, slots=True)
class _Span:
    """What may flow into buses, (bus or island, time)."""

    least_mw: FloatArray
    most_mw: FloatArray


def shortages(case: Case, formulation: Formulation) -> Iterator[Issue]:
    """Find buses and islands at which power is missing or left over whatever is done, each with its worst step.

    Args:
        case: A checked case.
        formulation: Its programme.

    Returns:
        Warnings: a case without a schedule is an answer, and `explain` says more of it.
    """
    if not case.buses:
        return
    matrices, rows = formulation.program.matrices(), formulation.program.constraints["power_balance"]
    area = np.arange(len(case.buses)) if formulation.area is None else formulation.area
    by_area = _span(matrices, rows, np.arange(int(area.max()) + 1))
    yield from _found(case, by_area, area)
    island = _islands(case)
    short = (by_area.least_mw > 0).any() or (by_area.most_mw < 0).any()
    if not short and island.max() < area.max():
        first = np.unique(area, return_index=True)[1]
        yield from _found(case, _span(matrices, rows, island[first]), island)


def _span(matrices: Matrices, rows: Constraint, island: IntArray) -> _Span:
    """Bounds of what flows into each island: demand is on the right side of a balance, all else on the left."""
    steps = rows.axes[-1].size
    begin, end = matrices.row_start[rows.start], matrices.row_start[rows.stop]
    column, value = matrices.row_index[begin:end], matrices.row_value[begin:end]
    row = np.repeat(rows.cells, np.diff(matrices.row_start[rows.start : rows.stop + 1]))
    group = island[row // steps] * steps + row % steps
    key, place = np.unique(group.astype(np.int64) * matrices.columns + column, return_inverse=True)
    pull = np.bincount(place, value)
    some = np.abs(pull) > 1e-12  # what one bus gives to another of the island is nothing
    pull, column, group = pull[some], key[some] % matrices.columns, key[some] // matrices.columns
    lower, upper = matrices.column_lower[column], matrices.column_upper[column]
    shape, size = (int(island.max()) + 1, steps), (int(island.max()) + 1) * steps
    cell = island[rows.cells // steps] * steps + rows.cells % steps
    wanted = np.bincount(cell, matrices.row_lower[rows.start : rows.stop], size).astype(np.float64)
    high = np.bincount(group, np.where(pull > 0, pull * upper, pull * lower), size).astype(np.float64)
    low = np.bincount(group, np.where(pull > 0, pull * lower, pull * upper), size).astype(np.float64)
    return _Span((low - wanted).reshape(shape), (high - wanted).reshape(shape))


def _islands(case: Case) -> IntArray:
    """Number of the island of every bus: those that ties, and lines in service, join."""
    place = {bus.id: k for k, bus in enumerate(case.buses)}
    island = np.arange(len(case.buses))
    joined = [each for each in case.components.get("line", ()) if each.in_service]
    for each in (*case.components.get("tie", ()), *joined):
        one, other = island[place[each.from_bus]], island[place[each.to_bus]]
        if one != other:
            island[island == max(one, other)] = min(one, other)
    return np.unique(island, return_inverse=True)[1]


def _found(case: Case, span: _Span, group: IntArray) -> Iterator[Issue]:
    """What is said of each group of buses, the worst step first."""
    members = [np.flatnonzero(group == each) for each in range(int(group.max()) + 1)]
    names = [words.listed([f"bus {case.buses[int(k)].id!r}" for k in some[:8]]) for some in members]
    paths = [f"buses[{some[0]}]" for some in members]
    for beyond, word, mend in (
        (-span.most_mw, "missing", "more supply, or less demand"),
        (span.least_mw, "left over", "export, curtailment, or less that must run"),
    ):
        for row in np.flatnonzero((beyond > _SLACK_MW).any(axis=1)).tolist():
            wrong = np.flatnonzero(beyond[row] > _SLACK_MW)
            worst = int(np.argmax(beyond[row]))
            labels = case.horizon.axis.labels
            more = f" (in {wrong.size} steps, first at {labels[wrong[0]]}Z)" if wrong.size > 1 else ""
            amount = case.units.say(float(beyond[row, worst]), "MW")
            message = (
                f"{names[row]}: at least {amount} are {word} at {labels[worst]}Z{more} with everything at its limit; "
                f"the case has no schedule without {mend}"
            )
            yield Issue(paths[row], "shortage", message, "warning")
