"""Reading single rows of the journal, inside a transaction."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from c4e_opt.settlement import Batch, Receipt, State
from c4e_server.database import tables

_entries = tables.entries


def lock(connection: Connection) -> None:
    """Wait until nobody else adds to the journal; until the end of the transaction nobody else will."""
    if connection.dialect.name == "postgresql":  # on SQLite whoever writes is alone
        connection.execute(select(_entries.c.place).where(_entries.c.place == 0).with_for_update())


def genesis(connection: Connection) -> dict[str, Any] | None:
    """What the journal began with; None when it has not begun."""
    content = connection.execute(select(_entries.c.content).where(_entries.c.place == 0)).scalar_one_or_none()
    return None if content is None else json.loads(content)


def batch(connection: Connection, batch_id: str) -> Batch | None:
    """A batch as it was booked; None where there is none."""
    query = select(_entries.c.content).where(_entries.c.id == batch_id, _entries.c.kind == "batch")
    content = connection.execute(query).scalar_one_or_none()
    return None if content is None else Batch.from_json(json.loads(content))


def ended_by(connection: Connection, hold: str) -> str:
    """Id of the batch that ended a hold; empty while it holds."""
    query = select(tables.holds.c.ended_by).where(tables.holds.c.id == hold)
    return connection.execute(query).scalar_one_or_none() or ""


def receipt(connection: Connection, batch_id: str) -> Receipt:
    """What is known of a batch."""
    names = ("digest", "postings", "place", "reverses")
    query = select(*(_entries.c[name] for name in names)).where(_entries.c.id == batch_id, _entries.c.kind == "batch")
    row = connection.execute(query).one_or_none()
    if row is None:
        return Receipt(batch_id=batch_id, state=State.UNKNOWN)
    return Receipt(
        batch_id=batch_id,
        state=State.FINAL,
        digest=row.digest,
        postings=row.postings,
        reference=f"{connection.dialect.name}:{row.place}",
        reverses=row.reverses,
    )
