"""Problems with columns that are zero or within their bounds, and with ordered sets of which few may be nonzero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from c4e_solvers.conformance.problem import INF, INFEASIBLE, Problem
from c4e_solvers.matrices import Matrices, OrderedSet


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _semicontinuous()
    yield from _ordered_sets()


def _semicontinuous() -> Iterator[Problem]:
    # x at 1 rests or gives 3 to 10, y at 2 gives anything: exactly 2 can only come from y.
    yield Problem(
        name="the least of a semicontinuous column is too much",
        matrices=Matrices.build(
            [1, 2], [[1, 1]], 2, 2, column_lower=[3, 0], column_upper=[10, 20], semicontinuous=[True, False]
        ),
        objective=4,
        primal=(0, 2),
    )
    # At least 2, which cost 8 with y: x at its least of 3 costs 3, relaxed it would cost 2.
    yield Problem(
        name="a semicontinuous column at its least",
        matrices=Matrices.build(
            [1, 4], [[1, 1]], 2, INF, column_lower=[3, 0], column_upper=[10, 20], semicontinuous=[True, False]
        ),
        objective=3,
        primal=(3, 0),
    )
    # Whole, and zero or 3.2 to 6: 2x <= 7 leaves none of 4, 5 and 6. Without either rule x = 3.5 or 3.
    yield Problem(
        name="a semicontinuous integer",
        matrices=Matrices.build(
            [-1], [[2]], -INF, 7, column_lower=3.2, column_upper=6, integral=True, semicontinuous=True, offset=1
        ),
        objective=1,
        primal=(0,),
    )
    # One gives 3 to 4, two give 6 to 8, none 0: never 5.
    yield Problem(
        name="semicontinuous columns miss what lies between",
        matrices=Matrices.build([1, 1], [[1, 1]], 5, 5, column_lower=3, column_upper=4, semicontinuous=True),
        reasons=INFEASIBLE,
    )


def _ordered_sets() -> Iterator[Problem]:
    # At most 4 of each good, worth 1, 3 and 2, and only one good.
    yield Problem(
        name="one of a set",
        matrices=Matrices.build([-1, -3, -2], [[1, 1, 1]], -INF, 9, column_upper=4, ordered_sets=(_set(1, 0, 1, 2),)),
        objective=-12,
        primal=(0, 4, 0),
    )
    # At most two neighbours: 3 + 1, 1 + 2.5 or 2.5 + 2 for 4 of each; the best two, 3 + 2.5, are none.
    yield Problem(
        name="two neighbours of a set",
        matrices=Matrices.build(
            [-3, -1, -2.5, -2], [[1, 1, 1, 1]], -INF, 9, column_upper=4, ordered_sets=(_set(2, 0, 1, 2, 3),)
        ),
        objective=-18,
        primal=(0, 0, 4, 4),
    )
    # A curve through (0, 0), (1, 3) and (3, 4) bends down: at 2 it is half of 3 and 4, its chord would be 8/3.
    yield Problem(
        name="a curve that bends down",
        matrices=Matrices.build(
            [0, 3, 4], [[1, 1, 1], [0, 1, 3]], [1, 2], [1, 2], column_upper=1, ordered_sets=(_set(2, 0, 1, 2),)
        ),
        objective=3.5,
        primal=(0, 0.5, 0.5),
    )
    # The order is that of the set, 2 0 1: the columns 1 and 2 are no neighbours. 3 + 1 is better than 2 + 1.
    yield Problem(
        name="a set in an order of its own",
        matrices=Matrices.build([-1, -2, -3], [[1, 1, 1]], -INF, 9, column_upper=1, ordered_sets=(_set(2, 2, 0, 1),)),
        objective=-4,
        primal=(1, 0, 1),
    )
    yield Problem(
        name="a set with two that must not be zero",
        matrices=Matrices.build(
            [1, 1, 1], [[1, 0, 0], [0, 0, 1]], 1, INF, column_upper=4, ordered_sets=(_set(2, 0, 1, 2),)
        ),
        reasons=INFEASIBLE,
    )


def _set(order: Literal[1, 2], *columns: int) -> OrderedSet:
    return OrderedSet(order=order, columns=np.array(columns, np.int32))
