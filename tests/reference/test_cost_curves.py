"""Costs of generators that may take power, written as the largest of straight lines in cvxpy."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import cvxpy as cp
import numpy as np
import pytest

from c4e_opt import solve
from tests.unit.small_cases import generator, grid, load, small_case

HOURS = np.array([1.0, 0.5, 0.25])


def unit(rng: np.random.Generator, name: str) -> dict[str, Any]:
    """A generator of rising cost, from a power that may be negative, with a constant."""
    least, widths = -float(rng.integers(0, 4)), rng.integers(1, 4, size=3).astype(float)
    slopes = np.sort(rng.integers(-20, 90, size=3)).astype(float)
    return generator(
        id=name,
        power_min_mw=least,
        power_max_mw=least + widths.sum() - 0.5,
        cost_eur_per_mwh=float(rng.integers(-5, 6)),
        fixed_cost_eur_per_hour=float(rng.integers(-50, 50)),
        cost_segments=[{"power_mw": w, "cost_eur_per_mwh": s} for w, s in zip(widths, slopes, strict=True)],
    )


def cost(unit: dict[str, Any], power: Any) -> Any:
    """The curve as the largest of the lines through its pieces, each from the corner at which it begins."""
    parts, begin = unit["cost_segments"], min(0.0, unit["power_min_mw"])
    corners = list(accumulate((each["power_mw"] for each in parts), initial=begin))
    levels = list(accumulate((each["power_mw"] * each["cost_eur_per_mwh"] for each in parts), initial=0.0))
    lines = [
        level + each["cost_eur_per_mwh"] * (power - corner)
        for each, corner, level in zip(parts, corners[:-1], levels[:-1], strict=True)
    ]
    return cp.maximum(*lines) + unit["cost_eur_per_mwh"] * power + unit["fixed_cost_eur_per_hour"]


@pytest.mark.parametrize("seed", range(12))
def test_curves_cost_what_the_largest_of_their_lines_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = [unit(rng, name) for name in ("a", "b")]
    demand, dear = rng.uniform(0, 9, size=3).round(2), rng.uniform(20, 70, size=3).round(2)
    market, town = grid(dear.tolist()), load(demand.tolist())
    case = small_case((60, 30, 15), grid_connection=[market], demand=[town], generator=units)
    powers, bought = [cp.Variable(3) for _ in units], cp.Variable(3, nonneg=True)
    balance = bought + sum(powers) == demand
    limits = [p >= u["power_min_mw"] for u, p in zip(units, powers, strict=True)]
    limits += [p <= u["power_max_mw"] for u, p in zip(units, powers, strict=True)]
    paid = dear @ cp.multiply(HOURS, bought) + sum(HOURS @ cost(u, p) for u, p in zip(units, powers, strict=True))
    twin = cp.Problem(cp.Minimize(paid), [balance, *limits, bought <= 100])
    twin.solve(solver=cp.HIGHS)
    assert solve(case).objective == pytest.approx(twin.value, rel=1e-6, abs=1e-6)
