"""A building of 0.5 MWh/K and 20 K/MW, so 10 hours of memory, at 20 °C with 0 °C outdoors; heat costs what gas does.

Within an hour the distance from rest falls to k = exp(-0.1), and a MW of heat warms by 20 * (1 - k) = 1.903 K.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import building, grid, optimum, schedule, small_case

BUSES = ({"id": "h", "carrier": "heat"}, {"id": "c", "carrier": "cooling"})
KEEP = exp(-0.1)
WARMS = 20 * (1 - KEEP)


def site(price: Any = 10, minutes: tuple[int, ...] = (60,), cold: Any = 10, **fields: Any) -> Case:
    sources = [grid(price, id="heat", bus="h"), grid(cold, id="cold", bus="c")]
    return small_case(minutes, buses=BUSES, grid_connection=sources, building=[building(**fields)])


def test_a_building_is_held_at_the_lower_end_of_comfort() -> None:
    """20 °C at the end as at the begin: 20 K / 20 K/MW = 1 MW."""
    outcome = solve(site())
    assert schedule(outcome, "building_heat_mw") == pytest.approx([1.0])
    assert outcome.objective == pytest.approx(10.0)


def test_a_building_cools_down_by_the_hour_as_an_exponential() -> None:
    """Comfort ends at 5 °C: nobody heats, and 20 °C become 20 k, then 20 k ** 1.5 half an hour later."""
    outcome = solve(site(minutes=(60, 30), temperature_min_c=5.0))
    assert schedule(outcome, "building_temperature_c") == pytest.approx([20 * KEEP, 20 * KEEP**1.5])
    assert outcome.objective == pytest.approx(0.0)


def test_steps_of_any_length_end_where_one_long_step_ends() -> None:
    """Sun, people and weather that do not change: 5, 20, 35 minutes or an hour."""
    fields = {"solar_gains_mw": 0.4, "internal_gains_mw": 0.2, "outdoor_temperature_c": 3.0, "temperature_min_c": 0.0}
    long = schedule(solve(site(**fields)), "building_temperature_c")
    short = schedule(solve(site(minutes=(5, 20, 35), **fields)), "building_temperature_c")
    assert short[-1] == pytest.approx(long[-1])
    assert long == pytest.approx([3 + 20 * 0.6 + (20 - 15) * KEEP])


def test_a_building_is_heated_ahead_of_a_dear_hour() -> None:
    """Hours at 10 and 100: a MW in the first leaves k of its warmth, worth 90.5 in the second.

    At the end of the second it must have 20 °C: without heat there T1 * k = 20, heat in the first (T1 - 20 k) / WARMS.
    """
    outcome = solve(site([10, 100], (60, 60)))
    heat = (20 / KEEP - 20 * KEEP) / WARMS
    assert schedule(outcome, "building_heat_mw") == pytest.approx([heat, 0.0])
    assert outcome.objective == pytest.approx(10 * heat)


def test_a_building_is_not_overheated_ahead() -> None:
    """Comfort ends at 21 °C, so that the dear hour heats too: 21 k + WARMS * q = 20."""
    outcome = solve(site([10, 100], (60, 60), temperature_max_c=21.0))
    assert schedule(outcome, "building_temperature_c") == pytest.approx([21.0, 20.0])
    assert schedule(outcome, "building_heat_mw")[1] == pytest.approx((20 - 21 * KEEP) / WARMS)


@pytest.mark.parametrize(("value", "heat"), [(5.0, 0.0), (6.0, 1.0)])
def test_discomfort_has_its_price(value: float, heat: float) -> None:
    """A degree costs 10 / WARMS = 5.25 to warm: it is worth it at 6 per °C and hour, and not at 5."""
    outcome = solve(site(discomfort_cost_eur_per_c_hour=value))
    cold = 20 - (20 * KEEP + WARMS * heat)
    assert schedule(outcome, "building_heat_mw") == pytest.approx([heat])
    assert schedule(outcome, "building_discomfort_c") == pytest.approx([cold])
    assert outcome.objective == pytest.approx(10 * heat + value * cold)


def test_what_cannot_be_kept_comfortable_costs_and_is_no_reason_to_have_no_answer() -> None:
    """0.5 MW are there and 1 is needed: 20 - 20 k - 0.5 WARMS degrees are missing, at 100."""
    outcome = solve(site(heat_max_mw=0.5))
    assert outcome.objective == pytest.approx(5 + 100 * 0.5 * WARMS)


def test_comfort_may_change_from_step_to_step() -> None:
    """Nobody is at home in the first hour."""
    outcome = solve(site(10, (60, 60), temperature_min_c=[5.0, 20.0]))
    assert schedule(outcome, "building_temperature_c")[1] == pytest.approx(20.0)
    assert schedule(outcome, "building_heat_mw") == pytest.approx([0.0, (20 - 20 * KEEP**2) / WARMS])


def test_sun_and_people_heat_too() -> None:
    """1 MW is needed; 0.3 and 0.2 come by themselves."""
    outcome = solve(site(solar_gains_mw=0.3, internal_gains_mw=0.2))
    assert schedule(outcome, "building_heat_mw") == pytest.approx([0.5])


def test_a_building_is_cooled_from_a_cooling_bus() -> None:
    """30 °C outdoors, 26 at most: from 26 °C, (30 - 26) / 20 = 0.2 MW at 10."""
    outcome = solve(
        site(cooling_bus="c", cool_max_mw=5.0, outdoor_temperature_c=30.0, temperature_start_c=26.0, heat_max_mw=0.0)
    )
    assert schedule(outcome, "building_cool_mw") == pytest.approx([0.2])
    assert outcome.objective == pytest.approx(2.0)


def test_a_building_may_be_cooled_only() -> None:
    case = site(heat_bus=None, heat_max_mw=0.0, cooling_bus="c", cool_max_mw=5.0, outdoor_temperature_c=30.0)
    outcome = solve(case)
    assert "building_heat_mw" not in outcome.schedule_table.quantities
    assert outcome.flow_table.labels["port"].tolist() == ["grid_connection/heat@h", "grid_connection/cold@c",
                                                          "building/house@c"]  # fmt: skip


def test_heating_against_cooling_is_forbidden_where_it_would_pay() -> None:
    """Heat earns 50 per MWh. Up to 26 °C it takes (26 - 20 k) / WARMS MW; cooling at 10 would let it take more."""
    fields: dict[str, Any] = {"heat_max_mw": 9.0, "cooling_bus": "c", "cool_max_mw": 9.0}
    outcome = solve(site(-50, **fields))
    assert schedule(outcome, "building_cool_mw") == pytest.approx([0.0])
    heat = schedule(outcome, "building_heat_mw")[0]
    assert heat == pytest.approx((26 - 20 * KEEP) / WARMS)
    assert "building_heating" in outcome.schedule_table.quantities


def test_buildings_with_other_buses_and_walls_stand_side_by_side() -> None:
    """Each as it is alone: one heated, one cooled, one with walls."""
    kinds = [
        building(id="heated"),
        building(id="cooled", heat_bus=None, heat_max_mw=0.0, cooling_bus="c", cool_max_mw=5.0,
                 outdoor_temperature_c=30.0, temperature_start_c=26.0),
        building(id="walled", **WALLS, resistance_k_per_mw=None),
    ]  # fmt: skip
    sources = [grid(10, id="heat", bus="h"), grid(10, id="cold", bus="c")]

    def alone(*some: dict[str, Any]) -> float:
        return optimum(small_case((60, 30), buses=BUSES, grid_connection=sources, building=list(some)))

    assert alone(*kinds) == pytest.approx(sum(alone(each) for each in kinds))


#: Walls of 2 MWh/K, 4 K/MW from indoors and 16 K/MW to outdoors: 20 K/MW in all.
WALLS = {
    "envelope_capacity_mwh_per_k": 2.0,
    "indoor_envelope_resistance_k_per_mw": 4.0,
    "envelope_outdoor_resistance_k_per_mw": 16.0,
}


def test_walls_at_rest_let_through_what_both_resistances_do() -> None:
    """20 °C indoors, 0 °C outdoors, walls at rest at 16 °C: 1 MW holds all as it is, in every step."""
    outcome = solve(site(minutes=(60, 15), resistance_k_per_mw=None, **WALLS))
    assert schedule(outcome, "building_heat_mw") == pytest.approx([1.0, 1.0])
    assert schedule(outcome, "building_envelope_temperature_c") == pytest.approx([16.0, 16.0])


def test_cold_walls_take_heat() -> None:
    """Walls at 0 °C take up to 20 / 4 = 5 MW at first; the room is followed step by tiny step here."""
    outcome = solve(site(resistance_k_per_mw=40.0, **WALLS, envelope_temperature_start_c=0.0, temperature_min_c=0.0))
    room, wall, steps = 20.0, 0.0, 200_000
    for _ in range(steps):
        into, out, through = (room - wall) / 4, room / 40, wall / 16
        room, wall = room - (into + out) / 0.5 / steps, wall + (into - through) / 2.0 / steps
    assert schedule(outcome, "building_temperature_c") == pytest.approx([room], abs=1e-3)
    assert schedule(outcome, "building_envelope_temperature_c") == pytest.approx([wall], abs=1e-3)


def test_weeks_of_quarters_of_an_hour_are_solved() -> None:
    """2000 steps of a room and its walls; written in the two temperatures as they are, solvers lose every digit."""
    rng = np.random.default_rng(0)
    fields = {
        "capacity_mwh_per_k": 0.2,
        "resistance_k_per_mw": 25.0,
        "outdoor_temperature_c": rng.uniform(-5, 10, 2000),
    }
    outcome = solve(site(rng.uniform(10, 90, 2000), (15,) * 2000, **WALLS, **fields, heat_max_mw=2.0))
    assert outcome.certificate is not None
    assert outcome.certificate.holds


def test_the_sun_on_the_walls_warms_the_walls() -> None:
    """All of 0.3 MW on the walls: at rest the room is as warm with 1 - 0.3 * 16 / 20 MW of heat."""
    rest = 16.0 + 0.3 * 16 * 4 / 20
    outcome = solve(
        site(resistance_k_per_mw=None, **WALLS, solar_gains_mw=0.3, solar_envelope_ratio=1.0,
             envelope_temperature_start_c=rest)
    )  # fmt: skip
    assert schedule(outcome, "building_heat_mw") == pytest.approx([1 - 0.3 * 16 / 20])


def test_a_time_constant_of_ln_2_halves_the_distance_in_an_hour() -> None:
    """Capacity times resistance = 1 / ln 2 hours."""
    outcome = solve(site(capacity_mwh_per_k=1 / log(2) / 20, heat_max_mw=0.0, outdoor_temperature_c=10.0))
    assert schedule(outcome, "building_temperature_c") == pytest.approx([15.0])


def test_a_step_that_counts_more_costs_more() -> None:
    case = site(heat_max_mw=0.0, discomfort_cost_eur_per_c_hour=7.0)
    assert optimum(case) == pytest.approx(7 * 20 * (1 - KEEP))
    case = site(heat_max_mw=0.0, discomfort_cost_eur_per_c_hour=7.0, minutes=(30,))
    assert optimum(case) == pytest.approx(7 * 20 * (1 - KEEP**0.5) / 2)


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"heat_bus": None, "heat_max_mw": 0.0}, ["heat_bus"]),
        ({"cool_max_mw": 1.0}, ["cool_max_mw"]),
        ({"resistance_k_per_mw": None}, ["resistance_k_per_mw"]),
        ({"envelope_capacity_mwh_per_k": 1.0}, list(WALLS)[1:]),
        ({"envelope_temperature_start_c": 3.0}, ["envelope_temperature_start_c"]),
        ({"solar_envelope_ratio": 0.3}, ["solar_envelope_ratio"]),
        ({"temperature_min_c": [27.0]}, ["temperature_min_c[0]"]),
        ({"capacity_mwh_per_k": 0.0}, ["capacity_mwh_per_k"]),
        ({"heat_bus": "c"}, ["heat_bus"]),
        ({"outdoor_temperature_c": [np.nan]}, ["outdoor_temperature_c[0]"]),
    ],
)
def test_what_does_not_fit_together_is_told(fields: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        site(**fields)
    assert [issue.path.removeprefix("components.building[0].") for issue in caught.value.issues] == paths
