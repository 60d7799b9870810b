"""What an answer must hold for reserves.

Laws:
    reserve_kept        what is kept is not negative, no more than is offered, and kept only where some is wanted
    reserve_missing     what is missing lies between zero and what is wanted, zero where nothing may be missing
    reserve_bought      what is bought lies between zero and the power of its part of the demand
    reserve_required    what is kept for it or counts for it and what is missing add up to what is wanted and bought, or
                        more
    reserve_headroom    what a provider keeps in all reserves it could give, as it runs; within its ramp up where one of
                        them says so, and within its stop ramp unless all of them say otherwise
    reserve_energy      what a store keeps in all reserves it holds the energy for, or the room
    reserve_activation  what a provider keeps in reserves that must be there within a time its ramps reach in it
Those on prices: see `verify.reserve_prices`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.verify import reserve_prices, reserves, site
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import End, Fleet, Room
from c4e_opt.verify.reserves import WAYS, Market


def _limits(fleet: Fleet) -> None:
    market = reserves.of(fleet)
    price = fleet.number("missing_price_eur_per_mw_hour")
    negative, outside, short = (
        np.zeros((len(market.every), fleet.shape[1])),
        np.zeros(fleet.shape),
        np.zeros(fleet.shape),
    )
    counts = reserves.served(fleet.records)
    for way in WAYS:
        wanted, missing = fleet.series(f"{way}_mw"), fleet.answer(f"{way}_missing_mw")
        buys = reserves.wanted(fleet, way)
        for place, pair in enumerate(market.every):
            kept = fleet.answer(f"{way}_mw")[place]
            useless = kept * (buys[counts[pair[0]]].max(axis=0) <= 0)
            too_much = np.maximum(useless, kept - market.most(place, way))
            negative[place] = np.maximum(negative[place], np.maximum(-kept, too_much))
        outside = np.maximum(outside, np.maximum(-missing, missing - np.where(np.isnan(price), 0.0, wanted)))
        together = reserves.counted(market, way)
        short = np.maximum(short, wanted + reserves.bought(fleet, way) - together - missing)
    fleet.hold("kept", negative, "MW", name=market.name)
    fleet.hold("missing", outside, "MW")
    fleet.hold("required", short, "MW", fleet.series("up_mw"), fleet.series("down_mw"))
    if reserves.parts(fleet):
        power = np.array([[part.power_mw] for _, _, part in reserves.parts(fleet)])
        amount = fleet.answer("bought_mw")
        said = _demands(fleet.records)
        fleet.hold("bought", np.maximum(-amount, amount - power), "MW", name=lambda place: said[place])
    _providers(market)


def _providers(market: Market) -> None:
    """Hold what every provider keeps in all reserves against what it could."""
    fleet, left = market.fleet, reserves.left(market)
    for law, unit in (("headroom", "MW"), ("energy", "MWh"), ("activation", "MW")):
        found = left[law]
        words = list(found)
        beyond = -np.array([found[word] for word in words]).reshape(len(words), fleet.shape[1])
        fleet.hold(law, beyond, unit, name=lambda at, words=words: words[at])


def _costs(fleet: Fleet, bill: Bill) -> None:
    price, hours = np.nan_to_num(fleet.number("missing_price_eur_per_mw_hour")), fleet.horizon.cost_hours
    for way in WAYS:
        bill.add_energy("reserve", fleet.answer(f"{way}_missing_mw"), price, hours)
    worth = np.array([[part.price_eur_per_mw_hour] for _, _, part in reserves.parts(fleet)])
    if worth.size:
        bill.add_energy("reserve_demand", fleet.answer("bought_mw"), -worth, hours)


def _couples(fleet: Fleet) -> Iterator[str]:
    return (port.word for _, port in reserves.of(fleet).every)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    bought = {"bought_mw": ("reserve_demand", "time")} if _demands(records) else {}
    return {f"{way}_mw": ("reserve_provider", "time") for way in WAYS} | bought


def _demands(records: Sequence[Any]) -> list[str]:
    return [f"{law.id}/{place + 1}" for law in records for place in range(len(law.demand))]


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"reserve_demand": _demands(records)}


def _members(case: Case, ends: Sequence[End]) -> Mapping[str, Sequence[str]]:
    laws, offers = case.components["reserve"], case.components.get("reserve_offer", ())
    return {"reserve_provider": site.labels(laws, reserves.pairs(laws, offers, site.places(case, ends)))}


ROOM = Room(
    quantities=("up_missing_mw", "down_missing_mw"),
    more=_more,
    labels=_labels,
    members=_members,
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    costs=_costs,
    prices=reserve_prices.check,
    couples=_couples,
)
