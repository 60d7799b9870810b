"""Violations planted into an answer with CHPs and boilers of every form; see `test_planted_violations`."""

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
from c4e_opt.components.operating_region import OperatingPoint
from c4e_opt.verify import verify
from tests.verify.test_planted_plants import moved
from tests.verify.test_planted_violations import Planted, law, number, price, to, up

# Heat may be dumped; power is bought and sold, at -40 in the third hour, in which segments must be kept in order.
HALL = """
name: hall
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 6}
buses: [{id: e}, {id: h, carrier: heat}, {id: g, carrier: gas}]
components:
  grid_connection:
    - {id: grid, bus: e, import_max_mw: 90, export_max_mw: 20, export_price_eur_per_mwh: [88, 60, -45, 20, 95, 70],
       import_price_eur_per_mwh: [90, 62, -40, 24, 99, 73]}
    - {id: gas, bus: g, import_max_mw: 90, import_price_eur_per_mwh: 30}
    - {id: dump, bus: h, import_max_mw: 90, import_price_eur_per_mwh: 80, export_max_mw: 9,
       export_price_eur_per_mwh: -3}
  demand: [{id: town, bus: e, demand_mw: [9, 8, 7, 6, 7, 8]}, {id: rooms, bus: h, demand_mw: [3, 4, 5, 4, 3, 2.5]}]
  chp:
    - {id: turbine, electricity_bus: e, heat_bus: h, fuel_bus: g, start_cost_eur: 5, minimum_down_hours: 2,
       on_initially: true, cost_eur_per_mwh: 1,
       operating_region: [{electric_mw: 0.5, heat_mw: 0, fuel_mw: 1}, {electric_mw: 0.4, heat_mw: 0.5, fuel_mw: 1},
                          {electric_mw: 0.2, heat_mw: 0.2, fuel_mw: 0.5}]}
    - {id: moving, electricity_bus: e, heat_bus: h, fuel_bus: g,
       operating_region: [{electric_mw: [0.5, 0.4, 0.5, 0.5, 0.5, 0.5], heat_mw: 0, fuel_mw: 1},
                          {electric_mw: 0.3, heat_mw: 0.5, fuel_mw: 1}]}
    - {id: falling, electricity_bus: e, heat_bus: h, fuel_bus: g, fuel_max_mw: 1,
       efficiency_segments: [{fuel_mw: 0.4, electric_efficiency: 0.5, heat_efficiency: 0.4},
                             {fuel_mw: 0.6, electric_efficiency: 0.25, heat_efficiency: 0.3}]}
    - {id: rising, electricity_bus: e, heat_bus: h, fuel_bus: g, fuel_max_mw: 1, minimum_load_ratio: 0.3,
       efficiency_segments: [{fuel_mw: 0.3, electric_efficiency: 0.2, heat_efficiency: 0.4},
                             {fuel_mw: 0.3, electric_efficiency: 0.3, heat_efficiency: 0.5},
                             {fuel_mw: 0.4, electric_efficiency: 0.5, heat_efficiency: 0.3}]}
  boiler:
    - {id: plain, heat_bus: h, fuel_bus: g, heat_max_mw: 0.6, efficiency: 0.9}
    - {id: ruled, heat_bus: h, fuel_bus: g, heat_max_mw: 1, efficiency: 0.95, minimum_load_ratio: 0.5,
       start_cost_eur: 2, minimum_up_hours: 2, ramp_down_ratio_per_hour: 0.6}
    - {id: electric, heat_bus: h, fuel_bus: e, heat_max_mw: 1,
       efficiency_segments: [{heat_mw: 0.5, efficiency: 0.98}, {heat_mw: 0.5, efficiency: 0.8}]}
    - {id: bent, heat_bus: h, fuel_bus: g, heat_max_mw: 1,
       efficiency_segments: [{heat_mw: 0.5, efficiency: 0.6}, {heat_mw: 0.5, efficiency: 0.9}]}
"""


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome]:
    path: Path = tmp_path_factory.mktemp("hall") / "case.yaml"
    path.write_text(HALL, encoding="utf-8")
    case = c4e_opt.read_case(path)
    return case, c4e_opt.solve(case)


def test_the_answer_that_violations_are_planted_into_fulfils_every_law(answered: tuple[Case, Outcome]) -> None:
    certificate = verify(*answered)
    assert certificate.holds, certificate.broken


TURBINE, MOVING, FALLING, RISING = range(4)
PLAIN, RULED, ELECTRIC, BENT = range(4)


def points(*rows: tuple[float, float, float]) -> tuple[OperatingPoint, ...]:
    return tuple(
        OperatingPoint(electric_mw=np.array(el), heat_mw=np.array(heat), fuel_mw=np.array(fuel))
        for el, heat, fuel in rows
    )


PLANTED: Mapping[str, Planted] = {
    # Regions.
    "shares of a plant that stands still": Planted(
        "",
        number("chp_vertex_share", (0, 2), to(0.1)),
        ("chp_region_shares", "chp_region_point", "chp_region_price"),
        "'turbine', 2025-01-01T02",
    ),
    "shares of more than all": Planted(
        "",
        number("chp_vertex_share", (3, 4), up(0.1)),
        ("chp_region_shares", "chp_region_point"),
        "'moving', 2025-01-01T04",
    ),
    "a share below nothing": Planted(
        "",
        moved("chp_vertex_share", (0, 0), (1, 0), 0.2),
        ("chp_region_shares", "chp_region_point"),
        "'turbine', 2025-01-01T00",
    ),
    "another power than the shares'": Planted(
        "",
        number("chp_region_electric_mw", (1, 0), up(0.1)),
        ("chp_region_point", "chp_flow"),
        "'moving', 2025-01-01T00",
    ),
    "another heat than the shares'": Planted(
        "", number("chp_region_heat_mw", (1, 0), up(0.1)), ("chp_region_point", "chp_flow"), "'moving'"
    ),
    "another fuel than the shares'": Planted(
        "",
        number("chp_fuel_mw", (MOVING, 3), up(0.1)),
        ("chp_region_point", "chp_flow"),
        "'moving', 2025-01-01T03",
    ),
    "a vertex that gives less": Planted(
        "",
        law("chp", TURBINE, operating_region=points((0.5, 0.0, 1.0), (0.35, 0.5, 1.0), (0.2, 0.2, 0.5))),
        ("chp_region_point",),
        "'turbine'",
    ),
    "a vertex that would earn more": Planted(
        "",
        law("chp", TURBINE, operating_region=points((0.7, 0.0, 1.0), (0.4, 0.5, 1.0), (0.2, 0.2, 0.5))),
        ("chp_region_price",),
        "'turbine'",
    ),
    "a region that runs at a loss": Planted(
        "",
        law("chp", MOVING, cost_eur_per_mwh=60.0),
        ("chp_region_price", "cost_production", "objective"),
        "'moving', 2025-01-01T0",
    ),
    "fuel beyond the region": Planted(
        "", number("chp_fuel_mw", (MOVING, 4), to(1.2)), ("chp_load_range", "chp_region_point", "chp_flow"), "'moving'"
    ),
    # Segments.
    "a segment beyond its width": Planted(
        "",
        moved("chp_segment_mw", (1, 0), (0, 0), 0.1),
        ("chp_flow", "chp_segment_limit", "chp_segment_order", "chp_segment_order_heat", "chp_segment_left"),
        "'falling'",
    ),
    "the second segment before the first": Planted(
        "",
        moved("chp_segment_mw", (0, 1), (1, 1), 0.2),
        ("chp_flow", "chp_segment_order", "chp_segment_order_heat", "chp_segment_left"),
        "'falling'",
    ),
    "segments that do not add up": Planted(
        "",
        number("chp_segment_mw", (1, 1), up(0.1)),
        ("chp_flow", "chp_segment_sum", "chp_segment_order", "chp_segment_order_heat"),
        "'falling'",
    ),
    "less left than there is": Planted(
        "", number("chp_segment_left_mw", (1, 2), up(-0.1)), ("chp_segment_left",), "'falling'"
    ),
    "something left before a segment that waits for none": Planted(
        "", number("chp_segment_left_mw", (3, 2), up(0.1)), ("chp_segment_left",), "'rising'"
    ),
    "half a decision": Planted(
        "", number("chp_segment_closed", (1, 2), to(0.5)), ("integrality",), "chp: segment_closed, place 1"
    ),
    "segments of a boiler that do not add up": Planted(
        "",
        number("boiler_segment_mw", (2, 1), up(-0.1)),
        ("boiler_flow", "boiler_segment_sum", "boiler_segment_order", "boiler_segment_left"),
        "'bent'",
    ),
    "a segment of a boiler beyond its width": Planted(
        "",
        moved("boiler_segment_mw", (3, 3), (2, 3), 0.1),
        ("boiler_flow", "boiler_segment_limit", "boiler_segment_order", "boiler_segment_left"),
        "'bent'",
    ),
    "the second segment of a boiler before the first": Planted(
        "",
        moved("boiler_segment_mw", (2, 1), (3, 1), 0.1),
        ("boiler_flow", "boiler_segment_order", "boiler_segment_left"),
        "'bent'",
    ),
    "nothing left where there is": Planted(
        "", number("boiler_segment_left_mw", (1, 0), to(0.0)), ("boiler_segment_left",), "'electric'"
    ),
    # Loads and states of boilers.
    "more heat than the boiler gives": Planted(
        "", law("boiler", PLAIN, heat_max_mw=0.5), ("boiler_load_range",), "'plain'"
    ),
    "less heat than its least": Planted(
        "", law("boiler", RULED, minimum_load_ratio=0.97), ("boiler_load_range",), "'ruled'"
    ),
    "a fall faster than its ramp": Planted(
        "", law("boiler", RULED, ramp_down_ratio_per_hour=0.02), ("boiler_ramp_limit",), "'ruled'"
    ),
    "a start that is not called one": Planted(
        "",
        number("boiler_starting", (RULED, 0), to(0.0)),
        ("boiler_commitment_balance", "cost_start", "objective"),
        "'ruled'",
    ),
    "a boiler without a state that is on": Planted(
        "", number("boiler_on", (PLAIN, 0), to(1.0)), ("boiler_commitment_balance",), "'plain'"
    ),
    "a start that was not paid": Planted("", law("boiler", RULED, start_cost_eur=3.0), ("cost_start", "objective")),
    # Flows and prices.
    "another power at the bus of a region": Planted(
        "", number("flow_mw", (5, 0), up(0.1), "flows"), ("chp_flow", "power_balance"), "'turbine'"
    ),
    "another heat at the bus of segments": Planted(
        "", number("flow_mw", (11, 0), up(0.1), "flows"), ("chp_flow", "power_balance"), "'falling'"
    ),
    "another fuel of a bent boiler": Planted(
        "", number("flow_mw", (24, 1), up(0.1), "flows"), ("boiler_flow", "power_balance"), "'bent' at bus 'g'"
    ),
    "a chp with segments that runs at a loss": Planted(
        "", law("chp", RISING, cost_eur_per_mwh=60.0), ("chp_price", "cost_production", "objective"), "'rising'"
    ),
    "a boiler that runs at a loss": Planted(
        "", law("boiler", RULED, cost_eur_per_mwh=30.0), ("boiler_price", "cost_production", "objective"), "'ruled'"
    ),
    "a boiler with segments that runs at a loss": Planted(
        "", law("boiler", BENT, cost_eur_per_mwh=60.0), ("boiler_price", "cost_production", "objective"), "'bent'"
    ),
    "a boiler that misses a gain": Planted("", law("boiler", PLAIN, heat_max_mw=0.8), ("boiler_price",), "'plain'"),
    "a price at which others would run": Planted("", price(1, 3, 9.0), ("chp_region_price",), "T03"),
}


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(sentence: str, answered: tuple[Case, Outcome]) -> None:
    planted = PLANTED[sentence]
    certificate = verify(*planted.plant(*answered))
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where


def test_every_law_of_these_kinds_is_broken_by_some_planted_violation(answered: tuple[Case, Outcome]) -> None:
    checked = {residual.law for residual in verify(*answered).residuals}
    own = {each for each in checked if each.startswith(("chp_", "boiler_"))}
    planted = {each for one in PLANTED.values() for each in one.broken}
    states = {f"{kind}_minimum_{way}_time" for kind in ("chp", "boiler") for way in ("up", "down")}
    states |= {"chp_commitment_balance"}  # see test_planted_violations, the code is one
    assert own <= planted | states, own - planted


@settings(max_examples=200, deadline=None)
@given(choice=st.data())
def test_a_corrupted_number_is_refused(choice: st.DataObject, answered: tuple[Case, Outcome]) -> None:
    case, outcome = answered
    table = outcome.schedule_table
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    cell = choice.draw(st.integers(0, values.size - 1))
    amount = choice.draw(st.floats(1e-4, 1e3)) * choice.draw(st.sampled_from([-1, 1]))
    values.flat[cell] += amount
    if key.endswith("_segment_closed") and values.flat[cell] in (0, 1):
        return  # the segments say themselves whether they are in order
    quantities = {**table.quantities, key: replace(table.quantities[key], values=values)}
    assert not verify(case, replace(outcome, schedule_table=replace(table, quantities=quantities))).holds
