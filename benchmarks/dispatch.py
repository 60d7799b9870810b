"""Dispatch beside the bare solver: the whole path from file to verified outcome, against handing HiGHS the same matrix.

Usage: python benchmarks/dispatch.py [--json] [--quick] [--only NAME]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
from _table import Row, at_most, below, cpu_side_by_side, show

import c4e_opt
from c4e_opt.axes import Horizon
from c4e_opt.fields import fields_of
from c4e_opt.formulate import formulate
from c4e_solvers import Matrices

CASES = Path(__file__).parent.parent / "cases"


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


def whole_path(what: str, case: Path, bar: float, runs: int) -> list[Row]:
    """CPU of reading, checking, formulating, solving, pricing and verifying, over the solver by hand."""
    matrices = formulate(c4e_opt.read_case(case)).program.matrices()
    ours, other = cpu_side_by_side(lambda: c4e_opt.solve(c4e_opt.read_case(case)), lambda: by_hand(matrices), runs)
    return [at_most(f"{what}: read to verified outcome", ours, other, "HiGHS by hand", "CPU s", bar, "highspy")]


def site_week(quick: bool) -> list[Row]:
    """The reference site, 168 h, LP."""
    return whole_path("site_week LP", CASES / "site_week" / "linear.yaml", 3.0, 9 if quick else 25)


def site_year(quick: bool) -> list[Row]:
    """The reference site, 8,760 h, LP."""
    return whole_path("site_year LP", CASES / "site_year", 1.3, 3 if quick else 5)


def quarter_hours(quick: bool) -> list[Row]:
    """A year in 35,040 quarter-hours: peak memory of the whole process."""
    if quick:
        return []
    out = subprocess.run([sys.executable, __file__, "--quarter-hours"], capture_output=True, text=True, check=True)
    peak_mib, cpu_s, objective = (float(word) for word in out.stdout.split())
    note = f"one site, 35,040 steps LP ({cpu_s:.1f} CPU s, {objective:.2f} EUR)"
    return [below(f"{note}: peak memory", peak_mib, "MiB", 4096, "highspy")]


def refined(case: c4e_opt.Case, parts: int) -> c4e_opt.Case:
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


def _quarter_hours_here() -> None:
    outcome = c4e_opt.solve(refined(c4e_opt.read_case(CASES / "site_year"), 4))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, outcome.objective)


PARTS: dict[str, Callable[[bool], list[Row]]] = {
    "site_week": site_week,
    "site_year": site_year,
    "quarter_hours": quarter_hours,
}


def main() -> int:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one list of rows")
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--only", choices=PARTS, help="run one part")
    parser.add_argument("--quarter-hours", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.quarter_hours:
        _quarter_hours_here()
        return 0
    rows = [row for name, part in PARTS.items() if chosen.only in (None, name) for row in part(chosen.quick)]
    return show(rows, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
