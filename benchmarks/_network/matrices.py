"""A MATPOWER file as plain arrays, for tools that bring no reader of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np


def read(path: Path) -> dict[str, Any]:
    """baseMVA, bus, gen, branch and gencost of a file without code behind its data."""
    text = re.sub(r"%[^\n]*", "", path.read_text(encoding="utf-8"))
    found: dict[str, Any] = {"version": "2"}
    base = re.search(r"mpc\.baseMVA\s*=\s*([\d.eE+]+)", text)
    assert base is not None
    found["baseMVA"] = float(base[1])
    for name in ("bus", "gen", "branch", "gencost"):
        block = re.search(rf"mpc\.{name}\s*=\s*\[(.*?)\]", text, re.S)
        assert block is not None
        rows = [row.split() for row in re.split(r"[;\n]", block[1]) if row.strip()]
        found[name] = np.array(rows, dtype=np.float64)
    return found
