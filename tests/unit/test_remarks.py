"""Warnings: numbers that look as if their unit were off by a thousand, and what can never be served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import read_case
from c4e_opt.case import outliers, remarks
from c4e_opt.case.build import Builder
from c4e_opt.case.outliers import medians_of_others
from c4e_opt.formulate import formulate
from c4e_opt.supply import shortages
from tests.unit.small_cases import battery, generator, grid, load, small_case, tie, vehicle

CASES = Path(__file__).parents[2] / "cases"
HOURS = (60,) * 12
DAY = [0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5]


def paths(minutes: tuple[int, ...] = HOURS, **components: Any) -> list[str]:
    return [issue.path for issue in remarks(small_case(minutes, **components))]


@pytest.mark.parametrize("name", ["community_day", "site_week", "site_year"])
def test_nothing_is_said_of_the_cases(name: str) -> None:
    case = read_case(CASES / name)
    assert remarks(case) == []
    assert list(shortages(case, formulate(case))) == []


def test_warnings_are_warnings_and_speak_the_units_of_the_file() -> None:
    powers = {"charge_max_kw": 5, "discharge_max_kw": 5}
    document = {
        "name": "kilo",
        "units": {"power": "kW", "energy": "kWh"},
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 2},
        "buses": [{"id": "e"}],
        "components": {"battery": [{"id": "b", "bus": "e", "energy_max_kwh": 1e7, "energy_start_kwh": 5, **powers}]},
    }
    (issue,) = remarks(Builder(document, {}).case())
    assert (issue.path, issue.rule, issue.severity) == ("components.battery[0].energy_max_kwh", "outlier", "warning")
    assert issue.message.startswith("is 1e+07 kWh, which 5 kW fill in 2e+06 h; check its unit")


def test_a_spike_and_a_hole_and_a_missing_value_are_named_with_their_step() -> None:
    for step, wrong in ((3, 700.0), (5, 0.0009), (4, 0.0)):
        demand = list(DAY)
        demand[step] = wrong
        assert paths(grid_connection=[grid(50)], demand=[load(demand)]) == [f"components.demand[0].demand_mw[{step}]"]
    assert paths(grid_connection=[grid(50)], demand=[load(DAY)]) == []


def test_prices_that_happen_to_be_small_or_negative_are_nothing_strange() -> None:
    """Night prices fall to nothing and below: no step is alone."""
    prices = [40.0, 20.0, 5.0, 0.04, -3.0, 0.05, 4.0, 30.0, 60.0, 80.0, 75.0, 50.0]
    assert paths(grid_connection=[grid(prices)]) == []
    prices = [60.0, 70.0, 65.0, 80.0, 0.081, 82.0, 79.0, 70.0, 65.0, 60.0, 62.0, 61.0]
    assert paths(grid_connection=[grid(prices)]) == ["components.grid_connection[0].import_price_eur_per_mwh[4]"]


def test_a_price_per_kilowatt_hour_is_named() -> None:
    assert paths(grid_connection=[grid(0.3)]) == ["components.grid_connection[0].import_price_eur_per_mwh"]


def test_one_of_many_that_is_a_thousand_times_larger_is_named() -> None:
    plants = [generator(id=f"g{k}", power_max_mw=1.0 + k) for k in range(4)]
    plants.append(generator(id="g4", power_max_mw=2500.0))
    assert paths(generator=plants) == ["components.generator[4].power_max_mw"]


@pytest.mark.parametrize(("power", "energy", "odd"), [(1.0, 2.0, False), (1.0, 2000.0, True), (1000.0, 2.0, True)])
def test_a_battery_fills_within_hours(power: float, energy: float, odd: bool) -> None:
    fields = {"charge_max_mw": power, "discharge_max_mw": power, "energy_max_mwh": energy}
    assert bool(paths(battery=[battery(**fields)])) is odd


def test_a_vehicle_that_cannot_get_its_energy_is_warned_of() -> None:
    """0.2 MW for two hours charge 0.4 of 0.5 MWh."""
    (issue,) = remarks(
        small_case(
            grid_connection=[grid(10)], ev_session=[vehicle("00:00", "02:00", charge_max_mw=0.2, energy_needed_mwh=0.5)]
        )
    )
    assert (issue.path, issue.rule) == ("components.ev_session[0].energy_needed_mwh", "unreachable")
    assert "0.1 MWh stay unserved" in issue.message


def found(**components: Any) -> list[tuple[str, str]]:
    case = small_case(buses=({"id": "a"}, {"id": "b"}), **components)
    return [(issue.path, issue.message) for issue in shortages(case, formulate(case))]


def test_power_that_is_missing_at_a_bus_is_told_with_the_worst_step() -> None:
    """0.3 from the grid and 1 from the battery against 1.5 and 1.7 MW."""
    ((path, message),) = found(
        grid_connection=[grid(10, bus="a", import_max_mw=0.3)],
        battery=[battery(bus="a", energy_start_mwh=1.0)],
        demand=[load([1.5, 1.7], "a")],
    )
    assert path == "buses[0]"
    assert (
        "bus 'a': at least 0.4 MW are missing at 2025-01-01T01:00:00Z (in 2 steps, first at 2025-01-01T00:00:00Z)"
        in message
    )


def test_what_ties_join_is_counted_together() -> None:
    """Each bus alone could get 1 MW from the other; together they have 0.5 MW for 1 MW."""
    ((_, message),) = found(
        grid_connection=[grid(10, bus="a", import_max_mw=0.5)],
        tie=[tie()],
        demand=[load(0.5, "a"), load(0.5, "b", id="b")],
    )
    assert "bus 'a' and bus 'b': at least 0.5 MW are missing" in message


def test_power_that_nobody_takes_is_left_over() -> None:
    sun = {"id": "pv", "bus": "a", "available_mw": np.array([0.0, 2.0]), "curtailable": False}
    ((_, message),) = found(renewable=[sun], demand=[load(0.0, "a")], tie=[tie(forward_max_mw=0.5)])
    assert "1.5 MW are left over at 2025-01-01T01:00:00Z" in message


def test_what_is_enough_is_enough() -> None:
    assert found(grid_connection=[grid(10, bus="a", import_max_mw=1.0)], tie=[tie()], demand=[load(0.9, "b")]) == []


def test_the_median_of_others_is_that_of_a_list_without_one():
    for size in (2, 3, 6, 9):
        numbers = np.round(np.random.default_rng(size).random(size) * 4)  # with some alike
        expected = [np.median(np.delete(numbers, row)) for row in range(size)]
        assert medians_of_others(numbers) == pytest.approx(expected)


def test_a_series_that_is_passed_over_at_a_glance_has_no_outlier(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    found = 0
    for _ in range(400):
        course = random.uniform(1, 4, 12) * 10.0 ** random.integers(-3, 3)
        place = random.integers(1, 11)
        course[place - 1 : place + 2] *= 10.0 ** random.uniform(-1.3, 0)
        course[place] *= 10.0 ** random.uniform(-3.5, 3.5) * random.choice([1, 1, 1, 0])
        case = small_case(HOURS, demand=[load(course.tolist())])
        quick = list(outliers.outliers(case))
        with monkeypatch.context() as patched:
            patched.setattr(outliers, "_amounts", lambda values: (usual(values), 0.0, np.inf))
            assert list(outliers.outliers(case)) == quick
        found += bool(quick)
    assert 40 < found < 360


def usual(values: Any) -> float:
    some = np.abs(values[values != 0])
    return float(np.median(some)) if some.size else 0.0
