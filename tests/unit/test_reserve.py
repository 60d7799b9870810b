"""A load of 1 MW; generators a and b of 1 MW at 10 and 30, and batteries, keep reserve."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.errors import InvalidInput
from c4e_solvers import Reason
from tests.unit.small_cases import battery, boiler, chp, converter, grid, load, meter, optimum, schedule, small_case


def unit(name: str, cost: float, **fields: Any) -> dict[str, Any]:
    return {"id": name, "bus": "e", "power_max_mw": 1.0, "cost_eur_per_mwh": cost, **fields}


def pair(**reserve: Any) -> Case:
    return small_case(
        (60,),
        demand=[load(1.0)],
        generator=[unit("a", 10.0), unit("b", 30.0)],
        reserve=[{"id": "r", **reserve}],
    )


def test_a_unit_that_keeps_reserve_gives_less() -> None:
    """Unit a keeps 0.5 ready and gives 0.5; b gives the rest: 5 + 15."""
    outcome = solve(pair(up_mw=0.5, members=["generator/a"]))
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "reserve_up_mw") == pytest.approx([0.5])


def test_reserve_is_free_where_somebody_stands_by() -> None:
    """Unit b has no state: it stands by whatever it gives."""
    assert optimum(pair(up_mw=0.5)) == pytest.approx(10.0)


def test_reserve_down_needs_power_to_withhold() -> None:
    """Unit b must give 0.4 to be able to give 0.4 less: 6 + 12."""
    assert optimum(pair(down_mw=0.4, members=["generator/b"])) == pytest.approx(18.0)


def test_missing_reserve_may_be_paid_for_by_the_hour() -> None:
    """Every MW kept by a costs 20 more; at 15 an hour none is kept."""
    outcome = solve(pair(up_mw=0.5, members=["generator/a"], missing_price_eur_per_mw_hour=15.0))
    assert outcome.objective == pytest.approx(17.5)
    assert schedule(outcome, "reserve_up_missing_mw") == pytest.approx([0.5])
    assert outcome.terms["reserve"] == pytest.approx(7.5)


def test_a_unit_that_is_off_keeps_none() -> None:
    """Switched on with a least load of 0.5, b keeps at most 0.5: 5 + 15, and the start of 7."""
    case = small_case(
        (60,),
        demand=[load(1.0)],
        generator=[unit("a", 10.0), unit("b", 30.0, minimum_load_ratio=0.5, start_cost_eur=7.0)],
        reserve=[{"id": "r", "up_mw": 0.5, "members": ["generator/b"]}],
    )
    assert optimum(case) == pytest.approx(27.0)


def test_a_chp_keeps_electric_power() -> None:
    """It gives at most 0.4 MW; 0.1 kept leaves 0.3 MW of 0.75 MW of gas at 30: 22.5 + 70, and heat falls from it."""
    case = small_case(
        (60,),
        grid_connection=[grid(100.0), meter()],
        demand=[load(1.0), load(0.4, "h")],
        boiler=[boiler()],
        chp=[chp()],
        reserve=[{"id": "r", "up_mw": 0.1, "members": ["chp/c"]}],
    )
    assert optimum(case) == pytest.approx(22.5 + 70.0 + 0.1 * 30.0)


def stored(**reserve: Any) -> Case:
    """A battery of 1 MW that holds 0.5 MWh and gives half of what it draws."""
    return small_case(
        (60,),
        grid_connection=[grid(100.0)],
        demand=[load(1.0)],
        battery=[battery(energy_start_mwh=0.5, discharge_efficiency=0.5)],
        reserve=[{"id": "r", "duration_hours": 0.5, **reserve}],
    )


def test_a_battery_holds_the_energy_of_its_reserve() -> None:
    """Half a MW for half an hour draws 0.5 MWh, all that it holds; without reserve it would give 0.25 MWh."""
    assert optimum(stored()) == pytest.approx(75.0)
    assert optimum(stored(up_mw=0.5)) == pytest.approx(100.0)


def test_a_battery_gives_up_reserve_that_is_cheap_to_miss() -> None:
    """Every missing MW frees half a MWh, worth 50 in an hour at a price of 40: all of it: 75 + 20."""
    assert optimum(stored(up_mw=0.5, missing_price_eur_per_mw_hour=40.0)) == pytest.approx(95.0)


def test_a_battery_keeps_room_for_reserve_down() -> None:
    """To take 0.6 MW for an hour, at an efficiency of 1, only 0.4 MWh may be in store: -10 * 1.4."""
    case = small_case(
        (60,),
        grid_connection=[grid(-10.0)],
        demand=[load(1.0)],
        battery=[battery(charge_max_mw=9.0)],
        reserve=[{"id": "r", "down_mw": 0.6}],
    )
    assert optimum(case) == pytest.approx(-14.0)


def test_a_battery_may_turn_from_charging_to_discharging() -> None:
    """While it charges with 1 MW it can give 2 MW more; the energy is there at the end of the hour."""
    case = small_case(
        (60,),
        grid_connection=[grid(10.0)],
        demand=[load(1.0)],
        battery=[battery(energy_max_mwh=9.0, energy_start_mwh=5.0)],
        reserve=[{"id": "r", "up_mw": 2.0}],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(20.0)
    assert schedule(outcome, "battery_charge_mw") == pytest.approx([1.0])


#: Ramps of a unit that runs for two of three hours, at 0.5 MW, and could stay on for 5 to escape its stop ramp.
SLOW = {"start_ramp_ratio": 0.6, "stop_ramp_ratio": 0.5, "on_initially": True, "running_cost_eur_per_hour": 5.0}


def test_a_unit_that_stops_next_keeps_what_its_stop_ramp_leaves() -> None:
    """It stops after hour 2 and may give no more than its 0.5 there: 10 + 10 + 0.5, and 0.4 MW missing at 1."""
    outcome = solve(
        small_case(
            (60, 60, 60),
            grid_connection=[grid([100.0, 100.0, 1.0])],
            demand=[load(0.5)],
            generator=[unit("u", 10.0, **SLOW)],
            reserve=[{"id": "r", "up_mw": [0.0, 0.4, 0.0], "missing_price_eur_per_mw_hour": 1.0}],
        )
    )
    assert outcome.objective == pytest.approx(20.9)
    assert schedule(outcome, "generator_on") == pytest.approx([1.0, 1.0, 0.0])


def test_a_unit_that_runs_for_one_hour_keeps_what_the_smaller_ramp_leaves() -> None:
    """It starts and stops: of 0.5 nothing is left to its stop ramp, 5 + 5, and 0.4 MW missing at 1."""
    outcome = solve(
        small_case(
            (60, 60, 60),
            grid_connection=[grid([1.0, 100.0, 1.0])],
            demand=[load([0.0, 0.5, 0.0])],
            generator=[unit("u", 10.0, **{**SLOW, "on_initially": False})],
            reserve=[{"id": "r", "up_mw": [0.0, 0.4, 0.0], "missing_price_eur_per_mw_hour": 1.0}],
        )
    )
    assert outcome.objective == pytest.approx(10.4)


def test_a_converter_that_stops_next_can_take_no_more() -> None:
    """It takes 0.5 in two hours, 5 each and 5 for running, and 0.4 MW are missing at 1."""
    case = small_case(
        (60, 60, 60),
        grid_connection=[grid(10.0)],
        demand=[load([0.5, 0.5, 0.0], bus="h")],
        converter=[converter(**SLOW)],
        reserve=[{"id": "r", "down_mw": [0.0, 0.4, 0.0], "missing_price_eur_per_mw_hour": 1.0}],
    )
    assert optimum(case) == pytest.approx(20.4)


def test_a_chp_that_stops_next_keeps_what_its_stop_ramp_leaves() -> None:
    """Half of its fuel makes 0.2 MW; at 5 an hour for two hours, and 0.16 MW missing at 1."""
    case = small_case(
        (60, 60, 60),
        grid_connection=[grid(100.0), meter(0.0)],
        demand=[load([0.2, 0.2, 0.0]), load([0.2, 0.2, 0.0], bus="h")],
        chp=[chp(**SLOW)],
        reserve=[{"id": "r", "up_mw": [0.0, 0.16, 0.0], "missing_price_eur_per_mw_hour": 1.0}],
    )
    assert optimum(case) == pytest.approx(10.16)


def test_two_reserves_share_the_headroom_of_a_provider() -> None:
    """0.6 each are more than 1 MW that stands still; twice 0.5 are not."""

    def reason(power: float) -> Reason:
        both = [{"id": name, "up_mw": power, "duration_hours": 0.1} for name in ("r", "s")]
        case = small_case(
            (60,),
            grid_connection=[grid(10.0)],
            battery=[battery(energy_start_mwh=1.0, charge_max_mw=0.0)],
            reserve=both,
        )
        return solve(case).termination.reason

    assert reason(0.5) is Reason.OPTIMAL
    assert reason(0.6) is Reason.INFEASIBLE


def test_curtailed_sun_is_reserve() -> None:
    """Of 1 MW of sun 0.3 MW are kept ready; the grid gives 0.3 MWh at 100."""
    case = small_case(
        (60,),
        grid_connection=[grid(100.0)],
        renewable=[{"id": "pv", "bus": "e", "available_mw": 1.0}],
        demand=[load(1.0)],
        reserve=[{"id": "r", "up_mw": 0.3}],
    )
    assert optimum(case) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("reserve", "path", "words"),
    [
        ({"members": ["demand/load_e"]}, "members[0]", "can provide no reserve"),
        ({"members": ["generator/x"]}, "members[0]", "no component"),
        ({"members": ["generator/a"], "carrier": "heat"}, "members[0]", "no port at a bus of heat"),
        ({"up_mw": -1.0}, "up_mw", "at least"),
    ],
)
def test_what_is_wrong_is_said(reserve: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        pair(**reserve)
    found = [each.message for each in error.value.issues if each.path.startswith(f"components.reserve[0].{path}")]
    assert any(words in message for message in found), error.value.issues


def test_a_store_whose_size_is_chosen_is_refused() -> None:
    store = {**battery(id="s"), "energy_capacity_cost_eur_per_mwh": 1.0}
    with pytest.raises(InvalidInput, match="size is chosen"):
        small_case(store=[store], reserve=[{"id": "r", "up_mw": 1.0, "members": ["store/*"]}])
