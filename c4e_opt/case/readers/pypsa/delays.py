"""Delays as PyPSA has them: every snapshot gets the power of the one that was running so much earlier.

Which one that is follows from the begins of the snapshots in elapsed weights of generators, per investment period.
Where all snapshots are of one length, that is a handful of whole numbers of snapshots, and an output for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa.reading import Reading


@dataclass(frozen=True, slots=True)
class Arrival:
    """A number of snapshots by which power is late, and the snapshots from which it is so."""

    hours: float
    cyclic: bool
    sent: FloatArray | None  # 1 for these, (time,); every one when None
    shift: int = 0

    def of_sending(self, rate: FloatArray) -> FloatArray:
        """The rate of each snapshot for what arrives in it, laid to the snapshots in which it is sent; 0 for others."""
        return np.roll(rate, -self.shift) * (1.0 if self.sent is None else self.sent)


def arrivals(reading: Reading, row: Row, delay: str, cyclic: str) -> Sequence[Arrival]:
    """How what a port gives arrives.

    Args:
        reading: The reading.
        row: The component.
        delay: The attribute that says how late.
        cyclic: The attribute that says whether what is too late arrives at the begin.
    """
    late, wraps = int(row.number(delay)), row.flag(cyclic, default=True)
    if late <= 0:
        return (Arrival(0.0, cyclic=False, sent=None),)
    source = _sources(reading, late, cyclic=wraps)
    if not reading.even:
        reading.refuse(row, delay, "is given, and snapshots have different lengths in this network")
        return (Arrival(0.0, cyclic=False, sent=None),)
    steps, hours = reading.steps, float(reading.hours[0])
    there = np.flatnonzero(source >= 0)
    shifts = (there - source[there]) % steps
    found: list[Arrival] = []
    for shift in np.unique(shifts).tolist():
        sent = np.zeros(steps)
        sent[source[there[shifts == shift]]] = 1.0
        lost = np.arange(steps) + shift >= steps  # those that would wrap around
        if np.all(sent == 1):
            found.append(Arrival(shift * hours, cyclic=shift > 0, sent=None, shift=shift))
        elif np.array_equal(sent == 0, lost):
            found.append(Arrival(shift * hours, cyclic=False, sent=None, shift=shift))
        else:
            found.append(Arrival(shift * hours, cyclic=shift > 0, sent=sent, shift=shift))
    return found


def _sources(reading: Reading, late: int, *, cyclic: bool) -> NDArray[Any]:
    """The snapshot whose power every snapshot gets, (time,); -1 for none."""
    periods = reading.file.periods
    source = np.full(reading.steps, -1)
    for period in [None] if periods is None else np.unique(periods).tolist():
        block = np.arange(reading.steps) if periods is None else np.flatnonzero(periods == period)
        weights = reading.file.weights["generators"][block]
        begins = np.concatenate([[0.0], np.cumsum(weights[:-1])])
        wanted = begins - late
        if cyclic:
            wanted = np.mod(wanted, float(weights.sum()))
        place = np.clip(np.searchsorted(begins, wanted, side="right") - 1, 0, block.size - 1)
        source[block] = np.where(wanted >= 0, block[place], -1)
    return source
