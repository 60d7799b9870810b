"""Whose a request is: among services that share a database, only the one that holds its lease ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Double, and_, func, or_, select, true, update

from c4e_server.progress import Changes, first_revision
from c4e_server.store.records import QUEUED, Claim, is_open
from c4e_server.store.tables import requests

_AT_ONCE = 10_000  # ids of a statement
_CLAIMED = ("id", "fence", "asked", "priority", "deadline", "dataset", "case_name")


class Leases:
    """Leases of requests, each with a fence that grows whenever another service takes the request up."""

    def __init__(
        self, transaction: Callable[..., AbstractContextManager[Connection]], owner: str, lease_s: float
    ) -> None:
        """Join the database.

        Args:
            transaction: Gives a transaction; takes `write`.
            owner: Names this service, the same after a restart.
            lease_s: How long a request is this service's own without `renew`, in seconds.
        """
        self._transaction = transaction
        self.owner = owner
        self._lease_s = lease_s

    def until(self, connection: Connection) -> Any:
        """When a lease that is taken or renewed now is over, in seconds since 1970."""
        return _now(connection) + self._lease_s

    def claim(self, limit: int, own: bool = False) -> list[Claim]:
        """Take up requests without an answer whose lease is over, in order of arrival; nobody else can end them then.

        Args:
            limit: At most so many.
            own: Also what this service left when it ended; on SQLite everything, for nobody shares it.
        """
        with self._transaction(write=False) as connection:
            over = requests.c.leased <= _now(connection)
            if own and connection.dialect.name == "sqlite":
                over = true()
            elif own:
                over = or_(over, requests.c.owner == self.owner)
            waiting = select(requests.c.id, requests.c.fence).where(requests.c.state == QUEUED, over)
            found = connection.execute(waiting.order_by(requests.c.place).limit(limit)).all()
        return [claim for row in found if (claim := self._take_over(row.id, row.fence)) is not None]

    def _take_over(self, request_id: str, fence: int) -> Claim | None:
        same = and_(requests.c.id == request_id, requests.c.state == QUEUED, requests.c.fence == fence)
        columns = (requests.c[name] for name in _CLAIMED)
        with self._transaction() as connection:
            mine = {"owner": self.owner, "fence": fence + 1, "leased": self.until(connection)}
            mine |= {"revision": first_revision(fence + 1), "changes": "", "started": None}
            row = connection.execute(update(requests).where(same).values(**mine).returning(*columns)).first()
        return None if row is None else Claim(**row._mapping)  # pyright: ignore[reportPrivateUsage]

    def renew(self, ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
        """Renew the leases of requests that are at work here; the lease of what was lost on the way ends.

        Args:
            ids: These requests.

        Returns:
            The fence of each that is still this service's, and whether it is to be cancelled.
        """
        found: dict[str, tuple[int, bool]] = {}
        mine = and_(requests.c.state == QUEUED, requests.c.owner == self.owner)
        with self._transaction() as connection:
            for begin in range(0, len(ids), _AT_ONCE):
                these = and_(mine, requests.c.id.in_(ids[begin : begin + _AT_ONCE]))
                renewing = update(requests).where(these).values(leased=self.until(connection))
                rows = connection.execute(renewing.returning(requests.c.id, requests.c.fence, requests.c.wish_end))
                found |= {row.id: (row.fence, bool(row.wish_end)) for row in rows}
        return found

    def tell(self, request_id: str, fence: int, changes: Changes) -> None:
        """Keep how far a request has come, for those who watch it elsewhere; not where another has taken it up."""
        last = changes.last
        told = {"started": last.started, "case_name": last.case_name, "revision": last.revision}
        told["changes"] = changes.to_json()
        with self._transaction() as connection:
            connection.execute(update(requests).where(is_open(request_id, fence)).values(**told))

    def wish_end(self, request_id: str) -> None:
        """Ask the service that has a request to cancel it."""
        with self._transaction() as connection:
            wishing = update(requests).where(requests.c.id == request_id, requests.c.state == QUEUED)
            connection.execute(wishing.values(wish_end=1))


def _now(connection: Connection) -> Any:
    """Seconds since 1970 by the one clock of all who share the database."""
    if connection.dialect.name != "postgresql":
        return time.time()
    return func.extract("epoch", func.clock_timestamp()).cast(Double)
