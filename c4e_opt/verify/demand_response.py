"""Demand response: what events reward, from the power that their loads really take.

Laws, for kind = flexible_demand, interruptible_load:
    <kind>_rewarded_limit    0 <= rewarded <= commitment within an event, nothing outside
    <kind>_event_reduction   no more is rewarded than the load takes less than its baseline, nothing when it takes more
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet

#: Whether a load may exceed its baseline, in steps in which it could.
BINARY = "reducing"


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of events."""
    return {"rewarded_mw": (f"{kind}_event", "time")} if any(record.events for record in records) else {}


def decisions(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of events in some of the cases, as loads may exceed their baselines there."""
    return dict.fromkeys([BINARY] if more(kind, records) else [], (f"{kind}_event", "time"))


def labels(kind: str, records: Sequence[Any]) -> Mapping[str, Sequence[str]]:
    """Names of events."""
    names = [f"{record.id}/{place + 1}" for record in records for place in range(len(record.events))]
    return {f"{kind}_event": names} if names else {}


def _during(event: Any, horizon: Horizon) -> BoolArray:
    return ~((horizon.starts < event.begin) | (horizon.ends > event.end))


def check(fleet: Fleet, taken: FloatArray) -> None:
    """Check what is rewarded.

    Args:
        fleet: The loads of a kind.
        taken: Power that they take, (component, time).
    """
    events = [(row, event) for row, record in enumerate(fleet.records) for event in record.events]
    if not events:
        return
    rewarded = fleet.answer("rewarded_mw")
    most, beyond = np.zeros(rewarded.shape), np.zeros(rewarded.shape)
    for place, (row, event) in enumerate(events):
        most[place] = event.committed_mw * _during(event, fleet.horizon)
        beyond[place] = rewarded[place] - np.maximum(event.baseline_mw - taken[row], 0.0)

    def name(place: int) -> str:
        return f"{fleet.name(events[place][0])}, an event from {np.datetime64(events[place][1].begin, 's')}Z"

    fleet.hold("rewarded_limit", np.maximum(-rewarded, rewarded - most), "MW", rewarded, name=name)
    owners = [row for row, _ in events]
    fleet.hold("event_reduction", np.where(rewarded > 0, beyond, 0.0), "MW", rewarded, taken[owners], name=name)


def costs(fleet: Fleet, bill: Bill) -> None:
    """Add rewards and penalties."""
    hours = fleet.horizon.cost_hours
    place = 0
    for record in fleet.records:
        for event in record.events:
            rewarded = fleet.answer("rewarded_mw")[place]
            missing = (event.committed_mw - rewarded) * _during(event, fleet.horizon)
            bill.add(
                "demand_response", (missing * event.penalty_eur_per_mwh - rewarded * event.reward_eur_per_mwh) * hours
            )
            place += 1
