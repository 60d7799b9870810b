"""Sessions in memory, each as its log tells it, and the writing of their logs.

What is in memory follows from the log and from nothing else: what is told is on the disk, and where another process has
written to a session, its log is read on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from c4e_server.errors import StoreError
from c4e_server.sessions.event_log import Also
from c4e_server.sessions.log import AFTER, Entry, Log, Row, State
from c4e_server.sessions.session import Session

_T = TypeVar("_T")

#: How many sessions that have ended stay in memory.
MOST_REMEMBERED = 100


class Memory:
    """All sessions of a service that are in use."""

    def __init__(self, log: Log) -> None:
        """Begin empty; the log is written by a thread of its own."""
        self.log = log
        self._sessions: dict[tuple[str, str], Session] = {}
        self._keeper = ThreadPoolExecutor(1, "sessions")

    @property
    def sessions(self) -> list[Session]:
        """Those in memory."""
        return [*self._sessions.values()]

    def close(self) -> None:
        """Wait until what is being written is written."""
        self._keeper.shutdown()

    def known(self, tenant: str, name: str) -> Session | None:
        """A session that is in memory; None where it is not."""
        return self._sessions.get((tenant, name))

    async def take(self, row: Row) -> Session:
        """A session in memory, as its log tells it."""
        key = (row.tenant, row.id)
        if key not in self._sessions:
            session = await asyncio.to_thread(Session, row)
            events = await self.keep(self.log.events, row.place, 0)
            for revision, entry in events:
                session.apply(revision, entry)
            self._sessions.setdefault(key, session)
        return self._sessions[key]

    async def find(self) -> None:
        """Take up sessions that others made and that have not ended, and what they wrote."""
        for tenant, name, revision in await self.keep(self.log.restless):
            known = self._sessions.get((tenant, name))
            if known is None:
                row = await self.keep(self.log.find, tenant, name)
                if row is not None:
                    await self.take(row)
            elif known.revision < revision:
                async with known.lock:
                    await self.read_on(known)

    def forget(self) -> None:
        """Leave ended sessions to their logs."""
        ended = [key for key, session in self._sessions.items() if session.ended and not session.lock.locked()]
        for key in ended[:-MOST_REMEMBERED]:
            del self._sessions[key]

    async def keep(self, act: Callable[..., _T], *arguments: Any) -> _T:
        """Have the log do something, in its own thread, one thing after another."""
        return await asyncio.get_running_loop().run_in_executor(self._keeper, act, *arguments)

    async def append(self, session: Session, entries: Sequence[Entry], also: Sequence[Also] = ()) -> bool:
        """Write events and take them in; where the session has gone on meanwhile, read on instead."""
        state = _state_after(session, entries)
        try:
            written = await self.keep(self.log.append, session.place, session.revision, state, entries, also)
        except StoreError:
            await self.read_on(session)  # it may have been written all the same
            raise
        if not written:
            await self.read_on(session)
            return False
        for entry in entries:
            session.apply(session.revision + 1, entry)
        session.notify()
        return True

    async def repeat(
        self, session: Session, wanted: Callable[[], bool], act: Callable[[], Coroutine[Any, Any, bool]]
    ) -> None:
        """Do something that others may do at the same time, until it is done or no longer wanted."""
        while wanted():
            if await act():
                return

    async def read_on(self, session: Session) -> None:
        """Take in what others wrote."""
        for revision, entry in await self.keep(self.log.events, session.place, session.revision):
            if revision == session.revision + 1:
                session.apply(revision, entry)
        session.notify()


def _state_after(session: Session, entries: Sequence[Entry]) -> State:
    state = session.state
    for entry in entries:
        state = AFTER.get(entry.kind, state)
    return state
