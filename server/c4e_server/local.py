"""A service in a process of its own on this machine: for the demonstration, for notebooks and for tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from c4e_server.errors import ServiceError

_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Local:
    """A service that runs.

    Attributes:
        address: Where it listens.
        process: Its process.
        log: Its log.
    """

    address: str
    process: subprocess.Popen[str]
    log: Path

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def local_service(data: Path, *flags: str) -> Generator[Local]:
    """Start a service on a free loopback port, and end it with the context.

    Args:
        data: Its data folder, made when missing; its log is service.log in there.
        flags: More flags of `c4e-opt serve`.

    Raises:
        ServiceError: It does not start.
    """
    data.mkdir(parents=True, exist_ok=True)
    log = data / "service.log"
    command = [sys.executable, "-m", "c4e_server.cli", "serve", "--port", "0", "--data", str(data), *flags]
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise ServiceError(f"the service did not start; its log is {log}")
        yield Local(address, process, log)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
