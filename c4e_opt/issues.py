"""Findings about an input: where, which rule, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with an input, or looks wrong: only errors keep a case from being solved."""

    path: str  # as the caller wrote it: components.battery[1].energy_start_mwh
    rule: str  # a stable name: range, unknown_field, unknown_reference, …
    message: str  # the value with its unit, the bound and the mend
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """The line that a person reads."""
        return f"{self.path}: {self.message} [{self.rule}]"


def unknown(path: str, rule: str, what: str, name: str, known: Iterable[str]) -> Issue:
    """A name that nothing carries, with the nearest known names.

    Args:
        path: Where the name stands.
        rule: The rule that it breaks.
        what: What it should name: "bus", "field" …
        name: The name as written.
        known: The names that exist.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        hint = f"did you mean {' or '.join(repr(n) for n in near)}?"
    elif names:
        hint = f"known: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"
    else:
        hint = f"there is no {what} at all"
    return Issue(path, rule, f"no {what} is named {name!r}; {hint}")


def duplicates(path: str, names: Iterable[str]) -> Iterator[Issue]:
    """Find ids that occur more than once.

    Args:
        path: The list that holds the ids.
        names: The ids in their order.
    """
    names = list(names)
    if len(set(names)) == len(names):
        return
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in seen:
            yield Issue(
                f"{path}[{place}].id", "duplicate_id", f"{name!r} is already the id of {path}[{seen[name]}]; rename one"
            )
        else:
            seen[name] = place
