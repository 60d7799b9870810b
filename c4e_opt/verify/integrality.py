"""Integrality: what decides is 0 or 1.

Law:
    integrality   every binary is 0 or 1
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.findings import LAW, Findings
from c4e_opt.verify.fleet import Fleet


def check(fleets: Mapping[str, Fleet], findings: Findings) -> None:
    """Check every binary of every kind.

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
                found.append(np.minimum(np.abs(chosen), np.abs(chosen - 1.0)))
                owners += [(fleet, binary)] * chosen.shape[0]
    if not found:
        return

    def name(row: int) -> str:
        fleet, binary = owners[row]
        before = next(place for place, owner in enumerate(owners) if owner == (fleet, binary))
        if fleet.answer(binary).shape[0] != len(fleet.records):  # of something inside the components
            return f"{fleet.kind}: {binary}, place {row - before}"
        return f"{fleet.name(row - before)}: {binary}"

    findings.cells("integrality", np.concatenate(found), "1", name, tolerance=LAW)
