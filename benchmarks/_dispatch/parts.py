"""What is measured in the process of the benchmark itself: re-solves, flows both ways, case files, a fine year."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from _table import cpu_side_by_side

import c4e_opt
from _dispatch import ours
from _dispatch.problem import Floats, Problem, formulas, many, single
from c4e_opt.axes import Horizon
from c4e_opt.fields import fields_of
from c4e_opt.formulate import everywhere, formulate
from c4e_solvers import Matrices, Session, SolverOptions, Warm
from c4e_solvers import solve as solve_matrices

CASES = Path(__file__).resolve().parents[2] / "cases"
GAP = 1e-4
#: Below this, in MW, a flow is none.
_NONE_MW = 1e-6


def _cpu(act: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    answer = act()
    return time.process_time() - begin, answer


def resolve(count: int) -> dict[str, float]:
    """Median CPU milliseconds of a site's day in quarter-hours, solved again and again with other prices."""
    day = many(1)
    rng = np.random.default_rng(1)
    cases: list[c4e_opt.Case] = []
    for _ in range(count + 1):
        change = rng.normal(0.0, 2.0, day.steps)
        priced = replace(day, import_price=day.import_price + change, export_price=day.export_price + change)
        cases.append(ours.case(priced))
    matrices = [formulate(case).program.matrices() for case in cases]
    session, columns = Session(matrices[0]), np.arange(matrices[0].columns)
    session.solve()
    warm = Warm()
    c4e_opt.solve(cases[0], warm=warm)
    spent: dict[str, list[float]] = {"solver_ms": [], "whole_ms": [], "cold_ms": []}
    for case, matrix in zip(cases[1:], matrices[1:], strict=True):

        def again(cost: Floats = matrix.cost) -> Any:
            session.change_costs(columns, cost)
            return session.solve()

        solver_s, solution = _cpu(again)
        whole_s, outcome = _cpu(lambda case=case: c4e_opt.solve(case, warm=warm))
        cold_s, _ = _cpu(lambda case=case: c4e_opt.solve(case))
        if abs(solution.objective - outcome.objective) > 1e-6:
            raise SystemExit(f"warm re-solve: {solution.objective} EUR against {outcome.objective} EUR")
        for name, seconds in (("solver_ms", solver_s), ("whole_ms", whole_s), ("cold_ms", cold_s)):
            spent[name].append(1000 * seconds)
    return {name: statistics.median(each) for name, each in spent.items()}


def cheap_noons(*, quick: bool) -> list[Problem]:
    """Summer with prices far below zero at noon, where wasting energy pays: a week of one site, a day of ten."""
    posed: list[Problem] = []
    for fall, name in ((120.0, "prices below zero in 38 of 168 h"), (180.0, "prices below zero in 65 of 168 h")):
        week = single(168, first_hour=4368.0, name=name)
        drop = fall * week.pv_ratio
        posed.append(replace(week, import_price=week.import_price - drop, export_price=week.export_price - drop))
    if quick:
        return posed
    sites, summer = many(10, name="10 sites, prices below zero in 46 of 96 steps"), single(1, first_hour=4416.0)
    series = _series(sites.steps, summer.first_hour)
    price = series["import_price_eur_per_mwh"] - 180.0 * series["pv_ratio"]
    shared = {"pv_ratio": series["pv_ratio"], "cop": series["cop"]}
    prices = {"import_price": price, "export_price": 0.85 * price - 10.0}
    return [*posed, replace(sites, first_hour=summer.first_hour, heat_kw=0.25 * sites.heat_kw, **shared, **prices)]


def _series(steps: int, first_hour: float) -> dict[str, Floats]:
    """The series of quarter-hours from an hour of the year on."""
    return formulas().profiles(steps, 0.25, first_hour)


def both_ways(posed: Problem) -> dict[str, Any]:
    """Our answer and the full MILP's, in which every battery, connection and tie has its binary in every step.

    Returns:
        binaries, full_binaries, seconds, full_seconds (CPU), and whether ours never flows both ways and is, within the
        gap, an optimum of the full MILP.
    """
    case = ours.case(posed)
    seconds, outcome = _cpu(lambda: c4e_opt.solve(case))
    cells = everywhere(formulate(case))
    matrices = formulate(case, cells).program.matrices()
    full_seconds, full = _cpu(lambda: solve_matrices(matrices, SolverOptions(relative_gap=GAP), "highs"))
    pairs = (
        ("battery_charge_mw", "battery_discharge_mw"),
        ("grid_connection_import_mw", "grid_connection_export_mw"),
        ("tie_forward_mw", "tie_backward_mw"),
    )
    table = outcome.schedule_table
    never = all(
        float(np.minimum(table.values(first), table.values(second)).max()) <= _NONE_MW
        for first, second in pairs
        if first in table.quantities
    )
    room = 2 * GAP * max(abs(full.objective), abs(outcome.objective)) + 1e-6
    optimal = full.bound - room <= outcome.objective <= full.objective + room
    return {
        "binaries": outcome.size["integers"],
        "full_binaries": sum(int(each.sum()) for each in cells.values()),
        "seconds": seconds,
        "full_seconds": full_seconds,
        "holds": never and optimal,
    }


def by_hand(matrices: Matrices) -> float:
    """Hand a matrix to HiGHS and take the solution back, with nothing of ours in between; the objective."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrices.columns, matrices.rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = matrices.cost, matrices.column_lower, matrices.column_upper
    lp.row_lower_, lp.row_upper_ = matrices.row_lower, matrices.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrices.row_start, matrices.row_index
    lp.a_matrix_.value_ = matrices.row_value
    highs.passModel(lp)
    highs.run()
    solution = highs.getSolution()
    np.asarray(solution.col_value), np.asarray(solution.row_dual)
    return highs.getInfo().objective_function_value


def from_file(name: str, runs: int) -> tuple[float, float]:
    """CPU of reading, checking, formulating, solving, pricing and verifying a case, and of the solver by hand."""
    matrices = formulate(c4e_opt.read_case(CASES / name)).program.matrices()
    return cpu_side_by_side(lambda: c4e_opt.solve(c4e_opt.read_case(CASES / name)), lambda: by_hand(matrices), runs)


def quarter_hours() -> float:
    """Solve the reference site's year in 35,040 quarter-hours; the objective."""
    outcome = c4e_opt.solve(_refined(c4e_opt.read_case(CASES / "site_year"), 4))
    assert outcome.objective is not None
    return outcome.objective


def _refined(case: c4e_opt.Case, parts: int) -> c4e_opt.Case:
    """The same case with every step cut into equal parts; series keep their value over the parts."""
    horizon = case.horizon
    finer = Horizon(horizon.start, np.repeat(horizon.step_seconds // parts, parts), horizon.time_zone)
    components = {
        kind: tuple(
            replace(
                record,
                **{
                    name: np.repeat(getattr(record, name), parts)
                    for name, field in fields_of(type(record)).items()
                    if field.meta.kind == "series" and getattr(record, name) is not None
                },
            )
            for record in records
        )
        for kind, records in case.components.items()
    }
    return replace(case, horizon=finer, components=components)
