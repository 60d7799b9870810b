"""What an answer must hold for electrolysers: see `verify.hydrogen_plants`."""

from __future__ import annotations

from functools import partial

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import hydrogen_plants, part_load, standby, waste_heat
from c4e_opt.verify.fleet import Fleet, Room

_PORTS = ("electricity_bus", "hydrogen_bus")


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    taken = fleet.answer("electric_mw") + standby.power(fleet)
    hydrogen = fleet.number("efficiency") * hydrogen_plants.made(fleet, "electric")
    return -taken, hydrogen, waste_heat.flow(fleet)


def _prices(fleet: Fleet) -> None:
    earned = fleet.number("efficiency") * fleet.price("hydrogen_bus")
    hydrogen_plants.prices(fleet, "electric", fleet.price("electricity_bus"), earned)


ROOM = Room(
    quantities=("electric_mw",),
    more=partial(hydrogen_plants.more, "electrolyser"),
    labels=partial(part_load.labels, "electrolyser"),
    ports=_PORTS,
    ends_of=partial(waste_heat.ends, ports=_PORTS),
    binaries=hydrogen_plants.BINARIES,
    flows=_flows,
    limits=partial(hydrogen_plants.check, word="electric"),
    costs=partial(hydrogen_plants.costs, word="electric"),
    prices=_prices,
)
