"""Hydrogen plants: electrolysers and fuel cells.

States, ramps and starts: see `verify.commitment` and `verify.standby`; segments: `verify.split_power`; heat:
`verify.waste_heat`.

Law, for kind = electrolyser, fuel_cell:
    <kind>_price   price of what comes out against price of what goes in and the cost, between the least and the largest
                   load as the plant is switched on; not judged in steps in which a ramp holds the load, nor where the
                   next MWh gives something else than the last
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.verify import commitment, part_load, split_power, standby, waste_heat
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet

BINARIES = (*commitment.BINARIES, "standby", "segment_full")


def more(kind: str, records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    """What the schedule says besides the steered power, with its axes."""
    states = {**commitment.more(kind, records), **standby.more(kind, records)}
    return {**states, **part_load.more(kind, records), **waste_heat.more(kind, records)}


def made(fleet: Fleet, word: str) -> FloatArray:
    """What comes out per unit of the efficiency, (component, time)."""
    parts = part_load.splits(fleet, f"{word}_mw", fleet.number(f"{word}_max_mw"))
    return part_load.worked(fleet, f"{word}_mw", parts)


def check(fleet: Fleet, word: str) -> None:
    """Check loads, states, segments and heat.

    Args:
        fleet: The plants.
        word: Name of their steered power without its unit.
    """
    commitment.check(fleet, _load(fleet, word))
    standby.check(fleet)
    split_power.check(fleet, part_load.splits(fleet, f"{word}_mw", fleet.number(f"{word}_max_mw")))
    waste_heat.check(fleet, _heat(fleet, word))


def costs(fleet: Fleet, bill: Bill, word: str) -> None:
    """Add what power and states cost."""
    power, price = fleet.answer(f"{word}_mw"), fleet.number("cost_eur_per_mwh")
    bill.add_energy("production", power, price, fleet.horizon.cost_hours)
    commitment.costs(fleet, bill)
    standby.costs(fleet, bill)


def prices(fleet: Fleet, word: str, paid: FloatArray, worth: FloatArray) -> None:
    """Check that nobody regrets at the prices.

    Args:
        fleet: The plants.
        word: Name of their steered power without its unit.
        paid: Price of what goes in, (component, time).
        worth: What a MWh that goes in earns at full efficiency by what comes out, (component, time).
    """
    load = _load(fleet, word)
    least, most = commitment.load_range(fleet, load)
    parts = part_load.splits(fleet, f"{word}_mw", load.rated)
    following, last = part_load.slopes(fleet, parts)
    heat = fleet.number("heat_efficiency") * waste_heat.worth(fleet)
    loss = paid + fleet.number("cost_eur_per_mwh") - last * worth - heat
    power = fleet.answer(f"{word}_mw")
    judged = commitment.unramped(fleet, load) & (following == last)
    could, does = power < most - fleet.nothing, power > least + fleet.nothing
    violation = np.where(judged, np.maximum(loss * does, -loss * could), 0.0)
    fleet.hold("price", violation, "EUR/MWh", paid, worth, heat, tolerance=price_tolerance(fleet.horizon))
    waste_heat.prices(fleet, _heat(fleet, word))


def _load(fleet: Fleet, word: str) -> commitment.Load:
    rated = fleet.number(f"{word}_max_mw")
    return commitment.Load(f"{word}_mw", rated, fleet.number("minimum_load_ratio") * rated, rated)


def _heat(fleet: Fleet, word: str) -> FloatArray:
    """Heat that a heat bus could take."""
    return fleet.number("heat_efficiency") * fleet.answer(f"{word}_mw")
