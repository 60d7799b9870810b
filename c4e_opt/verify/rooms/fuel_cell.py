"""What an answer must hold for fuel cells: see `verify.hydrogen_plants`."""

from __future__ import annotations

from functools import partial

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import hydrogen_plants, part_load, standby, waste_heat
from c4e_opt.verify.fleet import Fleet, Room

_PORTS = ("hydrogen_bus", "electricity_bus")


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    power = fleet.number("electric_efficiency") * hydrogen_plants.made(fleet, "hydrogen")
    return -fleet.answer("hydrogen_mw"), power - standby.power(fleet), waste_heat.flow(fleet)


def _prices(fleet: Fleet) -> None:
    earned = fleet.number("electric_efficiency") * fleet.price("electricity_bus")
    hydrogen_plants.prices(fleet, "hydrogen", fleet.price("hydrogen_bus"), earned)


ROOM = Room(
    quantities=("hydrogen_mw",),
    more=partial(hydrogen_plants.more, "fuel_cell"),
    labels=partial(part_load.labels, "fuel_cell"),
    ports=_PORTS,
    ends_of=partial(waste_heat.ends, ports=_PORTS),
    binaries=hydrogen_plants.BINARIES,
    flows=_flows,
    limits=partial(hydrogen_plants.check, word="hydrogen"),
    costs=partial(hydrogen_plants.costs, word="hydrogen"),
    prices=_prices,
)
