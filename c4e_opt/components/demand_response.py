"""Demand response: within an event, a load that uses less than its baseline is rewarded, up to what it committed to.

Variables, for every event e of a load and every step t within it:
    rewarded_mw[e, t]   reduction that is rewarded, 0 <= . <= committed_mw
    reducing[e, t]      1 while the load uses no more than its baseline, binary; only where it could use more

Constraints:
    event_reduction[e, t]   rewarded_mw <= baseline_mw - consumed, where consumed is the power that the load takes;
                            with a binary: + (most that it could take - baseline_mw) * (1 - reducing)
    event_choice[e, t]      rewarded_mw <= committed_mw * reducing

Objective, term `demand_response`: (penalty * (committed_mw - rewarded_mw) - reward * rewarded_mw) * hours.

Events begin and end with steps; what lies outside the horizon does not count. Every step is judged by itself: more than
the baseline in one is not set off against less in another. Where baselines come from is not decided here.
Source: own definition, after the baseline programmes of the NAESB Measurement and Verification standard (WEQ-015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.fields import moment, number, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class DemandResponseEvent:
    """A time in which using less than a baseline is rewarded."""

    begin: int = moment(doc="When it begins: the begin of a step, or before the horizon.")
    end: int = moment(doc="When it ends: the end of a step, or after the horizon.")
    baseline_mw: FloatArray = series(unit="MW", minimum=0, doc="Power that the load would take without the event.")
    committed_mw: Any = number(unit="MW", minimum=0, doc="Largest reduction that is rewarded.")
    reward_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, doc="Received for every MWh less than the baseline, up to the commitment."
    )
    penalty_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=0.0, doc="Paid for every MWh that is missing of the commitment."
    )


def check(path: str, events: Sequence[DemandResponseEvent], context: Context) -> Iterator[Issue]:
    """What is wrong with the events of one load; nothing, when they may be formulated."""
    horizon = context.horizon
    for place, event in enumerate(events):
        where = f"{path}.events[{place}]"
        if event.end <= event.begin:
            yield Issue(f"{where}.end", "range", "is not after the begin; the event would be empty")
        elif event.end <= horizon.start or event.begin >= horizon.end:
            yield Issue(f"{where}.begin", "horizon", "the event lies outside the horizon; drop it or move the horizon")
        for name, moments in (("begin", horizon.starts), ("end", horizon.ends)):
            at = getattr(event, name)
            if horizon.start < at < horizon.end and at not in moments:
                told = f"{np.datetime64(at, 's')}Z"
                yield Issue(f"{where}.{name}", "step", f"is {told}, within a step; events begin and end with steps")


def formulate(room: Room, loads: Sequence[Any], consumed: Linear, most_mw: FloatArray, horizon: Horizon) -> None:
    """Add the events of all loads of a kind at once.

    Args:
        room: The room of the loads.
        loads: Checked records with `events`; their order is the order of the axis.
        consumed: Power that they take, (load, time).
        most_mw: The most that it can be, (load, time).
        horizon: The steps.
    """
    events = [(row, event) for row, load in enumerate(loads) for event in load.events]
    if not events:
        return
    owner = np.array([row for row, _ in events])
    over = (Axis(f"{room.kind}_event", [label for load in loads for label in labels(load)]), horizon.axis)
    begin, end = (np.array([[getattr(event, name)] for _, event in events]) for name in ("begin", "end"))
    during = (horizon.starts >= begin) & (horizon.ends <= end)
    baseline = np.array([np.broadcast_to(event.baseline_mw, horizon.steps) for _, event in events])
    committed, reward, penalty = (
        np.array([[getattr(event, name)] for _, event in events], dtype=np.float64)
        for name in ("committed_mw", "reward_eur_per_mwh", "penalty_eur_per_mwh")
    )
    beyond = np.maximum(most_mw[owner] - baseline, 0.0)
    rewarded = room.variable("rewarded_mw", over, 0.0, committed, doc="reduction that is rewarded", present=during)
    cells = (owner[:, None] * horizon.steps + np.arange(horizon.steps)).ravel()
    reduction = -consumed.at(cells, over) + baseline
    decides = during & (beyond > 0)
    if decides.any():
        doc = "1 while the load uses no more than its baseline"
        reducing = room.variable("reducing", over, 0.0, 1.0, doc=doc, integral=True, present=decides)
        reduction = reduction + beyond - reducing * beyond
        room.at_most("event_choice", rewarded, reducing * committed, present=decides)
    room.at_most("event_reduction", rewarded, reduction, present=during)
    due = np.where(during, committed * penalty, 0.0)
    room.minimise("demand_response", (due - rewarded * (reward + penalty)) * horizon.cost_hours)


def labels(load: Any) -> list[str]:
    """What the events of one load are called in results."""
    return [f"{load.id}/{place}" for place, _ in enumerate(load.events, start=1)]
