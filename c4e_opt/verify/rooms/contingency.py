"""What an answer must hold for contingencies: nothing of their own; `line_outage_limit` of the lines judges them."""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.fleet import Fleet, Room


def _flows(_: Fleet) -> tuple[FloatArray, ...]:
    return ()


ROOM = Room(ports=(), flows=_flows)
