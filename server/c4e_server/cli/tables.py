"""Tables of results on a terminal, and the course of a series as a row of small bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

if TYPE_CHECKING:
    from c4e_opt.outcome import Outcome

_BARS = " ▁▂▃▄▅▆▇█"


def table(title: str, *columns: str) -> Table:
    """An empty table; its first column stands to the left."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for place, name in enumerate(columns):
        made.add_column(name, justify="left" if place == 0 else "right", no_wrap=True)
    return made


def cents(price: float) -> str:
    """A price with two decimals, never a negative zero."""
    return f"{round(float(price), 2) + 0.0:,.2f}"


def hours_of(outcome: Outcome) -> Any:
    """Length of every step in hours, as far as the starts say; the last lasts as long as the one before."""
    labels = outcome.flow_table.labels.get("time", outcome.price_table.labels.get("time"))
    starts = np.asarray(labels).astype("datetime64[s]").astype(np.int64)
    lengths = np.diff(starts) / 3600.0
    return np.append(lengths, lengths[-1:]) if lengths.size else np.ones(starts.size)


def bars(values: Any, width: int = 24) -> str:
    """The course of a series as a row of small bars; each stands for the mean of its share of the steps."""
    parts = [part.mean() for part in np.array_split(np.asarray(values, dtype=np.float64), min(width, len(values)))]
    low, high = min(min(parts), 0.0), max(parts)
    if high - low < 1e-9:
        return _BARS[1] * len(parts)
    return "".join(_BARS[1 + int((part - low) / (high - low) * 7.999)] for part in parts)
