"""What an answer must hold for shunts: where the model knows no voltage, they take their power at 1 per unit."""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.fleet import Fleet, Room


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (np.broadcast_to(-fleet.number("conductance_mw"), fleet.shape),)


ROOM = Room(flows=_flows)
