"""Plants: the steered power of generators and converters; states, ramps and starts: see `verify.commitment`.

Laws, for kind = generator, converter:
    <kind>_schedule         where a schedule is given the power is that of the schedule
    <kind>_energy_limit     the energy over the horizon lies within its limits
    <kind>_capacity_limit   a chosen capacity lies within its limits, and is there only where it is chosen
    <kind>_price            nobody regrets the power of a step at the prices; not judged in steps in which a ramp holds
                            the power, nor for plants whose energy over the horizon is limited
    <kind>_energy_price     for these: one worth of a MWh over the whole horizon supports what they do in every step;
                            zero unless the energy is at a limit
    <kind>_capacity_price   a MW of a chosen capacity earns what it costs, no more unless the capacity is at its
                            largest, no less unless at its least; judged for plants without state, ramps, limits of
                            energy and schedule
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.verify import commitment
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet
from c4e_opt.verify.regret import NOTHING


@dataclass(frozen=True, slots=True)
class Losses:
    """Cost less earnings of one more and of the last MWh of the steered power, (component, time)."""

    more: FloatArray
    last: FloatArray
    prices: tuple[FloatArray, ...]  # what meets in them, for the tolerance
    judged: BoolArray | bool = True


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says besides the steered power, with its axes."""
    sized = any(record.capacity_cost_eur_per_mw is not None for record in records)
    return {**commitment.more(kind, records), **({"capacity_mw": (kind,)} if sized else {})}


def load(fleet: Fleet, word: str) -> commitment.Load:
    """The steered power with its limits while on."""
    fixed_size = ~_sized(fleet)
    least, largest = fleet.series(f"{word}_min_mw"), fleet.series(f"{word}_max_mw")
    given = fleet.number("rated_mw")
    either_way = np.max(np.fmax(largest, -least), axis=1, keepdims=True)
    rated = np.where(np.isnan(given), either_way, given)
    if not fixed_size.all():
        size = fleet.answer("capacity_mw")[:, None]
        least = np.where(fixed_size, least, size * fleet.series(f"{word}_min_ratio"))
        largest = np.where(fixed_size, largest, size * fleet.series(f"{word}_max_ratio"))
        rated = np.where(fixed_size, rated, size)
    wanted = fleet.number("minimum_load_ratio")
    least = np.where(wanted > 0, np.maximum(least, wanted * rated), least)
    return commitment.Load(f"{word}_mw", rated, least, largest)


def check(fleet: Fleet, word: str) -> None:
    """Check power, state, energy and capacity.

    Args:
        fleet: The plants.
        word: First word of the fields of their steered power.
    """
    commitment.check(fleet, load(fleet, word))
    power = fleet.answer(f"{word}_mw")
    if any(getattr(record, f"{word}_fixed_mw") is not None for record in fleet.records):
        apart = np.abs(power - fleet.series(f"{word}_fixed_mw"))
        fleet.hold("schedule", np.where(np.isnan(apart), 0.0, apart), "MW", power)
    least, most = fleet.number("energy_min_mwh")[:, 0], fleet.number("energy_max_mwh")[:, 0]
    if _energy_limited(fleet).any():
        energy = power @ fleet.horizon.cost_hours
        missed = np.fmax(np.fmax(least - energy, energy - most), 0.0)
        fleet.hold("energy_limit", missed, "MWh", np.abs(power) @ fleet.horizon.cost_hours)
    if fleet.has("capacity_mw"):
        size, sized = fleet.answer("capacity_mw"), _sized(fleet)[:, 0]
        smallest, largest = fleet.number("capacity_min_mw")[:, 0], fleet.number("capacity_max_mw")[:, 0]
        outside = np.fmax(smallest - size, size - largest)
        fleet.hold("capacity_limit", np.where(sized, outside, np.abs(size)), "MW", size)


def costs(fleet: Fleet, bill: Bill, word: str) -> None:
    """Add what power, state and capacity cost."""
    power, price = fleet.answer(f"{word}_mw"), fleet.series("cost_eur_per_mwh")
    bill.add_energy("production", power, price, fleet.horizon.cost_hours)
    commitment.costs(fleet, bill)
    if fleet.has("capacity_mw"):
        bill.add(
            "investment", np.nan_to_num(fleet.number("capacity_cost_eur_per_mw")[:, 0]) * fleet.answer("capacity_mw")
        )


def prices(fleet: Fleet, word: str, losses: Losses) -> None:
    """Check that nobody regrets at the prices.

    Args:
        fleet: The plants.
        word: First word of the fields of their steered power.
        losses: What the steered power costs and earns.
    """
    bound = load(fleet, word)
    least, most = commitment.load_range(fleet, bound)
    power = fleet.answer(f"{word}_mw")
    free = commitment.unramped(fleet, bound) & losses.judged & np.isnan(fleet.series(f"{word}_fixed_mw"))
    could_more, does = free & (power < most - NOTHING), free & (power > least + NOTHING)
    limited = _energy_limited(fleet)
    tolerance = price_tolerance(fleet.horizon)
    violation = np.maximum(losses.last * does, -losses.more * could_more)
    fleet.hold("price", np.where(limited, 0.0, violation), "EUR/MWh", *losses.prices, tolerance=tolerance)
    if limited.any():
        worth_least = np.max(np.where(could_more, -losses.more, -np.inf), axis=1)
        worth_most = np.min(np.where(does, -losses.last, np.inf), axis=1)
        below, above = _worth_of_energy(fleet, power)
        apart = np.maximum(worth_least, below) - np.minimum(worth_most, above)
        size = np.sum([np.abs(price).max(axis=1) for price in losses.prices], axis=0)
        fleet.hold("energy_price", np.where(limited[:, 0], apart, 0.0), "EUR/MWh", size, tolerance=tolerance)
    if fleet.has("capacity_mw"):
        _capacity_price(fleet, word, losses)


def _worth_of_energy(fleet: Fleet, power: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of a MWh over the horizon: not zero only at a limit of the energy, (component,)."""
    energy = power @ fleet.horizon.cost_hours
    least, most = fleet.number("energy_min_mwh")[:, 0], fleet.number("energy_max_mwh")[:, 0]
    near = NOTHING * np.maximum(1.0, np.abs(energy))
    at_least, at_most = energy <= least + near, energy >= most - near
    return np.where(at_least, -np.inf, 0.0), np.where(at_most, np.inf, 0.0)


def _capacity_price(fleet: Fleet, word: str, losses: Losses) -> None:
    """What a MW of capacity earns in all steps, against what it costs."""
    hours = fleet.horizon.cost_hours
    best = np.maximum(
        -losses.more * fleet.series(f"{word}_max_ratio"), -losses.last * fleet.series(f"{word}_min_ratio")
    )
    earned, cost = best @ hours, fleet.number("capacity_cost_eur_per_mw")[:, 0]
    size, smallest = fleet.answer("capacity_mw"), fleet.number("capacity_min_mw")[:, 0]
    largest = np.nan_to_num(fleet.number("capacity_max_mw")[:, 0], nan=np.inf)
    could_more, does = size < largest - NOTHING, size > smallest + NOTHING
    violation = np.maximum((cost - earned) * does, (earned - cost) * could_more)
    bound = commitment.committed(fleet) | commitment.ramped(fleet) | _energy_limited(fleet)
    fixed = ~np.isnan(fleet.series(f"{word}_fixed_mw")).all(axis=1, keepdims=True)
    judged = (_sized(fleet) & ~bound & ~fixed)[:, 0]
    gross = np.sum([np.abs(price) @ hours for price in losses.prices], axis=0)
    violation = np.where(judged, violation, 0.0)
    fleet.hold("capacity_price", violation, "EUR/MW", gross, tolerance=price_tolerance(fleet.horizon))


def _sized(fleet: Fleet) -> BoolArray:
    """Plants whose capacity is chosen, (component, 1)."""
    return ~np.isnan(fleet.number("capacity_cost_eur_per_mw"))


def _energy_limited(fleet: Fleet) -> BoolArray:
    """Plants whose energy over the horizon is limited, (component, 1)."""
    return ~(np.isnan(fleet.number("energy_min_mwh")) & np.isnan(fleet.number("energy_max_mwh")))
