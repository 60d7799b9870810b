"""Where energy has a negative price, burning it would pay; real devices cannot flow both ways in one step."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt import Case, Outcome, solve
from tests.unit.auctions import cleared, got, order
from tests.unit.small_cases import (
    battery,
    grid,
    load,
    optimum,
    prices,
    relaxed_objective,
    schedule,
    small_case,
    tank,
    tie,
    vehicle,
)


def runs_both_ways(outcome: Outcome, first: str, second: str) -> bool:
    table = outcome.schedule_table
    return bool(np.any((table.values(first) > 1e-6) & (table.values(second) > 1e-6)))


def lossy_battery(price: float) -> Case:
    store = battery(charge_efficiency=0.9, discharge_efficiency=0.9, energy_max_mwh=0.45)
    return small_case((60,), grid_connection=[grid(price)], battery=[store])


def test_a_battery_does_not_burn_energy_at_negative_prices() -> None:
    """Paid 50 per MWh taken: 0.5 MW fill 0.45 MWh: -25. Burning would take 1 MW and give 0.405 back: -29.75."""
    case = lossy_battery(-50.0)
    outcome = solve(case)
    assert relaxed_objective(case) == pytest.approx(-50.0 * (1 - 0.9 * (0.9 - 0.45)))
    assert outcome.objective == pytest.approx(-25.0)
    assert not runs_both_ways(outcome, "battery_charge_mw", "battery_discharge_mw")
    assert outcome.price_basis == "of the fixed commitment"


def test_a_battery_that_must_be_emptied_gives_energy_back_even_at_negative_prices() -> None:
    """From 1 to 0.9 MWh: 0.09 MWh reach the bus, 0.91 MWh are bought at -50: -45.5. Burning would earn 55."""
    store = battery(charge_efficiency=0.9, discharge_efficiency=0.9, energy_start_mwh=1.0, energy_end_mwh=0.9)
    case = small_case((60,), grid_connection=[grid(-50.0)], battery=[store], demand=[load(1.0)])
    assert relaxed_objective(case) == pytest.approx(-55.0)
    assert optimum(case) == pytest.approx(-45.5)


def test_no_binary_is_added_where_burning_does_not_pay() -> None:
    """At positive prices the problem stays linear."""
    outcome = solve(lossy_battery(50.0))
    assert outcome.size["integers"] == 0
    assert outcome.price_basis == "of the convex problem"


def test_binaries_are_added_only_in_the_steps_that_need_them() -> None:
    """Of the hours at -50 and 20 only the first needs a binary, and only for the battery that is there."""
    store = battery(charge_efficiency=0.9, discharge_efficiency=0.9, energy_max_mwh=0.45)
    case = small_case(grid_connection=[grid([-50, 20])], battery=[store], demand=[load(1.0)])
    outcome = solve(case)
    assert outcome.size["integers"] == 1
    assert outcome.objective == pytest.approx(-50 * 1.5 + 20 * (1 - 0.405))


def test_a_connection_does_not_import_and_export_at_once() -> None:
    """Import at 10, export at 20, demand of 1 MW: 10. Trading with itself would earn 10 more per MW: 0."""
    connection = grid(10, import_max_mw=2.0, export_max_mw=9.0, export_price_eur_per_mwh=20)
    case = small_case((60,), grid_connection=[connection], demand=[load(1.0)])
    outcome = solve(case)
    assert relaxed_objective(case) == pytest.approx(0.0, abs=1e-9)
    assert outcome.objective == pytest.approx(10.0)
    assert not runs_both_ways(outcome, "grid_connection_import_mw", "grid_connection_export_mw")
    assert prices(outcome, "e") == pytest.approx([10.0])


def test_a_connection_that_had_better_export_exports() -> None:
    """Sun of 3 MW, demand of 1 MW, export at 20: -40."""
    connection = grid(10, import_max_mw=2.0, export_max_mw=9.0, export_price_eur_per_mwh=20)
    case = small_case(
        (60,),
        grid_connection=[connection],
        demand=[load(1.0)],
        renewable=[{"id": "pv", "bus": "e", "available_mw": 3.0}],
    )
    outcome = solve(case)
    assert relaxed_objective(case) == pytest.approx(-60.0)
    assert outcome.objective == pytest.approx(-40.0)
    assert prices(outcome, "e") == pytest.approx([20.0])


def test_a_tie_does_not_burn_energy_by_sending_it_to_and_fro() -> None:
    """Half is lost each way: sending 1 MW to b and 0.5 MW back would burn 0.75 MW at -10; really nothing flows."""
    case = small_case(
        (60,),
        buses=[{"id": "a"}, {"id": "b"}],
        grid_connection=[grid(-10, bus="a")],
        tie=[tie(loss_ratio=0.5)],
    )
    outcome = solve(case)
    assert relaxed_objective(case) == pytest.approx(-7.5)
    assert outcome.objective == pytest.approx(0.0, abs=1e-9)
    assert not runs_both_ways(outcome, "tie_forward_mw", "tie_backward_mw")


def test_a_vehicle_does_not_burn_energy_through_v2g() -> None:
    """0.45 MWh fit into it: 0.5 MW at -50 pay 25; burning would take 1 MW and give 0.405 MW back."""
    session = vehicle(
        "00:00",
        "01:00",
        energy_max_mwh=0.45,
        charge_efficiency=0.9,
        discharge_efficiency=0.9,
        discharge_max_mw=1.0,
    )
    case = small_case((60,), grid_connection=[grid(-50)], ev_session=[session])
    outcome = solve(case)
    assert relaxed_objective(case) == pytest.approx(-50.0 * 0.595)
    assert outcome.objective == pytest.approx(-25.0)
    assert not runs_both_ways(outcome, "ev_session_charge_mw", "ev_session_discharge_mw")


def test_a_tank_may_be_charged_and_discharged_at_once() -> None:
    """Both are flows of water: at -10 a tank with losses of a tenth each way burns what it can: 1 - 0.9 * 0.9."""
    store = tank(charge_efficiency=0.9, discharge_efficiency=0.9, energy_max_mwh=0.0)
    case = small_case((60,), grid_connection=[grid(-10, bus="h")], heat_store=[store])
    assert optimum(case) == pytest.approx(-10 * (1 - 0.81))


def test_a_connection_with_one_price_both_ways_is_left_alone() -> None:
    """Import and export at 30: nothing is gained by both, the bill is 30 and the price 30."""
    connection = grid(30, import_max_mw=2.0, export_max_mw=2.0, export_price_eur_per_mwh=30)
    outcome = solve(small_case((60,), grid_connection=[connection], demand=[load(1.0)]))
    assert outcome.objective == pytest.approx(30.0)
    assert prices(outcome, "e") == pytest.approx([30.0])
    assert not runs_both_ways(outcome, "grid_connection_import_mw", "grid_connection_export_mw")


def test_burning_in_one_place_does_not_stop_binaries_in_another() -> None:
    """Two batteries and a connection that trades with itself: each does one thing at a time."""
    stores = [
        battery(id="b1", charge_efficiency=0.9, discharge_efficiency=0.9, energy_max_mwh=0.45),
        battery(id="b2", charge_efficiency=0.5, discharge_efficiency=0.5, energy_max_mwh=0.2),
    ]
    connection = grid(-50, import_max_mw=4.0, export_max_mw=4.0, export_price_eur_per_mwh=-40)
    outcome = solve(small_case((60,), grid_connection=[connection], battery=stores))
    assert outcome.objective == pytest.approx(-50 * (0.5 + 0.4))
    assert schedule(outcome, "battery_discharge_mw") == [0.0]
    assert outcome.schedule_table.values("battery_discharge_mw").max() == 0.0


#: A tie between e and x that loses a tenth, either way round.
LOSSY = [tie(from_bus="e", to_bus="x", loss_ratio=0.1), tie(from_bus="x", to_bus="e", loss_ratio=0.1)]


@pytest.mark.parametrize("line", LOSSY)
def test_no_energy_is_accepted_to_be_burnt_in_a_tie(line: dict[str, object]) -> None:
    """A seller asks nothing for 5 MWh; nobody wants them, and to and fro a tie would burn 0.19 of 1 MWh for nothing."""
    outcome = cleared(order("s", "sell", 0, 5), order("dear", "sell", 10, 1, bus="x"), tie=[line])
    assert got(outcome) == {"s": 0.0, "dear": 0.0}
    assert not runs_both_ways(outcome, "tie_forward_mw", "tie_backward_mw")


@pytest.mark.parametrize("line", LOSSY)
def test_a_tie_in_which_energy_could_be_burnt_sends_what_is_wanted(line: dict[str, object]) -> None:
    """The buyer of 0.3 MWh at x gets them of 1/3 MWh that are sent, and nothing comes back."""
    outcome = cleared(order("s", "sell", 0, 5), order("b", "buy", 20, 0.3, bus="x"), tie=[line])
    assert got(outcome) == pytest.approx({"s": 1 / 3, "b": 0.3}, abs=1e-6)
    assert not runs_both_ways(outcome, "tie_forward_mw", "tie_backward_mw")


def test_the_direction_that_is_told_is_that_of_the_flow() -> None:
    """In the first hour burning pays, and ties have directions; in the second, sellers at e and x are at the money.

    Of 2 MWh wanted at x, e with 5 of 8 MWh would sell 1.25, and sells the 1 MWh that the tie without losses holds.
    """
    orders = [
        order("burnt", "sell", -10, 5),
        order("y", "sell", 30, 5, 1),
        order("z", "sell", 30, 3, 1, bus="x"),
        order("b", "buy", 90, 2, 1, bus="x"),
    ]
    ties = [tie(id="lossy", from_bus="e", to_bus="x", loss_ratio=0.1), tie(from_bus="e", to_bus="x")]
    outcome = cleared(*orders, minutes=(60, 60), tie=ties)
    assert got(outcome) == pytest.approx({"burnt": 0.1, "y": 1.0, "z": 1.0, "b": 2.0})
    forward, backward = (outcome.schedule_table.values(f"tie_{way}_mw") > 1e-6 for way in ("forward", "backward"))
    told = outcome.schedule_table.values("tie_sending_forward")
    assert forward[:, 1].tolist() == [False, True]
    assert told[forward].tolist() == [1.0, 1.0]
    assert told[backward].tolist() == [0.0]
