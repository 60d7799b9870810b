"""What an answer must hold for deferrable loads; how long their runs last: see `verify.runs`.

Laws:
    deferrable_load_power_limit    0 <= power <= the limit, times the part of the step within the window; with rules on
                                   runs, between the least and the largest power while on, and zero while off
    deferrable_load_window         nothing is on outside the window, and runs end within it
    deferrable_load_energy         energy taken + unserved >= needed
    deferrable_load_most_energy    energy taken is no more than may be
    deferrable_load_unserved       0 <= unserved <= needed
    deferrable_load_price          one worth of energy within the window, against the price of every step, as the load
                                   is switched on
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import runs
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices


def _has_runs(record: Any) -> bool:
    timed = record.minimum_up_hours > 0 or record.minimum_down_hours > 0
    return timed or record.power_min_mw > 0 or record.starts_max > 0 or not record.interruptible


def _share(fleet: Fleet) -> FloatArray:
    """The part of every step that lies within the window."""
    horizon = fleet.horizon
    begin = np.maximum(fleet.number("earliest"), horizon.starts)
    end = np.minimum(fleet.number("latest"), horizon.ends)
    return np.maximum(end - begin, 0.0) / horizon.step_seconds


def _range(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """The least and the largest power, as the loads are switched on."""
    share = _share(fleet)
    least, largest = np.zeros(fleet.shape), share * fleet.number("power_max_mw")
    if fleet.has("on"):
        ruled = np.array([[_has_runs(record)] for record in fleet.records])
        on = np.where(ruled, fleet.answer("on"), 1.0)
        least = np.where(ruled, share * fleet.number("power_min_mw") * on, 0.0)
        largest = largest * on
    return least, largest


def _most_energy(fleet: Fleet) -> FloatArray:
    given = fleet.number("energy_max_mwh")[:, 0]
    return np.where(np.isnan(given), fleet.number("energy_needed_mwh")[:, 0], given)


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (-fleet.answer("power_mw"),)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    binaries = ("on", "starting") if any(_has_runs(record) for record in records) else ()
    return {"unserved_mwh": ("deferrable_load",), **dict.fromkeys(binaries, ("deferrable_load", "time"))}


def _limits(fleet: Fleet) -> None:
    least, largest = _range(fleet)
    fleet.within("power_limit", "power_mw", largest, least)
    needed, unserved = fleet.number("energy_needed_mwh")[:, 0], fleet.answer("unserved_mwh")
    taken = fleet.answer("power_mw") @ fleet.horizon.hours
    fleet.hold("energy", needed - taken - unserved, "MWh", taken, unserved)
    fleet.hold("most_energy", taken - _most_energy(fleet), "MWh", taken)
    fleet.within("unserved", "unserved_mwh", needed)
    if fleet.has("on"):
        _runs(fleet)


def _runs(fleet: Fleet) -> None:
    outside = _share(fleet) == 0
    fleet.hold("window", np.where(outside, fleet.answer("on"), 0.0), "1")
    in_one = np.array([[not record.interruptible] for record in fleet.records])
    most = fleet.number("starts_max")
    rules = runs.Rules(
        ruled=np.array([[_has_runs(record)] for record in fleet.records]),
        least_hours=fleet.number("minimum_up_hours"),
        longest_hours=np.full((fleet.shape[0], 1), np.inf),
        rest_hours=fleet.number("minimum_down_hours"),
        rested_hours=np.full((fleet.shape[0], 1), np.inf),
        most=np.where(in_one, 1.0, np.where(most > 0, most, np.inf)),
        period=np.zeros(fleet.shape, dtype=np.int64),
        until=fleet.number("latest"),
    )
    runs.check(fleet, "on", rules)


def _weight(fleet: Fleet) -> FloatArray:
    """How often the time of the window counts in costs, (component,)."""
    share = _share(fleet)
    return (share @ fleet.horizon.cost_hours) / (share @ fleet.horizon.hours)


def _costs(fleet: Fleet, bill: Bill) -> None:
    value = fleet.number("unserved_value_eur_per_mwh")[:, 0] * _weight(fleet)
    bill.add("unserved", value * fleet.answer("unserved_mwh"))


def _prices(fleet: Fleet) -> None:
    """The worth of a MWh in the window: at most the price where more could be taken, at least that where less could."""
    (price,) = port_prices(fleet)
    least, largest = _range(fleet)
    power, unserved = fleet.answer("power_mw"), fleet.answer("unserved_mwh")
    price = price * (fleet.horizon.cost_hours / fleet.horizon.hours)
    floor = np.where(power > least + fleet.nothing, price, -np.inf).max(axis=1)
    ceiling = np.where(power < largest - fleet.nothing, price, np.inf).min(axis=1)
    needed = fleet.number("energy_needed_mwh")[:, 0]
    taken = power @ fleet.horizon.hours
    value = fleet.number("unserved_value_eur_per_mwh")[:, 0] * _weight(fleet)
    wanted = np.where(unserved < needed - fleet.nothing, value, np.inf)
    wanted = np.where(taken + unserved > needed + fleet.nothing, 0.0, wanted)
    full = taken > _most_energy(fleet) - fleet.nothing
    floor = np.maximum(floor, np.where(full, -np.inf, np.where(unserved > fleet.nothing, value, 0.0)))
    ceiling = np.minimum(ceiling, wanted)
    prices = np.abs(price).max(axis=1)
    fleet.hold("price", floor - ceiling, "EUR/MWh", prices, value, tolerance=price_tolerance(fleet.horizon))


ROOM = Room(
    quantities=("power_mw",),
    more=_more,
    binaries=("on", "starting"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
