"""Egret: its own reader of MATPOWER files, its linear optimal power flow by voltage angles with HiGHS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from egret.models.dcopf import solve_dcopf
from egret.parsers.matpower_parser import create_ModelData


def run(path: Path) -> dict[str, Any]:
    """File to nodal prices."""
    found = solve_dcopf(create_ModelData(str(path)), "highs", solver_tee=False)
    prices = [bus.get("lmp", float("nan")) for _, bus in found.elements(element_type="bus")]
    return {"objective": float(found.data["system"]["total_cost"]), "price_sum": float(sum(prices))}
