"""Losses of linear power flow, by hand: resistance times flow squared, half of it drawn at either end of a line."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from c4e_opt import Case, solve
from tests.unit.small_grids import grid_case, line, plant

LOSSY = {"losses": "iterated"}


def two(demand: float, **fields: float) -> Case:
    """One wire of 0.1 per unit of resistance, on a base of 100 MVA: 0.001 MW lost per MW squared."""
    return grid_case([line("ab", "a", "b", resistance_pu=0.1)], [plant("a", 10.0)], {"b": demand}, policy=LOSSY)


def test_a_wire_loses_by_the_square_and_far_demand_pays_for_it():
    """100 MW arrive: f - 0.0005 f^2 = 100, f = (1 - sqrt(0.8)) / 0.001 = 105.573 in the middle; 111.146 are sent.

    One more MW at b: d(sent) = (1 + 0.001 f) / (1 - 0.001 f) = 1.105573 / 0.894427 = 1.236068, so 12.36068 there.
    """
    outcome = solve(two(100.0))
    middle = (1.0 - sqrt(0.8)) / 0.001
    lost = 0.001 * middle**2
    schedule = outcome.schedule_table
    assert schedule.values("line_loss_mw")[0, 0] == pytest.approx(lost, abs=1e-6)
    assert schedule.values("line_flow_mw")[0, 0] == pytest.approx(100.0 + lost, abs=1e-6)
    assert outcome.objective == pytest.approx(10.0 * (100.0 + lost), abs=1e-5)
    marginal = (1.0 + 0.001 * middle) / (1.0 - 0.001 * middle)
    assert outcome.price_table.values("price_eur_per_mwh")[:, 0] == pytest.approx([10.0, 10.0 * marginal], rel=1e-5)
    assert outcome.price_table.values("loss_eur_per_mwh")[:, 0] == pytest.approx(
        [0.0, 10.0 * marginal - 10.0], rel=1e-4
    )


def test_the_price_is_what_one_more_megawatt_costs():
    """Central difference of the objective, half a MW either way."""
    more, less, here = (solve(two(demand)) for demand in (100.5, 99.5, 100.0))
    assert more.objective is not None
    assert less.objective is not None
    assert here.price_table.values("price_eur_per_mwh")[1, 0] == pytest.approx(
        more.objective - less.objective, rel=1e-4
    )


def test_two_plants_share_a_load_so_that_the_losses_of_either_are_worth_the_same():
    """Alike wires from a at 10.0 and c at 10.0 to b: each sends the same, and loses a quarter of one alone."""
    wires = [line("ab", "a", "b", resistance_pu=0.1), line("cb", "c", "b", resistance_pu=0.1)]
    case = grid_case(wires, [plant("a", 10.0), plant("c", 10.0)], {"b": 100.0}, policy=LOSSY)
    outcome = solve(case)
    flow = outcome.schedule_table.values("line_flow_mw")[:, 0]
    assert flow[0] == pytest.approx(flow[1], abs=0.05)
    prices = outcome.price_table.values("price_eur_per_mwh")[:, 0]
    assert np.ptp(prices[[0, 2]]) == pytest.approx(0.0, abs=1e-3)
