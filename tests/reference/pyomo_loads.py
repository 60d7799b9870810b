"""Loads that wait, run once or are interrupted, written the textbook way into a `PyomoSite`.

Runs are kept by pairs of steps and by stretches that are too long, profiles are laid out minute by minute, and what is
recovered is counted up from the first step.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]


class FlexibleLoads:
    """Methods of a `PyomoSite`; each writes one record."""

    document: Document
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

    def minute(self, text: str) -> float:
        """Minutes from the begin of the horizon."""
        start = datetime.fromisoformat(self.document["horizon"]["start"])
        return (datetime.fromisoformat(text) - start).total_seconds() / 60

    def shiftable_load(self, a: Document) -> None:
        profile = [phase["power_mw"] for phase in a["phases"] for _ in range(round(phase["hours"] * 60))]
        earliest, latest = self.minute(a["earliest"]), min(self.minute(a["latest"]), sum(self.minutes))
        starts = {
            s: self.variable(1, binary=True)
            for s in self.steps
            if self.begin[s] >= earliest and self.begin[s] + len(profile) <= latest
        }
        value = a.get("unserved_value_eur_per_mwh")
        left_out = self.variable(0.0 if value is None else 1.0)
        self.law(sum(starts.values()) + left_out == 1)
        self.costs.append(left_out * (value or 0.0) * sum(profile) / 60)
        for t in self.steps:
            window = range(self.begin[t], self.begin[t] + self.minutes[t])
            for s, start in starts.items():
                taken = [profile[m - self.begin[s]] for m in window if 0 <= m - self.begin[s] < len(profile)]
                self.into[a["bus"], t].append(-start * (sum(taken) / self.minutes[t]))

    def deferrable_load(self, d: Document) -> None:
        earliest, latest = self.minute(d["earliest"]), self.minute(d["latest"])
        up, down = d.get("minimum_up_hours", 0.0) * 60, d.get("minimum_down_hours", 0.0) * 60
        ruled = d.get("power_min_mw", 0.0) > 0
        on: dict[int, Any] = {}
        energy: list[Any] = []
        for t in self.steps:
            within = min(self.begin[t] + self.minutes[t], latest) - max(self.begin[t], earliest)
            if within <= 0:
                continue
            share = within / self.minutes[t]
            power = self.variable(share * d["power_max_mw"])
            on[t] = self.variable(1, binary=True) if ruled else 1
            self.law(power <= share * d["power_max_mw"] * on[t])
            self.law(power >= share * d.get("power_min_mw", 0.0) * on[t])
            self.into[d["bus"], t].append(-power)
            energy.append(power * self.hours[t])
        missing = self.variable(d["energy_needed_mwh"])
        self.law(sum(energy) + missing >= d["energy_needed_mwh"])
        self.law(sum(energy) <= d.get("energy_max_mwh", d["energy_needed_mwh"]))
        self.costs.append(missing * d.get("unserved_value_eur_per_mwh", 10_000.0))
        if not ruled:
            return
        start = self.starts_of(on)
        most = 1 if not d.get("interruptible", True) else d.get("starts_max", 0)
        if most:
            self.law(sum(start.values()) <= most)
        for t in on:
            if self.begin[t] + up > latest:
                self.law(start[t] == 0)
            for k in on:
                since = self.begin[k] - self.begin[t]
                if 0 < since < up:
                    self.law(on[k] >= start[t])
                if 0 < since < down and t - 1 in on:  # off from t on, at the earliest
                    self.law(start[k] <= 1 - on[t - 1])

    def events(self, load: Document, t: int, taken: Any, most: float) -> None:
        """Reward what is less than the baseline, unless more is taken."""
        for event in load.get("events", []):
            begin, end = self.minute(event["begin"]), self.minute(event["end"])
            if not begin <= self.begin[t] < end:
                continue
            rewarded, less = self.variable(event["committed_mw"]), self.variable(1, binary=True)
            baseline = self.at(event["baseline_mw"], t)
            self.law(rewarded <= event["committed_mw"] * less)
            self.law(rewarded <= baseline - taken + most * (1 - less))
            missing = event["committed_mw"] - rewarded
            penalty = event.get("penalty_eur_per_mwh", 0.0)
            self.costs.append((missing * penalty - rewarded * event["reward_eur_per_mwh"]) * self.hours[t])

    def starts_of(self, on: Mapping[int, Any]) -> dict[int, Any]:
        """1 in the first step of every run."""
        start = {t: self.variable(1) for t in on}
        for t in on:
            before = on.get(t - 1, 0)
            self.law(start[t] >= on[t] - before)
            self.law(start[t] <= on[t])
            self.law(start[t] <= 1 - before)
        return start

    def interruptible_load(self, i: Document) -> None:
        part, ratio = i.get("reduction_max_ratio", 1.0), i.get("recovery_ratio", 0.0)
        wanted = [self.at(i["demand_mw"], t) for t in self.steps]
        most = i.get("recovery_max_mw", part * max(wanted)) if ratio else 0.0
        cut = [self.variable(part * each) for each in wanted]
        back = [self.variable(most) for _ in self.steps]
        on = {t: self.variable(1, binary=True) for t in self.steps}
        start = self.starts_of(on)
        for t in self.steps:
            self.into[i["bus"], t] += [cut[t], -back[t], -wanted[t]]
            self.events(i, t, wanted[t] - cut[t] + back[t], wanted[t] + most)
            self.costs.append(cut[t] * i.get("cost_eur_per_mwh", 0.0) * self.hours[t])
            self.costs.append(start[t] * i.get("interruption_cost_eur", 0.0))
            self.law(cut[t] <= part * wanted[t] * on[t])
            self.law(cut[t] >= i.get("reduction_min_ratio", 0.0) * wanted[t] * on[t])
            self.law(back[t] <= most * (1 - on[t]))
            owed = sum(ratio * cut[k] * self.hours[k] for k in range(t + 1))
            returned = sum(back[k] * self.hours[k] for k in range(t + 1))
            self.law(returned <= owed)
            end = self.begin[t] + self.minutes[t]
            if "recovery_hours" in i:
                due = [k for k in range(t) if self.begin[k] + self.minutes[k] + i["recovery_hours"] * 60 <= end]
                self.law(returned >= sum(ratio * cut[k] * self.hours[k] for k in due))
        self.law(
            sum(back[k] * self.hours[k] for k in self.steps) == sum(ratio * cut[k] * self.hours[k] for k in self.steps)
        )
        self.interruptions(i, on, start)

    def interruptions(self, i: Document, on: Mapping[int, Any], start: Mapping[int, Any]) -> None:
        """Their length, number and rests."""
        if i.get("interruptions_max"):
            self.law(sum(start.values()) <= i["interruptions_max"])
        for first in self.steps:
            rested = self.begin[first] + i.get("rested_initially_hours", 8760.0) * 60
            if rested < i.get("rest_min_hours", 0.0) * 60:
                self.law(start[first] == 0)
            for last in range(first, len(self.minutes)):
                end = self.begin[last] + self.minutes[last]
                if "interruption_max_hours" in i and end - self.begin[first] > i["interruption_max_hours"] * 60:
                    self.law(sum(on[t] for t in range(first, last + 1)) <= last - first)
                rest = self.begin[last] - (self.begin[first] + self.minutes[first])
                if last > first and rest < i.get("rest_min_hours", 0.0) * 60:
                    self.law(start[last] <= 1 - on[first])
