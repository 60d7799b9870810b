"""Published feeders (MATPOWER) beside an independent Newton power flow and an independent LinDistFlow."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from c4e_opt import solve
from tests.literature.published_feeders import FEEDERS, feeder_case

pytestmark = pytest.mark.skipif(not FEEDERS.is_dir(), reason="the oracles are not here")

RADIAL = ("case33bw", "case69", "case118zh", "case22", "case18")


def expected(name: str) -> dict[str, Any]:
    return json.loads((FEEDERS / "expected.json").read_text())["cases"][name]


@pytest.mark.parametrize("name", [*RADIAL, "case4_dist"])
def test_the_linear_model_is_the_oracles_to_rounding(name: str) -> None:
    """The oracle leaves out taps, shunts and charging."""
    case, told = feeder_case(name, "lindistflow", pure=True), expected(name)
    table = solve(case).schedule_table
    assert table.values("line_voltage_pu").min() == pytest.approx(told["lindistflow_vmin"], abs=1e-12)
    ohm = np.array([line.resistance_pu for line in case.components["line"]]) / case.policy.base_mva
    squares = table.values("line_flow_mw")[:, 0] ** 2 + table.values("line_reactive_mvar")[:, 0] ** 2
    assert ohm @ squares * 1e3 == pytest.approx(told["lindistflow_loss_estimate_kw"], rel=1e-9)


@pytest.mark.parametrize("name", RADIAL)
def test_branch_flow_with_cones_is_the_ac_power_flow(name: str) -> None:
    """Two steps, solved together; losses to 1e-6 of a kW per kW, voltages to 1e-8."""
    told, outcome = expected(name), solve(feeder_case(name, "socp", steps=2))
    table = outcome.schedule_table
    truth = told["vm_pu_by_bus"]
    assert table.values("line_loss_mw").sum(axis=0) * 1e3 == pytest.approx([told["loss_kw"]] * 2, rel=1e-6)
    for bus, row in zip(table.labels["line_bus"].tolist(), table.values("line_voltage_pu"), strict=True):
        where = truth[bus] if isinstance(truth, dict) else truth[int(bus) - 1]
        assert row == pytest.approx([where] * 2, abs=1e-7)
    assert table.values("line_cone_slack_pu").max() < 1e-5
    assert outcome.replay is not None
    assert outcome.replay.loss_mw == pytest.approx(outcome.replay.answer_loss_mw, rel=1e-6)


@pytest.mark.parametrize("name", RADIAL)
def test_the_linear_voltage_is_too_high_by_what_losses_add_to_the_drop(name: str) -> None:
    told = expected(name)
    lowest = solve(feeder_case(name, "lindistflow")).schedule_table.values("line_voltage_pu").min()
    assert 0.0 < lowest - told["vmin"] < 0.01
