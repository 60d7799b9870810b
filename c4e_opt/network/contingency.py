"""Contingency: lines that may fail together; flows afterwards keep within the emergency limits of all others.

Of lines out of service, nothing fails. An outage that splits an area is passed over, as security n1 passes over such
lines: what its parts would do is a matter of reserves.

Source: preventive security as in Wood, Wollenberg, Sheblé (2013), Power Generation, Operation and Control, chapter 7.
"""

from __future__ import annotations

from collections.abc import Iterator

from c4e_opt.components.context import Context
from c4e_opt.fields import identity, names, record
from c4e_opt.issues import Issue, unknown


@record
class Contingency:
    """An outage that the grid must survive."""

    id: str = identity(doc="Name of the contingency.")
    lines: tuple[str, ...] = names(doc="Ids of the lines that fail together.")


def check(path: str, contingency: Contingency, context: Context) -> Iterator[Issue]:
    """What is wrong with one contingency."""
    lines = [member.removeprefix("line/") for member in context.members if member.startswith("line/")]
    if not contingency.lines:
        yield Issue(f"{path}.lines", "missing_field", "is empty; name the line that fails")
    for place, name in enumerate(contingency.lines):
        if f"line/{name}" not in context.members:
            yield unknown(f"{path}.lines[{place}]", "unknown_reference", "line", name, lines)
