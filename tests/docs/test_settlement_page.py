"""What docs/settlement.md says is true: its examples run, and every number of its table stands on its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs/settlement.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What the examples of the page leave behind."""
    names: dict[str, Any] = {}
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 5
    exec("\n".join(examples), names)  # the page says nothing that is not meant to run
    return names


def test_every_number_of_the_table_has_its_line(said: dict[str, Any]):
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\| \d.*$", PAGE, re.MULTILINE)
    ]
    told = [
        [
            str(line.step),
            statement.act,
            str(line.purpose),
            line.component,
            str(line.energy or ""),
            format(line.price.normalize(), "f") if line.price else "",
            str(line.amount),
        ]
        for statement in (said["cleared"], said["provisional"], said["charged"])
        for line in statement.lines()
        if line.party == "ann" and line.asset == "EUR"
    ]
    assert rows == sorted(told, key=lambda row: row[0])
    (whole,) = re.findall(r"\*\*(-?\d+)\*\*", PAGE)
    assert sum(int(row[-1]) for row in rows) == int(whole)
