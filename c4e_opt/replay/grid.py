"""The electric grid of a case per unit: buses that lines join, admittances, islands and who holds their voltage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.case import Case
from c4e_opt.network.line import Line
from c4e_opt.outcome import Outcome

Complex = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What does not change from step to step."""

    bus: TextArray  # electric buses with a line in service
    row: Mapping[str, int]  # of a bus
    base_mva: float
    voltage_set_pu: FloatArray  # (bus,)
    voltage_min_pu: FloatArray
    voltage_max_pu: FloatArray
    rank: FloatArray  # (bus,), who holds the voltage of an island: the highest; 3 and more are slack themselves
    lines: tuple[Line, ...]  # in service
    ends: IntArray  # rows of from_bus and to_bus, (2, line)
    shunts: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Taps, shifts, lines and banks as they stand in some steps; everything per unit."""

    ends: IntArray  # (2, line)
    tap: FloatArray  # (line,)
    shift_rad: FloatArray  # (line,)
    closed: BoolArray  # (line,)
    series: Complex  # impedance, (line,)
    charging: Complex  # admittance of the whole line to earth, (line,)
    shunt: Complex  # admittance to earth, (bus,)
    slack: BoolArray  # (bus,), holds voltage and angle

    def admittances(self) -> tuple[Complex, Complex, Complex, Complex]:
        """Of every line: from-from, from-to, to-from, to-to; zero of those that are open."""
        series: Complex = self.closed.astype(np.complex128) / self.series
        own: Complex = series + self.closed * self.charging / 2.0
        turn = self.tap * np.exp(1j * self.shift_rad.astype(np.complex128))
        return own / self.tap**2, -series / turn.conj(), -series / turn, own

    def matrix(self) -> Any:
        """Admittance matrix, (bus, bus), sparse."""
        (start, stop), size = self.ends, self.shunt.size
        rows = np.concatenate([start, start, stop, stop, np.arange(size)])
        columns = np.concatenate([start, stop, start, stop, np.arange(size)])
        entries = np.concatenate([*self.admittances(), self.shunt])
        return sparse.csr_matrix((entries, (rows, columns)), shape=(size, size))

    def flows(self, voltage: Complex) -> Complex:
        """Apparent power into every line at from_bus and at to_bus, per unit, (2, line, step)."""
        start, stop = voltage[self.ends[0]], voltage[self.ends[1]]
        one, two, three, four = (each[:, None] for each in self.admittances())
        return np.stack([start * (one * start + two * stop).conj(), stop * (three * start + four * stop).conj()])


def grid_of(case: Case) -> Grid:
    """The grid of a case."""
    electric = {bus.id for bus in case.buses if bus.carrier == "electricity"}
    lines = tuple(line for line in case.components.get("line", ()) if line.in_service and line.from_bus in electric)
    joined = {end for line in lines for end in (line.from_bus, line.to_bus)}
    buses = [bus for bus in case.buses if bus.id in joined]
    row = {bus.id: place for place, bus in enumerate(buses)}
    rank = np.array([3.0 if bus.slack else 0.0 for bus in buses])
    for score, kind, field in ((2.0, "grid_connection", "import_max_mw"), (1.0, "generator", "power_max_mw")):
        sizes = np.zeros(len(buses))
        for each in case.components.get(kind, ()):
            if each.bus in row:
                most = getattr(each, field)
                sizes[row[each.bus]] += 1e-9 + (0.0 if most is None else max(float(np.max(most)), 0.0))
        rank = np.where((rank == 0) & (sizes > 0), score + sizes / (1.0 + 2.0 * sizes.max(initial=0.0)), rank)
    return Grid(
        bus=np.array([bus.id for bus in buses], dtype=np.str_),
        row=row,
        base_mva=float(case.policy.base_mva),
        voltage_set_pu=np.array([bus.voltage_set_pu for bus in buses], dtype=np.float64),
        voltage_min_pu=np.array([bus.voltage_min_pu for bus in buses], dtype=np.float64),
        voltage_max_pu=np.array([bus.voltage_max_pu for bus in buses], dtype=np.float64),
        rank=rank,
        lines=lines,
        ends=np.array([[row[line.from_bus] for line in lines], [row[line.to_bus] for line in lines]], dtype=np.int64),
        shunts=tuple(shunt for shunt in case.components.get("shunt", ()) if shunt.bus in row),
    )


def settings(case: Case, outcome: Outcome, grid: Grid) -> Iterator[tuple[Setting, IntArray]]:
    """Every setting of the grid and the steps in which it stands."""
    steps, lines = case.horizon.steps, grid.lines
    if not lines:
        return
    schedule = _Schedule(case, outcome, steps)
    tap = schedule.of("line_tap_ratio", lines, "tap_min_ratio", [line.tap_ratio for line in lines])
    fixed = [float(np.deg2rad(line.phase_shift_deg)) for line in lines]
    shift = schedule.of("line_shift_rad", lines, "phase_shift_min_deg", fixed)
    closed = schedule.of("line_closed", lines, "switchable", [1.0] * len(lines))
    bank = schedule.of("shunt_switched", grid.shunts, "steps", [0.0 if shunt.steps else 1.0 for shunt in grid.shunts])
    whole = np.concatenate([tap, shift, closed, bank])
    distinct, place = np.unique(whole, axis=1, return_inverse=True)
    for which in range(distinct.shape[1]):
        parts = np.split(distinct[:, which], [len(lines), 2 * len(lines), 3 * len(lines)])
        yield _setting(grid, *parts), np.flatnonzero(place.ravel() == which)


class _Schedule:
    """What the schedule sets, by component and step."""

    def __init__(self, case: Case, outcome: Outcome, steps: int) -> None:
        self.table, self.steps = outcome.schedule_table, steps

    def of(self, name: str, records: tuple[Any, ...], chosen: str, otherwise: list[float]) -> FloatArray:
        """Numbers of a quantity, (record, time), of records with something in the field `chosen`; else a constant."""
        values = np.repeat(np.array(otherwise, dtype=np.float64)[:, None], self.steps, axis=1)
        found = self.table.quantities.get(name)
        if found is None:
            return values
        place = {str(label): row for row, label in enumerate(self.table.labels[found.axes[0]].tolist())}
        for row, record in enumerate(records):
            if record.id in place and getattr(record, chosen):
                values[row] = found.values[place[record.id]]
        return values


def _setting(grid: Grid, tap: FloatArray, shift: FloatArray, closed: FloatArray, bank: FloatArray) -> Setting:
    shunt = np.zeros(grid.bus.size, dtype=np.complex128)
    for each, steps in zip(grid.shunts, bank, strict=True):
        shunt[grid.row[each.bus]] += (each.conductance_mw + 1j * each.susceptance_mvar * steps) / grid.base_mva
    shut = closed > 0.5
    return Setting(
        ends=grid.ends,
        tap=tap,
        shift_rad=shift,
        closed=shut,
        series=np.array([line.resistance_pu + 1j * line.reactance_pu for line in grid.lines], dtype=np.complex128),
        charging=np.array([line.conductance_pu + 1j * line.susceptance_pu for line in grid.lines], np.complex128),
        shunt=shunt,
        slack=_slack(grid, shut),
    )


def _slack(grid: Grid, closed: BoolArray) -> BoolArray:
    """Every bus that is slack, and one bus of each island that has none."""
    size, (start, stop) = grid.bus.size, grid.ends[:, closed]
    matrix: Any = sparse.coo_matrix
    graph = matrix((np.ones(start.size), (start, stop)), shape=(size, size))
    _, island = csgraph.connected_components(graph, directed=False)
    slack = grid.rank >= 3.0
    order = np.lexsort((-np.arange(size), grid.rank))  # the highest rank last, the first bus among equals
    last = np.zeros(int(island.max(initial=-1)) + 1, dtype=np.int64)
    last[island[order]] = order
    slack[last] = True
    return slack
