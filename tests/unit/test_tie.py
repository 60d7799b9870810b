"""Buses a and b: cheap power at a, dear power at b, and a tie between them."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from tests.unit.small_cases import grid, load, optimum, prices, schedule, small_case, tie


def pair(price_a: Any, price_b: Any, power: Any = 1.0, **fields: Any) -> Case:
    return small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(price_a, id="ga", bus="a"), grid(price_b, id="gb", bus="b")],
        demand=[load(power, "b")],
        tie=[tie(**fields)],
    )


def test_a_tie_at_its_limit_leaves_two_prices() -> None:
    """0.6 MW sent, 0.54 MW arrive: 6 + 0.46 * 50 = 29; 10 at a, 50 at b."""
    outcome = solve(pair(10, 50, forward_max_mw=0.6, loss_ratio=0.1))
    assert outcome.objective == pytest.approx(29.0)
    assert prices(outcome, "a") == pytest.approx([10.0])
    assert prices(outcome, "b") == pytest.approx([50.0])


def test_a_free_tie_carries_the_price_and_its_loss() -> None:
    """1 MWh at b takes 1 / 0.8 at a: 12.5, which is the price at b."""
    outcome = solve(pair(10, 50, forward_max_mw=9.0, loss_ratio=0.2))
    assert outcome.objective == pytest.approx(12.5)
    assert prices(outcome, "b") == pytest.approx([12.5])


def test_the_fee_is_paid_on_what_is_sent() -> None:
    """(10 + 2) / 0.8 = 15 per MWh that arrives."""
    outcome = solve(pair(10, 50, forward_max_mw=9.0, loss_ratio=0.2, fee_eur_per_mwh=2.0))
    assert outcome.objective == pytest.approx(15.0)
    assert prices(outcome, "b") == pytest.approx([15.0])
    assert outcome.terms["transport"] == pytest.approx(2.5)


def test_a_fee_above_the_spread_stops_the_flow() -> None:
    """Sent at 10 + 45, received at 50: bought at b for 50."""
    assert optimum(pair(10, 50, fee_eur_per_mwh=45.0)) == pytest.approx(50.0)


def test_backward_flow_has_its_own_limit() -> None:
    """Cheap at b, demand at b only: the demand at a of 1 MW gets 0.25 MW from b: 10 + 0.25 * 10 + 0.75 * 50."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(50, id="ga", bus="a"), grid(10, id="gb", bus="b")],
        demand=[load(1.0, "a"), load(1.0, "b")],
        tie=[tie(backward_max_mw=0.25)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(50.0)
    assert schedule(outcome, "tie_backward_mw") == pytest.approx([0.25])
    assert schedule(outcome, "tie_forward_mw") == pytest.approx([0.0])


def test_limits_may_change_from_step_to_step() -> None:
    """1 MW, then 0.5 MW of 1 MW at 10 instead of 50: 10 + 5 + 25 = 40."""
    case = small_case(
        (60, 60),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(10, id="ga", bus="a"), grid(50, id="gb", bus="b")],
        demand=[load(1.0, "b")],
        tie=[tie(forward_max_mw=[1.0, 0.5])],
    )
    assert optimum(case) == pytest.approx(40.0)


def test_a_tie_of_heat_joins_two_heat_buses() -> None:
    """Heat at 20 sent with a loss of a fifth: 25 per MWh."""
    case = small_case(
        (60,),
        buses=[{"id": "a", "carrier": "heat"}, {"id": "b", "carrier": "heat"}],
        grid_connection=[grid(20, id="plant", bus="a")],
        demand=[load(1.0, "b")],
        tie=[tie(forward_max_mw=9.0, loss_ratio=0.2)],
    )
    assert optimum(case) == pytest.approx(25.0)


def test_power_may_travel_over_two_ties() -> None:
    """Two losses of a tenth: 10 / 0.81 per MWh."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "m"}, {"id": "b"}],
        grid_connection=[grid(8.1, id="ga", bus="a")],
        demand=[load(1.0, "b")],
        tie=[
            tie(id="t1", to_bus="m", forward_max_mw=9.0, loss_ratio=0.1),
            tie(id="t2", from_bus="m", forward_max_mw=9.0, loss_ratio=0.1),
        ],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(10.0)
    assert prices(outcome, "m") == pytest.approx([9.0])
    assert prices(outcome, "b") == pytest.approx([10.0])
