"""What this service has signed, on disk before it leaves: batches with their content, transactions with their nonces.

The chain is the truth about what is booked. This book is what the chain cannot say: what is on its way, under which
nonce, and what the steps of a batch were, without which it cannot be reversed.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch

_VERSION = 1
_TABLES = (
    "CREATE TABLE IF NOT EXISTS home (chain INTEGER NOT NULL, contract TEXT NOT NULL, operator TEXT NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS batches (
        id TEXT PRIMARY KEY, digest TEXT NOT NULL, content TEXT NOT NULL, failed TEXT NOT NULL,
        final INTEGER NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS transactions (
        place INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, nonce INTEGER NOT NULL,
        batch_id TEXT NOT NULL, fields TEXT NOT NULL, raw BLOB NOT NULL, block INTEGER NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS transactions_by_nonce ON transactions (nonce, place)",
    "CREATE INDEX IF NOT EXISTS transactions_by_batch ON transactions (batch_id, place)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A signed transaction. Several of one nonce are replacements of the first; at most one of them is mined."""

    hash: str
    nonce: int
    batch_id: str  # empty for what belongs to no batch
    fields: dict[str, int | str]  # as signed
    raw: bytes
    block: int  # newest block when it was signed


class SentBook:
    """One SQLite file; what `keep` returned from is on the disk."""

    def __init__(self, path: Path) -> None:
        """Open the book, and make it when missing.

        Raises:
            LedgerError: It cannot be opened, or was made by another version.
        """
        self._path = path
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                self._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise LedgerError(f"the book of sent transactions {path} cannot be opened: {error}") from None
        with self.transaction():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise LedgerError(f"{path} was made by another version: {version}, not {_VERSION}")
            for table in _TABLES:
                self._connection.execute(table)
            self._connection.execute(f"PRAGMA user_version={_VERSION}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Hold the book for oneself, against threads and processes; everything inside is kept or nothing."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise LedgerError(f"the book of sent transactions {self._path} cannot be used: {error}") from None

    def settle_at(self, chain: int, contract: str, operator: str) -> None:
        """Bind the book to one contract and one key; nonces of others mean nothing here.

        Raises:
            LedgerError: It is bound to another.
        """
        with self.transaction():
            home = self._connection.execute("SELECT chain, contract, operator FROM home").fetchone()
            if home is None:
                self._connection.execute("INSERT INTO home VALUES (?, ?, ?)", (chain, contract, operator))
            elif home != (chain, contract, operator):
                raise LedgerError(
                    f"{self._path} belongs to contract {home[1]} on chain {home[0]} with operator {home[2]}, not to "
                    f"{contract} on chain {chain} with operator {operator}; use another data folder"
                )

    def keep(self, batch: Batch | None, sent: Sent) -> None:
        """Keep a transaction, and the batch that it belongs to."""
        with self.transaction():
            if batch is not None:
                content = json.dumps(batch.to_json(), separators=(",", ":"))
                self._connection.execute(
                    "INSERT OR IGNORE INTO batches VALUES (?, ?, ?, '', 0)", (batch.id, batch.digest, content)
                )
            self._connection.execute(
                "INSERT OR IGNORE INTO transactions (hash, nonce, batch_id, fields, raw, block) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (sent.hash, sent.nonce, sent.batch_id, json.dumps(sent.fields), sent.raw, sent.block),
            )

    def fail(self, batch_id: str, detail: str) -> None:
        """Remember that a batch failed for good."""
        with self.transaction():
            self._connection.execute("UPDATE batches SET failed = ? WHERE id = ?", (detail, batch_id))

    def finish(self, batch_id: str) -> None:
        """Remember that a batch is booked for good."""
        with self.transaction():
            self._connection.execute("UPDATE batches SET final = 1 WHERE id = ?", (batch_id,))

    def unfinished(self) -> list[str]:
        """Batches that are neither final nor failed, in the order in which they were sent first."""
        query = "SELECT id FROM batches WHERE final = 0 AND failed = '' ORDER BY rowid"
        with self.transaction():
            return [row[0] for row in self._connection.execute(query).fetchall()]

    def batch(self, batch_id: str) -> tuple[Batch, str] | None:
        """A batch that was sent, and why it failed (empty when it did not)."""
        with self.transaction():
            row = self._connection.execute("SELECT content, failed FROM batches WHERE id = ?", (batch_id,)).fetchone()
        return None if row is None else (Batch.from_json(json.loads(row[0])), row[1])

    def of_batch(self, batch_id: str) -> list[Sent]:
        """Every transaction of a batch, in the order of signing."""
        return self._sent("batch_id = ?", batch_id)

    def since(self, nonce: int) -> list[Sent]:
        """The newest transaction of every nonce from this one on, ascending."""
        newest = {sent.nonce: sent for sent in self._sent("nonce >= ?", nonce)}
        return [newest[number] for number in sorted(newest)]

    def _sent(self, where: str, argument: int | str) -> list[Sent]:
        query = f"SELECT hash, nonce, batch_id, fields, raw, block FROM transactions WHERE {where} ORDER BY place"
        with self.transaction():
            rows = self._connection.execute(query, (argument,)).fetchall()
        return [
            Sent(hash=row[0], nonce=row[1], batch_id=row[2], fields=json.loads(row[3]), raw=row[4], block=row[5])
            for row in rows
        ]
