"""What an answer must hold for reactive power; its balance: see `verify.feeders`.

Laws:
    reactive_limit        reactive power that is free lies within its limits; where it follows from power it is that
    reactive_capability   it lies within the capability curve at the power of its member
    reactive_apparent     sqrt(power^2 + reactive power^2) <= largest apparent power
Reactive power has no price in an answer; so the laws on prices leave out the members whose power it binds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.feeders import bus_of
from c4e_opt.verify.fleet import Axes, Fleet, Room


def _optional(_: Sequence[Any]) -> Axes:
    return {"power_mvar": ("reactive", "time")}


def _flows(_: Fleet) -> tuple[FloatArray, ...]:
    return ()


def _powers(fleet: Fleet) -> FloatArray:
    """The power of the member of every record at its electric bus, (record, time); none of devices."""
    powers = np.zeros(fleet.shape)
    for row, record in enumerate(fleet.records):
        if not record.member:
            continue
        kind, _, name = record.member.partition("/")
        other, bus = fleet.others[kind], bus_of(fleet, record)
        powers_there: FloatArray = np.concatenate(other.room.flows(other))
        for (owner, at), power in zip(other.room.ends(other.records), powers_there, strict=True):
            if other.records[owner].id == name and at == bus:
                powers[row] = power
                break
    return powers


def _limits(fleet: Fleet) -> None:
    if not fleet.has("power_mvar"):
        return
    said, power = fleet.answer("power_mvar"), _powers(fleet)
    apart, curve = np.zeros(fleet.shape), np.full(fleet.shape, -np.inf)
    for row, record in enumerate(fleet.records):
        if record.ratio is not None:
            apart[row] = np.abs(said[row] - record.ratio * power[row])
        elif record.capability:
            corners = np.array([(p.power_mw, p.reactive_min_mvar, p.reactive_max_mvar) for p in record.capability])
            least: FloatArray = np.asarray(np.interp(power[row], corners[:, 0], corners[:, 1]), dtype=np.float64)
            most_: FloatArray = np.asarray(np.interp(power[row], corners[:, 0], corners[:, 2]), dtype=np.float64)
            curve[row] = np.maximum(least - said[row], said[row] - most_)
        else:
            apart[row] = np.maximum(record.reactive_min_mvar - said[row], said[row] - record.reactive_max_mvar)
    fleet.hold("limit", apart, "Mvar", said)
    fleet.hold("capability", curve, "Mvar", said)
    most = fleet.number("apparent_max_mva")
    fleet.hold("apparent", np.hypot(power, said) - np.where(np.isnan(most), np.inf, most), "MVA", said, power)


def _couples(fleet: Fleet) -> Iterator[str]:
    for record in fleet.records if fleet.has("power_mvar") else ():
        binds = record.ratio is not None or record.capability or record.apparent_max_mva is not None
        if record.member and binds:
            yield record.member


ROOM = Room(ports=(), optional=_optional, flows=_flows, limits=_limits, couples=_couples)
