"""How long a call has taken so far: every adapter starts one clock when it is called."""

from __future__ import annotations

import time
from typing import Any

from c4e_solvers.options import SolverOptions


class Clock:
    """Wall and CPU seconds since a call began."""

    def __init__(self, options: SolverOptions) -> None:
        self._cpu_now = time.thread_time if options.threads == 1 else time.process_time
        self._wall, self._cpu = time.perf_counter(), self._cpu_now()

    @property
    def wall(self) -> float:
        """Wall-clock seconds."""
        return time.perf_counter() - self._wall

    def both(self) -> dict[str, Any]:
        """Wall and CPU seconds, by their names in a ``Solution``."""
        return {"seconds_wall": self.wall, "seconds_cpu": self._cpu_now() - self._cpu}
