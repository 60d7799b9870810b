"""Loads that wait, run once or are interrupted: our answer beside that of a textbook model in Pyomo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Outcome, SolveOptions, solve
from tests.properties.generators import case_of
from tests.reference.pyomo_site import PyomoSite

START = "2025-03-01T12:00:00+00:00"


class _Draw:
    """Whole kW, hours and cents from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.minutes = [int(m) for m in self.rng.choice([15, 30, 60], 8)]

    def number(self, low: float, high: float) -> float:
        return round(float(self.rng.uniform(low, high)), 3)

    def pick(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def moments(self, least: int) -> dict[str, str]:
        """A window of at least so many minutes."""
        span = sum(self.minutes)
        begin = int(self.rng.integers(0, span - least))
        end = int(self.rng.integers(begin + least, span + 60))
        start = np.datetime64("2025-03-01T12:00")
        return {
            name: f"{start + np.timedelta64(at, 'm')}:00+00:00" for name, at in (("earliest", begin), ("latest", end))
        }

    def site(self, kind: str, records: list[dict[str, Any]]) -> dict[str, Any]:
        """Loads at a bus with a narrow cheap supply and a wide dear one."""
        steps = len(self.minutes)
        return {
            "name": "loads",
            "horizon": {"start": START, "step_minutes": self.minutes},
            "parties": [],
            "buses": [{"id": "e"}],
            "components": {
                "grid_connection": [
                    {
                        "id": name,
                        "bus": "e",
                        "import_max_mw": most,
                        "import_price_eur_per_mwh": [self.number(low, high) for _ in range(steps)],
                    }
                    for name, most, low, high in (("narrow", 1.1, 5.0, 90.0), ("wide", 50.0, 95.0, 250.0))
                ],
                "demand": [{"id": "town", "bus": "e", "demand_mw": [self.number(0.1, 0.9) for _ in range(steps)]}],
                kind: [{"id": f"{kind} {place}", "bus": "e", **record} for place, record in enumerate(records)],
            },
        }


def shiftable(draw: _Draw) -> dict[str, Any]:
    phases = [
        {"hours": draw.pick(10, 20, 30, 45) / 60, "power_mw": draw.number(0.1, 1.2)} for _ in range(draw.pick(1, 2, 3))
    ]
    window = {"earliest": START, "latest": "2025-03-02T12:00:00+00:00"}
    value = draw.pick({}, {"unserved_value_eur_per_mwh": draw.number(20, 200)})
    narrow = draw.pick(window, draw.moments(60)) if value else window
    return {"phases": phases[:1] if narrow is not window else phases, **narrow, **value}


def deferrable(draw: _Draw) -> dict[str, Any]:
    record: dict[str, Any] = {
        "energy_needed_mwh": draw.number(0.2, 2.0),
        "power_max_mw": draw.number(0.5, 1.5),
        "unserved_value_eur_per_mwh": draw.number(60, 300),
        **draw.moments(60),
    }
    if draw.pick(True, True, False):
        record |= {"power_min_mw": draw.number(0.1, 0.5), "interruptible": draw.pick(True, True, False)}
        record |= {"minimum_up_hours": draw.pick(0.0, 0.5, 1.25), "minimum_down_hours": draw.pick(0.0, 0.5, 1.0)}
        record |= {"starts_max": draw.pick(0, 2)} if record["interruptible"] else {}
    if draw.pick(True, False):
        record["energy_max_mwh"] = record["energy_needed_mwh"] + draw.number(0, 0.5)
    return record


def interruptible(draw: _Draw) -> dict[str, Any]:
    record: dict[str, Any] = {
        "demand_mw": [draw.number(0.2, 1.0) for _ in draw.minutes],
        "reduction_max_ratio": draw.number(0.5, 1.0),
        "reduction_min_ratio": draw.pick(0.0, 0.3),
        "cost_eur_per_mwh": draw.number(0, 40),
        "interruption_cost_eur": draw.pick(0.0, draw.number(1, 15)),
        "interruptions_max": draw.pick(0, 1, 2),
        "rest_min_hours": draw.pick(0.0, 0.5, 1.5),
        "rested_initially_hours": draw.pick(0.25, 8760.0),
    }
    if draw.pick(True, False):
        record["interruption_max_hours"] = draw.pick(0.5, 1.0, 2.0)
    if draw.pick(True, True, False):
        record |= {"recovery_ratio": draw.pick(0.7, 1.0, 1.2), "recovery_max_mw": draw.number(0.3, 1.5)}
        record |= {"recovery_hours": draw.pick(0.5, 1.0, 2.0)} if draw.pick(True, False) else {}
    if draw.pick(True, False):
        record["events"] = [event(draw)]
    return record


def event(draw: _Draw) -> dict[str, Any]:
    """A few whole steps in which less than about the usual is rewarded."""
    ends = np.cumsum([0, *draw.minutes])
    first = int(draw.rng.integers(0, 6))
    begin, end = (np.datetime64("2025-03-01T12:00") + np.timedelta64(int(ends[at]), "m") for at in (first, first + 2))
    return {
        "begin": f"{begin}:00+00:00",
        "end": f"{end}:00+00:00",
        "baseline_mw": draw.number(0.4, 1.4),
        "committed_mw": draw.number(0.1, 0.6),
        "reward_eur_per_mwh": draw.number(20, 200),
        "penalty_eur_per_mwh": draw.pick(0.0, draw.number(1, 60)),
    }


KINDS = {"shiftable_load": shiftable, "deferrable_load": deferrable, "interruptible_load": interruptible}


def solved(content: dict[str, Any]) -> Outcome:
    return solve(case_of(content), SolveOptions(gap=0.0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_random_loads_cost_what_the_textbook_says(kind: str, seed: int) -> None:
    draw = _Draw(seed)
    content = draw.site(kind, [KINDS[kind](draw) for _ in range(3)])
    expected = PyomoSite(content, exclusive=False).solve().objective
    assert solved(content).objective == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_those_loads_do_what_they_are_there_for() -> None:
    """Runs are skipped and shifted, energy is left out, loads are cut and recover, in at least some of them."""
    seen: dict[str, float] = {}
    for kind, make in KINDS.items():
        for seed in range(12):
            draw = _Draw(seed)
            table = solved(draw.site(kind, [make(draw) for _ in range(3)])).schedule_table
            for name, quantity in table.quantities.items():
                seen[name] = max(seen.get(name, 0.0), float(quantity.values.max(initial=0.0)))
    for name in (
        "interruptible_load_rewarded_mw",
        "shiftable_load_skipped",
        "deferrable_load_unserved_mwh",
        "interruptible_load_recovery_mw",
    ):
        assert seen[name] > 0.01, name


@pytest.mark.parametrize("seed", range(6))
def test_random_tranches_cost_what_the_textbook_says(seed: int) -> None:
    draw = _Draw(seed)
    records = [
        {
            "demand_mw": [draw.number(0.5, 1.5) for _ in draw.minutes],
            "shed_value_eur_per_mwh": draw.number(50, 300),
            "shed_max_ratio": draw.number(0.7, 1.0),
            "tranches": [{"ratio": draw.number(0.1, 0.3), "value_eur_per_mwh": draw.number(10, 400)} for _ in range(2)],
            "shift_max_mw": draw.pick(0.0, draw.number(0.1, 0.6)),
            "shift_window_hours": 2.0,
        }
        for _ in range(2)
    ]
    if seed % 2:
        records[1]["events"] = [event(draw), event(draw)]
    content = draw.site("flexible_demand", records)
    answer = PyomoSite(content, exclusive=False).solve()
    outcome = solved(content)
    assert outcome.objective == pytest.approx(answer.objective, rel=1e-6)
    if outcome.size["integers"]:
        return  # prices at fixed binaries depend on which binaries there are
    ours = outcome.price_table.values("price_eur_per_mwh")[0]
    theirs = [answer.prices["e", t] for t in range(len(draw.minutes))]
    assert ours == pytest.approx(theirs, rel=1e-6)
