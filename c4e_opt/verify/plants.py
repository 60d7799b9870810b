"""Plants: the steered power of generators and converters; states, ramps and starts: see `verify.commitment`.

Laws, for kind = generator, converter:
    <kind>_schedule         where a schedule is given the power is that of the schedule
    <kind>_energy_limit     the energy over the horizon lies within its limits
    <kind>_capacity_limit   a chosen capacity lies within its limits, and is there only where it is chosen
    <kind>_capacity_modules it is made of whole modules, where modules are chosen
    <kind>_start_load       in the first step of a run the load is no less than it must be there, in the last likewise
    <kind>_price            nobody regrets the power of a step at the prices; not judged in steps in which a ramp holds
                            the power, or a least load at the edge of a run may, nor for plants whose energy over the
                            horizon is limited
    <kind>_energy_price     for these: one worth of a MWh over the whole horizon supports what they do in every step;
                            zero unless the energy is at a limit
    <kind>_capacity_price   a MW of a chosen capacity earns what it costs, no more unless the capacity is at its
                            largest, no less unless at its least; judged for plants without state, ramps, limits of
                            energy, schedule and modules
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
    modular = any(_modular(record) for record in records)
    sizes = (("capacity_mw",) if sized else ()) + (("modules",) if modular else ())
    return {**commitment.more(kind, records), **dict.fromkeys(sizes, (kind,))}


def _modular(record: Any) -> bool:
    """Whether whole modules of a plant are chosen."""
    return record.capacity_cost_eur_per_mw is not None and record.capacity_module_mw is not None


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
        if fleet.has("modules"):
            modules, module = fleet.answer("modules"), np.nan_to_num(fleet.number("capacity_module_mw")[:, 0])
            modular = np.array([_modular(record) for record in fleet.records])
            apart = np.maximum(np.abs(modules - np.rint(modules)) * module, np.abs(size - modules * module))
            fleet.hold("capacity_modules", np.where(modular, apart, np.abs(modules)), "MW", size)
    _first_and_last(fleet, load(fleet, word))


def _first_and_last(fleet: Fleet, bound: commitment.Load) -> None:
    """Least loads in the first step of a run and in the last."""
    if not _floored(fleet).any():
        return
    amount = fleet.answer(bound.quantity)
    before = np.concatenate([fleet.number("load_initially_ratio") * bound.rated, amount[:, :-1]], axis=1)
    starts, stops = fleet.answer("starting") > 0.5, (fleet.answer("stopping") > 0.5) & ~np.isnan(before)
    least = [np.nan_to_num(fleet.series(f"{name}_load_min_ratio")) * bound.rated for name in ("start", "stop")]
    missing = np.maximum(np.where(starts, least[0] - amount, 0.0), np.where(stops, least[1] - before, 0.0))
    fleet.hold("start_load", missing, "MW", amount)


def _floored(fleet: Fleet) -> BoolArray:
    """Plants with a least load in the first or last step of a run, (component, 1)."""
    names = ("start_load_min_ratio", "stop_load_min_ratio")
    return np.array([[any(getattr(record, name) is not None for name in names)] for record in fleet.records])


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
    if _floored(fleet).any():
        free &= ~(_floored(fleet) & _at_the_edge_of_a_run(fleet))
    could_more, does = free & (power < most - fleet.nothing), free & (power > least + fleet.nothing)
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


def _at_the_edge_of_a_run(fleet: Fleet) -> BoolArray:
    """Steps in which a run begins, or after which it ends, (component, time)."""
    edge: BoolArray = fleet.answer("starting") > 0.5
    edge[:, :-1] |= fleet.answer("stopping")[:, 1:] > 0.5
    return edge


def _worth_of_energy(fleet: Fleet, power: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and largest worth of a MWh over the horizon: not zero only at a limit of the energy, (component,)."""
    energy = power @ fleet.horizon.cost_hours
    least, most = fleet.number("energy_min_mwh")[:, 0], fleet.number("energy_max_mwh")[:, 0]
    near = fleet.nothing * np.maximum(1.0, np.abs(energy))
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
    could_more, does = size < largest - fleet.nothing, size > smallest + fleet.nothing
    violation = np.maximum((cost - earned) * does, (earned - cost) * could_more)
    bound = commitment.committed(fleet) | commitment.ramped(fleet) | _energy_limited(fleet)
    fixed = ~np.isnan(fleet.series(f"{word}_fixed_mw")).all(axis=1, keepdims=True)
    judged = (_sized(fleet) & ~bound & ~fixed)[:, 0] & ~np.array([_modular(record) for record in fleet.records])
    gross = np.sum([np.abs(price) @ hours for price in losses.prices], axis=0)
    violation = np.where(judged, violation, 0.0)
    fleet.hold("capacity_price", violation, "EUR/MW", gross, tolerance=price_tolerance(fleet.horizon))


def _sized(fleet: Fleet) -> BoolArray:
    """Plants whose capacity is chosen, (component, 1)."""
    return ~np.isnan(fleet.number("capacity_cost_eur_per_mw"))


def _energy_limited(fleet: Fleet) -> BoolArray:
    """Plants whose energy over the horizon is limited, (component, 1)."""
    return ~(np.isnan(fleet.number("energy_min_mwh")) & np.isnan(fleet.number("energy_max_mwh")))
