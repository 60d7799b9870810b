"""Panel: one picture among those of an outcome, as arrays over the steps, whatever draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; every array has one number per step.

    Attributes:
        title: What it shows, with its unit.
        edges: Start of every step and end of the last, (time + 1,).
        stack: Power by name, stacked: above zero what feeds, below what draws.
        lines: Numbers at the END of steps by name.
        steps: Mean numbers over steps by name.
        bands: Lower and upper ends by name, filled between; a later one lies on top.
        rows: Names of rows and their numbers (row, time), drawn as a map of colours.
        rows_label: What the colours say.
        rows_most: Where the colours end, which begin at 0; None for colours both ways from 0.
        price: Least, mean and largest price, (3, time); drawn on an axis of its own.
        price_unit: Its unit.
        from_zero: Whether zero is drawn.
    """

    title: str
    edges: NDArray[np.datetime64]
    stack: Mapping[str, FloatArray] = field(default_factory=dict[str, FloatArray])
    lines: Mapping[str, FloatArray] = field(default_factory=dict[str, FloatArray])
    steps: Mapping[str, FloatArray] = field(default_factory=dict[str, FloatArray])
    bands: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict[str, tuple[FloatArray, FloatArray]])
    rows: tuple[NDArray[np.str_], FloatArray] | None = None
    rows_label: str = "charging +, discharging -"
    rows_most: float | None = None
    price: FloatArray | None = None
    price_unit: str = ""
    from_zero: bool = True
