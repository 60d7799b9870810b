"""Files of a community: what members take and give as CSV, and one document that says what belongs together.

A file of readings has the columns member, start, taken_wh and given_wh, and may have minutes (15 where it has none):
the length of the interval. A document of a settlement:

    rules: rules.yaml                 # a version of the rules, or a list of versions; see `member_rules`
    readings: day.csv
    time_zone: Europe/Warsaw          # of moments without an offset; UTC where it is left out
    currency: EUR
    decimals: 2                       # of the currency, on the books
    tariffs:                          # of suppliers: a number, or one for every settlement period
      volt: {import_eur_per_mwh: 300, export_eur_per_mwh: 100}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.case.document import read_document
from c4e_opt.case.tables import read_table
from c4e_opt.case.times import iso
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.community.community import Tariff, settle_community
from c4e_opt.settlement.community.member_readings import MOST_WH, MemberReadings, member_readings
from c4e_opt.settlement.community.member_rules import CommunityRules, read_rules, rules_at
from c4e_opt.settlement.community.sharing_keys import Shared
from c4e_opt.settlement.documents import known, mapping, moments, numbers, whole, wholes, within, zone_of
from c4e_opt.settlement.statement import Statement

_COLUMNS = ("member", "start", "taken_wh", "given_wh", "minutes")
_FIELDS = ("rules", "readings", "time_zone", "currency", "decimals", "tariffs")
_TARIFF = ("import_eur_per_mwh", "export_eur_per_mwh")
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityFile:
    """What a document of a settlement says."""

    rules: CommunityRules
    readings: MemberReadings
    tariffs: Mapping[str, Tariff]
    currency: str
    decimals: int
    time_zone: str

    def settle(self) -> tuple[Statement, Shared]:
        """Settle it, see `settle_community`."""
        return settle_community(self.rules, self.readings, self.tariffs, currency=self.currency, decimals=self.decimals)


def read_community(path: str | Path) -> CommunityFile:
    """Read a document of a settlement and the files that it names.

    Args:
        path: The YAML file; others are looked for beside it.

    Raises:
        InvalidInput: With everything that is wrong with the form.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known(where.name, document, _FIELDS, found)
    local = zone_of(where, document, found)
    tariffs: dict[str, Tariff] = {}
    for supplier, content in mapping(where, document, "tariffs", found).items():
        at = f"{where.name}.tariffs.{supplier}"
        record = _record(at, content, found)
        known(at, record, _TARIFF, found)
        asked, paid = (
            numbers(f"{at}.{name}", record.get(name, usual), found)
            for name, usual in zip(_TARIFF, (None, 0), strict=True)
        )
        tariffs[supplier] = Tariff(import_eur_per_mwh=asked, export_eur_per_mwh=paid)
    decimals = whole(f"{where.name}.decimals", document.get("decimals", 2), found)
    if decimals > 18:
        found.append(Issue(f"{where.name}.decimals", "range", f"is {decimals}; it must lie within [0, 18]"))
    readings = _tried(lambda: readings_beside(where, where.name, document, local, found), found)
    versions = _versions(where, document.get("rules"), found)
    rules = None
    if versions and readings is not None and not found:
        with within(f"{where.name}.rules"):
            rules = rules_at(versions, int(readings.starts[0])) if len(versions) > 1 else versions[0]
    if found or rules is None or readings is None:
        raise InvalidInput(found)
    return CommunityFile(
        rules=rules,
        readings=readings,
        tariffs=tariffs,
        currency=str(document.get("currency", "EUR")),
        decimals=decimals,
        time_zone=local.key,
    )


def readings_beside(
    file: Path, at: str, record: Mapping[str, Any], local: ZoneInfo, found: list[Issue], *, complete: bool = True
) -> MemberReadings | None:
    """The readings that a record names by a CSV file beside its own; None and issues where there are none."""
    name = record.get("readings")
    if not isinstance(name, str) or not name:
        found.append(Issue(f"{at}.readings", "missing_field", "is missing; name a CSV file beside this one"))
        return None
    return _tried(lambda: read_member_readings(file.parent / name, local.key, complete=complete), found)


def read_member_readings(path: str | Path, time_zone: str = "UTC", *, complete: bool = True) -> MemberReadings:
    """Read a CSV file of what members take and give.

    Args:
        path: The file.
        time_zone: The zone of moments without an offset.
        complete: Whether every member must have a row for every interval; without it, a missing row is 0.

    Raises:
        InvalidInput: With every cell that is wrong, up to a bound, and everything in which rows contradict each other.
    """
    told = read_table(Path(path))
    if isinstance(told, Issue):
        raise InvalidInput([told])
    found = [unknown(told.name, "unknown_field", "column", n, _COLUMNS) for n in told.columns if n not in _COLUMNS]
    found += [
        Issue(told.name, "missing_field", f"has no column {name!r}; the first line must name it")
        for name in _COLUMNS[:4]
        if name not in told.columns
    ]
    if not found and not told.rows:
        found.append(Issue(told.name, "length", "has no rows; give at least one reading"))
    if found:
        raise InvalidInput(found)
    start = moments(told, "start", ZoneInfo(time_zone), found, needed=True)
    taken, given = (wholes(told, name, found, needed=True, unit=" of Wh") for name in _COLUMNS[2:4])
    minutes = wholes(told, "minutes", found, needed=True) if "minutes" in told.columns else np.full(told.rows, 15)
    names = told.text("member")
    found += _beyond(told.name, names, {"taken_wh": taken, "given_wh": given}, minutes)
    if found:
        raise InvalidInput(found)
    members, who = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    starts, first, step = np.unique(start, return_index=True, return_inverse=True)
    found += _clashes(told.name, (who, step, starts.size), minutes, first)
    tables: dict[str, dict[str, IntArray]] = {}
    for column, values in (("taken_wh", taken), ("given_wh", given)):
        table = np.zeros((members.size, starts.size), dtype=np.int64)
        table[who, step] = values
        tables[column] = dict(zip(members.tolist(), table, strict=True))
    if complete:
        there = np.zeros((members.size, starts.size), dtype=np.bool_)
        there[who, step] = True
        for row in np.flatnonzero(~there.all(axis=1))[:_MOST].tolist():
            absent = np.flatnonzero(~there[row])
            message = (
                f"misses {absent.size} readings, the first of {iso(int(starts[absent[0]]))}; give 0 where it is away"
            )
            found.append(Issue(f"{told.name}.{members[row]}", "missing_reading", message))
    if found:
        raise InvalidInput(found)
    with within(told.name):
        return member_readings(tables["taken_wh"], tables["given_wh"], starts=starts, step_seconds=minutes[first] * 60)


def _beyond(file: str, names: list[str], energies: Mapping[str, IntArray], minutes: IntArray) -> list[Issue]:
    """Rows without a member, and numbers that are no reading."""
    found = [
        Issue(f"{file}:{row + 2}.member", "missing_field", "is empty; name whose reading it is")
        for row in [row for row, name in enumerate(names) if not name][:_MOST]
    ]
    for column, values in energies.items():
        for row in np.flatnonzero((values < 0) | (values > MOST_WH))[:_MOST].tolist():
            told = (
                f"is {values[row]} Wh; it must lie within [0, {MOST_WH:g}] Wh; taken and given are columns of their own"
            )
            found.append(Issue(f"{file}:{row + 2}.{column}", "range", told))
    for row in np.flatnonzero((minutes < 1) | (minutes > 1440))[:_MOST].tolist():
        told = f"is {minutes[row]} minutes; an interval lasts from 1 to 1440 minutes"
        found.append(Issue(f"{file}:{row + 2}.minutes", "range", told))
    return found


def _clashes(file: str, cell: tuple[IntArray, IntArray, int], minutes: IntArray, first: IntArray) -> list[Issue]:
    """Two rows of one member and interval, and intervals with one start and two lengths."""
    who, step, count = cell
    keys = who * count + step
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    found = [
        Issue(
            f"{file}:{order[at + 1] + 2}",
            "conflict",
            f"is of the same member and start as line {order[at] + 2}; drop one",
        )
        for at in again[:_MOST].tolist()
    ]
    same = first[step]
    for row in np.flatnonzero(minutes != minutes[same])[:_MOST].tolist():
        other = f"line {same[row] + 2} with the same start has {minutes[same[row]]}"
        told = f"is {minutes[row]} minutes; {other}; give intervals of one length"
        found.append(Issue(f"{file}:{row + 2}.minutes", "conflict", told))
    return found


def _versions(where: Path, content: Any, found: list[Issue]) -> list[CommunityRules]:
    """Every version of the rules that is named, or written into the document."""
    at = f"{where.name}.rules"
    if content is None:
        found.append(Issue(at, "missing_field", "is missing; name the file of the rules, or write them here"))
    read: list[CommunityRules] = []
    for place, each in enumerate(cast("list[Any]", content) if isinstance(content, list) else [content]):
        name = each if isinstance(each, str) else f"{at}[{place}]" if isinstance(content, list) else at
        if isinstance(each, str | dict):
            try:
                with within(name):
                    read.append(read_rules(where.parent / each if isinstance(each, str) else cast("Any", each)))
            except InvalidInput as error:
                found += error.issues
        elif each is not None:
            found.append(Issue(name, "type", "must be the name of a file, or the rules themselves"))
    return read


def _record(at: str, content: Any, found: list[Issue]) -> Mapping[str, Any]:
    if isinstance(content, dict):
        return cast("dict[str, Any]", content)
    found.append(Issue(at, "type", "must be a mapping: {import_eur_per_mwh: …, export_eur_per_mwh: …}"))
    return {"import_eur_per_mwh": 0}


def _tried(act: Any, found: list[Issue]) -> Any:
    """What an act returns; None, and its issues among those found, where it is refused."""
    try:
        return act()
    except InvalidInput as error:
        found += error.issues
        return None
