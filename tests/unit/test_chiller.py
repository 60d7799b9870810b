"""Chillers of an EER of 3 from power at 60: cold costs 20 a MWh; 6.85 °C are 280 K."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from tests.unit.small_cases import BUSES, boiler, chiller, grid, load, meter, optimum, prices, schedule, small_case

WITH_COLD = [*BUSES, {"id": "c", "carrier": "cooling"}]


def site(price: Any = 60, cold: Any = 1.0, heat: Any = 0.0, minutes: Any = (60,), **fields: Any) -> Case:
    return small_case(
        minutes,
        buses=WITH_COLD,
        grid_connection=[grid(price), meter(30)],
        demand=[load(cold, "c"), load(heat, "h")],
        boiler=[boiler()],
        chiller=[chiller(**fields)],
    )


def test_a_chiller_makes_cold_from_power() -> None:
    """1 MW of cold takes 1/3 MW at 60, then 1/2 MW; 3 of maintenance per electric MWh."""
    outcome = solve(site(minutes=(60, 60), eer=[3.0, 2.0], cost_eur_per_mwh=3.0))
    assert outcome.objective == pytest.approx(21.0 + 31.5)
    assert prices(outcome, "c") == pytest.approx([21.0, 31.5])


def test_an_eer_follows_from_temperatures() -> None:
    """Half of 280 K / 35 K is 4, of 280 K / 40 K 3.5: 60 / 4 + 60 / 3.5; the useful side is the cold one."""
    by_temperature = {"quality_grade": 0.5, "supply_temperature_c": 6.85, "rejection_temperature_c": [41.85, 46.85]}
    assert optimum(site(minutes=(60, 60), eer=None, **by_temperature)) == pytest.approx(15.0 + 60 / 3.5)
    capped = {**by_temperature, "rejection_temperature_c": [2.0, 41.85], "eer_max": 5.0}
    assert optimum(site(minutes=(60, 60), eer=None, **capped)) == pytest.approx(12.0 + 15.0)


def test_a_chiller_is_limited_at_its_cold_side() -> None:
    """Cold of 0.6 MW at 20, the rest from a second chiller of an EER of 2 at 30: 12 + 12."""
    case = small_case(
        (60,),
        buses=WITH_COLD,
        grid_connection=[grid(60)],
        demand=[load(1.0, "c")],
        chiller=[chiller(cooling_max_mw=0.6), chiller(id="old", eer=2.0)],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(24.0)
    assert outcome.schedule_table.values("chiller_electric_mw")[:, 0].tolist() == pytest.approx([0.2, 0.2])


@pytest.mark.parametrize(("heat", "recovered"), [(0.4, 0.4), (1.0, 0.8)])
def test_the_rejected_heat_may_heat(heat: float, recovered: float) -> None:
    """1 MW of cold and 1/3 MW of power reject 4/3 MW; three fifths of it, 0.8 MW, can be used in place of gas at 30."""
    outcome = solve(site(heat=heat, heat_bus="h", heat_recovery_ratio=0.6))
    assert schedule(outcome, "chiller_recovered_mw") == pytest.approx([recovered])
    assert outcome.objective == pytest.approx(20.0 + 30 * (heat - recovered))


def test_cold_is_cheaper_while_its_heat_is_wanted() -> None:
    """One more MWh of cold costs 20 and brings 4/3 MWh of heat worth 30 each: it earns 20."""
    outcome = solve(site(heat=2.0, heat_bus="h"))
    assert prices(outcome, "c") == pytest.approx([-20.0])
    assert outcome.objective == pytest.approx(20.0 + 30 * (2 - 4 / 3))


def test_chillers_with_and_without_recovery_stand_side_by_side() -> None:
    """The one with recovery is the better one by the heat that it saves, up to 0.3 MW of cold: 0.4 MW of heat."""
    case = small_case(
        (60,),
        buses=WITH_COLD,
        grid_connection=[grid(60), meter(30)],
        demand=[load(1.0, "c"), load(1.0, "h")],
        boiler=[boiler()],
        chiller=[chiller(id="plain"), chiller(id="recovering", heat_bus="h", cooling_max_mw=0.3)],
    )
    outcome = solve(case)
    assert outcome.schedule_table.values("chiller_recovered_mw")[:, 0].tolist() == pytest.approx([0.0, 0.4])
    assert outcome.objective == pytest.approx(20.0 + 18.0)
    assert outcome.flow_table.labels["port"].tolist()[-1] == "chiller/recovering@h"


def test_a_chiller_keeps_the_rules_of_units_and_its_part_load() -> None:
    """At half load a third better: 0.5 MW give 2 MW of cold; the least load of 0.4 MW gives 1.6 MW."""
    points = [{"load_ratio": 0.5, "performance_ratio": 4 / 3}, {"load_ratio": 1.0, "performance_ratio": 1.0}]
    unit = {"electric_max_mw": 1.0, "part_load": points, "minimum_load_ratio": 0.4, "start_cost_eur": 5.0}
    outcome = solve(site(cold=2.0, **unit))
    assert outcome.objective == pytest.approx(30.0 + 5.0)
    assert schedule(outcome, "chiller_electric_mw") == pytest.approx([0.5])
    assert str(solve(site(cold=1.0, **unit)).termination.reason) == "INFEASIBLE"


def test_maintenance_leaves_a_part_of_a_chiller() -> None:
    """A quarter of the 0.5 MW for 1.5 MW of cold is left: 0.125 MW, 0.375 MW of cold; the rest is bought at 90."""
    case = small_case(
        (60,),
        buses=WITH_COLD,
        grid_connection=[grid(60), grid(90, id="ice", bus="c")],
        demand=[load(1.0, "c")],
        chiller=[chiller(electric_max_mw=2.0, cooling_max_mw=1.5)],
        maintenance=[{"id": "m", "members": ["chiller/ch"], "available_ratio": 0.25}],
    )
    outcome = solve(case)
    assert schedule(outcome, "chiller_electric_mw") == pytest.approx([0.125])
    assert outcome.objective == pytest.approx(60 * 0.125 + 90 * 0.625)


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"eer": None}, "eer", "is missing; give it, or supply_temperature_c, rejection_temperature_c, quality_grade"),
        ({"quality_grade": 0.4}, "quality_grade", "is given beside eer"),
        ({"cooling_bus": "h"}, "cooling_bus", "it must be a bus of cooling"),
        (
            {"eer": None, "quality_grade": 0.5, "supply_temperature_c": 20.0, "rejection_temperature_c": 10.0},
            "rejection_temperature_c[0]",
            "no eer of 20 or less; give eer_max",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(fields: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        site(**fields)
    found = {issue.path.removeprefix("components.chiller[0]."): issue.message for issue in caught.value.issues}
    assert said in found[path]
