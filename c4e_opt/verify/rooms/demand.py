"""What an answer must hold for fixed demands: they are served, by `demand_flow`."""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.fleet import Fleet, Room


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-fleet.series("demand_mw"),)


ROOM = Room(
    flows=_flows,
)
