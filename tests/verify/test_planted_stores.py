"""Violations planted into answers with stores of all kinds and buildings; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.outcome import Table
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Plant, Planted, law, number, price, term, to, up

# Every store and every building has something to do, and most limits that the tests tighten are not met exactly.
CASE = """
name: reservoirs
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 6}
buses: [{id: e}, {id: h, carrier: heat}, {id: c, carrier: cooling}, {id: lone}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 20, import_price_eur_per_mwh: [50, 20, 80, 120, 40, 60]}
    - {id: gas, bus: h, import_max_mw: 20, import_price_eur_per_mwh: [30, 25, 60, 70, 30, 35]}
    - {id: cold, bus: c, import_max_mw: 20, import_price_eur_per_mwh: 15}
  demand:
    - {id: load, bus: e, demand_mw: [3, 3, 4, 5, 3, 3]}
    - {id: heat, bus: h, demand_mw: 2}
    - {id: far, bus: lone, demand_mw: [0, 0, 0.2, 0.2, 0.1, 0]}
  battery:
    - {id: plain, bus: e, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 1,
       energy_end_min_mwh: 0.8, calendar_cost_eur_per_mwh_hour: 1.5,
       final_values: [{energy_mwh: 0.5, value_eur_per_mwh: 90}, {energy_mwh: 1, value_eur_per_mwh: 30}]}
    - {id: worn, bus: e, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 0.5,
       charge_limits: [{energy_ratio: 0.4, power_ratio: 1}, {energy_ratio: 1, power_ratio: 0.2}],
       discharge_limits: [{energy_ratio: 0, power_ratio: 0.2}, {energy_ratio: 0.5, power_ratio: 0.9}],
       cycle_costs: [{depth_ratio: 0.3, cost_eur_per_mwh: 5}, {depth_ratio: 1, cost_eur_per_mwh: 20}]}
  store:
    - {id: lake, bus: lone, charge_max_mw: 0, discharge_max_mw: 1, energy_max_mwh: [1, 1, 1, 1, 0.7, 0.7],
       energy_start_mwh: 0.9, inflow_mw: [0.1, 0.2, 0.4, 0, 0, 0.1], spill_cost_eur_per_mwh: 2, energy_min_mwh: 0.1}
    - {id: ring, bus: e, charge_max_mw: 0.5, discharge_max_mw: 0.6, energy_max_mwh: 1.5, cyclic: true,
       standing_loss_per_hour: 0.01, charge_efficiency: 0.95, discharge_efficiency: 0.95, charge_cost_eur_per_mwh: 1,
       discharge_cost_eur_per_mwh: 1, holding_cost_eur_per_mwh_hour: 0.5}
    - {id: built, bus: e, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 4, energy_start_mwh: 0.2,
       energy_capacity_cost_eur_per_mwh: 30, power_capacity_cost_eur_per_mw: 8, one_size: true,
       charge_efficiency: 0.97}
    - {id: kept, bus: e, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 4, energy_start_mwh: 0.2,
       energy_fixed_mwh: [0.5, 1, 1, 0.3, 0.4, 0.4], charge_efficiency: 0.97}
  stratified_store:
    - {id: tower, bus: h, charge_max_mw: 1, discharge_max_mw: 0.8, temperature_hot_c: 80, temperature_cold_c: 50,
       temperature_ambient_c: 5, diameter_m: 4, height_m: 6, u_value_w_per_m2_k: 9, level_start_ratio: 0.2,
       level_min_ratio: 0.05, level_max_ratio: 0.8, level_end_ratio: 0.1}
  building:
    - {id: room, heat_bus: h, heat_max_mw: 2, capacity_mwh_per_k: 0.4, resistance_k_per_mw: 25,
       temperature_start_c: 20, outdoor_temperature_c: [0, 0, 2, 4, 4, 2], temperature_min_c: [19, 20, 21, 21, 20, 20],
       temperature_max_c: 23, discomfort_cost_eur_per_c_hour: 20, internal_gains_mw: 0.1}
    - {id: hall, heat_bus: h, cooling_bus: c, heat_max_mw: 1, cool_max_mw: 1, capacity_mwh_per_k: 0.2,
       envelope_capacity_mwh_per_k: 1, indoor_envelope_resistance_k_per_mw: 4,
       envelope_outdoor_resistance_k_per_mw: 16, resistance_k_per_mw: 40, temperature_start_c: 25,
       outdoor_temperature_c: [30, 33, 35, 36, 33, 31], solar_gains_mw: 0.3, solar_envelope_ratio: 0.5}
"""
ANSWER: list[tuple[Case, Outcome]] = []


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome]:
    """The case with its answer."""
    if not ANSWER:
        path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
        path.write_text(CASE, encoding="utf-8")
        case = c4e_opt.read_case(path)
        ANSWER.append((case, c4e_opt.solve(case)))
    return ANSWER[0]


def inside(kind: str, row: int, field: str, place: int, **fields: Any) -> Plant:
    """Keep the answer and change one of the small records of a component."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        listed = list(getattr(case.components[kind][row], field))
        listed[place] = replace(listed[place], **fields)
        return law(kind, row, **{field: tuple(listed)})(case, outcome)

    return plant


def six(*numbers: float) -> Any:
    return np.array(numbers, dtype=np.float64)


R = "reservoirs"
B, S, T, H = "battery", "store", "stratified_store", "building"
PLANTED: Mapping[str, Planted] = {
    # Batteries.
    "a worth that the slices do not give": Planted(
        R, number("battery_final_value_eur", (0,), up(1.0)), ("battery_final_value", "cost_final_value", "objective")
    ),
    "slices that are worth less": Planted(
        R, inside(B, 0, "final_values", 0, value_eur_per_mwh=89.0), ("battery_final_value",), "'plain'"
    ),
    "less left than must be": Planted(R, law(B, 0, energy_end_min_mwh=0.81), ("battery_energy_end",), "'plain'"),
    "a free end at a price that wants more": Planted(
        R, law(B, 0, energy_end_min_mwh=None), ("battery_stored_value",), "'plain', 2025-01-01T05"
    ),
    "holding that costs a lot": Planted(
        R, law(B, 0, calendar_cost_eur_per_mwh_hour=20.0), ("cost_storage", "battery_stored_value", "objective")
    ),
    "a curve that falls earlier": Planted(
        R, inside(B, 1, "charge_limits", 0, energy_ratio=0.35), ("battery_charge_curve",), "'worn', 2025-01-01T01"
    ),
    "a curve that allows less of a nearly empty battery": Planted(
        R, inside(B, 1, "discharge_limits", 0, power_ratio=0.19), ("battery_discharge_curve",), "'worn', 2025-01-01T"
    ),
    "a slice that is smaller": Planted(
        R, inside(B, 1, "cycle_costs", 0, depth_ratio=0.29), ("battery_slice_limit",), "'worn', 2025-01-01T01"
    ),
    "a slice that nothing is drawn from": Planted(
        R,
        number("battery_slice_discharge_mw", (1, 0, 2), to(0.0)),
        ("battery_slice_sum", "battery_slice_balance", "cost_storage", "objective"),
        "'worn', 2025-01-01T02",
    ),
    "a slice of a battery that has none": Planted(
        R,
        number("battery_slice_charge_mw", (0, 0, 2), to(0.1)),
        ("battery_slice_sum",),
        "'plain', 2025-01-01T02",
    ),
    "energy in a slice out of nothing": Planted(
        R, number("battery_slice_held_mwh", (1, 1, 2), up(0.01)), ("battery_slice_balance",), "'worn', 2025-01-01T0"
    ),
    "a slice that is charged backwards": Planted(
        R,
        number("battery_slice_charge_mw", (1, 0, 1), to(-0.1)),
        ("battery_slice_limit", "battery_slice_balance", "battery_slice_sum"),
    ),
    "wear that costs more": Planted(
        R, inside(B, 1, "cycle_costs", 1, cost_eur_per_mwh=21.0), ("cost_storage", "objective"), "storage"
    ),
    # Stores.
    "charging faster than the step allows": Planted(
        R, law(S, 1, charge_max_mw=six(0.5, 0.4, 0.5, 0.5, 0.5, 0.5)), ("store_charge_limit",), "'ring', 2025-01-01T01"
    ),
    "discharging faster than the step allows": Planted(
        R, law(S, 1, discharge_max_mw=six(0.6, 0.6, 0.6, 0.5, 0.6, 0.6)), ("store_discharge_limit",), "2025-01-01T03"
    ),
    "more energy than the step allows": Planted(
        R, law(S, 0, energy_max_mwh=six(1, 1, 1, 1, 0.7, 0.6)), ("store_energy_limit",), "'lake', 2025-01-01T05"
    ),
    "less energy than the step allows": Planted(
        R, law(S, 0, energy_min_mwh=six(0, 0, 0, 0.81, 0, 0)), ("store_energy_limit",), "'lake', 2025-01-01T03"
    ),
    "energy that is not as prescribed": Planted(
        R, law(S, 3, energy_fixed_mwh=six(0.5, 1, 1, 0.4, 0.4, 0.4)), ("store_energy_limit",), "'kept', 2025-01-01T03"
    ),
    "water that did not flow in": Planted(
        R, law(S, 0, inflow_mw=six(0.1, 0.2, 0.3, 0, 0, 0.1)), ("store_energy_balance",), "'lake', 2025-01-01T02"
    ),
    "more spilled than flows in": Planted(
        R,
        number("store_spill_mw", (0, 3), up(0.1)),
        ("store_spill_limit", "store_energy_balance", "cost_storage", "objective"),
        "'lake', 2025-01-01T03",
    ),
    "more spilled than may be": Planted(R, law(S, 0, spill_max_mw=six(1, 0.1, 1, 1, 1, 1)), ("store_spill_limit",)),
    "a ring that does not close": Planted(
        R, law(S, 1, cyclic=False, energy_start_mwh=0.3), ("store_energy_balance", "store_stored_value"), "'ring'"
    ),
    "another energy at the end": Planted(R, law(S, 2, energy_end_mwh=0.1), ("store_energy_end",), "'built'"),
    "charging that costs more": Planted(
        R, law(S, 1, charge_cost_eur_per_mwh=60.0), ("cost_storage", "store_stored_value", "objective")
    ),
    "holding that costs more": Planted(
        R, law(S, 1, holding_cost_eur_per_mwh_hour=60.0), ("cost_storage", "store_stored_value", "objective")
    ),
    "spilling that costs more": Planted(
        R, law(S, 0, spill_cost_eur_per_mwh=3.0), ("cost_storage", "store_stored_value", "objective")
    ),
    "a store that charges and discharges": Planted(
        R,
        lambda case, outcome: number("store_discharge_mw", (1, 0), up(0.1))(
            *number("store_charge_mw", (1, 0), to(0.4))(case, outcome)
        ),
        (
            "store_exclusivity",
            "store_flow",
            "store_energy_balance",
            "store_stored_value",
        ),
        "'ring', 2025-01-01T00",
    ),
    "a size beyond the most": Planted(
        R,
        law(S, 2, energy_max_mwh=np.full(6, 3.9)),
        ("store_capacity_limit",),
        "'built'",
    ),
    "a size that costs less": Planted(
        R, law(S, 2, energy_capacity_cost_eur_per_mwh=29.0), ("cost_investment", "objective"), "investment"
    ),
    "a power that costs less": Planted(
        R, law(S, 2, power_capacity_cost_eur_per_mw=7.0), ("cost_investment", "objective"), "investment"
    ),
    "a size of a store that has a fixed one": Planted(
        R, number("store_energy_capacity_mwh", (1,), to(1.0)), ("store_capacity_limit",), "'ring'"
    ),
    "a size apart from its power": Planted(
        R,
        number("store_energy_capacity_mwh", (2,), to(3.0)),
        ("store_capacity_limit", "cost_investment", "objective"),
        "'built'",
    ),
    "less power than is used": Planted(
        R,
        number("store_power_capacity_mw", (2,), to(0.9)),
        ("store_charge_limit", "store_discharge_limit", "store_capacity_limit", "cost_investment", "objective"),
        "'built'",
    ),
    # Tanks with layers.
    "a colder room": Planted(
        R,
        law(T, temperature_ambient_c=np.full(6, 4.0)),
        ("stratified_store_energy_balance",),
        "stratified_store 'tower'",
    ),
    "a wider tank": Planted(
        R,
        law(T, diameter_m=4.1),
        ("stratified_store_energy_balance", "stratified_store_energy_end"),
    ),
    "a thinner wall": Planted(
        R,
        law(T, u_value_w_per_m2_k=10.0),
        ("stratified_store_energy_balance",),
    ),
    "more hot than may be": Planted(R, law(T, level_max_ratio=0.7), ("stratified_store_energy_limit",), "T01"),
    "less hot than must be": Planted(R, law(T, level_min_ratio=0.09), ("stratified_store_energy_limit",), "T03"),
    "another level at the end": Planted(R, law(T, level_end_ratio=0.11), ("stratified_store_energy_end",)),
    "another level at the start": Planted(
        R, law(T, level_start_ratio=0.21), ("stratified_store_energy_balance",), "T00"
    ),
    "filling faster than the tank can": Planted(R, law(T, charge_max_mw=0.9), ("stratified_store_charge_limit",)),
    "drawing faster than the tank can": Planted(R, law(T, discharge_max_mw=0.7), ("stratified_store_discharge_limit",)),
    # Buildings.
    "a building that is warmer by itself": Planted(
        R, number("building_temperature_c", (0, 2), up(0.1)), ("building_temperature",), "'room'"
    ),
    "walls that are warmer by themselves": Planted(
        R, number("building_envelope_temperature_c", (1, 2), up(0.1)), ("building_temperature",), "'hall', 2025-01-01T0"
    ),
    "parts of a temperature that nobody can tell apart": Planted(
        R,
        lambda case, outcome: number("building_slow_c", (1, 2), up(0.1))(
            *number("building_fast_c", (1, 2), up(-0.1))(case, outcome)
        ),
        ("building_temperature",),
        "'hall', 2025-01-01T02",
    ),
    "a part of a temperature of a building without walls": Planted(
        R, number("building_slow_c", (0, 2), up(0.1)), ("building_temperature",), "'room', 2025-01-01T02"
    ),
    "walls of a building without": Planted(
        R,
        number("building_envelope_temperature_c", (0, 2), up(0.1)),
        ("building_temperature",),
        "'room', 2025-01-01T02",
    ),
    "a lighter building": Planted(R, law(H, 0, capacity_mwh_per_k=0.39), ("building_temperature",), "'room'"),
    "a window that is left open": Planted(R, law(H, 1, resistance_k_per_mw=30.0), ("building_temperature",), "'hall'"),
    "a sun that does not shine": Planted(
        R,
        law(H, 1, solar_gains_mw=six(0.3, 0.3, 0.3, 0.3, 0.2, 0.3)),
        ("building_temperature",),
        "'hall', 2025-01-01T04",
    ),
    "people that are not there": Planted(
        R,
        law(H, 0, internal_gains_mw=six(0.1, 0.1, 0.1, 0, 0.1, 0.1)),
        ("building_temperature",),
        "'room', 2025-01-01T03",
    ),
    "a warmer day": Planted(
        R,
        law(H, 0, outdoor_temperature_c=six(0, 0, 2, 4, 4, 3)),
        ("building_temperature",),
        "'room', 2025-01-01T05",
    ),
    "more heat than the building takes": Planted(
        R, law(H, 0, heat_max_mw=np.full(6, 1.9)), ("building_heat_limit",), "'room', 2025-01-01T01"
    ),
    "more cold than the building takes": Planted(
        R, law(H, 1, cool_max_mw=np.full(6, 0.7)), ("building_cool_limit",), "'hall', 2025-01-01T0"
    ),
    "heating against cooling": Planted(
        R,
        lambda case, outcome: number("building_cool_mw", (1, 3), up(0.1))(
            *number("building_heat_mw", (1, 3), to(0.1))(case, outcome)
        ),
        ("building_exclusivity", "building_flow"),
        "'hall', 2025-01-01T03",
    ),
    "cold that is forgotten": Planted(
        R,
        law(H, 0, temperature_min_c=six(19, 20, 21, 21.2, 20, 20)),
        ("building_discomfort", "building_worth_of_warmth"),
    ),
    "discomfort that nobody feels": Planted(
        R, number("building_discomfort_c", (0, 2), to(-0.5)), ("building_discomfort", "cost_discomfort", "objective")
    ),
    "a cost of discomfort that nobody feels": Planted(R, term("discomfort", 0.1), ("cost_discomfort",), "discomfort"),
    "a heat price at which it had better be warmer": Planted(
        R, price(1, 3, -30.0), ("building_worth_of_warmth", "grid_connection_import_price"), "'room', 2025-01-01T02"
    ),
    "a heat price at which the tank would wait": Planted(
        R,
        price(1, 0, 40.0),
        ("stratified_store_stored_value", "building_worth_of_warmth", "grid_connection_import_price"),
    ),
    "an electricity price at which the battery would wait": Planted(
        R,
        price(0, 2, -40.0),
        ("battery_stored_value", "store_stored_value", "grid_connection_import_price"),
        "'plain', 2025-01-01T0",
    ),
    "an electricity price at which stores would wait": Planted(
        R, price(0, 5, -30.0), ("store_stored_value", "battery_stored_value", "grid_connection_import_price"), "'built'"
    ),
    **{
        f"a wrong flow of a {kind}": Planted(
            R, number("flow_mw", (row, 3), up(0.01), "flows"), (f"{kind}_flow", "power_balance"), f"{kind} '"
        )
        for kind, row in ((S, 9), (T, 12), (H, 15))
    },
    "a wrong term final_value": Planted(R, term("final_value", 0.01), ("cost_final_value",), "final_value"),
    "a wrong term investment": Planted(R, term("investment", 0.01), ("cost_investment",), "investment"),
}


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(sentence: str, answer: tuple[Case, Outcome]) -> None:
    planted = PLANTED[sentence]
    case, outcome = planted.plant(*answer)
    certificate = verify(case, outcome)
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where


def test_every_law_of_these_kinds_is_broken_by_some_planted_violation(answer: tuple[Case, Outcome]) -> None:
    laws = {residual.law for residual in verify(*answer).residuals}
    checked = {
        each for each in laws if each.startswith((S, T, H, "battery_slice", "battery_final", "battery_charge_c"))
    }
    planted = {each for one in PLANTED.values() for each in one.broken}
    assert checked <= planted, checked - planted


def test_a_quantity_that_is_missing_or_too_much_is_told(answer: tuple[Case, Outcome]) -> None:
    case, outcome = answer
    table: Table = outcome.schedule_table
    names = ("battery_slice_held_mwh", "store_spill_mw", "store_energy_capacity_mwh", "battery_final_value_eur")
    for name in (*names, "building_cool_mw", "building_envelope_temperature_c"):
        left = {key: each for key, each in table.quantities.items() if key != name}
        broken = verify(case, replace(outcome, schedule_table=replace(table, quantities=left))).broken
        assert [residual.law for residual in broken] == ["schedule_table"], name
        assert name in broken[0].where


def test_a_step_that_counts_more_is_priced_by_its_count(answer: tuple[Case, Outcome]) -> None:
    """Stores weigh prices of steps that count differently; so does the verifier."""
    case, _ = answer
    weights = np.array([3.0, 0.5, 2.0, 1.0, 4.0, 0.25])
    horizon = c4e_opt.axes.Horizon(case.horizon.start, case.horizon.step_seconds, weights=weights)
    weighted = replace(case, horizon=horizon)
    outcome = c4e_opt.solve(weighted)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.objective != pytest.approx(answer[1].objective)
    plain = replace(outcome, case_digest=case.digest())
    assert "store_stored_value" in {residual.law for residual in verify(case, plain).broken}


@settings(max_examples=300, deadline=None)
@given(choice=st.data())
def test_a_corrupted_number_is_refused(choice: st.DataObject, answer: tuple[Case, Outcome]) -> None:
    case, outcome = answer
    field = choice.draw(st.sampled_from(["schedule_table", "flow_table"]))
    table: Table = getattr(outcome, field)
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    cell = choice.draw(st.integers(0, values.size - 1))
    values.flat[cell] += choice.draw(st.floats(1e-4, 1e3)) * choice.draw(st.sampled_from([-1, 1]))
    quantities = {**table.quantities, key: replace(table.quantities[key], values=values)}
    assert not verify(case, replace(outcome, **{field: replace(table, quantities=quantities)})).holds
