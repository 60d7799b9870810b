"""Flexible demand: a load that may be shed at a value, and shifted within windows of fixed length.

Variables, for every flexible demand f and step t:
    shed_mw[f, t]      power not served, 0 <= . <= shed_max_ratio * demand_mw
    advance_mw[f, t]   power served on top of the forecast in its window, 0 <= . <= shift_max_mw
    postpone_mw[f, t]  power taken away from the forecast in its window, 0 <= . <= shift_max_mw

Constraints:
    service_limit[f, t]   shed_mw + postpone_mw <= demand_mw
    shift_balance[f, t]   at the last step of each window: sum over the window of (advance_mw - postpone_mw) * hours = 0

Windows follow one another from the first step; each is shift_window_hours long, the last may be shorter.
A step belongs to the window in which it starts.

Objective, term `shedding`: shed_value * shed_mw * hours.

Not modelled: several priced tranches, contiguous profiles, losses of shifting, recovery after interruption.
Source: own definition; energy-neutral windows as in oemof-solph's SinkDSM, approach "oemof" (documentation, 0.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Injection, Terms, buses, fleet, profiles, scalars
from c4e_opt.fields import bus, identity, number, party, record, series
from c4e_opt.program import Room


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
    room.minimise("shedding", shed * (scalars(loads, "shed_value_eur_per_mwh") * horizon.cost_hours))
    return Terms(injections=(Injection(buses(loads), shed + postpone - advance - demand),))
