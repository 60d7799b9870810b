"""Feeders small enough to be solved by hand: buses in a row behind a wide grid at 100, per unit of 1 MVA."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt import Case, Outcome
from c4e_opt.case.build import Builder

Record = dict[str, Any]


def feeder(
    network: str = "lindistflow", *, steps: int = 1, buses: list[Record] | None = None, policy: Record | None = None,
    **components: list[Record],
) -> Case:  # fmt: skip
    """A case with bus 0, a slack at 1 per unit with a grid that buys and sells at 100, and buses 1 and 2.

    Args:
        network: Network model.
        steps: Hours.
        buses: All buses, instead of these.
        policy: More of the policy.
        components: Records by kind; the grid is added to them.
    """
    root = {"id": "grid", "bus": "0", "import_max_mw": 50.0, "export_max_mw": 50.0}
    root |= {"import_price_eur_per_mwh": 100.0, "export_price_eur_per_mwh": 100.0}
    found = {kind: records for kind, records in components.items() if records}
    found["grid_connection"] = [root, *found.get("grid_connection", [])]
    document: Record = {
        "name": "feeder",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60] * steps},
        "buses": buses or [{"id": "0", "slack": True}, {"id": "1"}, {"id": "2"}],
        "components": found,
        "policy": {"network": network, "base_mva": 1.0, **(policy or {})},
    }
    return Builder(document, {}).case()


def wire(start: str = "0", end: str = "1", **fields: Any) -> Record:
    """A line of 0.1 + 0.2j per unit."""
    return {
        "id": f"{start}{end}",
        "from_bus": start,
        "to_bus": end,
        "resistance_pu": 0.1,
        "reactance_pu": 0.2,
        **fields,
    }


def load(bus: str = "1", power: Any = 0.5, **fields: Any) -> Record:
    """A demand."""
    return {"id": f"d{bus}", "bus": bus, "demand_mw": power, **fields}


def var(bus: str = "1", amount: float = -0.2, **fields: Any) -> Record:
    """Fixed reactive power into a bus."""
    return {"id": f"q{bus}", "bus": bus, "reactive_min_mvar": amount, "reactive_max_mvar": amount, **fields}


def of(outcome: Outcome, name: str, label: str, step: int = 0) -> float:
    """One number of the schedule."""
    table = outcome.schedule_table
    axis = table.quantities[name].axes[0]
    row = int(np.flatnonzero(table.labels[axis] == label)[0])
    return float(table.values(name)[row, step])


def voltage(outcome: Outcome, bus: str, step: int = 0) -> float:
    """Voltage of a bus."""
    return of(outcome, "line_voltage_pu", bus, step)


def price(outcome: Outcome, bus: str, part: str = "price", step: int = 0) -> float:
    """Price at a bus, or a part of it."""
    table = outcome.price_table
    row = int(np.flatnonzero(table.labels["bus"] == bus)[0])
    return float(table.values(f"{part}_eur_per_mwh")[row, step])
