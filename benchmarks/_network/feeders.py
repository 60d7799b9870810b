"""Feeders: errors of `lindistflow` and `socp` beside AC power flows that others solved, and what they take."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from _table import Row, below, figure, missing

from c4e_opt import read_case, solve
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome

FEEDERS = Path(__file__).resolve().parents[3] / "shared" / "oracles" / "network" / "dist"
#: The largest error of the lowest voltage of the linear model, and of voltages and losses of the exact one.
LINEAR_PU, EXACT_PU, EXACT_LOSS = 0.011, 1e-6, 1e-5
#: A SimBench grid of 96 low-voltage lines, a day in quarter-hours.
SIMBENCH = "1-LV-rural2--2-sw"


def rows(quick: bool) -> list[Row]:
    """Errors and CPU seconds of every feeder; two of them when quick."""
    if not FEEDERS.is_dir():
        return [missing("feeders", FEEDERS.name, "p.u.")]
    known = json.loads((FEEDERS / "expected.json").read_text(encoding="utf-8"))["cases"]
    found: list[Row] = []
    alone = [name for name in known if name != "case4_dist"]  # whose second generator holds a voltage
    for name in alone[:2] if quick else alone:
        for model in ("lindistflow", "socp"):
            found += _feeder(name, model, known[name]["vmin"], known[name]["loss_kw"])
    if quick:
        return found
    if find_spec("simbench") is None:
        return [*found, missing("SimBench, 96 steps", "simbench", "CPU s")]
    for model in ("lindistflow", "socp"):
        outcome, spent = _solved(_posed(read_case(SIMBENCH), model))
        found.append(figure(f"{SIMBENCH}, 96 steps, {model}: dispatch", spent, None, "", "CPU s"))
        found.append(figure(f"{SIMBENCH}, 96 steps, {model}: voltages off AC", _off(outcome), None, "", "p.u."))
    return found


def _posed(case: Case, model: str) -> Case:
    """The case by a model, replayed."""
    return replace(case, policy=replace(case.policy, network=model, replay="always"))


def _solved(case: Case) -> tuple[Outcome, float]:
    solve(case)
    begun = time.process_time()
    outcome = solve(case)
    return outcome, time.process_time() - begun


def _off(outcome: Outcome) -> float:
    """The largest distance of a voltage of the answer from the AC power flow of its schedule."""
    assert outcome.replay is not None
    labels = outcome.schedule_table.labels["line_bus"].tolist()
    place = [labels.index(bus) for bus in outcome.replay.bus.tolist()]
    told = outcome.schedule_table.values("line_voltage_pu")[place]
    return float(np.nanmax(np.abs(told - outcome.replay.voltage_pu)))


def _wide(case: Case) -> Case:
    """The feeder without limits at its root and of its voltages, as a power flow sees it."""
    buses = tuple(replace(bus, voltage_min_pu=0.5, voltage_max_pu=1.5) for bus in case.buses)
    root = tuple(replace(each, power_max_mw=np.full(1, 1e3)) for each in case.components["generator"])
    reactive = tuple(
        replace(each, reactive_min_mvar=np.full(1, -1e3), reactive_max_mvar=np.full(1, 1e3))
        if each.member.startswith("generator/")
        else each
        for each in case.components["reactive"]
    )
    return replace(case, buses=buses, components={**case.components, "generator": root, "reactive": reactive})


def _feeder(name: str, model: str, lowest_pu: float, loss_kw: float) -> list[Row]:
    outcome, spent = _solved(_posed(_wide(read_case(FEEDERS / f"{name}.m")), model))
    voltage = outcome.schedule_table.values("line_voltage_pu")
    off = abs(float(voltage.min()) - lowest_pu)
    bar = LINEAR_PU if model == "lindistflow" else EXACT_PU
    found = [
        below(f"{name}, {model}: lowest voltage off AC", off, "p.u.", bar),
        figure(f"{name}, {model}: dispatch", spent, None, "", "CPU s"),
    ]
    if model == "socp":
        loss = float(outcome.schedule_table.values("line_loss_mw").sum()) * 1e3
        found.append(below(f"{name}, {model}: loss off AC", abs(loss / loss_kw - 1.0), "ratio", EXACT_LOSS))
    return found
