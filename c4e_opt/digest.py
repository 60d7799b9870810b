"""Digests: one SHA-256 for one content, wherever it came from and whoever computes it."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from c4e_opt.fields import fields_of


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
        array = np.ascontiguousarray(values)
        if array.dtype.kind == "U":
            joined = "\x1f".join(array.ravel().tolist())
            self.word(f"U{array.shape}")
            self.word(joined)
            return
        if array.dtype.kind == "f":
            array = array + 0.0  # -0.0 and 0.0 are one number
        self.word(f"{array.dtype.str}{array.shape}")
        self._sha.update(array.tobytes())

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

    def hex(self) -> str:
        """The digest in hexadecimal digits."""
        return self._sha.hexdigest()
