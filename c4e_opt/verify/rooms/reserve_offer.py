"""What an answer must hold for offers of reserve.

Laws:
    reserve_offer_segments    parts are not negative, no wider than their segments, and add up to what is kept
    reserve_offer_trapezium   where it offers any, the provider's power is within the limits of enablement, what is kept
                              below both slopes, beside all that it keeps in other reserves that are always in use
How much may be kept: see `verify.rooms.reserve`; what it earns: see `verify.reserve_prices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import reserves, site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room


def kept(fleet: Fleet) -> FloatArray:
    """What every offer keeps, (offer, time)."""
    market = reserves.of(fleet.others["reserve"])
    kept = {way: market.fleet.answer(f"{way}_mw") for way in reserves.WAYS}
    places = [market.place[offer.reserve, offer.provider] for offer in fleet.records]
    return np.array([kept[offer.way][place] for offer, place in zip(fleet.records, places, strict=True)])


def _limits(fleet: Fleet) -> None:
    held = kept(fleet)
    fleet.hold("trapezium", trapezia(fleet).max(axis=0), "MW", held)
    if not _parts(fleet.records):
        return
    part = fleet.answer("segment_mw")
    apart, first = np.zeros(fleet.shape), 0
    for row, offer in enumerate(fleet.records):
        mine = part[first : first + len(offer.segments)]
        first += len(offer.segments)
        if offer.segments:
            width = np.array([[each.power_mw] for each in offer.segments])
            outside = np.maximum(-mine, mine - width).max(axis=0)
            apart[row] = np.maximum(outside, np.abs(mine.sum(axis=0) - held[row]))
    fleet.hold("segments", apart, "MW", held)


def trapezia(fleet: Fleet) -> FloatArray:
    """By how much offers are beyond the upper and the lower side of their trapezia, (2, offer, time)."""
    beyond = np.full((2, *fleet.shape), -np.inf)
    market, held = reserves.of(fleet.others["reserve"]), kept(fleet)
    law, wanted = market.fleet, {way: reserves.wanted(market.fleet, way) for way in reserves.WAYS}
    counts = reserves.served(law.records)
    for at, offer in enumerate(fleet.records):
        if offer.enablement_max_mw is None and offer.enablement_min_mw is None:
            continue
        place = market.place[offer.reserve, offer.provider]
        (row, port), most = market.every[place], market.most(place, offer.way)
        beside = {way: np.zeros(fleet.shape[1]) for way in reserves.WAYS}
        for n in market.mine[port.word]:
            if n != place and law.records[market.every[n][0]].regulation:
                for way in reserves.WAYS:
                    beside[way] += market.kept(n, way)
        height = (
            np.full(fleet.shape[1], np.inf) if offer.power_max_mw is None else offer.power_max_mw * np.ones_like(most)
        )
        part = np.divide(held[at], height, out=np.zeros(fleet.shape[1]), where=height > 0)
        stands = (most > 0) & (wanted[offer.way][counts[row]].max(axis=0) > 0)
        if offer.enablement_max_mw is not None:
            top = offer.enablement_max_mw
            corner = top if offer.high_break_mw is None else offer.high_break_mw
            over = port.power_mw + part * (top - corner) + beside["up"] - top
            beyond[0, at] = np.where(stands, over, -np.inf)
        if offer.enablement_min_mw is not None:
            bottom = offer.enablement_min_mw * site.on(law, port, np.ones(fleet.shape[1]))
            corner = offer.enablement_min_mw if offer.low_break_mw is None else offer.low_break_mw
            under = bottom - (port.power_mw - part * (corner - offer.enablement_min_mw) - beside["down"])
            beyond[1, at] = np.where(stands, under, -np.inf)
    return beyond


def _costs(fleet: Fleet, bill: Bill) -> None:
    hours = fleet.horizon.cost_hours
    bill.add_energy("reserve_offer", kept(fleet), fleet.series("price_eur_per_mw_hour"), hours)
    prices = np.array([[each.price_eur_per_mw_hour] for offer in fleet.records for each in offer.segments])
    if prices.size:
        bill.add_energy("reserve_offer", fleet.answer("segment_mw"), prices, hours)


def _parts(records: Sequence[Any]) -> list[str]:
    return [f"{offer.id}/{place + 1}" for offer in records for place in range(len(offer.segments))]


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {"segment_mw": ("reserve_offer_segment", "time")} if _parts(records) else {}


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"reserve_offer_segment": _parts(records)}


ROOM = Room(
    more=_more,
    labels=_labels,
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
)
