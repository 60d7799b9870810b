"""Least powers: who charges or discharges does so with a least power, or not at all.

Variables, for every store s with a least power in some step, and step t:
    charge_on[s, t]      1 while it may charge, binary
    discharge_on[s, t]   1 while it may discharge, binary

Constraints:
    charge_on_limit[s, t]       charge_mw <= charge_max_mw * charge_on
    charge_on_floor[s, t]       charge_mw >= charge_min_mw * charge_on
    discharge_on_limit[s, t]    discharge_mw <= discharge_max_mw * discharge_on
    discharge_on_floor[s, t]    discharge_mw >= discharge_min_mw * discharge_on
    one_way_limit[s, t]         charge_on + discharge_on <= 1, of stores that may not do both
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.storage import Limits, Reservoir
from c4e_opt.components.terms import profiles
from c4e_opt.issues import Issue
from c4e_opt.program import Room


def ruled(stores: Sequence[Any]) -> BoolArray:
    """Whether a store has a least power in some step, (store, 1)."""
    return np.array([[bool(np.any(s.charge_min_mw) or np.any(s.discharge_min_mw))] for s in stores], dtype=np.bool_)


def check(path: str, store: Any, context: Context) -> list[Issue]:
    """What is wrong with the least powers of a store."""
    issues: list[Issue] = []
    for way in ("charge", "discharge"):
        least, most = (np.asarray(getattr(store, f"{way}_{end}_mw"), dtype=np.float64) for end in ("min", "max"))
        name = f"{path}.{context.units.name(f'{way}_min_mw', 'MW')}"
        beyond = np.flatnonzero(least > most + np.zeros(context.horizon.steps))
        if beyond.size:
            message = f"is above {way}_max in step {int(beyond[0])}; it must be at most that"
            issues.append(Issue(name, "range", message))
        if least.any() and (store.power_capacity_cost_eur_per_mw is not None or store.one_size):
            issues.append(Issue(name, "capacity", "is not supported where the power is chosen; leave it out"))
    return issues


def formulate(
    room: Room, stores: Sequence[Any], limits: Limits, reservoir: Reservoir, one_way: BoolArray, horizon: Horizon
) -> None:
    """Bind the powers of the stores that have a least one.

    Args:
        room: The room of the stores.
        stores: Checked records.
        limits: What the shared laws need of them.
        reservoir: Their variables.
        one_way: Which of them may not do both, (store, 1).
        horizon: The steps.
    """
    present = ruled(stores)
    if not present.any():
        return
    over = reservoir.charge_mw.axes
    where = np.broadcast_to(present, (len(stores), horizon.steps))
    both = (("charge", reservoir.charge_mw, limits.charge_max_mw),
            ("discharge", reservoir.discharge_mw, limits.discharge_max_mw))  # fmt: skip
    on = {
        way: room.variable(f"{way}_on", over, 0.0, 1.0, doc=f"1 while it may {way}", integral=True, present=where)
        for way, _, _ in both
    }
    for way, power, most in both:
        room.at_most(f"{way}_on_limit", power, on[way] * most, present=where)
        least = profiles(stores, f"{way}_min_mw", horizon.steps)
        room.at_least(f"{way}_on_floor", power, (on[way] * least).nonzero(), present=where & (least > 0))
    if (present & one_way).any():
        room.at_most("one_way_limit", on["charge"] + on["discharge"], 1.0, present=where & one_way)
