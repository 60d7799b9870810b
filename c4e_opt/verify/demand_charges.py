"""Demand charges: what the meter of a connection shows and what is billed for it, read off local clocks step by step.

Laws:
    grid_connection_billed_power    the power billed is the highest measured of the period, what was measured before the
                                    first step in the first period, and what the ratchet demands; not less where
                                    nothing is paid for more
    grid_connection_billed_excess   likewise what is billed beyond a tier
    grid_connection_carried_power   a ratchet carries at least its part of every period before
    grid_connection_demand_charge_price   a shadow price of every measurement at the peak exists that explains the
                                    imports (exports) of its steps at the prices of the bus, and those of a period
                                    add up to what one more MW billed costs

The price law is judged where every step counts in one charge of its direction at most, no ratchet carries a peak into
later periods, and neither ramps nor contracts bind the connection; elsewhere the price conditions are skipped, of the
connection for ramps, of its direction for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.regret import directed

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class BilledPeriod:
    """One billing period of one charge."""

    row: int  # of the connection
    place: int  # of the charge among those of the connection
    charge: Any
    label: str
    opening: bool  # whether it is the first period of the charge
    steps: IntArray  # that count
    reading: IntArray  # the measurement that each of them belongs to, from 0

    def measured(self, power: FloatArray, hours: FloatArray) -> FloatArray:
        """Mean power of every measurement; none where no step counts."""
        if not self.steps.size:
            return np.zeros(0)
        span = hours[self.steps]
        return np.bincount(self.reading, power[self.steps] * span) / np.bincount(self.reading, span)

    def prices(self) -> list[tuple[float, float]]:
        """Where each price begins, and the price."""
        return [(0.0, self.charge.price_eur_per_mw), *((t.above_mw, t.price_eur_per_mw) for t in self.charge.tiers)]


def periods(records: Sequence[Any], horizon: Horizon) -> list[BilledPeriod]:
    """Every billing period of every charge, in the order of the schedule."""
    if not any(record.demand_charges for record in records):
        return []
    zone = ZoneInfo(horizon.time_zone)
    moments = [datetime.fromtimestamp(int(start), zone) for start in horizon.starts]
    found: list[BilledPeriod] = []
    for row, record in enumerate(records):
        for place, charge in enumerate(record.demand_charges):
            keys = [_period(charge.period, moment) for moment in moments]
            counts = np.array([_counts(charge, moment) for moment in moments]) & (np.asarray(charge.system_peak) == 1)
            name = f"{record.id}/{charge.name if charge.name else place + 1}"
            members: dict[str, list[int]] = {key: [] for key in sorted(set(keys))}
            for t in np.flatnonzero(counts).tolist():
                members[keys[t]].append(t)
            for key, within in members.items():
                marks = [_reading(charge, t, moments[t], int(horizon.starts[t]), zone) for t in within]
                steps = np.array(within, dtype=np.int64)
                number = {mark: n for n, mark in enumerate(dict.fromkeys(marks))}
                reading = np.array([number[mark] for mark in marks], dtype=np.int64)
                found.append(BilledPeriod(row, place, charge, f"{name}/{key}", key == keys[0], steps, reading))
    return found


def _period(period: str, moment: datetime) -> str:
    return {"month": f"{moment:%Y-%m}", "day": f"{moment:%Y-%m-%d}"}.get(period, "horizon")


def _counts(charge: Any, moment: datetime) -> bool:
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    begin, end = charge.begin_hour, charge.end_hour
    inside = begin <= hour < end if begin < end else hour >= begin or hour < end
    return inside and (not charge.weekdays or WEEK[moment.weekday()] in charge.weekdays)


def _reading(charge: Any, step: int, moment: datetime, start: int, zone: ZoneInfo) -> tuple[date, int]:
    if charge.measure == "mean":
        return date.min, 0
    if not charge.measuring_hours:
        return date.min, step
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=zone).timestamp()
    passed = timedelta(seconds=start - midnight) / timedelta(hours=charge.measuring_hours)
    return moment.date(), int(passed + 1e-9)


def labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    """Names of billing periods and of tiers in them."""
    billed = periods(records, horizon)
    tiers = [f"{each.label} above {tier.above_mw:g} MW" for each in billed for tier in each.charge.tiers]
    return {"billed_period": [each.label for each in billed], "billed_tier": tiers}


def more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says of demand charges."""
    charges = [charge for record in records for charge in record.demand_charges]
    quantities: dict[str, tuple[str, ...]] = {"billed_mw": ("billed_period",)} if charges else {}
    if any(charge.ratchet_ratio > 0 for charge in charges):
        quantities["carried_mw"] = ("billed_period",)
    if any(charge.tiers for charge in charges):
        quantities["excess_mw"] = ("billed_tier",)
    return quantities


def _powers(fleet: Fleet, each: BilledPeriod) -> FloatArray:
    return fleet.answer(f"{each.charge.direction}_mw")[each.row]


def _due(fleet: Fleet, billed: Sequence[BilledPeriod]) -> tuple[FloatArray, FloatArray]:
    """The power to be billed and what the ratchet carries, of every period."""
    due, carried = np.zeros(len(billed)), np.zeros(len(billed))
    highest = 0.0
    for n, each in enumerate(billed):
        if each.opening:
            highest = each.charge.ratchet_peak_mw
        carried[n] = each.charge.ratchet_ratio * highest
        readings = each.measured(_powers(fleet, each), fleet.horizon.hours)
        before = each.charge.peak_before_mw if each.opening else 0.0
        due[n] = max(readings.max(initial=0.0), before, carried[n])
        highest = max(highest, due[n])
    return due, carried


def check(fleet: Fleet) -> None:
    """Check what is billed, and the carried power where a ratchet needs one.

    Args:
        fleet: The grid connections.
    """
    billed = periods(fleet.records, fleet.horizon)
    if not billed:
        return
    due, carried = _due(fleet, billed)
    said = fleet.answer("billed_mw")
    paid = np.array(
        [_margin(each.prices(), power, fleet.nothing)[1] > 0 for each, power in zip(billed, due, strict=True)]
    )
    wrong = np.where(paid, np.abs(said - due), due - said)
    fleet.hold("billed_power", wrong, "MW", said, name=lambda row: billed[row].label)
    if fleet.has("carried_mw"):
        later = np.array([not each.opening and each.charge.ratchet_ratio > 0 for each in billed])
        missing = np.where(later, carried - fleet.answer("carried_mw"), np.abs(fleet.answer("carried_mw")))
        fleet.hold("carried_power", missing, "MW", carried, name=lambda row: billed[row].label)
    if fleet.has("excess_mw"):
        tiers = _tiers(billed)
        beyond = np.array([max(due[n] - above, 0.0) for n, above, _ in tiers])
        excess = fleet.answer("excess_mw")
        costly = np.array([more_eur > 0 for _, _, more_eur in tiers])
        wrong = np.where(costly, np.abs(excess - beyond), beyond - excess)
        fleet.hold("billed_excess", wrong, "MW", excess, name=lambda row: billed[tiers[row][0]].label)


def _tiers(billed: Sequence[BilledPeriod]) -> list[tuple[int, float, float]]:
    """Of every tier of every period: its period, its limit, and what it costs more than the one below."""
    found: list[tuple[int, float, float]] = []
    for n, each in enumerate(billed):
        prices = each.prices()
        found += [(n, above, price - below) for (above, price), (_, below) in zip(prices[1:], prices[:-1], strict=True)]
    return found


def costs(fleet: Fleet, bill: Bill) -> None:
    """Add what the billed power costs."""
    billed = periods(fleet.records, fleet.horizon)
    if not billed:
        return
    price = np.array([each.charge.price_eur_per_mw for each in billed])
    bill.add("demand_charge", price * fleet.answer("billed_mw"))
    if fleet.has("excess_mw"):
        bill.add("demand_charge", fleet.answer("excess_mw") * [more_eur for _, _, more_eur in _tiers(billed)])


def _margin(prices: Sequence[tuple[float, float]], power: float, nothing: float) -> tuple[float, float]:
    """What one MW less saves and one MW more costs."""
    less = [price for begin, price in prices if power > begin + nothing]
    more_ = [price for begin, price in prices if power > begin - nothing]
    return (less[-1] if less else 0.0), more_[-1]


def check_prices(fleet: Fleet, gains: Mapping[str, FloatArray]) -> dict[str, BoolArray]:
    """Check the price law of demand charges.

    Args:
        fleet: The grid connections.
        gains: What one MWh more in a direction earns besides the charge, (connection, time), by direction.

    Returns:
        By direction, the cells that no price condition of a single step may judge, (connection, time).
    """
    exempt = {way: np.zeros(fleet.shape, dtype=np.bool_) for way in gains}
    for row, record in enumerate(fleet.records):
        for way, cells in exempt.items():
            contract = record.energy_min_mwh > 0 or record.energy_max_mwh is not None
            cells[row] = record.ramp_max_mw_per_hour is not None or (way == "import" and contract)
    billed = periods(fleet.records, fleet.horizon)
    if not billed:
        return exempt
    counted = {way: np.zeros(fleet.shape) for way in gains}
    for each in billed:
        counted[each.charge.direction][each.row, each.steps] += 1
        if each.charge.ratchet_ratio > 0:
            exempt[each.charge.direction][each.row] = True
    for way, cells in exempt.items():
        cells |= (counted[way] > 1).any(axis=1, keepdims=True)
    due, _ = _due(fleet, billed)
    violation, size = np.full(len(billed), -np.inf), np.zeros(len(billed))
    for n, each in enumerate(billed):
        way = each.charge.direction
        if not exempt[way][each.row].all():
            violation[n], size[n], peaks = _explain(fleet, each, due[n], gains[way][each.row])
            exempt[way][each.row, peaks] = True
    tolerance = price_tolerance(fleet.horizon)
    fleet.hold(
        "demand_charge_price", violation, "EUR/MW", size, tolerance=tolerance, name=lambda row: billed[row].label
    )
    return exempt


def _explain(fleet: Fleet, each: BilledPeriod, due: float, gain: FloatArray) -> tuple[float, float, IntArray]:
    """By how much no shadow prices explain a period, what that is to be measured by, and the steps at its peak."""
    hours, power, most = fleet.horizon.hours, _powers(fleet, each), fleet.series(f"{each.charge.direction}_max_mw")
    readings = each.measured(power, hours)
    at_peak = readings > due - fleet.nothing
    steps, reading = each.steps[at_peak[each.reading]], each.reading[at_peak[each.reading]]
    worth = gain * fleet.horizon.cost_hours  # of one MW more in each step
    share = hours[steps] / np.bincount(each.reading, hours[each.steps])[reading]
    price = worth[steps] / share  # of one MW more in the measurement
    flows = power[steps] > fleet.nothing
    grows = power[steps] < most[each.row, steps] - fleet.nothing
    if directed(fleet):
        grows &= flows
    floor, ceiling = np.zeros(readings.size), np.full(readings.size, np.inf)
    np.maximum.at(floor, reading, np.where(grows, price, 0.0))
    np.minimum.at(ceiling, reading, np.where(flows, price, np.inf))
    floor, ceiling = floor[at_peak], ceiling[at_peak]
    less, more_ = _margin(each.prices(), due, fleet.nothing)
    before = each.charge.peak_before_mw if each.opening else 0.0
    if due < before + fleet.nothing:
        less = 0.0
    gaps = [floor.sum() - more_, less - ceiling.sum(), float((floor - ceiling).max(initial=-np.inf))]
    return max(gaps), float(np.abs(price).sum()) + more_, steps
