"""Random sites with every law: our costs beside those of a textbook model in Pyomo."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from c4e_opt import Outcome, SolveOptions, solve
from tests.properties.generators import case_of
from tests.reference.pyomo_laws import LawfulSites

Document = dict[str, Any]

START = "2025-02-28T21:30:00+00:00"  # 22:30 in Warsaw: day, week day and month change after an hour and a half
LAWS = (
    "energy_budget",
    "emission_budget",
    "self_consumption",
    "reserve",
    "islanding",
    "exclusion",
    "maintenance",
    "must_run",
)
STEPS = 6


def sites(seed: int) -> Document:
    """Two sites with a tie; a dear generator everywhere makes everything feasible."""
    rng = np.random.default_rng(seed)

    def series(low: float, high: float) -> list[float]:
        return [round(float(each), 3) for each in rng.uniform(low, high, STEPS)]

    def number(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    spot = series(20, 120)
    battery: Document = {
        "id": "cells",
        "bus": "n",
        "charge_max_mw": number(0.2, 0.8),
        "discharge_max_mw": number(0.2, 0.8),
        "energy_max_mwh": number(1.0, 1.5),
        "energy_min_mwh": 0.05,
        "energy_start_mwh": number(0.2, 0.6),
        "charge_efficiency": 0.93,
        "discharge_efficiency": 0.91,
    }
    return {
        "name": f"laws {seed}",
        "horizon": {
            "start": START,
            "time_zone": "Europe/Warsaw",
            "step_minutes": [int(each) for each in rng.choice([15, 30, 60], STEPS)],
        },
        "buses": [{"id": "n", "site": "north"}, {"id": "n2", "site": "north"}, {"id": "s", "site": "south"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "s",
                    "import_max_mw": 3.0,
                    "export_max_mw": 1.5,
                    "import_price_eur_per_mwh": spot,
                    "export_price_eur_per_mwh": [round(0.8 * p, 3) for p in spot],
                    "emissions_t_per_mwh": series(0.2, 0.7),
                }
            ],
            "renewable": [
                {"id": "pv", "bus": "n2", "available_mw": series(0, 1.2)},
                {"id": "wind", "bus": "s", "available_mw": series(0, 0.9)},
            ],
            "demand": [{"id": bus, "bus": bus, "demand_mw": series(0.2, 0.8)} for bus in ("n", "n2", "s")],
            "generator": [
                {
                    "id": "engine",
                    "bus": "n",
                    "power_max_mw": 0.8,
                    "minimum_load_ratio": 0.4,
                    "start_cost_eur": 4.0,
                    "cost_eur_per_mwh": number(40, 80),
                    "emissions_t_per_mwh": 0.6,
                },
                *(
                    {"id": bus, "bus": bus, "power_max_mw": 3.0, "cost_eur_per_mwh": number(180, 220)}
                    for bus in ("n", "s")
                ),
            ],
            "battery": [battery, {**battery, "id": "packs", "bus": "s", "energy_start_mwh": 0.4}],
            "tie": [
                {
                    "id": "cable",
                    "from_bus": "s",
                    "to_bus": "n",
                    "forward_max_mw": 1.0,
                    "backward_max_mw": 0.8,
                    "loss_ratio": 0.03,
                },
                {
                    "id": "wire",
                    "from_bus": "n",
                    "to_bus": "n2",
                    "forward_max_mw": 2.0,
                    "backward_max_mw": 2.0,
                    "loss_ratio": 0.02,
                },
            ],
        },
    }


def laws(kind: str, seed: int, hours: list[float]) -> list[Document]:
    """Two or three laws of a kind that bind in most draws."""
    rng = np.random.default_rng([seed, 7])

    def number(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    window = str(rng.choice(["horizon", "day", "week", "month"]))
    rolling = {"window": "rolling", "window_hours": hours[0] + 0.25}
    later = (datetime.fromisoformat(START) + timedelta(hours=hours[0] + 0.1)).isoformat()
    found: dict[str, list[Document]] = {
        "energy_budget": [
            {"id": "a", "maximum_mwh": number(0.1, 1.0), "window": window},
            {"id": "b", "members": ["battery/*"], "counted": "into", "maximum_mwh": number(0.05, 0.2), **rolling},
            {
                "id": "c",
                "members": ["generator/engine"],
                "minimum_mwh": number(0.2, 0.9),
                "window": window,
                "beyond_price_eur_per_mwh": number(5, 40),
            },
        ],
        "emission_budget": [
            {"id": "a", "maximum_t": number(0.05, 0.4), "window": window, "price_eur_per_t": number(0, 60)},
            {
                "id": "b",
                "site": "north",
                "maximum_t": number(0.0, 0.2),
                "beyond_price_eur_per_t": number(10, 90),
                **rolling,
            },
        ],
        "self_consumption": [
            {
                "id": "a",
                "site": "north",
                "minimum_self_consumption_ratio": number(0.6, 0.95),
                "window": window,
                "minimum_autarky_ratio": number(0.5, 0.9),
            },
            {
                "id": "b",
                "minimum_autarky_ratio": number(0.5, 0.9),
                "missed_price_eur_per_mwh": number(5, 50),
                **rolling,
            },
        ],
        "reserve": [
            {
                "id": "a",
                "site": "north",
                "up_mw": number(0.3, 1.2),
                "down_mw": number(0.1, 0.5),
                "duration_hours": number(0.2, 0.9),
                "members": ["battery/*", "generator/engine"],
                "missing_price_eur_per_mw_hour": number(5, 50),
            },
        ],
        "islanding": [
            {
                "id": "a",
                "site": "north",
                "critical_ratio": number(0.4, 0.8),
                "duration_hours": number(0.4, 2.0),
                "members": ["battery/*", "renewable/pv", "generator/engine"],
                "reserve_ratio": number(0, 0.3),
                "critical_loads": [{"member": "demand/n2", "critical_ratio": 0.9}],
                "required": [1, 1, 0, 1, 1, 1],
                "missing_price_eur_per_mwh": number(20, 150),
            },
            {"id": "b", "mode": "islanded", "members": ["tie/cable"], "begin": later},
        ],
        "exclusion": [
            {
                "id": "a",
                "members": ["generator/engine", "battery/cells", "renewable/pv"],
                "most": int(rng.integers(1, 3)),
            },
            {"id": "b", "members": ["battery/*"]},
        ],
        "maintenance": [
            {"id": "a", "members": ["grid_connection/grid", "battery/packs"], "hours": number(0.3, 1.2)},
            {"id": "b", "members": ["generator/engine"], "begin": later},
            {
                "id": "c",
                "members": ["renewable/wind", "battery/cells"],
                "end": later,
                "available_ratio": number(0.2, 0.7),
            },
        ],
        "must_run": [
            {"id": "a", "members": ["generator/engine"], "power_min_mw": number(0.1, 0.5), "end": later},
            {"id": "b", "members": ["generator/n", "generator/s"], "power_min_mw": [0.05, 0, 0.1, 0, 0, 0.02]},
        ],
    }
    return found[kind]


def exact(content: Document) -> Outcome:
    return solve(case_of(content), SolveOptions(gap=0.0))


def lawful(kind: str, seed: int) -> tuple[Document, Document]:
    """The sites with the laws of a kind, and without."""
    free = sites(seed)
    hours = [minutes / 60 for minutes in free["horizon"]["step_minutes"]]
    return {**free, "components": {**free["components"], kind: laws(kind, seed, hours)}}, free


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", LAWS)
def test_random_sites_under_a_law_cost_what_a_textbook_model_finds(kind: str, seed: int) -> None:
    content, _ = lawful(kind, seed)
    assert exact(content).objective == pytest.approx(LawfulSites(content).solve(), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_random_sites_under_all_laws_cost_what_a_textbook_model_finds(seed: int) -> None:
    content = sites(100 + seed)
    hours = [minutes / 60 for minutes in content["horizon"]["step_minutes"]]
    for kind in LAWS:
        if kind not in ("exclusion", "must_run"):
            content["components"][kind] = laws(kind, seed, hours)
    ours, theirs = exact(content), LawfulSites(content).solve()
    assert ours.objective == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("kind", LAWS)
def test_the_laws_of_these_sites_bind(kind: str) -> None:
    costs = [tuple(exact(content).objective or 0.0 for content in lawful(kind, seed)) for seed in range(6)]
    assert sum(bound > free + 0.01 for bound, free in costs) >= 4, costs
