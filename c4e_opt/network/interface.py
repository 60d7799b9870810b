"""Interface: a weighted sum of line flows with limits, such as a border or a corridor (flowgate).

Constraints:
    interface_limit[i, t]   sum of ratio * flow over its lines <= forward_max_mw + overload, and
                            >= -backward_max_mw - overload

Source: own definition; the sum that system operators call a flowgate or a transfer interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from c4e_opt.arrays import FloatArray
from c4e_opt.components.context import Context
from c4e_opt.fields import identity, number, parts, record, series, text
from c4e_opt.issues import Issue, unknown


@record
class InterfaceLine:
    """A line of an interface."""

    line: str = text(doc="Id of the line.")
    ratio: Any = number(unit="", default=1.0, doc="Part of its flow that counts; -1 turns its direction.")


@record
class Interface:
    """A weighted sum of line flows with limits."""

    id: str = identity(doc="Name of the interface.")
    lines: tuple[InterfaceLine, ...] = parts(InterfaceLine, doc="Its lines.")
    forward_max_mw: FloatArray | None = series(unit="MW", default=None, doc="Largest sum; unlimited when absent.")
    backward_max_mw: FloatArray | None = series(
        unit="MW", default=None, doc="Largest sum the other way; unlimited when absent."
    )
    overload_price_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=None, doc="Price of a sum beyond the limit; forbidden when absent."
    )


def check(path: str, interface: Interface, context: Context) -> Iterator[Issue]:
    """What is wrong with one interface."""
    lines = [member.removeprefix("line/") for member in context.members if member.startswith("line/")]
    if not interface.lines:
        yield Issue(f"{path}.lines", "missing_field", "is empty; name the lines that it sums")
    for place, part in enumerate(interface.lines):
        if f"line/{part.line}" not in context.members:
            yield unknown(f"{path}.lines[{place}].line", "unknown_reference", "line", part.line, lines)
