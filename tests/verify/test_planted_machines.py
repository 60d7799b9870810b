"""Violations planted into an answer with heat pumps, chillers, electrolysers and fuel cells.

See `test_planted_violations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.components.part_load import PartLoadPoint
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Answered, Plant, Planted, law, number, price, term, to, up

# Power is cheap, then dear, then cheap again: the electrolyser waits in standby and the fuel cell starts out of it.
WORKS = """
name: works
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 6}
buses: [{id: e}, {id: h, carrier: heat}, {id: c, carrier: cooling}, {id: y, carrier: hydrogen}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 90, export_max_mw: 90, import_price_eur_per_mwh: [20, 62, 22, 250, 240, 21],
       export_price_eur_per_mwh: [15, 57, 17, 245, 235, 16]}
    - {id: district, bus: h, import_max_mw: 90, import_price_eur_per_mwh: 30}
    - {id: ice, bus: c, import_max_mw: 90, import_price_eur_per_mwh: 33}
    - {id: trader, bus: y, import_max_mw: 90, export_max_mw: 90, import_price_eur_per_mwh: 95,
       export_price_eur_per_mwh: 90}
  demand: [{id: town, bus: e, demand_mw: 3}, {id: rooms, bus: h, demand_mw: [9, 8, 7, 8, 9, 7]},
    {id: cellars, bus: c, demand_mw: [4, 4.5, 3, 4, 5, 4]}]
  heat_pump:
    - {id: air, electricity_bus: e, heat_bus: h, electric_max_mw: 0.5, quality_grade: 0.4, cop_max: 4,
       source_temperature_c: [-5, 1, 6, 60, 12, 3], supply_temperature_c: 50, icing_factor: 0.8, cost_eur_per_mwh: 1}
    - {id: limited, electricity_bus: e, heat_bus: h, electric_max_mw: 0.5, cop: 3,
       heat_max_mw: [1.2, 1, 1.2, 1, 1, 1.1]}
    - {id: inverter, electricity_bus: e, heat_bus: h, electric_max_mw: 1, cop: 2.5, minimum_load_ratio: 0.2,
       start_cost_eur: 3, ramp_up_ratio_per_hour: 0.7, minimum_up_hours: 2, running_cost_eur_per_hour: 0.5,
       part_load: [{load_ratio: 0.3, performance_ratio: 0.9}, {load_ratio: 0.6, performance_ratio: 1.2},
       {load_ratio: 1, performance_ratio: 1}]}
  chiller:
    - {id: roof, electricity_bus: e, cooling_bus: c, electric_max_mw: 0.5, quality_grade: 0.3, eer_max: 5,
       supply_temperature_c: 6, rejection_temperature_c: [30, 25, 20, 5, 24, 29]}
    - {id: recovering, electricity_bus: e, cooling_bus: c, heat_bus: h, electric_max_mw: 0.4, eer: 2.5,
       cooling_max_mw: [0.9, 0.8, 0.9, 0.7, 0.6, 0.8], heat_recovery_ratio: 0.6, cost_eur_per_mwh: 1}
    - {id: ruled, electricity_bus: e, cooling_bus: c, electric_max_mw: 0.5, eer: 3, minimum_load_ratio: 0.4,
       start_cost_eur: 2, stop_cost_eur: 1,
       part_load: [{load_ratio: 0.5, performance_ratio: 0.9}, {load_ratio: 1, performance_ratio: 1.1}]}
  electrolyser:
    - {id: waits, electricity_bus: e, hydrogen_bus: y, heat_bus: h, electric_max_mw: 2, efficiency: 0.6,
       heat_efficiency: 0.2, minimum_load_ratio: 0.5, start_cost_eur: 40, warm_start_cost_eur: 4,
       standby_power_mw: 0.05, cost_eur_per_mwh: 1,
       part_load: [{load_ratio: 0.5, performance_ratio: 1.1}, {load_ratio: 1, performance_ratio: 1}]}
    - {id: free, electricity_bus: e, hydrogen_bus: y, electric_max_mw: 1, efficiency: 0.6}
  fuel_cell:
    - {id: cell, hydrogen_bus: y, electricity_bus: e, heat_bus: h, hydrogen_max_mw: 2, electric_efficiency: 0.55,
       heat_efficiency: 0.3, minimum_load_ratio: 0.5, start_cost_eur: 30, warm_start_cost_eur: 3,
       standby_power_mw: 0.04, standby_initially: true}
    - {id: spare, hydrogen_bus: y, electricity_bus: e, hydrogen_max_mw: 1, electric_efficiency: 0.5}
"""
P, C, E, F = "heat_pump", "chiller", "electrolyser", "fuel_cell"
AIR, LIMITED, INVERTER = 0, 1, 2
ROOF, RECOVERING, RULED = 0, 1, 2


def six(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


def points(*pairs: tuple[float, float]) -> tuple[PartLoadPoint, ...]:
    return tuple(PartLoadPoint(load_ratio=load, performance_ratio=ratio) for load, ratio in pairs)


def moved(quantity: str, source: tuple[int, int], target: tuple[int, int], amount: float) -> Plant:
    """Take an amount from one number of the schedule and add it to another."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        return number(quantity, target, up(amount))(*number(quantity, source, up(-amount))(case, outcome))

    return plant


PLANTED: Mapping[str, Planted] = {
    # What comes out by temperatures, icing and caps.
    "a warmer source": Planted(
        "",
        law(P, AIR, source_temperature_c=six(-5, 1, 6, 60, 12, 4)),
        ("heat_pump_flow",),
        "'air' at bus 'h', 2025-01-01T05",
    ),
    "a hotter supply": Planted(
        "", law(P, AIR, supply_temperature_c=np.array(52.0)), ("heat_pump_flow", "heat_pump_price"), "'air'"
    ),
    "a better share of Carnot": Planted("", law(P, AIR, quality_grade=0.41), ("heat_pump_flow",), "'air'"),
    "ice that is forgotten": Planted(
        "", law(P, AIR, icing_factor=None), ("heat_pump_flow",), "'air' at bus 'h', 2025-01-01T0"
    ),
    "ice in warmer air": Planted(
        "", law(P, AIR, icing_temperature_c=4.0), ("heat_pump_flow",), "'air' at bus 'h', 2025-01-01T05"
    ),
    "a lower cap of the COP": Planted("", law(P, AIR, cop_max=2.9), ("heat_pump_flow",), "'air'"),
    "another COP": Planted(
        "",
        law(P, LIMITED, cop=six(3, 3, 2.9, 3, 3, 3)),
        ("heat_pump_flow", "heat_pump_price"),
        "'limited' at bus 'h', 2025-01-01T02",
    ),
    "a hotter roof": Planted(
        "",
        law(C, ROOF, rejection_temperature_c=six(30, 25, 20, 5, 24, 30)),
        ("chiller_flow", "chiller_price"),
        "'roof' at bus 'c', 2025-01-01T05",
    ),
    "a lower cap of the EER": Planted("", law(C, ROOF, eer_max=4.9), ("chiller_flow", "chiller_price"), "'roof'"),
    "cold from the warm side": Planted(
        "", law(C, ROOF, quality_grade=0.3 * 303.15 / 279.15), ("chiller_flow", "chiller_price"), "'roof'"
    ),
    # Limits.
    "more power than a heat pump takes": Planted(
        "", law(P, AIR, electric_max_mw=0.45), ("heat_pump_load_range",), "'air'"
    ),
    "more heat than a heat pump gives": Planted(
        "",
        law(P, LIMITED, heat_max_mw=six(1.2, 0.9, 1.2, 1, 1, 1.1)),
        ("heat_pump_heat_limit",),
        "'limited', 2025-01-01T01",
    ),
    "more cold than a chiller gives": Planted(
        "",
        law(C, RECOVERING, cooling_max_mw=six(0.9, 0.8, 0.8, 0.7, 0.6, 0.8)),
        ("chiller_cooling_limit",),
        "'recovering', 2025-01-01T02",
    ),
    "less than the least load": Planted(
        "", law(C, RULED, minimum_load_ratio=0.95), ("chiller_load_range",), "'ruled', 2025-01-01T01"
    ),
    "more than an electrolyser takes": Planted(
        "", law(E, 1, electric_max_mw=0.9), ("electrolyser_load_range",), "'free'"
    ),
    "more than a fuel cell takes": Planted("", law(F, 1, hydrogen_max_mw=0.9), ("fuel_cell_load_range",), "'spare'"),
    "a rise faster than its ramp": Planted(
        "",
        law(P, INVERTER, ramp_up_ratio_per_hour=np.array(0.3)),
        ("heat_pump_ramp_limit",),
        "'inverter', 2025-01-01T02",
    ),
    # States.
    "a run that is too short": Planted(
        "", law(P, INVERTER, minimum_up_hours=4.0), ("heat_pump_minimum_up_time",), "'inverter'"
    ),
    "a rest that is too short": Planted(
        "", law(P, INVERTER, minimum_down_hours=3.0), ("heat_pump_minimum_down_time",), "'inverter'"
    ),
    "a rest of a chiller that is too short": Planted(
        "", law(C, RULED, minimum_down_hours=4.0), ("chiller_minimum_down_time",), "'ruled'"
    ),
    "a run of a chiller that is too short": Planted(
        "", law(C, RULED, minimum_up_hours=4.0), ("chiller_minimum_up_time",), "'ruled'"
    ),
    "a run of an electrolyser that is too short": Planted(
        "", law(E, 0, minimum_up_hours=4.0), ("electrolyser_minimum_up_time",), "'waits'"
    ),
    "a rest of an electrolyser that is too short": Planted(
        "", law(E, 0, minimum_down_hours=3.0), ("electrolyser_minimum_down_time",), "'waits'"
    ),
    "a run of a fuel cell that is too short": Planted(
        "", law(F, 0, minimum_up_hours=4.0), ("fuel_cell_minimum_up_time",), "'cell'"
    ),
    "a rest of a fuel cell that is too short": Planted(
        "", law(F, 0, minimum_down_hours=9.0, hours_in_state_initially=1.0), ("fuel_cell_minimum_down_time",), "'cell'"
    ),
    "a start of a heat pump that is not called one": Planted(
        "", number(f"{P}_starting", (INVERTER, 5), to(0.0)), ("heat_pump_commitment_balance", "cost_start", "objective")
    ),
    "a start of a chiller that is not called one": Planted(
        "", number(f"{C}_starting", (RULED, 5), to(0.0)), ("chiller_commitment_balance", "cost_start", "objective")
    ),
    "a start of an electrolyser that is not called one": Planted(
        "", number(f"{E}_starting", (0, 5), to(0.0)), (f"{E}_commitment_balance",)
    ),
    "a start of a fuel cell that is not called one": Planted(
        "", number(f"{F}_starting", (0, 3), to(0.0)), (f"{F}_commitment_balance",)
    ),
    "on and in standby at once": Planted(
        "", number(f"{E}_standby", (0, 2), to(1.0)), ("electrolyser_one_state", "electrolyser_flow")
    ),
    "standby of a plant that has none": Planted(
        "", number(f"{F}_standby", (1, 2), to(1.0)), (f"{F}_one_state",), "'spare'"
    ),
    "half in standby": Planted(
        "",
        number(f"{E}_standby", (0, 3), to(0.5)),
        ("integrality", "electrolyser_flow", "electrolyser_cold_start", "cost_start", "objective"),
        "standby",
    ),
    "off in place of standby": Planted(
        "",
        number(f"{E}_standby", (0, 4), to(0.0)),
        ("electrolyser_cold_start", "electrolyser_flow", "electrolyser_warm_start", "cost_start", "objective"),
        "2025-01-01T05",
    ),
    "a cold start that is not called one": Planted(
        "", number(f"{E}_cold_starting", (0, 0), to(0.0)), (f"{E}_cold_start",), "2025-01-01T00"
    ),
    "a cold start out of standby": Planted(
        "", number(f"{E}_cold_starting", (0, 5), to(1.0)), (f"{E}_cold_start",), "2025-01-01T05"
    ),
    "a warm start that is not called one": Planted(
        "", number(f"{E}_warm_starting", (0, 5), to(0.0)), (f"{E}_warm_start",), "2025-01-01T05"
    ),
    "a fuel cell that was off before": Planted(
        "", law(F, 0, standby_initially=False), ("fuel_cell_cold_start", "cost_start", "objective"), "2025-01-01T00"
    ),
    "a warm start of a fuel cell that is not called one": Planted(
        "", number(f"{F}_warm_starting", (0, 3), to(0.0)), (f"{F}_warm_start",), "'cell'"
    ),
    # What it costs.
    "a cold start that costs more": Planted("", law(E, 0, start_cost_eur=41.0), ("cost_start", "objective")),
    "a warm start that costs more": Planted("", law(F, 0, warm_start_cost_eur=4.0), ("cost_start", "objective")),
    "a chiller whose starts cost more": Planted("", law(C, RULED, start_cost_eur=3.0), ("cost_start", "objective")),
    "a chiller whose stops cost more": Planted("", law(C, RULED, stop_cost_eur=2.0), ("cost_stop", "objective")),
    "hours of a heat pump that cost more": Planted(
        "", law(P, INVERTER, running_cost_eur_per_hour=0.6), ("cost_running", "objective")
    ),
    "maintenance that was not paid": Planted("", term("production", -1.0), ("cost_production",)),
    "maintenance of a heat pump that costs more": Planted(
        "", law(P, AIR, cost_eur_per_mwh=1.1), ("cost_production", "objective")
    ),
    "maintenance of an electrolyser that costs more": Planted(
        "", law(E, 0, cost_eur_per_mwh=1.1), ("cost_production", "objective")
    ),
    "maintenance of a fuel cell that costs something": Planted(
        "", law(F, 1, cost_eur_per_mwh=1.0), ("cost_production", "objective")
    ),
    # Part load.
    "a curve that is better at half load": Planted(
        "", law(P, INVERTER, part_load=points((0.3, 0.9), (0.6, 1.25), (1, 1))), (f"{P}_flow",), "'inverter'"
    ),
    "a segment of another width": Planted(
        "",
        law(C, RULED, part_load=points((0.4, 0.9), (1, 1.1))),
        ("chiller_segment_limit", "chiller_flow", "chiller_segment_order", "chiller_price"),
        "'ruled'",
    ),
    "the better segment first": Planted(
        "", moved(f"{P}_segment_mw", (0, 1), (2, 1), 0.2), ("heat_pump_segment_order", "heat_pump_flow"), "'inverter'"
    ),
    "segments of a heat pump that do not add up": Planted(
        "",
        number(f"{P}_segment_mw", (2, 0), up(-0.1)),
        ("heat_pump_segment_sum", "heat_pump_flow", "heat_pump_segment_order"),
        "'inverter'",
    ),
    "a segment of a heat pump beyond its width": Planted(
        "",
        moved(f"{P}_segment_mw", (2, 0), (0, 0), 0.1),
        ("heat_pump_segment_limit", "heat_pump_flow", "heat_pump_segment_order"),
        "'inverter'",
    ),
    "segments of a chiller that do not add up": Planted(
        "",
        number(f"{C}_segment_mw", (1, 1), up(-0.1)),
        ("chiller_segment_sum", "chiller_flow", "chiller_segment_order"),
        "'ruled'",
    ),
    "segments of an electrolyser that do not add up": Planted(
        "",
        number(f"{E}_segment_mw", (1, 0), up(-0.1)),
        ("electrolyser_segment_sum", "electrolyser_flow", "electrolyser_segment_order"),
        "'waits'",
    ),
    "a segment of an electrolyser beyond its width": Planted(
        "",
        moved(f"{E}_segment_mw", (1, 0), (0, 0), 0.1),
        ("electrolyser_segment_limit", "electrolyser_flow", "electrolyser_segment_order"),
        "'waits'",
    ),
    # Heat.
    "more heat than a chiller rejects": Planted(
        "", law(C, RECOVERING, heat_recovery_ratio=0.59), (f"{C}_recovery_limit",), "'recovering'"
    ),
    "heat of a chiller without a bus for it": Planted(
        "", number(f"{C}_recovered_mw", (ROOF, 0), to(0.1)), (f"{C}_recovery_limit",), "'roof'"
    ),
    "heat that an electrolyser wastes": Planted(
        "",
        number(f"{E}_recovered_mw", (0, 0), up(-0.1)),
        ("electrolyser_recovery_price", "electrolyser_flow"),
        "'waits'",
    ),
    "more heat than an electrolyser gives": Planted(
        "", law(E, 0, heat_efficiency=0.19), (f"{E}_recovery_limit",), "'waits'"
    ),
    "more heat than a fuel cell gives": Planted(
        "", law(F, 0, heat_efficiency=0.29), (f"{F}_recovery_limit",), "'cell'"
    ),
    "heat that a fuel cell wastes": Planted(
        "", number(f"{F}_recovered_mw", (0, 3), up(-0.1)), ("fuel_cell_recovery_price", "fuel_cell_flow"), "'cell'"
    ),
    "heat that a chiller wastes": Planted(
        "",
        number(f"{C}_recovered_mw", (RECOVERING, 0), up(-0.1)),
        ("chiller_recovery_price", "chiller_flow"),
        "'recovering'",
    ),
    # Flows.
    "an electrolyser of another efficiency": Planted("", law(E, 1, efficiency=0.61), (f"{E}_flow",), "'free'"),
    "a fuel cell of another efficiency": Planted("", law(F, 1, electric_efficiency=0.51), (f"{F}_flow",), "'spare'"),
    "an electrolyser that waits at another power": Planted(
        "", law(E, 0, standby_power_mw=0.06), (f"{E}_flow",), "'waits' at bus 'e', 2025-01-01T03"
    ),
    "a fuel cell that waits at another power": Planted(
        "", law(F, 0, standby_power_mw=0.05), (f"{F}_flow",), "'cell' at bus 'e', 2025-01-01T00"
    ),
    **{
        f"a wrong flow of a {kind}": Planted(
            "", number("flow_mw", (row, 3), up(0.01), "flows"), (f"{kind}_flow", "power_balance"), f"{kind} '"
        )
        for kind, row in ((P, 10), (C, 19), (E, 24), (F, 29))
    },
    # Prices.
    "a heat pump that runs at a loss": Planted(
        "", law(P, AIR, cost_eur_per_mwh=80.0), ("heat_pump_price", "cost_production", "objective"), "'air'"
    ),
    "a heat pump that misses a gain": Planted("", law(P, AIR, electric_max_mw=0.6), (f"{P}_price",), "'air'"),
    "a heat pump that could give more heat": Planted(
        "", law(P, LIMITED, heat_max_mw=six(1.3, 1, 1.2, 1, 1, 1.1)), (f"{P}_price",), "'limited', 2025-01-01T00"
    ),
    "a chiller that runs at a loss": Planted(
        "", law(C, RECOVERING, cost_eur_per_mwh=99.0), ("chiller_price", "cost_production", "objective"), "'recovering'"
    ),
    "a chiller that misses a gain": Planted(
        "",
        law(C, RECOVERING, cooling_max_mw=six(0.95, 0.8, 0.9, 0.7, 0.6, 0.8)),
        (f"{C}_price",),
        "'recovering', 2025-01-01T00",
    ),
    "an electrolyser that misses a gain": Planted("", law(E, 1, electric_max_mw=1.1), (f"{E}_price",), "'free'"),
    "a fuel cell that misses a gain": Planted("", law(F, 1, hydrogen_max_mw=1.1), (f"{F}_price",), "'spare'"),
    "a price of hydrogen at which it would pay to do more": Planted(
        "",
        price(3, 1, 30.0),
        ("electrolyser_price", "grid_connection_import_price", "grid_connection_export_price"),
        "2025-01-01T01",
    ),
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome]:
    path: Path = tmp_path_factory.mktemp("works") / "case.yaml"
    path.write_text(WORKS, encoding="utf-8")
    case = c4e_opt.read_case(path)
    return case, c4e_opt.solve(case)


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(sentence: str, answered: tuple[Case, Outcome]) -> None:
    planted = PLANTED[sentence]
    certificate = verify(*planted.plant(*answered))
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where


def test_the_answer_that_violations_are_planted_into_fulfils_every_law(answered: tuple[Case, Outcome]) -> None:
    certificate = verify(*answered)
    assert certificate.holds, certificate.broken


def test_every_law_of_these_kinds_is_broken_by_some_planted_violation(answered: tuple[Case, Outcome]) -> None:
    checked = {residual.law for residual in verify(*answered).residuals}
    own = {each for each in checked if each.startswith((P, C, E, F))}
    own |= {f"cost_{each}" for each in ("production", "start", "stop", "running")}
    assert own <= checked
    planted = {each for one in PLANTED.values() for each in one.broken}
    assert own <= planted, own - planted


@settings(max_examples=300, deadline=None)
@given(choice=st.data())
def test_a_corrupted_number_is_refused(choice: st.DataObject, answered: tuple[Case, Outcome]) -> None:
    case, outcome = answered
    table = outcome.schedule_table
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    cell = choice.draw(st.integers(0, values.size - 1))
    amount = choice.draw(st.floats(1e-4, 1e3)) * choice.draw(st.sampled_from([-1, 1]))
    values.flat[cell] += amount
    if key.endswith("_segment_full") and values.flat[cell] in (0, 1):
        return  # at the end of a segment either says the same
    quantities = {**table.quantities, key: replace(table.quantities[key], values=values)}
    assert not verify(case, replace(outcome, schedule_table=replace(table, quantities=quantities))).holds
