"""Heat pumps: a COP from temperatures, part load, limits of heat and the rules of a unit; the boiler makes the rest.

Heat of the boiler costs 30 a MWh. Temperatures are chosen so that kelvins are round: 46.85 °C are 320 K.
"""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import boiler, grid, heat_pump, load, meter, optimum, prices, schedule, small_case

AIR = {"cop": None, "quality_grade": 0.5, "supply_temperature_c": 46.85, "source_temperature_c": 6.85}


def site(price: Any, heat: Any = 1.0, minutes: Any = (60,), **fields: Any) -> Case:
    return small_case(
        minutes,
        grid_connection=[grid(price), meter(30)],
        demand=[load(heat, "h")],
        boiler=[boiler()],
        heat_pump=[heat_pump(**fields)],
    )


def problems(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        site(60, minutes=(60, 60), **fields)
    return {issue.path.removeprefix("components.heat_pump[0]."): issue.message for issue in caught.value.issues}


def test_a_cop_follows_from_temperatures() -> None:
    """Half of 320 K / 40 K is 4: a MWh of heat takes 0.25 of power at 60, 15; from 256 K half of 5 is 2.5, 24."""
    case = site(60, minutes=(60, 60), **{**AIR, "source_temperature_c": [6.85, -17.15]})
    outcome = solve(case)
    assert outcome.objective == pytest.approx(15.0 + 24.0)
    assert prices(outcome, "h") == pytest.approx([15.0, 24.0])


def test_a_source_side_that_ices_up_costs_a_part_of_the_cop() -> None:
    """At 6.85 °C the COP is 4; with ice below 10 °C four fifths are left, 3.2: 60 / 3.2; below 2 °C it is not icy."""
    assert optimum(site(60, **AIR, icing_factor=0.8, icing_temperature_c=10.0)) == pytest.approx(18.75)
    assert optimum(site(60, **AIR, icing_factor=0.8)) == pytest.approx(15.0)
    assert optimum(site(60, **AIR, icing_factor=0.8, icing_temperature_c=6.85)) == pytest.approx(15.0)


def test_a_cop_from_temperatures_has_its_largest() -> None:
    """320 K over 5 K would be 32 at half the Carnot share; at most 6 it is, and 6 where nothing must be lifted."""
    assert optimum(site(60, **{**AIR, "source_temperature_c": 41.85, "cop_max": 6.0})) == pytest.approx(10.0)
    assert optimum(site(60, **{**AIR, "source_temperature_c": 50.0, "cop_max": 6.0})) == pytest.approx(10.0)
    assert optimum(site(60, **AIR, cop_max=6.0)) == pytest.approx(15.0)


def test_a_heat_pump_is_limited_at_its_heat_side() -> None:
    """0.6 MW of heat take 0.2 MW at 60, the boiler makes the rest at 30: 12 + 12; then 0.9 MW, 18 + 3."""
    outcome = solve(site(60, minutes=(60, 60), heat_max_mw=[0.6, 0.9]))
    assert outcome.objective == pytest.approx(24.0 + 21.0)
    assert schedule(outcome, "heat_pump_electric_mw") == pytest.approx([0.2, 0.3])
    assert prices(outcome, "h") == pytest.approx([30.0, 30.0])


@pytest.mark.parametrize(("heat", "electric"), [(0.3, 0.125), (0.6, 0.25), (1.68, 0.475), (2.4, 1.0)])
def test_an_inverter_machine_works_better_at_part_load(heat: float, electric: float) -> None:
    """A COP of 2.4 at 1 MW and at a quarter of it, 3.6 at a half.

    Heat is 0.6 at 0.25 MW, 1.8 at 0.5 MW and 2.4 at 1 MW; below a quarter the COP stays 2.4. The second segment is the
    best one, 4.8 per MW, the last gives 1.2. So 1.68 MW take 0.25 + 1.08 / 4.8.
    """
    points = [
        {"load_ratio": 0.25, "performance_ratio": 0.8},
        {"load_ratio": 0.5, "performance_ratio": 1.2},
        {"load_ratio": 1.0, "performance_ratio": 0.8},
    ]
    case = small_case(
        (60,),
        grid_connection=[grid(10)],
        demand=[load(heat, "h")],
        heat_pump=[heat_pump(electric_max_mw=1.0, part_load=points)],
    )
    assert schedule(solve(case), "heat_pump_electric_mw") == pytest.approx([electric])


def test_the_better_part_is_not_used_before_the_worse_one() -> None:
    """0.3 MW of heat would take less than 0.08 MW at the slope of the second segment; the first needs 0.125: 1.25."""
    points = [{"load_ratio": 0.25, "performance_ratio": 0.8}, {"load_ratio": 1.0, "performance_ratio": 1.2}]
    assert optimum(site(10, heat=0.3, electric_max_mw=1.0, part_load=points)) == pytest.approx(1.25)


def test_a_heat_limit_counts_what_a_machine_gives_at_part_load() -> None:
    """1.2 MW of heat are reached half-way between 0.6 MW at 0.25 and 1.8 MW at 0.5: 0.375 MW; the boiler makes 0.8."""
    points = [
        {"load_ratio": 0.25, "performance_ratio": 0.8},
        {"load_ratio": 0.5, "performance_ratio": 1.2},
        {"load_ratio": 1.0, "performance_ratio": 0.8},
    ]
    outcome = solve(site(10, heat=2.0, electric_max_mw=1.0, heat_max_mw=1.2, part_load=points))
    assert schedule(outcome, "heat_pump_electric_mw") == pytest.approx([0.375])
    assert outcome.objective == pytest.approx(3.75 + 24.0)


def test_a_heat_pump_runs_at_its_least_load_or_not_at_all() -> None:
    """Half of 1 MW gives 1.5 MW of heat, more than the 1 MW that is wanted: the boiler makes it for 30."""
    outcome = solve(site(60, electric_max_mw=1.0, minimum_load_ratio=0.5))
    assert outcome.objective == pytest.approx(30.0)
    assert schedule(outcome, "heat_pump_on") == [0.0]


def test_a_heat_pump_keeps_the_rules_of_units() -> None:
    """A start pays while it gains more than it costs; at 60 an hour gains 10, at 150 its least load loses 15.

    The least load of 0.25 MW at 150 costs 37.5 and saves 0.75 MWh of gas heat, 22.5. With starts at 8 it runs twice:
    20 + 30 + 20 + 16; with starts at 12 neither two runs (20 - 24) nor a long one (5 - 12) pays: 90.
    """
    unit = {"electric_max_mw": 0.5, "minimum_load_ratio": 0.5}
    dear = [60, 150, 60]
    assert optimum(site(dear, minutes=(60, 60, 60), start_cost_eur=8.0, **unit)) == pytest.approx(86.0)
    assert optimum(site(dear, minutes=(60, 60, 60), start_cost_eur=12.0, **unit)) == pytest.approx(90.0)
    ramp = {"ramp_up_ratio_per_hour": 0.1, "load_initially_ratio": 0.1, "electric_max_mw": 1.0}
    outcome = solve(site(60, minutes=(60, 60, 60), **ramp))
    assert schedule(outcome, "heat_pump_electric_mw") == pytest.approx([0.2, 0.3, 1 / 3])


def test_an_ordinary_heat_pump_has_no_state() -> None:
    outcome = solve(site(60))
    assert outcome.size["integers"] == 0
    assert "heat_pump_on" not in outcome.schedule_table.quantities


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"cop": None}, "cop", "is missing; give it, or source_temperature_c, supply_temperature_c, quality_grade"),
        ({**AIR, "cop": 3.0}, "quality_grade", "is given beside cop"),
        ({**AIR, "cop": 3.0}, "source_temperature_c", "is given beside cop"),
        ({"cop_max": 6.0}, "cop_max", "is given beside cop"),
        ({"icing_factor": 0.8}, "icing_factor", "is given beside cop"),
        ({**AIR, "quality_grade": None}, "quality_grade", "is missing; without cop"),
        ({**AIR, "source_temperature_c": None}, "source_temperature_c", "is missing; without cop"),
        (
            {**AIR, "source_temperature_c": [6.85, 50.0]},
            "supply_temperature_c[1]",
            "at 2025-01-01T01:00:00Z, with source_temperature_c at 50 °C: no cop of 20 or less; give cop_max",
        ),
        ({**AIR, "source_temperature_c": 45.85}, "supply_temperature_c[0]", "no cop of 20 or less"),
        ({"part_load": [{"load_ratio": 0.5, "performance_ratio": 1.0}]}, "part_load[0].load_ratio", "must be 1"),
        (
            {"part_load": [{"load_ratio": 1.0, "performance_ratio": 1.0}] * 2},
            "part_load[1].load_ratio",
            "it must be above that of the point before, 1",
        ),
        (
            {
                "part_load": [
                    {"load_ratio": 0.5, "performance_ratio": 2.0},
                    {"load_ratio": 1.0, "performance_ratio": 0.9},
                ]
            },
            "part_load[1].performance_ratio",
            "is 0.9; what it gives must rise with the load: more than 1",
        ),
        ({"minimum_load_ratio": 0.5, "start_ramp_ratio": 0.4}, "start_ramp_ratio", "could never run"),
    ],
)
def test_what_does_not_fit_together_is_told(fields: dict[str, Any], path: str, said: str) -> None:
    assert said in problems(**fields)[path]
