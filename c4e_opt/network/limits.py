"""Limits: everything that bounds flows in a linear power flow, as weighted sums of line flows with their bounds.

Of every line its limit and the limits of its angle difference, of every interface its limits, and of every line and
outage the emergency limit. Soft limits name a variable that says by how much they are exceeded.

After an outage a line may carry emergency_limit_mw, or limit_mw where that is absent. An outage is a contingency of the
case, and with security n1 every line whose loss does not split its area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.components.terms import fleet
from c4e_opt.network.contingency import Contingency
from c4e_opt.network.factors import Factors
from c4e_opt.network.grid import Grid
from c4e_opt.network.interface import Interface
from c4e_opt.program import Linear, Program, Room


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watched:
    """One family of limits: k weighted sums of line flows.

    Attributes:
        law: What the rows are called.
        words: What each of them limits, kind/id (k,).
        weights: Weight of every line (k, l).
        least_mw: Lower bounds (k, time) or (k, 1), -inf where there is none.
        largest_mw: Upper bounds, likewise.
        over: By how much the bounds are exceeded (k, time), in the columns of a programme; None where they are hard.
    """

    law: str
    words: Sequence[str]
    weights: csr_array[Any]
    least_mw: FloatArray
    largest_mw: FloatArray
    over: Linear | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outages:
    """What every outage adds to the flows.

    Attributes:
        names: Of every outage (k,).
        lines: Lines that fail in each.
        shares: Of every outage, what it adds to the flow on every line per MW on its own lines before (l, its lines).
        limit_mw: Emergency limit (l, time) or (l, 1), inf where there is none.
        over: By how much it is exceeded (l, time); None where it must hold.
    """

    names: Sequence[str]
    lines: Sequence[IntArray]
    shares: Sequence[FloatArray]
    limit_mw: FloatArray
    over: Linear | None


def bounds(lines: Sequence[Any], field: str, steps: int) -> FloatArray:
    """A limit of every line, (line, time), or (line, 1) where none varies; inf where there is none."""
    raw = [getattr(line, field) for line in lines]
    vary = any(np.ndim(each) for each in raw)
    limits = np.full((len(lines), steps if vary else 1), np.inf)
    for row, each in enumerate(raw):
        if each is not None:
            limits[row] = each
    return limits


def limited(*limits: FloatArray) -> BoolArray:
    """Which rows have a limit in some step."""
    return np.logical_or.reduce([np.isfinite(each).any(axis=1) for each in limits])


def overload(room: Room, records: Sequence[Any], limited: BoolArray, horizon: Horizon) -> Linear | None:
    """How much soft limits are exceeded, (record, time), at their price; None where all are hard.

    Args:
        room: The room of the records.
        records: Lines or interfaces.
        limited: Which of them have a limit (record,).
        horizon: The steps.
    """
    prices = [record.overload_price_eur_per_mwh for record in records]
    soft = limited & np.array([price is not None for price in prices], dtype=np.bool_)
    if not soft.any():
        return None
    over = (fleet(room.kind, records), horizon.axis)
    present = np.broadcast_to(soft[:, None], (len(records), horizon.steps))
    excess = room.variable("overload_mw", over, doc="flow beyond the limit", present=present)
    cost = np.array([0.0 if price is None else price for price in prices])
    room.minimise("overload", excess * (cost[:, None] * horizon.cost_hours))
    return excess


def of_lines(program: Program, grid: Grid, horizon: Horizon) -> list[Watched]:
    """The limits of lines and of their angle differences."""
    lines = grid.lines
    room = Room(program, "line")
    limit = bounds(lines, "limit_mw", horizon.steps)
    limit[~grid.in_service] = np.inf
    words = [f"line/{line.id}" for line in lines]
    whole = csr_array((np.ones(len(lines)), np.arange(len(lines)), np.arange(len(lines) + 1)))
    found = [
        Watched(
            law="line_flow_limit",
            words=words,
            weights=whole,
            least_mw=-limit,
            largest_mw=limit,
            over=overload(room, lines, limited(limit), horizon),
        )
    ]
    angles = np.array(
        [
            [-np.inf if line.angle_min_deg is None else line.angle_min_deg for line in lines],
            [np.inf if line.angle_max_deg is None else line.angle_max_deg for line in lines],
        ]
    ).reshape(2, len(lines))
    some = np.flatnonzero(np.isfinite(angles).any(axis=0) & grid.in_service)
    if some.size:
        with np.errstate(invalid="ignore"):
            ends = grid.susceptance_mw[some] * (np.radians(angles[:, some]) - grid.shift_rad[some])
        ends = np.sort(ends, axis=0)  # a negative susceptance turns them
        found.append(
            Watched(
                law="line_angle_limit",
                words=[words[place] for place in some],
                weights=csr_array(whole[some]),
                least_mw=ends[0][:, None],
                largest_mw=ends[1][:, None],
            )
        )
    return found


def of_interfaces(program: Program, grid: Grid, interfaces: Sequence[Interface], horizon: Horizon) -> list[Watched]:
    """The limits of interfaces."""
    if not interfaces:
        return []
    forward = bounds(interfaces, "forward_max_mw", horizon.steps)
    backward = bounds(interfaces, "backward_max_mw", horizon.steps)
    return [
        Watched(
            law="interface_limit",
            words=[f"interface/{each.id}" for each in interfaces],
            weights=weights_of(interfaces, grid),
            least_mw=-backward,
            largest_mw=forward,
            over=overload(Room(program, "interface"), interfaces, limited(forward, backward), horizon),
        )
    ]


def weights_of(interfaces: Sequence[Interface], grid: Grid) -> csr_array[Any]:
    """Weight of every line in every interface (i, l)."""
    place = {line.id: row for row, line in enumerate(grid.lines)}
    entries = [(row, place[part.line], float(part.ratio)) for row, each in enumerate(interfaces) for part in each.lines]
    row, line, ratio = (np.array(column) for column in zip(*entries, strict=True))
    return csr_array((ratio, (row, line)), shape=(len(interfaces), len(grid.lines)))


def of_outages(
    program: Program, factors: Factors, contingencies: Sequence[Contingency], policy: Any, base_over: Linear | None,
    horizon: Horizon,
) -> Outages | None:  # fmt: skip
    """The outages that the grid survives; None where there are none.

    Args:
        program: Gets the variable by how much emergency limits are exceeded.
        factors: The factorised grid.
        contingencies: Those that the case names.
        policy: The policy of the case.
        base_over: By how much limits are exceeded without an outage; the same excess is free after one.
        horizon: The steps.
    """
    grid = factors.grid
    place = {line.id: row for row, line in enumerate(grid.lines)}
    named = [(each.id, np.unique([place[name] for name in each.lines])) for each in contingencies]
    named = [(name, lines[grid.in_service[lines]]) for name, lines in named]
    single = {int(lines[0]): name for name, lines in named if lines.size == 1}
    if policy.security == "n1":
        single = {row: grid.lines[row].id for row in map(int, np.flatnonzero(grid.in_service))} | single
    several = [(name, lines, factors.outage(lines)) for name, lines in named if lines.size > 1]
    kept = [(name, lines, each) for name, lines, each in several if each is not None]
    alone = np.array(list(single), dtype=np.int64)
    kept += [(single[row], np.array([row]), each) for row, each in factors.single_outages(alone)]
    if not kept:
        return None
    limit = bounds(grid.lines, "emergency_limit_mw", horizon.steps)
    normal = bounds(grid.lines, "limit_mw", horizon.steps)
    limit = np.where(np.isinf(limit), normal, limit)
    limit[~grid.in_service] = np.inf
    over = base_over
    if policy.outage_limits == "soft":
        axes = (fleet("line", grid.lines), horizon.axis)
        present = np.broadcast_to(limited(limit)[:, None], (len(grid.lines), horizon.steps))
        doc = "flow after the worst outage beyond the emergency limit"
        excess = program.variable("line_outage_overload_mw", axes, doc=doc, present=present)
        program.minimise("overload", excess * (policy.outage_overload_price_eur_per_mwh * horizon.cost_hours))
        over = excess if base_over is None else base_over + excess
    return Outages(
        names=[name for name, _, _ in kept],
        lines=[lines for _, lines, _ in kept],
        shares=[each for _, _, each in kept],
        limit_mw=limit,
        over=over,
    )
