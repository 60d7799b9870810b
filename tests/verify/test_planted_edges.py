"""Violations of laws of modules, edges of runs, segments of cost and blocks of maintenance; see the planted plants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.verify import verify
from tests.verify.test_planted_plants import moved
from tests.verify.test_planted_violations import Planted, law, number, to

EDGES = """
name: edges
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 4}
buses: [{id: e}, {id: h, carrier: heat}]
components:
  grid_connection: [{id: grid, bus: e, import_max_mw: 90, import_price_eur_per_mwh: [50, 20, 60, 30]}]
  demand: [{id: town, bus: e, demand_mw: 9}, {id: rooms, bus: h, demand_mw: 1}]
  generator:
    - {id: modular, bus: e, cost_eur_per_mwh: 1, capacity_cost_eur_per_mw: 30, capacity_module_mw: 1.5,
       capacity_max_mw: 4}
    - {id: edged, bus: e, power_max_mw: 2, cost_eur_per_mwh: 55, running_cost_eur_per_hour: 1,
       start_load_min_ratio: 0.5, stop_load_min_ratio: 0.25}
    - {id: dear, bus: e, power_max_mw: 1, cost_eur_per_mwh: 45}
  converter:
    - {id: heater, input_bus: e, input_max_mw: 2, outputs: [{bus: h, efficiency: 0.8}],
       cost_segments: [{input_mw: 1, cost_eur_per_mwh: 4}, {input_mw: 1, cost_eur_per_mwh: 2}]}
  store:
    - {id: lake, bus: e, charge_max_mw: 0, discharge_max_mw: 1, energy_max_mwh: 3, energy_start_mwh: 3,
       discharge_cost_segments: [{discharge_mw: 0.5, cost_eur_per_mwh: 9}, {discharge_mw: 0.5, cost_eur_per_mwh: 1}]}
  maintenance: [{id: block, members: [generator/dear], hours: 1, events: 2, least_mw: 0.25}]
"""
MODULAR, EDGED, DEAR = range(3)

PLANTED: Mapping[str, Planted] = {
    "a capacity of another number of modules": Planted(
        "", number("generator_modules", (MODULAR,), to(1.0)), ("generator_capacity_modules",), "'modular'"
    ),
    "part of a module": Planted(
        "",
        number("generator_modules", (MODULAR,), to(1.5)),
        ("generator_capacity_modules", "integrality"),
        "'modular'",
    ),
    "a start at less than it must be": Planted(
        "", law("generator", EDGED, start_load_min_ratio=np.array(1.1)), ("generator_start_load",), "T02"
    ),
    "a stop from less than it must be": Planted(
        "", law("generator", EDGED, stop_load_min_ratio=np.array(1.1)), ("generator_start_load",), "T03"
    ),
    "less in the segments of cost than is taken": Planted(
        "",
        number("converter_cost_segment_mw", (1, 1), to(0.0)),
        ("converter_cost_segment_sum", "converter_cost_segment_order", "cost_production", "objective"),
        "'heater', 2025-01-01T01",
    ),
    "more in a segment of cost than fits": Planted(
        "",
        moved("converter_cost_segment_mw", (1, 1), (0, 1), 0.1),
        ("converter_cost_segment_limit", "converter_cost_segment_order", "cost_production", "objective"),
        "'heater', 2025-01-01T01",
    ),
    "a segment of cost before the one before it is full": Planted(
        "",
        moved("converter_cost_segment_mw", (0, 1), (1, 1), 0.1),
        ("converter_cost_segment_order", "cost_production", "objective"),
        "'heater', 2025-01-01T01",
    ),
    "a dear part of what a store gives left out": Planted(
        "",
        moved("store_segment_mw", (0, 0), (1, 0), 0.1),
        ("store_segment_limit", "store_segment_order", "cost_storage", "objective"),
        "'lake', 2025-01-01T00",
    ),
    "less in the segments of a store than it gives": Planted(
        "",
        number("store_segment_mw", (1, 0), to(0.0)),
        ("store_segment_sum", "store_segment_order", "cost_storage", "objective"),
        "'lake', 2025-01-01T00",
    ),
    "a block too few": Planted(
        "", law("maintenance", events=3), ("maintenance_block",), "'block'"
    ),
    "blocks that overlap": Planted(
        "", law("maintenance", hours=3.0), ("maintenance_block", "maintenance_limit"), "'block'"
    ),
    "less than the least power outside of a block": Planted(
        "", law("maintenance", least_mw=np.array(1.5)), ("maintenance_least",), "generator/dear"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Outcome]:
    folder: Path = tmp_path_factory.mktemp("edges")
    (folder / "case.yaml").write_text(EDGES, encoding="utf-8")
    case = c4e_opt.read_case(folder)
    return case, c4e_opt.solve(case)


def test_the_answer_that_violations_are_planted_into_fulfils_every_law(answered: tuple[Case, Outcome]) -> None:
    certificate = verify(*answered)
    assert certificate.holds, certificate.broken


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_exactly_the_laws_that_are_broken(sentence: str, answered: tuple[Case, Outcome]) -> None:
    planted = PLANTED[sentence]
    certificate = verify(*planted.plant(*answered))
    assert {residual.law for residual in certificate.broken} == set(planted.broken), certificate.broken
    first = next(residual for residual in certificate.broken if residual.law == planted.broken[0])
    assert planted.where in first.where
