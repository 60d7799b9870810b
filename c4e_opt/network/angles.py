"""Angles: linear power flow with a voltage angle for every bus and a flow for every line, all limits at once.

For small grids, and for what is chosen besides flows: lines that may be opened, phase shifters that may be set.

Variables, for every line l, bus n at an end of lines, and step t:
    line_angle_rad[n, t]     voltage angle; 0 at the reference of every area
    line_flow_mw[l, t]       power into the line at from_bus, which comes out at to_bus
    line_shift_rad[l, t]     phase shift, where it is chosen, phase_shift_min_deg <= . <= phase_shift_max_deg
    line_closed[l, t]        1 while a line that may be opened is closed, binary
    line_overload_mw[l, t], interface_overload_mw[i, t]   flow beyond the limit, of those with a price of it

Constraints:
    line_kirchhoff[l, t]         flow = susceptance * (angle at from_bus - angle at to_bus - shift)
    line_kirchhoff_upper[l, t], line_kirchhoff_lower[l, t]   the same of lines that may be opened, as two inequalities
                                 that are slack by M * (1 - closed)
    line_flow_limit[l, t]        flow - overload <= limit (* closed)
    line_flow_limit_lower[l, t]  -flow - overload <= limit (* closed)
    line_angle_limit[l, t], line_angle_limit_lower[l, t]   susceptance * (difference of the angles - shift) lies where
                                 the limits of the difference put it
    interface_limit[i, t], interface_limit_lower[i, t]     as those of lines, of weighted sums of flows

With losses, `network.losses`, flow above is line_middle_mw.

Not modelled: outages, which only the lazy formulation knows.
Source: MATPOWER User's Manual 8.0, section 6.3; switching as in Fisher, O'Neill, Ferris (2008),
doi:10.1109/TPWRS.2008.922256, with M = |susceptance| * (the longest path of the limits + shift),
which all lines need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet
from c4e_opt.network import limits
from c4e_opt.network.grid import Grid, ends_of
from c4e_opt.network.interface import Interface
from c4e_opt.network.limits import Watched
from c4e_opt.network.losses import Losses
from c4e_opt.program import Linear, Program, Room


def formulate(program: Program, grid: Grid, interfaces: Sequence[Interface], horizon: Horizon) -> Terms:
    """Add the variables and laws of all lines at once.

    Args:
        program: The programme.
        grid: The lines of the case.
        interfaces: Its interfaces.
        horizon: The steps.

    Returns:
        Injections at both ends of each line.
    """
    flow = _flow(program, grid, "flow_mw", horizon)
    _laws(program, grid, flow, interfaces, horizon)
    return _injections(grid, -flow, flow)


def formulate_with_losses(
    program: Program, grid: Grid, interfaces: Sequence[Interface], base_mva: float, horizon: Horizon
) -> tuple[Terms, Losses]:
    """The same where lines lose power: limits and Kirchhoff's law hold of the flow in the middle of each.

    Args:
        program: The programme.
        grid: The lines of the case.
        interfaces: Its interfaces.
        base_mva: Base of resistances.
        horizon: The steps.

    Returns:
        Injections at both ends of each line, and the losses, whose laws are added while the programme is solved.
    """
    middle = _flow(program, grid, "middle_mw", horizon, told=False)
    _laws(program, grid, middle, interfaces, horizon)
    limit = limits.bounds(grid.lines, "limit_mw", horizon.steps)
    losses = Losses(program, grid, middle, limit, base_mva, horizon)
    half = losses.loss_mw * 0.5
    return _injections(grid, -middle - half, middle - half), losses


def _flow(program: Program, grid: Grid, name: str, horizon: Horizon, *, told: bool = True) -> Linear:
    """A flow of every line, none of those out of service, (line, time)."""
    free = np.where(grid.in_service, np.inf, 0.0)[:, None]
    over, doc = (fleet("line", grid.lines), horizon.axis), "power into the line at from_bus"
    return program.variable(f"line_{name}", over, -free, free, doc=doc, told=told)


def _injections(grid: Grid, start: Linear, end: Linear) -> Terms:
    """What lines give to the buses at their ends."""
    lines = grid.lines
    return Terms(injections=(Injection(buses(lines, "from_bus"), start), Injection(buses(lines, "to_bus"), end)))


def _laws(program: Program, grid: Grid, flow: Linear, interfaces: Sequence[Interface], horizon: Horizon) -> None:
    """Kirchhoff's laws and all limits of flows (line, time)."""
    room, over, ends = Room(program, "line"), (fleet("line", grid.lines), horizon.axis), ends_of(grid.lines)
    place = {name: n for n, name in enumerate(grid.buses)}
    at = np.array([place[name] for name in ends.labels.tolist()])
    free = np.where(np.isin(at, grid.reference)[:, None], 0.0, np.inf)
    angle = room.variable("angle_rad", (ends, horizon.axis), -free, free, doc="voltage angle")
    shifted = _difference(angle, grid, at, over) - _shift(room, grid, over)
    closed = _kirchhoff(room, grid, flow, shifted, over)
    for watched in limits.of_lines(program, grid, horizon):
        if watched.law == "line_angle_limit":
            limit_rows(program, watched, shifted * grid.susceptance_mw[:, None], horizon)
        else:
            limit_rows(program, watched, flow, horizon, closed=closed)
    for watched in limits.of_interfaces(program, grid, interfaces, horizon):
        limit_rows(program, watched, flow, horizon)


def _difference(angle: Linear, grid: Grid, at: Any, over: Sequence[Axis]) -> Linear:
    """Angle at from_bus less that at to_bus, (line, time)."""
    steps, row_of = np.arange(over[1].size), {int(bus): row for row, bus in enumerate(at)}
    start, end = (np.array([row_of[int(bus)] for bus in side])[:, None] for side in (grid.start, grid.end))
    return angle.at(start * over[1].size + steps, over) - angle.at(end * over[1].size + steps, over)


def _shift(room: Room, grid: Grid, over: Sequence[Axis]) -> Linear:
    """The phase shift of every line, chosen or fixed, (line, time)."""
    low, high = (
        np.radians([[np.nan if (each := getattr(line, field)) is None else each] for line in grid.lines])
        for field in ("phase_shift_min_deg", "phase_shift_max_deg")
    )
    chosen = np.isfinite(low)
    fixed = Linear(over, (), np.where(chosen, 0.0, grid.shift_rad[:, None]))
    if not chosen.any():
        return fixed
    present = np.broadcast_to(chosen, fixed.shape)
    return fixed + room.variable(
        "shift_rad", over, np.where(chosen, low, 0.0), np.where(chosen, high, 0.0), doc="phase shift", present=present
    )


def _kirchhoff(room: Room, grid: Grid, flow: Linear, shifted: Linear, over: Sequence[Axis]) -> Linear | None:
    """Flow in proportion to the difference of angles; of a line that is open, none.

    Returns:
        1 while a line is closed, (line, time); None where none may be opened.
    """
    lines, steps = grid.lines, over[1].size
    opens = np.array([line.switchable for line in lines], dtype=np.bool_) & grid.in_service
    closed_always = np.broadcast_to((grid.in_service & ~opens)[:, None], (len(lines), steps))
    law = shifted * grid.susceptance_mw[:, None]
    room.equal("kirchhoff", flow, law, present=closed_always)
    if not opens.any():
        return None
    present = np.broadcast_to(opens[:, None], closed_always.shape)
    doc = "1 while closed, 0 otherwise, of lines that may be opened"
    closed = room.variable("closed", over, 0.0, 1.0, doc=doc, integral=True, present=present)
    longest = float(np.sort(_spread(grid))[::-1][: len(grid.buses) - 1].sum())
    slack = (np.abs(grid.susceptance_mw) * (longest + np.abs(grid.shift_rad)))[:, None]
    room.at_most("kirchhoff_upper", flow - law + closed * slack, slack, present=present)
    room.at_least("kirchhoff_lower", flow - law - closed * slack, -slack, present=present)
    return closed + np.where(present, 0.0, 1.0)


def _spread(grid: Grid) -> FloatArray:
    """The largest difference of angles that the limits of every line allow, in radians (l,); `checks` wants them."""
    spread = np.zeros(len(grid.lines))
    for place, line in enumerate(grid.lines):
        if not grid.in_service[place]:
            continue
        if line.angle_min_deg is not None and line.angle_max_deg is not None:
            spread[place] = np.radians(max(abs(line.angle_min_deg), abs(line.angle_max_deg)))
        elif line.limit_mw is not None:
            shifts = (line.phase_shift_min_deg, line.phase_shift_max_deg)
            shift = max([abs(float(grid.shift_rad[place])), *(abs(np.radians(s)) for s in shifts if s is not None)])
            spread[place] = float(np.max(line.limit_mw)) / abs(float(grid.susceptance_mw[place])) + shift
    return spread


def limit_rows(
    program: Program,
    watched: Watched,
    flow: Linear,
    horizon: Horizon,
    some: BoolArray | None = None,
    closed: Linear | None = None,
) -> None:
    """Limits of weighted sums of flows, above and below.

    Args:
        program: The programme.
        watched: The limits.
        flow: Of every line (line, time).
        horizon: The steps.
        some: Which of them become rows (k,); all that are finite when None.
        closed: What every limit is multiplied by (k, time); 1 when None.
    """
    kind = watched.words[0].partition("/")[0]
    axes = (Axis(kind, np.array([word.partition("/")[2] for word in watched.words], dtype=np.str_)), horizon.axis)
    amount = _sum(watched, flow, axes)
    excess = Linear(axes) if watched.over is None else watched.over
    for name, expression, bound in (
        (watched.law, amount - excess, watched.largest_mw),
        (f"{watched.law}_lower", -amount - excess, -watched.least_mw),
    ):
        present = np.isfinite(np.broadcast_to(bound, amount.shape))
        if some is not None:
            present = present & some[:, None]
        if present.any():
            most = np.where(np.isfinite(bound), bound, 0.0)
            program.at_most(name, expression, most if closed is None else closed * most, present=present)


def _sum(watched: Watched, flow: Linear, axes: Sequence[Axis]) -> Linear:
    """Weighted sums of flows, (k, time)."""
    weights, steps = watched.weights.tocoo(), np.arange(axes[1].size)
    part = Axis("part", np.arange(weights.nnz).astype(np.str_))
    picked = flow.at(weights.col[:, None] * axes[1].size + steps, (part, axes[1]))
    return (picked * np.asarray(weights.data)[:, None]).along(axes[0], weights.row)
