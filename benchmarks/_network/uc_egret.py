"""Egret: its own reader of pglib-uc, its tight unit commitment by HiGHS with the same gap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from egret.models.unit_commitment import solve_unit_commitment
from egret.parsers.pglib_uc_parser import create_ModelData

from _network import uc_options


def run(path: Path) -> dict[str, Any]:
    """File to schedule."""
    options = {"mip_rel_gap": uc_options.GAP, "time_limit": uc_options.LIMIT_S, "threads": 1}
    found, results = solve_unit_commitment(
        create_ModelData(str(path)), "highs", solver_tee=False, solver_options=options, return_results=True
    )
    return {"objective": float(found.data["system"]["total_cost"]), "bound": float(results.problem.lower_bound)}
