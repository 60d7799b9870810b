"""What has been read of one instance so far, and entries that hold for every hour."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, cast

from c4e_opt.case.case import KINDS
from c4e_opt.case.readers.json_document import REQUIRED, Entry
from c4e_opt.issues import unknown


@dataclass(slots=True)
class Reading:
    """What has been read of one instance."""

    steps: int
    penalty: float
    buses: dict[str, None] = field(default_factory=dict[str, None])
    made: dict[str, list[Any]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    reserves: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # reserve -> generators
    line_penalty: float | None = None

    def bus(self, entry: Entry, key: str = "Bus") -> str:
        """The bus that an entry names."""
        name = entry.text(key)
        if name and name not in self.buses:
            entry.issues.append(unknown(f"{entry.path}.{key}", "unknown_reference", "bus", name, self.buses))
        return name

    def add(self, kind: str, **said: Any) -> None:
        """Make a component."""
        self.made[kind].append(KINDS[kind](**said))


def constant(entry: Entry, key: str, default: Any = REQUIRED, *, minimum: float = -math.inf) -> float:
    """One number that holds in every hour."""
    values = entry.numbers(key, REQUIRED if default is REQUIRED else [float(default)], minimum=minimum)
    if not values:
        return 0.0
    if min(values) != max(values):
        entry.refuse(key, "varies from hour to hour; one number must hold for all")
    return values[0]


def listed(entry: Entry, key: str) -> list[Any]:
    """A list of anything, or one thing as a list; empty where there is none."""
    content = entry.raw(key)
    if content is None:
        return []
    return cast("list[Any]", content) if isinstance(content, list) else [content]
