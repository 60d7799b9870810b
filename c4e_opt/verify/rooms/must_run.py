"""What an answer must hold for components that must run.

Law:
    must_run_least_power   in every step of its span each of them gives or takes at least its least power
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_opt.verify import site
from c4e_opt.verify.fleet import Fleet, Room


def _limits(fleet: Fleet) -> None:
    bindings = site.pairs(fleet.records, site.ports(fleet))
    names = site.labels(fleet.records, bindings)
    missing = np.full((len(bindings), fleet.shape[1]), -np.inf)
    for place, (row, port) in enumerate(bindings):
        wanted = np.where(site.in_span(fleet.records[row], fleet.horizon), fleet.series("power_min_mw")[row], -np.inf)
        missing[place] = wanted - np.abs(port.power_mw)
    fleet.hold("least_power", missing, "MW", name=lambda place: names[place])


def _couples(fleet: Fleet) -> Iterator[str]:
    return (port.word for _, port in site.pairs(fleet.records, site.ports(fleet)))


ROOM = Room(
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    couples=_couples,
)
