"""The audit log: a line for every write before it is done and another after it, each chained to the line before.

A line is one JSON object: `line` is its number, `prev` the SHA-256 of the line before it, so that a line which is
changed, taken out or put in shows (`audit_check`). Lines are only ever appended; a full file is renamed after its last
line, audit-000000001234.jsonl, and the next one goes on with the chain. What a caller sent is named by its digest and
not repeated.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

from c4e_server.errors import InvalidConfig, StoreError
from c4e_server.security.identity import Identity

_log = logging.getLogger("c4e_server.security")

#: What the first line of all says of the line before it.
FIRST = "0" * 64
_BLOCK = 1 << 20


class Audit:
    """A file that lines are appended to; may be used from any thread."""

    def __init__(self, file: Path, most_bytes: int = 256 * 2**20) -> None:
        """Go on with a file, made when missing.

        Args:
            file: The file that is written now; the full ones lie beside it.
            most_bytes: Size from which it is full.

        Raises:
            InvalidConfig: It cannot be written, or another service writes it.
        """
        self._lock = threading.Lock()
        self._file = file
        self._most = most_bytes
        try:
            self._handle = _locked(file)
            self._size, self._number, self._prev = _end(file, self._handle)
            if not self._size:
                self._number, self._prev = _before(file)
        except OSError as error:
            raise InvalidConfig(f"the audit log {file} cannot be written: {error.strerror}") from None
        self._tell()

    def close(self) -> None:
        """Wait for the disk and close the file."""
        self._tell()
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
            place = {"line": self._number + 1}
            text = json.dumps(place | line | said | {"prev": self._prev}, ensure_ascii=True).encode()
            try:
                if os.write(self._handle, text + b"\n") != len(text) + 1:
                    raise OSError(0, "the disk is full")
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._handle, self._size)  # a part of the line may stand there
                raise StoreError(f"the audit log cannot be written: {error.strerror}") from None
            self._size += len(text) + 1
            self._number += 1
            self._prev = hashlib.sha256(text).hexdigest()
            if self._size >= self._most:
                self._turn_over()

    def _turn_over(self) -> None:
        """Go on in a new file; in the old one where that is not possible."""
        new = self._file.with_name(f".{self._file.name}.new")
        try:
            new.unlink(missing_ok=True)
            handle = _locked(new)
            os.fsync(self._handle)
            self._file.rename(self._file.with_name(f"{self._file.stem}-{self._number:012d}{self._file.suffix}"))
            new.rename(self._file)
        except OSError as error:
            _log.error("the audit log cannot go on in a new file: %s", error.strerror)
            return
        os.close(self._handle)
        self._handle, self._size = handle, 0
        self._tell()

    def _tell(self) -> None:
        """Say in the log where the chain stands, so that it is known outside of the file."""
        _log.info("the audit log stands at %d:%s", self._number, self._prev)


def files_of(folder: Path) -> list[Path]:
    """The files of the audit log of a data folder, the oldest first."""
    last = folder / "audit.jsonl"
    return [*sorted(folder.glob("audit-*.jsonl")), *([last] if last.is_file() else [])]


def _locked(file: Path) -> int:
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _end(file: Path, handle: int) -> tuple[int, int, str]:
    """Size of a file, number and digest of its last line; one that a power cut tore is ended, and stays as it is."""
    size = os.lseek(handle, 0, os.SEEK_END)
    if not size:
        return 0, 0, FIRST
    if os.pread(handle, 1, size - 1) != b"\n":
        size += os.write(handle, b"\n")
    return size, *_last(file)


def _before(file: Path) -> tuple[int, str]:
    """Number and digest of the last line of the full file before an empty one."""
    full = files_of(file.parent)[:-1]
    return _last(full[-1]) if full else (0, FIRST)


def _last(file: Path) -> tuple[int, str]:
    """Number and digest of the last line of a file that ends with a line."""
    count, tail = 0, b""
    with file.open("rb") as blocks:
        first = _number(blocks.readline())
        blocks.seek(0)
        while block := blocks.read(_BLOCK):
            count += block.count(b"\n")
            tail = (tail + block)[-2 * _BLOCK :]
    return first + count - 1, hashlib.sha256(tail[:-1].rpartition(b"\n")[2]).hexdigest()


def _number(text: bytes) -> int:
    """The number that a line says; 1 where it is torn."""
    try:
        return int(json.loads(text).get("line", 1))
    except (ValueError, TypeError, AttributeError):
        return 1
