"""How far a request has come: its changes in order, numbered so that whoever watches can go on where it was cut off.

A revision is the fence of the lease under which the request is at work, and below it a counter. Who takes a request
over gets a higher fence, so that revisions grow whoever says them, and no clock and no common counter is needed.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

#: So many of the latest changes are kept of one request.
MOST_CHANGES = 1000
_COUNTER_BITS = 32


def first_revision(fence: int) -> int:
    """The revision under which a request waits that was taken, or taken over, under a fence."""
    return fence << _COUNTER_BITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A request without an answer, as it stood after a change."""

    revision: int
    case_name: str = ""
    phase: str = ""
    incumbent: float | None = None  # objective of the best schedule so far
    bound: float | None = None
    started: float | None = None  # seconds since 1970


class Changes:
    """The latest changes of one request under one fence; there is always one."""

    def __init__(self, fence: int = 0, kept: Iterable[Change] = (), case_name: str = "") -> None:
        """Begin with the request waiting, or with what was kept."""
        self._kept = deque(kept, maxlen=MOST_CHANGES)
        if not self._kept:
            self._kept.append(Change(revision=first_revision(fence), case_name=case_name))

    @property
    def last(self) -> Change:
        """How it stands."""
        return self._kept[-1]

    def add(self, **told: Any) -> bool:
        """Take in what was told; whether anything is new.

        What a schedule costs and what none can undercut stays true, so that the best of each counts.
        """
        last = self.last
        for name, best in (("incumbent", min), ("bound", max)):
            known, new = getattr(last, name), told.get(name)
            told[name] = known if new is None else new if known is None else best(known, new)
        change = replace(last, **told)
        if change == last:
            return False
        self._kept.append(replace(change, revision=last.revision + 1))
        return True

    def after(self, revision: int) -> list[Change]:
        """Changes after a revision, in order."""
        found: list[Change] = []
        for change in reversed(self._kept):
            if change.revision <= revision:
                break
            found.append(change)
        return found[::-1]

    def copy(self) -> Changes:
        """The same changes, which stay as they are."""
        return Changes(kept=self._kept)

    def to_json(self) -> str:
        """All that is kept, as a store keeps it."""
        return json.dumps([list(asdict(change).values()) for change in self._kept])

    @classmethod
    def from_json(cls, text: str, fence: int) -> Changes:
        """Restore; where nothing was kept, the request waits."""
        names = tuple(Change.__dataclass_fields__)
        return cls(fence, (Change(**dict(zip(names, each, strict=True))) for each in json.loads(text or "[]")))
