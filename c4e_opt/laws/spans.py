"""Spans: the steps that a law binds from one moment to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.issues import Issue


def check(path: str, law: Any, context: Context) -> Iterator[Issue]:
    """Find a span that ends before it begins, or lies outside the horizon."""
    horizon = context.horizon
    begin = horizon.start if law.begin is None else law.begin
    end = horizon.end if law.end is None else law.end
    if law.begin is not None and law.end is not None and end <= begin:
        yield Issue(f"{path}.end", "range", "is not after the begin; the span would be empty")
    elif end <= horizon.start or begin >= horizon.end:
        name = "end" if end <= horizon.start else "begin"
        yield Issue(f"{path}.{name}", "horizon", "the span lies outside the horizon; drop the law or move the horizon")


def edges(laws: Sequence[Any], horizon: Horizon) -> tuple[IntArray, IntArray]:
    """Begin and end of every law in seconds, (law, 1); those of the horizon where it gives none."""
    begin = [[horizon.start if law.begin is None else law.begin] for law in laws]
    end = [[horizon.end if law.end is None else law.end] for law in laws]
    return np.array(begin, dtype=np.int64), np.array(end, dtype=np.int64)


def overlapped(laws: Sequence[Any], horizon: Horizon) -> BoolArray:
    """Whether a step overlaps the span of a law, (law, time)."""
    begin, end = edges(laws, horizon)
    return (horizon.ends > begin) & (horizon.starts < end)
