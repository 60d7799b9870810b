"""Convex hull prices against the Lagrangian written out: every schedule of every unit listed, one linear problem.

Largest over prices y of: sum over units of the least of cost(s) - y * power(s) over its schedules s, plus y * demand,
and a dear source of 100 MW at 300 per MWh. For units without ramps the vertices of what they can
do at an on/off pattern are all combinations of least and largest power. Its worth is that of the answer less what is
lost at hull prices; and no other prices have more.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from c4e_opt import Case, solve
from c4e_opt.pricing import table
from tests.properties.commitments import commitment


def schedules(unit: Any, hours: int) -> list[tuple[np.ndarray, float]]:
    """Power and cost of every on/off pattern at every combination of least and largest power."""
    found = []
    largest = float(np.max(unit.power_max_mw))
    levels = (unit.minimum_load_ratio * largest, largest)
    for on in product((0, 1), repeat=hours):
        starts = sum(now > before for before, now in zip((0, *on), on, strict=False))
        for level in product(*(levels if state else (0.0,) for state in on)):
            power = np.array(level)
            cost = float(np.max(unit.cost_eur_per_mwh)) * power.sum() + unit.start_cost_eur * starts
            found.append((power, cost + unit.running_cost_eur_per_hour * sum(on)))
    return found


def worth_of_the_lagrangian(case: Case, price: np.ndarray | None = None) -> float:
    """At given prices, or the largest at any.

    Columns: prices, the least of every unit, and the least of the source in every hour: 0 or (300 - y) * 100.
    """
    hours, units = case.horizon.steps, case.components["generator"]
    demand = np.broadcast_to(case.components["demand"][0].demand_mw, (hours,))
    rows, bounds = [], []
    for place, unit in enumerate(units):
        for power, cost in schedules(unit, hours):
            own = np.zeros(len(units))
            own[place] = 1.0
            rows.append(np.concatenate([power, own, np.zeros(hours)]))  # least <= cost - y * power
            bounds.append(cost)
    for hour in np.eye(hours):
        rows.append(np.concatenate([100.0 * hour, np.zeros(len(units)), hour]))
        bounds.append(300.0 * 100.0)
    limits: list[Any] = [(None, None)] * hours if price is None else [(each, each) for each in price]
    goal = np.concatenate([-demand, -np.ones(len(units) + hours)])
    free = [(None, None)] * len(units) + [(None, 0.0)] * hours
    answer = linprog(goal, A_ub=np.array(rows), b_ub=bounds, bounds=limits + free)
    assert answer.status == 0
    return -float(answer.fun)


@pytest.mark.parametrize("seed", range(30))
def test_hull_prices_have_the_worth_of_the_lagrangian(seed: int) -> None:
    case = commitment(seed, steps=1 + seed % 3, ramps=False, others=False)
    outcome = solve(case)
    assert outcome.objective is not None
    (hull,) = table(case, outcome, ["convex_hull"])
    best = worth_of_the_lagrangian(case)
    size = 1e-6 * (1.0 + abs(best))
    assert worth_of_the_lagrangian(case, hull.price_eur_per_mwh[0]) == pytest.approx(best, abs=size)
    assert outcome.objective - hull.uplift.total == pytest.approx(best, abs=size)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("rule", ["marginal", "elmp", "minimum_uplift"])
def test_what_is_lost_is_the_distance_to_the_lagrangian_at_any_prices(rule: str, seed: int) -> None:
    case = commitment(seed, steps=2, ramps=False, others=False)
    outcome = solve(case)
    assert outcome.objective is not None
    (found,) = table(case, outcome, [rule])
    worth = worth_of_the_lagrangian(case, found.price_eur_per_mwh[0])
    assert outcome.objective - found.uplift.total == pytest.approx(worth, abs=1e-6 * (1.0 + abs(worth)))
