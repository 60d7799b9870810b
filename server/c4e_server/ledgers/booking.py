"""Booking: what may be added to the journal, and the writing of it, inside a transaction that somebody else ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from c4e_opt.case.times import iso
from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Asset, Batch, Receipt, State
from c4e_opt.settlement.rules import check_floors, check_phases
from c4e_server.database import tables
from c4e_server.ledgers import bulk, rows
from c4e_server.ledgers.anchoring import Anchoring
from c4e_server.ledgers.chain import NOTHING, Anchor, Signer, entry_is_signed, link

_entries = tables.entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who adds to a journal; every method works on a connection whose transaction writes."""

    signer: Signer
    clock: Callable[[], float]  # seconds since 1970
    assets: frozenset[str]  # the only ones that may be booked; any when empty
    anchoring: Anchoring | None

    def begin(self, connection: Connection) -> None:
        """Write the genesis, or find that it names our key."""
        genesis = rows.genesis(connection)
        if genesis is None:
            public = {"c4e_opt_journal": 1, "public_key": self.signer.public_key, "begun": int(self.clock())}
            content = json.dumps(public).encode()
            self._append(connection, NOTHING, kind="genesis", id=_sha(content), content=content)
        elif genesis["public_key"] != self.signer.public_key:
            raise LedgerError(
                f"the journal is signed with key {genesis['public_key'][:16]}…, and the key here is "
                f"{self.signer.public_key[:16]}…; bring the journal's own key, or read without one"
            )

    def book(self, connection: Connection, batch: Batch, *, adjusts: str = "") -> Receipt:
        """Book a batch, or return the receipt of what is booked."""
        batch.check()
        rows.lock(connection)
        known = rows.receipt(connection, batch.id)
        if known.state is not State.UNKNOWN:
            if known.digest != batch.digest:
                raise LedgerError(
                    f"batch {batch.id[:12]} is booked with other content; a new settlement needs a new id"
                )
            return known
        tail = self._tail(connection)
        new = self._check_assets(connection, batch)
        self._check_period(connection, batch, adjusts)
        check_phases(
            batch,
            now=int(self.clock()),
            find=lambda batch_id: rows.batch(connection, batch_id),
            ended_by=lambda hold: rows.ended_by(connection, hold),
        )
        totals = batch.totals()
        held = bulk.held_by(connection, list(totals))
        check_floors(batch, held)
        content = json.dumps(batch.to_json(), sort_keys=True).encode()
        first = tail["first"] + tail["postings"]
        place = self._append(
            connection, tail["chain"], place=tail["place"] + 1, kind="batch", id=batch.id, content=content,
            reverses=batch.reverses, ends=batch.ends, expires=batch.expires, adjusts=adjusts, first=first,
            postings=len(batch),
        )  # fmt: skip
        if new:
            named = [{"id": a.id, "kind": a.kind, "decimals": a.decimals, "entry": place} for a in new]
            connection.execute(insert(tables.assets), named)
        bulk.insert_postings(connection, batch, place, first)
        bulk.set_balances(
            connection,
            (
                (account, asset, held.get(account, {}).get(asset, 0) + amount)
                for account, amounts in totals.items()
                for asset, amount in amounts.items()
            ),
        )
        if batch.expires:
            connection.execute(
                insert(tables.holds).values(id=batch.id, entry=place, expires=batch.expires, ended_by="")
            )
        if batch.ends:
            connection.execute(update(tables.holds).where(tables.holds.c.id == batch.ends).values(ended_by=batch.id))
        return rows.receipt(connection, batch.id)

    def close_until(self, connection: Connection, until: int) -> int:
        """Close the books until a moment; the place of the entry that says so."""
        rows.lock(connection)
        now = int(self.clock())
        last = connection.execute(
            select(tables.closings).order_by(tables.closings.c.entry.desc()).limit(1)
        ).one_or_none()
        if last is not None and last.until == until:
            return int(last.entry)
        if until > now:
            told = f"the books cannot be closed until {iso(until)}, which is to come"
            raise LedgerError(f"{told}; name a moment that is over")
        if last is not None and until < last.until:
            raise LedgerError(f"the books are closed until {iso(last.until)} already; they are not opened again")
        tail = self._tail(connection)
        content = json.dumps({"until": until}).encode()
        place = self._append(
            connection, tail["chain"], place=tail["place"] + 1, kind="closing",
            id=_sha(f"{tail['chain']} closing {until}".encode()), content=content,
            first=tail["first"] + tail["postings"],
        )  # fmt: skip
        connection.execute(insert(tables.closings).values(entry=place, until=until))
        return place

    def anchor(self, connection: Connection) -> Anchor | None:
        """Sign the head of the chain; None when the last anchor says the same."""
        rows.lock(connection)
        tail = self._tail(connection)
        return self._make_anchor(connection, tail["place"], tail["chain"], int(self.clock()))

    def _make_anchor(self, connection: Connection, entry: int, chain: str, now: int) -> Anchor | None:
        query = select(tables.anchors.c.number, tables.anchors.c.entry).order_by(tables.anchors.c.number.desc())
        number, last = connection.execute(query.limit(1)).one_or_none() or (0, -1)
        if last == entry:
            return None
        plain = Anchor(number=number + 1, entry=entry, chain=chain, made=now)
        signed = replace(plain, signature=self.signer.sign_anchor(plain))
        connection.execute(insert(tables.anchors).values(**asdict(signed)))
        if self.anchoring is not None:
            self.anchoring.ripe = True
        return signed

    def _tail(self, connection: Connection) -> Mapping[str, Any]:
        """The last entry, whose signature must be ours: nothing is booked on what somebody else wrote."""
        query = select(*(_entries.c[name] for name in ("place", "chain", "signature", "first", "postings")))
        row: Any = connection.execute(query.order_by(_entries.c.place.desc()).limit(1)).mappings().one()
        tail: dict[str, Any] = dict(row)
        if not entry_is_signed(self.signer.public_key, tail["chain"], tail["signature"]):
            raise LedgerError(
                f"entry {tail['place']} of the journal is not signed with its key; nothing is booked on it: verify it"
            )
        return tail

    def _append(self, connection: Connection, before: str, **columns: Any) -> int:
        """Add an entry and, when it is time, an anchor."""
        empty = {"place": 0, "reverses": "", "ends": "", "expires": 0, "adjusts": "", "first": 1, "postings": 0}
        now = int(self.clock())
        row: dict[str, Any] = empty | columns | {"digest": _sha(columns["content"]), "booked": now}
        chain = link(before, row)
        connection.execute(insert(_entries).values(**row, chain=chain, signature=self.signer.sign_entry(chain)))
        if self.anchoring is not None:
            last = connection.execute(
                select(tables.anchors.c.entry, tables.anchors.c.made).order_by(tables.anchors.c.number.desc()).limit(1)
            ).one_or_none()
            if self.anchoring.due(row["place"], now, *(last or (0, 0))):
                self._make_anchor(connection, row["place"], chain, now)
        return row["place"]

    def _check_assets(self, connection: Connection, batch: Batch) -> list[Asset]:
        """Those of a batch that are new here."""
        names = [asset.id for asset in batch.assets]
        query = select(tables.assets.c.id, tables.assets.c.kind, tables.assets.c.decimals).where(
            tables.assets.c.id.in_(names)
        )
        known = {row.id: (row.kind, row.decimals) for row in connection.execute(query)}
        strange = sorted(set(names) - self.assets) if self.assets else []
        if strange:
            raise LedgerError(
                f"batch {batch.id[:12]} counts {', '.join(strange)}; this journal counts "
                f"{', '.join(sorted(self.assets))} and nothing else"
            )
        for asset in batch.assets:
            here = known.get(asset.id, (asset.kind, asset.decimals))
            if here != (asset.kind, asset.decimals):
                raise LedgerError(
                    f"batch {batch.id[:12]} counts {asset.id} as {asset.kind} with {asset.decimals} decimals; "
                    f"on this ledger it is {here[0]} with {here[1]}"
                )
        return [asset for asset in batch.assets if asset.id not in known]

    def _check_period(self, connection: Connection, batch: Batch, adjusts: str) -> None:
        name = f"batch {batch.id[:12]}"
        if adjusts:
            taken_back = select(_entries.c.id).where(_entries.c.reverses == adjusts)
            if connection.execute(taken_back).first() is None:
                raise LedgerError(f"{name} stands in the place of {adjusts[:12]}, which was not reversed")
            other = connection.execute(select(_entries.c.id).where(_entries.c.adjusts == adjusts)).first()
            if other is not None:
                raise LedgerError(f"{name} stands in the place of {adjusts[:12]}, where {other[0][:12]} stands already")
        until = connection.execute(select(func.max(tables.closings.c.until))).scalar_one()
        if until is None or adjusts or batch.reverses or not batch.starts.size:
            return
        begin = int(batch.starts.min())
        if begin >= until:
            return
        hold = rows.batch(connection, batch.ends) if batch.ends else None
        if hold is None or hold.given_back() != batch:
            raise LedgerError(
                f"{name} begins at {begin}, and the books are closed until {until} (seconds since 1970); reverse what "
                "was booked and restate it, or date the batch in the open period"
            )


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
