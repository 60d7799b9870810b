"""A CHP and a boiler written the textbook way: every pattern of on and off of both is tried, the rest goes to scipy.

Nothing here comes from c4e_opt. Points of a region are weighted means of its vertices; segments are chosen by a binary
each (multiple choice), so that one is used only when those before are full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.reference.enumerated_unit import EnumeratedUnit

Document = Mapping[str, Any]
Terms = list[tuple[int, float]]


class State(EnumeratedUnit):
    """The on/off state of one plant."""

    def __init__(self, unit: Document, minutes: Sequence[int]) -> None:
        """Take its record and the lengths of the steps."""
        self.unit = unit
        self.minutes = list(minutes)
        self.steps = len(minutes)
        self.hours = [each / 60 for each in minutes]
        self.weights = [1.0] * self.steps

    def patterns(self) -> list[tuple[tuple[int, ...], float]]:
        """Every pattern that is allowed, and what it costs."""
        if not self.has_state():
            return [((1,) * self.steps, 0.0)]
        costs = [(on, self.cost_of_state(on)) for on in product((0, 1), repeat=self.steps)]
        return [(on, cost) for on, cost in costs if cost is not None]


def optimum(document: Document) -> float | None:
    """The least cost of a case with one CHP and one boiler, grid connections and demands."""
    minutes = document["horizon"]["step_minutes"]
    (chp,), (boiler,) = document["components"]["chp"], document["components"]["boiler"]
    best: float | None = None
    for (chp_on, first), (boiler_on, second) in product(
        State(chp, minutes).patterns(), State(boiler, minutes).patterns()
    ):
        cost = HeatPlants(document, chp_on, boiler_on).solve()
        if cost is not None and (best is None or cost + first + second < best):
            best = cost + first + second
    return best


class HeatPlants:
    """Powers of a case whose states are given."""

    def __init__(self, document: Document, chp_on: Sequence[int], boiler_on: Sequence[int]) -> None:
        """Write the programme."""
        self.hours = [each / 60 for each in document["horizon"]["step_minutes"]]
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.costs: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[Terms, float, float]] = []
        self.into: dict[tuple[str, int], Terms] = {}
        (chp,), (boiler,) = document["components"]["chp"], document["components"]["boiler"]
        steps = range(len(self.hours))
        for grid in document["components"]["grid_connection"]:
            for t in steps:
                for way, price, sign in (("import", "import", 1.0), ("export", "export", -1.0)):
                    most = grid.get(f"{way}_max_mw", 0.0)
                    each = _at(grid.get(f"{price}_price_eur_per_mwh", 0.0), t)
                    self.give(grid["bus"], t, [(self.add(0.0, most, sign * each * self.hours[t]), sign)])
        state = State(chp, document["horizon"]["step_minutes"])
        fuel = [self.chp(chp, t, chp_on[t], ruled=state.has_state()) for t in steps]
        self.limits(chp, fuel, _rated(chp), chp_on, ruled=state.has_state())
        heat = [self.boiler(boiler, t) for t in steps]
        self.limits(
            boiler, heat, boiler["heat_max_mw"], boiler_on, ruled=State(boiler, [60] * len(self.hours)).has_state()
        )
        self.wanted = {
            (demand["bus"], t): _at(demand["demand_mw"], t)
            for demand in document["components"]["demand"]
            for t in steps
        }

    def add(self, lower: float, upper: float, cost: float = 0.0, whole: int = 0) -> int:
        """One variable."""
        for store, content in ((self.lower, lower), (self.upper, upper), (self.costs, cost)):
            store.append(content)
        self.whole.append(whole)
        return len(self.costs) - 1

    def give(self, bus: str, t: int, terms: Terms) -> None:
        self.into.setdefault((bus, t), []).extend(terms)

    def chp(self, c: Document, t: int, on: int, *, ruled: bool) -> int:
        """One step of a CHP; its fuel."""
        fuel = self.add(0.0, 1e3, c.get("cost_eur_per_mwh", 0.0) * self.hours[t])
        self.give(c["fuel_bus"], t, [(fuel, -1.0)])
        if c.get("operating_region"):
            weights = [self.add(0.0, 1.0) for _ in c["operating_region"]]
            self.rows.append(([(w, 1.0) for w in weights], float(on) if ruled else 0.0, float(on)))
            parts = {
                name: [(w, _at(point[name], t)) for w, point in zip(weights, c["operating_region"], strict=True)]
                for name in ("electric_mw", "heat_mw", "fuel_mw")
            }
            self.rows.append(([*parts["fuel_mw"], (fuel, -1.0)], 0.0, 0.0))
            self.give(c["electricity_bus"], t, parts["electric_mw"])
            self.give(c["heat_bus"], t, parts["heat_mw"])
        elif c.get("efficiency_segments"):
            outputs = ("electric_efficiency", "heat_efficiency")
            curve = [(each["fuel_mw"], *(each[name] for name in outputs)) for each in c["efficiency_segments"]]
            electric, heat = self.segments(fuel, curve)
            self.give(c["electricity_bus"], t, electric)
            self.give(c["heat_bus"], t, heat)
        else:
            self.give(c["electricity_bus"], t, [(fuel, c["electric_efficiency"])])
            self.give(c["heat_bus"], t, [(fuel, c["heat_efficiency"])])
        return fuel

    def boiler(self, k: Document, t: int) -> int:
        """One step of a boiler; its heat."""
        heat = self.add(0.0, k["heat_max_mw"], k.get("cost_eur_per_mwh", 0.0) * self.hours[t])
        self.give(k["heat_bus"], t, [(heat, 1.0)])
        if k.get("efficiency_segments"):
            (fuel,) = self.segments(heat, [(s["heat_mw"], 1.0 / s["efficiency"]) for s in k["efficiency_segments"]])
        else:
            fuel = [(heat, 1.0 / k["efficiency"])]
        self.give(k["fuel_bus"], t, [(column, -factor) for column, factor in fuel])
        return heat

    def segments(self, power: int, curve: Sequence[tuple[float, ...]]) -> list[Terms]:
        """One segment is chosen; the power lies within it; what it amounts to, for every slope."""
        slopes = range(len(curve[0]) - 1)
        reached, amounts = 0.0, [0.0 for _ in slopes]
        chosen: Terms = []
        parts: Terms = []
        whole: list[Terms] = [[] for _ in slopes]
        for width, *rates in curve:
            z, y = self.add(0, 1, whole=1), self.add(0, width)
            self.rows.append(([(y, 1.0), (z, -width)], -np.inf, 0.0))
            chosen.append((z, 1.0))
            parts += [(y, 1.0), (z, reached)]
            for way in slopes:
                whole[way] += [(y, rates[way]), (z, amounts[way])]
                amounts[way] += width * rates[way]
            reached += width
        self.rows.append((chosen, 1.0, 1.0))
        self.rows.append(([*parts, (power, -1.0)], 0.0, 0.0))
        return whole

    def limits(self, unit: Document, x: Sequence[int], rated: float, on: Sequence[int], *, ruled: bool) -> None:
        """Least and largest loads, ramps, first steps of a run."""
        was = [int(unit.get("on_initially", False)) if ruled else 1, *on]
        for t in range(len(x)):
            least = unit.get("minimum_load_ratio", 0.0) * rated * on[t]
            most = rated * on[t]
            if unit.get("start_ramp_ratio") is not None and on[t] and not was[t]:
                most = min(most, unit["start_ramp_ratio"] * rated)
            if unit.get("stop_ramp_ratio") is not None and t + 1 < len(x) and on[t] and not on[t + 1]:
                most = min(most, unit["stop_ramp_ratio"] * rated)
            self.rows.append(([(x[t], 1.0)], least, most))
            for name, sign in (("ramp_up_ratio_per_hour", 1.0), ("ramp_down_ratio_per_hour", -1.0)):
                if unit.get(name) is not None and t and on[t] and on[t - 1]:
                    change = unit[name] * rated * (self.hours[t - 1] + self.hours[t]) / 2
                    self.rows.append(([(x[t], sign), (x[t - 1], -sign)], -np.inf, change))

    def solve(self) -> float | None:
        """The least cost; None when nothing is possible."""
        for place, terms in self.into.items():
            self.rows.append((terms, self.wanted.get(place, 0.0), self.wanted.get(place, 0.0)))
        table = np.zeros((len(self.rows), len(self.costs)))
        for place, (terms, _, _) in enumerate(self.rows):
            for column, factor in terms:
                table[place, column] += factor
        answer = milp(
            np.array(self.costs),
            constraints=LinearConstraint(table, [row[1] for row in self.rows], [row[2] for row in self.rows]),
            integrality=np.array(self.whole),
            bounds=Bounds(self.lower, self.upper),
            options={"mip_rel_gap": 0.0},
        )
        return float(answer.fun) if answer.status == 0 else None


def _rated(chp: Document) -> float:
    if chp.get("fuel_max_mw") is not None:
        return float(chp["fuel_max_mw"])
    return max(max(np.atleast_1d(point["fuel_mw"]).tolist()) for point in chp["operating_region"])


def _at(content: Any, t: int) -> float:
    series: Any = content
    return float(series[t]) if isinstance(content, Sequence) else float(series)
