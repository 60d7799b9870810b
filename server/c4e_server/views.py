"""Requests as others see them: as they stand, in lists, and change by change; whichever service has them at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_server.errors import Stopping
from c4e_server.flights import Live
from c4e_server.progress import Change, Changes
from c4e_server.store.records import ENDED, QUEUED, Request
from c4e_server.store.store import Store

_POLL_S = 0.5  # how soon it is noticed what another service has done
STOPPING = "the service is being stopped; ask again, with the same request id if there is one"


@dataclass(frozen=True, slots=True)
class View:
    """A request as the store has it and, while it waits or runs, after which change."""

    kept: Request
    change: Change | None

    @property
    def started(self) -> float | None:
        """When a worker got it, in seconds since 1970; None before."""
        return self.kept.started if self.change is None else self.change.started

    @property
    def case_name(self) -> str:
        """Name of its case; empty until that of a dataset is read."""
        return self.change.case_name if self.change is not None and self.change.case_name else self.kept.case_name

    @property
    def revision(self) -> int:
        """Of the last change that is in it."""
        return self.kept.revision if self.change is None else self.change.revision


class Views:
    """Looks at the requests of a store, some of which wait or run in this service; in its event loop."""

    def __init__(
        self, store: Store, keep: Callable[..., Any], live: Callable[[str], Live | None], stopping: Callable[[], bool]
    ) -> None:
        """Join the parts.

        Args:
            store: Where requests are kept.
            keep: Has the store do something, and is awaited for it.
            live: The request of a key that waits or runs here; None for none.
            stopping: Whether the service is being stopped.
        """
        self._store = store
        self._keep = keep
        self._live = live
        self._stopping = stopping

    async def one(self, key: str) -> View:
        """A request as it stands."""
        kept, changes = await self._keep(self._store.watched, key)
        if kept.state in ENDED:
            return View(kept, None)
        live = self._at_work(kept)
        return View(kept, (changes if live is None else live.changes).last)

    async def many(
        self, states: Sequence[str], limit: int, before: int | None, tenant: str = "", **filters: Any
    ) -> list[View]:
        """Requests of a tenant as they stand, the latest first; `filters` are those of `Store.requests`."""

        def listed() -> list[Request]:
            return self._store.requests(states, limit, before, tenant, **filters)

        kept: list[Request] = await self._keep(listed)
        lives = [self._at_work(each) for each in kept]
        return [View(each, None if live is None else live.changes.last) for each, live in zip(kept, lives, strict=True)]

    async def watch(self, key: str, after: int = 0) -> AsyncGenerator[View]:
        """A request change by change, until it has ended.

        Args:
            key: Its key.
            after: Only changes after this revision; 0: as it stands, then every change.

        Raises:
            InvalidInput: It ended before a change of such a revision came.
            Stopping: The service is being stopped; the next one goes on.
        """
        begin = not after
        while True:
            before = self._live(key)
            kept, changes = await self._keep(self._store.watched, key)
            live = self._at_work(kept)
            if live is None and before is not None and kept.state == QUEUED and before.ended.is_set():
                continue  # it ended while it was read
            if kept.state in ENDED:
                async for view in self._last(kept, changes, after, begin=begin):
                    yield view
                return
            while True:
                told = live.changed if live is not None else None
                known = changes if live is None else live.changes
                for change in [known.last] if begin else known.after(after):
                    yield View(kept, change)
                    after, begin = change.revision, False
                if live is None or told is None or live.ended.is_set():
                    break
                await told.wait()
            if self._stopping():
                raise Stopping(STOPPING)
            if live is None:
                await asyncio.sleep(_POLL_S)

    async def _last(self, kept: Request, changes: Changes, after: int, *, begin: bool) -> AsyncGenerator[View]:
        """What is left to tell of a request that has ended."""
        if after > kept.revision:
            message = f"is {after}; the request ended at revision {kept.revision}: repeat the last one that you saw"
            raise InvalidInput([Issue("after_revision", "range", message)])
        if not begin:
            for change in changes.after(after):
                yield View(kept.before_its_end(), change)
        if begin or after < kept.revision:
            yield View(kept, None)

    def _at_work(self, kept: Request) -> Live | None:
        """The request as it is at work here; None where it is not, or was taken over by another service."""
        live = self._live(kept.id) if kept.state == QUEUED else None
        return live if live is not None and live.fence == kept.fence else None
