"""Files of a metering: readings as CSV, meters with rules of imbalances and activations as YAML.

A file of readings has the columns meter, start and energy_wh, and may have version and received. A file of rules:

    version: "2025-04"
    price: dual                             # given, single or dual
    component_eur_per_mwh: 5
    short_eur_per_mwh: {e: [100, 110]}      # by area; where prices are given
    long_eur_per_mwh: {e: [80, 70]}
    balance_groups: {ann: coop, bob: coop}
    areas: {f: e}
    meters:                                 # or a CSV file beside it: meters.csv
      - {id: m1, party: ann, bus: e, minutes: 15, substitutes: [linear, last_week, schedule]}
    activations:
      - {component: battery/b, bus: e, start: "2025-04-03T10:00Z", energy_wh: 500, price_eur_per_mwh: 120}

Moments are ISO 8601, without an offset in the time zone of the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.case.contents import as_numbers, shown
from c4e_opt.case.document import read_document
from c4e_opt.case.tables import read_table
from c4e_opt.case.times import NotAMoment, seconds
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.documents import mapping, moments, number, records, wholes, word
from c4e_opt.settlement.metering.measurement import Activation, ImbalanceRules
from c4e_opt.settlement.metering.readings import Meter, Readings

_READING = ("meter", "start", "energy_wh", "version", "received")
_RULES = (
    "version", "price", "component_eur_per_mwh", "short_eur_per_mwh", "long_eur_per_mwh", "balance_groups", "areas",
    "meters", "activations",
)  # fmt: skip
_METER = ("id", "party", "bus", "component", "minutes", "substitutes", "gap_minutes")
_ACTIVATION = ("component", "bus", "start", "energy_wh", "price_eur_per_mwh")


def read_readings(path: str | Path, time_zone: str = "UTC") -> Readings:
    """Read a CSV file of readings.

    Args:
        path: The file.
        time_zone: The zone of moments without an offset.

    Raises:
        InvalidInput: With every cell that is wrong, up to a bound.
    """
    told = read_table(Path(path))
    if isinstance(told, Issue):
        raise InvalidInput([told])
    found = [
        unknown(told.name, "unknown_field", "column", name, _READING) for name in told.columns if name not in _READING
    ]
    found += [
        Issue(told.name, "missing_field", f"has no column {name!r}; the first line must name it")
        for name in _READING[:3]
        if name not in told.columns
    ]
    if found:
        raise InvalidInput(found)
    local = ZoneInfo(time_zone)
    start = moments(told, "start", local, found, needed=True)
    energy = wholes(told, "energy_wh", found, needed=True, unit=" of Wh")
    version = wholes(told, "version", found, needed=False)
    received = moments(told, "received", local, found, needed=False)
    if found:
        raise InvalidInput(found)
    meter = np.array(told.text("meter"), dtype=np.str_) if told.rows else np.zeros(0, dtype=np.str_)
    return Readings(meter=meter, start=start, energy_wh=energy, version=version, received=received)


def read_rules(
    path: str | Path, time_zone: str = "UTC"
) -> tuple[tuple[Meter, ...], ImbalanceRules, tuple[Activation, ...]]:
    """Read meters, rules of imbalances and activations from a YAML file.

    Args:
        path: The file.
        time_zone: The zone of moments without an offset.

    Raises:
        InvalidInput: With everything that is wrong with the form; what does not fit a case is found by `check`.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    found += [
        unknown(f"{where.name}.{name}", "unknown_field", "field", name, _RULES)
        for name in document
        if name not in _RULES
    ]
    meters = read_meters(where, document.get("meters", []), found)
    calls = [
        _activation(at, record, ZoneInfo(time_zone), found)
        for at, record in records(where, document.get("activations", []), _ACTIVATION, found, "activations")
    ]
    rules = ImbalanceRules(
        version=str(document.get("version", "")),
        price=str(document.get("price", "single")),
        component_per_mwh=number(
            f"{where.name}.component_eur_per_mwh", document.get("component_eur_per_mwh", 0), found
        ),
        short_per_mwh=_columns(where, document, "short_eur_per_mwh", found),
        long_per_mwh=_columns(where, document, "long_eur_per_mwh", found),
        balance_groups=_words(where, document, "balance_groups", found),
        areas=_words(where, document, "areas", found),
    )
    if found:
        raise InvalidInput(found)
    return tuple(meters), rules, tuple(calls)


def read_meters(where: Path, content: Any, found: list[Issue]) -> list[Meter]:
    """The meters of a file: a list of records, or the name of a CSV file beside it."""
    return [_meter(at, record, found) for at, record in records(where, content, _METER, found, "meters")]


def _meter(at: str, record: Mapping[str, Any], found: list[Issue]) -> Meter:
    words = record.get("substitutes", ["schedule"])
    if isinstance(words, str):
        words = words.split()
    if not isinstance(words, list):
        found.append(Issue(f"{at}.substitutes", "type", f"is {shown(words)}; it must be a list of rules"))
        words = []
    minutes, gap = (
        number(f"{at}.{name}", record.get(name, usual), found)
        for name, usual in (("minutes", 15), ("gap_minutes", 120))
    )
    return Meter(
        id=word(at, record, "id", found),
        party=word(at, record, "party", found),
        bus=word(at, record, "bus", found),
        component=str(record.get("component") or ""),
        seconds=round(minutes * 60),
        substitutes=tuple(str(word) for word in cast("list[Any]", words)),
        gap_seconds=round(gap * 60),
    )


def _activation(at: str, record: Mapping[str, Any], local: ZoneInfo, found: list[Issue]) -> Activation:
    start, energy = 0, number(f"{at}.energy_wh", record.get("energy_wh"), found)
    try:
        start = seconds(record.get("start"), local)
    except NotAMoment as error:
        found.append(Issue(f"{at}.start", "moment", str(error)))
    if energy != round(energy):
        found.append(Issue(f"{at}.energy_wh", "not_a_number", f"is {energy:g} Wh; it must be a whole number"))
    return Activation(
        component=word(at, record, "component", found),
        bus=word(at, record, "bus", found),
        start=start,
        energy_wh=round(energy),
        price_per_mwh=number(f"{at}.price_eur_per_mwh", record.get("price_eur_per_mwh"), found),
    )


def _words(file: Path, document: Mapping[str, Any], name: str, found: list[Issue]) -> dict[str, str]:
    return {key: str(each) for key, each in mapping(file, document, name, found).items()}


def _columns(file: Path, document: Mapping[str, Any], name: str, found: list[Issue]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {}
    for area, content in mapping(file, document, name, found).items():
        numbers = as_numbers(content)
        if numbers is None:
            found.append(
                Issue(f"{file.name}.{name}.{area}", "type", f"is {shown(content)}; it must be a list of numbers")
            )
        else:
            columns[area] = numbers.tolist()
    return columns
