"""Interruptible load: it may be cut for so long and so often, and recovers a part of the energy afterwards (rebound).

Variables, for every interruptible load i and step t: see `components.demand_response` for events, and
    reduction_mw[i, t]   power less than the forecast, 0 <= . <= reduction_max_ratio * demand_mw
    recovery_mw[i, t]    power on top of the forecast, 0 <= . <= recovery_max_mw; of loads that recover
    backlog_mwh[i, t]    energy still to be recovered at the END of the step, 0 <= .; 0 in the last step
    interrupted[i, t], starting[i, t]   see `commitment.runs`; of loads with any rule on interruptions, or that recover

Constraints: see `components.demand_response` for events, and
    run_start, minimum_run_time, minimum_rest_time, longest_run_time, run_limit   see `commitment.runs`
    reduction_limit[i, t]     reduction_mw <= reduction_max_ratio * demand_mw * interrupted
    reduction_least[i, t]     reduction_mw >= reduction_min_ratio * demand_mw * interrupted
    recovery_limit[i, t]      recovery_mw <= recovery_max_mw * (1 - interrupted)
    recovery_balance[i, t]    backlog[t] = backlog[t-1] + (recovery_ratio * reduction_mw - recovery_mw) * hours
    recovery_deadline[i, t]   backlog[t] <= recovery_ratio * sum of reduction_mw * hours over the steps up to t that end
                              within recovery_hours before the end of t: what was cut earlier has been recovered

An interruption is a run of steps; it lasts at most interruption_max_hours, interruptions rest for rest_min_hours in
between, and at most interruptions_max begin within the horizon or within every local day. Everything that was cut is
recovered, at recovery_ratio, within recovery_hours and by the end of the horizon.

Objective, term `interruption`: cost * reduction_mw * hours + interruption_cost * starting, as often as the step counts.

Not modelled: interruptions and recovery that began before the horizon, notice.
Source: own definition; recovery within a delay as in Zerrahn, Schill (2015), Energy 84,
https://doi.org/10.1016/j.energy.2015.03.037, here only after the cut, and never while interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.commitment import runs
from c4e_opt.components import demand_response
from c4e_opt.components.context import Context
from c4e_opt.components.demand_response import DemandResponseEvent
from c4e_opt.components.terms import Injection, Terms, buses, fleet, profiles, scalars
from c4e_opt.fields import bus, choice, count, identity, number, parts, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.local_time import local_time
from c4e_opt.program import Linear, Room


@record
class InterruptibleLoad:
    """A load that may be cut for so long and so often, and recovers afterwards."""

    id: str = identity(doc="Name of the load.")
    bus: str = bus(doc="Bus that serves it.")
    owner: str = party(doc="Party that pays for the energy.")
    demand_mw: FloatArray = series(unit="MW", minimum=0, doc="Forecast: power taken without interruptions.")
    reduction_max_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=1.0, doc="Largest part of the forecast that may be cut."
    )
    reduction_min_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=0.0,
        doc="Least part of the forecast that an interruption cuts; 0: it may pause without ending.",
    )  # fmt: skip
    cost_eur_per_mwh: Any = number(unit="EUR/MWh", default=0.0, doc="Cost of every MWh that is cut.")
    interruption_cost_eur: Any = number(unit="EUR", minimum=0, default=0.0, doc="Cost of every interruption.")
    interruption_max_hours: Any = number(
        unit="h", minimum=0, default=None, doc="Longest interruption; any when absent."
    )
    interruptions_max: int = count(default=0, doc="Most interruptions within each period; 0: any number.")
    interruptions_period: str = choice(
        "horizon", "day", default="horizon", doc="Period in which interruptions are counted; days are local ones."
    )
    rest_min_hours: Any = number(unit="h", minimum=0, default=0.0, doc="Least time between two interruptions.")
    rested_initially_hours: Any = number(
        unit="h", minimum=0, default=8760.0, doc="Time before the first step since the last interruption."
    )
    recovery_ratio: Any = number(
        unit="MWh/MWh", minimum=0, default=0.0, doc="Energy taken afterwards per energy cut; 0: none is recovered."
    )
    recovery_hours: Any = number(
        unit="h", minimum=0, default=None,
        doc="Time after a step within which what was cut in it is recovered; the whole horizon when absent.",
    )  # fmt: skip
    recovery_max_mw: Any = number(
        unit="MW", minimum=0, default=None,
        doc="Largest power of recovery on top of the forecast; the largest that may be cut when absent.",
    )  # fmt: skip
    events: tuple[DemandResponseEvent, ...] = parts(
        DemandResponseEvent, doc="Times in which using less than a baseline is rewarded."
    )


def check(path: str, load: InterruptibleLoad, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one load; nothing, when it may be formulated."""
    if not load.recovery_ratio:
        for name, unit in (("recovery_hours", "h"), ("recovery_max_mw", "MW")):
            if getattr(load, name) is not None:
                message = "matters only with recovery_ratio above 0; give that too or leave it out"
                yield Issue(f"{path}.{context.units.name(name, unit)}", "unused", message)
    if load.reduction_min_ratio > load.reduction_max_ratio:
        message = f"is {load.reduction_min_ratio:g}, more than reduction_max_ratio, {load.reduction_max_ratio:g}"
        yield Issue(f"{path}.reduction_min_ratio", "range", message)
    yield from demand_response.check(path, load.events, context)


def formulate(room: Room, loads: Sequence[InterruptibleLoad], horizon: Horizon) -> Terms:
    """Add the variables and laws of all interruptible loads at once.

    Args:
        room: The room to write into.
        loads: Checked records; their order is the order of the axis.
        horizon: The steps.

    Returns:
        Injections at the buses, negative: power leaves the bus.
    """
    units = fleet("interruptible_load", loads)
    over = (units, horizon.axis)
    demand = profiles(loads, "demand_mw", horizon.steps)
    most = demand * scalars(loads, "reduction_max_ratio")
    ratio = scalars(loads, "recovery_ratio")
    given = scalars(loads, "recovery_max_mw")
    recovery_max = np.broadcast_to(np.where(np.isnan(given), most.max(axis=1, keepdims=True), given), most.shape)
    recovers = np.broadcast_to(ratio > 0, most.shape)
    reduction = room.variable("reduction_mw", over, 0.0, most, doc="power less than the forecast")
    recovery = room.variable(
        "recovery_mw", over, 0.0, recovery_max, doc="power on top of the forecast", present=recovers
    )
    rules = _rules(loads, horizon)
    if rules.possible.any():
        run = runs.formulate(room, units, rules, horizon, state="interrupted", doc="1 during an interruption")
        room.at_most("reduction_limit", reduction, run.on * most, present=rules.possible)
        least = demand * scalars(loads, "reduction_min_ratio")
        if least.any():
            room.at_least("reduction_least", reduction, run.on * least, present=rules.possible & (least > 0))
        if recovers.any():
            room.at_most("recovery_limit", recovery + run.on * recovery_max, recovery_max, present=recovers)
        cost = scalars(loads, "interruption_cost_eur")
        if cost.any():
            room.minimise("interruption", run.starting * (cost * (horizon.cost_hours / horizon.hours)))
    _recover(room, loads, reduction * (ratio * horizon.hours), recovery * horizon.hours, recovers, horizon)
    room.minimise("interruption", reduction * (scalars(loads, "cost_eur_per_mwh") * horizon.cost_hours))
    served = demand - reduction + recovery
    demand_response.formulate(room, loads, served, demand + np.where(recovers, recovery_max, 0.0), horizon)
    return Terms(injections=(Injection(buses(loads), -served),))


def _recover(
    room: Room,
    loads: Sequence[InterruptibleLoad],
    owed: Linear,
    recovered: Linear,
    recovers: BoolArray,
    horizon: Horizon,
) -> None:
    """Everything owed is recovered after it was cut, and in time; energies (load, time)."""
    if not recovers.any():
        return
    upper = np.full(owed.shape, np.inf)
    upper[:, -1] = 0.0
    backlog = room.variable(
        "backlog_mwh",
        owed.axes,
        0.0,
        upper,
        doc="energy still to be recovered at the end of the step",
        present=recovers,
    )
    room.equal("recovery_balance", backlog, backlog.previous(0.0) + owed - recovered, present=recovers)
    hours = scalars(loads, "recovery_hours")
    timed = recovers & ~np.isnan(hours)
    if timed.any():
        since = horizon.ends - np.rint(np.nan_to_num(hours) * 3600)
        first = np.searchsorted(horizon.ends, since, side="right")
        steps = np.arange(horizon.steps)
        first = np.where(timed, np.minimum(first, steps), steps)
        recent = owed.trailing_sum(first)
        room.at_most("recovery_deadline", backlog, recent, present=timed)


def _rules(loads: Sequence[InterruptibleLoad], horizon: Horizon) -> runs.RunRules:
    """What binds the interruptions of loads that have any rule, or that recover."""
    longest, rest = scalars(loads, "interruption_max_hours"), scalars(loads, "rest_min_hours")
    count_max = scalars(loads, "interruptions_max")
    cost, ratio = scalars(loads, "interruption_cost_eur"), scalars(loads, "recovery_ratio")
    depth = scalars(loads, "reduction_min_ratio")
    ruled = ~np.isnan(longest) | (rest > 0) | (count_max > 0) | (cost > 0) | (ratio > 0) | (depth > 0)
    since_start = (horizon.starts - horizon.start)[None, :] / 3600.0
    rested = since_start >= rest - scalars(loads, "rested_initially_hours") - 1e-9
    daily = np.array([[load.interruptions_period == "day"] for load in loads])
    possible = np.broadcast_to(ruled, (len(loads), horizon.steps))
    return runs.RunRules(
        possible=possible,
        may_start=possible & rested,
        least_hours=np.zeros_like(rest),
        rest_hours=rest,
        longest_hours=np.where(np.isnan(longest), np.inf, longest),
        most_runs=np.where(count_max > 0, count_max, np.inf),
        period=local_time(horizon).date.astype(np.int64) * daily if daily.any() else np.zeros_like(possible, np.int64),
    )
