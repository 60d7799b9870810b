"""Integrality: what decides is 0 or 1, what is counted is whole.

Law:
    integrality   every binary is 0 or 1, every count a whole number
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.findings import LAW, Findings
from c4e_opt.verify.fleet import Fleet


def check(fleets: Mapping[str, Fleet], findings: Findings) -> None:
    """Check every binary and every count of every kind.

    Args:
        fleets: Every kind that has components.
        findings: Takes the law.
    """
    found: list[FloatArray] = []
    owners: list[tuple[Fleet, str]] = []
    for fleet in fleets.values():
        for binary in fleet.room.binaries:
            if fleet.has(binary):
                chosen = fleet.answer(binary)
                away = np.minimum(np.abs(chosen), np.abs(chosen - 1.0))
                if away.ndim == 1:  # of a component as a whole
                    away = np.broadcast_to(away[:, None], (away.size, fleet.shape[1]))
                found.append(away.max(axis=tuple(range(1, away.ndim - 1))))
                owners += [(fleet, binary)] * chosen.shape[0]
        for count in fleet.room.counts:
            if fleet.has(count):
                counted = fleet.answer(count)
                away = np.abs(counted - np.rint(counted)).reshape(counted.shape[0], -1).max(axis=1)
                found.append(np.broadcast_to(away[:, None], (away.size, fleet.shape[1])))
                owners += [(fleet, count)] * away.size
    if not found:
        return

    def name(row: int) -> str:
        fleet, binary = owners[row]
        before = next(place for place, owner in enumerate(owners) if owner == (fleet, binary))
        if fleet.answer(binary).shape[0] != len(fleet.records):  # of something inside the components
            return f"{fleet.kind}: {binary}, place {row - before}"
        return f"{fleet.name(row - before)}: {binary}"

    findings.cells("integrality", np.concatenate(found), "1", name, tolerance=LAW)
