"""Electric: lines and voltage bands as arrays, for the models that know voltage and reactive power.

Everything is per unit but power, which is in MW and Mvar. A line is the pi model of `network.line`: behind the ideal
transformer at from_bus its series impedance, with half of its shunt admittance at either end of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import fleet, scalars
from c4e_opt.network import grid as plain
from c4e_opt.network.angles import ends_of
from c4e_opt.network.line import Line
from c4e_opt.program import Linear


class Bus(plain.Bus, Protocol):
    """What a model with voltage asks of a bus."""

    @property
    def voltage_min_pu(self) -> float:
        """Least voltage."""
        ...

    @property
    def voltage_max_pu(self) -> float:
        """Largest voltage."""
        ...

    @property
    def voltage_set_pu(self) -> float:
        """Voltage that a slack holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Electric:
    """Lines between buses: l lines; n buses at their ends, in the order of `ends`. Arrays of lines are (l, 1).

    Attributes:
        lines: The records, in the order of the case.
        over: Axes of what lines have: line, time.
        ends: Axis of the buses.
        horizon: The steps.
        base_mva: Base of everything per unit.
        start: Bus that each line leaves (l,).
        end: Bus at which it arrives (l,).
        in_service: Which lines are connected.
        resistance: Series resistance.
        reactance: Series reactance.
        half_mw: What each half of the shunt admittance takes at a voltage of 1.
        half_mvar: What it gives of reactive power.
        tap: Turns ratio at from_bus, where it is fixed.
        shift_rad: Phase shift at from_bus.
        lowest: Least voltage of every bus (n, 1).
        highest: Largest voltage (n, 1).
        area: Area of every bus, which lines in service connect (n,).
        held: Voltage of the reference of every area, of which there is one or more; not a number elsewhere (n, 1).
    """

    lines: Sequence[Line]
    over: tuple[Axis, Axis]
    ends: Axis
    horizon: Horizon
    base_mva: float
    start: IntArray
    end: IntArray
    in_service: BoolArray
    resistance: FloatArray
    reactance: FloatArray
    half_mw: FloatArray
    half_mvar: FloatArray
    tap: FloatArray
    shift_rad: FloatArray
    lowest: FloatArray
    highest: FloatArray
    held: FloatArray
    area: IntArray

    @property
    def joined(self) -> BoolArray:
        """Lines in service in every step, (l, time)."""
        return np.broadcast_to(self.in_service, (len(self.lines), self.horizon.steps))

    def at_start(self, amount: Linear) -> Linear:
        """What the bus that each line leaves has, (line, time)."""
        return self._at(amount, self.start)

    def at_end(self, amount: Linear) -> Linear:
        """What the bus at which each line arrives has, (line, time)."""
        return self._at(amount, self.end)

    def _at(self, amount: Linear, bus: IntArray) -> Linear:
        steps = self.horizon.steps
        return amount.at(bus[:, None] * steps + np.arange(steps), self.over)


def electric_of(buses: Sequence[Bus], lines: Sequence[Line], base_mva: float, horizon: Horizon) -> Electric:
    """The lines of a case as arrays.

    Args:
        buses: All buses of the case.
        lines: Checked records.
        base_mva: Base of what is per unit.
        horizon: The steps.
    """
    ends = ends_of(lines)
    place = {name: row for row, name in enumerate(ends.labels.tolist())}
    mine: list[Any] = sorted((bus for bus in buses if bus.id in place), key=lambda bus: place[bus.id])
    grid = plain.grid_of(mine, lines, "dc", base_mva)
    holds = np.array([bus.slack for bus in mine], dtype=np.bool_)
    holds[grid.reference] = True
    shunt = 0.5 * base_mva

    return Electric(
        lines=lines,
        over=(fleet("line", lines), horizon.axis),
        ends=ends,
        horizon=horizon,
        base_mva=base_mva,
        start=np.array([place[line.from_bus] for line in lines], dtype=np.int64),
        end=np.array([place[line.to_bus] for line in lines], dtype=np.int64),
        in_service=grid.in_service[:, None],
        resistance=scalars(lines, "resistance_pu"),
        reactance=scalars(lines, "reactance_pu"),
        half_mw=shunt * scalars(lines, "conductance_pu"),
        half_mvar=shunt * scalars(lines, "susceptance_pu"),
        tap=scalars(lines, "tap_ratio"),
        shift_rad=np.radians(scalars(lines, "phase_shift_deg")),
        lowest=scalars(mine, "voltage_min_pu"),
        highest=scalars(mine, "voltage_max_pu"),
        area=grid.area,
        held=np.where(holds[:, None], scalars(mine, "voltage_set_pu"), np.nan),
    )
