"""What an answer must hold for chillers: see `verify.compression`; for the heat that they reject `verify.waste_heat`.

A MWh of cold earns its price and what the heat is worth that is rejected with it, and so does a MWh of electricity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import commitment, compression, part_load, waste_heat
from c4e_opt.verify.fleet import Fleet, Room

_PORTS = ("electricity_bus", "cooling_bus")


def _rejected(fleet: Fleet) -> FloatArray:
    """Heat that a heat bus could take."""
    return fleet.number("heat_recovery_ratio") * (fleet.answer("electric_mw") + compression.useful(fleet))


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return -fleet.answer("electric_mw"), compression.useful(fleet), waste_heat.flow(fleet)


def _limits(fleet: Fleet) -> None:
    compression.check(fleet)
    waste_heat.check(fleet, _rejected(fleet))


def _prices(fleet: Fleet) -> None:
    cold = fleet.price("cooling_bus")
    heat = fleet.number("heat_recovery_ratio") * waste_heat.worth(fleet)
    compression.prices(fleet, cold + heat, heat, cold, heat)
    waste_heat.prices(fleet, _rejected(fleet))


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    states = {**commitment.more("chiller", records), **part_load.more("chiller", records)}
    return {**states, **waste_heat.more("chiller", records)}


ROOM = Room(
    quantities=("electric_mw",),
    more=_more,
    labels=partial(part_load.labels, "chiller"),
    ports=_PORTS,
    ends_of=partial(waste_heat.ends, ports=_PORTS),
    binaries=(*commitment.BINARIES, "segment_full"),
    flows=_flows,
    limits=_limits,
    costs=compression.costs,
    prices=_prices,
)
