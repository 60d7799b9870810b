"""The embedded ledger: double entry in one SQLite file, append-only, every batch chained to the one before it.

A row of `batches` holds the whole batch as it came, its digest, and `chain`: SHA-256 over the chain of the batch
before, the id and the digest. Whoever changes, drops or reorders a batch breaks every chain after it. Postings and
balances follow from the batches; `verify` recomputes both. Amounts are texts of digits, so that they may be of any
size.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch, Receipt, State
from c4e_server.ledgers.journal import Entry

_VERSION = 1
_TABLES = """
CREATE TABLE assets (id TEXT PRIMARY KEY, kind TEXT NOT NULL, decimals INTEGER NOT NULL) STRICT;
CREATE TABLE batches (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, reverses TEXT NOT NULL,
    postings INTEGER NOT NULL, content TEXT NOT NULL, chain TEXT NOT NULL) STRICT;
CREATE TABLE postings (
    place INTEGER PRIMARY KEY AUTOINCREMENT, batch_id TEXT NOT NULL REFERENCES batches (id), id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL, asset TEXT NOT NULL REFERENCES assets (id), amount TEXT NOT NULL, period TEXT NOT NULL)
    STRICT;
CREATE INDEX postings_by_account ON postings (account, place);
CREATE INDEX postings_by_batch ON postings (batch_id, place);
CREATE TABLE balances (
    account TEXT NOT NULL, asset TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (account, asset)) STRICT;
"""
_NEVER = (
    "CREATE TRIGGER {table}_{act} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
)
_GENESIS = "0" * 64


class SqliteLedger:
    """The whole port on one file; a batch whose `submit` returned is on the disk."""

    def __init__(self, path: Path) -> None:
        """Open the ledger, and make it when missing.

        Args:
            path: The file; its folder must exist.

        Raises:
            LedgerError: It cannot be opened, or was made by another version.
        """
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise LedgerError(f"ledger {path} cannot be opened: {error}") from None
        with self._transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                triggers = [
                    _NEVER.format(table=table, act=act)
                    for table in ("assets", "batches", "postings")
                    for act in ("UPDATE", "DELETE")
                ]
                for statement in [*_TABLES.split(";\n"), *triggers]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={_VERSION}")
            elif version != _VERSION:
                raise LedgerError(f"ledger {path} was made by another version: {version}, not {_VERSION}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise LedgerError(f"the ledger's file cannot be used: {error}") from error

    def submit(self, batch: Batch) -> Receipt:
        """Book a batch, exactly once."""
        batch.check()
        with self._transaction() as connection:
            return self._submit(connection, batch)

    def _submit(self, connection: sqlite3.Connection, batch: Batch) -> Receipt:
        known = self._receipt(connection, batch.id)
        if known.state is not State.UNKNOWN:
            if known.digest != batch.digest:
                raise LedgerError(
                    f"batch {batch.id[:12]} is booked with other content; a new settlement needs a new id"
                )
            return known
        self._book_assets(connection, batch)
        content = json.dumps(batch.to_json(), separators=(",", ":"))
        connection.execute(
            "INSERT INTO batches (id, digest, reverses, postings, content, chain) VALUES (?, ?, ?, ?, ?, ?)",
            (batch.id, batch.digest, batch.reverses, len(batch), content, _link(_last_chain(connection), batch)),
        )
        connection.executemany(
            "INSERT INTO postings (batch_id, id, account, asset, amount, period) VALUES (?, ?, ?, ?, ?, ?)",
            ((batch.id, p.id, p.account, p.asset, str(p.amount), p.period) for p in batch.postings()),
        )
        for account, amounts in batch.totals().items():
            for asset, amount in amounts.items():
                self._add(connection, account, asset, amount)
        return self._receipt(connection, batch.id)

    def _book_assets(self, connection: sqlite3.Connection, batch: Batch) -> None:
        for asset in batch.assets:
            row = connection.execute("SELECT kind, decimals FROM assets WHERE id = ?", (asset.id,)).fetchone()
            if row is None:
                connection.execute("INSERT INTO assets VALUES (?, ?, ?)", (asset.id, asset.kind, asset.decimals))
            elif row != (asset.kind, asset.decimals):
                raise LedgerError(
                    f"batch {batch.id[:12]} counts {asset.id} as {asset.kind} with {asset.decimals} decimals; "
                    f"on this ledger it is {row[0]} with {row[1]}"
                )

    def _add(self, connection: sqlite3.Connection, account: str, asset: str, amount: int) -> None:
        row = connection.execute(
            "SELECT amount FROM balances WHERE account = ? AND asset = ?", (account, asset)
        ).fetchone()
        held = amount + (int(row[0]) if row else 0)
        connection.execute("INSERT OR REPLACE INTO balances VALUES (?, ?, ?)", (account, asset, str(held)))

    def status(self, batch_id: str) -> Receipt:
        """What is known of a batch."""
        with self._transaction() as connection:
            return self._receipt(connection, batch_id)

    def _receipt(self, connection: sqlite3.Connection, batch_id: str) -> Receipt:
        row = connection.execute(
            "SELECT digest, postings, place, reverses FROM batches WHERE id = ?", (batch_id,)
        ).fetchone()
        if row is None:
            return Receipt(batch_id=batch_id, state=State.UNKNOWN)
        digest, postings, place, reverses = row
        return Receipt(
            batch_id=batch_id,
            state=State.FINAL,
            digest=digest,
            postings=postings,
            reference=f"sqlite:{place}",
            reverses=reverses,
        )

    def reverse(self, batch_id: str) -> Receipt:
        """Take a batch back, exactly once."""
        with self._transaction() as connection:
            row = connection.execute("SELECT content FROM batches WHERE id = ?", (batch_id,)).fetchone()
            if row is None:
                raise LedgerError(f"batch {batch_id[:12]} is unknown here; there is nothing to reverse")
            batch = Batch.from_json(json.loads(row[0]))
            if batch.reverses:
                raise LedgerError(f"batch {batch_id[:12]} is a reversal; settle anew instead of reversing it")
            return self._submit(connection, batch.reversed())

    def balances(self, asset: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """Minor units by account and asset."""
        with self._transaction() as connection:
            rows = connection.execute("SELECT account, asset, amount FROM balances ORDER BY account, asset").fetchall()
        found: dict[str, dict[str, int]] = {}
        for account, name, amount in rows:
            if amount != "0" and asset in (None, name):
                found.setdefault(account, {})[name] = int(amount)
        return found

    def assets(self) -> Sequence[Asset]:
        """What it counts, by id."""
        with self._transaction() as connection:
            rows = connection.execute("SELECT id, kind, decimals FROM assets ORDER BY id").fetchall()
        return [Asset(id=name, kind=kind, decimals=decimals) for name, kind, decimals in rows]

    def entries(
        self, *, account: str = "", asset: str = "", batch_id: str = "", after: int = 0, limit: int = 1000
    ) -> Sequence[Entry]:
        """Postings in the order in which they were booked."""
        wanted = {"account": account, "asset": asset, "batch_id": batch_id}
        named = {column: content for column, content in wanted.items() if content}
        where = "".join(f" AND {column} = ?" for column in named)
        query = "SELECT place, id, batch_id, account, asset, amount, period FROM postings WHERE place > ?"
        with self._transaction() as connection:
            rows = connection.execute(
                f"{query}{where} ORDER BY place LIMIT ?", (after, *named.values(), limit)
            ).fetchall()
        return [
            Entry(
                place=row[0],
                id=row[1],
                batch_id=row[2],
                account=row[3],
                asset=row[4],
                amount=int(row[5]),
                period=row[6],
            )
            for row in rows
        ]

    def verify(self) -> list[str]:
        """Everything that is wrong with the books, recomputed from the batches as they came; empty when all holds."""
        wrong: list[str] = []
        held: dict[tuple[str, str], int] = {}
        with self._transaction() as connection:
            chain = _GENESIS
            rows = connection.execute("SELECT place, id, digest, content, chain FROM batches ORDER BY place")
            for place, batch_id, digest, content, kept in rows.fetchall():
                name = f"batch {place} ({batch_id[:12]})"
                batch = Batch.from_json(json.loads(content))
                if batch.id != batch_id or batch.digest != digest:
                    wrong.append(f"{name}: its content does not have the digest that was booked")
                chain = _link(chain, batch)
                if chain != kept:
                    wrong.append(f"{name}: the chain is broken here; a batch was changed, dropped or moved")
                    chain = kept
                wrong += _unbalanced(name, batch)
                wrong += _other_postings(name, batch, connection)
                for account, amounts in batch.totals().items():
                    for asset, amount in amounts.items():
                        held[account, asset] = held.get((account, asset), 0) + amount
            kept_rows = connection.execute("SELECT account, asset, amount FROM balances").fetchall()
            (postings,) = connection.execute("SELECT count(*) FROM postings").fetchone()
            (counted,) = connection.execute("SELECT coalesce(sum(postings), 0) FROM batches").fetchone()
        if postings != counted:
            wrong.append(f"there are {postings} postings; the batches have {counted}")
        booked = {(account, asset): int(amount) for account, asset, amount in kept_rows if amount != "0"}
        summed = {key: amount for key, amount in held.items() if amount}
        for key in sorted(booked.keys() | summed.keys()):
            if booked.get(key, 0) != summed.get(key, 0):
                wrong.append(f"{key[0]} holds {booked.get(key, 0)} {key[1]}; its postings sum to {summed.get(key, 0)}")
        return wrong


def _last_chain(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT chain FROM batches ORDER BY place DESC LIMIT 1").fetchone()
    return row[0] if row else _GENESIS


def _link(chain: str, batch: Batch) -> str:
    return hashlib.sha256(f"{chain} {batch.id} {batch.digest}".encode()).hexdigest()


def _unbalanced(name: str, batch: Batch) -> list[str]:
    sums: dict[tuple[int, str], int] = {}
    for posting in batch.postings():
        key = (posting.step, posting.asset)
        sums[key] = sums.get(key, 0) + posting.amount
    return [f"{name}: {asset} sums to {total} in step {step}" for (step, asset), total in sums.items() if total]


def _other_postings(name: str, batch: Batch, connection: sqlite3.Connection) -> list[str]:
    query = "SELECT id, account, asset, amount, period FROM postings WHERE batch_id = ? ORDER BY place"
    booked = connection.execute(query, (batch.id,)).fetchall()
    came = [(p.id, p.account, p.asset, str(p.amount), p.period) for p in batch.postings()]
    return [] if booked == came else [f"{name}: its postings are not those that came with it"]
