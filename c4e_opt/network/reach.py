"""Reach: how much power the lines of a grid without loops could carry, from what their buses could give or take.

A line carries what all buses behind it give, seen from the reference of its area. Where losses are left out that bounds
its flow, so that a limit above needs no rows; where they are not it says how large the numbers will be.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.network import limits
from c4e_opt.network.electric import Electric
from c4e_opt.program import Linear, Program


def sizes(program: Program, amount: Linear) -> FloatArray:
    """The largest magnitude that an expression can have within the bounds of its variables."""
    least, largest = program.span(amount)
    return np.maximum(np.abs(least), np.abs(largest))


def scale(grid: Electric, power_mw: FloatArray) -> FloatArray:
    """The power that every line is thought to carry, MW (line, 1): what the buses behind it may give, or its limit.

    Args:
        grid: The lines.
        power_mw: Largest magnitude of what every bus gives (line_bus, time); infinite ones are passed over.
    """
    behind = _behind(grid, np.where(np.isfinite(power_mw), power_mw, 0.0)).max(axis=1)
    limit = limits.bounds(grid.lines, "limit_mw", grid.horizon.steps).max(axis=1)
    carried = np.minimum(behind, np.where(limit > 0, limit, np.inf))
    return np.maximum(carried, max(1e-2 * float(carried.max(initial=0.0)), 1e-6 * grid.base_mva))[:, None]


def most_mva(grid: Electric, power_mw: FloatArray, reactive_mvar: FloatArray) -> FloatArray:
    """The apparent power that every line could carry at most without losses, (line, time); infinite where it is open.

    Args:
        grid: The lines.
        power_mw: Largest magnitude of what every bus gives, (line_bus, time).
        reactive_mvar: Likewise of reactive power.
    """
    most = np.hypot(_behind(grid, power_mw), _behind(grid, reactive_mvar))
    held = np.bincount(grid.area, ~np.isnan(grid.held[:, 0]))[grid.area]
    return np.where((held > 1)[grid.start][:, None], np.inf, most)  # between two sources flows are free


def _behind(grid: Electric, own: FloatArray) -> FloatArray:
    """What the buses behind every line sum to, (line_bus, time) to (line, time)."""
    inside, count = np.flatnonzero(grid.in_service[:, 0]), own.shape[0]
    roots = np.flatnonzero(~np.isnan(grid.held[:, 0]))
    depth, before = _depths(count, grid.start[inside], grid.end[inside], roots)
    total = np.concatenate([own, np.zeros((1, own.shape[1]))])
    for level in range(int(depth.max()), 1, -1):
        some = np.flatnonzero(depth == level)
        np.add.at(total, before[some], total[some])
    return total[np.where(depth[grid.start] > depth[grid.end], grid.start, grid.end)]


def _depths(count: int, start: IntArray, end: IntArray, roots: IntArray) -> tuple[IntArray, IntArray]:
    """How many lines lie between every bus and a root, plus one, and the bus before it."""
    starts, ends = np.concatenate([start, np.full(roots.size, count)]), np.concatenate([end, roots])
    joined = csr_array((np.ones(starts.size), (starts, ends)), shape=(count + 1, count + 1))
    order, before = breadth_first_order(joined, count, directed=False)
    depth = np.zeros(count + 1, dtype=np.int64)
    for bus in order[1:]:
        depth[bus] = depth[before[bus]] + 1
    return depth, before.astype(np.int64)
