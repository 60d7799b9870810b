"""Measured states and new forecasts: what is used, what is left out, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.coordination.changes import forecast
from c4e_opt.coordination.measured import screen
from c4e_opt.errors import InvalidInput

B = ("battery", "cells")


@pytest.fixture
def case() -> Case:
    """A battery between 0.5 and 2 kWh at a meter, with a load of known and unknown hours."""
    document: dict[str, Any] = {
        "name": "site",
        "units": {"power": "kW", "energy": "kWh", "price": "EUR/kWh"},
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 4},
        "buses": [{"id": "el"}, {"id": "heat", "carrier": "heat"}],
        "components": {
            "grid_connection": [{"id": "meter", "bus": "el", "import_max_kw": 9, "import_price_eur_per_kwh": 1}],
            "demand": [{"id": "load", "bus": "el", "demand_kw": [1, 2, 3, 4]}],
            "battery": [
                {"id": "cells", "bus": "el", "charge_max_kw": 1, "discharge_max_kw": 1, "energy_max_kwh": 2,
                 "energy_min_kwh": 0.5, "energy_start_kwh": 1}
            ],
        },
    }  # fmt: skip
    return Builder(document, {}).case()


@pytest.mark.parametrize(
    ("energy_kwh", "rule", "nearest_kwh"),
    [
        (0.5, None, None),
        (2.0, None, None),
        (0.3, "limit", 0.5),
        (0.0, "limit", 0.5),
        (2.05, "limit", 2.0),
        (2.2, "impossible", None),
        (-0.1, "impossible", None),
        (float("nan"), "impossible", None),
        (float("inf"), "impossible", None),
    ],
)
def test_a_level_is_true_or_outside_of_limits_or_impossible(
    case: Case, energy_kwh: float, rule: str | None, nearest_kwh: float | None
):
    told = screen(case, 1, {B: {"energy_start_mwh": energy_kwh / 1000}})
    assert [issue.rule for issue in told.issues] == ([] if rule is None else [rule])
    assert set(told.states) == (set() if rule == "impossible" else {B})
    if nearest_kwh is None:
        assert told.nearest == {}
    else:
        assert told.nearest[B]["energy_start_mwh"] == pytest.approx(nearest_kwh / 1000)
    if rule is not None:
        assert told.issues[0].path == "states.battery.cells.energy_start_kwh"
        assert "[0.5 kWh, 2 kWh]" in told.issues[0].message


def test_what_is_no_state_or_not_there_is_refused_at_once(case: Case):
    with pytest.raises(InvalidInput) as caught:
        screen(
            case,
            9,
            {
                B: {"energy_max_mwh": 1.0, "enrgy": 1.0},
                ("battery", "cell"): {"energy_start_mwh": 1.0},
                ("batery", "x"): {"energy_start_mwh": 1.0},
            },
        )
    told = "; ".join(str(issue) for issue in caught.value.issues)
    for word in ("energy_max_mwh", "enrgy", "'cell'", "'batery'", "is 9"):
        assert word in told


def test_a_forecast_covers_the_steps_that_it_knows(case: Case):
    load = ("demand", "load")
    made = forecast(case, {load: {"demand_mw": np.array([0.007, 0.008])}}, 1)
    assert made.components["demand"][0].demand_mw.tolist() == [0.001, 0.007, 0.008, 0.004]
    made = forecast(made, {load: {"demand_mw": 0.009}}, 3)
    assert made.components["demand"][0].demand_mw.tolist() == [0.001, 0.007, 0.008, 0.009]
    assert case.components["demand"][0].demand_mw.tolist() == [0.001, 0.002, 0.003, 0.004]


@pytest.mark.parametrize(
    ("content", "first", "said"),
    [
        (np.ones(4), 1, "3 steps"),
        (np.ones(0), 1, "0 numbers"),
        (np.array([np.nan]), 0, "finite"),
        (np.ones(1), 4, "first_step"),
    ],
)
def test_a_forecast_that_cannot_be_is_refused(case: Case, content: Any, first: int, said: str):
    with pytest.raises(InvalidInput, match=said):
        forecast(case, {("demand", "load"): {"demand_mw": content}}, first)
