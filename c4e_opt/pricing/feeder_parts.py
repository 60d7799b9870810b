"""Parts of prices on feeders: what a price is made of, from the grid's root along the lines to every bus.

Moving a MW from one end of a line to the other changes what the laws of the line cost; each law has its dual, and their
sum is the difference of the two prices, because the power of a line is free. So along every line
    voltage      the worth of the voltage band: dual of line_voltage_drop times 2 * resistance / base_mva
    congestion   the worth of limits of lines, angles and interfaces
    loss         what is left: the worth of losses, 0 in lindistflow without shunt conductances
and a price is that at the root of its area, the energy, and the sum of these over the lines between. They add up to the
price exactly. Losses are valued at the prices where they arise, voltage and reactive power there included.

Source: Papavasiliou (2018), Analysis of distribution locational marginal prices, doi:10.1109/TSG.2017.2673860, which
splits the prices of the branch flow relaxation by its duals.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.formulate import Formulation
from c4e_opt.network.grid import Grid, grid_of
from c4e_opt.network.line import Line
from c4e_solvers import Matrices, Solution

_CONGESTION = ("line_flow_limit", "line_angle_limit", "interface_limit")


def parts(
    formulation: Formulation, case: Case, price: FloatArray, matrices: Matrices, answer: Solution
) -> dict[str, FloatArray]:
    """What prices are made of on grids without loops in models with voltage.

    Args:
        formulation: The programme.
        case: The case.
        price: Currency per MWh, (bus, time).
        matrices: The programme in standard form.
        answer: Its solution, with duals.

    Returns:
        Name of the part and currency per MWh, (bus, time); they add up to the price.
    """
    grid = grid_of(case.buses, case.of(Line), case.policy.network, case.policy.base_mva)
    voltage, congestion = _along_lines(formulation, matrices, answer, case.horizon.cost_hours)
    rise = price[grid.end] - price[grid.start]
    summed = _from_roots(grid, np.stack([voltage, congestion, rise - voltage - congestion]))
    energy = price - summed.sum(axis=0)
    return {"energy": energy, "congestion": summed[1], "loss": summed[2], "voltage": summed[0]}


def _along_lines(
    formulation: Formulation, matrices: Matrices, answer: Solution, hours: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """By how much voltage and congestion raise the price from from_bus to to_bus of every line (line, time)."""
    program = formulation.program
    flow, dual = program.variables["line_flow_mw"], answer.row_dual
    assert dual is not None
    voltage, congestion = np.zeros((2, matrices.columns))
    rows = matrices.csr()
    for name, block in program.constraints.items():
        share = None
        if name == "line_voltage_drop":
            share = voltage
        elif name.startswith(_CONGESTION):
            share = congestion
        if share is not None:
            share -= np.asarray(rows[block.start : block.stop].T @ dual[block.start : block.stop])
    for name, cones in program.cones.items():
        if name.startswith(_CONGESTION) and answer.cone_dual is not None:
            worth = np.array(answer.cone_dual[cones.start : cones.start + cones.cells.size])
            np.subtract.at(congestion, cones.head, worth[:, 0])
            np.subtract.at(congestion, cones.tail, worth[:, 1:])
    return flow.unpack(voltage) / hours, flow.unpack(congestion) / hours


def _from_roots(grid: Grid, along: FloatArray) -> FloatArray:
    """Sums over the lines from the reference of an area to every bus: (part, line, time) to (part, bus, time)."""
    inside, count = np.flatnonzero(grid.in_service), len(grid.buses)
    start = np.concatenate([grid.start[inside], np.full(grid.reference.size, count)])
    end = np.concatenate([grid.end[inside], grid.reference])
    joined = csr_array((np.ones(start.size), (start, end)), shape=(count + 1, count + 1))
    order, before = breadth_first_order(joined, count, directed=False)
    depth = np.zeros(count + 1, dtype=np.int64)
    for bus in order[1:]:
        depth[bus] = depth[before[bus]] + 1
    total = np.zeros((along.shape[0], count, along.shape[2]))
    deeper = depth[grid.end[inside]] > depth[grid.start[inside]]
    near = np.where(deeper, grid.start[inside], grid.end[inside])
    far = np.where(deeper, grid.end[inside], grid.start[inside])
    signed = along[:, inside] * np.where(deeper, 1.0, -1.0)[:, None]
    for level in range(2, int(depth.max()) + 1):
        some = depth[far] == level
        total[:, far[some]] = total[:, near[some]] + signed[:, some]
    return total
