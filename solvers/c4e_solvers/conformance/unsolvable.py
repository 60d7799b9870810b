"""LPs without an optimum: infeasible, unbounded, or both without the clash; each with a proof worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

from c4e_solvers.conformance.problem import INF, INFEASIBLE, UNBOUNDED, Problem
from c4e_solvers.matrices import Matrices
from c4e_solvers.solution import Reason


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _clashes()
    yield from _networks()
    yield from _directions()


def _clashes() -> Iterator[Problem]:
    # A ray y proves it where y'(rows) demands more than the columns allow: here 2 - 1 > 0 x + 0 y.
    yield Problem(
        name="rows clash",
        matrices=Matrices.build([1, 1], [[1, 1], [1, 1]], [2, -INF], [INF, 1]),
        reasons=INFEASIBLE,
        ray=(1, -1),
    )
    # 5 are demanded, x + y is at most 4.
    yield Problem(
        name="row and bounds clash",
        matrices=Matrices.build([1, 1], [[1, 1]], 5, INF, column_upper=2),
        reasons=INFEASIBLE,
        ray=(1,),
    )
    # (x - y) + (y - z) = 2, but x - z = 3.
    yield Problem(
        name="equations clash",
        matrices=Matrices.build(
            [0, 0, 0], [[1, -1, 0], [0, 1, -1], [1, 0, -1]], [1, 1, 3], [1, 1, 3], column_lower=-INF
        ),
        reasons=INFEASIBLE,
        ray=(-1, -1, 1),
    )
    yield Problem(
        name="empty row clashes",
        matrices=Matrices.build([1], [[0], [1]], [1, 0], [2, 4]),
        reasons=INFEASIBLE,
        ray=(1, 0),
    )
    # x + y >= 0, so minus the row demands 1 of what is at most 0.
    yield Problem(
        name="nothing negative adds up to less than zero",
        matrices=Matrices.build([1, 1], [[1, 1]], -1, -1),
        reasons=INFEASIBLE,
        ray=(-1,),
    )
    # x is fixed at 5 and y at most 3: x - y >= 2 does not fit the range [0, 1].
    yield Problem(
        name="a range clashes with a fixed column",
        matrices=Matrices.build([0, 1], [[1, -1]], 0, 1, column_lower=[5, 0], column_upper=[5, 3]),
        reasons=INFEASIBLE,
        ray=(-1,),
    )
    # Without the clash of y, x could grow for ever.
    yield Problem(
        name="infeasible, and unbounded without the clash",
        matrices=Matrices.build([-1, 0], [[0, 1], [0, 1]], [2, -INF], [INF, 1]),
        reasons=INFEASIBLE | {Reason.INFEASIBLE_OR_UNBOUNDED},
        ray=(1, -1),
    )


def _networks() -> Iterator[Problem]:
    # Each is at least 1 below the next, all around: the three rows add up to 0 <= -3.
    yield Problem(
        name="differences around a circle",
        matrices=Matrices.build([1, -1, 0], [[1, -1, 0], [0, 1, -1], [-1, 0, 1]], -INF, -1, column_lower=-INF),
        reasons=INFEASIBLE,
        ray=(-1, -1, -1),
    )
    # Supplies of 3 and 2, demands of 4 and 2: one is missing, wherever the flows go.
    yield Problem(
        name="supply falls short of demand",
        matrices=Matrices.build(
            [1, 4, 2, 1],
            [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]],
            [-INF, -INF, 4, 2],
            [3, 2, INF, INF],
        ),
        reasons=INFEASIBLE,
        ray=(-1, -1, 1, 1),
    )


def _directions() -> Iterator[Problem]:
    yield Problem(
        name="unbounded ray",
        matrices=Matrices.build([-1, 0], [[1, -1]], -INF, 1),
        reasons=UNBOUNDED,
        ray=(1, 1),
    )
    yield Problem(
        name="unbounded below",
        matrices=Matrices.build([1], [[1]], -INF, 3, column_lower=-INF),
        reasons=UNBOUNDED,
        ray=(-1,),
    )
    # The rows allow directions from (1, 1) to (2, 1); the first costs nothing, only those beyond it fall.
    yield Problem(
        name="unbounded along one edge",
        matrices=Matrices.build([-1, 1], [[-1, 1], [1, -2]], -INF, [1, 2]),
        reasons=UNBOUNDED,
        ray=(2, 1),
    )
    yield Problem(
        name="unbounded through free columns and an equation",
        matrices=Matrices.build([1, 1], [[1, -1]], 0, 0, column_lower=-INF),
        reasons=UNBOUNDED,
        ray=(-1, -1),
    )
    # The range binds at both ends and y is fixed: z alone is free to grow.
    yield Problem(
        name="unbounded beside a range and a fixed column",
        matrices=Matrices.build([1, 1, -1], [[1, 1, 0]], 1, 2, column_lower=[0, 1, 0], column_upper=[INF, 1, INF]),
        reasons=UNBOUNDED,
        ray=(0, 0, 1),
    )
