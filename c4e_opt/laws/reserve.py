"""Reserve: power that is kept ready, to give more (up) or less (down), by components of a site or a group.

Variables, for every pair p of a reserve r and a provider of it, part d of the demand, and step t:
    up_mw[p, t]             power that the provider keeps ready to give on top, 0 <= . <= what it offers; both ways
                            where the reserve is symmetric
    down_mw[p, t]           power that it keeps ready to withhold or to take, likewise; not where symmetric
    up_missing_mw[r, t]     part of the requirement that nobody keeps, 0 <= . <= requirement; of reserves with a price
    down_missing_mw[r, t]   likewise
    bought_mw[d, t]         power that is bought beyond the requirement, 0 <= . <= power_mw

Constraints, for every reserve r and every provider m of any reserves, in steps in which some is wanted:
    required_up[r, t]      sum of up_mw over its providers, and those of reserves that count for it, + up_missing_mw
                           >= the requirement + bought_mw
    required_down[r, t]    likewise
    up_headroom[m, t], down_headroom[m, t], up_ramp_headroom[m, t], up_stop_headroom[m, t], down_stop_headroom[m, t],
    up_activation[p, t], down_activation[p, t], up_energy[m, t], down_energy[m, t]
                           what a provider can keep in all reserves together, see `laws.reserve_limits`

A reserve with offers (`reserve_offer`) is kept by those who offer, as they offer it; any other by every provider, for
nothing. What is kept for a reserve counts for those named by counts_for as well, and for those that these name: a
faster product for a slower one, an area for the whole; the requirement of the one is then a part of that of the other.
A symmetric reserve is wanted as up_mw, and every provider keeps the same both ways.

Objective, terms `reserve`: missing_price * (up_missing_mw + down_missing_mw) * hours; `reserve_demand`: less price *
bought_mw * hours; `reserve_offer`: see there.

Prices: the shadow price of a requirement is the price of the reserve (`pricing.reserve_prices`). Who keeps it gets that
and the prices of all reserves for which it counts.

Not modelled: energy of calls, plants that are off (no quick starts), vehicles and loads that cannot be steered as
providers, an order of calls, services that follow one another and share a megawatt, whether lines let calls through.
Source: headroom as in every unit commitment; demand curves and prices by cooptimisation after Hogan (2013), Economics
of Energy & Environmental Policy 2(2), https://doi.org/10.5547/2160-5890.2.2.4; reserves that count for others as zones
of MATPOWER's fixed reserves (User's Manual 8.0, section 7.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, profiles, scalars
from c4e_opt.fields import choice, flag, identity, names, number, parts, party, record, series, text
from c4e_opt.issues import Issue, unknown
from c4e_opt.laws import reserve_limits, reserve_offer
from c4e_opt.laws.checks import bound, check_carrier, check_members, check_ports, check_providers
from c4e_opt.laws.members import Members, members_of
from c4e_opt.laws.reserve_limits import Kept
from c4e_opt.laws.surroundings import Surroundings, rows
from c4e_opt.program import Linear, Room


@record
class ReserveDemand:
    """Power that a buyer takes beyond the requirement as long as it costs no more than this."""

    way: str = choice("up", "down", default="up", doc="Power to give on top, or to give less.")
    power_mw: Any = number(unit="MW", minimum=0, doc="Largest power bought at this price.")
    price_eur_per_mw_hour: Any = number(unit="EUR/MW/h", doc="What every MW is worth for an hour.")


@record
class Reserve:
    """Power that components keep ready together."""

    id: str = identity(doc="Name of the reserve.")
    members: tuple[str, ...] = names(doc="Providers, kind/id or kind/*; everything that can provide when empty.")
    site: str = text(doc="Only providers at this site; at every site when empty.")
    carrier: str = text(default="electricity", doc="Carrier of the power.")
    up_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Power wanted that could be given on top.")
    down_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Power wanted that could be given less.")
    duration_hours: Any = number(
        unit="h", minimum=0, default=1.0, doc="How long stores must be able to keep up what they provide."
    )
    missing_price_eur_per_mw_hour: Any = number(
        unit="EUR/MW/h", minimum=0, default=None, doc="Price of every missing MW for an hour; forbidden when absent."
    )
    within_ramps: bool = flag(
        default=False, doc="Whether power given on top must be within the ramp up of its provider from the step before."
    )
    stop_ramp_binds: bool = flag(
        default=True, doc="Whether power given on top must be within the stop ramp in the last step of a run."
    )
    activation_minutes: Any = number(
        unit="min",
        minimum=0,
        default=None,
        doc="Time in which all of it is there: what the ramps of a provider reach in it; ramps do not count when "
        "absent.",
    )
    symmetric: bool = flag(
        default=False, doc="Whether every provider keeps the same both ways, as much as up_mw wants; down_mw is then 0."
    )
    regulation: bool = flag(
        default=False, doc="Whether it is in use all the time, so that offers of other reserves leave room for it."
    )
    counts_for: tuple[str, ...] = names(doc="Other reserves for which what is kept for this one counts as well.")
    demand: tuple[ReserveDemand, ...] = parts(
        ReserveDemand, doc="What is bought beyond the requirement, part by part, as long as it is worth its price."
    )
    buyer: str = party(doc="Party that pays for it.")


def check(path: str, reserve: Reserve, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one reserve."""
    yield from check_members(path, reserve, context)
    yield from check_carrier(path, reserve, context)
    yield from check_ports(path, reserve, context, first=True)
    yield from check_providers(path, reserve, context, "can provide no reserve")
    if reserve.symmetric and (np.any(np.asarray(reserve.down_mw) > 0) or any(d.way == "down" for d in reserve.demand)):
        yield Issue(f"{path}.symmetric", "conflict", "is true, but power down is wanted by itself; give up_mw alone")
    yield from _check_ramps(path, reserve, context)
    yield from _check_counts(path, reserve, context)


def _check_ramps(path: str, reserve: Reserve, context: Context) -> Iterator[Issue]:
    """Find providers whose ramps should bind and are not known in MW."""
    for word, component in bound(reserve, context) if reserve.members else ():
        if getattr(component, "capacity_cost_eur_per_mw", None) is None:
            continue
        for field, given in (
            ("within_ramps", reserve.within_ramps),
            ("activation_minutes", reserve.activation_minutes is not None),
        ):
            if given:
                message = f"is given, but the size of {word!r} is chosen, and so are its ramps; leave it out"
                yield Issue(f"{path}.{field}", "capacity", message)
    if reserve.activation_minutes is None:
        return
    for word, component in bound(reserve, context):
        ramps = (getattr(component, f"ramp_{way}_ratio_per_hour", None) for way in ("up", "down"))
        if word.startswith("chp/") and any(ramp is not None for ramp in ramps):
            message = f"is given, but {word!r} has ramps of its fuel, which do not say how fast its power is; leave out"
            yield Issue(f"{path}.activation_minutes", "ramp", f"{message} one of them")


def _check_counts(path: str, reserve: Reserve, context: Context) -> Iterator[Issue]:
    """Find reserves to count for that are not there, that differ in kind, or that count for one another in a ring."""
    known = {
        word.removeprefix("reserve/"): record for word, record in context.records.items() if word[:8] == "reserve/"
    }
    for place, name in enumerate(reserve.counts_for):
        where = f"{path}.counts_for[{place}]"
        if name not in known:
            yield unknown(where, "unknown_reference", "reserve", name, known)
        elif known[name].symmetric != reserve.symmetric:
            yield Issue(where, "conflict", f"{name!r} is not symmetric where this is, or the other way round")
        elif known[name].carrier != reserve.carrier:
            yield Issue(where, "carrier", f"{name!r} is a reserve of {known[name].carrier}, this of {reserve.carrier}")
    reached, new = set[str](), {each for each in reserve.counts_for if each in known}
    while new:
        reached |= new
        new = {each for name in new for each in known[name].counts_for if each in known} - reached
    if reserve.id in reached:
        yield Issue(f"{path}.counts_for", "cycle", "leads back to this reserve; let the stricter count for the other")


def counts(reserves: Sequence[Reserve]) -> BoolArray:
    """Whether what is kept for a reserve counts for another, itself included, (reserve, reserve)."""
    place = {each.id: row for row, each in enumerate(reserves)}
    found = np.eye(len(reserves), dtype=np.bool_)
    for row, each in enumerate(reserves):
        found[row, [place[name] for name in each.counts_for]] = True
    for _ in range(len(reserves)):
        more = found | ((found.astype(np.int64) @ found.astype(np.int64)) > 0)
        if (more == found).all():
            break
        found = more
    return found


def formulate(room: Room, reserves: Sequence[Reserve], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all reserves and of the offers to them at once.

    Args:
        room: The room to write into.
        reserves: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    offers = around.records.get("reserve_offer", ())
    pairs = reserve_offer.providing(members_of(reserves, around).providers(), reserves, offers)
    bought = _bought(room, reserves, horizon)
    up = _way(room, "up", reserves, pairs, bought, horizon)
    down = _way(room, "down", reserves, pairs, bought, horizon)
    both = (scalars(reserves, "symmetric") > 0)[pairs.law]
    if both.any():
        mirrored = (up.power * both.astype(np.float64)).nonzero()
        down = Kept(down.power + mirrored, down.present | (up.present & both))
    reserve_limits.formulate(room, reserves, pairs, {"up": up, "down": down}, horizon)
    if offers:
        market = Room(room.program, "reserve_offer")
        reserve_offer.formulate(market, offers, reserves, pairs, {"up": up, "down": down}, horizon)
    return Terms(injections=(), kept={"up": up.power, "down": down.power})


def _bought(room: Room, reserves: Sequence[Reserve], horizon: Horizon) -> Linear | None:
    """What is bought beyond the requirements, (part of a demand, time); None where nobody would buy."""
    labels = [f"{each.id}/{place}" for each in reserves for place in range(1, len(each.demand) + 1)]
    if not labels:
        return None
    demand = [part for each in reserves for part in each.demand]
    over = (Axis("reserve_demand", np.array(labels, dtype=np.str_)), horizon.axis)
    bought = room.variable(
        "bought_mw", over, 0.0, scalars(demand, "power_mw"), doc="power bought beyond the requirement"
    )
    room.minimise("reserve_demand", bought * (-scalars(demand, "price_eur_per_mw_hour") * horizon.cost_hours))
    return bought


def _way(
    room: Room, way: str, reserves: Sequence[Reserve], pairs: Members, bought: Linear | None, horizon: Horizon
) -> Kept:
    """What is wanted and kept in one direction; what every pair keeps, (pair, time)."""
    required = profiles(reserves, f"{way}_mw", horizon.steps)
    laws = (fleet(room.kind, reserves), horizon.axis)
    over = (pairs.axis("reserve_provider", reserves), horizon.axis)
    what = {"up": "to give on top", "down": "to give less"}[way]
    buys = np.array([[any(part.way == way for part in each.demand)] for each in reserves])
    wanted, counted = (required > 0) | buys, counts(reserves)
    sought = (counted.astype(np.float64) @ wanted)[pairs.law] > 0
    most = reserve_offer.largest(way, reserves, pairs, horizon)
    kept = room.variable(f"{way}_mw", over, 0.0, most, doc=f"power kept ready {what}", present=sought & (most > 0))
    price = scalars(reserves, "missing_price_eur_per_mw_hour")
    missing = room.variable(
        f"{way}_missing_mw", laws, 0.0, required, doc=f"power that nobody keeps ready {what}",
        present=(required > 0) & ~np.isnan(price),
    )  # fmt: skip
    pair, law = np.nonzero(counted[pairs.law])
    nested = counted.sum() > len(reserves)
    enough = (rows(kept, pair).along(laws[0], law) if nested else kept.along(laws[0], pairs.law)) + missing
    if bought is not None:
        buyer = np.repeat(np.arange(len(reserves)), [len(each.demand) for each in reserves])
        mine = np.array([[float(part.way == way)] for each in reserves for part in each.demand])
        enough = enough - (bought * mine).nonzero().along(laws[0], buyer)
    if way == "up":
        room.at_least("required_up", enough, required, present=wanted)
    else:
        room.at_least("required_down", enough, required, present=wanted)
    room.minimise("reserve", missing * (np.nan_to_num(price) * horizon.cost_hours))
    return Kept(kept, sought & (most > 0))
