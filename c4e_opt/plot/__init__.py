"""Pictures of an outcome: who feeds and who draws, at what price, what stores hold, what crosses connections and lines.

panels    what is drawn, as arrays      picture   PNG, SVG and PDF      page   HTML to zoom and point at
grids     the same of lines and their buses
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from c4e_opt.errors import NoSolution
from c4e_opt.outcome import Outcome
from c4e_opt.plot.panels import panels

#: Formats by suffix.
SUFFIXES = (".png", ".svg", ".pdf", ".html")


def draw(outcome: Outcome, path: str | Path, *, lines: Sequence[Any] = ()) -> Path:
    """Draw dispatch and prices per carrier, lines, levels of stores, exchanges, and vehicles at their plugs.

    Args:
        outcome: An outcome with a schedule.
        path: The picture; its suffix (.png, .svg, .pdf, .html) chooses the format.
        lines: The lines of the case, `case.components["line"]`, whose limits say how much they are loaded.

    Returns:
        The path.

    Raises:
        NoSolution: There is no schedule to draw.
        ValueError: The suffix is none of these.
    """
    where = Path(path)
    if not outcome.has_schedule:
        raise NoSolution(f"case {outcome.case_name!r}: {outcome.termination.reason}; there is nothing to draw")
    if where.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{where.name!r} must end in one of {', '.join(SUFFIXES)}")
    if where.suffix.lower() == ".html":
        from c4e_opt.plot.page import write
    else:
        from c4e_opt.plot.picture import write
    write(panels(outcome, lines), _title(outcome), where)
    return where


def _title(outcome: Outcome) -> str:
    gap = f", gap {outcome.gap:.2g}" if outcome.gap else ""
    return f"{outcome.case_name}: {outcome.termination.reason}, {outcome.objective:,.2f} {outcome.currency}{gap}"
