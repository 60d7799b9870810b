"""The check of an audit log: which lines were changed, taken out, moved, put in, torn or cut off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, cast

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    where: str  # file and row
    digest: str
    number: int | None  # as it says; None where it cannot be read
    prev: str  # as it says; empty where it cannot be read
    call: str
    event: str


@dataclass(slots=True)
class AuditReport:
    """What a check found.

    Attributes:
        lines: How many there are.
        first: Number of the first one; more than 1 where the files before are not here.
        number: Number of the last one in its place.
        digest: Its SHA-256. Whoever keeps number and digest elsewhere sees later whether the log still has it.
        open_calls: Writes that were begun and of which no end is told: under way, or ended with the service.
        faults: What is wrong, in words that name the line.
    """

    lines: int = 0
    first: int = 1
    number: int = 0
    digest: str = _FIRST
    open_calls: int = 0
    faults: list[str] = field(default_factory=list[str])


def check_audit(files: Sequence[Path], kept: Mapping[int, str] | None = None) -> AuditReport:
    """Hold a log to its chain.

    A log whose last lines were cut off, or that was written anew from some line on, holds to its own chain: that shows
    only against what was kept elsewhere.

    Args:
        files: The files of the log, the oldest first.
        kept: Number -> digest of lines that the log must have.

    Raises:
        OSError: A file cannot be read.
    """
    report = AuditReport()
    wanted, seen = dict(kept or {}), dict[int, str]()
    calls: set[str] = set()
    for line, follower in pairwise(chain(_lines(files), (None,))):
        assert line is not None
        report.lines += 1
        _place(report, line, follower)
        if report.number in wanted:
            seen.setdefault(report.number, report.digest)
        (calls.add if line.event == "begin" else calls.discard)(line.call)
    for number, digest in wanted.items():
        if number > report.number:
            report.faults.append(f"the log ends at line {report.number}: what came after it, line {number}, is cut off")
        elif seen.get(number) != digest:
            told = "is not in these files" if number < report.first else "is not the one that was kept: written anew"
            report.faults.append(f"line {number} {told}")
    report.open_calls = len(calls)
    report.faults = [*dict.fromkeys(report.faults)]
    return report


def _place(report: AuditReport, line: _Line, follower: _Line | None) -> None:
    """Hold a line to the one before it, and make it the last where it stands in its place."""
    if report.lines == 1 and line.number is not None and line.number > 1:
        report.first, report.number, report.digest = line.number, line.number - 1, line.prev
    due = report.number + 1
    number = due if line.number is None else line.number
    if not line.prev:
        report.faults.append(f"{line.where} is torn")
    elif number < due:
        report.faults.append(f"{line.where}, line {number}, stands after line {report.number}: moved, or put in")
        return
    elif number > due:
        gone = f"line {due} is" if number == due + 1 else f"lines {due} to {number - 1} are"
        report.faults.append(f"{gone} missing before {line.where}")
    elif line.prev != report.digest:
        genuine = follower is not None and follower.prev == line.digest and due > 1
        changed = f"line {due - 1}" if genuine else f"line {due} or the one before it"
        report.faults.append(f"{changed} was changed: {line.where} does not follow")
    report.number, report.digest = number, line.digest


def _lines(files: Sequence[Path]) -> Iterator[_Line]:
    for file in files:
        with file.open("rb") as rows:
            for row, raw in enumerate(rows, start=1):
                yield _read(f"{file.name} row {row}", raw)


def _read(where: str, raw: bytes) -> _Line:
    text = raw.rstrip(b"\n")
    try:
        found: Any = json.loads(text) if raw.endswith(b"\n") else None
    except ValueError:
        found = None
    said = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    number = said.get("line")
    return _Line(
        where=where,
        digest=hashlib.sha256(text).hexdigest(),
        number=number if isinstance(number, int) else None,
        prev=str(said.get("prev", "")),
        call=str(said.get("call", "")),
        event=str(said.get("event", "")),
    )
