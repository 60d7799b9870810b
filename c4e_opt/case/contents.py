"""What a field of a document holds: a number, numbers, or something to be shown in a message."""

from __future__ import annotations

import json
import reprlib
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray

#: Shows the begin of any content; a document may contain itself a billion times over.
_REPR = reprlib.Repr()
_REPR.maxlevel, _REPR.maxlist, _REPR.maxdict, _REPR.maxstring, _REPR.maxother = 2, 4, 4, 60, 60


def as_number(content: Any) -> float | None:
    """A number, also where YAML left it as text (1e-4); None for anything else."""
    if isinstance(content, bool) or not isinstance(content, (int, float, str)):
        return None
    try:
        return float(content)
    except (ValueError, OverflowError):
        return None


def as_numbers(content: Any) -> FloatArray | None:
    """A flat list or array of numbers, shape (entry,); None for anything else, nested lists in particular."""
    if isinstance(content, np.ndarray):
        array = np.asarray(cast("Any", content))
        return array.astype(np.float64) if array.ndim == 1 and array.dtype.kind in "iuf" else None
    if not isinstance(content, list):
        return None
    entries = [as_number(entry) for entry in cast("list[Any]", content)]
    return None if None in entries else np.array(entries, dtype=np.float64)


def shown(content: Any) -> str:
    """The begin of any content, as messages show it."""
    return _REPR.repr(content)


def read_cell(content: str) -> Any:
    """What a cell of a table says in JSON; the text itself where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content
