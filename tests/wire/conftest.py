"""A document with a field of every kind, in kW, and the case that it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder

Document = dict[str, Any]

_STEPS = 4


_WORN = {
    "energy_end_kwh": 2,
    "energy_end_min_kwh": 1,
    "discharge_cost_eur_per_kwh": 0.01,
    "charge_limits": [{"energy_ratio": 0.8, "power_ratio": 1}, {"energy_ratio": 1, "power_ratio": 0.1}],
    "discharge_limits": [{"energy_ratio": 0, "power_ratio": 0.3}, {"energy_ratio": 0.2, "power_ratio": 1}],
    "cycle_costs": [
        {"depth_ratio": 0.5, "cost_eur_per_kwh": 0.01},
        {"depth_ratio": 1, "cost_eur_per_kwh": 0.03},
    ],
    "calendar_cost_eur_per_mwh_hour": 0.2,
    "final_values": [{"energy_kwh": 5, "value_eur_per_kwh": 0.05}],
}


#: Every rule of a unit.
_RULES = {
    "rated_kw": 50,
    "minimum_load_ratio": 0.1,
    "start_cost_eur": 0.5,
    "start_costs": [{"after_hours_off": 2, "cost_eur": 0.75}, {"after_hours_off": 4.5, "cost_eur": 1}],
    "stop_cost_eur": 0.25,
    "running_cost_eur_per_hour": 0.125,
    "minimum_up_hours": 2,
    "minimum_down_hours": 1,
    "on_initially": True,
    "hours_in_state_initially": 3,
    "ramp_up_ratio_per_hour": [0.5, 0.6, 0.5, 0.5],
    "ramp_down_ratio_per_hour": 0.6,
    "start_ramp_ratio": 0.7,
    "stop_ramp_ratio": 0.8,
    "load_initially_ratio": 0.2,
}


#: The same for machines whose rated power is that of their limit.
_UNIT = {**{name: rule for name, rule in _RULES.items() if name != "rated_kw"}, "switchable": True}
_POINTS = [{"load_ratio": 0.4, "performance_ratio": 1.1}, {"load_ratio": 1, "performance_ratio": 1}]
_STANDBY = {"standby_power_kw": 0.5, "warm_start_cost_eur": 0.25}


#: The same for kinds whose rated power is their largest.
_UNIT_RULES = {name: rule for name, rule in _RULES.items() if name != "rated_kw"}


_LAWS: dict[str, list[dict[str, Any]]] = {
    "energy_budget": [
        {
            "id": "cap",
            "members": ["grid_connection/meter", "battery/*"],
            "site": "farm",
            "carrier": "electricity",
            "counted": "out_of",
            "minimum_kwh": -5,
            "maximum_kwh": 900,
            "beyond_price_eur_per_kwh": 0.4,
            "window": "rolling",
            "window_hours": 2,
        }
    ],
    "emission_budget": [
        {
            "id": "co2",
            "maximum_t": 2.5,
            "minimum_t": 0,
            "price_eur_per_t": 80,
            "beyond_price_eur_per_t": 200,
            "window": "day",
        }
    ],
    "self_consumption": [
        {
            "id": "own",
            "site": "farm",
            "carrier": "heat",
            "minimum_self_consumption_ratio": 0.2,
            "minimum_autarky_ratio": 0,
            "window": "week",
        },
        {
            "id": "all",
            "carrier": "heat",
            "minimum_autarky_ratio": 0.1,
            "missed_price_eur_per_kwh": 0.3,
            "window": "month",
        },
    ],
    "reserve": [
        {
            "id": "spin",
            "members": ["battery/b1", "chp/*"],
            "up_kw": [1, 2, 0, 1],
            "down_kw": 0.5,
            "duration_hours": 0.25,
            "missing_price_eur_per_mw_hour": 40,
        },
        {
            "id": "regulation",
            "members": ["battery/b1"],
            "regulation": True,
            "symmetric": True,
            "activation_minutes": 5,
            "counts_for": [],
        },
        {
            "id": "fast",
            "members": ["battery/b1", "chp/*"],
            "counts_for": ["spin"],
            "demand": [
                {"power_kw": 1, "price_eur_per_mw_hour": 12},
                {"way": "down", "power_kw": 0.5, "price_eur_per_mw_hour": 3},
            ],
        },
    ],
    "reserve_offer": [
        {
            "id": "b1",
            "provider": "battery/b1",
            "reserve": "fast",
            "way": "down",
            "price_eur_per_mw_hour": [1, 2, 3, 4],
            "power_max_kw": [1, 2, 0, 1],
            "segments": [{"power_kw": 1, "price_eur_per_mw_hour": 1}, {"power_kw": 2, "price_eur_per_mw_hour": 2}],
            "enablement_min_kw": -2,
            "low_break_kw": -1,
            "high_break_kw": 1,
            "enablement_max_kw": 2,
        }
    ],
    "generic_constraint": [
        {
            "id": "sum",
            "terms": [
                {"member": "battery/*", "site": "farm", "reserve": "fast", "way": "down", "coefficient": -0.5},
                {"member": "demand/house"},
            ],
            "least_kw": [-9, -9, -8, -9],
            "most_kw": 900,
            "violation_price_eur_per_mw_hour": 1000,
        }
    ],
    "islanding": [
        {
            "id": "able",
            "members": ["battery/b1", "chp/chp"],
            "site": "farm",
            "form": "energy",
            "duration_hours": 1.5,
            "critical_ratio": 0.3,
            "critical_loads": [{"member": "demand/house", "critical_ratio": 0.6}],
            "reserve_ratio": 0.1,
            "required": [0, 1, 1, 0],
            "missing_price_eur_per_kwh": 2,
        },
        {
            "id": "cut",
            "mode": "islanded",
            "members": ["tie/wire"],
            "begin": "2025-03-30T01:00",
            "end": "2025-03-30T03:30",
        },
    ],
    "charging_site": [
        {
            "id": "yard",
            "members": ["ev_session/car", "ev_session/scooter"],
            "site": "farm",
            "plugs": 1,
            "swaps": False,
            "power_max_kw": [11, 11, 8, 8],
        },
        {"id": "supply", "members": ["ev_session/*"], "power_max_kw": 40},
    ],
    "exclusion": [{"id": "turns", "members": ["battery/b1", "heat_pump/pump"], "site": "farm", "most": 1}],
    "maintenance": [
        {
            "id": "service",
            "members": ["boiler/boiler"],
            "begin": "2025-03-30T00:00",
            "end": "2025-03-30T05:00",
            "hours": 2,
        },
        {"id": "half", "members": ["chp/chp"], "available_ratio": 0.5},
    ],
    "contract": [
        {
            "id": "forward",
            "bus": "el",
            "seller": "grid",
            "buyer": "ann",
            "power_kw": [1, 2, 0, 1],
            "price_eur_per_kwh": [0.3, -0.1, 0.2, 0.3],
            "settlement": "financial",
            "broker": "",
            "broker_fee_eur_per_kwh": 0.002,
        }
    ],
    "must_run": [{"id": "warm", "members": ["boiler/boiler"], "carrier": "heat", "power_min_kw": [0, 0, 1, 0]}],
}


def small_document() -> Document:
    """A site with every kind of component and a few orders, in kW, kWh and PLN/kWh."""
    return {
        "name": "small",
        "currency": "PLN",
        "units": {"power": "kW", "energy": "kWh", "price": "PLN/kWh"},
        "horizon": {"start": "2025-03-30T00:00", "time_zone": "Europe/Warsaw", "step_minutes": 60, "steps": _STEPS},
        "parties": [{"id": "ann", "name": "Ann"}, {"id": "grid"}],
        "buses": [
            {"id": "el", "site": "farm"},
            {"id": "el2"},
            {"id": "heat", "carrier": "heat"},
            {"id": "gas", "carrier": "gas"},
            {"id": "cold", "carrier": "cooling"},
            {"id": "h2", "carrier": "hydrogen"},
            {"id": "heat2", "carrier": "heat"},
            {"id": "gas2", "carrier": "gas"},
            {"id": "north"},
            {"id": "south"},
        ],
        "components": {
            "grid_connection": [
                {
                    "id": "meter",
                    "bus": "el",
                    "owner": "grid",
                    "import_max_kw": 1000,
                    "export_max_kw": [100, 200, 300, 400],
                    "import_price_eur_per_kwh": [0.3, 0.1, 0.7, 0.2],
                    "export_price_eur_per_kwh": 0.05,
                },
                {
                    "id": "gasmeter",
                    "bus": "gas",
                    "import_max_kw": 900,
                    "import_price_eur_per_kwh": 0.04,
                    "ramp_max_mw_per_hour": 1.5,
                    "exchange_before_kw": -3,
                    "energy_min_kwh": 100,
                    "shortfall_price_eur_per_kwh": 0.02,
                    "energy_max_kwh": 3000,
                    "emissions_t_per_mwh": [0.2, 0.21, 0.2, 0.2],
                    "demand_charges": [
                        {
                            "name": "evening",
                            "direction": "export",
                            "price_eur_per_mw": 12000,
                            "tiers": [{"above_kw": 5, "price_eur_per_mw": 13000}],
                            "period": "day",
                            "measure": "highest",
                            "measuring_hours": 24,
                            "begin_hour": 17,
                            "end_hour": 21.5,
                            "weekdays": ["monday", "friday"],
                            "system_peak": [0, 1, 1, 0],
                            "peak_before_kw": 2,
                            "ratchet_ratio": 0.7,
                            "ratchet_peak_kw": 4.5,
                        },
                        {"price_eur_per_mw": 1.5, "measure": "mean"},
                    ],
                },
            ],
            "renewable": [
                {"id": "roof", "bus": "el", "technology": "wind", "available_kw": [0, 3, 1.1, 0], "curtailable": False}
            ],
            "demand": [
                {"id": "house", "bus": "el", "owner": "ann", "demand_kw": [3, 2, 1, 0.3]},
                {"id": "radiator", "bus": "heat", "demand_kw": 7},
            ],
            "flexible_demand": [
                {
                    "id": "laundry",
                    "bus": "el2",
                    "demand_kw": 2,
                    "shed_value_eur_per_kwh": 3,
                    "shift_max_kw": 1,
                    "shift_window_hours": 2,
                    "tranches": [
                        {"ratio": 0.2, "value_eur_per_kwh": 0.5, "load_class": "comfort"},
                        {"ratio": 0.1, "value_eur_per_kwh": 0.9},
                    ],
                    "events": [
                        {
                            "begin": "2025-03-30T01:00",
                            "end": "2025-03-30T03:00",
                            "baseline_kw": [2, 2.5, 2, 2],
                            "committed_kw": 1.1,
                            "reward_eur_per_kwh": 0.3,
                            "penalty_eur_per_kwh": 0.1,
                        }
                    ],
                }
            ],
            "shiftable_load": [
                {
                    "id": "washer",
                    "bus": "el",
                    "owner": "ann",
                    "phases": [{"hours": 0.5, "power_kw": 2.2}, {"hours": 1, "power_kw": 0.3}],
                    "earliest": "2025-03-30T00:00",
                    "latest": "2025-03-30T04:00",
                    "repeat": "daily",
                    "unserved_value_eur_per_kwh": 0.7,
                }
            ],
            "deferrable_load": [
                {
                    "id": "pool",
                    "bus": "el",
                    "earliest": "2025-03-30T00:30",
                    "latest": "2025-03-30T05:00",
                    "energy_needed_kwh": 3.1,
                    "energy_max_kwh": 3.3,
                    "power_max_kw": 1.5,
                    "power_min_kw": 0.2,
                    "interruptible": False,
                    "minimum_up_hours": 1.5,
                    "minimum_down_hours": 0.5,
                    "starts_max": 1,
                    "unserved_value_eur_per_kwh": 0.4,
                }
            ],
            "interruptible_load": [
                {
                    "id": "freezer",
                    "bus": "el",
                    "owner": "ann",
                    "demand_kw": [0.5, 0.6, 0.5, 0.4],
                    "reduction_max_ratio": 0.9,
                    "reduction_min_ratio": 0.3,
                    "cost_eur_per_kwh": 0.05,
                    "interruption_cost_eur": 0.1,
                    "interruption_max_hours": 1,
                    "interruptions_max": 2,
                    "interruptions_period": "day",
                    "rest_min_hours": 1,
                    "rested_initially_hours": 5,
                    "recovery_ratio": 1.1,
                    "recovery_hours": 2,
                    "recovery_max_kw": 0.8,
                    "events": [
                        {
                            "begin": "2025-03-30T01:00",
                            "end": "2025-03-30T03:00",
                            "baseline_kw": 0.6,
                            "committed_kw": 0.2,
                            "reward_eur_per_kwh": 0.3,
                        }
                    ],
                }
            ],
            "chp": [
                {
                    "id": "chp",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "fuel_bus": "gas",
                    "fuel_max_kw": 20,
                    "electric_efficiency": 0.35,
                    "heat_efficiency": 0.5,
                    "start_cost_eur": 0.01,
                    "on_initially": True,
                },
                {
                    "id": "turbine",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "fuel_bus": "gas",
                    "switchable": True,
                    "ramp_up_ratio_per_hour": 0.5,
                    "operating_region": [
                        {"electric_kw": [9, 8, 9, 9], "heat_kw": 0, "fuel_kw": 20},
                        {"electric_kw": 6, "heat_kw": 9.5, "fuel_kw": [20, 19, 20, 20]},
                    ],
                },
                {
                    "id": "engine",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "fuel_bus": "gas",
                    "fuel_max_kw": 9,
                    "efficiency_segments": [
                        {"fuel_kw": 4, "electric_efficiency": 0.3, "heat_efficiency": 0.5},
                        {"fuel_kw": 5, "electric_efficiency": 0.4, "heat_efficiency": 0.45},
                    ],
                },
            ],
            "generator": [
                {"id": "peaker", "bus": "el", "owner": "ann", "power_max_kw": 40, **_RULES, "energy_max_kwh": 90},
                {
                    "id": "sized",
                    "bus": "el2",
                    "power_max_ratio": [0.1, 0.9, 1, 0.05],
                    "power_min_ratio": 0.05,
                    "capacity_cost_eur_per_mw": 12.5,
                    "capacity_min_kw": 1,
                    "capacity_max_kw": 20,
                    "cost_eur_per_kwh": [0.01, 0.02, 0.01, 0.02],
                    "emissions_t_per_mwh": 0.4,
                },
                {
                    "id": "pump",
                    "bus": "el",
                    "power_max_kw": 5,
                    "power_fixed_kw": [5, 0, 0, 5],
                    "energy_min_kwh": 1,
                    "cost_segments": [
                        {"power_kw": 2, "cost_eur_per_kwh": 0.1},
                        {"power_kw": 3, "cost_eur_per_kwh": 0.05},
                    ],
                },
            ],
            "converter": [
                {"id": "vent", "input_bus": "heat2", "input_max_kw": 90},
                {"id": "earth", "input_bus": "el2", "input_max_kw": 90},
                {
                    "id": "cell",
                    "input_bus": "gas",
                    "input_max_kw": [9, 8, 9, 9],
                    "input_min_kw": 1,
                    "switchable": True,
                    "outputs": [
                        {"bus": "el", "efficiency": [0.4, 0.41, 0.42, 0.43]},
                        {"bus": "el2", "efficiency": -0.05, "delay_hours": 0.5, "cyclic": True},
                        {
                            "bus": "heat",
                            "segments": [{"input_kw": 4, "efficiency": 0.3}, {"input_kw": 5, "efficiency": 0.2}],
                        },
                    ],
                },
                {"id": "heater", "input_bus": "el", "input_max_kw": 9, **_RULES},
            ],
            "boiler": [
                {"id": "boiler", "heat_bus": "heat", "fuel_bus": "gas", "heat_max_kw": 30, "efficiency": 0.92},
                {
                    "id": "modern",
                    "heat_bus": "heat",
                    "fuel_bus": "gas",
                    "heat_max_kw": 9,
                    **_UNIT_RULES,
                    "efficiency_segments": [{"heat_kw": 4, "efficiency": 0.98}, {"heat_kw": 5, "efficiency": 0.94}],
                },
            ],
            "heat_pump": [
                {
                    "id": "pump",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "electric_max_kw": 4,
                    "cop": [3, 3.1, 3.2, 3.3],
                },
                {
                    "id": "air",
                    "electricity_bus": "el",
                    "heat_bus": "heat",
                    "electric_max_kw": 50,
                    "quality_grade": 0.45,
                    "source_temperature_c": [-3, 2, 7.5, 12],
                    "supply_temperature_c": 45,
                    "cop_max": 6,
                    "icing_factor": 0.8,
                    "icing_temperature_c": 3,
                    "heat_max_kw": [9, 8, 7, 6],
                    "part_load": _POINTS,
                    **_UNIT,
                },
            ],
            "chiller": [
                {
                    "id": "cold",
                    "electricity_bus": "el",
                    "cooling_bus": "cold",
                    "heat_bus": "heat",
                    "owner": "ann",
                    "electric_max_kw": 50,
                    "cost_eur_per_kwh": 0.01,
                    "quality_grade": 0.3,
                    "supply_temperature_c": 6,
                    "rejection_temperature_c": [30, 31, 32, 33],
                    "eer_max": 5,
                    "cooling_max_kw": 20,
                    "heat_recovery_ratio": 0.4,
                    "part_load": _POINTS,
                    **_UNIT,
                },
                {
                    "id": "old",
                    "electricity_bus": "el",
                    "cooling_bus": "cold",
                    "electric_max_kw": 5,
                    "eer": [2, 3, 3, 2],
                },
            ],
            "electrolyser": [
                {
                    "id": "stack",
                    "electricity_bus": "el",
                    "hydrogen_bus": "h2",
                    "heat_bus": "heat",
                    "owner": "ann",
                    "electric_max_kw": 50,
                    "efficiency": 0.65,
                    "heat_efficiency": 0.2,
                    "cost_eur_per_kwh": 0.002,
                    "part_load": _POINTS,
                    **{**_UNIT, "start_costs": []},
                    **_STANDBY,
                }
            ],
            "fuel_cell": [
                {
                    "id": "cell",
                    "electricity_bus": "el",
                    "hydrogen_bus": "h2",
                    "heat_bus": "heat",
                    "hydrogen_max_kw": 50,
                    "electric_efficiency": 0.5,
                    "heat_efficiency": 0.3,
                    "cost_eur_per_kwh": 0.003,
                    "part_load": _POINTS,
                    **{**_UNIT, "start_costs": [], "on_initially": False, "load_initially_ratio": 0},
                    **_STANDBY,
                    "standby_initially": True,
                }
            ],
            "battery": [
                {
                    "id": name,
                    "bus": "el",
                    "charge_max_kw": 3,
                    "discharge_max_kw": 3,
                    "energy_max_kwh": 10,
                    "energy_start_kwh": 5,
                }
                | more
                for name, more in (("b1", {}), ("b2", _WORN))
            ],
            "heat_store": [
                {
                    "id": "tank",
                    "bus": "heat",
                    "charge_max_kw": 9,
                    "discharge_max_kw": 9,
                    "energy_max_kwh": 50,
                    "energy_start_kwh": 1,
                    "standing_loss_per_hour": 0.01,
                }
            ],
            "store": [
                {
                    "id": "lake",
                    "bus": "el2",
                    "charge_max_kw": 2,
                    "discharge_max_kw": [5, 4, 3, 2],
                    "energy_max_kwh": 40,
                    "energy_min_kwh": [0, 1, 2, 3],
                    "cyclic": True,
                    "inflow_kw": [1, 0, 2, 0],
                    "spill_max_kw": 3,
                    "spill_cost_eur_per_kwh": 0.002,
                    "charge_cost_eur_per_kwh": -0.001,
                    "holding_cost_eur_per_mwh_hour": 0.3,
                    "energy_capacity_cost_eur_per_kwh": 0.01,
                    "power_capacity_cost_eur_per_mw": 7,
                    "one_size": True,
                    "final_values": [
                        {"energy_kwh": 3, "value_eur_per_kwh": 0.2},
                        {"energy_kwh": 9, "value_eur_per_kwh": 0.1},
                    ],
                },
                {
                    "id": "cavern",
                    "bus": "gas",
                    "charge_max_kw": 2,
                    "discharge_max_kw": 2,
                    "energy_max_kwh": 40,
                    "energy_start_kwh": 4,
                    "energy_fixed_kwh": [5, 5.5, 5, 4],
                    "allow_both": True,
                    "charge_min_kw": 0.5,
                    "discharge_min_kw": [0, 0.25, 0, 1],
                },
            ],
            "stratified_store": [
                {
                    "id": "tower",
                    "bus": "heat",
                    "charge_max_kw": 9,
                    "discharge_max_kw": 9,
                    "temperature_hot_c": 85,
                    "temperature_cold_c": 55,
                    "temperature_ambient_c": [3, 4, 5, 6],
                    "diameter_m": 1.2,
                    "height_m": 3,
                    "u_value_w_per_m2_k": 0.4,
                    "level_start_ratio": 0.5,
                    "level_min_ratio": 0.05,
                }
            ],
            "building": [
                {
                    "id": "school",
                    "heat_bus": "heat",
                    "heat_max_kw": 40,
                    "capacity_mwh_per_k": 0.01,
                    "envelope_capacity_mwh_per_k": 0.1,
                    "indoor_envelope_resistance_k_per_mw": 300,
                    "envelope_outdoor_resistance_k_per_mw": 900,
                    "temperature_start_c": 20.5,
                    "outdoor_temperature_c": [-3, -2.5, -2, 0],
                    "solar_gains_kw": [0, 0, 1, 2],
                    "solar_envelope_ratio": 0.4,
                    "temperature_min_c": [18, 18, 20, 20],
                }
            ],
            **_LAWS,
            "ev_session": [
                {
                    "id": "car",
                    "bus": "el",
                    "arrival": "2025-03-30T00:30",
                    "departure": "2025-03-30T04:30",
                    "energy_needed_kwh": 6,
                    "energy_max_kwh": 60,
                    "charge_max_kw": 11,
                    "charge_steps": [{"power_kw": 1.4}, {"power_kw": 11}],
                },
                {
                    "id": "vans",
                    "bus": "el",
                    "arrival": "2025-03-30T00:00",
                    "departure": "2025-03-30T05:30",
                    "soc_departure_ratio": 0.8,
                    "energy_max_kwh": 40,
                    "charge_max_kw": 22,
                    "charge_limit_kw": [22, 4.1, 4.1, 22],
                    "discharge_max_kw": 10,
                    "throughput_max_kwh": 12,
                    "energy_v2g_min_kwh": 0,
                    "count": 3,
                },
                {
                    "id": "scooter",
                    "bus": "el",
                    "arrival": "2025-03-30T00:30",
                    "departure": "2025-03-30T04:30",
                    "energy_needed_kwh": 2,
                    "energy_start_kwh": 1,
                    "energy_max_kwh": 4,
                    "charge_max_kw": 3.7,
                    "charge_min_kw": 1.4,
                },
            ],
            "tie": [
                {
                    "id": "wire",
                    "from_bus": "el",
                    "to_bus": "el2",
                    "forward_max_kw": 50,
                    "backward_max_kw": 50,
                    "loss_segments": [{"flow_kw": 20, "loss_ratio": 0.01}, {"flow_kw": 30, "loss_ratio": 0.03}],
                    "loss_fixed_kw": 0.2,
                    "backward_fee_eur_per_kwh": 0.003,
                    "ramp_max_mw_per_hour": 0.04,
                    "flow_before_kw": -10,
                },
                {
                    "id": "cable",
                    "from_bus": "el",
                    "to_bus": "el2",
                    "forward_min_kw": 1,
                    "forward_max_kw": [5, 5, 6, 6],
                    "backward_min_kw": 0,
                    "backward_max_kw": 0,
                    "loss_ratio": 0.02,
                    "backward_loss_ratio": -0.01,
                },
            ],
            "flow_based_constraint": [
                {
                    "id": "cne",
                    "hub": "core",
                    "owner": "grid",
                    "zones": [{"bus": "north", "ptdf_ratio": 0.3}, {"bus": "south", "ptdf_ratio": [-0.2, 0, 0.1, 0.2]}],
                    "ram_kw": [900, 900, 800, 800],
                    "ram_backward_kw": 700,
                    "overload_price_eur_per_kwh": 0.5,
                },
            ],
            "heat_pipe": [
                {
                    "id": "street",
                    "from_bus": "heat",
                    "to_bus": "heat2",
                    "owner": "ann",
                    "forward_max_kw": 300,
                    "backward_max_kw": [0, 0, 5, 5],
                    "mass_flow_max_kg_per_s": 2,
                    "supply_temperature_c": 75,
                    "return_temperature_c": [45, 45, 46, 46],
                    "ground_temperature_c": 8,
                    "transmittance_w_per_m_k": 0.2,
                    "length_m": 400,
                    "delay_hours": 0.25,
                    "content_start_kwh": 1,
                    "content_end_min_kwh": 0.5,
                    "switchable": True,
                    "fee_eur_per_kwh": 0.001,
                },
                {
                    "id": "ring",
                    "from_bus": "heat",
                    "to_bus": "heat2",
                    "forward_max_kw": 30,
                    "delay_hours": 0.5,
                    "cyclic": True,
                },
            ],
            "gas_pipe": [
                {
                    "id": "main",
                    "from_bus": "gas",
                    "to_bus": "gas2",
                    "owner": "grid",
                    "inflow_min_kw": 0.5,
                    "inflow_max_kw": [40, 40, 50, 50],
                    "outflow_min_kw": -3,
                    "outflow_max_kw": 60,
                    "linepack_min_kwh": 2,
                    "linepack_max_kwh": 20,
                    "linepack_start_kwh": 10,
                    "linepack_end_min_kwh": 9,
                    "compressor_ratio": 0.02,
                    "compressor_bus": "el",
                    "fee_eur_per_kwh": 0.0005,
                },
                {
                    "id": "loop",
                    "from_bus": "gas",
                    "to_bus": "gas2",
                    "inflow_max_kw": 40,
                    "outflow_max_kw": 60,
                    "linepack_max_kwh": 20,
                    "cyclic": True,
                },
                {
                    "id": "spur",
                    "from_bus": "gas",
                    "to_bus": "gas2",
                    "inflow_max_kw": 40,
                    "outflow_max_kw": 60,
                    "linepack_max_kwh": 20,
                    "linepack_start_kwh": 10,
                    "linepack_end_kwh": 10,
                },
            ],
        },
        "orders": {
            "id": ["o1", "o2", "o3"],
            "party": ["ann", "grid", "ann"],
            "bus": ["el", "el2", "el"],
            "step": [0, 1, 3],
            "side": ["buy", "sell", "buy"],
            "price_eur_per_kwh": [0.9, 0.001, -0.3],
            "energy_kwh": [1, 2.5, 0.3],
        },
        "policy": {
            "operator": "dso",
            "money_decimals": 4,
            "second_objective_slack_ratio": 0.002,
            "commitment": "carrion_arroyo",
        },
    }


@pytest.fixture
def document() -> Document:
    return small_document()


@pytest.fixture
def case(document: Document) -> Case:
    return Builder(document, {}).case()


@pytest.fixture
def build() -> Callable[[Document], Case]:
    return lambda document: Builder(document, {}).case()


@pytest.fixture
def big_book() -> Callable[[int], Any]:
    """Order columns of any length, as a message's numpy columns."""

    def make(orders: int) -> dict[str, Any]:
        random = np.random.default_rng(1)
        return {
            "ids": np.char.add("o", np.arange(orders).astype(np.str_)),
            "party": random.integers(0, 2, orders),
            "bus": random.integers(0, 2, orders),
            "step": random.integers(0, _STEPS, orders),
            "side": np.where(random.random(orders) < 0.5, 1, 2),
            "price": random.normal(0.1, 0.05, orders),
            "energy": random.random(orders) + 0.1,
        }

    return make
