"""Reserves: who keeps which reserve, what he may keep, and what he keeps, as the case and the answer say it.

A pair is a reserve and a component that keeps it: those at a bus of its carrier that it binds and that can tell what
they could give; where anybody offers the reserve, those who offer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import site
from c4e_opt.verify.fleet import Fleet

WAYS = ("up", "down")
#: A reserve, by its place, and the port of a component that keeps it.
Pair = tuple[int, site.Port]


def pairs(laws: Sequence[Any], offers: Sequence[Any], all_ports: Sequence[site.Port]) -> list[Pair]:
    """Every pair, in the order of the reserves."""
    sellers: dict[str, set[str]] = {}
    for offer in offers:
        sellers.setdefault(offer.reserve, set()).add(offer.provider)
    return [
        (row, port)
        for row, port in site.pairs(laws, all_ports)
        if site.provides(port) and (laws[row].id not in sellers or port.word in sellers[laws[row].id])
    ]


@dataclass(frozen=True, slots=True)
class Market:
    """The reserves of an answer with all pairs and offers."""

    fleet: Fleet
    every: Sequence[Pair]
    place: Mapping[tuple[str, str], int]  # of a pair, by reserve and component
    mine: Mapping[str, Sequence[int]]  # the pairs of a component
    offers: Mapping[tuple[str, str, str], Any]  # by reserve, component and direction
    sold: frozenset[str]  # reserves that anybody offers

    def name(self, place: int) -> str:
        """What a pair is called in answers."""
        row, port = self.every[place]
        return f"{self.fleet.records[row].id}: {port.word}"

    def offer(self, place: int, way: str) -> Any:
        """The offer of a pair in one direction; None where there is none."""
        row, port = self.every[place]
        return self.offers.get((self.fleet.records[row].id, port.word, way))

    def most(self, place: int, way: str) -> FloatArray:
        """The most that a pair may keep by its offer, (time,): none where others offer the reserve and it does not."""
        steps = self.fleet.shape[1]
        if self.fleet.records[self.every[place][0]].id not in self.sold:
            return np.full(steps, np.inf)
        offer = self.offer(place, way)
        if offer is None:
            return np.zeros(steps)
        limit = np.full(steps, np.inf) if offer.power_max_mw is None else offer.power_max_mw * np.ones(steps)
        return np.minimum(limit, sum(each.power_mw for each in offer.segments)) if offer.segments else limit

    def kept(self, place: int, way: str) -> FloatArray:
        """What a pair keeps in one direction, (time,); of symmetric reserves the same both ways."""
        own = self.fleet.answer(f"{way}_mw")[place]
        both = way == "down" and self.fleet.records[self.every[place][0]].symmetric
        return own + self.fleet.answer("up_mw")[place] if both else own


def of(fleet: Fleet) -> Market:
    """The reserves of an answer."""
    offers = fleet.case.components.get("reserve_offer", ())
    every = pairs(fleet.records, offers, site.ports(fleet))
    mine: dict[str, list[int]] = {}
    for place, (_, port) in enumerate(every):
        mine.setdefault(port.word, []).append(place)
    return Market(
        fleet=fleet,
        every=every,
        place={(fleet.records[row].id, port.word): place for place, (row, port) in enumerate(every)},
        mine=mine,
        offers={(offer.reserve, offer.provider, offer.way): offer for offer in offers},
        sold=frozenset(offer.reserve for offer in offers),
    )


def served(records: Sequence[Any]) -> list[list[int]]:
    """For every reserve the places of those for which it counts, by whatever detour, itself first."""
    place = {each.id: row for row, each in enumerate(records)}
    found: list[list[int]] = []
    for row in range(len(records)):
        reached = [row]
        for at in reached:
            reached += [place[name] for name in records[at].counts_for if place[name] not in reached]
        found.append(list(dict.fromkeys(reached)))
    return found


def wanted(fleet: Fleet, way: str) -> FloatArray:
    """Whether a reserve is required or bought in one direction, (reserve, time), as 0 or 1."""
    bought = np.array([[any(each.way == way for each in law.demand)] for law in fleet.records])
    return ((fleet.series(f"{way}_mw") > 0) | bought).astype(np.float64)


def bought(fleet: Fleet, way: str) -> FloatArray:
    """What is bought beyond the requirements, (reserve, time)."""
    total = np.zeros(fleet.shape)
    for row, place, part in parts(fleet):
        if part.way == way:
            total[row] += fleet.answer("bought_mw")[place]
    return total


def parts(fleet: Fleet) -> list[tuple[int, int, Any]]:
    """Every part of a demand: the reserve, its place among all parts, and itself."""
    found: list[tuple[int, int, Any]] = []
    for row, law in enumerate(fleet.records):
        for part in law.demand:
            found.append((row, len(found), part))
    return found


def counted(market: Market, way: str) -> FloatArray:
    """What is kept for every reserve, by whoever keeps it or one that counts for it, (reserve, time)."""
    total, counts = np.zeros(market.fleet.shape), served(market.fleet.records)
    for place, pair in enumerate(market.every):
        for row in counts[pair[0]]:
            total[row] += market.fleet.answer(f"{way}_mw")[place]
    return total


def left(market: Market) -> Mapping[str, dict[str, FloatArray]]:
    """What providers leave of what they could give, of energy and of ramps, by law and `<word> <way>`, (time,) each."""
    fleet = market.fleet
    found: dict[str, dict[str, FloatArray]] = {"headroom": {}, "energy": {}, "activation": {}}
    known: dict[tuple[str, bool, bool], Any] = {}
    held: dict[str, Any] = {}
    for word, mine in market.mine.items():
        laws = [fleet.records[market.every[place][0]] for place in mine]
        port = market.every[mine[0]][1]
        other = fleet.others[port.kind]
        within, binds = any(law.within_ramps for law in laws), any(law.stop_ramp_binds for law in laws)
        key = port.kind, within, binds
        if key not in known:
            known[key] = site.headroom(other, within_ramps=within, stop_ramp_binds=binds)
        if port.kind in site.STORES and port.kind not in held:
            held[port.kind] = site.stored(other)
        for way, room in zip(WAYS, known[key], strict=True):
            holds = [market.kept(place, way) for place in mine]
            found["headroom"][f"{word} {way}"] = room[port.row] - sum(holds)
            found["activation"][f"{word} {way}"] = _ramp_left(fleet, port, laws, holds, way)
            if port.kind in site.STORES:
                lasting = sum(each * law.duration_hours for each, law in zip(holds, laws, strict=True))
                above, below = held[port.kind]
                energy = above[port.row] - lasting / other.number("discharge_efficiency")[port.row]
                if way == "down":
                    energy = below[port.row] - lasting * other.number("charge_efficiency")[port.row]
                found["energy"][f"{word} {way}"] = energy
    return found


def _ramp_left(fleet: Fleet, port: site.Port, laws: Sequence[Any], holds: Sequence[FloatArray], way: str) -> FloatArray:
    """What the ramp of a provider leaves, at the time of activation at which it leaves least, (time,)."""
    least = np.full(fleet.shape[1], np.inf)
    timed = [(law.activation_minutes, held) for law, held in zip(laws, holds, strict=True)]
    timed = [(minutes, held) for minutes, held in timed if minutes is not None]
    rate = site.rate(fleet, port, way) if timed else least
    if np.isfinite(rate).any():
        for minutes, _ in timed:
            together = sum(held for each, held in timed if each <= minutes)
            least = np.minimum(least, rate * minutes / 60.0 - together)
    return least
