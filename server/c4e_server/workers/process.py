"""The worker process: takes a task from its pipe, acts, answers, and waits for the next."""

from __future__ import annotations

import logging
import os
import resource
import signal
import threading
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import Any

from c4e_server.failures import failure_of
from c4e_server.observability.log import set_up
from c4e_server.workers.act import act
from c4e_server.workers.messages import Ready, Task

_log = logging.getLogger("c4e_server.worker")
_NICE = 10  # the service answers, refuses and cancels also while all cores solve


class Flag:
    """A byte that two processes share: the service sets it, the solver asks it."""

    __slots__ = ("_byte",)

    def __init__(self, byte: Any) -> None:
        """Wrap a shared byte."""
        self._byte = byte

    def is_set(self) -> bool:
        """Whether the solver should stop."""
        return bool(self._byte.value)

    def set(self) -> None:
        """Ask the solver to stop."""
        self._byte.value = 1

    def clear(self) -> None:
        """Take the wish back."""
        self._byte.value = 0


def serve(pipe: Connection, byte: Any, memory_mib: int) -> None:
    """Work until the pipe closes.

    Args:
        pipe: Tasks in, what is said out.
        byte: The shared byte of the interrupt flag.
        memory_mib: Most address space of this process; 0 for no limit.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(_NICE)
    if memory_mib:
        limit = memory_mib * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    set_up()
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    flag = Flag(byte)
    pipe.send(Ready(pid=os.getpid()))
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        _answer(pipe, task, flag)


def _answer(pipe: Connection, task: Task, flag: Flag) -> None:
    try:
        said: Any = act(task, pipe.send, flag)
    except BrokenPipeError:
        return
    except BaseException as error:
        said = failure_of(error)
        if said.reason == "INTERNAL":
            _log.exception("a solve failed in a way that nobody foresaw")
    pipe.send(said)


def _end_with_the_service() -> None:
    """A worker whose service was killed must not go on solving for nobody."""
    service = parent_process()
    if service is not None:
        connection.wait([service.sentinel])
        os._exit(1)
