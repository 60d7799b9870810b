"""Tiny cases of laws of sites, each with the components that it binds; see `tests.equations.tiny_cases`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c4e_opt import Case
from tests.unit.small_cases import battery, chp, converter, generator, grid, load, small_case, vehicle

STEPS = (60, 15)
LATER = "2025-01-01T01:00Z"


def tiny_laws() -> Mapping[str, Case]:
    """Kind -> case."""
    return {
        "energy_budget": _small(
            grid_connection=[grid(10.0, export_max_mw=2.0), grid(20.0, id="other")],
            energy_budget=[
                {"id": "net", "minimum_mwh": 0.5, "maximum_mwh": 2.0, "beyond_price_eur_per_mwh": 30.0},
                {
                    "id": "out",
                    "members": ["grid_connection/grid"],
                    "counted": "out_of",
                    "maximum_mwh": 1.0,
                    "window": "rolling",
                    "window_hours": 0.25,
                },
            ],
        ),
        "emission_budget": _small(
            grid_connection=[grid(10.0, emissions_t_per_mwh=[0.5, 0.25]), grid(20.0, id="clean")],
            generator=[generator(emissions_t_per_mwh=0.75)],
            emission_budget=[
                {
                    "id": "all",
                    "minimum_t": 0.1,
                    "maximum_t": 2.0,
                    "price_eur_per_t": 70.0,
                    "beyond_price_eur_per_t": 9.0,
                },
                {"id": "one", "members": ["generator/*"], "maximum_t": 1.0},
            ],
        ),
        "self_consumption": _small(
            grid_connection=[grid(10.0, export_max_mw=2.0)],
            renewable=[{"id": "pv", "bus": "e", "available_mw": 3.0}],
            demand=[load(1.0)],
            battery=[battery()],
            self_consumption=[
                {
                    "id": "s",
                    "minimum_self_consumption_ratio": 0.75,
                    "minimum_autarky_ratio": 0.5,
                    "missed_price_eur_per_mwh": 8.0,
                }
            ],
        ),
        "reserve": _small(
            battery=[
                battery(energy_min_mwh=0.25, energy_start_mwh=0.5, charge_efficiency=0.9, discharge_efficiency=0.8)
            ],
            renewable=[{"id": "pv", "bus": "e", "available_mw": 3.0}],
            generator=[
                generator(start_ramp_ratio=0.75, stop_ramp_ratio=0.5, minimum_load_ratio=0.25),
                generator(
                    id="quick",
                    start_ramp_ratio=0.75,
                    stop_ramp_ratio=0.5,
                    minimum_load_ratio=0.25,
                    ramp_up_ratio_per_hour=0.5,
                    ramp_down_ratio_per_hour=0.25,
                ),
            ],
            converter=[converter(start_ramp_ratio=0.5, stop_ramp_ratio=0.75, minimum_load_ratio=0.25)],
            reserve=[
                {"id": "r", "up_mw": [0.5, 0.0], "down_mw": 0.25, "missing_price_eur_per_mw_hour": 6.0},
                {"id": "s", "members": ["battery/b"], "up_mw": 0.125, "duration_hours": 0.5},
                {"id": "t", "members": ["generator/quick"], "up_mw": 0.25, "within_ramps": True},
                {
                    "id": "u",
                    "members": ["generator/quick"],
                    "up_mw": 0.5,
                    "activation_minutes": 15.0,
                    "symmetric": True,
                },
                {
                    "id": "v",
                    "members": ["renewable/pv", "generator/quick"],
                    "activation_minutes": 30.0,
                    "counts_for": ["r"],
                    "demand": [
                        {"power_mw": 0.75, "price_eur_per_mw_hour": 8.0},
                        {"way": "down", "power_mw": 0.5, "price_eur_per_mw_hour": 7.0},
                    ],
                },
            ],
        ),
        "reserve_offer": _small(
            battery=[battery(energy_start_mwh=0.5)],
            generator=[generator(minimum_load_ratio=0.25)],
            reserve=[
                {"id": "r", "up_mw": [0.5, 0.0], "down_mw": 0.25, "missing_price_eur_per_mw_hour": 6.0},
                {"id": "s", "up_mw": 0.125, "regulation": True},
            ],
            reserve_offer=[
                {
                    "id": "a",
                    "provider": "generator/gen",
                    "reserve": "r",
                    "segments": [
                        {"power_mw": 0.25, "price_eur_per_mw_hour": 3.0},
                        {"power_mw": 0.5, "price_eur_per_mw_hour": 4.0},
                    ],
                    "power_max_mw": 0.5,
                    "enablement_min_mw": 0.25,
                    "low_break_mw": 0.375,
                    "high_break_mw": 0.625,
                    "enablement_max_mw": 0.875,
                },
                {
                    "id": "b",
                    "provider": "battery/b",
                    "reserve": "r",
                    "way": "down",
                    "price_eur_per_mw_hour": [5.0, 6.0],
                    "power_max_mw": [0.5, 0.0],
                    "enablement_min_mw": -0.75,
                },
                {"id": "c", "provider": "generator/gen", "reserve": "s", "price_eur_per_mw_hour": 9.0},
            ],
        ),
        "generic_constraint": _small(
            generator=[generator(id="a"), generator(id="b", bus="h")],
            demand=[load(1.0)],
            battery=[battery()],
            reserve=[{"id": "r", "up_mw": 0.5, "down_mw": 0.25, "missing_price_eur_per_mw_hour": 6.0}],
            generic_constraint=[
                {
                    "id": "x",
                    "terms": [
                        {"member": "generator/*"},
                        {"member": "battery/b", "coefficient": -2.0},
                        {"member": "generator/a", "reserve": "r", "coefficient": 0.5},
                        {"member": "battery/*", "reserve": "r", "way": "down"},
                    ],
                    "least_mw": [0.5, 0.25],
                    "most_mw": 4.0,
                    "violation_price_eur_per_mw_hour": 100.0,
                },
                {"id": "y", "terms": [{"member": "demand/*"}], "least_mw": -3.0},
            ],
        ),
        "islanding": _small(
            minutes=(60, 15, 30),
            grid_connection=[grid(10.0)],
            demand=[load([1.0, 2.0, 3.0])],
            battery=[battery(energy_min_mwh=0.25, energy_start_mwh=0.5, discharge_efficiency=0.8)],
            renewable=[{"id": "pv", "bus": "e", "available_mw": 3.0}],
            islanding=[
                {
                    "id": "able",
                    "critical_ratio": 0.5,
                    "duration_hours": 0.5,
                    "reserve_ratio": 0.25,
                    "missing_price_eur_per_mwh": 9.0,
                },
                {"id": "cut", "mode": "islanded", "begin": LATER},
            ],
        ),
        "exclusion": _small(
            generator=[generator(id="a"), generator(id="b", minimum_load_ratio=0.5)],
            battery=[battery()],
            exclusion=[
                {"id": "x", "members": ["generator/*", "battery/b"], "most": 2},
                {"id": "y", "members": ["generator/a"]},
            ],
        ),
        "charging_site": _small(
            ev_session=[
                vehicle("00:00", "01:15", id="a", discharge_max_mw=0.5),
                vehicle("00:00", "00:30", id="b"),
                vehicle("00:15", "01:15", id="c"),
            ],
            charging_site=[
                {"id": "yard", "members": ["ev_session/*"], "plugs": 1, "swaps": False, "power_max_mw": [1.5, 1.0]},
                {"id": "post", "members": ["ev_session/a", "ev_session/c"], "plugs": 1},
            ],
        ),
        "maintenance": _small(
            minutes=(60, 15, 30),
            generator=[generator(minimum_load_ratio=0.5)],
            battery=[battery()],
            maintenance=[
                {"id": "now", "members": ["battery/b"], "begin": LATER, "available_ratio": 0.25},
                {"id": "block", "members": ["generator/*"], "hours": 0.5},
                {
                    "id": "twice",
                    "members": ["generator/*"],
                    "hours": 0.25,
                    "events": 2,
                    "least_mw": [0.5, 0.25, 0.0],
                    "stays_on": True,
                },
            ],
        ),
        "must_run": _small(
            chp=[chp(heat_efficiency=0.5)],
            must_run=[
                {"id": "m", "members": ["chp/c"], "carrier": "heat", "power_min_mw": 0.25, "begin": LATER},
                {"id": "n", "members": ["chp/*"], "power_min_mw": [0.125, 0.0]},
            ],
        ),
    }


def _small(minutes: tuple[int, ...] = STEPS, **components: Any) -> Case:
    return small_case(minutes, **components)
