"""A market for energy and reserve written the textbook way: Pyomo, one constraint at a time, from plain numbers.

Nothing here comes from c4e_opt. A unit's reserves are variables by product and direction; what it may keep is written
out for every unit and product, and the time of activation is a loop over the times that the products name.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs

Document = dict[str, Any]
UP, DOWN = "up", "down"


class Market:
    """The model of a document of `reserve_markets`."""

    def __init__(self, document: Document) -> None:
        """Write the model."""
        self.minutes = document["horizon"]["step_minutes"]
        self.T = range(len(self.minutes))
        self.hours = [each / 60 for each in self.minutes]
        self.parts = document["components"]
        self.model: Any = pyo.ConcreteModel()
        self.model.laws = pyo.ConstraintList()
        self.count = 0
        self.cost: list[Any] = []
        self.net: dict[str, list[Any]] = {}  # power into the bus
        self.room: dict[str, list[tuple[Any, Any]]] = {}  # what could be given more, and less
        self.tank: dict[str, tuple[Document, list[Any]]] = {}
        self.kept: dict[tuple[str, str, str], list[Any]] = {}  # product, unit, direction
        self._energy()
        self.products = {each["id"]: each for each in self.parts["reserve"]}
        self.offers = {(o["reserve"], o["provider"], o["way"]): o for o in self.parts["reserve_offer"]}
        for t in self.T:
            self._keep(t)
            self._offers(t)
            self._units(t)
            self._buyers(t)
            self._generic(t)
        self.model.cost = pyo.Objective(expr=sum(self.cost))

    def solve(self) -> float:
        """The optimum."""
        solver = Highs()
        solver.highs_options = {"mip_rel_gap": 0.0, "mip_abs_gap": 1e-9, "threads": 1}
        solver.solve(self.model)
        return float(pyo.value(self.model.cost))

    def var(self, upper: float | None = None, *, binary: bool = False) -> Any:
        self.count += 1
        var = pyo.Var(within=pyo.Binary) if binary else pyo.Var(bounds=(0, upper))
        self.model.add_component(f"v{self.count}", var)
        return var

    def law(self, expression: Any) -> None:
        self.model.laws.add(expression)

    def pay(self, t: int, amount: Any) -> None:
        self.cost.append(amount * self.hours[t])

    def _energy(self) -> None:
        """Units, the battery, the renewable, the connection, and the balance."""
        for unit in self.parts["generator"]:
            word, most = f"generator/{unit['id']}", unit["power_max_mw"]
            power = [self.var(most) for _ in self.T]
            for t in self.T:
                self.pay(t, unit["cost_eur_per_mwh"] * power[t])
                if t:
                    apart = (self.hours[t] + self.hours[t - 1]) / 2
                    self.law(power[t] - power[t - 1] <= unit["ramp_up_ratio_per_hour"] * most * apart)
                    self.law(power[t - 1] - power[t] <= unit["ramp_down_ratio_per_hour"] * most * apart)
            self.net[word], self.room[word] = power, [(most - p, p) for p in power]
        sun = self.parts["renewable"][0]["available_mw"]
        power = [self.var(each) for each in sun]
        self.net["renewable/pv"] = power
        self.room["renewable/pv"] = [(most - p, p) for most, p in zip(sun, power, strict=True)]
        b = self.parts["battery"][0]
        charge, discharge = ([self.var(b[f"{way}_max_mw"]) for _ in self.T] for way in ("charge", "discharge"))
        energy = [self.var(b["energy_max_mwh"]) for _ in self.T]
        for t in self.T:
            before = energy[t - 1] if t else b["energy_start_mwh"]
            into, out = charge[t] * b["charge_efficiency"], discharge[t] / b["discharge_efficiency"]
            self.law(energy[t] == before + self.hours[t] * (into - out))
            self.law(energy[t] >= b["energy_min_mwh"])
            charging = self.var(1.0, binary=True)  # one way at a time
            self.law(charge[t] <= b["charge_max_mw"] * charging)
            self.law(discharge[t] <= b["discharge_max_mw"] * (1 - charging))
        self.tank["battery/b"] = b, energy
        self.net["battery/b"] = [d - c for c, d in zip(charge, discharge, strict=True)]
        self.room["battery/b"] = [(b["discharge_max_mw"] - p, b["charge_max_mw"] + p) for p in self.net["battery/b"]]
        demand, grid = self.parts["demand"][0]["demand_mw"], self.parts["grid_connection"][0]
        for t in self.T:
            bought, sold = self.var(grid["import_max_mw"]), self.var(grid["export_max_mw"])
            self.pay(t, grid["import_price_eur_per_mwh"] * bought)
            self.law(sum(power[t] for power in self.net.values()) + bought - sold == demand[t])

    def _keep(self, t: int) -> None:
        """What every unit keeps for every product."""
        for name, product in self.products.items():
            sellers = {provider for reserve, provider, _ in self.offers if reserve == name}
            for unit in sellers or self.net:
                for way in (UP, DOWN):
                    kept = self.kept.setdefault((name, unit, way), [])
                    offered = not sellers or (name, unit, way) in self.offers
                    if product.get("symmetric") and way == DOWN:
                        kept.append(self.kept[name, unit, UP][t])
                    else:
                        kept.append(self.var() if offered else 0.0)

    def _offers(self, t: int) -> None:
        for (name, unit, way), offer in self.offers.items():
            kept = self.kept[name, unit, way][t]
            self.pay(t, at(offer.get("price_eur_per_mw_hour", 0.0), t) * kept)
            if offer.get("segments"):
                parts = [self.var(each["power_mw"]) for each in offer["segments"]]
                self.law(kept == sum(parts))
                for part, each in zip(parts, offer["segments"], strict=True):
                    self.pay(t, each["price_eur_per_mw_hour"] * part)
            most = at(offer["power_max_mw"], t) if "power_max_mw" in offer else None
            if most is not None:
                self.law(kept <= most)
            beside = {
                each: sum(
                    kept[t]
                    for (other, who, towards), kept in self.kept.items()
                    if (who, towards) == (unit, each) and other != name and self.products[other].get("regulation")
                )
                for each in (UP, DOWN)
            }
            if "enablement_max_mw" in offer and most != 0.0:
                top = offer["enablement_max_mw"]
                slope = (top - offer["high_break_mw"]) / most if "high_break_mw" in offer else 0.0
                self.law(self.net[unit][t] + slope * kept + beside[UP] <= top)
            if "enablement_min_mw" in offer and most != 0.0:
                bottom = offer["enablement_min_mw"]
                slope = (offer["low_break_mw"] - bottom) / most if "low_break_mw" in offer else 0.0
                self.law(self.net[unit][t] - slope * kept - beside[DOWN] >= bottom)

    def _units(self, t: int) -> None:
        """Room, energy and ramps, for all products of a unit together."""
        ramps = {f"generator/{each['id']}": each for each in self.parts["generator"]}
        for unit in self.net:
            for way, place in ((UP, 0), (DOWN, 1)):
                mine = {n: kept[t] for (n, who, towards), kept in self.kept.items() if (who, towards) == (unit, way)}
                self.law(sum(mine.values()) <= self.room[unit][t][place])
                if unit in self.tank:
                    b, energy = self.tank[unit]
                    lasting = sum(kept * self.products[n].get("duration_hours", 1.0) for n, kept in mine.items())
                    if way == UP:
                        self.law(lasting / b["discharge_efficiency"] <= energy[t] - b["energy_min_mwh"])
                    else:
                        self.law(lasting * b["charge_efficiency"] <= b["energy_max_mwh"] - energy[t])
                if unit not in ramps:
                    continue
                rate = ramps[unit][f"ramp_{way}_ratio_per_hour"] * ramps[unit]["power_max_mw"] / 60
                for minutes in (5, 10, 30):
                    soon = [k for n, k in mine.items() if self.products[n].get("activation_minutes", 1e9) <= minutes]
                    if soon:
                        self.law(sum(soon) <= rate * minutes)

    def _buyers(self, t: int) -> None:
        """Requirements, and what is bought beyond them; spin counts for the total."""
        for name, product in self.products.items():
            for way in (UP, DOWN):
                if product.get("symmetric") and way == DOWN:
                    continue
                counted = [name, "spin"] if name == "total" else [name]
                kept = sum(k[t] for (n, _, towards), k in self.kept.items() if n in counted and towards == way)
                wanted = at(product.get(f"{way}_mw", 0.0), t)
                missing = self.var(wanted if "missing_price_eur_per_mw_hour" in product else 0.0)
                self.pay(t, product.get("missing_price_eur_per_mw_hour", 0.0) * missing)
                for part in product.get("demand", []):
                    if part.get("way", UP) == way:
                        bought = self.var(part["power_mw"])
                        wanted = wanted + bought
                        self.pay(t, -part["price_eur_per_mw_hour"] * bought)
                self.law(kept + missing >= wanted)

    def _generic(self, t: int) -> None:
        for each in self.parts["generic_constraint"]:
            total = sum(
                term.get("coefficient", 1.0)
                * (
                    self.kept[term["reserve"], term["member"], term.get("way", UP)][t]
                    if "reserve" in term
                    else self.net[term["member"]][t]
                )
                for term in each["terms"]
            )
            for limit, sign in (("most_mw", 1.0), ("least_mw", -1.0)):
                outside = self.var()
                self.pay(t, each["violation_price_eur_per_mw_hour"] * outside)
                self.law(sign * total - outside <= sign * at(each[limit], t))


def at(number: Any, t: int) -> float:
    """A number of a step."""
    return float(number[t]) if isinstance(number, list) else float(number)
