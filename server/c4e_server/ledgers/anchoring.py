"""When the journal is anchored, and the file in which others find the anchors to keep."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from c4e_opt.errors import LedgerError
from c4e_server.ledgers.chain import Anchor


@dataclass(slots=True, kw_only=True)
class Anchoring:
    """After so many entries or seconds, whichever comes first; written when an entry is added."""

    entries: int = 100
    seconds: int = 3600
    file: Path | None = None  # one anchor a line, JSON; only ever appended to
    ripe: bool = field(default=True, init=False)  # whether the file may lack some

    def due(self, place: int, now: int, last_place: int, last_made: int) -> bool:
        """Whether the entry of this place is to be anchored."""
        return place - last_place >= self.entries or now - last_made >= self.seconds

    def publish(self, anchors: Callable[[], Sequence[Anchor]], public_key: str) -> None:
        """Append to the file what it lacks.

        Args:
            anchors: Reads all anchors.
            public_key: By which their signatures are checked.

        Raises:
            LedgerError: The file cannot be written.
        """
        if self.file is None or not self.ripe:
            return
        found = anchors()
        try:
            with self.file.open("a+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                last = max((anchor.number for anchor in _read(file.name)), default=0)
                new = [anchor.to_json(public_key) + "\n" for anchor in found if anchor.number > last]
                if new:
                    file.writelines(["\n", *new] if _is_cut_off(file.name) else new)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise LedgerError(f"anchors cannot be written to {self.file}: {error.strerror}") from None
        self.ripe = False

    def kept(self) -> list[Anchor]:
        """Anchors of the file; none where there is no file."""
        return _read(self.file) if self.file is not None and self.file.is_file() else []


def read_anchors(path: Path) -> list[Anchor]:
    """Anchors that somebody has kept, one a line.

    Raises:
        LedgerError: The file cannot be read, or a line is no anchor.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"anchors cannot be read from {path}: {type(error).__name__}") from None
    return [Anchor.from_json(line) for line in lines if line.strip()]


def _read(path: Path | str) -> list[Anchor]:
    """Lines that are anchors; a last one that a power cut left half is none, and is written again."""
    found: list[Anchor] = []
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(Anchor.from_json(line))
        except LedgerError:
            continue
    return found


def _is_cut_off(path: str) -> bool:
    content = Path(path).read_bytes()
    return bool(content) and not content.endswith(b"\n")
