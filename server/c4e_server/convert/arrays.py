"""Bulk numbers and words of messages as numpy arrays, and back, without a Python loop over entries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from c4e.opt.v1 import series_pb2
from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.issues import Issue

_DOUBLE = np.dtype("<f8")
_WHOLE = np.dtype("<i4")


def doubles_from_packed(packed: bytes, path: str, issues: list[Issue]) -> FloatArray:
    """The numbers of a block of little-endian doubles; a block that is cut off is an issue.

    Args:
        packed: The block.
        path: Where it stands.
        issues: Takes what is wrong.
    """
    rest = len(packed) % _DOUBLE.itemsize
    if rest:
        message = f"has {len(packed)} bytes, no whole number of 8-byte doubles; send all of the block"
        issues.append(Issue(path, "packed", message))
    return np.frombuffer(packed[: len(packed) - rest], dtype=_DOUBLE)


def doubles_to_packed(values: FloatArray) -> bytes:
    """Numbers as a block of little-endian doubles, the last axis running fastest."""
    return np.ascontiguousarray(values, dtype=_DOUBLE).tobytes()


def series_from_proto(message: series_pb2.Series, path: str, issues: list[Issue]) -> float | FloatArray | None:
    """One number for every step, or one per step; None where the message says neither."""
    form = message.WhichOneof("form")
    if form == "constant":
        return message.constant
    if form == "numbers":
        return np.array(message.numbers.values, dtype=np.float64)
    return None if form is None else doubles_from_packed(message.packed, path, issues)


def series_to_proto(values: FloatArray, *, packed: bool = True) -> series_pb2.Series:
    """A series as a message: one number where all steps have it, else a block, or a list where people will read it."""
    flat = np.atleast_1d(values)
    if flat.size and (flat == flat[0]).all():
        return series_pb2.Series(constant=float(flat[0]))
    if packed:
        return series_pb2.Series(packed=doubles_to_packed(flat))
    return series_pb2.Series(numbers=series_pb2.Numbers(values=flat.tolist()))


def column_from_proto(message: series_pb2.Column, path: str, issues: list[Issue]) -> FloatArray:
    """The numbers of a column; none where the message says nothing."""
    if message.WhichOneof("form") == "packed":
        return doubles_from_packed(message.packed, path, issues)
    return np.array(message.numbers.values, dtype=np.float64)


def column_to_proto(values: FloatArray, *, packed: bool = True) -> series_pb2.Column:
    """A column as a message."""
    if packed:
        return series_pb2.Column(packed=doubles_to_packed(values))
    return series_pb2.Column(numbers=series_pb2.Numbers(values=values.tolist()))


def places_from_proto(message: series_pb2.Places, path: str, issues: list[Issue]) -> IntArray:
    """The whole numbers of a column; none where the message says nothing."""
    if message.WhichOneof("form") != "packed":
        return np.array(message.numbers.values, dtype=np.int64)
    rest = len(message.packed) % _WHOLE.itemsize
    if rest:
        text = f"has {len(message.packed)} bytes, no whole number of 4-byte integers; send all of the block"
        issues.append(Issue(path, "packed", text))
    return np.frombuffer(message.packed[: len(message.packed) - rest], dtype=_WHOLE).astype(np.int64)


def places_to_proto(values: IntArray, *, packed: bool = True) -> series_pb2.Places:
    """Whole numbers as a message."""
    if packed:
        return series_pb2.Places(packed=np.ascontiguousarray(values, dtype=_WHOLE).tobytes())
    return series_pb2.Places(numbers=series_pb2.WholeNumbers(values=values.tolist()))


def entries_from_proto(message: series_pb2.Words, path: str, issues: list[Issue]) -> IntArray:
    """The places of a column among its own words; one outside them is an issue.

    Args:
        message: The column.
        path: Where the column stands.
        issues: Takes what is wrong.
    """
    entries = places_from_proto(message.entries, f"{path}.entries", issues)
    wrong = np.flatnonzero((entries < 0) | (entries >= len(message.words)))
    if wrong.size:
        count, first = len(message.words), wrong[0]
        text = f"is {entries[first]}; the column has {count} words, counted from 0 ({wrong.size} entries like it)"
        issues.append(Issue(f"{path}.entries[{first}]", "range", text))
    return entries


def words_to_proto(words: Sequence[str], entries: IntArray, *, packed: bool = True) -> series_pb2.Words:
    """A column of places among words as a message."""
    return series_pb2.Words(words=words, entries=places_to_proto(entries, packed=packed))
