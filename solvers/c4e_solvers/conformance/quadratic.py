"""Convex QPs: definite and not, with bounds, rows or neither, bounded and not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_solvers.conformance.problem import INF, INFEASIBLE, UNBOUNDED, Problem
from c4e_solvers.matrices import Matrices


def problems() -> Iterator[Problem]:
    """All of them. Optimal where ``cost + Q x = A'y + z`` with signs of y and z that fit the bounds that bind."""
    yield from _definite()
    yield from _bounds()
    yield from _flat()
    yield from _flat_without_rows()
    yield from _unsolvable()


def _definite() -> Iterator[Problem]:
    # (x-1)^2 + (y-2)^2 - 5 on x + y <= 1: the foot of the perpendicular is (0, 1).
    yield Problem(
        name="projection on a half-plane",
        matrices=Matrices.build([-2, -4], [[1, 1]], -INF, 1, column_lower=-INF, quadratic=[[2, 0], [0, 2]]),
        objective=-3,
        primal=(0, 1),
        row_dual=(-2,),
        column_dual=(0, 0),
    )
    # Two units with marginal costs 1 + x and 3 + y serve 6: 1 + x = 3 + y = 5.
    yield Problem(
        name="equal marginal costs",
        matrices=Matrices.build([1, 3], [[1, 1]], 6, 6, quadratic=[[1, 0], [0, 1]]),
        objective=20,
        primal=(4, 2),
        row_dual=(5,),
        column_dual=(0, 0),
    )
    yield Problem(
        name="coupled, no rows",
        matrices=Matrices.build([-1, 0], np.zeros((0, 2)), [], [], column_lower=-INF, quadratic=[[2, 1], [1, 2]]),
        objective=-1 / 3,
        primal=(2 / 3, -1 / 3),
        column_dual=(0, 0),
    )
    # x = p, 2y = p, 3z = p and x + y + z = 11: p = 6, half of 36 + 18 + 12.
    yield Problem(
        name="one equation, a linear system",
        matrices=Matrices.build([0, 0, 0], [[1, 1, 1]], 11, 11, column_lower=-INF, quadratic=np.diag([1, 2, 3])),
        objective=33,
        primal=(6, 3, 2),
        row_dual=(6,),
        column_dual=(0, 0, 0),
    )
    # The shortest vector with x + y + z = 6 and x - z = 2 is (p + q, p, p - q) with 3p = 6 and 2q = 2.
    yield Problem(
        name="two equations, a linear system",
        matrices=Matrices.build(
            [0, 0, 0], [[1, 1, 1], [1, 0, -1]], [6, 2], [6, 2], column_lower=-INF, quadratic=np.eye(3)
        ),
        objective=7,
        primal=(3, 2, 1),
        row_dual=(2, 1),
        column_dual=(0, 0, 0),
    )
    # x^2 + xy + y^2 - 4x - 5y would like (1, 2); on x + y = 2 both slopes 2x + y - 4 and x + 2y - 5 are -1.5.
    yield Problem(
        name="off the diagonal",
        matrices=Matrices.build([-4, -5], [[1, 1]], -INF, 2, quadratic=[[2, 1], [1, 2]]),
        objective=-6.25,
        primal=(0.5, 1.5),
        row_dual=(-1.5,),
        column_dual=(0, 0),
    )
    # 1e-3 x = 1e3 y = 1 and x + y = 1000.001: half of 1000 + 0.001.
    yield Problem(
        name="curvatures that differ by 1e6",
        matrices=Matrices.build([0, 0], [[1, 1]], 1000.001, 1000.001, quadratic=[[1e-3, 0], [0, 1e3]]),
        objective=500.0005,
        primal=(1000, 1e-3),
        row_dual=(1,),
        column_dual=(0, 0),
    )


def _bounds() -> Iterator[Problem]:
    # (x-3)^2 + (y+1)^2 with x <= 2 and y >= 0: both stop at their bounds, with slopes -2 and 2; the row is slack.
    yield Problem(
        name="bounds bind in a quadratic",
        matrices=Matrices.build(
            [-6, 2], [[1, 1]], -INF, 9, column_upper=[2, INF], quadratic=[[2, 0], [0, 2]], offset=10
        ),
        objective=2,
        primal=(2, 0),
        row_dual=(0,),
        column_dual=(-2, 2),
    )
    # x^2 - xy + y^2 + x with y fixed at 2: 2x - 2 + 1 = 0; the slope in y is 4 - 0.5.
    yield Problem(
        name="a fixed column off the diagonal",
        matrices=Matrices.build(
            [1, 0],
            [[1, 1]],
            -INF,
            9,
            column_lower=[-INF, 2],
            column_upper=[INF, 2],
            quadratic=[[2, -1], [-1, 2]],
        ),
        objective=3.75,
        primal=(0.5, 2),
        row_dual=(0,),
        column_dual=(0, 3.5),
    )
    # Both rows say x + y >= 2, so their duals are open; the nearest point to the origin is not.
    yield Problem(
        name="duplicate rows under a quadratic",
        matrices=Matrices.build([0, 0], [[1, 1], [2, 2]], [2, 4], INF, quadratic=[[2, 0], [0, 2]]),
        objective=2,
        primal=(1, 1),
        column_dual=(0, 0),
    )


def _flat() -> Iterator[Problem]:
    yield Problem(
        name="singular but bounded",
        matrices=Matrices.build([-1, 1], [[1, 1]], 1, 1, column_lower=-INF, quadratic=[[1, -1], [-1, 1]]),
        objective=-0.5,
        primal=(1, 0),
        row_dual=(0,),
    )
    # (x + y)^2 - y is s^2 - s/2 - t/2 with s = x + y and t = y - x; along (-1, 1) it falls until the row t <= 4 binds:
    # s = 1/4, t = 4. The slopes 2s = 0.5 and 2s - 1 = -0.5 are -0.5 times the row.
    yield Problem(
        name="a flat direction that a row ends",
        matrices=Matrices.build([0, -1], [[-1, 1]], -INF, 4, column_lower=-INF, quadratic=[[2, 2], [2, 2]]),
        objective=-2.0625,
        primal=(-1.875, 2.125),
        row_dual=(-0.5,),
        column_dual=(0, 0),
    )
    # x^2 + 3z for x + z >= 4: x until its slope 2x is 3, then z.
    yield Problem(
        name="a linear column beside a quadratic one",
        matrices=Matrices.build([0, 3], [[1, 1]], 4, INF, quadratic=[[2, 0], [0, 0]]),
        objective=9.75,
        primal=(1.5, 2.5),
        row_dual=(3,),
        column_dual=(0, 0),
    )


def _flat_without_rows() -> Iterator[Problem]:
    """Where an active-set method may stumble: nothing but bounds ends the flat directions."""
    none = np.zeros((0, 2))
    yield Problem(
        name="a linear column beside a quadratic one, no rows",
        matrices=Matrices.build(
            [-0.25, 0], none, [], [], column_lower=[-4, -3], column_upper=[0, 1], quadratic=[[0, 0], [0, 1]]
        ),
        objective=0,
        primal=(0, 0),
        row_dual=(),
        column_dual=(-0.25, 0),
    )
    # (x - 2y)^2 / 2 + 3x - y with x fixed at 2: -2 (2 - 2y) = 1 at y = 1.25, and 0.125 + 6 - 1.25; the slope in x is
    # x - 2y + 3. Only steps along (2, 1) are flat, and those x forbids.
    yield Problem(
        name="a flat direction that a fixed column ends",
        matrices=Matrices.build(
            [3, -1], none, [], [], column_lower=[2, -INF], column_upper=[2, INF], quadratic=[[1, -2], [-2, 4]]
        ),
        objective=4.875,
        primal=(2, 1.25),
        row_dual=(),
        column_dual=(2.5, 0),
    )
    # 0.05 (x - y + z)^2 is 0 at x = -2 when y and z are where their costs want them, at -4 and -2; w is at -6.
    yield Problem(
        name="a flat quadratic under a row without bounds",
        matrices=Matrices.build(
            [0.4, 0, 0.1, -0.1],
            [[0.2, 0.2, -0.4, 0.2]],
            -INF,
            INF,
            column_lower=[-6, -3, -4, -6],
            column_upper=[-2, 1, 0, -2],
            quadratic=0.1 * np.outer([0, 1, -1, 1], [0, 1, -1, 1]),
        ),
        objective=-2.6,
        primal=(-6, -2, -4, -2),
        row_dual=(0,),
        column_dual=(0.4, 0, 0.1, -0.1),
    )


def _unsolvable() -> Iterator[Problem]:
    yield Problem(
        name="quadratic and infeasible",
        matrices=Matrices.build(
            [-1, -1], [[1, -1], [1, -1]], [2, -INF], [INF, 1], quadratic=[[1, -1], [-1, 1]], column_upper=9
        ),
        reasons=INFEASIBLE,
        ray=(1, -1),
    )
    # x - y = 0 = x + y + 1 meets at (-1/2, -1/2), below the bounds: 1 is demanded of -2y, which is at most 0.
    yield Problem(
        name="equations clash with bounds under a quadratic",
        matrices=Matrices.build([0, 0], [[1, -1], [1, 1]], [0, -1], [0, -1], quadratic=np.eye(2)),
        reasons=INFEASIBLE,
        ray=(1, -1),
    )
    yield Problem(
        name="unbounded along a flat direction",
        matrices=Matrices.build([-2, -4], [[1, 0]], -INF, 1, quadratic=[[2, 0], [0, 0]]),
        reasons=UNBOUNDED,
        ray=(0, 1),
    )
    # (x - y)^2 / 2 - x does not see steps along (1, 1), which the row does not see either.
    yield Problem(
        name="unbounded where columns grow together",
        matrices=Matrices.build([-1, 0], [[1, -1]], -INF, 5, quadratic=[[1, -1], [-1, 1]]),
        reasons=UNBOUNDED,
        ray=(1, 1),
    )
    yield Problem(
        name="unbounded beside a quadratic column, no rows",
        matrices=Matrices.build([0.5, -0.4], np.zeros((0, 2)), [], [], column_lower=-INF, quadratic=[[0, 0], [0, 0.4]]),
        reasons=UNBOUNDED,
        ray=(-1, 0),
    )
    # The quadratic sees (2, 1, 1, -1, 1) times a step; (0, 0, 1, 1, 0) is across, within the bounds, and gains 0.5.
    yield Problem(
        name="unbounded across a quadratic of rank one",
        matrices=Matrices.build(
            [-0.5, 0.5, -0.75, 0.25, 0.25],
            [[0, -0.5, -1, 1.25, -1]],
            -INF,
            INF,
            column_lower=[-3, 1, -1, 1, -2],
            column_upper=[INF, INF, INF, INF, 0],
            quadratic=0.25 * np.outer([2, 1, 1, -1, 1], [2, 1, 1, -1, 1]),
        ),
        reasons=UNBOUNDED,
        ray=(0, 0, 1, 1, 0),
    )
