"""Flow-based constraint: a critical network element, or one after an outage, between zones that trade through a hub.

Zones are buses. All buses that constraints of one hub name trade through it; a zone's net position is what it sends
there, and loads the element by its PTDF, zone to hub. A constraint of a hub knows nothing of the others' zones.

Variables, for every zone z that a constraint names, every constraint c and step t:
    net_position_mw[z, t]   power sent to the hub less power taken from it, either sign
    overload_mw[c, t]       flow beyond the margin, >= 0; of constraints with overload_price_eur_per_mwh

Constraints, where the flow of a constraint is the sum over its zones of ptdf * net_position_mw:
    hub_balance[h, t]      the net positions of all zones of hub h sum to zero
    forward_limit[c, t]    flow <= ram_mw + overload_mw
    backward_limit[c, t]   flow >= -ram_backward_mw - overload_mw, of constraints with ram_backward_mw

Power into the bus of a zone: -net_position_mw.

Objective, term `overload`: overload_price * overload_mw * hours.

With the price of the hub and mu[c] >= 0, the shadow price of a constraint, the price of a zone is
price of the hub - sum over c of ptdf[c, z] * mu[c]: what it pays to send to the hub, less what it congests. The hub
earns sum over z of -price[z] * net_position_mw[z] = sum over c of mu[c] * flow[c], the congestion income.

A tie to a zone outside of the hub couples by advanced hybrid coupling when its end is a bus of its own, which
constraints name with the PTDF of the converter station or border; it is as any other zone then.

Not modelled: how PTDF and RAM follow from a grid, and the evolved or intuitive patches of CWE.
Source: EUPHEMIA Public Description 1.4 (2016) of the power exchanges, chapter 4 (flow-based model);
advanced hybrid coupling: Schönheit, Marjanović (2024), arXiv:2405.10010.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Injection, Terms, fleet, profiles
from c4e_opt.fields import bus, identity, number, parts, party, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class FlowBasedZone:
    """A zone that loads a critical network element."""

    bus: str = bus(doc="Bus that is the zone.")
    ptdf_ratio: FloatArray = series(
        unit="MW/MW", doc="Flow on the element per power sent from the zone to the hub (zone-to-hub PTDF)."
    )


@record
class FlowBasedConstraint:
    """A critical network element, with or without a contingency, between zones."""

    id: str = identity(doc="Name of the element, with its contingency.")
    hub: str = text(doc="Name of the hub through which its zones trade; one hub for all when empty.")
    owner: str = party(doc="Party that earns the congestion income of the hub; the same for all constraints of a hub.")
    zones: tuple[FlowBasedZone, ...] = parts(
        FlowBasedZone, doc="Zones that trade through the hub, with their PTDF; those not named here have 0."
    )
    ram_mw: FloatArray = series(unit="MW", doc="Remaining available margin: largest flow that trade may cause.")
    ram_backward_mw: FloatArray | None = series(
        unit="MW", default=None, doc="The same against its direction; free when absent."
    )
    overload_price_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=None, doc="Price of flow beyond the margin; forbidden when absent."
    )


def check(path: str, constraint: FlowBasedConstraint, context: Context) -> Iterator[Issue]:
    """What is wrong with one constraint, and with it beside those before it."""
    if not constraint.zones:
        yield Issue(f"{path}.zones", "missing_field", "is empty; name the zones that trade through the hub")
    names = [zone.bus for zone in constraint.zones]
    for place, name in enumerate(names):
        where = f"{path}.zones[{place}].bus"
        if name in names[:place]:
            yield Issue(where, "duplicate_id", f"{name!r} is named twice; give one PTDF for every zone")
        if context.carriers[name] != "electricity":
            yield Issue(
                where, "carrier", f"is {name!r}, a bus of {context.carriers[name]}; a zone is one of electricity"
            )
    for other in _before(constraint, context):
        if other.hub == constraint.hub and other.owner != constraint.owner:
            message = f"is {constraint.owner!r}; constraint {other.id!r} of the same hub belongs to {other.owner!r}"
            yield Issue(f"{path}.owner", "conflict", f"{message}; a hub has one congestion income")
            return
        common = {zone.bus for zone in other.zones} & set(names)
        if other.hub != constraint.hub and common:
            message = f"is {constraint.hub!r}; its zone {min(common)!r} trades through {other.hub!r} already"
            yield Issue(f"{path}.hub", "conflict", f"{message}, see constraint {other.id!r}; a zone has one hub")
            return


def _before(constraint: FlowBasedConstraint, context: Context) -> Iterator[FlowBasedConstraint]:
    """All constraints that stand before one."""
    for each in context.records.values():
        if each is constraint:
            return
        if isinstance(each, FlowBasedConstraint):
            yield each


@dataclass(frozen=True, slots=True)
class _Hubs:
    """The zones of all hubs and who names them."""

    names: list[str]
    zones: list[str]
    hub: IntArray  # of every zone
    first: IntArray  # the constraint that names a zone first
    constraint: IntArray  # of every PTDF
    zone: IntArray  # likewise
    ptdf: FloatArray  # (part, time)


def _hubs(constraints: Sequence[FlowBasedConstraint], steps: int) -> _Hubs:
    pairs = [(row, part) for row, constraint in enumerate(constraints) for part in constraint.zones]
    names = list(dict.fromkeys(constraint.hub for constraint in constraints))
    first: dict[str, int] = {}
    for row, part in pairs:
        first.setdefault(part.bus, row)
    place = {name: n for n, name in enumerate(first)}
    return _Hubs(
        names,
        list(first),
        np.array([names.index(constraints[row].hub) for row in first.values()], dtype=np.int64),
        np.array(list(first.values()), dtype=np.int64),
        np.array([row for row, _ in pairs], dtype=np.int64),
        np.array([place[part.bus] for _, part in pairs], dtype=np.int64),
        profiles([part for _, part in pairs], "ptdf_ratio", steps),
    )


def formulate(room: Room, constraints: Sequence[FlowBasedConstraint], horizon: Horizon) -> Terms:
    """Add the variables and laws of all constraints at once.

    Args:
        room: The room to write into.
        constraints: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses of the zones, under the name of the constraint that names each first.
    """
    hubs = _hubs(constraints, horizon.steps)
    zone = Axis("flow_based_zone", np.array(hubs.zones, dtype=np.str_))
    position = room.variable(
        "net_position_mw", (zone, horizon.axis), -np.inf, np.inf, doc="power sent to the hub less power taken from it"
    )
    hub = Axis("flow_based_hub", np.array(hubs.names, dtype=np.str_))
    room.equal("hub_balance", position.along(hub, hubs.hub))
    flow, step = _flow(constraints, hubs, position, horizon), np.arange(horizon.steps)
    over = _overload(room, constraints, flow, horizon)
    room.at_most("forward_limit", flow - over, profiles(constraints, "ram_mw", horizon.steps))
    back = np.array([constraint.ram_backward_mw is not None for constraint in constraints])
    if back.any():
        least = np.zeros(flow.shape)
        least[back] = profiles([c for c in constraints if c.ram_backward_mw is not None], "ram_backward_mw", step.size)
        room.at_least("backward_limit", flow + over, -least, present=np.broadcast_to(back[:, None], flow.shape))
    owner = Axis(room.kind, np.array([constraints[int(row)].id for row in hubs.first], dtype=np.str_))
    every = np.arange(zone.labels.size)[:, None] * horizon.steps + step
    return Terms(injections=(Injection(tuple(hubs.zones), -position.at(every, (owner, horizon.axis))),))


def _flow(constraints: Sequence[FlowBasedConstraint], hubs: _Hubs, position: Linear, horizon: Horizon) -> Linear:
    """What net positions cause on every element, (constraint, time)."""
    part = (Axis("part", np.arange(hubs.zone.size)), horizon.axis)
    sent = position.at(hubs.zone[:, None] * horizon.steps + np.arange(horizon.steps), part) * hubs.ptdf
    return sent.nonzero().along(fleet("flow_based_constraint", constraints), hubs.constraint)


def _overload(room: Room, constraints: Sequence[FlowBasedConstraint], flow: Linear, horizon: Horizon) -> Linear:
    """By how much soft margins are exceeded, at their price, (constraint, time)."""
    price = np.array([constraint.overload_price_eur_per_mwh for constraint in constraints], dtype=np.float64)[:, None]
    soft = ~np.isnan(price)
    if not soft.any():
        return Linear(flow.axes)
    present = np.broadcast_to(soft, flow.shape)
    over = room.variable("overload_mw", flow.axes, doc="flow beyond the margin", present=present)
    room.minimise("overload", over * (np.nan_to_num(price) * horizon.cost_hours))
    return over
