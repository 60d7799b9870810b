"""Grid: the lines of a case as arrays, by the convention of a linear power flow.

A line from bus f to bus t carries flow_mw = susceptance_mw * (angle_f - angle_t - shift) with
    dc    susceptance_mw = base_mva / (reactance_pu * tap_ratio), shift = phase_shift_deg in radians
    dcp   susceptance_mw = base_mva * reactance_pu / (resistance_pu^2 + reactance_pu^2), no shift
Limits of the angle difference are limits of the flow as well, because one is proportional to the other.

An area is a set of buses that lines in service connect; a bus without lines is an area of its own. The reference of an
area is its first bus that is marked as slack, or else its first bus.

Source: MATPOWER User's Manual 8.0, section 3.6 (dc); Babaeinejadsarookolaee et al. (2019), The Power Grid Library,
https://arxiv.org/abs/1908.02788, and PowerModels.jl, formulation DCPPowerModel (dcp).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis
from c4e_opt.components.terms import scalars
from c4e_opt.network.line import Line

#: What answers tell of lines besides the variables: name -> axes, values, meaning.
Told = Mapping[str, tuple[tuple[Axis, ...], FloatArray, str]]


class Bus(Protocol):
    """What a grid asks of a bus."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def slack(self) -> bool:
        """Whether it is the reference of its area."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Lines between buses, by place: n buses, l lines.

    Attributes:
        lines: The records, in the order of the case.
        buses: Names of all buses of the case, in its order.
        start: Bus that each line leaves (l,).
        end: Bus at which it arrives (l,).
        in_service: Which lines are connected (l,).
        susceptance_mw: Flow per radian (l,), 0 of lines out of service.
        shift_rad: Phase shift (l,).
        area: Area of every bus (n,), numbered by their first buses.
        reference: Reference bus of every area.
    """

    lines: Sequence[Line]
    buses: Sequence[str]
    start: IntArray
    end: IntArray
    in_service: BoolArray
    susceptance_mw: FloatArray
    shift_rad: FloatArray
    area: IntArray
    reference: IntArray

    @property
    def incidence(self) -> csr_array[Any]:
        """+1 at the bus that a line leaves, -1 where it arrives (l, n); empty rows for lines out of service."""
        row = np.flatnonzero(self.in_service)
        content = np.concatenate([np.ones(row.size), -np.ones(row.size)])
        place = (np.concatenate([row, row]), np.concatenate([self.start[row], self.end[row]]))
        return csr_array((content, place), shape=(len(self.lines), len(self.buses)))


def grid_of(buses: Sequence[Bus], lines: Sequence[Line], network: str, base_mva: float) -> Grid:
    """The lines of a case as arrays.

    Args:
        buses: All buses of the case.
        lines: Checked records.
        network: dc or dcp; any other model gets the areas, with the susceptances of dc.
        base_mva: Base of what is per unit.
    """
    place = {bus.id: n for n, bus in enumerate(buses)}
    start = np.array([place[line.from_bus] for line in lines], dtype=np.int64)
    end = np.array([place[line.to_bus] for line in lines], dtype=np.int64)
    in_service = np.array([line.in_service for line in lines], dtype=np.bool_)
    resistance, reactance = scalars(lines, "resistance_pu")[:, 0], scalars(lines, "reactance_pu")[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        if network == "dcp":
            susceptance = base_mva * reactance / (resistance**2 + reactance**2)
        else:
            susceptance = base_mva / (reactance * scalars(lines, "tap_ratio")[:, 0])
    shift = np.zeros(len(lines)) if network == "dcp" else np.radians(scalars(lines, "phase_shift_deg")[:, 0])
    area, reference = _areas(buses, start[in_service], end[in_service])
    return Grid(
        lines=lines,
        buses=[bus.id for bus in buses],
        start=start,
        end=end,
        in_service=in_service,
        susceptance_mw=np.where(in_service, susceptance, 0.0),
        shift_rad=np.where(in_service, shift, 0.0),
        area=area,
        reference=reference,
    )


def ends_of(lines: Sequence[Line]) -> Axis:
    """The axis of the buses at the ends of lines, sorted by name."""
    return Axis("line_bus", sorted({bus for line in lines for bus in (line.from_bus, line.to_bus)}))


def _areas(buses: Sequence[Bus], start: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """The area of every bus and the reference of every area."""
    count = len(buses)
    joined = csr_array((np.ones(start.size), (start, end)), shape=(count, count))
    parts, label = connected_components(joined, directed=False)
    slack = np.array([bus.slack for bus in buses], dtype=np.bool_)
    by_rank = np.lexsort((np.arange(count), ~slack, label))  # in every area the slack first, then in their order
    reference = by_rank[np.searchsorted(label[by_rank], np.arange(parts))]
    return label.astype(np.int64), reference.astype(np.int64)
