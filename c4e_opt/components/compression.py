"""Compression: what heat pumps and chillers share: electric power that moves heat from a cold side to a warm one.

Variables, for every machine m and step t:
    electric_mw[m, t]   electric power taken, 0 <= . <= electric_max_mw, and no more than gives the largest useful power
    on, starting, stopping, start_cost_eur   of machines with any commitment rule, see `commitment.unit`
    segment_mw, segment_full   of machines with part-load points, see `components.part_load`

Constraints, for machines with any commitment rule:
    electric_upper_limit[m, t]   electric_mw <= its largest * on, less in the first and last step of a run with a ramp
    electric_lower_limit[m, t]   electric_mw >= minimum_load_ratio * electric_max_mw * on
    commitment_balance, minimum_up_time, minimum_down_time   see `commitment.three_binary`
    start_cost_floor   see `commitment.start_tiers`
    ramp_up_limit, ramp_down_limit, stop_ramp_limit   see `commitment.ramps`
    segment_sum, segment_filled, segment_order   see `components.segments`

Useful power: performance * electric_mw, or by `components.part_load`. The performance (COP of a heat pump, EER of a
chiller) is given for every step, or follows from the temperatures of the two sides, in kelvin:
    performance[t] = quality_grade * useful[t] / (warm[t] - cold[t]), at most the largest performance,
where useful is the warm side of a heat pump and the cold side of a chiller. Where the cold side is not colder than the
warm one the performance is the largest. Loads are parts of electric_max_mw.

Objective, term `production`: cost * electric_mw * hours; terms `start`, `stop`, `running`: see `commitment.unit`.

Not modelled: temperatures that depend on the load, a largest electric power that depends on temperatures.
Source: the share of the Carnot performance, as in oemof.thermal, module compression_heatpumps_and_chillers, `calc_cops`
(https://oemof-thermal.readthedocs.io/en/latest/compression_heat_pumps_and_chillers.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import unit
from c4e_opt.commitment.unit import Unit, UnitState
from c4e_opt.components import part_load
from c4e_opt.components.context import Context
from c4e_opt.components.part_load import PartLoadPoint
from c4e_opt.components.terms import fleet, profiles, scalars
from c4e_opt.fields import number, parts, record
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room

#: Zero degrees Celsius in kelvin.
KELVIN = 273.15
#: No performance that is given or follows from temperatures may be larger.
PERFORMANCE_MAX = 20.0


@record
class Compressor(Unit):
    """What heat pumps and chillers have in common; loads are parts of electric_max_mw."""

    quality_grade: Any = number(
        unit="", minimum=0, maximum=1, default=None,
        doc="Share of the Carnot performance that it reaches; required with temperatures.",
    )  # fmt: skip
    part_load: tuple[PartLoadPoint, ...] = parts(
        PartLoadPoint, doc="How its performance changes with its load; that of the step at every load when empty."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """The words of one kind of machine: names of its fields, and which side is the useful one."""

    performance: str
    cold: str  # temperature of the side that heat is taken from
    warm: str  # temperature of the side that takes it
    most: str  # largest useful power
    heats: bool  # whether the warm side is the useful one; its cold side may ice up

    @property
    def largest(self) -> str:
        """Field of the largest performance."""
        return f"{self.performance}_max"


@dataclass(frozen=True, slots=True)
class Running:
    """What machines take and give, (machine, time), and their state."""

    electric_mw: Linear
    useful_mw: Linear
    state: UnitState | None

    @property
    def on(self) -> Linear | None:
        """1 while a machine with a state runs; None when none has one."""
        return self.state.on if self.state else None

    @property
    def committed(self) -> BoolArray | None:
        """Machines with a state, (machine,); None when none has one."""
        return self.state.present[:, 0] if self.state else None


def check(path: str, machine: Any, context: Context, cycle: Cycle) -> Iterator[Issue]:
    """What is wrong between the fields of one machine; nothing, when it may be formulated."""
    yield from unit.check(path, machine)
    yield from part_load.check(path, machine.part_load)
    by_temperature = (cycle.cold, cycle.warm, "quality_grade")
    only_so = (*by_temperature, cycle.largest, *(("icing_factor",) if cycle.heats else ()))
    given = [name for name in only_so if getattr(machine, name) is not None]
    if getattr(machine, cycle.performance) is not None:
        for name in given:
            message = f"is given beside {cycle.performance}; give {cycle.performance}, or what it follows from"
            yield Issue(f"{path}.{name}", "conflict", message)
    elif not given:
        message = f"is missing; give it, or {', '.join(by_temperature)}"
        yield Issue(f"{path}.{cycle.performance}", "missing_field", message)
    else:
        missing = [name for name in by_temperature if name not in given]
        for name in missing:
            message = f"is missing; without {cycle.performance} all of {', '.join(by_temperature)} are needed"
            yield Issue(f"{path}.{name}", "missing_field", message)
        if not missing:
            yield from _check_temperatures(path, machine, context, cycle)


def _check_temperatures(path: str, machine: Any, context: Context, cycle: Cycle) -> Iterator[Issue]:
    """The first step whose temperatures give no performance that a machine could have."""
    if getattr(machine, cycle.largest) is not None:
        return
    found = performances([machine], context.horizon.steps, cycle)[0]
    wrong = np.flatnonzero(found > PERFORMANCE_MAX)
    if wrong.size:
        step = int(wrong[0])
        cold, warm = (np.broadcast_to(getattr(machine, name), found.shape)[step] for name in (cycle.cold, cycle.warm))
        said = f"is {warm:g} °C at {context.horizon.axis.labels[step]}Z, with {cycle.cold} at {cold:g} °C"
        message = f"{said}: no {cycle.performance} of {PERFORMANCE_MAX:g} or less; give {cycle.largest}"
        yield Issue(f"{path}.{cycle.warm}[{step}]", "range", message)


def performances(machines: Sequence[Any], steps: int, cycle: Cycle) -> FloatArray:
    """Useful power per electric power at full load, (machine, time)."""
    given = profiles(machines, cycle.performance, steps)
    cold, warm = (profiles(machines, name, steps) + KELVIN for name in (cycle.cold, cycle.warm))
    lift = warm - cold
    carnot = np.divide(warm if cycle.heats else cold, lift, out=np.full(lift.shape, np.inf), where=lift > 0)
    grade = scalars(machines, "quality_grade")
    if cycle.heats:
        iced = cold < scalars(machines, "icing_temperature_c") + KELVIN
        grade = grade * np.where(iced, np.nan_to_num(scalars(machines, "icing_factor"), nan=1.0), 1.0)
    reached = np.fmin(grade * carnot, scalars(machines, cycle.largest))
    return np.where(np.isnan(given), reached, given)


def formulate(room: Room, machines: Sequence[Any], horizon: Horizon, cycle: Cycle) -> Running:
    """Add the variables and laws of all machines of one kind at once.

    Args:
        room: The room to write into.
        machines: Checked records; their order is the order of the axis.
        horizon: The steps.
        cycle: Their words.
    """
    axis, rated = fleet(room.kind, machines), scalars(machines, "electric_max_mw")
    performance = performances(machines, horizon.steps, cycle)
    largest = rated
    if any(getattr(machine, cycle.most) is not None for machine in machines):
        most = profiles(machines, cycle.most, horizon.steps)
        free = np.isnan(most) | (performance == 0)
        largest = part_load.largest(
            machines, rated, np.divide(most, performance, out=np.full_like(most, np.inf), where=~free)
        )
    electric = room.variable("electric_mw", (axis, horizon.axis), 0.0, largest, doc="electric power taken")
    least = scalars(machines, "minimum_load_ratio") * rated
    state = unit.formulate(room, axis, machines, unit.Load(electric, rated, least, largest), horizon)
    if state is not None:
        room.at_most("electric_upper_limit", electric, state.largest_mw, present=state.present)
        if least.any():
            room.at_least("electric_lower_limit", electric, state.least_mw, present=state.present & (least > 0))
    useful = part_load.formulate(room, machines, electric, rated, horizon) * performance
    cost = scalars(machines, "cost_eur_per_mwh")
    if cost.any():
        room.minimise("production", electric * (cost * horizon.cost_hours))
    return Running(electric, useful, state)
