"""CHPs that work within a region, or whose efficiencies depend on the load; gas costs 30, a boiler makes heat for 30.

The region reaches from all power (0.5 MW of 1 MW of fuel) to power with heat (0.4 and 0.4 MW). At a power price of 100
the first gains 50 - 30 = 20 an hour and the second 40 + 12 - 30 = 22.
"""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.case import check
from c4e_opt.errors import InvalidInput
from tests.unit.small_cases import boiler, chp, grid, load, meter, optimum, relaxed_objective, schedule, small_case

CORNERS = ((0.5, 0.0, 1.0), (0.4, 0.4, 1.0))
PLAIN = {"electric_efficiency": None, "heat_efficiency": None}


def corners(*rows: tuple[Any, Any, Any]) -> list[dict[str, Any]]:
    return [dict(zip(("electric_mw", "heat_mw", "fuel_mw"), row, strict=True)) for row in rows]


def parts(*rows: tuple[float, float, float]) -> list[dict[str, Any]]:
    return [dict(zip(("fuel_mw", "electric_efficiency", "heat_efficiency"), row, strict=True)) for row in rows]


def site(
    unit: dict[str, Any], *, price: Any = 100, power: Any = 1.0, heat: Any = 0.2, minutes: tuple[int, ...] = (60,),
    **more: Any,
) -> Case:  # fmt: skip
    components: dict[str, Any] = {"boiler": [boiler()], **more}
    return small_case(
        minutes,
        grid_connection=[grid(price), meter(30)],
        demand=[load(power), load(heat, "h")],
        chp=[chp(**PLAIN, **unit)],
        **components,
    )


def region(*rows: tuple[Any, Any, Any], **fields: Any) -> dict[str, Any]:
    return {"fuel_max_mw": None, "operating_region": corners(*(rows or CORNERS)), **fields}


@pytest.mark.parametrize(
    ("heat", "cost", "shares"), [(0.0, 80.0, [1.0, 0.0]), (0.2, 85.0, [0.5, 0.5]), (0.4, 90.0, [0.0, 1.0])]
)
def test_a_plant_works_at_any_point_between_its_vertices(heat: float, cost: float, shares: list[float]) -> None:
    """100 and 30 times the heat without; 20 at the first vertex, 22 at the second, 21 half way."""
    outcome = solve(site(region(), heat=heat))
    assert outcome.objective == pytest.approx(cost)
    assert outcome.schedule_table.values("chp_vertex_share")[:, 0] == pytest.approx(shares)
    assert schedule(outcome, "chp_fuel_mw") == pytest.approx([1.0])
    assert outcome.schedule_table.values("chp_region_electric_mw")[0] == pytest.approx([0.5 - heat / 4])
    assert outcome.schedule_table.values("chp_region_heat_mw")[0] == pytest.approx([heat])
    assert outcome.size["integers"] == 0


def test_without_rules_it_works_between_its_region_and_standing_still() -> None:
    """Power of 0.25 only: 0.5 of the second vertex for the heat, 0.1 of the first: 25 + 6 - 11 - 2 = 18."""
    outcome = solve(site(region(), power=0.25))
    assert outcome.objective == pytest.approx(18.0)
    assert outcome.schedule_table.values("chp_vertex_share")[:, 0] == pytest.approx([0.1, 0.5])


def test_shares_are_one_at_most_where_fuel_would_allow_more() -> None:
    """Half of the fuel for 0.3 of power gains 15, all of it for 0.4 gains 10; 4/3 of the former would gain 20."""
    assert optimum(site(region((0.4, 0.0, 1.0), (0.3, 0.0, 0.5)), heat=0.0)) == pytest.approx(85.0)


def test_with_rules_it_works_within_its_region_or_not_at_all() -> None:
    """Its least power of 0.4 is more than the 0.25 that somebody wants: 25 + 6 = 31."""
    assert optimum(site(region(switchable=True), power=0.25)) == pytest.approx(31.0)
    assert optimum(site(region(switchable=True))) == pytest.approx(85.0)
    assert optimum(site(region(start_cost_eur=20.0))) == pytest.approx(105.0)
    assert optimum(site(region(start_cost_eur=22.0))) == pytest.approx(106.0)


def test_vertices_may_differ_from_step_to_step() -> None:
    """In the second hour its first vertex gives 0.3 MW for 1 MW of fuel and gains nothing: 80 + 100."""
    unit = region((([0.5, 0.3]), 0.0, 1.0))
    assert optimum(site(unit, heat=0.0, minutes=(60, 60))) == pytest.approx(180.0)


def test_ramps_and_start_ramps_are_of_the_fuel() -> None:
    """From standing still its fuel rises by 0.25 an hour: gains of 5 and 10 of 20; at most 0.5 in a first step: 10."""
    line = ((0.5, 0.0, 1.0), (0.0, 0.0, 0.0))
    slow = region(*line, ramp_up_ratio_per_hour=0.25, load_initially_ratio=0.0)
    assert optimum(site(slow, heat=0.0, minutes=(60, 60))) == pytest.approx(185.0)
    assert optimum(site(region(*line, start_ramp_ratio=0.5), heat=0.0, minutes=(60, 60))) == pytest.approx(170.0)


def test_a_rated_fuel_power_is_what_loads_are_parts_of() -> None:
    """A ramp of 0.25 an hour of 2 MW is 0.5 MW an hour: gains of 10 and 20."""
    line = ((0.5, 0.0, 1.0), (0.0, 0.0, 0.0))
    slow = region(*line, ramp_up_ratio_per_hour=0.25, load_initially_ratio=0.0)
    assert optimum(site({**slow, "fuel_max_mw": 2.0}, heat=0.0, minutes=(60, 60))) == pytest.approx(170.0)


def test_a_reserve_is_what_a_region_has_left_above() -> None:
    """0.08 up: at most 0.42 of power. 0.5 of the second vertex for the heat and 0.44 of the first: 106 - 11 - 8.8."""
    reserve = [{"id": "r", "members": ["chp/c"], "up_mw": 0.08}]
    assert optimum(site(region(), reserve=reserve)) == pytest.approx(86.2)


def test_a_reserve_is_what_a_region_has_left_below_while_it_is_on() -> None:
    """On, it may go down to 0.4: 0.05 down is there at 0.45 (85), 0.06 at 0.46 with heat of 0.16: 106 - 20.8."""
    reserve = [{"id": "r", "members": ["chp/c"], "down_mw": 0.05}]
    assert optimum(site(region(switchable=True), reserve=reserve)) == pytest.approx(85.0)
    reserve[0]["down_mw"] = 0.06
    assert optimum(site(region(switchable=True), reserve=reserve)) == pytest.approx(85.2)


def test_a_reserve_is_all_that_a_region_without_rules_gives() -> None:
    """It may stand still at once: its 0.45 are there."""
    reserve = [{"id": "r", "members": ["chp/c"], "down_mw": 0.45}]
    assert optimum(site(region(), reserve=reserve)) == pytest.approx(85.0)


def test_half_of_a_region_is_left_in_maintenance() -> None:
    """Power of 0.25 at most, half of its largest: as if no more were wanted of it, 18 and 75 for the rest."""
    maintenance = [{"id": "m", "members": ["chp/c"], "available_ratio": 0.5}]
    assert optimum(site(region(), maintenance=maintenance)) == pytest.approx(93.0)


def test_later_segments_that_are_better_wait_for_the_first() -> None:
    """0.1 of power is wanted: the first half of the fuel gives it, and heat of 0.2: 10 + 12 + 15 - 10 - 6 = 21."""
    unit = {"efficiency_segments": parts((0.5, 0.2, 0.4), (0.5, 0.5, 0.4))}
    outcome = solve(site(unit, power=0.1, heat=0.4))
    assert outcome.objective == pytest.approx(21.0)
    assert schedule(outcome, "chp_fuel_mw") == pytest.approx([0.5])
    assert outcome.size["integers"] == 1
    assert optimum(site(unit, heat=0.4)) == pytest.approx(112.0 - 17.0)  # 0.35 of power and 0.4 of heat for 30


FALLING = {"efficiency_segments": parts((0.5, 0.5, 0.4), (0.5, 0.3, 0.4))}


def test_segments_that_fall_need_no_binaries() -> None:
    """Gains of 25 + 6 - 15 in the first and 15 + 6 - 15 in the second: 112 - 22; at 50 per MWh only the first: 60."""
    outcome = solve(site(FALLING, heat=0.4))
    assert outcome.objective == pytest.approx(90.0)
    assert outcome.size["integers"] == 0
    assert outcome.price_basis == "of the convex problem"
    assert optimum(site(FALLING, heat=0.4, price=40)) == pytest.approx(52.0 - 1.0)


def test_segments_that_fall_keep_their_order_where_power_is_a_burden() -> None:
    """Heat of 0.2 from 0.5 of fuel; power costs -50: 0.25 in the right order, 15 - 37.5; in the wrong one 0.15."""
    case = site(FALLING, price=-50, boiler=[boiler(efficiency=0.1)])
    assert relaxed_objective(case) == pytest.approx(-27.5)
    outcome = solve(case, SolveOptions(gap=0.0))
    assert outcome.objective == pytest.approx(-22.5)
    assert outcome.schedule_table.values("chp_segment_mw")[:, 0] == pytest.approx([0.5, 0.0])


def test_segments_below_the_least_load_need_no_binaries_for_their_order() -> None:
    """At least half of the fuel while on: only the on/off state is discrete; 0.35 of power and 0.4 of heat gain 17."""
    unit = {"efficiency_segments": parts((0.5, 0.2, 0.4), (0.5, 0.5, 0.4)), "minimum_load_ratio": 0.5}
    outcome = solve(site(unit, heat=0.4))
    assert outcome.objective == pytest.approx(95.0)
    assert outcome.size["integers"] == 3
    assert optimum(site(unit, power=0.1, heat=0.4)) == pytest.approx(21.0)
    assert optimum(site(unit, power=0.0, heat=0.4)) == pytest.approx(12.0)  # it cannot run: nobody wants its power


def test_a_reserve_of_a_plant_with_segments_follows_its_curve() -> None:
    """At full load 0.4 of power; 0.1 up leaves 0.3, the first segment and 0.05 / 0.3 of fuel, which gain 16 and 2."""
    reserve = [{"id": "r", "members": ["chp/c"], "up_mw": 0.1}]
    assert optimum(site(FALLING, heat=0.4, reserve=reserve)) == pytest.approx(112.0 - 16.0 - 2.0)


def test_segments_beyond_the_largest_fuel_power_are_left_alone() -> None:
    unit = {"efficiency_segments": parts((0.5, 0.5, 0.4), (3.0, 0.3, 0.4))}
    assert optimum(site(unit, heat=0.4)) == pytest.approx(90.0)


REGION = {"fuel_max_mw": None, **PLAIN, "operating_region": corners(*CORNERS)}
SEGMENTS = {**PLAIN, **FALLING}


@pytest.mark.parametrize(
    ("fields", "path", "rule", "said"),
    [
        (PLAIN, "electric_efficiency", "missing_field", "is missing; give it, or efficiency_segments, or an operating"),
        (PLAIN, "heat_efficiency", "missing_field", "is missing"),
        ({"fuel_max_mw": None}, "fuel_max_mw", "missing_field", "is missing; give it, or an operating_region"),
        ({**SEGMENTS, "fuel_max_mw": None}, "fuel_max_mw", "missing_field", "is missing"),
        ({**REGION, "heat_efficiency": 0.4}, "heat_efficiency", "given_twice", "beside operating_region"),
        ({**SEGMENTS, "heat_efficiency": 0.4}, "heat_efficiency", "given_twice", "beside efficiency_segments"),
        ({**REGION, **FALLING}, "efficiency_segments", "given_twice", "beside operating_region"),
        (
            {**REGION, "operating_region": corners((0.5, 0.7, 1.0))},
            "operating_region[0].heat_mw",
            "efficiency",
            "and the power are 1.2 MW together; they must not exceed 1.15 of the fuel, 1.15 MW",
        ),
        (
            {**REGION, "operating_region": corners((-0.5, 0.7, 1.0))},
            "operating_region[0].electric_mw[0]",
            "range",
            "is -0.5 MW",
        ),
        ({**REGION, "fuel_max_mw": 0.9}, "operating_region", "range", "more than the rated one, 0.9 MW"),
        (
            {**REGION, "fuel_max_mw": 2.0, "minimum_load_ratio": 0.6},
            "operating_region",
            "range",
            "below the least load of 1.2 MW",
        ),
        ({**REGION, "start_ramp_ratio": 0.9}, "start_ramp_ratio", "range", "no vertex has less fuel than 1 MW"),
        (
            {**SEGMENTS, "fuel_max_mw": 1.5},
            "efficiency_segments",
            "range",
            "reach up to 1 MW; they must reach the largest fuel power, 1.5 MW",
        ),
        (
            {**SEGMENTS, "efficiency_segments": parts((0.5, 0.5, 0.4), (0.5, 0.9, 0.6))},
            "efficiency_segments[1]",
            "efficiency",
            "give power and heat of 1.2 of the fuel",
        ),
    ],
)
def test_what_is_missing_given_twice_or_not_sensible_is_said(
    fields: dict[str, Any], path: str, rule: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        small_case((60,), chp=[chp(**fields)])
    found = {issue.path: issue for issue in caught.value.issues}[f"components.chp[0].{path}"]
    assert found.rule == rule
    assert said in found.message


def test_a_slow_start_of_a_region_is_no_provider_of_reserve() -> None:
    with pytest.raises(InvalidInput, match="limited in the first or last step of a run; leave it out"):
        site(region(start_ramp_ratio=1.0), reserve=[{"id": "r", "members": ["chp/c"], "up_mw": 0.08}])
    case = site(region(start_ramp_ratio=1.0))
    assert check(case) == []
