"""Random small commitments: units that start and run at a least power, and whatever else, drawn from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt import Case
from tests.unit.small_cases import battery, grid, load, order_columns, small_case


def commitment(seed: int, *, steps: int | None = None, ramps: bool = True, others: bool = True) -> Case:
    """A case with two to four units over one to four hours, with or without ramps, minimum times, a battery and orders.

    Args:
        seed: What is drawn.
        steps: Number of hours; drawn when None.
        ramps: Whether units may have ramps and minimum times.
        others: Whether there is a dear connection, and at times a battery and orders.
    """
    rng = np.random.default_rng(seed)
    steps = int(rng.integers(1, 5)) if steps is None else steps
    units: list[dict[str, Any]] = []
    for place in range(int(rng.integers(2, 5))):
        unit: dict[str, Any] = {
            "id": f"g{place}",
            "bus": "e",
            "power_max_mw": float(rng.integers(10, 60)),
            "minimum_load_ratio": float(rng.choice([0.2, 0.5, 0.8])),
            "cost_eur_per_mwh": float(rng.integers(5, 60)),
            "start_cost_eur": float(rng.integers(0, 800)),
            "running_cost_eur_per_hour": float(rng.integers(0, 300)),
        }
        if ramps:
            unit["minimum_up_hours"] = float(rng.choice([0, 2]))
            unit["ramp_up_ratio_per_hour"] = float(rng.choice([0.3, 1.0]))
        units.append(unit)
    whole = sum(each["power_max_mw"] for each in units)
    demand = (rng.uniform(0.2, 0.9, steps) * whole).round(1).tolist()
    more: dict[str, Any] = {"grid_connection": [grid(300.0)]}
    if others and rng.random() < 0.5:
        more["battery"] = [battery(charge_max_mw=5.0, discharge_max_mw=5.0, energy_max_mwh=8.0, energy_start_mwh=2.0)]
    if others and rng.random() < 0.5:
        step = int(rng.integers(steps))
        orders = order_columns(
            ("buy", "e", "buy", step, float(rng.integers(20, 120)), 8.0),
            ("sell", "e", "sell", step, float(rng.integers(5, 60)), 10.0),
            ("block", "e", "sell", step, float(rng.integers(5, 60)), 12.0),
        )
        more["orders"] = {**orders, "ratio_min": [0.0, 0.0, 1.0]}
    return small_case((60,) * steps, demand=[load(demand, owner="p")], generator=units, **more)
