"""Admission: who is taken, who waits, and who is next, fair between tenants; all of it in the event loop.

A tenant may hold as long as it holds no more than `_SHARE` times what is free, so that there is room for another one
however many are greedy (dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6, 1998). Among
those who wait the tenant is next that has fewest solves running, and of these the one that has used least (start-time
fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996); within a tenant the highest priority, then the first to come.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from c4e_server.errors import DeadlineReached, QueueFull

_SHARE = 4
_LEARNING = 0.125  # weight of the newest solve in what one takes, as of a round trip in RFC 6298
_CAUTION = 3  # times the wait: while many come, all that is done takes longer, and others may pass
_OUTLIER = 3  # times the mean; one long solve says little of the next, many in a row are learned soon
_LEAST_RETRY_S, _MOST_RETRY_S = 0.1, 30.0


@dataclass(slots=True, eq=False)
class Ticket:
    """A place among those who wait or run; the holder of one that is `granted` runs."""

    tenant: str
    priority: int
    deadline: float  # of `time.monotonic()`
    granted: asyncio.Future[None] | None = None  # None until it waits
    began: float | None = None

    @property
    def waits(self) -> bool:
        """Whether somebody waits with it for a worker."""
        return self.granted is not None and not self.granted.done()


@dataclass(slots=True)
class _Tenant:
    used: float = 0.0  # seconds of workers, on a scale on which whoever comes newly stands with the least
    running: int = 0
    held: int = 0
    waiting: list[tuple[int, int, Ticket]] = field(default_factory=list[tuple[int, int, Ticket]])


class Admission:
    """Tickets for a number of workers, and a bounded queue before them."""

    def __init__(self, workers: int, limit: int) -> None:
        """Nobody holds a ticket.

        Args:
            workers: How many may run at once.
            limit: How many may wait or run.
        """
        self._workers, self._limit = workers, limit
        self._tenants: dict[str, _Tenant] = {}
        self._held = 0
        self._free = workers
        self._numbers: Iterator[int] = itertools.count()
        self._took_s: float | None = None  # mean of a solve
        self._varies_s = 0.0  # mean deviation from it

    @property
    def busy(self) -> bool:
        """Whether whoever comes now has to wait."""
        return not self._free

    def take(self, tenant: str = "", *, priority: int = 0, deadline: float = math.inf, sure: bool = False) -> Ticket:
        """Take a request in.

        Args:
            tenant: Whose it is; one without a name is alone in its service and may fill the queue.
            priority: Among those of the same tenant.
            deadline: Of `time.monotonic()`; who would not end before it is not taken.
            sure: Take it whatever there is: it was acknowledged before.

        Raises:
            QueueFull: There is no room, or not enough time; says when to try again.
        """
        if not sure:
            self.check(tenant, deadline)
        known = self._tenants.get(tenant)
        if known is None:
            least = min((each.used for each in self._tenants.values()), default=0.0)
            known = self._tenants[tenant] = _Tenant(used=least)
        known.held += 1
        self._held += 1
        return Ticket(tenant, priority, deadline)

    def check(self, tenant: str, deadline: float) -> None:
        """Refuse a request for which there is no room, or not enough time.

        Args:
            tenant: Whose it is.
            deadline: Of `time.monotonic()`.

        Raises:
            QueueFull: Says when to try again.
        """
        known = self._tenants.get(tenant)
        held = known.held if known else 0
        if self._held >= self._limit:
            what = f"{self._held} requests wait or run, the most that this service takes"
            raise QueueFull(f"{what}; try again later", self._retry_s(1))
        if tenant and held >= max(1, _SHARE * (self._limit - self._held - 1)):
            what = f"{held} requests of the tenant wait or run, and what is free is for others"
            raise QueueFull(f"{what}; try again later", self._retry_s(max(held - self._workers, 1)))
        wait = self._wait_s(tenant)
        left = deadline - time.monotonic()
        if wait and _CAUTION * wait + self._likely_s() > left:
            what = f"the request would wait some {wait:.2g} s for a worker, and its time is over in {left:.2g} s"
            raise QueueFull(f"{what}; try again later", self._retry_s(1))

    async def worker(self, ticket: Ticket) -> None:
        """Wait until a worker is free for the holder of a ticket.

        Raises:
            DeadlineReached: Not before its deadline.
        """
        if self._free:  # then nobody waits
            self._grant(ticket)
            return
        ticket.granted = asyncio.get_running_loop().create_future()
        waiting = self._tenants[ticket.tenant].waiting
        heapq.heappush(waiting, (-ticket.priority, next(self._numbers), ticket))
        left = ticket.deadline - time.monotonic()
        try:
            async with asyncio.timeout(None if left == math.inf else left):
                await ticket.granted
        except TimeoutError:
            raise DeadlineReached("the request waited for a worker until its time was over") from None

    def leave(self, ticket: Ticket) -> None:
        """Give a ticket back, and the worker where it had one; the next one runs."""
        tenant = self._tenants[ticket.tenant]
        if ticket.granted is not None:
            ticket.granted.cancel()  # whoever is granted one has no future that could still be cancelled
        tenant.held -= 1
        self._held -= 1
        if ticket.began is not None:
            seconds = time.monotonic() - ticket.began
            tenant.running -= 1
            tenant.used += seconds
            self._learn(seconds)
            self._free += 1
        else:
            tenant.waiting[:] = [each for each in tenant.waiting if each[2] is not ticket]
            heapq.heapify(tenant.waiting)
        if not tenant.held:
            del self._tenants[ticket.tenant]
        while self._free and (chosen := self._next()) is not None:
            self._grant(chosen)

    def _next(self) -> Ticket | None:
        """Who runs next."""
        queues = [tenant for tenant in self._tenants.values() if tenant.waiting]
        while queues:
            tenant = min(queues, key=lambda each: (each.running, each.used))
            _, _, ticket = heapq.heappop(tenant.waiting)
            if ticket.waits:
                return ticket
            if not tenant.waiting:
                queues.remove(tenant)
        return None

    def _grant(self, ticket: Ticket) -> None:
        self._free -= 1
        self._tenants[ticket.tenant].running += 1
        ticket.began = time.monotonic()
        if ticket.granted is not None:
            ticket.granted.set_result(None)

    def _learn(self, seconds: float) -> None:
        if self._took_s is None:
            self._took_s, self._varies_s = seconds, seconds / 2
        else:
            seconds = min(seconds, _OUTLIER * self._took_s)
            rate = 2 * _LEARNING if seconds > self._took_s else _LEARNING  # bad news count sooner
            self._varies_s += rate * (abs(seconds - self._took_s) - self._varies_s)
            self._took_s += rate * (seconds - self._took_s)

    def _likely_s(self) -> float:
        """What a solve hardly exceeds."""
        return (self._took_s or 0.0) + 2 * self._varies_s

    def _wait_s(self, tenant: str) -> float:
        """How long one more request of a tenant would wait; 0 where nobody knows, or a worker is free."""
        if self._free or self._took_s is None:
            return 0.0
        own = len(self._tenants[tenant].waiting) if tenant in self._tenants else 0
        ahead = sum(min(len(each.waiting), own + 1) for name, each in self._tenants.items() if name != tenant)
        return (own + ahead + 1) * self._took_s / self._workers

    def _retry_s(self, ends: int) -> float:
        """When so many will have ended."""
        seconds = ends * (self._took_s or 1.0) / self._workers
        return min(max(seconds, _LEAST_RETRY_S), _MOST_RETRY_S)
