"""Prices of reserve: nobody regrets, neither who buys nor who keeps.

Laws:
    reserve_price            a price is not negative; nothing costs that is kept in abundance or not wanted; where some
                             is missing the price is no less than that of a missing MW, where more could be missing no
                             more; what is bought is worth its price, and nothing that is worth more is left
    reserve_provider_price   who keeps some is paid what he asks and his opportunity cost, or more; who could keep more,
                             no more; he is paid the prices of all reserves for which it counts
    reserve_opportunity      an opportunity cost is not negative, and is zero where nothing binds what he could keep:
                             power, energy, ramps, trapezia; not judged where a generic constraint counts the reserve
    reserve_energy_price     one more MWh earns a provider no more than the reserve that it would cost him, and the last
                             one no less, by the opportunity costs up and down: who gives energy and reserve regrets
                             neither; of renewables and of generators without state, ramps, schedule, limit of energy,
                             capacity to choose, trapezia and symmetric reserves, that no other law binds

Energy and reserve of stores, CHPs and converters are not judged together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify import commitment, reserves, site
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.reserves import WAYS, Market, Pair

_FREE = (
    "ramp_up_ratio_per_hour",
    "ramp_down_ratio_per_hour",
    "power_fixed_mw",
    "energy_min_mwh",
    "energy_max_mwh",
    "capacity_cost_eur_per_mw",
)
_POINTS = ("enablement_min_mw", "enablement_max_mw")


def check(fleet: Fleet) -> None:
    """Hold the laws on prices of all reserves."""
    market = reserves.of(fleet)
    _requirements(market)
    _sellers(market)
    _opportunities(market)
    _energy(market)


def _price(fleet: Fleet, way: str) -> FloatArray:
    return fleet.reserve_prices[f"reserve_{way}_price_eur_per_mw_hour"]


def _opportunity(fleet: Fleet, way: str) -> FloatArray:
    return fleet.reserve_prices[f"reserve_{way}_opportunity_eur_per_mw_hour"]


def _requirements(market: Market) -> None:
    fleet = market.fleet
    worst = np.zeros(fleet.shape)
    limit = fleet.number("missing_price_eur_per_mw_hour")
    for way in WAYS:
        price, wanted, missing = _price(fleet, way), fleet.series(f"{way}_mw"), fleet.answer(f"{way}_missing_mw")
        held, buys = reserves.counted(market, way), reserves.bought(fleet, way)
        spare = (held + missing - wanted - buys > fleet.nothing) | (reserves.wanted(fleet, way) == 0)
        worst = np.maximum(worst, np.maximum(-price, np.where(spare, price, 0.0)))
        soft = ~np.isnan(limit) & (wanted > 0)
        dear = np.where(soft & (missing < wanted - fleet.nothing), price - limit, 0.0)
        cheap = np.where(soft & (missing > fleet.nothing), limit - price, 0.0)
        worst = np.maximum(worst, np.maximum(dear, cheap))
        for row, place, part in reserves.parts(fleet):
            if part.way == way:
                amount, gain = fleet.answer("bought_mw")[place], part.price_eur_per_mw_hour - price[row]
                regret = np.maximum(-gain * (amount > fleet.nothing), gain * (amount < part.power_mw - fleet.nothing))
                worst[row] = np.maximum(worst[row], regret)
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold("price", worst, "EUR/MW/h", _price(fleet, "up"), _price(fleet, "down"), tolerance=tolerance)


def _sellers(market: Market) -> None:
    fleet = market.fleet
    shape = (len(market.every), fleet.shape[1])
    worst, size = np.zeros(shape), np.zeros(shape)
    counts = reserves.served(fleet.records)
    for way in WAYS:
        wanted, price = reserves.wanted(fleet, way), _price(fleet, way)
        for place, pair in enumerate(market.every):
            if way == "down" and fleet.records[pair[0]].symmetric:
                continue
            held, most = fleet.answer(f"{way}_mw")[place], market.most(place, way)
            gain, besides = price[counts[pair[0]]].sum(axis=0), _opportunity(fleet, way)[place]
            last, next_ = _asked(market, place, way, held)
            could_more = (held < most - fleet.nothing) & (wanted[counts[pair[0]]].max(axis=0) > 0) & (most > 0)
            regret = np.maximum((last + besides - gain) * (held > fleet.nothing), (gain - next_ - besides) * could_more)
            worst[place] = np.maximum(worst[place], regret)
            size[place] += np.abs(gain) + np.abs(besides)
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold("provider_price", worst, "EUR/MW/h", size, tolerance=tolerance, name=market.name)


def _asked(market: Market, place: int, way: str, held: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What is asked for the last MW that is kept, and for one more, (time,) each."""
    offer = market.offer(place, way)
    if offer is None:
        return np.zeros_like(held), np.zeros_like(held)
    base: Any = offer.price_eur_per_mw_hour * np.ones_like(held)
    if not offer.segments:
        return base, base
    ends = np.cumsum([each.power_mw for each in offer.segments])
    prices = np.array([each.price_eur_per_mw_hour for each in offer.segments])
    last = np.minimum(np.searchsorted(ends, held - market.fleet.nothing), prices.size - 1)
    next_ = np.minimum(np.searchsorted(ends, held + market.fleet.nothing), prices.size - 1)
    return base + prices[last], base + prices[next_]


def _opportunities(market: Market) -> None:
    fleet, left = market.fleet, reserves.left(market)
    worst = np.zeros((len(market.every), fleet.shape[1]))
    named = {term.reserve for c in fleet.case.components.get("generic_constraint", ()) for term in c.terms}
    for place, (row, port) in enumerate(market.every):
        law = fleet.records[row]
        if law.id in named:
            continue
        binding = {way: _binding(market, left, (row, port), way) for way in WAYS}
        for way in WAYS:
            cost = _opportunity(fleet, way)[place]
            binds = binding["up"] | binding["down"] if law.symmetric else binding[way]
            worst[place] = np.maximum(worst[place], np.maximum(-cost, np.where(binds, 0.0, cost)))
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold("opportunity", worst, "EUR/MW/h", tolerance=tolerance, name=market.name)


def _binding(market: Market, left: Any, pair: Pair, way: str) -> BoolArray:
    """Whether anything holds what a pair could keep, (time,)."""
    word = f"{pair[1].word} {way}"
    fleet = market.fleet
    timed = fleet.records[pair[0]].activation_minutes is not None
    laws = [law for law in left if word in left[law] and (timed or law != "activation")]
    least = np.min([left[law][word] for law in laws], axis=0)
    if _pointed(market, pair[1].word):  # whose sides may stand on one another: judged by what is kept alone
        return np.ones(fleet.shape[1], dtype=np.bool_)
    return least <= 10.0 * fleet.nothing


def _pointed(market: Market, word: str) -> bool:
    """Whether a provider offers anything only at some of its powers."""
    offers = (market.offer(place, way) for place in market.mine[word] for way in WAYS)
    return any(offer is not None and getattr(offer, name) is not None for offer in offers for name in _POINTS)


def _energy(market: Market) -> None:
    fleet = market.fleet
    others = {word for kind, each in fleet.others.items() if kind != "reserve" for word in each.room.couples(each)}
    at = {port.word: port for _, port in market.every}
    words = [word for word, port in at.items() if word not in others and _plain(market, port)]
    worst, size = np.zeros((len(words), fleet.shape[1])), np.zeros((len(words), fleet.shape[1]))
    for n, word in enumerate(words):
        port = at[word]
        other = fleet.others[port.kind]
        up, down = (_opportunity(fleet, way)[list(market.mine[word])].max(axis=0) for way in WAYS)
        price, power = other.price()[port.row], other.answer("power_mw")[port.row]
        if port.kind == "renewable":
            last = next_ = other.number("cost_eur_per_mwh")[port.row] * np.ones(fleet.shape[1])
            most = other.series("available_mw")[port.row]
            least = np.zeros(fleet.shape[1]) if port.component.curtailable else most
        else:
            last, next_ = _marginal(fleet, port.component, power)
            least, most = other.series("power_min_mw")[port.row], other.series("power_max_mw")[port.row]
        more, less = power < most - fleet.nothing, power > least + fleet.nothing
        worst[n] = np.maximum((price - next_ - up + down) * more, (last + up - down - price) * less)
        size[n] = np.abs(price) + up + down
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold("energy_price", worst, "EUR/MWh", size, tolerance=tolerance, name=lambda n: words[n])


def _plain(market: Market, port: site.Port) -> bool:
    """Whether nothing but its own limits and the reserves bind what a provider gives."""
    component = port.component
    laws = (market.fleet.records[market.every[place][0]] for place in market.mine[port.word])
    if _pointed(market, port.word) or any(law.symmetric for law in laws):
        return False
    if port.kind == "renewable":
        return True
    slopes = [each.cost_eur_per_mwh for each in getattr(component, "cost_segments", ())]
    return (
        port.kind == "generator"
        and not commitment.ruled(component)
        and all(getattr(component, field) is None for field in _FREE)
        and slopes == sorted(slopes)
    )


def _marginal(fleet: Fleet, component: Any, power: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cost of the last MWh and of one more at a power, (time,) each."""
    base: Any = component.cost_eur_per_mwh * np.ones_like(power)
    base = base + 2.0 * (component.quadratic_cost_eur_per_mw2_hour or 0.0) * power
    if not component.cost_segments:
        return base, base
    begin = min(0.0, float(np.min(component.power_min_mw)))
    ends = begin + np.cumsum([each.power_mw for each in component.cost_segments])
    slopes = np.array([each.cost_eur_per_mwh for each in component.cost_segments])
    last = np.minimum(np.searchsorted(ends, power - fleet.nothing), slopes.size - 1)
    next_ = np.minimum(np.searchsorted(ends, power + fleet.nothing), slopes.size - 1)
    return base + slopes[last], base + slopes[next_]
