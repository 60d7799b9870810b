"""The same site written the textbook way: Pyomo, one constraint at a time, straight from the plain document.

Nothing here comes from c4e_opt. Commitment is written with pairs of steps (a unit started in t is on in k) instead of
windows of starts, exclusivity as a binary in every step, shifting as an account per window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs

from tests.reference.pyomo_exchange import Exchange
from tests.reference.pyomo_loads import FlexibleLoads
from tests.reference.pyomo_machines import Machines
from tests.reference.pyomo_plants import Plants
from tests.reference.pyomo_stores import Reservoirs
from tests.reference.pyomo_vehicles import Vehicles

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reference model finds."""

    objective: float
    prices: dict[tuple[str, int], float] = field(default_factory=dict)  # (bus, step) -> currency per MWh
    accepted: dict[str, float] = field(default_factory=dict)  # order -> MWh


class PyomoSite(Plants, Machines, FlexibleLoads, Reservoirs, Vehicles, Exchange):
    """One model of one document; series may be numbers or lists."""

    def __init__(self, document: Document, *, exclusive: bool) -> None:
        """Write the model.

        Args:
            document: Parties, buses, components and orders, in MW and MWh.
            exclusive: Whether flows both ways in one step are forbidden by binaries.
        """
        self.document = document
        self.exclusive = exclusive
        self.minutes: list[int] = list(document["horizon"]["step_minutes"])
        self.hours = [m / 60 for m in self.minutes]
        self.begin = [sum(self.minutes[:t]) for t in range(len(self.minutes))]
        self.steps = range(len(self.minutes))
        self.model: Any = pyo.ConcreteModel()
        self.model.laws = pyo.ConstraintList()
        self.model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        self.into: dict[tuple[str, int], list[Any]] = {
            (bus["id"], t): [] for bus in document["buses"] for t in self.steps
        }
        self.costs: list[Any] = []
        self.binaries: list[Any] = []
        self.accepted: dict[str, Any] = {}
        self._count = 0
        writers = {
            "grid_connection": self.grid_connection,
            "renewable": self.renewable,
            "demand": self.demand,
            "flexible_demand": self.flexible_demand,
            "shiftable_load": self.shiftable_load,
            "deferrable_load": self.deferrable_load,
            "interruptible_load": self.interruptible_load,
            "generator": self.generator,
            "converter": self.converter,
            "chp": self.chp,
            "boiler": self.boiler,
            "heat_pump": self.heat_pump,
            "chiller": self.chiller,
            "electrolyser": self.electrolyser,
            "fuel_cell": self.fuel_cell,
            "battery": self.battery,
            "heat_store": self.heat_store,
            "store": self.store,
            "stratified_store": self.stratified_store,
            "building": self.building,
            "ev_session": self.ev_session,
            "tie": self.tie,
            "heat_pipe": self.heat_pipe,
            "gas_pipe": self.gas_pipe,
            "charging_site": self.charging_site,
        }
        for kind, records in document.get("components", {}).items():
            if kind == "flow_based_constraint":
                self.flow_based(records)
                continue
            for record in records:
                writers[kind](record)
        self.orders(document.get("orders"))
        self.close()

    def variable(self, upper: float | None, lower: float = 0.0, *, binary: bool = False) -> Any:
        """One variable of its own."""
        self._count += 1
        var = pyo.Var(within=pyo.Binary) if binary else pyo.Var(bounds=(lower, upper))
        self.model.add_component(f"v{self._count}", var)
        if binary:
            self.binaries.append(var)
        return var

    def law(self, expression: Any) -> None:
        """One constraint."""
        self.model.laws.add(expression)

    def at(self, content: Any, t: int) -> float:
        """A series or a number in one step."""
        return float(content[t]) if isinstance(content, Sequence) else float(content)

    def not_both(self, one: Any, other: Any) -> None:
        """One of two variables is zero."""
        if self.exclusive:
            which = self.variable(1, binary=True)
            self.law(one <= one.ub * which)
            self.law(other <= other.ub * (1 - which))

    def grid_connection(self, g: Document) -> None:
        for t in self.steps:
            bought = self.variable(self.at(g["import_max_mw"], t))
            sold = self.variable(self.at(g.get("export_max_mw", 0.0), t))
            self.into[g["bus"], t] += [bought, -sold]
            self.costs.append(bought * self.at(g["import_price_eur_per_mwh"], t) * self.hours[t])
            self.costs.append(-sold * self.at(g.get("export_price_eur_per_mwh", 0.0), t) * self.hours[t])
            self.not_both(bought, sold)

    def renewable(self, r: Document) -> None:
        for t in self.steps:
            available = self.at(r["available_mw"], t)
            used = self.variable(available, 0.0 if r.get("curtailable", True) else available)
            self.into[r["bus"], t].append(used)
            self.costs.append(used * r.get("cost_eur_per_mwh", 0.0) * self.hours[t])

    def demand(self, d: Document) -> None:
        for t in self.steps:
            self.into[d["bus"], t].append(-self.at(d["demand_mw"], t))

    def flexible_demand(self, f: Document) -> None:
        window = f.get("shift_window_hours", 0.0) * 60
        tranches = [(each["ratio"], each["value_eur_per_mwh"]) for each in f.get("tranches", [])]
        rest = f.get("shed_max_ratio", 1.0) - sum(ratio for ratio, _ in tranches)
        account: dict[int, list[Any]] = {}
        for t in self.steps:
            wanted = self.at(f["demand_mw"], t)
            parts = [(self.variable(wanted * ratio), value) for ratio, value in tranches]
            parts += [(self.variable(wanted * rest), f["shed_value_eur_per_mwh"])]
            shed = sum(part for part, _ in parts)
            self.costs += [part * value * self.hours[t] for part, value in parts]
            self.into[f["bus"], t] += [shed, -wanted]
            most = f.get("shift_max_mw", 0.0) if window else 0.0
            more, less = (self.variable(most) for _ in range(2))
            self.events(f, t, wanted - shed - less + more, wanted + most)
            if window:
                self.law(shed + less <= wanted)
                account.setdefault(int(self.begin[t] // window), []).append((more - less) * self.hours[t])
                self.into[f["bus"], t] += [less, -more]
        for moved in account.values():
            self.law(sum(moved) == 0)

    def chp(self, c: Document) -> None:
        least = c.get("minimum_load_ratio", 0.0) * c["fuel_max_mw"]
        start_cost = c.get("start_cost_eur", 0.0)
        up, down = c.get("minimum_up_hours", 0.0) * 60, c.get("minimum_down_hours", 0.0) * 60
        ruled = any((least, start_cost, up, down))
        fuel = [self.variable(c["fuel_max_mw"]) for _ in self.steps]
        on: list[Any] = [self.variable(1, binary=True) for _ in self.steps] if ruled else []
        was_on = 1 if c.get("on_initially", False) else 0
        age = c.get("hours_in_state_initially", 8760.0) * 60
        for t in self.steps:
            self.into[c["electricity_bus"], t].append(c["electric_efficiency"] * fuel[t])
            self.into[c["heat_bus"], t].append(c["heat_efficiency"] * fuel[t])
            self.into[c["fuel_bus"], t].append(-fuel[t])
            self.costs.append(fuel[t] * c.get("cost_eur_per_mwh", 0.0) * self.hours[t])
            if not ruled:
                continue
            self.law(fuel[t] <= c["fuel_max_mw"] * on[t])
            self.law(fuel[t] >= least * on[t])
            before = on[t - 1] if t else was_on
            start = self.variable(1)
            self.law(start >= on[t] - before)
            self.costs.append(start * start_cost)
            for k in range(t + 1, len(self.minutes)):
                since = self.begin[k] - self.begin[t]
                if since < up:
                    self.law(on[k] >= on[t] - before)
                if since < down:
                    self.law(1 - on[k] >= before - on[t])
            if was_on and self.begin[t] < up - age:
                self.law(on[t] == 1)
            if not was_on and self.begin[t] < down - age:
                self.law(on[t] == 0)

    def boiler(self, k: Document) -> None:
        for t in self.steps:
            fuel = self.variable(k["heat_max_mw"] / k["efficiency"])
            self.into[k["heat_bus"], t].append(k["efficiency"] * fuel)
            self.into[k["fuel_bus"], t].append(-fuel)
            self.costs.append(k["efficiency"] * fuel * k.get("cost_eur_per_mwh", 0.0) * self.hours[t])

    def battery(self, b: Document) -> None:
        self.worn_store(b, 0.95, exclusive=True)

    def heat_store(self, s: Document) -> None:
        self.worn_store(s, 1.0, exclusive=False)

    def orders(self, columns: Document | None) -> None:
        names = ("id", "bus", "step", "side", "price_eur_per_mwh", "energy_mwh")
        for name, bus, t, side, price, energy in zip(*((columns or {}).get(n, []) for n in names), strict=True):
            part = self.variable(energy)
            sign = 1 if side == "sell" else -1
            self.into[bus, t].append(sign * part / self.hours[t])
            self.costs.append(sign * price * part)
            self.accepted[name] = part

    def close(self) -> None:
        """Balances and objective."""
        self.balances = {place: sum(parts) for place, parts in self.into.items() if parts}
        self.model.balance = pyo.Constraint(list(self.balances))
        for place, total in self.balances.items():
            if not isinstance(total, float):
                self.model.balance[place] = total == 0
        self.model.cost = pyo.Objective(expr=sum(self.costs))

    def solve(self) -> Answer:
        """The optimum; prices and orders at the fixed binaries."""
        solver = Highs()
        solver.highs_options = {"mip_rel_gap": 0.0, "mip_abs_gap": 1e-9, "threads": 1}
        solver.solve(self.model)
        objective = float(pyo.value(self.model.cost))
        if self.binaries:
            for binary in self.binaries:
                binary.fix(round(float(pyo.value(binary))))
                binary.domain = pyo.Reals
            solver = Highs()
            solver.solve(self.model)
        prices = self.duals(solver)
        accepted = {name: float(pyo.value(part)) for name, part in self.accepted.items()}
        return Answer(objective, {place: float(price) for place, price in prices.items()}, accepted)

    def duals(self, solver: Any) -> dict[tuple[str, int], float]:
        """Prices of the buses, in currency per MWh."""
        duals = solver.get_duals()
        # The balance says "what flows in is zero": one more MW of demand lowers its left side.
        return {place: duals[self.model.balance[place]] / self.hours[place[1]] for place in self.model.balance}
