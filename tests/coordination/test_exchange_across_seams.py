"""What windows must not forget of interconnectors, hubs and pipes."""

from __future__ import annotations

import pytest
import yaml

from c4e_opt import Case
from c4e_opt.case.build import Builder
from c4e_opt.coordination.rolling import RollOptions, roll
from c4e_opt.errors import UnsupportedProgram


def case_of(minutes: list[int], buses: str, components: str) -> Case:
    document = {
        "name": "seams",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": minutes},
        "buses": yaml.safe_load(buses),
        "components": yaml.safe_load(components),
    }
    return Builder(document, {}).case()


def rolled(case: Case, keep: float = 1.0, look: float = 2.0) -> float:
    outcome = roll(case, RollOptions(keep_hours=keep, look_hours=look)).outcome
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert outcome.objective is not None
    return outcome.objective


def test_the_ramp_of_an_interconnector_crosses_a_seam() -> None:
    """From 0 by 1 MW/h: 1, 2 and 3 MW of 5 at 10, the rest at 100: 60 + 900."""
    case = case_of(
        [60] * 3,
        "[{id: a}, {id: b}]",
        """
grid_connection:
  - {id: ga, bus: a, import_max_mw: 9, import_price_eur_per_mwh: 10}
  - {id: gb, bus: b, import_max_mw: 9, import_price_eur_per_mwh: 100}
demand: [{id: d, bus: b, demand_mw: 5}]
tie:
  - {id: t, from_bus: a, to_bus: b, forward_max_mw: 5, backward_max_mw: 5, ramp_max_mw_per_hour: 1, flow_before_mw: 0}
""",
    )
    assert rolled(case, 1.0, 1.0) == pytest.approx(960.0)


def test_linepack_crosses_a_seam_and_its_end_is_asked_for_at_the_end() -> None:
    """1 MWh is there and 2 MWh more are bought at 10 in the first hour; 1 MWh is left at the end, bought at 20."""
    case = case_of(
        [60] * 3,
        "[{id: g, carrier: gas}, {id: h, carrier: gas}]",
        """
grid_connection: [{id: well, bus: g, import_max_mw: 9, import_price_eur_per_mwh: [10, 90, 20]}]
demand: [{id: d, bus: h, demand_mw: [0, 3, 0]}]
gas_pipe:
  - {id: p, from_bus: g, to_bus: h, inflow_max_mw: 4, outflow_max_mw: 4, linepack_max_mwh: 3, linepack_start_mwh: 1,
     linepack_end_min_mwh: 1}
""",
    )
    assert rolled(case) == pytest.approx(40.0)


def test_zones_of_a_hub_are_cut_anywhere() -> None:
    """The margin of 3 MW leaves 1 MW of 4 to the dear zone in every hour: 3 * (30 + 50)."""
    case = case_of(
        [60] * 3,
        "[{id: a}, {id: b}]",
        """
grid_connection:
  - {id: ga, bus: a, import_max_mw: 9, import_price_eur_per_mwh: 10}
  - {id: gb, bus: b, import_max_mw: 9, import_price_eur_per_mwh: 50}
demand: [{id: d, bus: b, demand_mw: 4}]
flow_based_constraint: [{id: ab, ram_mw: 3, zones: [{bus: a, ptdf_ratio: 1}, {bus: b, ptdf_ratio: 0}]}]
""",
    )
    assert rolled(case) == pytest.approx(240.0)


@pytest.mark.parametrize(
    ("pipe", "field"),
    [
        ("heat_pipe: [{id: p, from_bus: g, to_bus: h, forward_max_mw: 4, delay_hours: 0.5}]", "delay_hours"),
        (
            "tie: [{id: p, from_bus: g, to_bus: h, forward_max_mw: 1, backward_max_mw: 0,"
            " loss_segments: [{flow_mw: 1, loss_ratio: 0.1}]}]",
            "loss_segments",
        ),
    ],
)
def test_what_no_seam_can_cross_is_refused(pipe: str, field: str) -> None:
    case = case_of(
        [60] * 3,
        "[{id: g, carrier: heat}, {id: h, carrier: heat}]",
        f"grid_connection: [{{id: w, bus: g, import_max_mw: 9, import_price_eur_per_mwh: 1}}]\n{pipe}",
    )
    with pytest.raises(UnsupportedProgram, match=field):
        rolled(case)
