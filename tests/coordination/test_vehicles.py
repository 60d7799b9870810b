"""Vehicles with rules cross the seams of a rolling horizon: what they have, may still give and want is carried."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, SolveOptions
from c4e_opt.coordination.rolling import Rolled, RollOptions, roll
from c4e_opt.errors import UnsupportedProgram
from tests.unit.small_cases import grid, load, small_case, vehicle

HOURS = (60,) * 6
RULES: dict[str, dict[str, Any]] = {
    "least power": {"energy_needed_mwh": 0.9, "charge_min_mw": 0.3, "charge_max_mw": 0.5},
    "levels": {"energy_needed_mwh": 0.7, "charge_steps": [{"power_mw": 0.25}, {"power_mw": 0.5}]},
    "a limit that comes later": {"energy_needed_mwh": 0.9, "charge_limit_mw": [0.5, 0.5, 0.05, 0.05, 0.05, 0.05]},
    "a state of charge": {"energy_needed_mwh": None, "soc_departure_ratio": 0.8, "energy_start_mwh": 0.3},
    "alike": {"count": 3, "energy_needed_mwh": 0.6, "charge_max_mw": 0.2},
    "V2G": {
        "count": 2,
        "energy_needed_mwh": 0.0,
        "energy_start_mwh": 0.9,
        "discharge_max_mw": 0.4,
        "throughput_max_mwh": 0.5,
        "energy_v2g_min_mwh": 0.3,
    },
    "V2G after a while": {
        "energy_needed_mwh": 0.0,
        "energy_start_mwh": 0.1,
        "discharge_max_mw": 0.4,
        "charge_max_mw": 0.3,
        "energy_v2g_min_mwh": 0.3,
    },
    "fuller than wanted": {
        "energy_needed_mwh": None,
        "soc_departure_ratio": 0.2,
        "energy_start_mwh": 0.9,
        "discharge_max_mw": 0.4,
    },
}


def case(**rules: Any) -> Case:
    session = vehicle("00:30", "05:30", **rules)
    connection = grid([20, 90, 15, 200, 30, 60], import_max_mw=2.0)
    return small_case(HOURS, grid_connection=[connection], demand=[load(0.9)], ev_session=[session])


def rolled(content: Case, keep: float, look: float) -> Rolled:
    return roll(content, RollOptions(keep_hours=keep, look_hours=look, solve=SolveOptions(gap=0.0), compare=True))


@pytest.mark.parametrize(("keep", "look"), [(1, 1), (1, 3), (2, 3)])
@pytest.mark.parametrize("rules", RULES.values(), ids=RULES.keys())
def test_what_the_horizon_can_serve_the_windows_serve(rules: dict[str, Any], keep: float, look: float) -> None:
    found = rolled(case(**rules), keep, look)
    assert found.outcome.certificate is not None
    assert found.outcome.certificate.holds
    assert found.outcome.schedule_table.values("ev_session_unserved_mwh").max() <= 1e-6
    assert found.cost_of_rolling is not None
    assert found.cost_of_rolling >= -1e-4


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES.keys())
def test_windows_that_see_everything_cost_what_foresight_costs(rules: dict[str, Any]) -> None:
    found = rolled(case(**rules), 1, 6)
    assert found.cost_of_rolling == pytest.approx(0.0, abs=1e-4)


def test_sessions_with_other_levels_stand_side_by_side() -> None:
    """The first has one level and leaves before the second comes, which has two; hour by hour."""
    sessions = [
        vehicle("00:00", "02:00", id="one", energy_needed_mwh=0.5, charge_steps=[{"power_mw": 0.25}]),
        vehicle("03:00", "06:00", id="two", energy_needed_mwh=0.6, charge_steps=[{"power_mw": 0.1}, {"power_mw": 0.5}]),
    ]
    found = rolled(small_case(HOURS, grid_connection=[grid(20.0)], ev_session=sessions), 1, 2)
    table = found.outcome.schedule_table
    assert table.values("ev_session_at_level").shape == (2, 2, 6)
    assert table.values("ev_session_at_level").sum(axis=(1, 2)).tolist() == [2.0, 2.0]
    assert found.outcome.certificate is not None
    assert found.outcome.certificate.holds


def test_shared_plugs_are_refused_by_name() -> None:
    content = small_case(
        HOURS,
        grid_connection=[grid(20.0)],
        ev_session=[vehicle("00:00", "02:00")],
        charging_site=[{"id": "yard", "members": ["ev_session/*"], "plugs": 1}],
    )
    with pytest.raises(UnsupportedProgram, match="charging_site 'yard'"):
        roll(content)
