"""A plain script: arrays, voltage angles, HiGHS; no checks, no verification, no labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array, hstack, vstack

from _network import matrices


def run(path: Path) -> dict[str, Any]:
    """File to nodal prices of a linear grid with linear costs."""
    grid = matrices.read(path)
    bus, gen, branch, cost = (grid[name] for name in ("bus", "gen", "branch", "gencost"))
    on, active = gen[:, 7] > 0, branch[:, 10] > 0
    gen, cost, branch = gen[on], cost[on], branch[active]
    place = {number: row for row, number in enumerate(bus[:, 0])}
    n, g, l = len(bus), len(gen), len(branch)  # noqa: E741
    start, end = (np.array([place[number] for number in branch[:, side]]) for side in (0, 1))
    tap = np.where(branch[:, 8] == 0, 1.0, branch[:, 8])
    slope = grid["baseMVA"] / (branch[:, 3] * tap)
    row = np.arange(l)
    ends = csr_array((np.concatenate([slope, -slope]), (np.tile(row, 2), np.concatenate([start, end]))), shape=(l, n))
    incidence = csr_array((np.repeat([1.0, -1.0], l), (np.tile(row, 2), np.concatenate([start, end]))), shape=(l, n))
    at = csr_array((np.ones(g), ([place[number] for number in gen[:, 0]], np.arange(g))), shape=(n, g))
    shifted = slope * np.radians(branch[:, 9])
    limit = np.where(branch[:, 5] == 0, np.inf, branch[:, 5])
    balance = hstack([at, -(incidence.T @ ends)])
    rows = csc_array(vstack([balance, hstack([csr_array((l, g)), ends])]))
    demand = bus[:, 2] + bus[:, 4] - incidence.T @ shifted
    degrees = branch[:, 11:13]
    free = (degrees == 0).all(axis=1)
    low = np.where(free | (degrees[:, 0] <= -360), -np.inf, slope * np.radians(degrees[:, 0]))
    high = np.where(free | (degrees[:, 1] >= 360), np.inf, slope * np.radians(degrees[:, 1]))
    low, high = np.minimum(low, high), np.maximum(low, high)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = g + n, n + l
    lp.col_cost_ = np.concatenate([cost[:, 5], np.zeros(n)])
    hold = np.where(bus[:, 1] == 3, 0.0, np.inf)
    lp.col_lower_, lp.col_upper_ = np.concatenate([gen[:, 9], -hold]), np.concatenate([gen[:, 8], hold])
    lp.row_lower_ = np.concatenate([demand, np.maximum(shifted - limit, low)])
    lp.row_upper_ = np.concatenate([demand, np.minimum(shifted + limit, high)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.passModel(lp)
    highs.run()
    prices = np.array(highs.getSolution().row_dual[:n])
    return {"objective": highs.getObjectiveValue() + float(cost[:, 6].sum()), "price_sum": float(prices.sum())}
