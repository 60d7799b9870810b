"""Charging site: vehicles that share fewer plugs than there are vehicles, and the power of one supply.

Variables, for every pair m of a site and a session that it binds, and step t:
    plugged[m, t]    1 while the vehicle is at a plug, binary; only where plugs are short
    plugging[m, t]   1 in a step with which its stay at a plug begins, 0 <= . <= 1; of sites without swaps

Constraints, for every site s and pair m:
    power_limit[s, t]       sum over its sessions of charge_mw - discharge_mw <= power_max_mw
    feed_limit[s, t]        the same >= -power_max_mw, where vehicles give power
    plug_limit[moment]      sum over the sessions there at the moment of plugged in its step <= plugs
    charge_limit[m, t]      charge_mw <= its largest * plugged
    discharge_limit[m, t]   discharge_mw <= its largest * plugged
    of sites without swaps:
    plug_in[m, t]   plugged[t] - plugged[t-1] <= plugging[t], 0 before the first step
    one_stay[m]     sum over t of plugging <= 1

Plugs are short at a moment at which more vehicles are there than plugs, by their arrivals and departures to the second,
not by steps: who leaves within a step makes room for who comes later in it. With swaps a session has binaries in the
steps of such moments only; without, one that meets such a moment has them through its whole stay, and any other keeps a
plug from arrival to departure. Of the moments of a step only those count that no later one contains.

plugging may be continuous: a path of plugged with all increments together at most 1 is a mean of paths with one run
each (cut it at every height), so that both laws describe their convex hull. The power limit needs no binaries. A
vehicle without a plug does nothing and its energy is unserved: no plug is missing so much that a case is infeasible.

Not modelled: plugs that differ, phases and their balance, the time and the cost of a swap.
Source: sharing of cables and of one supply as in ACN-Sim, https://github.com/zach401/acnportal; one run per vehicle as
consecutive ones, whose rows are those of minimum run times in Rajan, Takriti (2005), IBM Research Report RC23628.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, profiles, scalars
from c4e_opt.fields import count, flag, identity, names, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.laws.checks import check_kinds, check_members
from c4e_opt.laws.members import Members, members_of
from c4e_opt.laws.surroundings import Surroundings, named
from c4e_opt.program import Linear, Room

_SESSION = "ev_session"


@record
class ChargingSite:
    """Plugs and a supply that vehicles share."""

    id: str = identity(doc="Name of the charging site.")
    members: tuple[str, ...] = names(doc="Sessions, ev_session/id or ev_session/*; at least one.")
    site: str = text(doc="Only sessions at buses of this site; at every site when empty.")
    plugs: int = count(default=0, doc="How many vehicles may be plugged in at once; 0: any number.")
    swaps: bool = flag(
        default=True,
        doc="Whether vehicles may be unplugged and plugged in again; else each has one stay at a plug at most.",
    )
    power_max_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None, doc="Largest power of all together, either way; any when absent."
    )


def check(path: str, law: ChargingSite, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one law."""
    yield from check_members(path, law, context)
    yield from check_kinds(path, law, (_SESSION,), "is no session of a vehicle")
    if not law.members:
        yield Issue(f"{path}.members", "missing_field", "is missing: name the sessions, ev_session/id or ev_session/*")
    if law.plugs == 0 and law.power_max_mw is None:
        name = context.units.name("power_max_mw", "MW")
        yield Issue(f"{path}.plugs", "missing_field", f"is missing, and {name} as well; the site would limit nothing")
    if not law.swaps and law.plugs == 0:
        yield Issue(f"{path}.swaps", "range", "is false although there are as many plugs as vehicles; give the plugs")
    for word, session in context.records.items() if law.plugs else ():
        if word.startswith(f"{_SESSION}/") and named(law.members, word) and session.count > 1:
            message = f"{word!r} stands for {session.count} vehicles, who would take turns; give each its own session"
            yield Issue(f"{path}.members", "count", message)


def formulate(room: Room, laws: Sequence[ChargingSite], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all charging sites at once.

    Args:
        room: The room to write into.
        laws: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    pairs = members_of(laws, around)
    over = (pairs.axis("charging_site_member", laws), horizon.axis)
    given, taken = pairs.power(over, room.program)
    _power(room, laws, pairs, given, taken, horizon)
    short = _short(laws, pairs, horizon)
    if short.needed.any():
        _plugs(room, laws, pairs, short, given, taken)
    return Terms(injections=())


def _power(
    room: Room, laws: Sequence[ChargingSite], pairs: Members, given: Linear, taken: Linear, horizon: Horizon
) -> None:
    """Limit what all sessions take and give together."""
    most = profiles(laws, "power_max_mw", horizon.steps)
    limited = ~np.isnan(most)
    if not limited.any():
        return
    axis, most = fleet(room.kind, laws), np.nan_to_num(most)
    together = (taken - given).along(axis, pairs.law)
    room.at_most("power_limit", together, most, present=limited)
    gives = limited & (room.program.span(given.along(axis, pairs.law))[1] > 0)
    if gives.any():
        room.at_least("feed_limit", together, -most, present=gives)


@dataclass(frozen=True, slots=True)
class _Short:
    """Where plugs are short.

    Attributes:
        needed: Steps in which a session needs a binary, (pair, time).
        pair: Sessions there at such a moment, one after another for every moment, (entry,).
        moment: The moment of every entry.
        label: What every moment is called.
        step: The step of every moment.
        plugs: The plugs of the site of every moment.
    """

    needed: BoolArray
    pair: IntArray
    moment: IntArray
    label: tuple[str, ...]
    step: IntArray
    plugs: FloatArray


def _short(laws: Sequence[ChargingSite], pairs: Members, horizon: Horizon) -> _Short:
    """Where plugs are short, site by site."""
    sessions = [pairs.around.records[_SESSION][member.component] for member in pairs.each]
    arrival, departure = (scalars(sessions, name)[:, 0].astype(np.int64) for name in ("arrival", "departure"))
    stays = horizon.share(arrival, departure) > 0
    needed = np.zeros(stays.shape, dtype=np.bool_)
    label: list[str] = []
    nobody = np.zeros(0, dtype=np.int64)
    pair, moment, steps, plugs = [nobody], [nobody], [nobody], [nobody]
    for place, law in enumerate(laws):
        own = np.flatnonzero(pairs.law == place)
        if law.plugs == 0 or own.size <= law.plugs:
            continue
        moments, there, step = _crowds(arrival[own], departure[own], law.plugs, horizon)
        row, which = np.nonzero(there)
        needed[own[row], step[which]] = True
        if not law.swaps:
            needed[own] = stays[own] & there.any(axis=1, keepdims=True)
        pair.append(own[row])
        moment.append(which + len(label))
        label += [f"{law.id}: {each}" for each in moments.astype("datetime64[s]")]
        steps.append(step)
        plugs.append(np.full(step.size, law.plugs))
    pair, moment, steps, plugs = (np.concatenate(each) for each in (pair, moment, steps, plugs))
    return _Short(needed, pair, moment, tuple(label), steps, plugs.astype(np.float64))


def _crowds(
    arrival: IntArray, departure: IntArray, plugs: int, horizon: Horizon
) -> tuple[IntArray, BoolArray, IntArray]:
    """The moments at which more sessions are there than plugs, who is there, (session, moment), and their steps.

    Only the last of moments between which nobody leaves: who is there at one of them is there at the last as well.
    """
    within = (arrival > horizon.start) & (arrival < horizon.end)
    moments = np.unique(np.concatenate([horizon.starts, arrival[within]]))
    there = (arrival[:, None] <= moments) & (moments < departure[:, None])
    step = np.searchsorted(horizon.starts, moments, side="right") - 1
    leaves = (there[:, :-1] & ~there[:, 1:]).any(axis=0)
    last = np.append(leaves | (step[1:] != step[:-1]), True)
    crowded = last & (there.sum(axis=0) > plugs)
    return moments[crowded], there[:, crowded], step[crowded]


def _plugs(
    room: Room, laws: Sequence[ChargingSite], pairs: Members, short: _Short, given: Linear, taken: Linear
) -> None:
    """Who is at a plug, where plugs are short."""
    over, needed = given.axes, short.needed
    plugged = room.variable(
        "plugged", over, 0.0, 1.0, doc="1 while the vehicle is at a plug", integral=True, present=needed
    )
    moments = (Axis("moment", np.array(short.label, dtype=np.str_)),)
    entries = Axis("entry", np.arange(short.pair.size).astype(np.str_))
    there = plugged.at(short.pair * over[1].size + short.step[short.moment], (entries,))
    room.at_most("plug_limit", there.gather(moments, short.moment), short.plugs)
    most = room.program.span(taken)[1]
    room.at_most("charge_limit", taken, plugged * most, present=needed & (most > 0))
    most = room.program.span(given)[1]
    gives = needed & (most > 0)
    if gives.any():
        room.at_most("discharge_limit", given, plugged * most, present=gives)
    once = ~np.array([law.swaps for law in laws])[pairs.law]
    held = needed & once[:, None]
    if held.any():
        plugging = room.variable("plugging", over, 0.0, 1.0, doc="1 where a stay at a plug begins", present=held)
        room.at_most("plug_in", plugged - plugged.previous(0.0), plugging, present=held)
        row = np.repeat(np.arange(over[0].size), over[1].size)
        once = once & np.any(needed, axis=1)
        room.at_most("one_stay", plugging.gather(over[:1], row), 1.0, present=once)
