"""A plain script: the welfare problem of a book straight into HiGHS, orders as they come, then its prices.

Blocks may be accepted paradoxically: nothing is looked at again. One zone.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array, csc_array

from _market.books import Shape, market


def pose(shape: Shape, gap: float = 1e-4) -> tuple[Any, Any, float]:
    """The columns, the lengths of the steps and the gap."""
    assert shape.zones == 1
    case = market(shape)
    return case.orders, case.horizon.hours, gap


def run(posed: tuple[Any, Any, float]) -> dict[str, Any]:
    """Columns to prices."""
    book, hours, gap = posed
    spread, whole = book.spread(hours), np.flatnonzero(book.ratio_min > 0)
    count, steps, blocks = book.orders, hours.size, whole.size
    linked = np.flatnonzero(book.parent >= 0)
    inside = np.flatnonzero(book.group != "")
    _, group = np.unique(book.group[inside], return_inverse=True)
    row, column, value = [spread.step], [spread.order], [book.side[spread.order] * spread.energy_mwh]
    low, high, at = [np.zeros(steps)], [np.zeros(steps)], steps
    binary = count + np.arange(blocks)
    for coefficient, least in ((np.ones(blocks), False), (book.ratio_min[whole], True)):
        rows = at + np.arange(blocks)
        row += [rows, rows]
        column += [whole, binary]
        value += [np.ones(blocks), -coefficient]
        low.append(np.full(blocks, 0.0 if least else -np.inf))
        high.append(np.full(blocks, np.inf if least else 0.0))
        at += blocks
    rows = at + np.arange(linked.size)
    row, column = [*row, rows, rows], [*column, linked, book.parent[linked]]
    value = [*value, np.ones(linked.size), -np.ones(linked.size)]
    at += linked.size
    groups = int(group.max()) + 1 if inside.size else 0
    row, column, value = [*row, at + group], [*column, inside], [*value, np.ones(inside.size)]
    low += [np.full(linked.size, -np.inf), np.full(groups, -np.inf)]
    high += [np.zeros(linked.size), np.ones(groups)]
    cells = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count + blocks, at + groups
    rows = csc_array(coo_array(cells, shape=(lp.num_row_, lp.num_col_)))
    lp.col_cost_ = np.concatenate([book.side * book.price_eur_per_mwh * book.energy_mwh, np.zeros(blocks)])
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_, lp.row_upper_ = np.concatenate(low), np.concatenate(high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", gap)
    if blocks:
        lp.integrality_ = [highspy.HighsVarType.kContinuous] * count + [highspy.HighsVarType.kInteger] * blocks
    highs.passModel(lp)
    highs.run()
    objective = highs.getObjectiveValue()
    if blocks:
        chosen = np.rint(highs.getSolution().col_value[count:])
        highs.changeColsIntegrality(blocks, binary.astype(np.int32), np.zeros(blocks, dtype=np.uint8))
        highs.changeColsBounds(blocks, binary.astype(np.int32), chosen, chosen)
        highs.run()
    prices = np.array(highs.getSolution().row_dual[:steps])
    return {"objective": objective, "price_sum": float(np.abs(prices).sum())}
