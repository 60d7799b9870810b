"""Baselines of demand response: what a load would have taken, by a declared method, from its meter alone.

    high            the mean of the `high` largest of the last `days` similar days, by what was taken at the time of the
                    event: "high 4 of 5", "high 5 of 10"; all of them where `high` is `days`: "10 of 10"
    before_after    the mean power within `window_hours` before and after the event
    before          the mean power within `window_hours` before the event
    schedule        what was declared beforehand

Similar days are earlier days of the same type, working days or not, by the calendar of the time zone, without days of
other events, holidays being no working days, and without days of which a reading is missing; at most `look_back_days`
are looked at. Of equal days the later one counts.

The mean of days may be adjusted to the day of the event by the `window_hours` that end `gap_hours` before it:
    ratio      times what was taken then over what the same days say for then, within 1 - cap and 1 + cap
    additive   plus what was taken more than that, by interval, within cap times the mean of the baseline

Energies are whole Wh in intervals of the meter, halves rounded up; a baseline is never below nothing.

Source: NAESB Measurement and Verification of Demand Response Products (WEQ-015): Baseline Type-I, Meter Before / Meter
After; PJM Manual 19 ("high 4 of 5", symmetric additive adjustment) and CAISO tariff section 4.13.4 ("10 of 10" with a
load point adjustment of at most 20 %).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown

METHODS = ("high", "before_after", "before", "schedule")
ADJUSTMENTS = ("none", "ratio", "additive")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineMethod:
    """How a baseline is found."""

    method: str = "high"
    high: int = 4
    days: int = 5
    look_back_days: int = 45
    adjustment: str = "none"
    window_hours: int = 3
    gap_hours: int = 1
    cap_percent: float = 20.0
    holidays: tuple[str, ...] = ()  # ISO dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a load would have taken in the intervals of an event, and from what it was found."""

    starts: tuple[int, ...]  # of the intervals, seconds since 1970-01-01T00:00Z
    energy_wh: tuple[int, ...]
    days: tuple[str, ...]  # ISO dates that count, the latest first
    adjustment: Fraction  # the factor, or what was added by interval in Wh


def check_method(path: str, how: BaselineMethod) -> Iterator[Issue]:
    """What is wrong with a method."""
    if how.method not in METHODS:
        yield unknown(f"{path}.method", "unknown_rule", "method of baselines", how.method, METHODS)
    if how.adjustment not in ADJUSTMENTS:
        yield unknown(f"{path}.adjustment", "unknown_rule", "adjustment", how.adjustment, ADJUSTMENTS)
    if not 1 <= how.high <= how.days:
        yield Issue(f"{path}.high", "range", f"is {how.high}; it must lie within [1, {how.days}], the days looked at")
    if how.days > how.look_back_days:
        yield Issue(f"{path}.look_back_days", "range", f"is {how.look_back_days}; {how.days} days must fit in")
    if how.window_hours < 1 or how.gap_hours < 0:
        told = f"is {how.window_hours} h, {how.gap_hours} h apart; at least 1 h and 0 h are needed"
        yield Issue(f"{path}.window_hours", "range", told)
    if not 0 <= how.cap_percent <= 100:
        yield Issue(f"{path}.cap_percent", "range", f"is {how.cap_percent:g} %; it must lie within [0, 100] %")
    for place, day in enumerate(how.holidays):
        try:
            date.fromisoformat(day)
        except ValueError:
            yield Issue(f"{path}.holidays[{place}]", "moment", f"is {day!r}; write a date like '2025-12-25'")


def baseline(
    taken_wh: Mapping[int, int],
    seconds: int,
    begin: int,
    end: int,
    how: BaselineMethod,
    *,
    time_zone: str = "UTC",
    events: Sequence[tuple[int, int]] = (),
    declared_wh: Mapping[int, int] | None = None,
) -> Baseline:
    """Find the baseline of an event.

    Args:
        taken_wh: What the load took, Wh by begin of the interval.
        seconds: Length of the intervals.
        begin: When the event begins, at the begin of an interval, seconds since 1970.
        end: When it ends, at the end of an interval.
        how: The method.
        time_zone: The zone in which days are days.
        events: Begins and ends of other events, whose days are not similar.
        declared_wh: What was declared, by begin of the interval; for the method "schedule".

    Raises:
        InvalidInput: Too few days or readings to find it, or the method is wrong.
    """
    found = [*check_method("method", how)]
    if found:
        raise InvalidInput(found)
    starts = tuple(range(begin, end, seconds))
    if how.method == "schedule":
        return _all((declared_wh or {}), starts, "what was declared")
    if how.method in ("before", "before_after"):
        window = [begin - n * seconds for n in range(how.window_hours * 3600 // seconds, 0, -1)]
        if how.method == "before_after":
            window += [end + n * seconds for n in range(how.window_hours * 3600 // seconds)]
        known = _all(taken_wh, tuple(window), "before and after it" if how.method == "before_after" else "before it")
        mean = Fraction(sum(known.energy_wh), len(window))
        return Baseline(starts=starts, energy_wh=(_whole(mean),) * len(starts), days=(), adjustment=Fraction(1))
    return _high(taken_wh, seconds, starts, how, ZoneInfo(time_zone), events)


def _all(known: Mapping[int, int], starts: tuple[int, ...], what: str) -> Baseline:
    """These intervals, all of which must be known."""
    missing = [start for start in starts if start not in known]
    if missing:
        told = f"{len(missing)} readings are missing {what}, the first of {_moment(missing[0])}; add them"
        raise InvalidInput([Issue("readings", "missing_reading", told)])
    energy = tuple(known[start] for start in starts)
    return Baseline(starts=starts, energy_wh=energy, days=(), adjustment=Fraction(1))


def _high(
    taken: Mapping[int, int],
    seconds: int,
    starts: tuple[int, ...],
    how: BaselineMethod,
    zone: ZoneInfo,
    events: Sequence[tuple[int, int]],
) -> Baseline:
    """The mean of similar days, adjusted."""
    adjusts = how.adjustment != "none"
    latest = starts[0] - how.gap_hours * 3600
    window = tuple(range(latest - how.window_hours * 3600, latest, seconds)) if adjusts else ()
    similar: list[tuple[date, list[int], list[int]]] = []
    for day, back in _similar_days(starts[0], how, zone, events):
        during, before = ([_earlier(start, back, zone) for start in times] for times in (starts, window))
        if all(start in taken for start in (*during, *before)):
            similar.append((day, [taken[start] for start in during], [taken[start] for start in before]))
        if len(similar) == how.days:
            break
    if len(similar) < how.days:
        told = (
            f"{len(similar)} similar days with readings lie within {how.look_back_days} days; {how.days} are needed: "
            "add readings, or look back further"
        )
        raise InvalidInput([Issue("readings", "missing_reading", told)])
    chosen = sorted(similar, key=lambda each: (-sum(each[1]), -each[0].toordinal()))[: how.high]
    raw = [Fraction(sum(each), how.high) for each in zip(*(during for _, during, _ in chosen), strict=True)]
    factor = Fraction(1)
    if adjusts:
        actual = sum(_all(taken, window, "before it").energy_wh)
        usual = Fraction(sum(sum(before) for _, _, before in chosen), how.high)
        cap = Fraction(str(how.cap_percent)) / 100
        if how.adjustment == "ratio":
            factor = min(max(actual / usual, 1 - cap), 1 + cap) if usual > 0 else Fraction(1)
            raw = [each * factor for each in raw]
        else:
            most = cap * abs(sum(raw)) / len(raw)
            factor = min(max((actual - usual) / len(window), -most), most)
            raw = [each + factor for each in raw]
    days = tuple(day.isoformat() for day in sorted((each[0] for each in chosen), reverse=True))
    energy = tuple(max(_whole(each), 0) for each in raw)
    return Baseline(starts=starts, energy_wh=energy, days=days, adjustment=factor)


def _similar_days(
    begin: int, how: BaselineMethod, zone: ZoneInfo, events: Sequence[tuple[int, int]]
) -> Iterator[tuple[date, int]]:
    """Days of the same type, the latest first, and how many days they lie back."""
    called = {
        datetime.fromtimestamp(moment, zone).date()
        for first, last in events
        for moment in [*range(first, last, 3600), last - 1]
    }
    today = datetime.fromtimestamp(begin, zone).date()
    for back in range(1, how.look_back_days + 1):
        day = today - timedelta(days=back)
        if day not in called and _works(day, how) == _works(today, how):
            yield day, back


def _works(day: date, how: BaselineMethod) -> bool:
    return day.weekday() < 5 and day.isoformat() not in how.holidays


def _earlier(start: int, days: int, zone: ZoneInfo) -> int:
    """The moment at which clocks showed the same so many days before."""
    return int((datetime.fromtimestamp(start, zone) - timedelta(days=days)).timestamp())


def _whole(number: Fraction) -> int:
    """The nearest whole number, halves up."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
