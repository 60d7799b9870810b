"""Exact rounding: largest remainder over whole numbers, with no floating point behind the reading of a number.

A float enters the books once, through `read`: rounded to the nearest whole multiple of 1e-9 of its unit, as a Python or
64-bit integer. Everything after that is integer arithmetic and has one answer on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray, IntArray

#: Whole numbers of any size: int64 while all of them and their sum stay small, Python integers otherwise.
Integers = NDArray[Any]

#: Energy is read in 1e-9 MWh and prices in 1e-9 of the currency per MWh; digits behind that are a solver's noise.
READ_DECIMALS = 9

#: How many units a position may be owed, or owe, from one step to the next.
OWED = 4

_SMALL = 10**18  # sums of absolute values below this leave room for a doubling in 64 bits


def read(numbers: FloatArray) -> Integers:
    """Finite numbers as whole multiples of 1e-9, halves to even."""
    scaled = np.rint(numbers * 10.0**READ_DECIMALS)
    if float(np.abs(scaled).sum()) < _SMALL:
        return scaled.astype(np.int64)
    whole = np.array([int(each) for each in scaled.ravel().tolist()], dtype=object)
    return whole.reshape(scaled.shape)


def narrow(values: Integers) -> Integers:
    """The same integers as int64 where all of them and their sum are small; Python integers where not."""
    if values.dtype != object:
        return values
    return values.astype(np.int64) if not values.size or int(np.abs(values).sum()) < _SMALL else values


def scaled(values: Integers, factor: int) -> Integers:
    """Integers times a power of ten, of any size."""
    return values if factor == 1 else values.astype(object) * factor


def sums(values: Integers, group: IntArray, groups: int) -> Integers:
    """Total of every group, shape (group,)."""
    total = np.zeros(groups, dtype=values.dtype)
    np.add.at(total, group, values)
    return total


def largest_remainder(
    exact: Integers, divisor: int, step: IntArray, position: IntArray, group: IntArray | None = None
) -> Integers:
    """Divide and round step by step; every group's total is its exact total rounded to the nearest (halves up).

    Every share is rounded down; the units that a group's total then misses go to the largest remainders, one each. What
    earlier steps left a position owed counts with its remainder, up to OWED units, so that over time equal shares get
    equal amounts, whatever their names; ties go to the lower position. A share always becomes its floor or its ceiling:
    less than one unit from its exact value, an exact zero stays zero, and nothing changes its sign.

    Args:
        exact: Shares before the division, shape (share,).
        divisor: What one unit is worth, above 0 and at most 1e18.
        step: Step of every share, 0 or above.
        position: Whose share it is, 0 or above, at most once per step; the tie order.
        group: What is summed up within a step; all shares of a step when None.

    Returns:
        Whole units, shape (share,).
    """
    if divisor == 1 or not exact.size:
        return exact
    rounded = exact // divisor
    remainder = (exact - rounded * divisor).astype(np.int64)
    groups = np.zeros_like(step) if group is None else group
    owed = np.zeros(int(position.max()) + 1, dtype=np.int64)
    by_step = np.lexsort((position, groups, step))
    edges = np.flatnonzero(np.diff(step[by_step])) + 1
    for shares in np.split(by_step, edges):
        who, left, inside = position[shares], remainder[shares], groups[shares]
        claim = left + owed[who]
        first = np.flatnonzero(np.r_[True, inside[1:] != inside[:-1]])
        total = np.add.reduceat(exact[shares], first)
        missing = (2 * total + divisor) // (2 * divisor) - np.add.reduceat(rounded[shares], first)
        order = np.lexsort((who, -claim, left == 0, inside))
        size = np.diff(np.r_[first, shares.size])
        raised = np.zeros(shares.size, dtype=np.int64)
        raised[order] = np.arange(shares.size) < np.repeat(first + missing.astype(np.int64), size)
        rounded[shares] += raised
        owed[who] = np.clip(claim - raised * divisor, -OWED * divisor, OWED * divisor)
    return rounded
