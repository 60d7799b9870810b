"""Unit commitment as the reference models of pglib-uc and UnitCommitment.jl define it, in Pyomo: power above the least.

Written from MODEL.pdf of pglib-uc (equation numbers below) and the documentation of UnitCommitment.jl, unit by unit and
period by period, with weights of the points of a cost curve and a binary for every start category.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.contrib.appsi.base import TerminationCondition
from pyomo.contrib.appsi.solvers import Highs


@dataclass(frozen=True, slots=True)
class Rules:
    """Where the two models differ."""

    first_start_ramped: bool  # (8) also of units that start in the first period
    stop_limits_reserve: bool  # (18) power and reserve, or power alone
    shed_price: float | None  # of demand that is not met; must be met when None


PGLIB = Rules(True, True, None)
UCJL = Rules(False, False, 1000.0)


def optimum(document: Mapping[str, Any], rules: Rules = PGLIB) -> float:
    """The least cost of an instance in the words of pglib-uc."""
    model, last = pyo.ConcreteModel(), document["time_periods"]
    hours = range(1, last + 1)
    model.law = pyo.ConstraintList()
    model.binary, model.amount = pyo.VarList(domain=pyo.Binary), pyo.VarList(domain=pyo.NonNegativeReals)
    supply: dict[int, Any] = dict.fromkeys(hours, 0.0)
    reserve: dict[int, Any] = dict.fromkeys(hours, 0.0)
    cost: Any = 0.0
    for unit in document["thermal_generators"].values():
        power, kept, on, spent = _unit(model, unit, last, rules)
        cost += spent
        for t in hours:
            supply[t] += power[t] + unit["power_output_minimum"] * on[t]
            reserve[t] += kept[t]
    for source in document.get("renewable_generators", {}).values():
        for t in hours:
            power = model.amount.add()
            power.setlb(source["power_output_minimum"][t - 1])
            power.setub(source["power_output_maximum"][t - 1])
            supply[t] += power
    for t in hours:
        shed: Any = 0.0
        if rules.shed_price is not None:
            shed = model.amount.add()
            shed.setub(document["demand"][t - 1])
            cost += rules.shed_price * shed
        model.law.add(supply[t] + shed == document["demand"][t - 1])
        if document["reserves"][t - 1] > 0:
            model.law.add(reserve[t] >= document["reserves"][t - 1])
    model.cost = pyo.Objective(expr=cost)
    solver = Highs()
    solver.config.mip_gap = 0.0
    solver.config.load_solution = False
    result = solver.solve(model)
    if result.termination_condition is not TerminationCondition.optimal:
        return float("inf")
    return float(result.best_feasible_objective)


def _unit(model: Any, unit: Mapping[str, Any], last: int, rules: Rules) -> tuple[Any, Any, Any, Any]:
    """Power above the least, reserve, state and cost of a unit."""
    add, hours = model.law.add, range(1, last + 1)
    on, start, stop = ({t: model.binary.add() for t in hours} for _ in range(3))
    power, kept = ({t: model.amount.add() for t in hours} for _ in range(2))
    least, largest = unit["power_output_minimum"], unit["power_output_maximum"]
    was_on = unit["unit_on_t0"]
    before = was_on * (unit["power_output_t0"] - least)
    up, down = unit["ramp_up_limit"], unit["ramp_down_limit"]
    above_start = max(largest - unit["ramp_startup_limit"], 0)
    above_stop = max(largest - unit["ramp_shutdown_limit"], 0)
    cost: Any = 0.0
    for t in hours:
        add(on[t] - (on[t - 1] if t > 1 else was_on) == start[t] - stop[t])  # (6), (12)
        if unit["must_run"]:
            on[t].setlb(1)  # (11)
        rest = (
            unit["time_up_minimum"] - unit["time_up_t0"] if was_on else unit["time_down_minimum"] - unit["time_down_t0"]
        )
        if t <= rest:
            on[t].fix(was_on)  # (4), (5)
        add(sum(start[k] for k in range(max(1, t - unit["time_up_minimum"] + 1), t + 1)) <= on[t])  # (13)
        add(sum(stop[k] for k in range(max(1, t - unit["time_down_minimum"] + 1), t + 1)) <= 1 - on[t])  # (14)
        add(power[t] + kept[t] <= (largest - least) * on[t] - above_start * start[t])  # (17)
        if t < last:
            limited = power[t] + kept[t] if rules.stop_limits_reserve else power[t]
            add(limited <= (largest - least) * on[t] - above_stop * stop[t + 1])  # (18)
        if t > 1 or was_on or rules.first_start_ramped:
            add(power[t] + kept[t] - (power[t - 1] if t > 1 else before) <= up)  # (8), (19)
        add((power[t - 1] if t > 1 else before) - power[t] <= down)  # (9), (20)
        cost += _category(model, unit, t, start[t], stop) + _production(model, unit, power[t], on[t])
    add(before <= was_on * (largest - least) - above_stop * stop[1])  # (10)
    return power, kept, on, cost


def _category(model: Any, unit: Mapping[str, Any], t: int, start: Any, stop: Any) -> Any:
    """Cost of a start by the hours that the unit was off before it, (15) and (16)."""
    categories = unit["startup"]
    chosen = [model.binary.add() for _ in categories]
    model.law.add(sum(chosen) == start)
    for place, category in enumerate(categories[:-1]):
        rests = range(category["lag"], categories[place + 1]["lag"])
        recent = sum(stop[t - rest] for rest in rests if t - rest >= 1)
        if not unit["unit_on_t0"]:
            recent += int(unit["time_down_t0"] + t - 1 in rests)
        model.law.add(chosen[place] <= recent + 0 * start)
    return sum(category["cost"] * each for category, each in zip(categories, chosen, strict=True))


def _production(model: Any, unit: Mapping[str, Any], power: Any, on: Any) -> Any:
    """Cost of production as the least mean of the points, (21) to (23)."""
    points = unit["piecewise_production"]
    weights = [model.amount.add() for _ in points]
    model.law.add(sum(weights) == on)
    model.law.add(power == sum((point["mw"] - points[0]["mw"]) * w for point, w in zip(points, weights, strict=True)))
    return sum(point["cost"] * w for point, w in zip(points, weights, strict=True))
