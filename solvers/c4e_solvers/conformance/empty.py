"""Problems in which something is missing: rows, columns, coefficients, or anything that mentions a column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_solvers.conformance.problem import INF, INFEASIBLE, UNBOUNDED, Problem
from c4e_solvers.matrices import Matrices


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _without_rows_or_columns()
    yield from _unmentioned()


def _without_rows_or_columns() -> Iterator[Problem]:
    none = np.zeros((0, 2))
    yield Problem(
        name="no rows",
        matrices=Matrices.build([1, -1], none, [], [], column_upper=5, offset=2),
        objective=-3,
        primal=(0, 5),
        row_dual=(),
        column_dual=(1, -1),
    )
    yield Problem(
        name="no rows, unbounded", matrices=Matrices.build([0, -1], none, [], []), reasons=UNBOUNDED, ray=(0, 1)
    )
    yield Problem(
        name="no columns",
        matrices=Matrices.build([], [], [-1, 0], [2, 0], offset=3),
        objective=3,
        primal=(),
        row_dual=(0, 0),
        column_dual=(),
    )
    yield Problem(
        name="no columns, a row clashes",
        matrices=Matrices.build([], [], [0, 1], [5, 2]),
        reasons=INFEASIBLE,
        ray=(0, 1),
    )
    yield Problem(name="nothing at all", matrices=Matrices.build([], [], [], [], offset=-4), objective=-4, primal=())
    yield Problem(
        name="empty row within its bounds",
        matrices=Matrices.build([1, 2], [[0, 0], [1, 1]], [-1, 3], [2, INF]),
        objective=3,
        primal=(3, 0),
        row_dual=(0, 1),
        column_dual=(0, 1),
    )


def _unmentioned() -> Iterator[Problem]:
    yield Problem(
        name="empty column",
        matrices=Matrices.build([1, 2], [[1, 0]], 1, INF, column_lower=[0, 3]),
        objective=7,
        primal=(1, 3),
        row_dual=(1,),
        column_dual=(0, 2),
    )
    # No row and no cost mentions y; it may be anything within [0.3, 0.8], and nothing outside.
    yield Problem(
        name="a column that nothing mentions",
        matrices=Matrices.build([1, 0], [[1, 0]], 1, INF, column_lower=[0, 0.3], column_upper=[9, 0.8]),
        objective=1,
        row_dual=(1,),
        column_dual=(0, 0),
    )
    yield Problem(
        name="a fixed column that nothing mentions",
        matrices=Matrices.build([1, 0], [[1, 0]], 1, INF, column_lower=[0, 0.5], column_upper=[9, 0.5]),
        objective=1,
        primal=(1, 0.5),
        row_dual=(1,),
    )
    yield Problem(
        name="nothing mentions any column",
        matrices=Matrices.build([0, 0], [[0, 0]], -1, 1, column_lower=[0.5, -2], column_upper=[0.5, -1], offset=3),
        objective=3,
        row_dual=(0,),
        column_dual=(0, 0),
    )
    yield Problem(
        name="a mixed problem with columns that nothing mentions",
        matrices=Matrices.build(
            [1, 0, 0],
            [[2, 0, 0]],
            3,
            INF,
            column_lower=[0, -0.8, -3.5],
            column_upper=[9, -0.3, -2.5],
            integral=[True, False, True],
        ),
        objective=2,
    )
    yield Problem(
        name="no integer fits a column that nothing mentions",
        matrices=Matrices.build([1, 0], [[1, 0]], 1, INF, column_lower=[0, 0.3], column_upper=[9, 0.8], integral=True),
        reasons=INFEASIBLE,
    )
