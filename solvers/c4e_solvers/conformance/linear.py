"""LPs with one answer: the signs of duals, every kind of bound, and numbers of uneven size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from c4e_solvers.conformance.problem import INF, Problem
from c4e_solvers.matrices import Matrices


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _signs()
    yield from _rows()
    yield from _columns()
    yield from _sizes()


def _signs() -> Iterator[Problem]:
    # Merit order: 10 units at price 1, then 5 of price 3 for a demand of 12; one more costs 3.
    yield Problem(
        name="merit order",
        matrices=Matrices.build([1, 3], [[1, 1]], 12, 12, column_upper=[10, 5]),
        objective=16,
        primal=(10, 2),
        row_dual=(3,),
        column_dual=(-2, 0),
    )
    yield Problem(
        name="lower bound binds",
        matrices=Matrices.build([1, 2], [[1, 1]], 2, INF),
        objective=2,
        primal=(2, 0),
        row_dual=(1,),
        column_dual=(0, 1),
    )
    yield Problem(
        name="upper bound binds",
        matrices=Matrices.build([-3, -1], [[1, 1]], -INF, 4),
        objective=-12,
        primal=(4, 0),
        row_dual=(-3,),
        column_dual=(0, 2),
    )
    # Two binding rows: x + 2y = 4 and 3x + y = 6 at (1.6, 1.2); y solves A'y = (-1, -1).
    yield Problem(
        name="two rows bind",
        matrices=Matrices.build([-1, -1], [[1, 2], [3, 1]], -INF, [4, 6]),
        objective=-2.8,
        primal=(1.6, 1.2),
        row_dual=(-0.4, -0.2),
        column_dual=(0, 0),
    )
    # x + y = 3 and x - y = 1 have one solution, whatever it costs; A'y = (3, 1) gives the duals.
    yield Problem(
        name="a square system of free columns",
        matrices=Matrices.build([3, 1], [[1, 1], [1, -1]], [3, 1], [3, 1], column_lower=-INF),
        objective=7,
        primal=(2, 1),
        row_dual=(2, 1),
        column_dual=(0, 0),
    )


def _rows() -> Iterator[Problem]:
    yield Problem(
        name="range row binds above",
        matrices=Matrices.build([-1], [[2]], 1, 6),
        objective=-3,
        primal=(3,),
        row_dual=(-0.5,),
        column_dual=(0,),
    )
    yield Problem(
        name="range row binds below",
        matrices=Matrices.build([1], [[2]], 1, 6, column_lower=-INF),
        objective=0.5,
        primal=(0.5,),
        row_dual=(0.5,),
        column_dual=(0,),
    )
    # 1 <= x + y <= 3 and -1 <= x - y <= 1: y is best at x + y = 3 and x - y = -1; A'y = (0, -2).
    yield Problem(
        name="ranges bind at opposite sides",
        matrices=Matrices.build([0, -2], [[1, 1], [1, -1]], [1, -1], [3, 1], column_lower=-INF),
        objective=-4,
        primal=(1, 2),
        row_dual=(-1, 1),
        column_dual=(0, 0),
    )
    yield Problem(
        name="slack row has no price",
        matrices=Matrices.build([1, 1], [[1, 0], [0, 1], [1, 1]], [1, 2, -INF], [INF, INF, 50]),
        objective=3,
        primal=(1, 2),
        row_dual=(1, 1, 0),
        column_dual=(0, 0),
    )
    yield Problem(
        name="row without bounds",
        matrices=Matrices.build([1], [[1], [1]], [-INF, 2], INF),
        objective=2,
        primal=(2,),
        row_dual=(0, 1),
    )
    # The row has no bound at all, so the price of y and the bounds of x and y decide alone.
    yield Problem(
        name="only a row without bounds",
        matrices=Matrices.build([1, -2], [[1, 1]], -INF, INF, column_lower=-3, column_upper=4),
        objective=-11,
        primal=(-3, 4),
        row_dual=(0,),
        column_dual=(1, -2),
    )
    # The second entry of the row is stored and zero: only x meets 4, y stays at its lower bound.
    stored = Matrices.build([3, 1], [[2, 1]], 4, INF, column_lower=[0, 1])
    yield Problem(
        name="a coefficient that is stored and zero",
        matrices=replace(stored, row_value=np.array([2.0, 0.0])),
        objective=7,
        primal=(2, 1),
        row_dual=(1.5,),
        column_dual=(0, 1),
    )


def _columns() -> Iterator[Problem]:
    yield Problem(
        name="free column",
        matrices=Matrices.build([1, 0], [[1, 1], [0, 1]], [-5, -INF], [INF, 2], column_lower=-INF),
        objective=-7,
        primal=(-7, 2),
        row_dual=(1, -1),
        column_dual=(0, 0),
    )
    yield Problem(
        name="fixed column",
        matrices=Matrices.build([1, 5], [[1, 1]], 3, 3, column_lower=[0, 2], column_upper=[INF, 2]),
        objective=11,
        primal=(1, 2),
        row_dual=(1,),
        column_dual=(0, 4),
    )
    # x + 2 - 1 >= 4 binds at 3, 2x - 2 - 3 <= 9 does not; a fixed column earns its cost less the dual.
    yield Problem(
        name="fixed columns in every row",
        matrices=Matrices.build(
            [1, 4, -2],
            [[1, 1, 1], [2, -1, 3]],
            [4, -INF],
            [INF, 9],
            column_lower=[0, 2, -1],
            column_upper=[INF, 2, -1],
        ),
        objective=13,
        primal=(3, 2, -1),
        row_dual=(1, 0),
        column_dual=(0, 3, -3),
    )
    yield Problem(
        name="nothing but fixed columns",
        matrices=Matrices.build([1, -1], [[1, 1]], 4, 6, column_lower=[2, 3], column_upper=[2, 3]),
        objective=-1,
        primal=(2, 3),
        row_dual=(0,),
        column_dual=(1, -1),
    )
    yield Problem(
        name="an upper bound without a lower one",
        matrices=Matrices.build([-1], [[1]], -10, INF, column_lower=-INF, column_upper=4),
        objective=-4,
        primal=(4,),
        row_dual=(0,),
        column_dual=(-1,),
    )
    yield Problem(
        name="negative bounds and an offset",
        matrices=Matrices.build([2], [[1]], -INF, 0, column_lower=-4, column_upper=-1, offset=100),
        objective=92,
        primal=(-4,),
        row_dual=(0,),
        column_dual=(2,),
    )


def _sizes() -> Iterator[Problem]:
    yield Problem(
        name="large and small numbers",
        matrices=Matrices.build([1e-3, 1e4], [[1e4, 1e-2]], 1e6, INF, column_upper=[50, INF]),
        objective=5e11 + 0.05,
        primal=(50, 5e7),
        row_dual=(1e6,),
    )
    # A unit of the row costs 1 with x, which reaches 1e-6 * 1e6 = 1 of it, and 2 with y, which brings the other 2.
    yield Problem(
        name="coefficients of 1e-6 and 1e6 in one row",
        matrices=Matrices.build([1e-6, 2e6], [[1e-6, 1e6]], 3, INF, column_upper=[1e6, INF]),
        objective=5,
        primal=(1e6, 2e-6),
        row_dual=(2,),
        column_dual=(-1e-6, 0),
    )
    # x = 2 from the small row and x + y = 5 from the large one; A'y = (2, 1): y2 = 1e-3, 1e-3 y1 + 1 = 2.
    yield Problem(
        name="rows that differ by 1e6",
        matrices=Matrices.build([2, 1], [[1e-3, 0], [1e3, 1e3]], [2e-3, 5e3], INF),
        objective=7,
        primal=(2, 3),
        row_dual=(1000, 1e-3),
        column_dual=(0, 0),
    )
    # One unit at 1e6, or up to 3 at 1e-6 first: 3 at 1e-6 and 1 at 1e6 serve 4.
    yield Problem(
        name="costs that differ by 1e12",
        matrices=Matrices.build([1e6, 1e-6], [[1, 1]], 4, 4, column_upper=[9, 3]),
        objective=1e6 + 3e-6,
        primal=(1, 3),
        row_dual=(1e6,),
        column_dual=(0, 1e-6 - 1e6),
    )
