"""Readers of unit commitment instances against the models that define them, on random instances and cut-down ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import solve
from c4e_opt.case.readers import pglib_uc
from c4e_opt.solve import SolveOptions
from tests.reference import pyomo_unit_commitment as twin

_EXACT = SolveOptions(gap=0.0)


def instance(seed: int) -> dict[str, Any]:
    """Four units and two renewables over some hours, with every rule that pglib-uc knows."""
    rng = np.random.default_rng(seed)
    last = int(rng.integers(4, 9))
    units = {f"u{number}": unit(rng, last) for number in range(4)}
    size = sum(each["power_output_maximum"] for each in units.values())
    demand = size * rng.uniform(0.25, 0.7, last)
    sources = {
        "sun": {
            "power_output_minimum": [0.0] * last,
            "power_output_maximum": (size * rng.uniform(0, 0.2, last)).tolist(),
        },
        "river": {"power_output_minimum": [0.01 * size] * last, "power_output_maximum": [0.02 * size] * last},
    }
    return {
        "time_periods": last,
        "demand": demand.tolist(),
        "reserves": (0.05 * demand * rng.integers(0, 2, last)).tolist(),
        "thermal_generators": units,
        "renewable_generators": sources,
    }


def unit(rng: np.random.Generator, last: int) -> dict[str, Any]:
    """A unit; its hours off and on are such that no start category of the first hours is in doubt."""
    largest = float(rng.integers(50, 200))
    least = largest * float(rng.choice([0.2, 0.4, 0.6]))
    up, down = (float(rng.uniform(0.1, 0.8)) * largest for _ in range(2))
    on = int(rng.integers(2))
    up_hours, down_hours = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    power = np.linspace(least, largest, int(rng.integers(1, 5)) if rng.random() < 0.9 else 2)
    power = np.array([least, largest]) if power.size == 1 else power
    slopes = np.sort(rng.uniform(10, 60, power.size - 1)) if rng.random() < 0.7 else rng.uniform(10, 60, power.size - 1)
    costs = least * 30 + np.concatenate([[0.0], np.cumsum(slopes * np.diff(power))])
    lags = down_hours + np.array([0, *np.cumsum(rng.integers(1, 4, int(rng.integers(0, 3))))])
    stop = least + float(rng.uniform(0, 1)) * min(down, largest - least)
    return {
        "must_run": int(rng.random() < 0.1 and on),
        "power_output_minimum": least,
        "power_output_maximum": largest,
        "ramp_up_limit": up,
        "ramp_down_limit": down,
        "ramp_startup_limit": least + float(rng.uniform(0, 1.2)) * (largest - least),
        "ramp_shutdown_limit": stop,
        "time_up_minimum": up_hours,
        "time_down_minimum": down_hours,
        "power_output_t0": on * float(rng.uniform(least, largest)),
        "unit_on_t0": on,
        "time_up_t0": on * int(rng.integers(1, 5)),
        "time_down_t0": (1 - on) * int(rng.integers(1, 9)),
        "startup": [{"lag": int(lag), "cost": 500.0 + 700.0 * rank} for rank, lag in enumerate(lags)],
        "piecewise_production": [{"mw": float(mw), "cost": float(cost)} for mw, cost in zip(power, costs, strict=True)],
        "name": "unit",
    }


@pytest.mark.parametrize("seed", range(40))
def test_a_pglib_instance_costs_what_its_reference_model_says(seed: int) -> None:
    document = instance(seed)
    outcome = solve(pglib_uc.case_of(document, "instance"), _EXACT)
    theirs = twin.optimum(document)
    if outcome.objective is None:
        assert theirs == float("inf")
    else:
        assert outcome.objective == pytest.approx(theirs, rel=1e-6)
