"""PV and batteries behind one inverter: a bus for the DC side, and a tie as the inverter, from DC to AC.

The inverter loses a tenth each way and gives 0.9 MW at most, so it takes 1 MW there; back it takes 0.5 MW at most.
"""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from tests.unit.small_cases import battery, grid, load, relaxed_objective, schedule, small_case, tie

BUSES = ({"id": "ac"}, {"id": "dc"})


def site(price: Any, sun: Any, power: Any, minutes: tuple[int, ...] = (60, 60), **stores: Any) -> Case:
    count = stores.pop("count", 1)
    cells = [battery(**{"id": f"b{place}", "bus": "dc", "energy_max_mwh": 4.0, **stores}) for place in range(count)]
    inverter = tie(id="inverter", from_bus="dc", to_bus="ac", forward_max_mw=1.0, backward_max_mw=0.5, loss_ratio=0.1)
    return small_case(
        minutes,
        buses=BUSES,
        grid_connection=[grid(price, bus="ac")],
        renewable=[{"id": "pv", "bus": "dc", "available_mw": sun}],
        demand=[load(power, "ac")],
        battery=cells,
        tie=[inverter],
    )


def test_sun_goes_into_the_battery_without_passing_the_inverter() -> None:
    """1 MW of sun in the first hour, none in the second: all stored, 0.9 MWh given at 100: 10 * 1 + 100 * 0.1."""
    outcome = solve(site([10, 100], [1.0, 0.0], 1.0))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "battery_charge_mw") == pytest.approx([1.0, 0.0])
    assert schedule(outcome, "tie_forward_mw") == pytest.approx([0.0, 1.0])


def test_the_inverter_loses_each_way() -> None:
    """No sun: 0.5 MW from the grid at 10 give 0.45 on the DC side, 0.405 on the AC side: 15 + 100 * 0.595."""
    outcome = solve(site([10, 100], 0.0, 1.0))
    assert schedule(outcome, "battery_charge_mw") == pytest.approx([0.45, 0.0])
    assert outcome.objective == pytest.approx(10 * 1.5 + 100 * (1 - 0.405))


def test_sun_and_batteries_share_the_inverter() -> None:
    """1 MW of sun and two full batteries of 1 MW each could give 3 MW; 1 MW passes, 0.9 arrives: 100 * (2 - 0.9)."""
    outcome = solve(site(100, 1.0, 2.0, (60,), count=2, energy_start_mwh=1.0))
    assert outcome.objective == pytest.approx(110.0)
    total = schedule(outcome, "renewable_power_mw")[0] + outcome.schedule_table.values("battery_discharge_mw").sum()
    assert total == pytest.approx(1.0)


def test_several_batteries_behind_it_may_charge_one_another() -> None:
    """Power between them stays on the DC side: at no sun and no use nothing passes, nothing is lost."""
    outcome = solve(site(100, 0.0, 0.0, (60,), count=2, energy_start_mwh=1.0, energy_end_mwh=1.0))
    assert outcome.objective == pytest.approx(0.0)


def test_the_inverter_never_runs_both_ways() -> None:
    """At -100 every MWh wasted earns 100: both ways 0.5 MW go in, 0.45 arrive and 0.405 come back, 0.095 in all.

    The battery is full and there is no sun, so that one way nothing passes: 0.
    """
    case = site(-100, 0.0, 0.0, (60,), energy_start_mwh=4.0, discharge_max_mw=0.0)
    assert relaxed_objective(case) == pytest.approx(-100 * 0.095)
    outcome = solve(case)
    assert outcome.objective == pytest.approx(0.0)
    assert schedule(outcome, "tie_forward_mw") == pytest.approx([0.0])
    assert schedule(outcome, "tie_backward_mw") == pytest.approx([0.0])
