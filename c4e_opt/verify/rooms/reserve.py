"""What an answer must hold for reserves.

Laws:
    reserve_kept        what is kept is not negative, and kept only where some is wanted
    reserve_missing     what is missing lies between zero and what is wanted, zero where nothing may be missing
    reserve_required    what is kept and what is missing add up to what is wanted, or more
    reserve_headroom    what a provider keeps in all reserves it could give, as it runs; within its ramp up where one of
                        them says so, and within its stop ramp unless all of them say otherwise
    reserve_energy      what a store keeps in all reserves it holds the energy for, or the room
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.case import Case
from c4e_opt.verify import site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import End, Fleet, Room

_WAYS = ("up", "down")


def _bindings(laws: Sequence[Any], all_ports: Sequence[site.Port]) -> list[tuple[int, site.Port]]:
    return [(row, port) for row, port in site.pairs(laws, all_ports) if site.provides(port)]


def _limits(fleet: Fleet) -> None:
    bindings = _bindings(fleet.records, site.ports(fleet))
    price = fleet.number("missing_price_eur_per_mw_hour")
    names = site.labels(fleet.records, bindings)
    negative, outside, short = np.zeros((len(bindings), fleet.shape[1])), np.zeros(fleet.shape), np.zeros(fleet.shape)
    for way in _WAYS:
        wanted, kept, missing = fleet.series(f"{way}_mw"), fleet.answer(f"{way}_mw"), fleet.answer(f"{way}_missing_mw")
        together = np.zeros(fleet.shape)
        for place, (row, _) in enumerate(bindings):
            together[row] += kept[place]
            negative[place] = np.maximum(negative[place], np.maximum(-kept[place], kept[place] * (wanted[row] <= 0)))
        outside = np.maximum(outside, np.maximum(-missing, missing - np.where(np.isnan(price), 0.0, wanted)))
        short = np.maximum(short, wanted - together - missing)
    fleet.hold("kept", negative, "MW", name=lambda place: names[place])
    fleet.hold("missing", outside, "MW")
    fleet.hold("required", short, "MW", fleet.series("up_mw"), fleet.series("down_mw"))
    _providers(fleet, bindings)


def _providers(fleet: Fleet, bindings: Sequence[tuple[int, site.Port]]) -> None:
    """Hold what every provider keeps in all reserves against what it could."""
    words = list(dict.fromkeys(port.word for _, port in bindings))
    shape = (len(words), fleet.shape[1])
    beyond, energy = np.full(shape, -np.inf), np.full(shape, -np.inf)
    headroom: dict[tuple[str, bool, bool], Any] = {}
    of: dict[str, list[tuple[int, int, site.Port]]] = {word: [] for word in words}
    for place, (row, port) in enumerate(bindings):
        of[port.word].append((place, row, port))
    for at, word in enumerate(words):
        mine = of[word]
        port = mine[0][2]
        other = fleet.others[port.kind]
        within = any(fleet.records[row].within_ramps for _, row, _ in mine)
        binds = any(fleet.records[row].stop_ramp_binds for _, row, _ in mine)
        key = port.kind, within, binds
        if key not in headroom:
            headroom[key] = site.headroom(other, within_ramps=within, stop_ramp_binds=binds)
        for way, room in zip(_WAYS, headroom[key], strict=True):
            kept = sum(fleet.answer(f"{way}_mw")[place] for place, _, _ in mine)
            beyond[at] = np.maximum(beyond[at], kept - room[port.row])
        if port.kind in site.STORES:
            above, below = site.stored(other)
            hours = {place: fleet.records[row].duration_hours for place, row, _ in mine}
            lasting = [sum(fleet.answer(f"{way}_mw")[place] * hours[place] for place in hours) for way in _WAYS]
            drawn = lasting[0] / other.number("discharge_efficiency")[port.row]
            filled = lasting[1] * other.number("charge_efficiency")[port.row]
            energy[at] = np.maximum(drawn - above[port.row], filled - below[port.row])
    fleet.hold("headroom", beyond, "MW", name=lambda at: words[at])
    fleet.hold("energy", energy, "MWh", name=lambda at: words[at])


def _costs(fleet: Fleet, bill: Bill) -> None:
    price = np.nan_to_num(fleet.number("missing_price_eur_per_mw_hour"))
    for way in _WAYS:
        bill.add_energy("reserve", fleet.answer(f"{way}_missing_mw"), price, fleet.horizon.cost_hours)


def _couples(fleet: Fleet) -> Iterator[str]:
    return (port.word for _, port in _bindings(fleet.records, site.ports(fleet)))


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {f"{way}_mw": ("reserve_provider", "time") for way in _WAYS}


def _members(case: Case, ends: Sequence[End]) -> Mapping[str, Sequence[str]]:
    laws = case.components["reserve"]
    return {"reserve_provider": site.labels(laws, _bindings(laws, site.places(case, ends)))}


ROOM = Room(
    quantities=("up_missing_mw", "down_missing_mw"),
    more=_more,
    members=_members,
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    couples=_couples,
)
