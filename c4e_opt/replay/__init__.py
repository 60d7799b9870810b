"""Replay: what a schedule does to a real grid, by an AC power flow of every step.

What the schedule gives to every bus is kept, apart from one bus of each island, which balances it and makes up for the
losses: the buses that are its slack; else that of its largest grid connection; else that of its largest generator; else
its first. Voltage and angle are held there. Reactive power is what the schedule says of it; of a schedule by a model
without, it follows from the records: what is in proportion to power or fixed is given so, and what is free holds the
voltage of its bus (`voltage_set_pu`) within its limits. Taps, phase shifts, lines and banks that the schedule sets are
set so.

Steps without held voltages are solved by power-grid-model all at once, others by `replay.newton` one after another.
A step that does not converge is told as such. Outages are not replayed.

Source: Zimmerman, Murillo-Sánchez, MATPOWER User's Manual 8.0, section 3 (branch model), 4.1 (AC power flow),
https://matpower.org/docs/manual.pdf; power-grid-model, https://power-grid-model.readthedocs.io.
"""

from __future__ import annotations

from dataclasses import replace as changed

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.replay import batch, newton
from c4e_opt.replay.grid import Complex, Grid, Setting, grid_of, settings
from c4e_opt.replay.injections import Injections, injections
from c4e_opt.replayed import Replay

#: Models whose answers know voltage, and are replayed when the policy says auto.
_WITH_VOLTAGE = ("lindistflow", "socp", "soc")


def wanted(case: Case) -> bool:
    """Whether the policy of a case wants its answer replayed, and there are lines."""
    chosen = case.policy.replay == "always" or (case.policy.replay == "auto" and case.policy.network in _WITH_VOLTAGE)
    return chosen and any(line.in_service for line in case.components.get("line", ()))


def with_replay(case: Case, outcome: Outcome) -> Outcome:
    """The answer with its replay."""
    return changed(outcome, replay=replay(case, outcome))


def replay(case: Case, outcome: Outcome) -> Replay:
    """Replay an answer.

    Args:
        case: The case, checked.
        outcome: An answer to it with a schedule.
    """
    grid = grid_of(case)
    given = injections(case, outcome, grid)
    steps = case.horizon.steps
    voltage = np.full((grid.bus.size, steps), np.nan + 0j)
    apparent = np.zeros((2, len(grid.lines), steps), dtype=np.complex128)
    for setting, members in settings(case, outcome, grid):
        solved = _voltages(grid, setting, given.at(members))
        voltage[:, members] = solved
        apparent[:, :, members] = setting.flows(solved)
    converged: BoolArray = np.asarray(np.isfinite(voltage).all(axis=0), dtype=np.bool_)
    apparent *= case.policy.base_mva
    return Replay(
        time=case.horizon.axis.labels,
        bus=grid.bus,
        line=np.array([line.id for line in grid.lines], dtype=np.str_),
        voltage_pu=np.abs(voltage),
        voltage_min_pu=grid.voltage_min_pu,
        voltage_max_pu=grid.voltage_max_pu,
        loading_ratio=_loading(np.abs(apparent).max(axis=0), grid, steps),
        firm=np.array([line.overload_price_eur_per_mwh is None for line in grid.lines], dtype=np.bool_),
        loss_mw=np.where(converged, apparent.real.sum(axis=(0, 1)), np.nan),
        answer_loss_mw=_answer_loss(outcome, steps),
        converged=converged,
    )


def _voltages(grid: Grid, setting: Setting, given: Injections) -> Complex:
    """Complex voltages per unit, (bus, step); not a number where a step does not converge."""
    held = given.held & ~setting.slack
    if held.any():
        return newton.voltages(grid, setting, given, held)
    return batch.voltages(grid, setting, given)


def _loading(apparent_mva: FloatArray, grid: Grid, steps: int) -> FloatArray:
    """Apparent power by the limit, (line, time)."""
    limits = [np.inf if line.limit_mw is None else line.limit_mw for line in grid.lines]
    limit = np.array([np.broadcast_to(each, steps) for each in limits], dtype=np.float64).reshape(-1, steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = apparent_mva / limit
    return np.where((limit == 0) & (apparent_mva == 0), 0.0, ratio)


def _answer_loss(outcome: Outcome, steps: int) -> FloatArray:
    found = outcome.schedule_table.quantities.get("line_loss_mw")
    return np.zeros(steps) if found is None else found.values.sum(axis=0)
