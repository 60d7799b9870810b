"""Requests that wait or run now, and the solves under way that they wait for: one for all that ask the same."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from c4e_server.admission import Ticket
from c4e_server.errors import Cancelled, DeadlineReached
from c4e_server.failures import Failure
from c4e_server.progress import Changes, first_revision
from c4e_server.workers.messages import Answer, CaseRead, Report, Window
from c4e_server.workers.pool import Limits

#: Answers and failures that more time, or another caller, would change.
_PASSING = frozenset({"FEASIBLE", "NO_SOLUTION_FOUND", "DEADLINE", "CANCELLED", "STOPPING"})


@dataclass(slots=True, eq=False)
class Live:
    """A request that waits or runs now."""

    id: str  # empty for one that is not kept
    tenant: str
    asked: str  # digest of what it asks
    deadline: float  # of `time.monotonic()`
    ticket: Ticket | None  # None once it was handed to the solve that it leads
    message: bytes | None = None  # None while it waits: the store has it
    dataset: str = ""  # that holds its case; empty where the message does
    window: Window | None = None  # of a dispatch, whose message holds no case
    fence: int = 0  # under which it is finished
    flushed: int = 0  # the last revision that the store has
    changes: Changes = field(default_factory=Changes)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def started(self) -> float | None:
        """When a worker got it, in seconds since 1970; None before."""
        return self.changes.last.started

    @property
    def case_name(self) -> str:
        """Name of its case; empty until that of a dataset is read."""
        return self.changes.last.case_name

    def lease(self, fence: int, case_name: str) -> None:
        """Begin to count its changes under a fence."""
        self.fence, self.flushed = fence, first_revision(fence)
        self.changes = Changes(fence, case_name=case_name)

    def begin(self, moment: float | None) -> None:
        """A worker has it since a moment, in seconds since 1970."""
        if self.changes.add(started=moment):
            self.notify()

    def tell(self, said: Report | CaseRead) -> None:
        """Take in what the worker said, and wake who watches."""
        if isinstance(said, CaseRead):
            new = self.changes.add(case_name=said.name)
        else:
            new = self.changes.add(phase=said.phase, incumbent=said.objective, bound=said.bound)
        if new:
            self.notify()

    def notify(self) -> None:
        """Wake who watches."""
        self.changed.set()
        self.changed = asyncio.Event()


class Flight:
    """A solve under way, or on its way to a worker; it goes on while anybody waits for it."""

    def __init__(self, leader: Live) -> None:
        """Begin for one request, whose deadline is that of the solve."""
        self.leader = leader
        self.limits = Limits(deadline=leader.deadline, cancelled=threading.Event())
        self.task: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[Answer | Failure] = asyncio.get_running_loop().create_future()
        self._lives: set[Live] = set()
        self._began: float | None = None
        self._said: dict[type, Report | CaseRead] = {}

    @property
    def over(self) -> bool:
        """Whether nobody should join any more."""
        return self._ended.done() or self.limits.cancelled.is_set()

    @property
    def asker(self) -> Live:
        """One that waits for it and so still has its message: the leader, or another when that one has left."""
        return self.leader if self.leader in self._lives else next(iter(self._lives), self.leader)

    def begin(self) -> None:
        """A worker has it."""
        self._began = time.time()
        for live in self._lives:
            live.begin(self._began)

    def tell(self, said: Report | CaseRead) -> None:
        """Tell all who wait."""
        self._said[type(said)] = said
        for live in self._lives:
            live.tell(said)

    def end(self, ended: Answer | Failure) -> None:
        """Say what came of it."""
        if not self._ended.done():
            self._ended.set_result(ended)

    async def wait(self, live: Live) -> Answer | Failure | None:
        """Wait for the end; the last one to leave ends the solve.

        Returns:
            What came of it; None when the request asks in vain, because it has more time than the solve had.

        Raises:
            Cancelled: The request was cancelled.
            DeadlineReached: Its time was over.
        """
        self._lives.add(live)
        live.begin(self._began)
        for said in self._said.values():
            live.tell(said)
        wish = asyncio.ensure_future(live.cancelled.wait())
        waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(asyncio.shield(self._ended)), wish]
        # The leader's end comes from the worker, which is told of the deadline and may answer at the last moment.
        left = None if live is self.leader or live.deadline == float("inf") else live.deadline - time.monotonic()
        try:
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            self._leave(live)
        if self._ended.done():
            ended = self._ended.result()
            serves = live is self.leader or ended.reason not in _PASSING
            return ended if serves or (isinstance(ended, Answer) and live.deadline <= self.limits.deadline) else None
        if live.cancelled.is_set():
            raise Cancelled(f"the request was cancelled{'' if self._began else ' before it began'}")
        raise DeadlineReached("there was no answer when the time of the request was over")

    def _leave(self, live: Live) -> None:
        self._lives.discard(live)
        if self._lives or self._ended.done():
            return
        self.limits.cancelled.set()
        if self._began is None and self.task is not None:
            self.task.cancel()
