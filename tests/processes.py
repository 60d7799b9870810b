"""Processes below a process, though some of them end while they are looked for."""

from __future__ import annotations

import psutil


def children(parent: int) -> list[int]:
    """Ids of the processes that one has started and that are there; none when it is gone itself."""
    try:
        return [child.pid for child in psutil.Process(parent).children()]
    except psutil.NoSuchProcess:
        return []


def workers_of(service: int) -> list[int]:
    """Ids of the workers of a service; its fork server starts them."""
    return [worker for fork_server in children(service) for worker in children(fork_server)]


def below(parent: int) -> set[int]:
    """Ids of all processes below one."""
    found = set(children(parent))
    return found.union(*(below(child) for child in found))
