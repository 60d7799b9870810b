"""Compression: heat pumps and chillers, whose performance is given or follows from two temperatures.

Laws, for kind = heat_pump, chiller; states, ramps and starts: see `verify.commitment`, segments: `verify.split_power`:
    <kind>_<useful>_limit   heat, or cold, is no more than its limit in the step; only where one has such a limit
    <kind>_price            price of what comes out against price of what goes in and the cost, between the least and
                            the largest load as the machine is switched on; not judged in steps in which a ramp holds
                            the load, nor where the next MWh gives something else than the last
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import commitment, part_load, split_power
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet

_ZERO_CELSIUS = 273.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the fields of a kind are called."""

    ratio: str  # useful power per electric power
    low: str
    high: str
    limit: str
    useful: str  # first word of the law on the limit
    warms: bool


WORDS: Mapping[str, Words] = {
    "heat_pump": Words(
        ratio="cop",
        low="source_temperature_c",
        high="supply_temperature_c",
        limit="heat_max_mw",
        useful="heat",
        warms=True,
    ),
    "chiller": Words(
        ratio="eer",
        low="supply_temperature_c",
        high="rejection_temperature_c",
        limit="cooling_max_mw",
        useful="cooling",
        warms=False,
    ),
}


def ratio(fleet: Fleet) -> FloatArray:
    """Useful power per electric power at full load, (component, time)."""
    words = WORDS[fleet.kind]
    given = fleet.series(words.ratio)
    low, high = fleet.series(words.low), fleet.series(words.high)
    wanted = high if words.warms else low
    ideal = (wanted + _ZERO_CELSIUS) / (high - low)
    real = fleet.number("quality_grade") * ideal
    if words.warms:
        ice, left = low < fleet.number("icing_temperature_c"), fleet.number("icing_factor")
        real = np.where(ice & ~np.isnan(left), left * real, real)
    most = fleet.number(f"{words.ratio}_max")
    real = np.where((high <= low) | (real > most), most, real)
    return np.where(np.isnan(given), real, given)


def useful(fleet: Fleet) -> FloatArray:
    """Heat, or cold, that comes out, (component, time)."""
    parts = part_load.splits(fleet, "electric_mw", fleet.number("electric_max_mw"))
    return ratio(fleet) * part_load.worked(fleet, "electric_mw", parts)


def largest(fleet: Fleet) -> FloatArray:
    """The largest electric power of every step, (component, time)."""
    rated = np.broadcast_to(fleet.number("electric_max_mw"), fleet.shape)
    limit, each = fleet.series(WORDS[fleet.kind].limit), ratio(fleet)
    amount = np.where(np.isnan(limit) | (each == 0), np.inf, limit / each)
    return part_load.load_that_gives(fleet, rated, amount)


def check(fleet: Fleet) -> None:
    """Check loads, states, segments and the limit of what comes out."""
    rated = fleet.number("electric_max_mw")
    commitment.check(fleet, _load(fleet, np.broadcast_to(rated, fleet.shape)))
    split_power.check(fleet, part_load.splits(fleet, "electric_mw", rated))
    words = WORDS[fleet.kind]
    limit, out = fleet.series(words.limit), useful(fleet)
    if not np.isnan(limit).all():
        fleet.hold(f"{words.useful}_limit", np.where(np.isnan(limit), 0.0, out - limit), "MW", out)


def costs(fleet: Fleet, bill: Bill) -> None:
    """Add what power and states cost."""
    bill.add_energy(
        "production", fleet.answer("electric_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours
    )
    commitment.costs(fleet, bill)


def prices(fleet: Fleet, worth: FloatArray, rebate: FloatArray, *sizes: FloatArray) -> None:
    """Check that nobody regrets at the prices.

    Args:
        fleet: The machines.
        worth: What a MWh of what comes out earns, (component, time).
        rebate: What a MWh of what goes in earns besides, (component, time).
        sizes: Prices that meet in both, for the tolerance.
    """
    load = _load(fleet, largest(fleet))
    least, most = commitment.load_range(fleet, load)
    paid = fleet.price("electricity_bus")
    parts = part_load.splits(fleet, "electric_mw", fleet.number("electric_max_mw"))
    following, last = part_load.slopes(fleet, parts)
    loss = paid + fleet.number("cost_eur_per_mwh") - rebate - ratio(fleet) * last * worth
    power = fleet.answer("electric_mw")
    judged = commitment.unramped(fleet, load) & (following == last)
    could, does = power < most - fleet.nothing, power > least + fleet.nothing
    violation = np.where(judged, np.maximum(loss * does, -loss * could), 0.0)
    fleet.hold("price", violation, "EUR/MWh", paid, *sizes, tolerance=price_tolerance(fleet.horizon))


def _load(fleet: Fleet, most: FloatArray) -> commitment.Load:
    rated = fleet.number("electric_max_mw")
    return commitment.Load("electric_mw", rated, fleet.number("minimum_load_ratio") * rated, most)
