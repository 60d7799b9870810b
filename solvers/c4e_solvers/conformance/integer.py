"""MILPs: where rounding the relaxation is wrong, where only integrality is at fault, and integers of every range."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_solvers.conformance.problem import INF, INFEASIBLE, UNBOUNDED, Problem
from c4e_solvers.matrices import Matrices
from c4e_solvers.solution import Reason


def problems() -> Iterator[Problem]:
    """All of them."""
    yield from _choices()
    yield from _ranges()
    yield from _mixed()
    yield from _unsolvable()


def _choices() -> Iterator[Problem]:
    # Knapsack: the best value within weight 10 of (5, 4, 3, 2) is 10 + 7 + 1 with weights 5 + 3 + 2.
    yield Problem(
        name="knapsack",
        matrices=Matrices.build([-10, -6, -7, -1], [[5, 4, 3, 2]], -INF, 10, column_upper=1, integral=True),
        objective=-18,
        primal=(1, 0, 1, 1),
    )
    # Each pair of three needs one of the two: halves would cost 1.5, whole ones cost 2.
    yield Problem(
        name="cover of a triangle",
        matrices=Matrices.build([1, 1, 1], [[1, 1, 0], [0, 1, 1], [1, 0, 1]], 1, INF, column_upper=1, integral=True),
        objective=2,
    )
    # At most one of two neighbours on a circle of five: halves would bring 2.5, whole ones bring 2.
    yield Problem(
        name="packing on a pentagon",
        matrices=Matrices.build(
            np.full(5, -1), np.eye(5) + np.roll(np.eye(5), 1, axis=1), -INF, 1, column_upper=1, integral=True
        ),
        objective=-2,
    )
    # b is fixed at 1 and takes 3 of 4, so that a, which needs 2, does not fit; c is fixed at 0.
    yield Problem(
        name="binaries of which some are fixed",
        matrices=Matrices.build(
            [-5, -4, -3], [[2, 3, 1]], -INF, 4, column_lower=[0, 1, 0], column_upper=[1, 1, 0], integral=True
        ),
        objective=-4,
        primal=(0, 1, 0),
    )
    # 0.90 in coins of 0.05, 0.20 and 0.50: three are enough in one way only, of two the sums are 0.10 to 1.
    yield Problem(
        name="decimals that are not exact in binary",
        matrices=Matrices.build([1, 1, 1], [[0.05, 0.2, 0.5]], 0.9, 0.9, column_upper=9, integral=True),
        objective=3,
        primal=(0, 2, 1),
    )


def _ranges() -> Iterator[Problem]:
    yield Problem(
        name="rounding the relaxation is wrong",
        matrices=Matrices.build([-1, -1], [[2, 2]], -INF, 3, column_upper=9, integral=True),
        objective=-1,
    )
    yield Problem(
        name="fractional bounds of an integer",
        matrices=Matrices.build([-1], [[1]], -INF, 7.5, column_lower=0.3, column_upper=9.2, integral=True),
        objective=-7,
        primal=(7,),
    )
    # x = -1 - y turns -x - 3y >= 4 into y <= -1.5, and x <= 1.3 asks for y >= -2.3: only y = -2 is left, with x = 1.
    yield Problem(
        name="two integers between fractional bounds",
        matrices=Matrices.build(
            [0, -1],
            [[-1, -3], [4, 4]],
            [4, -4],
            [INF, -4],
            column_lower=[-2.6, -5.6],
            column_upper=[1.3, -1.7],
            integral=True,
        ),
        objective=2,
        primal=(1, -2),
    )
    yield Problem(
        name="integers without rows",
        matrices=Matrices.build([1, -1], np.zeros((0, 2)), [], [], column_lower=-2.5, column_upper=2.5, integral=True),
        objective=-4,
        primal=(-2, 2),
    )
    # With s = x + y the rows say 2s + x >= -12 and 2x <= s + 1. At s = -5 only x = -2 remains; at s = -6 x would have
    # to be at least 0 and at most -2.5.
    yield Problem(
        name="negative integers",
        matrices=Matrices.build(
            [1, 1], [[3, 2], [1, -1]], [-12.5, -INF], [INF, 1.5], column_lower=-5, column_upper=5, integral=True
        ),
        objective=-5,
        primal=(-2, -3),
    )
    yield Problem(
        name="a free integer and an offset",
        matrices=Matrices.build([1], [[2]], -7, INF, column_lower=-INF, integral=True, offset=10),
        objective=7,
        primal=(-3,),
    )
    # (17, 23) is a solution, the others are 18107 and 4115 apart (the coefficients over their common divisor 3).
    yield Problem(
        name="an equation with one whole solution",
        matrices=Matrices.build([1, 1], [[12345, 54321]], 1459248, 1459248, column_upper=1000, integral=True),
        objective=40,
        primal=(17, 23),
    )


def _mixed() -> Iterator[Problem]:
    yield Problem(
        name="mixed columns",
        matrices=Matrices.build([10, 1], [[4, 1]], 6, INF, column_upper=[9, 3], integral=[True, False]),
        objective=12,
        primal=(1, 2),
    )
    # 3 are bought at 5 each or made at 1 each once 10 are paid: 13 < 15. Relaxed, 3/100 of the 10 would do.
    yield Problem(
        name="fixed cost behind a large number",
        matrices=Matrices.build(
            [10, 1, 5],
            [[0, 1, 1], [-100, 1, 0]],
            [3, -INF],
            [INF, 0],
            column_upper=[1, INF, INF],
            integral=[True, False, False],
        ),
        objective=13,
        primal=(1, 3, 0),
    )
    # x + y = 2.5 with y within [0, 1]: the whole x is 2.
    yield Problem(
        name="a column fills what integers leave",
        matrices=Matrices.build([1, 3], [[1, 1]], 2.5, 2.5, column_upper=[9, 1], integral=[True, False]),
        objective=3.5,
        primal=(2, 0.5),
    )


def _unsolvable() -> Iterator[Problem]:
    yield Problem(
        name="no integer fits",
        matrices=Matrices.build([1], [[2]], 1, 1, column_upper=9, integral=True),
        reasons=INFEASIBLE,
    )
    # Even coefficients never add up to an odd number, though 17/6 of the first would.
    yield Problem(
        name="parity",
        matrices=Matrices.build([1, 1, 1], [[6, 10, 14]], 17, 17, column_upper=9, integral=True),
        reasons=INFEASIBLE,
    )
    # Of 7, a 5 leaves 2 and no 5 leaves 7; neither is a multiple of 3.
    yield Problem(
        name="no combination of 3 and 5 is 7",
        matrices=Matrices.build([1, 1], [[3, 5]], 7, 7, column_upper=9, integral=True),
        reasons=INFEASIBLE,
    )
    # 0.2 <= x - y <= 0.8 holds for no whole x and y; the relaxation falls for ever along (1, 1).
    yield Problem(
        name="no integer fits, and the relaxation is unbounded",
        matrices=Matrices.build([-1, 0], [[1, -1]], 0.2, 0.8, integral=True),
        reasons=INFEASIBLE | {Reason.INFEASIBLE_OR_UNBOUNDED},
    )
    yield Problem(
        name="unbounded integers",
        matrices=Matrices.build([-1, 0], [[1, -1]], -INF, 1, integral=True),
        reasons=UNBOUNDED,
        ray=(1, 1),
    )
