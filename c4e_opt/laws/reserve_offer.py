"""Reserve offer: what a provider asks for keeping a reserve, how much it would keep, and at which of its powers.

Variables, for every segment k of an offer, and step t:
    segment_mw[k, t]   part of what is kept that is paid as the segment says, 0 <= . <= its power_mw

Constraints, for every offer o, where its reserve is wanted and it offers any:
    segment_sum[o, t]      what is kept = sum of segment_mw over its segments; of offers with segments
    trapezium_high[o, t]   power + slope * kept + other regulation up <= enablement_max_mw
    trapezium_low[o, t]    power - slope * kept - other regulation down >= enablement_min_mw, times on of a plant
                           that starts and stops

What is kept is up_mw or down_mw of the reserve (`laws.reserve`), at most power_max_mw. Power is that of the provider
into its first bus. The slopes are those of a trapezium: (enablement_max_mw - high_break_mw) / power_max_mw and
(low_break_mw - enablement_min_mw) / power_max_mw; 0 without a break. Other regulation is what the provider keeps in all
other reserves that are in use all the time. As for units that NEMDE has enabled, the power is between the enablement
limits even where nothing is kept.

Objective, term `reserve_offer`: price * what is kept * hours, or price * segment_mw * hours.

Not modelled: offers that are taken wholly or not at all, enablement as a choice (leave an offer out, or power_max_mw 0
in such steps), ramps that an offer itself names.
Source: joint capacity constraints and the constraints of energy and regulation of AEMO (2021), FCAS Model in NEMDE,
sections 5 and 6, as nempy writes them (Gorman, Bruce, MacGill 2022, https://doi.org/10.21105/joss.03596).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import fleet, profiles, scalars
from c4e_opt.fields import choice, identity, number, parts, record, series, text
from c4e_opt.issues import Issue, unknown
from c4e_opt.laws.checks import buses_of
from c4e_opt.laws.members import Members
from c4e_opt.laws.surroundings import PROVIDERS, binds, provides, rows
from c4e_opt.program import Linear, Room

if TYPE_CHECKING:
    from c4e_opt.laws.reserve_limits import Kept

_POINTS = ("enablement_min_mw", "low_break_mw", "high_break_mw", "enablement_max_mw")


@record
class OfferSegment:
    """A part of an offer with a price of its own."""

    power_mw: Any = number(unit="MW", minimum=0, doc="Width of the segment.")
    price_eur_per_mw_hour: Any = number(unit="EUR/MW/h", doc="What every MW in it asks for an hour.")


@record
class ReserveOffer:
    """What one provider asks for keeping one reserve in one direction."""

    id: str = identity(doc="Name of the offer.")
    provider: str = text(doc="Who keeps it: kind/id of a battery, store, generator, converter, CHP or renewable.")
    reserve: str = text(doc="Reserve that it is kept for, by its id.")
    way: str = choice("up", "down", default="up", doc="Power to give on top, or to give less; up where symmetric.")
    price_eur_per_mw_hour: FloatArray = series(unit="EUR/MW/h", default=0.0, doc="What every MW asks for an hour.")
    segments: tuple[OfferSegment, ...] = parts(
        OfferSegment, doc="Prices of the first MW, the next ones and so on, besides price_eur_per_mw_hour; rising."
    )
    power_max_mw: FloatArray | None = series(
        unit="MW",
        minimum=0,
        default=None,
        doc="Most that is offered; as much as the provider can, or its segments, when absent.",
    )
    enablement_min_mw: Any = number(
        unit="MW", default=None, doc="Least power of the provider while it offers; no such limit when absent."
    )
    low_break_mw: Any = number(
        unit="MW", default=None, doc="Power below which less than power_max_mw is there; enablement_min_mw when absent."
    )
    high_break_mw: Any = number(
        unit="MW", default=None, doc="Power above which less than power_max_mw is there; enablement_max_mw when absent."
    )
    enablement_max_mw: Any = number(
        unit="MW", default=None, doc="Largest power of the provider while it offers; no such limit when absent."
    )


def check(path: str, offer: ReserveOffer, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one offer."""
    yield from _check_names(path, offer, context)
    yield from _check_shape(path, offer)


def check_twins(offers: Sequence[ReserveOffer]) -> Iterator[Issue]:
    """Find offers of the same provider for the same thing."""
    seen: dict[tuple[str, str, str], str] = {}
    for place, offer in enumerate(offers):
        first = seen.setdefault((offer.provider, offer.reserve, offer.way), offer.id)
        if first != offer.id:
            message = f"{offer.provider!r} offers {offer.reserve!r} {offer.way} in {first!r} too; give that segments"
            yield Issue(f"components.reserve_offer[{place}]", "duplicate", message)


def _check_names(path: str, offer: ReserveOffer, context: Context) -> Iterator[Issue]:
    """Find a provider or a reserve that is not there, or that do not go together."""
    kind = offer.provider.partition("/")[0]
    provider = context.records.get(offer.provider)
    reserve = context.records.get(f"reserve/{offer.reserve}")
    if provider is None:
        known = {word for word in context.members if word.partition("/")[0] in PROVIDERS}
        yield unknown(f"{path}.provider", "unknown_reference", "provider (kind/id)", offer.provider, known)
    elif not provides(kind, provider):
        yield Issue(f"{path}.provider", "kind", f"{offer.provider!r} can provide no reserve; leave the offer out")
    if reserve is None:
        known = {word.removeprefix("reserve/") for word in context.members if word.startswith("reserve/")}
        yield unknown(f"{path}.reserve", "unknown_reference", "reserve", offer.reserve, known)
        return
    if reserve.symmetric and offer.way == "down":
        yield Issue(f"{path}.way", "conflict", f"is down; {offer.reserve!r} is symmetric, and offered as up alone")
    if provider is not None and provides(kind, provider):
        bus = next(buses_of(provider))
        bound = binds(reserve, offer.provider, context.sites.get(bus, ""))
        if not bound or context.carriers.get(bus) != reserve.carrier:
            message = f"{offer.provider!r} is no provider of {offer.reserve!r}, by its members, site or carrier"
            yield Issue(f"{path}.provider", "member", message)


def _check_shape(path: str, offer: ReserveOffer) -> Iterator[Issue]:
    """Find segments that do not rise and points of the trapezium that are out of order."""
    prices = [each.price_eur_per_mw_hour for each in offer.segments]
    if any(after < before for before, after in pairwise(prices)):
        yield Issue(f"{path}.segments", "order", "fall in price; the cheapest must come first")
    low, high = offer.enablement_min_mw, offer.enablement_max_mw
    for name, end, side in (("low_break_mw", low, "enablement_min_mw"), ("high_break_mw", high, "enablement_max_mw")):
        if getattr(offer, name) is not None and end is None:
            yield Issue(f"{path}.{name}", "missing_field", f"is given without {side}; give both")
        if getattr(offer, name) is not None and offer.power_max_mw is None:
            yield Issue(f"{path}.{name}", "missing_field", "is given without power_max_mw, the height there; give both")
    given = [(name, getattr(offer, name)) for name in _POINTS if getattr(offer, name) is not None]
    for (before, least), (after, largest) in pairwise(given):
        if largest < least:
            yield Issue(f"{path}.{after}", "order", f"is {largest:g} MW; it must be at least {before}, {least:g} MW")


def providing(pairs: Members, reserves: Sequence[Any], offers: Sequence[ReserveOffer]) -> Members:
    """The pairs of reserves and providers that stay: of reserves with offers, those who offer."""
    offered = {offer.reserve for offer in offers}
    made = {(offer.reserve, offer.provider) for offer in offers}
    ids = [each.id for each in reserves]
    kept = (each for each in pairs.each if ids[each.law] not in offered or (ids[each.law], each.word) in made)
    return Members(pairs.around, tuple(kept))


def largest(way: str, reserves: Sequence[Any], pairs: Members, horizon: Horizon) -> FloatArray:
    """The most that pairs may keep by their offers, (pair, time); 0 where a reserve has offers and this is none."""
    offers: Sequence[ReserveOffer] = pairs.around.records.get("reserve_offer", ())
    ids, offered = [each.id for each in reserves], {offer.reserve for offer in offers}
    found = np.full((len(pairs.each), horizon.steps), np.inf)
    for place, each in enumerate(pairs.each):
        if ids[each.law] in offered:
            found[place] = 0.0
    mine = [offer for offer in offers if offer.way == way]
    found[_places(mine, reserves, pairs)] = _most(mine, horizon)
    return found


def _most(offers: Sequence[ReserveOffer], horizon: Horizon) -> FloatArray:
    """The most that offers offer, (offer, time)."""
    most = profiles(offers, "power_max_mw", horizon.steps)
    widths = np.array([[sum(k.power_mw for k in o.segments) if o.segments else np.inf] for o in offers]).reshape(-1, 1)
    return np.fmin(np.where(np.isnan(most), np.inf, most), widths)


def _places(offers: Sequence[ReserveOffer], reserves: Sequence[Any], pairs: Members) -> IntArray:
    """The pair of every offer, (offer,)."""
    place = {(reserves[each.law].id, each.word): row for row, each in enumerate(pairs.each)}
    return np.array([place[offer.reserve, offer.provider] for offer in offers], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Market:
    """Offers with what they are about."""

    offers: Sequence[ReserveOffer]
    reserves: Sequence[Any]
    pairs: Members
    kept: Mapping[str, Kept]
    place: IntArray  # the pair of every offer
    over: tuple[Axis, Axis]
    power: Linear  # what every offer keeps, (offer, time)
    stands: BoolArray  # where an offer is wanted and offers any, (offer, time)


def formulate(
    room: Room,
    offers: Sequence[ReserveOffer],
    reserves: Sequence[Any],
    pairs: Members,
    kept: Mapping[str, Kept],
    horizon: Horizon,
) -> None:
    """Add prices, segments and trapezia of all offers.

    Args:
        room: The room of offers.
        offers: Checked records.
        reserves: The reserves that they are for.
        pairs: Every pair of a reserve and a provider that stays.
        kept: What pairs keep, up and down.
        horizon: The steps.
    """
    place = _places(offers, reserves, pairs)
    over = (fleet("reserve_offer", offers), horizon.axis)
    power, stands = Linear(over), np.zeros((len(offers), horizon.steps), dtype=np.bool_)
    for way, each in kept.items():
        mine = np.array([row for row, offer in enumerate(offers) if offer.way == way], dtype=np.int64)
        if mine.size:
            power = power + rows(each.power, place[mine]).along(over[0], mine)
            stands[mine] = each.present[place[mine]]
    market = _Market(offers, reserves, pairs, kept, place, over, power, stands)
    room.minimise(
        "reserve_offer", power * (profiles(offers, "price_eur_per_mw_hour", horizon.steps) * horizon.cost_hours)
    )
    _segments(room, market, horizon)
    _trapezia(room, market, horizon)


def _segments(room: Room, market: _Market, horizon: Horizon) -> None:
    """What is kept is split into segments, each with its price; they rise, so that they fill in their order."""
    offers = market.offers
    owner = np.repeat(np.arange(len(offers)), [len(offer.segments) for offer in offers])
    if not owner.size:
        return
    labels = [f"{offer.id}/{place}" for offer in offers for place in range(1, len(offer.segments) + 1)]
    segments = [segment for offer in offers for segment in offer.segments]
    over = (Axis("reserve_offer_segment", np.array(labels, dtype=np.str_)), horizon.axis)
    part = room.variable(
        "segment_mw", over, 0.0, scalars(segments, "power_mw"), doc="power kept in the segment",
        present=market.stands[owner],
    )  # fmt: skip
    split = np.isin(np.arange(len(offers)), owner)[:, None] & market.stands
    room.equal("segment_sum", market.power, part.along(market.over[0], owner), present=split)
    room.minimise("reserve_offer", part * (scalars(segments, "price_eur_per_mw_hour") * horizon.cost_hours))


def _trapezia(room: Room, market: _Market, horizon: Horizon) -> None:
    """Power and what is kept stay within the trapezium of an offer, beside all that regulation may take."""
    offers, pairs = market.offers, market.pairs
    low, low_break, high_break, high = (scalars(offers, name) for name in _POINTS)
    chosen = Members(pairs.around, tuple(pairs.each[int(row)] for row in market.place))
    power, most = chosen.net(market.over), profiles(offers, "power_max_mw", horizon.steps)
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = np.where(market.stands & ~np.isnan(low_break), (low_break - low) / most, 0.0)
        fall = np.where(market.stands & ~np.isnan(high_break), (high - high_break) / most, 0.0)
    up, down = (_regulation(market, way) for way in ("up", "down"))
    capped, floored = market.stands & ~np.isnan(high), market.stands & ~np.isnan(low)
    if capped.any():
        room.at_most(
            "trapezium_high", power + (market.power * fall).nonzero() + up, np.nan_to_num(high), present=capped
        )
    if floored.any():
        least = np.nan_to_num(low) * np.ones(market.stands.shape)
        states = chosen.committed[:, None] & floored
        on = chosen.amount(market.over, lambda kind: pairs.around.terms[kind].on) * np.where(states, least, 0.0)
        floor = on.nonzero() + np.where(states, 0.0, least)
        room.at_least("trapezium_low", power - (market.power * rise).nonzero() - down, floor, present=floored)


def _regulation(market: _Market, way: str) -> Linear:
    """What the provider of every offer keeps in other reserves that are in use all the time, (offer, time)."""
    pairs, place = market.pairs, market.place
    used: dict[str, list[int]] = {}
    for row, each in enumerate(pairs.each):
        if market.reserves[each.law].regulation:
            used.setdefault(each.word, []).append(row)
    own: list[int] = [int(each) for each in place]
    found = [(offer, row) for offer, at in enumerate(own) for row in used.get(pairs.each[at].word, ()) if row != at]
    offer, pair = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return rows(market.kept[way].power, pair).along(market.over[0], offer)
