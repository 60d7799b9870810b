"""Tiny cases of everything that stores energy; see `tests.equations.tiny_cases`."""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt import Case
from tests.unit.small_cases import BUSES, battery, building, small_case, store, stratified_store, tank

STEPS = (60, 15)
WORTH = [{"energy_mwh": 0.5, "value_eur_per_mwh": 40.0}, {"energy_mwh": 1.0, "value_eur_per_mwh": 10.0}]


def tiny_stores() -> Mapping[str, Case]:
    """Kind -> case."""
    return {
        "battery": small_case(
            STEPS,
            battery=[
                battery(
                    id="b1",
                    charge_max_mw=2.0,
                    discharge_max_mw=3.0,
                    energy_min_mwh=0.25,
                    energy_max_mwh=4.0,
                    energy_start_mwh=0.5,
                    energy_end_mwh=1.0,
                    charge_efficiency=0.9,
                    discharge_efficiency=0.8,
                    standing_loss_per_hour=0.1,
                    discharge_cost_eur_per_mwh=6.0,
                ),
                battery(id="b2"),
                battery(
                    id="b3",
                    energy_max_mwh=2.0,
                    energy_start_mwh=0.75,
                    energy_end_min_mwh=0.2,
                    discharge_efficiency=0.8,
                    standing_loss_per_hour=0.19,
                    charge_limits=[
                        {"energy_ratio": 0.5, "power_ratio": 1.0},
                        {"energy_ratio": 0.75, "power_ratio": 0.75},
                        {"energy_ratio": 1.0, "power_ratio": 0.25},
                    ],
                    discharge_limits=[
                        {"energy_ratio": 0.0, "power_ratio": 0.25},
                        {"energy_ratio": 0.25, "power_ratio": 0.5},
                    ],
                    cycle_costs=[
                        {"depth_ratio": 0.25, "cost_eur_per_mwh": 10.0},
                        {"depth_ratio": 1.0, "cost_eur_per_mwh": 30.0},
                    ],
                    calendar_cost_eur_per_mwh_hour=0.5,
                    final_values=WORTH,
                ),
            ],
        ),
        "heat_store": small_case(
            STEPS,
            heat_store=[
                tank(energy_start_mwh=0.5, standing_loss_per_hour=0.19),
                tank(id="valued", energy_end_min_mwh=0.1, final_values=WORTH[:1]),
            ],
        ),
        "store": small_case(
            STEPS,
            store=[
                store(
                    id="lake",
                    charge_max_mw=[1.0, 2.0],
                    energy_max_mwh=[3.0, 4.0],
                    energy_min_mwh=[0.0, 0.5],
                    inflow_mw=[0.25, 0.0],
                    spill_cost_eur_per_mwh=2.0,
                    charge_cost_eur_per_mwh=1.0,
                    discharge_cost_eur_per_mwh=-3.0,
                    final_values=WORTH,
                ),
                store(
                    id="tank",
                    bus="g",
                    energy_start_mwh=None,
                    cyclic=True,
                    standing_loss_per_hour=0.19,
                    allow_both=True,
                    holding_cost_eur_per_mwh_hour=0.5,
                    spill_max_mw=0.75,
                ),
                store(
                    id="built",
                    charge_max_mw=[0.5, 1.0],
                    discharge_max_mw=2.0,
                    energy_max_mwh=[4.0, 8.0],
                    energy_min_mwh=[0.0, 2.0],
                    energy_capacity_cost_eur_per_mwh=7.0,
                    energy_capacity_min_mwh=1.0,
                    power_capacity_cost_eur_per_mw=9.0,
                    power_capacity_min_mw=0.25,
                    one_size=True,
                ),
                store(
                    id="costly",
                    discharge_cost_segments=[
                        {"discharge_mw": 0.5, "cost_eur_per_mwh": 3.0},
                        {"discharge_mw": 1.5, "cost_eur_per_mwh": 2.0},
                    ],
                ),
                store(id="fixed", energy_fixed_mwh=[0.75, 0.875], charge_efficiency=0.9, discharge_efficiency=0.8),
                store(id="stiff", charge_min_mw=0.5, discharge_min_mw=[0.0, 0.25]),
                store(id="both", discharge_min_mw=0.75, allow_both=True),
            ],
        ),
        "stratified_store": small_case(
            STEPS,
            stratified_store=[
                stratified_store(
                    id="given",
                    standing_loss_per_hour=0.19,
                    fixed_loss_per_hour=0.02,
                    fixed_loss_mw=0.03,
                    level_min_ratio=0.1,
                    level_max_ratio=0.9,
                    level_end_ratio=0.25,
                    discharge_cost_eur_per_mwh=2.0,
                ),
                stratified_store(
                    id="computed",
                    energy_max_mwh=None,
                    standing_loss_per_hour=None,
                    fixed_loss_mw=None,
                    diameter_m=2.0,
                    height_m=4.0,
                    u_value_w_per_m2_k=10.0,
                    temperature_ambient_c=[0.0, 40.0],
                    level_start_ratio=None,
                    cyclic=True,
                    final_values=WORTH[:1],
                ),
            ],
        ),
        "building": small_case(
            STEPS,
            buses=[*BUSES, {"id": "c", "carrier": "cooling"}],
            building=[
                building(
                    id="room", outdoor_temperature_c=[5.0, 10.0], solar_gains_mw=[0.0, 0.5], internal_gains_mw=0.1
                ),
                building(
                    id="walls",
                    cooling_bus="c",
                    cool_max_mw=[3.0, 4.0],
                    resistance_k_per_mw=None,
                    envelope_capacity_mwh_per_k=2.0,
                    indoor_envelope_resistance_k_per_mw=4.0,
                    envelope_outdoor_resistance_k_per_mw=16.0,
                    solar_gains_mw=0.5,
                    solar_envelope_ratio=0.4,
                    temperature_min_c=[18.0, 20.0],
                    temperature_max_c=25.0,
                    discomfort_cost_eur_per_c_hour=8.0,
                ),
            ],
        ),
    }
