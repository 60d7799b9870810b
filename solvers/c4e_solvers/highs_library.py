"""highspy, imported in one place, with what to do where it does not load."""

from __future__ import annotations

from c4e_solvers.errors import SolverUnavailable

try:
    import highspy
    from highspy import HighsBasisStatus, HighsModelStatus, HighsStatus
except ImportError as error:
    mend = "where a package with an older HiGHS was imported before, as OR-Tools or pandapower, import highspy first"
    raise SolverUnavailable(f"highspy does not load: {error}; {mend}") from error

__all__ = ["HighsBasisStatus", "HighsModelStatus", "HighsStatus", "highspy"]
