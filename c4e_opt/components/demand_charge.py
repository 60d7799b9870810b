"""Demand charges: a connection pays for the highest power of every billing period, as its meter measures it.

Variables, for every charge of a connection and every billing period p that a step of the horizon lies in:
    billed_mw[p]    power that is paid for, ratchet_ratio * ratchet_peak_mw <= ., and peak_before_mw <= . in the first
    carried_mw[p]   what a ratchet carries into a period after the first, ratchet_ratio * ratchet_peak_mw <= .
    excess_mw[e]    of every tier e of a charge in a period: power beyond it, 0 <= .

Constraints, for charge c and the last step t of each measurement, and for periods:
    measured_power[c, t]    sum over the measurement of power * hours / its hours <= billed_mw of the period
    ratchet[p]              carried_mw[p] >= ratchet_ratio * billed_mw[p-1], and
    carried_over[p]         carried_mw[p] >= carried_mw[p-1], so that it is the highest of all periods before
    ratchet_floor[p]        billed_mw >= carried_mw
    tier_excess[e]          excess_mw >= billed_mw - above_mw

Objective, term `demand_charge`: price * billed_mw + (price of the tier - price below it) * excess_mw, once per period
that the horizon touches, however much of it lies within; weights of steps do not count.

A step counts where it starts within the hours of the day and on a weekday of the charge, by local clocks, and where
system_peak is 1; it belongs to the local day and month in which it starts. A measurement is a step, or all counted
steps of an interval of measuring_hours since local midnight, or all counted steps of the period (measure: mean). Of an
interval that the horizon cuts, the part within is measured.

Not modelled: prices that fall as the power rises, ratchets that expire, power factors.
Source: a peak bounded from below by every measurement, with windows and ratchets, as in NREL's REopt.jl, file
electric_utility_constraints.jl, constraints (11d) and (12d) to (12f); tiers of rising prices need no binaries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.fields import choice, names, number, parts, record, series, text
from c4e_opt.issues import Issue, unknown
from c4e_opt.local_time import WEEKDAYS, LocalTime, local_time
from c4e_opt.program import Linear, Room

_DAY_S = 86_400


@record
class DemandChargeTier:
    """A higher price for power beyond a limit."""

    above_mw: Any = number(unit="MW", minimum=0, doc="Limit beyond which this price holds.")
    price_eur_per_mw: Any = number(unit="EUR/MW", minimum=0, doc="Price of every MW beyond it, up to the next tier.")


@record
class DemandCharge:
    """A price on the highest power of a billing period."""

    name: str = text(doc="Name of the charge in results; its place in the list when empty.")
    direction: str = choice("import", "export", default="import", doc="The power that is charged.")
    price_eur_per_mw: Any = number(
        unit="EUR/MW", minimum=0, doc="Price of every MW of the power billed, per billing period."
    )
    tiers: tuple[DemandChargeTier, ...] = parts(
        DemandChargeTier, doc="Higher prices beyond limits, in rising order; one price for all power when empty."
    )
    period: str = choice(
        "month", "day", "horizon", default="month", doc="Billing period: calendar month or day in local time, or all."
    )
    measure: str = choice(
        "highest", "mean", default="highest",
        doc="What is billed of a period: its highest measurement, or the mean over all steps that count.",
    )  # fmt: skip
    measuring_hours: Any = number(
        unit="h", minimum=0, maximum=24, default=0.0,
        doc="Length of the meter's intervals since local midnight, over which power is averaged; 0: a step each.",
    )  # fmt: skip
    begin_hour: Any = number(
        unit="h", minimum=0, maximum=24, default=0.0, doc="Local hour of the day from which on steps count."
    )
    end_hour: Any = number(
        unit="h", minimum=0, maximum=24, default=24.0,
        doc="Local hour of the day up to which steps count; the next day's where it is before begin_hour.",
    )  # fmt: skip
    weekdays: tuple[str, ...] = names(doc="Local weekdays on which steps count, such as monday; all when empty.")
    system_peak: FloatArray = series(
        unit="", minimum=0, maximum=1, default=1.0,
        doc="1 in steps that count, such as the peaks of the network above (coincident peak), 0 elsewhere.",
    )  # fmt: skip
    peak_before_mw: Any = number(
        unit="MW",
        minimum=0,
        default=0.0,
        doc="Power measured before the first step in the billing period of that step.",
    )
    ratchet_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=0.0,
        doc="Least power billed, as a part of the highest billed in any period before; 0: no ratchet.",
    )  # fmt: skip
    ratchet_peak_mw: Any = number(
        unit="MW", minimum=0, default=0.0, doc="Highest power billed in periods before the first, for the ratchet."
    )


def check(path: str, charge: DemandCharge, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one charge; nothing, when it may be formulated."""
    units = context.units
    limit, price = 0.0, charge.price_eur_per_mw
    for place, tier in enumerate(charge.tiers):
        where = f"{path}.tiers[{place}]"
        if tier.above_mw <= limit:
            said = units.say(limit, "MW")
            message = f"is {units.say(tier.above_mw, 'MW')}; tiers must rise, each above {said}"
            yield Issue(f"{where}.{units.name('above_mw', 'MW')}", "order", message)
        if tier.price_eur_per_mw < price:
            message = f"is {tier.price_eur_per_mw:g} EUR/MW after {price:g}"
            message += "; prices that fall as power rises are not supported"
            yield Issue(f"{where}.price_eur_per_mw", "convex", message)
        limit, price = tier.above_mw, tier.price_eur_per_mw
    for day in charge.weekdays:
        if day not in WEEKDAYS:
            yield unknown(f"{path}.weekdays", "choice", "weekday", day, WEEKDAYS)
    if charge.begin_hour == charge.end_hour:
        yield Issue(f"{path}.end_hour", "range", f"is {charge.end_hour:g} h, as begin_hour; no step would ever count")
    flags = np.asarray(charge.system_peak, dtype=np.float64)
    if np.any((flags != 0) & (flags != 1)):
        yield Issue(f"{path}.system_peak", "range", "holds numbers other than 0 and 1; a step counts or it does not")
    if charge.measuring_hours:
        yield from _check_measuring(f"{path}.measuring_hours", charge, context.horizon)


def _check_measuring(path: str, charge: DemandCharge, horizon: Horizon) -> Iterator[Issue]:
    hours = f"is {charge.measuring_hours:g} h"
    interval = _interval(charge)
    if charge.measure == "mean":
        yield Issue(path, "range", f"{hours}; a mean is taken over all steps that count, leave it out")
    elif abs(interval - charge.measuring_hours * 3600) > 1e-6 or not interval or _DAY_S % interval:
        yield Issue(path, "range", f"{hours}; it must be whole seconds and divide a day without rest")
    else:
        begins = local_time(horizon).elapsed_seconds % interval
        crossing = np.flatnonzero(begins + horizon.step_seconds > interval)
        if crossing.size:
            step, length = int(crossing[0]), horizon.hours[crossing[0]]
            message = (
                f"{hours}; the step of {length:g} h at {horizon.axis.labels[step]}Z does not lie within one interval"
            )
            yield Issue(path, "step", f"{message}; take shorter steps, or 0 to measure every step by itself")


def labels(connection: Any) -> list[str]:
    """What the charges of one connection are called in results."""
    named = enumerate(connection.demand_charges, start=1)
    return [f"{connection.id}/{charge.name or place}" for place, charge in named]


@dataclass(frozen=True, slots=True)
class _Billing:
    """What is measured and billed of all charges; arrays (charge, time) unless said."""

    row: IntArray  # connection of every charge, with that of an export charge counted on, (charge,)
    counted: BoolArray
    measurement: IntArray  # number of the measurement of a step; it never falls along a charge
    period: IntArray  # place of the billing period of a step among all periods of all charges
    charge: IntArray  # charge of every billing period, (period,)
    first: BoolArray  # whether a billing period is the first of its charge, (period,)
    labels: tuple[str, ...]  # of the billing periods


def formulate(room: Room, connections: Sequence[Any], imported: Linear, exported: Linear, horizon: Horizon) -> None:
    """Add the demand charges of all connections at once.

    Args:
        room: The room of the connections.
        connections: Checked records; their order is the order of the axis.
        imported: Power taken, (connection, time).
        exported: Power given, (connection, time).
        horizon: The steps.
    """
    charges = [charge for connection in connections for charge in connection.demand_charges]
    if not charges:
        return
    billing = _billing(connections, horizon)
    periods = (Axis("billed_period", billing.labels),)
    ratchet = _of(charges, "ratchet_ratio")[billing.charge]
    floor = ratchet * _of(charges, "ratchet_peak_mw")[billing.charge]
    before = np.where(billing.first, _of(charges, "peak_before_mw")[billing.charge], 0.0)
    billed = room.variable("billed_mw", periods, np.maximum(before, floor), doc="power billed for the period")
    _measure(room, billing, connections, Linear.total(*_both_ways(imported, exported)), billed, horizon)
    carries = (ratchet > 0) & ~billing.first
    if ratchet.any():
        carried = room.variable("carried_mw", periods, floor, doc="power carried over by the ratchet", present=carries)
        last = np.maximum(np.arange(billing.first.size) - 1, 0)  # the period before
        room.at_least("ratchet", carried, billed.at(last, periods) * ratchet, present=carries)
        room.at_least("carried_over", carried, carried.at(last, periods), present=carries & carries[last])
        room.at_least("ratchet_floor", billed, carried, present=carries)
    room.minimise("demand_charge", billed * _of(charges, "price_eur_per_mw")[billing.charge])
    _tiers(room, billing, charges, billed)


def _of(charges: Sequence[DemandCharge], field: str) -> FloatArray:
    """One number per charge, shape (charge,)."""
    return np.array([getattr(charge, field) for charge in charges], dtype=np.float64)


def _interval(charge: DemandCharge) -> int:
    return round(charge.measuring_hours * 3600)


def _both_ways(imported: Linear, exported: Linear) -> tuple[tuple[Axis, ...], list[Linear]]:
    """Imports and exports over one axis, the exports behind the imports."""
    fleet, time = imported.axes
    labels = [f"{way} {label}" for way in ("import", "export") for label in fleet.labels]
    axes = (Axis("metered", labels), time)
    cells = np.arange(imported.cells)
    return axes, [imported.gather(axes, cells), exported.gather(axes, cells + imported.cells)]


def _measure(
    room: Room, billing: _Billing, connections: Sequence[Any], power: Linear, billed: Linear, horizon: Horizon
) -> None:
    """Bound what is billed by every measurement, in the row of its last step."""
    axes = (Axis("demand_charge", [label for each in connections for label in labels(each)]), horizon.axis)
    counts = np.flatnonzero(billing.counted)  # cells (charge, time) in order
    charge, step = np.divmod(counts, horizon.steps)
    number = billing.measurement.ravel()[counts]
    opens = np.ones(counts.size, dtype=np.bool_)
    opens[1:] = (number[1:] != number[:-1]) | (charge[1:] != charge[:-1])
    group = np.cumsum(opens) - 1
    hours = horizon.hours[step]
    last = counts[np.append(np.flatnonzero(opens)[1:], counts.size) - 1] if counts.size else counts
    each = (Axis("counted", counts),)
    mean = power.at(billing.row[charge] * horizon.steps + step, each) * (hours / np.bincount(group, hours)[group])
    present = np.zeros(billing.counted.shape, dtype=np.bool_)
    present.flat[last] = True
    limit = billed.at(billing.period.ravel(), axes)
    room.at_most("measured_power", mean.gather(axes, last[group]), limit, present=present)


def _tiers(room: Room, billing: _Billing, charges: Sequence[DemandCharge], billed: Linear) -> None:
    """Charge what lies beyond a tier with what the tier costs more than the one below."""
    tiers = [(n, tier) for n, charge in enumerate(charges) for tier in charge.tiers]
    if not tiers:
        return
    below = [price for charge in charges for price in _prices(charge)[:-1]]
    owner = np.array([n for n, _ in tiers])
    period, tier = np.nonzero(billing.charge[:, None] == owner[None, :])
    called = [f"{billing.labels[p]} above {tiers[t][1].above_mw:g} MW" for p, t in zip(period, tier, strict=True)]
    axes = (Axis("billed_tier", called),)
    excess = room.variable("excess_mw", axes, doc="power billed beyond the tier")
    above = np.array([each.above_mw for _, each in tiers])
    room.at_least("tier_excess", excess, billed.at(period, axes) - above[tier])
    more = np.array([each.price_eur_per_mw for _, each in tiers]) - np.array(below)
    room.minimise("demand_charge", excess * more[tier])


def _prices(charge: DemandCharge) -> list[float]:
    return [charge.price_eur_per_mw, *(tier.price_eur_per_mw for tier in charge.tiers)]


def _billing(connections: Sequence[Any], horizon: Horizon) -> _Billing:
    """Measurements and billing periods of all charges, by local clocks."""
    clock = local_time(horizon)
    charges = [(n, charge) for n, each in enumerate(connections) for charge in each.demand_charges]
    shape = (len(charges), horizon.steps)
    counted, measurement = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.int64)
    period = np.zeros(shape, dtype=np.int64)
    called: list[str] = []
    owner: list[int] = []
    charge_labels = [label for each in connections for label in labels(each)]
    for place, (name, (_, charge)) in enumerate(zip(charge_labels, charges, strict=True)):
        begins = {"day": clock.date, "month": clock.month}.get(charge.period, np.zeros(horizon.steps, dtype=np.int64))
        known, number = np.unique(begins, return_inverse=True)
        counted[place] = _counted(charge, clock)
        period[place] = len(called) + number
        measurement[place] = period[place] if charge.measure == "mean" else _intervals(charge, clock)
        called += [f"{name}/{'horizon' if charge.period == 'horizon' else when}" for when in known]
        owner += [place] * known.size
    of_period = np.array(owner, dtype=np.int64)
    first = np.ones(of_period.size, dtype=np.bool_)
    first[1:] = of_period[1:] != of_period[:-1]
    row = [n + (len(connections) if charge.direction == "export" else 0) for n, charge in charges]
    return _Billing(np.array(row), counted, measurement, period, of_period, first, tuple(called))


def _counted(charge: DemandCharge, clock: LocalTime) -> BoolArray:
    begin, end = charge.begin_hour * 3600, charge.end_hour * 3600
    after, before = clock.clock_seconds >= begin, clock.clock_seconds < end
    counts = (after & before) if begin < end else (after | before)
    if charge.weekdays:
        counts = counts & np.isin(clock.weekday, [WEEKDAYS.index(day) for day in charge.weekdays])
    return counts & (np.asarray(charge.system_peak) > 0)


def _intervals(charge: DemandCharge, clock: LocalTime) -> IntArray:
    """The interval of the meter of every step, counted up through all days; every step its own without intervals."""
    interval = _interval(charge)
    if not interval:
        return np.arange(clock.weekday.size)
    day = clock.date.astype(np.int64)
    return day * (2 * _DAY_S // interval) + clock.elapsed_seconds // interval
