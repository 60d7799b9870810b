"""A plant at h1, a load at h2, and a pair of pipes between them; heat at h2 is dear."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import Record, grid, heat_pipe, load, optimum, prices, schedule, small_case

HEAT = [{"id": "h1", "carrier": "heat"}, {"id": "h2", "carrier": "heat"}]
#: 10 km at 0.25 W/(m K), 70 K and 40 K above the ground: 0.275 MW.
LOSSY: Record = {"transmittance_w_per_m_k": 0.25, "length_m": 10_000.0}


def pair(
    price: Any = 10.0, other: Any = 100.0, wanted: Any = 1.0, minutes: tuple[int, ...] = (60,), **fields: Any
) -> Case:
    """Heat at a price at h1 and at h2, a demand at h2, and a pipe."""
    return small_case(
        minutes,
        buses=HEAT,
        grid_connection=[grid(price, id="plant", bus="h1"), grid(other, id="peak", bus="h2")],
        demand=[load(wanted, "h2")],
        heat_pipe=[heat_pipe(**fields)],
    )


def refused(match: str, **fields: Any) -> None:
    with pytest.raises(InvalidInput, match=match):
        pair(**fields)


def test_a_pipe_loses_what_its_temperatures_say() -> None:
    """1.275 MW sent for 1 MW: 12.75; a MWh more at h2 costs 10, for the loss does not grow."""
    outcome = solve(pair(**LOSSY))
    assert outcome.objective == pytest.approx(12.75)
    assert outcome.size["integers"] == 0
    assert prices(outcome, "h2") == pytest.approx([10.0])


def test_the_mass_flow_limits_the_heat_by_the_spread_of_temperatures() -> None:
    """10 kg/s times 4186 J/(kg K) times 30 K are 1.2558 MW, then 20 K 0.8372 MW; the rest costs 100."""
    case = pair(
        wanted=2.0,
        minutes=(60, 60),
        forward_max_mw=None,
        mass_flow_max_kg_per_s=10.0,
        return_temperature_c=[50.0, 60.0],
    )
    outcome = solve(case)
    assert schedule(outcome, "heat_pipe_forward_mw") == pytest.approx([1.2558, 0.8372])
    assert outcome.objective == pytest.approx(10 * 2.093 + 100 * (4 - 2.093))


def test_the_smaller_of_two_limits_holds() -> None:
    outcome = solve(pair(wanted=3.0, forward_max_mw=1.0, mass_flow_max_kg_per_s=10.0))
    assert schedule(outcome, "heat_pipe_forward_mw") == pytest.approx([1.0])


def test_a_cold_ground_costs_more() -> None:
    """0.25e-6 * 10000 * (80 + 50 - 2 * ground): 0.275, then 0.325 MW at 0 °C."""
    case = pair(minutes=(60, 60), ground_temperature_c=[10.0, 0.0], **LOSSY)
    assert optimum(case) == pytest.approx(10 * (1.275 + 1.325))


def test_a_pipe_that_is_not_shut_takes_its_loss_though_nobody_wants_heat() -> None:
    """0.275 MW at 10; a pipe that may be shut takes nothing."""
    assert optimum(pair(wanted=0.0, **LOSSY)) == pytest.approx(2.75)
    assert optimum(pair(wanted=0.0, switchable=True, **LOSSY)) == pytest.approx(0.0)


def test_a_pipe_is_shut_where_the_loss_does_not_pay() -> None:
    """0.02 MW at h2 cost 2 there, and 0.295 MW cost 2.95 at h1; 0.04 MW cost 4 there and 3.15 at h1."""
    outcome = solve(pair(wanted=[0.02, 0.04], minutes=(60, 60), switchable=True, **LOSSY))
    assert outcome.objective == pytest.approx(2.0 + 3.15)
    assert schedule(outcome, "heat_pipe_forward_in_use") == pytest.approx([0.0, 1.0])


def test_a_pipe_either_way_bears_its_loss_where_heat_arrives() -> None:
    """Heat at 10 at h1, then at h2: 1 MW wanted at either in both hours; 2.275 MW at 10 each."""
    case = small_case(
        (60, 60),
        buses=HEAT,
        grid_connection=[grid([10.0, 90.0], id="p1", bus="h1"), grid([90.0, 10.0], id="p2", bus="h2")],
        demand=[load(1.0, "h1"), load(1.0, "h2")],
        heat_pipe=[heat_pipe(backward_max_mw=2.0, **LOSSY)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(45.5)
    assert schedule(outcome, "heat_pipe_forward_mw") == pytest.approx([1.275, 0.0])
    assert schedule(outcome, "heat_pipe_backward_mw") == pytest.approx([0.0, 1.275])


def test_a_delay_mixes_the_steps_in_which_heat_arrives() -> None:
    """Half an hour late: what is sent in an hour arrives half in it and half in the next.

    Only the first hour is cheap. 1 MW sent then gives 0.5 and 0.5 MW; the rest comes from h2.
    """
    case = pair(price=[10.0, 200.0], minutes=(60, 60), forward_max_mw=1.0, delay_hours=0.5)
    outcome = solve(case)
    assert schedule(outcome, "heat_pipe_forward_mw") == pytest.approx([1.0, 0.0])
    assert outcome.objective == pytest.approx(10.0 + 100.0)


def test_a_delay_over_steps_of_different_length() -> None:
    """Three quarters of an hour: 1 MW sent in the first half hour arrives from 0:45 to 1:15, in the hour from 0:30 on.

    That is half of the time in that hour: 0.5 MWh, of 2 MW all the time; the rest costs 100.
    """
    case = pair(price=[10.0, 200.0], wanted=2.0, minutes=(30, 60), forward_max_mw=1.0, delay_hours=0.75)
    assert optimum(case) == pytest.approx(5.0 + 100.0 * (1.0 + 2.0 - 0.5))


def test_heat_under_way_arrives_evenly_and_some_must_be_left() -> None:
    """1 MWh under way over 2 hours: 0.5 MW in each; by the end of an hour, 0.25 MWh must be sent, and 0.5 is left."""
    assert optimum(pair(delay_hours=2.0, content_start_mwh=1.0)) == pytest.approx(50.0)
    case = pair(delay_hours=2.0, content_start_mwh=1.0, content_end_min_mwh=0.75)
    assert optimum(case) == pytest.approx(50.0 + 2.5)


def test_a_cyclic_pipe_begins_with_what_it_ends_with() -> None:
    """An hour late in a day of two hours: what is sent in the second at 10 warms the first."""
    case = pair(price=[90.0, 10.0], wanted=[1.0, 0.0], minutes=(60, 60), delay_hours=1.0, cyclic=True)
    assert optimum(case) == pytest.approx(10.0)


def test_sending_costs_its_fee() -> None:
    outcome = solve(pair(fee_eur_per_mwh=3.0, **LOSSY))
    assert outcome.terms["transport"] == pytest.approx(3 * 1.275)


def test_heat_is_not_parked_by_sending_it_either_way_at_once() -> None:
    """With a delay of an hour, and heat that must go somewhere, flows both ways would store it."""
    case = small_case(
        (60, 60),
        buses=HEAT,
        grid_connection=[grid(10.0, id="p1", bus="h1"), grid(10.0, id="p2", bus="h2")],
        renewable=[{"id": f"hot{n}", "bus": f"h{n}", "available_mw": [1.0, 0.0], "curtailable": False} for n in (1, 2)],
        converter=[
            {"id": f"dump{n}", "input_bus": f"h{n}", "input_max_mw": 9.0, "cost_eur_per_mwh": 20.0} for n in (1, 2)
        ],
        demand=[load([0.0, 1.0], "h1"), load([0.0, 1.0], "h2")],
        heat_pipe=[heat_pipe(backward_max_mw=2.0, delay_hours=1.0)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(20.0 + 10.0)


def test_what_is_wrong_with_a_pipe_is_said() -> None:
    refused("give it, or mass_flow_max_kg_per_s", forward_max_mw=None)
    refused("must lie above return_temperature_c, 90 °C", return_temperature_c=90.0)
    refused("must lie above ground_temperature_c, 60 °C", ground_temperature_c=60.0)
    refused("loses 0.275 MW in step 0, more than can be sent, 0.2 MW", forward_max_mw=0.2, **LOSSY)
    refused("nothing is under way", content_start_mwh=1.0)
    refused("nothing is under way", cyclic=True)
    refused("given beside cyclic", cyclic=True, delay_hours=1.0, content_end_min_mwh=1.0)
    refused("a pipe joins two buses", to_bus="h1")
