"""Limits of reserve: what a provider can keep in all reserves together, so that no megawatt is kept twice.

Constraints, for every provider m of any reserves, every pair p of a reserve and a provider, and step t:
    up_headroom[m, t]      sum of its up_mw over reserves <= what it could give on top
    down_headroom[m, t]    sum of its down_mw over reserves <= what it could give less
    up_ramp_headroom[m, t]     sum of its up_mw <= what its ramp up leaves, of providers of a reserve within ramps
    up_stop_headroom[m, t]     likewise, the second limit of what it could give on top, where it has one
    down_stop_headroom[m, t]   likewise, of what it could give less
    up_activation[p, t]    sum of its up_mw over reserves that must be there as soon, or sooner <= its ramp up *
                           activation_minutes / 60; of reserves with such a time and providers with ramps
    down_activation[p, t]  likewise, by its ramp down
    up_energy[m, t]        sum of up_mw * duration / discharge_efficiency <= energy_mwh - least energy; of stores
    down_energy[m, t]      sum of down_mw * duration * charge_efficiency <= most energy - energy_mwh; of stores

What a provider could give on top: of a plant its largest power, as it is switched on, less its power; of a renewable
what is curtailed; of a battery discharge_max - discharge + charge: it may stop charging and discharge. Less: the power
above the least load; of a battery charge_max - charge + discharge. Energy is that at the END of the step. A second
limit have plants with start and stop ramps that may run for one step only: their largest power in the last step of a
run, `stop_ramp_limit` of `commitment.ramps`; of converters that take it limits what they could give less.

Ramps from step to step do not bind what is kept, but within_ramps says so: power and reserve together are then within
the ramp up from the power of the step before. Stop ramps bind it, but stop_ramp_binds says otherwise. A provider of
several reserves is held to the strictest of them. Within the time of activation generators and converters reach what
their ramps say, everything else all that it has. If all reserves are called at once, those that must be there within a
time share what the ramp reaches in it.

Stores whose size is chosen, or whose power depends on what they hold, provide none.
Source: the energy of stores is ReserveCompleteCoverageConstraintEndOfPeriod of StorageSystemsSimulations.jl (NREL
Sienna, API documentation), with the largest power of a battery taken from the whole span between charging and
discharging; ramps that reserves share by their time as in the ancillary services of CAISO (Business Practice Manual for
Market Operations, ramping constraints of energy and ancillary services).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import Headroom, scalars
from c4e_opt.laws.members import Members
from c4e_opt.laws.surroundings import rows
from c4e_opt.program import Linear, Room


@dataclass(frozen=True, slots=True)
class Kept:
    """What every pair of a reserve and a provider keeps in one direction, (pair, time)."""

    power: Linear
    present: BoolArray  # where anything may be kept


def formulate(room: Room, reserves: Sequence[Any], pairs: Members, kept: Mapping[str, Kept], horizon: Horizon) -> None:
    """Add what bounds all that a provider keeps.

    Args:
        room: The room of the reserves.
        reserves: Checked records.
        pairs: Every pair of a reserve and a provider.
        kept: What they keep, up and down.
        horizon: The steps.
    """
    providers, axis, place = pairs.components("reserve_member")
    over = (axis, horizon.axis)
    wanted: dict[str, BoolArray] = {}
    for way, each in kept.items():
        wanted[way] = np.zeros((axis.size, horizon.steps), dtype=np.bool_)
        np.logical_or.at(wanted[way], place, each.present)
    headroom = pairs.around.headroom()
    less = providers.amount(over, lambda kind: headroom[kind].down_mw)
    (more, _), (stop, stops), (rise, rises) = _more(reserves, pairs, over)
    given, held = kept["up"].power.along(axis, place), kept["down"].power.along(axis, place)
    room.at_most("up_headroom", given, more, present=wanted["up"])
    room.at_most("down_headroom", held, less, present=wanted["down"])
    if (wanted["up"] & stops).any():
        room.at_most("up_stop_headroom", given, stop, present=wanted["up"] & stops)
    if (wanted["up"] & rises).any():
        room.at_most("up_ramp_headroom", given, rise, present=wanted["up"] & rises)
    for_down, stops_down = _stops(providers, over, headroom, gives=False)
    if (wanted["down"] & stops_down).any():
        room.at_most("down_stop_headroom", held, for_down, present=wanted["down"] & stops_down)
    _activation(room, reserves, pairs, kept, horizon)
    _stores(room, reserves, pairs, kept, wanted, horizon)


def _more(reserves: Sequence[Any], pairs: Members, over: tuple[Axis, Axis]) -> list[tuple[Linear, BoolArray]]:
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


def _activation(
    room: Room, reserves: Sequence[Any], pairs: Members, kept: Mapping[str, Kept], horizon: Horizon
) -> None:
    """What must be there within a time is within the ramp of its provider."""
    minutes = scalars(reserves, "activation_minutes")[pairs.law]
    if np.isnan(minutes).all():
        return
    _, _, place = pairs.components("reserve_member")
    mine: dict[int, list[int]] = {}  # the pairs of every provider that must be there within a time
    for pair in np.flatnonzero(~np.isnan(minutes[:, 0])).tolist():
        mine.setdefault(int(place[pair]), []).append(pair)
    soon = [(row, other) for each in mine.values() for row in each for other in each if minutes[row] >= minutes[other]]
    row, other = np.array(soon, dtype=np.int64).reshape(-1, 2).T  # what the ramp of the row reaches the others share
    axis = kept["up"].power.axes[0]
    for way, each in kept.items():
        reached = pairs.number(lambda kind, way=way: _rates(pairs, kind, way, horizon), horizon.steps) * minutes / 60
        present = each.present & np.isfinite(reached)
        if present.any():
            shared = rows(each.power, other).along(axis, row)
            if way == "up":
                room.at_most("up_activation", shared, np.where(present, reached, 0.0), present=present)
            else:
                room.at_most("down_activation", shared, np.where(present, reached, 0.0), present=present)


def _rates(pairs: Members, kind: str, way: str, horizon: Horizon) -> FloatArray:
    """By how many MW an hour what the components of a kind give may change, (component, time); infinite where free."""
    rates = pairs.around.terms[kind].rates
    if rates is None:
        return np.full((len(pairs.around.records[kind]), horizon.steps), np.inf)
    return rates()[0 if way == "up" else 1]


def _stores(
    room: Room,
    reserves: Sequence[Any],
    pairs: Members,
    kept: Mapping[str, Kept],
    wanted: Mapping[str, BoolArray],
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
    held, free = (kept["up"].power * drawn).along(axis, place), (kept["down"].power * taken).along(axis, place)
    if (wanted["up"] & stores).any():
        room.at_most("up_energy", held, energy - number("least_mwh"), present=wanted["up"] & stores)
    if (wanted["down"] & stores).any():
        room.at_most("down_energy", free, number("most_mwh") - energy, present=wanted["down"] & stores)
