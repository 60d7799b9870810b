"""What an answer must hold for interruptible loads.

How long and how often they are interrupted: see `verify.runs`; what their events reward: see `verify.demand_response`.

Laws:
    interruptible_load_reduction_limit   reduction lies between the least and the largest part of the forecast during an
                                         interruption, and is zero outside; of loads without rules, at most the largest
    interruptible_load_recovery_limit    0 <= recovery <= the limit, nothing during interruptions, nothing of loads that
                                         recover nothing
    interruptible_load_recovered         by the end of every step no more is recovered than was cut, times the ratio, no
                                         less than what was cut long enough before, and all of it in the last step
    interruptible_load_backlog           the backlog is what was cut less what was recovered
    interruptible_load_price             price against the cost of what is cut, as the load is interrupted; not judged
                                         of loads that recover or have events
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import demand_response, runs
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _has_rules(record: Any) -> bool:
    counted = record.interruptions_max > 0 or record.interruption_cost_eur > 0
    timed = record.interruption_max_hours is not None or record.rest_min_hours > 0
    return counted or timed or record.recovery_ratio > 0 or record.reduction_min_ratio > 0


def _ruled(fleet: Fleet) -> BoolArray:
    return np.array([[_has_rules(record)] for record in fleet.records])


def _taken(fleet: Fleet) -> FloatArray:
    return fleet.series("demand_mw") - fleet.answer("reduction_mw") + fleet.answer("recovery_mw")


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-_taken(fleet),)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    axes = ("interruptible_load", "time")
    quantities: dict[str, tuple[str, ...]] = dict(demand_response.more("interruptible_load", records))
    if any(_has_rules(record) for record in records):
        quantities |= dict.fromkeys(("interrupted", "starting"), axes)
    if any(record.recovery_ratio > 0 for record in records):
        quantities["backlog_mwh"] = axes
    return quantities


def _optional(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return demand_response.decisions("interruptible_load", records)


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return demand_response.labels("interruptible_load", records)


def _most(fleet: Fleet) -> FloatArray:
    """The most that may be cut, as the loads are interrupted."""
    most = fleet.number("reduction_max_ratio") * fleet.series("demand_mw")
    return most * np.where(_ruled(fleet), fleet.answer("interrupted"), 1.0) if fleet.has("interrupted") else most


def _least(fleet: Fleet) -> FloatArray:
    """The least that is cut, as the loads are interrupted."""
    least = fleet.number("reduction_min_ratio") * fleet.series("demand_mw")
    return least * fleet.answer("interrupted") if fleet.has("interrupted") else np.zeros(fleet.shape)


def _limits(fleet: Fleet) -> None:
    fleet.within("reduction_limit", "reduction_mw", _most(fleet), _least(fleet))
    given, cut = fleet.number("recovery_max_mw"), fleet.number("reduction_max_ratio") * fleet.series("demand_mw")
    most = np.where(np.isnan(given), cut.max(axis=1)[:, None], given) * (fleet.number("recovery_ratio") > 0)
    if fleet.has("interrupted"):
        most = most * (1.0 - fleet.answer("interrupted"))
    fleet.within("recovery_limit", "recovery_mw", np.broadcast_to(most, fleet.shape))
    _recovery(fleet)
    if fleet.has("interrupted"):
        _runs(fleet)
    demand_response.check(fleet, _taken(fleet))


def _recovery(fleet: Fleet) -> None:
    if not fleet.has("backlog_mwh"):
        return
    hours = fleet.horizon.hours
    ratio = fleet.number("recovery_ratio")
    cut = np.cumsum(fleet.answer("reduction_mw") * hours, axis=1) * ratio
    recovered = np.cumsum(fleet.answer("recovery_mw") * hours, axis=1)
    late = np.zeros(fleet.shape)
    for row, record in enumerate(fleet.records):
        if record.recovery_ratio > 0:
            wait = np.inf if record.recovery_hours is None else record.recovery_hours * 3600
            for step, end in enumerate(fleet.horizon.ends):
                due = np.flatnonzero(fleet.horizon.ends[:step] <= end - wait + 0.5)
                late[row, step] = (cut[row, due[-1]] if due.size else 0.0) - recovered[row, step]
            late[row, -1] = cut[row, -1] - recovered[row, -1]
    early = np.where(ratio > 0, recovered - cut, 0.0)
    fleet.hold("recovered", np.maximum(late, early), "MWh", cut, recovered)
    backlog = fleet.answer("backlog_mwh")
    owed = np.where(ratio > 0, cut - recovered, 0.0)
    fleet.hold("backlog", np.abs(backlog - owed), "MWh", cut, recovered)


def _runs(fleet: Fleet) -> None:
    zone = ZoneInfo(fleet.horizon.time_zone)
    days = np.array([datetime.fromtimestamp(int(start), zone).toordinal() for start in fleet.horizon.starts])
    daily = np.array([[record.interruptions_period == "day"] for record in fleet.records])
    longest, most = fleet.number("interruption_max_hours"), fleet.number("interruptions_max")
    rules = runs.Rules(
        ruled=_ruled(fleet),
        least_hours=np.zeros((fleet.shape[0], 1)),
        longest_hours=np.where(np.isnan(longest), np.inf, longest),
        rest_hours=fleet.number("rest_min_hours"),
        rested_hours=fleet.number("rested_initially_hours"),
        most=np.where(most > 0, most, np.inf),
        period=np.where(daily, days, 0),
        until=np.full((fleet.shape[0], 1), np.inf),
    )
    runs.check(fleet, "interrupted", rules)


def _costs(fleet: Fleet, bill: Bill) -> None:
    horizon = fleet.horizon
    bill.add_energy("interruption", fleet.answer("reduction_mw"), fleet.number("cost_eur_per_mwh"), horizon.cost_hours)
    if fleet.has("starting"):
        cost = fleet.number("interruption_cost_eur") * horizon.cost_hours / horizon.hours
        bill.add("interruption", cost * fleet.answer("starting"))
    demand_response.costs(fleet, bill)


def _prices(fleet: Fleet) -> None:
    (price,) = port_prices(fleet)
    judged = np.array([[not record.events and not record.recovery_ratio] for record in fleet.records])
    loss = np.broadcast_to(fleet.number("cost_eur_per_mwh") - price, fleet.shape)
    judged = np.broadcast_to(judged, fleet.shape)
    regret(fleet, "price", "reduction_mw", loss, _most(fleet), _least(fleet), judged=judged)


ROOM = Room(
    quantities=("reduction_mw", "recovery_mw"),
    more=_more,
    optional=_optional,
    labels=_labels,
    binaries=("interrupted", "starting", demand_response.BINARY),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
