"""Weights of steps: a typical day may stand for many, in costs and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

import c4e_opt
from c4e_opt import InvalidInput, read_case, settle, solve, write_case
from c4e_opt.errors import UnsupportedProgram

CASE = """
name: typical
horizon: {{start: "2025-01-01T00:00Z", step_minutes: 60, steps: 2, weights: {weights}}}
buses: [{{id: house}}]
components:
  grid_connection: [{{id: grid, bus: house, import_max_mw: 10, import_price_eur_per_mwh: [50, 20]}}]
  demand: [{{id: load, bus: house, demand_mw: [1, 2]}}]
"""


def case_of(tmp_path, weights):
    (tmp_path / "case.yaml").write_text(CASE.format(weights=weights))
    return read_case(tmp_path)


def test_a_step_costs_as_often_as_it_counts(tmp_path):
    outcome = solve(case_of(tmp_path, [3, 0.5]))
    assert outcome.objective == pytest.approx(3 * 50 * 1 + 0.5 * 20 * 2, abs=1e-9)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    # A price is that of one MWh in the step, however often the step counts.
    np.testing.assert_allclose(outcome.prices["price_eur_per_mwh"].values, [[50, 20]], atol=1e-9)


def test_weights_are_written_and_read(tmp_path):
    case = case_of(tmp_path, [3, 0.5])
    again = read_case(write_case(case, tmp_path / "written"))
    assert again == case
    assert again != case_of(tmp_path, [3, 1])


def test_weights_of_one_are_no_weights(tmp_path):
    assert case_of(tmp_path, [1, 1]).horizon.weights is None


@pytest.mark.parametrize("weights", ["[1]", "[1, 0]", "[1, -2]", "[1, .nan]", "much"])
def test_wrong_weights_are_told(tmp_path, weights):
    with pytest.raises(InvalidInput, match=r"horizon\.weights"):
        case_of(tmp_path, weights)


def test_a_study_is_not_settled(tmp_path):
    case = case_of(tmp_path, [3, 0.5])
    with pytest.raises(UnsupportedProgram, match="study"):
        settle(case, c4e_opt.solve(case))


def flexible_case(tmp_path, components):
    """Hours at 50, 10, 30 and 20 that count once, nine times, once and twice: 50, 90, 30 and 40."""
    horizon = '{start: "2025-01-01T00:00Z", step_minutes: 60, steps: 4, weights: [1, 9, 1, 2]}'
    grid = "grid_connection: [{id: grid, bus: e, import_max_mw: 10, import_price_eur_per_mwh: [50, 10, 30, 20]}]"
    text = f"horizon: {horizon}\nbuses: [{{id: e}}]\ncomponents:\n  {grid}\n  {components}\n"
    (tmp_path / "case.yaml").write_text(text)
    return read_case(tmp_path)


@pytest.mark.parametrize(
    ("components", "cost"),
    [
        # The run takes the third hour.
        ("shiftable_load: [{id: r, bus: e, phases: [{hours: 1, power_mw: 1}], %s}]", 30),
        # Everything moves to the last two hours, 2 MW each.
        ("flexible_demand: [{id: s, bus: e, demand_mw: 1, shed_value_eur_per_mwh: 999, %s}]", 2 * 30 + 2 * 40),
        # One interruption from the first hour to the last, which pauses in the second: 15 as often as they count.
        ("interruptible_load: [{id: i, bus: e, demand_mw: 1, cost_eur_per_mwh: 15, %s}]", 90 + 15 * (1 + 1 + 2) + 7),
        # At 15 nobody runs the pump in hours at 50 and 90; two of three MWh are taken, the third costs 13 / 4 * 15.
        ("deferrable_load: [{id: d, bus: e, energy_needed_mwh: 3, power_max_mw: 1, %s}]", 30 + 40 + 15 * 13 / 4),
    ],
)
def test_flexible_loads_count_their_steps(tmp_path, components, cost):
    window = 'earliest: "2025-01-01T00:00Z", latest: "2025-01-01T04:00Z"'
    fields = {
        "shiftable_load": window,
        "flexible_demand": "shift_max_mw: 1, shift_window_hours: 4",
        "interruptible_load": "interruption_cost_eur: 7",
        "deferrable_load": window + ", unserved_value_eur_per_mwh: 15",
    }[components.split(":")[0]]
    assert solve(flexible_case(tmp_path, components % fields)).objective == pytest.approx(cost, abs=1e-9)
