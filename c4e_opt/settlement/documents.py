"""Records of a document of rules: known fields, words, numbers and mappings, and everything wrong with them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.case.contents import as_number, as_numbers, shown
from c4e_opt.case.tables import Table, read_table, rows
from c4e_opt.case.times import NotAMoment, many_seconds, seconds, zone
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown

_MOST = 20  # findings of one column


@contextmanager
def within(place: str) -> Generator[None]:
    """Say of everything found wrong inside where it stands: paths begin with `place`.

    Raises:
        InvalidInput: What is raised inside, with longer paths.
    """
    try:
        yield
    except InvalidInput as error:
        longer = [
            Issue(f"{place}{'' if i.path.startswith('[') else '.'}{i.path}", i.rule, i.message) for i in error.issues
        ]
        raise InvalidInput(longer) from None


def known(at: str, document: Mapping[str, Any], fields: Sequence[str], found: list[Issue]) -> None:
    """Find fields of a document that mean nothing."""
    found += [
        unknown(f"{at}.{name}", "unknown_field", "field", str(name), fields) for name in document if name not in fields
    ]


def zone_of(file: Path, document: Mapping[str, Any], found: list[Issue]) -> ZoneInfo:
    """The time zone of moments without an offset; UTC where none is named."""
    try:
        return zone(document.get("time_zone", "UTC"))
    except NotAMoment as error:
        found.append(Issue(f"{file.name}.time_zone", "time_zone", str(error)))
        return ZoneInfo("UTC")


def records(
    file: Path, content: Any, fields: tuple[str, ...], found: list[Issue], name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and fields of every record of a list, or of a CSV file that is named in its stead."""
    if isinstance(content, str):
        table = read_table(file.parent / content)
        if isinstance(table, Issue):
            found.append(table)
            return
        listed = list(rows(table))
    elif isinstance(content, list):
        listed = [(f"{file.name}.{name}[{n}]", each) for n, each in enumerate(cast("list[Any]", content))]
    else:
        found.append(Issue(f"{file.name}.{name}", "type", "must be a list of records, or the name of a CSV file"))
        return
    for at, record in listed:
        if isinstance(record, dict):
            known = cast("dict[str, Any]", record)
            found += [
                unknown(f"{at}.{word}", "unknown_field", "field", str(word), fields)
                for word in known
                if word not in fields
            ]
            yield at, known
        else:
            found.append(Issue(at, "type", f"is {shown(record)}; it must be a record of fields"))


def word(at: str, record: Mapping[str, Any], name: str, found: list[Issue]) -> str:
    """A word that must be there."""
    content = record.get(name)
    if content in (None, ""):
        found.append(Issue(f"{at}.{name}", "missing_field", "is missing"))
    return str(content or "")


def number(at: str, content: Any, found: list[Issue]) -> float:
    """A finite number; 0 and an issue where it is none."""
    number = as_number(content)
    if number is None or not np.isfinite(number):
        found.append(Issue(at, "not_a_number", f"is {shown(content)}; it must be a finite number"))
        return 0.0
    return number


def mapping(file: Path, document: Mapping[str, Any], name: str, found: list[Issue]) -> Mapping[str, Any]:
    """A field that is a mapping by words; empty where it is absent."""
    content = document.get(name, {})
    if isinstance(content, dict):
        return {str(key): each for key, each in cast("dict[Any, Any]", content).items()}
    found.append(Issue(f"{file.name}.{name}", "type", f"is {shown(content)}; it must be a mapping"))
    return {}


def moment(at: str, content: Any, local: ZoneInfo, found: list[Issue]) -> int:
    """A moment, seconds since 1970-01-01T00:00Z; 0 and an issue where it is none."""
    try:
        return seconds(content, local)
    except NotAMoment as error:
        found.append(Issue(at, "moment", str(error)))
        return 0


def whole(at: str, content: Any, found: list[Issue], *, least: int = 0, unit: str = "") -> int:
    """A whole number of `least` or more; `least` and an issue where it is none."""
    told = number(at, content, before := list[Issue]())
    found += before
    if not before and (told != round(told) or told < least):
        found.append(
            Issue(at, "range", f"is {shown(content)}{unit}; it must be a whole number of {least}{unit} or more")
        )
        return least
    return round(told)


def fraction(at: str, content: Any, found: list[Issue]) -> Fraction:
    """An exact number, 0.1 or "1/3"; 0 and an issue where it is none."""
    try:
        if isinstance(content, bool) or not isinstance(content, int | float | str):
            raise ValueError
        return Fraction(str(content))
    except (ValueError, ZeroDivisionError):
        found.append(
            Issue(at, "not_a_number", f"is {shown(content)}; write a number like 12.5, or a fraction like '1/3'")
        )
        return Fraction(0)


def numbers(at: str, content: Any, found: list[Issue]) -> float | list[float]:
    """A finite number, or a list of them."""
    if not isinstance(content, list):
        return number(at, content, found)
    told = as_numbers(content)
    if told is None or not np.isfinite(told).all():
        found.append(Issue(at, "not_a_number", f"is {shown(content)}; it must be a finite number, or a list of them"))
        return []
    return told.tolist()


def moments(told: Table, column: str, local: ZoneInfo, found: list[Issue], *, needed: bool) -> IntArray:
    """A column of moments, seconds since 1970-01-01T00:00Z; an absent one and empty cells are 0 unless needed."""
    if column not in told.columns:
        return np.zeros(told.rows, dtype=np.int64)
    texts = told.text(column)
    try:
        return many_seconds(texts, local)
    except NotAMoment:
        pass
    values, wrong = np.zeros(told.rows, dtype=np.int64), 0
    for row, text in enumerate(texts):
        if text or needed:
            try:
                values[row] = seconds(text, local)
            except NotAMoment as error:
                wrong += 1
                if wrong <= _MOST:
                    found.append(Issue(f"{told.name}:{row + 2}.{column}", "moment", str(error)))
    return values


def wholes(told: Table, column: str, found: list[Issue], *, needed: bool, unit: str = "") -> IntArray:
    """A column of whole numbers; an absent one and empty cells are 0 unless needed."""
    if column not in told.columns:
        return np.zeros(told.rows, dtype=np.int64)
    values, wrong = np.zeros(told.rows, dtype=np.int64), 0
    for row, text in enumerate(told.text(column)):
        try:
            values[row] = int(text) if text or needed else 0
        except (ValueError, OverflowError):
            wrong += 1
            if wrong <= _MOST:
                message = f"is {shown(text)}; it must be a whole number{unit}"
                found.append(Issue(f"{told.name}:{row + 2}.{column}", "not_a_number", message))
    return values
