"""What a schedule gives to every electric bus: power, reactive power, and where reactive power holds the voltage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.replay.grid import Grid

#: Kinds whose ports are the grid itself.
_GRID = ("line", "shunt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Injections:
    """Into every bus of a grid, per unit, (bus, step)."""

    power: FloatArray
    reactive: FloatArray
    held: BoolArray  # (bus,), whether free reactive power holds the voltage
    reactive_min: FloatArray  # of what is free
    reactive_max: FloatArray

    def at(self, steps: IntArray) -> Injections:
        """Those of some steps."""
        power, reactive, least, most = (
            each[:, steps] for each in (self.power, self.reactive, self.reactive_min, self.reactive_max)
        )
        return Injections(power=power, reactive=reactive, held=self.held, reactive_min=least, reactive_max=most)


def injections(case: Case, outcome: Outcome, grid: Grid) -> Injections:
    """What the schedule gives to every bus.

    Args:
        case: The case.
        outcome: An answer to it with a schedule.
        grid: The grid of the case.
    """
    shape = (grid.bus.size, case.horizon.steps)
    power, reactive = np.zeros(shape), np.zeros(shape)
    least, most = np.zeros(shape), np.zeros(shape)
    ports = _ports(outcome)
    for (kind, _), entries in ports.items():
        for bus, flow in entries:
            if kind not in _GRID and bus in grid.row:
                power[grid.row[bus]] += flow
    _orders(case, outcome, grid, power)
    held = np.zeros(shape[0], dtype=np.bool_)
    said = outcome.schedule_table.quantities.get("reactive_power_mvar")
    for place, record in enumerate(case.components.get("reactive", ())):
        bus, own = _at(record, ports, grid)
        if bus is None:
            continue
        if said is not None:
            reactive[bus] += said.values[place]
        elif record.ratio is not None:
            reactive[bus] += record.ratio * own
        else:
            low, high = _range(record, own)
            if np.all(high - low <= 0.0):
                reactive[bus] += low
            else:
                held[bus] = True
                least[bus] += low
                most[bus] += high
    unit = 1.0 / grid.base_mva
    return Injections(
        power=power * unit,
        reactive=reactive * unit,
        held=held,
        reactive_min=least * unit,
        reactive_max=most * unit,
    )


def _ports(outcome: Outcome) -> dict[tuple[str, str], list[tuple[str, FloatArray]]]:
    """Bus and power into it of every port, by kind and id of its component."""
    table = outcome.flow_table
    kinds, members, buses = (table.texts[f"port_{name}"][1].tolist() for name in ("kind", "component", "bus"))
    found: dict[tuple[str, str], list[tuple[str, FloatArray]]] = {}
    for kind, member, bus, flow in zip(kinds, members, buses, table.values("flow_mw"), strict=True):
        found.setdefault((kind, member), []).append((bus, flow))
    return found


def _orders(case: Case, outcome: Outcome, grid: Grid, power: FloatArray) -> None:
    """Add what accepted orders give."""
    book = case.orders
    if not book.orders:
        return
    table = outcome.order_table
    first = np.rint(table.values("first_step")).astype(np.int64) if "first_step" in table.quantities else None
    spread = book.spread(case.horizon.hours, first)
    ratio = table.values("accepted_mwh") * book.side / book.energy_mwh
    rows = np.array([grid.row.get(bus.id, -1) for bus in case.buses], dtype=np.int64)[book.bus[spread.order]]
    given = ratio[spread.order] * spread.energy_mwh / case.horizon.hours[spread.step]
    inside = rows >= 0
    np.add.at(power, (rows[inside], spread.step[inside]), given[inside])


def _at(record: Any, ports: Any, grid: Grid) -> tuple[int | None, FloatArray]:
    """Row of the bus of a reactive record, and the power of its member there."""
    if not record.member:
        return grid.row.get(record.bus), np.zeros(())
    kind, _, member = record.member.partition("/")
    for bus, flow in ports.get((kind, member), ()):
        if bus in grid.row:
            return grid.row[bus], flow
    return None, np.zeros(())


def _range(record: Any, own: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and largest reactive power of a free record at the power that it has."""
    low, high = np.asarray(record.reactive_min_mvar, np.float64), np.asarray(record.reactive_max_mvar, np.float64)
    if record.capability:
        corners = np.array([(p.power_mw, p.reactive_min_mvar, p.reactive_max_mvar) for p in record.capability])
        low = np.interp(own, corners[:, 0], corners[:, 1])
        high = np.interp(own, corners[:, 0], corners[:, 2])
    if record.apparent_max_mva is not None:
        left = np.sqrt(np.maximum(record.apparent_max_mva**2 - own**2, 0.0))
        low, high = np.maximum(low, -left), np.minimum(high, left)
    return low, high
