"""What an answer must hold for exclusions.

Laws:
    exclusion_running   a component that is not marked as running gives and takes nothing at its first bus
    exclusion_most      in every step at most so many run as may, by their marks or their own states
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.verify import site
from c4e_opt.verify.fleet import End, Fleet, Room


def _bound(laws: Sequence[Any], all_ports: Sequence[site.Port]) -> dict[str, site.Port]:
    """Every component that any law binds, once."""
    found: dict[str, site.Port] = {}
    for _, port in site.pairs(laws, all_ports):
        found.setdefault(port.word, port)
    return found


def _limits(fleet: Fleet) -> None:
    all_ports = site.ports(fleet)
    bound = _bound(fleet.records, all_ports)
    words, marks = list(bound), fleet.answer("running")
    runs = {word: site.on(fleet, port, marks[place]) for place, (word, port) in enumerate(bound.items())}
    flowing = np.array([np.abs(port.power_mw) for port in bound.values()]).reshape(len(bound), fleet.shape[1])
    idle = np.array([runs[word] < 0.5 for word in words]).reshape(flowing.shape)
    fleet.hold("running", np.where(idle, flowing, -np.inf), "MW", name=lambda place: words[place])
    count = np.zeros(fleet.shape)
    for row, port in site.pairs(fleet.records, all_ports):
        count[row] += runs[port.word]
    fleet.hold("most", count - fleet.number("most"), "1")


def _couples(fleet: Fleet) -> Iterator[str]:
    return iter(_bound(fleet.records, site.ports(fleet)))


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {"running": ("exclusion_member", "time")}


def _members(case: Case, ends: Sequence[End]) -> Mapping[str, Sequence[str]]:
    return {"exclusion_member": list(_bound(case.components["exclusion"], site.places(case, ends)))}


ROOM = Room(
    more=_more,
    members=_members,
    binaries=("running",),
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    couples=_couples,
)
