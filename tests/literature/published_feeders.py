"""The published feeders (MATPOWER) of the oracles as cases: loads, a grid at their root, and nothing else to decide."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from c4e_opt import Case
from c4e_opt.case.build import Builder

FEEDERS = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network" / "dist"


def feeder_case(name: str, network: str, *, pure: bool = False, steps: int = 1, **components: Any) -> Case:
    """A published feeder; generators at other buses than the root give what they are said to give.

    Args:
        name: Name of the feeder.
        network: Network model of the policy.
        pure: Whether taps, shunts and line charging are left out.
        steps: Steps of an hour.
        components: More records, by kind.
    """
    feeder = json.loads((FEEDERS / f"{name}.converted_pu.json").read_text())
    voltages = {int(row[0]): row[5] for row in feeder["gen"] if row[7]}
    buses: list[dict[str, Any]] = []
    records: dict[str, list[dict[str, Any]]] = {"demand": [], "reactive": [], "shunt": [], "grid_connection": []}
    for bus, kind, power, var, conductance, susceptance, *_ in feeder["bus"]:
        label = str(int(bus))
        buses.append(
            {"id": label, "slack": kind == 3, "voltage_set_pu": voltages.get(int(bus), 1.0), "voltage_min_pu": 0.5,
             "voltage_max_pu": 1.5}
        )  # fmt: skip
        if kind == 3:
            wide = {"import_max_mw": 1000.0, "export_max_mw": 1000.0}
            prices = {"import_price_eur_per_mwh": 50.0, "export_price_eur_per_mwh": 50.0}
            records["grid_connection"].append({"id": "root", "bus": label, **wide, **prices})
        if power or var:
            records["demand"].append({"id": label, "bus": label, "demand_mw": power})
            records["reactive"].append(
                {"id": label, "bus": label, "reactive_min_mvar": -var, "reactive_max_mvar": -var}
            )
        if (conductance or susceptance) and not pure:
            records["shunt"].append(
                {"id": label, "bus": label, "conductance_mw": conductance, "susceptance_mvar": susceptance}
            )
    records["line"] = [
        {"id": f"{place}", "from_bus": str(int(row[0])), "to_bus": str(int(row[1])), "resistance_pu": row[2],
         "reactance_pu": row[3], "susceptance_pu": 0.0 if pure else row[4],
         "tap_ratio": 1.0 if pure else row[8] or 1.0, "phase_shift_deg": row[9]}
        for place, row in enumerate(feeder["branch"]) if row[10]
    ]  # fmt: skip
    for kind, more in components.items():
        records[kind] = [*records.get(kind, []), *more]
    document = {
        "name": name,
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60] * steps},
        "buses": buses,
        "components": {kind: content for kind, content in records.items() if content},
        "policy": {"network": network, "base_mva": feeder["baseMVA"]},
    }
    return Builder(document, {}).case()
