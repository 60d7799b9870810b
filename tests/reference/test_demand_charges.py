"""Demand charges of random tariffs, as maxima in cvxpy over months and windows that Python's calendar lays out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from c4e_opt import Case, SolveOptions, solve
from c4e_opt.case.build import Builder

cp: Any = pytest.importorskip("cvxpy")

ZONE = "Europe/Warsaw"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Begins of horizons with a change of month or of clocks in the middle.
BEGINS = ("2025-01-31T06:00", "2025-03-29T12:00", "2025-10-25T20:00", "2025-06-30T22:00")
STEPS = 72


def tariff(rng: np.random.Generator) -> dict[str, Any]:
    """One charge with a few of its rules."""
    charge: dict[str, Any] = {
        "price_eur_per_mw": round(float(rng.uniform(20, 200)), 2),
        "direction": str(rng.choice(["import", "import", "export"])),
        "period": str(rng.choice(["month", "day", "horizon"])),
        "peak_before_mw": round(float(rng.choice([0.0, rng.uniform(0, 2)])), 3),
    }
    if rng.random() < 0.5:
        charge |= {"begin_hour": float(rng.integers(0, 12)), "end_hour": float(rng.integers(12, 25))}
    elif rng.random() < 0.5:
        charge |= {"begin_hour": 20.0, "end_hour": 6.0}
    if rng.random() < 0.4:
        charge["weekdays"] = [str(day) for day in rng.choice(DAYS, 4, replace=False)]
    if rng.random() < 0.4:
        charge["system_peak"] = rng.integers(0, 2, STEPS).astype(float).tolist()
    if rng.random() < 0.3:
        charge["measure"] = "mean"
    elif rng.random() < 0.6:
        charge["measuring_hours"] = float(rng.choice([1.0, 2.0]))
    if rng.random() < 0.4:
        price = charge["price_eur_per_mw"]
        charge["tiers"] = [
            {"above_mw": 0.8, "price_eur_per_mw": 2 * price},
            {"above_mw": 1.4, "price_eur_per_mw": 5 * price},
        ]
    if rng.random() < 0.4:
        charge |= {"ratchet_ratio": 0.75, "ratchet_peak_mw": float(rng.choice([0.0, 1.0]))}
    return charge


def document(seed: int) -> dict[str, Any]:
    """A load with sun, a battery and a connection with two charges, in half hours."""
    rng = np.random.default_rng(seed)
    hours = np.arange(STEPS) / 2
    sun = np.maximum(0, np.sin((hours - 6) / 12 * np.pi)) * 2.2
    return {
        "horizon": {"start": BEGINS[seed % len(BEGINS)], "time_zone": ZONE, "step_minutes": 30, "steps": STEPS},
        "buses": [{"id": "e"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "e",
                    "import_max_mw": 9.0,
                    "export_max_mw": 9.0,
                    "import_price_eur_per_mwh": (60 + 30 * rng.random(STEPS)).round(2).tolist(),
                    "export_price_eur_per_mwh": 25.0,
                    "demand_charges": [tariff(rng), tariff(rng)],
                }
            ],
            "renewable": [{"id": "pv", "bus": "e", "available_mw": sun.round(3).tolist()}],
            "demand": [{"id": "load", "bus": "e", "demand_mw": (0.4 + 1.2 * rng.random(STEPS)).round(3).tolist()}],
            "battery": [
                {
                    "id": "b",
                    "bus": "e",
                    "charge_max_mw": 0.5,
                    "discharge_max_mw": 0.5,
                    "energy_max_mwh": 1.0,
                    "energy_start_mwh": 0.5,
                    "charge_efficiency": 0.9,
                    "discharge_efficiency": 0.9,
                }
            ],
        },
    }


def readings(charge: Mapping[str, Any], moments: list[datetime]) -> dict[str, dict[Any, list[int]]]:
    """Period -> measurement -> steps."""
    found: dict[str, dict[Any, list[int]]] = {}
    midnights = {m.date(): datetime(m.year, m.month, m.day, tzinfo=m.tzinfo).timestamp() for m in moments}
    for t, moment in enumerate(moments):
        form = {"month": "%Y-%m", "day": "%Y-%m-%d", "horizon": "all"}[charge["period"]]
        period = found.setdefault(moment.strftime(form), {})
        hour = moment.hour + moment.minute / 60
        begin, end = charge.get("begin_hour", 0.0), charge.get("end_hour", 24.0)
        inside = begin <= hour < end if begin < end else not end <= hour < begin
        weekday = DAYS[moment.weekday()] in charge.get("weekdays", DAYS)
        if not (inside and weekday and charge.get("system_peak", [1] * STEPS)[t]):
            continue
        interval = charge.get("measuring_hours", 0.0) * 3600
        passed = moment.timestamp() - midnights[moment.date()]
        key: Any = (moment.date(), passed // interval) if interval else t
        period.setdefault("all" if charge.get("measure") == "mean" else key, []).append(t)
    return found


def textbook(content: Mapping[str, Any]) -> float:
    """The least cost, every peak a maximum."""
    parts = content["components"]
    grid, cell = parts["grid_connection"][0], parts["battery"][0]
    start = datetime.fromisoformat(content["horizon"]["start"]).replace(tzinfo=ZoneInfo(ZONE)).timestamp()
    moments = [datetime.fromtimestamp(start + 1800 * t, ZoneInfo(ZONE)) for t in range(STEPS)]
    powers = {way: cp.Variable(STEPS, nonneg=True) for way in ("import", "export")}
    sun, charged, given = (cp.Variable(STEPS, nonneg=True) for _ in range(3))
    stored = cell["energy_start_mwh"] + cp.cumsum(0.9 * charged - given / 0.9) * 0.5
    laws = [
        powers["import"] - powers["export"] + sun + given - charged == np.array(parts["demand"][0]["demand_mw"]),
        sun <= np.array(parts["renewable"][0]["available_mw"]),
        charged <= 0.5,
        given <= 0.5,
        stored >= 0,
        stored <= 1,
    ]
    cost = 0.5 * (np.array(grid["import_price_eur_per_mwh"]) @ powers["import"] - 25.0 * cp.sum(powers["export"]))
    for charge in grid["demand_charges"]:
        highest: Any = charge.get("ratchet_peak_mw", 0.0)
        for n, measured in enumerate(readings(charge, moments).values()):
            means = [cp.sum(powers[charge["direction"]][steps]) / len(steps) for steps in measured.values()]
            before = charge["peak_before_mw"] if n == 0 else 0.0
            power = cp.max(cp.hstack([*means, before, charge.get("ratchet_ratio", 0.0) * highest]))
            highest = cp.maximum(highest, power)
            price = 0.0
            tiers = [{"above_mw": 0.0, "price_eur_per_mw": charge["price_eur_per_mw"]}, *charge.get("tiers", [])]
            for tier in tiers:
                cost += (tier["price_eur_per_mw"] - price) * cp.pos(power - tier["above_mw"])
                price = tier["price_eur_per_mw"]
    problem = cp.Problem(cp.Minimize(cost), laws)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-9, tol_gap_rel=1e-9, tol_feas=1e-9)
    return float(problem.value)


def case(content: Mapping[str, Any]) -> Case:
    return Builder(content, {}).case()


@pytest.mark.parametrize("seed", range(16))
def test_random_tariffs_cost_what_the_textbook_says(seed: int) -> None:
    content = document(seed)
    assert solve(case(content), SolveOptions(gap=0.0)).objective == pytest.approx(textbook(content), rel=1e-6)


def test_the_calendar_of_the_textbook_crosses_months_and_clock_changes() -> None:
    zone = ZoneInfo(ZONE)
    begins = [datetime.fromisoformat(begin).replace(tzinfo=zone) for begin in BEGINS]
    ends = [datetime.fromtimestamp(begin.timestamp() + STEPS * 1800, zone) for begin in begins]
    assert sum(begin.month != end.month for begin, end in zip(begins, ends, strict=True)) == 2
    changes = [end.utcoffset() != begin.utcoffset() for begin, end in zip(begins, ends, strict=True)]
    assert sum(changes) == 2
    assert timedelta(hours=1) in {abs(e.utcoffset() - b.utcoffset()) for b, e in zip(begins, ends, strict=True)}  # type: ignore[operator]
