"""Violations planted into an answer with generators and converters; see `test_planted_violations`."""

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
from c4e_opt.commitment.unit import StartTier
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Answered, Plant, Planted, law, number, price, term, to, up

# One unit with every rule, one plant for every other law; the unit rests for three hours and starts warm.
YARD = """
name: yard
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 8}
buses: [{id: e}, {id: h, carrier: heat}, {id: g, carrier: gas}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 90, export_max_mw: 2, export_price_eur_per_mwh: 1,
       import_price_eur_per_mwh: [90, 95, 20, 15, 16, 100, 92, 14]}
    - {id: gas, bus: g, import_max_mw: 90, import_price_eur_per_mwh: 40}
  demand: [{id: town, bus: e, demand_mw: [9, 8, 7, 6, 7, 8, 9, 9.5]}, {id: rooms, bus: h, demand_mw: 2}]
  boiler: [{id: boiler, heat_bus: h, fuel_bus: g, heat_max_mw: 9, efficiency: 0.8}]
  generator:
    - {id: ruled, bus: e, power_max_mw: 2, cost_eur_per_mwh: 45, minimum_load_ratio: 0.4, start_cost_eur: 5,
       start_costs: [{after_hours_off: 2, cost_eur: 12}, {after_hours_off: 4, cost_eur: 40}], stop_cost_eur: 3,
       running_cost_eur_per_hour: 2, minimum_up_hours: 2, minimum_down_hours: 2, ramp_up_ratio_per_hour: 0.3,
       ramp_down_ratio_per_hour: 0.4, start_ramp_ratio: 0.5, stop_ramp_ratio: 0.6, on_initially: true,
       hours_in_state_initially: 1, load_initially_ratio: 0.5}
    - {id: free, bus: e, power_max_mw: 0.7, cost_eur_per_mwh: 50}
    - {id: slow, bus: e, power_max_mw: 1, cost_eur_per_mwh: 25, ramp_up_ratio_per_hour: 0.4,
       ramp_down_ratio_per_hour: 0.5}
    - {id: lake, bus: e, power_max_mw: 1, cost_eur_per_mwh: 1, energy_max_mwh: 2.5}
    - {id: quota, bus: e, power_max_mw: 1, cost_eur_per_mwh: 120, energy_min_mwh: 1.5}
    - {id: plan, bus: e, power_max_mw: 1, cost_eur_per_mwh: 60, power_fixed_mw: [0, 0.5, 1, 0, 0.25, 0, 0, 0]}
    - {id: rising, bus: e, power_max_mw: 1,
       cost_segments: [{power_mw: 0.4, cost_eur_per_mwh: 10}, {power_mw: 0.6, cost_eur_per_mwh: 60}]}
    - {id: falling, bus: e, power_max_mw: 1,
       cost_segments: [{power_mw: 0.4, cost_eur_per_mwh: 80}, {power_mw: 0.6, cost_eur_per_mwh: 30}]}
    - {id: sized, bus: e, cost_eur_per_mwh: 5, capacity_cost_eur_per_mw: 45,
       power_max_ratio: [0, 0.2, 0.5, 0.8, 0.6, 0.3, 0, 0]}
  converter:
    - {id: heater, input_bus: e, input_max_mw: 1, cost_eur_per_mwh: 1,
       outputs: [{bus: h, efficiency: 0.9, delay_hours: 1.5, cyclic: true}]}
    - {id: curved, input_bus: e, input_max_mw: 1,
       outputs: [{bus: h, segments: [{input_mw: 0.5, efficiency: 0.6},
       {input_mw: 0.5, efficiency: 1.1}]}]}
"""
RULED, FREE, SLOW, LAKE, QUOTA, PLAN, RISING, FALLING, SIZED = range(9)
MIDNIGHT = "2025-01-01T00"


def moved(quantity: str, source: tuple[int, int], target: tuple[int, int], amount: float) -> Plant:
    """Take an amount from one number of the schedule and add it to another."""

    def plant(case: Case, outcome: Outcome) -> Answered:
        return number(quantity, target, up(amount))(*number(quantity, source, up(-amount))(case, outcome))

    return plant


PLANTED: Mapping[str, Planted] = {
    # Loads, states and ramps.
    "more than its largest power": Planted(
        "", law("generator", FREE, power_max_mw=np.array(0.5)), ("generator_load_range",), "'free'"
    ),
    "more than its capacity allows": Planted(
        "",
        law("generator", SIZED, power_max_ratio=np.array([0.0, 0.1, 0.5, 0.8, 0.6, 0.3, 0.0, 0.0])),
        ("generator_load_range", "generator_capacity_price"),
        "'sized', 2025-01-01T01",
    ),
    "less than its minimum load": Planted(
        "", law("generator", RULED, minimum_load_ratio=0.55), ("generator_load_range",), "T05"
    ),
    "power while off": Planted(
        "",
        number("generator_power_mw", (RULED, 3), to(0.1)),
        (
            "generator_load_range",
            "generator_flow",
            "cost_production",
            "objective",
            "generator_price",
        ),
        "'ruled', 2025-01-01T03",
    ),
    "a start above its start ramp": Planted(
        "", law("generator", RULED, start_ramp_ratio=0.4), ("generator_start_ramp_limit",), "T05"
    ),
    "a stop from above its stop ramp": Planted(
        "", law("generator", RULED, stop_ramp_ratio=0.5), ("generator_start_ramp_limit",), "T01"
    ),
    "a rise faster than its ramp": Planted(
        "", law("generator", RULED, ramp_up_ratio_per_hour=0.05), ("generator_ramp_limit",), "T00"
    ),
    "a fall faster than its ramp": Planted(
        "", law("generator", SLOW, ramp_down_ratio_per_hour=0.45), ("generator_ramp_limit",), "T02"
    ),
    "a first step too far from the load before": Planted(
        "", law("generator", RULED, load_initially_ratio=0.4), ("generator_ramp_limit",), MIDNIGHT
    ),
    "a start that is not called one": Planted(
        "", number("generator_starting", (RULED, 5), to(0.0)), ("generator_commitment_balance",), "T05"
    ),
    "a stop that is not called one": Planted(
        "",
        number("generator_stopping", (RULED, 2), to(0.0)),
        ("generator_commitment_balance", "cost_stop", "objective"),
        "T02",
    ),
    "a plant without a state that is on": Planted(
        "", number("generator_on", (FREE, 0), to(1.0)), ("generator_commitment_balance",), "'free'"
    ),
    "a run that is too short": Planted(
        "", law("generator", RULED, minimum_up_hours=2.5), ("generator_minimum_up_time",), "T07"
    ),
    "a first run that is too short with its age": Planted(
        "", law("generator", RULED, hours_in_state_initially=-0.5), ("generator_minimum_up_time",), "T02"
    ),
    "a rest that is too short": Planted(
        "", law("generator", RULED, minimum_down_hours=3.5), ("generator_minimum_down_time",), "T05"
    ),
    "half a decision": Planted(
        "",
        number("generator_segment_full", (2, 0), to(0.5)),
        ("integrality",),
        "generator: segment_full, place 2",
    ),
    # What the state costs.
    "a warm start that is called hot": Planted(
        "", number("generator_start_cost_eur", (RULED, 5), to(5.0)), ("generator_start_cost",), "'ruled', 2025-01-01T05"
    ),
    "a start cost without a start": Planted(
        "", number("generator_start_cost_eur", (FREE, 5), to(5.0)), ("generator_start_cost",), "'free'"
    ),
    "a start that is cold by now": Planted(
        "",
        law("generator", RULED, start_costs=(StartTier(after_hours_off=3.0, cost_eur=40.0),)),
        ("generator_start_cost", "cost_start", "objective"),
        "T05",
    ),
    "a start cost that was not paid": Planted("", term("start", -5.0), ("cost_start",)),
    "a stop cost that was not paid": Planted("", term("stop", -3.0), ("cost_stop",)),
    "hours on that were not paid": Planted("", term("running", -2.0), ("cost_running",)),
    "hours on at another cost": Planted(
        "", law("generator", RULED, running_cost_eur_per_hour=2.5), ("cost_running", "objective")
    ),
    "a capacity that was not paid": Planted("", term("investment", -9.0), ("cost_investment",)),
    # Schedule, energy, capacity, segments.
    "another power than the schedule's": Planted(
        "",
        law("generator", PLAN, power_fixed_mw=np.array([0, 0.5, 1, 0, 0.25, 0, 0.1, 0])),
        ("generator_schedule",),
        "'plan', 2025-01-01T06",
    ),
    "too much energy": Planted("", law("generator", LAKE, energy_max_mwh=2.0), ("generator_energy_limit",), "'lake'"),
    "too little energy": Planted(
        "", law("generator", QUOTA, energy_min_mwh=2.0), ("generator_energy_limit",), "'quota'"
    ),
    "a capacity that is too large": Planted(
        "", law("generator", SIZED, capacity_max_mw=10.0), ("generator_capacity_limit",), "'sized'"
    ),
    "a capacity of a plant of fixed size": Planted(
        "", number("generator_capacity_mw", (FREE,), to(1.0)), ("generator_capacity_limit",), "'free'"
    ),
    "a segment beyond its width": Planted(
        "",
        moved("generator_segment_mw", (0, 0), (1, 0), 0.1),
        ("generator_segment_limit", "generator_segment_order", "cost_production", "objective"),
        "'rising'",
    ),
    "the second segment before the first": Planted(
        "",
        moved("generator_segment_mw", (0, 2), (1, 2), 0.2),
        ("generator_segment_order", "cost_production", "objective"),
        "'rising', 2025-01-01T02",
    ),
    "segments that do not add up": Planted(
        "",
        number("generator_segment_mw", (1, 0), up(-0.1)),
        ("generator_segment_sum", "generator_segment_order", "cost_production", "objective"),
        "'rising'",
    ),
    # Flows.
    "another power at the bus of a generator": Planted(
        "", number("flow_mw", (2, 0), up(0.1), "flows"), ("generator_flow", "power_balance"), "'ruled' at bus 'e'"
    ),
    "another power at the bus of an output": Planted(
        "", number("flow_mw", (17, 0), up(0.1), "flows"), ("converter_flow", "power_balance"), "'heater' at bus 'h'"
    ),
    "an output that does not wait": Planted(
        "",
        lambda case, outcome: law(
            "converter", 0, outputs=(replace(case.components["converter"][0].outputs[0], delay_hours=1.0),)
        )(case, outcome),
        ("converter_flow",),
        "'heater' at bus 'h'",
    ),
    "an output that is lost": Planted(
        "",
        lambda case, outcome: law(
            "converter", 0, outputs=(replace(case.components["converter"][0].outputs[0], cyclic=False),)
        )(case, outcome),
        ("converter_flow", "converter_price"),
        "'heater' at bus 'h', 2025-01-01T0",
    ),
    # Converters.
    "more than its largest input": Planted(
        "", law("converter", 0, input_max_mw=np.array(0.5)), ("converter_load_range",), "'heater'"
    ),
    "the better segment first": Planted(
        "",
        moved("converter_segment_mw", (0, 2), (1, 2), 0.2),
        ("converter_segment_limit", "converter_segment_order", "converter_flow"),
        "'curved'",
    ),
    "an input whose segments do not add up": Planted(
        "",
        number("converter_segment_mw", (1, 2), up(-0.2)),
        ("converter_segment_sum", "converter_segment_order", "converter_flow"),
        "'curved'",
    ),
    # Prices.
    "a generator that runs at a loss": Planted(
        "",
        law("generator", FREE, cost_eur_per_mwh=np.array(91.0)),
        ("generator_price", "cost_production", "objective"),
        "'free', 2025-01-01T05",
    ),
    "a generator that misses a gain": Planted(
        "", law("generator", FREE, power_max_mw=np.array(0.8)), ("generator_price",), "'free', 2025-01-01T06"
    ),
    "a price at which segments and capacities would earn more": Planted(
        "", price(0, 3, 6.0), ("generator_price", "generator_capacity_price"), "2025-01-01T03"
    ),
    "water that is used in the wrong hour": Planted(
        "",
        law("generator", LAKE, cost_eur_per_mwh=np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 40.0, 1.0])),
        ("generator_energy_price", "cost_production", "objective"),
        "'lake'",
    ),
    "a limit of energy that nobody reaches and that is worth something": Planted(
        "", law("generator", LAKE, energy_max_mwh=3.0), ("generator_energy_price",), "'lake'"
    ),
    "a capacity that does not earn its cost": Planted(
        "",
        law("generator", SIZED, capacity_cost_eur_per_mw=46.0),
        ("generator_capacity_price", "cost_investment", "objective"),
        "'sized'",
    ),
    "a capacity that would earn more": Planted(
        "",
        law("generator", SIZED, capacity_cost_eur_per_mw=44.0),
        ("generator_capacity_price", "cost_investment", "objective"),
        "'sized'",
    ),
    "a converter that runs at a loss": Planted(
        "",
        law("converter", 0, cost_eur_per_mwh=np.array(60.0)),
        ("converter_price", "cost_production", "objective"),
        "'heater'",
    ),
    "a converter that misses a gain": Planted(
        "", law("converter", 0, input_max_mw=np.array(1.5)), ("converter_price",), "'heater'"
    ),
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome]:
    path: Path = tmp_path_factory.mktemp("yard") / "case.yaml"
    path.write_text(YARD, encoding="utf-8")
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
    own = {each for each in checked if each.startswith(("generator_", "converter_"))}
    own |= {f"cost_{each}" for each in ("production", "start", "stop", "running", "investment")}
    assert own <= checked
    planted = {each for one in PLANTED.values() for each in one.broken}
    assert own <= planted | {"converter_segment_limit"}, own - planted


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
