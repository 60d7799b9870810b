"""A history of acts in a document, read as records and booked one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.community.files import readings_beside
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.documents import moment, records, whole, within, word
from c4e_opt.settlement.statement import Statement

Book = TypeVar("Book")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a history.

    Attributes:
        at: Where it stands, for messages.
        name: What is done.
        moment: When it is booked, seconds since 1970-01-01T00:00Z.
        record: Everything else that it says.
        readings: What meters say, where the act rests on that.
        transfers: Who gives whom what, where it transfers: giver, receiver, amount in whole Wh and source.
    """

    at: str
    name: str
    moment: int
    record: Mapping[str, Any]
    readings: MemberReadings | None = None
    transfers: tuple[tuple[str, str, int, str], ...] = field(default=())


def read_acts(
    file: Path, document: Mapping[str, Any], fields: Mapping[str, Sequence[str]], local: ZoneInfo, found: list[Issue]
) -> list[Act]:
    """The acts of a document, in its order.

    Args:
        file: The document, whose readings lie beside it.
        document: What it says.
        fields: Act -> its fields besides `act` and `moment`.
        local: Zone of moments without an offset.
        found: Gets everything that is wrong.
    """
    every = ("act", "moment", *dict.fromkeys(name for each in fields.values() for name in each))
    acts: list[Act] = []
    for at, record in records(file, document.get("acts", []), every, found, "acts"):
        name = word(at, record, "act", found)
        if name not in fields:
            if name:
                found.append(unknown(f"{at}.act", "unknown_name", "act", name, list(fields)))
            continue
        allowed = ("act", "moment", *fields[name])
        found += [
            Issue(f"{at}.{other}", "unknown_field", f"is no field of {name!r}; its fields are {', '.join(allowed)}")
            for other in record
            if other in every and other not in allowed
        ]
        acts.append(
            Act(
                at=at,
                name=name,
                moment=moment(f"{at}.moment", record.get("moment"), local, found),
                record=record,
                readings=readings_beside(file, at, record, local, found, complete=False)
                if "readings" in fields[name]
                else None,
                transfers=_transfers(file, at, record, found) if "transfers" in fields[name] else (),
            )
        )
    return acts


def replay(
    book: Book, acts: Sequence[Act], act: Callable[[Book, Act], tuple[Book, Statement]]
) -> tuple[Book, list[Statement]]:
    """Do all acts, one after the other.

    Returns:
        The book after, and the statement of every act.

    Raises:
        InvalidInput: An act is refused; those behind it were not tried.
    """
    statements: list[Statement] = []
    for each in acts:
        with within(each.at):
            book, statement = act(book, each)
        statements.append(statement)
    return book, statements


def _transfers(
    file: Path, at: str, record: Mapping[str, Any], found: list[Issue]
) -> tuple[tuple[str, str, int, str], ...]:
    content = record.get("transfers")
    fields = ("giver", "receiver", "amount_wh", "source")
    listed = records(file, content, fields, found, f"{at.removeprefix(file.name + '.')}.transfers")
    return tuple(
        (
            word(place, each, "giver", found),
            word(place, each, "receiver", found),
            whole(f"{place}.amount_wh", each.get("amount_wh"), found, least=1, unit=" Wh"),
            str(each.get("source") or ""),
        )
        for place, each in listed
    )
