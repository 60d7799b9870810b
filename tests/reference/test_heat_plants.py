"""Random CHPs and boilers with regions, segments and rules: our answer beside that of every pattern of on and off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import SolveOptions, solve
from c4e_solvers import Reason
from tests.properties.generators import case_of
from tests.reference.enumerated_heat_plants import optimum

STEPS = 3


class _Draw:
    """Numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def maybe(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def number(self, least: float, most: float) -> float:
        return round(float(self.rng.uniform(least, most)), 3)

    def series(self, least: float, most: float) -> list[float]:
        return [self.number(least, most) for _ in range(STEPS)]

    def rules(self, least: float) -> dict[str, Any]:
        """Some rules of a unit whose least load may be so high."""
        found: dict[str, Any] = {}
        if self.maybe(0.6):
            found = {"minimum_load_ratio": self.number(0.1, least), "start_cost_eur": self.number(0, 20)}
            found |= {"on_initially": self.maybe(0.5), "hours_in_state_initially": self.number(0, 3)}
        for name in ("minimum_up_hours", "minimum_down_hours", "stop_cost_eur", "running_cost_eur_per_hour"):
            if found and self.maybe(0.4):
                found[name] = self.number(0, 2)
        if found and self.maybe(0.4):
            found["start_costs"] = [{"after_hours_off": 1.0, "cost_eur": found["start_cost_eur"] + self.number(0, 9)}]
        for name in ("ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour"):
            if self.maybe(0.4):
                found[name] = self.number(0.2, 1.2)
        for name in ("start_ramp_ratio", "stop_ramp_ratio"):
            if self.maybe(0.3):
                found[name] = self.number(0.6, 1.0)
        return found

    def chp(self) -> dict[str, Any]:
        form = str(self.rng.choice(["plain", "segments", "region"]))
        found = {"id": "c", "electricity_bus": "e", "heat_bus": "h", "fuel_bus": "g", **self.rules(0.5)}
        found["cost_eur_per_mwh"] = self.number(0, 5)
        if form == "plain":
            return {**found, "fuel_max_mw": 1.0, "electric_efficiency": 0.35, "heat_efficiency": self.number(0.3, 0.6)}
        if form == "segments":
            rates = [(self.number(0.1, 0.5), self.number(0.1, 0.5)) for _ in range(3)]
            if self.maybe(0.5):
                rates = sorted(rates, reverse=True) if self.maybe(0.5) else [(e, 0.4) for e, _ in sorted(rates)[::-1]]
            widths = [0.25, 0.25, 0.5] if self.maybe(0.5) else [self.number(0.1, 0.6), self.number(0.1, 0.4), 1.0]
            names = ("fuel_mw", "electric_efficiency", "heat_efficiency")
            parts = [dict(zip(names, (w, *rate), strict=True)) for w, rate in zip(widths, rates, strict=True)]
            return {**found, "fuel_max_mw": 1.0, "efficiency_segments": parts}
        most = [1.0, self.number(0.9, 1.0), 1.0] if self.maybe(0.3) else 1.0
        rows = [(0.45, 0.0, most), (0.3, self.number(0.2, 0.5), most), (0.15, 0.2, 0.5), (0.2, 0.0, 0.55)]
        return {
            **found,
            "operating_region": [dict(zip(("electric_mw", "heat_mw", "fuel_mw"), row, strict=True)) for row in rows],
        }

    def boiler(self) -> dict[str, Any]:
        found = {"id": "k", "heat_bus": "h", "fuel_bus": "e" if self.maybe(0.5) else "g", "heat_max_mw": 1.0}
        found |= {"cost_eur_per_mwh": self.number(0, 3), **self.rules(0.5)}
        if self.maybe(0.4):
            return {**found, "efficiency": self.number(0.7, 1.0)}
        rates = [self.number(0.5, 1.0) for _ in range(3)]
        rates = sorted(rates, reverse=True) if self.maybe(0.5) else rates
        widths = [0.25, 0.25, 0.5]
        rows = zip(widths, rates, strict=True)
        return {**found, "efficiency_segments": [{"heat_mw": width, "efficiency": rate} for width, rate in rows]}

    def site(self) -> dict[str, Any]:
        price = self.series(-60, 120) if self.maybe(0.5) else self.series(20, 120)
        back = [round(each - 4, 3) for each in price]
        wide = {"import_max_mw": 20.0, "export_max_mw": 1.0}
        return {
            "name": "heat plants",
            "horizon": {
                "start": "2025-01-01T00:00Z",
                "step_minutes": [int(minutes) for minutes in self.rng.choice([15, 30, 60, 120], STEPS)],
            },
            "buses": [{"id": "e"}, {"id": "h", "carrier": "heat"}, {"id": "g", "carrier": "gas"}],
            "components": {
                "grid_connection": [
                    {
                        "id": "e",
                        "bus": "e",
                        **wide,
                        "import_price_eur_per_mwh": price,
                        "export_price_eur_per_mwh": back,
                    },
                    {"id": "g", "bus": "g", "import_max_mw": 20.0, "import_price_eur_per_mwh": self.number(20, 40)},
                    {
                        "id": "h",
                        "bus": "h",
                        **wide,
                        "import_price_eur_per_mwh": 150.0,
                        "export_price_eur_per_mwh": self.number(-30, 20),
                    },
                ],
                "demand": [
                    {"id": "e", "bus": "e", "demand_mw": self.series(0, 1)},
                    {"id": "h", "bus": "h", "demand_mw": self.series(0, 1.2)},
                ],
                "chp": [self.chp()],
                "boiler": [self.boiler()],
            },
        }


@pytest.mark.parametrize("seed", range(40))
def test_random_heat_plants_cost_what_the_best_of_all_patterns_costs(seed: int) -> None:
    content = _Draw(seed).site()
    outcome = solve(case_of(content), SolveOptions(gap=0.0))
    expected = optimum(content)
    if expected is None:
        assert outcome.termination.reason is Reason.INFEASIBLE
        return
    assert outcome.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert outcome.certificate is not None
    assert outcome.certificate.holds


def test_those_sites_have_every_form_and_need_binaries_for_some_orders_only() -> None:
    chps = [_Draw(seed).site()["components"]["chp"][0] for seed in range(40)]
    assert sum("operating_region" in chp for chp in chps) >= 8
    assert sum("efficiency_segments" in chp for chp in chps) >= 8
    closed = [
        "boiler_segment_closed" in solve(case_of(_Draw(seed).site())).schedule_table.quantities for seed in range(40)
    ]
    assert 5 <= sum(closed) <= 35
