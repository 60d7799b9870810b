"""Proving the journal from its genesis: every link, signature, digest, sum, posting, balance, hold and anchor.

Only the entries are believed, and they only as far as chain and signatures reach; everything else is recomputed from
their contents in plain Python and compared with what is stored. Columns are read as text, so that nothing that was
changed is made sound by reading it. Memory holds one batch, the balances, and one line per hold.

Not found: entries cut off behind the last anchor that somebody outside has kept, and what the owner of the key himself
has written anew, unless an anchor of before is at hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, Text, cast, func, select
from sqlalchemy.exc import SQLAlchemyError

from c4e_opt.errors import C4eError
from c4e_opt.settlement import Batch
from c4e_server.database import tables
from c4e_server.database.engine import words
from c4e_server.ledgers.chain import LINKED, NOTHING, Anchor, anchor_is_signed, entry_is_signed, link

_WHOLE = ("place", "expires", "first", "postings", "booked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong with the books."""

    place: int | None  # of the entry; None for what belongs to none
    id: str  # of the entry, or what is wrong: the balance of an account, an anchor
    what: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.id}: {self.what}" if self.place is None else f"entry {self.place} ({self.id[:12]}): {self.what}"


def verify_journal(
    connection: Connection, *, public_key: str = "", anchors: Sequence[Anchor] = (), copied: bool = False
) -> list[Finding]:
    """Everything that is wrong, the first broken entry first; empty when the books hold.

    Args:
        connection: In a transaction that reads one state of the database.
        public_key: Whose signatures they must be; that of the genesis when empty.
        anchors: Anchors that somebody has kept.
        copied: Whether it is a copy of entries and anchors, with nothing that follows from them; of batches without
            content only the links and signatures are proven there.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.text_factory = _as_stored
    try:
        proof = _Proof(connection, public_key, anchors, copied)
        proof.run()
        return proof.wrong
    finally:
        if connection.dialect.name == "sqlite":
            driver.text_factory = str


@dataclass
class _Proof:
    """One pass over the entries, and what follows from them."""

    connection: Connection
    public_key: str
    kept: Sequence[Anchor]
    copied: bool
    wrong: list[Finding] = field(default_factory=list[Finding])
    chains: dict[int, str] = field(default_factory=dict[int, str])  # of the entries that anchors name
    assets: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])
    held: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    holds: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # id -> entry, expires, ended by
    closings: dict[str, str] = field(default_factory=dict[str, str])  # entry -> until
    closed: int | None = None
    reversed: set[str] = field(default_factory=set[str])
    next_posting: int = 1
    last: int = -1
    sound: bool = True  # whether the contents of all entries could be read

    def run(self) -> None:
        """Recompute and compare."""
        try:
            self._entries()
            if self.sound and not self.copied:
                self._compare(tables.assets, 1, {name: each for name, each in self.assets.items()})
                self._compare(tables.holds, 1, {name: tuple(each) for name, each in self.holds.items()})
                self._compare(tables.closings, 1, {entry: (until,) for entry, until in self.closings.items()})
                self._balances()
                self._count_postings()
            self._anchors()
        except SQLAlchemyError as error:
            self._say(self.last + 1, "", f"the database cannot be read from here on: {words(error)}")

    def _say(self, place: int | None, name: str, what: str) -> None:
        self.wrong.append(Finding(place=place, id=name, what=what))

    def _entries(self) -> None:
        anchored = self.connection.execute(select(cast(tables.anchors.c.entry, Text))).scalars()
        wanted = {each for each in anchored} | {str(anchor.entry) for anchor in self.kept}
        before = NOTHING
        for row in self._rows():
            place = self.last + 1
            if row["place"] != str(place):
                self._say(place, row["id"], f"is missing; the next entry has place {row['place']}")
                self.sound = False
                return
            self.last = place
            before = self._entry(row, before)
            if row["place"] in wanted:
                self.chains[place] = before
        if self.last < 0:
            self._say(0, "genesis", "the journal has no beginning")

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        """Entries in order, a few at a time, every column but the content as text."""
        columns = [
            cast(c, Text).label(c.name) if c.name in _WHOLE else c for c in tables.entries.c if c.name != "content"
        ]
        after: int | None = None
        while True:
            query = select(*columns, tables.entries.c.place.label("at")).order_by(tables.entries.c.place).limit(200)
            found = self.connection.execute(query if after is None else query.where(tables.entries.c.place > after))
            rows = list(found.mappings())
            if not rows:
                return
            for row in rows:
                content = select(tables.entries.c.content).where(tables.entries.c.place == row["at"])
                yield dict(row) | {"content": bytes(self.connection.execute(content).scalar_one())}
            after = int(rows[-1]["at"])

    def _entry(self, row: Mapping[str, Any], before: str) -> str:
        """Check one entry; the chain on which the next one stands."""
        place, name = int(row["place"]), str(row["id"])

        def say(what: str) -> None:
            self._say(place, name, what)

        before_that = len(self.wrong)
        numbers = {each: int(row[each]) for each in _WHOLE}
        chain = link(before, {each: numbers.get(each, row[each]) for each in LINKED})
        content = row["content"]
        unseen = self.copied and row["kind"] == "batch" and not content
        if not unseen and hashlib.sha256(content).hexdigest() != row["digest"]:
            say("its content does not have the digest that was booked; the content or the digest was changed")
        if place == 0:
            self._genesis(row, say)
        linked = chain == row["chain"]
        signed = entry_is_signed(self.public_key, row["chain"], row["signature"])
        if not linked:
            say("the chain is broken here: a column was changed, or an entry before it was changed, dropped or moved")
        elif not signed:
            say("its signature is not one of the journal's key")
        if len(self.wrong) == before_that and not unseen:
            try:
                self._content(row, json.loads(content), say)
            except (ValueError, KeyError, TypeError, IndexError, AttributeError, C4eError) as error:
                say(f"its content cannot be read: {error}")
        if len(self.wrong) > before_that:
            self.sound = False
        return chain if not linked and entry_is_signed(self.public_key, chain, row["signature"]) else row["chain"]

    def _genesis(self, row: Mapping[str, Any], say: Callable[[str], None]) -> None:
        try:
            said = str(json.loads(row["content"])["public_key"])
        except (ValueError, KeyError, TypeError):
            say("the genesis names no public key")
            return
        if self.public_key and said != self.public_key:
            say(f"the genesis names public key {said[:16]}…, not {self.public_key[:16]}…")
        self.public_key = self.public_key or said

    def _content(self, row: Mapping[str, Any], content: Any, say: Callable[[str], None]) -> None:
        if row["kind"] == "batch":
            self._batch(row, Batch.from_json(content), say)
        elif row["kind"] == "closing":
            until = int(content["until"])
            if self.closed is not None and until <= self.closed:
                say(f"it closes the books until {until}; they were closed until {self.closed} before")
            self.closed = until
            self.closings[row["place"]] = str(until)
        elif row["kind"] != "genesis" or row["place"] != "0":
            say(f"its kind is {row['kind']!r}")

    def _batch(self, row: Mapping[str, Any], batch: Batch, say: Callable[[str], None]) -> None:
        said = (batch.id, batch.reverses, batch.ends, str(batch.expires), str(len(batch)), str(self.next_posting))
        if said != tuple(row[name] for name in ("id", "reverses", "ends", "expires", "postings", "first")):
            say("its columns are not what its content says")
        for asset in batch.assets:
            new = (asset.kind, str(asset.decimals), row["place"])
            if self.assets.setdefault(asset.id, new)[:2] != new[:2]:
                say(f"it counts {asset.id} otherwise than entries before it")
        rows, sums, moved = _recomputed(batch, int(row["place"]), self.next_posting)
        for (step, asset), total in sums.items():
            if total:
                say(f"{asset} sums to {total} in step {step}")
        for cell, amount in moved.items():
            if not amount:
                continue
            self.held[cell] = self.held.get(cell, 0) + amount
            if self.held[cell] < 0 and cell[0].split(":")[0] in ("wallet", "escrow"):
                say(f"it leaves {self.held[cell]} minor units of {cell[1]} in {cell[0]}")
        self._phases(row, batch, moved, say)
        self._period(row, batch, say)
        self._postings(rows, say)
        self.next_posting += len(rows)

    def _phases(
        self, row: Mapping[str, Any], batch: Batch, moved: Mapping[tuple[str, str], int], say: Callable[[str], None]
    ) -> None:
        if batch.expires:
            self.holds[batch.id] = [row["place"], str(batch.expires), ""]
            if batch.expires <= int(row["booked"]):
                say("it is a hold that had expired when it was booked")
        elif batch.ends:
            hold = self.holds.get(batch.ends)
            if hold is None or hold[2]:
                say(f"it ends {batch.ends[:12]}, which is no hold or had ended")
            else:
                hold[2] = batch.id
        elif not batch.reverses and any(account.startswith("escrow:") for account, _ in moved):
            say("it moves an escrow and is neither a hold nor the end of one")
        if batch.reverses:
            if batch.reverses in self.reversed:
                say(f"it reverses {batch.reverses[:12]}, which was reversed before")
            self.reversed.add(batch.reverses)

    def _period(self, row: Mapping[str, Any], batch: Batch, say: Callable[[str], None]) -> None:
        takes_back = batch.reverses or batch.ends or row["adjusts"] in self.reversed
        if self.closed is not None and not takes_back and batch.starts.size and int(batch.starts.min()) < self.closed:
            say(f"it begins at {int(batch.starts.min())}, and the books were closed until {self.closed}")

    def _postings(self, rows: Sequence[tuple[str, ...]], say: Callable[[str], None]) -> None:
        if self.copied:
            return
        columns = tables.postings.c
        query = select(*(cast(column, Text) for column in columns))
        end = self.next_posting + len(rows) - 1
        stored = self.connection.execute(
            query.where(columns.place.between(self.next_posting, end)).order_by(columns.place)
        )
        found = [tuple(row) for row in stored]
        if found == list(rows):
            return
        for n, should in enumerate(rows):
            if n >= len(found) or found[n] != should:
                has = found[n] if n < len(found) else "missing"
                say(f"posting {n + 1} of {len(rows)} is {has}; its content says {should}")
                return

    def _compare(self, table: Table, keys: int, should: Mapping[str, tuple[str, ...]]) -> None:
        """Hold a table to what the entries say, a row by its first column."""
        stored = self.connection.execute(select(*(cast(column, Text) for column in table.c)))
        found = {row[0]: tuple(row[keys:]) for row in stored}
        for name in sorted(found.keys() | should.keys()):
            if found.get(name) != should.get(name):
                place = next((int(each[0]) for each in [should.get(name, ())] if each and table.name == "holds"), None)
                has, says = found.get(name, "missing"), should.get(name, "nothing of it")
                self._say(place, f"{table.name} {name}", f"the row is {has}; the entries say {says}")

    def _balances(self) -> None:
        stored = self.connection.execute(select(*(cast(column, Text) for column in tables.balances.c)))
        found = {(str(row[0]), str(row[1])): str(row[2]) for row in stored}
        for cell in sorted(found.keys() | self.held.keys()):
            has, should = found.get(cell, "missing"), str(self.held.get(cell, "nothing"))
            if has != should:
                self._say(None, f"balance of {cell[0]} in {cell[1]}", f"it is {has}; its postings sum to {should}")

    def _count_postings(self) -> None:
        counted = self.connection.execute(select(func.count()).select_from(tables.postings)).scalar_one()
        if counted != self.next_posting - 1:
            self._say(None, "postings", f"there are {counted}; the entries have {self.next_posting - 1}")

    def _anchors(self) -> None:
        stored = self.connection.execute(select(tables.anchors).order_by(tables.anchors.c.number)).mappings()
        known: dict[int, Anchor] = {}
        for number, row in enumerate(stored, 1):
            anchor = Anchor(**row)
            known[anchor.number] = anchor
            if anchor.number != number:
                self._say(None, f"anchor {number}", f"it is missing; the next one is {anchor.number}")
            self._anchor(anchor)
        for anchor in self.kept:
            if anchor == known.get(anchor.number):
                continue
            if anchor.number not in known:
                self._say(None, f"anchor {anchor.number}", "it was kept elsewhere and is missing here")
            self._anchor(anchor)

    def _anchor(self, anchor: Anchor) -> None:
        name = f"anchor {anchor.number}"
        if not anchor_is_signed(self.public_key, anchor):
            self._say(None, name, "its signature is not one of the journal's key")
        elif anchor.entry > self.last:
            self._say(self.last + 1, name, f"the journal had entry {anchor.entry} and ends at {self.last}: cut off")
        elif self.chains.get(anchor.entry) != anchor.chain:
            self._say(anchor.entry, name, "the chain at its entry was another when it was made: history was rewritten")


def _recomputed(
    batch: Batch, entry: int, first: int
) -> tuple[list[tuple[str, ...]], dict[tuple[int, str], int], dict[tuple[str, str], int]]:
    """Rows of the postings, sums by step and asset, and what is added by account and asset; all in plain Python."""
    rows: list[tuple[str, ...]] = []
    sums: dict[tuple[int, str], int] = {}
    moved: dict[tuple[str, str], int] = {}
    starts: list[int] = batch.starts.tolist()
    lengths: list[int] = batch.step_seconds.tolist()
    columns = (batch.account, batch.asset, batch.step, batch.amount)
    listed: Any = zip(*(column.tolist() for column in columns), strict=True)
    n: int
    account: int
    asset: int
    step: int
    amount: int
    for n, (account, asset, step, amount) in enumerate(listed):
        who, what = batch.accounts[account], batch.assets[asset].id
        sums[step, what] = sums.get((step, what), 0) + amount
        moved[who, what] = moved.get((who, what), 0) + amount
        numbers = (str(step), str(starts[step]), str(lengths[step]))
        rows.append((str(first + n), str(entry), who, what, str(amount), *numbers))
    return rows, sums, moved


def _as_stored(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
