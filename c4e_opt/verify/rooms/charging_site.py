"""What an answer must hold for charging sites.

Laws:
    charging_site_power     all sessions together take and give no more than the site may
    charging_site_plugged   where plugs are short, nobody takes or gives power without one; elsewhere nobody is marked
    charging_site_plugs     at no time more vehicles hold a plug than there are; told at the step of that time
    charging_site_stay      without swaps, nobody is plugged in again after having been unplugged
    charging_site_begin     without swaps, the begin of a stay is marked, and no more than one

Plugs are short while more sessions of a site are there than it has plugs. With swaps, who is there at such a time needs
a mark for every step that has such a time; without, for every step of the stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.verify import site
from c4e_opt.verify.fleet import End, Fleet, Room


@dataclass(frozen=True, slots=True)
class _Crowd:
    """A time at which plugs are short."""

    law: int
    step: int
    members: tuple[int, ...]  # places of the sessions that are there
    plugs: int


def _crowds(laws: Sequence[Any], pairs: Sequence[tuple[int, site.Port]], horizon: Horizon) -> Iterator[_Crowd]:
    """All times between two changes at which plugs are short."""
    for row, law in enumerate(laws):
        own = [(place, port.component) for place, (owner, port) in enumerate(pairs) if owner == row]
        if not law.plugs:
            continue
        edges = {int(edge) for edge in (*horizon.starts, *horizon.ends)}
        edges |= {moment for _, each in own for moment in (each.arrival, each.departure)}
        inside = sorted(edge for edge in edges if horizon.start <= edge <= horizon.end)
        for begin, end in pairwise(inside):
            members = tuple(place for place, each in own if each.arrival <= begin and each.departure >= end)
            if len(members) > law.plugs:
                yield _Crowd(row, int(np.flatnonzero(horizon.ends >= end)[0]), members, law.plugs)


def _marked(
    fleet: Fleet, pairs: Sequence[tuple[int, site.Port]], crowds: Sequence[_Crowd]
) -> tuple[BoolArray, BoolArray]:
    """Where sessions need a mark, (pair, time), and which of them may be plugged in only once, (pair, 1)."""
    horizon = fleet.horizon
    needs = np.zeros((len(pairs), horizon.steps), dtype=np.bool_)
    once = np.array([not fleet.records[row].swaps for row, _ in pairs], dtype=np.bool_)
    for crowd in crowds:
        for place in crowd.members:
            if once[place]:
                stay = pairs[place][1].component
                needs[place] = (stay.arrival < horizon.ends) & (stay.departure > horizon.starts)
            else:
                needs[place, crowd.step] = True
    return needs, once[:, None] & needs.any(axis=1, keepdims=True)


def _limits(fleet: Fleet) -> None:
    pairs = site.pairs(fleet.records, site.ports(fleet))
    power = np.array([port.power_mw for _, port in pairs]).reshape(len(pairs), fleet.shape[1])
    net, gross, most = np.zeros(fleet.shape), np.zeros(fleet.shape), np.full(fleet.shape, np.inf)
    for row, law in enumerate(fleet.records):
        if law.power_max_mw is not None:
            most[row] = law.power_max_mw
    for place, (row, _) in enumerate(pairs):
        net[row] += power[place]
        gross[row] += np.abs(power[place])
    fleet.hold("power", np.abs(net) - most, "MW", gross)
    crowds = list(_crowds(fleet.records, pairs, fleet.horizon))
    if crowds or fleet.has("plugged"):
        _plugs(fleet, pairs, crowds, np.abs(power))


def _plugs(fleet: Fleet, pairs: Sequence[tuple[int, site.Port]], crowds: Sequence[_Crowd], flowing: FloatArray) -> None:
    words = site.labels(fleet.records, pairs)
    needs, once = _marked(fleet, pairs, crowds)
    marks = fleet.answer("plugged") if fleet.has("plugged") else np.zeros(needs.shape)

    def name(place: int) -> str:
        return words[place]

    without = np.where(needs, np.minimum(flowing, 1.0 - marks), np.abs(marks))
    fleet.hold("plugged", without, "MW", name=name)
    beyond = np.full(fleet.shape, -np.inf)
    for crowd in crowds:
        held = float(sum(marks[place, crowd.step] for place in crowd.members))
        beyond[crowd.law, crowd.step] = max(beyond[crowd.law, crowd.step], held - crowd.plugs)
    fleet.hold("plugs", beyond, "1")
    if once.any():
        _stays(fleet, marks, once, name)


def _stays(fleet: Fleet, marks: FloatArray, once: BoolArray, name: Any) -> None:
    """Hold that whoever may be plugged in only once is."""
    on = marks > 0.5
    left = np.zeros(on.shape, dtype=np.bool_)  # whether it has been at a plug and left it before the step
    left[:, 2:] = np.logical_or.accumulate(on[:, :-2] & ~on[:, 1:-1], axis=1)
    fleet.hold("stay", np.where(once & on & left, 1.0, 0.0), "1", name=name)
    begins = fleet.answer("plugging") if fleet.has("plugging") else np.zeros(on.shape)
    before = np.concatenate([np.zeros((on.shape[0], 1)), marks[:, :-1]], axis=1)
    wrong = np.maximum(np.where(once, marks - before, 0.0) - begins, -begins)
    wrong = np.maximum(wrong, np.where(once, begins.sum(axis=1, keepdims=True) - 1.0, np.abs(begins)))
    fleet.hold("begin", wrong, "1", begins, name=name)


def _couples(fleet: Fleet) -> Iterator[str]:
    return iter({port.word: None for _, port in site.pairs(fleet.records, site.ports(fleet))})


def _optional(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    found = ("plugged",) if any(record.plugs for record in records) else ()
    found += ("plugging",) if any(not record.swaps for record in records) else ()
    return dict.fromkeys(found, ("charging_site_member", "time"))


def _members(case: Case, ends: Sequence[End]) -> Mapping[str, Sequence[str]]:
    laws = case.components["charging_site"]
    return {"charging_site_member": site.labels(laws, site.pairs(laws, site.places(case, ends)))}


ROOM = Room(
    optional=_optional,
    members=_members,
    binaries=("plugged",),
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    couples=_couples,
)
