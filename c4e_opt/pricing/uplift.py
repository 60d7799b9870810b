"""Uplift: what participants lose at given prices, against what they would rather do and against standing aside.

For every participant, with its schedule x in the answer and its own best schedule at the prices, of what it can choose:
    profit            paid for energy and reserve at the prices, less what x costs
    lost_opportunity  what the best schedule would bring more than x; 0 when the prices support x
    make_whole        what standing aside would bring more than x (`pricing.self_schedule`); for most the loss, if any
What the grid and laws of a site could earn more at the prices than they do, such as congestion on a line that is not
full, is `grid`. The sum of all lost opportunities is the distance between the cost of the answer and the worth of the
Lagrangian at the prices, so no prices make it smaller than those of the convex hull.

What others than energy and reserve are worth, such as emissions under a budget, counts in lost_opportunity, as it does
for the answer, and is paid by nobody.

Source: Gribik, Hogan, Pope (2007), Market-clearing electricity prices and energy uplift, sections on uplift; grid and
laws as coupling rows like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray, TextArray
from c4e_opt.pricing.cleared import Cleared
from c4e_opt.pricing.participants import Participants, take_apart
from c4e_opt.pricing.self_schedule import SelfSchedules, standing_aside

#: Lost opportunities smaller than this part of what a schedule costs and earns are none.
_NOTHING = 1e-8
#: A dual smaller than this part of the largest one is worth nothing.
_WORTHLESS = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Uplift:
    """What participants lose at some prices, in the currency; arrays (participant,)."""

    names: TextArray  # kind/id
    profit: FloatArray
    own: FloatArray  # of the profit, what is paid besides the price of the bus
    lost_opportunity: FloatArray
    make_whole: FloatArray
    grid: float  # what the grid and laws of a site could earn more
    of_line: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # participant of orders, by place
    line_profit: FloatArray = field(default_factory=lambda: np.zeros(0))  # profit of the orders of the problem

    @property
    def total(self) -> float:
        """All lost opportunities."""
        return float(self.lost_opportunity.sum()) + self.grid


def uplift(cleared: Cleared, dual: FloatArray, own: FloatArray | float = 0.0) -> Uplift:
    """What everybody loses at some prices.

    Args:
        cleared: The answer.
        dual: Duals of the coupling rows (row,); the programme may have got rows since the answer was cleared.
        own: What participants are paid besides for every unit of their columns (column,).
    """
    parts = take_apart(cleared.formulation, cleared.formulation.program.matrices())
    at, whole = cleared.schedule, np.ones(parts.count, dtype=np.bool_)
    besides = np.where(parts.member >= 0, own, 0.0)
    earned = besides + parts.earned(np.where(parts.paid, dual, 0.0))
    gained = earned * at - _costs(parts, at)
    profit, paid, none = parts.by_participant(gained), parts.by_participant(besides * at), np.zeros(parts.count)
    orders = cleared.formulation.program.variables.get("order_accepted_mwh")
    of_line = slice(0, 0) if orders is None else slice(orders.start, orders.stop)
    found = Uplift(parts.names, profit, paid, none, none, 0.0, parts.member[of_line], gained[of_line])
    if not cleared.discrete:  # prices support what everybody does
        return found
    cost = parts.reduced(dual) - besides
    best = SelfSchedules(parts, whole, cleared.solver).best(cost)
    lost = np.maximum(parts.by_participant(cost * at) - parts.by_participant(cost * best), 0.0)
    size = parts.by_participant(np.abs(parts.matrices.cost * at) + np.abs(earned * at))
    lost[lost <= _NOTHING * np.maximum(size, 1.0)] = 0.0
    away = standing_aside(parts, cleared.solver)
    aside = parts.by_participant((earned - parts.matrices.cost) * away)
    made = np.minimum(np.maximum(aside - profit, 0.0), lost)
    return replace(found, lost_opportunity=lost, make_whole=made, grid=_grid(parts, at, dual, cost))


def _costs(parts: Participants, at: FloatArray) -> FloatArray:
    """What every column costs (column,)."""
    matrices = parts.matrices
    square = 0.0 if matrices.quadratic is None else 0.5 * at * (matrices.quadratic @ at)
    return matrices.cost * at + square


def _grid(parts: Participants, at: FloatArray, dual: FloatArray, cost: FloatArray) -> float:
    """What columns of nobody and coupling rows could earn more than they do."""
    matrices, largest = parts.matrices, float(np.abs(dual).max(initial=0.0))
    rest = parts.member < 0
    columns = _slack(cost, at, matrices.column_lower, matrices.column_upper, _WORTHLESS * max(largest, 1.0))
    reached = parts.reached(at)
    rows = _slack(dual, reached, matrices.row_lower, matrices.row_upper, _WORTHLESS * max(largest, 1.0))
    total = float(columns[rest].sum() + rows[parts.coupling].sum())
    return total if total > 1e-6 * max(1.0, largest) else 0.0


def _slack(worth: FloatArray, at: FloatArray, lower: FloatArray, upper: FloatArray, none: float) -> FloatArray:
    """By how much `worth * at` is above its least between two bounds; what is worth nothing loses nothing."""
    bound = np.where(worth > 0, lower, upper)
    bound = np.where((np.abs(worth) <= none) & ~np.isfinite(bound), at, bound)
    return np.maximum(worth * (at - bound), 0.0)
