"""What an answer must hold for shiftable loads; their power follows from when they start, by `shiftable_load_flow`.

Laws:
    shiftable_load_start     a run starts only where it fits into a window, from its earliest moment to its latest, and
                             into the horizon
    shiftable_load_one_run   one run starts in every window, unless it is skipped
    shiftable_load_skipped   0 <= skipped <= 1, and 0 of loads that must run
When a load starts is decided by binaries, which no price supports: there is no law on prices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room


def _windows(records: Sequence[Any], horizon: Horizon) -> list[tuple[int, float, float]]:
    """Every window as (load, begin, end), in seconds."""
    zone = ZoneInfo(horizon.time_zone)
    found: list[tuple[int, float, float]] = []
    for row, record in enumerate(records):
        found.append((row, record.earliest, record.latest))
        begin, end = (datetime.fromtimestamp(at, zone) for at in (record.earliest, record.latest))
        while record.repeat == "daily":
            begin, end = begin + timedelta(days=1), end + timedelta(days=1)
            if end.timestamp() > horizon.end:
                break
            found.append((row, begin.timestamp(), end.timestamp()))
    return found


def _seconds(record: Any) -> int:
    return round(sum(phase.hours for phase in record.phases) * 3600)


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    power = np.zeros(fleet.shape)
    starts, ends = fleet.horizon.starts, fleet.horizon.ends
    for row, step in np.argwhere(fleet.answer("starting") != 0):
        passed = 0.0
        for phase in fleet.records[row].phases:
            begin = starts[step] + round(passed * 3600)
            passed += phase.hours
            lasts = np.minimum(ends, starts[step] + round(passed * 3600)) - np.maximum(starts, begin)
            share = np.maximum(lasts, 0) / fleet.horizon.step_seconds
            power[row] += fleet.answer("starting")[row, step] * phase.power_mw * share
    return (-power,)


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    optional = any(record.unserved_value_eur_per_mwh is not None for record in records)
    return {"skipped": ("shiftable_load_window",)} if optional else {}


def _labels(records: Sequence[Any], horizon: Horizon) -> Mapping[str, Sequence[str]]:
    names: list[str] = []
    for row, _, _ in _windows(records, horizon):
        before = sum(name.startswith(f"{records[row].id}/") for name in names)
        names.append(f"{records[row].id}/{before + 1}")
    return {"shiftable_load_window": names}


def _limits(fleet: Fleet) -> None:
    windows = _windows(fleet.records, fleet.horizon)
    starting = fleet.answer("starting")
    skipped = fleet.answer("skipped") if fleet.has("skipped") else np.zeros(len(windows))
    allowed = np.zeros(fleet.shape, dtype=np.bool_)
    runs = np.zeros(len(windows))
    for n, (row, begin, end) in enumerate(windows):
        starts = fleet.horizon.starts
        fits = (starts >= begin) & (starts + _seconds(fleet.records[row]) <= min(end, fleet.horizon.end))
        allowed[row] |= fits
        runs[n] = starting[row][fits].sum()

    def name(n: int) -> str:
        row, begin, _ = windows[n]
        return f"{fleet.name(row)}, window from {np.datetime64(int(begin), 's')}Z"

    fleet.hold("start", np.where(allowed, 0.0, np.abs(starting)), "1")
    fleet.hold("one_run", np.abs(runs + skipped - 1.0), "1", name=name)
    must = np.array([fleet.records[row].unserved_value_eur_per_mwh is None for row, _, _ in windows])
    fleet.hold("skipped", np.maximum(-skipped, skipped - np.where(must, 0.0, 1.0)), "1", name=name)


def _costs(fleet: Fleet, bill: Bill) -> None:
    if not fleet.has("skipped"):
        return
    horizon, skipped = fleet.horizon, fleet.answer("skipped")
    for n, (row, begin, end) in enumerate(_windows(fleet.records, horizon)):
        record = fleet.records[row]
        energy = sum(phase.hours * phase.power_mw for phase in record.phases)
        inside = (horizon.starts >= begin) & (horizon.starts < end)
        counts = horizon.cost_hours[inside].sum() / horizon.hours[inside].sum()
        value = record.unserved_value_eur_per_mwh or 0.0
        bill.add("unserved", np.array([value * energy * skipped[n] * counts]))


ROOM = Room(
    quantities=("starting",),
    more=_more,
    labels=_labels,
    binaries=("starting",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
)
