"""Which columns and rows a simplex solver holds at which bound: where the next solve may start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from c4e_solvers import soundness

StatusArray = npt.NDArray[np.int8]


class BasisStatus(IntEnum):
    """Where a column or the activity of a row stands, in MathOpt's words and numbers."""

    FREE = 1
    """At zero, without bounds."""
    AT_LOWER_BOUND = 2
    AT_UPPER_BOUND = 3
    FIXED_VALUE = 4
    """At its two equal bounds."""
    BASIC = 5
    """Between its bounds, or at one by chance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """A basis of a problem with n columns and m rows: m of them are basic.

    Attributes:
        column_status: A ``BasisStatus`` for each column (n,), int8.
        row_status: A ``BasisStatus`` for each row (m,), int8.
    """

    column_status: StatusArray
    row_status: StatusArray

    @classmethod
    def slack(cls, lower: npt.NDArray[np.float64], upper: npt.NDArray[np.float64], rows: int) -> Self:
        """The basis of all rows: every column of these bounds (n,) at one of them.

        Args:
            lower: Lower bounds of the columns (n,).
            upper: Upper bounds of the columns (n,).
            rows: Number of rows, m.
        """
        return cls(column_status=nonbasic(lower, upper), row_status=np.full(rows, BasisStatus.BASIC, np.int8))

    def followed_by(self, other: Basis) -> Basis:
        """The basis of a problem that was extended: these columns and rows, then those."""
        return Basis(
            column_status=np.concatenate([self.column_status, other.column_status]),
            row_status=np.concatenate([self.row_status, other.row_status]),
        )

    def faults(self, columns: int, rows: int) -> Iterator[str]:
        """What is wrong with it as a basis of that many columns and rows, one sentence each."""
        shapes = [
            *soundness.shape("basis.column_status", self.column_status, columns, np.int8),
            *soundness.shape("basis.row_status", self.row_status, rows, np.int8),
        ]
        if shapes:
            yield from shapes
            return
        both = np.concatenate([self.column_status, self.row_status])
        if len(both) and not (both.min() >= min(BasisStatus) and both.max() <= max(BasisStatus)):
            yield f"basis holds numbers outside [{min(BasisStatus)}, {max(BasisStatus)}]; see BasisStatus"
            return
        basic = int(np.count_nonzero(both == BasisStatus.BASIC))
        if basic != rows:
            yield f"basis holds {basic} basic columns and rows; it must hold {rows}, one for each row"


def nonbasic(lower: npt.NDArray[np.float64], upper: npt.NDArray[np.float64]) -> StatusArray:
    """Where something with these bounds (k,) stands when it is not basic: at the lower one where there is one."""
    status = np.full(len(lower), BasisStatus.FREE, np.int8)
    status[np.isfinite(upper)] = BasisStatus.AT_UPPER_BOUND
    status[np.isfinite(lower)] = BasisStatus.AT_LOWER_BOUND
    status[lower == upper] = BasisStatus.FIXED_VALUE
    return status
