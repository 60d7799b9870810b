"""Where a search may begin: an earlier answer, placed where its labels and those of a programme agree."""

from __future__ import annotations

from itertools import starmap
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, shape_of
from c4e_opt.outcome import Outcome, Table
from c4e_opt.program import Program


def start_from(program: Program, outcome: Outcome) -> FloatArray:
    """An earlier answer in the columns of a programme.

    Args:
        program: The programme that is about to be solved.
        outcome: An answer to the same case or to one that shares steps and components with it.

    Returns:
        A start (columns,), NaN where the answer says nothing.
    """
    blocks = program.variables.values()
    start = np.full(max((variable.stop for variable in blocks), default=0), np.nan)
    table = outcome.schedule_table
    for name, variable in program.variables.items():
        if name in table.quantities and table.quantities[name].axes == tuple(axis.name for axis in variable.axes):
            start[variable.start : variable.stop] = _placed(table, name, variable.axes).ravel()[variable.cells]
    return start


def _placed(table: Table, name: str, axes: tuple[Axis, ...]) -> FloatArray:
    """The values of a quantity over other labels of the same axes; NaN where it has none."""
    placed = np.full(shape_of(axes), np.nan)
    pairs = list(starmap(_shared, ((axis.labels, table.labels[axis.name]) for axis in axes)))
    placed[np.ix_(*(here for here, _ in pairs))] = table.values(name)[np.ix_(*(there for _, there in pairs))]
    return placed


def _shared(labels: Any, others: Any) -> tuple[Any, Any]:
    """The places of the labels that two axes share, in each of them."""
    if labels.size == others.size and np.all(labels == others):
        every = np.arange(int(labels.size))
        return every, every
    _, here, there = np.intersect1d(labels, others, return_indices=True)
    return here, there
