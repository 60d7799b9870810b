"""What an answer must hold for heat pumps: see `verify.compression`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import commitment, compression, part_load
from c4e_opt.verify.fleet import Fleet, Room


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return -fleet.answer("electric_mw"), compression.useful(fleet)


def _prices(fleet: Fleet) -> None:
    heat = fleet.price("heat_bus")
    compression.prices(fleet, heat, np.zeros(fleet.shape), heat)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {**commitment.more("heat_pump", records), **part_load.more("heat_pump", records)}


ROOM = Room(
    quantities=("electric_mw",),
    more=_more,
    labels=partial(part_load.labels, "heat_pump"),
    ports=("electricity_bus", "heat_bus"),
    binaries=(*commitment.BINARIES, "segment_full"),
    flows=_flows,
    limits=compression.check,
    costs=compression.costs,
    prices=_prices,
)
