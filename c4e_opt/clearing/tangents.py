"""Binaries beside costs that are quadratic: a square is replaced by tangents, which are added where they are too low.

With a cost c * x^2 of a column of finite bounds the mixed-integer problem has a cost z instead, above tangents:

    z >= c * x0 * (2 * x - x0)

The square lies above every tangent, so that the bound of that problem bounds the true one, and it is solved again with
tangents at its answer until the costs that it misses are a small part of the gap. With the binaries fixed the problem
is solved with the squares themselves.

Source: outer approximation, Duran, Grossmann (1986), doi:10.1007/BF02592064.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.errors import UnsupportedProgram
from c4e_solvers import Matrices, Solution, SolverOptions, with_columns, with_rows

#: Tangents of every square from the start, evenly over its bounds.
_FIRST = 9
#: Rounds in which tangents are added, and the part of the gap that costs may miss in the last one.
_ROUNDS, _MISSED = 12, 0.2


def beside_binaries(ask: Callable[..., Solution]) -> Callable[..., Solution]:
    """An engine that takes binaries beside squares, made of one that takes either.

    Args:
        ask: `c4e_solvers.solve`, or the one of a `Warm`.

    Raises:
        UnsupportedProgram: Of the function: a square of a column without bounds, or products of two columns.
    """

    def solve(matrices: Matrices, options: SolverOptions, solver: str = "auto", **rest: Any) -> Solution:
        if not matrices.integers or matrices.quadratic is None:
            return ask(matrices, options, solver, **rest)
        column, cost = _squares(matrices)
        ends = matrices.column_lower[column], matrices.column_upper[column]
        points = [np.linspace(*ends, _FIRST)[k] for k in range(_FIRST)]
        places = [np.arange(column.size)] * _FIRST
        begun, answer = time.perf_counter(), None
        for _ in range(_ROUNDS):
            left = replace(options, time_limit_s=max(options.time_limit_s - (time.perf_counter() - begun), 0.0))
            now = ask(_with_tangents(matrices, column, cost, places, points), left, solver, **rest)
            if now.primal is None or now.objective is None:
                return now if answer is None else answer
            x, told = now.primal[column], now.primal[matrices.columns :]
            missing = np.maximum(cost * x**2 - told, 0.0)
            objective = now.objective + float(missing.sum())
            answer = replace(now, primal=now.primal[: matrices.columns], objective=objective, row_dual=None,
                             column_dual=None, basis=None)  # fmt: skip
            allowed = _MISSED * max(options.absolute_gap, options.relative_gap * abs(objective))
            if missing.sum() <= allowed or left.time_limit_s <= 0:
                break
            low = np.flatnonzero(missing > 0.1 * allowed / column.size)
            places, points = [*places, low], [*points, x[low]]
        assert answer is not None
        return answer

    return solve


def _squares(matrices: Matrices) -> tuple[IntArray, FloatArray]:
    """The columns that have a square, and the cost of it."""
    assert matrices.quadratic is not None
    diagonal = matrices.quadratic.diagonal()
    column = np.flatnonzero(diagonal)
    bounded = np.isfinite(matrices.column_lower[column]) & np.isfinite(matrices.column_upper[column])
    if matrices.quadratic.count_nonzero() > column.size or not bounded.all():
        message = "costs that are quadratic in what has no bounds do not go with binaries; bound it"
        raise UnsupportedProgram(message)
    return column, 0.5 * diagonal[column]


def _with_tangents(
    matrices: Matrices, column: IntArray, cost: FloatArray, places: list[IntArray], points: list[FloatArray]
) -> Matrices:
    """The problem with a cost of its own for every square, above its tangents."""
    place, point = np.concatenate(places), np.concatenate(points)
    none, nothing = np.zeros(column.size + 1, np.int32), np.zeros(0, np.int32)
    zero, free = np.zeros(column.size), np.full(column.size, np.inf)
    flat = replace(matrices, quadratic=None, basis=None)
    wider = with_columns(flat, none, nothing, np.zeros(0), np.ones(column.size), zero, free)
    begins = 2 * np.arange(place.size + 1, dtype=np.int32)
    index = np.stack([column[place], matrices.columns + place], axis=1).astype(np.int32).ravel()
    value = np.stack([-2.0 * cost[place] * point, np.ones(place.size)], axis=1).ravel()
    return with_rows(wider, begins, index, value, -cost[place] * point**2, np.full(place.size, np.inf))
