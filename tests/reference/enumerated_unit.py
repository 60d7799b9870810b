"""One unit written the textbook way: every pattern of on and off is tried, what is left is a small programme in scipy.

Nothing here comes from c4e_opt. Costs of starts and stops, run lengths and ramps follow from a pattern by counting;
segments of cost are chosen by a binary each (multiple choice); what is late is shared out by a function of time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp

Document = Mapping[str, Any]


class EnumeratedUnit:
    """A generator or converter between two buses, e and h, that buy and sell at prices."""

    def __init__(self, document: Document) -> None:
        """Take the document of a case with one generator or one converter, and grid connections and demands."""
        self.minutes: list[int] = list(document["horizon"]["step_minutes"])
        self.steps = len(self.minutes)
        self.hours = [m / 60 for m in self.minutes]
        self.begin = [sum(self.hours[:t]) for t in range(self.steps + 1)]
        self.weights = document["horizon"].get("weights", [1.0] * self.steps)
        self.parts: Document = document["components"]
        self.word = "power" if self.parts.get("generator") else "input"
        (self.unit,) = self.parts.get("generator") or self.parts["converter"]

    def at(self, name: str, t: int, default: Any = 0.0) -> float:
        """A field of the unit in a step."""
        content = self.unit.get(name)
        content = default if content is None else content
        return float(content[t]) if isinstance(content, Sequence) else float(content)

    def has_state(self) -> bool:
        """Whether the unit may be off."""
        rules = ("minimum_load_ratio", "start_cost_eur", "stop_cost_eur", "running_cost_eur_per_hour")
        rules = (*rules, "minimum_up_hours", "minimum_down_hours", "switchable")
        ramps = self.unit.get("start_ramp_ratio") is not None or self.unit.get("stop_ramp_ratio") is not None
        return ramps or bool(self.unit.get("start_costs")) or any(self.unit.get(rule, 0) for rule in rules)

    def optimum(self) -> float | None:
        """The least cost over all patterns; None when none is possible."""
        patterns = product((0, 1), repeat=self.steps) if self.has_state() else [(1,) * self.steps]
        costs = [self.cost(pattern) for pattern in patterns]
        known = [cost for cost in costs if cost is not None]
        return min(known) if known else None

    def cost(self, on: Sequence[int]) -> float | None:
        """The least cost of a pattern; None when it is not allowed."""
        due = self.cost_of_state(on) if self.has_state() else 0.0
        if due is None:
            return None
        dispatch = Dispatch(self, on)
        answer = dispatch.solve()
        return None if answer is None else due + answer

    def cost_of_state(self, on: Sequence[int]) -> float | None:
        """What starts, stops and hours on cost; None where a run or a rest is too short."""
        unit = self.unit
        state, age = int(unit.get("on_initially", False)), unit.get("hours_in_state_initially", 8760.0)
        total = 0.0
        for t in range(self.steps):
            if on[t] != state:
                least = unit.get("minimum_up_hours" if state else "minimum_down_hours", 0.0)
                if age < least - 1e-9:
                    return None
                if on[t]:
                    cost = unit.get("start_cost_eur", 0.0)
                    for tier in unit.get("start_costs", []):
                        cost = tier["cost_eur"] if age >= tier["after_hours_off"] - 1e-9 else cost
                else:
                    cost = unit.get("stop_cost_eur", 0.0)
                total += cost * self.weights[t]
                state, age = on[t], 0.0
            total += on[t] * unit.get("running_cost_eur_per_hour", 0.0) * self.hours[t] * self.weights[t]
            age += self.hours[t]
        return total


class Dispatch:
    """Power, exchange and capacity of a unit whose pattern is given."""

    def __init__(self, unit: EnumeratedUnit, on: Sequence[int]) -> None:
        """Write the programme."""
        self.of = unit
        self.on = on
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.costs: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.fields = unit.unit
        self.sized = self.fields.get("capacity_cost_eur_per_mw") is not None
        steps = range(unit.steps)
        self.x = [self.add(-np.inf, np.inf, unit.at("cost_eur_per_mwh", t) * self.weight(t)) for t in steps]
        self.size = -1
        if self.sized:
            most = self.fields.get("capacity_max_mw")
            least = self.fields.get("capacity_min_mw", 0.0)
            self.size = self.add(least, np.inf if most is None else most, self.fields["capacity_cost_eur_per_mw"])
            if self.fields.get("capacity_module_mw") is not None:
                modules = self.add(0, 99, whole=1)
                self.row([(self.size, 1.0), (modules, -self.fields["capacity_module_mw"])], 0.0, 0.0)
        for t in steps:
            self.limits(t)
        for t in steps:
            self.ramps(t)
        self.energies()
        if self.fields.get("cost_segments"):
            for t in steps:
                self.segments(t)
        self.balances()

    def weight(self, t: int) -> float:
        return self.of.hours[t] * self.of.weights[t]

    def add(self, lower: float, upper: float, cost: float = 0.0, whole: int = 0) -> int:
        """One variable."""
        for store, content in ((self.lower, lower), (self.upper, upper), (self.costs, cost), (self.whole, whole)):
            store.append(content)
        return len(self.costs) - 1

    def row(self, terms: Sequence[tuple[int, float]], lower: float, upper: float) -> None:
        """One constraint."""
        merged: dict[int, float] = {}
        for column, coef in terms:
            merged[column] = merged.get(column, 0.0) + coef
        self.rows.append((merged, lower, upper))

    def rated(self) -> float:
        if self.fields.get("rated_mw") is not None:
            return float(self.fields["rated_mw"])
        steps, word = range(self.of.steps), self.of.word
        return max(
            *(self.of.at(f"{word}_max_mw", t) for t in steps), *(-self.of.at(f"{word}_min_mw", t) for t in steps)
        )

    def part(self, x: Sequence[tuple[int, float]], ratio: float, *, most: bool) -> None:
        """The sum of x is at most, or at least, a part of the rated power or of the capacity."""
        if self.sized:
            terms = [*x, (self.size, -ratio)]
            self.row(terms, -np.inf if most else 0.0, 0.0 if most else np.inf)
        else:
            bound = ratio * self.rated()
            self.row(x, -np.inf if most else bound, bound if most else np.inf)

    def limits(self, t: int) -> None:
        of, word, fields = self.of, self.of.word, self.fields
        x = [(self.x[t], 1.0)]
        if not self.on[t]:
            self.row(x, 0.0, 0.0)
        elif self.sized:
            self.part(x, of.at(f"{word}_max_ratio", t, 1.0), most=True)
            self.part(x, of.at(f"{word}_min_ratio", t, 0.0), most=False)
        else:
            self.row(x, of.at(f"{word}_min_mw", t), of.at(f"{word}_max_mw", t))
        if self.on[t] and fields.get("minimum_load_ratio", 0.0):
            self.part(x, fields["minimum_load_ratio"], most=False)
        if fields.get(f"{word}_fixed_mw") is not None:
            self.row(x, of.at(f"{word}_fixed_mw", t), of.at(f"{word}_fixed_mw", t))

    def ramps(self, t: int) -> None:
        fields, of = self.fields, self.of
        was_on = (int(fields.get("on_initially", False)) if of.has_state() else 1) if t == 0 else self.on[t - 1]
        first = fields.get("start_ramp_ratio")
        if first is not None and self.on[t] and not was_on:
            self.part([(self.x[t], 1.0)], first, most=True)
        last = fields.get("stop_ramp_ratio")
        before = fields.get("load_initially_ratio")
        if last is not None and was_on and not self.on[t]:
            if t:
                self.part([(self.x[t - 1], 1.0)], last, most=True)
            elif before is not None and before > last + 1e-9:
                self.row([(self.x[0], 0.0)], 1.0, 1.0)
        if fields.get("start_load_min_ratio") is not None and self.on[t] and not was_on:
            self.part([(self.x[t], 1.0)], of.at("start_load_min_ratio", t), most=False)
        if fields.get("stop_load_min_ratio") is not None and was_on and not self.on[t]:
            least = of.at("stop_load_min_ratio", t)
            if t:
                self.part([(self.x[t - 1], 1.0)], least, most=False)
            elif before is not None and before < least - 1e-9:
                self.row([(self.x[0], 0.0)], 1.0, 1.0)
        if not (self.on[t] and was_on) or (t == 0 and before is None):
            return
        hours = of.hours[0] if t == 0 else (of.hours[t - 1] + of.hours[t]) / 2
        for name, sign in (("ramp_up_ratio_per_hour", 1.0), ("ramp_down_ratio_per_hour", -1.0)):
            if fields.get(name) is None:
                continue
            rate = of.at(name, t)
            if t:
                self.part([(self.x[t], sign), (self.x[t - 1], -sign)], rate * hours, most=True)
            else:
                bound = (rate * hours + sign * before) * self.rated()
                self.row([(self.x[0], sign)], -np.inf, bound)

    def energies(self) -> None:
        terms = [(x, self.weight(t)) for t, x in enumerate(self.x)]
        least, most = self.fields.get("energy_min_mwh"), self.fields.get("energy_max_mwh")
        self.row(terms, -np.inf if least is None else least, np.inf if most is None else most)

    def segments(self, t: int) -> None:
        """What the segments cost."""
        width = f"{self.of.word}_mw"
        curve = [(each[width], each["cost_eur_per_mwh"]) for each in self.fields["cost_segments"]]
        for column, slope in self.curve(t, curve):
            self.costs[column] += slope * self.weight(t)

    def curve(self, t: int, curve: Sequence[tuple[float, float]]) -> list[tuple[int, float]]:
        """One segment is chosen; the power lies within it, and amounts to the segments before and its part."""
        reached, amount, chosen, parts, whole = 0.0, 0.0, [], [], []
        for width, slope in curve:
            z, y = self.add(0, 1, whole=1), self.add(0, width)
            self.row([(y, 1.0), (z, -width)], -np.inf, 0.0)
            chosen.append((z, 1.0))
            parts += [(y, 1.0), (z, reached)]
            whole += [(y, slope), (z, amount)]
            reached, amount = reached + width, amount + width * slope
        self.row(chosen, 1.0, 1.0)
        self.row([*parts, (self.x[t], -1.0)], 0.0, 0.0)
        return whole

    def balances(self) -> None:
        """Every bus buys and sells at prices; the unit gives or takes."""
        of = self.of
        into: dict[tuple[str, int], list[tuple[int, float]]] = {}
        wanted: dict[tuple[str, int], float] = {}
        for grid in of.parts["grid_connection"]:
            for t in range(of.steps):
                bought = self.add(0, grid["import_max_mw"], grid["import_price_eur_per_mwh"][t] * self.weight(t))
                sold = self.add(0, grid["export_max_mw"], -grid["export_price_eur_per_mwh"][t] * self.weight(t))
                into.setdefault((grid["bus"], t), []).extend([(bought, 1.0), (sold, -1.0)])
        for demand in of.parts["demand"]:
            for t in range(of.steps):
                wanted[demand["bus"], t] = wanted.get((demand["bus"], t), 0.0) + demand["demand_mw"][t]
        for t, x in enumerate(self.x):
            if of.word == "power":
                into[self.fields["bus"], t].append((x, 1.0))
                continue
            into[self.fields["input_bus"], t].append((x, -1.0))
            for output in self.fields["outputs"]:
                if output.get("segments"):
                    curve = [(each["input_mw"], each["efficiency"]) for each in output["segments"]]
                    for s in range(of.steps):
                        share = self.share(t, s, output.get("delay_hours", 0.0), output.get("cyclic", False))
                        if share:
                            into[output["bus"], s] += [(y, slope * share) for y, slope in self.curve(t, curve)]
                    continue
                rate = output["efficiency"]
                rate = rate[t] if isinstance(rate, Sequence) else rate
                for s in range(of.steps):
                    share = self.share(t, s, output.get("delay_hours", 0.0), output.get("cyclic", False))
                    if share:
                        into[output["bus"], s].append((x, rate * share))
        for place, terms in into.items():
            self.row(terms, wanted.get(place, 0.0), wanted.get(place, 0.0))

    def share(self, sent: int, step: int, delay: float, cyclic: bool) -> float:
        """Mean power in a step of what was sent at 1 MW in another."""
        begin, whole = self.of.begin, self.of.begin[-1]
        total = 0.0
        for rounds in range(100 if cyclic else 1):
            low = max(begin[sent] + delay - rounds * whole, begin[step])
            high = min(begin[sent + 1] + delay - rounds * whole, begin[step + 1])
            total += max(high - low, 0.0)
        return total / self.of.hours[step]

    def solve(self) -> float | None:
        """The least cost; None when nothing is possible."""
        table = np.zeros((len(self.rows), len(self.costs)))
        for place, (terms, _, _) in enumerate(self.rows):
            for column, coef in terms.items():
                table[place, column] += coef
        lower, upper = (np.array([row[side] for row in self.rows]) for side in (1, 2))
        answer = milp(
            np.array(self.costs),
            constraints=LinearConstraint(table, lower, upper),
            integrality=np.array(self.whole),
            bounds=(np.array(self.lower), np.array(self.upper)),
            options={"mip_rel_gap": 0.0},
        )
        return float(answer.fun) if answer.status == 0 else None
