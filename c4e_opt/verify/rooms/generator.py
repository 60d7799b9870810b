"""What an answer must hold for generators: see `verify.plants`.

Segments of cost: see `verify.split_power`; they begin at 0, or at the least of the least powers where that is below 0,
or, where the case says so, at the least power as the generator is on.
Prices are judged with the cost of the next MWh and of the last one; where a later segment costs less, only within one.
A cost that is quadratic in power has one slope at a power: twice the cost times the power.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import commitment, plants, split_power
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices
from c4e_opt.verify.split_power import Split


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("power_mw"),)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    split = any(record.cost_segments for record in records)
    ordered = any(split_power.falls(record.cost_segments) for record in records)
    return {**plants.more("generator", records), **split_power.more("generator", split=split, ordered=ordered)}


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {"generator_segment": [f"{record.id}/{k}" for record in records for k in range(len(record.cost_segments))]}


def _splits(fleet: Fleet) -> list[Split]:
    """The powers that are split into segments, one for every generator with such."""
    curves = [
        (row, tuple((each.power_mw, each.cost_eur_per_mwh) for each in record.cost_segments))
        for row, record in enumerate(fleet.records)
        if record.cost_segments
    ]
    lowest = np.minimum(fleet.series("power_min_mw").min(axis=1, keepdims=True), 0.0) * np.ones(fleet.shape)
    above = np.array([record.segments_above_minimum for record in fleet.records])
    if above.any():
        least = plants.load(fleet, "power").least * np.ones(fleet.shape)
        if fleet.has("on"):
            least = np.where(commitment.committed(fleet), fleet.answer("on"), 1.0) * least
        lowest[above] = least[above]
    splits = split_power.of(fleet, "power_mw", curves)
    return [replace(split, power=split.power - lowest[split.row]) for split in splits]


def _limits(fleet: Fleet) -> None:
    plants.check(fleet, "power")
    split_power.check(fleet, _splits(fleet))


def _costs(fleet: Fleet, bill: Bill) -> None:
    plants.costs(fleet, bill, "power")
    for split in _splits(fleet):
        bill.add_energy("production", split.total()[None, :], np.ones((1, 1)), fleet.horizon.cost_hours)
    bill.add_energy("production", fleet.answer("power_mw") ** 2, _curvature(fleet), fleet.horizon.cost_hours)
    fixed = fleet.number("fixed_cost_eur_per_hour")
    bill.add_energy("production", np.ones(fleet.shape), fixed, fleet.horizon.cost_hours)


def _curvature(fleet: Fleet) -> FloatArray:
    """Cost of the square of the power, (component, 1)."""
    return np.nan_to_num(fleet.number("quadratic_cost_eur_per_mw2_hour"))


def _prices(fleet: Fleet) -> None:
    (price,) = port_prices(fleet)
    cost = fleet.series("cost_eur_per_mwh") + 2.0 * _curvature(fleet) * fleet.answer("power_mw")
    more, last, judged = cost.copy(), cost.copy(), np.ones(fleet.shape, dtype=np.bool_)
    for split in _splits(fleet):
        next_, before = split.slopes()
        more[split.row] += next_
        last[split.row] += before
        if split_power.falls(fleet.records[split.row].cost_segments):
            judged[split.row] = next_ == before
    plants.prices(fleet, "power", plants.Losses(more - price, last - price, (price,), judged))


ROOM = Room(
    quantities=("power_mw",),
    more=_more,
    labels=_labels,
    binaries=(*commitment.BINARIES, "segment_full"),
    counts=("modules",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
