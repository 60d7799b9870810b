"""Reactive power: what a component, or a device at a bus, gives of it; only models with voltage read it.

A component without such a record gives and takes none. Where a slack bus, or the reference of an area without one, has
no record whose reactive power is free, the grid behind it gives whatever is needed there.

Variables, for every record r and step t:
    power_mvar[r, t]   reactive power given to the bus, reactive_min_mvar <= . <= reactive_max_mvar where it is free

Constraints, with `power` that of the member:
    ratio[r, t]        reactive power = ratio * power
    capability_upper[k, t], capability_lower[k, t]   reactive power on the inner side of every edge k of the capability
                       curves, at the power of the member
    apparent_limit[r, side, t]   sqrt(power^2 + reactive^2) <= apparent_max_mva, see `network.apparent`
    balance[n, t]      reactive power of records, shunts and lines sums to zero at every bus at an end of lines

Not modelled: prices of reactive power.
Source: the capability of inverters and machines as in IEEE 1547-2018 and in MATPOWER's generator capability curves,
MATPOWER User's Manual 8.0, section 6.4, https://matpower.org/docs/manual.pdf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, fleet, profiles, scalars
from c4e_opt.fields import bus, fields_of, identity, number, parts, record, series, text
from c4e_opt.issues import Issue, unknown
from c4e_opt.network import apparent
from c4e_opt.program import Linear, Program, Room


@record
class CapabilityPoint:
    """A corner of a capability curve."""

    power_mw: Any = number(unit="MW", doc="Power of the component into its bus.")
    reactive_min_mvar: Any = number(unit="", doc="Least reactive power there, Mvar.")
    reactive_max_mvar: Any = number(unit="", doc="Largest reactive power there, Mvar.")


@record
class Reactive:
    """The reactive power that a component or a device gives to its bus."""

    id: str = identity(doc="Name of the record.")
    member: str = text(doc="Component, kind/id, whose reactive power this is; of a device of its own when empty.")
    bus: str = bus(carrier="electricity", default="", doc="Bus of a device of its own; that of the member when empty.")
    ratio: Any = number(
        unit="", default=None,
        doc="Reactive power as a part of the power, tan phi, into the bus both; free within limits when absent.",
    )  # fmt: skip
    reactive_min_mvar: FloatArray = series(unit="", default=0.0, doc="Least reactive power into the bus, Mvar.")
    reactive_max_mvar: FloatArray = series(unit="", default=0.0, doc="Largest reactive power into the bus, Mvar.")
    apparent_max_mva: Any = number(
        unit="", minimum=0, default=None, doc="Largest apparent power of the member, MVA; free when absent."
    )
    capability: tuple[CapabilityPoint, ...] = parts(
        CapabilityPoint, doc="Capability curve by rising power; reactive power lies between, straight between points."
    )


def check(path: str, reactive: Reactive, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one record."""
    if bool(reactive.member) == bool(reactive.bus):
        yield Issue(f"{path}.member", "missing_field", "give either the member or the bus")
    elif reactive.member and reactive.member not in context.members:
        yield unknown(f"{path}.member", "unknown_reference", "component", reactive.member, sorted(context.members))
    elif reactive.member and not _electric(context.records[reactive.member], context):
        yield Issue(f"{path}.member", "carrier", f"is {reactive.member!r}, which has no electric bus of its own")
    crossed = np.greater(reactive.reactive_min_mvar, reactive.reactive_max_mvar)
    if crossed.any() and reactive.ratio is None and not reactive.capability:
        message = f"is above reactive_max_mvar in step {int(np.argmax(crossed))}"
        yield Issue(f"{path}.reactive_min_mvar", "range", message)
    if reactive.capability and reactive.ratio is not None:
        yield Issue(f"{path}.capability", "conflict", "is given beside ratio; give one of them")
    if reactive.capability and not reactive.member:
        yield Issue(f"{path}.capability", "conflict", "is for a member, whose power it goes with")
    yield from _check_capability(path, reactive.capability)


def _electric(member: Any, context: Context) -> bool:
    """Whether a record, or a part of it, names an electric bus; laws, lines and shunts do not count."""
    if context.records.get(f"line/{member.id}") is member or context.records.get(f"shunt/{member.id}") is member:
        return False
    for name, field in fields_of(member.__class__).items():
        content = getattr(member, name)
        if field.meta.kind == "bus" and context.carriers.get(content) == "electricity":
            return True
        if field.meta.kind == "parts" and any(_electric_part(part, context) for part in content):
            return True
    return False


def _electric_part(part: Any, context: Context) -> bool:
    fields = fields_of(part.__class__).items()
    return any(f.meta.kind == "bus" and context.carriers.get(getattr(part, n)) == "electricity" for n, f in fields)


def _check_capability(path: str, points: Sequence[CapabilityPoint]) -> Iterator[Issue]:
    """A curve that bounds no convex set, or none."""
    if not points:
        return
    power, least, largest = (
        np.array([getattr(point, name) for point in points], dtype=np.float64)
        for name in ("power_mw", "reactive_min_mvar", "reactive_max_mvar")
    )
    if np.any(np.diff(power) <= 0) or len(points) < 2:
        yield Issue(
            f"{path}.capability", "order", "needs two points or more, each of more power_mw than the one before"
        )
        return
    if np.any(least > largest):
        yield Issue(f"{path}.capability", "range", "has a point whose reactive_min_mvar is above its reactive_max_mvar")
    rising, falling = np.diff(least) / np.diff(power), np.diff(largest) / np.diff(power)
    if np.any(np.diff(rising) < -1e-9) or np.any(np.diff(falling) > 1e-9):
        message = "is not convex: every corner must bulge outwards; leave out the points that lie inside"
        yield Issue(f"{path}.capability", "convex", message)


def formulate(
    program: Program, records: Sequence[Reactive], terms: Mapping[str, Terms], electric: Sequence[str],
    horizon: Horizon, *, cones: bool,
) -> tuple[list[str], Linear]:  # fmt: skip
    """Add the reactive power of all records.

    Args:
        program: The programme.
        records: Checked records; their order is the order of the axis.
        terms: What the components have written.
        electric: Names of the electric buses of the case.
        horizon: The steps.
        cones: Whether the programme may have cones.

    Returns:
        The bus of every record and its reactive power (record, time).
    """
    room, over = Room(program, "reactive"), (fleet("reactive", records), horizon.axis)
    buses, power = _members(records, terms, set(electric), over)
    ratio = scalars(records, "ratio")
    curved = np.array([[bool(each.capability)] for each in records])
    bound = np.isnan(ratio) & ~curved
    ends = [
        (min(p.reactive_min_mvar for p in each.capability), max(p.reactive_max_mvar for p in each.capability))
        if each.capability
        else (-np.inf, np.inf)
        for each in records
    ]
    outer = np.array(ends, dtype=np.float64).reshape(-1, 2)
    low = np.where(bound, profiles(records, "reactive_min_mvar", horizon.steps), outer[:, :1])
    high = np.where(bound, profiles(records, "reactive_max_mvar", horizon.steps), outer[:, 1:])
    amount = room.variable("power_mvar", over, low, high, doc="reactive power given to the bus")
    tied = np.broadcast_to(~np.isnan(ratio), amount.shape)
    if tied.any():
        room.equal("ratio", amount, power * np.nan_to_num(ratio), present=tied)
    _capability(program, records, amount, power)
    most = scalars(records, "apparent_max_mva")
    largest = Linear(over, (), np.broadcast_to(np.nan_to_num(most), amount.shape))
    held = np.broadcast_to(~np.isnan(most), amount.shape)
    apparent.limit(program, "reactive_apparent_limit", power, amount, largest, held, cones=cones)
    return buses, amount


def free(record: Reactive) -> bool:
    """Whether the reactive power of a record may be chosen."""
    if record.ratio is not None:
        return False
    return bool(record.capability) or bool(np.any(np.asarray(record.reactive_max_mvar) > record.reactive_min_mvar))


def _members(
    records: Sequence[Reactive], terms: Mapping[str, Terms], electric: set[str], over: tuple[Axis, Axis]
) -> tuple[list[str], Linear]:
    """Bus of every record, and the power of its member there, none of devices (record, time)."""
    buses, steps = [each.bus for each in records], over[1].size
    ports: dict[str, tuple[str, int, int, str]] = {}
    for kind, part in terms.items():
        for place, injection in enumerate(part.injections):
            labels = injection.power_mw.axes[0].labels.tolist()
            for row, (label, end) in enumerate(zip(labels, injection.bus, strict=True)):
                if end in electric:
                    ports.setdefault(f"{kind}/{label}", (kind, place, row, end))
    groups: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for place, each in enumerate(records):
        if each.member in ports:
            kind, which, row, buses[place] = ports[each.member]
            groups.setdefault((kind, which), []).append((place, row))
    power = Linear(over)
    for (kind, which), pairs in groups.items():
        places, rows = (np.array(column) for column in zip(*pairs, strict=True))
        mine = (Axis("reactive", over[0].labels[places]), over[1])
        own = terms[kind].injections[which].power_mw.at(rows[:, None] * steps + np.arange(steps), mine)
        power = power + own.along(over[0], places)
    return buses, power


def _capability(program: Program, records: Sequence[Reactive], amount: Linear, power: Linear) -> None:
    """Keep reactive power within the capability curves."""
    room, time = Room(program, "reactive"), amount.axes[1]
    rows = [(place, k) for place, each in enumerate(records) for k in range(len(each.capability) - 1)]
    if not rows:
        return
    labels = np.array([f"{records[place].id}/{k}" for place, k in rows], dtype=np.str_)
    over = (Axis("reactive_edge", labels), time)
    cells = np.array([place for place, _ in rows])[:, None] * time.size + np.arange(time.size)
    own, strength = power.at(cells, over), amount.at(cells, over)
    everywhere: BoolArray = np.ones(own.shape, dtype=np.bool_)
    for side, field in (("upper", "reactive_max_mvar"), ("lower", "reactive_min_mvar")):
        ends = np.array(
            [[(p.power_mw, getattr(p, field)) for p in records[place].capability[k : k + 2]] for place, k in rows]
        )
        slope = (ends[:, 1, 1] - ends[:, 0, 1]) / (ends[:, 1, 0] - ends[:, 0, 0])
        beyond = strength - own * np.broadcast_to(slope[:, None], own.shape)
        bound = np.broadcast_to((ends[:, 0, 1] - slope * ends[:, 0, 0])[:, None], own.shape)
        if side == "upper":
            room.at_most("capability_upper", beyond, bound, present=everywhere)
        else:
            room.at_least("capability_lower", beyond, bound, present=everywhere)
