"""One tiny case per kind of component, of a long and a short step, in which every law of its room has rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from c4e_opt import Case
from c4e_opt.formulate import Formulation, formulate
from tests.unit.small_cases import (
    BUSES,
    battery,
    boiler,
    chp,
    grid,
    heat_pump,
    load,
    order_columns,
    small_case,
    tank,
    tie,
    vehicle,
)

STEPS = (60, 15)


def tiny_cases() -> Mapping[str, Case]:
    """Kind -> case; `order` for the orders."""
    two_buses = [{"id": "a"}, {"id": "b"}]
    return {
        "grid_connection": small_case(
            STEPS,
            grid_connection=[
                grid([10.0, -20.0], export_max_mw=[3.0, 4.0], export_price_eur_per_mwh=5.0, import_max_mw=9.0)
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
            ],
        ),
        "boiler": small_case(
            STEPS, boiler=[boiler(efficiency=0.8, cost_eur_per_mwh=2.0), boiler(id="electric", fuel_bus="e")]
        ),
        "heat_pump": small_case(
            STEPS, heat_pump=[heat_pump(cop=[2.0, 4.0], cost_eur_per_mwh=3.0, electric_max_mw=5.0)]
        ),
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
            ],
        ),
        "heat_store": small_case(STEPS, heat_store=[tank(energy_start_mwh=0.5, standing_loss_per_hour=0.19)]),
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
            ],
        ),
        "tie": small_case(
            STEPS, buses=two_buses, tie=[tie(forward_max_mw=[1.0, 2.0], loss_ratio=0.1, fee_eur_per_mwh=3.0)]
        ),
        "order": small_case(
            STEPS,
            buses=BUSES,
            orders=order_columns(
                ("s", "e", "sell", 1, 20.0, 0.5), ("w", "e", "buy", 1, 30.0, 0.25), ("h", "h", "buy", 0, 9.0, 1.0)
            ),
        ),
    }


def with_all_binaries(case: Case) -> Formulation:
    """The programme with a binary in every cell in which a component could run both ways."""
    kinds = formulate(case).exclusive
    every = {kind: np.ones((len(case.components[kind]), case.horizon.steps), dtype=bool) for kind in kinds}
    return formulate(case, every)
