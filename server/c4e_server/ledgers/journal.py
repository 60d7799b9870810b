"""The journal: double entry in the service's own database, append-only, every entry chained to the one before, signed.

It is the source of truth, whatever other ledger batches go to as well. An entry holds the whole batch as it came;
postings, balances and holds follow from the entries, and `verification` recomputes all of them. `chain` says what
links and signs.

Nothing is booked twice, and nothing in part: `book` works inside a transaction, its caller's or that of `submit`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from c4e_opt.errors import LedgerError, LedgerUnreachable
from c4e_opt.settlement import Asset, Batch, Receipt
from c4e_opt.settlement.rules import check_reversible
from c4e_server.database import tables
from c4e_server.database.engine import transaction, words
from c4e_server.ledgers import rows
from c4e_server.ledgers.anchoring import Anchoring
from c4e_server.ledgers.booking import Writer
from c4e_server.ledgers.chain import Anchor, Signer
from c4e_server.ledgers.reading import Entry
from c4e_server.ledgers.verification import Finding, verify_journal

_entries, _assets, _postings = tables.entries, tables.assets, tables.postings


class Journal:
    """The whole port on one database; a batch whose `submit` returned is on the disk."""

    def __init__(
        self,
        engine: Engine,
        signer: Signer | None,
        *,
        clock: Callable[[], float] = time.time,
        assets: Sequence[str] = (),
        anchoring: Anchoring | None = None,
    ) -> None:
        """Open the journal, and begin it when the database has none.

        Args:
            engine: A database whose tables are up to date.
            signer: The key that signs entries; None to read only.
            clock: Seconds since 1970.
            assets: Ids of the only assets that may be booked; any when empty.
            anchoring: When and where to anchor; never by itself when None.

        Raises:
            LedgerError: The journal was begun with another key, or cannot be opened.
        """
        self.engine = engine
        self._anchoring = anchoring
        self._books: Writer | None = None
        if signer is not None:
            self._books = Writer(signer=signer, clock=clock, assets=frozenset(assets), anchoring=anchoring)
            with self._transaction(write=True) as connection:
                self._books.begin(connection)
            self.publish()

    def close(self) -> None:
        """Anchor what is not anchored, and close the database."""
        if self._books is not None and self._anchoring is not None:
            self.anchor()
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Generator[Connection]:
        try:
            with transaction(self.engine, write=write) as connection:
                yield connection
        except (OperationalError, InterfaceError, TimeoutError) as error:
            raise LedgerUnreachable(f"the journal's database cannot be used: {words(error)}") from error
        except SQLAlchemyError as error:
            raise LedgerError(f"the journal's database refused: {words(error)}") from error
        except (ValueError, KeyError, TypeError) as error:  # what is stored is not what was stored
            raise LedgerError(f"the journal cannot be read ({error}); verify it") from error

    def public_key(self) -> str:
        """The key by which its signatures are checked, 64 hexadecimal digits; empty before it has begun."""
        with self._transaction() as connection:
            return str((rows.genesis(connection) or {"public_key": ""})["public_key"])

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once."""
        with self._transaction(write=True) as connection:
            receipt = self.book(connection, batch)
        self.publish()
        return receipt

    def restate(self, batch: Batch, of: str) -> Receipt:
        """Book a batch in the place of one that was reversed, also where its period is closed by now.

        Args:
            batch: The new settlement.
            of: Id of the batch that was reversed.

        Raises:
            LedgerError: That batch was not reversed, or another stands in its place already; and as in `submit`.
        """
        with self._transaction(write=True) as connection:
            receipt = self.book(connection, batch, adjusts=of)
        self.publish()
        return receipt

    def book(self, connection: Connection, batch: Batch, *, adjusts: str = "") -> Receipt:
        """Book a batch within the caller's transaction, who calls `publish` once it is kept.

        Args:
            connection: Of the journal's own database, in a transaction that writes.
            batch: The batch.
            adjusts: Id of the reversed batch in whose place it stands; empty where it stands for itself.

        Raises:
            Unbalanced: The batch does not sum to zero.
            LedgerError: It is refused, or the journal cannot be written; the transaction may go on without it when the
                call was made inside a savepoint.
        """
        return self._writer().book(connection, batch, adjusts=adjusts)

    def take_back(self, connection: Connection, batch_id: str) -> Receipt | None:
        """Take a batch back within the caller's transaction, who calls `publish` once it is kept; None when unknown.

        A hold is given back.

        Raises:
            LedgerError: It cannot be taken back; see `reverse`.
        """
        batch = rows.batch(connection, batch_id)
        if batch is None:
            return None
        if batch.expires:
            return self.book(connection, batch.given_back())
        return self.book(connection, check_reversible(batch, batch_id).reversed())

    def close_until(self, until: int) -> int:
        """Close the books: from now on no batch with a step that starts earlier is taken, but for what takes back.

        Args:
            until: Seconds since 1970, not in the future and not before an earlier closing.

        Returns:
            Place of the entry that says so; of the one that did, when they are closed until then already.

        Raises:
            LedgerError: The moment is no such.
        """
        with self._transaction(write=True) as connection:
            place = self._writer().close_until(connection, until)
        self.publish()
        return place

    def closed_until(self) -> int | None:
        """Until when the books are closed, seconds since 1970; None when they never were."""
        with self._transaction() as connection:
            return connection.execute(select(func.max(tables.closings.c.until))).scalar_one()

    def anchor(self) -> Anchor | None:
        """Sign the head of the chain as it stands; None when the last anchor says the same."""
        with self._transaction(write=True) as connection:
            made = self._writer().anchor(connection)
        self.publish()
        return made

    def anchors(self) -> list[Anchor]:
        """All anchors, in order."""
        with self._transaction() as connection:
            found = connection.execute(select(tables.anchors).order_by(tables.anchors.c.number))
            return [Anchor(**row) for row in found.mappings()]

    def publish(self) -> None:
        """Write new anchors to the file that others keep; call it once a transaction with `book` is kept."""
        if self._books is not None and self._anchoring is not None:
            self._anchoring.publish(self.anchors, self._books.signer.public_key)

    def status(self, batch_id: str) -> Receipt:
        """What is known of a batch."""
        with self._transaction() as connection:
            return rows.receipt(connection, batch_id)

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back, exactly once."""
        with self._transaction(write=True) as connection:
            batch = check_reversible(rows.batch(connection, batch_id), batch_id)
            receipt = self.book(connection, batch.reversed())
        self.publish()
        return receipt

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset."""
        query = select(tables.balances)
        if asset is not None:
            query = query.where(tables.balances.c.asset == asset)
        with self._transaction() as connection:
            held = sorted((account, name, int(amount)) for account, name, amount in connection.execute(query))
        found: dict[str, dict[str, int]] = {}
        for account, name, amount in held:
            if amount:
                found.setdefault(account, {})[name] = amount
        return found

    def assets(self) -> Sequence[Asset]:
        """What it counts, by id."""
        with self._transaction() as connection:
            known = connection.execute(select(_assets.c.id, _assets.c.kind, _assets.c.decimals)).all()
        return [Asset(id=row.id, kind=row.kind, decimals=row.decimals) for row in sorted(known)]

    def batch(self, batch_id: str) -> Batch | None:
        """A batch as it was booked; None where there is none."""
        with self._transaction() as connection:
            return rows.batch(connection, batch_id)

    def entries(
        self, *, account: str = "", asset: str = "", batch_id: str = "", after: int = 0, limit: int = 1000
    ) -> Sequence[Entry]:
        """Postings in the order in which they were booked."""
        each = _postings.c
        query = select(_postings, _entries.c.id).join_from(_postings, _entries, _entries.c.place == each.entry)
        query = query.where(each.place > after).order_by(each.place).limit(limit)
        query = query.where(each.account == account) if account else query
        query = query.where(each.asset == asset) if asset else query
        with self._transaction() as connection:
            if batch_id:
                booked = select(_entries.c.first, _entries.c.postings).where(_entries.c.id == batch_id)
                first, count = connection.execute(booked).one_or_none() or (1, 0)
                query = query.where(each.place.between(first, first + count - 1))
            return [_posting(row) for row in connection.execute(query).mappings()]

    def chained(self, first: int, limit: int) -> list[Mapping[str, Any]]:
        """Entries themselves, as they are stored, from a place on."""
        query = select(_entries).where(_entries.c.place >= first).order_by(_entries.c.place).limit(limit)
        with self._transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def findings(self, *, public_key: str = "", anchors: Sequence[Anchor] = ()) -> list[Finding]:
        """What is wrong with the books, recomputed from the genesis; the first broken entry first.

        Args:
            public_key: Whose signatures they must be; that of the genesis when empty.
            anchors: Anchors that somebody has kept.
        """
        with self._transaction() as connection:
            return verify_journal(connection, public_key=public_key, anchors=anchors)

    def verify(self) -> list[str]:
        """The same in words, with the anchors of its own file; empty when all holds."""
        return [str(finding) for finding in self.findings(anchors=self.kept())]

    def kept(self) -> list[Anchor]:
        """Anchors in its own file."""
        return self._anchoring.kept() if self._anchoring is not None else []

    def _writer(self) -> Writer:
        if self._books is None:
            raise LedgerError("the journal was opened without its key, to be read; nothing can be booked")
        return self._books


def _posting(row: Any) -> Entry:
    raw = "\x1f".join((row["id"], row["account"], row["asset"], str(row["step"])))
    moment = datetime.fromtimestamp(row["start"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Entry(
        place=row["place"],
        id=hashlib.sha256(raw.encode()).hexdigest()[:32],
        batch_id=row["id"],
        account=row["account"],
        asset=row["asset"],
        amount=int(row["amount"]),
        period=f"{moment}/PT{row['seconds']}S",
    )
