"""Local time: the calendar of a case's zone as arrays over its steps; days of 23 and 25 hours are days like others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import IntArray
from c4e_opt.axes import Horizon

#: Names of weekdays, in the order of their numbers.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """What clock and calendar show at the start of every step, (time,)."""

    date: NDArray[np.datetime64]
    month: NDArray[np.datetime64]
    weekday: IntArray  # Monday is 0
    clock_seconds: IntArray  # what the clock shows, since 00:00
    elapsed_seconds: IntArray  # since the day began; differs from the clock where clocks were set on the way


def local_time(horizon: Horizon) -> LocalTime:
    """Read clock and calendar at the start of every step of a horizon.

    Args:
        horizon: The steps and their time zone.
    """
    zone = ZoneInfo(horizon.time_zone)
    first = datetime.fromtimestamp(horizon.start, zone).date()
    last = datetime.fromtimestamp(int(horizon.starts[-1]), zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    begins = np.array([_midnight(day, zone) for day in [*days, last + timedelta(days=1)]], dtype=np.int64)
    place = np.searchsorted(begins, horizon.starts, side="right") - 1
    elapsed = horizon.starts - begins[place]
    clock = elapsed.copy()
    for step in np.flatnonzero(np.diff(begins)[place] != _DAY_S):  # on the few days on which clocks are set
        shown = datetime.fromtimestamp(int(horizon.starts[step]), zone).time()
        clock[step] = shown.hour * 3600 + shown.minute * 60 + shown.second
    dates = np.array(days, dtype="datetime64[D]")[place]
    return LocalTime(
        date=dates,
        month=dates.astype("datetime64[M]"),
        weekday=(dates.astype(np.int64) + 3) % 7,  # 1970-01-01 was a Thursday
        clock_seconds=clock,
        elapsed_seconds=elapsed,
    )


def days_later(moment: int, days: int, time_zone: str) -> int:
    """The moment at which clocks show the same so many days later, seconds since 1970-01-01T00:00Z.

    Args:
        moment: Seconds since 1970-01-01T00:00Z.
        days: How many days.
        time_zone: The zone of the clocks.
    """
    local = datetime.fromtimestamp(moment, ZoneInfo(time_zone))
    return int((local + timedelta(days=days)).timestamp())


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
