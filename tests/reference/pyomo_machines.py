"""Heat pumps, chillers, electrolysers and fuel cells written the textbook way into a `PyomoSite`.

States are a network: in every step a unit takes one arc from its state before to its state now, a binary each, and
every arc has its cost. Part load is the lambda method: weights on the points, of which two neighbours are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

Document = Mapping[str, Any]

OFF, WAITS, RUNS = "off", "standby", "on"


class Machines:
    """Methods of a `PyomoSite`; each writes one record."""

    minutes: list[int]
    hours: list[float]
    begin: list[int]
    steps: range
    into: dict[tuple[str, int], list[Any]]
    costs: list[Any]

    def variable(self, upper: float | None, lower: float = 0.0, *, binary: bool = False) -> Any:
        raise NotImplementedError

    def law(self, expression: Any) -> None:
        raise NotImplementedError

    def at(self, content: Any, t: int) -> float:
        raise NotImplementedError

    def heat_pump(self, h: Document) -> None:
        cops = [self.carnot(h, t, "cop", "source", "supply", "supply") for t in self.steps]
        self.compressor(h, cops, h["heat_bus"], "heat_max_mw")

    def chiller(self, c: Document) -> None:
        eers = [self.carnot(c, t, "eer", "supply", "rejection", "supply") for t in self.steps]
        power, cold = self.compressor(c, eers, c["cooling_bus"], "cooling_max_mw")
        ratio = c.get("heat_recovery_ratio", 1.0)
        self.recover(c, [ratio * (power[t] + cold[t]) for t in self.steps])

    def electrolyser(self, e: Document) -> None:
        power, waits = self.machine(e, e["electric_max_mw"])
        made = self.worked(e, power, e["electric_max_mw"])
        for t in self.steps:
            self.into[e["electricity_bus"], t].append(-power[t] - waits[t] * (e.get("standby_power_mw") or 0.0))
            self.into[e["hydrogen_bus"], t].append(e["efficiency"] * made[t])
        self.recover(e, [e.get("heat_efficiency", 0.0) * each for each in power])

    def fuel_cell(self, f: Document) -> None:
        taken, waits = self.machine(f, f["hydrogen_max_mw"])
        made = self.worked(f, taken, f["hydrogen_max_mw"])
        for t in self.steps:
            self.into[f["hydrogen_bus"], t].append(-taken[t])
            given = f["electric_efficiency"] * made[t] - waits[t] * (f.get("standby_power_mw") or 0.0)
            self.into[f["electricity_bus"], t].append(given)
        self.recover(f, [f.get("heat_efficiency", 0.0) * each for each in taken])

    def carnot(self, m: Document, t: int, name: str, low: str, high: str, useful: str) -> float:
        """The performance of a step."""
        if m.get(name) is not None:
            return self.at(m[name], t)
        kelvin = {side: 273.15 + self.at(m[f"{side}_temperature_c"], t) for side in (low, high)}
        most = m.get(f"{name}_max") or 20.0
        if kelvin[high] <= kelvin[low]:
            return most
        found = m["quality_grade"] * kelvin[useful] / (kelvin[high] - kelvin[low])
        if m.get("icing_factor") is not None and kelvin[low] < 273.15 + m.get("icing_temperature_c", 2.0):
            found *= m["icing_factor"]
        return min(found, most)

    def compressor(self, m: Document, ratios: Sequence[float], bus: str, limit: str) -> tuple[list[Any], list[Any]]:
        """Power and what it makes."""
        power, _ = self.machine(m, m["electric_max_mw"])
        works = self.worked(m, power, m["electric_max_mw"])
        useful = [ratio * each for ratio, each in zip(ratios, works, strict=True)]
        for t in self.steps:
            if m.get(limit) is not None:
                self.law(useful[t] <= self.at(m[limit], t))
            self.into[m["electricity_bus"], t].append(-power[t])
            self.into[bus, t].append(useful[t])
        return power, useful

    def recover(self, m: Document, most: Sequence[Any]) -> None:
        """Heat that a bus may take."""
        if m.get("heat_bus") is not None:
            for t in self.steps:
                heat = self.variable(None)
                self.law(heat <= most[t])
                self.into[m["heat_bus"], t].append(heat)

    def worked(self, m: Document, power: Sequence[Any], rated: float) -> list[Any]:
        """What a machine gives per unit of its performance: weights on neighbouring points."""
        points = m.get("part_load")
        if not points:
            return list(power)
        loads = [0.0] + [rated * point["load_ratio"] for point in points]
        gives = [0.0] + [rated * point["load_ratio"] * point["performance_ratio"] for point in points]
        out: list[Any] = []
        for t in self.steps:
            weights = [self.variable(1) for _ in loads]
            between = [self.variable(1, binary=True) for _ in points]
            self.law(sum(weights) == 1)
            self.law(sum(between) == 1)
            for place, weight in enumerate(weights):
                self.law(weight <= sum(between[max(place - 1, 0) : place + 1]))
            self.law(power[t] == sum(w * load for w, load in zip(weights, loads, strict=True)))
            out.append(sum(w * each for w, each in zip(weights, gives, strict=True)))
        return out

    def machine(self, m: Document, rated: float) -> tuple[list[Any], list[Any]]:
        """Power of a unit with its costs, and 1 while it is in standby."""
        power = [self.variable(rated) for _ in self.steps]
        self.costs += [power[t] * m.get("cost_eur_per_mwh", 0.0) * self.hours[t] for t in self.steps]
        rules = ("minimum_load_ratio", "start_cost_eur", "stop_cost_eur", "running_cost_eur_per_hour", "switchable")
        on: list[Any] = [1 for _ in self.steps]
        waits: list[Any] = [0 for _ in self.steps]
        if any(m.get(rule) for rule in (*rules, "minimum_up_hours", "minimum_down_hours")):
            on, waits = self.network(m)
        for t in self.steps:
            self.law(power[t] <= rated * on[t])
            self.law(power[t] >= m.get("minimum_load_ratio", 0.0) * rated * on[t])
            for name, sign in (("ramp_up_ratio_per_hour", 1), ("ramp_down_ratio_per_hour", -1)):
                if t and m.get(name) is not None:
                    elapsed = (self.hours[t - 1] + self.hours[t]) / 2
                    free = rated * (2 - on[t] - on[t - 1])
                    self.law(sign * (power[t] - power[t - 1]) <= m[name] * rated * elapsed + free)
        return power, waits

    def network(self, m: Document) -> tuple[list[Any], list[Any]]:
        """1 while on and while in standby: paths through the states, step by step."""
        able = m.get("standby_power_mw") is not None
        states: tuple[str, ...] = (OFF, WAITS, RUNS) if able else (OFF, RUNS)
        first = RUNS if m.get("on_initially") else WAITS if m.get("standby_initially") else OFF
        cold, warm = m.get("start_cost_eur", 0.0), m.get("warm_start_cost_eur", 0.0)
        arc_costs = {(OFF, RUNS): cold, (OFF, WAITS): cold, (WAITS, RUNS): warm}
        arc_costs |= dict.fromkeys([(RUNS, OFF), (RUNS, WAITS)], m.get("stop_cost_eur", 0.0))
        on: list[Any] = []
        waits: list[Any] = []
        begun: list[Any] = []
        ended: list[Any] = []
        before: dict[str, Any] = {state: int(state == first) for state in states}
        for t in self.steps:
            arcs: dict[tuple[str, str], Any] = {pair: self.variable(1, binary=True) for pair in product(states, states)}
            for state in states:
                self.law(sum(arcs[state, to] for to in states) == before[state])
            before = {state: sum(arcs[since, state] for since in states) for state in states}
            self.costs += [arcs[pair] * cost for pair, cost in arc_costs.items() if pair in arcs]
            self.costs.append(before[RUNS] * m.get("running_cost_eur_per_hour", 0.0) * self.hours[t])
            on.append(before[RUNS])
            waits.append(before.get(WAITS, 0))
            begun.append(sum(arcs[state, RUNS] for state in states if state != RUNS))
            ended.append(sum(arcs[RUNS, state] for state in states if state != RUNS))
        self.least_times(m, on, begun, ended)
        return on, waits

    def least_times(self, m: Document, on: list[Any], begun: list[Any], ended: list[Any]) -> None:
        """Once begun a run lasts; once ended a rest lasts; what is owed from before."""
        up, down = m.get("minimum_up_hours", 0.0) * 60, m.get("minimum_down_hours", 0.0) * 60
        age = m.get("hours_in_state_initially", 8760.0) * 60
        for t in self.steps:
            for k in range(t + 1, len(self.minutes)):
                since = self.begin[k] - self.begin[t]
                if since < up:
                    self.law(on[k] >= begun[t])
                if since < down:
                    self.law(1 - on[k] >= ended[t])
            if m.get("on_initially") and self.begin[t] < up - age:
                self.law(on[t] == 1)
            if not m.get("on_initially") and self.begin[t] < down - age:
                self.law(on[t] == 0)
