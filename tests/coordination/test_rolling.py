"""Rolling horizons: state crosses the seams exactly, and no seam makes a case infeasible."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case, InvalidInput, read_case, solve
from c4e_opt.case import check
from c4e_opt.coordination.rolling import RollOptions, roll
from c4e_opt.verify import verify
from tests.verify.conftest import random_case

CASES = Path(__file__).parents[2] / "cases"

# A battery must be full at the end; the only cheap hour is the first. The CHP must rest for three hours once stopped.
SITE = """
name: seam
horizon: {start: "2025-01-01T00:00Z", step_minutes: 60, steps: 8}
buses: [{id: house}, {id: radiator, carrier: heat}, {id: meter, carrier: gas}]
components:
  grid_connection:
    - {id: grid, bus: house, import_max_mw: 3, export_max_mw: 3,
       import_price_eur_per_mwh: [10, 90, 90, 90, 90, 90, 90, 90],
       export_price_eur_per_mwh: [5, 85, 85, 85, 5, 5, 85, 85]}
    - {id: gas, bus: meter, import_max_mw: 9, import_price_eur_per_mwh: 30}
  demand: [{id: load, bus: house, demand_mw: 1}, {id: heat, bus: radiator, demand_mw: 0.5}]
  boiler: [{id: boiler, heat_bus: radiator, fuel_bus: meter, heat_max_mw: 3, efficiency: 0.9}]
  chp:
    - {id: engine, electricity_bus: house, heat_bus: radiator, fuel_bus: meter, fuel_max_mw: 1.1,
       minimum_load_ratio: 0.9, electric_efficiency: 0.4, heat_efficiency: 0.45, start_cost_eur: 1,
       minimum_up_hours: 2, minimum_down_hours: 3}
  battery:
    - {id: cells, bus: house, charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 0,
       energy_end_mwh: 2, charge_efficiency: 1, discharge_efficiency: 1}
"""


def site(folder: Path, text: str = SITE) -> Case:
    (folder / "case.yaml").write_text(text)
    return read_case(folder)


@pytest.mark.parametrize(("keep", "look"), [(1, 1), (1, 3), (2, 4), (3, 3), (8, 8), (5, 100)])
def test_no_seam_is_infeasible_and_every_law_of_the_whole_holds(tmp_path: Path, keep: float, look: float):
    case = site(tmp_path)
    rolled = roll(case, RollOptions(keep_hours=keep, look_hours=look, compare=True))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert rolled.cost_of_rolling is not None
    assert rolled.cost_of_rolling >= -1e-4 * abs(rolled.outcome.objective or 0.0)
    kept = [(window.begin, window.kept) for window in rolled.windows]
    assert kept[0][0] == 0
    assert kept[-1][1] == case.horizon.steps
    assert all(before[1] == after[0] for before, after in pairwise(kept))


def test_a_window_that_sees_everything_is_the_whole(tmp_path: Path):
    case = site(tmp_path)
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=8, compare=True))
    assert rolled.cost_of_rolling == pytest.approx(0.0, abs=1e-3)


def test_windows_are_taken_back_where_a_target_at_the_end_needs_them(tmp_path: Path):
    # One hour before the end 1 MWh at most can be charged; short windows leave the battery empty until it is too late.
    rolled = roll(site(tmp_path), RollOptions(keep_hours=1, look_hours=1))
    level = rolled.outcome.schedule_table.values("battery_energy_mwh")[0]
    assert level[-1] == pytest.approx(2.0, abs=1e-6)
    assert max(window.end - window.begin for window in rolled.windows) >= 2


def test_an_infeasible_case_is_an_answer(tmp_path: Path):
    rolled = roll(site(tmp_path, SITE.replace("demand_mw: 1}", "demand_mw: [1, 1, 1, 1, 1, 9, 1, 1]}")))
    assert not rolled.outcome.has_schedule
    assert rolled.outcome.termination.reason == "INFEASIBLE"


def test_lengths_that_do_not_fit_are_told(tmp_path: Path):
    with pytest.raises(InvalidInput, match="keep_hours"):
        roll(site(tmp_path), RollOptions(keep_hours=4, look_hours=2))


def test_the_week_is_rolled_at_the_cost_of_foresight():
    case = read_case(CASES / "site_week" / "linear.yaml")
    rolled = roll(case, RollOptions(keep_hours=24, look_hours=48, compare=True))
    assert rolled.cost_of_rolling == pytest.approx(0.0, abs=75.0)  # within 1 %
    assert rolled.cost_of_rolling is not None
    assert rolled.cost_of_rolling >= -1e-6


def test_vehicles_and_shifted_demand_cross_seams():
    case = read_case(CASES / "community_day")
    rolled = roll(case, RollOptions(keep_hours=6, look_hours=12))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert len(rolled.windows) >= 3
    # Nobody was left standing: what the whole horizon can serve, the windows serve.
    assert rolled.outcome.schedule_table.values("ev_session_unserved_mwh").max() <= 1e-6


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), keep=st.sampled_from([1, 2, 3]), more=st.sampled_from([0, 1, 4]))
def test_random_cases_roll_without_a_seam_infeasibility(seed: int, keep: int, more: int):
    windows_of(seed, keep, more)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_random_windows_roll_without_a_seam_infeasibility():
    total, seed = 0, 0
    chance = np.random.default_rng(7)
    while total < 10_000:
        total += windows_of(seed, int(chance.integers(1, 4)), int(chance.integers(0, 5)))
        seed += 1


def windows_of(seed: int, keep: int, more: int) -> int:
    """Roll one random case; how many windows it took. What can be solved at once must roll."""
    case = random_case(seed, steps=8)
    hours = float(case.horizon.hours.min())
    options = RollOptions(keep_hours=keep * hours, look_hours=(keep + more) * hours)
    if check(case):  # a random store may want what it cannot reach
        with pytest.raises(InvalidInput):
            roll(case, options)
        return 0
    whole = solve(case)
    rolled = roll(case, options)
    assert rolled.outcome.has_schedule == whole.has_schedule, seed
    if whole.objective is not None and whole.bound is not None and rolled.outcome.objective is not None:
        assert rolled.outcome.objective >= whole.bound - 1e-6 * max(1.0, abs(whole.bound)), seed
        assert verify(case, rolled.outcome).holds
    return len(rolled.windows)
