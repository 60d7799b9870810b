"""Generic stores, tanks with layers, buildings and batteries that wear, written the textbook way into a `PyomoSite`.

Worth and power curves are chosen as weights between their points instead of least lines; wear is that of the depth of
discharge slice by slice; a building is solved by the eigenvectors of its two equations, not by an exponential of four.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

Document = Mapping[str, Any]


class Reservoirs:
    """Methods of a `PyomoSite`; each writes one record."""

    minutes: list[int]
    hours: list[float]
    steps: range
    into: dict[tuple[str, int], list[Any]]
    costs: list[Any]

    def variable(self, upper: float | None, lower: float = 0.0, *, binary: bool = False) -> Any:
        raise NotImplementedError

    def law(self, expression: Any) -> None:
        raise NotImplementedError

    def at(self, content: Any, t: int) -> float:
        raise NotImplementedError

    def not_both(self, one: Any, other: Any) -> None:
        raise NotImplementedError

    def final(self, s: Document, energy: Any) -> None:
        """What is left fills the dearest slice first; nobody would fill it otherwise."""
        used = [(self.variable(each["energy_mwh"]), each["value_eur_per_mwh"]) for each in s.get("final_values", [])]
        self.law(sum(part for part, _ in used) <= energy) if used else None
        self.costs += [-part * value for part, value in used]

    def under_curve(self, power: Any, energy: Any, points: list[Document], size: float, most: float) -> None:
        """Power is at most that between points, by weights that add up to one and reach the energy."""
        if not points:
            return
        corners = [(p["energy_ratio"] * size, p["power_ratio"] * most) for p in points]
        corners = [(0.0, corners[0][1]), *corners, (size, corners[-1][1])]
        weights = [self.variable(1.0) for _ in corners]
        self.law(sum(weights) == 1)
        self.law(sum(w * x for w, (x, _) in zip(weights, corners, strict=True)) == energy)
        self.law(power <= sum(w * y for w, (_, y) in zip(weights, corners, strict=True)))

    def worn_store(self, s: Document, default: float, *, exclusive: bool) -> None:
        """A battery or a heat store with everything that it may have."""
        before: Any = s["energy_start_mwh"]
        size, into_, out = (
            s["energy_max_mwh"],
            s.get("charge_efficiency", default),
            s.get("discharge_efficiency", default),
        )
        depths = [0.0, *(each["depth_ratio"] for each in s.get("cycle_costs", []))]
        sizes = [size * (b - a) for a, b in pairwise(depths)]
        held: list[Any] = []
        for each in sizes:
            held.append(min(each, s["energy_start_mwh"] - sum(held)))
        end: Any = None
        for t in self.steps:
            h, keep = self.hours[t], (1 - s.get("standing_loss_per_hour", 0.0)) ** self.hours[t]
            taken, given = self.variable(s["charge_max_mw"]), self.variable(s["discharge_max_mw"])
            end = self.variable(size, s.get("energy_min_mwh", 0.0))
            self.law(end == keep * before + taken * h * into_ - given * h / out)
            for energy in (before, end):
                self.under_curve(taken, energy, s.get("charge_limits", []), size, s["charge_max_mw"])
                self.under_curve(given, energy, s.get("discharge_limits", []), size, s["discharge_max_mw"])
            filled, drawn = [self.variable(None) for _ in sizes], [self.variable(None) for _ in sizes]
            now = [self.variable(each) for each in sizes]
            for place, each in enumerate(s.get("cycle_costs", [])):
                self.law(now[place] == keep * held[place] + filled[place] * h * into_ - drawn[place] * h / out)
                self.costs.append(drawn[place] * h * each["cost_eur_per_mwh"])
            if sizes:
                self.law(sum(filled) == taken)
                self.law(sum(drawn) == given)
            held, before = now, end
            self.into[s["bus"], t] += [given, -taken]
            self.costs.append(given * s.get("discharge_cost_eur_per_mwh", 0.0) * h)
            self.costs.append(end * s.get("calendar_cost_eur_per_mwh_hour", 0.0) * h)
            if exclusive:
                self.not_both(taken, given)
        self.law(end == s["energy_end_mwh"]) if s.get("energy_end_mwh") is not None else None
        self.law(end >= s.get("energy_end_min_mwh", 0.0))
        self.final(s, end)

    def none_or(self, amount: Any, least: float, most: float) -> None:
        """An amount is nothing, or what is least and something on top."""
        if least > 0:
            some, rest = self.variable(1.0, binary=True), self.variable(most - least)
            self.law(amount == least * some + rest)
            self.law(rest <= (most - least) * some)

    def store(self, s: Document) -> None:
        steps = len(self.minutes)
        series = {
            name: [self.at(s.get(f"{name}_{unit}", 0.0), t) for t in range(steps)]
            for name, unit in (
                ("charge_max", "mw"),
                ("discharge_max", "mw"),
                ("energy_max", "mwh"),
                ("energy_min", "mwh"),
                ("inflow", "mw"),
            )
        }
        # What is built, as parts of the most that may be: one where nothing is chosen.
        most_energy, most_power = max(series["energy_max"]), max(series["charge_max"] + series["discharge_max"])
        energy_cost, power_cost = (
            s.get("energy_capacity_cost_eur_per_mwh"),
            s.get("power_capacity_cost_eur_per_mw"),
        )
        built: Any = (
            1.0 if energy_cost is None else self.variable(1.0, s.get("energy_capacity_min_mwh", 0) / most_energy)
        )
        power: Any = 1.0 if power_cost is None else self.variable(1.0, s.get("power_capacity_min_mw", 0) / most_power)
        if s.get("one_size"):
            built = power = power if energy_cost is None else built
        self.costs += [(energy_cost or 0.0) * built * most_energy, (power_cost or 0.0) * power * most_power]
        ends = [self.variable(most_energy) for _ in self.steps]
        for t in self.steps:
            h, keep = self.hours[t], (1 - s.get("standing_loss_per_hour", 0.0)) ** self.hours[t]
            taken, given = self.variable(series["charge_max"][t]), self.variable(series["discharge_max"][t])
            inflow = series["inflow"][t]
            spilled = self.variable(self.at(s["spill_max_mw"], t) if "spill_max_mw" in s else inflow)
            before = ends[t - 1] if t or s.get("cyclic") else s["energy_start_mwh"]
            self.law(
                ends[t]
                == keep * before
                + h * (taken * s.get("charge_efficiency", 1.0) - given / s.get("discharge_efficiency", 1.0))
                + h * (inflow - spilled)
            )
            self.law(ends[t] <= series["energy_max"][t] * built)
            self.law(ends[t] >= series["energy_min"][t] * built)
            self.law(taken <= series["charge_max"][t] * power)
            self.law(given <= series["discharge_max"][t] * power)
            if "energy_fixed_mwh" in s:
                self.law(ends[t] == self.at(s["energy_fixed_mwh"], t))
            for amount, cost in (
                (taken, "charge_cost_eur_per_mwh"),
                (given, "discharge_cost_eur_per_mwh"),
                (spilled, "spill_cost_eur_per_mwh"),
                (ends[t], "holding_cost_eur_per_mwh_hour"),
            ):
                self.costs.append(amount * s.get(cost, 0.0) * h)
            self.into[s["bus"], t] += [given, -taken]
            for amount, way in ((taken, "charge"), (given, "discharge")):
                self.none_or(amount, self.at(s.get(f"{way}_min_mw", 0.0), t), series[f"{way}_max"][t])
            if not s.get("allow_both"):
                self.not_both(taken, given)
        self.law(ends[-1] == s["energy_end_mwh"]) if "energy_end_mwh" in s else None
        self.law(ends[-1] >= s.get("energy_end_min_mwh", 0.0))
        self.final(s, ends[-1])

    def stratified_store(self, s: Document) -> None:
        hot, cold = s["temperature_hot_c"], s["temperature_cold_c"]
        radius, heat = s.get("diameter_m", 0.0) / 2, s.get("heat_capacity_kwh_per_m3_k", 1.128345) / 1000
        size = s.get("energy_max_mwh", np.pi * radius**2 * s.get("height_m", 0.0) * heat * (hot - cold))
        wall_mw_per_k = s.get("u_value_w_per_m2_k", 0.0) * 2 * np.pi * radius * s.get("height_m", 0.0) / 1e6
        share = s.get("standing_loss_per_hour", wall_mw_per_k * (hot - cold) / size)
        ends = [
            self.variable(size * s.get("level_max_ratio", 1.0), size * s.get("level_min_ratio", 0.0))
            for _ in self.steps
        ]
        for t in self.steps:
            around, h = self.at(s.get("temperature_ambient_c", 20.0), t), self.hours[t]
            wall = s.get("fixed_loss_per_hour", share * (cold - around) / (hot - cold)) * size
            lids = s.get("u_value_w_per_m2_k", 0.0) * np.pi * radius**2 * (hot - around + cold - around) / 1e6
            taken, given = self.variable(s["charge_max_mw"]), self.variable(s["discharge_max_mw"])
            before = ends[t - 1] if t or s.get("cyclic") else s["level_start_ratio"] * size
            self.law(
                ends[t]
                == before * (1 - share) ** h
                + h * (taken * s.get("charge_efficiency", 1.0) - given / s.get("discharge_efficiency", 1.0))
                - h * (wall + s.get("fixed_loss_mw", lids))
            )
            self.into[s["bus"], t] += [given, -taken]
            self.costs.append(given * s.get("discharge_cost_eur_per_mwh", 0.0) * h)
        self.law(ends[-1] == s["level_end_ratio"] * size) if "level_end_ratio" in s else None
        self.final(s, ends[-1])

    def building(self, b: Document) -> None:
        room: Any = b["temperature_start_c"]
        out, into_, through = (
            1 / b[name] if b.get(name) else 0.0
            for name in (
                "resistance_k_per_mw",
                "indoor_envelope_resistance_k_per_mw",
                "envelope_outdoor_resistance_k_per_mw",
            )
        )
        walled = b.get("envelope_capacity_mwh_per_k") is not None
        mass = np.array([b["capacity_mwh_per_k"], b.get("envelope_capacity_mwh_per_k", 1.0)])
        outdoor = [self.at(b["outdoor_temperature_c"], t) for t in self.steps]
        wall: Any = 0.0
        if walled:
            rest = (into_ * room + through * outdoor[0]) / (into_ + through)
            wall = b.get("envelope_temperature_start_c", rest)
        change = np.array([[-(out + into_), into_], [into_, -(into_ + through)]]) / mass[:, None]
        if not walled:
            change[1, 1] = -1.0
        rates, modes = np.linalg.eig(change)
        for t in self.steps:
            h = self.hours[t]
            left = (modes * np.exp(rates * h)) @ np.linalg.inv(modes)
            moved = np.linalg.inv(change) @ (left - np.eye(2)) / mass[None, :]
            heat = self.variable(self.at(b.get("heat_max_mw", 0.0), t)) if b.get("heat_bus") else 0.0
            cool = self.variable(self.at(b.get("cool_max_mw", 0.0), t)) if b.get("cooling_bus") else 0.0
            sun, walls_share = self.at(b.get("solar_gains_mw", 0.0), t), b.get("solar_envelope_ratio", 0.0)
            inside = (
                heat - cool + self.at(b.get("internal_gains_mw", 0.0), t) + sun * (1 - walls_share) + out * outdoor[t]
            )
            outside = sun * walls_share + through * outdoor[t]
            new_room, new_wall = self.variable(None, -1e3), self.variable(None, -1e3)
            self.law(new_room == left[0, 0] * room + left[0, 1] * wall + moved[0, 0] * inside + moved[0, 1] * outside)
            self.law(new_wall == left[1, 0] * room + left[1, 1] * wall + moved[1, 0] * inside + moved[1, 1] * outside)
            room, wall = new_room, new_wall if walled else 0.0
            cold, warm = self.variable(None), self.variable(None)
            self.law(room + cold >= self.at(b.get("temperature_min_c", 20.0), t))
            self.law(room - warm <= self.at(b.get("temperature_max_c", 26.0), t))
            self.costs.append((cold + warm) * b.get("discomfort_cost_eur_per_c_hour", 100.0) * h)
            if b.get("heat_bus"):
                self.into[b["heat_bus"], t].append(-heat)
            if b.get("cooling_bus"):
                self.into[b["cooling_bus"], t].append(-cool)
            if b.get("heat_bus") and b.get("cooling_bus"):
                self.not_both(heat, cool)
