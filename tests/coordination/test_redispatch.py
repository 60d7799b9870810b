"""Re-dispatch: a controller's loop through a warm solver gives what a cold solve of each moment gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, read_case, solve
from c4e_opt.coordination.redispatch import Redispatch
from c4e_opt.solve import SolveOptions

CASES = Path(__file__).parents[2] / "cases"

# The only dear hour is the last but one; a battery of 2 MWh that may be filled at 1 MW in the cheap hours before it.
SITE = """
name: live
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 5}
buses: [{id: house}]
components:
  grid_connection:
    - {id: grid, bus: house, import_max_mw: 5, import_price_eur_per_mwh: [10, 20, 30, 100, 40]}
  demand: [{id: load, bus: house, demand_mw: 1}]
  battery:
    - {id: cells, bus: house, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 0,
       charge_efficiency: 1, discharge_efficiency: 1}
"""


@pytest.fixture
def site(tmp_path: Path) -> Case:
    path = tmp_path / "case.yaml"
    path.write_text(SITE)
    return read_case(path)


def level(outcome: Any) -> Any:
    return outcome.schedule_table.values("battery_energy_mwh")[0]


def test_what_is_not_measured_is_as_it_was_planned(site: Case):
    # Filled at 10 and 20, emptied at 100 and 40: 5 MWh of load cost 10+20+30+100+40 = 200, less 140, more 30 = 90.
    live = Redispatch(site)
    assert live.dispatch(0).objective == pytest.approx(90.0)
    assert level(live.dispatch(2))[0] == pytest.approx(2.0)  # both MWh are there after two hours
    assert live.dispatch(3).objective == pytest.approx(0.0)  # 100 and 40 are both avoided


def test_a_measured_state_is_where_the_dispatch_begins(site: Case):
    # Half a MWh was lost: at 30 it is bought again for the hour at 40; 30 * 1.5 and nothing afterwards.
    live = Redispatch(site)
    live.dispatch(0)
    again = live.dispatch(2, measured={("battery", "cells"): {"energy_start_mwh": 1.5}})
    assert again.objective == pytest.approx(45.0)


def test_a_better_forecast_holds_for_all_dispatches_to_come(site: Case):
    live = Redispatch(site)
    live.dispatch(0)
    live.forecast({("demand", "load"): {"demand_mw": np.array([1.0, 1.0, 1.0, 0.0, 0.0])}})
    assert live.dispatch(2).objective == pytest.approx(0.0)  # what was planned for later covers the hour at 30
    assert live.dispatch(3).objective == pytest.approx(0.0)


def test_a_dispatch_looks_no_further_than_it_is_told(site: Case):
    live = Redispatch(site, look_hours=2.0)
    assert live.dispatch(0).schedule_table.labels["time"].size == 2
    # It had filled 1 MWh at 10 for the hour at 20, and now keeps it for the one at 30.
    assert live.dispatch(1).objective == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("measured", "names"),
    [
        ({("batery", "cells"): {"energy_start_mwh": 1.0}}, ["batery", "battery"]),
        ({("battery", "cell"): {"energy_start_mwh": 1.0}}, ["cell", "cells"]),
        ({("battery", "cells"): {"energy_start": 1.0}}, ["energy_start", "energy_start_mwh"]),
        ({("battery", "cells"): {"energy_start_mwh": 3.0}}, ["energy_start_mwh", "3", "2"]),
    ],
)
def test_a_wrong_measurement_is_told_and_changes_nothing(site: Case, measured: Any, names: list[str]):
    live = Redispatch(site)
    live.dispatch(0)
    with pytest.raises(InvalidInput) as told:
        live.dispatch(1, measured=measured)
    assert all(name in str(told.value) for name in names)
    assert level(live.dispatch(1))[0] == pytest.approx(2.0)


def test_wrong_steps_lengths_and_series_are_told(site: Case):
    live = Redispatch(site, look_hours=2.0)
    live.dispatch(1)
    for begin in (0, 4):
        with pytest.raises(InvalidInput, match=r"begin.*\[1, 3\]"):
            live.dispatch(begin)
    with pytest.raises(InvalidInput, match="5 numbers"):
        live.forecast({("demand", "load"): {"demand_mw": np.ones(3)}})
    assert live.case is site
    with pytest.raises(InvalidInput, match="look_hours"):
        Redispatch(site, look_hours=0.0)


def redispatched(case: Case, count: int, gap: float, seed: int) -> None:
    """Dispatch with random forecasts and measurements; each answer must cost what a cold solve of its case costs."""
    chance, options = np.random.default_rng(seed), SolveOptions(gap=gap)
    live = Redispatch(case, look_hours=24.0, options=options)
    battery, grid = case.components["battery"][0], case.components["grid_connection"][0]
    prices = np.broadcast_to(grid.import_price_eur_per_mwh, case.horizon.steps)
    for begin in range(count):
        level_mwh = float(chance.uniform(0.2, 1.0)) * float(np.ravel(battery.energy_max_mwh)[0])
        measured = {("battery", battery.id): {"energy_start_mwh": level_mwh}}
        live.forecast({("grid_connection", grid.id): {"import_price_eur_per_mwh": prices + chance.uniform(0, 9)}})
        warm = live.dispatch(begin, measured=measured)
        assert live._last is not None
        cold = solve(live._last.window, options)
        assert warm.objective is not None
        assert cold.objective is not None
        tolerance = max(1e-9, 2.0 * gap) * max(1.0, abs(cold.objective))
        assert warm.objective == pytest.approx(cold.objective, abs=tolerance, rel=0.0), begin


def test_warm_answers_equal_cold_ones():
    redispatched(read_case(CASES / "site_week" / "linear.yaml"), 30, 1e-9, 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_warm_answers_equal_cold_ones():
    redispatched(read_case(CASES / "site_year"), 1000, 1e-9, 2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_warm_answers_with_commitment_equal_cold_ones():
    case = read_case(CASES / "site_week")
    redispatched(replace(case, name="warm"), 20, 1e-4, 3)
