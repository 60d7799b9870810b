"""What an answer must hold for shunts.

Laws:
    shunt_switched   of a bank so many steps are switched on as it has, or fewer
Where the model knows voltage, a shunt takes its power times the squared voltage; else that at 1 per unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import feeders
from c4e_opt.verify.fleet import Axes, Fleet, Room


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-fleet.number("conductance_mw") * feeders.squared_voltage(fleet),)


def _optional(records: Sequence[Any]) -> Axes:
    return {"switched": ("shunt", "time")} if any(record.steps for record in records) else {}


def _limits(fleet: Fleet) -> None:
    if fleet.has("switched"):
        steps, said = fleet.number("steps"), fleet.answer("switched")
        fleet.hold("switched", np.maximum(-said, said - steps), "1")


ROOM = Room(flows=_flows, optional=_optional, counts=("switched",), limits=_limits)
