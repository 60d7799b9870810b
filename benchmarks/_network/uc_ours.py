"""Ours: read an instance of pglib-uc, check, solve within a gap, price and verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _network import uc_options
from c4e_opt import read_case, solve
from c4e_opt.solve import SolveOptions


def run(path: Path) -> dict[str, Any]:
    """File to a verified schedule."""
    options = SolveOptions(gap=uc_options.GAP, time_limit_s=uc_options.LIMIT_S)
    outcome = solve(read_case(path), options)
    return {"objective": outcome.objective, "bound": outcome.bound}
