"""Transport: lines that carry whatever their limits allow; impedances do not matter.

Variables, for every line l and step t:
    line_flow_mw[l, t]       power into the line at from_bus, which comes out at to_bus; -limit <= . <= limit where hard
    line_overload_mw[l, t], interface_overload_mw[i, t]   flow beyond the limit, of those with a price of it

Constraints, of lines with soft limits and of all interfaces:
    line_flow_limit[l, t]        flow - overload <= limit
    line_flow_limit_lower[l, t]  -flow - overload <= limit
    interface_limit[i, t], interface_limit_lower[i, t]   the same of weighted sums of flows

Not modelled: losses; give ties, which have them.
Source: the transport model; no literature needed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet
from c4e_opt.network import limits
from c4e_opt.network.angles import limit_rows
from c4e_opt.network.grid import Grid
from c4e_opt.network.interface import Interface
from c4e_opt.program import Program, Room


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
    room, lines = Room(program, "line"), grid.lines
    soft = np.array([line.overload_price_eur_per_mwh is not None for line in lines], dtype=np.bool_)
    limit = limits.bounds(lines, "limit_mw", horizon.steps)
    most = np.where(grid.in_service[:, None], np.where(soft[:, None], np.inf, limit), 0.0)
    over = (fleet("line", lines), horizon.axis)
    flow = room.variable("flow_mw", over, -most, most, doc="power into the line at from_bus")
    if (soft & grid.in_service).any():
        limit_rows(program, limits.of_lines(program, grid, horizon)[0], flow, horizon, soft)
    for watched in limits.of_interfaces(program, grid, interfaces, horizon):
        limit_rows(program, watched, flow, horizon)
    return Terms(injections=(Injection(buses(lines, "from_bus"), -flow), Injection(buses(lines, "to_bus"), flow)))
