"""What an answer must hold for maintenance.

Laws:
    maintenance_block   a block that may be moved begins as often as it must, with steps from which on it fits into its
                        span, never while another lasts
    maintenance_limit   while a maintenance lasts, its components give and take no more than what is left
    maintenance_least   while they run they give or take no less than they must, and what is left of that while it lasts
    maintenance_on      and none of them is on where nothing is left, unless it may stay on
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.verify import site
from c4e_opt.verify.fleet import Fleet, Room


def _lasts(fleet: Fleet, row: int, law: Any) -> BoolArray:
    """Steps in which a maintenance lasts, (time,)."""
    horizon = fleet.horizon
    if law.hours is None:
        return site.in_span(law, horizon)
    lasts = np.zeros(fleet.shape[1], dtype=np.bool_)
    for begin in np.flatnonzero(fleet.answer("beginning")[row] > 0.5).tolist():
        until = horizon.starts[begin] + law.hours * 3600.0
        lasts |= (horizon.starts >= horizon.starts[begin]) & (horizon.starts < until - 1e-3)
    return lasts


def _limits(fleet: Fleet) -> None:
    bindings = site.pairs(fleet.records, site.ports(fleet))
    names = site.labels(fleet.records, bindings)
    shape = (len(bindings), fleet.shape[1])
    beyond, short, on = (np.full(shape, -np.inf) for _ in range(3))
    for place, (row, port) in enumerate(bindings):
        law = fleet.records[row]
        lasts = _lasts(fleet, row, law)
        for most, power in zip(site.largest(fleet, port), (port.power_mw, -port.power_mw), strict=True):
            left = law.available_ratio * most if law.available_ratio else 0.0
            beyond[place] = np.maximum(beyond[place], np.where(lasts, power - left, -np.inf))
        if law.least_mw is not None:
            runs = site.on(fleet, port, np.ones(fleet.shape[1]))
            kept = runs - lasts * (1.0 - law.available_ratio)
            short[place] = np.asarray(law.least_mw) * kept - np.abs(port.power_mw)
        if law.available_ratio == 0 and not law.stays_on:
            on[place] = np.where(lasts, site.on(fleet, port, np.zeros(fleet.shape[1])), -np.inf)
    fleet.hold("limit", beyond, "MW", name=lambda place: names[place])
    if any(law.least_mw is not None for law in fleet.records):
        fleet.hold("least", short, "MW", name=lambda place: names[place])
    fleet.hold("on", on, "1", name=lambda place: names[place])
    _blocks(fleet)


def _blocks(fleet: Fleet) -> None:
    horizon = fleet.horizon
    wrong = np.zeros(fleet.shape[0])
    for row, law in enumerate(fleet.records):
        if not fleet.has("beginning"):
            continue
        begins = fleet.answer("beginning")[row]
        if law.hours is None:
            wrong[row] = np.abs(begins).max()
            continue
        begin = horizon.start if law.begin is None else law.begin
        end = min(horizon.end, horizon.end if law.end is None else law.end)
        fits = (horizon.starts >= begin) & (horizon.starts + law.hours * 3600.0 <= end + 1e-3)
        at = horizon.starts[begins > 0.5]
        overlap = float(np.any(np.diff(at) < law.hours * 3600.0 - 1e-3))
        wrong[row] = max(abs(begins.sum() - law.events), np.abs(begins[~fits]).max(initial=0.0), overlap)
    fleet.hold("block", wrong, "1")


def _couples(fleet: Fleet) -> Iterator[str]:
    return (port.word for _, port in site.pairs(fleet.records, site.ports(fleet)))


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    moves = any(record.hours is not None for record in records)
    return {"beginning": ("maintenance", "time")} if moves else {}


ROOM = Room(
    more=_more,
    binaries=("beginning",),
    ports=(),
    flows=site.no_flows,
    limits=_limits,
    couples=_couples,
)
