"""Records of a document of rules: known fields, words, numbers and mappings, and everything wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from c4e_opt.case.contents import as_number, shown
from c4e_opt.case.tables import read_table, rows
from c4e_opt.issues import Issue, unknown


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
