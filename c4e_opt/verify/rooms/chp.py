"""What an answer must hold for CHPs; their on/off states and run lengths: see `verify.commitment`.

Operating regions: see `verify.regions`; efficiencies that depend on the load: see `verify.filling`.

Laws:
    chp_segment_order_heat   of CHPs with segments: heat is what they give when used in their order, as power is by
                             `chp_segment_order`
    chp_price   price of power and heat against that of fuel and the cost, between the least and the largest load as
                the plant is switched on; not judged in steps in which a ramp holds the load, nor for a CHP with
                segments at the end of one where binaries keep their order or a later one is better in any way
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import cogeneration, commitment, filling, regions, split_power
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.cogeneration import OUTPUTS, profile
from c4e_opt.verify.filling import Profile
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices
from c4e_opt.verify.split_power import Split


def _splits(fleet: Fleet, output: str) -> list[Split]:
    """The fuel of CHPs with segments, with the efficiencies of one output."""
    curves = [
        (row, tuple((part.fuel_mw, getattr(part, output)) for part in record.efficiency_segments))
        for row, record in enumerate(fleet.records)
        if record.efficiency_segments
    ]
    return split_power.of(fleet, "fuel_mw", curves)


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    fuel = fleet.answer("fuel_mw")
    given = [np.nan_to_num(fleet.number(name)) * fuel for name in OUTPUTS]
    for name, power in zip(OUTPUTS, given, strict=True):
        for split in _splits(fleet, name):
            power[split.row] = split.total()
    for region in regions.of(fleet):
        given[0][region.row], given[1][region.row] = region.electric, region.heat
    return given[0], given[1], -fuel


def _limits(fleet: Fleet) -> None:
    commitment.check(fleet, cogeneration.load(fleet))
    regions.check(fleet, regions.of(fleet))
    split_power.check(fleet, _splits(fleet, OUTPUTS[0]))
    split_power.in_order(fleet, _splits(fleet, OUTPUTS[1]), "segment_order_heat")
    filling.check(fleet, [profile(record) for record in fleet.records])


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy("production", fleet.answer("fuel_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours)
    commitment.costs(fleet, bill)


def _prices(fleet: Fleet) -> None:
    electricity, heat, fuel = port_prices(fleet)
    cost = fuel + fleet.number("cost_eur_per_mwh")
    earned = sum(
        np.nan_to_num(fleet.number(name)) * price for name, price in zip(OUTPUTS, (electricity, heat), strict=True)
    )
    more, last = cost - earned, cost - earned
    bound = cogeneration.load(fleet)
    free = commitment.unramped(fleet, bound)
    judged = free.copy()
    for power, warmth in zip(*(_splits(fleet, name) for name in OUTPUTS), strict=True):
        row = power.row
        steepness = [np.array(each.slopes()) for each in (power, warmth)]
        gains = steepness[0] * electricity[row] + steepness[1] * heat[row]
        more[row], last[row] = cost[row] - gains
        within: BoolArray = (steepness[0][0] == steepness[0][1]) & (steepness[1][0] == steepness[1][1])
        judged[row] &= within | (_falls(profile(fleet.records[row])) and not fleet.has("segment_closed"))
    least, largest = commitment.load_range(fleet, bound)
    found = regions.of(fleet)
    for region in found:
        judged[region.row] = False
        free[region.row] &= least[region.row] <= region.least[2] + fleet.nothing
        full = bound.largest[region.row] * (fleet.answer("on")[region.row] if _ruled(fleet, region.row) else 1.0)
        free[region.row] &= largest[region.row] >= full - fleet.nothing
    power = fleet.answer("fuel_mw")
    could_more, does = judged & (power < largest - fleet.nothing), judged & (power > least + fleet.nothing)
    violation = np.maximum(last * does, -more * could_more)
    sizes = (electricity, heat, fuel)
    fleet.hold("price", violation, "EUR/MWh", *sizes, tolerance=price_tolerance(fleet.horizon))
    regions.prices(fleet, found, cost, np.array([electricity, heat]), free)


def _ruled(fleet: Fleet, row: int) -> bool:
    return commitment.ruled(fleet.records[row])


def _falls(segments: Profile) -> bool:
    """Whether no segment is better in any way than one before."""
    return bool((np.diff(segments.efficiencies, axis=1) <= 0).all())


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    split = any(record.efficiency_segments for record in records)
    return {
        **commitment.more("chp", records),
        **regions.more("chp", records),
        **split_power.more("chp", split=split, ordered=False),
        **filling.more("chp", [profile(record) for record in records]),
    }


def _optional(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return filling.optional("chp", [profile(record) for record in records])


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {**regions.labels("chp", records), **filling.labels("chp", records)}


ROOM = Room(
    quantities=("fuel_mw",),
    more=_more,
    optional=_optional,
    labels=_labels,
    ports=("electricity_bus", "heat_bus", "fuel_bus"),
    binaries=(*commitment.BINARIES, "segment_closed"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
