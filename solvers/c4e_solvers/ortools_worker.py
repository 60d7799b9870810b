"""The process in which OR-Tools runs: its libraries and highspy's cannot live in one (google/or-tools issue 5246).

Run as a file, with frames on standard input and output: a letter, a length, and that many bytes. It imports nothing
of this package, so that no other solver comes with it.
"""

from __future__ import annotations

import os
import queue
import struct
import sys
import threading
from importlib import import_module
from io import RawIOBase
from typing import Any, BinaryIO

HEAD = struct.Struct("<cQ")
PARAMETERS, HINTS, SOLVE, INTERRUPT = b"P", b"H", b"S", b"I"
RESULT, FAILURE, LOG = b"R", b"F", b"L"


def write(stream: BinaryIO, kind: bytes, content: bytes) -> None:
    """Write one frame."""
    stream.write(HEAD.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def read(stream: BinaryIO | RawIOBase) -> tuple[bytes, bytes] | None:
    """Read one frame: its letter and its content; None at the end of the stream."""
    head = _exactly(stream, HEAD.size)
    if head is None:
        return None
    kind, length = HEAD.unpack(head)
    content = _exactly(stream, length)
    return None if content is None else (kind, content)


def _exactly(stream: BinaryIO | RawIOBase, length: int) -> bytes | None:
    parts, left = list[bytes](), length
    while left:
        part = stream.read(left)
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class _Worker:
    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._solver = import_module("ortools.math_opt.core.python.solver")
        self._interrupts = import_module("ortools.util.python.pybind_solve_interrupter")
        self._proto = {name: import_module(f"ortools.math_opt.{name}_pb2") for name in _PROTOS}
        self._frames: queue.Queue[tuple[bytes, bytes] | None] = queue.Queue()
        self._interrupter: Any = None
        self._lock = threading.Lock()

    def listen(self) -> None:
        """Pass frames on; an interrupt acts at once. The end of the stream ends the process, whatever runs."""
        while frame := read(self._source):
            if frame[0] != INTERRUPT:
                self._frames.put(frame)
                continue
            with self._lock:
                if self._interrupter is not None:
                    self._interrupter.interrupt()
        os._exit(0)

    def serve(self) -> None:
        parameters, hints = b"", b""
        while True:
            frame = self._frames.get()
            if frame is None:
                return
            kind, content = frame
            if kind == PARAMETERS:
                parameters = content
            elif kind == HINTS:
                hints = content
            elif kind == SOLVE:
                try:
                    write(self._sink, RESULT, self._solve(parameters, hints, content))
                except BaseException as error:
                    write(self._sink, FAILURE, f"{type(error).__name__}: {error}".encode())

    def _solve(self, parameters: bytes, hints: bytes, content: bytes) -> bytes:
        """The serialised result of a model whose first byte is the solver's type."""
        model = self._proto["model"].ModelProto.FromString(content[1:])
        asked = self._proto["parameters"].SolveParametersProto.FromString(parameters)
        with self._lock:
            self._interrupter = self._interrupts.PySolveInterrupter()
        log = self._log if asked.enable_output else None
        if log is not None:
            asked.enable_output = False
        result = self._solver.solve(
            model,
            content[0],
            self._proto["parameters"].SolverInitializerProto(),
            asked,
            self._proto["model_parameters"].ModelSolveParametersProto.FromString(hints),
            log,
            self._proto["callback"].CallbackRegistrationProto(),
            None,
            self._interrupter,
        )
        with self._lock:
            self._interrupter = None
        return result.SerializeToString()

    def _log(self, lines: list[str]) -> None:
        write(self._sink, LOG, "\n".join(lines).encode())


_PROTOS = ("model", "parameters", "model_parameters", "callback")


def main() -> None:
    """Serve until the other side goes away."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a solver prints must not end up between the frames
    try:
        worker = _Worker(sys.stdin.buffer, sink)
    except BaseException as error:
        write(sink, FAILURE, f"{type(error).__name__}: {error}".encode())
        return
    threading.Thread(target=worker.listen, daemon=True).start()
    worker.serve()


if __name__ == "__main__":
    main()
