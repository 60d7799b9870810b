"""Self-schedules: what every participant would do by itself at given duals of the coupling rows.

All of them at once as one linear problem, whose parts have no row in common. Where the answer of a participant that
chooses something whole is whole, it is the best; only the others are solved with their integers, one by one.

To stand aside is to do nothing; whoever must do something, because it runs already or stores energy, does what costs it
least, and of that what moves least energy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.errors import SolverFailed
from c4e_opt.pricing.ask import ask
from c4e_opt.pricing.participants import Participants
from c4e_solvers import Matrices, Reason, SolverOptions

#: How far from a whole number a choice may be and count as whole.
_WHOLE = 1e-9
#: Below this an amount counts as none.
_NOTHING = 1e-7
#: What moving a MW counts for those who stand aside, in the currency, so that they do not move energy for nothing.
_MOVED = 1e-3
_EXACT = SolverOptions(relative_gap=0.0, absolute_gap=1e-9, ray=False)


class SelfSchedules:
    """The problems that participants solve for themselves."""

    def __init__(self, parts: Participants, members: BoolArray, solver: str = "auto") -> None:
        """Take out the problems of some participants.

        Args:
            parts: The programme taken apart.
            members: Whose (participant,).
            solver: Name of the engine.
        """
        self._solver, self._size = solver, parts.member.size
        inside = (parts.member >= 0) & members[np.maximum(parts.member, 0)] if members.size else parts.member >= 0
        self._columns = np.flatnonzero(inside)
        self._member = parts.member[self._columns]
        filled = np.diff(parts.rows.indptr) > 0
        owner = np.full(parts.matrices.rows, -1)
        owner[filled] = parts.member[parts.rows.indices[parts.rows.indptr[:-1][filled]]]
        mine = np.zeros(parts.count + 1, dtype=np.bool_)
        mine[:-1] = members
        self._rows = np.flatnonzero(~parts.coupling & filled & mine[owner])
        self._owner = owner[self._rows]
        self._whole = _taken(parts.matrices, parts.rows, self._rows, self._columns)

    def best(self, cost: FloatArray, than: FloatArray | None = None) -> FloatArray:
        """The best schedule of each.

        Args:
            cost: What every column of the programme costs (column,).
            than: Where given, schedules that cost no less than this need not be whole (participant,).

        Returns:
            Values of all columns of the programme, zero for those of others (column,).

        Raises:
            SolverFailed: Somebody could earn without limit, or the engine broke down.
        """
        found = np.zeros(self._size)
        if not self._columns.size:
            return found
        here = replace(self._whole, cost=cost[self._columns])
        values = self._solved(here.relaxed())
        broken = here.integral & (np.abs(values - np.rint(values)) > _WHOLE)
        if than is not None:  # a schedule that is whole costs as much as one in parts, or more
            least = np.bincount(self._member, here.cost * values, than.size)
            broken &= (least < than)[self._member]
        values = np.where(here.integral & (np.abs(values - np.rint(values)) <= _WHOLE), np.rint(values), values)
        for member in np.unique(self._member[broken]).tolist():
            columns, rows = np.flatnonzero(self._member == member), np.flatnonzero(self._owner == member)
            own = self._solved(_taken(here, here.csr(), rows, columns))
            values[columns] = np.where(here.integral[columns], np.rint(own), own)
        found[self._columns] = values
        return found

    def _solved(self, matrices: Matrices) -> FloatArray:
        answer = ask(matrices, self._solver, _EXACT)
        if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None:
            raise SolverFailed(f"no best schedule at given prices: {answer.termination.reason}")
        return answer.primal


def standing_aside(parts: Participants, solver: str = "auto") -> FloatArray:
    """What everybody does who stands aside (column,).

    Args:
        parts: The programme taken apart.
        solver: Name of the engine.
    """
    matrices = parts.matrices
    moves = (matrices.column_lower > _NOTHING) | (matrices.column_upper < -_NOTHING)
    bound = ~parts.coupling & ((matrices.row_lower > _NOTHING) | (matrices.row_upper < -_NOTHING))
    must = parts.by_participant((moves | parts.touched(bound)).astype(np.float64)) > 0
    moved = parts.touched(parts.coupling) & (matrices.column_lower >= 0)
    return SelfSchedules(parts, must, solver).best(matrices.cost + np.where(moved, _MOVED, 0.0))


def _taken(matrices: Matrices, body: csr_array[Any], rows: IntArray, columns: IntArray) -> Matrices:
    """Some rows and columns of a problem."""
    part: Any = body[rows]
    return Matrices.build(
        matrices.cost[columns],
        part[:, columns],
        matrices.row_lower[rows],
        matrices.row_upper[rows],
        column_lower=matrices.column_lower[columns],
        column_upper=matrices.column_upper[columns],
        integral=matrices.integral[columns],
    )
