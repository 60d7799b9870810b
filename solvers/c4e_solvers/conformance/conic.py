"""SOCPs: one and several cones, shared columns, apexes, binding rows, and cones that clash or fall for ever.

The dual of a cone that binds away from its apex is ``k (t, -u)`` for a head t over a tail u: on the boundary, across.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_solvers.conformance.problem import INF, INFEASIBLE, UNBOUNDED, Problem, cone
from c4e_solvers.matrices import Matrices


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _lengths()
    yield from _several()
    yield from _apexes()
    yield from _balls()
    yield from _unsolvable()


def _lengths() -> Iterator[Problem]:
    yield Problem(
        name="length of a vector",
        matrices=Matrices.build(
            [1, 0, 0], [[0, 1, 0], [0, 0, 1]], [3, 4], [3, 4], column_lower=-INF, cones=(cone(0, 1, 2),)
        ),
        objective=5,
        primal=(5, 3, 4),
        row_dual=(0.6, 0.8),
        column_dual=(0, 0, 0),
        cone_dual=((1, -0.6, -0.8),),
    )
    # The shortest vector with x + 2y + 2z = 9 is (1, 2, 2), the normal; one more on the right makes it 1/3 longer.
    yield Problem(
        name="least norm of an equation",
        matrices=Matrices.build([1, 0, 0, 0], [[0, 1, 2, 2]], 9, 9, column_lower=-INF, cones=(cone(0, 1, 2, 3),)),
        objective=3,
        primal=(3, 1, 2, 2),
        row_dual=(1 / 3,),
        column_dual=(0, 0, 0, 0),
        cone_dual=((1, -1 / 3, -2 / 3, -2 / 3),),
    )
    # |x| <= t with x = -3: a tail of one is an absolute value, and a larger x makes it smaller.
    yield Problem(
        name="absolute value",
        matrices=Matrices.build([1, 0], [[0, 1]], -3, -3, column_lower=-INF, cones=(cone(0, 1),)),
        objective=3,
        primal=(3, -3),
        row_dual=(-1,),
        column_dual=(0, 0),
        cone_dual=((1, 1),),
    )
    # xy >= 1 is |(2, x - y)| <= x + y; 4x + y is least at (1/2, 2), where h = 2.5 and d = -1.5. With the cone's dual
    # (2.5, -2, 1.5) the rows cost -2.5 and -1.5, for x: 4 - 2.5 - 1.5 = 0, for y: 1 - 2.5 + 1.5 = 0.
    yield Problem(
        name="a product through a rotated cone",
        matrices=Matrices.build(
            [4, 1, 0, 0, 0],
            [[-1, -1, 1, 0, 0], [-1, 1, 0, 1, 0]],
            0,
            0,
            column_lower=[0, 0, -INF, -INF, 2],
            column_upper=[INF, INF, INF, INF, 2],
            cones=(cone(2, 4, 3),),
        ),
        objective=4,
        primal=(0.5, 2, 2.5, -1.5, 2),
        row_dual=(-2.5, -1.5),
        column_dual=(0, 0, 0, 0, 2),
        cone_dual=((2.5, -2, 1.5),),
    )


def _several() -> Iterator[Problem]:
    # One head over (3, 4), of length 5, and over (2, 3, 6), of length 7: only the longer one has a price.
    yield Problem(
        name="two cones under one head",
        matrices=Matrices.build(
            [1, 0, 0, 0, 0, 0],
            np.eye(5, 6, 1),
            [3, 4, 2, 3, 6],
            [3, 4, 2, 3, 6],
            column_lower=-INF,
            cones=(cone(0, 1, 2), cone(0, 3, 4, 5)),
        ),
        objective=7,
        primal=(7, 3, 4, 2, 3, 6),
        row_dual=(0, 0, 2 / 7, 3 / 7, 6 / 7),
        column_dual=(0, 0, 0, 0, 0, 0),
        cone_dual=((0, 0, 0), (1, -2 / 7, -3 / 7, -6 / 7)),
    )
    # x is in the tails of both: |(x, 9)| + |(x, 16)| - 1.4 x is flat where x/15 + x/20 = 1.4, at x = 12.
    yield Problem(
        name="two cones share a column of their tails",
        matrices=Matrices.build(
            [1, 1, -1.4, 0, 0],
            [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]],
            [9, 16],
            [9, 16],
            column_lower=-INF,
            cones=(cone(0, 2, 3), cone(1, 2, 4)),
        ),
        objective=18.2,
        primal=(15, 20, 12, 9, 16),
        row_dual=(0.6, 0.8),
        column_dual=(0, 0, 0, 0, 0),
        cone_dual=((1, -0.8, -0.6), (1, -0.6, -0.8)),
    )
    # The length 5 of (3, 4) stands beside 12 in the next cone: 13. Its dual passes 5/13 on.
    yield Problem(
        name="the head of one cone in the tail of another",
        matrices=Matrices.build(
            [1, 0, 0, 0, 0],
            np.eye(3, 5, 2),
            [12, 3, 4],
            [12, 3, 4],
            column_lower=-INF,
            cones=(cone(0, 1, 2), cone(1, 3, 4)),
        ),
        objective=13,
        primal=(13, 5, 12, 3, 4),
        row_dual=(12 / 13, 3 / 13, 4 / 13),
        column_dual=(0, 0, 0, 0, 0),
        cone_dual=((1, -5 / 13, -12 / 13), (5 / 13, -3 / 13, -4 / 13)),
    )
    # |x - 1| + |x - 2| + |x - 9| is least at the median. Left of it the slope is 1, right of it -1, in it what is left.
    yield Problem(
        name="median",
        matrices=Matrices.build(
            [1, 1, 1, 0, 0, 0, 0],
            np.hstack([np.zeros((3, 3)), np.eye(3), -np.ones((3, 1))]),
            [-1, -2, -9],
            [-1, -2, -9],
            column_lower=-INF,
            cones=(cone(0, 3), cone(1, 4), cone(2, 5)),
        ),
        objective=8,
        primal=(1, 0, 7, 1, 0, -7, 2),
        row_dual=(1, 0, -1),
        column_dual=(0, 0, 0, 0, 0, 0, 0),
        cone_dual=((1, -1), (1, 0), (1, 1)),
    )


def _apexes() -> Iterator[Problem]:
    # |(1, 1)| < 2: no direction in the cone falls, so its apex is the only optimum; its dual is the cost.
    yield Problem(
        name="apex of a cone",
        matrices=Matrices.build([2, 1, 1], np.zeros((0, 3)), [], [], column_lower=-INF, cones=(cone(0, 1, 2),)),
        objective=0,
        primal=(0, 0, 0),
        row_dual=(),
        column_dual=(0, 0, 0),
        cone_dual=((2, 1, 1),),
    )
    # All are fixed and |(3, 1)| < 5: the cone is slack and costs nothing.
    yield Problem(
        name="a cone over fixed columns",
        matrices=Matrices.build(
            [1, 1, 1], [[1, 1, 1]], -INF, 10, column_lower=[5, 3, 1], column_upper=[5, 3, 1], cones=(cone(0, 1, 2),)
        ),
        objective=9,
        primal=(5, 3, 1),
        row_dual=(0,),
        column_dual=(1, 1, 1),
        cone_dual=((0, 0, 0),),
    )


def _balls() -> Iterator[Problem]:
    # (x, y) within 1 of the origin, (u, v) = (x, y) - (3, 4), t its length: 5 - 1. A larger radius r brings it nearer.
    # The dual of the distance is (1, 0.6, 0.8), the rows pass (-0.6, -0.8) on to the ball.
    yield Problem(
        name="projection on a ball",
        matrices=Matrices.build(
            [1, 0, 0, 0, 0, 0],
            [[0, 1, 0, 0, -1, 0], [0, 0, 1, 0, 0, -1]],
            [-3, -4],
            [-3, -4],
            column_lower=[-INF, -INF, -INF, 1, -INF, -INF],
            column_upper=[INF, INF, INF, 1, INF, INF],
            cones=(cone(0, 1, 2), cone(3, 4, 5)),
        ),
        objective=4,
        primal=(4, -2.4, -3.2, 1, 0.6, 0.8),
        row_dual=(-0.6, -0.8),
        column_dual=(0, 0, 0, -1, 0, 0),
        cone_dual=((1, 0.6, 0.8), (1, -0.6, -0.8)),
    )
    # -3x - 2y on a disc of radius 5 with x <= 3: at (3, 4) the cone takes -2 = -4/2 of y and -1.5 of x, the row the
    # rest of x.
    yield Problem(
        name="a row cuts a disc",
        matrices=Matrices.build(
            [0, -3, -2],
            [[0, 1, 0]],
            -INF,
            3,
            column_lower=[5, -INF, -INF],
            column_upper=[5, INF, INF],
            cones=(cone(0, 1, 2),),
        ),
        objective=-17,
        primal=(5, 3, 4),
        row_dual=(-1.5,),
        column_dual=(-2.5, 0, 0),
        cone_dual=((2.5, -1.5, -2),),
    )
    # The point of the unit disc nearest to (2, 0) in squares: (x-2)^2 + y^2 falls by 2 per unit of radius.
    yield Problem(
        name="a quadratic over a disc",
        matrices=Matrices.build(
            [0, -4, 0],
            [[0, 1, 1]],
            -INF,
            9,
            column_lower=[1, -INF, -INF],
            column_upper=[1, INF, INF],
            quadratic=np.diag([0, 2, 2]),
            cones=(cone(0, 1, 2),),
            offset=4,
        ),
        objective=1,
        primal=(1, 1, 0),
        row_dual=(0,),
        column_dual=(-2, 0, 0),
        cone_dual=((2, -2, 0),),
    )


def _unsolvable() -> Iterator[Problem]:
    # The head is at most 1, one of its tail at least 2. (1, -1, 0) is in the cone: x >= 2 less r <= 1 and r - x >= 0.
    yield Problem(
        name="a tail longer than its head may be",
        matrices=Matrices.build(
            [0, 0, 1], [[1, 0, 0], [0, 1, 0]], [-INF, 2], [1, INF], column_lower=-INF, cones=(cone(0, 1, 2),)
        ),
        reasons=INFEASIBLE,
        ray=(-1, 1),
        cone_ray=((1, -1, 0),),
    )
    # A head is a norm at least: its upper bound of -1 clashes with the cone alone.
    yield Problem(
        name="a head below zero",
        matrices=Matrices.build(
            [1, 0, 0],
            [[0, 1, 1]],
            -3,
            3,
            column_lower=-INF,
            column_upper=[-1, INF, INF],
            cones=(cone(0, 1, 2),),
        ),
        reasons=INFEASIBLE,
        ray=(0,),
        cone_ray=((1, 0, 0),),
    )
    # t - 2x falls along (1, 1, 0), on the boundary of the cone.
    yield Problem(
        name="unbounded along a cone",
        matrices=Matrices.build([1, -2, 0], [[0, 0, 1]], -1, 1, column_lower=-INF, cones=(cone(0, 1, 2),)),
        reasons=UNBOUNDED,
        ray=(1, 1, 0),
    )
