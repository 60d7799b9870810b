"""Every row of docs/how_to_model.md names kinds and fields that exist, and a test that exists and uses the kind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.case import KINDS
from c4e_opt.case.case import CARRIERS
from c4e_opt.fields import fields_of

DOCS = Path(__file__).parents[2] / "docs"
LINES = (DOCS / "how_to_model.md").read_text(encoding="utf-8").splitlines()
TABLE = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES if line.startswith("| ")]
ROWS = [row for row in TABLE if row[0] != "planner's word"]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def records(kind: str) -> Iterator[type[Any]]:
    """The record of a kind and those inside it."""
    waiting = [KINDS[kind]]
    while waiting:
        cls = waiting.pop()
        yield cls
        waiting += [field.meta.part for field in fields_of(cls).values() if field.meta.part is not None]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_names_kinds_and_fields_that_exist(row: list[str]) -> None:
    _, kinds, fields, _ = row
    assert words(kinds)
    assert set(words(kinds)) <= set(KINDS)
    known = {name: field for kind in words(kinds) for cls in records(kind) for name, field in fields_of(cls).items()}
    for word in words(fields):
        name, _, said = word.partition(": ")
        if name in CARRIERS and not said:
            continue
        assert name in known, f"{name} is no field of {kinds}"
        if known[name].meta.choices and said:
            assert said in known[name].meta.choices


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_points_to_a_test_that_uses_the_kind(row: list[str]) -> None:
    (target,) = re.findall(r"\]\(([^)]+)\)", row[3])
    file, _, name = target.partition("#")
    text = (DOCS / file).read_text(encoding="utf-8")
    tests = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert tests
    assert not name or name in tests
    assert all(kind in text for kind in words(row[1]))


def test_every_kind_that_gives_or_takes_power_is_in_some_row() -> None:
    named = {kind for row in ROWS for kind in words(row[1])}
    flows = {kind for kind, cls in KINDS.items() if any(f.meta.kind == "bus" for f in fields_of(cls).values())}
    assert flows <= named, flows - named
