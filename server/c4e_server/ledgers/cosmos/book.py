"""The operator's own book of what it signed and what the chain did with it, in one SQLite file.

A batch is written here before its transaction leaves. Every sequence number of the operator's account that the chain
has used up is accounted for, in order, by the transaction that used it; so of every batch it is known whether some
transaction has booked it, also where another book or machine signed that one. An attempt is one signed transaction:
    live      it may still get into a block
    included  it used its sequence number
    dead      it never will: another transaction used its number, or its last block went by without it
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch, Receipt, State
from c4e_opt.settlement.postings import NEVER_NEGATIVE
from c4e_server.ledgers.cosmos.messages import read_memo
from c4e_server.ledgers.cosmos.node import Included, Standing

_VERSION = 1
_CONFIRMATIONS = 1  # blocks after its own, with which the validators have signed a transaction's block
_TABLES = """
CREATE TABLE batches (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, postings INTEGER NOT NULL,
    reverses TEXT NOT NULL, ends TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL, hash TEXT NOT NULL,
    height INTEGER NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE INDEX batches_by_state ON batches (state);
CREATE INDEX batches_by_end ON batches (ends);
CREATE TABLE attempts (
    hash TEXT PRIMARY KEY, batch_id TEXT NOT NULL REFERENCES batches (id), sequence INTEGER NOT NULL,
    timeout_height INTEGER NOT NULL, raw BLOB NOT NULL, state TEXT NOT NULL, refusal TEXT NOT NULL) STRICT;
CREATE INDEX attempts_by_state ON attempts (state, sequence);
CREATE INDEX attempts_by_batch ON attempts (batch_id);
CREATE TABLE sequences (sequence INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT;
CREATE TABLE strangers (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, postings INTEGER NOT NULL, reverses TEXT NOT NULL, hash TEXT NOT NULL,
    height INTEGER NOT NULL, code INTEGER NOT NULL, words TEXT NOT NULL) STRICT;
CREATE TABLE balances (
    account TEXT NOT NULL, asset TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (account, asset)) STRICT;
CREATE TABLE seen (only_row INTEGER PRIMARY KEY CHECK (only_row = 0), height INTEGER NOT NULL, chain TEXT NOT NULL)
    STRICT;
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A signed transaction of a batch."""

    hash: str
    batch_id: str
    sequence: int
    timeout_height: int  # the last block that may hold it
    raw: bytes
    refusal: str = ""  # why the node did not take it into its pool


class Book:
    """Safe to share between threads; what a method wrote is on the disk when it returns."""

    def __init__(self, path: Path, chain: str) -> None:
        """Open the file, and make it when missing.

        Args:
            path: The file; its folder must exist.
            chain: Chain id and operator, which stay those of the book.

        Raises:
            LedgerError: It cannot be opened, or is of another chain, operator or version.
        """
        self._lock = threading.RLock()
        self._path = path
        try:
            self._connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise LedgerError(f"book {path} cannot be opened: {error}") from None
        with self.transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute("INSERT INTO seen VALUES (0, 0, ?)", (chain,))
                connection.execute(f"PRAGMA user_version={_VERSION}")
            elif version != _VERSION:
                raise LedgerError(f"book {path} was made by another version: {version}, not {_VERSION}")
            (here,) = connection.execute("SELECT chain FROM seen").fetchone()
            if here != chain:
                raise LedgerError(f"book {path} is of {here}, not of {chain}; give each its own folder")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """All of what is done inside, or nothing; one at a time, also among processes. May be entered again inside."""
        with self._lock:
            try:
                if self._connection.in_transaction:
                    yield self._connection
                    return
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise LedgerError(f"book {self._path} cannot be used: {error}") from error

    # What the chain did

    def next_sequence(self, first: int) -> int:
        """The first sequence number that is not accounted for."""
        (last,) = self._one("SELECT max(sequence) FROM sequences")
        return first if last is None else max(first, last + 1)

    def attempts(self, state: str, *, sequence: int | None = None, batch_id: str = "") -> list[Attempt]:
        """Attempts in this state, by sequence number."""
        rows = self._all(
            "SELECT hash, batch_id, sequence, timeout_height, raw, refusal FROM attempts WHERE state = ? "
            "AND (? IS NULL OR sequence = ?) AND (? = '' OR batch_id = ?) ORDER BY sequence, refusal, rowid",
            (state, sequence, sequence, batch_id, batch_id),
        )
        return [Attempt(*row) for row in rows]

    def account_for(self, sequence: int, found: Included) -> None:
        """Write which transaction used a sequence number, and what follows for batches and attempts."""
        with self.transaction() as connection:
            new = connection.execute("INSERT OR IGNORE INTO sequences VALUES (?, ?)", (sequence, found.hash))
            if new.rowcount == 0:
                return  # another process of this book was faster
            connection.execute(
                "UPDATE attempts SET state = iif(hash = ?, 'included', 'dead') WHERE sequence = ?",
                (found.hash, sequence),
            )
            said = read_memo(found.memo)
            if said is None:
                return
            row = connection.execute("SELECT digest, state FROM batches WHERE id = ?", said[:1]).fetchone()
            ours = connection.execute("SELECT 1 FROM attempts WHERE hash = ?", (found.hash,)).fetchone()
            if row is not None and row[0] == said[1] and row[1] == State.PENDING and (ours or not found.code):
                self._decide(connection, said[0], found)
            elif row is None or not found.code:
                stranger = (*said, found.hash, found.height, found.code, found.words)
                connection.execute("INSERT OR IGNORE INTO strangers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", stranger)

    def _decide(self, connection: sqlite3.Connection, batch_id: str, found: Included) -> None:
        state = State.FAILED if found.code else State.COMMITTED
        connection.execute(
            "UPDATE batches SET state = ?, hash = ?, height = ?, detail = ? WHERE id = ?",
            (state.value, found.hash, found.height, found.words, batch_id),
        )
        if found.code:
            return
        (content,) = connection.execute("SELECT content FROM batches WHERE id = ?", (batch_id,)).fetchone()
        for account, amounts in Batch.from_json(json.loads(content)).totals().items():
            for asset, amount in amounts.items():
                key = (account, asset)
                row = connection.execute("SELECT amount FROM balances WHERE account = ? AND asset = ?", key).fetchone()
                held = amount + (int(row[0]) if row else 0)
                connection.execute("INSERT OR REPLACE INTO balances VALUES (?, ?, ?)", (*key, str(held)))

    def advance(self, standing: Standing) -> None:
        """Write how far the chain is seen, and give up attempts whose last block went by without them.

        One block later than could be: only then has a node's pool let go of them, and of their sequence numbers.
        """
        with self.transaction() as connection:
            connection.execute("UPDATE seen SET height = max(height, ?)", (standing.height,))
            connection.execute(
                "UPDATE attempts SET state = 'dead' WHERE state = 'live' AND sequence >= ? AND timeout_height < ?",
                (standing.sequence, standing.height),
            )

    def height(self) -> int:
        """The highest block that was seen."""
        return self._one("SELECT height FROM seen")[0]

    # What the operator did

    def free_sequence(self, due: int) -> int:
        """The first sequence number from `due` on that no live attempt in a node's pool holds."""
        held = {each.sequence for each in self.attempts("live") if not each.refusal}
        while due in held:
            due += 1
        return due

    def keep(self, batch: Batch, attempt: Attempt) -> None:
        """Write a batch, where it is new, and a transaction of it that is about to leave."""
        with self.transaction() as connection:
            content = json.dumps(batch.to_json(), separators=(",", ":"))
            connection.execute(
                "INSERT OR IGNORE INTO batches (id, digest, postings, reverses, ends, content, state, hash, height, "
                "detail) VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, '')",
                (batch.id, batch.digest, len(batch), batch.reverses, batch.ends, content, State.PENDING.value),
            )
            connection.execute(
                "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, 'live', '')",
                (attempt.hash, attempt.batch_id, attempt.sequence, attempt.timeout_height, attempt.raw),
            )

    def adopt(self, batch: Batch) -> bool:
        """Take over a batch that another book's transaction carried; whether there is one, of the same content."""
        with self.transaction() as connection:
            row = connection.execute(
                "SELECT hash, height, code, words FROM strangers WHERE id = ? AND digest = ?", (batch.id, batch.digest)
            ).fetchone()
            if row is None or self.batch(batch.id) is not None:
                return False
            content = json.dumps(batch.to_json(), separators=(",", ":"))
            connection.execute(
                "INSERT INTO batches (id, digest, postings, reverses, ends, content, state, hash, height, detail) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, '')",
                (batch.id, batch.digest, len(batch), batch.reverses, batch.ends, content, State.PENDING.value),
            )
            connection.execute("DELETE FROM strangers WHERE id = ?", (batch.id,))
            self._decide(connection, batch.id, Included(*row, memo="", raw=b""))
            return True

    def refused(self, attempt: Attempt, words: str) -> None:
        """Write what the node's pool said of an attempt; empty when it was taken."""
        with self.transaction() as connection:
            connection.execute("UPDATE attempts SET refusal = ? WHERE hash = ?", (words, attempt.hash))

    def give_up(self, batch_id: str, words: str) -> None:
        """Write that a pending batch of which no attempt is live can never be booked."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE batches SET state = ?, detail = ? WHERE id = ? AND state = ? AND NOT EXISTS "
                "(SELECT 1 FROM attempts WHERE batch_id = batches.id AND state != 'dead')",
                (State.FAILED.value, words, batch_id, State.PENDING.value),
            )

    # What is known

    def receipt(self, batch_id: str) -> Receipt | None:
        """What is known of a batch, here or from the memo of another book's transaction; None when nothing is."""
        query = "SELECT digest, postings, reverses, state, hash, height, detail FROM batches WHERE id = ?"
        row: Any = self._first(query, (batch_id,))
        if row is None:
            query = "SELECT digest, postings, reverses, code, hash, height, words FROM strangers WHERE id = ?"
            row = self._first(query, (batch_id,))
            if row is None:
                return None
            row = (*row[:3], State.FAILED if row[3] else State.COMMITTED, *row[4:])
        digest, postings, reverses, state, name, height, detail = list[Any](row)
        if state == State.COMMITTED and self.height() >= height + _CONFIRMATIONS:
            state = State.FINAL
        if state == State.PENDING:
            name, detail = self._pending(batch_id)
        return Receipt(
            batch_id=batch_id,
            state=State(state),
            digest=digest,
            postings=postings,
            reference=name,
            reverses=reverses,
            detail=detail,
        )

    def _pending(self, batch_id: str) -> tuple[str, str]:
        live = self.attempts("live", batch_id=batch_id)
        if live:
            return live[0].hash, live[0].refusal or "in no block yet"
        return "", "its last transaction is void and in no block; submit it again"

    def batch(self, batch_id: str) -> Batch | None:
        """A batch as it came."""
        row = self._first("SELECT content FROM batches WHERE id = ?", (batch_id,))
        return None if row is None else Batch.from_json(json.loads(row[0]))

    def counted(self, batch_id: str) -> Batch | None:
        """A batch that is in the balances."""
        query = "SELECT content FROM batches WHERE id = ? AND state = ?"
        row = self._first(query, (batch_id, State.COMMITTED.value))
        return None if row is None else Batch.from_json(json.loads(row[0]))

    def counted_batches(self) -> list[tuple[Batch, str]]:
        """All batches in the balances with the hashes of their transactions, in the order in which they came."""
        rows = self._all("SELECT content, hash FROM batches WHERE state = ? ORDER BY place", (State.COMMITTED.value,))
        return [(Batch.from_json(json.loads(content)), name) for content, name in rows]

    def ended_by(self, hold_id: str) -> str:
        """Id of the batch that has ended a hold or is about to; empty where none is."""
        query = "SELECT id FROM batches WHERE ends = ? AND state != ?"
        row = self._first(query, (hold_id, State.FAILED.value))
        return "" if row is None else row[0]

    def strangers(self) -> list[str]:
        """Ids of booked batches whose content this book does not have."""
        return [row[0] for row in self._all("SELECT id FROM strangers WHERE code = 0 ORDER BY id")]

    def balances(self) -> dict[str, dict[str, int]]:
        """Minor units by account and asset, of all counted batches."""
        found: dict[str, dict[str, int]] = {}
        for account, asset, amount in self._all("SELECT account, asset, amount FROM balances ORDER BY account, asset"):
            if amount != "0":
                found.setdefault(account, {})[asset] = int(amount)
        return found

    def floors(self) -> dict[str, dict[str, int]]:
        """What wallets and escrows hold for certain: balances, less what pending batches may take."""
        held = {account: dict(amounts) for account, amounts in self.balances().items()}
        for (content,) in self._all("SELECT content FROM batches WHERE state = ?", (State.PENDING.value,)):
            for account, amounts in Batch.from_json(json.loads(content)).totals().items():
                for asset, amount in amounts.items():
                    if amount < 0 and account.split(":")[0] in NEVER_NEGATIVE:
                        here = held.setdefault(account, {})
                        here[asset] = here.get(asset, 0) + amount
        return held

    def _all(self, query: str, with_these: tuple[Any, ...] = ()) -> list[Any]:
        with self.transaction() as connection:
            return connection.execute(query, with_these).fetchall()

    def _first(self, query: str, with_these: tuple[Any, ...]) -> Any:
        found = self._all(query, with_these)
        return found[0] if found else None

    def _one(self, query: str) -> Any:
        return self._all(query)[0]
