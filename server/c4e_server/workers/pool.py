"""A pool of warm workers, with spares for those that had to be killed."""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from c4e_server.errors import Cancelled, DeadlineReached, WorkerLost
from c4e_server.failures import Failure
from c4e_server.observability import metrics
from c4e_server.workers.messages import Answer, CaseRead, Ready, Report, Task
from c4e_server.workers.process import serve
from c4e_server.workers.shared import Board, Flag
from c4e_server.workers.warm import start_fork_server

_log = logging.getLogger("c4e_server.pool")
_LISTEN_S = 0.02  # how soon a wish to cancel is noticed, and how far the solve is
_CANCEL_GRACE_S = 0.25  # at most, for nobody waits for the answer; after it the spare stands in
_TRIES = 2  # whoever kills a worker kills one for himself; a case that has ended two is not given a third
_LEAST_S = 0.05
_HIRE_AGAIN_S = 0.25
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a solve must end.

    Attributes:
        deadline: `time.monotonic()` at which the worker is killed; inf for never.
        cancelled: Set by anybody who wants the solve to end.
    """

    deadline: float
    cancelled: threading.Event


class Pool:
    """Workers for a number of solves at once; every method may be called from any thread."""

    def __init__(
        self,
        size: int,
        *,
        grace_s: float = 0.5,
        memory_mib: int = 0,
        spares: int = 1,
        solves: int = 1000,
        growth_mib: int = 1024,
        idle: bool = False,
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            size: How many solves run at once.
            grace_s: How long a solver may take to obey the interrupt before its process is killed.
            memory_mib: Most address space of a worker; 0 for no limit.
            spares: Warm workers beyond `size`, which stand in for killed ones at once.
            solves: After so many a worker is replaced …
            growth_mib: … and after its memory has grown so much since its first one began.
            idle: Whether workers run only while nothing else wants their core.
        """
        self.size = size
        self.threads = max(1, len(os.sched_getaffinity(0)) // size)
        self._solves, self._growth_mib = solves, growth_mib
        self.grace_s = grace_s
        self._memory_mib, self._idle_only = memory_mib, idle
        self._count = size + spares
        self._context = multiprocessing.get_context("forkserver")
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start the fork server with everything imported, and from it the workers."""
        start_fork_server()
        for _ in range(self._count):
            self._hire()

    def close(self) -> None:
        """Kill every worker; solves that run end as lost."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.reap()
        for _ in range(self.size):
            self._idle.put(None)

    def pids(self) -> Sequence[int]:
        """Process ids of the workers."""
        with self._lock:
            return [worker.pid for worker in self._all]

    def breathing(self) -> int:
        """How many workers are alive."""
        with self._lock:
            return sum(worker.breathes() for worker in self._all)

    def run(self, task: Task, tell: Callable[[Report | CaseRead], None], limits: Limits) -> Answer:
        """Have a worker act, and wait; blocks the calling thread.

        The solver is asked to stop `grace_s` before the deadline, and at once when somebody cancels; who does not obey
        within `grace_s` is killed and replaced. A worker that ends for another reason costs nobody an answer: the
        task is done again by another, once. What says that memory is short is an answer, and would be so again.

        Raises:
            C4eError: What the worker says.
            Cancelled: Somebody cancelled.
            DeadlineReached: The deadline came first.
            WorkerLost: Every worker that tried it died.
        """
        begin, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                spent = time.monotonic() - begin
                said = self._try(replace(task, seconds=max(task.seconds - spent, _LEAST_S)), tell, limits)
            except WorkerLost:
                if self._closed:
                    raise
                metrics.WORKERS_LOST.inc()
                if limits.cancelled.is_set() or time.monotonic() >= limits.deadline:
                    raise over(limits) from None
                if tries == _TRIES:
                    raise
            else:
                if isinstance(said, Failure):
                    raise said.error()
                return said

    def _try(self, task: Task, tell: Callable[[Report | CaseRead], None], limits: Limits) -> Answer | Failure:
        """Have one worker act."""
        worker = self._ready(limits)
        try:
            return worker.converse(task, tell, limits, self.grace_s)
        finally:
            if worker.alive and (worker.solves >= self._solves or worker.growth_mib() > self._growth_mib):
                worker.dismiss()
            if worker.alive:
                self._idle.put(worker)
            else:
                self._replace(worker)

    def _ready(self, limits: Limits) -> _Worker:
        """An idle worker; one that died while it waited costs nobody an answer."""
        while True:
            try:
                worker = self._idle.get(timeout=_LISTEN_S)
            except queue.Empty:  # every worker was lost, and others have still to begin
                if limits.cancelled.is_set() or time.monotonic() >= limits.deadline:
                    raise over(limits) from None
                continue
            if worker is None:
                raise WorkerLost("the service is shutting down")
            if worker.breathes():
                return worker
            metrics.WORKERS_LOST.inc()
            self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
            if self._closed:
                return

        threading.Thread(target=self._succeed, args=(worker,), daemon=True).start()

    def _succeed(self, worker: _Worker) -> None:
        """Hire another in the place of one, however often that fails."""
        while True:
            try:
                self._hire()
                break
            except (OSError, EOFError) as error:  # no memory for a process, or the fork server is gone and comes again
                _log.warning("no worker can be started (%s); it is tried again", type(error).__name__)
                time.sleep(_HIRE_AGAIN_S)
        worker.reap()

    def _hire(self) -> None:
        with self._lock:
            if self._closed:
                return
            worker = _Worker(self._context, self._memory_mib, self._idle_only)
            self._all.add(worker)
        self._idle.put(worker)


class _Worker:
    """The service's end of one worker process."""

    def __init__(self, context: Any, memory_mib: int, idle: bool) -> None:
        byte, shown = context.RawValue("b", 0), context.RawArray("c", Board.SIZE)
        self.flag, self.board = Flag(byte), Board(shown)
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, byte, shown, memory_mib, idle), daemon=True)
        self._process.start()
        theirs.close()
        self.alive = True
        self.solves = 0
        self._first_mib = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def breathes(self) -> bool:
        return self._process.is_alive()

    def growth_mib(self) -> float:
        """How much memory it has taken since its first solve began; 0 where the system does not say."""
        return self._resident_mib() - self._first_mib

    def _resident_mib(self) -> float:
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as said:
                return int(said.read().split()[1]) * _PAGE_MIB
        except (OSError, IndexError, ValueError):
            return 0.0

    def dismiss(self) -> None:
        """Let it end by itself: a worker ends with its pipe."""
        self.alive = False
        self.pipe.close()

    def kill(self) -> None:
        """End it at once; nobody waits until the system has taken its memory back."""
        self.alive = False
        self._process.kill()

    def reap(self) -> None:
        """Wait until it is gone, but not for ever."""
        self._process.join(5)

    def converse(
        self, task: Task, tell: Callable[[Report | CaseRead], None], limits: Limits, grace_s: float
    ) -> Answer | Failure:
        """Hand over the task and listen until it is answered or its time is over."""
        kill_at = limits.deadline
        flag_at = kill_at - min(grace_s, 0.25 * (kill_at - time.monotonic()))
        self.flag.clear()
        self.board.look()  # what it showed of the solve before
        if not self.solves:
            self._first_mib = self._resident_mib()
        self.solves += 1
        try:
            self.pipe.send(task)
            while True:
                now = time.monotonic()
                if limits.cancelled.is_set() and flag_at > now:
                    flag_at, kill_at = now, min(kill_at, now + min(grace_s, _CANCEL_GRACE_S))
                if now >= flag_at:
                    self.flag.set()
                if now >= kill_at:
                    raise over(limits)
                if not self.pipe.poll(min(kill_at - now, _LISTEN_S)):
                    if (report := self.board.look()) is not None:
                        tell(report)
                    continue
                said = self.pipe.recv()
                if isinstance(said, CaseRead):
                    tell(said)
                elif not isinstance(said, Ready):
                    break
        except (EOFError, OSError):
            self.kill()
            raise WorkerLost("the process that solved the case ended without an answer") from None
        except BaseException:
            self.kill()
            raise
        if limits.cancelled.is_set():
            raise Cancelled("the request was cancelled")
        return said


def over(limits: Limits) -> Exception:
    """Why a solve was ended."""
    if limits.cancelled.is_set():
        return Cancelled("the request was cancelled")
    return DeadlineReached("there was no answer when the time of the request was over")
