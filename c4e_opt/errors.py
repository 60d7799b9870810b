"""The error tree: everything this package raises on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from c4e_opt.issues import Issue


class C4eError(Exception):
    """Root of every error that c4e-opt raises on purpose."""


class InvalidInput(C4eError):
    """The input is wrong; `issues` lists everything that is, all at once."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        """Keep the findings and say them in the message."""
        self.issues = tuple(issues)
        count = len(self.issues)
        super().__init__(f"{count} issue{'s' if count != 1 else ''}:\n" + "\n".join(f"  {i}" for i in self.issues))


class AxisError(C4eError):
    """Two expressions share an axis that is not identical, or an array does not fit its axes."""


class UnsupportedProgram(C4eError):
    """The chosen solver cannot take a problem of this kind."""


class SolverUnavailable(C4eError):
    """The chosen solver is not installed here."""


class SolverFailed(C4eError):
    """The solver broke down; the case may be fine."""


class CertificateFailed(C4eError):
    """An answer does not fulfil the laws of its case; it was refused."""


class NoSolution(C4eError):
    """There is no schedule to work with: the case is infeasible or a limit came first."""


class Unbalanced(C4eError):
    """A statement or a batch does not sum to zero for some asset."""


class LedgerError(C4eError):
    """A ledger refused."""


class LedgerUnreachable(LedgerError):
    """A ledger cannot be reached, or its answer was lost: whether it booked anything is to be asked, not guessed."""
