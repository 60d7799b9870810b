"""One tiny case per kind of component, of a long and a short step, in which every law of its room has rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c4e_opt import Case
from c4e_opt.formulate import Formulation, everywhere, formulate
from tests.equations.tiny_exchange import tiny_exchange
from tests.equations.tiny_feeders import tiny_feeders
from tests.equations.tiny_grids import tiny_grids
from tests.equations.tiny_laws import tiny_laws
from tests.equations.tiny_machines import tiny_machines
from tests.equations.tiny_markets import tiny_markets
from tests.equations.tiny_stores import tiny_stores
from tests.unit.small_cases import (
    Record,
    boiler,
    chp,
    converter,
    generator,
    grid,
    load,
    small_case,
    tie,
    vehicle,
)

STEPS = (60, 15)

#: Every rule of a unit, of one that was on and has run for long enough.
RULES = {
    "rated_mw": 4.0,
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
#: The same for kinds whose rated power is their largest.
UNIT_RULES = {name: rule for name, rule in RULES.items() if name != "rated_mw"}
#: The same for one whose least load is half of it.
SLOW_RULES = {**UNIT_RULES, "start_ramp_ratio": 0.75, "stop_ramp_ratio": 0.625}
#: A chosen capacity with a state and ramps.
SIZED = {
    "capacity_cost_eur_per_mw": 100.0,
    "capacity_min_mw": 1.0,
    "capacity_max_mw": 8.0,
    "minimum_load_ratio": 0.25,
    "ramp_up_ratio_per_hour": 0.5,
    "ramp_down_ratio_per_hour": 0.25,
    "start_ramp_ratio": 0.5,
    "stop_ramp_ratio": 0.375,
}


def tiny_cases() -> Mapping[str, Case]:
    """Kind -> case; `order` for the orders."""
    two_buses = [{"id": "a"}, {"id": "b"}]
    return {
        "grid_connection": small_case(
            (1500, 1500, 15),  # three days, for the ratchet
            grid_connection=[
                grid(
                    [10.0, -20.0, 8.0], export_max_mw=[3.0, 4.0, 4.0], export_price_eur_per_mwh=5.0, import_max_mw=9.0
                ),
                _tariff(),
            ],
        ),
        "renewable": small_case(
            STEPS,
            renewable=[
                {"id": "pv", "bus": "e", "available_mw": [1.0, 2.0], "cost_eur_per_mwh": 3.0},
                {"id": "run", "bus": "e", "available_mw": [4.0, 5.0], "curtailable": False},
            ],
        ),
        "demand": small_case(STEPS, demand=[load([1.0, 2.0]), load([3.0, 4.0], id="more"), load(5.0, "h")]),
        "contract": small_case(STEPS, generator=[generator()], demand=[load(1.0)], contract=[_forward()]),
        "flexible_demand": small_case(
            (60, 30, 30, 60),
            flexible_demand=[
                {
                    "id": "f",
                    "bus": "e",
                    "demand_mw": [1.0, 2.0, 3.0, 4.0],
                    "shed_value_eur_per_mwh": 100.0,
                    "shed_max_ratio": 0.5,
                    "shift_max_mw": 0.7,
                    "shift_window_hours": 1.5,
                },
                {"id": "stiff", "bus": "h", "demand_mw": 9.0, "shed_value_eur_per_mwh": 200.0},
                {
                    "id": "split",
                    "bus": "h",
                    "demand_mw": 2.0,
                    "shed_value_eur_per_mwh": 300.0,
                    "shed_max_ratio": 0.8,
                    "tranches": [
                        {"ratio": 0.2, "value_eur_per_mwh": 50.0, "load_class": "comfort"},
                        {"ratio": 0.5, "value_eur_per_mwh": 70.0},
                    ],
                    "events": [_event(baseline_mw=1.5), _event(baseline_mw=2.5)],
                },
            ],
        ),
        "shiftable_load": small_case(
            (60, 30, 30, 60),
            shiftable_load=[
                {"id": "once", "bus": "e", "phases": _phases(0.5, 1.0), **_window("00:00", "03:00")},
                {
                    "id": "skippable",
                    "bus": "h",
                    "phases": _phases(0.75),
                    **_window("01:00", "02:30"),
                    "unserved_value_eur_per_mwh": 90.0,
                },
            ],
        ),
        "deferrable_load": small_case(
            (60, 30, 30, 60),
            deferrable_load=[
                {
                    "id": "free",
                    "bus": "e",
                    "energy_needed_mwh": 2.0,
                    "energy_max_mwh": 2.5,
                    "power_max_mw": 3.0,
                    "unserved_value_eur_per_mwh": 80.0,
                    **_window("00:30", "02:15"),
                },
                {
                    "id": "ruled",
                    "bus": "h",
                    "energy_needed_mwh": 1.0,
                    "power_max_mw": 2.0,
                    "power_min_mw": 0.5,
                    "minimum_up_hours": 1.0,
                    "minimum_down_hours": 0.75,
                    "starts_max": 2,
                    **_window("00:00", "02:00"),
                },
            ],
        ),
        "interruptible_load": small_case(
            (60, 30, 30, 60),
            interruptible_load=[
                {"id": "plain", "bus": "e", "demand_mw": [1.0, 2.0, 3.0, 4.0], "cost_eur_per_mwh": 9.0},
                {
                    "id": "ruled",
                    "bus": "h",
                    "demand_mw": 2.0,
                    "reduction_max_ratio": 0.75,
                    "reduction_min_ratio": 0.25,
                    "interruption_cost_eur": 5.0,
                    "interruption_max_hours": 1.0,
                    "interruptions_max": 2,
                    "rest_min_hours": 0.75,
                    "rested_initially_hours": 0.5,
                    "recovery_ratio": 1.25,
                    "recovery_hours": 1.0,
                    "events": [_event(baseline_mw=2.5)],
                },
            ],
        ),
        "generator": small_case(
            (60, 30, 30),
            generator=[
                generator(
                    **RULES,
                    id="ruled",
                    power_max_mw=[4.0, 3.0, 2.0],
                    power_min_mw=0.5,
                    cost_eur_per_mwh=[1.0, 2.0, 3.0],
                    energy_min_mwh=1.0,
                    energy_max_mwh=3.0,
                ),
                generator(id="ramped", ramp_up_ratio_per_hour=0.25, ramp_down_ratio_per_hour=0.5, bus="h"),
                generator(id="fixed", power_fixed_mw=[0.0, 0.25, 0.5], power_min_mw=-1.0),
                generator(
                    id="rising",
                    cost_eur_per_mwh=1.0,
                    cost_segments=[
                        {"power_mw": 0.5, "cost_eur_per_mwh": 2.0},
                        {"power_mw": 0.75, "cost_eur_per_mwh": 3.0},
                    ],
                ),
                generator(
                    id="falling",
                    cost_segments=[
                        {"power_mw": 0.5, "cost_eur_per_mwh": 3.0},
                        {"power_mw": 0.75, "cost_eur_per_mwh": 2.0},
                    ],
                ),
                generator(
                    **SIZED,
                    id="sized",
                    power_max_mw=None,
                    power_max_ratio=[1.0, 0.5, 0.0],
                    power_min_ratio=[0.125, 0.5, 0.0],
                ),
                generator(id="curved", power_min_mw=-1.0, quadratic_cost_eur_per_mw2_hour=2.0, bus="h"),
                generator(
                    id="taken",
                    power_min_mw=[-1.0, -0.5, 0.0],
                    fixed_cost_eur_per_hour=3.0,
                    cost_segments=[
                        {"power_mw": 1.5, "cost_eur_per_mwh": 2.0},
                        {"power_mw": 0.5, "cost_eur_per_mwh": 3.0},
                    ],
                ),
                generator(id="modular", power_max_mw=None, capacity_cost_eur_per_mw=6.0, capacity_module_mw=1.5),
                generator(
                    id="edged",
                    power_max_mw=2.0,
                    power_min_mw=-0.25,
                    switchable=True,
                    on_initially=True,
                    load_initially_ratio=0.5,
                    start_load_min_ratio=[0.25, 0.5, 0.0],
                    stop_load_min_ratio=[0.75, 0.0, 0.25],
                ),
                generator(
                    id="above",
                    power_max_mw=2.0,
                    power_min_mw=0.5,
                    switchable=True,
                    always_on=True,
                    on_initially=True,
                    load_initially_ratio=0.5,
                    ramps_bind_starts=True,
                    ramp_up_ratio_per_hour=0.25,
                    ramp_down_ratio_per_hour=0.5,
                    start_ramp_ratio=0.5,
                    stop_ramp_ratio=0.375,
                    running_cost_eur_per_hour=2.0,
                    segments_above_minimum=True,
                    cost_segments=[
                        {"power_mw": 0.5, "cost_eur_per_mwh": 2.0},
                        {"power_mw": 1.0, "cost_eur_per_mwh": 3.0},
                    ],
                ),
            ],
        ),
        "converter": small_case(
            (60, 30, 30),
            converter=[
                converter(
                    **RULES,
                    id="ruled",
                    input_max_mw=4.0,
                    minimum_up_hours=0.75,
                    energy_min_mwh=1.0,
                    energy_max_mwh=3.0,
                    outputs=[],
                ),
                converter(
                    id="late",
                    input_min_mw=-1.0,
                    outputs=[
                        {"bus": "h", "efficiency": [0.5, 0.25, 0.125], "delay_hours": 0.75},
                        {"bus": "e", "efficiency": 0.5, "delay_hours": 0.5, "cyclic": True},
                        {"bus": "g", "efficiency": -0.25},
                    ],
                ),
                converter(
                    id="curved",
                    outputs=[
                        {"bus": "h", "efficiency": 0.5},
                        {
                            "bus": "g",
                            "segments": [
                                {"input_mw": 0.5, "efficiency": 0.25},
                                {"input_mw": 0.25, "efficiency": 0.5},
                                {"input_mw": 0.25, "efficiency": 0.125},
                            ],
                            "delay_hours": 1.0,
                        },
                    ],
                ),
                converter(**SIZED, id="sized", input_max_mw=None, input_min_ratio=0.125),
                converter(
                    id="modular",
                    input_max_mw=None,
                    capacity_cost_eur_per_mw=6.0,
                    capacity_module_mw=1.5,
                ),
                converter(
                    id="edged",
                    switchable=True,
                    start_load_min_ratio=[0.25, 0.5, 0.0],
                    stop_load_min_ratio=0.75,
                ),
                converter(
                    id="costly",
                    cost_segments=[
                        {"input_mw": 0.5, "cost_eur_per_mwh": 3.0},
                        {"input_mw": 0.5, "cost_eur_per_mwh": 2.0},
                    ],
                ),
            ],
        ),
        "chp": small_case(
            (60, 30, 30),
            chp=[
                chp(
                    id="ruled",
                    minimum_load_ratio=0.5,
                    start_cost_eur=7.0,
                    minimum_up_hours=1.5,
                    minimum_down_hours=1.0,
                    cost_eur_per_mwh=2.0,
                    fuel_max_mw=3.0,
                    on_initially=True,
                    hours_in_state_initially=0.25,
                ),
                chp(id="free"),
                chp(id="resting", start_cost_eur=1.0, minimum_down_hours=2.0, hours_in_state_initially=0.5),
                *_shaped_chps(),
            ],
        ),
        "boiler": small_case(
            (60, 30, 30),
            boiler=[
                boiler(efficiency=0.8, cost_eur_per_mwh=2.0),
                boiler(id="electric", fuel_bus="e"),
                boiler(**UNIT_RULES, id="ruled", heat_max_mw=4.0, cost_eur_per_mwh=1.0),
                boiler(
                    id="bent",
                    efficiency=None,
                    heat_max_mw=4.0,
                    minimum_load_ratio=0.25,
                    efficiency_segments=[
                        {"heat_mw": 1.0, "efficiency": 0.8},
                        {"heat_mw": 1.0, "efficiency": 1.0},
                        {"heat_mw": 3.0, "efficiency": 0.5},
                    ],
                ),
            ],
        ),
        **tiny_machines(),
        **tiny_stores(),
        **tiny_laws(),
        **tiny_exchange(),
        **tiny_feeders(),
        **tiny_grids(),
        "ev_session": small_case(
            (60, 15, 60),
            ev_session=[
                vehicle(
                    "00:30",
                    "01:15",
                    id="v2g",
                    energy_start_mwh=0.25,
                    energy_needed_mwh=0.5,
                    discharge_max_mw=2.0,
                    charge_efficiency=0.9,
                    discharge_efficiency=0.8,
                    discharge_cost_eur_per_mwh=4.0,
                ),
                vehicle("01:00", "02:00", id="one_way", charge_max_mw=0.5, unserved_value_eur_per_mwh=300.0),
                vehicle(
                    "00:00",
                    "01:15",
                    id="least",
                    charge_min_mw=0.25,
                    charge_limit_mw=[0.5, 0.125, 1.0],
                    discharge_max_mw=1.0,
                    soc_departure_ratio=0.75,
                    energy_needed_mwh=None,
                    energy_start_mwh=0.25,
                    energy_v2g_min_mwh=0.5,
                ),
                vehicle(
                    "00:30",
                    "01:15",
                    id="stepped",
                    charge_steps=[{"power_mw": 0.25}, {"power_mw": 1.0}],
                    discharge_max_mw=0.5,
                    throughput_max_mwh=0.375,
                ),
                vehicle(
                    "00:00",
                    "01:00",
                    id="fleet",
                    count=4,
                    discharge_max_mw=0.5,
                    energy_start_mwh=0.5,
                    energy_v2g_min_mwh=0.25,
                    throughput_max_mwh=0.25,
                ),
            ],
        ),
        "tie": small_case(
            STEPS,
            buses=two_buses,
            tie=[
                tie(forward_max_mw=[1.0, 2.0], loss_ratio=0.1, fee_eur_per_mwh=3.0),
                tie(
                    id="dc",
                    forward_min_mw=[0.25, 0.0],
                    backward_max_mw=[0.0, 1.0],
                    loss_ratio=0.5,
                    backward_loss_ratio=-1.0,
                    loss_fixed_mw=0.125,
                    backward_fee_eur_per_mwh=2.0,
                    ramp_max_mw_per_hour=0.5,
                    flow_before_mw=0.75,
                ),
                tie(
                    id="bent",
                    backward_max_mw=0.5,
                    loss_segments=[_lost(0.25, 0.125), _lost(0.5, 0.25), _lost(0.0, 0.75), _lost(0.25, 0.25)],
                ),
            ],
        ),
        **tiny_markets(),
    }


def _shaped_chps() -> list[Record]:
    """CHPs with a region, with and without a state, and with segments in a falling and in any order."""
    plain = {"electric_efficiency": None, "heat_efficiency": None}
    corners = [(0.5, 0.0, 1.0), (0.25, 0.5, 1.0), (0.125, 0.25, 0.5)]
    points = [{"electric_mw": el, "heat_mw": heat, "fuel_mw": fuel} for el, heat, fuel in corners]
    region: Record = {**plain, "fuel_max_mw": None}
    moving = [{**points[0], "electric_mw": [0.5, 0.25, 0.5]}, *points[1:]]

    def parts(*rows: tuple[float, float, float]) -> list[Record]:
        names = ("fuel_mw", "electric_efficiency", "heat_efficiency")
        return [dict(zip(names, row, strict=True)) for row in rows]

    return [
        chp(**region, **SLOW_RULES, id="extraction", operating_region=points),
        chp(**region, id="free region", operating_region=moving),
        chp(**plain, id="falling", efficiency_segments=parts((0.5, 0.5, 0.5), (0.5, 0.25, 0.5))),
        chp(
            **plain,
            id="rising",
            minimum_load_ratio=0.25,
            efficiency_segments=parts((0.25, 0.125, 0.25), (0.5, 0.5, 0.25), (0.5, 0.25, 0.5)),
        ),
    ]


def _lost(width: float, ratio: float) -> Record:
    """A segment of the loss of a tie."""
    return {"flow_mw": width, "loss_ratio": ratio}


def _forward() -> Record:
    return {"id": "c", "bus": "e", "seller": "p", "buyer": "q", "power_mw": [1.0, 2.0], "price_eur_per_mwh": 40.0}


def _tariff() -> Record:
    """A connection with a contract, a ramp, and charges of every kind."""
    return grid(
        0.0,
        id="tariff",
        ramp_max_mw_per_hour=2.0,
        exchange_before_mw=0.5,
        energy_min_mwh=6.0,
        shortfall_price_eur_per_mwh=7.0,
        energy_max_mwh=8.0,
        demand_charges=[
            {
                "name": "month",
                "price_eur_per_mw": 100.0,
                "peak_before_mw": 1.5,
                "tiers": [{"above_mw": 2.0, "price_eur_per_mw": 150.0}, {"above_mw": 3.0, "price_eur_per_mw": 400.0}],
            },
            {
                "price_eur_per_mw": 10.0,
                "period": "day",
                "direction": "export",
                "ratchet_ratio": 0.8,
                "ratchet_peak_mw": 2.0,
            },
            {"name": "mean", "price_eur_per_mw": 20.0, "measure": "mean", "period": "horizon"},
        ],
    )


def _event(**fields: Any) -> Record:
    """An event from the second step to the third."""
    moments = {"begin": "2025-01-01T01:00Z", "end": "2025-01-01T02:00Z"}
    return {**moments, "committed_mw": 0.5, "reward_eur_per_mwh": 60.0, "penalty_eur_per_mwh": 20.0, **fields}


def _window(earliest: str, latest: str) -> Record:
    return {"earliest": f"2025-01-01T{earliest}Z", "latest": f"2025-01-01T{latest}Z"}


def _phases(*hours: float) -> list[Record]:
    """Phases at 1, 2, … MW."""
    return [{"hours": each, "power_mw": float(place)} for place, each in enumerate(hours, start=1)]


def with_all_binaries(case: Case) -> Formulation:
    """The programme with a binary in every cell in which a component could run both ways, or leave an order."""
    return formulate(case, everywhere(formulate(case)))
