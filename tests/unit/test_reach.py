"""Energies that no power can reach: named with the field, the step, what is missing, and what would mend it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import InvalidInput
from c4e_opt.case import check
from c4e_opt.case.reach import furthest
from c4e_opt.issues import Issue
from tests.unit.small_cases import battery, grid, small_case, store, stratified_store, tank


def said(**components: Any) -> list[Issue]:
    """What is wrong with a case of two hours."""
    try:
        case = small_case(grid_connection=[grid(10), grid(10, id="warm", bus="h")], **components)
    except InvalidInput as error:
        return list(error.issues)
    return check(case)


def test_a_target_out_of_reach_is_told_with_what_is_missing_and_three_mends() -> None:
    """0.2 MW for two hours reach 0.4 of 1 MWh: 0.5 MW would, or a start at 0.6 MWh; the least change comes first."""
    (issue,) = said(battery=[battery(charge_max_mw=0.2, energy_end_mwh=1.0)])
    assert (issue.path, issue.rule, issue.severity) == ("components.battery[0].energy_end_mwh", "unreachable", "error")
    assert issue.message == (
        "asks for at least 1 MWh at the end of step 2025-01-01T01:00:00Z; charge_max_mw is 0.2 MW, with which at most "
        "0.4 MWh can be there: 0.6 MWh are missing; lower it to 0.4 MWh, or raise charge_max_mw to 0.5 MW, or let "
        "energy_start_mwh be 0.6 MWh"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"charge_max_mw": 0.2, "energy_end_mwh": 0.4},
        {"charge_max_mw": 0.5, "energy_end_mwh": 1.0},
        {"charge_max_mw": 0.2, "energy_end_mwh": 1.0, "energy_start_mwh": 0.6},
    ],
)
def test_each_of_the_mends_mends_it(fields: dict[str, float]) -> None:
    assert not said(battery=[battery(**fields)])


def test_a_store_that_cannot_be_emptied_in_time_is_told() -> None:
    """1 MWh less 0.2 MW for two hours leaves 0.6, more than the 0.4 wanted."""
    (issue,) = said(battery=[battery(discharge_max_mw=0.2, energy_start_mwh=1.0, energy_end_mwh=0.4)])
    assert "at most 0.4 MWh" in issue.message
    assert "0.2 MWh are too many" in issue.message
    assert "let energy_start_mwh be 0.8 MWh, or raise discharge_max_mw to 0.3 MW" in issue.message


def test_losses_count() -> None:
    """Half is lost every hour: 1 MWh becomes 0.5 + 0.1, then 0.25 + 0.05 + 0.1 = 0.4."""
    assert not said(
        heat_store=[tank(energy_start_mwh=1.0, charge_max_mw=0.1, standing_loss_per_hour=0.5, energy_end_mwh=0.4)]
    )
    (issue,) = said(
        heat_store=[tank(energy_start_mwh=1.0, charge_max_mw=0.1, standing_loss_per_hour=0.5, energy_end_mwh=0.5)]
    )
    assert "at most 0.4 MWh" in issue.message


def test_the_first_step_out_of_reach_is_named_and_a_limit_before_it_counts() -> None:
    """At most 0.5 MWh after the first hour and 1 MW: 1.5 MWh after the second, whatever the start."""
    (issue,) = said(store=[store(energy_max_mwh=[0.5, 2.0], energy_min_mwh=[0.0, 1.75], energy_start_mwh=0.5)])
    assert issue.path == "components.store[0].energy_min_mwh[1]"
    assert "1.5 MWh can be there: 0.25 MWh are missing" in issue.message
    assert "energy_start_mwh be" not in issue.message


def test_an_inflow_that_fits_nowhere_is_told_and_spilling_helps() -> None:
    """1 + 3 - 0.5 spilled - 1 discharged = 2.5 MWh, 0.5 too many; free to spill, nothing is wrong."""
    (issue,) = said(store=[store(energy_start_mwh=1.0, inflow_mw=3.0, spill_max_mw=0.5)])
    assert issue.path == "components.store[0].energy_max_mwh[0]"
    assert "0.5 MWh are too many" in issue.message
    assert not said(store=[store(energy_start_mwh=1.0, inflow_mw=3.0)])


def test_a_tank_with_losses_of_its_own_is_told_by_its_level() -> None:
    (issue,) = said(stratified_store=[stratified_store(level_end_ratio=1.0, charge_max_mw=0.1, fixed_loss_mw=0.01)])
    assert issue.path == "components.stratified_store[0].level_end_ratio"


def test_of_a_size_that_is_chosen_only_the_part_that_is_built_must_be_filled() -> None:
    assert not said(store=[store(energy_min_mwh=[1.9, 1.9], energy_capacity_cost_eur_per_mwh=5.0)])
    assert said(store=[store(energy_min_mwh=[1.9, 1.9])])


def test_a_cyclic_store_chooses_its_start() -> None:
    assert not said(store=[store(energy_start_mwh=None, cyclic=True, energy_min_mwh=[0.0, 1.9], charge_max_mw=0.01)])


def test_the_running_minimum_is_the_recursion_step_by_step() -> None:
    """Whatever is lost within a step, even all: min(limit, keep * before + gain)."""
    draw = np.random.default_rng(0)
    for _ in range(200):
        shape = 3, int(draw.integers(1, 300))
        loss = draw.random(shape) ** int(draw.integers(1, 9)) * int(draw.integers(0, 2))
        gain, limit, start = draw.normal(size=shape), draw.random(shape) * 5, draw.random(3)
        found, energy = furthest(start, gain, 1.0 - loss, limit), start
        for step in range(shape[1]):
            energy = np.minimum(limit[:, step], (1.0 - loss[:, step]) * energy + gain[:, step])
            assert np.allclose(found[:, step], energy, atol=1e-9)
