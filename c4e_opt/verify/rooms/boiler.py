"""What an answer must hold for boilers; their on/off states and run lengths: see `verify.commitment`.

Efficiencies that depend on the load: see `verify.filling`.

Law:
    boiler_price   price of what comes out against price of what goes in and the cost, between the least and the largest
                   load as the boiler is switched on; not judged in steps in which a ramp holds the load, nor for a
                   boiler with segments at the end of one where binaries keep their order or a later one is better
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import commitment, filling, split_power
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.filling import Profile
from c4e_opt.verify.findings import price_tolerance
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices
from c4e_opt.verify.split_power import Split


def _profile(record: Any) -> Profile:
    parts = record.efficiency_segments
    rates = [[part.efficiency for part in parts]]
    return Profile.up_to(record.heat_max_mw, [part.heat_mw for part in parts], rates, record.minimum_load_ratio)


def _splits(fleet: Fleet) -> list[Split]:
    """The heat of boilers with segments, with what fuel each takes per heat."""
    curves = [
        (row, tuple((part.heat_mw, 1.0 / part.efficiency) for part in record.efficiency_segments))
        for row, record in enumerate(fleet.records)
        if record.efficiency_segments
    ]
    return split_power.of(fleet, "heat_mw", curves)


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    heat = fleet.answer("heat_mw")
    fuel = heat / fleet.number("efficiency")
    for split in _splits(fleet):
        fuel[split.row] = split.total()
    return heat, -fuel


def _load(fleet: Fleet) -> commitment.Load:
    rated = fleet.number("heat_max_mw")
    return commitment.Load("heat_mw", rated, fleet.number("minimum_load_ratio") * rated, rated)


def _limits(fleet: Fleet) -> None:
    commitment.check(fleet, _load(fleet))
    split_power.check(fleet, _splits(fleet))
    filling.check(fleet, [_profile(record) for record in fleet.records])


def _costs(fleet: Fleet, bill: Bill) -> None:
    bill.add_energy("production", fleet.answer("heat_mw"), fleet.number("cost_eur_per_mwh"), fleet.horizon.cost_hours)
    commitment.costs(fleet, bill)


def _prices(fleet: Fleet) -> None:
    heat, fuel = port_prices(fleet)
    cost = fuel / fleet.number("efficiency") + fleet.number("cost_eur_per_mwh") - heat
    more, last = cost, cost.copy()
    judged = commitment.unramped(fleet, _load(fleet))
    for split in _splits(fleet):
        row, (next_, before) = split.row, split.slopes()
        other = fleet.number("cost_eur_per_mwh")[row] - heat[row]
        more[row], last[row] = fuel[row] * next_ + other, fuel[row] * before + other
        rises = (np.diff(split.steepness) >= 0).all() and not fleet.has("segment_closed")
        judged[row] &= (next_ == before) | rises
    least, largest = commitment.load_range(fleet, _load(fleet))
    does = fleet.answer("heat_mw")
    violation = np.maximum(last * (does > least + fleet.nothing), -more * (does < largest - fleet.nothing))
    sizes, tolerance = (heat, fuel), price_tolerance(fleet.horizon)
    fleet.hold("price", np.where(judged, violation, 0.0), "EUR/MWh", *sizes, tolerance=tolerance)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    split = any(record.efficiency_segments for record in records)
    return {
        **commitment.more("boiler", records),
        **split_power.more("boiler", split=split, ordered=False),
        **filling.more("boiler", [_profile(record) for record in records]),
    }


def _optional(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return filling.optional("boiler", [_profile(record) for record in records])


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return filling.labels("boiler", records)


ROOM = Room(
    quantities=("heat_mw",),
    more=_more,
    optional=_optional,
    labels=_labels,
    ports=("heat_bus", "fuel_bus"),
    binaries=(*commitment.BINARIES, "segment_closed"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
