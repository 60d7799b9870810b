"""The fork server: a process that has imported everything, from which workers are forked. This module is light."""

from __future__ import annotations

from multiprocessing import forkserver

#: Imported once by the fork server, so that every worker begins warm.
PRELOAD = ("c4e_server.workers.process", "c4e_solvers.highs", "c4e_opt.settlement")


def start_fork_server() -> None:
    """Start the fork server, unless it runs; it imports while the caller goes on."""
    forkserver.set_forkserver_preload(list(PRELOAD))
    forkserver.ensure_running()
