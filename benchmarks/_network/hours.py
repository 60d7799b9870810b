"""The first hours of an instance of pglib-uc, as an instance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def first(path: Path, hours: int, folder: Path) -> Path:
    """Write the first hours of an instance into a folder, and say where."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    cut = folder / f"{path.stem}_{hours}h.json"
    cut.write_text(json.dumps({**_cut(whole, whole["time_periods"], hours), "time_periods": hours}), encoding="utf-8")
    return cut


def _cut(content: Any, steps: int, hours: int) -> Any:
    """The content with every list of one number per hour cut short."""
    if isinstance(content, dict):
        return {name: _cut(each, steps, hours) for name, each in content.items()}
    return content[:hours] if isinstance(content, list) and len(content) == steps else content
