"""Islanding: a site that could run alone at any time, or that does run alone for a while.

Variables, for every law i and step t:
    from_stores_mw[i, t]   critical power that stores would have to give in the step, 0 <= . , or critical <= . where
                           there are no plants; of mode "able"
    missing_mwh[i, t]      critical energy that could not be served in an outage after the step, 0 <= . ; with a price
    missing_mw[i, t]       critical power that could not be served in an outage, 0 <= . ; with a price

Constraints of every law i of mode "able", and of every connection c that a law of mode "islanded" cuts:
    left_to_stores[i, t]     from_stores_mw >= critical - power that the plants could give; where there are any
    survival_energy[i, t]    sum over stores of discharge_efficiency * (energy_mwh[t] - least energy) + missing_mwh[t]
                             >= sum of from_stores_mw * hours over the duration_hours that follow the END of step t
    survival_power[i, t]     power that the plants could give + sum over stores of discharge_max + missing_mw
                             >= (1 + reserve_ratio) * critical, in every step that an outage could reach
    no_exchange[c, t]        what connection c carries is 0 in every step that overlaps [begin, end)

critical is the power of the loads, each times the part of it that is critical. A plant could give its largest power
as it is switched on in the step (less of one that runs for that step only, see `laws.survival`), a renewable what is
forecast. Form "energy" leaves out the power law, form "power" the laws on energy. Where a step is cut by the end of
the duration, its part counts. Nothing binds past the horizon.

What is guaranteed: in mode "able", form "both", if the site is cut off at the end of any required step and every source
but the stores runs as planned or, where that is more, as it could, then with a single store there is a way to serve
the critical loads in every step of the outage without charging it. With several stores their energies and powers are
added, which is necessary, and enough unless a store cannot give its energy in time. Form "energy" alone does not look
at power, form "power" not at energy.

Objective, term `islanding`: missing_price * (missing_mwh + missing_mw * hours).

Sources are batteries, heat stores, stores, CHPs, generators, converters and renewables, apart from stores whose size is
chosen or whose power depends on what they hold.
Not modelled: orders at islanded buses, charging while islanded, heat of plants while islanded, start-up of plants that
are off, networks between the buses of a site. Lines that cross its border are refused in mode "islanded", see
`network.borders`. What is shed first in that mode is what is worth least, see `components.flexible_demand`.
Source: own conditions for the islanding criterion of Khodaei (2014), IEEE Trans. Power Systems 29(3), 1383-1392, and
IEEE Trans. Smart Grid 5(4), 1584-1591, doi:10.1109/TSG.2014.2311465: from any hour on the site must be able to run
alone for so many hours. There a second dispatch is sought for every outage; here stored energy and power stand for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms
from c4e_opt.fields import choice, identity, moment, names, number, parts, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.laws import spans, survival
from c4e_opt.laws.checks import (
    check_carrier,
    check_directions,
    check_fixed,
    check_members,
    check_ports,
    check_providers,
)
from c4e_opt.laws.members import Member, Members, members_of
from c4e_opt.laws.surroundings import CONNECTION, Surroundings
from c4e_opt.program import Room


@record
class CriticalLoad:
    """A load of which a part must be served in an outage."""

    member: str = text(doc="The load, kind/id.")
    critical_ratio: Any = number(unit="", minimum=0, maximum=1, default=1.0, doc="Part of it that is critical.")


@record
class Islanding:
    """A site that must be able to run alone, or that is cut off for a while."""

    id: str = identity(doc="Name of the law.")
    mode: str = choice(
        "able",
        "islanded",
        default="able",
        doc="Must be able to run alone, or does run alone from begin to end.",
    )
    members: tuple[str, ...] = names(
        doc="Stores and plants that serve the loads, or connections that carry nothing when islanded; all when empty."
    )
    site: str = text(doc="Only components at this site; at every site when empty.")
    carrier: str = text(default="electricity", doc="Only ports at buses of this carrier.")
    begin: Any = moment(default=None, doc="When the site is cut off; from the first step when absent.")
    end: Any = moment(default=None, doc="When it is connected again; after the last step when absent.")
    form: str = choice("energy", "power", "both", default="both", doc="What must last: energy, power, or both.")
    duration_hours: Any = number(unit="h", minimum=0, default=1.0, doc="How long it must be able to run alone.")
    critical_ratio: Any = number(
        unit="",
        minimum=0,
        maximum=1,
        default=1.0,
        doc="Part of every load that is critical, unless said in critical_loads.",
    )
    critical_loads: tuple[CriticalLoad, ...] = parts(CriticalLoad, doc="Loads with a critical part of their own.")
    reserve_ratio: Any = number(
        unit="", minimum=0, default=0.0, doc="Power kept on top while alone, as a part of the critical power."
    )
    required: FloatArray = series(
        unit="", minimum=0, maximum=1, default=1.0, doc="1 for steps after which an outage may begin, else 0."
    )
    missing_price_eur_per_mwh: Any = number(
        unit="EUR/MWh",
        minimum=0,
        default=None,
        doc="Price of every MWh not covered in an outage; forbidden when absent.",
    )


def check(path: str, law: Islanding, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one law."""
    yield from check_members(path, law, context)
    yield from check_carrier(path, law, context)
    yield from check_ports(path, law, context, first=law.mode == "able")
    if law.mode == "islanded":
        yield from spans.check(path, law, context)
        yield from check_fixed(path, law, context)
        yield from check_directions(path, law, context) if law.members else ()
        return
    for place, load in enumerate(law.critical_loads):
        where = f"{path}.critical_loads[{place}].member"
        if load.member not in context.members or load.member.partition("/")[0] not in survival.LOADS:
            yield Issue(
                where, "unknown_reference", f"is {load.member!r}; it must be a load, demand/id or flexible_demand/id"
            )
    listed = [load.member for load in law.critical_loads]
    if len(set(listed)) < len(listed):
        yield Issue(f"{path}.critical_loads", "duplicate_id", "names a load twice; give each load one part")
    for name in ("begin", "end"):
        if getattr(law, name) is not None:
            yield Issue(f"{path}.{name}", "mode", "is given although the mode is 'able'; give the steps as required")
    yield from check_providers(path, law, context, "cannot serve a site that is alone")
    flags = np.asarray(law.required)
    if not np.isin(flags, (0.0, 1.0)).all():
        yield Issue(f"{path}.required", "range", "must be 0 or 1 in every step")


def formulate(room: Room, laws: Sequence[Islanding], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all sites at once.

    Args:
        room: The room to write into.
        laws: Checked records; their order is the order of the axis.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    able = np.array([law.mode == "able" for law in laws])
    if able.any():
        survival.formulate(room, laws, able, horizon, around)
    if not able.all():
        _islanded(room, laws, ~able, horizon, around)
    return Terms(injections=())


def _islanded(room: Room, laws: Sequence[Islanding], alone: BoolArray, horizon: Horizon, around: Surroundings) -> None:
    """Nothing flows through the connections of a site that is alone."""
    found = members_of(laws, around)
    cut = Members(
        around, tuple(each for each in found.each if alone[each.law] and _leaves(laws[each.law], each, around))
    )
    over = (cut.axis("islanding_connection", laws), horizon.axis)
    given, taken = cut.power(over, room.program)
    room.at_most("no_exchange", given + taken, 0.0, present=spans.overlapped(laws, horizon)[cut.law])


def _leaves(law: Islanding, member: Member, around: Surroundings) -> bool:
    """Whether a component connects the site with elsewhere, or is named."""
    ends = around.ends(member.kind, law.carrier)[member.word]
    elsewhere = bool(law.site) and set(ends) != {law.site}
    return bool(law.members) or member.kind == CONNECTION or elsewhere
