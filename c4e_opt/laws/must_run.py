"""Must-run: components that give, or take, at least some power within a span.

Variables: none.

Constraints, for every member c of a law, in every step that overlaps [begin, end):
    least_power[c, t]   what c gives and takes at its bus >= power_min_mw

The bus is the first that the component names, or the first of the carrier that the law names.

Not modelled: a least power of several components together; use an energy budget over windows of one step for that.
Source: definition of a must-run unit; no literature needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, profiles
from c4e_opt.fields import identity, moment, names, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.laws import spans
from c4e_opt.laws.checks import check_carrier, check_members, check_ports, check_switchable
from c4e_opt.laws.members import members_of
from c4e_opt.laws.surroundings import Surroundings
from c4e_opt.program import Room


@record
class MustRun:
    """A least power of components within a span."""

    id: str = identity(doc="Name of the law.")
    members: tuple[str, ...] = names(doc="Components, kind/id or kind/*, each of them; at least one.")
    site: str = text(doc="Only components at this site; at every site when empty.")
    carrier: str = text(doc="Carrier of the bus at which the power counts; the component's first bus when empty.")
    power_min_mw: FloatArray = series(unit="MW", minimum=0, doc="Least power given or taken by each of them.")
    begin: Any = moment(default=None, doc="Begin of the span; the first step when absent.")
    end: Any = moment(default=None, doc="End of the span; the end of the last step when absent.")


def check(path: str, law: MustRun, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one law."""
    yield from check_members(path, law, context)
    yield from check_switchable(path, law, context)
    if law.carrier:
        yield from check_carrier(path, law, context)
        yield from check_ports(path, law, context)
    yield from spans.check(path, law, context)


def formulate(room: Room, laws: Sequence[MustRun], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the laws of all must-run components at once.

    Args:
        room: The room to write into.
        laws: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    pairs = members_of(laws, around)
    over = (pairs.axis("must_run_member", laws), horizon.axis)
    given, taken = pairs.power(over, room.program)
    least = profiles(laws, "power_min_mw", horizon.steps)[pairs.law]
    present = spans.overlapped(laws, horizon)[pairs.law] & (least > 0)
    room.at_least("least_power", given + taken, least, present=present)
    return Terms(injections=())
