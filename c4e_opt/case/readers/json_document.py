"""A JSON document read entry by entry: every key is asked for once, and what nobody asks for is told."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.contents import shown
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown

#: Largest file that is read, in bytes once unpacked.
_MOST_BYTES = 2**30
#: Numbers beyond are no data.
_LARGEST = 1e15
REQUIRED: Any = object()


def read_json(path: Path) -> Any:
    """The content of a JSON file, packed by gzip or not.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise InvalidInput([Issue(str(path), "missing_file", "there is no such file")]) from None
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput([Issue(str(path), "unreadable_file", f"cannot be read: {error}")]) from None
    if len(content) > _MOST_BYTES:
        raise InvalidInput([Issue(str(path), "size", f"is larger than {_MOST_BYTES} bytes once unpacked")])
    return parsed(content, str(path))


def parsed(content: bytes | str, name: str) -> Any:
    """What a JSON text says.

    Raises:
        InvalidInput: It is no JSON, or names a key twice.
    """
    try:
        return json.loads(content, object_pairs_hook=_once)
    except _Twice as error:
        raise InvalidInput(
            [Issue(name, "duplicate_key", f"names the key {error.args[0]!r} twice in one place")]
        ) from None
    except (ValueError, RecursionError) as error:  # bad text is a ValueError too
        raise InvalidInput([Issue(name, "unreadable_file", f"is no JSON that can be read: {error}")]) from None


class _Twice(Exception):
    """A key that stands twice in one mapping."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
    return found


class Entry:
    """One mapping of a document: where it stands, what it says, and what was asked of it."""

    def __init__(self, path: str, content: Any, issues: list[Issue]) -> None:
        """Take a mapping; anything else is told and counts as an empty one.

        Args:
            path: Where it stands.
            content: What stands there.
            issues: Takes everything that is wrong.
        """
        self.path, self.issues = path, issues
        self._asked: set[str] = set()
        self._content: dict[str, Any] = {}
        if isinstance(content, dict):
            self._content = cast("dict[str, Any]", content)
        else:
            self.tell("", "type", f"is {shown(content)}; it must be a mapping")

    def tell(self, key: str, rule: str, message: str) -> None:
        """Note what is wrong with a key, or with the entry itself."""
        where = ".".join(part for part in (self.path, key) if part)
        self.issues.append(Issue(where or "document", rule, message))

    def refuse(self, key: str, message: str) -> None:
        """Note what has no counterpart."""
        self.tell(key, "unsupported", message)

    def says(self, key: str) -> bool:
        """Whether it says anything of a key; null says nothing."""
        return self._content.get(key) is not None

    def raw(self, key: str) -> Any:
        """What it says of a key, as it is; None where it says nothing."""
        self._asked.add(key)
        return self._content.get(key)

    def number(
        self, key: str, default: Any = REQUIRED, *, minimum: float = -math.inf, maximum: float = math.inf
    ) -> float:
        """One number within bounds; the default, or the least with an issue, where there is none."""
        content = self.raw(key)
        least = max(minimum, 0.0) if math.isfinite(minimum) else 0.0
        if content is None:
            if default is REQUIRED:
                self.tell(key, "missing_field", "is missing")
                return least
            return default
        value = _number(content)
        if value is None:
            self.tell(key, "type", f"is {shown(content)}; it must be a number")
        elif not minimum <= value <= maximum:
            self.tell(key, "range", f"is {value:g}; it must lie within [{minimum:g}, {maximum:g}]")
        else:
            return value
        return least

    def whole(self, key: str, default: Any = REQUIRED, *, minimum: int = 0, maximum: int = 10**6) -> int:
        """One whole number within bounds."""
        value = self.number(key, default, minimum=minimum, maximum=maximum)
        if value != round(value):
            self.tell(key, "type", f"is {value:g}; it must be a whole number")
        return round(value)

    def flag(self, key: str, default: Any = REQUIRED) -> bool:
        """True or false, or 1 or 0."""
        content = self.raw(key)
        if isinstance(content, bool):
            return content
        if content is None and default is not REQUIRED:
            return bool(default)
        return bool(self.whole(key, maximum=1))

    def text(self, key: str, default: Any = REQUIRED) -> str:
        """A word."""
        content = self.raw(key)
        if isinstance(content, str):
            return content
        if content is None:
            if default is REQUIRED:
                self.tell(key, "missing_field", "is missing")
                return ""
            return default
        self.tell(key, "type", f"is {shown(content)}; it must be a text")
        return ""

    def numbers(self, key: str, default: Any = REQUIRED, *, minimum: float = -math.inf) -> list[float]:
        """A list of numbers, or one number as a list; the default where there is none."""
        content = self.raw(key)
        if content is None:
            if default is REQUIRED:
                self.tell(key, "missing_field", "is missing")
                return []
            return default
        items: list[Any] = cast("list[Any]", content) if isinstance(content, list) else [content]
        values = [_number(item) for item in items]
        for place, value in enumerate(values):
            if value is None:
                self.tell(f"{key}[{place}]", "type", f"is {shown(items[place])}; it must be a number")
            elif value < minimum:
                self.tell(f"{key}[{place}]", "range", f"is {value:g}; it must be at least {minimum:g}")
        return [0.0 if value is None else max(value, minimum) for value in values]

    def series(self, key: str, steps: int, default: Any = REQUIRED, *, minimum: float = -math.inf) -> FloatArray:
        """One number per step, (time,), whether the document says one or many."""
        values = self.numbers(key, REQUIRED if default is REQUIRED else [float(default)], minimum=minimum)
        if not values and not self.says(key):
            return np.zeros(steps)
        if len(values) == 1:
            return np.full(steps, values[0])
        if len(values) != steps:
            self.tell(key, "length", f"has {len(values)} numbers; there are {steps} steps")
            return np.zeros(steps)
        return np.array(values, dtype=np.float64)

    def entry(self, key: str, *, required: bool = False) -> Entry:
        """The mapping under a key; an empty one where there is none."""
        content = self.raw(key)
        where = ".".join(part for part in (self.path, key) if part)
        if content is None:
            if required:
                self.tell(key, "missing_field", "is missing")
            content = {}
        return Entry(where, content, self.issues)

    def entries(self, key: str = "", *, required: bool = False) -> Iterator[tuple[str, Entry]]:
        """Every mapping by name in the mapping under a key, or in this one."""
        group = self.entry(key, required=required) if key else self
        for name in group._content:
            yield name, Entry(f"{group.path}.{name}", group.raw(name), self.issues)

    def items(self, key: str) -> Iterator[Entry]:
        """Every mapping in the list under a key."""
        content = self.raw(key)
        if content is None:
            return
        if not isinstance(content, list):
            self.tell(key, "type", f"is {shown(content)}; it must be a list")
            return
        for place, item in enumerate(cast("list[Any]", content)):
            yield Entry(f"{self.path}.{key}[{place}]", item, self.issues)

    def done(self, also: tuple[str, ...] = ()) -> None:
        """Tell of every key that nobody asked for.

        Args:
            also: Keys that are known and say nothing here.
        """
        known = self._asked | set(also)
        for key in self._content:
            if key not in known:
                where = f"{self.path}.{key}" if self.path else key
                self.issues.append(unknown(where, "unknown_field", "field", key, known))


def _number(content: Any) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(content, bool) or not isinstance(content, (int, float)):
        return None
    return float(content) if abs(content) <= _LARGEST else None
