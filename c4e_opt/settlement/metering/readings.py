"""Meter readings: what counts of them, and the energy that every meter saw in every step of a horizon.

A reading says how much energy a meter put into its bus in one interval, in whole Wh, negative where it was taken. Of
several versions of a reading the highest counts; one that came after `until` is late and does not. Intervals of a meter
have one length and lie behind one another from the begin of the horizon on:

    shorter than a step     are added up
    longer than a step      are split over the steps by the shape of the schedule: in its proportions where it has one
                            sign, else as the schedule plus an even deviation; to whole units by largest remainder,
                            ties to the earlier step

Intervals of the horizon without a reading are substituted by the first of the meter's rules that says something, and
each is flagged:

    linear      between the neighbours in time, where no more than `gap_seconds` are missing; halves are rounded up
    last_week   the reading of seven days before, at the same time of the clock
    schedule    what was scheduled
    zero        nothing

Source: the ways of validating, estimating and editing readings follow the Uniform Business Practices for Unbundled
Electricity Metering, volume 2 (Edison Electric Institute, 2000): short gaps linearly, longer ones from similar days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.axes import Horizon
from c4e_opt.digest import Digest
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates, unknown
from c4e_opt.settlement.metering import intervals
from c4e_opt.settlement.metering.intervals import SUBSTITUTES
from c4e_opt.settlement.rounding import Integers

#: How a step came about, by its number in `Metered.origin`.
ORIGINS = ("measured", "split", "substituted")

_MOST_WH = 10**15  # energy of one reading; more is no reading
_MOST_ISSUES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter: whose energy it measures, at which bus, in which intervals."""

    id: str
    party: str
    bus: str
    component: str = ""  # "<kind>/<id>" or "order/<id>" that it measures alone; all of the party at the bus when empty
    seconds: int = 900  # length of its intervals
    substitutes: tuple[str, ...] = ("schedule",)
    gap_seconds: int = 7200  # longest gap that `linear` closes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """Readings as columns, in any order, shapes (reading,)."""

    meter: TextArray  # id of the meter
    start: IntArray  # begin of the interval, seconds since 1970-01-01T00:00Z
    energy_wh: IntArray  # into the bus
    version: IntArray  # of the same meter and start the highest counts
    received: IntArray  # when it came, seconds since 1970; 0 where nobody knows

    def __len__(self) -> int:
        """How many readings there are."""
        return self.meter.size

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, ...]]) -> Readings:
        """Readings from rows: meter, start, energy and, where they are not 0, version and moment of receipt."""
        padded = [(*row, *(0,) * (5 - len(row))) for row in rows]
        columns = list(zip(*padded, strict=True)) if padded else [()] * 5
        meter = np.array(columns[0], dtype=np.str_)
        names = ("start", "energy_wh", "version", "received")
        numbers = {name: np.array(each, dtype=np.int64) for name, each in zip(names, columns[1:], strict=True)}
        return cls(meter=meter, **numbers)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Substitution:
    """Intervals without a reading and what stands for them, as columns, shapes (interval,)."""

    meter: IntArray  # place among the meters
    start: IntArray
    rule: TextArray
    energy: IntArray  # minor units of the books


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metered:
    """What meters saw in the steps of a horizon.

    Attributes:
        meters: Sorted by id.
        energy: Into the bus, minor units of the books, (meter, time).
        origin: Place in `ORIGINS`, (meter, time).
        substitution: Every interval without a reading.
        late: How many readings came too late to count.
        superseded: How many gave way to a higher version.
        digest: SHA-256 of the meters and of the readings that count, whatever their order.
    """

    meters: tuple[Meter, ...]
    energy: IntArray
    origin: IntArray
    substitution: Substitution
    late: int
    superseded: int
    digest: str


def check_meters(meters: Sequence[Meter], horizon: Horizon, path: str = "meters") -> Iterator[Issue]:
    """What is wrong with meters by themselves and with their intervals."""
    yield from duplicates(path, [meter.id for meter in meters])
    whole = {(meter.party, meter.bus) for meter in meters if not meter.component}
    scopes: dict[tuple[str, str, str], str] = {}
    lengths = {meter.seconds for meter in meters if meter.seconds > 0}
    fitting = {seconds: intervals.fits(horizon, seconds) for seconds in lengths}
    for place, meter in enumerate(meters):
        where = f"{path}[{place}]"
        scope = (meter.party, meter.bus, meter.component)
        if scope in scopes:
            told = f"measures the same as meter {scopes[scope]!r}; drop one, or name the component of each"
            yield Issue(f"{where}.component", "conflict", told)
        elif meter.component and scope[:2] in whole:
            told = f"is measured with all of {meter.party!r} at bus {meter.bus!r} already; drop one of the meters"
            yield Issue(f"{where}.component", "conflict", told)
        scopes.setdefault(scope, meter.id)
        for rule in meter.substitutes:
            if rule not in SUBSTITUTES:
                yield unknown(f"{where}.substitutes", "unknown_rule", "rule of substitution", rule, SUBSTITUTES)
        if meter.seconds < 1:
            yield Issue(f"{where}.seconds", "range", f"is {meter.seconds} s; an interval lasts 1 s or more")
        elif not fitting[meter.seconds]:
            told = (
                f"is {meter.seconds} s; from the begin of the horizon on, every interval must lie within a step or "
                "consist of whole steps"
            )
            yield Issue(f"{where}.seconds", "step", told)


def metered(
    horizon: Horizon,
    meters: Sequence[Meter],
    readings: Readings,
    scheduled: Integers,
    *,
    unit: int = 1,
    until: int | None = None,
) -> Metered:
    """Find what every meter saw in every step.

    Args:
        horizon: The steps.
        meters: The meters, in any order.
        readings: Their readings, in any order; those outside of the horizon are neighbours of those within.
        scheduled: What was scheduled for every meter, minor units of the books, (meter, time).
        unit: Minor units of the books in a Wh.
        until: Readings that came after this moment do not count; seconds since 1970.

    Raises:
        InvalidInput: With everything that is wrong with meters and readings, and with every meter that misses
            readings for which no rule stands.
    """
    found = [*check_meters(meters, horizon)]
    if found:
        raise InvalidInput(found)
    order = sorted(range(len(meters)), key=lambda place: meters[place].id)
    sorted_meters = tuple(meters[place] for place in order)
    schedule = np.asarray(scheduled)[order].reshape(len(order), horizon.steps).astype(np.int64)
    found = [*check_readings(sorted_meters, readings, horizon)]
    if found:
        raise InvalidInput(found)
    counted, late, superseded = _counted(sorted_meters, readings, until)
    energy, origin = np.zeros_like(schedule), np.zeros_like(schedule)
    gaps: list[intervals.Gaps] = []
    for seconds in sorted({meter.seconds for meter in sorted_meters}):
        places = [n for n, meter in enumerate(sorted_meters) if meter.seconds == seconds]
        rows = np.array(places, dtype=np.int64)
        layout = intervals.layout(horizon, seconds)
        values, known = intervals.placed(layout, rows, counted)
        values *= unit
        rules = [(sorted_meters[n].substitutes, sorted_meters[n].gap_seconds) for n in places]
        gap = intervals.fill(layout, rows, rules, counted, schedule[rows], (values, known), unit)
        energy[rows] = intervals.onto_steps(layout, values, schedule[rows])
        origin[rows] = intervals.origins(layout, known)
        gaps.append(gap)
    _refuse_open(sorted_meters, gaps)
    return Metered(
        meters=sorted_meters,
        energy=energy,
        origin=origin,
        substitution=_substitution(gaps),
        late=late,
        superseded=superseded,
        digest=_digest(sorted_meters, counted),
    )


def check_readings(meters: Sequence[Meter], readings: Readings, horizon: Horizon) -> Iterator[Issue]:
    """What is wrong with readings; meters are sorted by id."""
    ids = np.array([meter.id for meter in meters], dtype=np.str_)
    place = np.searchsorted(ids, readings.meter) if ids.size else np.zeros(len(readings), dtype=np.int64)
    place = np.minimum(place, max(ids.size - 1, 0))
    known = ids[place] == readings.meter if ids.size else np.zeros(len(readings), dtype=np.bool_)
    for name in np.unique(readings.meter[~known]).tolist()[:_MOST_ISSUES]:
        first = int(np.flatnonzero(readings.meter == name)[0])
        yield unknown(f"readings[{first}].meter", "unknown_reference", "meter", name, ids.tolist())
    for name, low in (("version", 0), ("received", 0)):
        values = getattr(readings, name)
        for row in np.flatnonzero(values < low)[:_MOST_ISSUES].tolist():
            yield Issue(f"readings[{row}].{name}", "range", f"is {values[row]}; it must be {low} or more")
    for row in np.flatnonzero(np.abs(readings.energy_wh) > _MOST_WH)[:_MOST_ISSUES].tolist():
        told = f"is {readings.energy_wh[row]} Wh; between -1e15 and 1e15 Wh can be read"
        yield Issue(f"readings[{row}].energy_wh", "range", told)
    seconds = np.array([meter.seconds for meter in meters] or [1], dtype=np.int64)[place]
    during = (readings.start + seconds > horizon.start) & (readings.start < horizon.end)
    off = known & during & ((readings.start - horizon.start) % seconds != 0)
    for row in np.flatnonzero(off)[:_MOST_ISSUES].tolist():
        told = (
            f"is {_moment(readings.start[row])}; intervals of meter {str(readings.meter[row])!r} last {seconds[row]} s "
            f"and lie behind one another through {_moment(horizon.start)}"
        )
        yield Issue(f"readings[{row}].start", "step", told)
    yield from _contradictions(place, readings)


def _contradictions(place: IntArray, readings: Readings) -> Iterator[Issue]:
    """Readings of one meter, start and version that say different energies."""
    order = np.lexsort((readings.energy_wh, readings.version, readings.start, place))
    same = np.ones(max(order.size - 1, 0), dtype=np.bool_)
    for each in (place, readings.start, readings.version, readings.meter):
        same &= each[order][1:] == each[order][:-1]
    differs = same & (readings.energy_wh[order][1:] != readings.energy_wh[order][:-1])
    for at in np.flatnonzero(differs)[:_MOST_ISSUES].tolist():
        one, two = sorted((int(order[at]), int(order[at + 1])))
        told = (
            f"is {readings.energy_wh[two]} Wh, but readings[{one}] of the same meter, start and version says "
            f"{readings.energy_wh[one]} Wh; give the right one a higher version"
        )
        yield Issue(f"readings[{two}].energy_wh", "conflict", told)


def _counted(meters: Sequence[Meter], readings: Readings, until: int | None) -> tuple[intervals.Counted, int, int]:
    """The readings that count, sorted by meter and start; how many were late, and how many gave way."""
    ids = np.array([meter.id for meter in meters], dtype=np.str_)
    place = np.searchsorted(ids, readings.meter) if ids.size else np.zeros(0, dtype=np.int64)
    in_time = np.flatnonzero(readings.received <= until) if until is not None else np.arange(len(readings))
    place, start = place[in_time], readings.start[in_time]
    order = np.lexsort((readings.version[in_time], start, place))
    last = np.ones(order.size, dtype=np.bool_)
    last[:-1] = (place[order][1:] != place[order][:-1]) | (start[order][1:] != start[order][:-1])
    kept = order[last]
    counted = intervals.Counted(
        meter=place[kept],
        start=start[kept],
        energy_wh=readings.energy_wh[in_time][kept],
        version=readings.version[in_time][kept],
    )
    return counted, len(readings) - in_time.size, int(order.size - kept.size)


def _refuse_open(meters: Sequence[Meter], gaps: Sequence[intervals.Gaps]) -> None:
    found: list[Issue] = []
    for gap in gaps:
        open_ = np.flatnonzero(gap.rule < 0)
        absent: list[int] = np.unique(gap.meter[open_]).tolist()
        for place in absent:
            starts = gap.start[open_][gap.meter[open_] == place]
            rules = ", ".join(meters[place].substitutes) or "none"
            told = (
                f"{starts.size} readings are missing, the first of {_moment(starts.min())}, for which no rule of "
                f"substitution stands ({rules}); add readings, or 'schedule' or 'zero' as the last rule"
            )
            found.append(Issue(f"meters[{meters[place].id}].substitutes", "missing_reading", told))
    if found:
        raise InvalidInput(found)


def _substitution(gaps: Sequence[intervals.Gaps]) -> Substitution:
    none = np.zeros(0, dtype=np.int64)
    meter, start, rule, energy = (
        np.concatenate([none, *(getattr(gap, name) for gap in gaps)]) for name in ("meter", "start", "rule", "energy")
    )
    order = np.lexsort((start, meter))
    words = np.array(SUBSTITUTES, dtype=np.str_)
    return Substitution(meter=meter[order], start=start[order], rule=words[rule[order]], energy=energy[order])


def _digest(meters: Sequence[Meter], counted: intervals.Counted) -> str:
    digest = Digest(b"c4e-opt readings 1")
    for meter in meters:
        words = (meter.id, meter.party, meter.bus, meter.component, *meter.substitutes)
        digest.words((*words, str(meter.seconds), str(meter.gap_seconds)))
    for each in (counted.meter, counted.start, counted.energy_wh, counted.version):
        digest.array(each)
    return digest.hex()


def _moment(seconds: Any) -> str:
    return f"{np.datetime64(int(seconds), 's')}Z"
