"""LPs with more than one basis, dual or solution at the optimum, and those that made simplex methods cycle or climb."""

from __future__ import annotations

from collections.abc import Iterator

from c4e_solvers.conformance.problem import INF, Problem
from c4e_solvers.matrices import Matrices


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _vertices()
    yield from _faces()
    yield from _classics()


def _vertices() -> Iterator[Problem]:
    yield Problem(
        name="three rows through one vertex",
        matrices=Matrices.build([-1, -1], [[1, 0], [0, 1], [1, 1]], -INF, [1, 1, 2]),
        objective=-2,
        primal=(1, 1),
    )
    yield Problem(
        name="duplicate rows",
        matrices=Matrices.build([1, 2], [[1, 1], [1, 1]], 2, INF),
        objective=2,
        primal=(2, 0),
        column_dual=(0, 1),
    )
    yield Problem(
        name="one row in three scales and both senses",
        matrices=Matrices.build([1, 2], [[1, 1], [2, 2], [-3, -3]], [2, 4, -INF], [INF, INF, -6]),
        objective=2,
        primal=(2, 0),
        column_dual=(0, 1),
    )
    yield Problem(
        name="one equation twice",
        matrices=Matrices.build([1, 2], [[1, 1], [1, 1]], 2, 2),
        objective=2,
        primal=(2, 0),
        column_dual=(0, 1),
    )
    # x + y >= 0 and, with x + y = 0, x = 2x + y >= 0 and y = x + 2y >= 0: only the origin costs 0.
    yield Problem(
        name="the origin between three rows",
        matrices=Matrices.build([1, 1], [[2, 1], [1, 2], [1, 1]], 0, INF, column_lower=-INF),
        objective=0,
        primal=(0, 0),
        column_dual=(0, 0),
    )
    # Supplies 3 and 2 to demands 2 and 3 at costs 1 4 / 2 1: 2 + 4 + 2 = 8.
    yield Problem(
        name="transport with a redundant equation",
        matrices=Matrices.build(
            [1, 4, 2, 1], [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], [3, 2, 2, 3], [3, 2, 2, 3]
        ),
        objective=8,
        primal=(2, 1, 0, 2),
    )
    # Three workers on three tasks at costs 4 1 3 / 2 0 5 / 3 2 2: of the six ways 1 + 2 + 2 is the cheapest (the
    # others: 6, 6, 7, 9, 11). Two of the five basic columns are 0 at every vertex.
    yield Problem(
        name="assignment",
        matrices=Matrices.build(
            [4, 1, 3, 2, 0, 5, 3, 2, 2],
            [[int(j // 3 == i) for j in range(9)] for i in range(3)]
            + [[int(j % 3 == i) for j in range(9)] for i in range(3)],
            1,
            1,
        ),
        objective=5,
        primal=(0, 1, 0, 1, 0, 0, 0, 0, 1),
    )


def _faces() -> Iterator[Problem]:
    yield Problem(
        name="many optimal vertices", matrices=Matrices.build([1, 1], [[1, 1]], 2, 2), objective=2, row_dual=(1,)
    )
    yield Problem(
        name="no cost",
        matrices=Matrices.build([0, 0], [[1, -1]], 0, 0, column_upper=7),
        objective=0,
        column_dual=(0, 0),
    )
    # Whatever x + y = 3 within [0, 2] costs nothing, z costs 1; inside that face nothing binds, so all else is 0.
    yield Problem(
        name="a face that costs nothing",
        matrices=Matrices.build([0, 0, 1], [[1, 1, 1]], 3, 3, column_upper=[2, 2, 2]),
        objective=0,
        row_dual=(0,),
        column_dual=(0, 0, 1),
    )
    # a and b are the same column, at most 2 of it; c at 5 brings the other 2 of 4. c: y1 = 5, a: 5 + 3 y2 = 2.
    yield Problem(
        name="duplicate columns",
        matrices=Matrices.build([2, 2, 5], [[1, 1, 1], [3, 3, 0]], [4, -INF], [INF, 6]),
        objective=14,
        row_dual=(5, -1),
        column_dual=(0, 0, 0),
    )


def _classics() -> Iterator[Problem]:
    # Beale (1955) cycles with the largest-coefficient rule. At x4 = 1/25, x6 = 1 the second and third row bind:
    # -3/4 = y2 / 2, -1/50 = -y2 / 50 + y3.
    yield Problem(
        name="Beale's cycle",
        matrices=Matrices.build(
            [-0.75, 150, -0.02, 6],
            [[0.25, -60, -0.04, 9], [0.5, -90, -0.02, 3], [0, 0, 1, 0]],
            -INF,
            [0, 0, 1],
        ),
        objective=-0.05,
        primal=(0.04, 0, 1, 0),
        row_dual=(0, -1.5, -0.05),
        column_dual=(0, 15, 0, 10.5),
    )
    # Kuhn's example cycles too. The cost is minus the third row, so nothing is below -2, and (2, 0, 2, 0) reaches it;
    # (3, 0, 4, 0) does as well with the first two rows slack, so their duals are 0.
    yield Problem(
        name="Kuhn's cycle",
        matrices=Matrices.build(
            [-2, -3, 1, 12],
            [[-2, -9, 1, 9], [1 / 3, 1, -1 / 3, -2], [2, 3, -1, -12]],
            -INF,
            [0, 0, 2],
        ),
        objective=-2,
        row_dual=(0, 0, -1),
        column_dual=(0, 0, 0, 0),
    )
    # Klee and Minty (1972): the largest-coefficient rule visits all eight vertices before (0, 0, 10000).
    yield Problem(
        name="Klee and Minty's cube",
        matrices=Matrices.build([-100, -10, -1], [[1, 0, 0], [20, 1, 0], [200, 20, 1]], -INF, [1, 100, 10000]),
        objective=-10000,
        primal=(0, 0, 10000),
        row_dual=(0, 0, -1),
        column_dual=(100, 10, 0),
    )
