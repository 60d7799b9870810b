"""Exclusion: of some components at most so many run in one step.

Variables, for every component m that an exclusion binds, and step t:
    running[m, t]   1 while the component may run, binary; of components without an on/off state of their own

Constraints:
    running_limit[m, t]   what m gives and takes at its first bus <= its largest sum * running
    most_running[x, t]    for every exclusion x: sum over its members of running, or of their own on <= most

A component runs while any power flows at its first bus; one with an on/off state while it is on, be its power zero.

Not modelled: changes of turn at a cost, least times of a turn.
Source: a packing constraint over on/off states; no literature needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, scalars
from c4e_opt.fields import count, identity, names, record, text
from c4e_opt.issues import Issue
from c4e_opt.laws.checks import check_members, check_sizes, check_switchable
from c4e_opt.laws.members import members_of
from c4e_opt.laws.surroundings import Surroundings, largest
from c4e_opt.program import Room


@record
class Exclusion:
    """Components of which only so many run at once."""

    id: str = identity(doc="Name of the law.")
    members: tuple[str, ...] = names(doc="Components, kind/id or kind/*; at least one.")
    site: str = text(doc="Only components at this site; at every site when empty.")
    most: int = count(default=1, doc="How many of them may run in one step.")


def check(path: str, law: Exclusion, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one law."""
    yield from check_members(path, law, context)
    yield from check_switchable(path, law, context)
    yield from check_sizes(path, law, context)


def formulate(room: Room, laws: Sequence[Exclusion], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all exclusions at once.

    Args:
        room: The room to write into.
        laws: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    pairs = members_of(laws, around)
    bound, axis, place = pairs.components("exclusion_member")
    over = (axis, horizon.axis)
    given, taken = bound.power(over, room.program)
    power = given + taken
    most = largest("exclusion", power, room.program)
    alone = np.broadcast_to(~bound.committed[:, None], most.shape)
    running = room.variable(
        "running", over, 0.0, 1.0, doc="1 while the component may run", integral=True, present=alone
    )
    room.at_most("running_limit", power, running * most, present=alone)
    runs = running + bound.amount(over, lambda kind: around.terms[kind].on)
    each = (pairs.axis("exclusion_pair", laws), horizon.axis)
    cells = place[:, None] * horizon.steps + np.arange(horizon.steps)
    total = runs.at(cells, each).along(fleet(room.kind, laws), pairs.law)
    room.at_most("most_running", total, scalars(laws, "most"))
    return Terms(injections=())
