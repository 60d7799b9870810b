"""AC power flows of six published feeders (MATPOWER) beside an independent Newton solver: losses and voltages."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt.replay import replay
from tests.unit.test_replay import answer, grid_case

FEEDERS = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network" / "dist"

pytestmark = pytest.mark.skipif(not FEEDERS.is_dir(), reason="the oracles are not here")

NAMES = ("case33bw", "case69", "case118zh", "case18", "case22", "case4_dist")


@pytest.mark.parametrize("name", NAMES)
def test_losses_and_voltages_are_those_of_the_oracle(name: str) -> None:
    """Three steps, of which the second has no load; generators hold their voltage."""
    expected = json.loads((FEEDERS / "expected.json").read_text())["cases"][name]
    feeder = json.loads((FEEDERS / f"{name}.converted_pu.json").read_text())
    voltages = {int(row[0]): row[5] for row in feeder["gen"] if row[7]}
    buses: list[dict[str, Any]] = []
    reactive: list[dict[str, Any]] = []
    powers: dict[str, tuple[str, Any]] = {}
    for bus, kind, power, var, *_ in feeder["bus"]:
        label = str(int(bus))
        buses.append({"id": label, "slack": kind == 3, "voltage_set_pu": voltages.get(int(bus), 1.0)})
        if kind == 2:
            reactive.append({"id": f"g{label}", "bus": label, "reactive_min_mvar": -10.0, "reactive_max_mvar": 10.0})
        if power or var:
            assert power
            powers[f"demand/{label}"] = (label, [-power, 0.0, -power])
            reactive.append({"id": label, "member": f"demand/{label}", "ratio": var / power})
    lines = [
        {"id": f"{place}", "from_bus": str(int(row[0])), "to_bus": str(int(row[1])), "resistance_pu": row[2],
         "reactance_pu": row[3], "susceptance_pu": row[4], "tap_ratio": row[8] or 1.0, "phase_shift_deg": row[9]}
        for place, row in enumerate(feeder["branch"]) if row[10]
    ]  # fmt: skip
    shunt = [
        {"id": str(int(row[0])), "bus": str(int(row[0])), "conductance_mw": row[4], "susceptance_mvar": row[5]}
        for row in feeder["bus"] if row[4] or row[5]
    ]  # fmt: skip
    case = grid_case(buses, lines, steps=3, base=feeder["baseMVA"], reactive=reactive, shunt=shunt)
    found = replay(case, answer(case, powers))
    told = expected["vm_pu_by_bus"]
    truth = np.array([told[label] for label in found.bus] if isinstance(told, dict) else told)
    for step in (0, 2):
        assert found.loss_mw[step] * 1e3 == pytest.approx(expected["loss_kw"], rel=1e-6)
        assert found.voltage_pu[:, step] == pytest.approx(truth, abs=1e-6)
        assert found.lowest.values[step] == pytest.approx(expected["vmin"], abs=1e-6)
        assert found.lowest.places[step] == str(expected["vmin_bus"])
    assert found.converged.all()
    assert found.loss_mw[1] != pytest.approx(found.loss_mw[0], rel=1e-3)
