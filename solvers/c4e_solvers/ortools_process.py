"""Keeps processes of OR-Tools warm and asks them; what does not answer in time is killed."""

from __future__ import annotations

import math
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, cast

from c4e_solvers import ortools_worker as frames
from c4e_solvers.errors import SolverFailed, SolverUnavailable
from c4e_solvers.solution import Interrupted, Limit

_GRACE_S, _GRACE_SHARE, _POLL_S = 1.0, 0.1, 0.02
_IDLE_MOST = 2
_idle: list[Process] = []
_lock = threading.Lock()


class Stopped(Exception):
    """The process was killed because it did not end by itself.

    Attributes:
        limit: What it was to respect.
    """

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class Process:
    """One process of OR-Tools, used by one thread at a time."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        # -P: the folder of the file must not come first on the path of the child, its modules have common names.
        command = [sys.executable, "-P", "-W", "ignore", frames.__file__]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=-1
        )
        self._selector = selectors.DefaultSelector()
        self._sink = cast(BinaryIO, self._child.stdin)
        # Without a buffer: what waits in one is not seen by the selector.
        self._source = cast(RawIOBase, cast(BufferedReader, self._child.stdout).raw)
        self._selector.register(self._source, selectors.EVENT_READ)

    def kill(self) -> None:
        """End it at once."""
        self._child.kill()
        self._child.wait()
        self._selector.close()
        for stream in (self._sink, self._source):
            with suppress(OSError):
                stream.close()

    def ask(
        self,
        content: tuple[bytes, bytes, bytes],
        limit_s: float,
        interrupt: Interrupted | None,
        log: Callable[[str], None] | None,
    ) -> bytes:
        """Solve, and bring back the result in its serialised form.

        Args:
            content: Parameters, hints and the model behind one byte that names the solver.
            limit_s: Wall-clock seconds after which the solver should have stopped by itself.
            interrupt: Polled while it runs.
            log: Receives its messages.

        Raises:
            Stopped: It did not end in time, or not after an interrupt.
            SolverFailed: It broke down.
        """
        try:
            for kind, part in zip((frames.PARAMETERS, frames.HINTS, frames.SOLVE), content, strict=True):
                frames.write(self._sink, kind, part)
        except OSError as error:
            raise SolverFailed(f"the process of OR-Tools ended: {self._child.wait()}") from error
        deadline, told = time.monotonic() + limit_s + max(_GRACE_S, _GRACE_SHARE * limit_s), False
        limit = Limit.TIME
        while True:
            if not self._wait(deadline, interrupt if not told else None):
                if interrupt is not None and interrupt.is_set() and not told:
                    told, limit = True, Limit.INTERRUPTED
                    deadline = min(deadline, time.monotonic() + _GRACE_S)
                    frames.write(self._sink, frames.INTERRUPT, b"")
                    continue
                raise Stopped(limit)
            frame = frames.read(self._source)
            if frame is None:
                raise SolverFailed(f"the process of OR-Tools ended with code {self._child.wait()}")
            kind, found = frame
            if kind == frames.RESULT:
                return found
            if kind == frames.FAILURE:
                text = found.decode(errors="replace")
                raise (SolverUnavailable if text.startswith("ImportError") else SolverFailed)(f"OR-Tools: {text}")
            if log is not None:
                log(found.decode(errors="replace"))

    def _wait(self, deadline: float, interrupt: Interrupted | None) -> bool:
        """Whether there is something to read, before the deadline and before an interrupt."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or (interrupt is not None and interrupt.is_set()):
                return False
            wait = left if interrupt is None else min(left, _POLL_S)
            if self._selector.select(None if math.isinf(wait) else wait):
                return True


def ask(
    content: tuple[bytes, bytes, bytes],
    limit_s: float,
    interrupt: Interrupted | None,
    log: Callable[[str], None] | None,
) -> bytes:
    """Ask a warm process, or a new one; the arguments and errors are those of ``Process.ask``."""
    with _lock:
        mine: list[Process] = [process for process in _idle if process.owner == os.getpid()]
        process = mine[-1] if mine else None
        if process is not None:
            _idle.remove(process)
    process = process or Process()
    done: Any = None
    try:
        done = process.ask(content, limit_s, interrupt, log)
        return done
    finally:
        if done is None:
            process.kill()
        else:
            _give_back(process)


def _give_back(process: Process) -> None:
    with _lock:
        if len(_idle) < _IDLE_MOST:
            _idle.append(process)
            return
    process.kill()


def close() -> None:
    """End the warm processes of this process."""
    with _lock:
        mine = [process for process in _idle if process.owner == os.getpid()]
        for process in mine:
            _idle.remove(process)
    for process in mine:
        process.kill()
