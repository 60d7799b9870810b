"""Memory that the service and one worker share: a wish to stop, and how far the worker is.

A message through the pipe for every phase costs the service more than all else that it does for a small case, and
nobody sees a phase that is over within milliseconds. So the worker writes, and the service looks while it waits.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any

from c4e_server.workers.messages import Report

_STATE = struct.Struct("<Q24sdd")  # how many states there were, phase, objective and bound or NaN
_CHECK = struct.Struct("<I")


class Flag:
    """A byte that two processes share: the service sets it, the solver asks it."""

    __slots__ = ("_byte",)

    def __init__(self, byte: Any) -> None:
        """Wrap a shared byte."""
        self._byte = byte

    def is_set(self) -> bool:
        """Whether the solver should stop."""
        return bool(self._byte.value)

    def set(self) -> None:
        """Ask the solver to stop."""
        self._byte.value = 1

    def clear(self) -> None:
        """Take the wish back."""
        self._byte.value = 0


class Board:
    """How far a solve is: the worker writes it, the service looks, neither waits for the other."""

    SIZE = _STATE.size + _CHECK.size

    def __init__(self, memory: Any) -> None:
        """Wrap shared memory of `SIZE` characters."""
        self._memory = memory
        self._number = 0
        self._objective = self._bound = math.nan

    def clear(self) -> None:
        """Begin with another solve, in the worker."""
        self._objective = self._bound = math.nan

    def write(self, report: Report) -> None:
        """Show a state, in the worker; the best schedule and bound stay shown when a phase begins without them."""
        self._number += 1
        if report.objective is not None:
            self._objective = report.objective
        if report.bound is not None:
            self._bound = report.bound
        state = _STATE.pack(self._number, report.phase.encode(), self._objective, self._bound)
        self._memory.raw = state + _CHECK.pack(zlib.crc32(state))

    def look(self) -> Report | None:
        """The state shown, in the service, when it was not seen before; None also while one is half-written."""
        content = self._memory.raw
        state = content[: _STATE.size]
        if zlib.crc32(state) != _CHECK.unpack(content[_STATE.size :])[0]:
            return None
        number, phase, objective, bound = _STATE.unpack(state)
        if number == self._number:
            return None
        self._number = number
        shown = [None if math.isnan(each) else each for each in (objective, bound)]
        return Report(phase=phase.rstrip(b"\0").decode(), objective=shown[0], bound=shown[1])
