"""Gas at g1, a load at g2, and a pipe that holds gas between them."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import gas_pipe, grid, load, optimum, prices, schedule, small_case

BUSES = [{"id": "g1", "carrier": "gas"}, {"id": "g2", "carrier": "gas"}, {"id": "e"}]


def pair(price: Any, wanted: Any, other: Any = 500.0, minutes: tuple[int, ...] = (60, 60), **fields: Any) -> Case:
    """Gas at a price at g1 and at g2, power at 100, a demand at g2, and a pipe."""
    return small_case(
        minutes,
        buses=BUSES,
        grid_connection=[grid(price, id="well", bus="g1"), grid(other, id="ship", bus="g2"), grid(100.0)],
        demand=[load(wanted, "g2")],
        gas_pipe=[gas_pipe(**fields)],
    )


def refused(match: str, **fields: Any) -> None:
    with pytest.raises(InvalidInput, match=match):
        pair(10.0, 1.0, **fields)


def test_linepack_carries_gas_from_a_cheap_step_to_a_dear_one() -> None:
    """1 MWh is there, 2 MWh more fit: 2 MWh at 10 for the second hour, 3 MWh in all wanted then."""
    outcome = solve(pair([10.0, 90.0], [0.0, 3.0]))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "gas_pipe_linepack_mwh") == pytest.approx([3.0, 0.0])


def test_what_does_not_fit_is_bought_late() -> None:
    """3 MWh of 3.5 from the linepack, the rest at 90, which is the price at g2 then."""
    outcome = solve(pair([10.0, 90.0], [0.0, 3.5]))
    assert outcome.objective == pytest.approx(20.0 + 45.0)
    assert prices(outcome, "g2")[1] == pytest.approx(90.0)


def test_the_balance_counts_the_length_of_steps() -> None:
    """4 MW for a quarter of an hour fill 1 MWh; the hour after takes 2 MWh out."""
    outcome = solve(pair([10.0, 90.0], [0.0, 2.0], minutes=(15, 60)))
    assert schedule(outcome, "gas_pipe_inflow_mw") == pytest.approx([4.0, 0.0])
    assert outcome.objective == pytest.approx(10.0)


def test_limits_of_the_linepack_hold() -> None:
    """At least 0.5 MWh at any time, and 2 MWh at the end: 3.5 MWh less than wanted, and 1 more than there was."""
    assert optimum(pair(10.0, [0.5, 1.0], linepack_min_mwh=0.5)) == pytest.approx(10.0)
    assert optimum(pair(10.0, [0.5, 1.0], linepack_end_mwh=2.0)) == pytest.approx(25.0)
    assert optimum(pair(10.0, [0.5, 1.0], linepack_end_min_mwh=0.25)) == pytest.approx(7.5)


def test_a_cyclic_pipe_ends_as_it_starts() -> None:
    """What it holds is free to choose: 3 MWh before the first hour, filled again in the second."""
    case = pair([90.0, 10.0], [3.0, 0.0], linepack_start_mwh=None, cyclic=True)
    assert optimum(case) == pytest.approx(30.0)


def test_a_compressor_burns_a_part_of_the_gas_or_takes_power() -> None:
    """3 MWh are wanted and 1 is there: 2 / 0.8 at 10, or 2 at 10 and 0.4 MWh of power at 100."""
    assert optimum(pair(10.0, [0.0, 3.0], compressor_ratio=0.2)) == pytest.approx(25.0)
    assert optimum(pair(10.0, [0.0, 3.0], compressor_ratio=0.2, compressor_bus="e")) == pytest.approx(60.0)


def test_a_fee_is_paid_on_what_enters() -> None:
    outcome = solve(pair(10.0, [0.0, 3.0], fee_eur_per_mwh=4.0))
    assert outcome.terms["transport"] == pytest.approx(8.0)


def test_gas_flows_back_where_it_may() -> None:
    """1 MW wanted at g1, where it costs 500: the MWh in the pipe first, then 1 MWh in at g2 at 10."""
    case = small_case(
        buses=BUSES,
        grid_connection=[grid(500.0, id="well", bus="g1"), grid(10.0, id="ship", bus="g2")],
        demand=[load(1.0, "g1")],
        gas_pipe=[gas_pipe(inflow_min_mw=-2.0, outflow_min_mw=-2.0)],
    )
    assert optimum(case) == pytest.approx(10.0)


def test_what_is_wrong_with_a_pipe_is_said() -> None:
    refused("a pipe joins two buses", to_bus="g1")
    refused("a pipe joins one carrier", to_bus="e")
    refused("it must be at most inflow_max, 4 MW", inflow_min_mw=5.0)
    refused("act on what enters", inflow_min_mw=-1.0, fee_eur_per_mwh=1.0)
    refused("give it, or say that the pipe is cyclic", linepack_start_mwh=None)
    refused("is given beside cyclic", cyclic=True)
    refused("it must lie within", linepack_end_mwh=9.0)
