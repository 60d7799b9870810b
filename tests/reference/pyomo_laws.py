"""Two sites with laws that bind them, written the textbook way: Pyomo, one constraint at a time, from plain numbers.

Nothing here comes from c4e_opt. Every window is a set of steps that is found by its clock and summed as a whole; every
outage is one sum over the steps that it reaches; whoever runs has a binary of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs

Document = dict[str, Any]


class LawfulSites:
    """A model of a document with grid connections, renewables, demands, generators, batteries, a tie, and laws."""

    def __init__(self, document: Document) -> None:
        """Write the model; series are lists or numbers, in MW and MWh."""
        self.minutes = document["horizon"]["step_minutes"]
        self.T = range(len(self.minutes))
        self.hours = [m / 60 for m in self.minutes]
        self.start = datetime.fromisoformat(document["horizon"]["start"])
        self.zone = ZoneInfo(document["horizon"]["time_zone"])
        self.begin = [self.start + timedelta(minutes=sum(self.minutes[:t])) for t in self.T]
        self.end = [b + timedelta(minutes=m) for b, m in zip(self.begin, self.minutes, strict=True)]
        self.site = {bus["id"]: bus["site"] for bus in document["buses"]}
        self.model: Any = pyo.ConcreteModel()
        self.model.laws = pyo.ConstraintList()
        self.count = 0
        self.cost: list[Any] = []
        self.gives: dict[tuple[str, str], list[Any]] = {}  # (word, bus) -> power given, by step
        self.takes: dict[tuple[str, str], list[Any]] = {}
        self.first: dict[str, str] = {}  # word -> its first bus
        self.records: dict[str, Document] = {}
        self.emits: dict[str, list[Any]] = {}
        self.on: dict[str, list[Any]] = {}
        self.energy: dict[str, list[Any]] = {}
        for kind in ("grid_connection", "renewable", "demand", "generator", "battery", "tie"):
            for record in document["components"].get(kind, []):
                self.records[f"{kind}/{record['id']}"] = record
                getattr(self, kind)(f"{kind}/{record['id']}", record)
        for kind in (
            "energy_budget",
            "emission_budget",
            "self_consumption",
            "reserve",
            "islanding",
            "exclusion",
            "maintenance",
            "must_run",
        ):
            for record in document["components"].get(kind, []):
                getattr(self, kind)(record)
        for bus in self.site:
            for t in self.T:
                into = [power[t] for (_, at), power in self.gives.items() if at == bus]
                out = [power[t] for (_, at), power in self.takes.items() if at == bus]
                self.law(sum(into) == sum(out))
        self.model.cost = pyo.Objective(expr=sum(self.cost))

    def solve(self) -> float:
        """The optimum."""
        solver = Highs()
        solver.highs_options = {"mip_rel_gap": 0.0, "mip_abs_gap": 1e-9, "threads": 1}
        solver.solve(self.model)
        return float(pyo.value(self.model.cost))

    # What there is.

    def var(self, upper: float | None = None, *, binary: bool = False) -> Any:
        self.count += 1
        var = pyo.Var(within=pyo.Binary) if binary else pyo.Var(bounds=(0, upper))
        self.model.add_component(f"v{self.count}", var)
        return var

    def law(self, expression: Any) -> None:
        if not isinstance(expression, bool):
            self.model.laws.add(expression)

    def at(self, content: Any, t: int) -> float:
        return float(content[t]) if isinstance(content, list) else float(content)

    def port(self, word: str, bus: str, gives: list[Any], takes: list[Any]) -> None:
        self.gives[word, bus], self.takes[word, bus] = gives, takes
        self.first.setdefault(word, bus)

    def one_way(self, first: list[Any], second: list[Any]) -> None:
        for a, b in zip(first, second, strict=True):
            which = self.var(binary=True)
            self.law(a <= a.ub * which)
            self.law(b <= b.ub * (1 - which))

    def grid_connection(self, word: str, g: Document) -> None:
        bought = [self.var(self.at(g["import_max_mw"], t)) for t in self.T]
        sold = [self.var(self.at(g.get("export_max_mw", 0.0), t)) for t in self.T]
        self.one_way(bought, sold)
        for t in self.T:
            self.cost.append(bought[t] * self.at(g["import_price_eur_per_mwh"], t) * self.hours[t])
            self.cost.append(-sold[t] * self.at(g.get("export_price_eur_per_mwh", 0.0), t) * self.hours[t])
        self.port(word, g["bus"], bought, sold)
        self.emits[word] = [bought[t] * self.at(g.get("emissions_t_per_mwh", 0.0), t) for t in self.T]

    def renewable(self, word: str, r: Document) -> None:
        self.port(word, r["bus"], [self.var(self.at(r["available_mw"], t)) for t in self.T], [0.0 for _ in self.T])

    def demand(self, word: str, d: Document) -> None:
        self.port(word, d["bus"], [0.0 for _ in self.T], [self.at(d["demand_mw"], t) for t in self.T])

    def generator(self, word: str, g: Document) -> None:
        power = [self.var(g["power_max_mw"]) for _ in self.T]
        least = g.get("minimum_load_ratio", 0.0) * g["power_max_mw"]
        if least or g.get("start_cost_eur"):
            self.on[word] = [self.var(binary=True) for _ in self.T]
            for t in self.T:
                self.law(power[t] <= g["power_max_mw"] * self.on[word][t])
                self.law(power[t] >= least * self.on[word][t])
                start = self.var(1)
                self.law(start >= self.on[word][t] - (self.on[word][t - 1] if t else 0))
                self.cost.append(start * g.get("start_cost_eur", 0.0))
        self.cost += [power[t] * g["cost_eur_per_mwh"] * self.hours[t] for t in self.T]
        self.port(word, g["bus"], power, [0.0 for _ in self.T])
        self.emits[word] = [power[t] * g.get("emissions_t_per_mwh", 0.0) for t in self.T]

    def battery(self, word: str, b: Document) -> None:
        charge = [self.var(b["charge_max_mw"]) for _ in self.T]
        discharge = [self.var(b["discharge_max_mw"]) for _ in self.T]
        self.one_way(charge, discharge)
        energy = [self.var(b["energy_max_mwh"]) for _ in self.T]
        for t in self.T:
            before = energy[t - 1] if t else b["energy_start_mwh"]
            moved = charge[t] * b["charge_efficiency"] - discharge[t] / b["discharge_efficiency"]
            self.law(energy[t] == before + moved * self.hours[t])
            self.law(energy[t] >= b["energy_min_mwh"])
        self.energy[word] = energy
        self.port(word, b["bus"], discharge, charge)

    def tie(self, word: str, line: Document) -> None:
        there, back = ([self.var(line[f"{way}_max_mw"]) for _ in self.T] for way in ("forward", "backward"))
        self.one_way(there, back)
        kept = 1 - line["loss_ratio"]
        self.port(word, line["from_bus"], [kept * back[t] for t in self.T], there)
        self.port(word, line["to_bus"], [kept * there[t] for t in self.T], back)

    # Whom a law binds, and when.

    def bound(self, law: Document) -> list[tuple[str, str]]:
        """Pairs (word, bus)."""
        named = law.get("members", [])
        return [
            (word, bus)
            for word, bus in self.gives
            if (not named or word in named or word.split("/")[0] + "/*" in named)
            and law.get("site", "") in ("", self.site[bus])
        ]

    def words(self, law: Document) -> list[str]:
        return list(dict.fromkeys(word for word, _ in self.bound(law)))

    def windows(self, law: Document) -> Iterator[list[int]]:
        kind = law.get("window", "horizon")
        if kind == "rolling":
            span = timedelta(hours=law["window_hours"])
            for t in self.T:
                if self.end[t] - span >= self.start:
                    yield [k for k in self.T if k <= t and self.begin[k] > self.begin[t] - span]
            return
        local = [moment.astimezone(self.zone) for moment in self.begin]
        names = [
            {"horizon": 0, "day": m.date(), "week": m.isocalendar()[:2], "month": (m.year, m.month)}[kind]
            for m in local
        ]
        for name in dict.fromkeys(names):
            yield [t for t in self.T if names[t] == name]

    def during(self, law: Document) -> list[int]:
        begin = datetime.fromisoformat(law["begin"]) if "begin" in law else self.start
        end = datetime.fromisoformat(law["end"]) if "end" in law else self.end[-1]
        return [t for t in self.T if self.end[t] > begin and self.begin[t] < end]

    def beyond(self, price: float | None) -> Any:
        """What may go beyond a limit, and its price."""
        if price is None:
            return 0.0
        amount = self.var()
        self.cost.append(amount * price)
        return amount

    # The laws.

    def energy_budget(self, law: Document) -> None:
        ports = self.bound(law if law.get("members") else {**law, "members": ["grid_connection/*"]})
        way = law.get("counted", "net")
        for window in self.windows(law):
            given = sum(self.gives[port][t] * self.hours[t] for port in ports for t in window)
            taken = sum(self.takes[port][t] * self.hours[t] for port in ports for t in window)
            counted = {"net": given - taken, "into": given, "out_of": taken}[way]
            beyond = self.beyond(law.get("beyond_price_eur_per_mwh"))
            if "maximum_mwh" in law:
                self.law(counted <= law["maximum_mwh"] + beyond)
            if "minimum_mwh" in law:
                self.law(counted >= law["minimum_mwh"] - beyond)

    def emission_budget(self, law: Document) -> None:
        words = [word for word in self.words(law) if word in self.emits]
        for window in self.windows(law):
            tonnes = sum(self.emits[word][t] * self.hours[t] for word in words for t in window)
            if "maximum_t" in law:
                self.law(tonnes <= law["maximum_t"] + self.beyond(law.get("beyond_price_eur_per_t")))
        price = law.get("price_eur_per_t", 0.0)
        self.cost.append(price * sum(self.emits[word][t] * self.hours[t] for word in words for t in self.T))

    def self_consumption(self, law: Document) -> None:
        """Only what meets the outside, what is a source and what is a load counts; batteries do not."""
        outside = [p for p in self.bound(law) if p[0].startswith("grid_connection") or self.crosses(p[0], law)]
        within = [p for p in self.bound(law) if p[0].startswith("tie") and not self.crosses(p[0], law)]
        sources = [p for p in self.bound(law) if p[0].startswith(("renewable", "generator"))]
        loads = [p for p in self.bound(law) if p[0].startswith("demand")]
        for window in self.windows(law):
            both = [(p, t) for p in outside for t in window]
            exported = sum(self.takes[p][t] * self.hours[t] for p, t in both)
            imported = sum(self.gives[p][t] * self.hours[t] for p, t in both)
            generated = sum(self.gives[p][t] * self.hours[t] for p in sources for t in window)
            consumed = sum(self.takes[p][t] * self.hours[t] for p in loads for t in window)
            consumed += sum((self.takes[p][t] - self.gives[p][t]) * self.hours[t] for p in within for t in window)
            price = law.get("missed_price_eur_per_mwh")
            if "minimum_self_consumption_ratio" in law:
                kept = law["minimum_self_consumption_ratio"]
                self.law(exported <= (1 - kept) * generated + self.beyond(price))
            if "minimum_autarky_ratio" in law:
                self.law(imported <= (1 - law["minimum_autarky_ratio"]) * consumed + self.beyond(price))

    def crosses(self, word: str, law: Document) -> bool:
        ends = {self.site[bus] for other, bus in self.gives if other == word}
        return bool(law.get("site")) and len(ends) > 1

    def could(self, word: str, t: int) -> tuple[Any, Any]:
        """How much more and how much less a component could give."""
        record, bus = self.records[word], self.first[word]
        gives, takes = self.gives[word, bus][t], self.takes[word, bus][t]
        if word.startswith("battery"):
            return record["discharge_max_mw"] - gives + takes, record["charge_max_mw"] - takes + gives
        if word.startswith("renewable"):
            return self.at(record["available_mw"], t) - gives, gives
        on = self.on[word][t] if word in self.on else 1
        least = record.get("minimum_load_ratio", 0.0) * record["power_max_mw"] if word in self.on else 0.0
        return record["power_max_mw"] * on - gives, gives - least * on

    def reserve(self, law: Document) -> None:
        words = [w for w in self.words(law) if w.startswith(("battery", "renewable", "generator"))]
        lasts = law.get("duration_hours", 1.0)
        for t in self.T:
            for way, place in (("up", 0), ("down", 1)):
                wanted = self.at(law.get(f"{way}_mw", 0.0), t)
                kept = {word: self.var() for word in words}
                price = law.get("missing_price_eur_per_mw_hour")
                missing = self.beyond(None if price is None else price * self.hours[t])
                self.law(sum(kept.values()) + missing >= wanted)
                for word, power in kept.items():
                    self.law(power <= self.could(word, t)[place])
                    if word in self.energy:
                        b, energy = self.records[word], self.energy[word][t]
                        if way == "up":
                            self.law(power * lasts / b["discharge_efficiency"] <= energy - b["energy_min_mwh"])
                        else:
                            self.law(power * lasts * b["charge_efficiency"] <= b["energy_max_mwh"] - energy)

    def islanding(self, law: Document) -> None:
        if law.get("mode") == "islanded":
            for t in self.during(law):
                for word, bus in self.bound(law):
                    self.law(self.gives[word, bus][t] + self.takes[word, bus][t] == 0)
            return
        stores = [word for word in self.words(law) if word in self.energy]
        plants = [word for word in self.words(law) if word.startswith(("renewable", "generator"))]
        loads = [word for word, _ in self.bound({**law, "members": ["demand/*"]})]
        own = {each["member"]: each["critical_ratio"] for each in law.get("critical_loads", [])}
        critical = [
            sum(self.at(self.records[w]["demand_mw"], t) * own.get(w, law["critical_ratio"]) for w in loads)
            for t in self.T
        ]
        could = [sum(self.gives[w, self.first[w]][t] + self.could(w, t)[0] for w in plants) for t in self.T]
        left = [self.var() for _ in self.T]
        price, reached = law.get("missing_price_eur_per_mwh"), set()
        for t in self.T:
            self.law(left[t] >= critical[t] - could[t])
        for t in self.T:
            until = self.end[t] + timedelta(hours=law["duration_hours"])
            lost = {k: (min(self.end[k], until) - self.begin[k]).total_seconds() / 3600 for k in self.T if k > t}
            lost = {k: h for k, h in lost.items() if h > 0}
            if lost and self.at(law.get("required", 1), t):
                reached |= lost.keys()
                kept = sum(
                    self.records[w]["discharge_efficiency"] * (self.energy[w][t] - self.records[w]["energy_min_mwh"])
                    for w in stores
                )
                self.law(kept + self.beyond(price) >= sum(left[k] * h for k, h in lost.items()))
        most = sum(self.records[word]["discharge_max_mw"] for word in stores)
        for t in reached:
            missing = self.beyond(None if price is None else price * self.hours[t])
            self.law(could[t] + most + missing >= (1 + law.get("reserve_ratio", 0.0)) * critical[t])

    def runs(self, word: str, t: int) -> Any:
        if word in self.on:
            return self.on[word][t]
        running, bus = self.var(binary=True), self.first[word]
        self.law(self.gives[word, bus][t] + self.takes[word, bus][t] <= 100 * running)
        return running

    def exclusion(self, law: Document) -> None:
        for t in self.T:
            self.law(sum(self.runs(word, t) for word in self.words(law)) <= law.get("most", 1))

    def maintenance(self, law: Document) -> None:
        if "hours" not in law:
            self.rest(law, {t: 1.0 for t in self.during(law)})
            return
        span = timedelta(hours=law["hours"])
        begin = datetime.fromisoformat(law["begin"]) if "begin" in law else self.start
        end = datetime.fromisoformat(law["end"]) if "end" in law else self.end[-1]
        may = [t for t in self.T if self.begin[t] >= begin and self.begin[t] + span <= min(end, self.end[-1])]
        chosen = {t: self.var(binary=True) for t in may}
        self.law(sum(chosen.values()) == 1)
        for t in may:
            for k in self.T:
                if self.begin[t] <= self.begin[k] < self.begin[t] + span:
                    self.rest(law, {k: chosen[t]})

    def rest(self, law: Document, off: dict[int, Any]) -> None:
        lost = 1 - law.get("available_ratio", 0.0)
        for word in self.words(law):
            bus, record = self.first[word], self.records[word]
            for t, resting in off.items():
                most = [self.at(record.get(field, 0.0), t) for field in self.largest(word)]
                self.law(self.gives[word, bus][t] <= most[0] * (1 - lost * resting))
                self.law(self.takes[word, bus][t] <= most[1] * (1 - lost * resting))
                if word in self.on and lost == 1:
                    self.law(self.on[word][t] <= 1 - resting)

    def largest(self, word: str) -> tuple[str, str]:
        return {
            "battery": ("discharge_max_mw", "charge_max_mw"),
            "generator": ("power_max_mw", ""),
            "renewable": ("available_mw", ""),
            "grid_connection": ("import_max_mw", "export_max_mw"),
        }[word.split("/")[0]]

    def must_run(self, law: Document) -> None:
        for word in self.words(law):
            for t in self.during(law):
                bus = self.first[word]
                least = self.at(law["power_min_mw"], t)
                self.law(self.gives[word, bus][t] + self.takes[word, bus][t] >= least)
