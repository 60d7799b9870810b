"""Generators and converters written the textbook way into a `PyomoSite`.

States are kept by pairs of steps as those of CHPs are, ramps and start limits by a big number; what a start costs is
told by the last stop before it, one binary for every pair of a stop and a start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


class Plants:
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

    def generator(self, g: Document) -> None:
        power = self.steered(g, "power")
        for t in self.steps:
            self.into[g["bus"], t].append(power[t])
            if g.get("cost_segments"):
                parts = [self.variable(each["power_mw"]) for each in g["cost_segments"]]
                self.law(power[t] == sum(parts))
                slopes = [each["cost_eur_per_mwh"] for each in g["cost_segments"]]
                self.costs += [part * slope * self.hours[t] for part, slope in zip(parts, slopes, strict=True)]
        if g.get("energy_max_mwh") is not None:
            self.law(sum(power[t] * self.hours[t] for t in self.steps) <= g["energy_max_mwh"])

    def converter(self, c: Document) -> None:
        taken = self.steered(c, "input")
        for t in self.steps:
            self.into[c["input_bus"], t].append(-taken[t])
            for output in c["outputs"]:
                late = output.get("delay_hours", 0.0) * 60
                for s in self.steps:
                    since = max(self.begin[t] + late, self.begin[s])
                    until = min(self.begin[t] + self.minutes[t] + late, self.begin[s] + self.minutes[s])
                    if until > since:
                        share = (until - since) / self.minutes[s]
                        self.into[output["bus"], s].append(self.at(output["efficiency"], t) * share * taken[t])

    def steered(self, p: Document, word: str) -> list[Any]:
        """The power of a plant with its limits, rules and cost."""
        sized = p.get("capacity_cost_eur_per_mw") is not None
        if sized:
            size = self.variable(p["capacity_max_mw"])
            self.costs.append(size * p["capacity_cost_eur_per_mw"])
            power = [self.variable(None) for _ in self.steps]
            for t in self.steps:
                self.law(power[t] <= self.at(p[f"{word}_max_ratio"], t) * size)
        else:
            power = [self.variable(self.at(p[f"{word}_max_mw"], t)) for t in self.steps]
            rated = max(self.at(p[f"{word}_max_mw"], t) for t in self.steps)
            on = self.states(p, power, rated) if "minimum_load_ratio" in p else [1 for _ in self.steps]
            self.ramps(p, power, rated, on)
        for t in self.steps:
            self.costs.append(power[t] * self.at(p.get("cost_eur_per_mwh", 0.0), t) * self.hours[t])
        return power

    def states(self, p: Document, power: list[Any], rated: float) -> list[Any]:
        """On or off in every step, off before the first; what that costs, and the loads that it allows."""
        on = [self.variable(1, binary=True) for _ in self.steps]
        up, down = p["minimum_up_hours"] * 60, p["minimum_down_hours"] * 60
        age = p["hours_in_state_initially"] * 60
        stops = {-1: 1}  # the stop before the horizon
        for t in self.steps:
            before = on[t - 1] if t else 0
            start, stop = self.variable(1, binary=True), self.variable(1, binary=True)
            self.law(start - stop == on[t] - before)
            self.law(start + stop <= 1)
            self.law(power[t] >= p["minimum_load_ratio"] * rated * on[t])
            self.law(power[t] <= rated * on[t])
            self.law(power[t] <= p["start_ramp_ratio"] * rated + rated * (1 - start))
            if t:
                self.law(power[t - 1] <= p["stop_ramp_ratio"] * rated + rated * (1 - stop))
            for k in range(t + 1, len(self.minutes)):
                since = self.begin[k] - self.begin[t]
                if since < up:
                    self.law(on[k] >= start)
                if since < down:
                    self.law(1 - on[k] >= stop)
            if self.begin[t] < down - age:
                self.law(on[t] == 0)
            self.costs.append(stop * p["stop_cost_eur"])
            self.costs.append(on[t] * p["running_cost_eur_per_hour"] * self.hours[t])
            self.last_stop(p, start, dict(stops), t, age)
            stops[t] = stop
        return on

    def last_stop(self, p: Document, start: Any, stops: Mapping[int, Any], t: int, age: float) -> None:
        """A start follows one of the stops before it; the hottest possible one is the last, as costs rise."""
        pairs = {k: self.variable(1, binary=True) for k in stops}
        self.law(sum(pairs.values()) == start)
        for k, stop in stops.items():
            self.law(pairs[k] <= stop)
            rested = (self.begin[t] - self.begin[k] if k >= 0 else self.begin[t] + age) / 60
            cost = p["start_cost_eur"]
            for tier in p["start_costs"]:
                cost = tier["cost_eur"] if rested >= tier["after_hours_off"] - 1e-9 else cost
            self.costs.append(pairs[k] * cost)

    def ramps(self, p: Document, power: list[Any], rated: float, on: list[Any]) -> None:
        """Between two steps in which it is on the load changes by so much at most."""
        for t in self.steps[1:]:
            elapsed = (self.hours[t - 1] + self.hours[t]) / 2
            free = rated * (2 - on[t] - on[t - 1])
            for name, sign in (("ramp_up_ratio_per_hour", 1), ("ramp_down_ratio_per_hour", -1)):
                if p.get(name) is not None:
                    self.law(sign * (power[t] - power[t - 1]) <= p[name] * rated * elapsed + free)
