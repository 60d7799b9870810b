"""Tiny cases of heat pumps, chillers, electrolysers and fuel cells; see `tests.equations.tiny_cases`."""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt import Case
from tests.unit.small_cases import BUSES, chiller, electrolyser, fuel_cell, heat_pump, small_case

STEPS = (60, 15)
WITH_COLD = [*BUSES, {"id": "c", "carrier": "cooling"}]
WITH_HYDROGEN = [*BUSES, {"id": "y", "carrier": "hydrogen"}]

#: Every rule of a unit of 4 MW, of one that was on and has run for long enough.
RULES = {
    "minimum_load_ratio": 0.25,
    "minimum_down_hours": 0.75,
    "on_initially": True,
    "start_cost_eur": 5.0,
    "start_costs": [{"after_hours_off": 0.5, "cost_eur": 7.0}, {"after_hours_off": 1.0, "cost_eur": 8.0}],
    "stop_cost_eur": 2.0,
    "running_cost_eur_per_hour": 3.0,
    "ramp_up_ratio_per_hour": 0.5,
    "ramp_down_ratio_per_hour": 0.25,
    "start_ramp_ratio": 0.5,
    "stop_ramp_ratio": 0.375,
    "load_initially_ratio": 0.5,
}
#: Half load is better than full load by a fifth, a quarter of the load worse by a fifth.
POINTS = [
    {"load_ratio": 0.25, "performance_ratio": 0.8},
    {"load_ratio": 0.5, "performance_ratio": 1.2},
    {"load_ratio": 1.0, "performance_ratio": 1.0},
]
STANDBY = {"start_cost_eur": 9.0, "standby_power_mw": 0.125, "warm_start_cost_eur": 2.0, "standby_initially": True}


def tiny_machines() -> Mapping[str, Case]:
    """Kind -> case."""
    by_temperature = {"cop": None, "quality_grade": 0.5, "supply_temperature_c": 46.85}
    return {
        "heat_pump": small_case(
            STEPS,
            heat_pump=[
                heat_pump(cop=[2.0, 4.0], cost_eur_per_mwh=3.0, electric_max_mw=5.0),
                heat_pump(id="ruled", electric_max_mw=4.0, heat_max_mw=[9.0, 10.5], **RULES),
                heat_pump(id="inverter", electric_max_mw=4.0, heat_max_mw=[9.0, 12.0], part_load=POINTS),
                heat_pump(  # 320 K over 40 K and 50 K, the second iced up
                    id="air",
                    electric_max_mw=4.0,
                    source_temperature_c=[6.85, -3.15],
                    icing_factor=0.75,
                    **by_temperature,
                ),
            ],
        ),
        "chiller": small_case(
            STEPS,
            buses=WITH_COLD,
            chiller=[
                chiller(eer=[2.0, 4.0], cost_eur_per_mwh=3.0, electric_max_mw=5.0),
                chiller(id="ruled", electric_max_mw=4.0, cooling_max_mw=[9.0, 10.5], **RULES),
                chiller(id="recovering", electric_max_mw=4.0, heat_bus="h", heat_recovery_ratio=0.5, part_load=POINTS),
                chiller(  # 280 K over 35 K and 40 K
                    id="roof",
                    electric_max_mw=4.0,
                    eer=None,
                    quality_grade=0.5,
                    supply_temperature_c=6.85,
                    rejection_temperature_c=[41.85, 46.85],
                ),
            ],
        ),
        "electrolyser": small_case(
            STEPS,
            buses=WITH_HYDROGEN,
            electrolyser=[
                electrolyser(id="free", cost_eur_per_mwh=3.0),
                electrolyser(id="ruled", electric_max_mw=4.0, **RULES),
                electrolyser(
                    id="waiting", electric_max_mw=4.0, heat_bus="h", heat_efficiency=0.25, part_load=POINTS, **STANDBY
                ),
            ],
        ),
        "fuel_cell": small_case(
            STEPS,
            buses=WITH_HYDROGEN,
            fuel_cell=[
                fuel_cell(id="free", cost_eur_per_mwh=3.0),
                fuel_cell(id="ruled", hydrogen_max_mw=4.0, **RULES),
                fuel_cell(
                    id="waiting", hydrogen_max_mw=4.0, heat_bus="h", heat_efficiency=0.25, part_load=POINTS, **STANDBY
                ),
            ],
        ),
    }
