"""The page on threats is true: every line names tests, and they are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def threats() -> list[tuple[str, list[str]]]:
    """Lines of the table: threat and tests."""
    page = (ROOT / "docs" / "threat_model.md").read_text(encoding="utf-8")
    table = page.partition("| threat | measure | test |\n|---|---|---|\n")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()]
    assert all(len(row) == 3 for row in rows)
    return [(row[0].strip(), re.findall(r"`(\w+)`", row[2])) for row in rows]


def known_tests() -> set[str]:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "tests" / "service").glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_tests_and_they_are_there():
    rows = threats()
    assert len(rows) > 25
    known = known_tests()
    missing = {threat: names for threat, names in rows if not names or not set(names) <= known}
    assert missing == {}
