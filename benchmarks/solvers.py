"""From a labelled programme to an answer: hand-off, warm re-solves, interrupts, and what each engine costs on an LP.

Usage: python benchmarks/solvers.py [--json] [--quick] [--only NAME]
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from _cancel import TRIALS, cancelled
from _engines import ENGINES, FULL, installed, measure
from _table import Row, at_least, at_most, below, cpu_side_by_side, figure, missing, quiet, show
from scipy.sparse import csr_array

import c4e_opt
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components import battery
from c4e_opt.fields import fields_of
from c4e_opt.formulate import formulate
from c4e_opt.program import Program, Room
from c4e_solvers import Session

CASES = Path(__file__).parent.parent / "cases"
#: Wall-clock seconds after which an engine gives up on one LP.
LIMIT_S = 600.0
SIZES = ((10, 96), (200, 96), (100, 672))


def fleet(count: int) -> list[battery.Battery]:
    """Batteries that differ in size."""
    return [
        battery.Battery(
            id=f"b{i}",
            bus="e",
            charge_max_mw=1.0 + i % 7,
            discharge_max_mw=1.0 + i % 5,
            energy_max_mwh=4.0 + i % 3,
            energy_start_mwh=1.0,
        )
        for i in range(count)
    ]


def prices(steps: int) -> np.ndarray:
    """A price per step that makes batteries move."""
    return 60.0 + 30.0 * np.sin(np.arange(steps) / 5.0)


def ours(count: int, steps: int) -> None:
    """The battery room of the library, a grid to trade with, and the balance of the bus; loaded into HiGHS."""
    program, horizon = Program(), Horizon(0, np.full(steps, 3600))
    terms = battery.formulate(Room(program, "battery"), fleet(count), horizon)
    bus = Axis("bus", ["e"])
    traded = program.variable("grid_mw", (bus, horizon.axis), -np.inf, np.inf, doc="power bought")
    fed = terms.injections[0].power_mw.along(bus, np.zeros(count, dtype=np.int64))
    program.equal("power_balance", fed + traded)
    program.minimise("energy", traded * prices(steps))
    Session(program.matrices()).close()


def by_hand(count: int, steps: int) -> None:
    """The same problem as somebody would write it in numpy and scipy for this one purpose."""
    batteries = fleet(count)
    n = count * steps
    column = {f: np.array([getattr(b, f) for b in batteries]) for f in ("charge_max_mw", "discharge_max_mw")}
    size = np.array([b.energy_max_mwh for b in batteries])
    charge, discharge, energy = (np.arange(k * n, (k + 1) * n).reshape(count, steps) for k in range(3))
    grid = np.arange(3 * n, 3 * n + steps)
    law = np.arange(n).reshape(count, steps)
    balance = n + np.arange(steps)
    rows = [law, law[:, 1:], law, law, np.tile(balance, (count, 1)), np.tile(balance, (count, 1)), balance]
    columns = [energy, energy[:, :-1], charge, discharge, charge, discharge, grid]
    values = (1.0, -1.0, -0.95, 1.0 / 0.95, -1.0, 1.0, 1.0)
    data = np.concatenate([np.full(r.size, v) for r, v in zip(rows, values, strict=True)])
    where = (np.concatenate([r.ravel() for r in rows]), np.concatenate([c.ravel() for c in columns]))
    table = csr_array((data, where), shape=(n + steps, 3 * n + steps))
    side = np.zeros(n + steps)
    side[law[:, 0]] = [b.energy_start_mwh for b in batteries]
    lower = np.concatenate([np.zeros(3 * n), np.full(steps, -np.inf)])
    upper = np.concatenate(
        [
            np.repeat(column["charge_max_mw"], steps),
            np.repeat(column["discharge_max_mw"], steps),
            np.repeat(size, steps),
        ]
    )
    cost = np.concatenate([np.zeros(3 * n), prices(steps)])
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(
        table.shape[1],
        table.shape[0],
        table.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        cost,
        lower,
        np.concatenate([upper, np.full(steps, np.inf)]),
        side,
        side,
        table.indptr.astype(np.int32),
        table.indices.astype(np.int32),
        table.data,
        np.zeros(table.shape[1], dtype=np.int32),
    )


def with_cvxpy(count: int, steps: int) -> None:
    """The same in cvxpy, up to the arrays that it hands to HiGHS."""
    import cvxpy

    batteries = fleet(count)
    column = {
        f: np.array([[getattr(b, f)] for b in batteries])
        for f in ("charge_max_mw", "discharge_max_mw", "energy_max_mwh")
    }
    over = (count, steps)
    charge, discharge, energy = (cvxpy.Variable(over, nonneg=True) for _ in range(3))
    grid = cvxpy.Variable(steps)
    start = np.array([[b.energy_start_mwh] for b in batteries])
    before = cvxpy.hstack([start, energy[:, :-1]])
    laws = [
        charge <= column["charge_max_mw"],
        discharge <= column["discharge_max_mw"],
        energy <= column["energy_max_mwh"],
        energy == before + 0.95 * charge - discharge / 0.95,
        cvxpy.sum(discharge - charge, axis=0) + grid == 0,
    ]
    cvxpy.Problem(cvxpy.Minimize(prices(steps) @ grid), laws).get_problem_data(cvxpy.HIGHS)


def with_linopy(count: int, steps: int) -> None:
    """The same in linopy, up to a HiGHS model."""
    import linopy
    import xarray

    batteries = fleet(count)

    def column(name: str) -> xarray.DataArray:
        return xarray.DataArray([getattr(b, name) for b in batteries], dims="battery", coords=axes[:1])

    axes = [("battery", [b.id for b in batteries]), ("time", np.arange(steps))]
    shape = {"coords": [labels for _, labels in axes], "dims": ["battery", "time"]}
    model = linopy.Model()
    full = {f: column(f).expand_dims(time=np.arange(steps)).transpose("battery", "time")
            for f in ("charge_max_mw", "discharge_max_mw", "energy_max_mwh")}  # fmt: skip
    charge = model.add_variables(0, full["charge_max_mw"], name="charge", **shape)
    discharge = model.add_variables(0, full["discharge_max_mw"], name="discharge", **shape)
    energy = model.add_variables(0, full["energy_max_mwh"], name="energy", **shape)
    grid = model.add_variables(coords=[np.arange(steps)], dims=["time"], name="grid")
    start = column("energy_start_mwh")
    moved = 0.95 * charge - (1 / 0.95) * discharge
    model.add_constraints((energy - energy.shift(time=1) - moved).isel(time=slice(1, None)) == 0, name="law")
    model.add_constraints((energy - moved).isel(time=0) == start, name="first")
    model.add_constraints((discharge - charge).sum("battery") + grid == 0, name="balance")
    model.add_objective((grid * xarray.DataArray(prices(steps), dims="time")).sum())
    model.to_highspy()


def hand_off(quick: bool) -> list[Row]:
    """Program to loaded HiGHS for fleets of batteries, beside a script and modelling libraries."""
    rows: list[Row] = []
    for count, steps in SIZES:
        what, runs = f"hand-off, {count} batteries x {steps} steps", 5 if quick else 15
        runs *= 20 if count * steps < 2000 else 1  # the small one takes a millisecond
        mine, hand = cpu_side_by_side(lambda c=count, s=steps: ours(c, s), lambda c=count, s=steps: by_hand(c, s), runs)
        rows.append(at_most(what, mine, hand, "numpy and scipy by hand", "CPU s", 1.2, "highspy"))
        peers: tuple[tuple[str, Callable[[int, int], None], float], ...] = (
            ("linopy", with_linopy, 20.0 if steps == 96 and count == 10 else 3.0),
            ("cvxpy", with_cvxpy, 1.0),
        )
        for name, peer, bar in peers:
            if importlib.util.find_spec(name) is None:
                rows.append(missing(what, name, "CPU s"))
                continue
            with quiet():
                mine, other = cpu_side_by_side(
                    lambda c=count, s=steps: ours(c, s), lambda c=count, s=steps, p=peer: p(c, s), 3
                )
            rows.append(at_least(what, mine, other, name, "CPU s", bar, name))
    return rows


def million(quick: bool) -> list[Row]:
    """A million columns, a million rows, three million nonzeros: build and hand-off."""
    if quick:
        return []
    out = subprocess.run([sys.executable, __file__, "--million"], capture_output=True, text=True, check=True)
    cpu_s, peak_mib, arrays_mib = (float(word) for word in out.stdout.split())
    what = "1M columns x 1M rows x 3M nonzeros"
    return [
        below(f"{what}: build and hand-off", cpu_s, "CPU s", 2.0, "highspy"),
        at_most(f"{what}: peak memory", peak_mib, arrays_mib, "the arrays themselves", "MiB", 3.0, "highspy"),
    ]


def _million_here() -> None:
    count, steps = 10_000, 100
    entity, time_ = Axis("entity", [str(i) for i in range(count)]), Axis("time", np.arange(steps))
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.process_time()
    program = Program()
    level = program.variable("level_mwh", (entity, time_), 0.0, np.full((count, steps), 5.0), doc="a level")
    before = level.previous(1.0)
    program.at_most("law", level * 2.0 - before * 0.5 - level.along(entity, np.roll(np.arange(count), 1)), 3.0)
    program.minimise("cost", level)
    matrices = program.matrices()
    session = Session(matrices)
    cpu_s = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - base
    names = "cost column_lower column_upper integral row_start row_index row_value row_lower row_upper"
    arrays = sum(getattr(matrices, name).nbytes for name in names.split())
    session.close()
    print(cpu_s, peak, arrays / 2**20)


def warm(quick: bool) -> list[Row]:
    """A site's LP over 96 steps, solved again after its prices have moved: wall time of one re-solve."""
    case = c4e_opt.read_case(CASES / "site_week" / "linear.yaml")
    horizon = Horizon(case.horizon.start, case.horizon.step_seconds[:96])
    matrices = formulate(_first_steps(case, horizon)).program.matrices()
    rng = np.random.default_rng(1)
    times: list[float] = []
    with Session(matrices) as session:
        session.solve()
        for _ in range(20 if quick else 100):
            session.change_costs(np.arange(matrices.columns), matrices.cost * rng.uniform(0.97, 1.03, matrices.columns))
            begin = time.perf_counter()
            session.solve()
            times.append(1000 * (time.perf_counter() - begin))
    return [below("warm re-solve of a 96-step site LP, median", statistics.median(times), "ms", 3.0, "highspy")]


def _first_steps(case: c4e_opt.Case, horizon: Horizon) -> c4e_opt.Case:
    """The begin of a case; stores end where they like."""

    def cut(record: Any) -> Any:
        names = [name for name, field in fields_of(type(record)).items() if field.meta.kind == "series"]
        given = {name: getattr(record, name) for name in names}
        return replace(record, **{n: values[: horizon.steps] for n, values in given.items() if values is not None})

    components = {kind: tuple(cut(record) for record in records) for kind, records in case.components.items()}
    return replace(case, horizon=horizon, components=components)


def cancel(quick: bool) -> list[Row]:
    """From an interrupt to the return of the solve, milliseconds, and whether the engine solves on."""
    rows: list[Row] = []
    for each in TRIALS:
        what = f"interrupt: {each.label}"
        if not each.installed:
            rows.append(missing(what, each.package, "ms"))
            continue
        if quick and not each.heeds:
            continue
        found = cancelled(each, 3 if quick else 12 if each.heeds else 2)
        late, count = found.percentile(95), len(found.latency_ms)
        state = "solves on" if found.usable else "DOES NOT SOLVE ON"
        note = f"p95 of {count}, p50 {found.percentile(50):.0f}, longest {found.percentile(100):.0f} ms; {state}"
        if each.heeds:
            row = below(what, late, "ms", each.bar_ms, each.package)
            rows.append(replace(row, other_name=note, holds=late <= each.bar_ms and found.usable))
        else:
            rows.append(figure(what, late, None, f"{note}; runs to its end", "ms", each.package))
    return rows


def engines(quick: bool) -> list[Row]:
    """What every engine costs on LPs of the library, beside what "auto" takes; one process and one thread each."""
    problems = ("10 sites x 96",) if quick else FULL
    limit_s = 2.0 if quick else LIMIT_S
    rows: list[Row] = []
    for problem in problems:
        found = {name: measure(problem, name, limit_s) for name in ENGINES if installed(name)}
        ended = [each for each in found.values() if each["reason"] == "OPTIMAL"]
        truest = min(ended, key=lambda each: each["primal_residual"] + each.get("gap", 0.0), default={"objective": 0.0})
        best = truest["objective"]
        ours = found["auto"].get("cpu_s")
        size = next((f"{e['columns']:,} x {e['rows']:,}, {e['nonzeros']:,}" for e in found.values() if "rows" in e), "")
        what = f"{problem} ({size})"
        exact = {
            name: each["cpu_s"]
            for name, each in found.items()
            if name != "auto" and each["reason"] == "OPTIMAL" and each["vertex"] and each["duals"]
        }
        if exact and ours is not None:
            fastest = min(exact, key=lambda name: exact[name])
            rows.append(at_most(f"{what}: auto", ours, exact[fastest], f"{fastest}, the fastest vertex", "CPU s", 1.3))
        for name, each in found.items():
            note = f"{name}: {_worth(each, best)}"
            rows.append(figure(what, ours, each.get("cpu_s"), note, "CPU s", ENGINES[name].package.replace("_", "-")))
        rows += [missing(what, name, "CPU s") for name in ENGINES if not installed(name)]
    return rows


def _worth(found: dict[str, Any], best: float) -> str:
    """How an engine's answer compares with the best, in words."""
    if "objective" not in found:
        wall = f" after {found['wall_s']:.0f} s" if "wall_s" in found else ""
        return f"{found['reason']}{wall}"
    off = abs(found["objective"] - best) / max(1.0, abs(best))
    residual = max(found["primal_residual"], found.get("dual_residual", 0.0))
    steps = " + ".join(f"{count} {kind}" for kind, count in found["iterations"].items())
    vertex = "vertex" if found["vertex"] else "no vertex"
    ended = "" if found["reason"] == "OPTIMAL" else f"{found['reason']}, "
    return f"{ended}wall {found['wall_s']:.2f} s, objective off {off:.0e}, residual {residual:.0e}, {vertex}, {steps}"


PARTS: dict[str, Callable[[bool], list[Row]]] = {
    "hand_off": hand_off,
    "million": million,
    "warm": warm,
    "cancel": cancel,
    "engines": engines,
}


def main() -> int:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one list of rows")
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--only", choices=PARTS, help="run one part")
    parser.add_argument("--million", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.million:
        _million_here()
        return 0
    rows = [row for name, part in PARTS.items() if chosen.only in (None, name) for row in part(chosen.quick)]
    return show(rows, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
