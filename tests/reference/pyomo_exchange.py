"""Ties, flow-based constraints, heat pipes and gas pipes written the textbook way into a `PyomoSite`.

Losses in segments are the lambda method: weights on the corners, of which two neighbours are used. Flow-based zones
export and import by two variables each. A plug of heat is followed from its step to the minutes in which it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

Document = Mapping[str, Any]


class Exchange:
    """Methods of a `PyomoSite`; each writes one record."""

    minutes: list[int]
    hours: list[float]
    begin: list[int]
    steps: range
    into: dict[tuple[str, int], list[Any]]
    costs: list[Any]

    def variable(self, upper: float | None, lower: float | None = 0.0, *, binary: bool = False) -> Any:
        raise NotImplementedError

    def law(self, expression: Any) -> None:
        raise NotImplementedError

    def at(self, content: Any, t: int) -> float:
        raise NotImplementedError

    def not_both(self, one: Any, other: Any) -> None:
        raise NotImplementedError

    def tie(self, line: Document) -> None:
        fee = line.get("fee_eur_per_mwh", 0.0)
        fees = {"forward": fee, "backward": line.get("backward_fee_eur_per_mwh", fee)}
        ends = {"forward": ("from_bus", "to_bus"), "backward": ("to_bus", "from_bus")}
        flow: dict[str, list[Any]] = {}
        for way, (start, end) in ends.items():
            flow[way] = [
                self.variable(self.at(line[f"{way}_max_mw"], t), self.at(line.get(f"{way}_min_mw", 0.0), t))
                for t in self.steps
            ]
            for t in self.steps:
                self.into[line[start], t].append(-flow[way][t])
                self.into[line[end], t].append(flow[way][t] - self.lost(line, way, flow[way][t]))
                self.costs.append(flow[way][t] * fees[way] * self.hours[t])
        for t in self.steps:
            self.into[line["to_bus"], t].append(-line.get("loss_fixed_mw", 0.0))
            self.not_both(flow["forward"][t], flow["backward"][t])
        if "ramp_max_mw_per_hour" in line:
            self.ramp_of(line, [flow["forward"][t] - flow["backward"][t] for t in self.steps])

    def ramp_of(self, line: Document, net: list[Any]) -> None:
        """Change of a net flow between the middles of steps."""
        before = line.get("flow_before_mw")
        for t in self.steps:
            if before is not None:
                apart = (self.hours[t] + self.hours[max(t - 1, 0)]) / 2
                self.law(net[t] - before <= line["ramp_max_mw_per_hour"] * apart)
                self.law(net[t] - before >= -line["ramp_max_mw_per_hour"] * apart)
            before = net[t]

    def lost(self, line: Document, way: str, flow: Any) -> Any:
        """Loss of a flow."""
        segments = line.get("loss_segments", [])
        if not segments:
            ratio = line.get("loss_ratio", 0.0)
            return flow * (line.get("backward_loss_ratio", ratio) if way == "backward" else ratio)
        corners = [0.0, *accumulate(part["flow_mw"] for part in segments)]
        losses = [0.0, *accumulate(part["flow_mw"] * part["loss_ratio"] for part in segments)]
        weights = [self.variable(1.0) for _ in corners]
        between = [self.variable(1.0, binary=True) for _ in segments]
        self.law(sum(weights) == 1)
        self.law(sum(between) == 1)
        for place, weight in enumerate(weights):
            self.law(weight <= sum(between[max(place - 1, 0) : place + 1]))
        self.law(sum(w * corner for w, corner in zip(weights, corners, strict=True)) == flow)
        return sum(w * loss for w, loss in zip(weights, losses, strict=True))

    def flow_based(self, constraints: list[Document]) -> None:
        for hub in {each.get("hub", "") for each in constraints}:
            own = [each for each in constraints if each.get("hub", "") == hub]
            zones = sorted({zone["bus"] for each in own for zone in each["zones"]})
            for t in self.steps:
                sent = {zone: self.variable(None) - self.variable(None) for zone in zones}
                self.law(sum(sent.values()) == 0)
                for zone in zones:
                    self.into[zone, t].append(-sent[zone])
                for each in own:
                    flow = sum(self.at(zone["ptdf_ratio"], t) * sent[zone["bus"]] for zone in each["zones"])
                    beyond: Any = 0.0
                    if "overload_price_eur_per_mwh" in each:
                        beyond = self.variable(None)
                        self.costs.append(beyond * each["overload_price_eur_per_mwh"] * self.hours[t])
                    self.law(flow <= self.at(each["ram_mw"], t) + beyond)
                    if "ram_backward_mw" in each:
                        self.law(-flow <= self.at(each["ram_backward_mw"], t) + beyond)

    def heat_pipe(self, p: Document) -> None:
        late, length = p.get("delay_hours", 0.0) * 60, self.begin[-1] + self.minutes[-1]
        left: Any = p.get("content_start_mwh", 0.0)
        for t in self.steps:
            supply, back, ground = (
                self.at(p.get(f"{name}_temperature_c", usual), t)
                for name, usual in (("supply", 80.0), ("return", 50.0), ("ground", 10.0))
            )
            metres = p.get("length_m", 0.0) * p.get("transmittance_w_per_m_k", 0.0)
            loss = metres * ((supply - ground) + (back - ground)) / 1e6
            carried = p.get("mass_flow_max_kg_per_s", 1e6) * 4.186e-3 * (supply - back)
            used = {way: self.variable(1.0, binary=True) for way in ("forward", "backward")}
            self.law(sum(used.values()) <= 1)
            if not p.get("switchable", False):
                self.law(sum(used.values()) == 1)
            ways = (("forward", "from_bus", "to_bus", 1e6), ("backward", "to_bus", "from_bus", 0.0))
            for way, start, end, usual in ways:
                most = min(self.at(p.get(f"{way}_max_mw", usual), t), carried)
                if most == 0.0:
                    self.law(used[way] == 0)
                    continue
                sent = self.variable(most)
                self.law(sent <= most * used[way])
                self.law(sent >= loss * used[way])
                self.costs.append(sent * p.get("fee_eur_per_mwh", 0.0) * self.hours[t])
                self.into[p[start], t].append(-sent)
                net = sent - loss * used[way]
                left = left + net * self.hours[t]
                turns = (0, -length, -2 * length) if p.get("cyclic") else (0,)
                for turn in turns:
                    for s, part in self.met(self.begin[t] + late + turn, self.minutes[t]):
                        self.into[p[end], s].append(net * part / self.minutes[s])
                        left = left - net * part / 60
        if p.get("content_start_mwh"):
            for s, part in self.met(0, late):
                self.into[p["to_bus"], s].append(p["content_start_mwh"] * part / late / self.hours[s])
                left = left - p["content_start_mwh"] * part / late
        if p.get("content_end_min_mwh"):
            self.law(left >= p["content_end_min_mwh"])

    def met(self, begin: float, lasts: float) -> list[tuple[int, float]]:
        """Steps that a span of time meets, and for how many minutes."""
        found: list[tuple[int, float]] = []
        for s in self.steps:
            part = min(begin + lasts, self.begin[s] + self.minutes[s]) - max(begin, self.begin[s])
            if part > 0:
                found.append((s, part))
        return found

    def gas_pipe(self, p: Document) -> None:
        held = [
            self.variable(self.at(p["linepack_max_mwh"], t), self.at(p.get("linepack_min_mwh", 0.0), t))
            for t in self.steps
        ]
        ratio, powered = p.get("compressor_ratio", 0.0), "compressor_bus" in p
        for t in self.steps:
            enters, leaves = (
                self.variable(self.at(p[f"{way}_max_mw"], t), self.at(p.get(f"{way}_min_mw", 0.0), t))
                for way in ("inflow", "outflow")
            )
            before = held[t - 1] if t > 0 else held[-1] if p.get("cyclic") else p["linepack_start_mwh"]
            kept = enters if powered else enters - ratio * enters
            self.law(held[t] - before == (kept - leaves) * self.hours[t])
            self.into[p["from_bus"], t].append(-enters)
            self.into[p["to_bus"], t].append(leaves)
            if powered:
                self.into[p["compressor_bus"], t].append(-ratio * enters)
            self.costs.append(enters * p.get("fee_eur_per_mwh", 0.0) * self.hours[t])
        if "linepack_end_mwh" in p:
            self.law(held[-1] == p["linepack_end_mwh"])
        if "linepack_end_min_mwh" in p:
            self.law(held[-1] >= p["linepack_end_min_mwh"])
