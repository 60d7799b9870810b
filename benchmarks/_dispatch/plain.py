"""The plain script: the textbook problem as one sparse matrix straight into HiGHS, with no modelling layer.

It is what a practitioner writes by hand: kW, one block of columns per quantity, three binaries per CHP with the usual
rows, HiGHS as it comes with one thread. The duals and the schedule are taken back, nothing is checked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from _dispatch.problem import SITE, Problem, Store

INF = highspy.kHighsInf
Place = NDArray[np.int64]


@dataclass
class Script:
    """Columns and rows in blocks; coefficients as triplets."""

    columns: int = 0
    rows: int = 0
    bounds: list[Any] = field(default_factory=list)
    sides: list[Any] = field(default_factory=list)
    triplets: list[Any] = field(default_factory=list)

    def column(self, steps: int, upper: Any, cost: Any = 0.0, *, lower: Any = 0.0, whole: bool = False) -> Place:
        """A block of columns."""
        self.bounds.append([np.broadcast_to(np.asarray(each, float), steps) for each in (lower, upper, cost, whole)])
        self.columns += steps
        return np.arange(self.columns - steps, self.columns)

    def row(self, steps: int, lower: Any, upper: Any) -> Place:
        """A block of rows."""
        self.sides.append([np.broadcast_to(np.asarray(each, float), steps) for each in (lower, upper)])
        self.rows += steps
        return np.arange(self.rows - steps, self.rows)

    def put(self, row: Place, column: Place, coefficient: Any) -> None:
        """Coefficients, one for each pair."""
        self.triplets.append((row, column, np.broadcast_to(np.asarray(coefficient, float), row.shape)))


def solve(problem: Problem, *, gap: float = 1e-4, time_limit_s: float = math.inf) -> dict[str, Any]:
    """Objective and bound."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("time_limit", time_limit_s)
    highs.passModel(_model(problem))
    highs.run()
    solution, info = highs.getSolution(), highs.getInfo()
    np.asarray(solution.col_value), np.asarray(solution.row_dual)
    objective = info.objective_function_value
    return {"objective": objective, "bound": info.mip_dual_bound if problem.discrete else objective}


def _model(problem: Problem) -> highspy.HighsLp:
    script, steps, to_eur = Script(), problem.steps, problem.hours / 1000.0
    imported = script.column(steps, problem.import_kw, to_eur * problem.import_price)
    exported = script.column(steps, problem.export_kw, -to_eur * problem.export_price)
    meter = None
    if problem.tie_kw is not None:
        meter = script.row(steps, 0.0, 0.0)
        script.put(meter, imported, 1.0)
        script.put(meter, exported, -1.0)
    for site in range(problem.sites):
        electricity = _site(script, problem, site)
        if meter is None or problem.tie_kw is None:
            script.put(electricity, imported, 1.0)
            script.put(electricity, exported, -1.0)
        else:
            most = problem.tie_kw[site]
            tie = script.column(steps, most, lower=-most)
            script.put(electricity, tie, 1.0)
            script.put(meter, tie, -1.0)
    return _handed_over(script)


def _site(script: Script, problem: Problem, site: int) -> Place:
    """Everything behind the meter of a site; the rows of its electricity."""
    steps, to_eur, size = problem.steps, problem.hours / 1000.0, problem.size[site]
    electricity = script.row(steps, problem.demand_kw[site], problem.demand_kw[site])
    heat = script.row(steps, problem.heat_kw[site], problem.heat_kw[site])
    script.put(electricity, script.column(steps, SITE.pv_kw * size * problem.pv_size[site] * problem.pv_ratio), 1.0)
    if problem.has_chp[site]:
        fuel = script.column(steps, SITE.chp_gas_kw * size, to_eur * (SITE.gas_eur_per_mwh + SITE.chp_cost_eur_per_mwh))
        script.put(electricity, fuel, SITE.chp_electric)
        script.put(heat, fuel, SITE.chp_heat)
        if problem.discrete:
            _commitment(script, problem, fuel, size)
    boiler = script.column(steps, SITE.boiler_heat_kw * size / SITE.boiler_efficiency, to_eur * SITE.gas_eur_per_mwh)
    script.put(heat, boiler, SITE.boiler_efficiency)
    if problem.has_pump[site]:
        pump = script.column(steps, SITE.pump_kw * size)
        script.put(electricity, pump, -1.0)
        script.put(heat, pump, problem.cop)
    for bus, store in ((electricity, SITE.battery), (heat, SITE.tank)):
        _store(script, problem, bus, store, size)
    return electricity


def _commitment(script: Script, problem: Problem, fuel: Place, size: float) -> None:
    steps, most = problem.steps, SITE.chp_gas_kw * size
    on = script.column(steps, 1.0, whole=True)
    start = script.column(steps, 1.0, SITE.chp_start_eur * size, whole=True)
    stop = script.column(steps, 1.0, whole=True)
    row = script.row(steps, -INF, 0.0)
    script.put(row, fuel, 1.0)
    script.put(row, on, -most)
    row = script.row(steps, 0.0, INF)
    script.put(row, fuel, 1.0)
    script.put(row, on, -most * SITE.chp_least_load)
    row = script.row(steps, 0.0, 0.0)
    script.put(row, on, 1.0)
    script.put(row[1:], on[:-1], -1.0)
    script.put(row, start, -1.0)
    script.put(row, stop, 1.0)
    for switch, sign, hours, most_on in ((start, -1.0, SITE.chp_up_hours, 0.0), (stop, 1.0, SITE.chp_down_hours, 1.0)):
        row = script.row(steps, -INF, most_on)
        script.put(row, on, sign)
        for back in range(round(hours / problem.hours)):
            script.put(row[back:], switch[: steps - back], 1.0)


def _store(script: Script, problem: Problem, bus: Place, store: Store, size: float) -> None:
    steps, most, filling = problem.steps, store.energy_kwh * size, store.filling * store.energy_kwh * size
    charge = script.column(steps, store.power_kw * size)
    discharge = script.column(steps, store.power_kw * size, problem.hours / 1000.0 * store.cost_eur_per_mwh)
    lower, upper = np.zeros(steps), np.full(steps, most)
    lower[-1] = upper[-1] = filling
    energy = script.column(steps, upper, lower=lower)
    script.put(bus, charge, -1.0)
    script.put(bus, discharge, 1.0)
    before = np.zeros(steps)
    before[0] = problem.keep(store) * filling
    row = script.row(steps, before, before)
    script.put(row, energy, 1.0)
    script.put(row[1:], energy[:-1], -problem.keep(store))
    script.put(row, charge, -problem.hours * store.efficiency)
    script.put(row, discharge, problem.hours / store.efficiency)


def _handed_over(script: Script) -> highspy.HighsLp:
    rows, columns, values = (np.concatenate(part) for part in zip(*script.triplets, strict=True))
    matrix = csc_matrix((values, (rows, columns)), shape=(script.rows, script.columns))
    lower, upper, cost, whole = (np.concatenate(part) for part in zip(*script.bounds, strict=True))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = script.columns, script.rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
    lp.row_lower_, lp.row_upper_ = (np.concatenate(part) for part in zip(*script.sides, strict=True))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    if whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(each)] for each in whole]
    return lp
