"""Ours on a published Iberian day: blocks, exclusive groups and scalable complex orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from _market.books import Shape
from c4e_opt import solve
from c4e_opt.solve import SolveOptions
from tests.literature.iberian_day import iberian_day, published_prices

#: The exchange decides by far less than a usual gap of all welfare.
GAP = 1e-7


def pose(shape: Shape) -> None:
    """Nothing: its files are read while the time counts, as those who read them otherwise do."""


def run(posed: None) -> dict[str, Any]:
    """Files to verified outcome."""
    outcome = solve(iberian_day(), SolveOptions(gap=GAP))
    off = np.abs(outcome.price_table.values("price_eur_per_mwh")[:2] - published_prices())
    return {"right": int(np.count_nonzero(off <= 0.005)), "gap": outcome.gap, "seconds": dict(outcome.seconds)}
