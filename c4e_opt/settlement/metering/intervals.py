"""Intervals of meters against the steps of a horizon: where readings lie, what stands for missing ones, how they split.

Everything here is whole numbers over (meter, interval); see `metering` for the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import IntArray
from c4e_opt.axes import Horizon
from c4e_opt.local_time import days_later
from c4e_opt.settlement.rounding import Integers

#: Rules of substitution, by their names.
SUBSTITUTES = ("linear", "last_week", "schedule", "zero")

_RULES = {word: place for place, word in enumerate(SUBSTITUTES)}
_SPAN = 1 << 40  # more seconds than any moment has
_SMALL = 4 * 10**18  # products below stay within 64 bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """Readings that count, sorted by meter and start, shapes (reading,)."""

    meter: IntArray  # place among the meters
    start: IntArray
    energy_wh: IntArray
    version: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Intervals of one length over a horizon, shapes (interval,) unless said."""

    horizon: Horizon
    seconds: int
    starts: IntArray
    first: IntArray  # first step that it touches
    last: IntArray  # last step; the first again where it lies within a step
    of_step: IntArray  # (time,): the interval that a step begins in


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaps:
    """Intervals without a reading, shapes (gap,)."""

    meter: IntArray
    start: IntArray
    rule: IntArray  # place of the rule, -1 where none stands
    energy: IntArray  # minor units of the books


def fits(horizon: Horizon, seconds: int) -> bool:
    """Whether every interval of this length lies within a step or consists of whole steps."""
    if (horizon.end - horizon.start) % seconds:
        return False
    told = layout(horizon, seconds)
    ends = told.starts + seconds
    within = (told.first == told.last) & (horizon.starts[told.first] <= told.starts)
    whole = (horizon.starts[told.first] == told.starts) & (horizon.ends[told.last] == ends)
    return bool(np.all(within | whole))


def layout(horizon: Horizon, seconds: int) -> Layout:
    """Lay intervals of one length over a horizon, from its begin on."""
    starts = np.arange(horizon.start, horizon.end, seconds, dtype=np.int64)
    first = np.searchsorted(horizon.starts, starts, side="right") - 1
    last = np.searchsorted(horizon.ends, np.minimum(starts + seconds, horizon.end), side="left")
    of_step = (horizon.starts - horizon.start) // seconds
    return Layout(horizon=horizon, seconds=seconds, starts=starts, first=first, last=last, of_step=of_step)


def placed(layout: Layout, rows: IntArray, counted: Counted) -> tuple[IntArray, NDArray[np.bool_]]:
    """Readings of some meters in Wh, and where there are any, both (meter, interval)."""
    shape = (rows.size, layout.starts.size)
    values, known = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    inside = (counted.start >= layout.horizon.start) & (counted.start < layout.horizon.end)
    at = np.minimum(np.searchsorted(rows, counted.meter), rows.size - 1)
    these = np.flatnonzero(inside & (rows[at] == counted.meter))
    where = at[these], (counted.start[these] - layout.horizon.start) // layout.seconds
    values[where], known[where] = counted.energy_wh[these], True
    return values, known


def fill(
    layout: Layout,
    rows: IntArray,
    rules: Sequence[tuple[Sequence[str], int]],
    counted: Counted,
    scheduled: IntArray,
    placed: tuple[IntArray, NDArray[np.bool_]],
    unit: int,
) -> Gaps:
    """Write what stands for missing readings into the values, and tell which and by which rule.

    Args:
        layout: The intervals.
        rows: Places of the meters.
        rules: Rules of substitution of each of them, in their order, and seconds that `linear` may close.
        counted: All readings that count.
        scheduled: Of these meters, minor units, (meter, time).
        placed: Values in minor units, which are filled, and whether they are known, (meter, interval).
        unit: Minor units in a Wh.
    """
    values, known = placed
    row, slot = np.nonzero(~known)
    rule = np.full(row.size, -1, dtype=np.int64)
    lists = [[_RULES[word] for word in words] for words, _ in rules]
    longest = max(map(len, lists), default=0)
    ranked = np.array([each + [-1] * (longest - len(each)) for each in lists], dtype=np.int64).reshape(
        len(lists), longest
    )
    key = rows[row] * _SPAN + layout.starts[slot]
    gap_s = np.array([gap for _, gap in rules], dtype=np.int64)
    found = np.zeros(row.size, dtype=np.int64)
    for rank in range(longest):
        for number in range(len(_RULES)):
            these = np.flatnonzero((rule < 0) & (ranked[row, rank] == number))
            if not these.size:
                continue
            if number == _RULES["linear"]:
                told, stands = _linear(counted, key[these], layout.seconds, gap_s[row[these]])
                told = told * unit
            elif number == _RULES["last_week"]:
                told, stands = _last_week(counted, rows[row[these]], layout, slot[these])
                told = told * unit
            else:
                told = _scheduled(layout, scheduled)[row[these], slot[these]] * (number == _RULES["schedule"])
                stands = np.ones(these.size, dtype=np.bool_)
            found[these[stands]], rule[these[stands]] = told[stands], number
    values[row, slot] = found
    return Gaps(meter=rows[row], start=layout.starts[slot], rule=rule, energy=found)


def _linear(counted: Counted, key: IntArray, seconds: int, gap_s: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Between the neighbours in time, in Wh, and whether both are near enough."""
    keys = counted.meter * _SPAN + counted.start
    after = np.searchsorted(keys, key)
    stands = (after > 0) & (after < keys.size)
    after, before = np.clip(after, 1, max(keys.size - 1, 1)), np.clip(after - 1, 0, max(keys.size - 1, 0))
    after = np.minimum(after, max(keys.size - 1, 0))
    if not keys.size:
        return np.zeros(key.size, dtype=np.int64), np.zeros(key.size, dtype=np.bool_)
    stands &= (keys[before] // _SPAN == key // _SPAN) & (keys[after] // _SPAN == key // _SPAN)
    between = np.where(stands, keys[after] - keys[before], 1)
    stands &= between - seconds <= gap_s
    left, right = np.where(stands, keys[after] - key, 0), np.where(stands, key - keys[before], 0)
    low, high = counted.energy_wh[before].astype(object), counted.energy_wh[after].astype(object)
    told = (2 * (low * left + high * right) + between) // (2 * between)
    return np.where(stands, told, 0).astype(np.int64), stands


def _last_week(counted: Counted, meter: IntArray, layout: Layout, slot: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """The reading at the same time of the clock seven days before, in Wh, and whether there is one."""
    used, place = np.unique(slot, return_inverse=True)
    zone = layout.horizon.time_zone
    before = np.array([days_later(start, -7, zone) for start in layout.starts[used].tolist()], dtype=np.int64)
    if not counted.start.size:
        return np.zeros(slot.size, dtype=np.int64), np.zeros(slot.size, dtype=np.bool_)
    keys, wanted = counted.meter * _SPAN + counted.start, meter * _SPAN + before[place]
    at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return counted.energy_wh[at], keys[at] == wanted


def _scheduled(layout: Layout, scheduled: IntArray) -> IntArray:
    """The schedule by interval, (meter, interval): a step's evenly over the intervals within it, the earlier first."""
    many = np.bincount(layout.first, minlength=layout.horizon.steps)[layout.first]
    within = layout.first == layout.last
    nth = (layout.starts - layout.horizon.starts[layout.first]) // layout.seconds
    whole = np.concatenate([np.zeros((scheduled.shape[0], 1), dtype=np.int64), np.cumsum(scheduled, axis=1)], axis=1)
    covered = whole[:, layout.last + 1] - whole[:, layout.first]
    floor = covered // many
    return np.where(within, floor + (nth < covered - floor * many), covered)


def onto_steps(layout: Layout, values: IntArray, scheduled: IntArray) -> IntArray:
    """Values of intervals as values of steps, both in minor units: (meter, interval) to (meter, time)."""
    covers = layout.last > layout.first
    total = np.zeros((values.shape[0], layout.horizon.steps), dtype=np.int64)
    single = np.flatnonzero(~covers)
    np.add.at(total.T, layout.first[single], values[:, single].T)
    steps = np.flatnonzero(covers[layout.of_step])
    if steps.size:
        total[:, steps] = _split(layout, values, scheduled, steps)
    return total


def _split(layout: Layout, values: IntArray, scheduled: IntArray, steps: IntArray) -> IntArray:
    """Split long intervals over their steps by the shape of the schedule, (meter, step of these)."""
    slots, group = np.unique(layout.of_step[steps], return_inverse=True)
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    energy: Integers = values[:, slots][:, group]
    shape: Integers = scheduled[:, steps]
    summed: Integers = np.add.reduceat(shape, first, axis=1)[:, group]
    sized = np.add.reduceat(np.abs(shape), first, axis=1)[:, group]
    lasting = layout.horizon.step_seconds[steps]
    length = np.add.reduceat(lasting, first)[group]
    most = max(int(np.abs(values).max(initial=0)), int(sized.max(initial=0)), 1)
    wide: Any = np.int64 if 2 * most * max(most, int(length.max(initial=1))) < _SMALL else object
    energy, shape, summed = energy.astype(wide), shape.astype(wide), summed.astype(wide)
    one_sign = (np.abs(summed) == sized) & (sized > 0)
    top: Integers = np.where(one_sign, energy * shape * np.sign(summed), shape * length + (energy - summed) * lasting)
    bottom: Integers = np.where(one_sign, np.abs(summed), length + 0 * summed)
    floor = top // bottom
    left = top - floor * bottom
    missing = values[:, slots] - np.add.reduceat(floor, first, axis=1)
    meters = len(values)
    rows = np.repeat(np.arange(meters), steps.size)
    groups = rows * slots.size + np.tile(group, meters)
    # Of one interval all bottoms are the same, so that remainders compare as they are.
    order = np.lexsort((np.tile(np.arange(steps.size), meters), -left.ravel(), groups))
    nth = np.empty(order.size, dtype=np.int64)
    first_of = np.arange(meters)[:, None] * steps.size + first
    size = np.tile(np.diff(np.r_[first, steps.size]), meters)
    nth[order] = np.arange(order.size) - np.repeat(first_of.ravel(), size)
    raised = nth < missing.ravel()[groups].astype(np.int64)
    return (floor + raised.reshape(floor.shape)).astype(np.int64)


def origins(layout: Layout, known: NDArray[np.bool_]) -> IntArray:
    """Where the values of steps come from, (meter, time): 0 measured, 1 split from longer intervals, 2 substituted."""
    steps = layout.horizon.steps
    covers = layout.last > layout.first
    missing = np.zeros((known.shape[0], steps), dtype=np.bool_)
    np.logical_or.at(missing.T, layout.first, ~known.T)
    missing |= ~known[:, layout.of_step]
    split = np.broadcast_to(covers[layout.of_step], missing.shape)
    return np.where(missing, 2, np.where(split, 1, 0)).astype(np.int64)
