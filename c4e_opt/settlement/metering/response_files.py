"""The file of measured demand response: meters, readings, events and how their baselines are found.

    readings: readings.csv             # as for imbalances, those of earlier days included
    meters:                            # or a CSV file beside it: meters.csv
      - {id: m1, party: ann, bus: e, component: demand/house, minutes: 15}
    events:
      - {id: evening, meter: m1, begin: "2025-04-03T18:00", end: "2025-04-03T19:00", committed_mw: 0.002,
         reward_eur_per_mwh: 400, penalty_eur_per_mwh: 100,
         method: {method: high, high: 4, days: 5, adjustment: additive, holidays: ["2025-04-21"]}}
      - {id: noon, meter: m1, begin: "2025-04-04T12:00", end: "2025-04-04T12:30", committed_mw: 0.001,
         reward_eur_per_mwh: 400, method: {method: schedule}, declared_wh: [800, 800]}    # by interval of the meter

Moments are ISO 8601, without an offset in the time zone of the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from c4e_opt.case.document import read_document
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement.documents import known, moment, number, records, whole, word
from c4e_opt.settlement.metering.baseline import BaselineMethod
from c4e_opt.settlement.metering.files import read_meters, read_readings
from c4e_opt.settlement.metering.readings import Meter, Readings
from c4e_opt.settlement.metering.response import MeasuredEvent

_EVENT = (
    "id", "meter", "begin", "end", "committed_mw", "reward_eur_per_mwh", "penalty_eur_per_mwh", "method", "declared_wh",
)  # fmt: skip
_METHOD = tuple(each.name for each in fields(BaselineMethod))
_USUAL = BaselineMethod()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFile:
    """What a file of measured demand response says."""

    meters: tuple[Meter, ...]
    readings: Readings
    events: tuple[MeasuredEvent, ...]


def read_response(path: str | Path, time_zone: str = "UTC") -> ResponseFile:
    """Read meters, readings and events.

    Args:
        path: The YAML file.
        time_zone: The zone of moments without an offset.

    Raises:
        InvalidInput: With everything that is wrong with the form; what does not fit a case is found by `respond`.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known(where.name, document, ("readings", "meters", "events"), found)
    meters = read_meters(where, document.get("meters", []), found)
    lengths = {meter.id: meter.seconds for meter in meters}
    events = [
        _event(at, record, lengths, ZoneInfo(time_zone), found)
        for at, record in records(where, document.get("events", []), _EVENT, found, "events")
    ]
    readings = Readings.of([])
    name = word(where.name, document, "readings", found)
    if name:
        try:
            readings = read_readings(where.parent / name, time_zone)
        except InvalidInput as error:
            found += error.issues
    if found:
        raise InvalidInput(found)
    return ResponseFile(meters=tuple(meters), readings=readings, events=tuple(events))


def _event(
    at: str, record: Mapping[str, Any], lengths: Mapping[str, int], local: ZoneInfo, found: list[Issue]
) -> MeasuredEvent:
    meter = word(at, record, "meter", found)
    begin, end = (moment(f"{at}.{name}", record.get(name), local, found) for name in ("begin", "end"))
    declared = record.get("declared_wh", [])
    if not isinstance(declared, list):
        found.append(
            Issue(f"{at}.declared_wh", "type", "must be a list of Wh, one for every interval from the begin on")
        )
        declared = []
    energies = [
        whole(f"{at}.declared_wh[{n}]", each, found, unit=" Wh") for n, each in enumerate(cast("list[Any]", declared))
    ]
    committed, reward, penalty = (
        number(f"{at}.{name}", record.get(name, usual), found)
        for name, usual in (("committed_mw", None), ("reward_eur_per_mwh", None), ("penalty_eur_per_mwh", 0))
    )
    return MeasuredEvent(
        id=word(at, record, "id", found),
        meter=meter,
        begin=begin,
        end=end,
        committed_mw=committed,
        reward_per_mwh=reward,
        penalty_per_mwh=penalty,
        method=_method(f"{at}.method", record.get("method", {}), found),
        declared_wh={begin + n * lengths.get(meter, 900): energy for n, energy in enumerate(energies)},
    )


def _method(at: str, content: Any, found: list[Issue]) -> BaselineMethod:
    if not isinstance(content, dict):
        found.append(Issue(at, "type", "must be a mapping: {method: high, high: 4, days: 5}"))
        return _USUAL
    told = cast("dict[str, Any]", content)
    known(at, told, _METHOD, found)
    holidays = told.get("holidays", [])
    if not isinstance(holidays, list):
        found.append(Issue(f"{at}.holidays", "type", "must be a list of dates"))
        holidays = []
    counts = {
        name: whole(f"{at}.{name}", told[name], found)
        for name in ("high", "days", "look_back_days", "window_hours", "gap_hours")
        if name in told
    }
    return BaselineMethod(
        method=str(told.get("method", _USUAL.method)),
        adjustment=str(told.get("adjustment", _USUAL.adjustment)),
        cap_percent=number(f"{at}.cap_percent", told.get("cap_percent", _USUAL.cap_percent), found),
        holidays=tuple(str(each) for each in cast("list[Any]", holidays)),
        **counts,
    )
