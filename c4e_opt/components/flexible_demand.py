"""Flexible demand: a load that may be shed at a value, and shifted within windows of fixed length.

Variables, for every flexible demand f and step t: see `components.demand_response` for events, and
    shed_mw[f, t]      power not served, 0 <= . <= shed_max_ratio * demand_mw
    advance_mw[f, t]   power served on top of the forecast in its window, 0 <= . <= shift_max_mw
    postpone_mw[f, t]  power taken away from the forecast in its window, 0 <= . <= shift_max_mw
    tranche_shed_mw[i, t]   of every tranche i of a load with tranches: its part of shed_mw,
                            0 <= . <= ratio * demand_mw; the last one, the rest, has what shed_max_ratio leaves over

Constraints: see `components.demand_response` for events, and
    shed_tranches[f, t]   shed_mw = sum over the tranches of tranche_shed_mw, of loads with tranches
    service_limit[f, t]   shed_mw + postpone_mw <= demand_mw
    shift_balance[f, t]   at the last step of each window: sum over the window of (advance_mw - postpone_mw) * hours = 0

Windows follow one another from the first step; each is shift_window_hours long, the last may be shorter.
A step belongs to the window in which it starts.

Objective, term `shedding`: value of the tranche * tranche_shed_mw * hours, shed_value for the rest and for loads
without tranches; so the cheapest tranches are shed first.

Not modelled: contiguous profiles (see shiftable loads), losses of shifting, recovery (see interruptible loads).
Source: own definition; energy-neutral windows as in oemof-solph's SinkDSM, approach "oemof" (documentation, 0.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components import demand_response
from c4e_opt.components.context import Context
from c4e_opt.components.demand_response import DemandResponseEvent
from c4e_opt.components.terms import Injection, Terms, buses, fleet, profiles, scalars
from c4e_opt.fields import bus, identity, number, parts, party, record, series, text
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class ShedTranche:
    """A part of a load with a worth of its own."""

    ratio: Any = number(unit="", minimum=0, maximum=1, doc="Part of the forecast that belongs to it.")
    value_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, doc="Worth of every MWh of it; lost when shed.")
    load_class: str = text(doc="What it is, such as critical or comfort: its name in results; its place when empty.")


@record
class FlexibleDemand:
    """A load that can wait, or do without at a price."""

    id: str = identity(doc="Name of the load.")
    bus: str = bus(doc="Bus that serves it.")
    owner: str = party(doc="Party that pays for the energy.")
    demand_mw: FloatArray = series(unit="MW", minimum=0, doc="Forecast: power wanted from the bus.")
    shed_value_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, doc="Worth of every MWh served; lost when shed.")
    shed_max_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=1.0, doc="Largest part of the forecast that may be shed."
    )
    shift_max_mw: Any = number(
        unit="MW", minimum=0, default=0.0, doc="Largest power moved into or out of a step; 0: no shifting."
    )
    shift_window_hours: Any = number(
        unit="h", minimum=0, default=0.0, doc="Length of the windows within which energy may move; 0: no shifting."
    )

    tranches: tuple[ShedTranche, ...] = parts(
        ShedTranche, doc="Parts of the forecast with other worths; shed_value_eur_per_mwh holds for the rest."
    )
    events: tuple[DemandResponseEvent, ...] = parts(
        DemandResponseEvent, doc="Times in which using less than a baseline is rewarded."
    )


def check(path: str, load: FlexibleDemand, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one load; nothing, when it may be formulated."""
    total = sum(tranche.ratio for tranche in load.tranches)
    if total > load.shed_max_ratio * (1 + 1e-9):
        message = f"the ratios add up to {total:g}; they must not exceed shed_max_ratio, {load.shed_max_ratio:g}"
        yield Issue(f"{path}.tranches", "range", message)
    called = tranche_labels(load)
    for place, label in enumerate(called[:-1]):
        if label in called[:place] or label == called[-1]:
            message = f"{label!r} is already what another tranche is called in results; name this one otherwise"
            yield Issue(f"{path}.tranches[{place}].load_class", "duplicate_id", message)
    yield from demand_response.check(path, load.events, context)


def tranche_labels(load: FlexibleDemand) -> list[str]:
    """What the tranches of one load are called in results, the rest last; none without tranches."""
    named = [tranche.load_class or str(place) for place, tranche in enumerate(load.tranches, start=1)]
    return [f"{load.id}/{name}" for name in [*named, "rest"]] if named else []


def window_ends(loads: Sequence[FlexibleDemand], horizon: Horizon) -> tuple[FloatArray, BoolArray]:
    """The first step of the window of each step, and whether the step is the last of its window, (load, time)."""
    hours = np.maximum(scalars(loads, "shift_window_hours"), 1e-9)
    elapsed = (horizon.starts - horizon.start)[None, :] / 3600.0
    window = np.floor(elapsed / hours + 1e-9).astype(np.int64)
    opens = np.ones_like(window, dtype=np.bool_)
    opens[:, 1:] = window[:, 1:] != window[:, :-1]
    step = np.arange(horizon.steps)[None, :]
    first = np.maximum.accumulate(np.where(opens, step, 0), axis=1)
    last = np.ones_like(opens)
    last[:, :-1] = opens[:, 1:]
    return first, last


def formulate(room: Room, loads: Sequence[FlexibleDemand], horizon: Horizon) -> Terms:
    """Add the variables and laws of all flexible demands at once.

    Args:
        room: The room to write into.
        loads: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, negative: power leaves the bus.
    """
    over = (fleet("flexible_demand", loads), horizon.axis)
    demand = profiles(loads, "demand_mw", horizon.steps)
    shift_max = scalars(loads, "shift_max_mw")
    shiftable = np.broadcast_to((shift_max > 0) & (scalars(loads, "shift_window_hours") > 0), demand.shape)

    shed = room.variable("shed_mw", over, 0.0, demand * scalars(loads, "shed_max_ratio"), doc="power not served")
    advance = room.variable(
        "advance_mw", over, 0.0, shift_max, doc="power served on top of the forecast", present=shiftable
    )
    postpone = room.variable(
        "postpone_mw", over, 0.0, shift_max, doc="power taken away from the forecast", present=shiftable
    )
    first, last = window_ends(loads, horizon)
    moved = (advance - postpone) * horizon.hours
    room.at_most("service_limit", shed + postpone, demand, present=shiftable)
    room.equal(
        "shift_balance",
        moved.trailing_sum(np.where(last & shiftable, first, np.arange(horizon.steps))),
        0.0,
        present=last & shiftable,
    )
    value = np.where([[bool(load.tranches)] for load in loads], 0.0, scalars(loads, "shed_value_eur_per_mwh"))
    room.minimise("shedding", shed * (value * horizon.cost_hours))
    _tranches(room, loads, shed, demand, horizon)
    served = demand - shed - postpone + advance
    demand_response.formulate(room, loads, served, demand + np.where(shiftable, shift_max, 0.0), horizon)
    return Terms(injections=(Injection(buses(loads), -served),))


def _tranches(room: Room, loads: Sequence[FlexibleDemand], shed: Linear, demand: FloatArray, horizon: Horizon) -> None:
    """Split what is shed into tranches, each at its own value."""
    owner = np.array([row for row, load in enumerate(loads) for _ in tranche_labels(load)], dtype=np.int64)
    if not owner.size:
        return
    over = (Axis("shed_tranche", [label for load in loads for label in tranche_labels(load)]), horizon.axis)
    split = [load for load in loads if load.tranches]
    rest = [load.shed_max_ratio - sum(each.ratio for each in load.tranches) for load in split]
    ratio = [[*(each.ratio for each in load.tranches), max(left, 0.0)] for load, left in zip(split, rest, strict=True)]
    value = [[*(each.value_eur_per_mwh for each in load.tranches), load.shed_value_eur_per_mwh] for load in split]
    most = demand[owner] * np.concatenate(ratio)[:, None]
    part = room.variable("tranche_shed_mw", over, 0.0, most, doc="power of a tranche that is not served")
    present = np.broadcast_to([[bool(load.tranches)] for load in loads], shed.shape)
    room.equal("shed_tranches", shed, part.along(shed.axes[0], owner), present=present)
    room.minimise("shedding", part * (np.concatenate(value)[:, None] * horizon.cost_hours))
