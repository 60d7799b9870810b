"""Auctions over two buses and a tie, written in matrices and solved by an interior point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import SolveOptions, solve
from tests.properties.generators import case_of

cp: Any = pytest.importorskip("cvxpy")

BUSES, STEPS = ["a", "b"], 3
HOURS = np.array([1.0, 0.25, 0.5])


def book(seed: int, count: int = 24) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "id": [f"o{place}" for place in range(count)],
        "party": [str(rng.choice(["ann", "bob"])) for _ in range(count)],
        "bus": [str(bus) for bus in rng.choice(BUSES, count)],
        "step": [int(step) for step in rng.integers(0, STEPS, count)],
        "side": [str(side) for side in rng.choice(["buy", "sell"], count)],
        "price_eur_per_mwh": [round(float(price), 2) for price in rng.uniform(5, 95, count)],
        "energy_mwh": [round(float(energy), 3) for energy in rng.uniform(0.05, 0.9, count)],
    }


def textbook(orders: dict[str, Any], limit: float, loss: float) -> tuple[float, Any, Any]:
    """Maximal welfare, prices (bus, step) and acceptance, from a model in matrices."""
    count = len(orders["id"])
    sign = np.where(np.array(orders["side"]) == "sell", 1.0, -1.0)
    price, most = np.array(orders["price_eur_per_mwh"]), np.array(orders["energy_mwh"])
    place = np.zeros((2 * STEPS, count))
    for order in range(count):
        place[BUSES.index(orders["bus"][order]) * STEPS + orders["step"][order], order] = sign[order]
    energy = cp.Variable(count, nonneg=True)
    there, back = cp.Variable(STEPS, nonneg=True), cp.Variable(STEPS, nonneg=True)
    at_a = place[:STEPS] @ energy - there + (1 - loss) * back == 0
    at_b = place[STEPS:] @ energy + (1 - loss) * there - back == 0
    limits = [energy <= most, there <= limit * HOURS, back <= limit * HOURS]
    problem = cp.Problem(cp.Minimize((sign * price) @ energy), [at_a, at_b, *limits])
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    # cvxpy adds dual * (left - right) to the cost; one more MWh of demand lowers the left side.
    return -float(problem.value), -np.array([at_a.dual_value, at_b.dual_value]), energy.value


@pytest.mark.parametrize("seed", range(10))
def test_an_auction_over_a_tie_agrees_in_welfare_prices_and_acceptance(seed: int) -> None:
    orders, limit, loss = book(seed), 0.4, 0.03
    content = {
        "name": "auction",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": (HOURS * 60).astype(int).tolist()},
        "parties": [{"id": "ann"}, {"id": "bob"}],
        "buses": [{"id": bus} for bus in BUSES],
        "components": {
            "tie": [
                {
                    "id": "t",
                    "from_bus": "a",
                    "to_bus": "b",
                    "forward_max_mw": limit,
                    "backward_max_mw": limit,
                    "loss_ratio": loss,
                }
            ]
        },
        "orders": orders,
    }
    case = case_of(content)
    outcome = solve(case, SolveOptions(gap=0.0))
    welfare, prices, energy = textbook(orders, limit, loss)
    assert outcome.welfare == pytest.approx(welfare, rel=1e-6, abs=1e-6)
    assert outcome.objective == pytest.approx(-welfare, rel=1e-6, abs=1e-6)
    ours = outcome.price_table.values("price_eur_per_mwh")
    accepted = outcome.order_table.values("accepted_mwh")
    # A price is one number only where some order is taken in part or a neighbour sets it; elsewhere it is an interval.
    inner = (accepted > 1e-6) & (accepted < case.orders.energy_mwh - 1e-6)
    fixed = {(int(bus), int(step)) for bus, step in zip(case.orders.bus[inner], case.orders.step[inner], strict=True)}
    assert fixed
    for place in fixed:
        assert ours[place] == pytest.approx(prices[place], abs=1e-5)
    assert accepted == pytest.approx(energy, abs=1e-5)
