"""The exchange: books by name, the clock that stamps their events, and who is told what comes of them.

Events of all callers of a book are taken one after another, in the order in which they arrive. Who follows a book for a
party is told everything that touches an order of it, whoever caused it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_opt.trading.events import Event, Execution, SelfTrade
from c4e_opt.trading.snapshot import Snapshot
from c4e_server.errors import QueueFull, UnknownBook

#: What one service holds at most: books, orders that rest in one, and batches that somebody has not read yet.
MOST_BOOKS, MOST_ORDERS, MOST_UNREAD = 1000, 1_000_000, 10_000
UNREAD = f"{MOST_UNREAD} answers wait to be read; read them while you write"

#: What a follower gets: executions, and the number of its events that the book has taken.
Told = tuple[list[Execution], int]


class Follower:
    """One caller who trades for a party."""

    def __init__(self, party: str) -> None:
        """Follow for a party."""
        self.party = party
        self.taken = 0
        self.overrun = False
        self.queue: asyncio.Queue[Told | None] = asyncio.Queue(MOST_UNREAD)

    def tell(self, executions: list[Execution]) -> None:
        """Put executions into the queue; who does not read is cut off."""
        try:
            self.queue.put_nowait((executions, self.taken))
        except asyncio.QueueFull:
            self.overrun = True

    def touches(self, execution: Execution) -> bool:
        """Whether an execution is about an order of the party."""
        return self.party in (execution.party, execution.other_party)


class Hall:
    """A book and those who follow it."""

    def __init__(self, book: ContinuousBook) -> None:
        """Begin without followers."""
        self.book = book
        self.followers: set[Follower] = set()

    def now(self) -> int:
        """Microseconds since 1970-01-01T00:00Z; never before the last event."""
        return max(time.time_ns() // 1000, self.book.time)

    def take(self, follower: Follower, events: Iterable[Event]) -> None:
        """Take events of a caller, and tell everybody whom they concern.

        Raises:
            QueueFull: The book is full, or the caller does not read what it is told.
        """
        for event in events:
            if len(self.book) >= MOST_ORDERS and event.quantity:
                raise QueueFull(f"{MOST_ORDERS} orders rest in the book; cancel some")
            told = self.book.submit(event)
            follower.taken += 1
            if told:
                self._tell(follower, told)
        if follower.overrun:
            raise QueueFull(UNREAD)

    def _tell(self, follower: Follower, told: list[Execution]) -> None:
        for each in self.followers:
            mine = [execution for execution in told if each.touches(execution)]
            if mine:
                each.tell(mine)
        if follower not in self.followers:
            follower.tell(told)


class Exchange:
    """All books of a service."""

    def __init__(self) -> None:
        """Begin without a book."""
        self._halls: dict[str, Hall] = {}

    def open(self, book_id: str, rule: SelfTrade | None) -> Hall:
        """The book of a name, made when there is none.

        Args:
            book_id: Its name.
            rule: What happens to self-trades; None for what the book does.

        Raises:
            InvalidInput: The book has another rule.
            QueueFull: There are too many books.
        """
        hall = self._halls.get(book_id)
        if hall is None:
            hall = self._add(book_id, ContinuousBook(SelfTrade.CANCEL_RESTING if rule is None else rule))
        elif rule is not None and rule != hall.book.self_trade:
            told = (
                f"is {rule.name.lower()}; the book {book_id!r} has {hall.book.self_trade.name.lower()}: leave it away"
            )
            raise InvalidInput([Issue("open.self_trade", "conflict", told)])
        return hall

    def snapshot(self, book_id: str) -> Snapshot:
        """Everything that a book holds.

        Raises:
            UnknownBook: There is none of this name.
        """
        if book_id not in self._halls:
            raise UnknownBook(f"there is no book {book_id!r}; it is made when somebody trades in it")
        return self._halls[book_id].book.snapshot()

    def restore(self, book_id: str, kept: Snapshot) -> int:
        """Make a book from a snapshot.

        Returns:
            How many orders rest in it.

        Raises:
            InvalidInput: There is a book of this name, or the snapshot is none of a book.
            QueueFull: There are too many books, or orders.
        """
        if book_id in self._halls:
            raise InvalidInput([Issue("book_id", "duplicate_id", f"{book_id!r} is a book already; name another")])
        if len(kept.orders) > MOST_ORDERS:
            raise QueueFull(f"a book holds {MOST_ORDERS} orders at most")
        return len(self._add(book_id, ContinuousBook.restore(kept)).book)

    def _add(self, book_id: str, book: ContinuousBook) -> Hall:
        if len(self._halls) >= MOST_BOOKS:
            raise QueueFull(f"there are {MOST_BOOKS} books; start the service anew, or use one of them")
        self._halls[book_id] = hall = Hall(book)
        return hall
