"""How long a call has taken so far: every adapter starts one clock when it is called."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from c4e_solvers.options import SolverOptions


class Clock:
    """Wall and CPU seconds since a call began."""

    def __init__(self, options: SolverOptions) -> None:
        self._cpu_now = time.thread_time if options.threads == 1 else time.process_time
        self._wall, self._cpu = time.perf_counter(), self._cpu_now()
        self._thread, self._elsewhere = threading.get_ident(), 0.0

    @property
    def wall(self) -> float:
        """Wall-clock seconds."""
        return time.perf_counter() - self._wall

    @contextmanager
    def own_thread(self) -> Generator[None]:
        """Count the CPU time of work that may run in a thread other than the caller's."""
        begun = time.thread_time()
        yield
        if self._cpu_now is time.thread_time and threading.get_ident() != self._thread:
            self._elsewhere = time.thread_time() - begun

    def both(self) -> dict[str, Any]:
        """Wall and CPU seconds, by their names in a ``Solution``."""
        return {"seconds_wall": self.wall, "seconds_cpu": self._cpu_now() - self._cpu + self._elsewhere}
