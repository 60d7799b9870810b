"""A process with pypowsybl that stays for many files, as the reader's own stays for one."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from c4e_opt.case.readers.outside import Program, told


class GridWorker:
    """Reads one file after another; begins anew when a file breaks it or lets it hang."""

    def __init__(self, program: Program, folder: Path, limit_s: float = 60.0) -> None:
        self.program = program
        self.out = folder / "tables.json"
        self.limit_s = limit_s
        self.process: subprocess.Popen[str] | None = None
        self.broken = 0
        self.hung = 0

    def tables(self, path: Path) -> Mapping[str, Any] | None:
        """The tables of a file; None where the process broke or hung.

        Raises:
            InvalidInput: pypowsybl refuses the file.
        """
        self.out.unlink(missing_ok=True)
        if self.process is None:
            command = [sys.executable, "-I", str(self.program.file)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"path": str(path), "out": str(self.out)}) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], self.limit_s)
        if not ready or "done" not in self.process.stdout.readline():
            self.hung += not ready
            self.broken += bool(ready)
            self.close()
            return None
        return told(self.program, path.name, json.loads(self.out.read_text(encoding="utf-8")))

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
