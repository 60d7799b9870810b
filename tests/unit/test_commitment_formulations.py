"""Published formulations of minimum up and down times: one optimum, and bounds in the order of their tightness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.axes import Horizon
from c4e_opt.case.build import Builder
from c4e_opt.case.case import Policy
from c4e_opt.fields import fields_of
from c4e_opt.formulate import formulate
from tests.unit.small_cases import generator, grid, load, objective_of, schedule, small_case

NAMES = fields_of(Policy)["commitment"].meta.choices


def written_as(case: Case, name: str) -> Case:
    return replace(case, policy=replace(case.policy, commitment=name))


def bound(case: Case, name: str) -> float:
    """The optimum without whole numbers."""
    return objective_of(formulate(written_as(case, name)).program.matrices().relaxed())


def best(case: Case, name: str) -> float:
    return objective_of(formulate(written_as(case, name)).program.matrices())


def random_case(seed: int) -> Case:
    """Two units with rules and an age beside a grid, in six steps of unequal length."""
    rng = np.random.default_rng(seed)
    minutes = rng.choice([15, 30, 60, 120], 6).tolist()
    units = [
        generator(
            id=f"g{number}",
            power_max_mw=1.0,
            cost_eur_per_mwh=float(rng.integers(10, 60)),
            minimum_load_ratio=float(rng.choice([0.25, 0.5, 0.75])),
            start_cost_eur=float(rng.integers(0, 30)),
            stop_cost_eur=float(rng.integers(0, 5)),
            minimum_up_hours=float(rng.choice([0.0, 0.75, 1.5, 3.0])),
            minimum_down_hours=float(rng.choice([0.0, 0.75, 1.5, 3.0])),
            on_initially=bool(rng.integers(2)),
            hours_in_state_initially=float(rng.choice([0.25, 1.0, 9.0])),
            ramp_up_ratio_per_hour=0.5,
            start_ramp_ratio=0.8,
        )
        for number in range(2)
    ]
    price = rng.integers(0, 100, 6).astype(float).tolist()
    demand = rng.integers(0, 9, 6) / 4
    sells = grid(price, export_max_mw=2.0, export_price_eur_per_mwh=-5.0)
    return small_case(minutes, grid_connection=[sells], demand=[load(demand.tolist())], generator=units)


@pytest.mark.parametrize("seed", range(25))
def test_every_formulation_has_the_same_optimum_and_bounds_rise_from_one_to_the_next(seed: int) -> None:
    case = random_case(seed)
    tight, loose, tightest = (bound(case, name) for name in NAMES)
    optima = [best(case, name) for name in NAMES]
    assert optima[1:] == pytest.approx([optima[0]] * 2, abs=1e-4)  # a binary is whole to 1e-6
    assert loose - 1e-4 <= tight <= tightest + 1e-4
    assert tightest <= optima[0] + 1e-4


def test_the_bound_of_the_tight_formulation_may_be_strictly_higher() -> None:
    """Hours of need, none and need, and a unit of 10 an hour beside a grid at 100 that runs for three hours at least.

    It cannot run in the middle, so it starts for the last hour alone: 100 + 10 + a start of 10. That is the bound of
    starting[0] <= on[1] = 0 too; 3 * starting[0] <= on[0] + on[1] + on[2] = starting[0] + 1 lets half a unit run in the
    first hour as well: 50 + 5 + 5, and 10 + 10.
    """
    unit = generator(cost_eur_per_mwh=10.0, minimum_load_ratio=0.5, minimum_up_hours=3.0, start_cost_eur=10.0)
    case = small_case((60, 60, 60), grid_connection=[grid(100)], demand=[load([1, 0, 1])], generator=[unit])
    assert [best(case, name) for name in NAMES] == pytest.approx([120.0, 120.0, 120.0])
    assert [bound(case, name) for name in NAMES] == pytest.approx([120.0, 80.0, 120.0])


@pytest.mark.parametrize("name", NAMES)
def test_a_solved_case_keeps_its_minimum_times_however_they_are_written(name: str) -> None:
    """Steps of 60, 30, 30, 60 min: a unit that ran for a quarter of two hours keeps on for 1.75 more, three steps."""
    rules = {"minimum_up_hours": 2.0, "minimum_down_hours": 1.0, "on_initially": True, "hours_in_state_initially": 0.25}
    unit = generator(power_max_mw=1.0, minimum_load_ratio=0.5, cost_eur_per_mwh=50.0, **rules)
    case = small_case((60, 30, 30, 60), grid_connection=[grid(0)], demand=[load(1.0)], generator=[unit])
    assert schedule(solve(written_as(case, name)), "generator_on") == pytest.approx([1, 1, 1, 0])


def test_a_window_ahead_holds_the_steps_whose_window_back_holds_this_one() -> None:
    horizon, hours = Horizon(0, np.array([3600, 900, 900, 1800, 7200])), np.array([0.0, 0.5, 1.0, 1.2, 99.0])
    first, last = horizon.since(hours), horizon.until(hours)
    steps = np.arange(horizon.steps)
    back = first[:, :, None] <= steps
    ahead = steps <= last[:, :, None]
    inside = steps[:, None] >= steps
    assert ((back & inside) == (ahead.transpose(0, 2, 1) & inside)).all()


def test_an_unknown_formulation_is_told() -> None:
    document = {"horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60]}, "policy": {"commitment": "nobody"}}
    with pytest.raises(InvalidInput, match=r"policy\.commitment"):
        Builder({"name": "c", "buses": [{"id": "e"}], **document}, {}).case()
