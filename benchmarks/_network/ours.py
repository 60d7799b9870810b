"""Ours: read, check, solve, verify and price."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from c4e_opt import read_case, solve
from c4e_opt.case import Case


def case_of(path: Path) -> Case:
    """The case of a file, by MATPOWER's convention of linear power flow."""
    case = read_case(path)
    return replace(case, policy=replace(case.policy, network="dc"))


def run(posed: Path | Case) -> dict[str, Any]:
    """File, or case, to nodal prices."""
    outcome = solve(posed if isinstance(posed, Case) else case_of(posed))
    prices = outcome.price_table.values("price_eur_per_mwh")
    return {"objective": outcome.objective, "price_sum": float(prices.sum()), "solver_s": outcome.seconds["solve"]}
