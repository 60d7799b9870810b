"""c4e-opt: clears energy markets and dispatches multi-energy microgrids in one optimisation, and settles the result."""

from c4e_opt.case import Case, read_case, write_case
from c4e_opt.errors import C4eError, InvalidInput, NoSolution
from c4e_opt.explain import explain
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Statement, settle
from c4e_opt.solve import SolveOptions, solve

__all__ = [
    "C4eError",
    "Case",
    "InvalidInput",
    "NoSolution",
    "Outcome",
    "SolveOptions",
    "Statement",
    "explain",
    "read_case",
    "settle",
    "solve",
    "write_case",
]
