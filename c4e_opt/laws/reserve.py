"""Reserve: power that is kept ready, to give more (up) or less (down), by components of a site or a group.

Variables, for every pair p of a reserve r and a provider of it, and step t:
    up_mw[p, t]             power that the provider keeps ready to give on top, 0 <= .
    down_mw[p, t]           power that it keeps ready to withhold or to take, 0 <= .
    up_missing_mw[r, t]     part of the requirement that nobody keeps, 0 <= . <= requirement; of reserves with a price
    down_missing_mw[r, t]   likewise

Constraints, for every reserve r and every provider m of any reserves, in steps in which some is wanted:
    required_up[r, t]      sum of up_mw over its providers + up_missing_mw >= the requirement
    required_down[r, t]    likewise
    up_headroom[m, t]      sum of its up_mw over reserves <= what it could give on top
    down_headroom[m, t]    sum of its down_mw over reserves <= what it could give less
    up_ramp_headroom[m, t]     sum of its up_mw <= what its ramp up leaves, of providers of a reserve within ramps
    up_stop_headroom[m, t]     likewise, the second limit of what it could give on top, where it has one
    down_stop_headroom[m, t]   likewise, of what it could give less
    up_energy[m, t]        sum of up_mw * duration / discharge_efficiency <= energy_mwh - least energy; of stores
    down_energy[m, t]      sum of down_mw * duration * charge_efficiency <= most energy - energy_mwh; of stores

What a provider could give on top: of a plant its largest power, as it is switched on, less its power; of a renewable
what is curtailed; of a battery discharge_max - discharge + charge: it may stop charging and discharge. Less: the power
above the least load; of a battery charge_max - charge + discharge. Energy is that at the END of the step. A second
limit have plants with start and stop ramps that may run for one step only: their largest power in the last step of a
run, `stop_ramp_limit` of `commitment.ramps`; of converters that take it limits what they could give less.

Ramps do not bind what is kept, but within_ramps says so: power and reserve together are then within the ramp up from
the power of the step before. Stop ramps bind it, but stop_ramp_binds says otherwise. A provider of several reserves is
held to the strictest of them.

Objective, term `reserve`: missing_price * (up_missing_mw + down_missing_mw) * hours.

Stores whose size is chosen, or whose power depends on what they hold, provide none.
Not modelled: prices of keeping reserve, energy of calls, ramps down, plants that are off (no quick starts), loads
and vehicles as providers, an order of calls, whether lines let calls through.
Source: headroom as in every unit commitment; the energy of stores is ReserveCompleteCoverageConstraintEndOfPeriod of
StorageSystemsSimulations.jl (NREL Sienna, API documentation), with the largest power of a battery taken from the whole
span between charging and discharging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Headroom, Terms, fleet, profiles, scalars
from c4e_opt.fields import flag, identity, names, number, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.laws.checks import check_carrier, check_members, check_ports, check_providers
from c4e_opt.laws.members import Members, members_of
from c4e_opt.laws.surroundings import Surroundings
from c4e_opt.program import Linear, Room


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


def check(path: str, reserve: Reserve, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one reserve."""
    yield from check_members(path, reserve, context)
    yield from check_carrier(path, reserve, context)
    yield from check_ports(path, reserve, context, first=True)
    yield from check_providers(path, reserve, context, "can provide no reserve")
    if reserve.within_ramps:
        for word in reserve.members:
            if getattr(context.records.get(word), "capacity_cost_eur_per_mw", None) is not None:
                message = f"is true, but the size of {word!r} is chosen, and so are its ramps; leave it out"
                yield Issue(f"{path}.within_ramps", "capacity", message)


def formulate(room: Room, reserves: Sequence[Reserve], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all reserves at once.

    Args:
        room: The room to write into.
        reserves: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    pairs = members_of(reserves, around).providers()
    providers, axis, place = pairs.components("reserve_member")
    over = (axis, horizon.axis)
    kept: dict[str, tuple[Linear, BoolArray]] = {}
    for way in ("up", "down"):
        power = _way(room, way, reserves, pairs, horizon)
        wanted = np.zeros((axis.size, horizon.steps), dtype=np.bool_)
        np.logical_or.at(wanted, place, (profiles(reserves, f"{way}_mw", horizon.steps) > 0)[pairs.law])
        kept[way] = power, wanted
    (up, up_wanted), (down, down_wanted) = kept["up"], kept["down"]
    headroom = around.headroom()
    less = providers.amount(over, lambda kind: headroom[kind].down_mw)
    (more, _), (stop, stops), (rise, rises) = _more(reserves, pairs, over)
    given = up.along(axis, place)
    room.at_most("up_headroom", given, more, present=up_wanted)
    room.at_most("down_headroom", down.along(axis, place), less, present=down_wanted)
    if (up_wanted & stops).any():
        room.at_most("up_stop_headroom", given, stop, present=up_wanted & stops)
    if (up_wanted & rises).any():
        room.at_most("up_ramp_headroom", given, rise, present=up_wanted & rises)
    for_down, stops_down = _stops(providers, over, headroom, gives=False)
    if (down_wanted & stops_down).any():
        room.at_most("down_stop_headroom", down.along(axis, place), for_down, present=down_wanted & stops_down)
    _stores(room, reserves, pairs, kept, horizon)
    return Terms(injections=())


def _way(room: Room, way: str, reserves: Sequence[Reserve], pairs: Members, horizon: Horizon) -> Linear:
    """What is wanted and kept in one direction; what every pair keeps, (pair, time)."""
    wanted = profiles(reserves, f"{way}_mw", horizon.steps)
    laws = (fleet(room.kind, reserves), horizon.axis)
    over = (pairs.axis("reserve_provider", reserves), horizon.axis)
    what = {"up": "to give on top", "down": "to give less"}[way]
    kept = room.variable(f"{way}_mw", over, doc=f"power kept ready {what}", present=(wanted > 0)[pairs.law])
    price = scalars(reserves, "missing_price_eur_per_mw_hour")
    missing = room.variable(
        f"{way}_missing_mw", laws, 0.0, wanted, doc=f"power that nobody keeps ready {what}",
        present=(wanted > 0) & ~np.isnan(price),
    )  # fmt: skip
    enough = kept.along(laws[0], pairs.law) + missing
    if way == "up":
        room.at_least("required_up", enough, wanted, present=wanted > 0)
    else:
        room.at_least("required_down", enough, wanted, present=wanted > 0)
    room.minimise("reserve", missing * (np.nan_to_num(price) * horizon.cost_hours))
    return kept


def _more(reserves: Sequence[Reserve], pairs: Members, over: tuple[Axis, Axis]) -> list[tuple[Linear, BoolArray]]:
    """What providers could give on top, as the strictest of their reserves counts it: three limits, where they hold.

    Args:
        reserves: The reserves.
        pairs: Their providers.
        over: The axis of the providers, and time.
    """
    providers, axis, place = pairs.components("reserve_member")
    ramped, stopped = np.zeros((2, axis.size), dtype=np.bool_)
    np.logical_or.at(ramped, place, (scalars(reserves, "within_ramps") > 0)[pairs.law, 0])
    np.logical_or.at(stopped, place, (scalars(reserves, "stop_ramp_binds") > 0)[pairs.law, 0])
    limits: tuple[list[Linear], ...] = ([], [], [])
    holds = np.zeros((3, axis.size, over[1].size), dtype=np.bool_)
    for within in (False, True):
        for binds in (True, False):
            mine = ((ramped == within) & (stopped == binds))[:, None]
            if not mine.any():
                continue
            headroom = pairs.around.headroom(within_ramps=within, stop_ramp_binds=binds)
            more = providers.amount(over, lambda kind, of=headroom: of[kind].up_mw), np.ones_like(holds[0])
            three = more, _stops(providers, over, headroom, gives=True), _rises(providers, over, headroom)
            for rank, (limit, present) in enumerate(three):
                limits[rank].append(limit if mine.all() else (limit * mine.astype(np.float64)).nonzero())
                holds[rank] |= present & mine
    return [(Linear.total(over, parts), present) for parts, present in zip(limits, holds, strict=True)]


def _rises(providers: Members, over: tuple[Axis, Axis], headroom: Mapping[str, Headroom]) -> tuple[Linear, BoolArray]:
    """What their ramps up leave for providers to give on top, and where they can bind, (provider, time)."""
    rises = {kind: each.rise for kind, each in headroom.items() if each.rise is not None}
    more = providers.amount(over, lambda kind: rises[kind][0] if kind in rises else None)
    binds = providers.number(lambda kind: rises[kind][1].astype(np.float64) if kind in rises else None, over[1].size)
    return more, binds > 0


def _stops(
    providers: Members, over: tuple[Axis, Axis], headroom: Mapping[str, Headroom], *, gives: bool
) -> tuple[Linear, BoolArray]:
    """The second limit of what providers could give on top, or else less, and where it holds, (provider, time)."""
    stops = {kind: each.stop for kind, each in headroom.items() if each.stop and each.stop.gives == gives}
    second = providers.amount(over, lambda kind: stops[kind].mw if kind in stops else None)
    holds = providers.number(
        lambda kind: stops[kind].present.astype(np.float64) if kind in stops else None, over[1].size
    )
    return second, holds > 0


def _stores(
    room: Room,
    reserves: Sequence[Reserve],
    pairs: Members,
    kept: Mapping[str, tuple[Linear, BoolArray]],
    horizon: Horizon,
) -> None:
    """Stores hold the energy of what they keep ready, and the room for it."""
    providers, axis, place = pairs.components("reserve_member")
    over = (axis, horizon.axis)
    stored = pairs.around.stored()
    stores = np.array([[member.kind in stored] for member in providers.each])
    if not stores.any():
        return

    def number(field: str) -> FloatArray:
        return providers.number(lambda kind: getattr(stored[kind], field) if kind in stored else None, horizon.steps)

    energy = providers.amount(over, lambda kind: stored[kind].energy_mwh if kind in stored else None)
    hours = scalars(reserves, "duration_hours")[pairs.law]
    drawn = hours / np.where(stores, number("discharge_efficiency"), 1.0)[place]
    taken = hours * number("charge_efficiency")[place]
    (up, up_wanted), (down, down_wanted) = kept["up"], kept["down"]
    held, free = (up * drawn).along(axis, place), (down * taken).along(axis, place)
    room.at_most("up_energy", held, energy - number("least_mwh"), present=up_wanted & stores)
    room.at_most("down_energy", free, number("most_mwh") - energy, present=down_wanted & stores)
