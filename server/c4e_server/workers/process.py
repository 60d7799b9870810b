"""The worker process: takes a task from its pipe, acts, answers, and waits for the next."""

from __future__ import annotations

import gc
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
from c4e_server.workers.messages import CaseRead, Ready, Report, Task
from c4e_server.workers.shared import Board, Flag

_log = logging.getLogger("c4e_server.worker")
_NICE = 10  # the service answers, refuses and cancels also while all cores solve


def serve(pipe: Connection, byte: Any, shown: Any, memory_mib: int, idle: bool) -> None:
    """Work until the pipe closes.

    Args:
        pipe: Tasks in, what is said out.
        byte: The shared byte of the interrupt flag.
        shown: The shared memory in which it shows how far it is.
        memory_mib: Most address space of this process; 0 for no limit.
        idle: Whether it runs only while nothing else wants its core.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(_NICE)
    if idle:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if memory_mib:
        limit = memory_mib * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    set_up()
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    gc.freeze()  # what was imported stays, and no collection has to look at it
    flag, board = Flag(byte), Board(shown)
    pipe.send(Ready(pid=os.getpid()))
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        _answer(pipe, task, flag, board)


def _answer(pipe: Connection, task: Task, flag: Flag, board: Board) -> None:
    def tell(said: Report | CaseRead) -> None:
        if isinstance(said, Report):
            board.write(said)
        else:
            pipe.send(said)

    board.clear()
    try:
        said: Any = act(task, tell, flag)
    except BrokenPipeError:
        return
    except BaseException as error:
        said = failure_of(error)
        if said.reason == "INTERNAL":
            _log.exception("a solve failed in a way that nobody foresaw")
    pipe.send(said)


def _end_with_the_service() -> None:
    """A worker whose service was killed must not go on solving for nobody.

    PR_SET_PDEATHSIG would not do: a worker's parent is the fork server, which lives as long as any worker does.
    """
    service = parent_process()
    if service is not None:
        connection.wait([service.sentinel])
        os._exit(1)
