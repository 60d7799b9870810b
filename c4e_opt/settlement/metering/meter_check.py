"""The check of what meters saw: readings that count, and every interval walked by itself.

It shares no step with `metering` and `intervals`; the check of imbalances builds on it.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.case import Case
from c4e_opt.digest import Digest
from c4e_opt.settlement.metering.measurement import Measurement

#: By meter and start: version and energy.
Versions = dict[str, dict[int, tuple[int, int]]]


def versions_of(measurement: Measurement) -> Versions:
    """The readings that count, of every meter."""
    found: Versions = {m.id: {} for m in measurement.meters}
    readings, until = measurement.readings, measurement.run.until
    columns = (readings.meter, readings.start, readings.version, readings.energy_wh, readings.received)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for name, start, version, energy, received in rows:
        if until is None or received <= until:
            told = found[name]
            if start not in told or told[start] < (version, energy):
                told[start] = (version, energy)
    return found


def digest_of(measurement: Measurement, versions: Versions) -> str:
    """SHA-256 of meters and readings, as `Metered.digest` is defined."""
    digest = Digest(b"c4e-opt readings 1")
    meters = sorted(measurement.meters, key=lambda each: each.id)
    for m in meters:
        digest.words((m.id, m.party, m.bus, m.component, *m.substitutes, str(m.seconds), str(m.gap_seconds)))
    columns: tuple[list[int], ...] = ([], [], [], [])
    for place, m in enumerate(meters):
        told = versions[m.id]
        starts = sorted(told)
        columns[0].extend([place] * len(starts))
        columns[1].extend(starts)
        columns[2].extend([told[start][1] for start in starts])
        columns[3].extend([told[start][0] for start in starts])
    for column in columns:
        digest.array(np.array(column, dtype=np.int64))
    return digest.hex()


def metered_by(case: Case, meter: Any, told: dict[int, int], plan: list[int]) -> list[int]:
    """Energy of one meter in every step, walking its intervals from the begin of the horizon."""
    starts, ends = case.horizon.starts.tolist(), case.horizon.ends.tolist()
    wh = 10 ** (case.policy.energy_decimals - 6)
    total, moments = [0] * len(starts), sorted(told)
    begin, step, last_end, length = case.horizon.start, 0, case.horizon.end, meter.seconds
    while begin < last_end:
        end = begin + length
        if ends[step] <= begin:
            step += 1
        if end <= ends[step]:
            energy = told[begin] * wh if begin in told else _stand_in(case, meter, told, moments, begin)
            if energy is None:
                parts, nth = (ends[step] - starts[step]) // meter.seconds, (begin - starts[step]) // meter.seconds
                energy = plan[step] // parts + (nth < plan[step] % parts)
            total[step] += energy
        else:
            last = step
            while ends[last] < end:
                last += 1
            energy = told[begin] * wh if begin in told else _stand_in(case, meter, told, moments, begin)
            steps = range(step, last + 1)
            if energy is None:
                energy = sum(plan[each] for each in steps)
            for each, part in zip(steps, _shares(energy, plan[step : last + 1], case, step), strict=True):
                total[each] += part
        begin = end
    return total


def _stand_in(case: Case, meter: Any, told: dict[int, int], moments: list[int], begin: int) -> int | None:
    """What stands for a missing reading, minor units; None for the schedule."""
    wh = 10 ** (case.policy.energy_decimals - 6)
    for rule in meter.substitutes:
        if rule == "zero":
            return 0
        if rule == "schedule":
            return None
        if rule == "last_week":
            zone = ZoneInfo(case.horizon.time_zone)
            before = int((datetime.fromtimestamp(begin, zone) - timedelta(days=7)).timestamp())
            if before in told:
                return told[before] * wh
        if rule == "linear":
            at = bisect_left(moments, begin)
            if 0 < at < len(moments):
                low, high = moments[at - 1], moments[at]
                if high - low - meter.seconds <= meter.gap_seconds:
                    slope = Fraction(told[high] - told[low], high - low)
                    line = told[low] + slope * (begin - low)
                    return int((line + Fraction(1, 2)) // 1) * wh
    return None


def _shares(energy: int, plan: list[int], case: Case, first: int) -> list[int]:
    """An energy over steps by the shape of a plan, to whole units."""
    lasting = case.horizon.step_seconds[first : first + len(plan)].tolist()
    if any(plan) and (min(plan) >= 0 or max(plan) <= 0):
        exact = [Fraction(energy * each, sum(plan)) for each in plan]
    else:
        exact = [
            each + Fraction((energy - sum(plan)) * seconds, sum(lasting))
            for each, seconds in zip(plan, lasting, strict=True)
        ]
    parts = [each.numerator // each.denominator for each in exact]
    first_to_last = sorted(range(len(plan)), key=lambda n: (parts[n] - exact[n], n))
    for n in first_to_last[: energy - sum(parts)]:
        parts[n] += 1
    return parts
