"""Random units with any of their rules: our answer beside that of every pattern of on and off, tried one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import SolveOptions, solve
from c4e_solvers import Reason
from tests.properties.generators import case_of
from tests.reference.enumerated_unit import EnumeratedUnit

STEPS = 5


class _Draw:
    """Numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def maybe(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def number(self, least: float, most: float, digits: int = 3) -> float:
        return round(float(self.rng.uniform(least, most)), digits)

    def series(self, least: float, most: float) -> list[float]:
        return [self.number(least, most) for _ in range(STEPS)]

    def rules(self, *, sized: bool) -> dict[str, Any]:
        """Some rules of a unit."""
        found: dict[str, Any] = {}
        on = self.maybe(0.5)
        least = self.number(0.1, 0.5) if self.maybe(0.6) else 0.0
        if self.maybe(0.8):
            found = {"minimum_load_ratio": least, "on_initially": on}
            found |= {"hours_in_state_initially": self.number(0, 3, 2), "start_cost_eur": self.number(0, 20)}
        most_of = {"minimum_up_hours": 3, "minimum_down_hours": 3, "stop_cost_eur": 20, "running_cost_eur_per_hour": 10}
        for name, most in most_of.items():
            if found and self.maybe(0.4):
                found[name] = self.number(0, most, 2)
        if found and self.maybe(0.5):
            cost, after = found["start_cost_eur"], 0.0
            found["start_costs"] = []
            for _ in range(int(self.rng.integers(1, 3))):
                cost, after = round(cost + self.number(0, 30), 3), round(after + self.number(0.25, 2, 2), 2)
                found["start_costs"].append({"after_hours_off": after, "cost_eur": cost})
        for name in ("ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour"):
            if self.maybe(0.5):
                found[name] = self.series(0.1, 1.2) if self.maybe(0.3) else self.number(0.1, 1.2)
        for name in ("start_ramp_ratio", "stop_ramp_ratio"):
            if self.maybe(0.4):
                found[name] = max(self.number(0.2, 1.0), found.get("minimum_load_ratio", 0.0))
        if on and not sized and found.get("on_initially") and self.maybe(0.6):
            found["load_initially_ratio"] = max(self.number(0, 1.0), least)
        return found

    def steered(self, word: str) -> dict[str, Any]:
        """A power of fixed or chosen size, with some rules and limits."""
        sized = self.maybe(0.3)
        found = self.rules(sized=sized)
        if sized:
            found |= {
                "capacity_cost_eur_per_mw": self.number(5, 200),
                "capacity_min_mw": self.number(0, 0.5),
                "capacity_max_mw": self.number(1, 3),
                f"{word}_max_ratio": self.series(0.5, 1) if self.maybe(0.5) else 1.0,
                f"{word}_min_ratio": self.number(0, 0.3) if self.maybe(0.5) else 0.0,
            }
        else:
            found[f"{word}_max_mw"] = self.series(0.8, 2) if self.maybe(0.5) else self.number(0.8, 2)
            if not found.get("minimum_load_ratio") and self.maybe(0.5):
                found[f"{word}_min_mw"] = self.number(-0.5, 0.5)
            if self.maybe(0.3):
                found["rated_mw"] = self.number(2, 3)
        found["cost_eur_per_mwh"] = self.series(-20, 60)
        if self.maybe(0.3):
            found["energy_max_mwh"] = self.number(1, 4)
        if self.maybe(0.2):
            found["energy_min_mwh"] = self.number(0, 1)
        return found

    def site(self) -> dict[str, Any]:
        """Two buses that buy and sell, with steps of several lengths."""
        case: dict[str, Any] = {
            "name": "unit",
            "horizon": {
                "start": "2025-01-01T00:00Z",
                "step_minutes": [int(minutes) for minutes in self.rng.choice([15, 30, 60, 120], STEPS)],
            },
            "buses": [{"id": "e"}, {"id": "h", "carrier": "heat"}],
            "components": {"grid_connection": [], "demand": []},
        }
        if self.maybe(0.3):
            case["horizon"]["weights"] = [self.number(0.5, 5, 2) for _ in range(STEPS)]
        for bus in ("e", "h"):
            price = self.series(0, 120)
            case["components"]["grid_connection"].append(
                {
                    "id": bus,
                    "bus": bus,
                    "import_max_mw": 20.0,
                    "export_max_mw": 3.0,
                    "import_price_eur_per_mwh": price,
                    "export_price_eur_per_mwh": [round(each - 5, 3) for each in price],
                }
            )
            case["components"]["demand"].append({"id": bus, "bus": bus, "demand_mw": self.series(0, 2)})
        return case


def generator_site(seed: int) -> dict[str, Any]:
    """A site with a generator."""
    draw = _Draw(seed)
    case, unit = draw.site(), draw.steered("power")
    most = unit.get("power_max_mw")
    if most is not None and unit.get("power_min_mw", 0.0) >= 0 and draw.maybe(0.5):
        widths = [draw.number(0.1, 0.6) for _ in range(2)]
        widths.append(round(max(np.max(most) - sum(widths), 0.1), 3))
        unit["cost_segments"] = [{"power_mw": w, "cost_eur_per_mwh": draw.number(0, 80)} for w in widths]
    case["components"]["generator"] = [{"id": "g", "bus": "e", **unit}]
    return case


def converter_site(seed: int) -> dict[str, Any]:
    """A site with a converter of one to three outputs."""
    draw = _Draw(seed)
    case, unit = draw.site(), draw.steered("input")
    outputs: list[dict[str, Any]] = []
    for place in range(int(draw.rng.integers(1, 4))):
        output: dict[str, Any] = {
            "bus": "h" if place != 1 else "e",
            "efficiency": draw.series(0.5, 1.2) if draw.maybe(0.5) else draw.number(-0.3, 1.2),
        }
        most = unit.get("input_max_mw")
        if most is not None and unit.get("input_min_mw", 0.0) >= 0 and draw.maybe(0.4):
            widths = [draw.number(0.1, 0.6) for _ in range(2)]
            widths.append(round(max(np.max(most) - sum(widths), 0.1), 3))
            output = {"bus": output["bus"]}
            output["segments"] = [{"input_mw": w, "efficiency": draw.number(-0.1, 1.2)} for w in widths]
        if draw.maybe(0.5):
            output |= {"delay_hours": draw.number(0.05, 5, 2), "cyclic": draw.maybe(0.5)}
        outputs.append(output)
    case["components"]["converter"] = [{"id": "c", "input_bus": "e", "outputs": outputs, **unit}]
    return case


def agree(document: dict[str, Any]) -> bool:
    """Compare; whether there was a schedule at all."""
    wanted = EnumeratedUnit(document).optimum()
    outcome = solve(case_of(document), SolveOptions(gap=0.0))
    if wanted is None:
        assert outcome.termination.reason is Reason.INFEASIBLE
        return False
    assert outcome.objective == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    return True


@pytest.mark.parametrize("seed", range(24))
def test_a_generator_agrees_with_every_pattern_tried(seed: int) -> None:
    agree(generator_site(seed))


@pytest.mark.parametrize("seed", range(24))
def test_a_converter_agrees_with_every_pattern_tried(seed: int) -> None:
    agree(converter_site(1000 + seed))


def test_most_of_these_sites_have_a_schedule_and_many_rules() -> None:
    sites = [generator_site(seed) for seed in range(24)] + [converter_site(1000 + seed) for seed in range(24)]
    units = [EnumeratedUnit(site).unit for site in sites]
    for rule in (
        "start_costs",
        "ramp_up_ratio_per_hour",
        "stop_ramp_ratio",
        "capacity_cost_eur_per_mw",
        "energy_max_mwh",
    ):
        assert sum(bool(unit.get(rule)) for unit in units) >= 8


def edged_site(seed: int) -> dict[str, Any]:
    """One of the sites above whose unit comes in modules, or has least loads at the edges of its runs, and curves."""
    case = generator_site(seed) if seed % 2 else converter_site(1000 + seed)
    draw, word = _Draw(5000 + seed), "power" if seed % 2 else "input"
    (unit,) = case["components"]["generator" if seed % 2 else "converter"]
    if "capacity_cost_eur_per_mw" in unit:
        unit["capacity_module_mw"] = draw.number(0.2, 0.6)
        return case
    unit |= {"switchable": True, "start_load_min_ratio": draw.series(0, 0.7)}
    unit["stop_load_min_ratio"] = draw.series(0, 0.7) if draw.maybe(0.5) else draw.number(0, 0.7)
    if unit.get(f"{word}_min_mw", 0.0) >= 0:
        widths = [draw.number(0.1, 0.6) for _ in range(2)]
        widths.append(round(max(np.max(unit[f"{word}_max_mw"]) - sum(widths), 0.1), 3))
        unit["cost_segments"] = [{f"{word}_mw": w, "cost_eur_per_mwh": draw.number(0, 80)} for w in widths]
    return case


@pytest.mark.parametrize("seed", range(24))
def test_modules_and_edges_of_runs_agree_with_every_pattern_tried(seed: int) -> None:
    agree(edged_site(seed))


def test_modules_and_edges_of_runs_matter_in_some_of_these_sites() -> None:
    names = ("capacity_module_mw", "start_load_min_ratio", "stop_load_min_ratio")
    changed = 0
    for seed in range(24):
        case = edged_site(seed)
        (unit,) = case["components"]["generator" if seed % 2 else "converter"]
        plain = {**unit, **dict.fromkeys(names)}
        other = {**case, "components": {**case["components"], "generator" if seed % 2 else "converter": [plain]}}
        optima = EnumeratedUnit(case).optimum(), EnumeratedUnit(other).optimum()
        changed += optima[0] != pytest.approx(optima[1]) if None not in optima else 0
    assert changed >= 5
