"""The audit log: a line for every write before it is done and another after it, each chained to the line before.

A line is one JSON object; `prev` is the SHA-256 of the line before it, so that a line which is changed, taken out or
put in shows. Lines are only ever appended. What a caller sent is named by its digest and not repeated.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from c4e_server.errors import InvalidConfig, StoreError
from c4e_server.security.identity import Identity

_FIRST = "0" * 64
_BLOCK = 1 << 16


class Audit:
    """A file that lines are appended to; may be used from any thread."""

    def __init__(self, file: Path) -> None:
        """Go on with a file, made when missing.

        Raises:
            InvalidConfig: It cannot be written, or another service writes it.
        """
        self._lock = threading.Lock()
        try:
            self._handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._prev = self._resume()
        except OSError as error:
            raise InvalidConfig(f"the audit log {file} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Wait for the disk and close the file."""
        os.fsync(self._handle)
        os.close(self._handle)

    def write(self, identity: Identity, event: str, call: str, **said: Any) -> None:
        """Append a line; the process may be killed as soon as this returns.

        Args:
            identity: Who.
            event: "begin" before the act, "end" after it.
            call: Number of the call, the same in both lines.
            said: What else is said.

        Raises:
            StoreError: It cannot be written, and so the act may not be done.
        """
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "event": event,
            "call": call,
            "tenant": identity.tenant,
            "subject": identity.subject,
            "party": identity.party,
            "roles": sorted(identity.roles),
        }
        with self._lock:
            text = json.dumps(line | said | {"prev": self._prev}, ensure_ascii=True).encode()
            try:
                if os.write(self._handle, text + b"\n") != len(text) + 1:
                    raise OSError(0, "the disk is full")
            except OSError as error:
                self._prev = self._resume()
                raise StoreError(f"the audit log cannot be written: {error.strerror}") from None
            self._prev = hashlib.sha256(text).hexdigest()

    def _resume(self) -> str:
        """Digest of the last line; one that a power cut tore is ended, and stays as it is."""
        end = os.lseek(self._handle, 0, os.SEEK_END)
        if not end:
            return _FIRST
        if os.pread(self._handle, 1, end - 1) != b"\n":
            os.write(self._handle, b"\n")
            end += 1
        tail, start = b"", end - 1
        while start and b"\n" not in tail:
            size = min(_BLOCK, start)
            start -= size
            tail = os.pread(self._handle, size, start) + tail
        return hashlib.sha256(tail.rpartition(b"\n")[2]).hexdigest()


def faults(file: Path) -> Iterator[str]:
    """What is wrong with an audit log, line by line; nothing when it is whole."""
    prev = _FIRST
    with file.open("rb") as lines:
        for number, raw in enumerate(lines, start=1):
            text = raw.rstrip(b"\n")
            try:
                said = json.loads(text)["prev"]
            except (ValueError, KeyError, TypeError):
                yield f"line {number} is torn"
            else:
                if said != prev:
                    yield f"line {number} does not follow the line before it: one was changed, taken out or put in"
            prev = hashlib.sha256(text).hexdigest()
