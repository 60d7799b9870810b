"""Laws of a site and stratified tanks in a rolling horizon: they hold of the whole, whatever the windows are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from c4e_opt import Case, solve
from c4e_opt.case.build import Builder
from c4e_opt.coordination.rolling import RollOptions, roll

CASES = Path(__file__).parents[2] / "cases"


def site(laws: dict[str, Any], **more: Any) -> Case:
    """Twelve hours of a site with a battery, an engine and sun; prices fall and rise."""
    document: dict[str, Any] = {
        "name": "laws",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 12},
        "buses": [{"id": "el", "site": "s"}, {"id": "heat", "carrier": "heat", "site": "s"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "el",
                    "import_max_mw": 5,
                    "export_max_mw": 5,
                    "import_price_eur_per_mwh": [50, 10, 20, 80, 90, 70, 30, 20, 60, 90, 40, 10],
                    "export_price_eur_per_mwh": [40, 5, 10, 70, 80, 60, 20, 10, 50, 80, 30, 5],
                }
            ],
            "generator": [{"id": "engine", "bus": "el", "power_max_mw": 2, "cost_eur_per_mwh": 65}],
            "demand": [
                {"id": "load", "bus": "el", "demand_mw": [1, 1, 1.2, 1.5, 1.6, 1.4, 1, 0.8, 1, 1.5, 1.2, 1]},
                {"id": "warm", "bus": "heat", "demand_mw": 0.3},
            ],
            "battery": [
                {
                    "id": "cells",
                    "bus": "el",
                    "charge_max_mw": 1,
                    "discharge_max_mw": 1,
                    "energy_max_mwh": 3,
                    "energy_start_mwh": 1.5,
                }
            ],
            "boiler": [
                {"id": "rod", "heat_bus": "heat", "fuel_bus": "el", "heat_max_mw": 1, "efficiency": 0.99},
            ],
            "stratified_store": [
                {
                    "id": "tank",
                    "bus": "heat",
                    "charge_max_mw": 1,
                    "discharge_max_mw": 1,
                    "temperature_hot_c": 80,
                    "temperature_cold_c": 40,
                    "energy_max_mwh": 2,
                    "standing_loss_per_hour": 0.002,
                    "fixed_loss_per_hour": 0.001,
                    "fixed_loss_mw": 0.001,
                    "level_start_ratio": 0.5,
                    "level_end_ratio": 0.4,
                }
            ],
            **laws,
        },
    }
    return Builder(document | more, {}).case()


@pytest.mark.parametrize(
    "laws",
    [
        {},
        {"reserve": [{"id": "ready", "up_mw": 1.5, "down_mw": 0.5, "duration_hours": 1}]},
        {
            "reserve": [
                {"id": "ready", "up_mw": 0.5, "missing_price_eur_per_mw_hour": 90, "activation_minutes": 15},
                {
                    "id": "more",
                    "counts_for": ["ready"],
                    "demand": [{"power_mw": 0.3, "price_eur_per_mw_hour": 9}],
                },
            ],
            "reserve_offer": [
                {
                    "id": "cells",
                    "provider": "battery/cells",
                    "reserve": "more",
                    "price_eur_per_mw_hour": [float(hour % 5) for hour in range(12)],
                },
            ],
            "generic_constraint": [
                {
                    "id": "sum",
                    "terms": [{"member": "battery/cells"}, {"member": "battery/cells", "reserve": "more"}],
                    "most_mw": [0.4 + 0.05 * hour for hour in range(12)],
                }
            ],
        },
        {"exclusion": [{"id": "one", "members": ["generator/engine", "battery/cells"]}]},
        {
            "must_run": [
                {
                    "id": "test_run",
                    "members": ["generator/engine"],
                    "power_min_mw": 0.4,
                    "begin": "2025-01-01T05:00Z",
                    "end": "2025-01-01T07:00Z",
                }
            ]
        },
        {"islanding": [{"id": "able", "site": "s", "duration_hours": 2, "critical_ratio": 0.5}]},
        {
            "islanding": [
                {
                    "id": "cut",
                    "site": "s",
                    "mode": "islanded",
                    "begin": "2025-01-01T03:00Z",
                    "end": "2025-01-01T06:00Z",
                }
            ]
        },
    ],
    ids=lambda laws: next(iter(laws), "none"),
)
@pytest.mark.parametrize("keep_hours", [1, 3, 5])
def test_a_law_holds_of_the_whole_horizon(laws: dict[str, Any], keep_hours: int):
    case = site(laws)
    rolled = roll(case, RollOptions(keep_hours=keep_hours, look_hours=keep_hours + 4))
    whole = solve(case)
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert rolled.outcome.objective is not None
    assert whole.objective is not None
    assert rolled.outcome.objective >= whole.objective - 1e-6
    # Four hours of foresight lose little of what twelve would gain.
    assert rolled.outcome.objective <= whole.objective + 0.2 * abs(whole.objective)


@pytest.mark.parametrize("members", [["ev_session/car"], ["ev_session/car", "generator/engine"]])
def test_a_law_forgets_who_is_away_in_a_window(members: list[str]):
    """The car comes in the second half only: no window may look further than it was told to find its law."""
    car = {
        "id": "car",
        "bus": "el",
        "arrival": "2025-01-01T07:00Z",
        "departure": "2025-01-01T10:00Z",
        "charge_max_mw": 0.5,
        "energy_max_mwh": 1,
        "energy_start_mwh": 0,
        "energy_needed_mwh": 0.6,
        "unserved_value_eur_per_mwh": 900,
    }
    limit = {"id": "sum", "terms": [{"member": member} for member in members], "most_mw": 9}
    one = {"id": "one", "members": members}
    case = site({"ev_session": [car], "exclusion": [one], "generic_constraint": [limit]})
    rolled = roll(case, RollOptions(keep_hours=2, look_hours=4))
    assert rolled.outcome.certificate is not None
    assert rolled.outcome.certificate.holds
    assert max(window.end - window.begin for window in rolled.windows) == 4
