"""Whatever a document says, reading it gives a case or a list of issues, never another exception."""

from __future__ import annotations

import tempfile
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case, InvalidInput, read_case
from tests.input.folders import ORDERS, SERIES, VALID
from tests.properties.generators import Shape, document

FOLDER = tempfile.TemporaryDirectory(prefix="c4e fuzz ")

STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    7,
    999,
    10**12,
    10**400,
    1e300,
    -1e300,
    1e-300,
    float("nan"),
    float("inf"),
    -float("inf"),
    "",
    " ",
    "x",
    "e",
    "5",
    "nan",
    "\0",
    "żółć ☀",
    "a" * 3000,
    "2025-13-45T99:00",
    "2025-01-01T00:00Z",
    "9999-12-31T23:00Z",
    "0001-01-01",
    "series.csv",
    "../series.csv",
    [],
    {},
    [None],
    [[1, 2], [3]],
    [1, "x"],
    [1, 2, 3],
    [float("nan")] * 3,
    {"a": 1},
    {"column": "price", "times": float("nan")},
    {"column": 5},
    {1: 2, "x": 3},
    [{}],
    [{"id": "e"}],
    [{"id": 5, 6: "x"}],
]


def documents() -> list[dict[str, Any]]:
    """The valid case of this folder and one of every kind of component."""
    valid = yaml.load(VALID, yaml.BaseLoader)
    valid["horizon"] |= {"step_minutes": 60, "steps": 3}
    rich = document(3, Shape(steps=3, commitment=True, orders=3))
    return [valid, rich, {**valid, "orders": rich["orders"], "parties": rich["parties"]}]


DOCUMENTS = documents()


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every entry of a document."""
    found = [path] if path else []
    if isinstance(content, dict):
        for key, entry in content.items():
            found += places(entry, (*path, key))
    elif isinstance(content, list):
        for place, entry in enumerate(content):
            found += places(entry, (*path, place))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid document with one to four entries replaced, dropped, doubled, renamed or moved."""
    content = deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 4))):
        every = places(content)
        if not every:
            break
        path = draw(st.sampled_from(every))
        parent: Any = content
        for key in path[:-1]:
            parent = parent[key]
        act = draw(st.sampled_from(["replace", "replace", "replace", "drop", "rename", "double", "wrap"]))
        key = path[-1]
        if act == "replace":
            parent[key] = deepcopy(draw(st.sampled_from(STRANGE)))
        elif act == "drop":
            del parent[key]
        elif act == "wrap":
            parent[key] = [parent[key]]
        elif act == "double" and isinstance(parent, list):
            parent.append(deepcopy(parent[key]))
        elif act == "rename" and isinstance(parent, dict):
            parent[draw(st.sampled_from([f"{key}s", 5, "id", "x", True, "bus"]))] = parent.pop(key)
    return content


def read(text: str, series: str = SERIES, orders: str = ORDERS) -> None:
    """Read a folder with these files; anything but a case or issues is raised."""
    folder = Path(FOLDER.name)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    (folder / "series.csv").write_text(series, encoding="utf-8")
    (folder / "orders.csv").write_text(orders, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            case = read_case(folder)
        except InvalidInput as error:
            issues = error.issues
        else:
            assert isinstance(case, Case)
            return
    assert issues
    assert all(issue.path and issue.rule and issue.message for issue in issues)


@settings(max_examples=400)
@given(mutated())
def test_a_document_changed_at_random_is_a_case_or_a_list_of_issues(content: Any) -> None:
    read(yaml.safe_dump(content, allow_unicode=True))


@st.composite
def scratched(draw: st.DrawFn, text: str) -> str:
    """A text with a few characters dropped, doubled or replaced."""
    letters = list(text)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(letters) - 1))
        letters[place] = draw(st.sampled_from(["", letters[place] * 2, *"{}[]:,-#&*!|>'\"%@`\n\t 0x\\é<?"]))
    return "".join(letters)


@settings(max_examples=250)
@given(scratched(VALID))
def test_a_file_with_scratched_letters_is_a_case_or_a_list_of_issues(text: str) -> None:
    read(text)


@settings(max_examples=150)
@given(scratched(SERIES), scratched(ORDERS))
def test_tables_with_scratched_letters_make_a_case_or_a_list_of_issues(series: str, orders: str) -> None:
    read(VALID, series, orders)
