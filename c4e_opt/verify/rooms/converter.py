"""What an answer must hold for converters: see `verify.plants`, and `verify.split_power` for outputs with segments.

Costs with segments: likewise, under the name cost_segment.

What an output gives to its bus late, and what that is worth: see `verify.delays`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import commitment, delays, plants, split_power
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.split_power import Split


def _ends(records: Sequence[Any]) -> Sequence[tuple[int, str]]:
    into = [(row, str(record.input_bus)) for row, record in enumerate(records)]
    return into + [(row, str(output.bus)) for row, record in enumerate(records) for output in record.outputs]


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    taken = fleet.answer("input_mw")
    flows, splits = [-taken], iter(_splits(fleet))
    for row, record in enumerate(fleet.records):
        for output in record.outputs:
            sent = next(splits).total() if output.segments else np.asarray(output.efficiency) * taken[row]
            flows.append(delays.shifted(fleet.horizon, sent, -output.delay_hours, output.cyclic)[None, :])
    return (np.concatenate(flows),)


def _splits(fleet: Fleet) -> list[Split]:
    """The inputs that are split into segments, one for every output with such."""
    curves = [
        (row, tuple((each.input_mw, each.efficiency) for each in output.segments))
        for row, record in enumerate(fleet.records)
        for output in record.outputs
        if output.segments
    ]
    return split_power.of(fleet, "input_mw", curves)


def _costly(fleet: Fleet) -> list[Split]:
    """The inputs that are split into segments of cost, one for every converter with such."""
    curves = [
        (row, tuple((each.input_mw, each.cost_eur_per_mwh) for each in record.cost_segments))
        for row, record in enumerate(fleet.records)
        if record.cost_segments
    ]
    return split_power.of(fleet, "input_mw", curves, "cost_")


def _limits(fleet: Fleet) -> None:
    plants.check(fleet, "input")
    split_power.check(fleet, _splits(fleet))
    split_power.check(fleet, _costly(fleet), "cost_")


def _costs(fleet: Fleet, bill: Bill) -> None:
    plants.costs(fleet, bill, "input")
    for split in _costly(fleet):
        bill.add_energy("production", split.total()[None, :], np.ones((1, 1)), fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    paid = fleet.price("input_bus")
    more, last, gross = (np.zeros(fleet.shape) for _ in range(3))
    judged = np.ones(fleet.shape, dtype=np.bool_)
    often = fleet.horizon.cost_hours / fleet.horizon.hours
    splits = iter(_splits(fleet))
    for row, record in enumerate(fleet.records):
        for output in record.outputs:
            price = fleet.prices[fleet.places([output.bus])[0]]
            worth = delays.shifted(fleet.horizon, price * often, output.delay_hours, output.cyclic) / often
            next_ = before = np.asarray(output.efficiency, dtype=np.float64)
            if output.segments:
                next_, before = next(splits).slopes()
                judged[row] &= next_ == before
            more[row] += next_ * worth
            last[row] += before * worth
            gross[row] += np.abs(before * worth)
    for split in _costly(fleet):
        next_, before = split.slopes()
        more[split.row] -= next_
        last[split.row] -= before
        if split_power.falls(fleet.records[split.row].cost_segments):
            judged[split.row] &= next_ == before
    cost = paid + fleet.series("cost_eur_per_mwh")
    plants.prices(fleet, "input", plants.Losses(cost - more, cost - last, (paid, gross), judged))


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    return {
        "converter_segment": [
            f"{record.id}/{place}/{k}"
            for record in records
            for place, output in enumerate(record.outputs)
            for k in range(len(output.segments))
        ],
        "converter_cost_segment": [f"{record.id}/{k}" for record in records for k in range(len(record.cost_segments))],
    }


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    curves = [[each.efficiency for each in output.segments] for record in records for output in record.outputs]
    uneven = any(any(later != slope for slope, later in pairwise(slopes)) for slopes in curves)
    split = split_power.more("converter", split=any(curves), ordered=uneven)
    costs = [record.cost_segments for record in records]
    ordered = any(split_power.falls(each) for each in costs)
    costly = split_power.more("converter", split=any(costs), ordered=ordered, word="cost_")
    return {**plants.more("converter", records), **split, **costly}


ROOM = Room(
    quantities=("input_mw",),
    more=_more,
    ends_of=_ends,
    labels=_labels,
    ports=("input_bus",),
    binaries=(*commitment.BINARIES, "segment_full", "cost_segment_full"),
    counts=("modules",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
