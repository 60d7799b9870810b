"""Lines, interfaces and outages written the textbook way into a `PyomoSite`: an angle for every bus and step.

Every outage is written out in full: angles of its own, the same injections, all flows within the emergency limits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import radians
from typing import Any

from tests.reference.pyomo_site import PyomoSite

Document = Mapping[str, Any]
KINDS = ("line", "shunt", "interface", "contingency")


class PyomoGrid(PyomoSite):
    """A site with lines."""

    def __init__(self, document: Document, *, exclusive: bool = False) -> None:
        """Write the model of a document with its lines and its policy."""
        parts = document["components"]
        self.lines = [each for each in parts.get("line", []) if each.get("in_service", True)]
        self.parts, self.policy = parts, document.get("policy", {})
        self.copies: list[tuple[tuple[str, int], Any]] = []  # balances after outages, with their place
        rest = {kind: records for kind, records in parts.items() if kind not in KINDS}
        super().__init__({**document, "components": rest}, exclusive=exclusive)

    def close(self) -> None:
        """The grid between what all others put into the buses, then balances and objective."""
        for shunt in self.parts.get("shunt", []):
            for t in self.steps:
                self.into[shunt["bus"], t].append(-shunt["conductance_mw"])
        injected = {place: sum(found) for place, found in self.into.items()}
        angle = self.angles()
        flow: dict[tuple[str, int], Any] = {}
        for each in self.lines:
            for t in self.steps:
                flow[each["id"], t] = f = self.variable(None, None)  # pyright: ignore[reportArgumentType]
                self.law(f == self.flow(each, angle, t))
                self.into[each["from_bus"], t].append(-f)
                self.into[each["to_bus"], t].append(f)
                self.limits_of_angles(each, angle, t)
        over = {each["id"]: self.excess(each.get("overload_price_eur_per_mwh")) for each in self.lines}
        for each in self.lines:
            if each.get("limit_mw") is not None:
                for t in self.steps:
                    self.within(flow[each["id"], t], self.at(each["limit_mw"], t) + over[each["id"]][t])
        for each in self.parts.get("interface", []):
            excess = self.excess(each.get("overload_price_eur_per_mwh"))
            for t in self.steps:
                total = sum(flow.get((part["line"], t), 0.0) * part.get("ratio", 1.0) for part in each["lines"])
                if each.get("forward_max_mw") is not None:
                    self.law(total <= self.at(each["forward_max_mw"], t) + excess[t])
                if each.get("backward_max_mw") is not None:
                    self.law(-total <= self.at(each["backward_max_mw"], t) + excess[t])
        self.outages(injected, over)
        super().close()

    def angles(self) -> dict[tuple[str, int], Any]:
        return {place: self.variable(None, None) for place in self.into}  # pyright: ignore[reportArgumentType]

    def flow(self, line: Document, angle: Mapping[tuple[str, int], Any], t: int) -> Any:
        """Flow by the angles at the ends of a line."""
        x, base = line["reactance_pu"], self.policy.get("base_mva", 100.0)
        between = angle[line["from_bus"], t] - angle[line["to_bus"], t]
        if self.policy.get("network") == "dcp":
            return base * x / (line.get("resistance_pu", 0.0) ** 2 + x**2) * between
        shift = radians(line.get("phase_shift_deg", 0.0))
        return base / (x * line.get("tap_ratio", 1.0)) * (between - shift)

    def limits_of_angles(self, line: Document, angle: Mapping[tuple[str, int], Any], t: int) -> None:
        between = angle[line["from_bus"], t] - angle[line["to_bus"], t]
        if line.get("angle_max_deg") is not None:
            self.law(between <= radians(line["angle_max_deg"]))
        if line.get("angle_min_deg") is not None:
            self.law(between >= radians(line["angle_min_deg"]))

    def excess(self, price: float | None) -> list[Any]:
        """How much a limit may be exceeded in every step, at a price."""
        if price is None:
            return [0.0 for _ in self.steps]
        found = [self.variable(None) for _ in self.steps]
        self.costs += [each * price * self.hours[t] for t, each in enumerate(found)]
        return found

    def within(self, flow: Any, most: Any) -> None:
        self.law(flow <= most)
        self.law(-flow <= most)

    def outages(self, injected: Mapping[tuple[str, int], Any], over: Mapping[str, list[Any]]) -> None:
        """Every outage that leaves the grid in one piece, each with angles of its own."""
        lost = {frozenset(each["lines"]) for each in self.parts.get("contingency", [])}
        if self.policy.get("security") == "n1":
            lost |= {frozenset([each["id"]]) for each in self.lines}
        soft = self.policy.get("outage_limits", "soft") == "soft"
        price = self.policy.get("outage_overload_price_eur_per_mwh", 5000.0)
        worst = {each["id"]: self.excess(price if soft else None) for each in self.lines}
        pieces = self.pieces(self.lines)
        for names in sorted(lost, key=sorted):
            kept = [each for each in self.lines if each["id"] not in names]
            if len(kept) == len(self.lines) or self.pieces(kept) != pieces:
                continue
            angle = self.angles()
            for place in sorted(
                {(each[end], t) for each in kept for end in ("from_bus", "to_bus") for t in self.steps}
            ):
                leaving = sum(self.flow(each, angle, place[1]) for each in kept if each["from_bus"] == place[0])
                coming = sum(self.flow(each, angle, place[1]) for each in kept if each["to_bus"] == place[0])
                self.copies.append((place, self.model.laws.add(injected[place] == leaving - coming)))
            for each in kept:
                limit = each.get("emergency_limit_mw", each.get("limit_mw"))
                if limit is not None:
                    for t in self.steps:
                        beyond = over[each["id"]][t] + worst[each["id"]][t]
                        self.within(self.flow(each, angle, t), self.at(limit, t) + beyond)

    def duals(self, solver: Any) -> dict[tuple[str, int], float]:
        """One more MW of demand is there after every outage too."""
        found, prices = solver.get_duals(), super().duals(solver)
        for place, law in self.copies:
            prices[place] += found[law] / self.hours[place[1]]
        return prices

    def pieces(self, lines: Collection[Document]) -> set[frozenset[str]]:
        """The sets of buses that lines join."""
        group = {bus["id"]: frozenset([bus["id"]]) for bus in self.document["buses"]}
        for each in lines:
            joined = group[each["from_bus"]] | group[each["to_bus"]]
            group |= {bus: joined for bus in joined}
        return set(group.values())
