"""Violations planted into answers of zonal exchange and of networks of heat and gas; see `test_planted_violations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import c4e_opt
from c4e_opt import Case, Outcome
from c4e_opt.components.tie import LossSegment
from c4e_opt.verify import verify
from tests.verify.test_planted_violations import Plant, Planted, busiest, law, number, price, term, to, up

# Three zones of a hub, one of them congested softly; cables with segments, a ramp and a fixed loss to a fourth.
ZONES = """
name: zones
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 4}
buses: [{id: a}, {id: b}, {id: c}, {id: d}]
components:
  grid_connection:
    - {id: ga, bus: a, import_max_mw: 99, import_price_eur_per_mwh: [10, 12, 11, 13]}
    - {id: gb, bus: b, import_max_mw: 99, import_price_eur_per_mwh: [20, 24, 30, 28]}
    - {id: gc, bus: c, import_max_mw: 99, import_price_eur_per_mwh: [90, 80, 95, 85]}
    - {id: gd, bus: d, import_max_mw: 99, import_price_eur_per_mwh: [60, 70, 65, 61]}
  demand: [{id: town, bus: c, demand_mw: [10, 12, 11, 10]}, {id: isle, bus: d, demand_mw: [3, 4, 2.5, 3.5]}]
  tie:
    - {id: bent, from_bus: a, to_bus: d, forward_max_mw: 2, backward_max_mw: 1,
       loss_segments: [{flow_mw: 1, loss_ratio: 0.02}, {flow_mw: 1, loss_ratio: 0.06}]}
    - {id: slow, from_bus: a, to_bus: d, forward_max_mw: [0.5, 1.5, 1.5, 0.6], backward_max_mw: 1, loss_ratio: 0.03,
       loss_fixed_mw: 0.05, fee_eur_per_mwh: 1, backward_fee_eur_per_mwh: 2, ramp_max_mw_per_hour: 0.6,
       flow_before_mw: 0.1}
  flow_based_constraint:
    - {id: ac, ram_mw: [5, 5, 6, 6], ram_backward_mw: 4, zones: [{bus: a, ptdf_ratio: 0.6}, {bus: b, ptdf_ratio: 0.3}]}
    - {id: bc, ram_mw: [2, 2, 1, 1], overload_price_eur_per_mwh: 40,
       zones: [{bus: a, ptdf_ratio: 0.2}, {bus: b, ptdf_ratio: 0.4}, {bus: c, ptdf_ratio: -0.1}]}
"""

# Heat that arrives late, pipes that are shut or turn, and gas that waits in its pipe.
PIPES = """
name: pipes
horizon: {start: "2025-01-01T00:00Z", step_minutes: 30, steps: 5}
buses: [{id: h1, carrier: heat}, {id: h2, carrier: heat}, {id: h3, carrier: heat}, {id: g1, carrier: gas},
  {id: g2, carrier: gas}, {id: e}]
components:
  grid_connection:
    - {id: p1, bus: h1, import_max_mw: 99, import_price_eur_per_mwh: [10, 30, 12, 40, 11]}
    - {id: p2, bus: h2, import_max_mw: 99, export_max_mw: 9, import_price_eur_per_mwh: [50, 55, 60, 52, 51],
       export_price_eur_per_mwh: -5}
    - {id: p3, bus: h3, import_max_mw: 99, import_price_eur_per_mwh: [90, 5, 70, 8, 60]}
    - {id: w1, bus: g1, import_max_mw: 99, import_price_eur_per_mwh: [10, 12, 80, 11, 90]}
    - {id: w2, bus: g2, import_max_mw: 99, import_price_eur_per_mwh: [50, 60, 95, 70, 99]}
    - {id: grid, bus: e, import_max_mw: 99, import_price_eur_per_mwh: 100}
  demand:
    - {id: d2, bus: h2, demand_mw: [1, 2, 1.5, 1, 2]}
    - {id: d3, bus: h3, demand_mw: [1, 0.5, 1, 0.4, 1]}
    - {id: d1, bus: h1, demand_mw: 1}
    - {id: town, bus: g2, demand_mw: [2, 3, 2, 2.5, 3]}
  heat_pipe:
    - {id: late, from_bus: h1, to_bus: h2, forward_max_mw: 1.2, mass_flow_max_kg_per_s: 9, delay_hours: 0.4,
       content_start_mwh: 0.1, content_end_min_mwh: 0.2, transmittance_w_per_m_k: 0.2, length_m: 2000,
       fee_eur_per_mwh: 1}
    - {id: turns, from_bus: h1, to_bus: h3, forward_max_mw: 1.5, backward_max_mw: 1.5, switchable: true,
       transmittance_w_per_m_k: 0.2, length_m: 1500}
    - {id: plain, from_bus: h1, to_bus: h2, forward_max_mw: 0.3, transmittance_w_per_m_k: 0.1, length_m: 500}
  gas_pipe:
    - {id: main, from_bus: g1, to_bus: g2, inflow_max_mw: 3.1, outflow_max_mw: 2.6, linepack_min_mwh: 0.2,
       linepack_max_mwh: 1.3, linepack_start_mwh: 0.7, linepack_end_min_mwh: 0.5, compressor_ratio: 0.02,
       compressor_bus: e, fee_eur_per_mwh: 0.5}
"""
EXCHANGE = ("tie", "flow_based_constraint", "heat_pipe", "gas_pipe", "transport", "overload")


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Case, Outcome]]:
    found: dict[str, tuple[Case, Outcome]] = {}
    for text in (ZONES, PIPES):
        path: Path = tmp_path_factory.mktemp("case") / "case.yaml"
        path.write_text(text, encoding="utf-8")
        case = c4e_opt.read_case(path)
        found[case.name] = case, c4e_opt.solve(case, c4e_opt.SolveOptions(gap=1e-9))
    return found


def zones(place: int, *ratios: tuple[int, float]) -> Plant:
    """Keep the answer and change PTDF."""

    def plant(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
        parts = list(case.components["flow_based_constraint"][place].zones)
        for zone, ratio in ratios:
            parts[zone] = replace(parts[zone], ptdf_ratio=ratio)
        return law("flow_based_constraint", place, zones=tuple(parts))(case, outcome)

    return plant


PLANTED: Mapping[str, Planted] = {
    "more loss in the second segment": Planted(
        "zones",
        law(
            "tie", loss_segments=(LossSegment(flow_mw=1.0, loss_ratio=0.02), LossSegment(flow_mw=1.0, loss_ratio=0.07))
        ),
        ("tie_flow",),
        "tie 'bent' at bus 'd', 2025-01-01T00",
    ),
    "a knot that is told where it is not": Planted(
        "zones", number("tie_above_knot_mw", (0, 1), up(0.1)), ("tie_knot",), "knot 'bent/forward/1', 2025-01-01T01"
    ),
    "a flow short of a knot that is not told": Planted(
        "zones", number("tie_below_knot_mw", (0, 1), up(0.1)), ("tie_knot",), "knot 'bent/forward/1', 2025-01-01T01"
    ),
    "a larger fixed loss": Planted(
        "zones", law("tie", 1, loss_fixed_mw=0.06), ("tie_flow",), "tie 'slow' at bus 'd', 2025-01-01T00"
    ),
    "a slower ramp": Planted(
        "zones", law("tie", 1, ramp_max_mw_per_hour=0.5), ("tie_ramp",), "tie 'slow', 2025-01-01T01"
    ),
    "another flow before": Planted(
        "zones", law("tie", 1, flow_before_mw=-0.3), ("tie_ramp",), "tie 'slow', 2025-01-01T00"
    ),
    "a least flow that is not kept": Planted(
        "zones",
        law("tie", 1, forward_min_mw=np.full(4, 1.4), backward_max_mw=0.0),
        ("tie_forward_limit",),
        "tie 'slow', 2025-01-01T00",
    ),
    "a dearer cable": Planted(
        "zones",
        law("tie", 1, fee_eur_per_mwh=2.0),
        ("tie_forward_price", "cost_transport", "objective"),
        "tie 'slow', 2025-01-01T02",
    ),
    "a price at which a cable should send more": Planted(
        "zones", price(3, 2, 5.0), ("tie_forward_price",), "tie 'slow', 2025-01-01T02"
    ),
    "a price at which a cable should send back": Planted(
        "zones",
        price(0, 2, 5.0),
        ("tie_forward_price", "tie_backward_price", "flow_based_constraint_price", "grid_connection_import_price"),
        "tie 'slow', 2025-01-01T02",
    ),
    "flow back below nothing": Planted(
        "zones",
        number("tie_backward_mw", (0, 1), to(-0.1)),
        ("tie_flow", "tie_backward_limit"),
        "tie 'bent' at bus 'd', 2025-01-01T01",
    ),
    "flow both ways": Planted(
        "zones",
        number("tie_backward_mw", (0, 1), to(0.1)),
        ("tie_flow", "tie_exclusivity", "tie_backward_price"),
        "tie 'bent' at bus 'd', 2025-01-01T01",
    ),
    "net positions that do not sum to zero": Planted(
        "zones",
        number("flow_based_constraint_net_position_mw", (0, 1), up(0.1)),
        ("flow_based_constraint_flow", "flow_based_constraint_hub", "flow_based_constraint_margin"),
        "flow_based_constraint 'ac' at bus 'a', 2025-01-01T01",
    ),
    "a net position that its bus does not see": Planted(
        "zones",
        number("flow_mw", (10, 2), up(0.1), "flows"),
        ("flow_based_constraint_flow", "power_balance"),
        "flow_based_constraint 'ac' at bus 'a', 2025-01-01T02",
    ),
    "a smaller margin": Planted(
        "zones",
        law("flow_based_constraint", ram_mw=np.full(4, 4.9)),
        ("flow_based_constraint_margin",),
        "flow_based_constraint 'ac', 2025-01-01T02",
    ),
    "a larger margin that prices do not know": Planted(
        "zones",
        law("flow_based_constraint", ram_mw=np.full(4, 7.0)),
        ("flow_based_constraint_price",),
        "hub '', 2025-01-01T02",
    ),
    "a margin the other way": Planted(
        "zones",
        law("flow_based_constraint", ram_backward_mw=-5.5),
        ("flow_based_constraint_margin",),
        "flow_based_constraint 'ac', 2025-01-01T00",
    ),
    "another PTDF": Planted(
        "zones",
        zones(0, (0, 0.65)),
        ("flow_based_constraint_margin", "flow_based_constraint_price"),
        "flow_based_constraint 'ac', 2025-01-01T03",
    ),
    "another PTDF of a zone that is not congested": Planted(
        "zones", zones(0, (1, 0.2)), ("flow_based_constraint_price",), "hub '', 2025-01-01T02"
    ),
    "flow beyond a margin that is not told": Planted(
        "zones",
        busiest("flow_based_constraint_overload_mw", lambda old: 0.5 * old, row=1),
        ("flow_based_constraint_margin", "cost_overload", "objective"),
        "flow_based_constraint 'bc', 2025-01-01T01",
    ),
    "flow beyond a margin that must not be": Planted(
        "zones",
        number("flow_based_constraint_overload_mw", (0, 0), to(0.1)),
        ("flow_based_constraint_overload", "flow_based_constraint_price"),
        "flow_based_constraint 'ac', 2025-01-01T00",
    ),
    "a dearer overload": Planted(
        "zones",
        law("flow_based_constraint", 1, overload_price_eur_per_mwh=45.0),
        ("flow_based_constraint_price", "cost_overload", "objective"),
        "hub '', 2025-01-01T03",
    ),
    "a price of a zone that no congestion explains": Planted(
        "zones",
        price(1, 0, 1.0),
        ("flow_based_constraint_price", "grid_connection_import_price"),
        "hub '', 2025-01-01T00",
    ),
    "a warmer pipe": Planted(
        "pipes",
        law("heat_pipe", supply_temperature_c=85.0),
        ("heat_pipe_flow", "heat_pipe_content"),
        "heat_pipe 'late' at bus 'h2', 2025-01-01T02",
    ),
    "a later pipe": Planted(
        "pipes", law("heat_pipe", delay_hours=0.45), ("heat_pipe_flow",), "heat_pipe 'late' at bus 'h2', 2025-01-01T00"
    ),
    "less under way before": Planted(
        "pipes",
        law("heat_pipe", content_start_mwh=0.05),
        ("heat_pipe_flow",),
        "heat_pipe 'late' at bus 'h2', 2025-01-01T00",
    ),
    "more under way at the end": Planted(
        "pipes", law("heat_pipe", content_end_min_mwh=0.5), ("heat_pipe_content",), "heat_pipe 'late'"
    ),
    "a smaller mass flow": Planted(
        "pipes",
        law("heat_pipe", mass_flow_max_kg_per_s=5.0),
        ("heat_pipe_forward_limit",),
        "heat_pipe 'late', 2025-01-01T00",
    ),
    "a pipe in use both ways": Planted(
        "pipes",
        number("heat_pipe_backward_in_use", (1, 0), to(1.0)),
        ("heat_pipe_flow", "heat_pipe_backward_limit", "heat_pipe_in_use"),
        "heat_pipe 'turns' at bus 'h1', 2025-01-01T00",
    ),
    "heat through a pipe that is shut": Planted(
        "pipes",
        busiest("heat_pipe_forward_in_use", to(0.0), row=1),
        ("heat_pipe_flow", "heat_pipe_forward_limit"),
        "heat_pipe 'turns' at bus 'h3', 2025-01-01T00",
    ),
    "half a pipe": Planted(
        "pipes",
        busiest("heat_pipe_backward_in_use", to(0.5), row=1),
        ("heat_pipe_flow", "heat_pipe_backward_limit", "integrality"),
        "heat_pipe 'turns' at bus 'h1', 2025-01-01T00:30",
    ),
    "heat both ways": Planted(
        "pipes",
        number("heat_pipe_backward_mw", (1, 0), to(0.2)),
        ("heat_pipe_flow", "heat_pipe_backward_limit", "heat_pipe_exclusivity"),
        "heat_pipe 'turns' at bus 'h3', 2025-01-01T00",
    ),
    "a dearer pipe": Planted(
        "pipes",
        law("heat_pipe", fee_eur_per_mwh=1.5),
        ("cost_transport", "objective"),
        "term 'transport'",
    ),
    "a price at which heat should not be sent": Planted(
        "pipes",
        price(0, 0, 60.0),
        ("heat_pipe_forward_price", "grid_connection_import_price"),
        "heat_pipe 'turns', 2025-01-01T00",
    ),
    "a price at which heat should not be sent back": Planted(
        "pipes",
        price(2, 1, 30.0),
        ("heat_pipe_backward_price", "grid_connection_import_price"),
        "heat_pipe 'turns', 2025-01-01T00:30",
    ),
    "gas that was never there": Planted(
        "pipes",
        number("gas_pipe_linepack_mwh", (0, 1), up(0.1)),
        ("gas_pipe_linepack_limit", "gas_pipe_linepack_balance"),
        "gas_pipe 'main', 2025-01-01T00:30",
    ),
    "a smaller pipe": Planted(
        "pipes",
        law("gas_pipe", linepack_max_mwh=1.2),
        ("gas_pipe_linepack_limit",),
        "gas_pipe 'main', 2025-01-01T00:30",
    ),
    "a fuller end": Planted(
        "pipes",
        law("gas_pipe", linepack_end_min_mwh=0.6),
        ("gas_pipe_linepack_limit",),
        "gas_pipe 'main', 2025-01-01T02",
    ),
    "less gas before": Planted(
        "pipes",
        law("gas_pipe", linepack_start_mwh=0.6),
        ("gas_pipe_linepack_balance",),
        "gas_pipe 'main', 2025-01-01T00",
    ),
    "a hungrier compressor": Planted(
        "pipes",
        law("gas_pipe", compressor_ratio=0.03),
        ("gas_pipe_flow", "gas_pipe_linepack_value"),
        "gas_pipe 'main' at bus 'e', 2025-01-01T00",
    ),
    "less gas in": Planted(
        "pipes", law("gas_pipe", inflow_max_mw=2.5), ("gas_pipe_inflow_limit",), "gas_pipe 'main', 2025-01-01T00"
    ),
    "less gas out": Planted(
        "pipes", law("gas_pipe", outflow_max_mw=2.0), ("gas_pipe_outflow_limit",), "gas_pipe 'main', 2025-01-01T00:30"
    ),
    "a price at which gas should wait": Planted(
        "pipes", price(4, 4, 20.0), ("grid_connection_import_price",), "grid_connection 'w2', 2025-01-01T02"
    ),
    "a wrong term transport": Planted("pipes", term("transport", 0.01), ("cost_transport",), "term 'transport'"),
}


@pytest.mark.parametrize("case", ["zones", "pipes"])
def test_the_answers_fulfil_every_law(case: str, answered: Mapping[str, tuple[Case, Outcome]]) -> None:
    certificate = verify(*answered[case])
    assert certificate.holds, certificate.broken


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_named(name: str, answered: Mapping[str, tuple[Case, Outcome]]) -> None:
    planted = PLANTED[name]
    certificate = verify(*planted.plant(*answered[planted.case]))
    broken = {residual.law: residual for residual in certificate.broken}
    assert set(broken) == set(planted.broken)
    assert planted.where in broken[planted.broken[0]].where


def test_every_law_of_exchange_is_broken_by_some_planted_violation(
    answered: Mapping[str, tuple[Case, Outcome]],
) -> None:
    checked = {residual.law for each in answered.values() for residual in verify(*each).residuals}
    mine = {law for law in checked if law.removeprefix("cost_").startswith(EXCHANGE)}
    planted = {law for each in PLANTED.values() for law in each.broken}
    assert mine <= planted, mine - planted
