"""The error tree of this package: nothing else leaves it, whatever a solver raises inside."""

from __future__ import annotations

from collections.abc import Sequence


class SolverError(Exception):
    """Root of all errors of ``c4e_solvers``."""


class InvalidMatrices(SolverError, ValueError):
    """The arrays do not describe a problem.

    Attributes:
        findings: Everything that is wrong, one sentence each.
    """

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = tuple(findings)


class InvalidOptions(SolverError, ValueError):
    """A solver option has a value that it cannot have."""


class UnsupportedProgram(SolverError):
    """The problem has a feature that the chosen solver does not handle."""


class SolverUnavailable(SolverError):
    """The chosen solver, or a part of it, is not installed or not known."""


class SolverFailed(SolverError):
    """The solver broke down; its own exception is the cause."""
