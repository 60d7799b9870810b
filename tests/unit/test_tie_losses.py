"""Interconnectors: fixed and piecewise losses, least flows, ramps, and tariffs that differ by direction."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import InvalidInput, solve
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.components.tie import Tie
from tests.unit.small_cases import grid, load, optimum, prices, relaxed_objective, schedule, small_case, tie

CONVEX = [{"flow_mw": 1.0, "loss_ratio": 0.1}, {"flow_mw": 1.0, "loss_ratio": 0.3}]
CONCAVE = [{"flow_mw": 1.0, "loss_ratio": 0.3}, {"flow_mw": 1.0, "loss_ratio": 0.1}]


def pair(price_a: Any, price_b: Any, power: Any = 1.0, minutes: tuple[int, ...] = (60,), **fields: Any) -> Case:
    """Power at a price at a and at b, a demand at b, and a tie between them."""
    return small_case(
        minutes,
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(price_a, id="ga", bus="a"), grid(price_b, id="gb", bus="b")],
        demand=[load(power, "b")],
        tie=[tie(**fields)],
    )


def refused(match: str, price_a: float = 10.0, price_b: float = 50.0, **fields: Any) -> None:
    with pytest.raises(InvalidInput, match=match):
        pair(price_a, price_b, **fields)


def test_a_fixed_loss_is_taken_from_to_bus_when_power_flows_there() -> None:
    """1 MW leaves, 1 - 0.2 - 0.1 * 1 = 0.7 arrives: 10 + 0.3 * 50 = 25."""
    case = pair(10, 50, forward_max_mw=1.0, loss_ratio=0.1, loss_fixed_mw=0.2)
    assert optimum(case) == pytest.approx(25.0)


def test_a_fixed_loss_is_taken_from_to_bus_when_power_flows_back_or_not_at_all() -> None:
    """Nothing flows to b: 1.2 MW at 10. With 1 MW wanted at a as well, 1 MW leaves b for it: 2.2 MW at 10."""
    assert optimum(pair(50, 10, loss_fixed_mw=0.2)) == pytest.approx(12.0)
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(50, id="ga", bus="a"), grid(10, id="gb", bus="b")],
        demand=[load(1.0, "a"), load(1.0, "b")],
        tie=[tie(loss_fixed_mw=0.2)],
    )
    assert optimum(case) == pytest.approx(22.0)


def test_the_loss_law_of_a_dc_line_holds_both_ways() -> None:
    """What arrives is 0.8 of what is sent; backwards, 1 MW at from_bus takes 0.8 MW of to_bus: 10 * (0.8 + 1)."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(50, id="ga", bus="a"), grid(10, id="gb", bus="b")],
        demand=[load(1.0, "a"), load(1.0, "b")],
        tie=[tie(loss_ratio=0.2, backward_loss_ratio=-0.25)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(18.0)
    assert schedule(outcome, "tie_backward_mw") == pytest.approx([0.8])


def test_losses_both_ways_must_not_make_energy() -> None:
    refused("there and back would grow; it must be at least -0.25", loss_ratio=0.2, backward_loss_ratio=-0.26)


def test_a_least_flow_is_sent_whatever_it_costs() -> None:
    """0.5 MW of 1 MW at 50, though it costs 10 at b: 25 + 5."""
    assert optimum(pair(50, 10, forward_min_mw=0.5, backward_max_mw=0.0)) == pytest.approx(30.0)


def test_a_least_flow_both_ways_at_once_is_refused() -> None:
    refused("nothing may flow the other way then, whose limit is backward_max_mw, 1 MW", forward_min_mw=0.5)
    refused("it must be at most forward_max_mw, 1 MW", forward_min_mw=2.0, backward_max_mw=0.0)


def test_each_direction_has_its_own_tariff() -> None:
    """To b: (10 + 5) per MWh; to a: (10 + 1) per MWh."""
    fees: dict[str, Any] = {"fee_eur_per_mwh": 5.0, "backward_fee_eur_per_mwh": 1.0}
    assert optimum(pair(10, 50, **fees)) == pytest.approx(15.0)
    back = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(50, id="ga", bus="a"), grid(10, id="gb", bus="b")],
        demand=[load(1.0, "a")],
        tie=[tie(**fees)],
    )
    assert optimum(back) == pytest.approx(11.0)


def test_the_net_flow_ramps_and_turns_no_faster_than_allowed() -> None:
    """From -1 MW by 1 MW/h: 0 MW, then 1 MW; 1 MW at b costs 50 in the first hour and 10 in the second."""
    case = pair(10, 50, minutes=(60, 60), ramp_max_mw_per_hour=1.0, flow_before_mw=-1.0)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(60.0)
    assert schedule(outcome, "tie_forward_mw") == pytest.approx([0.0, 1.0])


def test_a_ramp_acts_between_the_middles_of_steps() -> None:
    """Half an hour without a price for the start, then 0.75 h * 0.4 MW/h more in the hour after."""
    case = pair(10, 50, power=[0.2, 1.0], minutes=(30, 60), ramp_max_mw_per_hour=0.4, backward_max_mw=0.0)
    outcome = solve(case)
    assert schedule(outcome, "tie_forward_mw") == pytest.approx([0.2, 0.5])


def test_without_a_flow_before_the_first_step_is_free() -> None:
    assert optimum(pair(10, 50, ramp_max_mw_per_hour=0.1)) == pytest.approx(10.0)


def test_segments_of_rising_loss_fill_by_themselves() -> None:
    """2 MW sent, 0.9 + 0.7 = 1.6 arrive; 1.3 of 1.3 wanted: 1 + 0.4 / 0.7 sent. No binary is needed."""
    case = pair(7, 50, power=1.3, forward_max_mw=2.0, backward_max_mw=0.0, loss_segments=CONVEX)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(7 * (1 + 0.4 / 0.7))
    assert outcome.size["integers"] == 0
    assert prices(outcome, "b") == pytest.approx([10.0])


def test_backward_flow_has_the_same_segments() -> None:
    """1.3 MW at a from b, where it costs 7."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(50, id="ga", bus="a"), grid(7, id="gb", bus="b")],
        demand=[load(1.3, "a")],
        tie=[tie(backward_max_mw=2.0, loss_segments=CONVEX)],
    )
    assert optimum(case) == pytest.approx(7 * (1 + 0.4 / 0.7))


def test_segments_of_falling_loss_need_the_binaries_that_they_get() -> None:
    """1.15 MW wanted: 0.7 of the first MW, 0.45 / 0.9 = 0.5 of the second, which is not used before the first is."""
    case = pair(10, 50, power=1.15, forward_max_mw=2.0, backward_max_mw=0.0, loss_segments=CONCAVE)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(15.0)
    assert relaxed_objective(case) == pytest.approx(10 * 0.95 / 0.7)
    assert outcome.price_basis == "of the fixed commitment"


def test_a_negative_price_wastes_no_more_than_the_loss_of_the_flow() -> None:
    """1.5 MW must leave a; what arrives at b is got rid of at 20 per MWh: 0.9 of the first MW, 0.35 of the rest.

    Left to itself, power would be sent in the second segment first, where more of it is lost.
    """
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(5.0, id="ga", bus="a")],
        renewable=[{"id": "must", "bus": "a", "available_mw": 1.5, "curtailable": False}],
        tie=[tie(forward_max_mw=2.0, backward_max_mw=0.0, loss_segments=CONVEX)],
        converter=[{"id": "dump", "input_bus": "b", "input_max_mw": 9.0, "cost_eur_per_mwh": 20.0}],
    )
    assert optimum(case) == pytest.approx(20 * (0.9 + 0.5 * 0.7))
    assert relaxed_objective(case) < 24.0


def test_segments_must_reach_the_largest_flow() -> None:
    refused("they must reach the largest flow, 3 MW", forward_max_mw=3.0, loss_segments=CONVEX)


def test_a_loss_is_said_once() -> None:
    refused("give one of them", loss_ratio=0.1, loss_segments=CONVEX)


def test_maintenance_leaves_no_part_of_a_tie_with_segments_but_may_close_it() -> None:
    def case(ratio: float, **fields: Any) -> Case:
        return small_case(
            (60,),
            buses=[{"id": "a"}, {"id": "b"}],
            grid_connection=[grid(10, id="ga", bus="a"), grid(50, id="gb", bus="b")],
            demand=[load(1.0, "b")],
            tie=[tie(**fields)],
            maintenance=[{"id": "m", "members": ["tie/t"], "available_ratio": ratio}],
        )

    assert optimum(case(0.0, loss_segments=CONVEX)) == pytest.approx(50.0)
    assert optimum(case(0.5, loss_ratio=0.1, backward_loss_ratio=0.0)) == pytest.approx(5.0 + 0.55 * 50)
    with pytest.raises(InvalidInput, match="leaves a part of 'tie/t', which has loss_segments"):
        case(0.5, loss_segments=CONVEX)


def test_a_law_that_counts_a_direction_refuses_losses_that_it_cannot_tell() -> None:
    """Of losses in segments no one says whether they are given less or taken more: shares of a site would be off."""
    tie = {"id": "cable", "from_bus": "a", "to_bus": "b", "forward_max_mw": 5, "backward_max_mw": 5}
    segments = [{"flow_mw": 2, "loss_ratio": 0.01}, {"flow_mw": 3, "loss_ratio": 0.05}]
    law = {"id": "own", "site": "home", "minimum_autarky_ratio": 0.5}
    for losses in ({"loss_segments": segments}, {"loss_fixed_mw": 0.1}):
        with pytest.raises(InvalidInput, match="cannot tell who bears them"):
            _at_home({**tie, **losses}, law)
    assert _at_home({**tie, "loss_ratio": 0.05}, law).of(Tie)


def _at_home(tie: dict[str, Any], law: dict[str, Any]) -> Case:
    document = {
        "name": "home",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60]},
        "buses": [{"id": "a", "site": "home"}, {"id": "b"}],
        "components": {
            "demand": [{"id": "house", "bus": "a", "demand_mw": 1}],
            "generator": [{"id": "engine", "bus": "b", "power_max_mw": 9}],
            "tie": [tie],
            "self_consumption": [law],
        },
    }
    return Builder(document, {}).case()
