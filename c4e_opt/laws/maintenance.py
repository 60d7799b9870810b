"""Maintenance: components that are off, or limited, within a span, or for a block of hours somewhere within it.

Variables, for every maintenance m whose block may be moved, and step t:
    beginning[m, t]   1 in the step with whose start the block begins, binary; only where it would end in time

Constraints, for every member c of a maintenance:
    one_beginning[m]      sum over t of beginning = events
    one_at_a_time[m, t]   off <= 1; with more than one event
    giving_limit[c, t]    what c gives at its first bus <= its largest power * (1 - off * (1 - available_ratio))
    taking_limit[c, t]    what c takes there, likewise
    least_power[c, t]     both together >= least_mw * (running - off * (1 - available_ratio)); of laws with least_mw
    resting[c, t]         on + off <= 1; of members with an on/off state of their own and none of their power left,
                          unless they stay on

running is the on/off state of a member that has one, else 1. off is 1 in every step that overlaps the span; for a
block, the sum of beginning over the steps that start within `hours` up to t. A block lies within the horizon.

A chosen size is bound as its largest is, so that nothing may be left of it.

Not modelled: crews, costs of maintenance, blocks that follow one another; use an exclusion of starts for that.
Source: own definition; blocks of given length within windows as in generation maintenance scheduling, Conejo,
García-Bertrand, Díaz-Salazar (2005), IEEE Trans. Power Systems 20(2), 984-992, with a binary for every begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, profiles, scalars
from c4e_opt.fields import count, flag, identity, moment, names, number, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.laws import spans
from c4e_opt.laws.checks import check_kinds, check_members, check_sizes, check_switchable
from c4e_opt.laws.members import Members, members_of
from c4e_opt.laws.surroundings import Surroundings, largest, named
from c4e_opt.program import Linear, Room

#: Kinds whose largest power is known, so that a part of it may be left.
RATED = (
    "battery",
    "boiler",
    "chiller",
    "chp",
    "converter",
    "generator",
    "grid_connection",
    "heat_pump",
    "heat_store",
    "renewable",
    "store",
    "tie",
)


@record
class Maintenance:
    """A time in which components are off or limited."""

    id: str = identity(doc="Name of the maintenance.")
    members: tuple[str, ...] = names(doc="Components, kind/id or kind/*, off at the same time; at least one.")
    site: str = text(doc="Only components at this site; at every site when empty.")
    begin: Any = moment(default=None, doc="Begin of the span; the first step when absent.")
    end: Any = moment(default=None, doc="End of the span; the end of the last step when absent.")
    hours: Any = number(
        unit="h", minimum=0, default=None, doc="Length of the block within the span; the whole span when absent."
    )
    available_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=0.0, doc="Part of the largest power that is left."
    )
    events: int = count(default=1, minimum=1, doc="How many blocks of these hours there are, one after another.")
    least_mw: FloatArray | None = series(
        unit="MW", minimum=0, default=None,
        doc="Power that each member gives or takes at least while it runs; of that, too, only a part is left.",
    )  # fmt: skip
    stays_on: bool = flag(
        default=False, doc="Whether a member may stay on, at no power, so that it need not start afterwards."
    )


def check(path: str, law: Maintenance, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one law."""
    yield from check_members(path, law, context)
    yield from check_switchable(path, law, context)
    yield from _check_sizes(path, law, context)
    if law.events > 1 and law.hours is None:
        yield Issue(f"{path}.events", "conflict", "is more than 1, but hours are missing: say how long a block is")
    if law.available_ratio > 0:
        yield from check_kinds(path, law, RATED, "has no largest power of which a part could be left")
        yield from _check_losses(path, law, context)
    wrong = list(spans.check(path, law, context))
    yield from wrong
    if law.hours is not None and not wrong:
        if law.hours == 0:
            yield Issue(f"{path}.hours", "range", "is 0 h; a block must last longer, or drop the maintenance")
        elif not _may_begin([law], context.horizon).any():
            message = f"is {law.hours:g} h; no block so long fits into the span and the horizon"
            yield Issue(f"{path}.hours", "horizon", message)


def _check_losses(path: str, law: Maintenance, context: Context) -> Iterator[Issue]:
    """Find ties with losses in segments, of whose largest power no part may be left."""
    for word, each in context.records.items():
        if word.startswith("tie/") and named(law.members, word) and each.loss_segments:
            message = f"leaves a part of {word!r}, which has loss_segments; give it other limits instead"
            yield Issue(f"{path}.available_ratio", "kind", message)


def _check_sizes(path: str, law: Maintenance, context: Context) -> Iterator[Issue]:
    """Bound components whose size is chosen and could be bound by nothing but that size."""
    for issue in check_sizes(path, law, context):
        chosen = [context.records[word] for word in law.members if word in context.records]
        known = all(getattr(each, "capacity_max_mw", None) is not None for each in chosen)
        if law.available_ratio > 0 or not known or not _only_plants(law):
            yield issue
            return


def _only_plants(law: Maintenance) -> bool:
    """Whether all members are named and of kinds whose largest size may be told."""
    return all(word.startswith(("generator/", "converter/")) and not word.endswith("/*") for word in law.members)


def formulate(room: Room, laws: Sequence[Maintenance], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all maintenances at once.

    Args:
        room: The room to write into.
        laws: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    off, may = _off(room, laws, horizon)
    pairs = members_of(laws, around)
    over = (pairs.axis("maintenance_member", laws), horizon.axis)
    cells = pairs.law[:, None] * horizon.steps + np.arange(horizon.steps)
    mine = off.at(cells, over)
    lost = 1.0 - scalars(laws, "available_ratio")[pairs.law]
    given, taken = pairs.power(over, room.program)
    for name, power in (("giving_limit", given), ("taking_limit", taken)):
        most = largest("maintenance", power, room.program)
        present = may[pairs.law] & (most > 0)
        if name == "giving_limit":
            room.at_most("giving_limit", power + mine * (lost * most), most, present=present)
        else:
            room.at_most("taking_limit", power + mine * (lost * most), most, present=present)
    _least(room, laws, horizon, pairs, (given + taken, mine * lost, around))
    resting = scalars(laws, "stays_on")[pairs.law] == 0
    states = pairs.committed[:, None] & (lost == 1.0) & resting & may[pairs.law]
    room.at_most("resting", pairs.amount(over, lambda kind: around.terms[kind].on) + mine, 1.0, present=states)
    return Terms(injections=())


def _least(
    room: Room, laws: Sequence[Maintenance], horizon: Horizon, pairs: Members, of: tuple[Linear, Linear, Surroundings]
) -> None:
    """What members give or take at least, less while they are maintained."""
    least = np.nan_to_num(profiles(laws, "least_mw", horizon.steps))[pairs.law]
    if not least.any():
        return
    power, lost, around = of
    state = pairs.committed[:, None]
    running = pairs.amount(power.axes, lambda kind: around.terms[kind].on) * state.astype(np.float64)
    floor = running * least + np.where(state, 0.0, least) - lost * least
    room.at_least("least_power", power, floor.nonzero(), present=least > 0)


def _off(room: Room, laws: Sequence[Maintenance], horizon: Horizon) -> tuple[Linear, BoolArray]:
    """1 while a maintenance lasts, and the steps in which it may, (maintenance, time)."""
    over = (fleet(room.kind, laws), horizon.axis)
    fixed = np.isnan(scalars(laws, "hours"))
    always = spans.overlapped(laws, horizon) & fixed
    off = Linear(over, (), always.astype(np.float64))
    if fixed.all():
        return off, always
    begins = _may_begin(laws, horizon)
    beginning = room.variable(
        "beginning", over, 0.0, 1.0, doc="1 in the step with which the block begins", integral=True, present=begins
    )
    once = (over[0],)
    place = np.repeat(np.arange(len(laws)), horizon.steps)
    events = scalars(laws, "events")
    room.equal("one_beginning", beginning.gather(once, place), events[:, 0], present=~fixed[:, 0])
    hours = np.nan_to_num(scalars(laws, "hours"))[:, 0]
    first = horizon.since(hours)
    within = np.cumsum(begins, axis=1)
    before = np.take_along_axis(np.pad(within, ((0, 0), (1, 0))), first, axis=1)
    off, may = off + beginning.trailing_sum(first), always | (within > before)
    if (events > 1).any():
        room.at_most("one_at_a_time", off, 1.0, present=may & (events > 1))
    return off, may


def _may_begin(laws: Sequence[Maintenance], horizon: Horizon) -> BoolArray:
    """Whether a block that begins with a step ends in time, (maintenance, time); never where there is no block."""
    begin, end = spans.edges(laws, horizon)
    lasts = scalars(laws, "hours") * 3600.0  # NaN for those without a block
    return (horizon.starts >= begin) & (horizon.starts + lasts <= np.minimum(end, horizon.end) + 1e-3)
