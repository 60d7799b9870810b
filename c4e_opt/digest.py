"""Digests: one SHA-256 for one content, wherever it came from and whoever computes it."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any

import numpy as np

from c4e_opt.fields import fields_of

_WHOLE, _FLAG = np.dtype(np.int64).str, np.dtype(np.bool_).str


@lru_cache(4096)
def _header(kind: str, shape: tuple[int, ...]) -> bytes:
    """What stands before the content of an array: its type and shape, as a word; the same come again and again."""
    raw = f"{kind}{shape}".encode()
    return b"s%d:" % len(raw) + raw


class Digest:
    """A SHA-256 over tagged values: lengths precede contents, so that no two sequences read alike."""

    def __init__(self, version: bytes) -> None:
        """Start with the version of what is digested."""
        self._sha = hashlib.sha256(version)

    def word(self, text: str) -> None:
        """Add a text."""
        raw = text.encode()
        self._sha.update(b"s%d:" % len(raw) + raw)

    def number(self, value: float | None) -> None:
        """Add one number, or that there is none."""
        self._sha.update(b"-" if value is None else b"d" + np.float64(value + 0.0).tobytes())

    def array(self, values: Any) -> None:
        """Add an array with its type and shape."""
        content = np.ascontiguousarray(values)
        if content.dtype.kind == "U":
            joined = "\x1f".join(content.ravel().tolist())
            self.word(f"U{content.shape}")
            self.word(joined)
            return
        if content.dtype.kind == "f":
            content = content + 0.0  # -0.0 and 0.0 are one number
        self._sha.update(_header(content.dtype.str, content.shape) + content.tobytes())

    def record(self, value: Any) -> None:
        """Add every declared field of a record."""
        for name, field in fields_of(value.__class__).items():
            self.word(name)
            content = getattr(value, name)
            if content is None:
                self.number(None)
            elif field.meta.kind == "series":
                self.array(np.asarray(content, dtype=np.float64))
            elif field.meta.kind == "names":
                self.number(len(content))
                for member in content:
                    self.word(member)
            elif field.meta.kind == "parts":
                self.number(len(content))
                for part in content:
                    self.record(part)
            elif isinstance(content, str):
                self.word(content)
            else:
                self.number(content)

    def records(self, cls: type[Any], records: Sequence[Any]) -> None:
        """Add many records of one class, field by field."""
        for name, field in fields_of(cls).items():
            self.word(name)
            column = list(map(attrgetter(name), records))
            if field.meta.kind == "parts":
                self._parts(column)
            elif field.meta.kind == "names":
                self.words([str(len(content)) for content in column])
                self.words([member for content in column for member in content])
            elif field.meta.kind == "series":
                self._series(column)
            elif field.meta.kind in ("number", "count", "flag", "moment"):
                self._numbers(column)
            else:
                self._there(column)
                self.words([content or "" for content in column] if any(column) else ())

    def words(self, texts: Sequence[str]) -> None:
        """Add many texts."""
        raw = "".join(texts).encode()
        sizes = list(map(len, texts))
        if len(raw) != sum(sizes):  # not one byte per character
            sizes = [len(text.encode()) for text in texts]
        self._sha.update(_header(_WHOLE, (len(sizes),)) + array("q", sizes).tobytes() + raw)

    def _numbers(self, column: Sequence[Any]) -> None:
        """Add numbers, NaN where there is none."""
        try:
            numbers = np.frombuffer(array("d", column))
        except TypeError:  # None is no number
            numbers = np.array([np.nan if content is None else content for content in column], dtype=np.float64)
        self.array(numbers)

    def _there(self, column: Sequence[Any]) -> None:
        """Add which records say something."""
        self._sha.update(_header(_FLAG, (len(column),)) + bytes(map(is_not, column, repeat(None))))

    def _parts(self, column: Sequence[Sequence[Any]]) -> None:
        """Add small records inside of many records."""
        if not any(column):
            self._sha.update((b"d" + np.float64(0.0).tobytes()) * len(column))
            return
        for content in column:
            self.number(len(content))
            for part in content:
                self.record(part)

    def _series(self, column: Sequence[Any]) -> None:
        """Add the shapes of many series, and their numbers one behind the other."""
        self._there(column)
        arrays = [np.asarray(content, np.float64) for content in column if content is not None]
        shapes = [each.shape for each in arrays]
        texts = {shape: str(shape) for shape in set(shapes)}
        self.words([texts[shape] for shape in shapes])
        if any(len(shape) != 1 for shape in texts):
            arrays = [each.ravel() for each in arrays]
        self.array(np.concatenate(arrays) if arrays else np.zeros(0))

    def hex(self) -> str:
        """The digest in hexadecimal digits."""
        return self._sha.hexdigest()
