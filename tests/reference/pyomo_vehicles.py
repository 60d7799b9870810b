"""Vehicles for the Pyomo models, one by one: fleets car by car, levels as a ladder, a stay at a plug as one chosen run.

Nothing here comes from c4e_opt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

Document = Mapping[str, Any]


class Vehicles:
    """Sessions and charging sites of a model; see `PyomoSite` for what it offers."""

    model: Any
    document: Document
    exclusive: bool
    minutes: list[int]
    hours: list[float]
    begin: list[int]
    steps: range
    into: dict[tuple[str, int], list[Any]]
    costs: list[Any]
    variable: Any
    law: Any
    at: Any
    not_both: Any
    flows: dict[str, dict[int, tuple[Any, Any]]]  # session -> step -> what it takes and gives

    def minute(self, moment: str) -> float:
        """Minutes since the start of the horizon."""
        start = datetime.fromisoformat(self.document["horizon"]["start"])
        return (datetime.fromisoformat(moment) - start).total_seconds() / 60

    def ev_session(self, e: Document) -> None:
        """A session, or as many as it counts."""
        for _ in range(e.get("count", 1)):
            self.vehicle(e)

    def vehicle(self, e: Document) -> None:
        """One vehicle."""
        arrival, departure = self.minute(e["arrival"]), self.minute(e["departure"])
        start: float = e.get("energy_start_mwh", 0.0)
        energy: Any = start
        lent: list[Any] = []
        self.flows = getattr(self, "flows", {})
        own = self.flows.setdefault(e["id"], {})
        for t in self.steps:
            plugged = max(min(self.begin[t] + self.minutes[t], departure) - max(self.begin[t], arrival), 0)
            if not plugged:
                continue
            share, h = plugged / self.minutes[t], self.hours[t]
            most = min(e["charge_max_mw"], self.at(e.get("charge_limit_mw", e["charge_max_mw"]), t))
            taken = self.variable(share * most)
            given = self.variable(share * e.get("discharge_max_mw", 0.0))
            end = self.variable(e["energy_max_mwh"])
            self.law(
                end
                == energy + taken * h * e.get("charge_efficiency", 0.9) - given * h / e.get("discharge_efficiency", 0.9)
            )
            self.into[e["bus"], t] += [given, -taken]
            self.costs.append(given * e.get("discharge_cost_eur_per_mwh", 0.0) * h)
            self.least_power(e, taken, given, share, most)
            self.ladder(e, taken, given, share, most)
            self.v2g_energy(e, given, end, start)
            self.not_both(taken, given)
            lent.append(given * h)
            own[t] = taken, given
            energy = end
        if "throughput_max_mwh" in e:
            self.law(sum(lent) <= e["throughput_max_mwh"])
        wanted = start + e["energy_needed_mwh"] if "energy_needed_mwh" in e else None
        level = e["soc_departure_ratio"] * e["energy_max_mwh"] if wanted is None else wanted
        missing = self.variable(None)
        self.law(energy + missing >= level)
        self.law(missing <= max(level - start, 0.0))
        self.costs.append(missing * e.get("unserved_value_eur_per_mwh", 10_000.0))

    def least_power(self, e: Document, taken: Any, given: Any, share: float, most: float) -> None:
        """Nothing, or at least so much."""
        if e.get("charge_min_mw", 0.0) > 0:
            on = self.variable(1, binary=True)
            self.law(taken <= share * most * on)
            self.law(taken >= share * e["charge_min_mw"] * on)
            self.law(given <= given.ub * (1 - on))

    def ladder(self, e: Document, taken: Any, given: Any, share: float, most: float) -> None:
        """Rung by rung: who stands on a level stands on all below."""
        levels = [each["power_mw"] for each in e.get("charge_steps", []) if 0 < each["power_mw"] <= most]
        if e.get("charge_steps"):
            rungs = [self.variable(1, binary=True) for _ in levels]
            for lower, upper in pairwise(rungs):
                self.law(upper <= lower)
            heights = [high - low for low, high in zip([0.0, *levels], levels, strict=False)]
            self.law(taken == share * sum(height * rung for height, rung in zip(heights, rungs, strict=True)))
            if rungs:
                self.law(given <= given.ub * (1 - rungs[0]))

    def v2g_energy(self, e: Document, given: Any, end: Any, start: float) -> None:
        """Enough energy at the end of every step with V2G."""
        least = e.get("energy_v2g_min_mwh", 0.0)
        if least <= start:
            if given.ub > 0:
                self.law(end >= least)
        else:
            ready = self.variable(1, binary=True)
            self.law(given <= given.ub * ready)
            self.law(end >= least * ready)

    def charging_site(self, law: Document) -> None:
        """Plugs and power that sessions share; sessions are written before."""
        every = self.document["components"]["ev_session"]
        mine = [e for e in every if f"ev_session/{e['id']}" in law["members"] or "ev_session/*" in law["members"]]
        if "power_max_mw" in law:
            for t in self.steps:
                flows = [self.flows[e["id"]][t] for e in mine if t in self.flows[e["id"]]]
                if flows:
                    net = sum(taken - given for taken, given in flows)
                    self.law(net <= self.at(law["power_max_mw"], t))
                    self.law(-net <= self.at(law["power_max_mw"], t))
        if law.get("plugs"):
            held = {e["id"]: self.stays(e, swaps=law.get("swaps", True)) for e in mine}
            ends = {*self.begin, sum(self.minutes)}
            ends |= {self.minute(e[key]) for e in mine for key in ("arrival", "departure")}
            for begin, end in pairwise(sorted(ends)):
                here = [e for e in mine if self.minute(e["arrival"]) <= begin and self.minute(e["departure"]) >= end]
                for t in self.steps:
                    if self.begin[t] <= begin and end <= self.begin[t] + self.minutes[t] and here:
                        self.law(sum(held[e["id"]][t] for e in here) <= law["plugs"])

    def stays(self, e: Document, *, swaps: bool) -> dict[int, Any]:
        """Whether a session is at a plug in a step: any of them, or those of one run that it chooses."""
        own = self.flows[e["id"]]
        if swaps:
            held: dict[int, Any] = {t: self.variable(1, binary=True) for t in own}
        else:
            first, last = min(own), max(own)
            runs = {run: self.variable(1, binary=True) for run in combinations(range(first, last + 2), 2)}
            self.law(sum(runs.values()) <= 1)
            held = {t: sum(var for (begin, end), var in runs.items() if begin <= t < end) for t in own}
        for t, (taken, given) in own.items():
            self.law(taken <= taken.ub * held[t])
            self.law(given <= given.ub * held[t])
        return held
