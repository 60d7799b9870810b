"""The port to whoever solves: worker processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from c4e_server.config import Config
from c4e_server.errors import InvalidConfig
from c4e_server.workers.messages import Answer, CaseRead, Report, Task
from c4e_server.workers.pool import Limits, Pool


class Executor(Protocol):
    """Solves a number of tasks at once; every method may be called from any thread."""

    @property
    def size(self) -> int:
        """How many solves run at once."""
        ...

    @property
    def threads(self) -> int:
        """Most threads of a solver, so that all solves together do not need more than there are cores."""
        ...

    def start(self) -> None:
        """Make the workers ready."""
        ...

    def close(self) -> None:
        """End; solves that run end as lost."""
        ...

    def breathing(self) -> int:
        """How many workers are alive."""
        ...

    def run(self, task: Task, tell: Callable[[Report | CaseRead], None], limits: Limits) -> Answer:
        """Have a worker act, and wait; blocks the calling thread.

        Raises:
            C4eError: What the worker says.
            Cancelled: Somebody cancelled.
            DeadlineReached: The deadline came first.
            WorkerLost: The worker died.
        """
        ...


def open_executor(config: Config) -> Executor:
    """The executor that a configuration asks for, not started.

    Raises:
        InvalidConfig: There is none of this name.
    """
    if not config.executor:
        return Pool(
            config.workers,
            grace_s=config.grace_s,
            memory_mib=config.memory_mib,
            solves=config.worker_solves,
            growth_mib=config.worker_growth_mib,
            idle=config.worker_priority == "idle",
        )
    if config.executor.startswith("dask://"):
        from c4e_server.workers.cluster import Cluster

        return Cluster(config.executor, grace_s=config.grace_s)
    raise InvalidConfig(f"executor is {config.executor!r}; give dask://HOST:PORT, or leave it out for own processes")
