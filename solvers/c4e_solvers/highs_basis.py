"""Bases to HiGHS and back, which it hands over as one object for each column and row."""

from __future__ import annotations

import numpy as np

from c4e_solvers.basis import Basis, BasisStatus, StatusArray
from c4e_solvers.errors import SolverFailed
from c4e_solvers.highs_library import HighsBasisStatus as Status
from c4e_solvers.highs_library import HighsStatus, highspy

_GIVEN = {
    BasisStatus.FREE: Status.kZero,
    BasisStatus.AT_LOWER_BOUND: Status.kLower,
    BasisStatus.AT_UPPER_BOUND: Status.kUpper,
    BasisStatus.FIXED_VALUE: Status.kLower,
    BasisStatus.BASIC: Status.kBasic,
}
_OBJECTS = np.array([Status.kNonbasic, *_GIVEN.values()], object)  # by the numbers of ``BasisStatus``
_TAKEN = np.array([2, 5, 3, 1, 2], np.int8)  # by the numbers of HiGHS: lower, basic, upper, zero, nonbasic


def give(highs: highspy.Highs, basis: Basis) -> None:
    """Let the next solve begin at a basis that fits the loaded problem; HiGHS then leaves out its presolve.

    Raises:
        SolverFailed: HiGHS refuses it.
    """
    theirs = highspy.HighsBasis()
    theirs.col_status, theirs.row_status = _OBJECTS[basis.column_status].tolist(), _OBJECTS[basis.row_status].tolist()
    theirs.valid, theirs.alien = True, False
    if highs.setBasis(theirs) == HighsStatus.kError:
        raise SolverFailed("HiGHS refuses the basis to start from")


def taken(highs: highspy.Highs) -> Basis | None:
    """The basis that HiGHS stands at; None where it has none."""
    theirs, lp = highs.getBasis(), highs.getLp()
    if not theirs.valid:
        return None
    return Basis(
        column_status=_status(theirs.col_status, lp.col_lower_, lp.col_upper_),
        row_status=_status(theirs.row_status, lp.row_lower_, lp.row_upper_),
    )


def _status(theirs: list[Status], lower: list[float], upper: list[float]) -> StatusArray:
    ours = _TAKEN[np.fromiter((one.value for one in theirs), np.int8, len(theirs))]
    fixed = (np.asarray(lower) == np.asarray(upper)) & (ours != BasisStatus.BASIC)
    ours[fixed] = BasisStatus.FIXED_VALUE
    return ours
